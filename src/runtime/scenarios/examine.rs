//! Is it really deployed? What proves the steps is run, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Scenarios;
use crate::app::Event;
use crate::app::wizard::{Found, FoundStep, News, Pass};
use crate::model::ClusterName;
use crate::perform::{Destruction, Lock, Pace, Performer, Runs, Start, Unknown};
use crate::scenario::journal::Outcome;
use crate::scenario::{Check, Destroys, Gates, Order, Plan, Step};

/// On how many hosts at once.
const AT_ONCE: usize = 16;

impl Scenarios {
    pub(super) fn examine(&mut self, pass: Pass, plan: Arc<Plan>, cluster: Option<&ClusterName>) {
        let news = self.news.clone();
        let clock = Arc::clone(&self.clock);
        // Nothing of this is worth keeping.
        let folder = tempfile::tempdir();
        let performer = folder.as_ref().map(|folder| {
            let runs = Runs::new(folder.path());
            self.performer(cluster, &plan.hosts, runs)
        });
        let performer = performer.map_err(|error| format!("there is no room for its journal: {error}"));
        self.tasks.spawn(async move {
            let found = match performer {
                Ok(performer) => look(&performer, &plan, clock()).await,
                Err(why) => Err(why),
            };
            let found = found.map(|steps| Found {
                scenario: plan.scenario.name.clone(),
                hosts: plan.hosts.clone(),
                at: clock(),
                steps,
            });
            drop(folder);
            let _nobody = news.send(Event::Scenario(News::Found(pass, Box::new(found)))).await;
        });
    }
}

async fn look(performer: &Performer, plan: &Plan, now: jiff::Timestamp) -> Result<Vec<FoundStep>, String> {
    let mut steps = Vec::new();
    for step in &plan.scenario.steps {
        let (holds, why) = match proof(step) {
            None => (None, Vec::new()),
            Some(proof) => match prove(performer, plan, proof, now).await? {
                Outcome::Done { .. } => (Some(true), Vec::new()),
                Outcome::Refused { why } => return Err(why.join("; ")),
                Outcome::Failed { why } => (Some(false), why),
                Outcome::Aborted => (Some(false), Vec::new()),
            },
        };
        steps.push(FoundStep { number: step.number, holds, why });
    }
    Ok(steps)
}

/// What proves a step: its checks, each once, else what would spare it.
fn proof(step: &Step) -> Option<Step> {
    let once = |check: &Check| Check { retry: Duration::ZERO, ..check.clone() };
    let mut checks: Vec<Check> = step.checks.iter().map(once).collect();
    if checks.is_empty() {
        let spared = |script| Check { script, retry: Duration::ZERO };
        checks = step.unless.iter().cloned().map(spared).collect();
    }
    (!checks.is_empty()).then(|| Step {
        order: Order::Parallel(AT_ONCE),
        destroys: Destroys::Nothing,
        run: Vec::new(),
        unless: Vec::new(),
        undo: Vec::new(),
        checks,
        number: 1,
        ..step.clone()
    })
}

async fn prove(
    performer: &Performer,
    plan: &Plan,
    step: Step,
    now: jiff::Timestamp,
) -> Result<Outcome, String> {
    let mut plan = plan.clone();
    plan.scenario.gates = Gates::default();
    plan.scenario.destroys = Destroys::Nothing;
    plan.scenario.steps = vec![step];
    let run = performer.runs().create(now).map_err(|error| error.to_string())?;
    let start = Start {
        from_step: 1,
        pace: Pace::ToEnd,
        unknown: Unknown::Ask,
        destruction: Destruction::Refused,
        lock: Lock::Respect,
    };
    let (orders, instructions) = mpsc::channel(1);
    drop(orders);
    let (sender, nobody) = mpsc::channel(1);
    drop(nobody);
    Ok(performer.perform(Arc::new(plan), run, start, instructions, sender).await)
}
