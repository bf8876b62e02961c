//! On the screens of scenarios no key, no press and no paste reaches what isn't on screen, and letters in a form are text.

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use quorate::app::wizard::{Page, Request, Stage};
use quorate::app::{Action, Event, State};
use quorate::runtime::Input;

use crate::common::{look, now};
use crate::deeds::{self, Console};
use crate::person::Person;

/// The question before a run that destroys something.
fn destroying() -> Person {
    let mut person = Person::new((100, 30));
    person.act(&[Action::Scenarios, Action::Down, Action::Down]).clicks("Destroy a cluster").clicks("db  ");
    person.clicks("db  ").planned().act(&[Action::RunToEnd]);
    assert!(person.screen().contains("type destroy-cluster to do it"), "{}", person.screen());
    person
}

impl Person {
    fn sends(&mut self, events: Vec<TerminalEvent>) -> &mut Self {
        let (mut input, look) = (Input::default(), look());
        for event in events {
            if let Some(event) = input.read(&event, &self.state, &look, now()) {
                self.hear(event);
            }
        }
        self
    }

    fn writes(&mut self, text: &str) -> &mut Self {
        let key = |letter| TerminalEvent::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        self.sends(text.chars().map(key).collect())
    }

    fn enters(&mut self) -> &mut Self {
        self.sends(vec![TerminalEvent::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))])
    }
}

#[test]
fn type_the_name_first_puts_the_focus_on_the_name() {
    let mut person = destroying();
    person.act(&[Action::Left]).enters();
    assert!(person.screen().contains("type destroy-cluster first"), "{}", person.screen());
    person.writes("destroy-cluster").enters().enters();
    assert!(person.order().may_destroy);
}

#[test]
fn letters_are_the_names_of_hosts_and_a_paste_of_lines_is_a_list_of_them() {
    let mut person = Person::new((100, 30));
    person.act(&[Action::Scenarios, Action::Down, Action::Open]);
    person.writes("q").sends(vec![TerminalEvent::Paste("1\nq2\n".to_owned())]);
    let Some(Page::Hosts(hosts)) = person.state.layers.page() else { panic!("{}", person.screen()) };
    assert_eq!(hosts.names.value(), "q1 q2");
}

/// What is on screen when any of the sequences begins.
fn starts() -> Vec<State> {
    let mut list = Person::new((100, 30));
    list.act(&[Action::Scenarios]);
    let mut hosts = Person::new((100, 30));
    hosts.act(&[Action::Scenarios, Action::Down, Action::Open]);
    let mut form = Person::new((100, 30));
    form.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Open]);
    let mut ask = Person::ready((100, 30));
    ask.act(&[Action::Open]);
    let mut named = destroying();
    named.writes("destroy-cluster");
    [list, hosts, form, Person::ready((100, 30)), ask, destroying(), destroying(), named]
        .map(|person| person.state)
        .to_vec()
}

/// The name that a question wants.
fn name(state: &State) -> String {
    state.layers.ask().and_then(|ask| ask.wanted.clone()).unwrap_or_default()
}

impl Console for Person {
    fn at(state: State) -> Self {
        Self::at(state)
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn hear(&mut self, event: Event) {
        self.hear(event);
    }

    fn answer(&mut self) {
        if matches!(self.asked.last(), Some(Request::Plan { .. })) {
            self.planned();
        }
    }

    fn wanted(&self) -> String {
        name(&self.state)
    }

    fn asked(&self) -> usize {
        self.asked.len()
    }

    fn confirmed(&self, earlier: usize) -> bool {
        let asked = self.asked.get(earlier..).unwrap_or_default();
        asked.iter().any(|it| matches!(it, Request::Begin(_)))
    }

    fn is_offered(before: &State, drawn: &str) -> bool {
        let is_ready = before.wizard.run.as_ref().is_some_and(|run| run.stage == Stage::Ready);
        is_ready && (drawn.contains("[ Run it ]") || drawn.contains("[ Run all ]"))
    }
}

#[test]
fn a_run_that_isnt_drawn_cant_be_begun() {
    deeds::whatever_isnt_drawn_cant_be_confirmed::<Person>(&starts(), 12);
}
