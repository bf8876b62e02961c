//! Carrying out runs: one after another over the same connections, each told as it goes.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::live::Live;
use crate::cli::arguments::OpFormat;
use crate::cli::asking::Interrupts;
use crate::cli::failure::Failure;
use crate::cli::settings::Settings;
use crate::cli::sources::{self, Source};
use crate::model::{Access, ClusterEntry, HostName, Inventory, Tier};
use crate::perform::{Performer, Run, Runs, Start};
use crate::scenario::journal::{Instruction, Outcome};
use crate::scenario::{Plan, Stand};

/// Carries out runs.
pub(super) struct Carrier {
    source: Source,
    runs: Runs,
    interrupts: Interrupts,
    format: OpFormat,
}

/// How a run went.
pub(super) struct Carried {
    pub(super) outcome: Outcome,
    /// In how many steps something was run that was not done already.
    pub(super) steps_run: usize,
}

/// How the hosts of one plan are reached.
pub(super) fn entry(hosts: &[HostName], access: &Access) -> ClusterEntry {
    ClusterEntry {
        name: "scenario".into(),
        tier: Tier::Other,
        hosts: hosts.to_vec(),
        access: access.clone(),
        needs: None,
    }
}

impl Carrier {
    /// Reaches the hosts of those clusters; keeps runs where these are kept.
    pub(super) fn new(
        settings: &Settings,
        clusters: Vec<ClusterEntry>,
        runs: Runs,
        format: OpFormat,
    ) -> Result<Self, Failure> {
        let interrupts = Interrupts::new()?;
        let source = sources::over_ssh(settings, Inventory { clusters })?;
        Ok(Self { source, runs, interrupts, format })
    }

    /// Carries a plan out and tells how it goes. An interrupt aborts it; a second one is not needed, as what is under
    /// way is killed.
    pub(super) async fn carry_out(
        &mut self,
        plan: Arc<Plan>,
        access: Access,
        run: Run,
        start: Start,
    ) -> Result<Carried, Failure> {
        let transport = Arc::clone(&self.source.transport);
        let performer = Performer::new(transport, Arc::new(Timestamp::now), access, self.runs.clone());
        let id = run.id().to_owned();
        let mut live = Live::new(Arc::clone(&plan), run.entries(), self.format);
        let (sender, mut news) = mpsc::channel(256);
        let (orders, instructions) = mpsc::channel(4);
        let mut orders = Some(orders);
        let performing = performer.perform(plan, run, start, instructions, sender);
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
                () = self.interrupts.next() => abort(orders.as_ref()).await,
            }
        }
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => performing.await,
        };
        if outcome.is_final() {
            self.runs.open(&id)?.forget_secrets()?;
        }
        live.end(&id, &outcome)?;
        Ok(Carried { outcome, steps_run: live.steps_run() })
    }

    /// Closes the connections.
    pub(super) async fn close(self) {
        self.source.close().await;
    }
}

async fn abort(orders: Option<&mpsc::Sender<Instruction>>) {
    if let Some(orders) = orders {
        // A run that is just ending takes none.
        let _ended = orders.send(Instruction::Abort).await;
    }
}
