//! Watching the clusters: one task each that asks, fails over, backs off and reports.

mod ask;
mod backoff;
mod cluster;
mod discover;
mod follow;
mod home;
mod member;
mod picture;
mod poll;
mod stack;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use self::cluster::Outbox;
use self::poll::Poller;
pub use discover::{Discovery, discover};
pub use follow::Follow;

use crate::model::{ClusterEntry, ClusterName, Contact, HostName, Inventory, Observation};
use crate::transport::Transport;

/// What is now known of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Which one.
    pub cluster: ClusterName,
    /// All that is known of it. An unchanged picture is the same [`Arc`] as before.
    pub observation: Observation,
}

/// The console's clock. Tests give one that stands still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What holds for all clusters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The wait after a first failure, about.
    pub backoff_first: Duration,
    /// The longest wait between two attempts.
    pub backoff_cap: Duration,
    /// The most bytes that are read from a command's stdout and stderr, each.
    pub output_limit: usize,
    /// For waits at random; `None` takes them from the system.
    pub seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backoff_first: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(30),
            output_limit: 16 << 20,
            seed: None,
        }
    }
}

impl Settings {
    fn random(&self) -> fastrand::Rng {
        self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)
    }
}

/// Up to this many clusters are all asked at once at the start; of more, each waits a moment of its own.
const SMALL_FLEET: usize = 20;

/// The longest of these moments.
const LONGEST_HEAD_START: Duration = Duration::from_secs(2);

/// How long the tasks have to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tasks that watch, one a cluster. Dropping it ends them.
///
/// Each polls its cluster with the pause that its entry names, and sends an [`Update`] after every poll. A
/// member that fails is followed by the next in the same poll; when none answers, attempts become rarer up
/// to [`Settings::backoff_cap`]. While the channel is full, each cluster keeps only its newest update.
pub struct Watch {
    tasks: JoinSet<()>,
    pokes: HashMap<ClusterName, Poke>,
    transport: Arc<dyn Transport>,
}

/// A cluster that can be polled at once.
struct Poke {
    wake: Arc<Notify>,
    hosts: Vec<HostName>,
}

impl Watch {
    /// Starts one task for each cluster, on the current runtime.
    pub fn start(
        inventory: &Inventory,
        transport: &Arc<dyn Transport>,
        settings: &Settings,
        clock: &Clock,
        updates: &mpsc::Sender<Update>,
    ) -> Self {
        let mut watch =
            Self { tasks: JoinSet::new(), pokes: HashMap::new(), transport: Arc::clone(transport) };
        let mut random = settings.random();
        let crowd = inventory.clusters.len() > SMALL_FLEET;
        for entry in &inventory.clusters {
            let head_start = if crowd { LONGEST_HEAD_START.mul_f64(random.f64()) } else { Duration::ZERO };
            let outbox = Outbox { cluster: entry.name.clone(), updates: updates.clone(), newest: None };
            let wake = Arc::new(Notify::new());
            let poke = Poke { wake: Arc::clone(&wake), hosts: entry.hosts.clone() };
            watch.pokes.insert(entry.name.clone(), poke);
            let poller =
                Poller::new(entry.clone(), Arc::clone(transport), Arc::clone(clock), settings, random.fork())
                    .with_archive();
            watch.tasks.spawn(cluster::watch(poller, outbox, wake, entry.access.poll, head_start));
        }
        watch
    }

    /// Polls that cluster now, or once more right after the poll that is under way, whatever it is waiting for. Its
    /// logins go before others, and refusals no longer hold them back.
    pub fn poll_now(&self, cluster: &ClusterName) {
        self.poke(self.pokes.get(cluster).into_iter());
    }

    /// Polls every cluster now.
    pub fn poll_all(&self) {
        self.poke(self.pokes.values());
    }

    fn poke<'a>(&self, pokes: impl Iterator<Item = &'a Poke> + Clone) {
        let hosts: Vec<_> = pokes.clone().flat_map(|poke| &poke.hosts).cloned().collect();
        self.transport.hurry(&hosts);
        pokes.for_each(|poke| poke.wake.notify_one());
    }

    /// Ends all tasks. Commands that are under way are given up.
    pub async fn stop(mut self) {
        if tokio::time::timeout(PATIENCE, self.tasks.shutdown()).await.is_err() {
            tracing::warn!("some watchers did not end in time");
        }
    }
}

/// The age at which an answer is asked for again before it is reported.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Polls one cluster once, without a task. Takes as long as one poll may, with every member tried. Hosts of another
/// cluster are found where they are named like no node of this one.
pub async fn ask_once(entry: &ClusterEntry, transport: &Arc<dyn Transport>, clock: &Clock) -> Observation {
    asked_once(entry, transport, clock).await.observation()
}

/// Like [`ask_once`], and then asks the members that have answered for the stack under Pacemaker. What isn't known by the
/// deadline stays unknown.
pub async fn ask_once_with_stack(
    entry: &ClusterEntry,
    transport: &Arc<dyn Transport>,
    clock: &Clock,
    deadline: Instant,
) -> Observation {
    let mut poller = asked_once(entry, transport, clock).await;
    if timeout_at(deadline, Box::pin(poller.ask_all_stacks())).await.is_err() {
        tracing::info!(cluster = %entry.name, "the stack under Pacemaker wasn't reported in time");
    }
    poller.observation()
}

/// Polls once, with every member's view. The picture is fresh at the end, however long that took.
async fn asked_once(entry: &ClusterEntry, transport: &Arc<dyn Transport>, clock: &Clock) -> Box<Poller> {
    // Callers' futures hold none of it.
    let mut poller = Box::new(Lookout::new(entry, transport, clock).poller.with_archive());
    poller.poll().await;
    Box::pin(poller.meet_strangers()).await;
    poller.ask_around().await;
    // A silent member, most often one that is being fenced, has taken its whole timeout: much has changed meanwhile.
    if poller.is_older_than(A_MOMENT) {
        Box::pin(poller.poll()).await;
    }
    poller
}

/// Polls one cluster whenever it is asked to, and remembers which member answered.
pub struct Lookout {
    poller: Poller,
}

impl Lookout {
    /// Asks nobody yet.
    pub fn new(entry: &ClusterEntry, transport: &Arc<dyn Transport>, clock: &Clock) -> Self {
        let settings = Settings::default();
        let (transport, clock) = (Arc::clone(transport), Arc::clone(clock));
        let poller = Poller::new(entry.clone(), transport, clock, &settings, settings.random());
        Self { poller: poller.until_the_end() }
    }

    /// Polls now: nothing that it gives, the CIB included, is older than this call. The first time it asks every member,
    /// so that it never takes another cluster's picture for this one's.
    pub async fn look(&mut self) -> Observation {
        self.poller.forget_cib();
        self.poller.poll().await;
        self.poller.meet_everyone().await;
        self.poller.observation()
    }

    /// What the last look gave.
    pub fn observation(&self) -> Observation {
        self.poller.observation()
    }

    /// The member whose picture the last look gave; `None` where there was none.
    pub fn host(&self) -> Option<HostName> {
        match self.poller.observation().contact {
            Contact::Live { host } => Some(host),
            Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } | Contact::Saved => None,
        }
    }

    /// All members but those that were silent or stopped when they were last asked, or belong to another cluster. Those that
    /// gave a picture come first; members that have not been asked are among the others.
    pub fn answering(&self) -> Vec<HostName> {
        self.poller.answering()
    }
}
