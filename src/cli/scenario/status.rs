//! `quorate scenario status`: is it really deployed?

use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::StatusArguments;
use super::carry::entry;
use super::printable;
use super::run::{reach, refuse_local};
use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::cli::sources;
use crate::model::Inventory;
use crate::perform::prove;
use crate::scenario::{Deployed, Proved};

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
    refuse_local(settings, &plan)?;
    let access = reach(settings, arguments.given.cluster.as_deref(), &plan.hosts);
    let source = sources::over_ssh(settings, Inventory { clusters: vec![entry(&plan.hosts, &access)] })?;
    let proved = prove(Arc::clone(&source.transport), Arc::new(Timestamp::now), access, &plan).await;
    source.close().await;
    let proved = proved.map_err(Failure::Failed)?;
    let state = match Deployed::of(&proved) {
        Deployed::Yes => "deployed",
        Deployed::InPart => "in part",
        Deployed::No => "not deployed",
        Deployed::Unknown => "unknown",
    };
    let steps = plan.scenario.steps.iter().zip(proved);
    let steps = steps.map(|(step, Proved { number, holds, why })| FoundStep {
        number,
        title: step.title.clone(),
        holds,
        why,
    });
    let found = Found { scenario: plan.scenario.name.clone(), state, steps: steps.collect() };
    print(&found, arguments.format)?;
    Ok(if found.state == "deployed" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
