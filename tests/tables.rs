//! Everything that can be listed of real clusters, row by row, and a card on each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use quorate::health::{Finding, assess, why};
use quorate::model::{Access, Cib, ClusterEntry, Contact, Made, Observation, Picture, Resource, Tier};
use quorate::pacemaker::parse::{self, Answer};
use quorate::tables::{
    Breadth, Mark, Pane, Source, Subject, Table, Tone, asked, details, fleet, table, widths,
};
use rstest::rstest;
use strum::IntoEnumIterator;

/// A little after the pictures were taken.
const NOW: &str = "2026-11-23T07:16:00Z";

struct Seen {
    entry: ClusterEntry,
    observation: Observation,
    findings: Vec<Finding>,
    now: Timestamp,
}

impl Seen {
    fn new(name: &str, picture: Picture) -> Self {
        let now = NOW.parse().expect("a moment");
        let entry = ClusterEntry {
            name: name.into(),
            tier: Tier::Core,
            hosts: vec!["lb1".into()],
            access: Access::default(),
            needs: None,
        };
        let observation = Observation {
            contact: Contact::Live { host: "lb1".into() },
            picture: Some(Arc::new(picture)),
            confirmed: Some(now),
            ..Observation::none()
        };
        let findings = assess(&entry, &observation, now);
        Self { entry, observation, findings, now }
    }

    fn source(&self) -> Source<'_> {
        let Self { entry, observation, findings, now } = self;
        Source { entry, observation, findings, now: *now }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn read(folder: &Path, name: &str) -> Picture {
    let xml = std::fs::read(folder.join(format!("{name}.crm_mon.xml"))).expect("a picture");
    let Ok(Answer::Running(mut picture)) = parse::crm_mon(&xml, Some(Offset::UTC)) else {
        panic!("{name} is no picture of a running cluster")
    };
    if let Ok(xml) = std::fs::read(folder.join(format!("{name}.cib.xml"))) {
        picture.cib = Some(Arc::new(parse::cib(&xml).expect("a readable CIB")));
    }
    *picture
}

/// The table as text, its marks and tones as words.
fn shown(table: &Table) -> String {
    let mut lines = Vec::new();
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| {
            let mark = cell.mark.map_or_else(String::new, |mark| format!("[{mark:?}] "));
            let indent = " ".repeat(cell.indent);
            let tone = if cell.tone >= Tone::Note { format!(" ({:?})", cell.tone) } else { String::new() };
            format!("{indent}{mark}{}{tone}", cell.text)
        });
        lines.push(cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned());
    }
    lines.join("\n")
}

#[rstest]
#[case("leftover-constraints", Pane::Constraints)]
#[case("ticket-revoked", Pane::Tickets)]
#[case("healthy", Pane::Tickets)]
#[case("failed-resource", Pane::Failures)]
#[case("fencing-failed", Pane::Fencing)]
#[case("fencing-done", Pane::Fencing)]
#[case("remote-offline", Pane::Matrix)]
#[case("blocked", Pane::Matrix)]
#[case("no-quorum", Pane::Resources)]
#[case("failed-resource", Pane::Matrix)]
#[case("remote-node", Pane::Attributes)]
#[case("standby", Pane::Nodes)]
fn the_rows(#[case] name: &str, #[case] pane: Pane) {
    let seen = Seen::new("lb", read(&folder(), name));
    insta::assert_snapshot!(format!("{name}-{pane:?}"), shown(&table(pane, &seen.source())));
}

#[test]
fn a_ticket_shows_the_holder_that_booth_wrote() {
    let picture = read(&folder().join("cases"), "28-booth-ticket");
    let seen = Seen { now: "2026-11-29T09:20:00Z".parse().expect("a moment"), ..Seen::new("a", picture) };
    let rows = shown(&table(Pane::Tickets, &seen.source()));
    assert!(rows.ends_with(" | site id 1023541 holds it, expires in 8 min"), "{rows}");
}

