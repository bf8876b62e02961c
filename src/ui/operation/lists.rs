//! Several operations: those of this console, those that an earlier one has left, those that keep it from ending.

use ratatui::text::{Line, Span};

use super::{Content, Foot, ago, form, plain, signed, standing};
use crate::app::{Focus, Job, Remedy, State, Target};
use crate::model::text::clean;
use crate::operation::words;
use crate::theme::Role;
use crate::ui::{Look, text};

/// All operations of this console, the last first.
pub(super) fn operations(row: usize, state: &State, width: usize, look: &Look) -> Content {
    let mut body = vec![Line::from(look.span(Role::Title, "Operations of this console")), Line::default()];
    for (nth, job) in state.operations.jobs.iter().rev().enumerate() {
        let mut line = of_job(job, nth == row, state, width, look);
        if nth == row {
            line = line.patch_style(look.style(Role::Selection));
        }
        body.push(line);
    }
    let entries = (2..body.len()).map(|line| line..line + 1).collect();
    let scroll = (row + 2).saturating_sub(usize::from(state.size.1) / 2);
    Content { scroll, entries, ..Content::of(body) }
}

fn of_job(job: &Job, is_selected: bool, state: &State, width: usize, look: &Look) -> Line<'static> {
    let (glyph, role, word) = standing(job, look);
    let cluster = job.tasks.first().map(|task| clean(task.errand.cluster().as_str())).unwrap_or_default();
    let left = vec![
        look.span(Role::Title, if is_selected { look.glyphs.cursor } else { " " }),
        look.span(role, glyph),
        Span::raw(" "),
        look.span(Role::Text, look.fit(&job.title(), width / 2)),
        look.span(Role::Muted, format!("  {cluster}")),
    ];
    let right =
        vec![look.span(role, word), look.span(Role::Muted, format!("  {} ago", ago(job.since, state)))];
    look.sides(left, right, width)
}

/// What earlier consoles have begun and not brought to an end.
pub(super) fn unfinished(row: usize, remedy: Remedy, state: &State, width: usize, look: &Look) -> Content {
    let all = &state.operations.unfinished;
    let title = format!("{} of earlier consoles never ended", text::count(all.len(), "operation"));
    let mut body = vec![Line::from(look.span(Role::Title, title))];
    let note =
        "Their consoles are gone. What they had sent may have been done or not; nobody has verified it.";
    body.extend(plain(note, Role::Muted, 0, width, look));
    let mut scroll = 0;
    let mut entries = Vec::new();
    for (nth, unfinished) in all.iter().enumerate() {
        body.push(Line::default());
        if nth == row {
            scroll = body.len().saturating_sub(usize::from(state.size.1) / 2);
        }
        let from = body.len();
        let intent = &unfinished.plan.intent;
        let left = vec![
            look.span(Role::Title, if nth == row { look.glyphs.cursor } else { " " }),
            look.span(Role::Warning, look.glyphs.warning),
            Span::raw(" "),
            look.span(Role::Text, clean(&unfinished.plan.title)),
            look.span(Role::Muted, format!("  {}", clean(intent.cluster.as_str()))),
        ];
        let when = format!("{} ago by {}", ago(unfinished.at, state), clean(&unfinished.user));
        let mut line = look.sides(left, vec![look.span(Role::Muted, when)], width);
        if nth == row {
            line = line.patch_style(look.style(Role::Selection));
        }
        body.push(line);
        body.extend(plain(&words::sent(unfinished), Role::Muted, 3, width, look));
        entries.push(from..body.len());
    }
    let button = |words, wanted: Remedy| (words, remedy == wanted, true, Target::Remedy(wanted));
    let foot = Foot::buttons(
        &[
            button("Leave it", Remedy::Leave),
            button("Verify and finish", Remedy::Finish),
            button("Undo", Remedy::Undo),
        ],
        look,
    );
    Content { body, scroll, entries, foot }
}

/// What leaving the console now would mean.
pub(super) fn leave(focus: Focus, state: &State, width: usize, look: &Look) -> Content {
    let run = state.wizard.under_way();
    let is_operating = state.operations.running().next().is_some();
    let title = match (is_operating, run.is_some()) {
        (true, false) => "Leave although operations are under way?",
        (_, true) if !is_operating => "Leave although a scenario is under way?",
        _ => "Leave although operations and a scenario are under way?",
    };
    let mut body = vec![Line::from(look.span(Role::Title, title)), Line::default()];
    for job in state.operations.running() {
        let words = format!("{} ({})", job.title(), ago(job.since, state));
        let sign = (look.glyphs.pending, Role::Transient);
        body.extend(signed(sign, (&words, Role::Text), 0, width, look));
        body.extend(plain(&form::left(job), Role::Muted, 2, width, look));
    }
    if is_operating {
        body.push(Line::default());
        let words = "No further command of an operation would be sent, and nobody would verify what was. The audit log says \
                     that it is unfinished, and the next start offers to finish or undo it.";
        body.extend(plain(words, Role::Text, 0, width, look));
    }
    if let Some(run) = run {
        if is_operating {
            body.push(Line::default());
        }
        let step = run.current();
        let words = format!("{}, step {step} of {}", run.plan.scenario.title, run.plan.scenario.steps.len());
        let sign = (look.glyphs.pending, Role::Transient);
        body.extend(signed(sign, (&clean(&words), Role::Text), 0, width, look));
        body.push(Line::default());
        let words = "A script that was sent goes on by itself on its host; nothing more would be sent. The run's journal says \
                     how far it has come: the next start offers to go on with it, and so does `quorate scenario resume`.";
        body.extend(plain(words, Role::Text, 0, width, look));
    }
    let foot = Foot::buttons(
        &[
            ("Stay", focus != Focus::Confirm, true, Target::Button(Focus::Cancel)),
            ("Leave", focus == Focus::Confirm, true, Target::Button(Focus::Confirm)),
        ],
        look,
    );
    Content { foot, ..Content::of(body) }
}
