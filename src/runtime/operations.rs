//! Operations on behalf of the screen: each a task of its own, whose news come back as events.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::Clock;
use super::settled::{settled, settled_blocking};
use crate::app::{Errand, Event, JobId, News, Notice, Request, Ticket};
use crate::model::{ClusterEntry, ClusterName, Inventory};
use crate::operate::audit::{self, Audit, Entry, What};
use crate::operate::{Life, Operator, Order, Wanted};
use crate::operation::{NoPreview, Outcome, Plan, Progress, Unfinished};
use crate::transport::Transport;

/// How many news may wait to be heard.
const WAITING: usize = 64;
/// What the user reads where planning panicked.
const PLANNING_BROKE_OFF: &str = "Quorate failed while planning, and its log says how. Nothing was changed.";

/// All operations of this console. Dropping it gives up what is under way; the audit log then tells that.
pub(super) struct Operations {
    clusters: HashMap<ClusterName, ClusterEntry>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    /// The log, or why there is none: then nothing is done.
    audit: Result<Arc<Audit>, String>,
    news: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
    planning: HashMap<Ticket, AbortHandle>,
    running: HashMap<Ticket, (CancellationToken, AbortHandle)>,
}

impl Operations {
    pub(super) fn new(
        inventory: &Inventory,
        transport: &Arc<dyn Transport>,
        clock: &Clock,
        audit: Result<Arc<Audit>, String>,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (news, heard) = mpsc::channel(WAITING);
        let clusters = inventory.clusters.iter().map(|entry| (entry.name.clone(), entry.clone())).collect();
        let operations = Self {
            clusters,
            transport: Arc::clone(transport),
            clock: Arc::clone(clock),
            audit,
            news,
            tasks: JoinSet::new(),
            planning: HashMap::new(),
            running: HashMap::new(),
        };
        (operations, heard)
    }

    /// Does what is asked. The answer, if there is one, comes as an event.
    pub(super) fn take(&mut self, request: Request) {
        // What has ended is let go of.
        while self.tasks.try_join_next().is_some() {}
        self.planning.retain(|_, planning| !planning.is_finished());
        self.running.retain(|_, (_, running)| !running.is_finished());
        match request {
            Request::Plan(ticket, errand) => self.plan(ticket, errand),
            Request::PlanTogether(job, errands) => self.plan_together(job, errands),
            Request::Forget(job) => self.forget(job),
            Request::CarryOut { ticket, plan, reason, alongside } => {
                self.carry_out(ticket, *plan, (reason, alongside), None);
            }
            Request::Resume { ticket, unfinished } => {
                let plan = unfinished.plan.clone();
                self.carry_out(ticket, plan, (String::new(), Vec::new()), Some(*unfinished));
            }
            Request::GiveUp(ticket) => {
                if let Some((cancel, _)) = self.running.get(&ticket) {
                    cancel.cancel();
                }
            }
            Request::LookForUnfinished => self.look_for_unfinished(),
            Request::Settle(unfinished) => self.settle(&unfinished),
            Request::Unlock { cluster, minutes, reason } => self.unlock(cluster, minutes, reason),
            Request::Lock(cluster) => {
                let id = audit::new_id((self.clock)());
                self.log(Entry::new(&id, (self.clock)(), &cluster, What::ReadOnly), |result| {
                    let failed = |error: io::Error| not_logged("that changes are no longer allowed", &error);
                    result.err().map(failed)
                });
            }
        }
    }

    /// One who operates on that cluster, taking pictures of their own.
    fn operator(&self, cluster: &ClusterName) -> Result<Operator, String> {
        let entry = self.clusters.get(cluster).ok_or_else(|| format!("no cluster is called {cluster}"))?;
        let audit = self.audit.as_ref().map_err(Clone::clone)?;
        let transport = Arc::clone(&self.transport);
        Ok(Operator::new(entry.clone(), transport, Arc::clone(&self.clock), Arc::clone(audit)))
    }

