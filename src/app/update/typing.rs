//! What is typed into a filter or on the command line.

use super::{act, dialog, operate, tell, wizard};
use crate::app::{Command, Effect, LayerKind, Notice, PromptKind, State, Typing};

/// How many lines the command line remembers.
const HISTORY_KEPT: usize = 100;

pub(super) fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(prompt) = state.layers.prompt_mut() else {
        let is_wizard = state.layers.panel().is_none() && state.layers.page().is_some();
        return if is_wizard { wizard::typed(state, typing) } else { dialog::typed(state, typing) };
    };
    match typing {
        Typing::Edit(request) => prompt.edit(request),
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
    if let Some(prompt) = state.layers.prompt().filter(|prompt| prompt.kind == PromptKind::Filter) {
        let text = prompt.text().to_owned();
        state.set_filter(text);
    }
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
