//! What a user does at the terminal, and what has to hold after each of it.

use std::cell::Cell;

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use quorate::app::{Event, Layer, LayerKind, Letters, State};
use quorate::runtime::Input;

use crate::common::{look, now, screen};

/// Something that a user does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Press(KeyCode, KeyModifiers),
    /// The text, letter by letter.
    Type(&'static str),
    /// The name that the dialog wants.
    TypeName,
    /// The key for the next button so many times, then enter.
    Confirm(usize),
    Click(u16, u16),
    Paste(String),
    Resize(u16, u16),
    /// The runtime answers.
    Answer,
    /// The terminal takes no output, or takes it again.
    Stall(bool),
}

pub(crate) fn deed() -> impl Strategy<Value = Deed> {
    let keys = vec![
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Tab,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Right,
        KeyCode::Down,
        KeyCode::Up,
        KeyCode::PageDown,
        KeyCode::Esc,
        KeyCode::F(1),
        KeyCode::Char(' '),
    ];
    let words =
        vec!["nova2", "q", "u", "y", "because", ":nodes", "/run", "?", "F", "oS", "i", "a", "gr", "L"];
    let sizes = vec![(30, 8), (39, 30), (80, 9), (40, 10), (80, 24), (80, 24), (160, 45)];
    prop_oneof![
        8 => prop::sample::select(keys).prop_map(|code| Deed::Press(code, KeyModifiers::NONE)),
        1 => prop::sample::select(vec!['l', 'y', 'z', 'c']).prop_map(|letter| Deed::Press(KeyCode::Char(letter), KeyModifiers::CONTROL)),
        4 => prop::sample::select(words).prop_map(Deed::Type),
        4 => Just(Deed::TypeName),
        3 => (1usize..4).prop_map(Deed::Confirm),
        3 => (0u16..80, 0u16..24).prop_map(|(x, y)| Deed::Click(x, y)),
        2 => "[a-z0-9 \\n:]{0,12}".prop_map(Deed::Paste),
        3 => prop::sample::select(sizes).prop_map(|(columns, rows)| Deed::Resize(columns, rows)),
        1 => (1u16..170, 1u16..50).prop_map(|(columns, rows)| Deed::Resize(columns, rows)),
        1 => Just(Deed::Answer),
        1 => any::<bool>().prop_map(Deed::Stall),
    ]
}

/// What the terminal sends for it; `name` is what the dialog wants to be typed.
pub(crate) fn sent(deed: &Deed, name: &str) -> Vec<TerminalEvent> {
    let key = |code, modifiers| TerminalEvent::Key(KeyEvent::new(code, modifiers));
    let letters = |text: &str| text.chars().map(|it| key(KeyCode::Char(it), KeyModifiers::NONE)).collect();
    match deed {
        Deed::Press(code, modifiers) => vec![key(*code, *modifiers)],
        Deed::Type(text) => letters(text),
        Deed::TypeName => letters(name),
        Deed::Confirm(tabs) => {
            let next = key(KeyCode::Tab, KeyModifiers::NONE);
            let mut keys = vec![next; *tabs];
            keys.push(key(KeyCode::Enter, KeyModifiers::NONE));
            keys
        }
        Deed::Click(column, row) => vec![TerminalEvent::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: *column,
            row: *row,
            modifiers: KeyModifiers::NONE,
        })],
        Deed::Paste(text) => vec![TerminalEvent::Paste(text.clone())],
        Deed::Resize(columns, rows) => vec![TerminalEvent::Resize(*columns, *rows)],
        Deed::Answer | Deed::Stall(_) => Vec::new(),
    }
}

/// What the layers, the operations and the scenarios are like, to be compared.
fn shape(state: &State) -> String {
    let State { layers, operations, wizard, marks, grid, .. } = state;
    format!("{layers:?} {operations:?} {wizard:?} {marks:?} {grid:?}")
}

