//! How things stand in all: totals, the time, and the worst of it in words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Look, text};
use crate::app::{Order, State, View};
use crate::health::Health;
use crate::theme::Role;

/// Draws the two lines.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let width = usize::from(area.width.saturating_sub(2));
    let lines = [title(state, width, look), alerts(state, width, look)];
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        buffer.set_line(area.x + 1, y, &line, width as u16);
    }
}

/// How many clusters are how bad; nothing is said of a kind that does not occur.
pub(super) fn counts(state: &State, look: &Look) -> Vec<Span<'static>> {
    let totals = state.totals();
    let mut spans = Vec::new();
    for (count, health) in [
        (totals.critical, Health::Critical),
        (totals.warning, Health::Warning),
        (totals.unknown - totals.connecting, Health::Unknown),
        (totals.ok, Health::Ok),
    ] {
        let (glyph, role) = look.glyphs.health(health);
        if count > 0 {
            spans.push(look.span(role, format!("{glyph} {count}  ")));
        }
    }
    if totals.connecting > 0 {
        spans.push(look.span(Role::Muted, format!("{} {}  ", look.glyphs.pending, totals.connecting)));
    }
    spans
}

fn title(state: &State, width: usize, look: &Look) -> Line<'static> {
    let totals = state.totals();
    let mut left = vec![look.span(Role::Title, "quorate"), Span::raw("  ")];
    left.extend(counts(state, look));
    let scope = [
        text::count(state.clusters.len(), "cluster"),
        text::count(totals.nodes, "node"),
        text::count(totals.resources, "resource"),
    ];
    let mut right = in_hand(state, look);
    let time = state.now.to_zoned(look.zone.clone()).strftime("%H:%M:%S").to_string();
    right.push(look.span(Role::Muted, time));
    let scope = look.span(Role::Muted, format!(" {}", scope.join(&format!(" {} ", look.glyphs.dot))));
    let taken: usize = left.iter().chain([&scope]).chain(&right).map(Span::width).sum();
    // The age of saved pictures needs room, and half a line of totals says nothing.
    if width >= 70 && (!state.is_saved || taken < width) {
        left.push(scope);
    }
    if matches!(state.layers.view(), View::Grid) {
        if state.grid.order == Order::Worst {
            left.push(look.separator());
            left.push(look.span(Role::Key, "worst first"));
        }
        if !state.grid.filter.is_empty() && state.layers.prompt().is_none() {
            let shown = state.grid.shown(&state.clusters).len();
            left.push(look.separator());
            left.push(look.span(Role::Key, format!("“{}” {shown} shown", state.grid.filter)));
        }
    }
    look.sides(left, right, width)
}

/// What the person has in hand: marked rows, operations under way, and whether anything may be changed at all.
fn in_hand(state: &State, look: &Look) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let marked = state.marks.rows().len();
    if marked > 0 {
        spans.push(look.span(Role::Key, format!("{marked} marked  ")));
    }
    let mut running = state.operations.running();
    if let Some(job) = running.next() {
        let more = running.count();
        let others = if more > 0 { format!(" +{more}") } else { String::new() };
        let since = text::span_of(state.now.duration_since(job.since));
        let words = format!("{} {}{others} {since}  ", look.glyphs.pending, look.fit(&job.title(), 24));
        spans.push(look.span(Role::Transient, words));
    }
    if let Some(run) = state.wizard.under_way() {
        spans.extend(super::wizard::mark(run, state, look));
    }
    // Inside a cluster its own line tells.
    let one = state
        .cluster_in_hand()
        .filter(|cluster| state.layers.cluster().is_none() && state.is_locked(cluster));
    let words = match one {
        // A saved picture says so itself, and the counts need the room.
        _ if state.is_saved => None,
        _ if state.is_all_locked() => Some("read-only  ".to_owned()),
        one => one.map(|cluster| format!("{} read-only  ", look.fit(cluster.as_str(), 20))),
    };
    spans.extend(words.map(|words| look.span(Role::Note, words)));
    spans.extend(saved_words(state).map(|words| look.span(Role::Unknown, format!("{words}  "))));
    spans
}

/// That the clusters are saved pictures, and how old: `saved picture, 3 days old`, or `saved picture, file 2 hours old`
/// where the picture has no time of its own.
fn saved_words(state: &State) -> Option<String> {
    if !state.is_saved {
        return None;
    }
    let noun = if state.clusters.len() == 1 { "saved picture" } else { "saved pictures" };
    let dated = || state.clusters.iter().map(|cluster| &cluster.observation);
    let ages = || dated().filter_map(|observation| observation.age(state.now));
    let (Some(newest), Some(oldest)) = (ages().min(), ages().max()) else { return Some(noun.to_owned()) };
    let (newest, oldest) = (text::long_span_of(newest), text::long_span_of(oldest));
    let by_file = dated().filter(|observation| observation.is_dated_by_file).count();
    let noun = match by_file {
        1 if ages().count() == 1 => format!("{noun}, file"),
        _ if by_file == ages().count() => format!("{noun}, files"),
        // Each cluster's own line tells which.
        _ => format!("{noun},"),
    };
    Some(if newest == oldest {
        format!("{noun} {oldest} old")
    } else {
        format!("{noun} {newest} to {oldest} old")
    })
}

/// The worst finding of each cluster that has one, as many as there is room for.
fn alerts(state: &State, width: usize, look: &Look) -> Line<'static> {
    let alerts = state.alerts();
    if alerts.is_empty() {
        let waiting = state.totals().connecting;
        let words = if waiting > 0 {
            format!("asking {}{}", text::count(waiting, "cluster"), look.glyphs.ellipsis)
        } else if state.clusters.is_empty() {
            String::new()
        } else if state.is_saved {
            "every cluster was healthy when saved".to_owned()
        } else {
            "every cluster is healthy".to_owned()
        };
        return Line::from(look.span(Role::Muted, words));
    }
    let mut spans = Vec::new();
    let mut used = 0;
    for (nth, (cluster, finding)) in alerts.iter().enumerate() {
        let (glyph, role) = look.glyphs.severity(finding.severity);
        let words =
            format!("{glyph} {}: {}", cluster.entry.name, crate::model::text::clean(&finding.summary));
        let rest = alerts.len() - nth;
        let more = if rest > 1 { format!("+{} more", rest - 1).len() + 3 } else { 0 };
        let room = width.saturating_sub(used + more);
        // The first is always told, the others only whole.
        let words = if nth == 0 { look.fit(&words, room) } else { words };
        let wide = Span::raw(words.as_str()).width();
        if wide > room {
            spans.push(look.span(Role::Muted, format!("+{rest} more")));
            break;
        }
        used += wide + 3;
        spans.push(look.span(role, words));
        spans.push(Span::raw("   "));
    }
    Line::from(spans)
}
