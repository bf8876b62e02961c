//! The CIB: constraints of every kind, properties, resources.

use jiff::Timestamp;
use quorate::health::constraint_words;
use quorate::model::{Cib, Constraint, ConstraintRule, ResourceSet, Role, Score};
use quorate::pacemaker::parse;
use rstest::rstest;

use crate::fixture;

fn with_constraints(constraints: &str) -> Vec<Constraint> {
    let xml = format!("<cib><configuration><constraints>{constraints}</constraints></configuration></cib>");
    let cib = parse::cib(xml.as_bytes()).expect("a CIB");
    assert_eq!(cib.oddities, Vec::<String>::new());
    cib.constraints
}

fn only(constraints: &str) -> Constraint {
    let mut all = with_constraints(constraints);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn of_the_real_cluster() {
    let cib = parse::cib(fixture("captures/banned-promoted.cib.xml").as_bytes()).unwrap();
    assert_eq!(cib.schema.as_deref(), Some("pacemaker-3.9"));
    assert_eq!(cib.property("stonith-enabled"), Some("true"));
    assert_eq!(cib.resource_defaults[1], ("migration-threshold".to_owned(), "3".to_owned()));
    let vip = cib.resource("vip").unwrap();
    assert_eq!(
        (vip.agent.as_deref(), vip.parameters, &vip.parent),
        (Some("ocf:heartbeat:IPaddr2"), 3, &None)
    );
    let web = cib.resource("web-ip").unwrap();
    assert_eq!((web.kind.as_str(), &web.parent), ("primitive", &Some("g-web".into())));
    let promotable = cib.resource("ms-state").unwrap();
    assert_eq!((promotable.kind.as_str(), promotable.meta("promoted-max")), ("clone", Some("1")));
    assert_eq!(cib.resource("fence-c1n1").unwrap().agent.as_deref(), Some("stonith:fence_lab"));
    insta::assert_debug_snapshot!(cib.constraints);
}

#[test]
fn the_root_alone_tells_the_epoch() {
    let xml = b"<cib admin_epoch='2' epoch='31' num_updates='7' have-quorum='1' dc-uuid='2'/>";
    assert_eq!(parse::cib(xml), Ok(Cib { epoch: (2, 31), quorate: Some(true), ..Cib::default() }));
}

#[test]
fn a_location_with_a_pattern_and_a_role() {
    let found = only(r#"<rsc_location id="l" rsc-pattern="^db" role="Master" node="n1" score="+inFINITY"/>"#);
    let expected = ConstraintRule::Location {
        resource: "^db".into(),
        node: Some("n1".into()),
        score: Some(Score::Infinity),
        role: Some(Role::Promoted),
        rule: String::new(),
    };
    assert_eq!((found.rule, found.expires), (expected, None));
}

#[test]
fn a_location_with_a_rule() {
    let found = only(
        r##"<rsc_location id="l" rsc="web"><rule id="r" role="started" score="-INFINITY" boolean-op="or">
        <expression id="e1" attribute="pingd" operation="lt" value="1"/><expression id="e2" attribute="pingd" operation="not_defined"/>
        <rule id="n" score="0"><expression id="e3" attribute="#uname" operation="eq" value="n1"/><date_expression id="d" operation="date_spec"><date_spec id="s" hours="9-17"/></date_expression></rule>
        </rule></rsc_location>"##,
    );
    let expected = ConstraintRule::Location {
        resource: "web".into(),
        node: None,
        score: Some(Score::MinusInfinity),
        role: Some(Role::Started),
        rule: "pingd lt 1 or not_defined pingd or (#uname eq n1 and date date_spec hours=9-17)".to_owned(),
    };
    assert_eq!(found.rule, expected);
}

#[test]
fn a_move_with_a_lifetime_expires() {
    let found = only(
        r##"<rsc_location id="cli-prefer-web" rsc="web"><rule id="r" score="INFINITY" boolean-op="and">
        <expression id="e" attribute="#uname" operation="eq" value="n2"/>
        <date_expression id="d" operation="lt" end="2026-11-22 12:07:05 +01:00"/></rule></rsc_location>"##,
    );
    assert!(found.is_leftover());
    assert_eq!(found.expires, Some("2026-11-22T11:07:05Z".parse::<Timestamp>().unwrap()));
}

#[test]
fn the_latest_end_counts_and_durations_are_added() {
    let found = only(
        r#"<rsc_location id="l" rsc="web" score-attribute="weight"><rule id="a" score="1"><date_expression id="d1" operation="in_range" end="2026-01-01 00:00:00Z"/></rule>
        <rule id="b" score="2"><date_expression id="d2" operation="in_range" start="2026-01-31 00:00:00Z"><duration id="x" months="1" hours="2"/></date_expression></rule>
        <rule id="c" score="3"><date_expression id="d3" operation="gt" start="2030-01-01 00:00:00Z"/></rule></rsc_location>"#,
    );
    assert_eq!(found.expires, Some("2026-02-28T02:00:00Z".parse::<Timestamp>().unwrap()));
    assert!(matches!(found.rule, ConstraintRule::Location { score: None, .. }));
}

#[test]
fn a_lifetime_of_old() {
    let found = only(
        r#"<rsc_colocation id="c" rsc="a" with-rsc="b" score="-5" with-rsc-role="Slave"><lifetime><rule id="r">
        <date_expression id="d" operation="lt" end="2026-01-01 00:00:00Z"/></rule></lifetime></rsc_colocation>"#,
    );
    let expected = ConstraintRule::Colocation {
        resource: "a".into(),
        with: "b".into(),
        score: Some(Score::Finite(-5)),
        role: None,
        with_role: Some(Role::Unpromoted),
    };
    assert_eq!(found.rule, expected);
    assert!(found.expires.is_some());
}

#[test]
fn orders() {
    let found = with_constraints(
        r#"<rsc_order id="a" first="x" then="y"/><rsc_order id="b" first="x" then="y" score="0" first-action="promote"/>
        <rsc_order id="c" first="x" then="y" kind="Serialize" first-action="promote" then-action="start"/>"#,
    );
    let told: Vec<_> = found
        .iter()
        .map(|it| match &it.rule {
            ConstraintRule::Order { first_action, then_action, kind, .. } => {
                (first_action.as_str(), then_action.as_str(), kind.as_str())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            ("start", "start", "Mandatory"),
            ("promote", "promote", "Optional"),
            ("promote", "start", "Serialize")
        ]
    );
}

#[test]
fn tickets_and_sets() {
    let found = with_constraints(
        r#"<rsc_ticket id="t" rsc="db" ticket="siteA" loss-policy="fence"/>
        <rsc_order id="s" kind="Optional"><resource_set id="s1"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="s2"><resource_ref id="c"/></resource_set></rsc_order>
        <rsc_of_tomorrow id="n" rsc="z"/>"#,
    );
    let rules: Vec<_> = found.into_iter().map(|it| it.rule).collect();
    let set = |kind: &str, sets: &[&[&str]]| ConstraintRule::Set {
        kind: kind.to_owned(),
        sets: sets.iter().map(|members| resource_set(members)).collect(),
        score: None,
        node: None,
        order: if kind == "rsc_order" { "Optional".to_owned() } else { String::new() },
    };
    let ticket = ConstraintRule::Ticket {
        resources: vec!["db".into()],
        role: None,
        ticket: "siteA".to_owned(),
        loss_policy: "fence".to_owned(),
    };
    assert_eq!(rules, [ticket, set("rsc_order", &[&["a", "b"], &["c"]]), set("rsc_of_tomorrow", &[&["z"]])]);
}

/// A set with those members, separated by blanks.
fn members(attributes: &str, members: &str) -> String {
    let refs = members.split(' ').map(|id| format!("<resource_ref id=\"{id}\"/>"));
    format!("<resource_set {attributes}>{}</resource_set>", refs.collect::<String>())
}

#[rstest]
#[case::plain("", "start db, then start web, mandatory")]
#[case::symmetrical(
    "symmetrical=\"false\"",
    "start db, then start web, mandatory, stop in any order (symmetrical=false)"
)]
#[case::default("symmetrical=\"true\" require-all=\"true\"", "start db, then start web, mandatory")]
#[case::require_all(
    "require-all=\"false\" kind=\"Optional\"",
    "start db, then start web, optional, one instance of db is enough (require-all=false)"
)]
#[case::promotion(
    "first-action=\"promote\" symmetrical=\"false\"",
    "promote db, then promote web, mandatory, no reverse order (symmetrical=false)"
)]
fn orders_in_words(#[case] attributes: &str, #[case] expected: &str) {
    let xml = format!("<rsc_order id=\"o\" first=\"db\" then=\"web\" {attributes}/>");
    assert_eq!(constraint_words(&only(&xml)), expected);
}

