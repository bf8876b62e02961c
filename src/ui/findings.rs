//! What is wrong, why, and what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::remedy::{self, Keys};
use super::{Look, text};
use crate::app::{ClusterState, State};
use crate::health::Finding;
use crate::model::Contact;
use crate::theme::Role;

/// How many lines of evidence a finding shows in the panel.
const EVIDENCE: usize = 4;

/// Draws the findings of the selected cluster beside or under the grid.
pub(super) fn draw_panel(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let beside = area.y < state.size.1 / 2 && area.x > 0;
    let inner = if beside { frame_left(buffer, area, look) } else { frame_top(buffer, area, look) };
    let Some(cluster) = state.selected() else { return };
    let lines = panel_lines(state, cluster, usize::from(inner.width), look);
    let room = usize::from(inner.height);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        buffer.set_line(inner.x, y, line, inner.width);
    }
    if lines.len() > room && room > 0 {
        let words = look.span(Role::Key, format!("{} more lines: enter", lines.len() - room + 1));
        let y = inner.bottom() - 1;
        buffer.set_style(Rect { y, height: 1, ..inner }, look.style(Role::Text));
        buffer.set_line(
            inner.x,
            y,
            &look.sides(vec![words], Vec::new(), usize::from(inner.width)),
            inner.width,
        );
    }
}

/// A thin line at the left: the least that keeps two texts apart.
fn frame_left(buffer: &mut Buffer, area: Rect, look: &Look) -> Rect {
    let bar = if look.glyphs.rule == "-" { "|" } else { "│" };
    for y in area.top()..area.bottom() {
        buffer.set_span(area.x + 1, y, &look.span(Role::Border, bar), 1);
    }
    Rect { x: area.x + 3, width: area.width.saturating_sub(4), ..area }
}

fn frame_top(buffer: &mut Buffer, area: Rect, look: &Look) -> Rect {
    let rule = look.glyphs.rule.repeat(usize::from(area.width.saturating_sub(2)));
    buffer.set_span(area.x + 1, area.y, &look.span(Role::Border, rule), area.width);
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    }
}

fn panel_lines(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Vec<Line<'static>> {
    let (glyph, role) = look.glyphs.health(cluster.health);
    let lasted = text::span_of(state.now.duration_since(cluster.since));
    let word = match (&cluster.observation.contact, cluster.health) {
        (Contact::Connecting, _) => "awaiting the first answer".to_owned(),
        (Contact::Saved, health) if cluster.observation.confirmed.is_none() => health.to_string(),
        (Contact::Saved, crate::health::Health::Ok) => "healthy when saved".to_owned(),
        (Contact::Saved, health) => format!("{health} when saved"),
        (_, crate::health::Health::Ok) => format!("healthy for {lasted}"),
        (_, health) => format!("{health} for {lasted}"),
    };
    let mut lines = vec![look.sides(
        vec![
            look.span(role, glyph),
            Span::raw(" "),
            look.span(Role::Title, look.fit(cluster.entry.name.as_str(), width / 2)),
        ],
        vec![look.span(Role::Muted, word)],
        width,
    )];
    lines.push(Line::default());
    if cluster.findings.is_empty() {
        lines.push(Line::from(look.span(Role::Muted, "Nothing is wrong.")));
    }
    // The focus is on the cluster, not on a finding: a key would act on nothing here.
    let keys = Keys::none(look);
    for finding in &cluster.findings {
        lines.extend(finding_lines(finding, width, EVIDENCE, &keys));
        lines.push(Line::default());
    }
    lines
}

/// A finding in full: what, the facts it rests on, what to do.
pub(super) fn finding_lines(
    finding: &Finding,
    width: usize,
    evidence: usize,
    keys: &Keys<'_>,
) -> Vec<Line<'static>> {
    let look = keys.look;
    let (glyph, role) = look.glyphs.severity(finding.severity);
    let mut lines = Vec::new();
    for (nth, part) in text::wrap(&finding.summary, width.saturating_sub(2)).into_iter().enumerate() {
        let sign = if nth == 0 { glyph } else { " " };
        lines.push(Line::from(vec![look.span(role, sign), Span::raw(" "), look.span(role, part)]));
    }
    let surplus = finding.evidence.len().saturating_sub(evidence);
    for fact in finding.evidence.iter().take(evidence) {
        for part in text::wrap(fact, width.saturating_sub(2)) {
            lines.push(Line::from(vec![Span::raw("  "), look.span(Role::Muted, part)]));
        }
    }
    if surplus > 0 {
        lines.push(Line::from(look.span(Role::Faint, format!("  {surplus} more"))));
    }
    let remedy = remedy::lines(&finding.remedy, width.saturating_sub(4), keys, |_| true);
    for (nth, part) in remedy.into_iter().enumerate() {
        let lead = if nth == 0 {
            look.span(Role::Key, format!("  {} ", look.glyphs.arrow))
        } else {
            Span::raw("    ")
        };
        lines.push(std::iter::once(lead).chain(part).collect::<Line<'_>>());
    }
    lines
}
