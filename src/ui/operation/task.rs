//! What a job would do, does, and has done.

use ratatui::text::{Line, Span};

use super::{ago, of_outcome, plain, signed};
use crate::app::{Errand, Job, Stage, State, Task};
use crate::operation::words::{self, Kind};
use crate::operation::{NoPreview, Progress, Ran};
use crate::theme::Role;
use crate::ui::Look;

/// Everything about a job but what is to be entered.
pub(super) fn lines(job: &Job, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let count = job.tasks.len();
    if job.stage == Stage::Asking {
        for together in &job.together {
            let told = words::together(together);
            lines.extend(told.iter().flat_map(|line| preview_line(line, width, look)));
            lines.extend((!told.is_empty()).then(Line::default));
        }
    }
    for (nth, task) in job.tasks.iter().enumerate() {
        if nth > 0 {
            lines.push(Line::default());
        }
        if count > 1 {
            let words = format!("{} of {count}", nth + 1);
            let rule = look.glyphs.rule.repeat(width.saturating_sub(words.len() + 1));
            lines.push(Line::from(vec![
                look.span(Role::Heading, words),
                Span::raw(" "),
                look.span(Role::Faint, rule),
            ]));
        }
        lines.extend(match job.stage {
            Stage::Planning => planning(job, task, state, width, look),
            Stage::Asking => proposed(task, width, look),
            Stage::Running { .. } | Stage::Over => under_way(job, nth, task, state, width, look),
        });
    }
    lines
}

fn title(task: &Task, right: &str, width: usize, look: &Look) -> Line<'static> {
    let title = format!("{} (cluster {})", task.title(), task.errand.cluster());
    let room = width.saturating_sub(right.len() + 1);
    look.sides(
        vec![look.span(Role::Title, look.fit(&title, room))],
        vec![look.span(Role::Muted, right.to_owned())],
        width,
    )
}

fn planning(job: &Job, task: &Task, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = vec![title(task, &ago(job.since, state), width, look)];
    lines.extend(match &task.preview {
        None => signed(
            (look.glyphs.pending, Role::Transient),
            ("taking a fresh picture, and asking the scheduler what it would do", Role::Muted),
            0,
            width,
            look,
        ),
        Some(_) => signed((look.glyphs.ok, Role::Ok), ("planned", Role::Muted), 0, width, look),
    });
    lines
}

fn proposed(task: &Task, width: usize, look: &Look) -> Vec<Line<'static>> {
    let told = match (&task.errand, &task.preview) {
        (Errand::Finish(unfinished), _) => words::unfinished(unfinished),
        (_, Some(Ok(preview))) => words::preview(preview),
        (_, Some(Err(why))) => return refused(task, why, width, look),
        (_, None) => Vec::new(),
    };
    // What would follow must not be pushed off the screen by what pcs would call it.
    let (others, told): (Vec<_>, Vec<_>) = told.into_iter().partition(|line| line.kind == Kind::Alternative);
    let heading = words::Line { kind: Kind::Heading, text: "The same for pcs and crmsh:".to_owned() };
    let heading = (!others.is_empty()).then_some(heading);
    let all = told.iter().chain(&heading).chain(&others);
    all.flat_map(|line| preview_line(line, width, look)).collect()
}

fn refused(task: &Task, why: &NoPreview, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = vec![title(task, "", width, look), Line::default()];
    let (sign, role, words) = if task.is_needless() {
        (look.glyphs.note, Role::Note, format!("Nothing to do: {why}."))
    } else {
        (look.glyphs.warning, Role::Warning, format!("It can't be done: {why}."))
    };
    lines.extend(signed((sign, role), (&words, Role::Text), 0, width, look));
    lines
}

