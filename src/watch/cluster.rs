//! The task that watches one cluster.

use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Duration, sleep};

use super::Update;
use super::poll::{Polled, Poller};
use crate::model::{ClusterName, Observation};

/// Watches until it is dropped. `poke` cuts every wait short; one poke is remembered while a poll is under way.
pub(super) async fn watch(
    mut poller: Poller,
    mut outbox: Outbox,
    poke: Arc<Notify>,
    pause: Duration,
    head_start: Duration,
) {
    wait(&mut outbox, &poke, head_start).await;
    loop {
        let outcome = outbox.deliver_during(poller.poll()).await;
        outbox.put(poller.observation());
        if outbox.deliver_during(poller.ask_around()).await {
            outbox.put(poller.observation());
        }
        if poller.ask_stacks() {
            outbox.put(poller.observation());
        }
        let rest = match outcome {
            Polled::Answered => pause,
            Polled::Failed(rest) => rest,
        };
        if wait(&mut outbox, &poke, rest).await {
            poller.hurry();
        }
    }
}

/// Returns whether a poke cut the wait short.
async fn wait(outbox: &mut Outbox, poke: &Notify, rest: Duration) -> bool {
    let rest = async {
        tokio::select! {
            () = sleep(rest) => false,
            () = poke.notified() => true,
        }
    };
    outbox.deliver_during(rest).await
}

/// Sends what one cluster reports. While the channel is full only the newest is kept, so a console that is
/// slow to read holds up nobody and never reads what is outdated.
pub(super) struct Outbox {
    pub(super) cluster: ClusterName,
    pub(super) updates: mpsc::Sender<Update>,
    pub(super) newest: Option<Observation>,
}

impl Outbox {
    /// Something newer.
    fn put(&mut self, observation: Observation) {
        self.newest = Some(observation);
    }

    /// Delivers what there is while the work goes on.
    async fn deliver_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work.fuse());
        loop {
            tokio::select! {
                biased;
                slot = self.updates.reserve(), if self.newest.is_some() => {
                    let newest = self.newest.take();
                    // Nobody reads any more when the channel is closed: the console is about to end.
                    if let (Ok(slot), Some(observation)) = (slot, newest) {
                        slot.send(Update { cluster: self.cluster.clone(), observation });
                    }
                }
                done = &mut work => return done,
            }
        }
    }
}
