//! The constraint by which DRBD's fence-peer handler keeps outdated data from being promoted.

use crate::model::{CloneResource, Node, NodeName};

use super::scene::{Scene, base};
use super::why::barrier::State;
use super::words::{listed, shell};

/// What the ids of these constraints begin with.
pub(super) const PREFIX: &str = "drbd-fence-by-handler-";

/// Such a constraint, in force.
#[derive(Debug)]
pub(super) struct Fence<'a> {
    /// Its id, or that of its rule where the CIB isn't known.
    id: &'a str,
    /// The only nodes that may be promoted.
    allowed: Vec<&'a Node>,
    /// Where instances run that may not.
    barred: Vec<&'a NodeName>,
    /// The DRBD resource's primitive.
    resource: &'a str,
}

/// The constraint that DRBD left on a clone; `None` without one.
pub(super) fn fence<'a>(scene: &Scene<'a>, clone: &'a CloneResource) -> Option<Fence<'a>> {
    let parts: Vec<_> = scene.parts(base(&clone.id)).collect();
    let resource = base(&parts.first()?.primitive.id);
    let bans = scene.index.bans(base(&clone.id)).iter().chain(scene.index.bans(resource));
    let bans: Vec<_> = bans.filter(|ban| ban.id.as_str().starts_with(PREFIX)).collect();
    let places = scene.index.places(base(&clone.id)).iter().chain(scene.index.places(resource));
    let mut own = places.filter(|place| place.constraint.id.as_str().starts_with(PREFIX));
    let id = match own.next() {
        Some(place) => place.constraint.id.as_str(),
        None => bans.first()?.id.as_str(),
    };
    if bans.is_empty() {
        return None;
    }
    let is_barred = |name: &NodeName| bans.iter().any(|ban| ban.node == *name);
    let members = scene.picture.members();
    Some(Fence {
        id,
        allowed: members.filter(|node| !is_barred(&node.name)).collect(),
        barred: parts.iter().flat_map(|part| &part.primitive.nodes).filter(|node| is_barred(node)).collect(),
        resource,
    })
}

impl Fence<'_> {
    /// `DRBD allows only node-98, which is offline`.
    pub(super) fn words(&self) -> String {
        let names: Vec<&NodeName> = self.allowed.iter().map(|node| &node.name).collect();
        let state = match self.allowed.as_slice() {
            [only] => {
                State::of(only).map_or_else(String::new, |state| format!(", which is {}", state.words()))
            }
            _ => String::new(),
        };
        if names.is_empty() {
            return format!("{} allows no node", self.id);
        }
        format!("DRBD allows only {}{state}", listed(names))
    }

    pub(super) fn line(&self) -> String {
        format!(
            "constraint {}: left by DRBD's fence-peer handler, as the other data may be outdated",
            self.id
        )
    }

    pub(super) fn remedy(&self) -> String {
        let allowed = listed(self.allowed.iter().map(|node| &node.name));
        let barred = listed(&self.barred);
        let xpath = shell(format!("//rsc_location[@id=\"{}\"]", self.id));
        let resource = shell(self.resource);
        let first = match self.allowed.as_slice() {
            [] => "Check that a node of the constraint still exists".to_owned(),
            nodes if nodes.iter().any(|node| State::of(node).is_none()) => format!(
                "Check `drbdadm status` on {allowed}: it must be connected and UpToDate (`drbdadm adjust all` reconnects), and DRBD removes the constraint after the resync"
            ),
            _ => format!("Bring {allowed} back: DRBD removes the constraint after the resync"),
        };
        let other = if barred.is_empty() { "the node to promote".to_owned() } else { barred };
        format!(
            "{first}. Only if its data is lost for good: check `drbdadm status` on {other} (UpToDate, for the DRBD behind {resource}), then `cibadmin --delete --xpath {xpath}`."
        )
    }
}
