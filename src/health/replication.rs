//! DRBD's resources as the members report them, and what tells a split brain from a lost connection.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Scene, base};
use super::stack::{self, Member};
use super::words::{listed, shell};
use crate::model::{DrbdConnection, DrbdResource, HostName, Node, NodeName};

/// The state of a connection that DRBD has ended and never makes again on its own.
pub(super) const ALONE: &str = "StandAlone";

/// A resource on one host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) member: Member<'a>,
    pub(super) resource: &'a DrbdResource,
}

/// Each resource with the hosts that report it.
pub(super) fn resources<'a>(scene: &Scene<'a>) -> BTreeMap<&'a str, Vec<Side<'a>>> {
    let mut resources: BTreeMap<&'a str, Vec<Side<'a>>> = BTreeMap::new();
    for member in stack::members(scene) {
        for resource in member.report.drbd.known().into_iter().flatten() {
            resources.entry(&resource.name).or_default().push(Side { member, resource });
        }
    }
    resources
}

impl<'a> Side<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.member.name()
    }

    pub(super) fn is_primary(&self) -> bool {
        self.resource.role == "Primary"
    }

    /// Its connection to another side. DRBD 8 names no peer, as it has one only.
    fn connection_to(&self, other: &Self, sides: usize) -> Option<&'a DrbdConnection> {
        let is_other = |connection: &&DrbdConnection| {
            if connection.peer.is_empty() { sides == 2 } else { other.is_called(&connection.peer) }
        };
        self.resource.connections.iter().find(is_other)
    }

    fn is_called(&self, peer: &str) -> bool {
        self.name() == peer || self.member.host.is_node(&NodeName::from(peer))
    }

    /// `drbdsetup on db1: r0 Primary, disk UpToDate`.
    pub(super) fn line(&self) -> String {
        let DrbdResource { name, role, disks, .. } = self.resource;
        let disks =
            if disks.is_empty() { "no disk".to_owned() } else { format!("disk {}", disks.join(", ")) };
        format!("{}: {name} {role}, {disks}", self.source())
    }

    /// `drbdsetup on db1: r0 Primary, StandAlone to db2`.
    pub(super) fn connection_line(&self, connection: &DrbdConnection, peer: &str) -> String {
        let Self { resource: DrbdResource { name, role, .. }, .. } = self;
        format!("{}: {name} {role}, {} to {peer}", self.source(), connection.state)
    }

    fn source(&self) -> String {
        let is_old = self.resource.connections.iter().all(|connection| connection.peer.is_empty());
        let tool = if is_old && !self.resource.connections.is_empty() { "/proc/drbd" } else { "drbdsetup" };
        format!("{tool} on {}", self.name())
    }

    /// The member at the other end of a connection, by the picture. Of DRBD 8 only where the cluster has two members.
    pub(super) fn peer(&self, scene: &Scene<'a>, connection: &DrbdConnection) -> Option<&'a Node> {
        let members = || scene.picture.members();
        if !connection.peer.is_empty() {
            let peer = NodeName::from(connection.peer.as_str());
            let host = HostName::from(connection.peer.as_str());
            return members().find(|node| node.name == peer || host.is_node(&node.name));
        }
        let own = self.member.node?;
        let mut others = members().filter(|node| node.name != own.name);
        others.next().filter(|_| others.next().is_none())
    }

    pub(super) fn peer_name(&self, scene: &Scene<'a>, connection: &'a DrbdConnection) -> &'a str {
        match self.peer(scene, connection) {
            Some(node) => node.name.as_str(),
            None if connection.peer.is_empty() => "its peer",
            None => &connection.peer,
        }
    }

    /// Whether a peer is unclean: DRBD may block writes until it is fenced.
    pub(super) fn waits_for_fencing(&self, scene: &Scene<'a>) -> bool {
        let peers = self.resource.connections.iter().filter_map(|connection| self.peer(scene, connection));
        peers.into_iter().any(|peer| peer.unclean)
    }

    /// Whether another finding explains that there is no connection: the peer is down or set aside, or Pacemaker runs no DRBD
    /// there.
    pub(super) fn is_explained(&self, scene: &Scene<'a>, connection: &DrbdConnection) -> bool {
        let Some(peer) = self.peer(scene, connection) else {
            // Any of the others may be the one.
            return !scene.picture.members().all(Scene::is_available);
        };
        !Scene::is_available(peer) || self.member.node.is_some_and(|own| runs_less(scene, own, peer))
    }
}

/// Whether Pacemaker runs a DRBD on `own` and not on `peer`. Which DRBD resource it is stands among the parameters, which the
/// picture doesn't have: with several, any of them counts.
fn runs_less(scene: &Scene<'_>, own: &Node, peer: &Node) -> bool {
    let on = |node: &Node| -> BTreeSet<&str> {
        let here = scene.placed.iter().map(|placed| placed.primitive);
        let here =
            here.filter(|it| it.agent.ends_with(":drbd") && it.active && it.nodes.contains(&node.name));
        here.map(|it| base(&it.id)).collect()
    };
    !on(own).is_subset(&on(peer))
}

/// The two sides whose data have diverged, with the evidence: both ended the connection, or one did while both are primary.
/// One side alone may have been disconnected by hand.
pub(super) fn split<'a>(sides: &[Side<'a>]) -> Option<(&'a str, &'a str, Vec<String>)> {
    for (nth, one) in sides.iter().enumerate() {
        for other in &sides[nth + 1..] {
            let ends = (one.connection_to(other, sides.len()), other.connection_to(one, sides.len()));
            let (Some(there), Some(back)) = ends else { continue };
            let alone = [there, back].iter().filter(|connection| connection.state == ALONE).count();
            let is_met = [there, back].iter().any(|connection| connection.state == "Connected");
            let both_primary = one.is_primary() && other.is_primary();
            if alone == 2 || (alone == 1 && both_primary && !is_met) {
                let lines = vec![
                    one.connection_line(there, other.name()),
                    other.connection_line(back, one.name()),
                    one.line(),
                    other.line(),
                ];
                return Some((one.name(), other.name(), lines));
            }
        }
    }
    None
}

/// The resources' names as arguments of `drbdadm`.
pub(super) fn arguments(resources: &[&str]) -> String {
    let names: Vec<String> = resources.iter().map(shell).collect();
    names.join(" ")
}

/// `DRBD r0 and r1`.
pub(super) fn title(resources: &[&str]) -> String {
    format!("DRBD {}", listed(resources))
}
