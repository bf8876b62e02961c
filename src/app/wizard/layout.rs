//! A layout: its clusters, and its scenarios in their order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{PastRun, Shelf};
use crate::model::{ClusterEntry, HostName};
use crate::scenario::deployment::{Deployment, Placed};

/// A layout that is looked at.
#[derive(Debug, Clone)]
pub struct Layout {
    /// As it is written.
    pub deployment: Arc<Deployment>,
    /// The clusters that were chosen, by what they are for. Empty: none is to be.
    chosen: BTreeMap<String, String>,
    /// The selected row: first what clusters are for, then the stages.
    pub row: usize,
}

/// What a draft has from the layout that it is a stage of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfLayout {
    /// The deployment's name.
    pub deployment: String,
    /// The cluster of its first stage, by which what was made up for it is found again.
    pub first: String,
    /// What it gives the scenario.
    pub values: BTreeMap<String, String>,
}

/// A row of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayoutRow {
    /// What a cluster is for, by its place.
    Role(usize),
    /// A scenario on its cluster.
    Stage(Box<Placed>),
}

impl Layout {
    /// One for which no cluster was chosen.
    pub fn fresh(deployment: Arc<Deployment>) -> Self {
        Self { deployment, chosen: BTreeMap::new(), row: 0 }
    }

    /// Whether the keys are on what a cluster is for.
    pub fn is_on_role(&self) -> bool {
        self.row < self.deployment.roles.len()
    }

    /// The cluster that plays a part, if one does.
    pub fn cluster<'c>(&self, role: usize, clusters: &'c [ClusterEntry]) -> Option<&'c ClusterEntry> {
        let role = self.deployment.roles.get(role)?;
        let named = self.chosen.get(&role.name).map(String::as_str);
        self.deployment.cluster_for(role, named, clusters)
    }

    /// The scenarios on their clusters; none while a part has no cluster that can't be done without.
    pub fn stages(&self, clusters: &[ClusterEntry]) -> Vec<Placed> {
        let named = self.chosen.iter().filter(|(_, name)| !name.is_empty());
        let left_out = self.chosen.iter().filter(|(_, name)| name.is_empty()).map(|(role, _)| role.clone());
        let named = named.map(|(role, name)| (role.clone(), name.clone())).collect();
        let site = self.deployment.site(&named, &left_out.collect::<Vec<_>>(), clusters);
        site.map(|site| self.deployment.placed(&site)).unwrap_or_default()
    }

    /// All rows.
    pub fn rows(&self, clusters: &[ClusterEntry]) -> Vec<LayoutRow> {
        let roles = (0..self.deployment.roles.len()).map(LayoutRow::Role);
        let stages = self.stages(clusters).into_iter().map(|placed| LayoutRow::Stage(Box::new(placed)));
        roles.chain(stages).collect()
    }

    /// Chooses the next cluster for a part or, of one that can be done without, none.
    pub(in crate::app) fn turn(&mut self, role: usize, clusters: &[ClusterEntry]) {
        let now = self.cluster(role, clusters).map(|cluster| cluster.name.clone());
        let Some(role) = self.deployment.roles.get(role) else { return };
        let next = match now {
            None => clusters.first(),
            Some(name) => {
                let at = clusters.iter().position(|cluster| cluster.name == name);
                at.and_then(|at| clusters.get(at + 1))
            }
        };
        let next = next.or_else(|| clusters.first().filter(|_| !role.is_optional));
        let name = next.map(|cluster| cluster.name.to_string()).unwrap_or_default();
        self.chosen.insert(role.name.clone(), name);
    }
}

impl Shelf {
    /// The last run of a scenario on those hosts that was not refused.
    pub fn last_on(&self, scenario: &str, hosts: &[HostName]) -> Option<&PastRun> {
        let mut runs = self.runs.iter();
        runs.find(|run| run.scenario == scenario && run.hosts == hosts && run.is_of_use())
    }

    /// Whether the last run of a stage was brought to its end.
    pub fn is_done(&self, placed: &Placed) -> bool {
        self.last_on(&placed.stage.scenario, &placed.cluster.hosts).is_some_and(PastRun::is_done)
    }
}
