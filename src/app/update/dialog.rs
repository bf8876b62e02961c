//! Keys in the panels that ask about operations.

use super::typing::Edit;
use super::{operate, tell, unfinished};
use crate::app::operation::Dialect;
use crate::app::{
    Action, Choose, Effect, Focus, GivingUp, JobId, LayerKind, Notice, Panel, Remedy, Request, Stage, State,
    Target, Task, Typing,
};
use crate::operation::Plan;
use crate::operation::command::{Command, shell};

/// What a key does in such a panel; `None` where that is no such panel, or
/// the key does what it does everywhere.
pub(super) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let panel = state.layers.panel().cloned().filter(Panel::is_of_operations)?;
    Some(match action {
        Action::Open => take(state, &panel),
        Action::Back => back(state, &panel),
        Action::NextPane => turn(state, &panel, 1),
        Action::PreviousPane => turn(state, &panel, -1),
        Action::Left => side(state, &panel, -1),
        Action::Right => side(state, &panel, 1),
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => {
            go(state, action)
        }
        Action::Quit
        | Action::Suspend
        | Action::Redraw
        | Action::NextTheme
        | Action::PollNow
        | Action::PollAll
        | Action::Undo
        | Action::Redo
        | Action::GiveUp
        | Action::CopyCommands
        | Action::Operations => return None,
        _ => operate::refuse(state, "answer or close this first"),
    })
}

/// A key while one of its fields has the keys.
pub(super) fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(&Panel::Operation(id)) = state.layers.panel() else { return Vec::new() };
    let Some(job) = state.operations.job_mut(id).filter(|job| job.stage == Stage::Asking) else {
        return Vec::new();
    };
    match typing {
        Typing::Edit(request) => _ = edit(state, Edit::Key(request)),
        Typing::Cancel => return back(state, &Panel::Operation(id)),
        Typing::Complete | Typing::Newer => job.form.turn(job.ring(), 1),
        Typing::CompleteBack | Typing::Older => job.form.turn(job.ring(), -1),
        Typing::Accept => {
            let name = job.name_to_type();
            if job.form.focus == Focus::Name && name.as_deref() != Some(job.form.name.value()) {
                let name = name.unwrap_or_default();
                return operate::refuse(state, format!("this is not {name}"));
            }
            job.form.focus = if job.form.focus == Focus::Name { Focus::Reason } else { Focus::Confirm };
        }
    }
    Vec::new()
}

/// Text is for the field that has the focus. Where a button has it, the field that text is for gets it.
pub(super) fn edit(state: &mut State, edit: Edit<'_>) -> bool {
    let Some(&Panel::Operation(id)) = state.layers.panel() else { return false };
    let Some(job) = state.operations.job_mut(id) else { return false };
    let Some(field) = job.field_for_letters() else { return false };
    if !job.form.is_typing() {
        job.form.focus = field;
    }
    let Some(input) = job.form.field() else { return false };
    edit.apply(input);
    true
}

/// The mouse was pressed on a part of such a panel. A button is taken as its key would take it; a row gets the keys, and
/// is taken when it has them.
pub(super) fn press(state: &mut State, target: &Target) -> Vec<Effect> {
    let Some(panel) = state.layers.panel().cloned() else { return Vec::new() };
    match (panel, target) {
        (Panel::Operation(id), Target::Button(focus)) => {
            let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
            // It may have been drawn before the job had come so far.
            if !job.ring().contains(focus) {
                return Vec::new();
            }
            job.form.focus = *focus;
            if job.form.is_typing() { Vec::new() } else { take_button(state, id) }
        }
        (Panel::Leave { .. }, Target::Button(focus)) => take(state, &Panel::Leave { focus: *focus }),
        (Panel::Unfinished { row, .. }, Target::Remedy(remedy)) => {
            take(state, &Panel::Unfinished { row, remedy: *remedy })
        }
        (Panel::Unfinished { remedy, .. }, Target::Entry(row)) => {
            state.layers.put(Panel::Unfinished { row: *row, remedy });
            Vec::new()
        }
        (Panel::Choose(choose), Target::Entry(row)) if choose.row != *row => {
            state.layers.put(Panel::Choose(Choose { row: *row, ..choose }));
            Vec::new()
        }
        (Panel::Operations { row: selected }, Target::Entry(row)) if selected != *row => {
            state.layers.put(Panel::Operations { row: *row });
            Vec::new()
        }
        (panel @ (Panel::Choose(_) | Panel::Operations { .. }), Target::Entry(_)) => take(state, &panel),
        _ => Vec::new(),
    }
}

/// Takes the button or the row that has the keys.
fn take(state: &mut State, panel: &Panel) -> Vec<Effect> {
    match panel {
        Panel::Choose(choose) => operate::chosen(state, choose),
        Panel::Operations { row } => {
            let nth = state.operations.jobs.len().checked_sub(row + 1);
            let job = nth.and_then(|nth| state.operations.jobs.get(nth)).map(|job| job.id);
            match job {
                Some(id) => state.layers.put(Panel::Operation(id)),
                None => state.layers.close(LayerKind::Panel),
            }
            Vec::new()
        }
        Panel::Unfinished { row, remedy } => unfinished::take(state, *row, *remedy),
        Panel::Leave { focus: Focus::Confirm } => vec![Effect::Quit],
        Panel::Leave { .. } => {
            state.layers.close(LayerKind::Panel);
            Vec::new()
        }
        Panel::Operation(id) => take_button(state, *id),
        Panel::Help { .. } | Panel::Log | Panel::Card(_) => Vec::new(),
    }
}

