//! A picture's parts by name, so that no question about one resource or node walks through all of them.

use std::collections::{HashMap, HashSet};

use regex::{Regex, RegexBuilder};

use crate::model::{
    Ban, Bond, Claim, ConfiguredResource, FailCount, LevelTarget, Node, NodeAttribute, NodeKind, NodeName,
    Picture, Place, Primitive, Ties,
};

use super::scene::{Placed, base};

/// The largest pattern of a fencing level, compiled, in bytes. A CIB may have many, and a few letters can ask for megabytes.
const PATTERN_SIZE: usize = 256 << 10;

/// What is looked up by name. Resources go by their ids without instance numbers.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    parts: HashMap<&'a str, Vec<usize>>,
    nodes: HashMap<&'a NodeName, &'a Node>,
    attributes: HashMap<&'a NodeName, Vec<&'a NodeAttribute>>,
    bans: HashMap<&'a str, Vec<&'a Ban>>,
    counts: HashMap<&'a str, Vec<&'a FailCount>>,
    configured: HashMap<&'a str, &'a ConfiguredResource>,
    bonds: HashMap<&'a str, Vec<Bond<'a>>>,
    places: HashMap<&'a str, Vec<Place<'a>>>,
    claims: HashMap<&'a str, Vec<Claim<'a>>>,
    used: HashMap<(&'a NodeName, &'a str), i64>,
    /// The virtual machines of guests.
    machines: HashSet<&'a str>,
    /// The patterns of fencing levels; `None`: it is broken, or larger than [`PATTERN_SIZE`].
    patterns: HashMap<&'a str, Option<Regex>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(picture: &'a Picture, placed: &[Placed<'a>]) -> Self {
        let mut index = Self::default();
        for (at, one) in placed.iter().enumerate() {
            for id in one.ids() {
                let parts = index.parts.entry(base(id)).or_default();
                if parts.last() != Some(&at) {
                    parts.push(at);
                }
            }
        }
        for node in &picture.nodes {
            index.nodes.entry(&node.name).or_insert(node);
            if let NodeKind::Guest { resource: Some(machine) } = &node.kind {
                index.machines.insert(base(machine));
            }
        }
        for attribute in &picture.attributes {
            index.attributes.entry(&attribute.node).or_default().push(attribute);
        }
        for ban in &picture.bans {
            index.bans.entry(base(&ban.resource)).or_default().push(ban);
        }
        for count in &picture.fail_counts {
            index.counts.entry(base(&count.resource)).or_default().push(count);
        }
        let Some(cib) = picture.cib.as_deref() else { return index };
        for resource in &cib.resources {
            index.configured.entry(resource.id.as_str()).or_insert(resource);
            if resource.meta("remote-node").is_some() {
                index.machines.insert(resource.id.as_str());
            }
        }
        let Ties { bonds, places, claims } = cib.ties();
        for bond in bonds {
            index.bonds.entry(base(bond.follower)).or_default().push(bond);
        }
        for place in places {
            index.places.entry(base(place.resource)).or_default().push(place);
        }
        for claim in claims {
            index.claims.entry(base(claim.resource)).or_default().push(claim);
        }
        for one in placed.iter().filter(|one| one.primitive.active) {
            index.use_up(one.primitive);
        }
        for level in &cib.levels {
            if let LevelTarget::Pattern(pattern) = &level.target {
                index.patterns.entry(pattern).or_insert_with(|| compiled(pattern));
            }
        }
        index
    }

    fn use_up(&mut self, primitive: &'a Primitive) {
        let Some(configured) = self.configured.get(base(&primitive.id)) else { return };
        for (name, amount) in &configured.utilization {
            for node in &primitive.nodes {
                let used = self.used.entry((node, name)).or_default();
                *used = used.saturating_add(*amount);
            }
        }
    }

    /// The primitives at or below a resource, as places in [`Scene::placed`](super::scene::Scene::placed).
    pub(super) fn parts(&self, id: &str) -> &[usize] {
        self.parts.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn node(&self, name: &NodeName) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    /// Whether a resource is the virtual machine of a guest.
    pub(super) fn is_machine(&self, id: &str) -> bool {
        self.machines.contains(id)
    }

    pub(super) fn attributes(&self, node: &NodeName) -> &[&'a NodeAttribute] {
        self.attributes.get(node).map_or(&[], Vec::as_slice)
    }

    pub(super) fn bans(&self, id: &str) -> &[&'a Ban] {
        self.bans.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn counts(&self, id: &str) -> &[&'a FailCount] {
        self.counts.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn configured(&self, id: &str) -> Option<&'a ConfiguredResource> {
        self.configured.get(id).copied()
    }

    /// The pattern of a fencing level; `None` where it can't be used.
    pub(super) fn pattern(&self, pattern: &str) -> Option<&Regex> {
        self.patterns.get(pattern)?.as_ref()
    }

    /// Whom a resource follows.
    pub(super) fn bonds(&self, id: &str) -> &[Bond<'a>] {
        self.bonds.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn places(&self, id: &str) -> &[Place<'a>] {
        self.places.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn claims(&self, id: &str) -> &[Claim<'a>] {
        self.claims.get(id).map_or(&[], Vec::as_slice)
    }

    /// How much of a node's capacity is taken by what runs there.
    pub(super) fn used(&self, node: &NodeName, name: &str) -> i64 {
        self.used.get(&(node, name)).copied().unwrap_or(0)
    }
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build().ok()
}
