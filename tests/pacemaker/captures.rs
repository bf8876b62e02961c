//! Every capture of the real cluster says what that cluster was known to be like.

use jiff::Timestamp;
use quorate::model::{FencingOutcome, NodeKind, Picture, Resource, Role, Score};
use quorate::pacemaker::diagnose::{Diagnosis, diagnose};
use quorate::pacemaker::{discover, parse};

use crate::{all_fixtures, fixture, node, picture, primitive};

fn captured(name: &str) -> Picture {
    picture(&format!("captures/{name}.crm_mon.xml"))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

#[test]
fn healthy() {
    let picture = captured("healthy");
    assert_eq!(picture.members().count(), 3);
    assert!(picture.nodes.iter().all(|node| node.online && !node.unclean && !node.pending));
    assert!(picture.fail_counts.is_empty() && picture.failures.is_empty());
    assert_eq!(picture.primitives().filter(|(_, it)| it.role == Role::Promoted).count(), 1);
    insta::assert_debug_snapshot!(picture);
}

#[test]
fn remote_healthy() {
    let picture = captured("remote-healthy");
    assert_eq!(node(&picture, "c1r1").kind, NodeKind::Remote);
    assert_eq!(node(&picture, "c1n1").kind, NodeKind::Member);
    assert_eq!(primitive(&picture, "c1r1").nodes, ["c1n1"]);
    insta::assert_debug_snapshot!(picture);
}

#[test]
fn banned() {
    let picture = captured("banned");
    let ban = picture.bans.iter().find(|ban| ban.id.as_str().starts_with("cli-")).unwrap();
    assert_eq!(ban.weight, Score::MinusInfinity);
    assert!(!ban.promoted_only);
}

#[test]
fn banned_promoted() {
    let picture = captured("banned-promoted");
    let ban = picture.bans.iter().find(|ban| ban.id == "cli-ban-ms-state-on-c1n3").unwrap();
    assert!(ban.promoted_only);
    assert_eq!((ban.resource.as_str(), ban.node.as_str()), ("ms-state", "c1n3"));
}

#[test]
fn disabled_group() {
    let picture = captured("disabled-group");
    assert_eq!(picture.summary.resources_disabled, Some(2));
    let group = picture.resources.iter().find(|resource| *resource.id() == "g-db").unwrap();
    assert!(matches!(group, Resource::Group(group) if group.disabled && group.managed));
    let member = primitive(&picture, "db-fs");
    assert_eq!((&member.role, &member.target_role), (&Role::Stopped, &Some(Role::Stopped)));
    assert!(member.nodes.is_empty() && !member.active);
}

#[test]
fn failed_recovered() {
    let picture = captured("failed-recovered");
    let [vip, web, solo] = picture.failures.as_slice() else { panic!("{:?}", picture.failures) };
    assert_eq!((vip.resource.as_str(), vip.operation.as_str(), vip.interval_ms), ("vip", "monitor", 10_000));
    assert_eq!((vip.exit_code, vip.exit_status.as_str()), (Some(7), "not running"));
    assert_eq!(vip.at, Some(at("2026-11-22T11:07:49Z")));
    assert_eq!((web.resource.as_str(), web.node.as_str()), ("web-srv", "c1n2"));
    assert_eq!((solo.operation.as_str(), solo.exit_reason.as_str()), ("asyncmon", "Simulated failure"));
    let counted: Vec<_> =
        picture.fail_counts.iter().map(|it| (it.resource.as_str(), it.count, it.at_threshold())).collect();
    assert_eq!(
        counted,
        [
            ("vip", Score::Finite(1), false),
            ("web-srv", Score::Finite(1), false),
            ("solo", Score::Finite(1), false)
        ]
    );
    // ctime, in the zone of the host.
    assert_eq!(picture.fail_counts[0].last_failure, Some(at("2026-11-22T10:07:49Z")));
}

#[test]
fn failed_start() {
    let picture = captured("failed-start-notinstalled");
    assert!(node(&picture, "c1n3").unclean && node(&picture, "c1n3").online);
    let slow = primitive(&picture, "slow");
    assert!(slow.orphaned && slow.failed);
    let starting = primitive(&picture, "fence-c1n1");
    assert_eq!((&starting.role, starting.nodes.len()), (&Role::Starting, 2));
    assert_eq!(picture.failures[0].status, "Timed Out");
    assert!(picture.fail_counts.iter().any(|it| it.resource == "slow" && it.count == Score::Infinity));
    assert_eq!(picture.fencing[0].outcome, FencingOutcome::Pending);
}

#[test]
fn fence_pending_unclean() {
    let picture = captured("fence-pending-unclean");
    let lost = node(&picture, "c1n2");
    assert!(lost.unclean && !lost.online && lost.expected_up);
    let pending = &picture.fencing[0];
    assert_eq!((pending.outcome, pending.target.as_str()), (FencingOutcome::Pending, "c1n2"));
    assert_eq!((pending.completed, &pending.delegate), (None, &None));
}

#[test]
fn maintenance_mode() {
    let picture = captured("maintenance-mode");
    assert!(picture.summary.options.maintenance_mode);
    assert!(picture.primitives().all(|(_, primitive)| !primitive.managed && primitive.active));
    assert!(picture.nodes.iter().all(|node| !node.maintenance));
}

#[test]
fn node_maintenance() {
    let picture = captured("node-maintenance");
    assert!(node(&picture, "c1n2").maintenance && !picture.summary.options.maintenance_mode);
    assert_eq!(picture.nodes.iter().filter(|node| node.maintenance).count(), 1);
}

#[test]
fn nodes_that_left() {
    let picture = captured("node-offline");
    let gone = node(&picture, "c1n2");
    assert!(!gone.online && !gone.unclean && !gone.expected_up);
    assert_eq!(picture.summary.dc, Some("c1n1".into()));
    let picture = captured("node-stopped-clean");
    assert!(!node(&picture, "c1n3").online && !node(&picture, "c1n3").unclean);
    assert_eq!(picture.fencing.len(), 6);
    assert_eq!(picture.fencing[0].completed, Some(at("2026-11-22T11:15:39Z")), "the newest comes first");
}

#[test]
fn pending_operation() {
    let picture = captured("pending-op");
    let slow = primitive(&picture, "slow");
    assert!(slow.role.is_transient() && slow.active);
}

#[test]
fn standby() {
    let picture = captured("standby");
    assert!(node(&picture, "c1n2").standby && node(&picture, "c1n2").online);
    assert_eq!(node(&picture, "c1n2").resources_running, Some(0));
}

#[test]
fn unmanaged() {
    let picture = captured("unmanaged");
    let unmanaged: Vec<_> =
        picture.primitives().filter(|(_, it)| !it.managed).map(|(_, it)| it.id.as_str()).collect();
    assert_eq!(unmanaged, ["solo"]);
}

#[test]
fn starting_up() {
    let picture = captured("startup-7");
    assert_eq!((&picture.summary.dc, picture.summary.quorate), (&None, None));
    assert_eq!(picture.summary.pacemakerd_state.as_deref(), Some("running"));
    assert!(picture.nodes.is_empty());
    assert_eq!(picture.summary.last_change, None);
    assert_eq!(picture.oddities, ["line 38: the fencing history could not be read there (status 102)"]);
}

#[test]
fn stopped_on_that_node() {
    let text = fixture("captures/cluster-down-on-node.txt");
    let stopped = Diagnosis::Stopped {
        message: "crm_mon: Connection to cluster failed: Connection refused".to_owned(),
        pacemakerd_state: None,
    };
    assert_eq!(diagnose(Some(102), text.as_bytes(), b""), stopped);
    let (_, of_cibadmin) = text.split_once("rc=102\n").unwrap();
    let (of_cibadmin, _) = of_cibadmin.split_once("rc=102").unwrap();
    assert!(matches!(diagnose(Some(102), b"", of_cibadmin.as_bytes()), Diagnosis::Stopped { .. }));
}

#[test]
fn moved_leaves_a_constraint() {
    let cib = parse::cib(fixture("captures/moved-prefer.cib.xml").as_bytes()).unwrap();
    let left: Vec<_> =
        cib.constraints.iter().filter(|it| it.is_leftover()).map(|it| it.id.as_str()).collect();
    assert_eq!(left, ["cli-prefer-g-web"]);
}

#[test]
fn every_cib() {
    for (name, xml) in all_fixtures(".cib.xml") {
        let cib = parse::cib(xml.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(cib.oddities, Vec::<String>::new(), "{name}");
        let is_old = name.starts_with("captures/");
        let cluster = cib.cluster_name.as_deref().unwrap();
        assert!(if is_old { cluster == "cluster1" } else { ["lb", "db", "mq"].contains(&cluster) }, "{name}");
        assert!(cib.has_fencing_device && cib.epoch.1 > 0, "{name}");
        assert!(cib.constraints.len() >= 4, "{name}");
        let found = discover::from_cib(xml.as_bytes()).unwrap();
        assert_eq!(found.cluster_name, cib.cluster_name, "{name}");
        let prefix = if is_old { "c1n" } else { cluster };
        let members = [1, 2, 3].map(|nth| format!("{prefix}{nth}"));
        assert_eq!(found.members, members.each_ref().map(String::as_str), "{name}");
    }
}
