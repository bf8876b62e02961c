//! `quorate scenario status`: is it really deployed?

use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;

use super::arguments::StatusArguments;
use super::printable;
use super::run::access;
use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::cli::sources;
use crate::model::{ClusterEntry, Inventory, Tier};
use crate::perform::{Destruction, Lock, Pace, Performer, Runs, Start, Unknown};
use crate::scenario::journal::Outcome as Ended;
use crate::scenario::{Check, Destroys, Gates, Order, Plan, Step};

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Found {
    scenario: String,
    /// `deployed`, `in part`, `not deployed`, `unknown`.
    state: &'static str,
    steps: Vec<FoundStep>,
}

#[derive(Debug, Serialize)]
struct FoundStep {
    number: usize,
    title: String,
    /// `null` where nothing proves the step.
    holds: Option<bool>,
    /// Where it does not hold, and how that is known.
    why: Vec<String>,
}

/// Looks at what proves each step.
pub(super) async fn run(settings: &Settings, arguments: &StatusArguments) -> Outcome {
    let plan = arguments.given.plan(settings)?;
    let access = access(settings, arguments.given.cluster.as_deref(), &plan.hosts)?;
    let entry = ClusterEntry {
        name: "scenario".into(),
        tier: Tier::Other,
        hosts: plan.hosts.clone(),
        access: access.clone(),
        needs: None,
    };
    let source = sources::over_ssh(settings, Inventory { clusters: vec![entry] })?;
    // Nothing of this is worth keeping.
    let folder = tempfile::tempdir()?;
    let runs = Runs::new(folder.path());
    let performer =
        Performer::new(Arc::clone(&source.transport), Arc::new(Timestamp::now), access, runs.clone());
    let mut steps = Vec::new();
    for step in &plan.scenario.steps {
        let (holds, why) = match proof(step) {
            None => (None, Vec::new()),
            Some(proof) => match look(&performer, &plan, proof).await? {
                Ended::Done { .. } => (Some(true), Vec::new()),
                Ended::Refused { why } => {
                    source.close().await;
                    return Err(Failure::Failed(why.join("; ")));
                }
                Ended::Failed { why } => (Some(false), why.iter().map(|why| without_step(why)).collect()),
                Ended::Aborted => (Some(false), Vec::new()),
            },
        };
        let title = step.title.clone();
        steps.push(FoundStep { number: step.number, title, holds, why });
    }
    source.close().await;
    let found = Found { scenario: plan.scenario.name.clone(), state: state(&steps), steps };
    print(&found, arguments.format)?;
    Ok(if found.state == "deployed" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The step was looked at by itself, so the number that is told of it is not its own.
fn without_step(why: &str) -> String {
    why.strip_prefix("step 1 ").unwrap_or(why).to_owned()
}

fn state(steps: &[FoundStep]) -> &'static str {
    let proved: Vec<bool> = steps.iter().filter_map(|step| step.holds).collect();
    match (proved.iter().all(|holds| *holds), proved.iter().any(|holds| *holds)) {
        _ if proved.is_empty() => "unknown",
        (true, _) => "deployed",
        (false, true) => "in part",
        (false, false) => "not deployed",
    }
}

/// What proves a step: its checks, each once, else what would spare it.
fn proof(step: &Step) -> Option<Step> {
    let once = |check: &Check| Check { retry: std::time::Duration::ZERO, ..check.clone() };
    let mut checks: Vec<Check> = step.checks.iter().map(once).collect();
    if checks.is_empty() {
        let spared = |script| Check { script, retry: std::time::Duration::ZERO };
        checks = step.unless.iter().cloned().map(spared).collect();
    }
    (!checks.is_empty()).then(|| Step {
        order: Order::Parallel(16),
        destroys: Destroys::Nothing,
        run: Vec::new(),
        unless: Vec::new(),
        undo: Vec::new(),
        checks,
        number: 1,
        ..step.clone()
    })
}

/// Runs the checks of one step and nothing else.
async fn look(performer: &Performer, plan: &Plan, step: Step) -> Result<Ended, Failure> {
    let mut plan = plan.clone();
    plan.scenario.gates = Gates::default();
    plan.scenario.destroys = Destroys::Nothing;
    plan.scenario.steps = vec![step];
    let run = performer.runs().create(Timestamp::now())?;
    let start = Start {
        from_step: 1,
        pace: Pace::ToEnd,
        unknown: Unknown::Ask,
        destruction: Destruction::Refused,
        lock: Lock::Respect,
    };
    let (orders, instructions) = mpsc::channel(1);
    drop(orders);
    let (sender, nobody) = mpsc::channel(1);
    drop(nobody);
    Ok(performer.perform(Arc::new(plan), run, start, instructions, sender).await)
}

fn print(found: &Found, format: Format) -> io::Result<()> {
    let mut out = stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, found).map_err(io::Error::from)?;
        return writeln!(out);
    }
    writeln!(out, "{}: {}", printable(&found.scenario), found.state)?;
    for step in &found.steps {
        let word = match step.holds {
            Some(true) => "holds",
            Some(false) => "does not hold",
            None => "not proved by anything",
        };
        writeln!(out, "  {}. {}: {word}", step.number, printable(&step.title))?;
        for why in &step.why {
            writeln!(out, "     {}", printable(why))?;
        }
    }
    out.flush()
}
