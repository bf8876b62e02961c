//! Pictures of the lab on every Debian release give the same model for the same state.

use quorate::model::{Picture, Role, Score};
use rstest::rstest;

use crate::{fixture, node, picture, primitive};

pub(crate) const FOLDERS: [&str; 4] = ["debian-11", "debian-12", "debian-13", "debian-sid"];

const NONE: [&str; 0] = [];

fn taken(release: &str, state: &str) -> Picture {
    picture(&format!("releases/{release}/{state}.crm_mon.xml"))
}

#[rstest]
#[case("debian-11", "2.0.5")]
#[case("debian-12", "2.1.5")]
#[case("debian-13", "3.0.0")]
#[case("debian-sid", "3.0.")]
fn a_healthy_cluster(#[case] release: &str, #[case] version: &str) {
    let picture = taken(release, "healthy");
    assert_eq!(picture.oddities, NONE);
    assert!(picture.summary.version.as_deref().is_some_and(|it| it.starts_with(version)), "{picture:?}");
    assert_eq!(picture.summary.quorate, Some(true));
    assert_eq!(picture.members().filter(|node| node.online && !node.unclean && !node.standby).count(), 3);
    assert_eq!(primitive(&picture, "vip-lb").agent, "ocf:heartbeat:IPaddr2");
    let roles =
        |role: Role| picture.primitives().filter(|(_, it)| it.id == "store" && it.role == role).count();
    assert_eq!((roles(Role::Promoted), roles(Role::Unpromoted)), (1, 2));
    assert!(picture.failures.is_empty() && picture.fail_counts.is_empty());
    assert_eq!(
        picture.tickets.iter().map(|it| (it.id.as_str(), it.granted)).collect::<Vec<_>>(),
        [("site-lb", true)]
    );
}

#[rstest]
fn a_node_in_standby(#[values("debian-11", "debian-12", "debian-13", "debian-sid")] release: &str) {
    let picture = taken(release, "standby");
    assert_eq!(picture.oddities, NONE);
    let standby: Vec<_> =
        picture.nodes.iter().filter(|node| node.standby).map(|node| node.name.as_str()).collect();
    assert_eq!(standby, ["lb2"]);
    assert!(node(&picture, "lb2").online);
    assert!(picture.primitives().all(|(_, it)| !it.nodes.iter().any(|node| node == "lb2")));
}

/// Pacemaker counts a simulated failure once or twice, as each `crm_mon` says.
#[rstest]
#[case("debian-11", 1)]
#[case("debian-12", 2)]
#[case("debian-13", 1)]
#[case("debian-sid", 1)]
fn a_resource_that_failed(#[case] release: &str, #[case] times: i32) {
    let picture = taken(release, "failed");
    assert_eq!(picture.oddities, NONE);
    let [failure] = picture.failures.as_slice() else { panic!("{:?}", picture.failures) };
    assert_eq!(failure.resource, "api");
    assert!(failure.at.is_some());
    let [count] = picture.fail_counts.as_slice() else { panic!("{:?}", picture.fail_counts) };
    assert_eq!((count.resource.as_str(), count.count), ("api", Score::Finite(times)));
    assert_eq!(primitive(&picture, "api").role, Role::Started);
}

#[rstest]
fn the_configuration(
    #[values("debian-11", "debian-12", "debian-13", "debian-sid")] release: &str,
    #[values("healthy", "standby", "failed")] state: &str,
) {
    let cib =
        quorate::pacemaker::parse::cib(fixture(&format!("releases/{release}/{state}.cib.xml")).as_bytes());
    let cib = cib.expect("a configuration");
    assert_eq!(cib.oddities, NONE);
    assert!(cib.left_out.is_empty(), "{:?}", cib.left_out);
    assert_eq!(cib.cluster_name.as_deref(), Some("lb"));
    assert!(!cib.constraints.is_empty());
}