    fn plan(&mut self, ticket: Ticket, errand: Errand) {
        let operator = self.operator(errand.cluster());
        let news = self.news.clone();
        let planning = self.tasks.spawn(async move {
            let planning = async {
                match (operator, &errand) {
                    (Err(why), _) => Err(NoPreview::NoPicture(why)),
                    (Ok(mut operator), Errand::Wish(intent)) => operator.preview(intent).await,
                    (Ok(mut operator), Errand::Undo(plan)) => operator.preview_plan(plan).await,
                    (Ok(mut operator), Errand::Finish(unfinished)) => {
                        operator.preview_plan(&unfinished.plan).await
                    }
                }
            };
            let broken_off = || Err(NoPreview::NoPicture(PLANNING_BROKE_OFF.to_owned()));
            let preview = settled(planning, broken_off).await;
            tell(&news, News::Planned(ticket, Box::new(preview))).await;
        });
        self.planning.insert(ticket, planning);
    }

    fn plan_together(&mut self, job: JobId, errands: Vec<(usize, Errand)>) {
        let Some((first, errand)) = errands.first() else { return };
        let ticket = Ticket { job, nth: *first };
        let operator = self.operator(errand.cluster());
        let news = self.news.clone();
        let planning = self.tasks.spawn(async move {
            let unplanned = |why: &str| {
                let each = errands.iter().map(|_| Err(NoPreview::NoPicture(why.to_owned())));
                (each.collect(), None)
            };
            let planning = async {
                match operator {
                    Err(why) => unplanned(&why),
                    Ok(mut operator) => {
                        let wanted: Vec<Wanted<'_>> =
                            errands.iter().map(|(_, errand)| wanted(errand)).collect();
                        operator.preview_together(&wanted).await
                    }
                }
            };
            let (previews, together) = settled(planning, || unplanned(PLANNING_BROKE_OFF)).await;
            let previews: Vec<_> = errands.iter().map(|(nth, _)| *nth).zip(previews).collect();
            tell(&news, News::PlannedTogether(job, previews, together.map(Box::new))).await;
        });
        self.planning.insert(ticket, planning);
    }

    fn forget(&mut self, job: JobId) {
        self.planning.retain(|ticket, planning| {
            if ticket.job == job {
                planning.abort();
            }
            ticket.job != job
        });
    }

    fn carry_out(
        &mut self,
        ticket: Ticket,
        plan: Plan,
        (reason, alongside): (String, Vec<String>),
        resumed: Option<Unfinished>,
    ) {
        let mut operator = self.operator(&plan.intent.cluster);
        let audit = self.audit.clone();
        let cancel = CancellationToken::new();
        let (progress, mut told) = mpsc::channel(WAITING);
        let order = Order { plan, reason, alongside, cancel: cancel.clone(), progress };
        let news = self.news.clone();
        let running = self.tasks.spawn(async move {
            let operating = async { Some(operate(&mut operator, resumed, order).await) };
            let telling = async {
                while let Some(progress) = told.recv().await {
                    // The end is told below, also after a panic.
                    if !matches!(progress, Progress::Ended(_)) {
                        tell(&news, News::Progressed(ticket, progress)).await;
                    }
                }
            };
            let (outcome, ()) = tokio::join!(settled(operating, || None), telling);
            let ended = |outcome| News::Progressed(ticket, Progress::Ended(outcome));
            if let Some(outcome) = outcome {
                return tell(&news, ended(outcome)).await;
            }
            // After a panic nobody works on it any more, and the log must not show that this console does.
            if let Ok(operator) = &mut operator {
                operator.give_up().await;
            }
            tell(&news, ended(broken_off())).await;
            if let Ok(audit) = audit {
                tell_unfinished(audit, &news).await;
            }
        });
        self.running.insert(ticket, (cancel, running));
    }

    fn look_for_unfinished(&mut self) {
        let Ok(audit) = self.audit.clone() else { return };
        let news = self.news.clone();
        self.tasks.spawn(async move { tell_unfinished(audit, &news).await });
    }

