//! How a command ends that did not do what it was asked to.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::{ConfigError, NoHome, NotAHost};
use crate::perform::RunError;
use crate::scenario::{NoPlan, NoScenario, NoValues};
use crate::toml_file::LoadError;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was asked for, or the configuration, is wrong: exit code 2.
    Wrong(String),
    /// It was tried and went wrong: exit code 1.
    Failed(String),
    /// Nobody reads what is printed any more: not an error.
    NobodyReads,
}

/// What a command gives back when it has run: its exit code.
pub(super) type Outcome = Result<ExitCode, Failure>;

impl Failure {
    /// The exit code for it.
    pub(super) fn code(&self) -> ExitCode {
        match self {
            Self::Wrong(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
            Self::NobodyReads => ExitCode::SUCCESS,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(message) | Self::Failed(message) => f.write_str(message),
            Self::NobodyReads => Ok(()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Unknown(_) => Self::Wrong(error.to_string()),
            RunError::InHand(_) | RunError::Io { .. } => Self::Failed(error.to_string()),
        }
    }
}

impl From<NoScenario> for Failure {
    fn from(error: NoScenario) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<NoValues> for Failure {
    fn from(error: NoValues) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<NoPlan> for Failure {
    fn from(error: NoPlan) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<NotAHost> for Failure {
    fn from(error: NotAHost) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<NoHome> for Failure {
    fn from(error: NoHome) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// What went wrong in printing.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Failed(format!("can't print: {error}")),
        }
    }
}
