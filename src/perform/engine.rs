//! The loop that does what a [`Progress`] says, and tells it what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::gates::Seen;
use super::host::{Grip, Records};
use super::job::{self, Ran};
use super::{News, Pace, Run, Runs, Shared, Start, Unknown, by};
use crate::scenario::journal::{Begun, End, Entry, Event, Fate, Instruction, Outcome, Place, When};
use crate::scenario::{Progress, Stand, Todo};

/// The number of hosts that a run releases at once.
const AT_ONCE: usize = 16;

/// One run under way.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) runs: Runs,
    run: Arc<Run>,
    pub(super) start: Start,
    pub(super) progress: Progress,
    /// Whether the journal had entries already.
    is_resumed: bool,
    flying: FuturesUnordered<BoxFuture<'static, Flown>>,
    /// What kills each script that is under way or looked for.
    kills: HashMap<u64, CancellationToken>,
    /// The places that are ours, and where scripts may have left something.
    pub(super) grips: BTreeMap<Place, Grip>,
    /// The places that may hold a lock of this run, granted or not. Giving it back leaves the lock of another run alone.
    pub(super) maybe_ours: BTreeSet<Place>,
    /// The conditions and checks that were lost. They change nothing, so the run doesn't wait for them, but one that hangs
    /// would keep its host locked.
    strays: BTreeMap<u64, Place>,
    /// The steps that were run again because that had been wanted beforehand.
    retried: HashSet<usize>,
    orders: Orders,
}

/// What a person says while it goes.
struct Orders {
    channel: mpsc::Receiver<Instruction>,
    /// Whether anything may still come.
    is_open: bool,
    /// What was said while gates were looked at, and is taken when that is over.
    held: VecDeque<Instruction>,
}

/// What has come back.
enum Flown {
    Ran(Ran),
    Settled(u64, Fate),
}