fn take_button(state: &mut State, id: JobId) -> Vec<Effect> {
    let Some(job) = state.operations.job(id) else {
        state.layers.close(LayerKind::Panel);
        return Vec::new();
    };
    match (job.stage, job.form.focus) {
        (Stage::Asking, Focus::Confirm) => operate::confirm(state, id),
        (Stage::Over, Focus::Confirm) if job.can_be_redone() => operate::redo(state),
        (Stage::Over, Focus::Confirm) => operate::undo(state),
        _ => back(state, &Panel::Operation(id)),
    }
}

/// Closes the panel. What has not begun is dropped; what is under way goes on.
fn back(state: &mut State, panel: &Panel) -> Vec<Effect> {
    state.layers.close(LayerKind::Panel);
    let Panel::Operation(id) = *panel else { return Vec::new() };
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    match &mut job.stage {
        Stage::Running { giving_up, .. } if *giving_up == GivingUp::Asked => {
            *giving_up = GivingUp::No;
            state.layers.put(Panel::Operation(id));
            Vec::new()
        }
        Stage::Running { .. } => {
            operate::refuse(state, "it goes on in the background; :operations shows it again")
        }
        Stage::Over => Vec::new(),
        Stage::Planning | Stage::Asking => {
            state.operations.jobs.retain(|job| job.id != id);
            tell(state, Notice::info("nothing was changed"));
            vec![Effect::Operate(Request::Forget(id))]
        }
    }
}

/// Puts the keys on the next button or field.
fn turn(state: &mut State, panel: &Panel, by: isize) -> Vec<Effect> {
    match panel {
        Panel::Operation(id) => {
            if let Some(job) = state.operations.job_mut(*id) {
                job.form.turn(job.ring(), by);
            }
        }
        _ => return side(state, panel, by),
    }
    Vec::new()
}

/// Puts the keys on the button beside.
fn side(state: &mut State, panel: &Panel, by: isize) -> Vec<Effect> {
    match panel {
        Panel::Operation(id) => {
            if let Some(job) = state.operations.job_mut(*id) {
                let buttons: Vec<Focus> = job
                    .ring()
                    .iter()
                    .copied()
                    .filter(|focus| matches!(focus, Focus::Cancel | Focus::Confirm))
                    .collect();
                job.form.turn(&buttons, by);
            }
        }
        Panel::Leave { focus } => {
            let focus = if *focus == Focus::Confirm { Focus::Cancel } else { Focus::Confirm };
            state.layers.put(Panel::Leave { focus });
        }
        Panel::Unfinished { row, remedy } => {
            state.layers.put(Panel::Unfinished { row: *row, remedy: remedy.turned(by) });
        }
        _ => {}
    }
    Vec::new()
}

/// Moves the selection of a list, or scrolls.
fn go(state: &mut State, action: Action) -> Vec<Effect> {
    let page = usize::from(state.size.1 / 2).max(1);
    let rows = match state.layers.panel() {
        Some(Panel::Choose(choose)) => choose.nodes(state).len(),
        Some(Panel::Operations { .. }) => state.operations.jobs.len(),
        Some(Panel::Unfinished { .. }) => state.operations.unfinished.len(),
        _ => usize::MAX,
    };
    let row = match state.layers.panel_mut() {
        Some(Panel::Choose(choose)) => &mut choose.row,
        Some(Panel::Operations { row } | Panel::Unfinished { row, .. }) => row,
        Some(Panel::Operation(id)) => match state.operations.job_mut(*id) {
            Some(job) => &mut job.scroll,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    *row = match action {
        Action::Up => row.saturating_sub(1),
        Action::Down => row.saturating_add(1),
        Action::PageUp => row.saturating_sub(page),
        Action::PageDown => row.saturating_add(page),
        Action::First => 0,
        Action::Last if rows < usize::MAX => rows,
        _ => *row,
    };
    *row = (*row).min(rows.saturating_sub(1));
    Vec::new()
}

/// Copies the commands that are shown, each time in the words of another tool.
pub(super) fn copy(state: &mut State) -> Vec<Effect> {
    let Some(&Panel::Operation(id)) = state.layers.panel() else {
        return operate::refuse(state, "there are no commands on screen");
    };
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    let dialect = Dialect::after(job.form.copied);
    let commands = job.tasks.iter().filter_map(Task::plan).flat_map(Plan::steps);
    let in_words = |command: &Command| match dialect {
        Dialect::Own => Some(command.shell()),
        Dialect::Pcs => command.pcs.as_deref().map(shell),
        Dialect::Crm => command.crm.as_deref().map(shell),
    };
    let lines: Vec<Option<String>> = commands.map(|step| in_words(&step.command)).collect();
    let known: Vec<String> = lines.iter().flatten().cloned().collect();
    job.form.copied = Some(dialect);
    let whose = match dialect {
        Dialect::Own => "the commands as they are run",
        Dialect::Pcs => "the commands for pcs",
        Dialect::Crm => "the commands for crmsh",
    };
    if known.is_empty() {
        return operate::refuse(state, format!("{whose}: there are none"));
    }
    let missing = lines.len() - known.len();
    let but =
        if missing > 0 { format!(", but for {missing} that it has no word for") } else { String::new() };
    tell(state, Notice::info(format!("copied {whose}{but}")));
    vec![Effect::Copy(known.join("\n"))]
}

impl Remedy {
    /// The one `by` further on, round and round.
    fn turned(self, by: isize) -> Self {
        const ALL: [Remedy; 3] = [Remedy::Leave, Remedy::Finish, Remedy::Undo];
        let at = ALL.iter().position(|remedy| *remedy == self).unwrap_or(0) as isize;
        ALL[(at + by).rem_euclid(ALL.len() as isize) as usize]
    }
}
