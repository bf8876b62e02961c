//! XML with its parts told apart.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use super::Look;
use crate::tables::{Ink, Part};
use crate::theme::Role;

const fn role_of(ink: Ink) -> Role {
    match ink {
        Ink::Punctuation => Role::Faint,
        Ink::Element => Role::Note,
        Ink::Attribute | Ink::Hidden => Role::Muted,
        Ink::Value => Role::Text,
        Ink::Name => Role::Title,
    }
}

/// The parts beside each other, cut to `width` cells.
pub(super) fn spans(parts: &[Part], width: usize, look: &Look) -> Vec<Span<'static>> {
    let spans = parts.iter().map(|part| look.span(role_of(part.ink), part.text.clone()));
    let whole: Vec<Span<'static>> = spans.collect();
    super::text::sides(whole, Vec::new(), width, look.glyphs.ellipsis).spans
}

/// The parts on as many lines as they need: those after the first stand two cells further right, which are `indent`
/// cells from the left.
pub(super) fn wrapped(parts: &[Part], indent: usize, width: usize, look: &Look) -> Vec<Line<'static>> {
    let indent = indent.min(width / 2);
    let mut lines = Vec::new();
    let mut line = vec![Span::raw(" ".repeat(indent))];
    let mut used = indent;
    for part in parts {
        let mut text = String::new();
        for letter in part.text.chars() {
            let wide = letter.width().unwrap_or(0);
            if used + wide > width {
                line.push(look.span(role_of(part.ink), std::mem::take(&mut text)));
                lines.push(Line::from(std::mem::take(&mut line)));
                line.push(Span::raw(" ".repeat((indent + 2).min(width / 2))));
                used = (indent + 2).min(width / 2);
            }
            text.push(letter);
            used += wide;
        }
        line.push(look.span(role_of(part.ink), text));
    }
    lines.push(Line::from(line));
    lines
}
