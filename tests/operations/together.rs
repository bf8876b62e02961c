//! Marked items are judged together, and the care that is asked for follows from what would be down.

use quorate::app::{Action, Event, Focus, Request, Stage, Target, Typing};
use quorate::operation::{Outcome, Projection};
use quorate::pacemaker::parse;
use rstest::rstest;

use crate::common::{capture, live, observed};
use crate::person::Person;
use crate::screens::{SIZES, snapshot};

/// All three nodes of the healthy capture in standby, as Pacemaker 2.1.5 answers.
pub(crate) fn all_in_standby() -> Projection {
    stops(&[
        ("vip", "c1n3"),
        ("web-ip", "c1n1"),
        ("web-srv", "c1n1"),
        ("web-app", "c1n1"),
        ("db-fs", "c1n3"),
        ("db-srv", "c1n3"),
        ("agent:0", "c1n3"),
        ("agent:1", "c1n1"),
        ("agent:2", "c1n2"),
        ("ping:0", "c1n3"),
        ("ping:1", "c1n1"),
        ("ping:2", "c1n2"),
        ("state:0", "c1n3"),
        ("state:1", "c1n1"),
        ("state:2", "c1n2"),
        ("solo", "c1n2"),
    ])
}

fn stops(all: &[(&str, &str)]) -> Projection {
    let stop = |(resource, node): &(&str, &str)| {
        format!(
            r#"<rsc_action action="stop" resource="{resource}" node="{node}" reason="node availability"/>"#
        )
    };
    let actions: String = all.iter().map(stop).collect();
    let xml = format!("<pacemaker-result><actions>{actions}</actions></pacemaker-result>");
    let collateral = parse::crm_simulate(xml.as_bytes()).expect("readable");
    Projection::Known { own: Vec::new(), collateral, afterwards: None }
}

/// With all three nodes marked and put in standby.
fn marked(size: (u16, u16)) -> Person {
    let mut person = Person::in_cluster("mq", size);
    person.act(&[Action::PaneAttributes]);
    for node in ["c1n1", "c1n2", "c1n3"] {
        person.selects(node).act(&[Action::Mark]);
    }
    person.act(&[Action::ToggleStandby]);
    person
}

#[test]
fn marked_nodes_are_planned_together() {
    let person = marked((120, 40));
    let [Request::PlanTogether(_, errands)] = person.asked.as_slice() else { panic!("{:?}", person.asked) };
    let subjects: Vec<&str> = errands.iter().map(|(_, errand)| errand.intent().subject.as_str()).collect();
    assert_eq!(subjects, ["c1n1", "c1n2", "c1n3"], "in the order of the marks");
}

#[test]
fn three_nodes_in_standby_say_that_all_would_be_down_and_want_the_name() {
    for size in SIZES {
        let mut person = marked(size);
        person.planned(&all_in_standby());
        let screen = person.screen();
        for down in ["vip", "g-web", "g-db", "cl-agent", "ms-state", "solo"] {
            assert!(screen.contains(down), "{down}:\n{screen}");
        }
        assert!(screen.contains("Would run nowhere") && screen.contains("type mq to do it"), "{screen}");
        assert!(!screen.contains("move "), "{screen}");
        snapshot("together", &person);
        // The button alone does nothing.
        person.hear(Event::Pressed(Target::Button(Focus::Confirm)));
        assert!(person.asked.is_empty(), "{:?}", person.asked);
        person.hear(Event::Pressed(Target::Button(Focus::Name))).types("mq");
        person.hear(Event::Typed(Typing::Accept)).hear(Event::Typed(Typing::Accept)).act(&[Action::Open]);
        let ticket = person.carried_out();
        let job = person.state.operations.job(ticket.job).expect("it is there");
        assert!(matches!(job.stage, Stage::Running { at: 0, .. }));
    }
}

#[rstest]
#[case::the_last_instance(stops(&[("solo", "c1n2")]), Some("c1n2"), "Would run nowhere: solo")]
#[case::one_of_three(stops(&[("agent:2", "c1n2")]), None, "stop agent:2 on c1n2")]
#[case::not_known(Projection::Unknown("no crm_simulate".to_owned()), Some("c1n2"), "could not be found out")]
fn one_node_wants_its_name_only_if_something_would_be_down(
    #[case] projection: Projection,
    #[case] name: Option<&str>,
    #[case] words: &str,
) {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneAttributes]).selects("c1n2").act(&[Action::ToggleStandby]).planned(&projection);
    let job = person.state.operations.jobs.last().expect("a job");
    assert_eq!(job.name_to_type().as_deref(), name);
    assert!(person.screen().contains(words), "{}", person.screen());
}

