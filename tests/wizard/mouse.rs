//! The mouse on the screens of scenarios.

use quorate::app::wizard::{Page, Stage, WizardPane};
use quorate::app::{Action, Event, Scroll};
use quorate::scenario::journal::Instruction;
use rstest::rstest;

use crate::person::Person;

#[rstest]
fn from_the_list_to_a_run_by_mouse_alone(#[values((80, 24), (160, 45))] size: (u16, u16)) {
    let mut person = Person::new(size);
    // The first press selects, the second takes.
    person.act(&[Action::Scenarios]).clicks("40  Memory cache").clicks("40  Memory cache");
    assert!(matches!(person.state.layers.page(), Some(Page::Hosts(_))), "{}", person.screen());
    person.clicks("db  ").clicks("db  ");
    assert!(matches!(person.state.layers.page(), Some(Page::Form(_))), "{}", person.screen());
    person.clicks("api_password").types("hunter22").clicks("[ Go on ]").planned();
    // Looking at it begins nothing.
    person.clicks("2 Configure").clicks("db3  ·");
    let run = person.state.wizard.run.as_ref().expect("a run");
    assert_eq!((run.view.host, &run.stage), (2, &Stage::Ready), "{}", person.screen());
    person.act(&[Action::Open]).cannot_click("run step 1, and wait").clicks("[ Cancel ]");
    assert!(person.asked.is_empty() && !person.screen().contains("[ Run it ]"), "{}", person.screen());
    person.act(&[Action::Open]).clicks("[ Run it ]");
    assert_eq!(person.order().first, Instruction::Next);
}

#[test]
fn panes_and_steps_are_pressed() {
    let mut person = Person::ready((160, 45));
    person.clicks("output ·");
    let view = |person: &Person| person.state.wizard.run.as_ref().expect("a run").view.clone();
    assert_eq!(view(&person).pane, WizardPane::Output);
    person.clicks("2 Configure");
    assert_eq!(view(&person).step, Some(2), "{}", person.screen());
    person.clicks("1 Install");
    assert_eq!(view(&person).step, None, "it follows the step that comes next");
    // In the small one the only pane has the keys anyway.
    let mut person = Person::ready((80, 24));
    person.clicks("why ·");
    assert_eq!(view(&person).pane, WizardPane::Why);
}

#[test]
fn the_wheel_scrolls_what_is_read_and_leaves_the_host() {
    let mut person = Person::ready((80, 16));
    person.act(&[Action::Down, Action::Right, Action::NextPane]);
    let before = person.screen();
    person.hear(Event::Scrolled(Scroll::Down));
    assert_ne!(person.screen(), before);
    assert_eq!(person.state.wizard.run.as_ref().expect("a run").view.host, 1);
    person.hear(Event::Scrolled(Scroll::Up));
    assert_eq!(person.screen(), before);
}

#[test]
fn what_destroys_is_not_begun_by_a_press_without_its_name() {
    let mut person = Person::new((100, 30));
    person.act(&[Action::Scenarios, Action::Down, Action::Down]).clicks("Destroy a cluster").clicks("db  ");
    person.clicks("db  ").planned().act(&[Action::RunToEnd]).clicks("[ Run all ]");
    assert!(person.asked.is_empty(), "{}", person.screen());
    assert!(person.screen().contains("type destroy-cluster first"), "{}", person.screen());
    person.clicks("type destroy").types("destroy-cluster").clicks("[ Run all ]");
    assert!(person.order().may_destroy);
}