#[rstest]
#[case::for_ever(None, Some("root via crm_resource on lb1"), "left 5 min ago, for ever")]
#[case::nobody_knows_who(None, None, "left > 5 min ago, for ever")]
#[case::for_a_while(Some(600), Some("root via pcs on lb1"), "made 5 min ago, ends in 10 min")]
#[case::no_more(Some(-60), Some("root via pcs on lb1"), "made 5 min ago, expired")]
fn since_when_a_constraint_is_there_and_for_how_long(
    #[case] lasts: Option<i64>,
    #[case] by: Option<&str>,
    #[case] expected: &str,
) {
    let mut picture = read(&folder(), "leftover-constraints");
    let now = Seen::new("lb", picture.clone()).now;
    let mut cib = Cib::clone(picture.cib.as_deref().expect("a CIB"));
    let leftover =
        cib.constraints.iter_mut().find(|constraint| constraint.is_leftover()).expect("a leftover");
    leftover.expires = lasts.map(|seconds| now + SignedDuration::from_secs(seconds));
    let id = leftover.id.clone();
    let made = Made { at: now - SignedDuration::from_mins(5), by: by.map(str::to_owned) };
    cib.made = vec![(id.clone(), made)];
    picture.cib = Some(Arc::new(cib));
    let seen = Seen::new("lb", picture);
    let table = table(Pane::Constraints, &seen.source());
    let row = table.rows.iter().find(|row| row.subject == Subject::Constraint(id.clone())).expect("its row");
    let texts: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(texts[2..], [expected, id.as_str(), by.unwrap_or_default()]);
}

fn every_picture() -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for folder in [folder(), folder().join("captures"), folder().join("versions")] {
        for file in std::fs::read_dir(&folder).expect("a folder") {
            let name = file.expect("a file").file_name().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".crm_mon.xml") else { continue };
            let xml = std::fs::read(folder.join(&name)).expect("a file");
            if let Ok(Answer::Running(_)) = parse::crm_mon(&xml, Some(Offset::UTC)) {
                pictures.push((stem.to_owned(), read(&folder, stem)));
            }
        }
    }
    assert!(pictures.len() > 50, "{}", pictures.len());
    pictures
}

fn is_clean(text: &str) -> bool {
    quorate::model::clean(text) == text
}

#[test]
fn every_row_is_whole_and_has_a_card() {
    for (name, mut picture) in every_picture() {
        // Names may hold anything.
        if let Some(Resource::Primitive(first)) = picture.resources.first_mut() {
            first.id = "evil\u{1b}[2J\u{202e}name".into();
        }
        let seen = Seen::new("c1", picture);
        let source = seen.source();
        for pane in Pane::iter() {
            let table = table(pane, &source);
            for row in &table.rows {
                assert_eq!(row.cells.len(), table.columns.len(), "{name} {pane:?}");
                assert!(row.cells.iter().all(|cell| is_clean(&cell.text)), "{name} {pane:?}: {row:?}");
                // Without the CIB a ban is all that is known of a constraint.
                let is_known = pane != Pane::Constraints
                    || source.observation.picture.as_ref().is_some_and(|it| it.cib.is_some());
                let card = details(&source, &row.subject);
                assert!(
                    card.is_some() || !is_known,
                    "{name} {pane:?}: nothing is known of {:?}",
                    row.subject
                );
                for fact in card.iter().flat_map(|card| &card.sections).flat_map(|section| &section.facts) {
                    assert!(is_clean(&fact.text) && is_clean(&fact.label), "{name}: {fact:?}");
                }
                if let Some(about) = asked(&source, &row.subject) {
                    let answer = why(source.entry, source.observation, source.now, &about);
                    assert!(answer.is_some(), "{name} {pane:?}: no answer for {about:?}");
                }
            }
            for room in [38, 78, 158] {
                assert!(widths(&table, room, 0).iter().sum::<usize>() <= room, "{name} {pane:?} in {room}");
            }
        }
    }
}

