//! Running a command on a host.
//!
//! One trait, three citizens: ssh, local (the console runs on a cluster node) and the demo. A command is an
//! argument vector; nothing is ever put into a shell string.

mod bounded;
mod command;
mod local;
mod logins;
mod nowhere;
mod ssh;
mod stream;

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

pub use command::{Command, Output};
pub use local::Local;
pub use logins::{FailureCause, LoginFailure, Logins};
pub use nowhere::Nowhere;
pub use ssh::{Ssh, SshOptions};
pub use stream::{Ended, Piece, StreamKind, StreamLimits, after_the_end};

use crate::model::text::clean;
use crate::model::{HostName, TroubleKind};

/// Runs commands on hosts.
pub trait Transport: Send + Sync + 'static {
    /// Runs `command` on `host` to its end and gives back what it printed.
    ///
    /// A command that ran and failed is an [`Output`] with its exit code, not an error. After its time limit, or when the
    /// future is dropped, a command on this machine is killed; one on another host may go on to its end.
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>>;

    /// Runs `command` on `host` and hands on what it prints while it runs.
    ///
    /// The channel is the back-pressure: no more is read than what is taken of it, but for a piece of each of
    /// the two streams, so that a command that prints faster than its output is taken has to wait. All pieces
    /// are in the channel before the future ends.
    ///
    /// Dropping the future or the receiver gives the command up. What that does to it differs: on this machine
    /// the process (not the processes that it has started) is killed; on another host its stdin and output are
    /// closed, and it ends when it notices, at the latest when it next prints something. A command that is
    /// quiet for long, or that ignores SIGPIPE, may thus go on there: what must end has to see to it itself.
    ///
    /// A transport that does not say otherwise streams [`after_the_end`].
    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        after_the_end(host, command, limits, pieces, move |limits| self.run(host, command, limits))
    }

    /// The user asks for these hosts now: their logins go before others, and a refusal no longer holds them back.
    fn hurry(&self, _hosts: &[HostName]) {}

    /// The time until a host that refused the login, for a reason that only the user can mend, is tried again.
    fn retry_in(&self, _host: &HostName) -> Option<Duration> {
        None
    }
}

/// How long and how much a command may take. Every command has limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest that a login may take. The wait for its turn doesn't count.
    pub connect: Duration,
    /// The longest wait for a connection, the login's turn included. The login goes on without the caller, and the
    /// error is of the kind [`TroubleKind::LoginPending`]. `None`: the caller waits for the login's end.
    pub patience: Option<Duration>,
    /// The longest wait for a free session of the connection. `None`: as long as the command may take.
    pub session: Option<Duration>,
    /// The longest wait for the command's end once connected.
    pub command: Duration,
    /// The most bytes that are taken from stdout and from stderr, each.
    pub output: usize,
}

/// Why no output could be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// What kind of trouble it is.
    pub kind: TroubleKind,
    /// One sentence for a person, naming the host, control characters removed.
    pub message: String,
    /// Whether the command may have been started. A change that may have been started is never repeated.
    pub may_have_run: bool,
}

/// The sentences that every transport has to say.
impl TransportError {
    fn timeout(host: &HostName, command: &Command, limit: Duration) -> Self {
        Self {
            kind: TroubleKind::Timeout,
            message: format!("{} did not end within {} on {host}.", shown(command), seconds(limit)),
            may_have_run: true,
        }
    }

    fn too_much(host: &HostName, command: &Command, limit: usize) -> Self {
        Self {
            kind: TroubleKind::TooMuchOutput,
            message: format!(
                "{} printed more than {} KiB on {host} and was given up.",
                shown(command),
                limit.div_ceil(1024)
            ),
            may_have_run: true,
        }
    }
}

/// A command's program, fit to be shown.
fn shown(command: &Command) -> String {
    clean(&command.program().to_string_lossy())
}

/// A limit in words: `5 s`, `0.3 s`.
fn seconds(limit: Duration) -> String {
    format!("{} s", (limit.as_secs_f64() * 10.0).round() / 10.0)
}
