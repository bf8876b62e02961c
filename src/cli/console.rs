//! The console itself: everything it needs, resolved, and handed over.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::arguments::{DemoArguments, Global, SavedArguments};
use super::discover;
use super::failure::{Failure, Outcome};
use super::members::Consent;
use super::scenario::environment;
use super::settings::{Missing, Settings};
use super::sources::{self, Source};
use crate::app::UNCHANGEABLE;
use crate::app::wizard::Realm;
use crate::demo::{self, Pretender};
use crate::files;
use crate::health::Finding;
use crate::model::ClusterName;
use crate::operate::audit::{self, Audit};
use crate::runtime::{self, Launch, ScenarioSetup};
use crate::saved::{self, Saved};
use crate::ui::Look;
use crate::{theme, watch};

/// The console on the clusters of those hosts or, where none are named, of the configuration.
pub(super) async fn run(global: &Global, hosts: &[String], trust_members: bool) -> Outcome {
    let settings = Settings::read(global, Missing::IsWrong)?;
    needs_a_terminal()?;
    let mut notes = HashMap::new();
    let mut shared = settings.config.shared.clone();
    let source = if hosts.is_empty() {
        sources::configured(&settings)?
    } else {
        // Where stderr is gone, the answer is still wanted.
        let _gone = writeln!(io::stderr(), "Asking {} …", hosts.join(", "));
        let consent = if trust_members { Consent::Given } else { Consent::AskOrLeave };
        let found = discover::as_far_as_possible(hosts, &settings, consent).await?;
        notes = found.notes();
        shared = found.shared;
        sources::over_ssh(&settings, found.inventory)?
    };
    let state = settings.folders.make_state();
    let scenarios = scenarios(&settings, state.as_ref(), Realm::Real);
    let notices = shared.iter().map(ToString::to_string).collect();
    open(&settings, source, Remarks { notes, notices }, open_audit(state), scenarios).await
}

/// What there is to say when the console opens.
#[derive(Default)]
struct Remarks {
    /// Findings to be shown beside a cluster's own.
    notes: HashMap<ClusterName, Finding>,
    /// A sentence each.
    notices: Vec<String>,
}

/// The console on a simulated deployment.
pub(super) async fn demo(global: &Global, arguments: &DemoArguments) -> Outcome {
    let settings = Settings::read(global, Missing::IsFine)?;
    needs_a_terminal()?;
    let options = demo::Options {
        layout: arguments.layout.into(),
        clusters: arguments.clusters.map(usize::from),
        seed: arguments.seed,
        ..demo::Options::default()
    };
    // What is only played at does not belong among what was done.
    let folder = tempfile::tempdir()?;
    let scenarios = scenarios(&settings, Ok(&folder.path()), Realm::Simulated);
    let mut source = sources::demo(&options);
    source.transport = Arc::new(Pretender::over(source.transport));
    open(&settings, source, Remarks::default(), open_audit(Ok(folder.path())), scenarios).await
}

/// The console on saved clusters, read-only. It asks no host, and writes neither an audit log nor runs.
pub(super) async fn saved(global: &Global, arguments: &SavedArguments) -> Outcome {
    let settings = Settings::read(global, Missing::IsFine)?;
    if arguments.from.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::Wrong(
            "The console needs stdin for its keys, so `--from -` works only with `quorate status`."
                .to_owned(),
        ));
    }
    needs_a_terminal()?;
    let saved = saved::read(&arguments.from, arguments.cib.as_deref(), Timestamp::now())
        .map_err(|error| Failure::Wrong(error.to_string()))?;
    check_readable(&saved)?;
    let unchangeable = io::Error::other(UNCHANGEABLE);
    let scenarios =
        ScenarioSetup { is_read_only: true, ..scenarios(&settings, Err(&unchangeable), Realm::Real) };
    let audit = Err(UNCHANGEABLE.to_owned());
    open(&settings, sources::saved(saved), Remarks::default(), audit, scenarios).await
}

