//! An operation in words: the same on the screen and in `quorate op`. All text is clean.

use super::command::{Command, shell};
use super::consequence::{Consequences, QuorumLoss};
use super::outcome::{Outcome, Ran};
use super::plan::{Phase, Plan, Undo};
use super::preview::{Preview, Projection, Together};
use super::progress::{Progress, Unfinished};
use super::scope::listed;
use crate::model::text::clean;
use crate::pacemaker::parse::Projected;

/// A line of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is, for its looks.
    pub kind: Kind,
    /// The words.
    pub text: String,
}

/// What a line of a preview is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What would be done.
    Title,
    /// What is worth knowing before.
    Note,
    /// What the lines under it are.
    Heading,
    /// A command, as it is typed into a shell.
    Command,
    /// The same for pcs or crmsh.
    Alternative,
    /// What the scheduler would do to what the operation is about.
    Own,
    /// What it would do besides.
    Collateral,
    /// What the operation would not reach.
    Warning,
    /// How to undo it, or why that can't be.
    Undo,
}

/// The heading of what the scheduler would do when a restart has stopped everything.
const RESTARTING: &str = "Before it starts them again, the scheduler would:";

/// What is shown before anything is done.
pub fn preview(preview: &Preview) -> Vec<Line> {
    let plan = &preview.plan;
    let mut lines = intention(plan);
    lines.extend(preview.others.iter().map(|it| line(Kind::Warning, sentence(&other(it)))));
    // What is lost stands right below the title: nothing may push it off the screen.
    lines.splice(1..1, consequences(&preview.consequences));
    lines.push(line(Kind::Heading, format!("Commands on {}:", clean(preview.host.as_str()))));
    lines.extend(commands(plan));
    let heading = if preview.consequences.pauses.is_empty() { "The scheduler would:" } else { RESTARTING };
    lines.extend(projection(&preview.projection, heading));
    lines.push(line(Kind::Undo, undo(plan)));
    lines
}

/// What is shown before an operation of a console that is gone is gone on with.
pub fn unfinished(unfinished: &Unfinished) -> Vec<Line> {
    let plan = &unfinished.plan;
    let mut lines = intention(plan);
    lines.push(line(Kind::Note, sent(unfinished)));
    if let Some(machine) = unfinished.by.iter().find_map(|process| process.machine.as_ref()) {
        let words = format!(
            "It was begun on {}. Make sure that no console there still carries it out.",
            clean(machine)
        );
        lines.push(line(Kind::Warning, words));
    }
    lines.push(line(
        Kind::Note,
        "What was sent is looked into and not sent again; what was not is sent when all holds that must."
            .to_owned(),
    ));
    lines.push(line(Kind::Heading, "Its commands:".to_owned()));
    lines.extend(commands(plan));
    lines.push(line(Kind::Undo, undo(plan)));
    lines
}

/// That another console is at an operation in the same cluster.
pub fn other(unfinished: &Unfinished) -> String {
    let Unfinished { at, user, plan, by, .. } = unfinished;
    let by = by.last().map_or_else(String::new, |process| {
        let machine = process.machine.as_ref().map(|machine| format!(" on {machine}")).unwrap_or_default();
        format!(" (pid {}{machine})", process.pid)
    });
    clean(&format!(
        "another console is at work in this cluster: {}, begun by {user} at {at:.0}{by}",
        plan.title
    ))
}

/// How far an operation had come when its console went.
pub fn sent(unfinished: &Unfinished) -> String {
    let all = unfinished.plan.steps().count();
    match unfinished.sent.len() {
        0 => "None of its commands was sent.".to_owned(),
        _ if all == 1 => "Its command was sent.".to_owned(),
        sent if sent >= all => format!("All of its {all} commands were sent."),
        sent => {
            let were = if sent == 1 { "was" } else { "were" };
            format!("{sent} of its {all} commands {were} sent. {}", clean(&unfinished.plan.half_way))
        }
    }
}

/// What is shown of several operations in one cluster before any of them is done.
pub fn together(together: &Together) -> Vec<Line> {
    let Together { cluster, count, projection: foreseen, consequences: lost } = together;
    if lost == &Consequences::default() && *foreseen == Projection::NotAsked {
        return Vec::new();
    }
    let cluster = clean(cluster.as_str());
    let title = match count {
        1 => format!("In all (cluster {cluster})"),
        count => format!("All {count} together (cluster {cluster})"),
    };
    let mut lines = vec![line(Kind::Title, title)];
    lines.extend(consequences(lost));
    let heading = match (lost, count) {
        (Consequences { until, .. }, _) if !until.is_empty() => {
            "If none of the nodes came back in between, the scheduler would:"
        }
        (Consequences { pauses, .. }, _) if !pauses.is_empty() => RESTARTING,
        (_, 1) => "The scheduler would:",
        (_, _) => "After all of them, the scheduler would:",
    };
    lines.extend(projection(foreseen, heading));
    lines
}

