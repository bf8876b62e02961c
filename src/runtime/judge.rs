//! Judging what the watchers report, away from the task that takes keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use super::Clock;
use crate::health::{Assessment, Finding};
use crate::model::{ClusterEntry, ClusterName, Contact, Inventory, Observation};
use crate::watch::Update;

/// The most clusters that are judged at the same time: a few large pictures don't keep all cores busy.
const AT_ONCE: usize = 4;
/// How often findings follow the time where no answer comes: `no answer for 41 s`.
const FOLLOW: Duration = Duration::from_secs(1);
/// After this long without an answer a live cluster is judged again: its picture may count as old.
const LIVE_LASTS: Duration = Duration::from_secs(10);

/// A cluster's observation with its findings.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) cluster: ClusterName,
    pub(super) assessment: Assessment,
}

/// Judges every update of the watchers on a blocking thread. Dropping the handle ends it.
///
/// Of each cluster one observation is judged at a time, and only the newest one waits.
pub(super) fn start(
    inventory: &Inventory,
    notes: &HashMap<ClusterName, Finding>,
    clock: &Clock,
    updates: mpsc::Receiver<Update>,
    reports: mpsc::Sender<Report>,
) -> AbortOnDropHandle<()> {
    let case = |entry: &ClusterEntry| Case::new(entry, notes.get(&entry.name).cloned());
    let cases = inventory.clusters.iter().map(|entry| (entry.name.clone(), case(entry)));
    let judge = Judge {
        cases: cases.collect(),
        queue: VecDeque::new(),
        judging: JoinSet::new(),
        subjects: HashMap::new(),
        clock: Arc::clone(clock),
    };
    AbortOnDropHandle::new(tokio::spawn(judge.run(updates, reports)))
}

struct Judge {
    cases: HashMap<ClusterName, Case>,
    /// The clusters to be judged, the one that has waited longest first. None is in it twice.
    queue: VecDeque<ClusterName>,
    judging: JoinSet<Report>,
    /// The clusters that are being judged.
    subjects: HashMap<Id, ClusterName>,
    clock: Clock,
}

/// One cluster.
struct Case {
    entry: Arc<ClusterEntry>,
    /// A finding from before it was asked.
    note: Option<Finding>,
    /// The newest observation.
    newest: Option<Observation>,
    stage: Stage,
    /// Whether it is to be judged again after what is under way.
    is_due: bool,
    judged: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    Queued,
    Judging,
}

impl Case {
    fn new(entry: &ClusterEntry, note: Option<Finding>) -> Self {
        let entry = Arc::new(entry.clone());
        Self { entry, note, newest: None, stage: Stage::Idle, is_due: false, judged: Instant::now() }
    }

    /// Whether time alone may have changed the findings.
    fn is_outdated(&self) -> bool {
        let lasts = match self.newest.as_ref().map(|newest| &newest.contact) {
            Some(Contact::Live { .. }) => LIVE_LASTS,
            Some(Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. }) => Duration::ZERO,
            Some(Contact::Saved) | None => return false,
        };
        self.stage == Stage::Idle && self.judged.elapsed() >= lasts
    }
}

impl Judge {
    async fn run(mut self, mut updates: mpsc::Receiver<Update>, reports: mpsc::Sender<Report>) {
        let mut tick = interval(FOLLOW);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                update = updates.recv() => match update {
                    Some(update) => self.take(update),
                    None => return,
                },
                Some(ended) = self.judging.join_next_with_id() => {
                    let Some(report) = self.ended(ended) else { continue };
                    // Nobody reads any more when the console ends.
                    if reports.send(report).await.is_err() {
                        return;
                    }
                }
                _ = tick.tick() => self.follow_the_time(),
            }
            self.begin();
        }
    }

    fn take(&mut self, update: Update) {
        if let Some(case) = self.cases.get_mut(&update.cluster) {
            case.newest = Some(update.observation);
            self.enqueue(&update.cluster);
        }
    }

    fn follow_the_time(&mut self) {
        let outdated = self.cases.iter().filter(|(_, case)| case.is_outdated());
        let outdated: Vec<_> = outdated.map(|(name, _)| name.clone()).collect();
        for name in outdated {
            self.enqueue(&name);
        }
    }

    fn enqueue(&mut self, name: &ClusterName) {
        let Some(case) = self.cases.get_mut(name) else { return };
        match case.stage {
            Stage::Idle => {
                case.stage = Stage::Queued;
                self.queue.push_back(name.clone());
            }
            Stage::Queued => {}
            Stage::Judging => case.is_due = true,
        }
    }

    fn begin(&mut self) {
        while self.judging.len() < AT_ONCE {
            let Some(name) = self.queue.pop_front() else { return };
            let Some(case) = self.cases.get_mut(&name) else { continue };
            let Some(observation) = case.newest.clone() else { continue };
            case.stage = Stage::Judging;
            case.is_due = false;
            let (entry, clock, cluster) = (Arc::clone(&case.entry), Arc::clone(&self.clock), name.clone());
            let judging = self.judging.spawn_blocking(move || {
                let assessment = Assessment::new(&entry, observation, clock());
                Report { cluster, assessment }
            });
            self.subjects.insert(judging.id(), name);
        }
    }

    /// A judgement has ended. After a panic the cluster is reported as not judged: it must not stay as it was.
    fn ended(&mut self, ended: Result<(Id, Report), JoinError>) -> Option<Report> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let name = self.subjects.remove(&id)?;
        let case = self.cases.get_mut(&name)?;
        case.stage = Stage::Idle;
        case.judged = Instant::now();
        let note = case.note.clone();
        let mut report = match ended {
            Ok((_, report)) => Some(report),
            Err(error) => {
                tracing::error!(cluster = %name, "a check failed: {error}");
                let observation = case.newest.clone()?;
                let assessment = Assessment::failed(&case.entry, observation);
                Some(Report { cluster: name.clone(), assessment })
            }
        };
        if let Some(report) = &mut report {
            report.assessment.findings.extend(note);
        }
        if case.is_due {
            self.enqueue(&name);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::model::{Access, Tier};

    /// The first judgement panics, as its clock does.
    #[tokio::test(start_paused = true)]
    async fn a_panic_is_reported_and_the_next_observation_is_judged() {
        let entry = ClusterEntry {
            name: "db".into(),
            tier: Tier::Core,
            hosts: vec!["db1".into()],
            access: Access::default(),
            needs: None,
        };
        let inventory = Inventory { clusters: vec![entry] };
        let panics = Arc::new(AtomicBool::new(true));
        let is_panicking = Arc::clone(&panics);
        let clock: Clock = Arc::new(move || {
            assert!(!is_panicking.load(Ordering::Relaxed), "a mistake");
            jiff::Timestamp::UNIX_EPOCH
        });
        let (updates, seen) = mpsc::channel(1);
        let (reports, mut judged) = mpsc::channel(1);
        let _judge = start(&inventory, &HashMap::new(), &clock, seen, reports);
        let update = || Update { cluster: "db".into(), observation: Observation::none() };
        let has_failed = |report: Report| report.assessment.findings.iter().any(|it| it.code == "not-judged");
        updates.send(update()).await.unwrap();
        assert!(has_failed(judged.recv().await.unwrap()));
        panics.store(false, Ordering::Relaxed);
        updates.send(update()).await.unwrap();
        // One that the clock asked for may still have failed.
        while has_failed(judged.recv().await.unwrap()) {}
    }
}
