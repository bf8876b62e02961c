//! A run on screen: why, what, how far, and what is printed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};

use super::{key, matrix, rule, scripts, time, title};
use crate::app::wizard::{Basis, Run, Stage, WizardPane};
use crate::app::{Action, State, Target};
use crate::model::HostName;
use crate::model::text::clean;
use crate::scenario::journal::{Outcome, Place, When};
use crate::scenario::{self, Stand};
use crate::theme::Role;
use crate::ui::operation::{plain, signed};
use crate::ui::{Look, put};

/// From this size on everything is on screen at once.
const WIDE: (u16, u16) = (110, 26);

/// How many reasons are always told above.
const REASONS: usize = 2;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, run: &Run, state: &State, look: &Look) {
    let width = usize::from(area.width);
    buffer.set_line(area.x, area.y, &heading(run, width, state, look), area.width);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if let Some(scroll) = run.view.dry_run {
        let words = "dry run: all that would be run, nothing is";
        buffer.set_line(below.x, below.y, &rule(words, Role::Title, width, look), below.width);
        let body = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        put(buffer, body, &scripts::all(run, width, look), scroll, look);
        return;
    }
    let words = standing(run, state, width, look);
    let (above, parts) = layout(area, &words, run, look);
    put(buffer, above, &words, 0, look);
    for (part, area) in parts {
        match part {
            Part::Matrix => matrix::draw(buffer, area, run, look),
            Part::Pane(which) => pane(buffer, area, which, run, look),
        }
    }
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(area: Rect, run: &Run, state: &State, look: &Look, at: Position) -> Option<Target> {
    if run.view.dry_run.is_some() {
        return None;
    }
    let words = standing(run, state, usize::from(area.width), look);
    let (_, parts) = layout(area, &words, run, look);
    let (part, area) = parts.into_iter().find(|(_, area)| area.contains(at))?;
    match part {
        Part::Matrix => matrix::target_at(area, run, at),
        Part::Pane(pane) => Some(Target::RunPane(pane)),
    }
}

/// A part of the screen of a run.
#[derive(Clone, Copy)]
enum Part {
    Matrix,
    Pane(WizardPane),
}

/// Where the words on how it stands are, and the parts below them.
fn layout(area: Rect, words: &[Line<'static>], run: &Run, look: &Look) -> (Rect, Vec<(Part, Rect)>) {
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    // A line below them is empty.
    let most = (below.height / 3).max(3) - 1;
    let height = (words.len() as u16).min(most);
    let taken = height + 1;
    let rest = Rect { y: below.y + taken, height: below.height.saturating_sub(taken), ..below };
    let is_wide = area.width >= WIDE.0 && area.height >= WIDE.1;
    (Rect { height, ..below }, if is_wide { wide(rest, run, look) } else { narrow(rest, run) })
}

fn heading(run: &Run, width: usize, state: &State, look: &Look) -> Line<'static> {
    let hosts: Vec<&str> = run.plan.hosts.iter().map(HostName::as_str).collect();
    let hosts = if hosts.len() > 5 { format!("{} hosts", hosts.len()) } else { hosts.join(" ") };
    let mut left = vec![look.span(Role::Title, clean(&run.plan.scenario.title)), Span::raw("  ")];
    if let Some(cluster) = &run.cluster {
        left.push(look.span(Role::Text, clean(cluster.as_str())));
        left.push(look.separator());
    }
    left.push(look.span(Role::Muted, clean(&hosts)));
    let step = format!("step {} of {}", run.current(), run.plan.scenario.steps.len());
    let right = vec![look.span(Role::Text, step), look.span(Role::Muted, format!("  {}", time(run, state)))];
    title(left, right, width, state, look)
}

/// Everything at once: why and how far at the left, what runs and what it prints at the right.
fn wide(area: Rect, run: &Run, look: &Look) -> Vec<(Part, Rect)> {
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(46), Constraint::Percentage(54)]).spacing(3).areas(area);
    // What the prose leaves, and half of it in any case.
    let prose = why(run, usize::from(left.width), look).len() as u16 + 1;
    let room = left.height.saturating_sub(prose).max(left.height / 2);
    let matrix_height = (matrix::height(run) + 1).min(room);
    let [why, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(matrix_height)]).areas(left);
    let [script, output] =
        Layout::vertical([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(right);
    vec![
        (Part::Pane(WizardPane::Why), why),
        (Part::Matrix, Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below }),
        (Part::Pane(WizardPane::Script), script),
        (Part::Pane(WizardPane::Output), output),
    ]
}

