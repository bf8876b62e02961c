//! The keys of a view, as the keymap has them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use strum::IntoEnumIterator;

use super::Look;
use crate::app::{Action, Context, LayerKind, State};
use crate::theme::Role;

/// Draws the keys of the view that lies under it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, scroll: usize, look: &Look) {
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Screen).patch(look.style(Role::Panel)));
    let lines = lines(state.layers.context_under(LayerKind::Panel), look);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.top()..inner.bottom()).zip(lines.iter().skip(scroll)) {
        buffer.set_line(inner.x, y, line, inner.width);
    }
    let below = lines.len().saturating_sub(scroll + usize::from(inner.height));
    if below > 0 {
        let words = format!(" {below} more below ");
        let x = inner.right().saturating_sub(words.len() as u16);
        buffer.set_span(x, inner.bottom() - 1, &look.span(Role::Key, words), inner.width);
    }
}

fn lines(context: Context, look: &Look) -> Vec<Line<'static>> {
    let view = match context {
        Context::Cluster => "Keys inside a cluster",
        Context::Fleet => "Keys in a table over all clusters",
        Context::Wizard => "Keys of the scenarios",
        Context::Global | Context::Grid | Context::Panel | Context::Operation => "Keys in the grid",
    };
    let mut lines = vec![Line::from(look.span(Role::Title, view)), Line::default()];
    for action in Action::iter() {
        let keys = look.keymap.keys_for(context, action);
        let is_elsewhere = action.is_of_wizard() && context != Context::Wizard;
        if keys.is_empty() || is_elsewhere {
            continue;
        }
        lines.push(Line::from(vec![
            look.span(Role::Key, format!("{:<16}", keys.join(", "))),
            look.span(Role::Text, format!("{:<18}", action.name())),
            look.span(Role::Muted, action.description()),
        ]));
    }
    lines.push(Line::default());
    lines.push(Line::from(
        look.span(Role::Muted, "The names are the words of the command line (:) and of keymap files."),
    ));
    lines.push(Line::default());
    lines.push(Line::from(look.span(Role::Title, "Signs")));
    lines.push(Line::default());
    lines.extend(signs(look));
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
