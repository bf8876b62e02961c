//! What clusters mean for each other: a note on those that wait, and the likely root first.

use super::State;
use crate::health::{Finding, Health, Severity, Standing, health_as_provider, standings};
use crate::model::{ClusterName, Contact};

/// The code of the note on a cluster that waits for another.
const CODE: &str = "waits-for";

impl State {
    /// Works out anew who waits for whom, after any cluster's findings may have changed. Says whether anything did.
    ///
    /// A cluster's health stays its own: what it waits for is a note beside it.
    pub(super) fn settle_dependencies(&mut self) -> bool {
        let healths: Vec<Option<Health>> = self
            .clusters
            .iter()
            .map(|cluster| {
                let is_known = cluster.observation.contact != Contact::Connecting;
                is_known.then(|| health_as_provider(cluster.health, &cluster.findings))
            })
            .collect();
        let standings = standings(&self.providers, &healths);
        let notes: Vec<Option<Finding>> =
            standings.iter().enumerate().map(|(at, standing)| self.note(at, standing)).collect();
        let mut changed = false;
        for ((cluster, note), standing) in self.clusters.iter_mut().zip(notes).zip(standings) {
            changed |= cluster.note != note || cluster.standing != standing;
            if cluster.note != note {
                cluster.findings.retain(|finding| finding.code != CODE);
                cluster.findings.extend(note.clone());
                cluster.note = note;
            }
            cluster.standing = standing;
        }
        changed
    }

    fn note(&self, at: usize, standing: &Standing) -> Option<Finding> {
        let name = &self.clusters.get(at)?.entry.name;
        let roots: Vec<_> = standing.waits_for.iter().filter_map(|&root| self.clusters.get(root)).collect();
        let first = roots.first()?;
        let evidence = roots.iter().map(|root| {
            let worst = root.findings.first().map_or("", |finding| finding.summary.as_str());
            format!("{} is {}: {worst}", root.entry.name, root.health)
        });
        let names = roots.iter().map(|root| &root.entry.name);
        Some(Finding {
            severity: Severity::Note,
            code: CODE,
            subject: crate::model::clean(name.as_str()),
            summary: crate::model::clean(&format!("{name} {}", words(names))),
            evidence: evidence.map(|line| crate::model::clean(&line)).collect(),
            remedy: format!("Begin with {}.", first.entry.name).into(),
        })
    }

    /// The clusters that one waits for, in words such as `waits for db, mq`; `None` where it waits for none.
    pub fn waits_words(&self, cluster: &super::ClusterState) -> Option<String> {
        let roots = cluster.standing.waits_for.iter().filter_map(|&root| self.clusters.get(root));
        let mut names = roots.map(|root| &root.entry.name).peekable();
        names.peek()?;
        Some(words(names))
    }
}

fn words<'a>(names: impl Iterator<Item = &'a ClusterName>) -> String {
    format!("waits for {}", names.map(ClusterName::as_str).collect::<Vec<_>>().join(", "))
}
