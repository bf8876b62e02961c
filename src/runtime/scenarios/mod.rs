//! Scenarios on behalf of the screen: each run a task of its own, whose news come back as events.

mod examine;
mod library;
mod perform;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use self::library::Source;
use super::Clock;
use super::settled::settled_blocking;
use crate::app::wizard::{News, Pass, Realm, Request, Unplanned};
use crate::app::{Event, Notice};
use crate::model::{Access, ClusterEntry, ClusterName, HostName, Inventory};
use crate::perform::{Performer, Runs};
use crate::scenario::Sources;
use crate::scenario::journal::Instruction;
use crate::transport::Transport;

/// How many news may wait to be heard. One that has to wait holds its run up, not the screen.
const WAITING: usize = 256;
/// How many instructions of a person may wait.
const INSTRUCTIONS: usize = 8;

/// How long a run that is over may take to give its hosts back when the console ends.
const GIVING_BACK: Duration = Duration::from_secs(5);

/// What scenarios need to be run.
#[derive(Clone)]
pub struct Setup {
    /// The folder of the user's configuration, where his own scenarios are.
    pub user_dir: Option<PathBuf>,
    /// The values that the environment gives, by the names of the variables.
    pub environment: BTreeMap<String, String>,
    /// The values that the configuration gives.
    pub variables: BTreeMap<String, String>,
    /// The folder of state, where the runs are kept, or why there is none: then nothing is run.
    pub state: Result<PathBuf, String>,
    /// How hosts are reached that belong to no cluster of the configuration.
    pub access: Access,
    /// Whether nothing may be run.
    pub is_read_only: bool,
    /// The read-only clusters of the configuration, whether the console shows them or not.
    pub locked: Vec<ClusterEntry>,
    /// Whether what is run is real.
    pub realm: Realm,
}

/// All scenarios of this console. Dropping it leaves the runs as they are: they can be gone on with.
pub(super) struct Scenarios {
    setup: Setup,
    reach: Arc<Reach>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    news: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
    running: HashMap<Pass, Running>,
}

/// A run under way.
struct Running {
    /// Closed, the run ends where it would have to wait for an instruction.
    orders: mpsc::Sender<Instruction>,
    task: AbortOnDropHandle<()>,
    /// Whether it is over and only gives its hosts back.
    is_over: Arc<AtomicBool>,
}

/// How hosts are reached.
struct Reach {
    clusters: Vec<ClusterEntry>,
    others: Access,
}

impl Reach {
    /// As the cluster that is meant says, or the one that all of them belong to.
    fn access(&self, cluster: Option<&ClusterName>, hosts: &[HostName]) -> Access {
        let is_meant = |entry: &&ClusterEntry| match cluster {
            Some(name) => entry.name == *name,
            None => hosts.iter().all(|host| entry.has(host)),
        };
        self.clusters.iter().find(is_meant).map_or(&self.others, |entry| &entry.access).clone()
    }
}

impl Scenarios {
    pub(super) fn new(
        setup: Setup,
        inventory: &Inventory,
        transport: &Arc<dyn Transport>,
        clock: &Clock,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (news, heard) = mpsc::channel(WAITING);
        let reach = Reach { clusters: inventory.clusters.clone(), others: setup.access.clone() };
        let scenarios = Self {
            setup,
            reach: Arc::new(reach),
            transport: Arc::clone(transport),
            clock: Arc::clone(clock),
            news,
            tasks: JoinSet::new(),
            running: HashMap::new(),
        };
        (scenarios, heard)
    }

    /// Does what is asked. The answer comes as an event.
    pub(super) fn take(&mut self, request: Request) {
        // What has ended is let go of.
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, running| !running.task.is_finished());
        match request {
            Request::Look => self.read(
                |source| Event::Scenario(News::Shelf(Box::new(source.shelf()))),
                || Event::Told(Notice::error(broken("reading the scenarios and runs"))),
            ),
            Request::Plan { pass, draft, set } => {
                let planned = move |result| Event::Scenario(News::Planned(pass, Box::new(result)));
                let others = || vec![broken("planning")];
                self.read(
                    move |source| planned(source.plan(&draft, set)),
                    move || planned(Err(Unplanned { fields: Vec::new(), others: others() })),
                );
            }
            Request::Recall(id) => {
                let recalled = |result| Event::Scenario(News::Recalled(Box::new(result)));
                self.read(
                    move |source| recalled(source.recall(&id)),
                    move || recalled(Err(broken("reading the run"))),
                );
            }
            Request::Begin(order) => self.begin(*order),
            Request::Instruct(pass, instruction) => self.instruct(pass, instruction),
            Request::Survey(run) => self.survey(run),
            Request::Examine { pass, plan, cluster } => self.examine(pass, plan, cluster.as_ref()),
        }
    }

    /// Gives runs that are over a moment to give their hosts back. What still goes on is left.
    pub(super) async fn give_back(&mut self) {
        let ending = self.running.values_mut().filter(|running| running.is_over.load(Ordering::Relaxed));
        let all = futures::future::join_all(ending.map(|running| &mut running.task));
        if tokio::time::timeout(GIVING_BACK, all).await.is_err() {
            tracing::warn!("a run's hosts were not given back in time");
        }
    }

    /// Reads something from the disk, away from the screen.
    fn read(
        &mut self,
        work: impl FnOnce(Source) -> Event + Send + 'static,
        panicked: impl FnOnce() -> Event + Send + 'static,
    ) {
        let source = self.source();
        let news = self.news.clone();
        self.tasks.spawn_blocking(move || {
            // Nobody is left to hear it when the console ends.
            let _nobody = news.blocking_send(settled_blocking(|| work(source), panicked));
        });
    }

    fn source(&self) -> Source {
        Source {
            user_dir: self.setup.user_dir.clone(),
            runs: self.runs(),
            sources: Sources {
                environment: self.setup.environment.clone(),
                configuration: self.setup.variables.clone(),
                ..Sources::default()
            },
            is_read_only: self.setup.is_read_only,
            locked: self.setup.locked.clone(),
            realm: self.setup.realm,
        }
    }

    fn runs(&self) -> Result<Runs, String> {
        self.setup.state.as_ref().map(|folder| Runs::new(folder)).map_err(Clone::clone)
    }

    fn access(&self, cluster: Option<&ClusterName>, hosts: &[HostName]) -> Access {
        self.reach.access(cluster, hosts)
    }

    /// One who carries out on these hosts.
    fn performer(&self, cluster: Option<&ClusterName>, hosts: &[HostName], runs: Runs) -> Performer {
        let (transport, clock) = (Arc::clone(&self.transport), Arc::clone(&self.clock));
        Performer::new(transport, clock, self.access(cluster, hosts), runs)
    }

    fn instruct(&self, pass: Pass, instruction: Instruction) {
        let Some(running) = self.running.get(&pass) else { return };
        if let Err(error) = running.orders.try_send(instruction) {
            let words = format!("the run has not taken that yet: {error}");
            if self.news.try_send(Event::Told(Notice::error(words.clone()))).is_err() {
                tracing::warn!("{words}");
            }
        }
    }
}

/// What the user reads after a panic.
fn broken(doing: &str) -> String {
    format!("Quorate failed while {doing}, and its log says how")
}
