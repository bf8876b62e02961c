//! Carrying a deployment out.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::super::arguments::{Consent, DeployArguments};
use super::super::carry::{Carried, Carrier};
use super::super::run::{access, lock, runs};
use super::super::{columns, printable};
use super::work::{Job, Work};
use crate::cli::arguments::OpFormat;
use crate::cli::asking::{answer, is_yes};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::perform::{Destruction, KeptFor, Origin, Pace, Run, Runs, Start, Unknown};
use crate::scenario::journal;

/// How a stage went. For scripts: its names and their meaning are a promise, they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Went<'a> {
    event: &'static str,
    number: usize,
    scenario: &'a str,
    cluster: &'a str,
    steps: usize,
    steps_run: usize,
    elapsed_ms: u64,
    /// `done`, `refused`, `failed`, `aborted`.
    outcome: &'static str,
}

/// That a stage begins. For scripts, as above.
#[derive(Debug, Serialize)]
struct Begins<'a> {
    event: &'static str,
    number: usize,
    scenario: &'a str,
    cluster: &'a str,
}

/// Asks, carries all stages out until one fails, and tells how each went.
pub(super) async fn run(settings: &Settings, work: Work, arguments: &DeployArguments) -> Outcome {
    for job in &work.jobs {
        access(settings, Some(job.placed.cluster.name.as_str()), &job.plan.hosts)?;
    }
    let destruction = agreed(&work, &arguments.consent).await?;
    let runs = runs(settings)?;
    // Before anything is run with them: nobody else knows them.
    work.kept.keep()?;
    let mut carrier = Carrier::new(settings, work.clusters(), runs.clone(), arguments.format)?;
    let began = Timestamp::now();
    let start = Start {
        from_step: 1,
        pace: Pace::ToEnd,
        unknown: Unknown::Ask,
        destruction,
        lock: lock(&arguments.consent),
    };
    let mut all = Vec::new();
    let mut failure = None;
    for (job, run) in in_order(&runs, &work.jobs)? {
        let kept_for = work.kept.whose().clone();
        match stage(&mut carrier, &runs, kept_for, (job, run), start, arguments.format).await {
            Ok(went) => {
                let is_done = went.outcome == "done";
                all.push(went);
                if !is_done {
                    break;
                }
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    carrier.close().await;
    if arguments.format == OpFormat::Text {
        print(&work, &all, began)?;
    }
    match failure {
        Some(failure) => Err(failure),
        None if all.len() == work.jobs.len() && all.iter().all(|went| went.outcome == "done") => {
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::FAILURE),
    }
}

/// The stages in their order; before them the one that a killed console has left, with its run: that still has its hosts.
fn in_order<'w>(runs: &Runs, jobs: &'w [Job]) -> Result<Vec<(&'w Job, Option<Run>)>, Failure> {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for job in jobs {
        match left(runs, job)? {
            Some(run) => first.push((job, Some(run))),
            None => rest.push((job, None)),
        }
    }
    first.extend(rest);
    Ok(first)
}

/// Carries out one stage: goes on with a run of it, or begins one.
async fn stage<'w>(
    carrier: &mut Carrier,
    runs: &Runs,
    kept_for: KeptFor,
    (job, run): (&'w Job, Option<Run>),
    start: Start,
    format: OpFormat,
) -> Result<Went<'w>, Failure> {
    let (number, scenario) = (job.placed.stage.number, job.plan.scenario.name.as_str());
    let cluster = job.placed.cluster.name.as_str();
    {
        let mut out = stdout().lock();
        match format {
            OpFormat::Json => {
                line(&mut out, &Begins { event: "stage-begun", number, scenario, cluster })?;
            }
            OpFormat::Text => {
                writeln!(out, "\n=== {number}. {} on {}", printable(scenario), printable(cluster))?;
            }
        }
        out.flush()?;
    }
    let run = if let Some(run) = run {
        run
    } else {
        let (scenario, cluster) = (scenario.to_owned(), Some(cluster.to_owned()));
        let origin = Origin { scenario, cluster, kept_for: Some(kept_for) };
        runs.begin(Timestamp::now(), &job.plan, origin, &job.generated)?
    };
    let began = Timestamp::now();
    let plan = Arc::new(job.plan.clone());
    let Carried { outcome, steps_run } =
        carrier.carry_out(plan, job.placed.cluster.access.clone(), run, start).await?;
    let went = Went {
        event: "stage-over",
        number,
        scenario,
        cluster,
        steps: job.plan.scenario.steps.len(),
        steps_run,
        elapsed_ms: u64::try_from(Timestamp::now().duration_since(began).as_millis()).unwrap_or(0),
        outcome: outcome.word(),
    };
    if format == OpFormat::Json {
        line(&mut stdout().lock(), &went)?;
    }
    Ok(went)
}