/// What would be down, a line each; nothing where nothing would be.
pub fn consequences(consequences: &Consequences) -> Vec<Line> {
    let Consequences { stops, demotes, pauses, quorum, until, is_unknown: _ } = consequences;
    let until = match until.as_slice() {
        [] => String::new(),
        [only] => format!(" until {only} is back"),
        _ => " until the nodes are back".to_owned(),
    };
    let mut lines = Vec::new();
    if !pauses.is_empty() {
        lines.push(format!("Down until restarted: {}", listed(pauses)));
    }
    if !stops.is_empty() {
        lines.push(format!("Would run nowhere{until}: {}", listed(stops)));
    }
    if !demotes.is_empty() {
        lines.push(format!("Would be promoted nowhere{until}: {}", listed(demotes)));
    }
    lines.extend(quorum.map(|QuorumLoss { left, members, is_certain }| {
        let word = if is_certain { "would" } else { "may" };
        format!("Quorum {word} be lost{until}: {left} of {members} members left")
    }));
    lines.into_iter().map(|text| line(Kind::Warning, clean(&text))).collect()
}

fn intention(plan: &Plan) -> Vec<Line> {
    let cluster = clean(plan.intent.cluster.as_str());
    let mut lines = vec![line(Kind::Title, format!("{} (cluster {cluster})", clean(&plan.title)))];
    lines.extend(plan.notes.iter().map(|note| line(Kind::Note, clean(note))));
    lines
}

fn commands(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    for phase in &plan.phases {
        match phase {
            Phase::Run(step) => lines.extend(command(&step.command, "")),
            Phase::Repair { step, .. } => lines.extend(command(&step.command, "  # only if need be")),
            Phase::Await(_) | Phase::StayPut { .. } => {}
        }
    }
    lines
}

fn command(command: &Command, remark: &str) -> Vec<Line> {
    let mut lines = vec![line(Kind::Command, format!("{}{remark}", command.shell()))];
    let others = [&command.pcs, &command.crm].into_iter().flatten();
    lines.extend(others.map(|other| line(Kind::Alternative, format!("or: {}", shell(other)))));
    lines
}

fn projection(projection: &Projection, heading: &str) -> Vec<Line> {
    let list = |kind: Kind, actions: &[Projected]| -> Vec<Line> {
        actions.iter().map(|action| line(kind, clean(&action.to_string()))).collect()
    };
    match projection {
        Projection::NotAsked => Vec::new(),
        Projection::Unknown(why) => {
            let words = format!("What the scheduler would do could not be found out: {}", clean(why));
            vec![line(Kind::Warning, words)]
        }
        known @ Projection::Known { .. } if known.is_nothing() => {
            vec![line(Kind::Heading, "The scheduler would start, stop or move nothing.".to_owned())]
        }
        Projection::Known { own, collateral, afterwards } => {
            let mut lines = vec![line(Kind::Heading, heading.to_owned())];
            lines.extend(list(Kind::Own, own));
            if !own.is_empty() && !collateral.is_empty() {
                lines.push(line(Kind::Heading, "and besides:".to_owned()));
            }
            lines.extend(list(Kind::Collateral, collateral));
            if let Some(afterwards) = afterwards.as_ref().filter(|it| !it.is_empty()) {
                let words = "It would NOT STAY there. When the constraint ends the scheduler would:";
                lines.push(line(Kind::Warning, words.to_owned()));
                lines.extend(list(Kind::Collateral, afterwards));
            }
            lines
        }
    }
}

/// How to undo it, or why that can't be.
pub fn undo(plan: &Plan) -> String {
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
pub fn progress(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Running { host, argv } => Some(format!("{}: {} …", clean(host.as_str()), shell(argv))),
        Progress::Ran(ran) => trouble(ran),
        Progress::Ended(_) => None,
        Progress::Simulating => Some("asking whether it would stay without the constraint …".to_owned()),
        Progress::Waiting(what) => Some(format!("waiting: {}", clean(what))),
    }
}

/// What went wrong with a command; `None` for one that ended well.
fn trouble(ran: &Ran) -> Option<String> {
    match ran {
        Ran::Exited { code: Some(0), .. } => None,
        Ran::Exited { said, .. } => Some(format!("failed: {}", clean(said))),
        Ran::NotSent(why) => Some(format!("not sent: {}", clean(why))),
        Ran::Unknown(why) => Some(format!("{} Verifying …", clean(why))),
    }
}

/// How it ended, in a sentence or two.
pub fn outcome(plan: &Plan, outcome: &Outcome) -> String {
    let title = clean(&plan.title);
    let words = sentence(outcome.words());
    match outcome {
        Outcome::Done { .. } if words.is_empty() => format!("Done: {title}."),
        Outcome::Done { .. } => format!("Done: {title}. {words}"),
        Outcome::Refused(_) => format!("Nothing was changed: {words}"),
        Outcome::Failed(_) => format!("FAILED: {title}: {words}"),
        Outcome::Unknown(_) => format!("UNKNOWN whether it was done: {title}: {words}"),
        Outcome::Cancelled(_) => format!("Given up: {title}: {words}"),
    }
}

fn line(kind: Kind, text: String) -> Line {
    Line { kind, text }
}

/// Remote words among ours, made safe and ended with a full stop.
fn sentence(words: &str) -> String {
    let words = clean(words);
    if words.is_empty() || words.ends_with('.') { words } else { format!("{words}.") }
}
