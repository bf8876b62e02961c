//! What speaks for and against each node.

use std::collections::HashSet;

use super::barrier::{self, Barrier, State};
use super::company;
use super::resource::Asked;
use super::{NodeAnswer, Pull, Reason};
use crate::health::incident;
use crate::health::scene::base;
use crate::model::{Bond, BondKind, Node, NodeName, Place, Role, Score};

/// Every node that could run it, in the cluster's order.
pub(super) fn answers(asked: &Asked<'_, '_>) -> Vec<NodeAnswer> {
    barrier::hosts(asked).map(|node| answer(asked, node)).collect()
}

fn answer(asked: &Asked<'_, '_>, node: &Node) -> NodeAnswer {
    let mut reasons = Vec::new();
    reasons.extend(state(node));
    reasons.extend(fail_count(asked, &node.name));
    reasons.extend(locations(asked, &node.name));
    reasons.extend(colocations(asked, &node.name));
    reasons.extend(barrier::of_node(asked, node).iter().filter_map(others));
    reasons.extend(promotion(asked, &node.name));
    let role = role(asked, &node.name);
    if role.is_some() && !asked.is_replicated() {
        reasons.extend(stickiness(asked));
    }
    reasons.sort_by_key(|reason| reason.pull);
    NodeAnswer { node: node.name.clone(), role, reasons }
}

fn reason(pull: Pull, words: impl Into<String>) -> Reason {
    Reason { pull, words: words.into() }
}

/// The most that a part of it is there.
fn role(asked: &Asked<'_, '_>, node: &NodeName) -> Option<Role> {
    let here = asked.parts.iter().filter(|part| part.primitive.active && part.primitive.nodes.contains(node));
    let roles: Vec<&Role> = here.map(|part| &part.primitive.role).collect();
    roles.iter().find(|role| ***role == Role::Promoted).or_else(|| roles.first()).map(|role| (*role).clone())
}

fn state(node: &Node) -> Option<Reason> {
    let (pull, words) = match State::of(node)? {
        State::Unclean => (Pull::Never, "it is unclean: it must be fenced before anything is known of it"),
        State::Offline => (Pull::Never, "it is offline"),
        State::Pending => (Pull::Never, "it has not joined the cluster yet"),
        State::Standby => (Pull::Never, "it is in standby"),
        State::StandbyOnFail => (Pull::Never, "it is in standby after a failure"),
        State::ShuttingDown => (Pull::Never, "it is leaving the cluster"),
        State::Maintenance => {
            (Pull::Against, "it is in maintenance: what runs there is left alone, nothing is started there")
        }
    };
    Some(reason(pull, words))
}

/// The barriers that nothing else here words.
fn others(barrier: &Barrier<'_>) -> Option<Reason> {
    let words = match barrier {
        Barrier::Health(health) => format!("its health is {health}, and node-health-strategy bars that"),
        Barrier::Room(name, need, left) => format!("no room: needs {name} {need}, {left} left"),
        Barrier::Probed(result) => format!("its probe failed there: {result}"),
        Barrier::OptIn => "no constraint allows it there, and the cluster is opt-in".to_owned(),
        Barrier::Undiscovered => "resource-discovery is exclusive to other nodes".to_owned(),
        _ => return None,
    };
    Some(reason(Pull::Never, words))
}

fn fail_count(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let here = asked.counts().filter(|count| count.node == *node);
    here.map(|count| {
        let whose = if base(&count.resource) == base(asked.id) {
            String::new()
        } else {
            format!("{} ", count.resource)
        };
        let of = match count.migration_threshold {
            Some(Score::Finite(threshold)) if threshold > 0 => format!(", threshold {threshold}"),
            _ => ", no threshold".to_owned(),
        };
        let words = format!("{whose}fail count {}{of}", count.count);
        match (count.at_threshold(), incident::bars(asked.scene, count)) {
            (_, true) => reason(Pull::Never, format!("{words}: out of bounds until it is cleaned up")),
            (true, false) => {
                reason(Pull::Fact, format!("{words}, expired: Pacemaker forgets it with the next recheck"))
            }
            (false, false) => reason(Pull::Fact, words),
        }
    })
    .collect()
}

