//! What the terminal's events mean.

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use jiff::{SignedDuration, Timestamp};
use tui_input::InputRequest;
use tui_input::backend::crossterm::to_input_request;

use crate::app::{Context, Event, Focus, Letters, Pending, Scroll, State, Target, Typing};
use crate::keymap::{Continuation, Key, Keymap, Lookup};
use crate::ui::{Look, target_at};

/// Reads what the terminal sends.
#[derive(Debug, Default)]
pub struct Input {
    /// The keys of a sequence that is not complete.
    keys: Vec<Key>,
    presses: Presses,
}

impl Input {
    /// What it means to the state that is on screen.
    pub fn read(
        &mut self,
        event: &TerminalEvent,
        state: &State,
        look: &Look,
        now: Timestamp,
    ) -> Option<Event> {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
                Some(self.key(key, state, &look.keymap))
            }
            TerminalEvent::Paste(text) => Some(Event::Pasted(text.clone())),
            TerminalEvent::Mouse(event) => {
                let meant = mouse(*event, |column, row| target_at(state, look, column, row));
                self.presses.count(*event, meant, now)
            }
            TerminalEvent::Resize(columns, rows) => Some(Event::Resized { columns: *columns, rows: *rows }),
            TerminalEvent::Key(_) | TerminalEvent::FocusGained | TerminalEvent::FocusLost => None,
        }
    }

    fn key(&mut self, key: &KeyEvent, state: &State, keymap: &Keymap) -> Event {
        let typed = match state.letters() {
            Letters::Command => None,
            Letters::Form => typing(key).filter(is_letter),
            Letters::Field => typing(key),
        };
        match typed {
            Some(typing) => {
                self.keys.clear();
                Event::Typed(typing)
            }
            None => self.command(Key::from(*key), state.context(), keymap),
        }
    }

    /// What a key means, with those before it that began a sequence.
    fn command(&mut self, key: Key, context: Context, keymap: &Keymap) -> Event {
        self.keys.push(key);
        match keymap.lookup(context, &self.keys) {
            Lookup::Matched(action) => {
                self.keys.clear();
                Event::Act(action)
            }
            Lookup::Pending => Event::Pending(pending(keymap, context, &self.keys)),
            Lookup::NotFound | Lookup::Cancelled => {
                let typed = shown(&self.keys);
                self.keys.clear();
                Event::Unbound(typed)
            }
        }
    }
}

/// Whether it is text that begins a word. A space on a button is not meant for a field.
fn is_letter(typing: &Typing) -> bool {
    matches!(typing, Typing::Edit(InputRequest::InsertChar(letter)) if *letter != ' ')
}

/// What a key does while a line is being typed. These keys are those of every shell and are not remapped.
fn typing(key: &KeyEvent) -> Option<Typing> {
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
fn mouse(event: MouseEvent, target: impl Fn(u16, u16) -> Option<Target>) -> Option<Event> {
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
struct Presses {
    last: Option<Timestamp>,
}

impl Presses {
    /// What it means, if it counts.
    fn count(&mut self, mouse: MouseEvent, meant: Option<Event>, now: Timestamp) -> Option<Event> {
        if mouse.kind != MouseEventKind::Down(MouseButton::Left) {
            return meant;
        }
        let is_second = self.last.replace(now).is_some_and(|last| now.duration_since(last) < DOUBLE);
        meant.filter(|event| !is_second || *event != Event::Pressed(Target::Button(Focus::Confirm)))
    }
}

/// The beginning of a sequence and what can follow.
fn pending(keymap: &Keymap, context: Context, keys: &[Key]) -> Pending {
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
fn shown(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
