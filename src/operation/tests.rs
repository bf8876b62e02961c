//! Plans on captures of a real cluster, and on names that are out for trouble.

use std::sync::Arc;

use proptest::prelude::*;
use rstest::rstest;
use strum::IntoEnumIterator;

use super::*;
use crate::model::{Picture, ResourceId};
use crate::pacemaker::parse::{self, Answer};

pub(super) fn capture(name: &str) -> Picture {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/captures/");
    let read = |kind: &str| std::fs::read(format!("{folder}{name}.{kind}.xml")).unwrap();
    let Answer::Running(mut picture) = parse::crm_mon(&read("crm_mon"), None).unwrap() else {
        panic!("{name} shows no running cluster")
    };
    picture.cib = Some(Arc::new(parse::cib(&read("cib")).unwrap()));
    *picture
}

pub(super) fn intent(verb: Verb, subject: &str, to: Option<&str>) -> Intent {
    Intent { cluster: "db".into(), verb, subject: subject.to_owned(), to: to.map(Into::into) }
}

fn commands(plan: &Plan) -> Vec<String> {
    plan.steps().map(|step| step.command.shell()).collect()
}

fn undo(plan: &Plan) -> String {
    match &plan.undo {
        Undo::Intent(intent) => command::shell(&intent.command_line()),
        Undo::Commands { commands, .. } => {
            commands.iter().map(command::Command::shell).collect::<Vec<_>>().join("; ")
        }
        Undo::Impossible(_) => "impossible".to_owned(),
    }
}

/// A picture in which a move to c1n1 was cancelled and its constraint is still there; `vip` runs there, or nowhere.
fn cancelled_move(runs_on: &[&str]) -> Picture {
    let mut picture = capture("healthy");
    for resource in &mut picture.resources {
        if let crate::model::Resource::Primitive(primitive) = resource
            && primitive.id == *"vip"
        {
            primitive.nodes = runs_on.iter().map(|node| (*node).into()).collect();
            primitive.active = !runs_on.is_empty();
        }
    }
    let mut cib = picture.cib.as_deref().cloned().unwrap();
    let xml = br#"<cib><configuration><crm_config/><nodes/><resources/><constraints><rsc_location id="cli-prefer-vip"
        rsc="vip" node="c1n1" score="INFINITY"/></constraints></configuration></cib>"#;
    cib.constraints.extend(parse::cib(xml).unwrap().constraints);
    picture.cib = Some(Arc::new(cib));
    picture
}

#[rstest]
#[case::not_moved_yet(&["c1n3"], "c1n3", "crm_resource --clear --resource=vip --node=c1n1")]
#[case::on_its_way(&[], "c1n3", "crm_resource --clear --resource=vip --node=c1n1")]
#[case::moved(&["c1n1"], "c1n3", "crm_resource --move --resource=vip --node=c1n3 --lifetime=PT10M")]
fn the_undo_of_a_cancelled_move_removes_its_constraint(
    #[case] runs_on: &[&str],
    #[case] back: &str,
    #[case] first: &str,
) {
    let plan = plan(&cancelled_move(runs_on), &intent(Verb::Move, "vip", Some(back))).unwrap();
    assert_eq!(commands(&plan)[0], first);
    let goals = plan.phases.iter().rev().find_map(|phase| match phase {
        Phase::Await(wait) => Some(&wait.goals),
        _ => None,
    });
    assert!(goals.unwrap().contains(&Goal::NoConstraints(vec!["cli-prefer-vip".into()])));
}

#[test]
fn a_resource_is_where_it_is_wanted_when_nothing_draws_it_away() {
    let wanted = intent(Verb::Move, "vip", Some("c1n1"));
    assert!(matches!(plan(&cancelled_move(&["c1n1"]), &wanted), Err(Refusal::Already(_))));
}

const MOVE: &str = "crm_resource --move --resource=vip --node=c1n2 --lifetime=PT10M\n\
                    crm_resource --clear --resource=vip --node=c1n2";
const MOVE_PROMOTED: &str = "crm_resource --move --resource=ms-state --node=c1n2 --lifetime=PT10M --promoted\n\
                             crm_resource --clear --resource=ms-state --node=c1n2 --promoted";
