//! Why things are as they are, asked of captures of a real cluster.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use quorate::health::{About, Pull, Why, why};
use quorate::model::{
    Access, ClusterEntry, Contact, NodeName, Observation, Picture, Resource, ResourceId, Tier,
};
use quorate::pacemaker::parse::{self, Answer};
use rstest::rstest;

/// A little after the captures were taken, so that ages can be told.
fn now() -> Timestamp {
    "2026-11-22T11:36:00Z".parse().expect("a moment")
}

fn capture(name: &str) -> Picture {
    read("tests/fixtures/captures", name)
}

fn read(folder: &str, name: &str) -> Picture {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let xml = std::fs::read(folder.join(format!("{name}.crm_mon.xml"))).expect("a capture");
    let Answer::Running(mut picture) = parse::crm_mon(&xml, Some(Offset::UTC)).expect("readable") else {
        panic!("{name} is no picture of a running cluster")
    };
    if let Ok(xml) = std::fs::read(folder.join(format!("{name}.cib.xml"))) {
        picture.cib = Some(Arc::new(parse::cib(&xml).expect("a readable CIB")));
    }
    *picture
}

fn live(picture: Picture) -> Observation {
    Observation {
        contact: Contact::Live { host: "c1n1".into() },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now()),
        ..Observation::none()
    }
}

fn entry() -> ClusterEntry {
    ClusterEntry {
        name: "c1".into(),
        tier: Tier::Core,
        hosts: vec!["c1n1".into()],
        access: Access::default(),
        needs: None,
    }
}

fn told(why: &Why) -> String {
    let mut text = format!("{}\n", why.question);
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes everything");
    why.as_of.iter().for_each(|as_of| line(format!("  {as_of}")));
    for cause in &why.causes {
        line(format!("{}: {}", cause.severity, cause.summary));
        cause.evidence.iter().for_each(|fact| line(format!("    {fact}")));
        if !cause.remedy.is_empty() {
            line(format!("  > {}", cause.remedy));
        }
    }
    for answer in &why.nodes {
        line(format!("{} {}", answer.node, answer.role.as_ref().map_or("-", |role| role.word())));
        for reason in &answer.reasons {
            line(format!("    {:?}: {}", reason.pull, reason.words));
        }
    }
    text
}

fn resource(name: &str) -> About {
    About::Resource(ResourceId::from(name))
}

fn node(name: &str) -> About {
    About::Node(NodeName::from(name))
}

#[rstest]
#[case("disabled-group", resource("g-db"))]
#[case("disabled-group", resource("db-srv"))]
#[case("banned", resource("solo"))]
#[case("banned-promoted", resource("ms-state"))]
#[case("moved-prefer", resource("web-srv"))]
#[case("failed-start-notinstalled", resource("slow"))]
#[case("failed-recovered", resource("solo"))]
#[case("fence-pending-unclean", resource("cl-agent"))]
#[case("fence-pending-unclean", resource("fence-c1r1"))]
#[case("fence-pending-unclean", node("c1n2"))]
#[case("maintenance-mode", resource("vip"))]
#[case("node-maintenance", node("c1n2"))]
#[case("node-offline", node("c1n2"))]
#[case("node-offline", resource("ms-state"))]
#[case("node-stopped-clean", node("c1n2"))]
#[case("pending-op", resource("slow"))]
#[case("standby", node("c1n2"))]
#[case("standby", resource("g-web"))]
#[case("unmanaged", resource("solo"))]
#[case("healthy", resource("fence-c1n1"))]
#[case("healthy", resource("g-db"))]
#[case("healthy", node("c1n1"))]
#[case("remote-healthy", resource("c1r1"))]
#[case("startup-7", resource("vip"))]
fn the_answer(#[case] name: &str, #[case] about: About) {
    let why = why(&entry(), &live(capture(name)), now(), &about).expect("it is there");
    insta::assert_snapshot!(format!("{name}-{}", subject(&about)), told(&why));
}

#[rstest]
#[case("blocked", resource("stuck"))]
#[case("failed-resource", resource("haproxy-clone"))]
#[case("failed-unmanaged", resource("site"))]
#[case("disabled", resource("front"))]
#[case("fencing-failed", node("lb3"))]
#[case("leftover-constraints", resource("vip-lb"))]
#[case("leftover-constraints", resource("front"))]
#[case("leftover-constraints", node("lb1"))]
#[case("no-quorum", resource("vip-db"))]
#[case("no-quorum", node("db2"))]
#[case("no-quorum-minority", node("lb1"))]
#[case("pending-operation", resource("slow"))]
#[case("remote-offline", resource("mqr1"))]
#[case("remote-offline", node("mqr1"))]
#[case("ticket-revoked", resource("site"))]
fn the_answer_in_the_lab(#[case] name: &str, #[case] about: About) {
    let now: Timestamp = "2026-11-23T07:16:00Z".parse().expect("a moment");
    let observation = Observation { confirmed: Some(now), ..live(read("tests/fixtures", name)) };
    let why = why(&entry(), &observation, now, &about).expect("it is there");
    insta::assert_snapshot!(format!("lab-{name}-{}", subject(&about)), told(&why));
}

fn subject(about: &About) -> String {
    match about {
        About::Resource(id) => id.to_string(),
        About::Node(name) => format!("node-{name}"),
    }
}

fn everything(picture: &Picture) -> Vec<About> {
    fn ids(resource: &Resource, found: &mut Vec<About>) {
        found.push(About::Resource(resource.id().clone()));
        resource.children().for_each(|child| ids(child, found));
    }
    let mut found = picture.nodes.iter().map(|node| About::Node(node.name.clone())).collect();
    picture.resources.iter().for_each(|resource| ids(resource, &mut found));
    found
}

/// Whatever is asked about in whatever state has an answer, which does not contradict what is seen.
#[test]
fn everything_is_answered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/captures");
    let mut asked = 0;
    for file in std::fs::read_dir(folder).expect("the captures") {
        let name = file.expect("a file").file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".crm_mon.xml") else { continue };
        for with_cib in [true, false] {
            let mut picture = capture(name);
            picture.cib = picture.cib.filter(|_| with_cib);
            let all = everything(&picture);
            let observation = live(picture);
            for about in all {
                let why = why(&entry(), &observation, now(), &about).expect("it is in the picture");
                assert!(!why.causes.is_empty(), "{name}: {about:?}");
                assert_eq!(why.as_of, None);
                assert!(!told(&why).contains(|c: char| c.is_control() && c != '\n'));
                let out_of_place = why.nodes.iter().filter(|answer| answer.role.is_some()).any(|answer| {
                    answer
                        .reasons
                        .iter()
                        .any(|reason| reason.pull == Pull::Never && reason.words.contains("offline"))
                });
                assert!(!out_of_place, "{name}: {about:?} runs on an offline node\n{}", told(&why));
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

#[test]
fn the_past_is_told_as_the_past() {
    let since = now() - SignedDuration::from_secs(41);
    let observation = Observation {
        contact: Contact::Lost { since, troubles: Vec::new(), retry_at: now() },
        confirmed: Some(since),
        ..live(capture("banned"))
    };
    let why = why(&entry(), &observation, now(), &resource("solo")).expect("it was there");
    assert_eq!(why.as_of.as_deref(), Some("as last seen 41 s ago, not as it is now"));
}

#[test]
fn nothing_is_said_of_what_is_not_there() {
    let observation = live(capture("banned"));
    assert_eq!(why(&entry(), &observation, now(), &resource("nothing")), None);
    assert_eq!(why(&entry(), &observation, now(), &node("nobody")), None);
}
