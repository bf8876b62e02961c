//! Any table: headings, rows, what is selected, and how much more there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::glyphs::role_of;
use super::{Look, markup, text};
use crate::app::{ListView, Marks};
use crate::tables::{Align, Cell, Column, GAP, Row, Table, Width, widths};
use crate::theme::Role;

/// What stands on the line above the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    /// The names of the columns.
    Columns,
    /// The name of the pane: the columns explain themselves.
    Pane(&'static str),
}

/// Whether the keys go to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// They do.
    Here,
    /// They go elsewhere.
    Elsewhere,
}

/// Draws a table and its heading.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    table: &Table,
    list: &ListView,
    (heading, focus): (Heading, Focus),
    look: &Look,
) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let widths = widths(table, usize::from(area.width), list.skipped);
    let line = match heading {
        Heading::Columns => columns_line(table, &widths, list, look),
        Heading::Pane(name) => pane_line(name, table, list, focus, usize::from(area.width), look),
    };
    buffer.set_line(area.x, area.y, &line, area.width);
    draw_hidden(buffer, area, table, &widths, look);
    let rows = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if table.rows.is_empty() {
        let words =
            if list.filter.is_empty() { table.empty } else { "Nothing matches. Esc shows all of it again." };
        if rows.height > 0 {
            let line = look.fit(words, usize::from(rows.width));
            buffer.set_span(rows.x, rows.y, &look.span(Role::Muted, line), rows.width);
        }
        return;
    }
    for (y, (nth, row)) in (rows.top()..rows.bottom()).zip(table.rows.iter().enumerate().skip(list.scroll)) {
        buffer.set_line(rows.x, y, &row_line(table, row, &widths, look), rows.width);
        if focus == Focus::Here && nth == list.row {
            mark_selected(buffer, Rect { y, height: 1, ..rows }, look);
        }
    }
    mark_column(buffer, area, table, &widths, list, look);
    draw_more(buffer, rows, table.rows.len().saturating_sub(list.scroll + usize::from(rows.height)), look);
}

/// Draws the signs of the marked rows at the left of them.
pub(super) fn draw_marks(
    buffer: &mut Buffer,
    area: Rect,
    table: &Table,
    list: &ListView,
    marks: &Marks,
    look: &Look,
) {
    let Some(left) = area.x.checked_sub(1) else { return };
    let rows = area.y.saturating_add(1)..area.bottom();
    for (y, row) in rows.zip(table.rows.iter().skip(list.scroll)) {
        if marks.holds(row) {
            buffer.set_span(left, y, &look.span(Role::Key, look.glyphs.marked), 1);
        }
    }
}

/// The row of a table that is drawn on that line.
pub(super) fn row_at(area: Rect, list: &ListView, y: u16, rows: usize) -> Option<usize> {
    let row = usize::from(y.checked_sub(area.y + 1)?) + list.scroll;
    (y < area.bottom() && row < rows).then_some(row)
}

/// The heading of a pane with a rule, and what narrows it.
pub(super) fn pane_line(
    name: &str,
    table: &Table,
    list: &ListView,
    focus: Focus,
    width: usize,
    look: &Look,
) -> Line<'static> {
    let role = if focus == Focus::Here { Role::Title } else { Role::Heading };
    let mut spans = vec![look.span(role, name), Span::raw(" ")];
    spans.extend(narrowed(table, list, look));
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(look.span(Role::Faint, look.glyphs.rule.repeat(width.saturating_sub(used))));
    Line::from(spans)
}

/// The filter and how many rows it leaves; nothing without one.
pub(super) fn narrowed(table: &Table, list: &ListView, look: &Look) -> Vec<Span<'static>> {
    if list.filter.is_empty() {
        return Vec::new();
    }
    let words = format!("“{}” {} shown ", look.fit(&list.filter, 20), table.rows.len());
    vec![look.span(Role::Key, words)]
}

fn mark_selected(buffer: &mut Buffer, rect: Rect, look: &Look) {
    buffer.set_style(rect, look.style(Role::Selection));
    if let Some(left) = rect.x.checked_sub(1) {
        buffer.set_span(left, rect.y, &look.span(Role::Title, look.glyphs.cursor), 1);
    }
}

