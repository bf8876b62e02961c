//! The screens of scenarios.

mod ask;
mod form;
mod layout;
mod list;
mod matrix;
mod real;
mod run;
mod scripts;
mod sheet;

use jiff::SignedDuration;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::{Look, text};
use crate::app::wizard::{Ask, Page, Run, Stage};
use crate::app::{Action, Context, State, Target};
use crate::scenario::Stand;
use crate::theme::Role;

/// Draws one of them over the view.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, page: &Page, look: &Look) {
    let buffer = frame.buffer_mut();
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Screen).patch(look.style(Role::Text)));
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let cursor = match page {
        Page::List => {
            list::draw(buffer, inner, state, look);
            None
        }
        Page::Layout => {
            layout::draw(buffer, inner, state, look);
            None
        }
        Page::Hosts(hosts) => form::draw_hosts(buffer, inner, hosts, state, look),
        Page::Form(form) => form::draw(buffer, inner, form, look),
        Page::Run => {
            if let Some(run) = &state.wizard.run {
                run::draw(buffer, inner, run, state, look);
            }
            None
        }
    };
    if let Some((x, y)) = cursor {
        frame.set_cursor_position((x, y));
    }
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(area: Rect, state: &State, page: &Page, look: &Look, at: Position) -> Option<Target> {
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    match page {
        Page::List => list::target_at(inner, state, look, at),
        Page::Layout => layout::target_at(inner, state, look, at),
        Page::Hosts(hosts) => form::host_at(inner, hosts, state, look, at),
        Page::Form(form) => form::target_at(inner, form, look, at),
        Page::Run => {
            let run = state.wizard.run.as_deref()?;
            run::target_at(inner, run, state, look, at)
        }
    }
}

/// Draws a question over the run that it is about.
pub(super) fn draw_ask(frame: &mut Frame<'_>, area: Rect, state: &State, ask: &Ask, look: &Look) {
    let Some(run) = &state.wizard.run else { return };
    if let Some((x, y)) = ask::draw(frame, area, run, ask, state, look) {
        frame.set_cursor_position((x, y));
    }
}

/// The button or field of a question that is drawn at that cell.
pub(super) fn answer_at(area: Rect, state: &State, ask: &Ask, look: &Look, at: Position) -> Option<Target> {
    ask::target_at(area, state.wizard.run.as_deref()?, ask, state, look, at)
}

/// For the header: that a run is under way, or waits for a word.
pub(super) fn mark(run: &Run, state: &State, look: &Look) -> Vec<Span<'static>> {
    let title = look.fit(&run.plan.scenario.title, 24);
    let step = format!("{}/{}", run.current(), run.plan.scenario.steps.len());
    let (glyph, role, words) = match run.stand(state.now) {
        Some(Stand::Stuck) => (look.glyphs.critical, Role::Critical, " waits for a word"),
        Some(Stand::Paused) => (look.glyphs.note, Role::Note, " waits"),
        _ => (look.glyphs.running, Role::Transient, ""),
    };
    let simulated = if state.wizard.is_simulated() { "simulated: " } else { "" };
    vec![look.span(role, format!("{glyph} {simulated}{title} {step}{words}  "))]
}

/// The first line of a screen.
fn title(
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    width: usize,
    state: &State,
    look: &Look,
) -> Line<'static> {
    let mut right = right;
    if state.wizard.is_simulated() {
        let words = if width < 100 { "simulated  " } else { "simulated: nothing is run  " };
        right.insert(0, look.span(Role::Warning, words));
    }
    look.sides(left, right, width)
}

/// A rule with a word in it.
fn rule(words: &str, role: Role, width: usize, look: &Look) -> Line<'static> {
    let words = look.fit(words, width.saturating_sub(4));
    let used = Span::raw(words.as_str()).width() + 3;
    let rest = look.glyphs.rule.repeat(width.saturating_sub(used));
    Line::from(vec![
        look.span(Role::Faint, format!("{} ", look.glyphs.rule)),
        look.span(role, words),
        look.span(Role::Faint, format!(" {rest}")),
    ])
}

/// The key for an action on these screens, with what it does; empty where it has none.
fn key(action: Action, words: &str, look: &Look) -> Vec<Span<'static>> {
    match look.keymap.keys_for(Context::Wizard, action).into_iter().next() {
        Some(key) => vec![look.span(Role::Key, key), look.span(Role::Muted, format!(" {words}   "))],
        None => Vec::new(),
    }
}

/// `02:41`, `1:02:41`.
fn clock(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds / 3600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// How long a run goes, and how long it took the last time.
fn time(run: &Run, state: &State) -> String {
    let expected = run.expected.map(|expected| format!("of about {}", clock(expected)));
    match (run.elapsed(state.now), expected) {
        (Some(elapsed), Some(expected)) if run.stage == Stage::UnderWay => {
            format!("{} {expected}", clock(elapsed))
        }
        (Some(elapsed), _) => clock(elapsed),
        (None, Some(_)) => {
            run.expected.map(|it| format!("took {} the last time", clock(it))).unwrap_or_default()
        }
        (None, None) => String::new(),
    }
}

/// How long ago that was.
fn ago(at: jiff::Timestamp, state: &State) -> String {
    format!("{} ago", text::span_of(state.now.duration_since(at)))
}
