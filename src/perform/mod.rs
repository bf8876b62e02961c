//! Carrying out scenarios: gates, hosts, output, the journal on the disk and the locks for [`crate::scenario`].

mod beginning;
mod ending;
mod engine;
mod gates;
mod host;
mod job;
mod kept;
mod output;
mod proof;
mod recipe;
mod runs;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use self::engine::Engine;
use crate::config::user;
use crate::model::Access;
use crate::scenario::journal::{Entry, Instruction, Job, Outcome};
use crate::scenario::{Masker, Plan};
use crate::transport::Transport;
use crate::watch::Clock;

pub use host::{BEGINS, ENDS, Lock};
pub use kept::{Kept, KeptFor};
pub use output::file_name;
pub use proof::prove;
pub use recipe::{Origin, Recipe};
pub use runs::{FOLDER, Run, RunError, Runs, Summary};

/// Carries out scenarios on hosts.
pub struct Performer {
    transport: Arc<dyn Transport>,
    clock: Clock,
    access: Access,
    runs: Runs,
}

/// How a run is begun or gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The first step to run, from 1. What a run that is gone on with began with stays.
    pub from_step: usize,
    /// How far it goes without being told.
    pub pace: Pace,
    /// What is done where nothing can tell whether a script has run.
    pub unknown: Unknown,
    /// Whether a cluster that runs on the hosts may be destroyed, should the scenario do that.
    pub destruction: Destruction,
    /// Whether another run's lock on a host is broken.
    pub lock: Lock,
}

/// How far a run goes without being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It waits before each step.
    ByStep,
    /// To the end, or to the first step that fails.
    ToEnd,
}

/// What is done where nothing can tell whether a script that the last console sent has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The run waits for an instruction.
    Ask,
    /// It is run again, once: whoever starts it has said so.
    RunAgain,
}

/// Whether a cluster that runs on the hosts may be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destruction {
    /// The run is refused.
    Refused,
    /// It was told in so many words.
    Allowed,
}

/// What happens while a scenario is carried out, for whoever watches. Applied to a
/// [`Progress`](crate::scenario::Progress) of their own, the entries give them the whole picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something that is in the journal.
    Entry(Entry),
    /// What a script has just printed, line by line and fit to be shown. Left out for those who do not keep up.
    Output {
        /// Which one.
        job: Job,
        /// Never empty. The last may be the beginning of a line.
        lines: Vec<String>,
    },
}

/// What one run needs to talk to its hosts.
struct Shared {
    transport: Arc<dyn Transport>,
    clock: Clock,
    access: Access,
    plan: Arc<Plan>,
    run: String,
    output: PathBuf,
    masker: Masker,
    news: mpsc::Sender<News>,
}

impl Performer {
    /// Reaches hosts through that transport with that access; keeps its runs in that folder of state.
    pub fn new(transport: Arc<dyn Transport>, clock: Clock, access: Access, runs: Runs) -> Self {
        Self { transport, clock, access, runs }
    }

    /// The runs that there have been.
    pub const fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Carries out a plan, or goes on with a run of it that has entries already, until it is over.
    ///
    /// Every script is in the journal, on the disk, before it is sent, and is sent once. When the channel of
    /// instructions is closed, the run ends where it would have to wait for one. Entries are delivered to the last: a
    /// watcher that does not keep up holds the run up, one that is gone does not. Dropping the future leaves the run
    /// as a killed console would: scripts that are under way go on, and the run can be gone on with.
    pub async fn perform(
        &self,
        plan: Arc<Plan>,
        run: Run,
        start: Start,
        instructions: mpsc::Receiver<Instruction>,
        news: mpsc::Sender<News>,
    ) -> Outcome {
        let shared = Arc::new(Shared {
            transport: Arc::clone(&self.transport),
            clock: Arc::clone(&self.clock),
            access: self.access.clone(),
            masker: plan.masker(),
            plan,
            run: run.id().to_owned(),
            output: run.output(),
            news,
        });
        Engine::new(shared, self.runs.clone(), run, start, instructions).carry_out().await
    }
}

/// Who we are, for the journal and the locks: `user@machine`.
fn by() -> String {
    let system = rustix::system::uname();
    format!("{}@{}", user(), system.nodename().to_string_lossy())
}