#[rstest]
#[case::influence(
    "influence=\"false\"",
    "web runs with db, INFINITY, never moves a running db (influence=false)"
)]
#[case::node_attribute(
    "node-attribute=\"rack\"",
    "web runs with db, INFINITY, nodes with the same rack count as one (node-attribute)"
)]
fn colocations_in_words(#[case] attributes: &str, #[case] expected: &str) {
    let xml =
        format!("<rsc_colocation id=\"c\" rsc=\"web\" with-rsc=\"db\" score=\"INFINITY\" {attributes}/>");
    assert_eq!(constraint_words(&only(&xml)), expected);
}

#[rstest]
#[case::in_order("rsc_order id=\"o\"", &[("", "a b"), ("action=\"promote\"", "c")], "start a, then b, then promote c, mandatory")]
#[case::any_order("rsc_order id=\"o\"", &[("sequential=\"false\"", "a b"), ("", "c")], "start a and b in any order, then start c, mandatory")]
#[case::any_one("rsc_order id=\"o\"", &[("sequential=\"false\" require-all=\"false\"", "a b"), ("", "c")], "start any one of a and b (require-all=false), then start c, mandatory")]
#[case::together("rsc_colocation id=\"c\" score=\"INFINITY\"", &[("role=\"Promoted\"", "a b")], "a promoted and b promoted run together, INFINITY")]
#[case::listed("rsc_colocation id=\"c\" score=\"INFINITY\"", &[("ordering=\"listed\"", "a b")], "a and b (each with the next: ordering=listed) run together, INFINITY")]
#[case::two_sets("rsc_colocation id=\"c\" score=\"50\"", &[("sequential=\"false\"", "a b"), ("role=\"Master\"", "c")], "a and b (not with each other: sequential=false) run with c promoted, 50")]
#[case::own_score("rsc_colocation id=\"c\" score=\"50\"", &[("score=\"10\"", "a b"), ("", "c")], "a and b (10 among them) run with c, 50")]
#[case::apart("rsc_colocation id=\"c\" score=\"-INFINITY\"", &[("", "a b")], "a and b run apart, -INFINITY")]
#[case::apart_listed("rsc_colocation id=\"c\" score=\"-INFINITY\"", &[("ordering=\"listed\"", "a b")], "a and b run apart, -INFINITY")]
#[case::apart_by_its_own("rsc_colocation id=\"c\" score=\"50\"", &[("score=\"-5\"", "a b")], "a and b run apart, -5")]
#[case::two_apart("rsc_colocation id=\"c\" score=\"-INFINITY\"", &[("", "a b"), ("", "c")], "a and b (also apart from each other) run apart from c, -INFINITY")]
#[case::location("rsc_location id=\"l\" node=\"n1\" score=\"-INFINITY\"", &[("", "a b")], "a and b never on n1, -INFINITY")]
fn sets_in_words(#[case] tag: &str, #[case] sets: &[(&str, &str)], #[case] expected: &str) {
    let sets: String = sets.iter().map(|(attributes, ids)| members(attributes, ids)).collect();
    let element = tag.split(' ').next().unwrap();
    assert_eq!(constraint_words(&only(&format!("<{tag}>{sets}</{element}>"))), expected);
}