/// Stops before the console opens if a path gave no cluster, with a line for each such path.
fn check_readable(saved: &[Saved]) -> Result<(), Failure> {
    let failures: Vec<String> = saved
        .iter()
        .filter_map(Saved::failure)
        .map(|finding| format!("{}. {}", finding.summary, finding.remedy))
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(Failure::Wrong(failures.join("\n"))) }
}

/// The audit log in that folder; without it the console watches, and changes nothing.
fn open_audit(folder: io::Result<&Path>) -> Result<Arc<Audit>, String> {
    let audit = folder.and_then(|folder| Audit::open(&folder.join(audit::FILE)));
    audit.map(Arc::new).map_err(|error| format!("the audit log can't be opened, so nothing is done: {error}"))
}

/// What scenarios need; their runs are kept in that folder.
fn scenarios(settings: &Settings, state: Result<&&Path, &io::Error>, realm: Realm) -> ScenarioSetup {
    ScenarioSetup {
        user_dir: Some(settings.user_dir().to_owned()),
        environment: environment(),
        variables: settings.config.variables.clone(),
        state: state.map(|folder| folder.to_path_buf()).map_err(ToString::to_string),
        access: settings.config.access.clone(),
        is_read_only: settings.read_only,
        locked: match realm {
            Realm::Real => settings.config.inventory.read_only().cloned().collect(),
            // A simulated host may be called like a real one.
            Realm::Simulated => Vec::new(),
        },
        realm,
    }
}

async fn open(
    settings: &Settings,
    mut source: Source,
    Remarks { notes, mut notices }: Remarks,
    audit: Result<Arc<Audit>, String>,
    scenarios: ScenarioSetup,
) -> Outcome {
    start_logging(settings)?;
    source.restrict(settings);
    let (clusters, read_only) = (source.inventory.clusters.len(), settings.read_only);
    tracing::info!(clusters, read_only, "the console opens");
    if let (Err(why), true) = (&audit, source.saved.is_empty()) {
        tracing::warn!("{why}");
    }
    let themes = theme::LIBRARY.names(Some(settings.user_dir())).unwrap_or_else(|error| {
        notices.push(error.to_string());
        theme::built_in_names().map(String::from).collect()
    });
    let (theme, choice) = settings.screen_theme(&mut notices);
    let keymap = settings.keymap(&mut notices);
    let launch = Launch {
        inventory: source.inventory.clone(),
        saved: std::mem::take(&mut source.saved),
        notes,
        transport: Arc::clone(&source.transport),
        watch: watch::Settings::default(),
        look: Look::new(theme, keymap, settings.glyphs(), TimeZone::system()),
        theme: choice,
        depth: settings.depth(),
        themes,
        theme_dir: Some(settings.user_dir().to_owned()),
        audit,
        scenarios,
        notices,
        clock: Arc::new(Timestamp::now),
    };
    let outcome = runtime::run(launch).await;
    source.close().await;
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::Failed(format!("{error:#}"))),
    }
}

/// The log goes to a file for this user's eyes only. Without the file it goes to the log pane alone.
fn start_logging(settings: &Settings) -> Result<(), Failure> {
    let file = settings.folders.make_state().and_then(|folder| files::append(&folder.join("quorate.log")));
    let no_file = file.as_ref().err().map(ToString::to_string);
    runtime::start_logging(file.ok()).map_err(|error| Failure::Failed(format!("no log: {error:#}")))?;
    if let Some(error) = no_file {
        let folder = settings.folders.state.display();
        tracing::warn!("the log is not written to {folder}: {error}");
    }
    Ok(())
}

fn needs_a_terminal() -> Result<(), Failure> {
    if stdin().is_terminal() && stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::Wrong(
        "The console needs a terminal for its input and output. `quorate status` prints to anything."
            .to_owned(),
    ))
}