/// One thing at a time under the matrix.
fn narrow(area: Rect, run: &Run) -> Vec<(Part, Rect)> {
    // Of many hosts more than a few are to be seen.
    let height = matrix::height(run);
    let most = if height > area.height { area.height / 2 } else { area.height / 3 }.max(3);
    let [above, below] =
        Layout::vertical([Constraint::Length(height.min(most)), Constraint::Min(0)]).areas(area);
    vec![(Part::Matrix, above), (Part::Pane(run.view.pane), below)]
}

fn pane(buffer: &mut Buffer, area: Rect, pane: WizardPane, run: &Run, look: &Look) {
    if area.height < 2 {
        return;
    }
    let width = usize::from(area.width);
    let step = run.step();
    let place = run.place();
    let name = step.map(|step| format!("{}. {}", step.number, clean(&step.title))).unwrap_or_default();
    let words = match pane {
        WizardPane::Why => format!("why {} {name}", look.glyphs.dot),
        WizardPane::Script => format!("script {} {name}", look.glyphs.dot),
        WizardPane::Output => {
            let place = place.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("output {} {}", look.glyphs.dot, clean(&place))
        }
    };
    let role = if pane == run.view.pane { Role::Title } else { Role::Heading };
    buffer.set_line(area.x, area.y, &rule(&words, role, width, look), area.width);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let scroll = run.view.scrolls.get(pane as usize).copied().unwrap_or(0);
    match (pane, step) {
        (WizardPane::Output, _) => output(buffer, body, run, scroll, look),
        (WizardPane::Why, Some(_)) => put(buffer, body, &why(run, width, look), scroll, look),
        (WizardPane::Script, Some(step)) => {
            put(buffer, body, &scripts::of_step(run, step, false, width, look), scroll, look);
        }
        (_, None) => {}
    }
}

/// What the pane of that name says.
fn why(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = all_reasons(run, width, look);
    lines.extend(run.step().into_iter().flat_map(|step| scripts::why(run, step, width, look)));
    lines
}

/// Why it did not go on, where there are more reasons than are told above: here they can be scrolled.
fn all_reasons(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let (Stage::Over(Outcome::Refused { why } | Outcome::Failed { why }), None) = (&run.stage, run.view.step)
    else {
        return Vec::new();
    };
    if why.len() <= REASONS {
        return Vec::new();
    }
    let sign = (look.glyphs.dot, Role::Muted);
    let mut lines: Vec<_> =
        why.iter().flat_map(|words| signed(sign, (words, Role::Text), 0, width, look)).collect();
    lines.push(Line::default());
    lines
}

/// The last lines that the selected host has printed, `scroll` lines up from the end.
fn output(buffer: &mut Buffer, area: Rect, run: &Run, scroll: usize, look: &Look) {
    let Some(place) = run.place() else { return };
    let width = usize::from(area.width);
    let room = usize::from(area.height);
    let count = run.output(&place).count();
    let scroll = scroll.min(count.saturating_sub(room));
    let first = count.saturating_sub(room + scroll);
    for (y, text) in (area.top()..area.bottom()).zip(run.output(&place).skip(first)) {
        let role = if text.starts_with("-- step ") { Role::Faint } else { Role::Text };
        let line = Line::from(look.span(role, look.fit(text, width)));
        buffer.set_line(area.x, y, &line, area.width);
    }
    if count == 0 {
        let is_of_before = run.is_done() && run.first.is_none();
        let words =
            if is_of_before { "It is kept with the run's journal." } else { "Nothing has been printed yet." };
        buffer.set_line(area.x, area.y, &Line::from(look.span(Role::Muted, words)), area.width);
    }
}

