//! The last line: keys, a notice, or what is being typed.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::Look;
use crate::app::{Action, Letters, NoticeLevel, Prompt, PromptKind, State};
use crate::theme::Role;

/// How many completions are shown above the command line.
const CANDIDATES: usize = 8;

/// Draws the line and what stands above it.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, look: &Look) {
    if let Some(prompt) = state.layers.prompt() {
        draw_prompt(frame, area, state, prompt, look);
        return;
    }
    let buffer = frame.buffer_mut();
    if let Some(pending) = &state.pending {
        draw_columns(buffer, area, &pending.next, look);
        let (height, columns, ..) = columns_of(area, &pending.next);
        let hidden = pending.next.len().saturating_sub(height * columns);
        let more = if hidden > 0 { format!("{hidden} more don't fit: see the help") } else { String::new() };
        let line = look.sides(
            vec![look.span(Role::Key, pending.typed.clone())],
            vec![look.span(Role::Note, more)],
            usize::from(area.width.saturating_sub(2)),
        );
        buffer.set_line(area.x + 1, area.y, &line, area.width);
        return;
    }
    if let Some((notice, _)) = state.notices.front() {
        let (role, hint) = match notice.level {
            NoticeLevel::Info => (Role::Note, ""),
            NoticeLevel::Error => (Role::Critical, "any key"),
        };
        let width = usize::from(area.width.saturating_sub(2));
        let line = look.sides(
            vec![look.span(role, crate::model::text::clean(&notice.text))],
            vec![look.span(Role::Muted, hint)],
            width,
        );
        buffer.set_line(area.x + 1, area.y, &line, area.width);
        return;
    }
    for (x, _, spans) in hints(area, state, look) {
        buffer.set_line(x, area.y, &Line::from(spans), area.right() - x);
    }
}

/// Every hint that has room: where it stands, what it does, its words. Actions without a key are left out.
pub(super) fn hints(area: Rect, state: &State, look: &Look) -> Vec<(u16, Action, Vec<Span<'static>>)> {
    let context = state.context();
    let mut x = area.x + 1;
    let mut hints = Vec::new();
    for &action in state.hints().iter().filter(|&&action| state.refusal(action).is_none()) {
        let mut keys = look.keymap.keys_for(context, action).into_iter();
        let key = match state.letters() {
            Letters::Field => key_while_typing(action).map(str::to_owned),
            Letters::Form => keys.find(|key| !begins_with_a_letter(key)),
            Letters::Command => keys.next(),
        };
        let Some(key) = key else { continue };
        let spans =
            vec![look.span(Role::Key, key), look.span(Role::Muted, format!(" {}", state.label(action)))];
        let width: usize = spans.iter().map(Span::width).sum();
        if x + width as u16 >= area.right() {
            break;
        }
        hints.push((x, action, spans));
        x += width as u16 + 3;
    }
    hints
}

/// Whether the first of these keys would be taken for text in a form.
fn begins_with_a_letter(keys: &str) -> bool {
    keys.split(' ').next().is_none_or(|key| key.chars().count() == 1)
}

/// The key for it while letters are typed: what the keymap has is taken for a letter.
const fn key_while_typing(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Open => "enter",
        Action::Back => "esc",
        Action::NextPane => "tab",
        Action::PreviousPane => "shift-tab",
        _ => return None,
    })
}

/// How much the filter leaves of what it narrows.
fn shown(state: &State) -> String {
    if state.layers.page().is_some() {
        return format!("{} shown", state.wizard.rows().len());
    }
    state.listed().map_or_else(
        || format!("{} of {} shown", state.grid.shown(&state.clusters).len(), state.clusters.len()),
        |(_, table)| format!("{} shown", table.rows.len()),
    )
}

