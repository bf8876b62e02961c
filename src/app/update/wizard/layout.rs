//! A layout: what plays which part, and one scenario after the other.

use std::sync::Arc;

use super::{form, hindrance, look_again, not_here, refuse, survey};
use crate::app::wizard::{Basis, Draft, Layout, LayoutRow, OfLayout, Page};
use crate::app::{Action, Effect, State};
use crate::scenario::deployment::{Deployment, Placed};

/// Shows a layout, the keys on what comes next. The clusters that were chosen for it stay.
pub(super) fn open(state: &mut State, deployment: Arc<Deployment>) -> Vec<Effect> {
    if state.wizard.layout.as_ref().is_none_or(|layout| layout.deployment != deployment) {
        state.wizard.layout = Some(Layout::fresh(deployment));
    }
    state.layers.turn_to(Page::Layout);
    seek_next(state);
    survey::survey(state, None)
}

/// Where a run or a form goes back to: the layout that it is a stage of, the keys on what comes next, or the list.
pub(super) fn page(state: &mut State, of: Option<&OfLayout>) -> Page {
    let is_it = |layout: &Layout| of.is_some_and(|of| of.deployment == layout.deployment.name);
    if !state.wizard.layout.as_ref().is_some_and(is_it) {
        return Page::List;
    }
    seek_next(state);
    Page::Layout
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let clusters = state.entries();
    let many = usize::from(state.size.1 / 2).max(1);
    let Some(layout) = &mut state.wizard.layout else { return Vec::new() };
    let rows = layout.rows(&clusters);
    let last = rows.len().saturating_sub(1);
    match action {
        Action::Up => layout.row = layout.row.saturating_sub(1),
        Action::Down => layout.row += 1,
        Action::PageUp => layout.row = layout.row.saturating_sub(many),
        Action::PageDown => layout.row += many,
        Action::First => layout.row = 0,
        Action::Last => layout.row = last,
        Action::PollNow | Action::RetryStep => {
            let name = match rows.get(layout.row) {
                Some(LayoutRow::Stage(placed)) => Some(placed.stage.scenario.clone()),
                Some(LayoutRow::Role(_)) | None => None,
            };
            return look_again(state, name.as_deref());
        }
        Action::Back => state.layers.turn_to(Page::List),
        Action::Open => {
            return match rows.get(layout.row) {
                Some(LayoutRow::Role(role)) => {
                    layout.turn(*role, &clusters);
                    Vec::new()
                }
                Some(LayoutRow::Stage(placed)) => choose(state, placed, &rows),
                None => Vec::new(),
            };
        }
        _ => return not_here(state),
    }
    layout.row = layout.row.min(last);
    Vec::new()
}

/// A row that has the keys is taken, another gets them.
pub(super) fn press(state: &mut State, row: usize) -> Vec<Effect> {
    let Some(layout) = &mut state.wizard.layout else { return Vec::new() };
    let was_selected = std::mem::replace(&mut layout.row, row) == row;
    if was_selected { act(state, Action::Open) } else { Vec::new() }
}

/// The form of a stage, with its cluster and what the layout says.
fn choose(state: &mut State, placed: &Placed, rows: &[LayoutRow]) -> Vec<Effect> {
    if let Some(run) = state.wizard.under_way() {
        let words =
            format!("{} is in hand: end it first, or let it come to its end", run.plan.scenario.title);
        return refuse(state, words);
    }
    let (name, cluster) = (&placed.stage.scenario, &placed.cluster);
    if let Some(why) = hindrance(state, Some(&cluster.name), &cluster.hosts) {
        return refuse(state, why);
    }
    let book = state.wizard.shelf.as_ref().and_then(|shelf| shelf.books.iter().find(|it| it.name == *name));
    let Some(scenario) = book.and_then(|book| book.scenario.as_ref().ok()).cloned() else {
        return refuse(state, format!("the scenario {name} has to be put right first"));
    };
    let first = rows.iter().find_map(|row| match row {
        LayoutRow::Stage(first) => Some(first.cluster.name.to_string()),
        LayoutRow::Role(_) => None,
    });
    let deployment = state.wizard.layout.as_ref().map(|it| it.deployment.name.clone()).unwrap_or_default();
    let layout = OfLayout { deployment, first: first.unwrap_or_default(), values: placed.values.clone() };
    let draft = Draft {
        scenario,
        hosts: cluster.hosts.clone(),
        cluster: Some(cluster.name.clone()),
        basis: Basis::New,
        layout: Some(layout),
    };
    form::begin(state, &draft, None)
}

/// Puts the keys on the first part without a cluster that needs one, else on the first stage that is not done.
fn seek_next(state: &mut State) {
    let clusters = state.entries();
    let (Some(layout), Some(shelf)) = (&mut state.wizard.layout, &state.wizard.shelf) else { return };
    let rows = layout.rows(&clusters);
    let comes_next = |row: &LayoutRow| match row {
        LayoutRow::Role(role) => {
            let is_needed = layout.deployment.roles.get(*role).is_some_and(|role| !role.is_optional);
            is_needed && layout.cluster(*role, &clusters).is_none()
        }
        LayoutRow::Stage(placed) => !shelf.is_done(placed),
    };
    let next = rows.iter().position(comes_next);
    layout.row = next.unwrap_or_else(|| rows.len().saturating_sub(1));
}
