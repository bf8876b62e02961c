//! How each step stands on each host. Only what is on screen is looked up.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::Target;
use crate::app::wizard::Run;
use crate::model::text::clean;
use crate::scenario::journal::Place;
use crate::scenario::{Grade, State};
use crate::theme::Role;
use crate::ui::Look;

/// The least width of a column.
const COLUMN: usize = 4;
/// The widest that a column gets for its step's title.
const WIDEST: usize = 14;

/// The sign and colour of a step at a place.
pub(super) fn sign(state: &State, look: &Look) -> (&'static str, Role) {
    let glyphs = &look.glyphs;
    match state {
        State::NotStarted | State::WillNotBeRun => (glyphs.unseen, Role::Faint),
        State::Running => (glyphs.running, Role::Transient),
        State::Completed(Grade::Success) => (glyphs.ok, Role::Ok),
        State::Completed(Grade::Warning) => (glyphs.warning, Role::Warning),
        State::Completed(Grade::Skipped) => (glyphs.skipped, Role::Muted),
        State::Failed(_) => (glyphs.critical, Role::Critical),
        State::Aborted => (glyphs.offline, Role::Warning),
        State::Unknown(_) => (glyphs.unknown, Role::Unknown),
    }
}

/// The same of a step at a place; what waits for the others there has a sign of its own.
fn sign_at(run: &Run, number: usize, place: &Place, look: &Look) -> (&'static str, Role) {
    if run.progress.waits_for_others(number, place) {
        return (look.glyphs.pending, Role::Transient);
    }
    run.progress.state_at(number, place).map_or((" ", Role::Faint), |state| sign(&state, look))
}

/// How many lines it would like to have.
pub(super) fn height(run: &Run) -> u16 {
    u16::try_from(run.progress.count() + 1).unwrap_or(u16::MAX)
}

/// Which hosts and steps are on screen, and where.
struct Shape {
    places: Vec<Place>,
    /// The first host that is seen.
    first: usize,
    /// How many are.
    rows: usize,
    /// The width of their names.
    names: usize,
    columns: Columns,
}

impl Shape {
    fn of(area: Rect, run: &Run) -> Option<Self> {
        if area.height < 2 || area.width < 12 {
            return None;
        }
        let places = run.progress.places();
        let room = usize::from(area.height) - 1;
        // What does not fit is told on the last line.
        let rows = if places.len() > room { room.saturating_sub(1).max(1) } else { room };
        let first =
            run.view.host.saturating_sub(rows.saturating_sub(1) / 2).min(places.len().saturating_sub(rows));
        let names = places.iter().skip(first).take(rows).map(|place| Span::raw(place.to_string()).width());
        let names = names.max().unwrap_or(0).clamp(4, usize::from(area.width) / 3);
        let columns = Columns::of(run, usize::from(area.width).saturating_sub(names + 2));
        Some(Self { places, first, rows, names, columns })
    }
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, run: &Run, look: &Look) {
    let Some(Shape { places, first, rows, names, columns }) = Shape::of(area, run) else { return };
    buffer.set_line(area.x, area.y, &columns.heading(run, names, look), area.width);
    let shown = places.iter().enumerate().skip(first).take(rows);
    for (y, (nth, place)) in (area.y + 1..area.bottom()).zip(shown) {
        let mut line = columns.row(run, place, names, look);
        if nth == run.view.host {
            line.spans[0] = look.span(Role::Title, look.glyphs.cursor);
            line = line.patch_style(look.style(Role::Selection));
        }
        buffer.set_line(area.x, y, &line, area.width);
    }
    if places.len() > rows {
        buffer.set_line(area.x, area.bottom() - 1, &totals(run, places.len(), look), area.width);
    }
}

/// The host and the step that are drawn at that cell.
pub(super) fn target_at(area: Rect, run: &Run, at: Position) -> Option<Target> {
    let shape = Shape::of(area, run)?;
    let row = usize::from(at.y.checked_sub(area.y)?);
    let from = area.x + shape.names as u16 + 2;
    let column = at.x.checked_sub(from).map(|x| usize::from(x) / shape.columns.wide);
    let step = column.filter(|column| *column < shape.columns.count);
    let step = step.map(|column| shape.columns.first + column + 1);
    match row.checked_sub(1) {
        None => step.map(|step| Target::Cell { host: run.view.host, step: Some(step) }),
        Some(nth) if nth < shape.rows && shape.first + nth < shape.places.len() => {
            Some(Target::Cell { host: shape.first + nth, step })
        }
        Some(_) => None,
    }
}

/// The steps that there is room for, the one that is looked at among them.
struct Columns {
    first: usize,
    count: usize,
    wide: usize,
}

impl Columns {
    fn of(run: &Run, width: usize) -> Self {
        let steps = run.plan.scenario.steps.len().max(1);
        let wide = (width / steps).clamp(COLUMN, WIDEST);
        let count = (width / wide).clamp(1, steps);
        let at = run.step().map_or(0, |step| step.number.saturating_sub(1));
        let first = at.saturating_sub(count / 2).min(steps - count);
        Self { first, count, wide }
    }

    fn heading(&self, run: &Run, names: usize, look: &Look) -> Line<'static> {
        let looked_at = run.step().map(|step| step.number);
        let mut spans = vec![Span::raw(" ".repeat(names + 2))];
        for step in run.plan.scenario.steps.iter().skip(self.first).take(self.count) {
            let words = if self.wide >= 8 {
                format!("{} {}", step.number, clean(&step.title))
            } else {
                step.number.to_string()
            };
            let words = look.fit(&words, self.wide - 1);
            let blanks = self.wide.saturating_sub(Span::raw(words.as_str()).width());
            let role = if looked_at == Some(step.number) { Role::Title } else { Role::Heading };
            spans.push(look.span(role, words));
            spans.push(Span::raw(" ".repeat(blanks)));
        }
        Line::from(spans)
    }

    fn row(&self, run: &Run, place: &Place, names: usize, look: &Look) -> Line<'static> {
        let name = look.fit(&place.to_string(), names);
        let blanks = " ".repeat((names + 1).saturating_sub(Span::raw(name.as_str()).width()));
        let mut spans = vec![Span::raw(" "), look.span(Role::Text, name + &blanks)];
        for number in (self.first + 1)..=(self.first + self.count) {
            let (glyph, role) = sign_at(run, number, place, look);
            spans.push(look.span(role, glyph));
            spans.push(Span::raw(" ".repeat(self.wide - 1)));
        }
        Line::from(spans)
    }
}

/// How the step that is looked at stands on all hosts, in numbers.
fn totals(run: &Run, hosts: usize, look: &Look) -> Line<'static> {
    let mut counts: Vec<(&'static str, Role, usize)> = Vec::new();
    if let Some(step) = run.step() {
        for (place, _) in run.progress.states(step.number) {
            let (glyph, role) = sign_at(run, step.number, &place, look);
            match counts.iter_mut().find(|(known, ..)| *known == glyph) {
                Some((_, _, count)) => *count += 1,
                None => counts.push((glyph, role, 1)),
            }
        }
    }
    let mut spans = vec![look.span(Role::Muted, format!("  {} of {hosts}   ", run.view.host + 1))];
    spans
        .extend(counts.into_iter().map(|(glyph, role, count)| look.span(role, format!("{glyph} {count}  "))));
    Line::from(spans)
}
