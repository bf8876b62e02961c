//! One table over all clusters.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::table::{self, Focus, Heading};
use super::{Look, text};
use crate::app::{AuditLog, FleetView, State, Target};
use crate::model::clean;
use crate::tables::{Pane, Sorting};
use crate::theme::Role;

/// Draws the table under a line that says what it is of.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, fleet: &FleetView, look: &Look) {
    let shown = state.fleet_table(fleet);
    let width = usize::from(area.width.saturating_sub(2));
    let seen = state.clusters.iter().filter(|cluster| cluster.observation.picture.is_some()).count();
    let of = if fleet.pane == Pane::Audit {
        let path = &state.audit.path;
        if path.is_empty() { String::new() } else { format!(", {}", clean(path)) }
    } else {
        format!(" of {}", text::count(seen, "cluster"))
    };
    let mut left = vec![
        look.span(Role::Title, fleet.name()),
        look.span(Role::Muted, of),
        look.separator(),
        look.span(Role::Muted, format!("{} ", text::count(shown.rows.len(), "row"))),
    ];
    left.extend(table::narrowed(&shown, &fleet.list, look));
    let unseen = state.clusters.len() - seen;
    let lacking = match fleet.pane {
        Pane::Audit => audit_trouble(&state.audit).map(|words| look.span(Role::Warning, words)),
        _ if unseen == 0 => None,
        _ => Some(look.span(Role::Unknown, format!(" {} not seen yet", text::count(unseen, "cluster")))),
    };
    left.extend(lacking);
    let order = match fleet.list.sorting {
        Sorting::Told if fleet.pane == Pane::Audit => "newest first".to_owned(),
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

/// What keeps the audit log from being told in full.
fn audit_trouble(audit: &AuditLog) -> Option<String> {
    let unreadable = || {
        let lines = text::count(audit.unreadable, "line");
        (audit.unreadable > 0).then(|| format!(" {lines} can't be read"))
    };
    audit.trouble.as_ref().map(|trouble| format!(" {}", clean(trouble))).or_else(unreadable)
}

/// The row that is drawn at that cell.
pub(super) fn target_at(area: Rect, state: &State, fleet: &FleetView, at: Position) -> Option<Target> {
    let rows = state.fleet_table(fleet).rows.len();
    let row = table::row_at(FleetView::place(area), &fleet.list, at.y, rows)?;
    Some(Target::Row(fleet.pane, row))
}