fn resource_set(members: &[&str]) -> ResourceSet {
    ResourceSet::of(members.iter().map(|&id| id.into()).collect())
}

#[test]
fn resources_of_every_kind() {
    let cib = parse::cib(
        br#"<cib><configuration><resources>
        <template id="fence" class="stonith" type="fence_ipmilan"/>
        <master id="ms"><group id="g"><primitive id="p" class="ocf" provider="linbit" type="drbd"/><primitive id="f" template="fence"/></group></master>
        <bundle id="b"><podman image="x"/><primitive id="in" class="ocf" provider="heartbeat" type="galera"><meta_attributes id="m"><nvpair id="n" name="target-role" value="Stopped"/></meta_attributes></primitive></bundle>
        </resources></configuration></cib>"#,
    )
    .unwrap();
    let told: Vec<_> = cib
        .resources
        .iter()
        .map(|it| (it.kind.as_str(), it.id.as_str(), it.parent.as_ref().map_or("", |id| id.as_str())))
        .collect();
    assert_eq!(
        told,
        [
            ("master", "ms", ""),
            ("group", "g", "ms"),
            ("primitive", "p", "g"),
            ("primitive", "f", "g"),
            ("bundle", "b", ""),
            ("primitive", "in", "b"),
        ]
    );
    assert_eq!(cib.resource("f").unwrap().agent.as_deref(), Some("stonith:fence_ipmilan"));
    assert_eq!(cib.resource("in").unwrap().meta("target-role"), Some("Stopped"));
    assert!(cib.has_fencing_device);
}