fn preview_line(line: &words::Line, width: usize, look: &Look) -> Vec<Line<'static>> {
    let words = line.text.as_str();
    let glyphs = &look.glyphs;
    match line.kind {
        Kind::Title => plain(words, Role::Title, 0, width, look),
        Kind::Note => plain(words, Role::Text, 2, width, look),
        Kind::Heading => {
            let mut lines = vec![Line::default()];
            lines.extend(plain(words, Role::Heading, 0, width, look));
            lines
        }
        Kind::Command => signed(("$", Role::Key), (words, Role::Text), 2, width, look),
        Kind::Alternative => plain(words.trim_start_matches("or: "), Role::Muted, 4, width, look),
        Kind::Own => signed((glyphs.arrow, Role::Key), (words, Role::Text), 2, width, look),
        Kind::Collateral => signed((glyphs.warning, Role::Warning), (words, Role::Warning), 2, width, look),
        Kind::Warning => {
            let mut lines = vec![Line::default()];
            lines.extend(signed((glyphs.critical, Role::Critical), (words, Role::Critical), 0, width, look));
            lines
        }
        Kind::Undo => {
            let mut lines = vec![Line::default()];
            lines.extend(plain(words, Role::Muted, 0, width, look));
            lines
        }
    }
}

fn under_way(
    job: &Job,
    nth: usize,
    task: &Task,
    state: &State,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let is_now = matches!(job.stage, Stage::Running { at, .. } if at == nth);
    let right = if is_now { ago(job.since, state) } else { String::new() };
    let mut lines = vec![title(task, &right, width, look)];
    if task.plan().is_none() {
        lines.extend(plain("Nothing to do: it is so already.", Role::Muted, 0, width, look));
        return lines;
    }
    if task.end.is_none() && !is_now {
        lines.extend(plain("not begun", Role::Muted, 0, width, look));
        return lines;
    }
    if task.told.is_empty() && is_now {
        let words = "checking once more on a fresh picture that all holds";
        lines.extend(waiting(words, width, look));
    }
    for (at, told) in task.told.iter().enumerate() {
        lines.extend(told_lines(told, task.told.get(at + 1), task.end.is_none(), width, look));
    }
    if let Some((outcome, _)) = &task.end {
        lines.push(Line::default());
        let (glyph, role) = of_outcome(outcome, look);
        let words = task.plan().map(|plan| words::outcome(plan, outcome)).unwrap_or_default();
        lines.extend(signed((glyph, role), (&words, role), 0, width, look));
        lines.extend(undo(job, task, width, look));
    }
    lines
}

fn undo(job: &Job, task: &Task, width: usize, look: &Look) -> Vec<Line<'static>> {
    if task.is_undone {
        return plain("It has been undone since.", Role::Muted, 0, width, look);
    }
    match task.plan() {
        Some(plan) if !job.undo().is_empty() => plain(&words::undo(plan), Role::Muted, 0, width, look),
        _ => Vec::new(),
    }
}

fn waiting(words: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    signed((look.glyphs.pending, Role::Transient), (words, Role::Text), 2, width, look)
}

/// A command with how it ended, or what is awaited.
fn told_lines(
    told: &Progress,
    next: Option<&Progress>,
    is_open: bool,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let words = words::progress(told).unwrap_or_default();
    let glyphs = &look.glyphs;
    match told {
        Progress::Running { .. } => {
            let sign = match next {
                Some(Progress::Ran(Ran::Exited { code: Some(0), .. })) => (glyphs.ok, Role::Ok),
                Some(Progress::Ran(Ran::Unknown(_))) => (glyphs.unknown, Role::Unknown),
                Some(Progress::Ran(_)) => (glyphs.critical, Role::Critical),
                _ if is_open => (glyphs.pending, Role::Transient),
                _ => (glyphs.unknown, Role::Unknown),
            };
            signed(sign, (words.trim_end_matches(" …"), Role::Text), 2, width, look)
        }
        Progress::Ran(Ran::Exited { code: Some(0), .. }) | Progress::Ended(_) => Vec::new(),
        Progress::Ran(Ran::Unknown(_)) => plain(&words, Role::Unknown, 4, width, look),
        Progress::Ran(_) => plain(&words, Role::Critical, 4, width, look),
        Progress::Simulating | Progress::Waiting(_) if is_open => waiting(&words, width, look),
        Progress::Simulating | Progress::Waiting(_) => Vec::new(),
    }
}
