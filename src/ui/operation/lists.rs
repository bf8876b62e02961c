//! Several operations: those of this console, those that an earlier one has left, those that keep it from ending.

use ratatui::text::{Line, Span};

use super::{Content, ago, buttons, form, plain, signed, standing};
use crate::app::{Focus, Job, Remedy, State};
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
    Content { scroll: (row + 2).saturating_sub(usize::from(state.size.1) / 2), ..Content::of(body) }
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
    for (nth, unfinished) in all.iter().enumerate() {
        body.push(Line::default());
        if nth == row {
            scroll = body.len().saturating_sub(usize::from(state.size.1) / 2);
        }
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
    }
    let has = |wanted: Remedy| remedy == wanted;
    let row_of_buttons = buttons(
        &[
            ("Leave it", has(Remedy::Leave), true),
            ("Verify and finish", has(Remedy::Finish), true),
            ("Undo", has(Remedy::Undo), true),
        ],
        look,
    );
    Content { body, scroll, foot: vec![row_of_buttons], cursor: None }
}

/// What leaving the console now would mean.
pub(super) fn leave(focus: Focus, state: &State, width: usize, look: &Look) -> Content {
    let mut body =
        vec![Line::from(look.span(Role::Title, "Leave although operations are under way?")), Line::default()];
    for job in state.operations.running() {
        let words = format!("{} ({})", job.title(), ago(job.since, state));
        let sign = (look.glyphs.pending, Role::Transient);
        body.extend(signed(sign, (&words, Role::Text), 0, width, look));
        body.extend(plain(&form::left(job), Role::Muted, 2, width, look));
    }
    if let Some(run) = state.wizard.under_way() {
        let words = format!("{} (scenario)", run.plan.scenario.title);
        let sign = (look.glyphs.pending, Role::Transient);
        body.extend(signed(sign, (&words, Role::Text), 0, width, look));
        let words = "What was sent to the hosts goes on there by itself; the run can be resumed.";
        body.extend(plain(words, Role::Muted, 2, width, look));
    }
    body.push(Line::default());
    let words = "No further command would be sent, and nobody would verify what was. The audit log says that it is \
                 unfinished, and the next start offers to finish or undo it.";
    body.extend(plain(words, Role::Text, 0, width, look));
    let stay = ("Stay", focus != Focus::Confirm, true);
    let foot = vec![buttons(&[stay, ("Leave", focus == Focus::Confirm, true)], look)];
    Content { foot, ..Content::of(body) }
}
