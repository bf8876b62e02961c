//! What keeps a resource off a node.

use super::company::{self, Company};
use super::resource::Asked;
use super::rule;
use crate::health::incident;
use crate::health::scene::{Scene, base, is_host};
use crate::health::words::listed;
use crate::model::{
    BondKind, Constraint, FailedProbe, Node, NodeHealth, NodeKind, NodeName, Place, ResourceId, Role, Score,
    is_true,
};

/// One thing that keeps a resource off a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::health) enum Barrier<'a> {
    /// A constraint without a rule.
    Ban(&'a str),
    /// The node is offline, in standby, leaving …
    State(State),
    /// A constraint with a rule that holds there, and the values that make it hold.
    Rule(&'a str, String),
    /// Its health bars it, by `node-health-strategy`.
    Health(NodeHealth),
    /// The resource failed there too often.
    Failed,
    /// A probe found that it can't run there: the agent's words.
    Probed(&'a str),
    /// No room is left: of what, how much it needs and how much is left.
    Room(&'a str, i64, i64),
    /// What it may only run with isn't there.
    Without(Company<'a>),
    /// What it must not run with is there.
    Beside(Company<'a>),
    /// No constraint allows it there, and the cluster is opt-in.
    OptIn,
    /// Another constraint of the resource says `resource-discovery="exclusive"`.
    Undiscovered,
}

/// Why a node takes no resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::health) enum State {
    Unclean,
    Offline,
    Pending,
    Standby,
    StandbyOnFail,
    ShuttingDown,
    Maintenance,
}

impl State {
    pub(in crate::health) fn of(node: &Node) -> Option<Self> {
        if node.unclean {
            Some(Self::Unclean)
        } else if !node.online {
            Some(Self::Offline)
        } else if node.pending {
            // A pending node is marked as in standby by some versions, and that says nothing of it.
            Some(Self::Pending)
        } else if node.standby_on_fail {
            Some(Self::StandbyOnFail)
        } else if node.standby {
            Some(Self::Standby)
        } else if node.shutdown {
            Some(Self::ShuttingDown)
        } else if node.maintenance {
            Some(Self::Maintenance)
        } else {
            None
        }
    }

    /// `in standby`: to follow a node's name.
    pub(in crate::health) const fn words(self) -> &'static str {
        match self {
            Self::Unclean => "unclean",
            Self::Offline => "offline",
            Self::Pending => "not joined yet",
            Self::Standby => "in standby",
            Self::StandbyOnFail => "in standby after a failure",
            Self::ShuttingDown => "leaving the cluster",
            Self::Maintenance => "in maintenance",
        }
    }
}

/// The nodes that could run it, each with what keeps it off, the most lasting first.
pub(in crate::health) fn barriers<'a>(asked: &Asked<'_, 'a>) -> Vec<(&'a Node, Vec<Barrier<'a>>)> {
    hosts(asked).map(|node| (node, of_node(asked, node))).collect()
}

/// The nodes of a kind that could run it. Fencing devices, connections to remote nodes and the machines of guests run on
/// members only, a bundle's containers on remote nodes as well. What is outside of containers never runs in one.
pub(super) fn hosts<'a>(asked: &Asked<'_, 'a>) -> impl Iterator<Item = &'a Node> + use<'a> {
    let is_of_bundle = asked.parts.iter().any(|part| part.bundle().is_some());
    let is_of_members = asked.parts.iter().any(|part| {
        let agent = &part.primitive.agent;
        agent.starts_with("stonith:")
            || agent == "ocf:pacemaker:remote"
            || asked.scene.index.is_machine(base(&part.primitive.id))
    });
    let could_run = move |kind: &NodeKind| match kind {
        NodeKind::Member => true,
        NodeKind::Remote if is_of_bundle => true,
        other => is_host(other) && !is_of_bundle && !is_of_members,
    };
    asked.scene.picture.nodes.iter().filter(move |node| could_run(&node.kind))
}

pub(super) fn of_node<'a>(asked: &Asked<'_, 'a>, node: &'a Node) -> Vec<Barrier<'a>> {
    let name = &node.name;
    let mut barriers: Vec<Barrier<'a>> = placed(asked, name);
    barriers.extend(State::of(node).map(Barrier::State));
    barriers.extend(health(asked, node).map(Barrier::Health));
    barriers.extend(failed(asked, name).then_some(Barrier::Failed));
    barriers.extend(probed(asked, name).map(Barrier::Probed));
    barriers.extend(opt_in(asked, name).then_some(Barrier::OptIn));
    barriers.extend(undiscovered(asked, name).then_some(Barrier::Undiscovered));
    barriers.extend(room(asked, name));
    barriers.extend(company::barriers(asked, name));
    barriers.sort_by_key(|barrier| match barrier {
        Barrier::Ban(_) | Barrier::OptIn | Barrier::Undiscovered => 0,
        Barrier::State(_) => 1,
        Barrier::Health(_) => 2,
        Barrier::Rule(..) => 3,
        Barrier::Failed | Barrier::Probed(_) => 4,
        Barrier::Room(..) => 5,
        Barrier::Without(_) | Barrier::Beside(_) => 6,
    });
    barriers
}

