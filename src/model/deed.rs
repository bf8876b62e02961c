//! What was done to a cluster from this machine, as the audit log tells it.

use jiff::Timestamp;

use super::{ClusterName, HostName};

/// One operation. Text is as it was written: it may hold anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The same in all lines of the log that are about it.
    pub id: String,
    /// When it began, on this machine's clock.
    pub at: Timestamp,
    /// The login name of who began it, and the number that the system knows them by.
    pub user: (String, u32),
    /// Where.
    pub cluster: ClusterName,
    /// In words.
    pub title: String,
    /// Why, as whoever began it said; may be empty.
    pub reason: String,
    /// How it ended; `None` while it has not.
    pub outcome: Option<DeedOutcome>,
    /// Its commands and what else there is to tell, in their order.
    pub steps: Vec<DeedStep>,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedOutcome {
    /// When.
    pub at: Timestamp,
    /// `done`, `refused`, `failed`, `unknown`, `cancelled`.
    pub word: String,
    /// What there is to say about it; may be empty.
    pub words: String,
}

/// Something that happened while it was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedStep {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: DeedEvent,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeedEvent {
    /// A command was about to be sent.
    Sent {
        /// Where to.
        host: HostName,
        /// What.
        argv: Vec<String>,
    },
    /// That command was over.
    Ended {
        /// `exit 0`, `signal`, `not sent`, `unknown` …
        outcome: String,
        /// What it said; may be empty.
        said: String,
    },
    /// Another console went on with it.
    Resumed,
    /// A console stopped working on it before its end.
    GivenUp,
}
