//! A scenario with its hosts and its values: all that is needed to run it.

use std::collections::BTreeMap;

use super::{Scenario, Target};
use crate::model::HostName;

/// A scenario with its hosts and its values. Whoever has one can run it: nothing is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// As it is written.
    pub scenario: Scenario,
    /// In the order in which they were named; never empty.
    pub hosts: Vec<HostName>,
    /// What the scripts find in their environment, by the name that they use.
    pub values: BTreeMap<String, Value>,
}

/// The value of a variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// Itself.
    pub text: String,
    /// Whether anybody may see it.
    pub secrecy: Secrecy,
}

/// Whether anybody may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It is shown.
    Open,
    /// It is masked wherever it would be shown, and goes to a host on stdin alone.
    Secret,
}

/// Stands for a secret wherever one would be seen.
pub const MASK: &str = "********";

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.secrecy {
            Secrecy::Open => write!(f, "{:?}", self.text),
            Secrecy::Secret => f.write_str(MASK),
        }
    }
}

impl Plan {
    /// The hosts that a target means, in their order; none for where the console runs.
    pub fn hosts_of(&self, target: &Target) -> Vec<HostName> {
        match target {
            Target::All => self.hosts.clone(),
            Target::First => self.hosts.iter().take(1).cloned().collect(),
            Target::Rest => self.hosts.iter().skip(1).cloned().collect(),
            Target::Local => Vec::new(),
            Target::Nth(nth) => {
                nth.checked_sub(1).and_then(|at| self.hosts.get(at)).cloned().into_iter().collect()
            }
            Target::Named(name) => self.hosts.iter().filter(|host| *host == name).cloned().collect(),
        }
    }
}
