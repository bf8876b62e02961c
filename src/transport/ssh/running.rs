//! A command that has been sent, and its session.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};

use super::master::Master;
use super::session;
use crate::model::text::clean;
use crate::model::{HostName, TroubleKind};
use crate::transport::{Command, Output, TransportError};

type Ended = Result<Output, TransportError>;

/// A command under way in a task of its own.
///
/// Its session of the connection is taken until the command ends on the host, whether the caller waits for that or not:
/// without a terminal, ssh can't end a command there. Dropped before that, it counts as overdue.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) master: Arc<Master>,
    host: HostName,
    /// `None`: it has ended.
    task: Option<JoinHandle<Ended>>,
}

impl Running {
    /// Sends the command, and reads at most `limit` bytes of stdout and of stderr.
    pub(super) fn start(
        master: Arc<Master>,
        session: OwnedSemaphorePermit,
        host: &HostName,
        command: &Command,
        limit: usize,
    ) -> Self {
        let run = {
            let (master, host, command) = (Arc::clone(&master), host.clone(), command.clone());
            async move {
                let _session = session;
                session::execute(&master, &host, &command, limit).await
            }
        };
        Self { master, host: host.clone(), task: Some(tokio::spawn(run)) }
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> Ended {
        let Some(task) = &mut self.task else { return Err(panicked(&self.host, &"it was waited for twice")) };
        let result = task.await;
        self.task = None;
        result.unwrap_or_else(|error: JoinError| Err(panicked(&self.host, &error)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        let overdue = self.master.one_overdue();
        let host = self.host.clone();
        runtime.spawn(async move {
            let is_done = task.await.is_ok_and(|result| result.is_ok());
            drop(overdue);
            tracing::debug!(%host, is_done, "a command that nobody waited for has ended");
        });
    }
}

/// A bug, which doesn't end the console.
fn panicked(host: &HostName, why: &dyn std::fmt::Display) -> TransportError {
    TransportError {
        kind: TroubleKind::Other,
        message: clean(&format!("The command on {host} ended with an internal error: {why}.")),
        may_have_run: true,
    }
}
