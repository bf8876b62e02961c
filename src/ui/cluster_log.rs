//! The line over a cluster's log: whose it is, and whether it comes in.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Look, table, text};
use crate::app::{ListView, LogStatus, LogView};
use crate::tables::Table;
use crate::theme::Role;

/// Draws the line just above a table's place.
pub(super) fn draw_status(
    buffer: &mut Buffer,
    place: Rect,
    log: &LogView,
    (shown, list): (&Table, &ListView),
    now: Timestamp,
    look: &Look,
) {
    let Some(y) = place.y.checked_sub(1) else { return };
    let mut left = status(&log.status, now, look);
    left.push(Span::raw(" "));
    left.extend(table::narrowed(shown, list, look));
    let right = match log.behind() {
        Some(0) => look.span(Role::Warning, "paused; end follows it again"),
        Some(behind) => look.span(Role::Warning, format!("paused, {behind} new; end follows it again")),
        None => Span::raw(""),
    };
    let line = look.sides(left, vec![right], usize::from(place.width));
    buffer.set_line(place.x, y, &line, place.width);
}

fn status(status: &LogStatus, now: Timestamp, look: &Look) -> Vec<Span<'static>> {
    let glyphs = &look.glyphs;
    let name = |host: &crate::model::HostName| crate::model::clean(host.as_str());
    match status {
        LogStatus::Idle => vec![look.span(Role::Muted, "the log is about to be asked for")],
        LogStatus::Saved => vec![look.span(Role::Muted, "no log: this is a saved picture")],
        LogStatus::Asking(host) => {
            vec![look.span(Role::Transient, format!("{} asking {} for its log", glyphs.pending, name(host)))]
        }
        LogStatus::Following { host, source } => vec![
            look.span(Role::Ok, format!("{} ", glyphs.ok)),
            look.span(Role::Text, format!("following {}", name(host))),
            look.span(Role::Muted, format!(", {source}")),
        ],
        LogStatus::Lost { host, why, retry_at } => {
            let left = retry_at.duration_since(now).max(jiff::SignedDuration::ZERO);
            let again = format!(" Again in {}.", text::span_of(left));
            // Most reasons name their host themselves.
            let who = if why.contains(&name(host)) { String::new() } else { format!("{}: ", name(host)) };
            vec![
                look.span(Role::Unknown, format!("{} {who}{why}", glyphs.unknown)),
                look.span(Role::Muted, again),
            ]
        }
    }
}