const RESTART: &str = "crm_resource --restart --resource=g-web --timeout=300\n\
                       crm_resource --meta --resource=g-web --delete-parameter=target-role";
const ONLINE: &str = "crm_attribute --type=nodes --node=c1n2 --name=standby --delete\n\
                      crm_attribute --type=status --node=c1n2 --name=standby --delete";
const BAN_AGAIN: &str = "cibadmin --create --scope=constraints '--xml-text=<rsc_location \
    id=\"cli-ban-ms-state-on-c1n3\" rsc=\"ms-state\" role=\"Promoted\" node=\"c1n3\" score=\"-INFINITY\"/>'";

#[rustfmt::skip]
#[rstest]
#[case("healthy", "move", "vip", Some("c1n2"), MOVE, "quorate op move db vip --to c1n3")]
#[case("healthy", "move", "state", Some("c1n2"), MOVE_PROMOTED, "quorate op move db state --to c1n3")]
#[case("healthy", "ban", "vip", None, "crm_resource --ban --resource=vip --node=c1n3", "quorate op clear db vip --to c1n3")]
#[case("healthy", "ban", "agent", Some("c1n2"), "crm_resource --ban --resource=cl-agent --node=c1n2", "quorate op clear db cl-agent --to c1n2")]
#[case("banned-promoted", "clear", "ms-state", None, "crm_resource --clear --resource=ms-state", BAN_AGAIN)]
#[case("failed-recovered", "cleanup", "web-srv", None, "crm_resource --cleanup --resource=g-web", "impossible")]
#[case("failed-recovered", "cleanup-all", "db", None, "crm_resource --cleanup", "impossible")]
#[case("healthy", "refresh", "cl-agent", Some("c1n2"), "crm_resource --refresh --resource=cl-agent --node=c1n2", "impossible")]
#[case("healthy", "restart", "g-web", None, RESTART, "impossible")]
#[case("healthy", "disable", "agent", None, "crm_resource --meta --resource=cl-agent --set-parameter=target-role --parameter-value=Stopped", "quorate op enable db cl-agent")]
#[case("disabled-group", "enable", "g-db", None, "crm_resource --meta --resource=g-db --delete-parameter=target-role", "quorate op disable db g-db")]
#[case("unmanaged", "manage", "solo", None, "crm_resource --meta --resource=solo --delete-parameter=is-managed", "quorate op unmanage db solo")]
#[case("healthy", "unmanage", "g-web", None, "crm_resource --meta --resource=g-web --set-parameter=is-managed --parameter-value=false", "quorate op manage db g-web")]
#[case("healthy", "maintenance", "solo", None, "crm_resource --meta --resource=solo --set-parameter=maintenance --parameter-value=true", "quorate op maintenance-off db solo")]
#[case("healthy", "demote", "state", None, "crm_resource --meta --resource=ms-state --set-parameter=target-role --parameter-value=Unpromoted", "quorate op promote db ms-state")]
#[case("healthy", "standby", "c1n2", None, "crm_attribute --type=nodes --node=c1n2 --name=standby --update=on", "quorate op online db c1n2")]
#[case("standby", "online", "c1n2", None, ONLINE, "quorate op standby db c1n2")]
#[case("healthy", "node-maintenance", "c1n2", None, "crm_attribute --type=nodes --node=c1n2 --name=maintenance --update=true", "quorate op node-maintenance-off db c1n2")]
#[case("node-maintenance", "node-maintenance-off", "c1n2", None, "crm_attribute --type=nodes --node=c1n2 --name=maintenance --delete", "quorate op node-maintenance db c1n2")]
#[case("healthy", "fence-reboot", "c1n2", None, "stonith_admin --reboot=c1n2", "impossible")]
#[case("healthy", "fence-off", "c1n2", None, "stonith_admin --fence=c1n2", "impossible")]
#[case("healthy", "cluster-maintenance", "db", None, "crm_attribute --type=crm_config --name=maintenance-mode --update=true", "crm_attribute --type=crm_config --name=maintenance-mode --delete")]
#[case("maintenance-mode", "cluster-maintenance-off", "db", None, "crm_attribute --type=crm_config --name=maintenance-mode --update=false", "crm_attribute --type=crm_config --name=maintenance-mode --update=true")]
#[case("failed-recovered", "fencing-history-cleanup", "db", None, "stonith_admin --cleanup '--history=*'", "impossible")]
fn plans_the_exact_commands_and_their_undo(
    #[case] picture: &str,
    #[case] verb: Verb,
    #[case] subject: &str,
    #[case] to: Option<&str>,
    #[case] expected: &str,
    #[case] expected_undo: &str,
) {
    let plan = plan(&capture(picture), &intent(verb, subject, to)).unwrap();
    assert_eq!(commands(&plan).join("\n"), expected);
    assert_eq!(undo(&plan), expected_undo);
    // It is seen to be done, and by something that this picture does not show yet.
    let goals = plan.phases.iter().filter_map(|phase| match phase {
        Phase::Await(wait) => Some(&wait.goals),
        _ => None,
    });
    assert!(goals.flatten().count() > 0, "nothing proves it");
    assert_eq!(plan.danger, verb.danger());
    let written = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&written).unwrap(), plan, "the audit log gives it back");
}

