//! One table over all clusters.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::table::{self, Focus, Heading};
use super::{Look, text};
use crate::app::{FleetView, State, Target};
use crate::tables::Sorting;
use crate::theme::Role;

/// Draws the table under a line that says what it is of.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, fleet: &FleetView, look: &Look) {
    let shown = state.fleet_table(fleet);
    let width = usize::from(area.width.saturating_sub(2));
    let seen = state.clusters.iter().filter(|cluster| cluster.observation.picture.is_some()).count();
    let of = text::count(seen, "cluster");
    let mut left = vec![
        look.span(Role::Title, fleet.name()),
        look.span(Role::Muted, format!(" of {of}")),
        look.separator(),
        look.span(Role::Muted, format!("{} ", text::count(shown.rows.len(), "row"))),
    ];
    left.extend(table::narrowed(&shown, &fleet.list, look));
    let unseen = state.clusters.len() - seen;
    if unseen > 0 {
        left.push(look.span(Role::Unknown, format!(" {} not seen yet", text::count(unseen, "cluster"))));
    }
    let order = match fleet.list.sorting {
        Sorting::Told => "in the order of the clusters".to_owned(),
        Sorting::Worst => "worst first".to_owned(),
        Sorting::Column(column) => {
            let heading = shown.columns.get(column).map_or("", |column| column.heading.text.as_str());
            format!("by {}", if heading.is_empty() { "state" } else { heading })
        }
    };
    let order = if fleet.list.is_reversed { format!("{order}, reversed") } else { order };
    let line = look.sides(left, vec![Span::styled(order, look.style(Role::Muted))], width);
    buffer.set_line(area.x + 1, area.y, &line, area.width);
    let area = FleetView::place(area);
    table::draw(buffer, area, &shown, &fleet.list, (Heading::Columns, Focus::Here), look);
    table::draw_marks(buffer, area, &shown, &fleet.list, &state.marks, look);
}

/// The row that is drawn at that cell.
pub(super) fn target_at(area: Rect, state: &State, fleet: &FleetView, at: Position) -> Option<Target> {
    let rows = state.fleet_table(fleet).rows.len();
    let row = table::row_at(FleetView::place(area), &fleet.list, at.y, rows)?;
    Some(Target::Row(fleet.pane, row))
}