/// Does what is asked about to a good end, after which these nodes are seen in standby.
fn confirmed<'p>(person: &'p mut Person, in_standby: &[&str]) -> &'p mut Person {
    person.planned(&Projection::NotAsked).act(&[Action::Right, Action::Open]);
    let ticket = person.carried_out();
    let mut picture = capture("healthy");
    for node in &mut picture.nodes {
        node.standby = in_standby.contains(&node.name.as_str());
    }
    let entry = person.state.cluster(&"mq".into()).expect("it is there").entry.clone();
    person.hear(observed(&entry, live(picture, "mq1"))).ended(ticket, Outcome::Done { note: None })
}

fn title(person: &Person) -> String {
    person.state.operations.jobs.last().expect("a job").title()
}

/// With first c1n1 and then c1n2 put in standby.
fn two_in_standby() -> Person {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneAttributes]).selects("c1n1").act(&[Action::Standby]);
    confirmed(&mut person, &["c1n1"]).act(&[Action::Back]).selects("c1n2").act(&[Action::Standby]);
    confirmed(&mut person, &["c1n1", "c1n2"]).act(&[Action::Back]);
    person
}

#[test]
fn undo_goes_back_step_by_step_and_redo_is_an_action_of_its_own() {
    let mut person = two_in_standby();
    person.act(&[Action::Redo]);
    assert!(person.screen().contains("nothing to redo"), "{}", person.screen());

    person.act(&[Action::Undo]).planned(&Projection::NotAsked);
    assert!(person.screen().contains("This means: take c1n2 out of standby."), "{}", person.screen());
    confirmed(&mut person, &["c1n1"]);
    assert_eq!(title(&person), "undo: put c1n2 in standby");
    assert!(person.screen().contains("[ Redo ]"), "{}", person.screen());
    // From the undo that is shown, undo goes further back, and not forth.
    person.act(&[Action::Undo]);
    confirmed(&mut person, &[]);
    assert_eq!(title(&person), "undo: put c1n1 in standby");
    let jobs = person.state.operations.jobs.len();
    person.act(&[Action::Undo]);
    assert_eq!(person.state.operations.jobs.len(), jobs, "nothing older is there");
    assert!(person.screen().contains("nothing is left to undo; `:redo`"), "{}", person.screen());

    person.act(&[Action::Back, Action::Redo]);
    confirmed(&mut person, &["c1n1"]);
    assert_eq!(title(&person), "redo: put c1n1 in standby");
    person.act(&[Action::Back, Action::Redo]);
    confirmed(&mut person, &["c1n1", "c1n2"]);
    assert_eq!(title(&person), "redo: put c1n2 in standby");
    person.act(&[Action::Back, Action::Redo]);
    assert!(person.screen().contains("nothing to redo"), "{}", person.screen());
    // What was redone can be undone again.
    person.act(&[Action::Undo]).planned(&Projection::NotAsked);
    assert_eq!(title(&person), "undo: put c1n2 in standby");
}

#[test]
fn the_button_of_an_undo_that_is_over_redoes() {
    let mut person = two_in_standby();
    person.act(&[Action::Undo]);
    confirmed(&mut person, &["c1n1"]).act(&[Action::Right, Action::Open]).planned(&Projection::NotAsked);
    assert_eq!(title(&person), "redo: put c1n2 in standby");
}

#[test]
fn something_new_ends_what_could_be_redone() {
    let mut person = two_in_standby();
    person.act(&[Action::Undo]);
    confirmed(&mut person, &["c1n1"]).act(&[Action::Back]).selects("c1n3").act(&[Action::Standby]);
    confirmed(&mut person, &["c1n1", "c1n3"]).act(&[Action::Back, Action::Redo]);
    assert!(person.screen().contains("nothing to redo"), "{}", person.screen());
}

#[rstest]
#[case::a_clone("cl-agent", Action::Move, "runs on many nodes at once")]
fn no_node_is_offered_for_what_can_not_go_to_any(
    #[case] resource: &str,
    #[case] verb: Action,
    #[case] words: &str,
) {
    let mut person = Person::in_cluster("mq", (120, 40));
    person.act(&[Action::PaneMatrix]).selects(resource).act(&[verb]);
    assert!(person.state.layers.panel().is_none(), "{}", person.screen());
    assert!(person.screen().contains(words), "{}", person.screen());
}