#[rustfmt::skip]
#[rstest]
#[case("healthy", "move", "vip", Some("c1n3"), "vip runs on c1n3 already")]
#[case("healthy", "move", "vip", None, "name a node: where vip shall move to")]
#[case("healthy", "move", "state", Some("c1n3"), "ms-state is promoted on c1n3 already")]
#[case("healthy", "move", "agent", Some("c1n3"), "move: cl-agent runs on many nodes at once: ban it from one of them instead")]
#[case("standby", "move", "vip", Some("c1n2"), "c1n2 is in standby: nothing would be started there")]
#[case("unmanaged", "move", "solo", Some("c1n1"), "solo is not managed: Pacemaker would not move it")]
#[case("healthy", "clear", "solo", None, "no move or ban has left a constraint on solo")]
#[case("healthy", "enable", "agent", None, "cl-agent is not disabled")]
#[case("disabled-group", "enable", "db-srv", None, "db-srv is disabled through g-db: enable g-db")]
#[case("disabled-group", "disable", "g-db", None, "g-db is disabled already")]
#[case("disabled-group", "restart", "g-db", None, "g-db does not run: there is nothing to restart")]
#[case("healthy", "manage", "g-db", None, "nothing in the configuration of g-db says that it is unmanaged")]
#[case("healthy", "promote", "state", None, "ms-state is not demoted")]
#[case("healthy", "demote", "vip", None, "vip has no promoted instance")]
#[case("standby", "standby", "c1n2", None, "c1n2 is in standby already")]
#[case("healthy", "online", "c1n2", None, "c1n2 is not in standby")]
#[case("healthy", "confirm-dead", "c1n2", None, "c1n2 is online: a node that lives must not be taken for dead")]
#[case("fence-pending-unclean", "standby", "c1n1", None, "c1n2 is being fenced: the cluster waits for that before it does anything else")]
#[case("fence-pending-unclean", "fence-reboot", "c1n2", None, "c1n2 is being fenced: the cluster waits for that before it does anything else")]
#[case("healthy", "cluster-maintenance-off", "db", None, "db is not in maintenance")]
#[case("healthy", "grant", "t", None, "there is no ticket \"t\" in db")]
#[case("healthy", "standby", "c1n4", None, "there is no node \"c1n4\" in db; did you mean c1n1?")]
#[case("healthy", "cleanup", "wep-srv", None, "there is no resource \"wep-srv\" in db; did you mean web-srv?")]
#[case("healthy", "standby", "c1n2", Some("c1n1"), "standby takes no node besides its subject")]
fn refuses_in_words(
    #[case] picture: &str,
    #[case] verb: Verb,
    #[case] subject: &str,
    #[case] to: Option<&str>,
    #[case] words: &str,
) {
    let refusal = plan(&capture(picture), &intent(verb, subject, to)).unwrap_err();
    assert_eq!(refusal.to_string(), words);
}

#[test]
fn nothing_is_planned_without_a_quorum() {
    let mut picture = capture("healthy");
    picture.summary.quorate = Some(false);
    let refusal = plan(&picture, &intent(Verb::Standby, "c1n2", None)).unwrap_err();
    assert_eq!(refusal.to_string(), "the cluster has no quorum: it would take no action");
}

