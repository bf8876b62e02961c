//! A command and its output.

use std::ffi::OsStr;
use std::time::Duration;

use crate::model::Privilege;

/// An argument vector, and what the command reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    argv: Vec<String>,
    stdin: Option<Vec<u8>>,
}

impl Command {
    /// A command of that program without arguments.
    pub fn new(program: impl Into<String>) -> Self {
        Self { argv: vec![program.into()], stdin: None }
    }

    /// Adds one argument, which reaches the program as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.argv.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.argv.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Gives the command that to read. Without it, it reads nothing.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// The command as it must be run to have those rights.
    #[must_use]
    pub fn with_privilege(mut self, privilege: Privilege) -> Self {
        match privilege {
            Privilege::None => {}
            Privilege::Sudo => {
                self.argv.splice(0..0, ["sudo", "-n", "--"].map(String::from));
            }
        }
        self
    }

    /// Program and arguments.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The program, empty only for a command made of an empty vector.
    pub fn program(&self) -> &OsStr {
        OsStr::new(self.argv.first().map_or("", String::as_str))
    }

    /// What it reads on stdin; `None`: nothing.
    pub fn input(&self) -> Option<&[u8]> {
        self.stdin.as_deref()
    }
}

/// A command of that argument vector, program first.
impl<T: Into<String>> FromIterator<T> for Command {
    fn from_iter<I: IntoIterator<Item = T>>(argv: I) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), stdin: None }
    }
}

/// What a command that ran to its end gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; `None` where a signal ended it.
    pub exit_code: Option<i32>,
    /// At most [`super::Limits::output`] bytes.
    pub stdout: Vec<u8>,
    /// At most [`super::Limits::output`] bytes.
    pub stderr: Vec<u8>,
    /// From its start to its end, as the console saw it.
    pub elapsed: Duration,
}
