//! The grid of clusters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::list::Columns;
use super::{Look, text, tile};
use crate::app::{Arrangement, Density, Filter, GAP, Place, State};
use crate::theme::Role;

/// Draws every cluster that is shown, as far as it is not scrolled away.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let arrangement = state.arrangement();
    if arrangement.bands.is_empty() {
        draw_nothing(buffer, area, state, look);
        return;
    }
    let view = Viewport::of(area, state, &arrangement);
    if arrangement.density == Density::List {
        let columns = Columns::of(state, view.width());
        buffer.set_line(area.x + 1, area.y, &columns.heading(look), area.width.saturating_sub(2));
    }
    for band in &arrangement.bands {
        if let (Some(tier), Some(y)) = (band.heading, view.row(band.top)) {
            buffer.set_line(area.x + 1, y, &heading(&tier.to_string(), view.width(), look), area.width - 1);
        }
    }
    let shown: Vec<usize> = arrangement.places().map(|place| place.cluster).collect();
    let selected = state.grid.selected(&state.clusters, &shown);
    let mut painter =
        Painter { view, state, density: arrangement.density, filter: Filter::new(&state.grid.filter), look };
    for place in arrangement.places() {
        if let Some(rect) = painter.draw(buffer, place)
            && Some(place.cluster) == selected
        {
            mark_selected(buffer, rect, look);
        }
    }
    draw_overflow(buffer, area, state, &arrangement, look);
}

/// The part of the grid that is seen.
pub(super) struct Viewport {
    area: Rect,
    scroll: usize,
    columns: usize,
}

impl Viewport {
    pub(super) fn of(area: Rect, state: &State, arrangement: &Arrangement) -> Self {
        // The headings of a list's columns do not scroll.
        let fixed = u16::from(arrangement.density == Density::List);
        let area = Rect { y: area.y + fixed, height: area.height.saturating_sub(fixed), ..area };
        Self { area, scroll: state.grid.scroll, columns: arrangement.columns }
    }

    /// Cells between the margins.
    fn width(&self) -> usize {
        usize::from(self.area.width.saturating_sub(2))
    }

    /// The screen's row of a line of the grid.
    fn row(&self, line: usize) -> Option<u16> {
        let row = u16::try_from(line.checked_sub(self.scroll)?).ok()?;
        (row < self.area.height).then_some(self.area.y + row)
    }

    /// The width of a tile.
    fn tile_width(&self) -> usize {
        (self.width() + GAP) / self.columns - GAP
    }

    /// The lines of a tile that are seen, as a rectangle.
    pub(super) fn rect(&self, place: Place, height: usize) -> Option<Rect> {
        let first = (place.line..place.line + height).find_map(|line| self.row(line))?;
        let last = (place.line..place.line + height).rev().find_map(|line| self.row(line))?;
        let x = self.area.x + 1 + (place.column * (self.tile_width() + GAP)) as u16;
        Some(Rect { x, y: first, width: self.tile_width() as u16, height: last + 1 - first })
    }
}

/// Draws clusters one after the other, each at its place.
struct Painter<'a> {
    view: Viewport,
    state: &'a State,
    density: Density,
    filter: Filter,
    look: &'a Look,
}

impl Painter<'_> {
    /// Draws a cluster, and says where, if any of it is seen.
    fn draw(&mut self, buffer: &mut Buffer, place: Place) -> Option<Rect> {
        let rect = self.view.rect(place, self.density.height())?;
        let cluster = &self.state.clusters[place.cluster];
        let width = usize::from(rect.width);
        let lines = match self.density {
            Density::List => {
                vec![Columns::of(self.state, width).line(self.state, cluster, &mut self.filter, self.look)]
            }
            density => tile::lines(self.state, cluster, density, width, &mut self.filter, self.look),
        };
        for (nth, line) in lines.iter().enumerate() {
            if let Some(y) = self.view.row(place.line + nth) {
                buffer.set_line(rect.x, y, line, rect.width);
            }
        }
        Some(rect)
    }
}

fn mark_selected(buffer: &mut Buffer, rect: Rect, look: &Look) {
    buffer.set_style(rect, look.style(Role::Selection));
    for y in rect.top()..rect.bottom() {
        buffer.set_span(rect.x.saturating_sub(1), y, &look.span(Role::Title, look.glyphs.cursor), 1);
    }
}

fn heading(words: &str, width: usize, look: &Look) -> Line<'static> {
    let rule = look.glyphs.rule.repeat(width.saturating_sub(words.len() + 1));
    Line::from(vec![look.span(Role::Heading, words), Span::raw(" "), look.span(Role::Faint, rule)])
}

/// Says how much more there is above and below.
fn draw_overflow(buffer: &mut Buffer, area: Rect, state: &State, arrangement: &Arrangement, look: &Look) {
    let fixed = usize::from(arrangement.density == Density::List);
    let seen = state.grid.scroll + usize::from(area.height).saturating_sub(fixed);
    let below = arrangement.places().filter(|place| place.line >= seen).count();
    let above = arrangement.places().filter(|place| place.line < state.grid.scroll).count();
    let mut words = Vec::new();
    if above > 0 {
        words.push(format!("{above} above"));
    }
    if below > 0 {
        words.push(format!("{below} below"));
    }
    if words.is_empty() {
        return;
    }
    let words = format!(" {} ", words.join(", "));
    let x = area.right().saturating_sub(words.len() as u16 + 1);
    buffer.set_span(x, area.bottom().saturating_sub(1), &look.span(Role::Key, words), area.width);
}

/// Why there is nothing to see.
fn draw_nothing(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let words = if state.clusters.is_empty() {
        "No cluster is configured. `quorate HOST` watches the cluster of that host, `quorate demo` shows simulated ones."
            .to_owned()
    } else {
        format!(
            "None of {} matches “{}”. Esc shows all of them again.",
            text::count(state.clusters.len(), "cluster"),
            state.grid.filter
        )
    };
    let width = area.width.saturating_sub(4).min(72);
    let top = area.y + area.height / 3;
    for (y, line) in (top..area.bottom()).zip(text::wrap(&words, usize::from(width))) {
        let x = area.x + (area.width.saturating_sub(line.chars().count() as u16)) / 2;
        buffer.set_span(x, y, &look.span(Role::Muted, line), width);
    }
}
