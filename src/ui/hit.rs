//! What the mouse was pressed on.

use ratatui::layout::{Position, Rect};

use super::grid::Viewport;
use super::{Look, cluster, fleet, footer, operation, wizard};
use crate::app::{Layer, State, Target};

/// What is drawn in that cell, if pressing it does anything.
pub fn target_at(state: &State, look: &Look, column: u16, row: u16) -> Option<Target> {
    if state.is_unseen() {
        return None;
    }
    let regions = state.regions();
    let at = Position::new(column, row);
    if regions.footer.contains(at) {
        let is_covered =
            state.layers.prompt().is_some() || state.pending.is_some() || !state.notices.is_empty();
        let hints = if is_covered { Vec::new() } else { footer::hints(regions.footer, state, look) };
        return hints
            .into_iter()
            .find(|(x, _, spans)| {
                let width: usize = spans.iter().map(ratatui::text::Span::width).sum();
                (*x..*x + width as u16).contains(&column)
            })
            .map(|(_, action, _)| Target::Hint(action));
    }
    if footer::box_above(regions.footer, state).contains(at) {
        return None;
    }
    let middle = super::middle(&regions);
    let body = regions.body;
    match state.layers.front() {
        Layer::Panel(panel) => operation::target_at(middle, state, panel, look, at),
        Layer::Ask(ask) => wizard::answer_at(middle, state, ask, look, at),
        Layer::Scenarios(page) => wizard::target_at(middle, state, page, look, at),
        _ if !body.contains(at) => None,
        Layer::Cluster(view) => cluster::target_at(body, state, view, state.cluster(&view.name)?, look, at),
        Layer::Fleet(fleet) => fleet::target_at(body, state, fleet, at),
        Layer::Grid | Layer::Prompt(_) => cluster_at(body, state, at),
    }
}

/// The cluster of the grid that is drawn at that cell.
fn cluster_at(body: Rect, state: &State, at: Position) -> Option<Target> {
    let arrangement = state.arrangement();
    let view = Viewport::of(body, state, &arrangement);
    let height = arrangement.density.height();
    arrangement
        .places()
        .find(|place| view.rect(*place, height).is_some_and(|rect| rect.contains(at)))
        .map(|place| Target::Cluster(state.clusters[place.cluster].entry.name.clone()))
}
