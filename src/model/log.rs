//! Lines of a cluster's log.

use std::time::Duration;

use super::HostName;

/// One line of the log of one member. All text is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The date and time as the member wrote them, in its own zone; empty where the line has none.
    pub at: String,
    /// `pacemaker-controld`, `corosync` …; empty where the line has none.
    pub program: String,
    /// How much it matters, as the line itself says.
    pub level: LogLevel,
    /// The rest.
    pub text: String,
}

/// How much a line of a log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum LogLevel {
    /// For who looks for bugs.
    Debug,
    /// Ordinary, or not said.
    #[default]
    Info,
    /// Worth knowing.
    Notice,
    /// Wants looking at.
    Warning,
    /// Broken.
    Error,
}

/// What becomes known while a cluster's log is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogNews {
    /// A member is asked for its log.
    Asking(HostName),
    /// A member gives its log.
    Following {
        /// Which.
        host: HostName,
        /// Where it reads it from: `journal`, or a file's path. Clean.
        source: String,
    },
    /// It has logged these, oldest first.
    Lines(Vec<LogLine>),
    /// It gives no more, or never did.
    Lost {
        /// Which.
        host: HostName,
        /// Why, in one sentence. Clean.
        why: String,
        /// How long it takes until another is asked, or the same one again.
        wait: Duration,
    },
}
