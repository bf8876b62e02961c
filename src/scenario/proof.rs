//! What proves that a step has been done.

use std::time::Duration;

use super::{Check, Destroys, Step};

/// What was found out about one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// Its number, from 1.
    pub number: usize,
    /// Whether what proves it holds everywhere; `None`: nothing proves it.
    pub holds: Option<bool>,
    /// Where it does not, and how that is known.
    pub why: Vec<String>,
}

/// What the proofs of a scenario's steps come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// All hold.
    Yes,
    /// Some hold.
    InPart,
    /// None does.
    No,
    /// There is none.
    Unknown,
}

impl Deployed {
    /// What those come to.
    pub fn of(steps: &[Proved]) -> Self {
        let proved = || steps.iter().filter_map(|step| step.holds);
        match (proved().all(|holds| holds), proved().any(|holds| holds)) {
            _ if proved().next().is_none() => Self::Unknown,
            (true, _) => Self::Yes,
            (false, true) => Self::InPart,
            (false, false) => Self::No,
        }
    }
}

impl Step {
    /// What proves it, as the same step without what changes anything: its checks, each once, else what would spare it;
    /// `None`: nothing does.
    pub fn proof(&self) -> Option<Self> {
        let once = |check: &Check| Check { retry: Duration::ZERO, ..check.clone() };
        let mut checks: Vec<Check> = self.checks.iter().map(once).collect();
        if checks.is_empty() {
            let spared = |script| Check { script, retry: Duration::ZERO };
            checks = self.unless.iter().cloned().map(spared).collect();
        }
        (!checks.is_empty()).then(|| Self {
            destroys: Destroys::Nothing,
            run: Vec::new(),
            unless: Vec::new(),
            undo: Vec::new(),
            checks,
            ..self.clone()
        })
    }
}