#[test]
fn nothing_that_depends_on_the_configuration_is_planned_without_the_cib() {
    let intents = [
        intent(Verb::Clear, "vip", None),
        intent(Verb::Restart, "solo", None),
        intent(Verb::Enable, "solo", None),
        intent(Verb::Disable, "solo", None),
        intent(Verb::Manage, "solo", None),
        intent(Verb::Unmanage, "solo", None),
        intent(Verb::Maintenance, "solo", None),
        intent(Verb::MaintenanceOff, "solo", None),
        intent(Verb::Promote, "state", None),
        intent(Verb::Demote, "state", None),
        intent(Verb::ClusterMaintenance, "db", None),
        intent(Verb::ClusterMaintenanceOff, "db", None),
        // Only the CIB shows a fencing device.
        intent(Verb::FenceReboot, "c1n2", None),
        intent(Verb::FenceOff, "c1n2", None),
    ];
    let without = Picture { cib: None, ..capture("healthy") };
    let mut cut = capture("healthy");
    let mut cib = cut.cib.as_deref().cloned().unwrap();
    cib.left_out = vec!["3000 of 9000 configured resources".to_owned()];
    cut.cib = Some(Arc::new(cib));
    let too_large = "the CIB is too large to be read whole: 3000 of 9000 configured resources";
    for (picture, why) in [(without, "the CIB can't be read"), (cut, too_large)] {
        for intent in &intents {
            let refusal = plan(&picture, intent).unwrap_err();
            // "Already" would be a success of a command that did nothing.
            assert_eq!(refusal, Refusal::NotNow(why.to_owned()), "{}", intent.verb);
        }
    }
}

#[rstest]
#[case::online(true, false, false)]
#[case::online_and_unclean(true, true, false)]
#[case::silent_and_unclean(false, true, true)]
fn a_node_that_is_online_is_not_confirmed_as_dead(
    #[case] online: bool,
    #[case] unclean: bool,
    #[case] is_planned: bool,
) {
    let mut picture = capture("healthy");
    let node = picture.nodes.iter_mut().find(|node| node.name == *"c1n2").unwrap();
    (node.online, node.unclean) = (online, unclean);
    let planned = plan(&picture, &intent(Verb::ConfirmDead, "c1n2", None));
    assert_eq!(planned.is_ok(), is_planned, "{planned:?}");
}

#[test]
fn old_versions_get_their_own_words_for_roles() {
    let mut picture = capture("healthy");
    picture.summary.version = Some("1.1.24-8.el7".to_owned());
    let moved = plan(&picture, &intent(Verb::Move, "state", Some("c1n2"))).unwrap();
    assert!(moved.steps().all(|step| step.command.argv.last().is_some_and(|word| word == "--master")));
    let demoted = plan(&picture, &intent(Verb::Demote, "state", None)).unwrap();
    assert!(commands(&demoted)[0].ends_with("--parameter-value=Slave"));
}

#[test]
fn a_cleanup_tells_its_true_scope() {
    let plan = plan(&capture("failed-recovered"), &intent(Verb::Cleanup, "web-srv", None)).unwrap();
    assert_eq!(
        plan.notes,
        ["web-srv is part of g-web, which is acted on as a whole.", "Forgets 1 failure: web-srv on c1n2."]
    );
}

#[test]
fn the_same_is_shown_for_pcs_and_crmsh() {
    let plan = plan(&capture("healthy"), &intent(Verb::Move, "state", Some("c1n2"))).unwrap();
    let go = &plan.steps().next().unwrap().command;
    let pcs = "pcs resource move-with-constraint ms-state c1n2 lifetime=PT10M --promoted";
    assert_eq!(go.pcs.as_deref().map(command::shell).as_deref(), Some(pcs));
    assert_eq!(
        go.crm.as_deref().map(command::shell).as_deref(),
        Some("crm resource move ms-state c1n2 PT10M")
    );
}

/// The healthy picture with another name for the resource `vip` and the node `c1n2`.
fn renamed(resource: &str, node: &str) -> Picture {
    let mut picture = capture("healthy");
    for it in &mut picture.resources {
        if let crate::model::Resource::Primitive(primitive) = it
            && primitive.id == *"vip"
        {
            primitive.id = ResourceId::from(resource);
        }
    }
    for it in &mut picture.nodes {
        if it.name == *"c1n2" {
            it.name = node.into();
        }
    }
    picture
}

