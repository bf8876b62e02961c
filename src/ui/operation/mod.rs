//! The panels that ask about operations, and tell how they go.

mod choose;
mod form;
mod lists;
mod task;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::text::{self, span_of};
use super::{Look, card};
use crate::app::{Job, Panel, Stage, State};
use crate::operation::Outcome;
use crate::theme::Role;

/// What a panel shows: what can be scrolled, and what always stands below.
pub(super) struct Content {
    pub(super) body: Vec<Line<'static>>,
    /// The first line of the body that is shown, if it can be.
    pub(super) scroll: usize,
    pub(super) foot: Vec<Line<'static>>,
    /// Where in the foot something is typed: the line, the column.
    pub(super) cursor: Option<(usize, usize)>,
}

/// Draws one of them.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, panel: &Panel, look: &Look) {
    let area = card::place(area);
    let buffer = frame.buffer_mut();
    Clear.render(area, buffer);
    buffer.set_style(
        area,
        look.style(Role::Screen).patch(look.style(Role::Panel)).patch(look.style(Role::Text)),
    );
    buffer.set_style(area, look.style(Role::Panel));
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let width = usize::from(inner.width);
    let content = match panel {
        Panel::Operation(id) => match state.operations.job(*id) {
            Some(job) => of_job(job, state, width, look),
            None => Content::of(vec![Line::from(look.span(Role::Muted, "It is over, and forgotten."))]),
        },
        Panel::Choose(choose) => choose::content(choose, state, width, look),
        Panel::Operations { row } => lists::operations(*row, state, width, look),
        Panel::Unfinished { row, remedy } => lists::unfinished(*row, *remedy, state, width, look),
        Panel::Leave { focus } => lists::leave(*focus, state, width, look),
        Panel::Help { .. } | Panel::Log | Panel::Card(_) => return,
    };
    if let Some((x, y)) = content.draw(frame, inner, look) {
        frame.set_cursor_position((x, y));
    }
}

impl Content {
    fn of(body: Vec<Line<'static>>) -> Self {
        Self { body, scroll: 0, foot: Vec::new(), cursor: None }
    }

    /// Says where something is typed.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Option<(u16, u16)> {
        let foot = (self.foot.len() as u16).min(area.height);
        let gap = u16::from(foot > 0 && area.height > foot);
        let body = Rect { height: area.height - foot - gap, ..area };
        let below = Rect { y: area.bottom() - foot, height: foot, ..area };
        let buffer = frame.buffer_mut();
        let room = usize::from(body.height);
        let scroll = self.scroll.min(self.body.len().saturating_sub(room));
        for (y, line) in (body.top()..body.bottom()).zip(self.body.iter().skip(scroll)) {
            buffer.set_line(body.x, y, line, body.width);
        }
        let hidden = self.body.len().saturating_sub(scroll + room);
        if hidden > 0 {
            let words = format!(" {hidden} more below ");
            let x = body.right().saturating_sub(words.len() as u16).max(body.x);
            // What is not seen must not be overlooked before a confirmation: it stands on the empty line.
            let y = body.bottom().min(area.bottom() - 1);
            buffer.set_span(x, y, &look.span(Role::Key, words), body.width);
        }
        for (y, line) in (below.top()..below.bottom()).zip(&self.foot) {
            buffer.set_line(below.x, y, line, below.width);
        }
        let (line, column) = self.cursor?;
        let x = below.x + (column as u16).min(below.width.saturating_sub(1));
        Some((x, below.y + (line as u16).min(below.height.saturating_sub(1))))
    }
}

fn of_job(job: &Job, state: &State, width: usize, look: &Look) -> Content {
    let (foot, cursor) = form::lines(job, width, look);
    Content { body: task::lines(job, state, width, look), scroll: job.scroll, foot, cursor }
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
