//! What the terminal's events mean.

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use jiff::{SignedDuration, Timestamp};
use tui_input::backend::crossterm::to_input_request;

use crate::app::{Context, Event, Focus, Pending, Scroll, Target, Typing};
use crate::keymap::{Continuation, Key, Keymap};

/// What a key does while a line is being typed. These keys are those of every shell and are not remapped.
pub(super) fn typing(key: &KeyEvent) -> Option<Typing> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Enter => Typing::Accept,
        KeyCode::Esc => Typing::Cancel,
        KeyCode::Char('c' | 'g') if control => Typing::Cancel,
        KeyCode::Tab => Typing::Complete,
        KeyCode::BackTab => Typing::CompleteBack,
        KeyCode::Up => Typing::Older,
        KeyCode::Down => Typing::Newer,
        KeyCode::Char('p') if control => Typing::Older,
        KeyCode::Char('n') if control => Typing::Newer,
        _ => Typing::Edit(to_input_request(&TerminalEvent::Key(*key))?),
    })
}

/// What the mouse does; `target` tells what is drawn in a cell.
pub(super) fn mouse(event: MouseEvent, target: impl Fn(u16, u16) -> Option<Target>) -> Option<Event> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => target(event.column, event.row).map(Event::Pressed),
        MouseEventKind::ScrollUp => Some(Event::Scrolled(Scroll::Up)),
        MouseEventKind::ScrollDown => Some(Event::Scrolled(Scroll::Down)),
        _ => None,
    }
}

/// Two presses within this are one double press.
const DOUBLE: SignedDuration = SignedDuration::from_millis(500);

/// The presses of the mouse. The second of a double one takes no button that begins something: a person may have meant
/// what stood there a moment ago.
#[derive(Debug, Default)]
pub(super) struct Presses {
    last: Option<Timestamp>,
}

impl Presses {
    /// What it means, if it counts.
    pub(super) fn count(&mut self, mouse: MouseEvent, meant: Option<Event>, now: Timestamp) -> Option<Event> {
        if mouse.kind != MouseEventKind::Down(MouseButton::Left) {
            return meant;
        }
        let is_second = self.last.replace(now).is_some_and(|last| now.duration_since(last) < DOUBLE);
        meant.filter(|event| !is_second || *event != Event::Pressed(Target::Button(Focus::Confirm)))
    }
}

/// The beginning of a sequence and what can follow.
pub(super) fn pending(keymap: &Keymap, context: Context, keys: &[Key]) -> Pending {
    let next = keymap.continuations(context, keys).into_iter().map(|(key, leads)| {
        let words = match leads {
            Continuation::Action(action) => action.label().to_owned(),
            Continuation::Prefix(count) => format!("{count} more"),
        };
        (key, words)
    });
    let mut next: Vec<(String, String)> = next.collect();
    // A letter and its capital, which mostly undoes what the letter does, stand together.
    next.sort_by_key(|(key, _)| (key.to_lowercase(), key.chars().any(char::is_uppercase)));
    Pending { typed: shown(keys), next }
}

/// Keys as they are shown.
pub(super) fn shown(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
