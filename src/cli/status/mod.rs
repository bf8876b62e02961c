//! `quorate status`: every cluster asked once, judged, printed.

mod json;
mod table;

use std::collections::HashMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};

use self::table::Look;
use super::arguments::{Format, Global, SEED, SavedArguments, StatusArguments};
use super::discover::{self, Found};
use super::failure::{Failure, Outcome};
use super::members::Consent;
use super::settings::{Missing, Settings};
use super::sources::{self, Asked};
use crate::demo;
use crate::health::{self, Assessment, Finding, Health};
use crate::model::{ClusterEntry, ClusterName, Inventory, Observation};
use crate::saved::{self, Saved};

/// A cluster and what is to be thought of it.
#[derive(Debug)]
struct Judged {
    entry: ClusterEntry,
    /// The file or folder that it was read from; `None` for a cluster that was asked.
    path: Option<PathBuf>,
    observation: Observation,
    findings: Vec<Finding>,
    health: Health,
    /// How old the picture is; `None` without one.
    age: Option<SignedDuration>,
}

/// Asks, judges and prints; the exit code is the worst health.
pub(super) async fn run(global: &Global, arguments: &StatusArguments) -> Outcome {
    let is_saved = !arguments.saved.from.is_empty();
    let needed = if arguments.demo || is_saved { Missing::IsFine } else { Missing::IsWrong };
    let settings = Settings::read(global, needed)?;
    let clusters = if is_saved {
        from_files(&arguments.saved, Timestamp::now())?
    } else {
        let (answers, notes) = ask(&settings, arguments).await?;
        let now = Timestamp::now();
        let with_note = |answer: Asked| {
            let note = notes.get(&answer.entry.name).cloned();
            let mut judged = judge(answer, now);
            judged.findings.extend(note);
            judged
        };
        answers.into_iter().map(with_note).collect()
    };
    let mut out = stdout().lock();
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &json::Status::new(&clusters))
                .map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Table => {
            let mut notices = Vec::new();
            let is_terminal = stdout().is_terminal();
            let theme = is_terminal.then(|| settings.line_theme(&mut notices));
            for notice in notices {
                writeln!(stderr(), "quorate: {notice}")?;
            }
            let columns = || crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns));
            let look = Look {
                theme: theme.as_ref(),
                width: is_terminal.then(columns).flatten(),
                ellipsis: settings.glyphs().ellipsis,
            };
            write!(out, "{}", table::draw(&clusters, &look))?;
        }
    }
    out.flush()?;
    let worst = clusters.iter().map(|judged| judged.health).max().unwrap_or(Health::Ok);
    Ok(exit_code(worst))
}

/// What the clusters answered, and the members that were not asked, as a note on each cluster.
async fn ask(
    settings: &Settings,
    arguments: &StatusArguments,
) -> Result<(Vec<Asked>, HashMap<ClusterName, Finding>), Failure> {
    let mut notes = HashMap::new();
    let source = if arguments.demo {
        sources::hurried_demo(&demo::Options { seed: SEED, ..demo::Options::default() })
    } else if arguments.targets.is_empty() {
        sources::configured(settings)?
    } else {
        let (configured, hosts) = by_name(&arguments.targets, &settings.config.inventory);
        let consent = if arguments.trust_members { Consent::Given } else { Consent::AskOrLeave };
        let found = if hosts.is_empty() {
            Found::default()
        } else {
            discover::as_far_as_possible(&hosts, settings, consent).await?
        };
        let found = found.beside(configured);
        notes = found.notes();
        sources::over_ssh(settings, found.inventory)?
    };
    Ok((sources::ask_all(&source).await, notes))
}

/// The configured clusters among those names, each once, and the names that are left: hosts.
fn by_name(targets: &[String], inventory: &Inventory) -> (Vec<ClusterEntry>, Vec<String>) {
    let (mut configured, mut hosts): (Vec<ClusterEntry>, Vec<String>) = (Vec::new(), Vec::new());
    for target in targets {
        match inventory.clusters.iter().find(|entry| entry.name == target.as_str()) {
            Some(entry) if configured.iter().any(|known| known.name == entry.name) => {}
            Some(entry) => configured.push(entry.clone()),
            None => hosts.push(target.clone()),
        }
    }
    (configured, hosts)
}

/// The saved clusters, judged as things were when each was saved.
fn from_files(saved: &SavedArguments, now: Timestamp) -> Result<Vec<Judged>, Failure> {
    let read = saved::read(&saved.from, saved.cib.as_deref(), now)
        .map_err(|error| Failure::Wrong(error.to_string()))?;
    let judged = |Saved { entry, path, assessment: Assessment { observation, findings } }: Saved| Judged {
        path: Some(path),
        health: Health::of(&findings),
        age: observation.current().and_then(|_| observation.age(now)),
        entry,
        observation,
        findings,
    };
    Ok(read.into_iter().map(judged).collect())
}

/// Judges it as things were when it answered.
fn judge(answer: Asked, now: Timestamp) -> Judged {
    let Asked { entry, observation, at } = answer;
    let findings = health::assess(&entry, &observation, at);
    let age = observation.current().and_then(|_| observation.age(now));
    Judged { health: Health::of(&findings), findings, age, path: None, entry, observation }
}

fn exit_code(worst: Health) -> ExitCode {
    ExitCode::from(match worst {
        Health::Ok => 0,
        Health::Warning => 1,
        Health::Critical => 2,
        Health::Unknown => 3,
    })
}
