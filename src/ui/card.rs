//! A card: all that is known of one thing, or why it is as it is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::glyphs::role_of;
use super::remedy::{self, Keys};
use super::{Look, markup, put, text};
use crate::app::{CardText, Context, OpenCard, State};
use crate::health::{Cause, Fix, NodeAnswer, Pull, Severity, Why};
use crate::tables::{Card, Fact, Mark, Tone, audit_card};
use crate::theme::Role;

/// From this width on a card leaves the list beside it in sight.
const WIDE: u16 = 120;
/// Labels are no wider than this.
const LABEL: usize = 26;

/// Draws a card over a view, at the right where there is room beside it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, card: &OpenCard, look: &Look) {
    let area = place(area);
    Clear.render(area, buffer);
    buffer.set_style(
        area,
        look.style(Role::Screen).patch(look.style(Role::Panel)).patch(look.style(Role::Text)),
    );
    buffer.set_style(area, look.style(Role::Panel));
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let width = usize::from(inner.width);
    let keys = Keys::new(look, state, &card.cluster, Context::Panel);
    let lines = match state.card_text(card) {
        CardText::Details(card) => details(&card, width, &keys),
        CardText::Deed(deed) => details(&audit_card(&deed, &look.zone), width, &keys),
        CardText::Why(why) => why_lines(&why, width, &keys),
        CardText::Gone => gone(card, width, look),
    };
    put(buffer, inner, &lines, card.scroll, look);
}

/// Where a panel stands: at the right, where there is room beside it.
pub(super) fn place(area: Rect) -> Rect {
    if area.width < WIDE {
        return area;
    }
    let width = (area.width / 2).clamp(70, 100);
    Rect { x: area.right() - width, width, ..area }
}

fn gone(card: &OpenCard, width: usize, look: &Look) -> Vec<Line<'static>> {
    let words =
        format!("Nothing is known of it in {} now: it is gone, or nothing can be said of it.", card.cluster);
    text::wrap(&words, width).into_iter().map(|line| Line::from(look.span(Role::Muted, line))).collect()
}

fn details(card: &Card, width: usize, keys: &Keys<'_>) -> Vec<Line<'static>> {
    let look = keys.look;
    let mut lines = vec![look.sides(
        vec![look.span(Role::Title, look.fit(&card.title, width * 2 / 3))],
        vec![look.span(Role::Muted, look.fit(&card.sort, width / 2))],
        width,
    )];
    for section in &card.sections {
        lines.push(Line::default());
        if !section.heading.is_empty() {
            lines.push(heading(section.heading, width, look));
        }
        let longest = section.facts.iter().map(|fact| Span::raw(fact.label.as_str()).width()).max();
        let label = longest.unwrap_or(0).min(LABEL).min(width / 3);
        for fact in &section.facts {
            lines.extend(fact_lines(fact, label, width, keys));
        }
    }
    lines
}

fn heading(words: &str, width: usize, look: &Look) -> Line<'static> {
    let rule = look.glyphs.rule.repeat(width.saturating_sub(words.len() + 1));
    Line::from(vec![look.span(Role::Heading, words.to_owned()), Span::raw(" "), look.span(Role::Faint, rule)])
}

