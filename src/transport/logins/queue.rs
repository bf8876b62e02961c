//! The order in which hosts are logged in to.

use std::collections::{HashMap, HashSet};

use super::pace::{Begun, Pace, Signal};
use crate::model::{ClusterName, HostName};

/// Hosts that wait for their turn to be logged in to, and those whose login is under way.
///
/// First the hosts that the user asks for, then one member of each cluster that has no connection, then the others. Hosts
/// that failed for a reason of their own come last. Holds no clock and does no IO.
#[derive(Debug)]
pub(super) struct Queue {
    clusters: HashMap<HostName, ClusterName>,
    pace: Pace,
    waiting: HashMap<HostName, Waiting>,
    under_way: HashMap<HostName, Begun>,
    connected: HashSet<HostName>,
    /// Connections and logins under way, by cluster.
    held: HashMap<ClusterName, usize>,
    failed: HashMap<HostName, Failed>,
    arrived: u64,
}

#[derive(Debug)]
struct Waiting {
    cluster: ClusterName,
    is_urgent: bool,
    arrived: u64,
}

/// The last login of a host that isn't connected.
#[derive(Debug, Clone, Copy)]
struct Failed {
    signal: Signal,
    /// Logins in a row that were lost to the crowd; 0 if the last one failed for another reason.
    crowded_out: u32,
}

impl Failed {
    /// The other logins don't explain the failure.
    const fn is_own_fault(self) -> bool {
        self.crowded_out == 0 || self.crowded_out > CROWDED_OUT
    }
}

/// A host that is crowded out more often than this in a row counts as failed.
const CROWDED_OUT: u32 = 2;

impl Queue {
    /// Of the hosts that belong to no cluster, each is one of its own.
    pub(super) fn new(clusters: HashMap<HostName, ClusterName>, most: usize) -> Self {
        Self {
            clusters,
            pace: Pace::new(most),
            waiting: HashMap::new(),
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
        if let Some(waiting) = self.waiting.get_mut(host) {
            waiting.is_urgent |= is_urgent;
            return;
        }
        self.arrived += 1;
        let cluster = self.cluster(host);
        self.waiting.insert(host.clone(), Waiting { cluster, is_urgent, arrived: self.arrived });
    }

    /// Puts a host that waits before all that nobody has asked for.
    pub(super) fn hurry(&mut self, host: &HostName) {
        if let Some(waiting) = self.waiting.get_mut(host) {
            waiting.is_urgent = true;
        }
    }

    /// The host whose turn it is, if one more login may be under way. It must be reported to [`Queue::ended`].
    pub(super) fn next(&mut self) -> Option<HostName> {
        // All others may hang: what the user asks for needs no free place.
        if self.under_way.len() > self.pace.bound() {
            return None;
        }
        let (host, first) = self.waiting.iter().min_by_key(|(host, waiting)| self.rank(host, waiting))?;
        if self.under_way.len() == self.pace.bound() && !first.is_urgent {
            return None;
        }
        let (host, Waiting { cluster, .. }) = self.waiting.remove_entry(&host.clone())?;
        self.under_way.insert(host.clone(), self.pace.begin());
        *self.held.entry(cluster).or_default() += 1;
        Some(host)
    }

    /// A login has ended. Returns whether it was lost to the crowd, so that it says nothing about the host.
    pub(super) fn ended(&mut self, host: &HostName, signal: Signal) -> bool {
        let number = self.under_way.len();
        let Some(begun) = self.under_way.remove(host) else { return false };
        let cluster = self.cluster(host);
        if matches!(signal, Signal::LoggedIn { .. }) {
            self.connected.insert(host.clone());
            self.failed.remove(host);
            self.pace.ended(begun, signal, number);
            return false;
        }
        self.let_go(&cluster);
        let before = self.failed.get(host).copied();
        let is_crowded_out = number > 1 && self.pace.may_be_crowded_out(begun, signal);
        let crowded_out = before.map_or(0, |failed| failed.crowded_out) + 1;
        let failed = Failed { signal, crowded_out: if is_crowded_out { crowded_out } else { 0 } };
        self.failed.insert(host.clone(), failed);
        // A host that turns every login away, or is slow by its own fault, says nothing about the crowd.
        if before.is_none_or(|failed| failed.signal != Signal::TurnedAway && !failed.is_own_fault()) {
            self.pace.ended(begun, signal, number);
        }
        !failed.is_own_fault()
    }

    /// A connection is gone.
    pub(super) fn lost(&mut self, host: &HostName) {
        if self.connected.remove(host) {
            let cluster = self.cluster(host);
            self.let_go(&cluster);
        }
    }

    /// Whether a host waits for its turn.
    pub(super) fn is_waiting(&self, host: &HostName) -> bool {
        self.waiting.contains_key(host)
    }

    fn rank(&self, host: &HostName, waiting: &Waiting) -> (bool, bool, bool, u64) {
        let Waiting { cluster, is_urgent, arrived } = waiting;
        let is_second = self.held.get(cluster).is_some_and(|&held| held > 0);
        let has_failed = self.failed.get(host).is_some_and(|failed| failed.is_own_fault());
        (!is_urgent, has_failed, is_second, *arrived)
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