#[test]
fn what_is_not_understood_is_told() {
    let cib = parse::cib(
        b"<cib epoch='x'><configuration><constraints>\n<rsc_location id='l' rsc='a' node='b' score='lots'/></constraints></configuration></cib>",
    )
    .unwrap();
    assert_eq!(
        cib.oddities,
        [
            "line 1: <cib> epoch=\"x\" is not a number in range",
            "line 2: <rsc_location> score=\"lots\" is not a score"
        ]
    );
}

#[rstest]
#[case::held("owner=\"1023541\" expires=\"1795944488\" term=\"7\"", Some((Some("1023541"), Some("2026-11-29T09:28:08Z"))))]
#[case::negative("owner=\"-1206411345\" expires=\"soon\"", Some((Some("-1206411345"), None)))]
#[case::no_one("owner=\"-1\" expires=\"1795944488\"", Some((None, None)))]
#[case::no_one_unsigned("owner=\"4294967295\" expires=\"0\"", Some((None, None)))]
#[case::without_booth("granted=\"true\" last-granted=\"1795941188\"", None)]
fn the_holder_of_a_ticket(#[case] attributes: &str, #[case] expected: Option<(Option<&str>, Option<&str>)>) {
    let xml = format!(
        "<cib><configuration/><status><node_state id=\"1\"><tickets><ticket_state id=\"U\" owner=\"5\"/></tickets>\
         </node_state><tickets><ticket_state id=\"T\" {attributes}/></tickets></status></cib>"
    );
    let cib = parse::cib(xml.as_bytes()).unwrap();
    let lease = cib.lease("T").map(|it| (it.holder.as_deref(), it.expires));
    assert_eq!(lease, expected.map(|(holder, end)| (holder, end.map(|end| end.parse().unwrap()))));
    assert_eq!(cib.leases.len(), usize::from(expected.is_some()));
}
