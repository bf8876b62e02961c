//! What of a deployment is there, as its scenarios' own checks see it now.

use std::collections::BTreeMap;
use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use serde::Serialize;

use super::super::run::{refuse_local, runs};
use super::super::{line, printable};
use super::work::{Job, Work};
use crate::cli::arguments::OpFormat;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::cli::sources::{self, Source};
use crate::model::Inventory;
use crate::perform::{Summary, prove};
use crate::scenario::journal;
use crate::scenario::{Deployed, Proved, Purpose};

/// What was found out about a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// All that proves it holds.
    Deployed,
    /// It was brought to its end from this machine, and does not hold any more.
    Drifted,
    /// Some of it holds.
    InPart,
    /// Nothing of it holds.
    NotDeployed,
    /// The hosts can't be asked, or nothing proves it.
    Unknown,
    /// A test whose last run was brought to its end.
    Passed,
    /// A test, or a procedure, whose last run was not.
    Failed,
    /// A test, or a procedure, that nobody has run from this machine.
    NotRun,
}

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Found<'a> {
    number: usize,
    scenario: &'a str,
    cluster: &'a str,
    state: State,
    /// When it was last brought to its end from this machine.
    done: Option<Timestamp>,
    /// What does not hold, and how that is known.
    why: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FoundAll<'a> {
    deployment: &'a str,
    stages: Vec<Found<'a>>,
}

impl State {
    const fn words(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Drifted => "drifted",
            Self::InPart => "deployed in part",
            Self::NotDeployed => "not deployed",
            Self::Unknown => "unknown",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotRun => "not run yet",
        }
    }

    const fn is_well(self) -> bool {
        matches!(self, Self::Deployed | Self::Passed | Self::NotRun)
    }
}

/// Looks at all stages, several clusters at once, and tells each as soon as those before it are known.
pub(super) async fn run(settings: &Settings, work: Work, format: OpFormat) -> Outcome {
    for job in &work.jobs {
        refuse_local(settings, &job.plan)?;
    }
    let past = runs(settings)?.list()?;
    let source = sources::over_ssh(settings, Inventory { clusters: work.clusters() })?;
    // Of one cluster one after the other: no host is asked more than one thing at once.
    let mut by_cluster: BTreeMap<&str, Vec<(usize, &Job)>> = BTreeMap::new();
    for (index, job) in work.jobs.iter().enumerate() {
        by_cluster.entry(job.placed.cluster.name.as_str()).or_default().push((index, job));
    }
    let looks = by_cluster.into_values().map(|jobs| {
        let (source, past) = (&source, past.as_slice());
        let look = move |(index, job)| async move { (index, look(source, past, job).await) };
        stream::iter(jobs).then(look).boxed_local()
    });
    let mut looks = stream::select_all(looks);
    let mut table = Table::new(&work, format);
    let mut found: BTreeMap<usize, Found<'_>> = BTreeMap::new();
    let mut told = 0;
    while let Some((index, state)) = looks.next().await {
        found.insert(index, state);
        while let Some(next) = found.get(&told) {
            table.tell(next)?;
            told += 1;
        }
    }
    drop(looks);
    source.close().await;
    let stages: Vec<Found<'_>> = found.into_values().collect();
    let is_well = stages.iter().all(|stage| stage.state.is_well());
    if format == OpFormat::Json {
        let mut out = stdout().lock();
        let all = FoundAll { deployment: &work.deployment.name, stages };
        serde_json::to_writer_pretty(&mut out, &all).map_err(io::Error::from)?;
        writeln!(out)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look<'a>(source: &Source, past: &[Summary], job: &'a Job) -> Found<'a> {
    let scenario = &job.plan.scenario;
    let mine = |run: &&Summary| run.begun.scenario == scenario.name && run.begun.hosts == job.plan.hosts;
    let done =
        past.iter().filter(mine).find(|run| matches!(run.outcome, Some(journal::Outcome::Done { .. })));
    let done = done.map(|run| run.last);
    let (state, why) = if scenario.purpose == Purpose::Installation {
        let access = job.placed.cluster.access.clone();
        let transport = Arc::clone(&source.transport);
        match prove(transport, Arc::new(Timestamp::now), access, &job.plan).await {
            Ok(steps) => (state(&steps, done), why(&job.plan.scenario.steps, &steps)),
            Err(why) => (State::Unknown, vec![why]),
        }
    } else {
        last(past.iter().find(mine))
    };
    let (number, cluster) = (job.placed.stage.number, job.placed.cluster.name.as_str());
    Found { number, scenario: &scenario.name, cluster, state, done, why }
}

