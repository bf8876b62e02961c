//! What the console has been told to watch.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};

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
        let locked = self.clusters.iter().filter(|entry| entry.access.read_only);
        locked
            .flat_map(|entry| hosts.iter().map(move |host| (host, entry)))
            .find(|(host, entry)| entry.has(host))
    }
}

impl ClusterEntry {
    /// Whether that host is one of its members, however it is written.
    pub fn has(&self, host: &HostName) -> bool {
        self.hosts.iter().any(|member| member.is_same_host(host))
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
