//! A line that is being typed.

use tui_input::Input;

use super::command::Candidate;

/// A line that is being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it is for.
    pub kind: PromptKind,
    /// The line and its cursor.
    pub input: Input,
    /// What it can become.
    pub candidates: Vec<Candidate>,
    /// Which of these the line was completed to.
    pub chosen: Option<usize>,
    /// The line before a completion or an older line took its place.
    kept: String,
    /// How many lines back in the history it is; 0 is what was typed.
    back: usize,
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// Narrow the view while typing.
    Filter,
    /// A command.
    Command,
}

impl Prompt {
    /// A prompt that begins with that text.
    pub fn new(kind: PromptKind, text: &str) -> Self {
        Self {
            kind,
            input: Input::new(text.to_owned()),
            candidates: Vec::new(),
            chosen: None,
            kept: text.to_owned(),
            back: 0,
        }
    }

    /// What has been typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Edits the line; what was completed becomes what was typed.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Input)) {
        change(&mut self.input);
        self.chosen = None;
        self.back = 0;
        self.kept = self.text().to_owned();
    }

    /// Goes `by` completions on, round and round.
    pub(super) fn complete(&mut self, by: isize) {
        if self.candidates.is_empty() {
            return;
        }
        let count = self.candidates.len() as isize;
        let next = match self.chosen {
            Some(chosen) => (chosen as isize + by).rem_euclid(count),
            None if by < 0 => count - 1,
            None => 0,
        };
        self.chosen = Some(next as usize);
        self.put(&self.candidates[next as usize].line.clone());
    }

    /// Goes `by` lines back in the history (or forth, when negative), and to what was typed at its end.
    pub(super) fn recall(&mut self, history: &[String], by: isize) {
        self.back = self.back.saturating_add_signed(by).min(history.len());
        let line = match self.back {
            0 => self.kept.clone(),
            back => history[history.len() - back].clone(),
        };
        self.chosen = None;
        self.put(&line);
    }

    fn put(&mut self, line: &str) {
        self.input = Input::new(line.to_owned());
    }
}
