//! The panels that ask about operations, and tell how they go.

mod choose;
mod form;
mod lists;
mod task;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::text::{self, span_of};
use super::{Look, card};
use crate::app::{Focus, Job, Panel, Stage, State, Target};
use crate::operation::Outcome;
use crate::theme::Role;

/// What a panel shows: what can be scrolled, and what always stands below.
#[derive(Default)]
pub(super) struct Content {
    pub(super) body: Vec<Line<'static>>,
    /// The first line of the body that is shown, if it can be.
    pub(super) scroll: usize,
    /// The lines of the body that are rows to be chosen from, in their order.
    pub(super) entries: Vec<Range<usize>>,
    pub(super) foot: Foot,
}

/// What always stands below: words, or fields with a line of buttons.
#[derive(Default)]
pub(super) struct Foot {
    pub(super) lines: Vec<Line<'static>>,
    /// Where something is typed: the line, the column.
    pub(super) cursor: Option<(usize, usize)>,
    /// The fields, a line each, from the first line on.
    pub(super) fields: Vec<Focus>,
    /// What the buttons on the last line are, from the left.
    pub(super) buttons: Vec<Target>,
}

/// Draws one of them.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, panel: &Panel, look: &Look) {
    let inner = clear(frame, area, look);
    let Some(content) = content(state, panel, usize::from(inner.width), look) else { return };
    if let Some((x, y)) = content.draw(frame, inner, look) {
        frame.set_cursor_position((x, y));
    }
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(
    area: Rect,
    state: &State,
    panel: &Panel,
    look: &Look,
    at: Position,
) -> Option<Target> {
    let inner = inner(area);
    content(state, panel, usize::from(inner.width), look)?.target_at(inner, at)
}

/// Where the words of a panel stand.
pub(super) fn inner(area: Rect) -> Rect {
    let area = card::place(area);
    Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area }
}

/// Makes room for a panel; says where its words stand.
pub(super) fn clear(frame: &mut Frame<'_>, area: Rect, look: &Look) -> Rect {
    let place = card::place(area);
    let buffer = frame.buffer_mut();
    Clear.render(place, buffer);
    buffer.set_style(
        place,
        look.style(Role::Screen).patch(look.style(Role::Panel)).patch(look.style(Role::Text)),
    );
    buffer.set_style(place, look.style(Role::Panel));
    inner(area)
}

fn content(state: &State, panel: &Panel, width: usize, look: &Look) -> Option<Content> {
    Some(match panel {
        Panel::Operation(id) => match state.operations.job(*id) {
            Some(job) => of_job(job, state, width, look),
            None => Content::of(vec![Line::from(look.span(Role::Muted, "It is over, and forgotten."))]),
        },
        Panel::Choose(choose) => choose::content(choose, state, width, look),
        Panel::Operations { row } => lists::operations(*row, state, width, look),
        Panel::Unfinished { row, remedy } => lists::unfinished(*row, *remedy, state, width, look),
        Panel::Leave { focus } => lists::leave(*focus, state, width, look),
        Panel::Help { .. } | Panel::Log | Panel::Card(_) => return None,
    })
}

impl Foot {
    /// Words only.
    fn words(lines: Vec<Line<'static>>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Buttons only: words, whether it has the keys, whether it can be taken, what it is.
    pub(super) fn buttons(all: &[(&str, bool, bool, Target)], look: &Look) -> Self {
        let mut foot = Self::default();
        foot.push_buttons(all, look);
        foot
    }

    /// The same under what is there.
    pub(super) fn push_buttons(&mut self, all: &[(&str, bool, bool, Target)], look: &Look) {
        let drawn: Vec<_> = all.iter().map(|(words, has_keys, can, _)| (*words, *has_keys, *can)).collect();
        self.lines.push(buttons(&drawn, look));
        self.buttons = all.iter().map(|(.., target)| target.clone()).collect();
    }
}

impl Content {
    fn of(body: Vec<Line<'static>>) -> Self {
        Self { body, ..Self::default() }
    }

    /// Where the body and what stands below are, and the first line of the body that is shown.
    fn places(&self, area: Rect) -> (Rect, Rect, usize) {
        let foot = (self.foot.lines.len() as u16).min(area.height);
        let gap = u16::from(foot > 0 && area.height > foot);
        let body = Rect { height: area.height - foot - gap, ..area };
        let below = Rect { y: area.bottom() - foot, height: foot, ..area };
        let scroll = self.scroll.min(self.body.len().saturating_sub(usize::from(body.height)));
        (body, below, scroll)
    }

    /// Says where something is typed.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Option<(u16, u16)> {
        let (body, below, scroll) = self.places(area);
        let buffer = frame.buffer_mut();
        for (y, line) in (body.top()..body.bottom()).zip(self.body.iter().skip(scroll)) {
            buffer.set_line(body.x, y, line, body.width);
        }
        let hidden = self.body.len().saturating_sub(scroll + usize::from(body.height));
        if hidden > 0 {
            let words = format!(" {hidden} more below ");
            let x = body.right().saturating_sub(words.len() as u16).max(body.x);
            // What is not seen must not be overlooked before a confirmation: it stands on the empty line.
            let y = body.bottom().min(area.bottom() - 1);
            buffer.set_span(x, y, &look.span(Role::Key, words), body.width);
        }
        for (y, line) in (below.top()..below.bottom()).zip(&self.foot.lines) {
            buffer.set_line(below.x, y, line, below.width);
        }
        let (line, column) = self.foot.cursor?;
        let x = below.x + (column as u16).min(below.width.saturating_sub(1));
        Some((x, below.y + (line as u16).min(below.height.saturating_sub(1))))
    }