    fn settle(&mut self, unfinished: &Unfinished) {
        let what = What::End { outcome: "undone".to_owned(), words: "by a later operation".to_owned() };
        let cluster = &unfinished.plan.intent.cluster;
        self.log(Entry::new(&unfinished.id, (self.clock)(), cluster, what), |result| {
            result.err().map(|error| not_logged("that it is undone", &error))
        });
    }

    fn unlock(&mut self, cluster: ClusterName, minutes: u16, reason: String) {
        let now = (self.clock)();
        let entry = Entry::new(&audit::new_id(now), now, &cluster, What::Writable { minutes, reason });
        let until = now + SignedDuration::from_mins(i64::from(minutes));
        self.log(entry, move |result| {
            Some(match result {
                Ok(()) => Event::Operated(News::Unlocked(cluster, until)),
                Err(error) => Event::Told(Notice::error(format!(
                    "nothing is allowed: the reason could not be written to the audit log: {error}"
                ))),
            })
        });
    }

    /// Adds a line to the audit log, and tells what comes of it.
    fn log(&mut self, entry: Entry, then: impl FnOnce(io::Result<()>) -> Option<Event> + Send + 'static) {
        let audit = self.audit.clone().map_err(io::Error::other);
        let news = self.news.clone();
        // What is being written is written to the end, also when the console ends.
        self.tasks.spawn_blocking(move || {
            let write = || audit.and_then(|audit| audit.append(&entry));
            let broken = || Err(io::Error::other("Quorate failed while writing, and its log says how"));
            if let Some(event) = then(settled_blocking(write, broken)) {
                let _nobody = news.blocking_send(event);
            }
        });
    }
}

/// Carries out a plan or what is left of it. Owns the order: when it ends, or panics, no progress can follow.
async fn operate(
    operator: &mut Result<Operator, String>,
    resumed: Option<Unfinished>,
    order: Order,
) -> Outcome {
    match (operator, resumed) {
        (Err(why), _) => Outcome::Refused(why.clone()),
        (Ok(operator), Some(unfinished)) => operator.resume(&unfinished, order).await,
        (Ok(operator), None) => operator.carry_out(order).await,
    }
}

/// Reads the log for operations that began, never ended and are in progress nowhere on this machine, and tells them.
async fn tell_unfinished(audit: Arc<Audit>, news: &mpsc::Sender<Event>) {
    let read = tokio::task::spawn_blocking(move || {
        let record = audit.read()?;
        let mut unfinished = record.unfinished();
        unfinished.retain(|it| !it.is_in_hand(audit.at_work()));
        for it in &mut unfinished {
            it.by.retain(|process| process.life() == Life::Elsewhere);
        }
        Ok(unfinished)
    });
    let event = match read.await.map_err(io::Error::other).and_then(|read: io::Result<_>| read) {
        Ok(unfinished) => Event::Operated(News::Unfinished(unfinished)),
        Err(error) => Event::Told(Notice::error(format!("the audit log can't be read: {error}"))),
    };
    // Nobody is left to hear it when the console ends.
    let _nobody = news.send(event).await;
}

fn wanted(errand: &Errand) -> Wanted<'_> {
    match errand {
        Errand::Wish(intent) => Wanted::Intent(intent),
        Errand::Undo(plan) => Wanted::Plan(plan),
        Errand::Finish(unfinished) => Wanted::Plan(&unfinished.plan),
    }
}

/// The outcome of an operation that panicked.
fn broken_off() -> Outcome {
    let words = "Quorate failed in the middle, and its log says how. Check the audit log for the last command that was \
                 sent, and the cluster for its effect.";
    Outcome::Unknown(words.to_owned())
}

fn not_logged(what: &str, error: &io::Error) -> Event {
    Event::Told(Notice::error(format!("{what} could not be written to the audit log: {error}")))
}

async fn tell(news: &mpsc::Sender<Event>, told: News) {
    // Nobody is left to hear it when the console ends.
    let _nobody = news.send(Event::Operated(told)).await;
}