#[test]
fn what_is_only_remembered_looks_like_it() {
    let mut seen = Seen::new("lb", read(&folder(), "unclean"));
    seen.observation.contact = Contact::Lost { since: seen.now, troubles: Vec::new(), retry_at: seen.now };
    for pane in Pane::iter().filter(|pane| *pane != Pane::Findings) {
        let table = table(pane, &seen.source());
        let cells = table.rows.iter().flat_map(|row| &row.cells);
        let cells = cells.chain(table.columns.iter().filter(|_| pane == Pane::Matrix).map(|it| &it.heading));
        for cell in cells {
            // Whether something is folded is no state of the cluster.
            let is_no_state = |mark| matches!(mark, Mark::Unseen | Mark::Folded | Mark::Unfolded);
            assert_eq!((cell.tone, cell.mark.is_none_or(is_no_state)), (Tone::Faint, true));
        }
    }
    let all = fleet(Pane::Nodes, Breadth::Usual, [seen.source()].into_iter());
    assert_eq!(all.rows[0].cells[0].text, "lb (0 s ago)");
}

#[test]
fn a_cluster_that_was_never_seen_has_no_rows() {
    let mut seen = Seen::new("lb", read(&folder(), "healthy"));
    seen.observation = Observation::none();
    for pane in Pane::iter().filter(|pane| *pane != Pane::Findings) {
        let table = table(pane, &seen.source());
        assert_eq!((table.rows.len(), table.empty), (0, "Nothing has been seen of it yet."));
        assert!(!table.columns.is_empty());
    }
}

/// A card's lines on that resource, of a picture of one primitive with this history, and maybe a CIB.
fn failures_of(history: &str, cib: Option<&str>) -> Vec<String> {
    let xml = format!(
        r#"<pacemaker-result><summary/><nodes><node name="a" id="1" online="true" type="member"/></nodes>
        <resources><resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true"><node name="a"/></resource>
        </resources>{history}</pacemaker-result>"#
    );
    let Ok(Answer::Running(mut picture)) = parse::crm_mon(xml.as_bytes(), Some(Offset::UTC)) else {
        panic!("no picture")
    };
    picture.cib = cib.map(|cib| Arc::new(parse::cib(cib.as_bytes()).expect("a CIB")));
    let seen = Seen::new("lb", *picture);
    let card = details(&seen.source(), &Subject::Resource("vip".into())).expect("a card");
    let facts = card.sections.iter().flat_map(|section| &section.facts);
    facts.filter(|fact| fact.label == "failures").map(|fact| fact.text.clone()).collect()
}

fn cib_of(meta: &str, property: &str) -> String {
    format!(
        r#"<cib><configuration><crm_config><cluster_property_set id="p">{property}</cluster_property_set></crm_config>
        <resources><primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2"><meta_attributes id="m">{meta}</meta_attributes>
        </primitive></resources></configuration></cib>"#
    )
}

#[rstest]
#[case::of_crm_mon(r#"<node_history><node name="a"><resource_history id="vip" migration-threshold="3"/></node></node_history>"#, None,
    &["leaves a node after 3 failures there (migration-threshold)"])]
#[case::unknown("", None, &[])]
#[case::default("", Some(cib_of("", "")),
    &["stays on its node after any number of failures, unless a start fails (no migration-threshold); counts never expire"])]
#[case::configured("", Some(cib_of(
    r#"<nvpair id="a" name="migration-threshold" value="1"/><nvpair id="b" name="failure-timeout" value="10min"/>"#, "")),
    &["leaves a node after 1 failure or a failed start there (migration-threshold); counts expire after 10 min (failure-timeout)"])]
#[case::start_not_fatal("", Some(cib_of(
    r#"<nvpair id="a" name="migration-threshold" value="5"/><nvpair id="b" name="failure-timeout" value="PT10M"/>"#,
    r#"<nvpair id="c" name="start-failure-is-fatal" value="false"/>"#)),
    &["leaves a node after 5 failures there (migration-threshold); counts expire after PT10M (failure-timeout)"])]
fn a_card_tells_what_failures_do_before_any(
    #[case] history: &str,
    #[case] cib: Option<String>,
    #[case] expected: &[&str],
) {
    assert_eq!(failures_of(history, cib.as_deref()), expected);
}
