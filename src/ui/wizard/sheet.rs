//! Lines of which some are rows to be chosen from, scrolled so that the selected one is seen.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::{Focus, Target};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::operation::button_at;
use crate::ui::put;

/// Such lines.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) lines: Vec<Line<'static>>,
    /// The lines of each row.
    pub(super) entries: Vec<Range<usize>>,
    /// The line of the button that goes on.
    pub(super) button: Option<usize>,
    /// What has to be seen.
    pub(super) shown: Range<usize>,
}

impl Sheet {
    /// Adds lines that are a row, and says which they are.
    pub(super) fn push_row(&mut self, lines: impl IntoIterator<Item = Line<'static>>) -> Range<usize> {
        let from = self.lines.len();
        self.lines.extend(lines);
        let row = from..self.lines.len();
        self.entries.push(row.clone());
        row
    }

    /// The first line that is drawn in so many. The last one tells what is below, where anything is.
    fn scroll(&self, room: usize) -> usize {
        let most = self.lines.len().saturating_sub(room);
        let all_but_last = self.shown.end.saturating_sub(room.saturating_sub(1)).min(self.shown.start);
        all_but_last.min(most)
    }

    /// Draws it. Where rows are below what is seen, the last line tells how many.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let room = usize::from(area.height);
        let scroll = self.scroll(room);
        let seen = scroll + room.saturating_sub(1);
        let below = self.entries.iter().filter(|lines| lines.start >= seen).count();
        if below == 0 || room < 2 || self.lines.len() <= scroll + room {
            return put(buffer, area, &self.lines, scroll, look);
        }
        put(buffer, Rect { height: area.height - 1, ..area }, &self.lines[..seen], scroll, look);
        let words = format!("{below} more below");
        let x = area.right().saturating_sub(words.len() as u16).max(area.x);
        buffer.set_span(x, area.bottom() - 1, &look.span(Role::Key, words), area.width);
    }

    /// Where a line of it is drawn, if it is.
    pub(super) fn line_at(&self, area: Rect, line: usize) -> Option<u16> {
        let y = line.checked_sub(self.scroll(usize::from(area.height)))?;
        (y < usize::from(area.height)).then(|| area.y + y as u16)
    }

    /// What is drawn at that cell, if pressing it does anything.
    pub(super) fn target_at(&self, area: Rect, at: Position) -> Option<Target> {
        if !area.contains(at) {
            return None;
        }
        let line = usize::from(at.y - area.y) + self.scroll(usize::from(area.height));
        if self.button == Some(line) {
            button_at(self.lines.get(line)?, usize::from(at.x - area.x))?;
            return Some(Target::Button(Focus::Confirm));
        }
        self.entries.iter().position(|lines| lines.contains(&line)).map(Target::Entry)
    }
}
