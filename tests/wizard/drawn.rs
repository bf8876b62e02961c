//! On the screens of scenarios no key, no press and no paste reaches what isn't on screen, and letters in a form are text.

use std::cell::Cell;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quorate::app::wizard::{Page, Request, Stage};
use quorate::app::{Action, State};
use quorate::runtime::Input;

use crate::common::{look, now, screen};
use crate::deeds::{Deed, deed, holds, sent};
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
    let ask = state.wizard.run.as_ref().and_then(|run| run.ask.as_ref());
    ask.and_then(|ask| ask.wanted.clone()).unwrap_or_default()
}

/// Over random keys, presses, pastes and sizes: no run that isn't drawn is begun, and everything of [`holds`].
#[test]
fn whatever_isnt_drawn_cant_be_begun() {
    let (look, starts, begun) = (look(), starts(), Cell::new(0_usize));
    let config = Config { failure_persistence: None, ..Config::with_cases(1000) };
    let sequences = (0..starts.len(), prop::collection::vec(deed(), 1..12));
    let outcome = TestRunner::new(config).run(&sequences, |(start, deeds)| {
        let mut person = Person::at(starts[start].clone());
        let mut input = Input::default();
        for deed in deeds {
            if matches!(deed, Deed::Answer) && matches!(person.asked.last(), Some(Request::Plan { .. })) {
                person.planned();
            }
            for sent in sent(&deed, &name(&person.state)) {
                let before = person.state.clone();
                let Some(event) = input.read(&sent, &before, &look, now()) else { continue };
                let asked = person.asked.len();
                person.hear(event.clone());
                let asked = person.asked.get(asked..).unwrap_or_default();
                holds(&before, &sent, &event, &person.state, !asked.is_empty())?;
                if asked.iter().any(|it| matches!(it, Request::Begin(_))) {
                    let is_ready = before.wizard.run.as_ref().is_some_and(|run| run.stage == Stage::Ready);
                    let drawn = screen(&before, &look).to_string();
                    let is_drawn = drawn.contains("[ Run it ]") || drawn.contains("[ Run all ]");
                    prop_assert!(is_ready && is_drawn, "begun unseen:\n{drawn}");
                    begun.set(begun.get() + 1);
                }
            }
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.expect_err("it failed"));
    assert!(begun.get() > 0, "none was begun at all");
}
