//! What colocations ask of a node: who must, or must not, run in the same place.

use super::barrier::Barrier;
use super::resource::Asked;
use crate::model::{Bond, BondKind, NodeName, ResourceId, Role, Score};

/// What a colocation asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::health) struct Company<'a> {
    pub(in crate::health) leader: &'a ResourceId,
    /// Only in this role.
    pub(in crate::health) role: Option<&'a Role>,
    /// The node's value of the `node-attribute`, which makes several nodes one place: `rack`, `r1`.
    pub(in crate::health) place: Option<(&'a str, &'a str)>,
}

/// ` promoted`, to stand behind a name; nothing where any role will do.
pub(super) const fn role_word(role: Option<&Role>) -> &'static str {
    match role {
        Some(Role::Promoted) => " promoted",
        Some(Role::Unpromoted) => " unpromoted",
        _ => "",
    }
}

impl Company<'_> {
    /// `isn't promoted in rack r1`, `runs there`: whether the leader is there, in that role.
    pub(super) fn state(&self, is_there: bool) -> String {
        let (is, runs) = if is_there { ("is", "runs") } else { ("isn't", "doesn't run") };
        let there = self.there();
        match self.role {
            Some(Role::Promoted) => format!("{is} promoted {there}"),
            role => format!("{runs} {there}{}", role_word(role)),
        }
    }

    /// `on n1 and n2`, or `in rack r1 (n1 and n2)` where the nodes of one rack are one place.
    pub(super) fn at(&self, nodes: &str) -> String {
        match self.place {
            Some((attribute, value)) => format!("in {attribute} {value} ({nodes})"),
            None => format!("on {nodes}"),
        }
    }

    /// `there`, or `in rack r1`.
    pub(in crate::health) fn there(&self) -> String {
        match self.place {
            Some((attribute, value)) => format!("in {attribute} {value}"),
            None => "there".to_owned(),
        }
    }
}

/// The colocations that keep a resource off a node.
pub(super) fn barriers<'a>(asked: &Asked<'_, 'a>, node: &NodeName) -> Vec<Barrier<'a>> {
    let bonds = asked.bonds().filter(|bond| !bond.kind.is_of_promotion());
    bonds
        .filter_map(|bond| {
            let BondKind::With { score, leader_role, .. } = bond.kind else { return None };
            let place = place_attribute(&bond).and_then(|name| Some((name, value_of(asked, name, node)?)));
            let company = Company { leader: bond.leader, role: leader_role, place };
            match (score?, is_beside(asked, &bond, leader_role, node)?) {
                (Score::Infinity, false) => Some(Barrier::Without(company)),
                (Score::MinusInfinity, true) => Some(Barrier::Beside(company)),
                _ => None,
            }
        })
        .collect()
}

/// The attribute whose value makes several nodes one place for a colocation. A node's name makes it one by itself.
pub(super) fn place_attribute<'a>(bond: &Bond<'a>) -> Option<&'a str> {
    bond.constraint.terms.node_attribute.as_deref().filter(|name| *name != "#uname")
}

fn value_of<'a>(asked: &Asked<'_, 'a>, attribute: &str, node: &NodeName) -> Option<&'a str> {
    let known = asked.scene.index.attributes(node).iter().find(|known| known.name == attribute);
    known.map(|known| known.value.as_str())
}

/// Whether the leader of a colocation runs, in that role, in the place that the node is part of; `None` where a node's place isn't known.
pub(super) fn is_beside(
    asked: &Asked<'_, '_>,
    bond: &Bond<'_>,
    role: Option<&Role>,
    node: &NodeName,
) -> Option<bool> {
    let scene = asked.scene;
    let Some(attribute) = place_attribute(bond) else {
        return Some(scene.runs_on(bond.leader, role, node));
    };
    let place = |node: &NodeName| value_of(asked, attribute, node);
    let own = place(node)?;
    let nodes = scene.picture.nodes.iter().map(|node| &node.name);
    let places: Vec<_> = nodes.filter(|other| scene.runs_on(bond.leader, role, other)).map(place).collect();
    let is_known = places.contains(&Some(own)) || !places.contains(&None);
    is_known.then(|| places.contains(&Some(own)))
}
