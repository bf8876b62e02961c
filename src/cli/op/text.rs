//! An operation in words.

use crate::model::text::clean;
use crate::operate::{Preview, Progress, Projection};
use crate::operation::command::{Command, shell};
use crate::operation::{Outcome, Phase, Plan, Ran, Undo};
use crate::pacemaker::parse::Projected;

/// What is shown before anything is done.
pub(super) fn preview(preview: &Preview) -> String {
    let plan = &preview.plan;
    let mut lines = vec![format!("{} (cluster {})", clean(&plan.title), clean(plan.intent.cluster.as_str()))];
    lines.extend(plan.notes.iter().map(|note| format!("  {}", clean(note))));
    lines.push(format!("Commands on {}:", clean(preview.host.as_str())));
    for phase in &plan.phases {
        match phase {
            Phase::Run(step) => lines.extend(command(&step.command, "")),
            Phase::Repair { step, .. } => lines.extend(command(&step.command, "  # only if need be")),
            Phase::Await(_) | Phase::StayPut { .. } => {}
        }
    }
    lines.extend(projection(preview));
    lines.push(undo(plan));
    lines.push(String::new());
    lines.join("\n")
}

fn command(command: &Command, remark: &str) -> Vec<String> {
    let mut lines = vec![format!("  {}{remark}", command.shell())];
    let others = [&command.pcs, &command.crm].into_iter().flatten();
    lines.extend(others.map(|other| format!("    or: {}", shell(other))));
    lines
}

fn projection(preview: &Preview) -> Vec<String> {
    let list = |actions: &[Projected]| -> Vec<String> {
        actions.iter().map(|action| format!("  {action}")).collect()
    };
    match &preview.projection {
        Projection::NotAsked => Vec::new(),
        Projection::Unknown(why) => {
            vec![format!("What the scheduler would do could not be found out: {}", clean(why))]
        }
        known @ Projection::Known { .. } if known.is_nothing() => {
            vec!["The scheduler would start, stop or move nothing.".to_owned()]
        }
        Projection::Known { own, collateral, afterwards } => {
            let mut lines = vec!["The scheduler would:".to_owned()];
            lines.extend(list(own));
            if !collateral.is_empty() {
                lines.push("and besides:".to_owned());
                lines.extend(list(collateral));
            }
            if let Some(afterwards) = afterwards.as_ref().filter(|it| !it.is_empty()) {
                lines.push(
                    "It would NOT STAY there. When the constraint ends the scheduler would:".to_owned(),
                );
                lines.extend(list(afterwards));
            }
            lines
        }
    }
}

fn undo(plan: &Plan) -> String {
    match &plan.undo {
        Undo::Intent(intent) => format!("Undo: {}", shell(&intent.command_line())),
        Undo::Commands { commands, .. } => {
            let commands: Vec<String> = commands.iter().map(Command::shell).collect();
            format!("Undo: {}", commands.join(" && "))
        }
        Undo::Impossible(why) => clean(why),
    }
}

/// How it goes on, a line; `None` for what is told otherwise.
pub(super) fn progress(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Running { host, argv } => Some(format!("{}: {} …", clean(host.as_str()), shell(argv))),
        Progress::Ran(Ran::Exited { code: Some(0), .. }) | Progress::Ended(_) => None,
        Progress::Ran(Ran::Exited { said, .. }) => Some(format!("  failed: {said}")),
        Progress::Ran(Ran::NotSent(why)) => Some(format!("  not sent: {}", clean(why))),
        Progress::Ran(Ran::Unknown(why)) => Some(format!("  {} Verifying …", clean(why))),
        Progress::Simulating => Some("  asking whether it would stay without the constraint …".to_owned()),
        Progress::Waiting(what) => Some(format!("  waiting: {}", clean(what))),
    }
}

/// How it ended.
pub(super) fn outcome(preview: &Preview, outcome: &Outcome) -> String {
    let title = clean(&preview.plan.title);
    let words = sentence(outcome.words());
    match outcome {
        Outcome::Done { .. } => {
            let undo = match &preview.plan.undo {
                Undo::Impossible(_) => String::new(),
                Undo::Intent(_) | Undo::Commands { .. } => format!("{}\n", undo(&preview.plan)),
            };
            let note = if words.is_empty() { String::new() } else { format!(" {words}") };
            format!("Done: {title}.{note}\n{undo}")
        }
        Outcome::Refused(_) => format!("Nothing was changed: {words}\n"),
        Outcome::Failed(_) => format!("FAILED: {title}: {words}\n"),
        Outcome::Unknown(_) => format!("UNKNOWN whether it was done: {title}: {words}\n"),
        Outcome::Cancelled(_) => format!("Given up: {title}: {words}\n"),
    }
}

/// Remote words among ours, made safe and ended with a full stop.
fn sentence(words: &str) -> String {
    let words = clean(words);
    if words.is_empty() || words.ends_with('.') { words } else { format!("{words}.") }
}
