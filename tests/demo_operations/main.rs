//! Every operation tried on the demo, by the same operator that works on real clusters.

mod sequences;
mod stage;
mod together;

use std::time::Duration;

use quorate::demo::Options;
use quorate::model::{Cib, Constraint, FencingOutcome, NodeName, Picture, Role, TroubleKind};
use quorate::operation::{Intent, Projection, Undo, Verb};
use quorate::pacemaker::{argv, parse};
use strum::IntoEnumIterator;
use tokio::time::sleep;

use self::stage::Stage;

fn intent(verb: Verb, cluster: &str, subject: &str, to: Option<&str>) -> Intent {
    Intent { cluster: cluster.into(), verb, subject: subject.to_owned(), to: to.map(Into::into) }
}

fn words(actions: &[parse::Projected]) -> Vec<String> {
    actions.iter().map(ToString::to_string).collect()
}

fn projected(projection: &Projection) -> (Vec<String>, Vec<String>) {
    match projection {
        Projection::Known { own, collateral, .. } => (words(own), words(collateral)),
        other => panic!("{other:?}"),
    }
}

fn place(picture: &Picture, resource: &str) -> Vec<String> {
    let all = picture.primitives().map(|(_, primitive)| primitive).filter(|it| it.id == *resource);
    all.flat_map(|primitive| &primitive.nodes).map(ToString::to_string).collect()
}

fn promoted(picture: &Picture) -> Vec<String> {
    let all = picture.primitives().map(|(_, primitive)| primitive).filter(|it| it.role == Role::Promoted);
    all.flat_map(|primitive| &primitive.nodes).map(ToString::to_string).collect()
}

/// Whether an operation's undo also brings back who runs where.
#[derive(Clone, Copy, PartialEq)]
enum Places {
    Matter,
    /// What had to leave a node stays where it went: its stickiness is more than what draws it home.
    Differ,
}

impl Places {
    fn after_undo_of(verb: Verb) -> Self {
        match verb {
            Verb::Standby | Verb::Online | Verb::FenceOff | Verb::FenceReboot => Self::Differ,
            _ => Self::Matter,
        }
    }
}

/// Everything that is to be as before once an operation is undone. Nothing draws a fencing device back to where it was.
fn state(picture: &Picture, cib: &Cib, places: Places) -> impl PartialEq + std::fmt::Debug + use<> {
    let primitives: Vec<_> = picture
        .primitives()
        .map(|(_, it)| {
            let is_free = places == Places::Differ || it.id.as_str().starts_with("fence-");
            let nodes = if is_free { Vec::new() } else { it.nodes.clone() };
            (it.id.clone(), it.role.clone(), nodes, it.managed, it.failed)
        })
        .collect();
    let nodes: Vec<_> =
        picture.nodes.iter().map(|it| (it.name.clone(), it.online, it.standby, it.maintenance)).collect();
    let tickets: Vec<_> = picture.tickets.iter().map(|it| (it.id.clone(), it.granted)).collect();
    let meta = cib.resources.clone();
    (
        primitives,
        nodes,
        tickets,
        meta,
        cib.constraints.clone(),
        cib.property("maintenance-mode") == Some("true"),
    )
}

