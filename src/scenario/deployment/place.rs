//! Which cluster has which role, and what a deployment says of them.

use std::collections::BTreeMap;

use super::{Deployment, Role, Stage};
use crate::model::{ClusterEntry, HostName};
use crate::scenario::notes::help;

/// What can be said of the cluster of a role: `${db.hosts}`.
pub(super) const FIELDS: [&str; 3] = ["hosts", "first", "name"];

/// The clusters of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// By role; without those that the deployment does without.
    clusters: BTreeMap<String, ClusterEntry>,
    /// The roles that it does without.
    pub left_out: Vec<String>,
}

/// A stage with its cluster, and its values with what they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// As it is written.
    pub stage: Stage,
    /// Where it is carried out.
    pub cluster: ClusterEntry,
    /// What the deployment gives the scenario.
    pub values: BTreeMap<String, String>,
}

/// Why it is not known which cluster has which role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSite {
    /// Nobody says which clusters are meant.
    #[error("of {deployment} it is not known which clusters are meant:{}", tell(roles))]
    Unassigned {
        /// The deployment's name.
        deployment: String,
        /// Those for which there is none.
        roles: Vec<Role>,
    },
    /// There is no such role.
    #[error("{deployment} has no cluster `{}`; {help}", role.escape_debug())]
    NoRole {
        /// The deployment's name.
        deployment: String,
        /// What was given.
        role: String,
        /// What may have been meant.
        help: String,
    },
    /// There is no such cluster.
    #[error("no cluster of the configuration is called `{}`; {help}", name.escape_debug())]
    NoCluster {
        /// What was given.
        name: String,
        /// What may have been meant.
        help: String,
    },
}

fn tell(roles: &[Role]) -> String {
    let each: Vec<String> = roles
        .iter()
        .map(|Role { name, description, .. }| {
            let what = if description.is_empty() { String::new() } else { format!(" ({description})") };
            format!("\n  {name}{what}")
        })
        .collect();
    let first = roles.first().map_or("db", |role| &role.name);
    format!("{}\nName one of the configuration with --cluster {first}=NAME, or call one so.", each.concat())
}

impl Deployment {
    /// Finds the cluster of each role: the one that was named for it, the one that is called like it, or, where both
    /// are alone, the only one that there is.
    pub fn site(&self, named: &BTreeMap<String, String>, clusters: &[ClusterEntry]) -> Result<Site, NoSite> {
        if let Some(role) = named.keys().find(|name| self.role(name).is_none()) {
            let known = self.roles.iter().map(|role| role.name.as_str());
            let (deployment, help) = (self.name.clone(), help(role, known));
            return Err(NoSite::NoRole { deployment, role: role.clone(), help });
        }
        let find = |name: &str| clusters.iter().find(|cluster| cluster.name == *name);
        let mut site = Site { clusters: BTreeMap::new(), left_out: Vec::new() };
        let mut missing = Vec::new();
        for role in &self.roles {
            let found = match (named.get(&role.name), self.roles.as_slice(), clusters) {
                (Some(name), ..) => {
                    let known = clusters.iter().map(|cluster| cluster.name.as_str());
                    let unknown = || NoSite::NoCluster { name: name.clone(), help: help(name, known) };
                    Some(find(name).ok_or_else(unknown)?)
                }
                (None, [_], [only]) => Some(only),
                (None, ..) => find(&role.name),
            };
            match found {
                Some(cluster) => {
                    site.clusters.insert(role.name.clone(), cluster.clone());
                }
                None if role.is_optional => site.left_out.push(role.name.clone()),
                None => missing.push(role.clone()),
            }
        }
        if missing.is_empty() {
            Ok(site)
        } else {
            Err(NoSite::Unassigned { deployment: self.name.clone(), roles: missing })
        }
    }

    /// The stages on their clusters. What would be done twice, as one cluster has several roles, is there once.
    pub fn placed(&self, site: &Site) -> Vec<Placed> {
        let mut all: Vec<Placed> = Vec::new();
        for stage in &self.stages {
            let Some(cluster) = site.clusters.get(&stage.role) else { continue };
            let values: BTreeMap<String, String> =
                stage.values.iter().map(|(name, text)| (name.clone(), site.put_in(text))).collect();
            let is_same = |other: &Placed| {
                other.stage.scenario == stage.scenario
                    && other.cluster.name == cluster.name
                    && other.values == values
            };
            if !all.iter().any(is_same) {
                all.push(Placed { stage: stage.clone(), cluster: cluster.clone(), values });
            }
        }
        all
    }
}

impl Site {
    /// A text with what it says of clusters; nothing for those which the deployment does without.
    fn put_in(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            rest = after;
            if let Some((role, field, after)) = reference(after) {
                whole.push_str(&self.clusters.get(role).map_or_else(String::new, |it| tell_of(it, field)));
                rest = after;
            } else {
                // It is another variable of the scenario.
                whole.push_str("${");
            }
        }
        whole.push_str(rest);
        whole
    }
}

fn tell_of(cluster: &ClusterEntry, field: &str) -> String {
    let hosts: Vec<&str> = cluster.hosts.iter().map(HostName::as_str).collect();
    match field {
        "hosts" => hosts.join(" "),
        "first" => hosts.first().copied().unwrap_or_default().to_owned(),
        _ => cluster.name.to_string(),
    }
}

/// The role, the field and the rest of what stands behind `${`; `None`: it does not speak of a cluster.
fn reference(text: &str) -> Option<(&str, &str, &str)> {
    let (inside, rest) = text.split_once('}')?;
    let (role, field) = inside.split_once('.')?;
    Some((role, field, rest))
}

/// All roles and fields that a text refers to.
pub(super) fn references(text: &str) -> Vec<(&str, &str)> {
    let behind = text.split("${").skip(1);
    behind.filter_map(|text| reference(text).map(|(role, field, _)| (role, field))).collect()
}
