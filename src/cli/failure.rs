//! How a command ends that did not do what it was asked to.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::{ConfigError, NoHome, NotAHost};
use crate::perform::RunError;
use crate::scenario::deployment::{NoStage, NoVariable};
use crate::scenario::{NoPlan, NoScenario, NoValues};
use crate::toml_file::{LoadError, Problems};

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

/// What is wrong with the command line or a file is wrong usage.
macro_rules! wrong_usage {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Wrong(error.to_string())
            }
        })+
    };
}

wrong_usage!(
    ConfigError,
    LoadError,
    NoHome,
    NoPlan,
    NoScenario,
    NoStage,
    NoValues,
    NoVariable,
    NotAHost,
    Problems,
);

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Unknown(_) => Self::Wrong(error.to_string()),
            RunError::InHand(_) | RunError::Io { .. } => Self::Failed(error.to_string()),
        }
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