/// What is done, after what, of every verb that needs no trouble to be there.
fn example(verb: Verb) -> Option<(Option<Intent>, Intent)> {
    let simple = |cluster, subject: &str| Some((None, intent(verb, cluster, subject, None)));
    let after = |first, cluster, subject: &str, to| {
        Some((Some(intent(first, cluster, subject, to)), intent(verb, cluster, subject, None)))
    };
    match verb {
        Verb::Move => Some((None, intent(verb, "cinder", "vip-iscsi", Some("cinder1")))),
        Verb::Ban => Some((None, intent(verb, "glance", "glance-registry-clone", Some("glance1")))),
        Verb::Clear => after(Verb::Ban, "heat", "heat-engine", None),
        Verb::Cleanup | Verb::Restart | Verb::Disable | Verb::Unmanage => simple("lb", "vip-db"),
        Verb::Refresh | Verb::Maintenance => simple("cinder", "cinder-lvm"),
        Verb::Enable => after(Verb::Disable, "horizon", "horizon", None),
        Verb::Manage => after(Verb::Unmanage, "glance", "glance-api", None),
        Verb::MaintenanceOff => after(Verb::Maintenance, "mq", "rabbitmq-clone", None),
        Verb::Demote => simple("ceilometer", "redis-clone"),
        Verb::Promote => after(Verb::Demote, "db", "galera-clone", None),
        Verb::Standby => simple("lb", "lb1"),
        Verb::Online => after(Verb::Standby, "cinder", "cinder3", None),
        Verb::NodeMaintenance => simple("compute", "hv1"),
        Verb::NodeMaintenanceOff => after(Verb::NodeMaintenance, "nova", "nova2", None),
        Verb::FenceReboot => simple("lb", "lb2"),
        Verb::FenceOff => simple("compute", "hv2"),
        // It wants a dead node, which is not to be had without trouble.
        Verb::ConfirmDead => None,
        Verb::ClusterMaintenance => simple("db", "db"),
        Verb::ClusterMaintenanceOff => after(Verb::ClusterMaintenance, "heat", "heat", None),
        Verb::CleanupAll | Verb::FencingHistoryCleanup => simple("lb", "lb"),
        Verb::Revoke => simple("cinder", "site-a"),
        Verb::Grant => after(Verb::Revoke, "cinder", "site-a", None),
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_done_seen_and_undone() {
    for verb in Verb::iter() {
        let Some((first, intent)) = example(verb) else { continue };
        let stage = Stage::quiet();
        if let Some(first) = first {
            stage.done(&first).await;
            sleep(Duration::from_secs(5)).await;
        }
        let cluster = intent.cluster.as_str();
        let host = stage.entry(cluster).hosts[2].clone();
        let (before, cib) = (stage.any_picture(cluster).await, stage.cib(host.as_str()).await);
        let (plan, _) = stage.done(&intent).await;
        // What follows from it, such as what a node starts that is back, may still be on its way.
        sleep(Duration::from_secs(5)).await;
        let (after, cib_after) = (stage.any_picture(cluster).await, stage.cib(host.as_str()).await);
        assert!(after.oddities.is_empty() && cib_after.oddities.is_empty(), "{verb}");
        let changes_nothing = matches!(
            verb,
            Verb::Cleanup
                | Verb::Refresh
                | Verb::Restart
                | Verb::CleanupAll
                | Verb::FencingHistoryCleanup
                | Verb::FenceReboot
        );
        // A ticket is not part of the configuration.
        let configures = !matches!(verb, Verb::Grant | Verb::Revoke | Verb::FenceOff);
        let places = Places::after_undo_of(verb);
        assert_eq!(
            state(&before, &cib, places) == state(&after, &cib_after, places),
            changes_nothing,
            "{verb}"
        );
        if !changes_nothing && configures {
            assert!(cib_after.epoch > cib.epoch, "{verb}");
        }
        stage.undo(&plan).await;
        if !matches!(plan.undo, Undo::Impossible(_)) {
            sleep(Duration::from_secs(10)).await;
            let (undone, cib_undone) = (stage.any_picture(cluster).await, stage.cib(host.as_str()).await);
            assert_eq!(state(&undone, &cib_undone, places), state(&before, &cib, places), "undo of {verb}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_leaves_no_constraint_and_takes_the_group_along() {
    let stage = Stage::quiet();
    let before = stage.picture("cinder1").await.unwrap();
    let members = ["vip-iscsi", "cinder-lvm", "cinder-volume"];
    let from = place(&before, "vip-iscsi").remove(0);
    let to = if from == "cinder1" { "cinder2" } else { "cinder1" };
    let (_, projection) = stage.done(&intent(Verb::Move, "cinder", "vip-iscsi", Some(to))).await;
    let Projection::Known { own, afterwards, .. } = projection else { panic!() };
    let moves = members.map(|member| format!("move {member} from {from} to {to}"));
    assert_eq!((words(&own), afterwards), (moves.to_vec(), Some(Vec::new())));
    sleep(Duration::from_secs(700)).await;
    let after = stage.picture("cinder1").await.unwrap();
    assert!(members.iter().all(|member| place(&after, member) == [to]), "it stays");
    let cib = stage.cib("cinder1").await;
    assert!(!cib.constraints.iter().any(Constraint::is_leftover));
}

#[tokio::test(start_paused = true)]
async fn the_promoted_role_moves_alone() {
    let stage = Stage::quiet();
    let from = promoted(&stage.picture("ceilo1").await.unwrap()).remove(0);
    let to = if from == "ceilo1" { "ceilo2" } else { "ceilo1" };
    let (_, projection) = stage.done(&intent(Verb::Move, "ceilometer", "redis", Some(to))).await;
    let (own, collateral) = projected(&projection);
    assert!(own.iter().any(|it| it.starts_with("demote redis:") && it.contains(&from)), "{own:?}");
    assert!(own.iter().any(|it| it.starts_with("promote redis:") && it.contains(to)), "{own:?}");
    assert_eq!(collateral, Vec::<String>::new());
    assert_eq!(promoted(&stage.picture("ceilo1").await.unwrap()), [to]);
    assert!(!stage.cib("ceilo1").await.constraints.iter().any(Constraint::is_leftover));
}

#[tokio::test(start_paused = true)]
async fn a_vip_moves_for_good_and_names_what_is_ordered_after_it() {
    let stage = Stage::quiet();
    let home = place(&stage.picture("lb1").await.unwrap(), "vip-db").remove(0);
    let to = if home == "lb2" { "lb3" } else { "lb2" };
    let (_, projection) = stage.done(&intent(Verb::Move, "lb", "vip-db", Some(to))).await;
    let Projection::Known { own, collateral, afterwards } = projection else { panic!() };
    assert_eq!(words(&own), [format!("move vip-db from {home} to {to}")]);
    let collateral = words(&collateral);
    assert_eq!(collateral.len(), 3, "{collateral:?}");
    assert!(collateral.iter().all(|it| it.starts_with("restart haproxy:") && it.contains("vip-db")));
    assert_eq!(afterwards, Some(Vec::new()));
    assert!(!stage.cib("lb1").await.constraints.iter().any(Constraint::is_leftover));
    sleep(Duration::from_secs(601)).await;
    assert_eq!(place(&stage.picture("lb1").await.unwrap(), "vip-db"), [to]);
}

/// What is written is what Pacemaker writes, rule and all, and it ends by itself.
#[tokio::test(start_paused = true)]
async fn a_constraint_with_a_lifetime_ends_by_itself() {
    let stage = Stage::quiet();
    let command = "crm_resource --move --resource=vip-db --node=lb3 --lifetime=PT10M";
    assert_eq!(stage.say("lb1", command).await.0, Some(0));
    let cib = stage.cib("lb1").await;
    let constraint = cib.constraints.iter().find(|it| it.is_leftover()).unwrap();
    assert!(constraint.expires.is_some(), "{constraint:?}");
    let text = String::from_utf8(stage.run("lb1", &argv::cib()).await.unwrap().stdout).unwrap();
    for id in ["cli-prefer-rule-vip-db", "cli-prefer-expr-vip-db", "cli-prefer-lifetime-end-vip-db"] {
        assert!(text.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

/// What is cleared is restored by an undo with its rule and its end.
#[tokio::test(start_paused = true)]
async fn a_constraint_with_a_lifetime_is_restored_with_it() {
    let stage = Stage::quiet();
    let command = "crm_resource --move --resource=vip-db --node=lb3 --lifetime=PT10M";
    assert_eq!(stage.say("lb1", command).await.0, Some(0));
    let leftovers = async || {
        let cib = stage.cib("lb1").await;
        cib.constraints.iter().filter(|it| it.is_leftover()).cloned().collect::<Vec<_>>()
    };
    let before = leftovers().await;
    let (plan, _) = stage.done(&intent(Verb::Clear, "lb", "vip-db", None)).await;
    assert!(leftovers().await.is_empty());
    stage.undo(&plan).await;
    assert_eq!(leftovers().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_resource_is_seen_to_leave_and_to_arrive() {
    let stage = Stage::quiet();
    let from = place(&stage.picture("lb1").await.unwrap(), "vip-mq").remove(0);
    let to = if from == "lb1" { "lb2" } else { "lb1" };
    let (code, said) = stage.say("lb1", &format!("crm_resource --move --resource=vip-mq --node={to}")).await;
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let mut seen = Vec::new();
    for _ in 0..40 {
        let picture = stage.picture("lb1").await.unwrap();
        let (_, vip) = picture.primitives().find(|(_, it)| it.id == *"vip-mq").unwrap();
        let now = (vip.role.clone(), vip.nodes[0].to_string());
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        sleep(Duration::from_millis(100)).await;
    }
    let expected = [(Role::Stopping, from), (Role::Starting, to.to_owned()), (Role::Started, to.to_owned())];
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn a_fenced_node_goes_unclean_then_off_and_returns() {
    let stage = Stage::quiet();
    let reboot = ["stonith_admin".to_owned(), "--reboot=lb1".to_owned()];
    let fencing = stage.run("lb3", &reboot);
    let watching = async {
        let mut seen = Vec::new();
        for _ in 0..100 {
            let picture = stage.picture("lb2").await.unwrap();
            let node = picture.nodes.iter().find(|node| node.name == *"lb1").unwrap();
            let pending = picture.fencing.iter().any(|it| it.outcome == FencingOutcome::Pending);
            let now = (node.online, node.unclean, node.pending, pending);
            if seen.last() != Some(&now) {
                seen.push(now);
            }
            assert_eq!(picture.summary.quorate, Some(true));
            assert_ne!(
                picture.summary.dc.as_ref().map(NodeName::as_str),
                Some("lb1").filter(|_| !node.online)
            );
            sleep(Duration::from_millis(250)).await;
        }
        seen
    };
    let (output, seen) = tokio::join!(fencing, watching);
    assert_eq!(output.unwrap().exit_code, Some(0));
    let up = (true, false, false, false);
    let mut expected =
        vec![(false, true, false, true), (false, false, false, false), (false, false, true, false), up];
    if seen.first() == Some(&up) {
        expected.insert(0, up);
    }
    assert_eq!(seen, expected);
    let picture = stage.picture("lb1").await.unwrap();
    assert!(picture.fencing.iter().any(|it| it.target == *"lb1" && it.outcome == FencingOutcome::Success));
}

#[tokio::test(start_paused = true)]
async fn what_is_off_stays_off_until_it_is_switched_on() {
    let stage = Stage::quiet();
    stage.done(&intent(Verb::FenceOff, "lb", "lb1", None)).await;
    assert_eq!(stage.picture("lb1").await.unwrap_err().kind, TroubleKind::Unreachable);
    let is_on = |picture: &Picture| picture.nodes.iter().any(|node| node.name == *"lb1" && node.online);
    sleep(Duration::from_secs(3600)).await;
    assert!(!is_on(&stage.picture("lb2").await.unwrap()));
    stage.done(&intent(Verb::FenceReboot, "lb", "lb1", None)).await;
    assert!(is_on(&stage.picture("lb1").await.unwrap()));
}

/// The first episodes: a lost node is vouched for, a failure is cleaned up; the trouble is over.
#[tokio::test(start_paused = true)]
async fn an_episode_s_trouble_ends_with_the_operation_that_ends_it() {
    let stage = Stage::new(&Options::default());
    let (mut dead, mut failed) = (None, None);
    sleep(Duration::from_secs(2)).await;
    for entry in stage.demo.inventory().clusters {
        for host in &entry.hosts {
            let Ok(picture) = stage.picture(host.as_str()).await else { continue };
            let cluster = entry.name.to_string();
            if let Some(node) = picture.nodes.iter().find(|node| node.unclean) {
                dead = Some((cluster.clone(), node.name.to_string()));
            }
            if let Some(failure) = picture.failures.first() {
                failed = Some((cluster, failure.resource.to_string()));
            }
        }
    }
    let (cluster, node) = dead.unwrap();
    stage.done(&intent(Verb::ConfirmDead, &cluster, &node, None)).await;
    let picture = stage.any_picture(&cluster).await;
    assert!(picture.nodes.iter().all(|it| !it.unclean));
    assert!(picture.fencing.iter().all(|it| it.outcome != FencingOutcome::Pending));
    let (cluster, resource) = failed.unwrap();
    stage.done(&intent(Verb::Cleanup, &cluster, &resource, None)).await;
    for _ in 0..10 {
        let picture = stage.any_picture(&cluster).await;
        assert!(picture.failures.is_empty() && picture.fail_counts.is_empty());
        assert!(picture.primitives().all(|(_, it)| !it.failed));
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_unmanaged_stays_where_it_is() {
    let stage = Stage::quiet();
    let home = place(&stage.picture("lb1").await.unwrap(), "vip-db").remove(0);
    stage.done(&intent(Verb::Unmanage, "lb", "vip-db", None)).await;
    stage.done(&intent(Verb::Standby, "lb", &home, None)).await;
    let host = if home == "lb1" { "lb2" } else { "lb1" };
    assert_eq!(place(&stage.picture(host).await.unwrap(), "vip-db"), std::slice::from_ref(&home));
    stage.done(&intent(Verb::Manage, "lb", "vip-db", None)).await;
    sleep(Duration::from_secs(5)).await;
    assert_ne!(place(&stage.picture(host).await.unwrap(), "vip-db"), [home]);
}

#[tokio::test(start_paused = true)]
async fn what_pacemaker_refuses_is_refused_in_its_words() {
    let stage = Stage::quiet();
    for (command, code, words) in [
        ("crm_resource --move --resource=nothing --node=lb1", 105, "Resource 'nothing' not found"),
        ("crm_resource --ban --resource=vip-db --node=nowhere", 105, "Node 'nowhere' not found"),
        ("crm_resource --move --resource=vip-db --node=lb1 --lifetime=soon", 64, "Invalid duration"),
        ("crm_resource --meta --resource=nothing --delete-parameter=target-role", 105, "not found"),
        ("crm_attribute --type=nodes --node=x --name=standby --update=on", 105, "Could not map name=x"),
        ("stonith_admin --reboot=nowhere", 1, "No such device"),
        ("crm_resource --frobnicate", 64, "the demo does not simulate these options"),
        ("crm_ticket --grant --ticket=other --force", 64, "the demo does not simulate these options"),
        ("sh -s -- x", 64, "the demo does not simulate these options"),
    ] {
        let (exit, said) = stage.say("lb1", command).await;
        assert_eq!(exit, Some(code), "{command}: {said}");
        assert!(said.contains(words), "{command}: {said}");
    }
    let home = place(&stage.picture("lb1").await.unwrap(), "vip-db").remove(0);
    let (exit, said) =
        stage.say("lb1", &format!("crm_resource --move --resource=vip-db --node={home}")).await;
    assert_eq!(exit, Some(108), "{said}");
    assert_eq!(stage.cib("lb1").await.epoch, Stage::quiet().cib("lb1").await.epoch, "nothing was changed");
}
