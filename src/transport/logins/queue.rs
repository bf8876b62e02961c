//! The order in which hosts are logged in to.

use std::collections::{HashMap, HashSet};

use super::pace::{Begun, Pace, Signal};
use crate::model::{ClusterName, HostName};

/// Hosts that wait for their turn to be logged in to, and those whose login is under way.
///
/// First the hosts that the user asks for, then one member of each cluster that has no connection, then the others; of
/// each, hosts whose last login failed come last. Holds no clock and does no IO.
#[derive(Debug)]
pub(super) struct Queue {
    clusters: HashMap<HostName, ClusterName>,
    pace: Pace,
    waiting: Vec<Waiting>,
    under_way: HashMap<HostName, Begun>,
    connected: HashSet<HostName>,
    /// Connections and logins under way, by cluster.
    held: HashMap<ClusterName, usize>,
    /// Hosts whose last login failed, and how.
    failed: HashMap<HostName, Signal>,
    arrived: u64,
}

#[derive(Debug)]
struct Waiting {
    host: HostName,
    cluster: ClusterName,
    is_urgent: bool,
    arrived: u64,
}

impl Queue {
    /// Of the hosts that belong to no cluster, each is one of its own.
    pub(super) fn new(clusters: HashMap<HostName, ClusterName>, most: usize) -> Self {
        Self {
            clusters,
            pace: Pace::new(most),
            waiting: Vec::new(),
            under_way: HashMap::new(),
            connected: HashSet::new(),
            held: HashMap::new(),
            failed: HashMap::new(),
            arrived: 0,
        }
    }

    /// Puts a host in the queue, unless it waits already, is logged in to, or is connected.
    pub(super) fn add(&mut self, host: &HostName, is_urgent: bool) {
        if self.connected.contains(host) || self.under_way.contains_key(host) {
            return;
        }
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.host == *host) {
            waiting.is_urgent |= is_urgent;
            return;
        }
        self.arrived += 1;
        let cluster = self.cluster(host);
        self.waiting.push(Waiting { host: host.clone(), cluster, is_urgent, arrived: self.arrived });
    }

    /// Puts a host that waits before all that nobody has asked for.
    pub(super) fn hurry(&mut self, host: &HostName) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.host == *host) {
            waiting.is_urgent = true;
        }
    }

    /// The host whose turn it is, if one more login may be under way. It must be reported to [`Queue::ended`].
    pub(super) fn next(&mut self) -> Option<HostName> {
        let at = (0..self.waiting.len()).min_by_key(|&at| self.rank(at))?;
        // All others may hang: what the user asks for needs no free place.
        let room = self.pace.bound() + usize::from(self.waiting[at].is_urgent);
        if self.under_way.len() >= room {
            return None;
        }
        let Waiting { host, cluster, .. } = self.waiting.swap_remove(at);
        self.under_way.insert(host.clone(), self.pace.begin());
        *self.held.entry(cluster).or_default() += 1;
        Some(host)
    }

    /// A login has ended.
    pub(super) fn ended(&mut self, host: &HostName, signal: Signal) {
        let number = self.under_way.len();
        let Some(begun) = self.under_way.remove(host) else { return };
        let cluster = self.cluster(host);
        if matches!(signal, Signal::LoggedIn { .. }) {
            self.connected.insert(host.clone());
            self.failed.remove(host);
        } else {
            self.let_go(&cluster);
            // A host that turns everybody away, whatever the crowd, says nothing about the crowd.
            if self.failed.insert(host.clone(), signal) == Some(Signal::TurnedAway) {
                return;
            }
        }
        self.pace.ended(begun, signal, number);
    }

    /// A connection is gone.
    pub(super) fn lost(&mut self, host: &HostName) {
        if self.connected.remove(host) {
            let cluster = self.cluster(host);
            self.let_go(&cluster);
        }
    }

    /// The number of hosts whose turn comes before this one's; `None` if it doesn't wait.
    pub(super) fn ahead(&self, host: &HostName) -> Option<usize> {
        let at = self.waiting.iter().position(|waiting| waiting.host == *host)?;
        let rank = self.rank(at);
        Some((0..self.waiting.len()).filter(|&other| self.rank(other) < rank).count())
    }

    fn rank(&self, at: usize) -> (bool, bool, bool, u64) {
        let Waiting { host, cluster, is_urgent, arrived } = &self.waiting[at];
        let is_second = self.held.get(cluster).is_some_and(|&held| held > 0);
        (!is_urgent, is_second, self.failed.contains_key(host), *arrived)
    }

    fn cluster(&self, host: &HostName) -> ClusterName {
        self.clusters.get(host).cloned().unwrap_or_else(|| ClusterName::from(host.as_str()))
    }

    fn let_go(&mut self, cluster: &ClusterName) {
        if let Some(held) = self.held.get_mut(cluster) {
            *held = held.saturating_sub(1);
        }
    }
}
