//! `quorate scenario runs`: the runs that there have been.

use std::io::{self, Write, stdout};
use std::process::ExitCode;

use serde::Serialize;

use super::arguments::ListArguments;
use super::printable;
use super::run::runs;
use crate::cli::arguments::Format;
use crate::cli::failure::Outcome;
use crate::cli::settings::Settings;
use crate::model::HostName;
use crate::perform::Summary;

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    run: &'a str,
    scenario: &'a str,
    title: &'a str,
    hosts: Vec<&'a str>,
    by: &'a str,
    begun: String,
    /// `done`, `refused`, `failed`, `aborted`, `running`, `unfinished`.
    state: &'static str,
}

/// Prints them, newest first.
pub(super) fn run(settings: &Settings, arguments: &ListArguments) -> Outcome {
    let all = runs(settings)?.list()?;
    let mut out = stdout().lock();
    match arguments.format {
        Format::Json => {
            let listed: Vec<Listed<'_>> = all.iter().map(listed).collect();
            serde_json::to_writer_pretty(&mut out, &listed).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Table if all.is_empty() => writeln!(out, "Nothing has been run yet.")?,
        Format::Table => {
            for run in &all {
                let Listed { run, scenario, hosts, begun, state, .. } = listed(run);
                let (scenario, hosts) = (printable(scenario), printable(&hosts.join(",")));
                writeln!(out, "{run}  {state:<10}  {begun}  {scenario:<20}  {hosts}")?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn listed(run: &Summary) -> Listed<'_> {
    let begun = &run.begun;
    Listed {
        run: &begun.run,
        scenario: &begun.scenario,
        title: &begun.title,
        hosts: begun.hosts.iter().map(HostName::as_str).collect(),
        by: &begun.by,
        begun: format!("{:.0}", run.at),
        state: match &run.outcome {
            _ if run.is_in_hand => "running",
            Some(outcome) => outcome.word(),
            None => "unfinished",
        },
    }
}
