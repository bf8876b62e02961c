//! How commands and operations end.

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ran to its end.
    Exited {
        /// `None`: by a signal.
        code: Option<i32>,
        /// What it said about it, fit to be shown.
        said: String,
    },
    /// It certainly did not run, and why.
    NotSent(String),
    /// It may have run, and why that is not known.
    Unknown(String),
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was seen to be done.
    Done {
        /// What is not as might be expected.
        note: Option<String>,
    },
    /// Nothing was changed, and why.
    Refused(String),
    /// It went wrong, and how.
    Failed(String),
    /// It is not known whether it was done, and why.
    Unknown(String),
    /// It was given up on request, and how far it had come.
    Cancelled(String),
}

impl Outcome {
    /// `done`, `refused`, `failed`, `unknown`, `cancelled`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Cancelled(_) => "cancelled",
        }
    }

    /// What there is to say about it; empty where nothing is.
    pub fn words(&self) -> &str {
        match self {
            Self::Done { note } => note.as_deref().unwrap_or_default(),
            Self::Refused(words) | Self::Failed(words) | Self::Unknown(words) | Self::Cancelled(words) => {
                words
            }
        }
    }
}
