//! A scenario as it is written, whatever the format.

use std::time::Duration;

use super::{Gates, Variable};
use crate::model::{HostName, Tier};
use crate::toml_file::Problem;

/// A scenario as it is written, before it has hosts and values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it is called on the command line: the file's name without its ending.
    pub name: String,
    /// One line for a person.
    pub title: String,
    /// What it was written in.
    pub format: Format,
    /// Where it belongs in a deployment.
    pub tier: Tier,
    /// Its place in a deployment; those without one come last.
    pub order: Option<u32>,
    /// The scenarios that have to be deployed before.
    pub needs: Vec<String>,
    /// On which systems it has been seen to work, as `/etc/os-release` calls them: `debian 12`.
    pub verified: Vec<String>,
    /// What it takes away from hosts on which a cluster runs.
    pub destroys: Destroys,
    /// What it has to be told, in the order in which it is written.
    pub variables: Vec<Variable>,
    /// What has to hold before it is run and after.
    pub gates: Gates,
    /// What reads oddly in the file but can be run; to be shown with the plan.
    pub remarks: Vec<Problem>,
    /// Prose before the first step, Markdown.
    pub introduction: String,
    /// In their order; empty only where a phd file has no script.
    pub steps: Vec<Step>,
}

/// What a scenario was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown of ours.
    Markdown,
    /// phd's `.scenario`. Its scripts go on after a command that fails; what counts is the last one's exit code.
    Phd,
}

/// What is lost when it is run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Destroys {
    /// Nothing.
    #[default]
    Nothing,
    /// In words: `the cluster on these hosts, its configuration included`.
    This(String),
}

/// One step: what is done, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// Its heading.
    pub title: String,
    /// What it does and why, Markdown.
    pub prose: String,
    /// Where it is in the file, from 1.
    pub line: usize,
    /// Where it is run.
    pub on: Target,
    /// On how many hosts at once.
    pub order: Order,
    /// What is lost when it is run.
    pub destroys: Destroys,
    /// What is run. Several are for several systems, or follow each other.
    pub run: Vec<Script>,
    /// Where all that apply exit with 0 on a host, nothing has to be run there.
    pub unless: Vec<Script>,
    /// What proves it, after it has run everywhere.
    pub checks: Vec<Check>,
    /// What takes it back.
    pub undo: Vec<Script>,
}

/// A script as it is written: bash, its variables by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// As it is written, comments and blank lines included.
    pub text: String,
    /// Where it is in the file, from 1.
    pub line: usize,
    /// The systems that it is for, by the `ID` or an `ID_LIKE` of `/etc/os-release`; empty: any.
    pub os: Vec<String>,
    /// Where it is run; `None`: where its step is.
    pub on: Option<Target>,
    /// The longest it may take.
    pub timeout: Duration,
    /// The exit code that means that it worked.
    pub exit_code: i32,
}

/// A script that proves a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is run.
    pub script: Script,
    /// It is run again until it holds, for so long; zero: once.
    pub retry: Duration,
}

impl Script {
    /// Whether it is for a system that goes by these names: the `ID` of `/etc/os-release`, and the words of
    /// its `ID_LIKE`.
    pub fn is_for(&self, ids: &[impl AsRef<str>]) -> bool {
        self.os.is_empty() || ids.iter().any(|id| self.os.iter().any(|os| os == id.as_ref()))
    }
}

/// Where something is run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// On each host.
    #[default]
    All,
    /// On the first host.
    First,
    /// On each but the first.
    Rest,
    /// Where the console runs.
    Local,
    /// On the host of that number, from 1.
    Nth(usize),
    /// On the host of that name.
    Named(HostName),
}

/// On how many hosts at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One after the other, in their order; the first that fails ends it.
    Serial,
    /// On that many at most.
    Parallel(usize),
}
