//! The mouse in the panels that ask about operations.

use quorate::app::{Action, Event, Focus, News, Panel, Stage};
use quorate::operation::{Intent, Outcome, Process, Projection, Unfinished, Verb, plan};
use rstest::rstest;

use crate::common::{capture, console, deployment, now};
use crate::person::{Person, collateral, cut_off};

#[rstest]
fn a_move_by_mouse_alone(#[values((80, 24), (160, 45))] size: (u16, u16)) {
    let mut person = Person::in_cluster("mq", size);
    person.act(&[Action::PaneMatrix]).selects("solo").act(&[Action::Move]);
    let last = "c1n3  online";
    // The first press selects, the second takes; one that is out of the question is not taken.
    person.clicks(last);
    assert!(person.asked.is_empty(), "{}", person.screen());
    person.clicks(last);
    assert!(person.screen().contains("can't be chosen"), "{}", person.screen());
    person.clicks("c1n1  online").clicks("c1n1  online").planned(&collateral());
    // Nothing but the button begins it.
    person.cannot_click("move solo from").clicks("Cancel");
    assert!(
        person.state.layers.panel().is_none() && person.state.operations.jobs.is_empty(),
        "{}",
        person.screen()
    );
    person.asked.clear();
    person.act(&[Action::Move]).clicks("c1n1  online").planned(&collateral());
    person.clicks("reason, for").types("the switch").clicks("[ Do it ]");
    let ticket = person.carried_out();
    person.under_way(ticket).ended(ticket, Outcome::Done { note: None });
    person.clicks("[ Undo ]");
    assert_eq!(person.asked.len(), 1, "{}", person.screen());
}

#[test]
fn what_wants_a_name_is_not_begun_by_a_press() {
    let mut person = Person::in_cluster("mq", (80, 24));
    person
        .act(&[Action::NextPane])
        .selects("c1n2")
        .act(&[Action::FenceReboot])
        .planned(&Projection::NotAsked);
    person.clicks("[ Do it ]");
    assert!(person.asked.is_empty() && person.screen().contains("type c1n2 first"), "{}", person.screen());
    person.clicks("type c1n2 to").types("c1n2").clicks("[ Do it ]");
    person.carried_out();
}

#[test]
fn a_button_that_is_not_there_any_more_does_nothing() {
    let mut person = Person::in_cluster("mq", (80, 24));
    person.act(&[Action::PaneMatrix]).selects("vip").act(&[Action::Cleanup]);
    let button = || Event::Pressed(quorate::app::Target::Button(Focus::Confirm));
    person.hear(button());
    assert!(person.state.operations.jobs.iter().all(|job| job.stage == Stage::Planning));
    person.planned(&Projection::NotAsked).clicks("[ Do it ]");
    let ticket = person.carried_out();
    person.under_way(ticket).hear(button());
    assert!(person.asked.is_empty() && person.state.layers.panel().is_some(), "{}", person.screen());
}

#[test]
fn lists_and_other_questions_take_the_mouse() {
    let intent =
        |verb, subject: &str| Intent { cluster: "mq".into(), verb, subject: subject.to_owned(), to: None };
    let unfinished = |id: &str, intent: Intent| Unfinished {
        id: id.to_owned(),
        at: now(),
        user: "root".to_owned(),
        by: vec![Process { pid: 7, ..Process::default() }],
        hosts: Vec::new(),
        plan: plan(&capture("healthy"), &intent).expect("a plan"),
        sent: vec![cut_off()],
    };
    let all =
        vec![unfinished("a", intent(Verb::Cleanup, "vip")), unfinished("b", intent(Verb::Standby, "c1n2"))];
    let mut person = Person::at(console(deployment(), (100, 30)));
    person.hear(Event::Operated(News::Unfinished(all))).clicks("put c1n2 in standby");
    assert!(
        matches!(person.state.layers.panel(), Some(Panel::Unfinished { row: 1, .. })),
        "{}",
        person.screen()
    );
    person.clicks("Verify and finish");
    assert!(person.screen().contains("c1n2"), "{}", person.screen());
    person.clicks("[ Do it ]");
    person.carried_out();
    // Leaving in the middle: the words are of operations only.
    person.act(&[Action::Quit]);
    assert!(!person.screen().contains("scenario"), "{}", person.screen());
    person.clicks("[ Stay ]");
    assert!(!person.quits && person.state.layers.panel().is_none(), "{}", person.screen());
    person.act(&[Action::Quit]).clicks("[ Leave ]");
    assert!(person.quits);
}

#[test]
fn findings_are_pressed_and_marked_like_other_rows() {
    let mut person = Person::in_cluster("keystone", (120, 40));
    let findings = &person.state.opened().expect("it is open").1.findings;
    assert!(findings.len() > 1, "{findings:?}");
    let second = findings[1].summary.clone();
    person.clicks(&second);
    assert_eq!(person.state.listed().expect("a list").0.row, 1, "{}", person.screen());
    person.act(&[Action::First, Action::Mark]);
    assert_eq!(person.state.marks.rows().len(), 1, "{}", person.screen());
    assert!(person.screen().contains("1 marked"), "{}", person.screen());
    person.act(&[Action::First]);
    insta::assert_snapshot!("marked-finding", person.screen());
    person.act(&[Action::Cleanup]);
    assert_eq!(person.asked.len(), 1, "{}", person.screen());
}