/// Nothing more can be written to the journal, so nothing more is sent.
#[derive(Debug, thiserror::Error)]
#[error("the journal can't be written, so nothing more is run: {0}")]
pub(super) struct NoJournal(#[from] io::Error);

impl Engine {
    pub(super) fn new(
        shared: Arc<Shared>,
        runs: Runs,
        run: Run,
        start: Start,
        channel: mpsc::Receiver<Instruction>,
    ) -> Self {
        let progress = Progress::replay(Arc::clone(&shared.plan), run.entries());
        let is_resumed = !run.entries().is_empty();
        let mut strays = BTreeMap::new();
        run.entries().iter().for_each(|entry| note_stray(&mut strays, &entry.event));
        Self {
            shared,
            runs,
            run: Arc::new(run),
            start,
            progress,
            is_resumed,
            flying: FuturesUnordered::new(),
            kills: HashMap::new(),
            grips: BTreeMap::new(),
            maybe_ours: BTreeSet::new(),
            strays,
            retried: HashSet::new(),
            orders: Orders { channel, is_open: true, held: VecDeque::new() },
        }
    }

    pub(super) async fn carry_out(mut self) -> Outcome {
        let outcome = match self.go().await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!("{error}");
                Outcome::Failed { why: vec![error.to_string()] }
            }
        };
        self.release().await;
        outcome
    }

    /// Releases the hosts. A host keeps its lock while a script of the run works there.
    async fn release(&mut self) {
        let shared = Arc::clone(&self.shared);
        // Boxed, so that a run can be a task.
        let mut kill: Vec<BoxFuture<'_, ()>> = Vec::new();
        for (serial, place) in &self.strays {
            let shared = &shared;
            kill.push(Box::pin(async move {
                if let Err(error) = shared.kill(place, *serial).await {
                    tracing::warn!("a lost check could not be killed: {error}");
                }
            }));
        }
        futures::stream::iter(kill).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        let mut unlock: Vec<BoxFuture<'_, ()>> = Vec::new();
        // A script whose end could not be written to the journal may still be on its way.
        for place in self.maybe_ours.iter().filter(|place| !self.progress.is_in_flight_at(place)) {
            // The journal is what counts: of what it doesn't know, the host must not forget anything.
            let records = if self.has_open(place) { Records::Keep } else { Records::Forget };
            unlock.push(Box::pin(shared.unlock(place, records)));
        }
        futures::stream::iter(unlock).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    /// Whether the journal doesn't know what became of a script at a place. The console may run on one of the hosts, where
    /// both places share the records.
    fn has_open(&self, place: &Place) -> bool {
        match place {
            Place::Host(_) => self.progress.is_open_at(place),
            Place::Local => self.progress.places().iter().any(|place| self.progress.is_open_at(place)),
        }
    }

    async fn go(&mut self) -> Result<Outcome, NoJournal> {
        if self.is_resumed {
            if self.run.begun().is_none() {
                let why = "the start of this run's journal can't be read, so the run can't be resumed. Start a new run.";
                return Ok(Outcome::Failed { why: vec![why.to_owned()] });
            }
            // The last console may have died with these locks.
            self.maybe_ours.extend(self.progress.places());
        }
        self.begin().await?;
        loop {
            let todo = self.progress.next((self.shared.clock)());
            match &todo.stand {
                Stand::Over(outcome) => return self.end(outcome.clone()).await,
                Stand::Gates(when) => {
                    self.gates(*when).await?;
                    continue;
                }
                Stand::Stuck if self.is_to_be_run_again() => {
                    self.write([Event::Instructed { instruction: Instruction::Retry }]).await?;
                    continue;
                }
                Stand::Paused | Stand::Stuck if !self.orders.may_come() => {
                    return self.end(self.progress.verdict()).await;
                }
                Stand::Paused | Stand::Stuck | Stand::Busy => {}
            }
            self.launch(&todo).await?;
            tokio::select! {
                biased;
                instruction = self.orders.next(), if self.orders.may_come() => {
                    self.write(instruction.map(|instruction| Event::Instructed { instruction })).await?;
                }
                Some(flown) = self.flying.next(), if !self.flying.is_empty() => self.land(flown).await?,
                () = wake(todo.wake, (self.shared.clock)()) => {}
            }
        }
    }

    async fn begin(&mut self) -> Result<(), NoJournal> {
        let plan = &self.shared.plan;
        let first = if self.is_resumed {
            Event::Resumed { by: by() }
        } else {
            Event::Begun(Begun {
                run: self.run.id().to_owned(),
                scenario: plan.scenario.name.clone(),
                title: plan.scenario.title.clone(),
                hosts: plan.hosts.clone(),
                by: by(),
                from_step: self.start.from_step,
            })
        };
        let pace = (self.start.pace == Pace::ToEnd)
            .then_some(Event::Instructed { instruction: Instruction::RunToEnd });
        self.write([first].into_iter().chain(pace)).await
    }

    /// Writes how it ended, unless that was written before.
    async fn end(&mut self, outcome: Outcome) -> Result<Outcome, NoJournal> {
        self.write([Event::Over { outcome: outcome.clone() }]).await?;
        Ok(outcome)
    }

    /// Whether nothing can tell what a script of before has done, and it was said to be run again then.
    fn is_to_be_run_again(&mut self) -> bool {
        let step = self.progress.step().unwrap_or_default();
        self.start.unknown == Unknown::RunAgain && self.progress.is_unknown() && self.retried.insert(step)
    }

    /// Begins what is to be done. Scripts are in the journal before they are sent.
    async fn launch(&mut self, todo: &Todo) -> Result<(), NoJournal> {
        let first = self.progress.next_serial();
        let jobs: Vec<_> = (first..).zip(todo.start.iter().cloned()).collect();
        if !jobs.is_empty() {
            self.write(jobs.iter().map(|(serial, job)| Event::Sent { serial: *serial, job: job.clone() }))
                .await?;
        }
        for (serial, job) in jobs {
            let kill = self.kill_switch(serial);
            let grip = self.grips.get(&job.place).cloned();
            if grip.is_none() && job.place != Place::Local {
                let ran = Ran::not_sent(serial, format!("{} isn't locked by this run", job.place));
                self.flying.push(Box::pin(std::future::ready(Flown::Ran(ran))));
                continue;
            }
            let running = job::run(Arc::clone(&self.shared), serial, job, grip, kill);
            self.flying.push(Box::pin(async move { Flown::Ran(running.await) }));
        }
        for (serial, job) in &todo.settle {
            if self.kills.contains_key(serial) {
                continue;
            }
            let kill = self.kill_switch(*serial);
            let settling = job::settle(Arc::clone(&self.shared), *serial, job.clone(), kill);
            self.flying.push(Box::pin(async move {
                let (serial, fate) = settling.await;
                Flown::Settled(serial, fate)
            }));
        }
        for kill in todo.kill.iter().filter_map(|serial| self.kills.get(serial)) {
            kill.cancel();
        }
        Ok(())
    }

    fn kill_switch(&mut self, serial: u64) -> CancellationToken {
        let kill = CancellationToken::new();
        self.kills.insert(serial, kill.clone());
        kill
    }

    async fn land(&mut self, flown: Flown) -> Result<(), NoJournal> {
        let (serial, event) = match flown {
            Flown::Ran(Ran { serial, end, elapsed, said, grip }) => {
                self.grips.extend(grip);
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                (serial, Event::Ended { serial, end, elapsed_ms, said })
            }
            Flown::Settled(serial, fate) => (serial, Event::Settled { serial, fate }),
        };
        self.kills.remove(&serial);
        self.write([event]).await
    }

    /// Adds to the journal, then to the progress, then tells whoever watches.
    pub(super) async fn write(&mut self, events: impl IntoIterator<Item = Event>) -> Result<(), NoJournal> {
        let at = (self.shared.clock)();
        let entries: Vec<Entry> = events.into_iter().map(|event| Entry { at, event }).collect();
        let (run, lines) = (Arc::clone(&self.run), entries.clone());
        let written = tokio::task::spawn_blocking(move || run.append(&lines)).await;
        written.map_err(io::Error::other)??;
        for entry in entries {
            self.progress.apply(&entry);
            note_stray(&mut self.strays, &entry.event);
            // Nobody watches any more when the channel is closed.
            let _nobody = self.shared.news.send(News::Entry(entry)).await;
        }
        Ok(())
    }

    /// Looks at what has to hold. A word to abort is taken at once, however long the hosts take to answer.
    async fn gates(&mut self, when: When) -> Result<(), NoJournal> {
        let places = self.progress.places();
        let broken = match when {
            When::Before => {
                let guarded = self.guarded();
                let is_fresh = !self.progress.has_begun() && !self.progress.is_partial();
                let looking = Arc::clone(&self.shared).before(places, is_fresh, guarded);
                let Some(Seen { systems, broken }) = self.unless_aborted(looking).await? else {
                    return Ok(());
                };
                self.write(systems).await?;
                if broken.is_empty() { self.take_locks().await? } else { broken }
            }
            When::After => {
                let looking = Arc::clone(&self.shared).after(places);
                let Some(broken) = self.unless_aborted(looking).await? else { return Ok(()) };
                broken
            }
        };
        self.write([Event::Gates { when, broken }]).await
    }

    /// Waits for that, unless the word to abort comes first; anything else that is said is taken afterwards.
    async fn unless_aborted<T>(&mut self, looking: impl Future<Output = T>) -> Result<Option<T>, NoJournal> {
        tokio::pin!(looking);
        loop {
            tokio::select! {
                biased;
                instruction = self.orders.channel.recv(), if self.orders.is_open => match instruction {
                    Some(instruction @ Instruction::Abort) => {
                        self.write([Event::Instructed { instruction }]).await?;
                        return Ok(None);
                    }
                    Some(instruction) => self.orders.held.push_back(instruction),
                    None => self.orders.is_open = false,
                },
                seen = &mut looking => return Ok(Some(seen)),
            }
        }
    }
}

impl Orders {
    fn may_come(&self) -> bool {
        self.is_open || !self.held.is_empty()
    }

    /// The next word; `None`: none will come any more.
    async fn next(&mut self) -> Option<Instruction> {
        if let Some(held) = self.held.pop_front() {
            return Some(held);
        }
        let next = self.channel.recv().await;
        self.is_open = next.is_some();
        next
    }
}

/// Adds a script that changes nothing when it is sent, and removes it when its end is known.
fn note_stray(strays: &mut BTreeMap<u64, Place>, event: &Event) {
    match event {
        Event::Sent { serial, job } if !job.part.changes() => _ = strays.insert(*serial, job.place.clone()),
        Event::Ended { serial, end, .. } if !matches!(end, End::Lost { .. }) => _ = strays.remove(serial),
        _ => {}
    }
}

/// Comes back at that time; never without one.
async fn wake(at: Option<Timestamp>, now: Timestamp) {
    match at {
        Some(at) => sleep(Duration::try_from(at.duration_since(now)).unwrap_or_default()).await,
        None => std::future::pending().await,
    }
}