/// Marks the selected column, its heading the most.
fn mark_column(
    buffer: &mut Buffer,
    area: Rect,
    table: &Table,
    widths: &[usize],
    list: &ListView,
    look: &Look,
) {
    let Some(column) = list.column(table) else { return };
    let width = widths.get(column).copied().unwrap_or(0);
    if width == 0 {
        return;
    }
    let before: usize = widths.iter().take(column).filter(|width| **width > 0).map(|width| width + GAP).sum();
    let rows = (table.rows.len().saturating_sub(list.scroll) + 1).min(usize::from(area.height));
    let column = Rect::new(area.x + before as u16, area.y, width as u16, rows as u16).intersection(area);
    buffer.set_style(column, look.style(Role::Selection));
    let heading = Rect { height: 1, ..column };
    buffer.set_style(heading, Style::new().add_modifier(Modifier::UNDERLINED));
}

/// Says in the heading how many columns are out at the right, and that there is a way to them.
fn draw_hidden(buffer: &mut Buffer, area: Rect, table: &Table, widths: &[usize], look: &Look) {
    let last = widths.iter().rposition(|width| *width > 0).map_or(0, |last| last + 1);
    let hidden = table.columns.iter().skip(last).filter(|column| column.scrolls()).count();
    if hidden > 0 {
        let words = format!(" {hidden} {}", look.glyphs.arrow);
        let wide = Span::raw(words.as_str()).width() as u16;
        let x = area.right().saturating_sub(wide).max(area.x);
        buffer.set_span(x, area.y, &look.span(Role::Key, words), area.width);
    }
}

fn draw_more(buffer: &mut Buffer, area: Rect, below: usize, look: &Look) {
    if below == 0 || area.height == 0 {
        return;
    }
    let words = format!(" {below} more ");
    let x = area.right().saturating_sub(words.len() as u16).max(area.x);
    buffer.set_span(x, area.bottom() - 1, &look.span(Role::Key, words), area.width);
}

fn columns_line(table: &Table, widths: &[usize], list: &ListView, look: &Look) -> Line<'static> {
    let cells = table.columns.iter().enumerate().map(|(nth, column)| {
        let is_sorted = list.sorting == crate::tables::Sorting::Column(nth);
        let mut spans = cell_spans(&column.heading, column, widths[nth], look);
        // Names keep their own look; the columns' names are headings.
        if column.heading.mark.is_none() {
            for span in &mut spans {
                span.style = look.style(if is_sorted { Role::Key } else { Role::Heading });
            }
        }
        (spans, widths[nth], column.align)
    });
    join(cells, look)
}

fn row_line(table: &Table, row: &Row, widths: &[usize], look: &Look) -> Line<'static> {
    let cells = table.columns.iter().zip(&row.cells).zip(widths);
    join(
        cells.map(|((column, cell), &width)| (cell_spans(cell, column, width, look), width, column.align)),
        look,
    )
}

fn cell_spans(cell: &Cell, column: &Column, width: usize, look: &Look) -> Vec<Span<'static>> {
    let role = role_of(cell.tone);
    let mut spans = vec![Span::raw(" ".repeat(cell.indent.min(width)))];
    if let Some(mark) = cell.mark {
        spans.push(look.span(role, look.glyphs.mark(mark)));
        spans.push(Span::raw(" "));
    }
    let room = width.saturating_sub(spans.iter().map(Span::width).sum());
    if !cell.parts.is_empty() {
        spans.extend(markup::spans(&cell.parts, room, look));
        return spans;
    }
    // Half a word beside a sign that says the same is only noise.
    let is_told = cell.mark.is_some() && matches!(column.width, Width::Shared(_));
    let is_cut = Span::raw(cell.text.as_str()).width() > room;
    if !(is_told && is_cut) {
        let role = if cell.tone == crate::tables::Tone::Ok { Role::Text } else { role };
        spans.push(look.span(role, look.fit(&cell.text, room)));
    }
    spans
}

/// Cells beside each other; those without width are left out.
fn join<'a>(cells: impl Iterator<Item = (Vec<Span<'a>>, usize, Align)>, look: &Look) -> Line<'a> {
    let mut spans = Vec::new();
    for (cell, width, align) in cells.filter(|(_, width, _)| *width > 0) {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        let (left, right) = match align {
            Align::Left => (cell, Vec::new()),
            Align::Right => (Vec::new(), cell),
        };
        spans.extend(text::sides(left, right, width, look.glyphs.ellipsis).spans);
    }
    Line::from(spans)
}