fn state(steps: &[Proved], done: Option<Timestamp>) -> State {
    match Deployed::of(steps) {
        Deployed::Yes => State::Deployed,
        Deployed::Unknown => State::Unknown,
        Deployed::InPart | Deployed::No if done.is_some() => State::Drifted,
        Deployed::InPart => State::InPart,
        Deployed::No => State::NotDeployed,
    }
}

/// What does not hold; nothing where nothing at all is there, which says enough.
fn why(titles: &[crate::scenario::Step], steps: &[Proved]) -> Vec<String> {
    if Deployed::of(steps) == Deployed::No {
        return Vec::new();
    }
    let broken = steps.iter().filter(|step| step.holds == Some(false));
    let line = |step: &Proved| {
        let title = titles.iter().find(|it| it.number == step.number).map_or("", |it| it.title.as_str());
        format!("{}. {title}: {}", step.number, step.why.join("; "))
    };
    broken.map(line).collect()
}

/// How the last run of something went that leaves nothing to look at.
fn last(run: Option<&Summary>) -> (State, Vec<String>) {
    let Some(run) = run else { return (State::NotRun, Vec::new()) };
    match &run.outcome {
        Some(journal::Outcome::Done { .. }) => (State::Passed, Vec::new()),
        Some(journal::Outcome::Failed { why } | journal::Outcome::Refused { why }) => {
            (State::Failed, why.clone())
        }
        Some(journal::Outcome::Aborted) => (State::Failed, vec!["it was given up".to_owned()]),
        None if run.is_in_hand => (State::Unknown, vec!["it is being run".to_owned()]),
        None => (State::Unknown, vec![format!("run {} is unfinished", run.begun.run)]),
    }
}

/// Prints stages as they become known.
struct Table {
    widths: Vec<usize>,
    format: OpFormat,
    is_begun: bool,
}

impl Table {
    fn new(work: &Work, format: OpFormat) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let scenario = widest(&mut work.jobs.iter().map(|job| job.plan.scenario.name.len()));
        let cluster = widest(&mut work.jobs.iter().map(|job| job.placed.cluster.name.as_str().len()));
        Self { widths: vec![2, scenario.max(8), cluster.max(7), 16, 0], format, is_begun: false }
    }

    fn tell(&mut self, found: &Found<'_>) -> Result<(), Failure> {
        if self.format == OpFormat::Json {
            return Ok(());
        }
        let mut out = stdout().lock();
        if !self.is_begun {
            self.is_begun = true;
            let heads = ["#", "SCENARIO", "CLUSTER", "STATE", "LAST DONE"].map(str::to_owned);
            write!(out, "{}", line(&heads, &self.widths, &[0]))?;
        }
        let done = found.done.map_or_else(|| "-".to_owned(), |at| format!("{at:.0}"));
        let cells = [
            found.number.to_string(),
            printable(found.scenario),
            printable(found.cluster),
            found.state.words().to_owned(),
            done,
        ];
        write!(out, "{}", line(&cells, &self.widths, &[0]))?;
        for why in &found.why {
            writeln!(out, "      {}", printable(why))?;
        }
        out.flush()?;
        Ok(())
    }
}
