//! What the mouse was pressed on.

use ratatui::layout::Position;

use super::grid::Viewport;
use super::{Look, cluster, fleet, footer, operation, wizard};
use crate::app::{LEAST_SIZE, State, Target};

/// What is drawn in that cell, if pressing it does anything.
pub fn target_at(state: &State, look: &Look, column: u16, row: u16) -> Option<Target> {
    let (columns, rows) = state.size;
    if columns < LEAST_SIZE.0 || rows < LEAST_SIZE.1 {
        return None;
    }
    let regions = state.regions();
    let at = Position::new(column, row);
    if regions.footer.contains(at) {
        let is_covered = state.prompt.is_some() || state.pending.is_some() || !state.notices.is_empty();
        let hints = if is_covered { Vec::new() } else { footer::hints(regions.footer, state, look) };
        return hints
            .into_iter()
            .find(|(x, _, spans)| {
                let width: usize = spans.iter().map(ratatui::text::Span::width).sum();
                (*x..*x + width as u16).contains(&column)
            })
            .map(|(_, action, _)| Target::Hint(action));
    }
    let middle = super::middle(&regions);
    match (&state.panel, &state.wizard.page) {
        (Some(panel), _) => return operation::target_at(middle, state, panel, look, at),
        (None, Some(page)) => return wizard::target_at(middle, state, page, look, at),
        (None, None) if !regions.body.contains(at) => return None,
        (None, None) => {}
    }
    if let Some((view, opened)) = state.opened() {
        return cluster::target_at(regions.body, state, view, opened, look, at);
    }
    if let Some(fleet) = &state.fleet {
        return fleet::target_at(regions.body, state, fleet, at);
    }
    let arrangement = state.arrangement();
    let view = Viewport::of(regions.body, state, &arrangement);
    let height = arrangement.density.height();
    arrangement
        .places()
        .find(|place| view.rect(*place, height).is_some_and(|rect| rect.contains(at)))
        .map(|place| Target::Cluster(state.clusters[place.cluster].entry.name.clone()))
}
