//! The keys of a view, as the keymap has them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use strum::IntoEnumIterator;

use super::{Look, operation, put, text};
use crate::app::{Action, Context, LayerKind, State};
use crate::theme::Role;

/// The least room for what a key does, beside its name.
const LEAST_DESCRIPTION: usize = 32;

/// Draws the keys of the view that lies under it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, scroll: usize, look: &Look) {
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Screen).patch(look.style(Role::Panel)));
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let lines = lines(state.layers.context_under(LayerKind::Panel), usize::from(inner.width), look);
    put(buffer, inner, &lines, scroll, look);
}

fn lines(context: Context, width: usize, look: &Look) -> Vec<Line<'static>> {
    let view = match context {
        Context::Cluster => "Keys inside a cluster",
        Context::Fleet => "Keys in a table over all clusters",
        Context::Wizard => "Keys of the scenarios",
        Context::Global | Context::Grid | Context::Panel | Context::Operation => "Keys in the grid",
    };
    let mut lines = vec![Line::from(look.span(Role::Title, view)), Line::default()];
    lines.extend(keys(context, width, look));
    lines.push(Line::default());
    let words = "The names are the words of the command line (:) and of keymap files.";
    lines.extend(operation::plain(words, Role::Muted, 0, width, look));
    lines.push(Line::default());
    lines.push(Line::from(look.span(Role::Title, "Signs")));
    lines.push(Line::default());
    lines.extend(signs(look));
    lines
}

/// The keys, the names and what they do: in columns or, where that leaves too little room, below each other.
fn keys(context: Context, width: usize, look: &Look) -> Vec<Line<'static>> {
    let is_here = |action: &Action| !action.is_of_wizard() || context == Context::Wizard;
    let keys = |action: Action| look.keymap.keys_for(context, action).join(", ");
    let all = Action::iter().filter(is_here).map(|action| (keys(action), action));
    let all: Vec<(String, Action)> = all.filter(|(keys, _)| !keys.is_empty()).collect();
    let key_room = all.iter().map(|(keys, _)| Span::raw(keys.as_str()).width()).max().unwrap_or(0) + 2;
    let name_room = all.iter().map(|(_, action)| action.name().len()).max().unwrap_or(0) + 2;
    let is_wide = key_room + name_room + LEAST_DESCRIPTION <= width;
    let indent = if is_wide { key_room + name_room } else { 4 };
    let mut lines = Vec::new();
    for (keys, action) in all {
        let mut head = vec![look.span(Role::Key, format!("{keys:<key_room$}"))];
        let mut parts = text::wrap(action.description(), width.saturating_sub(indent)).into_iter();
        if is_wide {
            head.push(look.span(Role::Text, format!("{:<name_room$}", action.name())));
            head.extend(parts.next().map(|part| look.span(Role::Muted, part)));
        } else {
            head = vec![look.span(Role::Key, keys), look.span(Role::Text, format!("  {}", action.name()))];
        }
        lines.push(Line::from(head));
        let rest =
            parts.map(|part| Line::from(vec![Span::raw(" ".repeat(indent)), look.span(Role::Muted, part)]));
        lines.extend(rest);
    }
    lines
}

/// What the signs mean.
fn signs(look: &Look) -> Vec<Line<'static>> {
    let glyphs = &look.glyphs;
    let rows = [
        ((glyphs.ok, Role::Ok), "healthy; a node that is online, a resource that runs"),
        ((glyphs.promoted, Role::Ok), "a resource that is promoted"),
        ((glyphs.warning, Role::Warning), "wants looking at"),
        ((glyphs.critical, Role::Critical), "broken; a node that is unclean and waits for fencing"),
        ((glyphs.unknown, Role::Unknown), "not known: nobody answers, or the answer can't be read"),
        ((glyphs.offline, Role::Critical), "a node that is offline, a resource that is stopped"),
        ((glyphs.standby, Role::Warning), "a node in standby"),
        ((glyphs.maintenance, Role::Warning), "a node in maintenance"),
        (
            (glyphs.pending, Role::Transient),
            "a node that is joining or leaving; a cluster whose first answer is awaited",
        ),
        ((glyphs.running, Role::Transient), "a step of a scenario that is under way"),
        ((glyphs.skipped, Role::Muted), "a step that was done already, or was left out"),
        (
            (glyphs.unseen, Role::Faint),
            "a node of which only the past is known; a step whose turn has not come",
        ),
    ];
    rows.into_iter()
        .map(|((glyph, role), words)| {
            Line::from(vec![look.span(role, glyph), Span::raw("  "), look.span(Role::Muted, words)])
        })
        .collect()
}