fn draw_prompt(frame: &mut Frame<'_>, area: Rect, state: &State, prompt: &Prompt, look: &Look) {
    let (sign, hint) = match prompt.kind {
        PromptKind::Filter => ("/", format!("{}   enter keep   esc clear", shown(state))),
        PromptKind::Command => (":", "tab complete   enter run   esc leave".to_owned()),
    };
    if prompt.kind == PromptKind::Command {
        let rows: Vec<(String, String)> = prompt
            .candidates
            .iter()
            .map(|candidate| (candidate.line.clone(), candidate.description.clone()))
            .collect();
        draw_box(frame.buffer_mut(), area, &rows, prompt.chosen, look);
    }
    let buffer = frame.buffer_mut();
    let width = usize::from(area.width.saturating_sub(2));
    let hint = if width > 60 { hint } else { String::new() };
    let room = width.saturating_sub(hint.len() + 3).max(8);
    let scroll = prompt.input.visual_scroll(room);
    let text: String = prompt.text().chars().skip(scroll).collect();
    let line = look.sides(
        vec![look.span(Role::Key, sign), look.span(Role::Input, text)],
        vec![look.span(Role::Muted, hint)],
        width,
    );
    buffer.set_line(area.x + 1, area.y, &line, area.width);
    let cursor = area.x + 2 + (prompt.input.visual_cursor().saturating_sub(scroll)) as u16;
    frame.set_cursor_position(Position::new(cursor.min(area.right().saturating_sub(1)), area.y));
}

/// The box that lies over what is above the last line; empty where there is none.
pub(super) fn box_above(footer: Rect, state: &State) -> Rect {
    let height = match (state.layers.prompt(), &state.pending) {
        (Some(prompt), _) if prompt.kind == PromptKind::Command => {
            prompt.candidates.len().min(CANDIDATES).min(usize::from(footer.y))
        }
        (Some(_), _) | (None, None) => 0,
        (None, Some(pending)) => columns_of(footer, &pending.next).0,
    };
    Rect { y: footer.y - height as u16, height: height as u16, ..footer }
}

/// How high, how many and how wide the columns of such a box are, and how wide its keys.
fn columns_of(footer: Rect, rows: &[(String, String)]) -> (usize, usize, usize, usize) {
    let cells = |words: &str| Span::raw(words).width();
    let keys = rows.iter().map(|(key, _)| cells(key)).max().unwrap_or(0);
    let longest = rows.iter().map(|(_, does)| cells(does)).max().unwrap_or(0);
    let wide = (keys + longest + 4).max(1);
    let columns = (usize::from(footer.width) / wide).max(1);
    (rows.len().div_ceil(columns).min(usize::from(footer.y)), columns, wide, keys)
}

/// A box above the last line with what can follow, beside each other where there is room.
fn draw_columns(buffer: &mut Buffer, footer: Rect, rows: &[(String, String)], look: &Look) {
    let (height, columns, wide, keys) = columns_of(footer, rows);
    if height == 0 {
        return;
    }
    let area = Rect { y: footer.y - height as u16, height: height as u16, ..footer };
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Screen).patch(look.style(Role::Panel)));
    for (nth, (key, does)) in rows.iter().enumerate().take(height * columns) {
        let x = area.x + (nth / height * wide) as u16;
        let line = Line::from(vec![
            look.span(Role::Key, format!(" {key:<keys$}")),
            look.span(Role::Muted, format!("  {does}")),
        ]);
        buffer.set_line(x, area.y + (nth % height) as u16, &line, area.right().saturating_sub(x));
    }
}

/// A box above the last line with a word and what it does in each row.
fn draw_box(
    buffer: &mut Buffer,
    footer: Rect,
    rows: &[(String, String)],
    chosen: Option<usize>,
    look: &Look,
) {
    let height = rows.len().min(CANDIDATES).min(usize::from(footer.y));
    if height == 0 {
        return;
    }
    let first = chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(height));
    let words = rows.iter().map(|(word, _)| Span::raw(word.as_str()).width()).max().unwrap_or(0);
    let area = Rect { y: footer.y - height as u16, height: height as u16, ..footer };
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Screen).patch(look.style(Role::Panel)));
    for (y, (nth, (word, does))) in (area.top()..).zip(rows.iter().enumerate().skip(first).take(height)) {
        let line = Line::from(vec![
            look.span(Role::Key, format!(" {word:<words$}")),
            look.span(Role::Muted, format!("  {does}")),
        ]);
        let surplus = rows.len() - height;
        let right =
            if nth + 1 == first + height && surplus > 0 { format!("{surplus} more ") } else { String::new() };
        let line = look.sides(line.spans, vec![look.span(Role::Faint, right)], usize::from(area.width));
        buffer.set_line(area.x, y, &line, area.width);
        if chosen == Some(nth) {
            buffer.set_style(Rect { y, height: 1, ..area }, look.style(Role::Selection));
        }
    }
}