/// Whether the place still counts.
pub(super) fn is_in_force(scene: &Scene<'_>, constraint: &Constraint) -> bool {
    constraint.expires.is_none_or(|end| end > scene.outlook.now)
}

/// The constraints that keep it off. `crm_mon`'s bans prove which rules hold now.
fn placed<'a>(asked: &Asked<'_, 'a>, node: &NodeName) -> Vec<Barrier<'a>> {
    let never = |place: &&Place<'a>| {
        place.score == Some(Score::MinusInfinity)
            && place.role != Some(&Role::Promoted)
            && is_in_force(asked.scene, place.constraint)
    };
    let places: Vec<Place<'a>> = asked.places().collect();
    let mut barriers: Vec<Barrier<'a>> = Vec::new();
    for place in places.iter().filter(never) {
        let id = place.constraint.id.as_str();
        match place.node {
            Some(at) if at == node => barriers.push(Barrier::Ban(id)),
            None if holds(asked, place, node) == Some(true) => {
                barriers.push(Barrier::Rule(id, values(asked, place.rule, node)));
            }
            _ => {}
        }
    }
    let known = |id| places.iter().any(|place| place.constraint.makes_ban(id));
    let bans = asked.bans().filter(|ban| {
        ban.node == *node && ban.weight == Score::MinusInfinity && !ban.promoted_only && !known(&ban.id)
    });
    barriers.extend(bans.map(|ban| match short_of_targets(asked, node) {
        values if values.is_empty() || ban.id.as_str().starts_with("cli-") => Barrier::Ban(ban.id.as_str()),
        values => Barrier::Rule(ban.id.as_str(), values),
    }));
    barriers
}

/// Whether a place by a rule holds on a node, as far as it is certain.
pub(in crate::health) fn holds(asked: &Asked<'_, '_>, place: &Place<'_>, node: &NodeName) -> Option<bool> {
    let is_listed = |node: Option<&NodeName>| {
        let mut bans = asked.bans();
        bans.any(|ban| place.constraint.makes_ban(&ban.id) && node.is_none_or(|node| ban.node == *node))
    };
    if is_listed(Some(node)) {
        return Some(true);
    }
    // It is listed for the nodes where it holds.
    if place.score.is_some_and(Score::is_negative) && is_listed(None) {
        return Some(false);
    }
    rule::holds(place.rule, |name| {
        if name == "#uname" {
            return Some(node.as_str());
        }
        let mut here = asked.scene.index.attributes(node).iter();
        here.find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    })
}

/// `pingd = 0`: the node's values of the attributes that a rule looks at.
pub(super) fn values(asked: &Asked<'_, '_>, rule: &str, node: &NodeName) -> String {
    let here = asked.scene.index.attributes(node).iter();
    let named = here.filter(|attribute| rule.split([' ', '(', ')']).any(|word| word == attribute.name));
    let values: Vec<String> =
        named.map(|attribute| format!("{} = {}", attribute.name, attribute.value)).collect();
    values.join(", ")
}

/// The same where the rule isn't known: the attributes that are below what their ping resource expects.
fn short_of_targets(asked: &Asked<'_, '_>, node: &NodeName) -> String {
    let short = asked.scene.index.attributes(node).iter().filter(|attribute| {
        let number = |text: &str| text.parse::<i64>().ok();
        let expected = attribute.expected.as_deref().and_then(number);
        expected.zip(number(&attribute.value)).is_some_and(|(expected, value)| value < expected)
    });
    let values: Vec<String> =
        short.map(|attribute| format!("{} = {}", attribute.name, attribute.value)).collect();
    values.join(", ")
}

/// A health that bars the node, unless the resource is meant for unhealthy nodes.
fn health(asked: &Asked<'_, '_>, node: &Node) -> Option<NodeHealth> {
    let strategy = asked.scene.property("node-health-strategy")?;
    let scored = |name| strategy == "progressive" && outweighs(asked, &node.name, name);
    let bars = match node.health {
        NodeHealth::Green => false,
        NodeHealth::Yellow => strategy == "only-green" || scored("node-health-yellow"),
        NodeHealth::Red => matches!(strategy, "only-green" | "migrate-on-red") || scored("node-health-red"),
    };
    let exempt = asked.meta("allow-unhealthy-nodes").is_some_and(|(_, value)| is_true(value));
    (bars && !exempt).then_some(node.health)
}

