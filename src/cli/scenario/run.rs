//! `quorate scenario run`: carries a scenario out.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::arguments::{Consent, RunArguments};
use super::given::Made;
use super::live::Live;
use super::{plan, printable};
use crate::cli::arguments::OpFormat;
use crate::cli::asking::{Interrupts, answer, is_yes};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::cli::sources;
use crate::model::{Access, ClusterEntry, HostName, Inventory, Tier};
use crate::perform::{Destruction, Lock, Pace, Performer, Recipe, Run, Runs, Start, Unknown};
use crate::scenario::journal::{self, Instruction};
use crate::scenario::{Plan, Stand};

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
    let run = runs.create(Timestamp::now())?;
    let recipe = Recipe::of(&plan, arguments.given.scenario_from_anywhere(), cluster.map(str::to_owned));
    run.keep_recipe(&recipe)?;
    let secret = |name: &String| Some((name.clone(), plan.values.get(name)?.text.clone()));
    run.keep_secrets(&generated.iter().filter_map(secret).collect::<BTreeMap<_, _>>())?;
    let start = Start {
        from_step,
        pace: Pace::ToEnd,
        unknown: Unknown::Ask,
        destruction,
        lock: lock(&arguments.consent),
    };
    carry_out(settings, Arc::new(plan), (access, runs), run, start, arguments.format).await
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
/// configuration says of all hosts. What is read-only is not reached for this.
pub(super) fn access(
    settings: &Settings,
    cluster: Option<&str>,
    hosts: &[HostName],
) -> Result<Access, Failure> {
    let clusters = &settings.config.inventory.clusters;
    let is_meant = |entry: &&ClusterEntry| match cluster {
        Some(name) => entry.name == *name,
        None => hosts.iter().all(|host| entry.hosts.contains(host)),
    };
    let access = clusters.iter().find(is_meant).map_or(&settings.config.access, |entry| &entry.access);
    if settings.read_only || access.read_only {
        return Err(Failure::Wrong("this is read-only: nothing but --dry-run is done".to_owned()));
    }
    Ok(access.clone())
}

/// Carries it out, tells how it goes, and closes the connections. An interrupt aborts it; a second one is not needed,
/// as what is under way is killed.
pub(super) async fn carry_out(
    settings: &Settings,
    plan: Arc<Plan>,
    (access, runs): (Access, Runs),
    run: Run,
    start: Start,
    format: OpFormat,
) -> Outcome {
    let entry = ClusterEntry {
        name: "scenario".into(),
        tier: Tier::Other,
        hosts: plan.hosts.clone(),
        access: access.clone(),
        needs: None,
    };
    let source = sources::over_ssh(settings, Inventory { clusters: vec![entry] })?;
    let performer =
        Performer::new(Arc::clone(&source.transport), Arc::new(Timestamp::now), access, runs.clone());
    let id = run.id().to_owned();
    let mut live = Live::new(Arc::clone(&plan), run.entries(), format);
    let (sender, mut news) = mpsc::channel(256);
    let (orders, instructions) = mpsc::channel(4);
    let mut orders = Some(orders);
    let mut interrupts = Interrupts::new()?;
    let performing = performer.perform(Arc::clone(&plan), run, start, instructions, sender);
    tokio::pin!(performing);
    let mut outcome = None;
    loop {
        tokio::select! {
            biased;
            told = news.recv() => match told {
                Some(told) => {
                    live.tell(&told)?;
                    // There is nobody to say how to go on: it ends there, and can be gone on with.
                    if live.stand() == Stand::Stuck {
                        orders = None;
                    }
                }
                None => break,
            },
            ended = &mut performing, if outcome.is_none() => outcome = Some(ended),
            () = interrupts.next() => abort(orders.as_ref()).await,
        }
    }
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => performing.await,
    };
    source.close().await;
    if outcome.is_final() {
        runs.open(&id)?.forget_secrets()?;
    }
    live.end(&id, &outcome)?;
    Ok(match outcome {
        journal::Outcome::Done { .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

async fn abort(orders: Option<&mpsc::Sender<Instruction>>) {
    if let Some(orders) = orders {
        // A run that is just ending takes none.
        let _ended = orders.send(Instruction::Abort).await;
    }
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
