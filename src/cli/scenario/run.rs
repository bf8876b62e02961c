//! `quorate scenario run`: carries a scenario out.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;

use super::arguments::{Consent, RunArguments};
use super::carry::{Carrier, entry};
use super::given::Made;
use super::{plan, printable};
use crate::cli::arguments::OpFormat;
use crate::cli::asking::{answer, is_yes};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::model::{Access, ClusterEntry, HostName};
use crate::perform::{Destruction, Lock, Origin, Pace, Run, Runs, Start, Unknown};
use crate::scenario::Plan;
use crate::scenario::journal;

/// Plans, asks, and carries it out.
pub(super) async fn run(settings: &Settings, arguments: &RunArguments) -> Outcome {
    let Made { plan, generated } = arguments.given.made(settings)?;
    let from_step = usize::from(arguments.from_step);
    let steps = plan.scenario.steps.len();
    if from_step > steps {
        let message = format!("--from-step {from_step}: {} has {steps} steps", plan.scenario.name);
        return Err(Failure::Wrong(message));
    }
    if arguments.dry_run {
        return plan::print(&plan, None, arguments.format);
    }
    let cluster = arguments.given.cluster.as_deref();
    let access = access(settings, cluster, &plan.hosts)?;
    let destruction = agreed(&plan, &arguments.consent).await?;
    let runs = runs(settings)?;
    let scenario = arguments.given.scenario_from_anywhere();
    let origin = Origin { scenario, cluster: cluster.map(str::to_owned), kept_for: None };
    let run = runs.begin(Timestamp::now(), &plan, origin, &generated)?;
    let start = Start {
        from_step,
        pace: Pace::ToEnd,
        unknown: Unknown::Ask,
        destruction,
        lock: lock(&arguments.consent),
    };
    carry_out(settings, plan, (access, runs), run, start, arguments.format).await
}

/// What is done about a lock of another run.
pub(super) const fn lock(consent: &Consent) -> Lock {
    if consent.break_lock { Lock::Break } else { Lock::Respect }
}

/// Where runs are kept.
pub(super) fn runs(settings: &Settings) -> Result<Runs, Failure> {
    let folder = settings.folders.make_state().map_err(|error| {
        let folder = settings.folders.state.display();
        Failure::Failed(format!("the journal can't be kept in {folder}, so nothing is run: {error}"))
    })?;
    Ok(Runs::new(folder))
}

/// How the hosts are reached: as the cluster that is meant, or the one that all of them belong to, else as the
/// configuration says of all hosts.
pub(super) fn reach(settings: &Settings, cluster: Option<&str>, hosts: &[HostName]) -> Access {
    let clusters = &settings.config.inventory.clusters;
    let is_meant = |entry: &&ClusterEntry| match cluster {
        Some(name) => entry.name == *name,
        None => hosts.iter().all(|host| entry.has(host)),
    };
    clusters.iter().find(is_meant).map_or(&settings.config.access, |entry| &entry.access).clone()
}

/// The same, to change something there: what is read-only is not reached for this.
pub(super) fn access(
    settings: &Settings,
    cluster: Option<&str>,
    hosts: &[HostName],
) -> Result<Access, Failure> {
    let access = reach(settings, cluster, hosts);
    let refused = || Err(Failure::Wrong("this is read-only: nothing but --dry-run is done".to_owned()));
    if settings.read_only || (cluster.is_some() && access.read_only) {
        return refused();
    }
    if let Some((host, entry)) = settings.config.inventory.read_only_host(hosts) {
        let (host, name) = (printable(host.as_str()), printable(entry.name.as_str()));
        return Err(Failure::Wrong(format!(
            "{host} belongs to {name}, which is read-only by the configuration: nothing but --dry-run is done"
        )));
    }
    if access.read_only { refused() } else { Ok(access) }
}

/// With --read-only nothing runs on this machine, so no check does.
pub(super) fn refuse_local(settings: &Settings, plan: &Plan) -> Result<(), Failure> {
    match plan.local_steps().first() {
        Some(step) if settings.read_only => Err(Failure::Wrong(format!(
            "this is read-only, and step {step} of {} runs on this machine: its checks are not run",
            printable(&plan.scenario.name)
        ))),
        _ => Ok(()),
    }
}

/// Carries it out by itself.
pub(super) async fn carry_out(
    settings: &Settings,
    plan: Plan,
    (access, runs): (Access, Runs),
    run: Run,
    start: Start,
    format: OpFormat,
) -> Outcome {
    let mut carrier = Carrier::new(settings, vec![entry(&plan.hosts, &access)], runs, format)?;
    let went = carrier.carry_out(Arc::new(plan), access, run, start).await;
    carrier.close().await;
    Ok(match went?.outcome {
        journal::Outcome::Done { .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Asks on the terminal, unless it was said beforehand. No is the default; what destroys wants the scenario's name.
pub(super) async fn agreed(plan: &Plan, consent: &Consent) -> Result<Destruction, Failure> {
    let name = &plan.scenario.name;
    let destroys = plan.destroys();
    if consent.yes {
        return match &destroys {
            Some(what) if !consent.destroy => Err(Failure::Wrong(format!(
                "{name} destroys {}: add --destroy if that is what you want",
                printable(what)
            ))),
            Some(_) => Ok(Destruction::Allowed),
            None => Ok(Destruction::Refused),
        };
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        let message = "there is no terminal to ask on; add --yes to run it, or --dry-run to see it";
        return Err(Failure::Wrong(message.to_owned()));
    }
    let hosts: Vec<&str> = plan.hosts.iter().map(HostName::as_str).collect();
    let hosts = printable(&hosts.join(", "));
    let mut out = stderr();
    writeln!(out, "{} on {hosts}: {} steps.", printable(&plan.scenario.title), plan.scenario.steps.len())?;
    for remark in plan.remarks() {
        writeln!(out, "  {}", printable(&remark))?;
    }
    match &destroys {
        Some(what) => write!(out, "It destroys {}. Type {name} to run it: ", printable(what))?,
        None => write!(out, "Run it? [y/N] ")?,
    }
    out.flush()?;
    let answer = answer().await?;
    match destroys {
        Some(_) if answer == *name => Ok(Destruction::Allowed),
        None if is_yes(&answer) => Ok(Destruction::Refused),
        _ => Err(Failure::Failed("not confirmed: nothing was run".to_owned())),
    }
}