/// Whether that property's score keeps it off: a negative one that nothing asking for the node may make up for.
fn outweighs(asked: &Asked<'_, '_>, node: &NodeName, property: &str) -> bool {
    match asked.scene.property(property).and_then(Score::parse) {
        Some(Score::MinusInfinity) => true,
        Some(score) if score.is_negative() => {
            let asks = |place: &Place<'_>| {
                place.score.is_none_or(|score| !score.is_negative())
                    && place.node.map_or_else(|| holds(asked, place, node) != Some(false), |at| at == node)
            };
            let follows = asked.bonds().any(|bond| matches!(bond.kind, BondKind::With { .. }));
            let has_base = asked.scene.property("node-health-base").is_some_and(|base| base != "0");
            !follows && !has_base && !asked.places().any(|place| asks(&place))
        }
        _ => false,
    }
}

fn failed(asked: &Asked<'_, '_>, node: &NodeName) -> bool {
    asked.counts().any(|count| count.node == *node && incident::bars(asked.scene, count))
}

/// The result of a probe that bars the node until it is cleaned up: the agent can't run there.
fn probed<'a>(asked: &Asked<'_, 'a>, node: &NodeName) -> Option<&'a str> {
    let probes = asked.scene.picture.failed_probes.iter();
    // After that Pacemaker asks the node again.
    let has_expired = |probe: &FailedProbe| incident::has_expired(asked.scene, &probe.resource, probe.at);
    let mut here = probes.filter(|probe| probe.node == *node && HARD.contains(&probe.exit_code));
    let probe = here.find(|probe| is_of(&asked.family, &probe.resource) && !has_expired(probe))?;
    Some(if probe.exit_status.is_empty() { "error" } else { &probe.exit_status })
}

/// Exit codes with which Pacemaker doesn't try a node again: invalid parameter, not implemented, insufficient
/// privileges, not installed.
const HARD: [i32; 4] = [2, 3, 4, 5];

/// In an opt-in cluster only what is allowed may run.
fn opt_in(asked: &Asked<'_, '_>, node: &NodeName) -> bool {
    let scene = asked.scene;
    if scene.picture.summary.options.symmetric != Some(false) || scene.picture.cib.is_none() {
        return false;
    }
    // A pattern may allow it, and what it matches isn't known.
    if scene.has_patterns() {
        return false;
    }
    !asked.places().any(|place| {
        let allows = place.score.is_none_or(|score| !score.is_negative());
        let here = match place.node {
            Some(at) => at == node,
            None => holds(asked, &place, node) != Some(false),
        };
        allows && here && is_in_force(scene, place.constraint)
    })
}

fn undiscovered(asked: &Asked<'_, '_>, node: &NodeName) -> bool {
    let exclusive = |place: &Place<'_>| place.constraint.discovery.as_deref() == Some("exclusive");
    let mut places = asked.places().filter(exclusive).peekable();
    places.peek().is_some() && places.all(|place| place.node.is_some_and(|at| at != node))
}

fn room<'a>(asked: &Asked<'_, 'a>, node: &NodeName) -> Option<Barrier<'a>> {
    let scene = asked.scene;
    let strategy = scene.property("placement-strategy")?;
    if !matches!(strategy, "utilization" | "minimal" | "balanced") {
        return None;
    }
    let cib = scene.picture.cib.as_deref()?;
    let capacity = cib.capacities.iter().find(|(name, _)| name == node).map(|(_, capacity)| capacity);
    asked.needs().into_iter().find_map(|(name, need)| {
        let whole = capacity.into_iter().flatten().find(|(key, _)| key == name).map_or(0, |(_, size)| *size);
        let left = whole.saturating_sub(scene.index.used(node, name));
        (need > left).then_some(Barrier::Room(name, need, left))
    })
}

