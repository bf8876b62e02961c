//! What the scheduler would do: asked of Pacemaker itself, on a copy of the live CIB.

use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::pacemaker::argv::in_own_environment;

/// Runs on the host: copies the live CIB into a file for root's eyes only, makes the change there with the very command
/// that would make it in earnest (`CIB_file`), asks the scheduler about it, and removes the copy whatever happens, even
/// when the console is gone. A constant: names reach it as arguments and are never part of its text.
///
/// Pacemaker before 2.1 knows no `--output-as` here and answers in its own words.
pub const SCRIPT: &str = r#"set -eu
inject=$1
shift
copy=$(mktemp "${TMPDIR:-/tmp}/quorate.XXXXXXXXXX")
trap 'rm -f -- "$copy"' EXIT
trap 'exit 1' HUP INT TERM
crm_simulate --live-check --save-input="$copy" > /dev/null
[ $# -eq 0 ] || CIB_file="$copy" "$@" >&2
crm_simulate --simulate --xml-file="$copy" ${inject:+"$inject"} --output-as=xml 2> /dev/null ||
crm_simulate --simulate --xml-file="$copy" ${inject:+"$inject"}
"#;

/// A change to be tried on a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Simulation {
    /// What this command changes in the CIB.
    Change(Vec<String>),
    /// What `crm_simulate` can pretend by itself, such as `--node-fail=lb2`.
    Pretend(String),
}

impl Simulation {
    /// That command, tried on a copy.
    pub(super) fn of(command: &Command) -> Self {
        Self::Change(command.argv.clone())
    }

    /// The argument vector that reads [`SCRIPT`] on its stdin.
    pub fn argv(&self) -> Vec<String> {
        let (inject, change): (&str, &[String]) = match self {
            Self::Change(argv) => ("", argv),
            Self::Pretend(option) => (option, &[]),
        };
        let words = ["sh", "-s", "--", inject].into_iter().chain(change.iter().map(String::as_str));
        in_own_environment(&words.collect::<Vec<_>>())
    }
}
