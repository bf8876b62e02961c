//! An operation for scripts. Its names and their meaning are a promise: they may be added to, never changed.

use std::io::{self, Write, stdout};

use serde::Serialize;

use crate::model::ResourceId;
use crate::operation::command::Command;
use crate::operation::words;
use crate::operation::{Intent, Outcome, Phase, Preview, Projection, Undo};
use crate::pacemaker::parse::Projected;

/// One operation.
#[derive(Debug, Serialize)]
struct Operation<'a> {
    /// What was asked for: `cluster`, `verb`, `subject`, `to`.
    intent: &'a Intent,
    /// In words.
    title: &'a str,
    /// What it touches, a sentence each.
    notes: &'a [String],
    /// What is run, in this order.
    commands: Vec<OneCommand<'a>>,
    /// What the scheduler would do; `null` where it was not asked or did not answer.
    scheduler: Option<Vec<Scheduled<'a>>>,
    /// Whether a move would end where it began once its constraint ends; `null` where that is not known.
    goes_back: Option<bool>,
    /// What other consoles have begun in the cluster and may be carrying out now, a sentence each.
    others: Vec<String>,
    /// What would run nowhere afterwards, or be promoted nowhere; `null` where the scheduler did not answer.
    would_stop: Option<Vec<&'a str>>,
    /// Whether the quorum would be lost, or may be.
    would_lose_quorum: bool,
    /// How to undo it: an `intent`, `commands`, or the reason why it is `impossible`.
    undo: &'a Undo,
    /// `done`, `refused`, `failed`, `unknown`, `cancelled`; `null` for a dry run.
    outcome: Option<&'static str>,
    /// What there is to say about the outcome.
    words: &'a str,
}

#[derive(Debug, Serialize)]
struct OneCommand<'a> {
    #[serde(flatten)]
    command: &'a Command,
    /// Whether it is run only if what came before left something to be put right.
    only_if_needed: bool,
}

#[derive(Debug, Serialize)]
struct Scheduled<'a> {
    action: &'a str,
    /// Empty where a node is fenced.
    resource: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    reason: &'a str,
    /// Whether it is a mere consequence.
    collateral: bool,
}

/// Prints it; `outcome` is `None` for a dry run.
pub(super) fn print(preview: &Preview, outcome: Option<&Outcome>) -> io::Result<()> {
    let plan = &preview.plan;
    let commands = plan.phases.iter().filter_map(|phase| match phase {
        Phase::Run(step) => Some(OneCommand { command: &step.command, only_if_needed: false }),
        Phase::Repair { step, .. } => Some(OneCommand { command: &step.command, only_if_needed: true }),
        Phase::Await(_) | Phase::StayPut { .. } => None,
    });
    let scheduler = match &preview.projection {
        Projection::Known { own, collateral, .. } => {
            let own = own.iter().map(|it| action(it, false));
            Some(own.chain(collateral.iter().map(|it| action(it, true))).collect())
        }
        Projection::NotAsked | Projection::Unknown(_) => None,
    };
    let goes_back = match &preview.projection {
        Projection::Known { afterwards, .. } => afterwards.as_ref().map(|it| !it.is_empty()),
        Projection::NotAsked | Projection::Unknown(_) => None,
    };
    let lost = &preview.consequences;
    let down = lost.stops.iter().chain(&lost.demotes).map(ResourceId::as_str).collect();
    write(&Operation {
        intent: &plan.intent,
        title: &plan.title,
        notes: &plan.notes,
        commands: commands.collect(),
        scheduler,
        goes_back,
        others: preview.others.iter().map(words::other).collect(),
        would_stop: (!lost.is_unknown).then_some(down),
        would_lose_quorum: lost.quorum.is_some(),
        undo: &plan.undo,
        outcome: outcome.map(Outcome::word),
        words: outcome.map_or("", Outcome::words),
    })
}

/// Prints that it is so already: done, with nothing run.
pub(super) fn print_needless(intent: &Intent, why: &str) -> io::Result<()> {
    write(&Operation {
        intent,
        title: "",
        notes: &[],
        commands: Vec::new(),
        scheduler: None,
        goes_back: None,
        others: Vec::new(),
        would_stop: Some(Vec::new()),
        would_lose_quorum: false,
        undo: &Undo::Impossible("Nothing was changed.".to_owned()),
        outcome: Some("done"),
        words: why,
    })
}

fn action(projected: &Projected, collateral: bool) -> Scheduled<'_> {
    Scheduled {
        action: &projected.action,
        resource: &projected.resource,
        from: projected.from.as_deref(),
        to: projected.to.as_deref(),
        reason: &projected.reason,
        collateral,
    }
}

fn write(operation: &Operation<'_>) -> io::Result<()> {
    let mut out = stdout().lock();
    serde_json::to_writer_pretty(&mut out, operation)?;
    writeln!(out)
}