/// All that keeps a resource off its nodes in one line, given the first barrier of each: `by-day keeps it off t1 and
/// t2`.
pub(in crate::health) fn headline(barriers: &[(&Node, Vec<Barrier<'_>>)]) -> String {
    let first: Vec<(&NodeName, &Barrier<'_>)> =
        barriers.iter().filter_map(|(node, all)| Some((&node.name, all.first()?))).collect();
    if !all_in_standby(barriers).is_empty() {
        return "all its nodes are in standby".to_owned();
    }
    // A node that a constraint without a rule excludes is none of its nodes, as long as it has others.
    let own: Vec<_> = first.iter().filter(|(_, barrier)| !is_lasting(barrier)).copied().collect();
    let shown = if own.is_empty() { first } else { own };
    let mut groups: Vec<(&Barrier<'_>, Vec<&NodeName>)> = Vec::new();
    for (node, barrier) in shown {
        match groups.iter_mut().find(|(other, _)| *other == barrier) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((barrier, vec![node])),
        }
    }
    let words: Vec<String> = groups.iter().map(|(barrier, nodes)| words(barrier, nodes)).collect();
    words.join("; ")
}

/// The nodes of a resource, if all of them are in standby; else none. A node from which a constraint without a rule
/// excludes it isn't one of its nodes.
pub(in crate::health) fn all_in_standby<'a>(barriers: &[(&'a Node, Vec<Barrier<'_>>)]) -> Vec<&'a NodeName> {
    let first = barriers.iter().filter_map(|(node, all)| Some((&node.name, all.first()?)));
    let own: Vec<_> = first.filter(|(_, barrier)| !is_lasting(barrier)).collect();
    if own.iter().any(|(_, barrier)| **barrier != Barrier::State(State::Standby)) {
        return Vec::new();
    }
    own.into_iter().map(|(node, _)| node).collect()
}

/// Whether only earlier failures keep it off: a node that should run it all the same.
pub(in crate::health) const fn is_failure(barrier: &Barrier<'_>) -> bool {
    matches!(barrier, Barrier::Failed | Barrier::Probed(_))
}

/// Whether a constraint without a rule keeps it off for good, which is most likely meant.
pub(in crate::health) const fn is_lasting(barrier: &Barrier<'_>) -> bool {
    matches!(barrier, Barrier::Ban(_) | Barrier::OptIn | Barrier::Undiscovered)
}

fn words(barrier: &Barrier<'_>, nodes: &[&NodeName]) -> String {
    let on = listed(nodes);
    let have = if nodes.len() == 1 { "has" } else { "have" };
    match barrier {
        Barrier::Ban(id) => format!("{id} keeps it off {on}"),
        Barrier::Rule(id, values) if values.is_empty() => format!("{id} keeps it off {on}"),
        Barrier::Rule(id, values) => format!("{id} keeps it off {on} ({values})"),
        Barrier::State(state) => format!("{on} {}", state.words()),
        Barrier::Health(health) => {
            let possessive: Vec<String> = nodes.iter().map(|node| format!("{node}'s")).collect();
            format!("{} health is {health}", listed(possessive))
        }
        Barrier::Failed => format!("failed too often on {on}"),
        Barrier::Probed(result) => format!("{result} on {on}"),
        Barrier::Room(name, need, left) => format!("needs {name} {need}; {on} {have} {left} left"),
        Barrier::Without(company) => {
            format!("{} not{} {}", company.leader, company::role_word(company.role), company.at(&on))
        }
        Barrier::Beside(company) => format!("kept apart from {} {}", company.leader, company.at(&on)),
        Barrier::OptIn => format!("no constraint allows it on {on} (opt-in cluster)"),
        Barrier::Undiscovered => format!("resource-discovery excludes {on}"),
    }
}

/// The same about one node: `t1: by-day keeps it off (…)`.
pub(in crate::health) fn line(node: &NodeName, barrier: &Barrier<'_>) -> String {
    match barrier {
        Barrier::Ban(id) => format!("{node}: banned by {id}"),
        Barrier::Rule(id, values) if values.is_empty() => format!("{node}: banned by the rule of {id}"),
        Barrier::Rule(id, values) => format!("{node}: banned by the rule of {id}, {values}"),
        Barrier::State(state) => format!("{node}: {}", state.words()),
        Barrier::Health(health) => format!("{node}: its health is {health}"),
        Barrier::Failed => format!("{node}: it failed there too often"),
        Barrier::Probed(result) => format!("{node}: its probe failed there: {result}"),
        Barrier::Room(name, need, left) => format!("{node}: {name} {left} left, {need} needed"),
        Barrier::Without(company) => format!("{node}: {} {}", company.leader, company.state(false)),
        Barrier::Beside(company) => {
            format!("{node}: {} {}, and they are kept apart", company.leader, company.state(true))
        }
        Barrier::OptIn => format!("{node}: no constraint allows it, and the cluster is opt-in"),
        Barrier::Undiscovered => format!("{node}: resource-discovery is exclusive to other nodes"),
    }
}

/// Whether a family's ids hold that one, instance numbers aside.
pub(super) fn is_of(family: &[&ResourceId], id: &ResourceId) -> bool {
    family.iter().any(|own| base(own) == base(id))
}
