//! What is asked before a run is begun, or goes a way that can't be gone back.

use tui_input::Input;

use crate::app::{Focus, Letters};
use crate::scenario::journal::Instruction;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// About what.
    pub kind: AskKind,
    /// What has the keys.
    pub focus: Focus,
    /// What has to be typed, where something is destroyed.
    pub wanted: Option<String>,
    /// What has been typed.
    pub typed: Input,
}

/// About what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskKind {
    /// Begin: one step, or all.
    Begin(Instruction),
    /// Run all the steps that are left.
    RunToEnd,
    /// Run a step that destroys something.
    Destroy,
    /// Take a step back, by its number.
    Undo(usize),
    /// Run again what may have run.
    Again,
    /// End the run.
    Abort,
    /// Take the hosts from another run, and run it all the same.
    BreakLock,
}

impl Ask {
    pub(in crate::app) fn new(kind: AskKind, wanted: Option<String>) -> Self {
        Self { kind, focus: Focus::Cancel, wanted, typed: Input::default() }
    }

    /// What a letter means.
    pub(in crate::app) fn letters(&self) -> Letters {
        match self.wanted {
            Some(_) if self.is_typing() => Letters::Field,
            Some(_) => Letters::Form,
            None => Letters::Command,
        }
    }

    /// Whether letters go into the field.
    pub fn is_typing(&self) -> bool {
        self.focus == Focus::Name
    }

    /// Whether the button that does it would do it.
    pub fn can_be_confirmed(&self) -> bool {
        self.wanted.as_deref().is_none_or(|wanted| self.typed.value() == wanted)
    }

    /// Puts the keys `by` further on, round and round.
    pub(in crate::app) fn turn(&mut self, by: isize) {
        let ring: &[Focus] = match self.wanted {
            Some(_) => &[Focus::Cancel, Focus::Name, Focus::Confirm],
            None => &[Focus::Cancel, Focus::Confirm],
        };
        let at = ring.iter().position(|focus| *focus == self.focus).unwrap_or(0) as isize;
        self.focus =
            ring.get((at + by).rem_euclid(ring.len() as isize) as usize).copied().unwrap_or_default();
    }
}
