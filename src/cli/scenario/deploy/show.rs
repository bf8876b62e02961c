//! What a deployment would run.

use std::collections::BTreeMap;
use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;

use serde::Serialize;

use super::super::plan::{self, Planned};
use super::super::printable;
use super::work::Work;
use crate::cli::arguments::OpFormat;
use crate::cli::failure::Outcome;
use crate::model::HostName;
use crate::scenario::Plan;

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    deployment: &'a str,
    title: &'a str,
    stages: Vec<ShownStage<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownStage<'a> {
    number: usize,
    scenario: &'a str,
    cluster: &'a str,
    hosts: Vec<&'a str>,
    /// What each variable is; secrets are masked.
    values: BTreeMap<&'a str, &'a str>,
    plan: Planned,
}

/// Prints every plan, whole and in order; remarks go to stderr.
pub(super) fn print(work: &Work, os: Option<&str>, format: OpFormat) -> Outcome {
    for remark in work.remarks() {
        // Where stderr is gone, the plan is still worth printing.
        let _gone = writeln!(stderr(), "quorate: {}", printable(&remark));
    }
    let mut out = stdout().lock();
    match format {
        OpFormat::Json => {
            let stages = work.jobs.iter().map(|job| ShownStage {
                number: job.placed.stage.number,
                scenario: &job.plan.scenario.name,
                cluster: job.placed.cluster.name.as_str(),
                hosts: job.plan.hosts.iter().map(HostName::as_str).collect(),
                values: values(&job.plan).collect(),
                plan: plan::Shown::of(&job.plan, os).json(),
            });
            let (deployment, title) = (work.deployment.name.as_str(), work.deployment.title.as_str());
            let shown = Shown { deployment, title, stages: stages.collect() };
            serde_json::to_writer_pretty(&mut out, &shown).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        OpFormat::Text => {
            for job in &work.jobs {
                let (number, name) = (job.placed.stage.number, &job.plan.scenario.name);
                let cluster = printable(job.placed.cluster.name.as_str());
                writeln!(out, "=== {number}. {} on {cluster}", printable(name))?;
                for (name, value) in values(&job.plan).filter(|(_, value)| !value.is_empty()) {
                    writeln!(out, "    {} = {}", printable(name), printable(value))?;
                }
                writeln!(out)?;
                writeln!(out, "{}", plan::Shown::of(&job.plan, os).text())?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Fit to be shown to anybody.
fn values(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    plan.values.iter().map(|(name, value)| (name.as_str(), value.shown()))
}
