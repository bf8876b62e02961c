//! What happens while a scenario is carried out, as lines of JSON: read again they give the same [`super::Progress`].

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::system::System;
use crate::model::HostName;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, on this machine's clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happens. Nothing in it is a secret: texts of a host are masked before they get here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins. Always the first.
    Begun(Begun),
    /// A console goes on with what another has left, or with what had failed. Scripts that were sent and did not end
    /// before may have run.
    Resumed {
        /// Who, as on [`Begun::by`].
        by: String,
    },
    /// What a host runs, or this machine.
    System {
        /// Which one.
        place: Place,
        /// What it said of itself.
        system: System,
    },
    /// The conditions before or after the steps were looked at.
    Gates {
        /// Which of them.
        when: When,
        /// What does not hold, in words; empty: all is well.
        broken: Vec<String>,
    },
    /// A host is in the hands of another run. The gates tell it in words.
    Held {
        /// Which one.
        place: Place,
        /// That run.
        run: String,
        /// Which scenario, who, from where and since when.
        words: String,
    },
    /// A person, or the command line, wants it to go on in some way.
    Instructed {
        /// In which.
        instruction: Instruction,
    },
    /// A script is about to be sent. On the disk before it is.
    Sent {
        /// Its number in this run; no two are the same.
        serial: u64,
        /// Which script, and where.
        job: Job,
    },
    /// That script is over, or nothing more is heard of it.
    Ended {
        /// Which one.
        serial: u64,
        /// How.
        end: End,
        /// How long it took, as the console saw it.
        elapsed_ms: u64,
        /// The last lines that it printed, fit to be shown; only where it did not go well.
        said: Vec<String>,
    },
    /// What has become of a script that nothing more was heard of.
    Settled {
        /// Which one.
        serial: u64,
        /// What.
        fate: Fate,
    },
    /// It is over.
    Over {
        /// How it ended.
        outcome: Outcome,
    },
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The run's name: letters, digits and hyphens.
    pub run: String,
    /// The scenario's name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// On which hosts, in their order.
    pub hosts: Vec<HostName>,
    /// Who: `user@machine`, as the environment tells it.
    pub by: String,
    /// The first step that is run, from 1.
    pub from_step: usize,
}

/// Where a script is run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On that host.
    Host(HostName),
    /// Where the console runs.
    Local,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(f),
            Self::Local => f.pad("local"),
        }
    }
}

/// One script of a step, at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Job {
    /// The number of its step, from 1.
    pub step: usize,
    /// Where it is run.
    pub place: Place,
    /// What it is for.
    pub part: Part,
    /// Which of the step's scripts for that, from 0.
    pub script: usize,
}

/// What a script of a step is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// To find out whether there is anything to do. Changes nothing.
    Unless,
    /// To do it.
    Run,
    /// To prove it. Changes nothing.
    Check,
    /// To find out, by a check, whether a script has done its work of which that is not known.
    Proof {
        /// Where that script may have run.
        of: Place,
    },
    /// To take it back.
    Undo,
}

impl Part {
    /// Whether it may change something.
    pub const fn changes(&self) -> bool {
        matches!(self, Self::Run | Self::Undo)
    }

    /// `unless`, `run`, `check`, `undo`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unless => "unless",
            Self::Run => "run",
            Self::Check | Self::Proof { .. } => "check",
            Self::Undo => "undo",
        }
    }
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum End {
    /// By itself.
    Exited {
        /// `None`: by a signal.
        code: Option<i32>,
    },
    /// Its time was up, and it was killed.
    TimedOut,
    /// It was killed as the run was aborted.
    Killed,
    /// It certainly did not run, and why.
    NotSent {
        /// One sentence.
        why: String,
    },
    /// It may have run, or still run, and why that is not known.
    Lost {
        /// One sentence.
        why: String,
    },
}

/// What has become of a script that nothing more was heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// It went on by itself and ended so.
    Exited {
        /// With that exit code.
        code: i32,
    },
    /// Nothing of it was run, nor will be: it did not get to the host in time.
    NeverBegan,
    /// It does not run any more, and nobody knows how far it came: the host was restarted, or it was killed.
    Gone,
    /// The host can't be asked, and why.
    Unreachable {
        /// One sentence.
        why: String,
    },
}

/// When gates are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Before the first step.
    Before,
    /// After the last.
    After,
}

/// How a run is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Instruction {
    /// Carry out the next step and wait.
    Next,
    /// Carry out all the steps that are left.
    RunToEnd,
    /// Wait when the step that is under way is over.
    Pause,
    /// Leave what failed or is unknown in this step as it is, and take the step for done. Nothing is under way.
    Skip,
    /// Do again what failed in this step, or may have run. Nothing is under way.
    Retry,
    /// Take back the last step that was begun. Nothing is under way.
    Undo,
    /// Kill what is under way, and end.
    Abort,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step was done or had been done before.
    Done {
        /// What is not as might be expected; a line each.
        notes: Vec<String>,
    },
    /// Nothing was run, and why: all the reasons.
    Refused {
        /// A line each.
        why: Vec<String>,
    },
    /// It went wrong, and how.
    Failed {
        /// A line for each step and host.
        why: Vec<String>,
    },
    /// It was given up on request.
    Aborted,
}

impl Outcome {
    /// `done`, `refused`, `failed`, `aborted`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Aborted => "aborted",
        }
    }

    /// Whether there is nothing left to go on with.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Refused { .. })
    }
}

/// What could be read of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// In the order in which they were written.
    pub entries: Vec<Entry>,
    /// How many lines could not be read: torn when the machine lost power, or of a later version.
    pub unreadable: usize,
}

impl Record {
    /// Reads the lines of a journal. Any bytes are a record.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut record = Self::default();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(entry) => record.entries.push(entry),
                Err(_torn) => record.unreadable += 1,
            }
        }
        record
    }

    /// What the run is about; `None` where the first line is missing.
    pub fn begun(&self) -> Option<&Begun> {
        self.entries.iter().find_map(|entry| match &entry.event {
            Event::Begun(begun) => Some(begun),
            _ => None,
        })
    }

    /// How it ended; `None`: it did not, or was gone on with since.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Over { outcome } => Some(Some(outcome)),
            Event::Resumed { .. } => Some(None),
            _ => None,
        })?
    }
}

impl Entry {
    /// The entry as a line, its end included.
    pub fn line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}