/// Every verb on those names, where there is a plan.
fn all_plans(resource: &str, node: &str) -> Vec<Plan> {
    let picture = renamed(resource, node);
    let mut disabled = picture.clone();
    let mut cib = disabled.cib.as_deref().cloned().unwrap_or_default();
    cib.resources.iter_mut().filter(|it| it.id == *"vip").for_each(|it| {
        it.id = resource.into();
        it.meta = ["target-role=Stopped", "is-managed=false", "maintenance=true"]
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    });
    disabled.cib = Some(Arc::new(cib));
    disabled.nodes.iter_mut().for_each(|it| it.standby = it.name == *node);
    let subject = |verb: Verb| match verb.subject() {
        SubjectKind::Resource => resource,
        SubjectKind::Node => node,
        SubjectKind::Cluster | SubjectKind::Ticket => "db",
    };
    let wishes = Verb::iter().map(|verb| intent(verb, subject(verb), verb.takes_a_node().then_some(node)));
    wishes.flat_map(|wish| [plan(&picture, &wish), plan(&disabled, &wish)]).filter_map(Result::ok).collect()
}

/// The vectors differ from those for plain names in nothing but the names, which stand behind `--option=`.
fn assert_only_arguments(resource: &str, node: &str) {
    let (plain, hostile) = (all_plans("PLAIN-RESOURCE", "PLAIN-NODE"), all_plans(resource, node));
    assert!(plain.len() > 15, "only {} verbs had a plan", plain.len());
    assert_eq!(plain.len(), hostile.len());
    let vectors = |plan: &Plan| -> Vec<Vec<String>> {
        let simulated = plan.simulation.iter().map(Simulation::argv);
        plan.steps().map(|step| step.command.to_run()).chain(simulated).collect()
    };
    for (plain, hostile) in plain.iter().zip(&hostile) {
        for (plain, hostile) in vectors(plain).into_iter().zip(vectors(hostile)) {
            let expected: Vec<String> = plain
                .iter()
                .map(|word| match word.split_once('=') {
                    Some((option, "PLAIN-RESOURCE")) if option.starts_with("--") => {
                        format!("{option}={resource}")
                    }
                    Some((option, "PLAIN-NODE")) if option.starts_with("--") => format!("{option}={node}"),
                    _ => word.clone(),
                })
                .collect();
            assert_eq!(hostile, expected);
            assert!(!plain.iter().any(|word| word.starts_with("PLAIN")), "a name by itself in {plain:?}");
        }
        for equivalent in hostile.steps().flat_map(|step| [&step.command.pcs, &step.command.crm]).flatten() {
            let flags = ["--promoted", "--off", "--force"];
            let is_flag = |word: &&String| word.starts_with('-') && !flags.contains(&word.as_str());
            assert_eq!(equivalent.iter().find(is_flag), None);
        }
    }
}

#[rstest]
#[case("a; rm -rf /")]
#[case("$(x)")]
#[case("-h")]
#[case("--forced")]
#[case("`reboot`")]
#[case("a\nb")]
#[case("'\"\\")]
#[case::long(&"\u{1F980}ü\u{202e}".repeat(100))]
fn hostile_names_are_arguments(#[case] name: &str) {
    assert_only_arguments(name, "c1n2");
    assert_only_arguments("quite-plain", name);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_names_are_arguments(resource in "[^\0]{1,300}", node in "[^\0]{1,40}") {
        prop_assume!(resource != node && !["vip", "c1n1", "c1n3"].contains(&node.as_str()));
        let known = scope::find(&capture("healthy"), &resource).is_some() || scope::configured(&resource) != resource;
        prop_assume!(!known);
        assert_only_arguments(&resource, &node);
    }

    #[test]
    fn what_is_shown_is_what_a_shell_reads(words in proptest::collection::vec("[^\0]{0,20}", 1..4)) {
        let line = command::shell(&words);
        prop_assert!(!line.chars().any(char::is_control));
        let output = std::process::Command::new("bash")
            .env("LC_ALL", "C.UTF-8")
            .arg("-c")
            .arg(format!("printf '%s\\0' {line}"))
            .output()
            .unwrap();
        let read: Vec<String> =
            String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
        prop_assert_eq!(read, words);
    }
}
