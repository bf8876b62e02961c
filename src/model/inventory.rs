//! What the console has been told to watch.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};

use super::text::clean;
use super::{ClusterName, HostName};

/// Every cluster to be watched, in the order of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Names are unique.
    pub clusters: Vec<ClusterEntry>,
}

impl Inventory {
    /// The first of these hosts that belongs to a read-only cluster, however it is written, and that cluster.
    pub fn read_only_host<'a>(&'a self, hosts: &'a [HostName]) -> Option<(&'a HostName, &'a ClusterEntry)> {
        self.read_only()
            .flat_map(|entry| hosts.iter().map(move |host| (host, entry)))
            .find(|(host, entry)| entry.has(host))
    }

    /// The clusters that are read-only.
    pub fn read_only(&self) -> impl Iterator<Item = &ClusterEntry> {
        self.clusters.iter().filter(|entry| entry.access.read_only)
    }

    /// The entry that this host belongs to, however it is written.
    pub fn entry_of(&self, host: &HostName) -> Option<&ClusterEntry> {
        self.clusters.iter().find(|entry| entry.has(host))
    }

    /// Makes each cluster read-only that shares a host with a read-only one, of `known` or of its own. Returns the
    /// host that made each of them so. A cluster that became read-only this way makes others so in turn.
    pub fn lock_shared(&mut self, known: &[ClusterEntry]) -> Vec<SharedHost> {
        let all = known.iter().chain(&self.clusters);
        let mut locked: Vec<ClusterEntry> = all.filter(|entry| entry.access.read_only).cloned().collect();
        let mut shared = Vec::new();
        while let Some(with) = locked.pop() {
            for entry in self.clusters.iter_mut().filter(|entry| !entry.access.read_only) {
                let Some(host) = entry.hosts.iter().find(|host| with.has(host)).cloned() else { continue };
                entry.access.read_only = true;
                shared.push(SharedHost { cluster: entry.name.clone(), host, with: with.name.clone() });
                locked.push(entry.clone());
            }
        }
        shared
    }
}

/// The host that makes a cluster read-only although its own entry isn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedHost {
    /// The cluster that became read-only.
    pub cluster: ClusterName,
    /// Its host, as its own entry writes it.
    pub host: HostName,
    /// The read-only cluster that has the host, too.
    pub with: ClusterName,
}

impl fmt::Display for SharedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cluster, host, with] =
            [self.cluster.as_str(), self.host.as_str(), self.with.as_str()].map(clean);
        write!(f, "{cluster} is read-only: its host {host} belongs to {with}, which is read-only")
    }
}

impl ClusterEntry {
    /// Whether that host is one of its members, however it is written.
    pub fn has(&self, host: &HostName) -> bool {
        self.hosts.iter().any(|member| member.is_same_host(host))
    }

    /// Whether both have a host in common, however it is written.
    pub fn shares_host(&self, other: &Self) -> bool {
        other.hosts.iter().any(|host| self.has(host))
    }
}

/// One cluster as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEntry {
    /// Unique in the inventory.
    pub name: ClusterName,
    /// Which band of the grid it belongs to.
    pub tier: Tier,
    /// The members that can be asked, in the order in which they are tried; never empty.
    pub hosts: Vec<HostName>,
    /// How to reach and ask them.
    pub access: Access,
    /// The clusters that it can't do without; `None` leaves it to the order in which an OpenStack deployment is
    /// built, see [`Inventory::providers`].
    pub needs: Option<Vec<ClusterName>>,
}

/// How a cluster's members are logged in to, how often they are asked, and whether they may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The login name; `None` leaves it to ssh's own configuration.
    pub user: Option<String>,
    /// How the commands get the rights that Pacemaker asks for (root, or the group `haclient`).
    pub privilege: Privilege,
    /// The pause between two polls.
    pub poll: Duration,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for one command.
    pub command_timeout: Duration,
    /// Whether it is only to be watched: nothing may be changed unless that is allowed for a while.
    pub read_only: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            user: None,
            privilege: Privilege::None,
            poll: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(5),
            command_timeout: Duration::from_secs(10),
            read_only: false,
        }
    }
}

/// How a command gets its rights on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Privilege {
    /// It is run as the user who logged in.
    #[default]
    None,
    /// It is run through `sudo -n`, which fails rather than asks for a password.
    Sudo,
}

/// The order in which an OpenStack deployment is built, and the bands of the grid.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    Display,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Tier {
    /// The gateway and the hosts that carry the guests.
    Hosts,
    /// Load balancer, database, cache, message bus, document store.
    Core,
    /// The services of OpenStack itself.
    #[strum(to_string = "OpenStack")]
    OpenStack,
    /// Compute nodes.
    Compute,
    /// A cluster of which no tier is known.
    #[default]
    Other,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(nth: usize, hosts: &[String], read_only: bool) -> ClusterEntry {
        ClusterEntry {
            name: format!("c{nth}").as_str().into(),
            tier: Tier::Other,
            hosts: hosts.iter().map(|host| HostName::from(host.as_str())).collect(),
            access: Access { read_only, ..Access::default() },
            needs: None,
        }
    }

    fn entries() -> impl Strategy<Value = Vec<(Vec<String>, bool)>> {
        let host = "(root@)?(n[1-9]|127\\.1|localhost)(:22)?";
        prop::collection::vec((prop::collection::vec(host, 1..3), prop::bool::weighted(0.2)), 0..6)
    }

    fn inventory(entries: &[(Vec<String>, bool)]) -> Inventory {
        let clusters = entries.iter().enumerate().map(|(nth, (hosts, locked))| entry(nth, hosts, *locked));
        Inventory { clusters: clusters.collect() }
    }

    proptest! {
        #[test]
        fn no_writable_cluster_shares_a_host_with_a_read_only_one(known in entries(), own in entries()) {
            let (known, before) = (inventory(&known), inventory(&own));
            let mut locked = before.clone();
            let shared = locked.lock_shared(&known.clusters);
            for free in locked.clusters.iter().filter(|entry| !entry.access.read_only) {
                let all = || known.read_only().chain(locked.read_only());
                prop_assert!(!all().any(|entry| entry.shares_host(free)), "{:?}", free);
            }
            // Each one that became read-only has a reason, and nothing else has changed.
            for (was, is) in before.clusters.iter().zip(&locked.clusters) {
                let reasons = shared.iter().filter(|shared| shared.cluster == is.name && is.hosts.contains(&shared.host));
                let became = is.access.read_only && !was.access.read_only;
                prop_assert_eq!(reasons.count(), usize::from(became));
                let access = Access { read_only: is.access.read_only, ..was.access.clone() };
                prop_assert_eq!(&ClusterEntry { access, ..was.clone() }, is);
            }
        }
    }
}