/// The newest run of that very plan that did not end, as its console was killed: its scripts may still be under way.
fn left(runs: &Runs, job: &Job) -> Result<Option<Run>, Failure> {
    let is_mine = |begun: &journal::Begun| {
        begun.scenario == job.plan.scenario.name && begun.hosts == job.plan.hosts && begun.from_step == 1
    };
    let all = runs.list()?;
    let newest = all.iter().find(|run| is_mine(&run.begun));
    let Some(newest) = newest.filter(|run| run.outcome.is_none() && !run.is_in_hand) else { return Ok(None) };
    let run = runs.open(&newest.begun.run)?;
    let is_same = run.recipe().is_ok_and(|recipe| recipe.fingerprint == job.plan.fingerprint());
    Ok(is_same.then_some(run))
}

/// Asks on the terminal, unless it was said beforehand. No is the default; what destroys wants the deployment's name.
async fn agreed(work: &Work, consent: &Consent) -> Result<Destruction, Failure> {
    let name = &work.deployment.name;
    let destroys: Vec<String> = work.jobs.iter().filter_map(|job| job.plan.destroys()).collect();
    let destroys = destroys.join("; ");
    if consent.yes {
        return match (destroys.is_empty(), consent.destroy) {
            (true, _) => Ok(Destruction::Refused),
            (false, true) => Ok(Destruction::Allowed),
            (false, false) => Err(Failure::Wrong(format!(
                "{name} destroys {}: add --destroy if that is what you want",
                printable(&destroys)
            ))),
        };
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        let message = "there is no terminal to ask on; add --yes to run it, or --dry-run to see it";
        return Err(Failure::Wrong(message.to_owned()));
    }
    let mut out = stderr();
    writeln!(out, "{}:", printable(&work.deployment.title))?;
    for job in &work.jobs {
        let hosts: Vec<String> = job.plan.hosts.iter().map(|host| printable(host.as_str())).collect();
        let (number, title) = (job.placed.stage.number, printable(&job.plan.scenario.title));
        writeln!(out, "  {number:>2}. {title}, on {}", hosts.join(", "))?;
    }
    for remark in work.remarks() {
        writeln!(out, "  {}", printable(&remark))?;
    }
    if destroys.is_empty() {
        write!(out, "Run all of it? [y/N] ")?;
    } else {
        write!(out, "It destroys {}. Type {name} to run it: ", printable(&destroys))?;
    }
    out.flush()?;
    let answer = answer().await?;
    match destroys.is_empty() {
        true if is_yes(&answer) => Ok(Destruction::Refused),
        false if answer == *name => Ok(Destruction::Allowed),
        _ => Err(Failure::Failed("not confirmed: nothing was run".to_owned())),
    }
}

/// How each stage went, and how to go on.
fn print(work: &Work, all: &[Went<'_>], began: Timestamp) -> Result<(), Failure> {
    let mut rows =
        vec![["#", "SCENARIO", "CLUSTER", "STEPS", "RUN", "SECONDS", "OUTCOME"].map(str::to_owned)];
    rows.extend(work.jobs.iter().map(|job| {
        let number = job.placed.stage.number;
        row(job, all.iter().find(|went| went.number == number))
    }));
    let mut out = stdout().lock();
    let seconds = Timestamp::now().duration_since(began).as_secs();
    write!(out, "\n{}", columns(&rows, &[0, 3, 4, 5]))?;
    writeln!(out, "{} of {} stages done, {seconds} s.", done(all), work.jobs.len())?;
    if done(all) < work.jobs.len() {
        writeln!(out, "Once that is put right, the same command goes on: what is done already is left.")?;
    }
    if !work.kept.values().is_empty() {
        let file = work.kept.path().display().to_string();
        writeln!(out, "The passwords that were made up are in {}, for your eyes only.", printable(&file))?;
    }
    out.flush()?;
    Ok(())
}

fn row(job: &Job, went: Option<&Went<'_>>) -> [String; 7] {
    let absent = || "-".to_owned();
    let outcome = match went {
        None => "not begun",
        Some(Went { outcome: "done", steps_run: 0, .. }) => "nothing to do",
        Some(went) => went.outcome,
    };
    [
        job.placed.stage.number.to_string(),
        printable(&job.plan.scenario.name),
        printable(job.placed.cluster.name.as_str()),
        job.plan.scenario.steps.len().to_string(),
        went.map_or_else(absent, |went| went.steps_run.to_string()),
        went.map_or_else(absent, |went| format!("{:.1}", went.elapsed_ms as f64 / 1000.0)),
        outcome.to_owned(),
    ]
}

fn done(all: &[Went<'_>]) -> usize {
    all.iter().filter(|went| went.outcome == "done").count()
}

fn line(out: &mut impl Write, event: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, event).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
