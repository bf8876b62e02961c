//! Carrying a plan out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{INSTRUCTIONS, Running, Scenarios, WAITING, broken};
use crate::app::Event;
use crate::app::wizard::{News, OfLayout, Order, Pass};
use crate::perform::{
    self, Destruction, KeptFor, Lock, Origin, Pace, Performer, Run, RunError, Runs, Start, Unknown,
};
use crate::runtime::settled::settled;
use crate::scenario::journal::{self, Entry, Instruction, Outcome};

impl Scenarios {
    /// Carries out, unless nothing may be; the screen has asked before.
    pub(super) fn begin(&mut self, order: Order) {
        let pass = order.pass;
        let before = order.replaces.and_then(|replaced| self.running.remove(&replaced));
        let performer = match self.runs() {
            Ok(_) if self.setup.is_read_only => Err("this console is read-only".to_owned()),
            Ok(runs) => Ok(self.performer(order.cluster.as_ref(), &order.plan.hosts, runs)),
            Err(why) => Err(format!("the journal can't be kept, so nothing is run: {why}")),
        };
        let (orders, instructions) = mpsc::channel(INSTRUCTIONS);
        // That it goes to its end is known when it starts; anything else is told.
        if order.first != Instruction::RunToEnd && orders.try_send(order.first).is_err() {
            tracing::error!("a new run took no instruction");
        }
        let news = self.news.clone();
        let clock = Arc::clone(&self.clock);
        let is_over = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&is_over);
        let task = tokio::spawn(async move {
            let (sender, told) = mpsc::channel(WAITING);
            let begun = news.clone();
            // It owns the sender: when it ends, nothing more is told.
            let performing = async move {
                if let Some(Running { orders, task, .. }) = before {
                    // It gives the hosts back when it has ended.
                    drop(orders);
                    if let Err(error) = task.await {
                        tracing::error!("the run before did not end well: {error}");
                    }
                }
                match performer {
                    Ok(performer) => {
                        carry_out(&performer, &order, clock(), instructions, (&begun, sender)).await
                    }
                    Err(why) => Outcome::Refused { why: vec![why] },
                }
            };
            let telling = hand_on(pass, told, (&news, &ending));
            let (outcome, ()) = tokio::join!(settled(performing, broken_off), telling);
            let _nobody = news.send(Event::Scenario(News::Over(pass, outcome))).await;
        });
        self.running.insert(pass, Running { orders, task: AbortOnDropHandle::new(task), is_over });
    }
}

async fn carry_out(
    performer: &Performer,
    order: &Order,
    now: jiff::Timestamp,
    instructions: mpsc::Receiver<Instruction>,
    (news, sender): (&mpsc::Sender<Event>, mpsc::Sender<perform::News>),
) -> Outcome {
    let run = match take(performer.runs().clone(), order.clone(), now).await {
        Ok(run) => run,
        Err(error) => return Outcome::Refused { why: vec![error] },
    };
    let (pass, id) = (order.pass, run.id().to_owned());
    let _nobody = news.send(Event::Scenario(News::Begun(pass, id.clone()))).await;
    let start = Start {
        from_step: order.from_step,
        pace: if order.first == Instruction::RunToEnd { Pace::ToEnd } else { Pace::ByStep },
        unknown: Unknown::Ask,
        destruction: if order.may_destroy { Destruction::Allowed } else { Destruction::Refused },
        lock: if order.breaks_locks { Lock::Break } else { Lock::Respect },
    };
    let outcome = performer.perform(Arc::clone(&order.plan), run, start, instructions, sender).await;
    if outcome.is_final()
        && let Err(error) = forget(performer.runs().clone(), id).await
    {
        tracing::warn!("the secrets that were made up for a run that is over could not be removed: {error}");
    }
    outcome
}

/// The outcome of a run that panicked. Its journal has no end, so it can be resumed.
fn broken_off() -> Outcome {
    let left = "Scripts already sent may still be running, and their hosts stay locked. Resume the run from the list: it \
                checks these scripts before anything else runs";
    Outcome::Failed { why: vec![broken("running this scenario"), left.to_owned()] }
}

async fn hand_on(
    pass: Pass,
    mut told: mpsc::Receiver<perform::News>,
    (news, is_over): (&mpsc::Sender<Event>, &AtomicBool),
) {
    while let Some(told) = told.recv().await {
        if let perform::News::Entry(Entry { event: journal::Event::Over { .. }, .. }) = &told {
            is_over.store(true, Ordering::Relaxed);
        }
        let event = match told {
            perform::News::Entry(entry) => News::Entry(pass, entry),
            perform::News::Output { job, lines } => News::Output(pass, job.place, lines),
        };
        // Nobody is left to hear it when the console ends; the journal has it all the same.
        let _nobody = news.send(Event::Scenario(event)).await;
    }
}

/// For what the values are kept that are made up for a stage of a layout.
pub(super) fn whose(layout: &OfLayout) -> KeptFor {
    KeptFor { deployment: layout.deployment.clone(), cluster: layout.first.clone() }
}

/// The run: a new one, with all that is needed to go on with it later, or the one that was left.
async fn take(runs: Runs, order: Order, now: jiff::Timestamp) -> Result<Run, String> {
    let work = move || -> Result<Run, RunError> {
        if let Some(id) = &order.left {
            let run = runs.open(id)?;
            if order.first == Instruction::Undo {
                // They were forgotten when it came to its end.
                run.keep_generated(&order.plan, &order.generated)?;
            }
            return Ok(run);
        }
        if let Some(layout) = &order.layout {
            let mut kept = runs.kept(whose(layout))?;
            kept.add(&order.plan.values, &order.generated);
            kept.keep()?;
        }
        let origin = Origin {
            scenario: order.plan.scenario.name.clone(),
            cluster: order.cluster.as_ref().map(ToString::to_string),
            kept_for: order.layout.as_ref().map(whose),
        };
        runs.begin(now, &order.plan, origin, &order.generated)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(run) => run.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

async fn forget(runs: Runs, id: String) -> Result<(), String> {
    let work = move || runs.open(&id)?.forget_secrets();
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