/// How it stands, in words, and what can be done.
fn standing(run: &Run, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    match (&run.stage, run.stand(state.now)) {
        (Stage::Ready, _) => ready(run, width, look),
        (Stage::UnderWay, Some(Stand::Stuck)) => stuck(run, width, look),
        (Stage::UnderWay, Some(Stand::Paused)) => paused(run, width, look),
        (Stage::UnderWay, stand) => busy(run, stand.as_ref(), width, look),
        (Stage::Over(outcome), _) => over(run, outcome, state, width, look),
    }
}

fn ready(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let words = match &run.basis {
        Basis::Left(_) => format!("It is gone on with at step {}; nothing is run yet.", run.current()),
        Basis::Changed { from_step, .. } if *from_step > 1 => {
            format!("A new run that begins with step {from_step}; nothing is run yet.")
        }
        Basis::New | Basis::Changed { .. } => {
            "Nothing is run yet. Look at it, step by step, with left and right.".to_owned()
        }
    };
    lines.extend(signed((look.glyphs.note, Role::Note), (&words, Role::Text), 0, width, look));
    if let Some(what) = run.plan.destroys() {
        let words = format!("It destroys {}.", clean(&what));
        lines.extend(signed((look.glyphs.warning, Role::Warning), (&words, Role::Warning), 0, width, look));
    }
    for remark in run.plan.remarks() {
        lines.extend(signed((look.glyphs.warning, Role::Warning), (&remark, Role::Text), 0, width, look));
    }
    if run.examined.is_some() {
        lines.extend(signed(
            (look.glyphs.running, Role::Transient),
            ("the checks are being run", Role::Text),
            0,
            width,
            look,
        ));
    }
    if let Some(found) = &run.found {
        for step in &found.steps {
            let (sign, words) = match step.holds {
                Some(true) => ((look.glyphs.ok, Role::Ok), format!("step {} holds", step.number)),
                Some(false) => (
                    (look.glyphs.warning, Role::Warning),
                    format!("step {} does not hold: {}", step.number, step.why.join("; ")),
                ),
                None => ((look.glyphs.unknown, Role::Muted), format!("step {} has no check", step.number)),
            };
            lines.extend(signed(sign, (&words, Role::Text), 0, width, look));
        }
    }
    lines
}

fn busy(run: &Run, stand: Option<&Stand>, width: usize, look: &Look) -> Vec<Line<'static>> {
    let words = match stand {
        Some(Stand::Gates(When::Before)) | None => {
            "looking at the hosts, and at what has to hold before".to_owned()
        }
        Some(Stand::Gates(When::After)) => "looking at what has to hold now".to_owned(),
        _ => {
            let number = run.current();
            let states = run.progress.states(number);
            let at = |wanted: &scenario::State| states.iter().filter(|(_, state)| state == wanted).count();
            let step = run.plan.scenario.steps.get(number.saturating_sub(1));
            let name = step.map(|step| clean(&step.title)).unwrap_or_default();
            let is_waiting = |place: &Place| run.progress.waits_for_others(number, place);
            let waiting = states.iter().filter(|(place, _)| is_waiting(place)).count();
            let under_way = at(&scenario::State::Running).saturating_sub(waiting);
            let words = format!("{name}: under way on {under_way} of {}", states.len());
            match waiting {
                0 => words,
                1 => format!("{words}, 1 waits for the others"),
                _ => format!("{words}, {waiting} wait for the others"),
            }
        }
    };
    signed((look.glyphs.running, Role::Transient), (&words, Role::Text), 0, width, look)
}

