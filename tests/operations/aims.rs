//! What a key acts on.

use quorate::app::{Action, Errand, Event, Panel, Request, Stage, Typing};
use quorate::operation::{Intent, Outcome, Progress, Projection};
use rstest::rstest;
use tui_input::InputRequest;

use crate::common::{capture, console, deployment, live, observed};
use crate::person::Person;

fn wished(person: &Person) -> Vec<&Intent> {
    let wish = |request| match request {
        &Request::Plan(_, Errand::Wish(ref intent)) => Some(intent),
        _ => None,
    };
    person.asked.iter().filter_map(wish).collect()
}

#[rstest]
#[case::resource("mq", Action::PaneMatrix, "vip", Action::Cleanup, "quorate op cleanup mq vip")]
#[case::group("mq", Action::PaneMatrix, "g-db", Action::Restart, "quorate op restart mq g-db")]
#[case::node("mq", Action::PaneAttributes, "c1n1", Action::Standby, "quorate op standby mq c1n1")]
#[case::toggled_off(
    "memcache",
    Action::PaneAttributes,
    "c1n2",
    Action::ToggleStandby,
    "quorate op online memcache c1n2"
)]
#[case::toggled_on(
    "memcache",
    Action::PaneAttributes,
    "c1n1",
    Action::ToggleStandby,
    "quorate op standby memcache c1n1"
)]
#[case::failure(
    "keystone",
    Action::PaneFailures,
    "web-srv",
    Action::Cleanup,
    "quorate op cleanup keystone web-srv --to c1n2"
)]
#[case::constraint(
    "lb",
    Action::PaneConstraints,
    "cli-prefer-g-web",
    Action::Clear,
    "quorate op clear lb g-web"
)]
#[case::fenced("db", Action::PaneFencing, "c1n2", Action::ConfirmDead, "quorate op confirm-dead db c1n2")]
#[case::cluster("mq", Action::PaneMatrix, "vip", Action::CleanupAll, "quorate op cleanup-all mq")]
fn a_row_stands_for_what_it_is_about(
    #[case] cluster: &str,
    #[case] pane: Action,
    #[case] row: &str,
    #[case] verb: Action,
    #[case] expected: &str,
) {
    let mut person = Person::in_cluster(cluster, (120, 40));
    person.act(&[pane]).selects(row).act(&[verb]);
    let wished: Vec<String> = wished(&person).iter().map(|intent| intent.command_line().join(" ")).collect();
    assert_eq!(wished, [expected]);
}

#[rstest]
#[case::resource(Action::PaneAttributes, "c1n1", Action::Restart, "restart needs a resource")]
#[case::node(Action::PaneMatrix, "vip", Action::FenceReboot, "fence-reboot needs a node")]
#[case::ticket(Action::PaneMatrix, "vip", Action::Grant, "grant needs a ticket")]
fn what_makes_no_sense_says_what_it_needs(
    #[case] pane: Action,
    #[case] row: &str,
    #[case] verb: Action,
    #[case] words: &str,
) {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[pane]).selects(row).act(&[verb]);
    assert!(person.asked.is_empty() && person.state.layers.panel().is_none());
    assert!(person.screen().contains(words), "{}", person.screen());
}

#[rstest]
#[case(Action::Move, "quorate op move mq solo --to c1n1")]
#[case(Action::Ban, "quorate op ban mq solo --to c1n1")]
#[case(Action::Cleanup, "quorate op cleanup mq solo --to c1n1")]
#[case(Action::Disable, "quorate op disable mq solo")]
fn a_node_that_is_selected_in_the_matrix_is_meant(#[case] verb: Action, #[case] expected: &str) {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneMatrix]).selects("solo").act(&[Action::Right, verb]);
    assert_eq!(wished(&person)[0].command_line().join(" "), expected);
}

#[test]
fn the_selected_cluster_of_the_grid_is_meant_itself() {
    let mut person = Person::at(console(deployment(), (120, 40)));
    person.state.grid.selection = quorate::app::Selection::Chosen("mq".into());
    person.act(&[Action::ClusterMaintenance]);
    assert_eq!(wished(&person)[0].command_line().join(" "), "quorate op cluster-maintenance mq");
}

