//! A scenario as it is written, whatever the format.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use strum::{Display, EnumIter, EnumString};

use super::notes::help;
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
    /// What it is for.
    pub purpose: Purpose,
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
    /// Stands for the whole text as it is written: another text, another number.
    pub fingerprint: u64,
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

/// What a scenario is for, and so what can be said of it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Purpose {
    /// It builds something, which is there from then on: its checks tell whether it still is.
    #[default]
    Installation,
    /// It tries what was built, and leaves nothing: what counts is how its last run ended.
    Test,
    /// It is done when there is a need for it.
    Procedure,
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

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATarget {
    /// No hosts are called so.
    #[error("no hosts are called so; {0}")]
    Unknown(String),
    /// Hosts are counted from 1.
    #[error("hosts are counted from 1")]
    Zero,
    /// It names no host.
    #[error("names no host; `host:db1` does")]
    NoName,
}

/// `all`, `first`, `rest`, `local`, a host's number from 1, or `host:` and its name.
impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        if let Some(name) = text.strip_prefix("host:") {
            let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
            return if is_name { Ok(Self::Named(name.into())) } else { Err(NotATarget::NoName) };
        }
        match text {
            "all" => Ok(Self::All),
            "first" => Ok(Self::First),
            "rest" => Ok(Self::Rest),
            "local" => Ok(Self::Local),
            _ => match text.parse() {
                Ok(0) => Err(NotATarget::Zero),
                Ok(number) => Ok(Self::Nth(number)),
                Err(_) => Err(NotATarget::Unknown(help(
                    text,
                    ["all", "first", "rest", "local", "a number such as 2", "a name such as host:db1"],
                ))),
            },
        }
    }
}

/// As it is read.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::First => f.write_str("first"),
            Self::Rest => f.write_str("rest"),
            Self::Local => f.write_str("local"),
            Self::Nth(number) => write!(f, "{number}"),
            Self::Named(name) => write!(f, "host:{name}"),
        }
    }
}

/// On how many hosts at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One after the other, in their order; the first that fails ends it.
    Serial,
    /// On that many at most.
    Parallel(usize),
}
