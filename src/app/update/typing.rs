//! Text: what is typed or pasted into a line, a form or a dialog.

use tui_input::{Input, InputRequest};

use super::{act, dialog, operate, tell, wizard};
use crate::app::{Command, Effect, Layer, LayerKind, Notice, PromptKind, State, Typing};

/// How many lines the command line remembers.
const HISTORY_KEPT: usize = 100;
/// The longest text that is pasted, in characters. No field is meant for more.
const PASTE_MOST: usize = 4096;

/// A change of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit<'t> {
    /// A key.
    Key(InputRequest),
    /// A pasted line.
    Paste(&'t str),
}

impl Edit<'_> {
    pub(super) fn apply(self, input: &mut Input) {
        match self {
            Self::Key(request) => _ = input.handle(request),
            Self::Paste(line) => {
                for letter in line.chars() {
                    input.handle(InputRequest::InsertChar(letter));
                }
            }
        }
    }
}

pub(super) fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    match state.layers.top() {
        Layer::Prompt(_) => typed_in_line(state, typing),
        Layer::Panel(_) => dialog::typed(state, typing),
        Layer::Ask(_) => wizard::ask::typed(state, typing),
        Layer::Scenarios(_) => wizard::typed(state, typing),
        Layer::Grid | Layer::Fleet(_) | Layer::Cluster(_) => Vec::new(),
    }
}

/// Puts a pasted text into the field that it is for, as one line. It never begins anything.
pub(super) fn pasted(state: &mut State, text: &str) -> Vec<Effect> {
    if text.chars().nth(PASTE_MOST).is_some() {
        return operate::refuse(state, format!("nothing pasted: more than {PASTE_MOST} characters"));
    }
    let lines: Vec<&str> = text.split(['\n', '\r']).filter(|line| !line.is_empty()).collect();
    let line: String = lines.join(" ").chars().filter(|letter| !letter.is_control()).collect();
    let edit = Edit::Paste(&line);
    let is_taken = match state.layers.top() {
        Layer::Prompt(_) => edit_line(state, edit),
        Layer::Panel(_) => dialog::edit(state, edit),
        Layer::Ask(_) => wizard::ask::edit(state, edit),
        Layer::Scenarios(_) => wizard::edit(state, edit),
        Layer::Grid | Layer::Fleet(_) | Layer::Cluster(_) => false,
    };
    match lines.len() {
        _ if !is_taken => operate::refuse(state, "nothing pasted: no field has the focus"),
        0 | 1 => Vec::new(),
        lines => operate::refuse(state, format!("pasted {lines} lines as one")),
    }
}

fn edit_line(state: &mut State, edit: Edit<'_>) -> bool {
    let Some(prompt) = state.layers.prompt_mut() else { return false };
    prompt.edit(|input| edit.apply(input));
    narrow(state);
    true
}

/// A filter narrows while it is typed.
fn narrow(state: &mut State) {
    let filter = state.layers.prompt().filter(|prompt| prompt.kind == PromptKind::Filter);
    if let Some(text) = filter.map(|prompt| prompt.text().to_owned()) {
        state.set_filter(text);
    }
}

fn typed_in_line(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(prompt) = state.layers.prompt_mut() else { return Vec::new() };
    match typing {
        Typing::Edit(request) => _ = edit_line(state, Edit::Key(request)),
        Typing::Complete => prompt.complete(1),
        Typing::CompleteBack => prompt.complete(-1),
        Typing::Older if prompt.kind == PromptKind::Command => prompt.recall(&state.command_history, 1),
        Typing::Newer if prompt.kind == PromptKind::Command => prompt.recall(&state.command_history, -1),
        Typing::Older | Typing::Newer => {}
        Typing::Cancel => {
            if prompt.kind == PromptKind::Filter {
                state.set_filter(String::new());
            }
            state.layers.close(LayerKind::Prompt);
            return Vec::new();
        }
        Typing::Accept => {
            let (kind, line) = (prompt.kind, prompt.text().to_owned());
            state.layers.close(LayerKind::Prompt);
            return match kind {
                PromptKind::Command => run(state, &line),
                PromptKind::Filter => Vec::new(),
            };
        }
    }
    narrow(state);
    Vec::new()
}

fn run(state: &mut State, line: &str) -> Vec<Effect> {
    let line = line.trim();
    if !line.is_empty() && state.command_history.last().is_none_or(|last| last != line) {
        state.command_history.push(line.to_owned());
        let surplus = state.command_history.len().saturating_sub(HISTORY_KEPT);
        state.command_history.drain(..surplus);
    }
    match Command::parse(line, state) {
        Ok(None) => {}
        Ok(Some(Command::Act(action))) => return act::act(state, action),
        Ok(Some(Command::Open(name))) => act::open(state, name),
        Ok(Some(Command::Filter(text))) => state.set_filter(text),
        Ok(Some(Command::Sort(order))) => act::sort_grid(state, order),
        Ok(Some(Command::Layout(layout))) => state.grid.layout = layout,
        Ok(Some(Command::Writable { minutes, reason })) => return operate::unlock(state, minutes, reason),
        Ok(Some(Command::Theme(name))) => return vec![Effect::UseTheme(name)],
        Err(error) => tell(state, Notice::error(error.to_string())),
    }
    Vec::new()
}
