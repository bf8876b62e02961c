//! Which cluster an operation is about. Consoles may know one cluster by different names.

use std::collections::BTreeSet;

use super::plan::Plan;
use crate::model::{ClusterEntry, ClusterName, HostName, NodeName, Picture};

/// A cluster, as the operations in a log are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// As the console calls it.
    pub name: ClusterName,
    /// The hosts that the console logs in to; empty in the log of an earlier version.
    pub hosts: Vec<HostName>,
    /// The full members, as the cluster calls them; empty where they aren't known.
    pub members: Vec<NodeName>,
}

impl Site {
    /// The cluster of that entry before any member has answered.
    pub fn of(entry: &ClusterEntry) -> Self {
        Self { name: entry.name.clone(), hosts: entry.hosts.clone(), members: Vec::new() }
    }

    /// The cluster of that entry with the members of its picture.
    pub fn seen(entry: &ClusterEntry, picture: Option<&Picture>) -> Self {
        Self { members: picture.map(members).unwrap_or_default(), ..Self::of(entry) }
    }

    /// The cluster in which an operation began, and the hosts that its console was told.
    pub fn of_plan(plan: &Plan, hosts: &[HostName]) -> Self {
        Self { name: plan.intent.cluster.clone(), hosts: hosts.to_vec(), members: plan.members.clone() }
    }

    /// Whether both are one cluster: the same name, a host in common, or the same members.
    pub fn is_same(&self, other: &Self) -> bool {
        let names = |site: &Self| site.members.iter().cloned().collect::<BTreeSet<_>>();
        let has_same_members = || !self.members.is_empty() && names(self) == names(other);
        self.name == other.name || self.shares_host(other) || has_same_members()
    }

    /// Whether they have a host in common, in whatever spelling.
    pub fn shares_host(&self, other: &Self) -> bool {
        let has = |host: &HostName| other.hosts.iter().any(|other| other.is_same_host(host));
        self.hosts.iter().any(has)
    }

    /// Whether they are known to be two clusters, whatever they are called: the members of both are known, and neither a
    /// host nor a member is in common.
    pub fn is_other(&self, other: &Self) -> bool {
        let is_known = !self.members.is_empty() && !other.members.is_empty();
        let is_apart = || self.members.iter().all(|member| !other.members.contains(member));
        is_known && !self.shares_host(other) && is_apart()
    }
}

/// The full members of a picture.
pub(super) fn members(picture: &Picture) -> Vec<NodeName> {
    picture.members().map(|node| node.name.clone()).collect()
}
