//! An observation and its findings, together.

use jiff::Timestamp;

use super::{Finding, Severity, assess};
use crate::model::text::clean;
use crate::model::{ClusterEntry, Observation};

/// An observation of a cluster, and the findings on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The observation.
    pub observation: Observation,
    /// Its findings, in the order of [`assess`].
    pub findings: Vec<Finding>,
}

impl Assessment {
    /// Judges an observation. Takes time in proportion to the picture: keep it off the task that takes keys.
    pub fn new(entry: &ClusterEntry, observation: Observation, now: Timestamp) -> Self {
        let findings = assess(entry, &observation, now);
        Self { observation, findings }
    }

    /// The assessment of an observation that couldn't be judged, such as after a panic in a check.
    pub fn failed(entry: &ClusterEntry, observation: Observation) -> Self {
        let name = clean(entry.name.as_str());
        let finding = Finding {
            severity: Severity::Unknown,
            code: "not-judged",
            summary: format!("{name} can't be judged: a check failed"),
            subject: name,
            evidence: vec!["This is a mistake in quorate. Its log has the details.".to_owned()],
            remedy: "Check the cluster with `crm_mon -1 -r` on a member, and report the mistake.".into(),
        };
        Self { observation, findings: vec![finding] }
    }

    /// Adds a finding from elsewhere, after those that are as bad.
    pub fn add(&mut self, finding: Finding) {
        let at = self.findings.partition_point(|known| known.severity >= finding.severity);
        self.findings.insert(at, finding);
    }
}
