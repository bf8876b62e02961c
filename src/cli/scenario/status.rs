//! `quorate scenario status`: is it really deployed?

use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::StatusArguments;
use super::carry::entry;
use super::printable;
use super::run::access;
use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::cli::sources;
use crate::model::Inventory;
use crate::perform::prove;
use crate::scenario::Proved;

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
    let source = sources::over_ssh(settings, Inventory { clusters: vec![entry(&plan.hosts, &access)] })?;
    let proved = prove(Arc::clone(&source.transport), Arc::new(Timestamp::now), access, &plan).await;
    source.close().await;
    let title = |number| {
        let step = plan.scenario.steps.iter().find(|step| step.number == number);
        step.map_or_else(String::new, |step| step.title.clone())
    };
    let steps = proved.map_err(Failure::Failed)?.into_iter().map(|Proved { number, holds, why }| FoundStep {
        number,
        title: title(number),
        holds,
        why,
    });
    let steps: Vec<FoundStep> = steps.collect();
    let found = Found { scenario: plan.scenario.name.clone(), state: state(&steps), steps };
    print(&found, arguments.format)?;
    Ok(if found.state == "deployed" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