#[test]
fn marks_outlive_a_filter_but_not_their_rows_nor_their_list() {
    let mut person = Person::in_cluster("mq", (120, 40));
    person
        .act(&[Action::PaneMatrix])
        .selects("vip")
        .act(&[Action::Mark])
        .selects("solo")
        .act(&[Action::Mark]);
    person.act(&[Action::Filter]).types("solo").hear(Event::Typed(Typing::Accept));
    assert_eq!(person.state.marks.rows().len(), 2, "a filter loses none");
    let mut picture = capture("healthy");
    picture.resources.retain(|resource| *resource.id() != *"solo");
    let entry = person.state.cluster(&"mq".into()).expect("it is there").entry.clone();
    person.hear(observed(&entry, live(picture, "mq1")));
    assert_eq!(person.state.marks.rows().len(), 1, "what is gone is not marked");
    person.act(&[Action::PaneConstraints]);
    assert!(person.state.marks.is_empty(), "what is not seen is not marked");
    person.act(&[Action::PaneMatrix, Action::ClearFilter]).selects("vip").act(&[Action::Mark, Action::Back]);
    assert!(
        person.state.marks.is_empty() && person.state.layers.cluster().is_some(),
        "esc takes the marks away first"
    );
}

#[test]
fn news_that_nobody_waits_for_change_nothing() {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneMatrix]).selects("vip").act(&[Action::Cleanup]);
    let asked = person.asked.clone();
    person.act(&[Action::Back]);
    assert!(matches!(person.asked.last(), Some(Request::Forget(_))));
    person.asked = asked;
    person.planned(&Projection::NotAsked);
    assert!(person.state.layers.panel().is_none() && person.state.operations.jobs.is_empty());

    person.act(&[Action::Cleanup]).planned(&Projection::NotAsked).act(&[Action::Right, Action::Open]);
    let ticket = person.carried_out();
    person.ended(ticket, Outcome::Done { note: None });
    let before = person.state.operations.clone();
    person
        .told(ticket, Progress::Waiting("for nothing".to_owned()))
        .ended(ticket, Outcome::Unknown("?".to_owned()));
    assert_eq!(person.state.operations, before);
}

#[test]
fn a_wrong_name_does_not_fence() {
    let mut person = Person::in_cluster("mq", (120, 40));
    person
        .act(&[Action::PaneAttributes])
        .selects("c1n2")
        .act(&[Action::FenceOff])
        .planned(&Projection::NotAsked);
    person.act(&[Action::Right, Action::Open]);
    assert!(person.screen().contains("type c1n2 first"), "{}", person.screen());
    person.act(&[Action::Left, Action::NextPane]).types("c1n1").hear(Event::Typed(Typing::Accept));
    assert!(person.screen().contains("this is not c1n2"), "{}", person.screen());
    person.hear(Event::Typed(Typing::Edit(InputRequest::DeletePrevChar))).types("2");
    person.hear(Event::Typed(Typing::Accept)).hear(Event::Typed(Typing::Accept)).act(&[Action::Open]);
    let ticket = person.carried_out();
    let stage = person.state.operations.job(ticket.job).map(|job| job.stage);
    assert!(
        matches!(stage, Some(Stage::Running { .. }))
            && person.state.layers.panel() == Some(&Panel::Operation(ticket.job))
    );
}

#[test]
fn each_press_copies_in_the_words_of_another_tool() {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneMatrix]).selects("vip").act(&[Action::Disable]).planned(&Projection::NotAsked);
    let mut copied = Vec::new();
    for _ in 0..4 {
        person.act(&[Action::CopyCommands]);
        copied.extend(person.copied.take());
    }
    let own = "crm_resource --meta --resource=vip --set-parameter=target-role --parameter-value=Stopped";
    assert_eq!(copied, [own, "pcs resource disable vip", "crm resource stop vip", own]);
}
