//! Running a command on a host.
//!
//! One trait, three citizens: ssh, local (the console runs on a cluster node) and the demo. A command is an
//! argument vector; nothing is ever put into a shell string.

mod command;

use std::time::Duration;

use futures::future::BoxFuture;

pub use command::{Command, Output};

use crate::model::{HostName, TroubleKind};

/// Runs commands on hosts.
pub trait Transport: Send + Sync + 'static {
    /// Runs `command` on `host` to its end and gives back what it printed.
    ///
    /// A command that ran and failed is an [`Output`] with its exit code, not an error. Dropping the future
    /// gives the command up.
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>>;
}

/// How long and how much a command may take. Every command has limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest wait for a connection.
    pub connect: Duration,
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