fn kinds(state: &State) -> Vec<LayerKind> {
    let mut kinds: Vec<LayerKind> = state.layers.from_top().map(Layer::kind).collect();
    kinds.reverse();
    kinds
}

/// What has to hold after an event, `asked` telling whether it asked for anything but to quit, suspend or redraw.
pub(crate) fn holds(
    before: &State,
    sent: &TerminalEvent,
    event: &Event,
    after: &State,
    asked: bool,
) -> Result<(), TestCaseError> {
    // The layers stand in their order, the grid at the bottom.
    let kinds_after = kinds(after);
    prop_assert_eq!(kinds_after.first(), Some(&LayerKind::Grid));
    prop_assert!(kinds_after.is_sorted_by(|below, above| below < above), "{:?}", kinds_after);
    // A screen that is too small takes nothing.
    if before.is_unseen() && event.is_by_user() {
        prop_assert!(!asked, "{event:?} asked for something unseen");
        prop_assert_eq!(shape(before), shape(after));
    }
    // Letters in a form, and a paste anywhere, are text and never commands.
    let is_letter = matches!(sent, TerminalEvent::Key(KeyEvent { code: KeyCode::Char(letter), modifiers, .. })
        if *letter != ' ' && modifiers.is_empty());
    let is_text =
        is_letter && before.letters() != Letters::Command || matches!(sent, TerminalEvent::Paste(_));
    if is_text {
        prop_assert!(!asked, "{sent:?} was taken for a command");
        prop_assert_eq!(kinds(before), kinds_after);
        prop_assert!(!matches!(event, Event::Act(_) | Event::Pending(_)), "{event:?}");
    }
    // Where letters go into a field, it is on screen with the cursor in it.
    if after.letters() == Letters::Field {
        prop_assert!(screen(after, &look()).cursor_visible(), "no cursor:\n{}", screen(after, &look()));
    }
    Ok(())
}

/// A console in which something can be confirmed.
pub(crate) trait Console {
    fn at(state: State) -> Self;
    fn state(&self) -> &State;
    fn hear(&mut self, event: Event);
    /// The runtime answers, if it was asked.
    fn answer(&mut self);
    /// The name that the dialog wants.
    fn wanted(&self) -> String;
    /// How many requests have been made.
    fn asked(&self) -> usize;
    /// Whether any request but the first `earlier` ones changes something.
    fn confirmed(&self, earlier: usize) -> bool;
    /// Whether the user could confirm something in that state, and saw so on its screen.
    fn is_offered(before: &State, drawn: &str) -> bool;
}

/// Over random keys, presses, pastes and sizes: what isn't drawn can't be confirmed, and everything of [`holds`].
pub(crate) fn whatever_isnt_drawn_cant_be_confirmed<C: Console>(starts: &[State], longest: usize) {
    let (look, confirmed) = (look(), Cell::new(0_usize));
    let config = Config { failure_persistence: None, ..Config::with_cases(1000) };
    let sequences = (0..starts.len(), prop::collection::vec(deed(), 1..longest));
    let outcome = TestRunner::new(config).run(&sequences, |(start, deeds)| {
        let mut console = C::at(starts[start].clone());
        let mut input = Input::default();
        for deed in deeds {
            match deed {
                Deed::Answer => console.answer(),
                Deed::Stall(is_stalled) => console.hear(Event::Stalled(is_stalled)),
                _ => {}
            }
            for sent in sent(&deed, &console.wanted()) {
                let before = console.state().clone();
                let Some(event) = input.read(&sent, &before, &look, now()) else { continue };
                let earlier = console.asked();
                console.hear(event.clone());
                holds(&before, &sent, &event, console.state(), console.asked() > earlier)?;
                if console.confirmed(earlier) {
                    let drawn = screen(&before, &look).to_string();
                    prop_assert!(C::is_offered(&before, &drawn), "confirmed unseen:\n{drawn}");
                    confirmed.set(confirmed.get() + 1);
                }
            }
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.expect_err("it failed"));
    assert!(confirmed.get() > 0, "nothing was confirmed at all");
}
