//! Moving: keys, wheel and mouse presses.

use super::{act, dialog, panes, wizard};
use crate::app::grid::{Selection, Step};
use crate::app::view::{is_of_overview, turned};
use crate::app::{Action, Effect, Layer, LayerKind, Panel, PromptKind, Scroll, State, Target, View};
use crate::tables::Pane;

pub(super) fn go(state: &mut State, action: Action) -> Vec<Effect> {
    let page = usize::from(state.size.1.saturating_sub(6)).max(1);
    match state.layers.front() {
        Layer::Ask(_) => return wizard::ask::act(state, action).unwrap_or_default(),
        Layer::Scenarios(_) => return wizard::act(state, action).unwrap_or_default(),
        _ => {}
    }
    match state.layers.panel_mut() {
        Some(Panel::Help { scroll }) => scroll_by(scroll, action, page),
        Some(Panel::Card(card)) => scroll_by(&mut card.scroll, action, page),
        Some(Panel::Log) => {
            return match action {
                Action::Up | Action::PageUp => vec![Effect::ScrollLog(Scroll::Up)],
                Action::Down | Action::PageDown => vec![Effect::ScrollLog(Scroll::Down)],
                _ => Vec::new(),
            };
        }
        // Their keys are dealt with before; the wheel comes here.
        Some(_) => return dialog::act(state, action).unwrap_or_default(),
        None => match state.layers.view() {
            View::Cluster(_) | View::Fleet(_) => go_in_list(state, action, page),
            View::Grid => go_in_grid(state, action, page),
        },
    }
    Vec::new()
}

fn scroll_by(scroll: &mut usize, action: Action, page: usize) {
    *scroll = match action {
        Action::Up => scroll.saturating_sub(1),
        Action::Down => scroll.saturating_add(1),
        Action::PageUp => scroll.saturating_sub(page),
        Action::PageDown => scroll.saturating_add(page),
        Action::First => 0,
        _ => *scroll,
    };
}

fn go_in_list(state: &mut State, action: Action, page: usize) {
    if matches!(action, Action::Left | Action::Right) {
        let by = if action == Action::Left { -1 } else { 1 };
        if panes::sideways(state, by) {
            return;
        }
        if let Some(view) = state.layers.cluster_mut() {
            let next = turned(view.pane, by);
            // Sideways is within what is seen; other screens have keys of their own.
            if is_of_overview(view.pane) == is_of_overview(next) && is_of_overview(next) {
                view.pane = next;
            }
        }
        return;
    }
    let Some((_, table)) = state.listed() else { return };
    if let Some(list) = state.list_mut() {
        list.go(action, page, &table.rows);
    }
}

fn go_in_grid(state: &mut State, action: Action, page: usize) {
    let arrangement = state.arrangement();
    let rows = (page / arrangement.pitch).max(1) as isize;
    let step = match action {
        Action::Up => Step::Rows(-1),
        Action::Down => Step::Rows(1),
        Action::Left => Step::Columns(-1),
        Action::Right => Step::Columns(1),
        Action::PageUp => Step::Rows(-rows),
        Action::PageDown => Step::Rows(rows),
        Action::First => Step::Start,
        Action::Last => Step::End,
        _ => return,
    };
    state.grid.step(&state.clusters, &arrangement, step);
}

pub(super) fn press(state: &mut State, target: Target) -> Vec<Effect> {
    // What was typed into a filter belongs to the list that was under it.
    if state.layers.prompt().is_some_and(|prompt| prompt.kind == PromptKind::Filter) {
        state.layers.close(LayerKind::Prompt);
    }
    // The topmost layer takes it, not what lies under it.
    match (target, state.layers.front()) {
        (Target::Hint(action), _) => act::act(state, action),
        (target, Layer::Panel(panel)) if panel.is_of_operations() => dialog::press(state, &target),
        // What is read has nothing to be pressed.
        (_, Layer::Panel(_)) => Vec::new(),
        (target, Layer::Ask(_)) => wizard::ask::press(state, &target),
        (target, Layer::Scenarios(_)) => wizard::press(state, &target),
        (target, _) => press_in_view(state, target),
    }
}

fn press_in_view(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Cluster(name) => {
            let already = state.grid.selection == Selection::Chosen(name.clone());
            if already {
                act::open(state, name);
            } else {
                state.grid.selection = Selection::Chosen(name);
            }
        }
        Target::Tab(pane) => {
            if let Some(view) = state.layers.cluster_mut() {
                view.pane = pane;
            }
        }
        Target::Row(pane, row) => return press_row(state, pane, row),
        // What they stood in is gone.
        Target::Hint(_)
        | Target::Button(_)
        | Target::Remedy(_)
        | Target::Entry(_)
        | Target::RunPane(_)
        | Target::Cell { .. } => {}
    }
    Vec::new()
}

/// Selects a row; one that is selected already is opened.
fn press_row(state: &mut State, pane: Pane, row: usize) -> Vec<Effect> {
    let already = match state.layers.cluster_mut() {
        Some(view) => std::mem::replace(&mut view.pane, pane) == pane && view.list(pane).row == row,
        None => state.layers.fleet().is_some_and(|fleet| fleet.list.row == row),
    };
    if already {
        return act::act(state, Action::Open);
    }
    let Some((_, table)) = state.listed() else { return Vec::new() };
    if let Some(list) = state.list_mut() {
        list.select(row, &table.rows);
    }
    Vec::new()
}

pub(super) fn scrolled(state: &mut State, scroll: Scroll) -> Vec<Effect> {
    if wizard::scroll_pane(state, scroll) {
        return Vec::new();
    }
    go(
        state,
        match scroll {
            Scroll::Up => Action::Up,
            Scroll::Down => Action::Down,
        },
    )
}
