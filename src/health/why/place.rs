//! What speaks for and against each node.

use super::resource::Asked;
use super::rule;
use super::{NodeAnswer, Pull, Reason};
use crate::health::scene::{Scene, base, is_host};
use crate::model::{ConstraintRule, Node, NodeKind, NodeName, ResourceId, Role, Score};

/// Every node that could run it, in the cluster's order.
pub(super) fn answers(asked: &Asked<'_, '_>) -> Vec<NodeAnswer> {
    asked
        .scene
        .picture
        .nodes
        .iter()
        .filter(|node| could_run(asked, node))
        .map(|node| answer(asked, node))
        .collect()
}

/// Fencing devices and connections to remote nodes run on members only.
fn could_run(asked: &Asked<'_, '_>, node: &Node) -> bool {
    let of_members = asked.parts.iter().any(|part| {
        let agent = &part.primitive.agent;
        agent.starts_with("stonith:") || agent == "ocf:pacemaker:remote"
    });
    is_host(&node.kind) && (!of_members || node.kind == NodeKind::Member)
}

fn answer(asked: &Asked<'_, '_>, node: &Node) -> NodeAnswer {
    let mut reasons = Vec::new();
    reasons.extend(state(node));
    reasons.extend(fail_count(asked, &node.name));
    reasons.extend(locations(asked, &node.name));
    reasons.extend(colocations(asked, &node.name));
    reasons.extend(opt_in(asked, &node.name));
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
    if Scene::is_available(node) {
        return None;
    }
    Some(if node.maintenance && node.online && !node.unclean {
        reason(Pull::Against, "it is in maintenance: what runs there is left alone, nothing is started there")
    } else {
        let word = if node.unclean {
            "it is unclean: it must be fenced before anything is known of it"
        } else if !node.online {
            "it is offline"
        } else if node.standby {
            "it is in standby"
        } else if node.standby_on_fail {
            "it is in standby after a failure"
        } else if node.pending {
            "it has not joined the cluster yet"
        } else {
            "it is leaving the cluster"
        };
        reason(Pull::Never, word)
    })
}

fn fail_count(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let counts = asked.scene.picture.fail_counts.iter();
    let here = counts.filter(|count| count.node == *node && asked.concerns(&count.resource));
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
        if count.at_threshold() {
            reason(Pull::Never, format!("{words}: out of bounds until it is cleaned up"))
        } else {
            reason(Pull::Fact, words)
        }
    })
    .collect()
}

fn locations(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let now = asked.scene.outlook.now;
    let mut reasons: Vec<Reason> = asked
        .scene
        .constraints()
        .filter(|constraint| constraint.expires.is_none_or(|end| end > now))
        .filter_map(|constraint| match &constraint.rule {
            ConstraintRule::Location { resource, node: Some(at), score, role, .. }
                if at == node && asked.concerns(resource) =>
            {
                let left = if constraint.is_leftover() { ", left over from a command by hand" } else { "" };
                Some(scored(*score, role.as_ref(), &format!("{}{left}", constraint.id)))
            }
            ConstraintRule::Location { resource, node: None, score, rule, .. }
                if asked.concerns(resource) =>
            {
                Some(by_rule(asked, node, *score, rule, constraint.id.as_str()))
            }
            _ => None,
        })
        .collect();
    if asked.scene.picture.cib.is_none() {
        let bans = asked.scene.picture.bans.iter();
        reasons.extend(bans.filter(|ban| ban.node == *node && asked.concerns(&ban.resource)).map(|ban| {
            let role = ban.promoted_only.then_some(Role::Promoted);
            scored(Some(ban.weight), role.as_ref(), ban.id.as_str())
        }));
    }
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
fn by_rule(asked: &Asked<'_, '_>, node: &NodeName, score: Option<Score>, rule: &str, id: &str) -> Reason {
    let attributes = asked.scene.picture.attributes.iter().filter(|attribute| {
        attribute.node == *node && rule.split([' ', '(', ')']).any(|word| word == attribute.name)
    });
    let values: Vec<String> =
        attributes.map(|attribute| format!("{} = {}", attribute.name, attribute.value)).collect();
    let values = if values.is_empty() { String::new() } else { format!("; here {}", values.join(", ")) };
    let holds = rule::holds(rule, |name| {
        if name == "#uname" {
            return Some(node.as_str());
        }
        let mut here = asked.scene.picture.attributes.iter().filter(|attribute| attribute.node == *node);
        here.find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    });
    let words = score.map_or_else(|| "a score".to_owned(), |score| format!("score {score}"));
    match holds {
        Some(true) => scored(score, None, &format!("{id}, as {rule}{values}")),
        Some(false) => reason(Pull::Fact, format!("no {words} by {id}: it asks for {rule}{values}")),
        None => reason(Pull::Fact, format!("{words} if {rule} ({id}){values}")),
    }
}

fn colocations(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    asked
        .scene
        .constraints()
        .filter_map(|constraint| match &constraint.rule {
            ConstraintRule::Colocation { resource, with, score: Some(score), role, with_role }
                if asked.concerns(resource) && role.as_ref() != Some(&Role::Promoted) =>
            {
                colocation(asked, node, with, *score, with_role.as_ref())
            }
            _ => None,
        })
        .collect()
}

fn colocation(
    asked: &Asked<'_, '_>,
    node: &NodeName,
    with: &ResourceId,
    score: Score,
    role: Option<&Role>,
) -> Option<Reason> {
    let active: Vec<_> = asked.scene.active(with, role).flat_map(|leader| &leader.primitive.nodes).collect();
    let is_here = active.contains(&node);
    let whom = if role == Some(&Role::Promoted) { format!("{with} promoted") } else { with.to_string() };
    match (score, is_here) {
        (Score::Infinity, false) => {
            Some(reason(Pull::Never, format!("runs only with {whom}, which is not there")))
        }
        (Score::MinusInfinity, true) => {
            Some(reason(Pull::Never, format!("never runs with {whom}, which is there")))
        }
        (score, true) if score.is_negative() => {
            Some(reason(Pull::Against, format!("{score} beside {whom}, which is there")))
        }
        (Score::Finite(0), _) | (_, false) => None,
        (score, true) => Some(reason(Pull::For, format!("{score} beside {whom}, which is there"))),
    }
}

/// In an opt-in cluster only what is allowed may run.
fn opt_in(asked: &Asked<'_, '_>, node: &NodeName) -> Option<Reason> {
    if asked.scene.picture.summary.options.symmetric != Some(false) || asked.scene.picture.cib.is_none() {
        return None;
    }
    let is_allowed = asked.scene.constraints().any(|constraint| match &constraint.rule {
        ConstraintRule::Location { resource, node: at, score, .. } => {
            asked.concerns(resource)
                && at.as_ref().is_none_or(|at| at == node)
                && score.is_none_or(|score| !score.is_negative())
        }
        _ => false,
    });
    (!is_allowed).then(|| reason(Pull::Never, "no constraint allows it there, and the cluster is opt-in"))
}

/// What the agent itself says of how well it could be promoted there.
fn promotion(asked: &Asked<'_, '_>, node: &NodeName) -> Vec<Reason> {
    let here = asked.scene.picture.attributes.iter().filter(|attribute| attribute.node == *node);
    here.filter_map(|attribute| {
        let name = &attribute.name;
        let part = name.strip_prefix("master-").or_else(|| name.strip_prefix("promotion-"))?;
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