fn fact_lines(fact: &Fact, label: usize, width: usize, keys: &Keys<'_>) -> Vec<Line<'static>> {
    let look = keys.look;
    if let Some(remedy) = &fact.remedy {
        return remedy::lines(remedy, width, keys, |_| true).into_iter().map(Line::from).collect();
    }
    if !fact.parts.is_empty() {
        return markup::wrapped(&fact.parts, fact.indent, width, look);
    }
    let indent = if label == 0 { 0 } else { label + 2 };
    let role = if fact.tone == Tone::Ok { Role::Text } else { role_of(fact.tone) };
    let words = look.fit(&fact.label, label);
    let blanks = indent.saturating_sub(Span::raw(words.as_str()).width());
    let mut lead = vec![look.span(Role::Muted, words), Span::raw(" ".repeat(blanks))];
    let mut lines = Vec::new();
    for part in text::wrap(&fact.text, width.saturating_sub(indent)) {
        let mut spans = std::mem::replace(&mut lead, vec![Span::raw(" ".repeat(indent))]);
        spans.push(look.span(role, part));
        lines.push(Line::from(spans));
    }
    lines
}

fn why_lines(why: &Why, width: usize, keys: &Keys<'_>) -> Vec<Line<'static>> {
    let look = keys.look;
    let mut lines: Vec<Line<'static>> = text::wrap(&why.question, width)
        .into_iter()
        .map(|line| Line::from(look.span(Role::Title, line)))
        .collect();
    if let Some(as_of) = &why.as_of {
        lines.extend(
            text::wrap(as_of, width).into_iter().map(|line| Line::from(look.span(Role::Unknown, line))),
        );
    }
    for (nth, cause) in why.causes.iter().enumerate() {
        lines.push(Line::default());
        // A key carries out the first cause's fix of its kind.
        let above: Vec<&Fix> = why.causes.iter().take(nth).flat_map(|cause| cause.remedy.fixes()).collect();
        lines.extend(cause_lines(cause, width, keys, &above));
    }
    if !why.nodes.is_empty() {
        lines.push(Line::default());
        lines.push(heading("node by node", width, look));
        let names = why.nodes.iter().map(|answer| Span::raw(answer.node.as_str()).width()).max();
        let names = names.unwrap_or(0).min(20);
        lines.extend(why.nodes.iter().flat_map(|answer| node_lines(answer, names, width, look)));
    }
    lines
}

fn cause_lines(cause: &Cause, width: usize, keys: &Keys<'_>, above: &[&Fix]) -> Vec<Line<'static>> {
    let look = keys.look;
    let (glyph, role) = look.glyphs.severity(cause.severity);
    let words = if cause.severity == Severity::Note { Role::Text } else { role };
    let mut lines = Vec::new();
    for (nth, part) in text::wrap(&cause.summary, width.saturating_sub(2)).into_iter().enumerate() {
        let sign = if nth == 0 { glyph } else { " " };
        lines.push(Line::from(vec![look.span(role, sign), Span::raw(" "), look.span(words, part)]));
    }
    for fact in &cause.evidence {
        for part in text::wrap(fact, width.saturating_sub(2)) {
            lines.push(Line::from(vec![Span::raw("  "), look.span(Role::Muted, part)]));
        }
    }
    let has_key = |fix: &Fix| !above.iter().any(|other| other.is_like(fix));
    let remedy = remedy::lines(&cause.remedy, width.saturating_sub(4), keys, has_key);
    for (nth, part) in remedy.into_iter().enumerate() {
        let lead = if nth == 0 { format!("  {} ", look.glyphs.arrow) } else { "    ".to_owned() };
        lines.push(std::iter::once(look.span(Role::Key, lead)).chain(part).collect::<Line<'_>>());
    }
    lines
}

/// The node with what the resource does there, and beside it what speaks for and against it.
fn node_lines(answer: &NodeAnswer, names: usize, width: usize, look: &Look) -> Vec<Line<'static>> {
    let never = answer.reasons.iter().any(|reason| reason.pull == Pull::Never);
    let (mark, tone, word) = match (&answer.role, never) {
        (Some(role), _) => (Mark::Ok, Tone::Ok, role.word().to_lowercase()),
        (None, true) => (Mark::Critical, Tone::Critical, "can't".to_owned()),
        (None, false) => (Mark::Off, Tone::Muted, "could".to_owned()),
    };
    let name = look.fit(answer.node.as_str(), names);
    let blanks = " ".repeat(names.saturating_sub(Span::raw(name.as_str()).width()));
    let lead = vec![
        look.span(role_of(tone), look.glyphs.mark(mark)),
        Span::raw(" "),
        look.span(Role::Text, name + &blanks),
        look.span(Role::Muted, format!("  {word:<10} ")),
    ];
    let indent: usize = lead.iter().map(Span::width).sum();
    let mut lead = Some(lead);
    let mut lines = Vec::new();
    for reason in &answer.reasons {
        let (sign, role) = match reason.pull {
            Pull::Never => (look.glyphs.critical, Role::Critical),
            Pull::Against => ("-", Role::Warning),
            Pull::For => ("+", Role::Ok),
            Pull::Fact => (" ", Role::Muted),
        };
        let mut sign = format!("{sign} ");
        for part in text::wrap(&reason.words, width.saturating_sub(indent + 2)) {
            let mut spans = lead.take().unwrap_or_else(|| vec![Span::raw(" ".repeat(indent))]);
            spans.push(look.span(role, std::mem::replace(&mut sign, "  ".to_owned())));
            spans.push(look.span(if reason.pull == Pull::Fact { Role::Muted } else { Role::Text }, part));
            lines.push(Line::from(spans));
        }
    }
    lines.extend(lead.map(Line::from));
    lines
}