fn locations(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let places = asked.places().filter(|place| barrier::is_in_force(asked.scene, place.constraint));
    let mut known: HashSet<&str> = HashSet::new();
    let mut reasons: Vec<Reason> = Vec::new();
    for place in places {
        let id = place.constraint.id.as_str();
        known.extend(place.constraint.rules.iter().map(AsRef::as_ref).chain([id]));
        match place.node {
            Some(at) if at == node => {
                let left =
                    if place.constraint.is_leftover() { ", left over from a command by hand" } else { "" };
                reasons.push(scored(place.score, place.role, &format!("{id}{left}")));
            }
            Some(_) => {}
            None => reasons.push(by_rule(asked, node, &place)),
        }
    }
    let bans = asked.bans().filter(|ban| ban.node == *node && !known.contains(ban.id.as_str()));
    reasons.extend(bans.map(|ban| {
        let role = ban.promoted_only.then_some(Role::Promoted);
        scored(Some(ban.weight), role.as_ref(), ban.id.as_str())
    }));
    reasons
}

fn scored(score: Option<Score>, role: Option<&Role>, id: &str) -> Reason {
    let promoted = role == Some(&Role::Promoted);
    let what = if promoted { "promotion score" } else { "score" };
    let words = score.map_or_else(
        || format!("a {what} that is not known, by {id}"),
        |score| format!("{what} {score} by {id}"),
    );
    let pull = match score {
        // It may run there all the same, only not promoted.
        Some(Score::MinusInfinity) if promoted => Pull::Against,
        Some(Score::MinusInfinity) => Pull::Never,
        Some(score) if score.is_negative() => Pull::Against,
        Some(Score::Finite(0)) | None => Pull::Fact,
        Some(_) => Pull::For,
    };
    reason(pull, words)
}

/// A rule that can't be judged is shown beside the values that it looks at.
fn by_rule(asked: &Asked<'_, '_>, node: &NodeName, place: &Place<'_>) -> Reason {
    let (rule, id) = (place.rule, place.constraint.id.as_str());
    let values = match barrier::values(asked, rule, node) {
        values if values.is_empty() => values,
        values => format!("; here {values}"),
    };
    let words = place.score.map_or_else(|| "a score".to_owned(), |score| format!("score {score}"));
    match barrier::holds(asked, place, node) {
        Some(true) => scored(place.score, place.role, &format!("{id}, as {rule}{values}")),
        Some(false) => reason(Pull::Fact, format!("no {words} by {id}: it asks for {rule}{values}")),
        None => reason(Pull::Fact, format!("{words} if {rule} ({id}){values}")),
    }
}

fn colocations(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let bonds = asked.bonds().filter(|bond| !bond.kind.is_of_promotion());
    bonds
        .filter_map(|bond| match bond.kind {
            BondKind::With { score: Some(score), leader_role, .. } => {
                let is_here = company::is_beside(asked, &bond, leader_role, node)?;
                colocation(&bond, score, leader_role, is_here)
            }
            _ => None,
        })
        .collect()
}

fn colocation(bond: &Bond<'_>, score: Score, role: Option<&Role>, is_here: bool) -> Option<Reason> {
    let whom = format!("{}{}", bond.leader, company::role_word(role));
    let there = company::place_attribute(bond)
        .map_or_else(|| "there".to_owned(), |attribute| format!("in the same {attribute}"));
    match (score, is_here) {
        (Score::Infinity, false) => {
            Some(reason(Pull::Never, format!("runs only with {whom}, which is not {there}")))
        }
        (Score::MinusInfinity, true) => {
            Some(reason(Pull::Never, format!("never runs with {whom}, which is {there}")))
        }
        (score, true) if score.is_negative() => {
            Some(reason(Pull::Against, format!("{score} beside {whom}, which is {there}")))
        }
        (Score::Finite(0), _) | (_, false) => None,
        (score, true) => Some(reason(Pull::For, format!("{score} beside {whom}, which is {there}"))),
    }
}

/// What the agent itself says of how well it could be promoted there.
fn promotion(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let here = asked.scene.index.attributes(node).iter();
    here.filter_map(|attribute| {
        let part = attribute.promotes()?;
        let mine = asked.parts.iter().any(|placed| base(&placed.primitive.id) == part);
        mine.then(|| reason(Pull::Fact, format!("promotion score {} by its agent", attribute.value)))
    })
    .collect()
}

fn stickiness(asked: &Asked<'_, '_>) -> Option<Reason> {
    let (holder, value) = asked.meta("resource-stickiness")?;
    let from = if holder == base(asked.id) { String::new() } else { format!(" of {holder}") };
    let each = if asked.parts.len() > 1 { " for each of its members" } else { "" };
    (value != "0")
        .then(|| reason(Pull::For, format!("it is there already: resource-stickiness {value}{from}{each}")))
}
