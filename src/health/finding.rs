//! One thing that is wrong, and how bad things are.

use super::fix::Remedy;

/// One thing that is wrong or worth knowing, in words for a person who was asleep a minute ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A short stable word in kebab-case for scripts, such as `node-unclean`.
    pub code: &'static str,
    /// What it is about: a node's, resource's, constraint's, ticket's or the cluster's name.
    pub subject: String,
    /// One line without a full stop that names the subject, such as `db3 is unclean and waits for fencing`.
    pub summary: String,
    /// The facts it rests on, one a line.
    pub evidence: Vec<String>,
    /// A thing to do: one or two sentences, with the command where there is one.
    pub remedy: Remedy,
}

/// How bad a finding is; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the cluster is healthy all the same.
    Note,
    /// Works, but wants looking at.
    Warning,
    /// Can't be judged.
    Unknown,
    /// Something is down, or will be.
    Critical,
}

/// A cluster's health: its worst finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Health {
    /// No finding above a note.
    Ok,
    /// The worst is a warning.
    Warning,
    /// It can't be judged: unreachable or unreadable.
    Unknown,
    /// The worst is critical.
    Critical,
}

impl Health {
    /// The health that those findings make.
    pub fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.severity).max() {
            None | Some(Severity::Note) => Self::Ok,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Unknown) => Self::Unknown,
            Some(Severity::Critical) => Self::Critical,
        }
    }
}