fn paused(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let name = run.plan.scenario.steps.get(run.current().saturating_sub(1));
    let name = name.map(|step| clean(&step.title)).unwrap_or_default();
    let words = format!("It waits for you before step {}: {name}.", run.current());
    signed((look.glyphs.note, Role::Note), (&words, Role::Text), 0, width, look)
}

/// What did not go well, where, what was printed last, and what can be done.
fn stuck(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let troubles = run.progress.troubles();
    let is_unknown = run.progress.is_unknown();
    let mut actions = Vec::new();
    actions.extend(key(Action::RetryStep, if is_unknown { "run it again" } else { "try again" }, look));
    actions.extend(key(Action::SkipStep, "take it for done", look));
    if let Ok(step) = run.progress.undoable() {
        actions.extend(key(Action::Undo, &format!("take step {step} back"), look));
    }
    actions.extend(key(Action::AbortRun, "end the run", look));
    let mut lines = vec![Line::from(actions)];
    for trouble in troubles.iter().take(3) {
        let at = run.progress.state_at(trouble.step, &trouble.place);
        let (glyph, role) = at.map_or((look.glyphs.critical, Role::Critical), |it| matrix::sign(&it, look));
        let is_in_doubt =
            matches!(run.progress.state_at(trouble.step, &trouble.place), Some(scenario::State::Unknown(_)));
        let doubt = if is_in_doubt { " Look there, then say whether to run it again." } else { "" };
        let words = format!("step {} on {}: {}.{doubt}", trouble.step, trouble.place, trouble.words);
        lines.extend(signed((glyph, role), (&words, role), 0, width, look));
        for said in run.said(trouble.step, &trouble.place).iter().rev().take(3).rev() {
            lines.push(Line::from(
                look.span(Role::Muted, format!("    {}", look.fit(said, width.saturating_sub(4)))),
            ));
        }
    }
    if troubles.len() > 3 {
        let words = format!("and on {} more hosts", troubles.len() - 3);
        lines.extend(plain(&words, Role::Critical, 2, width, look));
    }
    lines
}

fn over(run: &Run, outcome: &Outcome, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    let glyphs = &look.glyphs;
    let mut lines = Vec::new();
    let (sign, words, why): (_, &str, &[String]) = match outcome {
        Outcome::Done { notes } if state.wizard.is_simulated() => {
            ((glyphs.ok, Role::Ok), "It came to its end, but on simulated hosts: nothing was run.", notes)
        }
        Outcome::Done { notes } if run.first.is_none() => (
            (glyphs.ok, Role::Ok),
            "It came to its end before. Its steps can be taken back, the last one first.",
            notes,
        ),
        Outcome::Done { notes } => {
            ((glyphs.ok, Role::Ok), "Done: every step is done, and what proves it holds.", notes)
        }
        Outcome::Refused { why } => {
            ((glyphs.warning, Role::Warning), "Nothing was run. What has to hold before does not:", why)
        }
        Outcome::Failed { why } => {
            ((glyphs.critical, Role::Critical), "It ended before its end. It can be resumed.", why)
        }
        Outcome::Aborted => ((glyphs.offline, Role::Warning), "It was aborted. It can be resumed.", &[]),
    };
    lines.extend(signed(sign, (words, sign.1), 0, width, look));
    if !run.holders.is_empty() {
        let words = "take the hosts from the other run, if it is known to be dead";
        lines.push(Line::from(key(Action::BreakLock, words, look)));
    }
    for words in why {
        lines.extend(signed((glyphs.dot, Role::Muted), (words, Role::Text), 2, width, look));
    }
    if let (Outcome::Done { .. }, Ok(step)) = (outcome, run.progress.undoable()) {
        lines.push(Line::from(key(Action::Undo, &format!("take step {step} back"), look)));
    }
    if let (Some(id), false) = (&run.id, matches!(outcome, Outcome::Refused { .. })) {
        let words = format!("run {id}; what was printed is kept with its journal");
        lines.extend(plain(&words, Role::Muted, 2, width, look));
    }
    lines
}
