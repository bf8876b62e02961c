//! Refusals that only the user can mend, tried again rarely.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{ClusterName, HostName};
use crate::transport::TransportError;

/// The wait after every member of a cluster has refused once. It doubles with each refusal from then on.
const FIRST_WAIT: Duration = Duration::from_secs(120);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// A member that doesn't use its turn to be tried leaves it to the others after this long.
const TURN: Duration = Duration::from_secs(45);

/// If that many hosts refused and none let us in, the rest isn't tried either: the key isn't loaded, or a jump host
/// refuses it.
const ALL_REFUSE: usize = 6;

/// Unknown and changed host keys, and refused keys.
///
/// Every attempt counts for a tool like fail2ban, so they are counted for the members of a cluster together, and for
/// all hosts as long as none has let us in.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    by_cluster: HashMap<ClusterName, Refusing>,
    /// All hosts, until one of them lets us in.
    fuse: Option<Refusing>,
    is_any_in: bool,
}

#[derive(Debug, Default)]
struct Refusing {
    hosts: HashMap<HostName, Refused>,
    /// Hosts that the user wants to be tried at once.
    wanted: HashSet<HostName>,
    count: u32,
    until: Option<Instant>,
}

#[derive(Debug)]
struct Refused {
    at: Instant,
    error: TransportError,
}

impl Refusals {
    /// A host refused.
    pub(super) fn refused(
        &mut self,
        host: &HostName,
        cluster: &ClusterName,
        error: &TransportError,
        now: Instant,
    ) {
        self.by_cluster.entry(cluster.clone()).or_default().add(host, error, now);
        if !self.is_any_in {
            self.fuse.get_or_insert_default().add(host, error, now);
        }
    }

    /// A host let us in.
    pub(super) fn let_in(&mut self, host: &HostName, cluster: &ClusterName) {
        self.is_any_in = true;
        self.fuse = None;
        if let Some(refusing) = self.by_cluster.get_mut(cluster) {
            refusing.hosts.remove(host);
            if refusing.hosts.is_empty() {
                self.by_cluster.remove(cluster);
            }
        }
    }

    /// Lets a host be tried at once.
    pub(super) fn hurry(&mut self, host: &HostName, cluster: &ClusterName) {
        for refusing in self.by_cluster.get_mut(cluster).into_iter().chain(&mut self.fuse) {
            refusing.wanted.insert(host.clone());
        }
    }

    /// Why a host isn't tried now, and when it may be.
    pub(super) fn holds(
        &self,
        host: &HostName,
        cluster: &ClusterName,
        now: Instant,
    ) -> Option<(&TransportError, Duration)> {
        let own = self.by_cluster.get(cluster).and_then(|refusing| refusing.holds(host, now, false));
        let fuse = self.fuse.as_ref().filter(|fuse| fuse.hosts.len() >= ALL_REFUSE);
        own.or_else(|| fuse.and_then(|fuse| fuse.holds(host, now, true)))
    }
}

impl Refusing {
    fn add(&mut self, host: &HostName, error: &TransportError, now: Instant) {
        self.count = self.count.saturating_add(1);
        self.wanted.remove(host);
        self.hosts.insert(host.clone(), Refused { at: now, error: error.clone() });
        let again = self.count.saturating_sub(u32::try_from(self.hosts.len()).unwrap_or(u32::MAX));
        let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(again)).min(LONGEST_WAIT);
        self.until = Some(now + wait);
    }

    /// A host that has not refused yet is held back only if `all` are.
    fn holds(&self, host: &HostName, now: Instant, all: bool) -> Option<(&TransportError, Duration)> {
        let until = self.until?;
        let refused = self.hosts.get(host);
        if self.wanted.contains(host) || (refused.is_none() && !all) {
            return None;
        }
        let longest_ago = self.hosts.values().min_by_key(|refused| refused.at)?;
        let is_next = refused.is_none_or(|refused| refused.at == longest_ago.at);
        let until = if is_next { until } else { until + TURN };
        let error = &refused.unwrap_or(longest_ago).error;
        (now < until).then(|| (error, until - now))
    }
}