    /// What is drawn at that cell, if pressing it does anything.
    pub(super) fn target_at(&self, area: Rect, at: Position) -> Option<Target> {
        let (body, below, scroll) = self.places(area);
        if body.contains(at) {
            let line = usize::from(at.y - body.y) + scroll;
            return self.entries.iter().position(|lines| lines.contains(&line)).map(Target::Entry);
        }
        if !below.contains(at) {
            return None;
        }
        let line = usize::from(at.y - below.y);
        if let Some(field) = self.foot.fields.get(line) {
            return Some(Target::Button(*field));
        }
        let last = self.foot.lines.last().filter(|_| line + 1 == self.foot.lines.len())?;
        self.foot.buttons.get(button_at(last, usize::from(at.x - below.x))?).cloned()
    }
}

fn of_job(job: &Job, state: &State, width: usize, look: &Look) -> Content {
    let foot = form::foot(job, width, look);
    Content { body: task::lines(job, state, width, look), scroll: job.scroll, foot, ..Content::default() }
}

/// The sign, colour and word of how far a job has come.
fn standing(job: &Job, look: &Look) -> (&'static str, Role, &'static str) {
    match (job.stage, job.outcome()) {
        (Stage::Planning, _) => (look.glyphs.pending, Role::Transient, "planning"),
        (Stage::Asking, _) => (look.glyphs.note, Role::Note, "to be confirmed"),
        (Stage::Running { .. }, _) => (look.glyphs.pending, Role::Transient, "running"),
        (Stage::Over, Some(outcome)) => {
            let (glyph, role) = of_outcome(outcome, look);
            (glyph, role, outcome.word())
        }
        (Stage::Over, None) => (look.glyphs.note, Role::Muted, "over"),
    }
}

/// The sign and colour of an outcome; its words stand beside them.
fn of_outcome(outcome: &Outcome, look: &Look) -> (&'static str, Role) {
    match outcome {
        Outcome::Done { note: None } => (look.glyphs.ok, Role::Ok),
        Outcome::Done { note: Some(_) } | Outcome::Refused(_) | Outcome::Cancelled(_) => {
            (look.glyphs.warning, Role::Warning)
        }
        Outcome::Failed(_) => (look.glyphs.critical, Role::Critical),
        Outcome::Unknown(_) => (look.glyphs.unknown, Role::Unknown),
    }
}

/// Words behind a sign, broken into lines that stand under each other.
pub(super) fn signed(
    (glyph, glyph_role): (&'static str, Role),
    (words, role): (&str, Role),
    indent: usize,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let blanks = " ".repeat(indent);
    let lead = if glyph.is_empty() { 0 } else { 2 };
    let mut sign = if lead > 0 { format!("{glyph} ") } else { String::new() };
    text::wrap(words, width.saturating_sub(indent + lead))
        .into_iter()
        .map(|part| {
            let sign = std::mem::replace(&mut sign, " ".repeat(lead));
            Line::from(vec![Span::raw(blanks.clone()), look.span(glyph_role, sign), look.span(role, part)])
        })
        .collect()
}

/// Words broken into lines.
pub(super) fn plain(words: &str, role: Role, indent: usize, width: usize, look: &Look) -> Vec<Line<'static>> {
    signed(("", role), (words, role), indent, width, look)
}

/// How long ago that was.
fn ago(since: jiff::Timestamp, state: &State) -> String {
    span_of(state.now.duration_since(since))
}

/// Buttons beside each other; the one that has the keys is marked by a sign too.
pub(super) fn buttons(all: &[(&str, bool, bool)], look: &Look) -> Line<'static> {
    let mut spans = Vec::new();
    for (words, has_keys, can_be_taken) in all {
        let role = if *can_be_taken { Role::Text } else { Role::Faint };
        let sign = if *has_keys { look.glyphs.cursor } else { " " };
        spans.push(look.span(Role::Title, sign));
        let mut button = look.span(role, format!("[ {words} ]"));
        if *has_keys {
            button = button.patch_style(look.style(Role::Selection));
        }
        spans.push(button);
        spans.push(Span::raw("  "));
    }
    Line::from(spans)
}

/// Which button of such a line stands in that column.
pub(super) fn button_at(line: &Line<'_>, column: usize) -> Option<usize> {
    let mut from = 0;
    for (nth, span) in line.spans.iter().enumerate() {
        let to = from + span.width();
        if (from..to).contains(&column) {
            // A sign, the button, a gap.
            return (nth % 3 == 1).then_some(nth / 3);
        }
        from = to;
    }
    None
}
