//! The nodes of a CIB: who is in the cluster, and what the attributes say.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::Names;
use super::history::{Histories, base};
use super::operation::State;
use super::rules::{OnFail, Rules};
use crate::model::text::clean;
use crate::model::{
    Cib, ClusterOptions, FailCount, FencingEvent, FencingOutcome, Node, NodeAttribute, NodeHealth, NodeKind,
    Resource, ResourceId, Role, Score,
};
use crate::pacemaker::parse::limits;
use crate::pacemaker::parse::reading::{self, Reading};
use crate::pacemaker::xml::Element;

/// The nodes, in the order of the configuration. Remote nodes are offline until [`connect_remotes`].
pub(super) fn read(
    root: &Element<'_>,
    cib: &Cib,
    states: &[&Element<'_>],
    options: &ClusterOptions,
    unknown: &mut Vec<String>,
    reading: &mut Reading<'_>,
) -> Vec<Node> {
    let dc = root.get("dc-uuid").unwrap_or_default();
    let configured: Vec<&Element<'_>> =
        root.named("configuration").flat_map(|it| it.listed("nodes", "node")).collect();
    let remotes = remotes(cib);
    let guests: HashSet<&str> = cib.resources.iter().filter_map(|it| it.meta("remote-node")).collect();
    let mut nodes: Vec<Node> = Vec::new();
    let mut known = HashSet::new();
    let by_name: HashMap<&str, &Element<'_>> =
        states.iter().map(|state| (state.text_of("uname"), *state)).collect();
    // A remote node is in the configuration only once it has a permanent attribute.
    let others = states.iter().filter(|state| !state.text_of("uname").is_empty()).copied();
    let others = others.chain(configured.iter().copied());
    let all = configured.iter().copied().chain(others);
    for element in all {
        let name = element.text_of("uname");
        if !known.insert(name) {
            continue;
        }
        let is_remote = element.get("type") == Some("remote")
            || guests.contains(name)
            || by_name
                .get(name)
                .is_some_and(|state| state.get("remote_node").is_some_and(crate::model::is_true));
        if is_remote && !remotes.contains(name) {
            unknown.push(format!("node {name}: it is a guest, or the connection to it isn't configured"));
            continue;
        }
        if nodes.len() == limits::NODES {
            continue;
        }
        let state = by_name.get(name).copied();
        let transient = state.map(|state| pairs(state.named("transient_attributes"))).unwrap_or_default();
        let permanent = configured.iter().find(|node| node.text_of("uname") == name);
        let permanent = permanent.map(|node| pairs(std::iter::once(*node))).unwrap_or_default();
        let attribute = |wanted: &str| {
            let value = transient.iter().chain(&permanent).find(|(name, _)| *name == wanted);
            value.map(|(_, value)| *value)
        };
        let flag = |name: &str| attribute(name).and_then(crate::model::boolean) == Some(true);
        let shutdown = attribute("shutdown").is_some_and(|value| !matches!(value, "" | "0"));
        let mut node = Node {
            name: name.into(),
            id: clean(element.text_of("id")),
            kind: if is_remote { NodeKind::Remote } else { NodeKind::Member },
            online: false,
            standby: flag("standby"),
            standby_on_fail: false,
            maintenance: flag("maintenance"),
            pending: false,
            unclean: false,
            shutdown,
            expected_up: state.is_some_and(|state| state.get("expected") == Some("member")),
            is_dc: !dc.is_empty() && element.get("id") == Some(dc),
            health: health(transient.iter().chain(&permanent)),
            resources_running: None,
            feature_set: attribute("#feature-set").map(clean),
        };
        if !is_remote {
            let startup = cib.property("startup-fencing").and_then(crate::model::boolean).unwrap_or(true);
            let is_fencing = options.fencing_enabled == Some(true);
            join(&mut node, state, attribute("terminate"), is_fencing, startup);
        }
        nodes.push(node);
    }
    if known.len() > limits::NODES {
        reading.leave_out(limits::NODES, known.len(), "nodes");
    }
    nodes
}

/// Who was fenced and hasn't come back: the controller that saw to it wrote the node's state. How and when isn't told.
pub(super) fn fenced(states: &[&Element<'_>], nodes: &[Node]) -> Vec<FencingEvent> {
    // The function that wrote it, by its name up to 3.0.0 and since 3.0.1 (`controld_fencing.c`).
    let wrote = |state: &Element<'_>| {
        matches!(state.text_of("crm-debug-origin"), "send_stonith_update" | "update_node_state_after_fencing")
    };
    let is_away = |name: &str| nodes.iter().any(|node| node.name.as_str() == name && !node.online);
    let fenced = states.iter().filter(|state| wrote(state) && is_away(state.text_of("uname")));
    fenced
        .map(|state| FencingEvent {
            action: "fencing".to_owned(),
            target: state.text_of("uname").into(),
            outcome: FencingOutcome::Success,
            delegate: None,
            client: String::new(),
            origin: None,
            completed: None,
            exit_reason: String::new(),
        })
        .collect()
}

/// The names of remote nodes that have a resource as their connection.
fn remotes(cib: &Cib) -> HashSet<&str> {
    // With a container it is the connection of a guest.
    let is_remote = |it: &&crate::model::ConfiguredResource| {
        it.agent.as_deref() == Some("ocf:pacemaker:remote") && it.meta("container").is_none()
    };
    cib.resources.iter().filter(is_remote).map(|it| it.id.as_str()).collect()
}

/// Whether a full member takes part, as the scheduler sees it.
fn join(
    node: &mut Node,
    state: Option<&Element<'_>>,
    terminate: Option<&str>,
    is_fencing: bool,
    startup_fencing: bool,
) {
    let Some(state) = state else {
        node.unclean = is_fencing && startup_fencing;
        return;
    };
    let is_member = state.get("in_ccm").is_some_and(is_since);
    let has_controller = state.get("crmd").is_some_and(|value| value == "online" || is_time(value));
    let join = state.text_of("join");
    let has_joined = join == "member";
    let terminate = terminate.is_some_and(|value| !matches!(value, "" | "0" | "false"));
    if !is_fencing {
        node.online = is_member && has_controller && has_joined;
        node.unclean = is_member && !has_controller && node.expected_up;
        return;
    }
    // What isn't ready to run resources is in standby.
    node.online = is_member;
    if node.shutdown {
        // A dead peer can't shut down.
        node.online = has_controller;
    } else if state.get("in_ccm").is_none() || join == "banned" || join == "nack" {
        node.unclean = true;
    } else if !terminate && !node.expected_up {
        node.pending = is_member || has_controller;
    } else if terminate && join == "down" && !is_member && !has_controller {
        node.online = false;
    } else if !is_member || !has_controller || terminate {
        node.unclean = true;
    } else {
        node.pending = matches!(join, "pending" | "down");
        node.unclean = !has_joined && !node.pending;
    }
    node.standby |= node.pending;
}

/// A flag which from 2.1.7 on is the time since when it holds.
fn is_since(value: &str) -> bool {
    crate::model::boolean(value).unwrap_or_else(|| is_time(value))
}

fn is_time(value: &str) -> bool {
    value.parse::<i64>().is_ok_and(|seconds| seconds > 0)
}

/// A remote node is online while its connection is started and hasn't failed, and leaves while that is to stop.
pub(super) fn connect_remotes(
    nodes: &mut [Node],
    cib: &Cib,
    histories: &Histories<'_>,
    unknown: &mut Vec<String>,
) {
    for node in nodes.iter_mut().filter(|node| node.kind == NodeKind::Remote) {
        let connections = histories.of(node.name.as_str());
        if connections.iter().any(|place| place.standing.unknown.is_some()) {
            unknown.push(format!("node {}: the state of its connection", node.name));
        }
        let is_started = connections.iter().any(|place| place.standing.state > State::Stopped);
        node.online = is_started && connections.iter().all(|place| place.standing.failed.is_none());
        let target = cib.resource(node.name.as_str()).and_then(|connection| connection.meta("target-role"));
        node.shutdown |= is_started && target.map(reading::role_of) == Some(Role::Stopped);
    }
}

/// Nodes that have to be fenced for what runs, or failed, on them.
pub(super) fn fence(nodes: &mut [Node], histories: &Histories<'_>, rules: &Rules<'_>) {
    if !rules.is_fencing() {
        return;
    }
    let (mut failed, mut running) = (HashSet::new(), HashSet::new());
    for (id, place) in histories.all() {
        if place.standing.failed == Some(OnFail::Fence) {
            failed.insert(place.node);
        }
        if place.standing.state > State::Stopped && !rules.is_unmanaged(id) {
            running.insert(place.node);
        }
    }
    for node in nodes {
        let name = node.name.as_str();
        // Where nobody answers, what was started there may still run.
        node.unclean |=
            if node.online { failed.contains(name) } else { !node.maintenance && running.contains(name) };
    }
}

/// The pairs of an element's attributes.
fn pairs<'e>(elements: impl Iterator<Item = &'e Element<'e>>) -> Vec<(&'e str, &'e str)> {
    let pairs = elements.flat_map(|element| element.listed("instance_attributes", "nvpair"));
    pairs.map(|pair| (pair.text_of("name"), pair.text_of("value"))).collect()
}

fn health<'p>(pairs: impl Iterator<Item = &'p (&'p str, &'p str)>) -> NodeHealth {
    let values = pairs.filter(|(name, _)| name.starts_with("#health")).map(|(_, value)| *value);
    values.filter_map(|value| value.parse().ok()).max().unwrap_or_default()
}

/// Attributes with a meaning of their own, which `crm_mon` doesn't list.
const HIDDEN: [&str; 7] =
    ["shutdown", "fail-count", "last-failure", "terminate", "standby", "probe_complete", "#"];

/// The attributes of the nodes that are online, and all fail counts above zero.
pub(super) fn attributes(
    root: &Element<'_>,
    cib: &Cib,
    states: &[&Element<'_>],
    nodes: &[Node],
    reading: &mut Reading<'_>,
) -> (Vec<NodeAttribute>, Vec<FailCount>) {
    let names: Names<'_> = states
        .iter()
        .copied()
        .chain(root.named("configuration").flat_map(|it| it.listed("nodes", "node")))
        .map(|node| (node.text_of("id"), node.text_of("uname").into()))
        .collect();
    let mut sets: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
    for state in states {
        let found = pairs(state.named("transient_attributes"));
        sets.entry(state.text_of("id")).or_default().extend(found);
    }
    for node in root.named("configuration").flat_map(|it| it.listed("nodes", "node")) {
        sets.entry(node.text_of("id")).or_default().extend(pairs(std::iter::once(node)));
    }
    let (mut attributes, mut counts) = (Vec::new(), Vec::new());
    for node in nodes {
        let Some(pairs) = names.iter().find(|(_, name)| **name == node.name).and_then(|(id, _)| sets.get(id))
        else {
            continue;
        };
        counts.extend(fail_counts(node, pairs, cib));
        if node.online {
            let mut listed = HashMap::new();
            for (name, value) in
                pairs.iter().filter(|(name, _)| !HIDDEN.iter().any(|it| name.starts_with(it)))
            {
                listed.entry(*name).or_insert(*value);
            }
            let mut listed: Vec<_> = listed.into_iter().collect();
            listed.sort_unstable();
            attributes.extend(listed.into_iter().map(|(name, value)| NodeAttribute {
                node: node.name.clone(),
                name: clean(name),
                value: clean(value),
                expected: None,
            }));
        }
    }
    let attributes = reading.first(limits::ATTRIBUTES, "node attributes", attributes);
    let counts = reading.first(limits::FAIL_COUNTS, "fail counts", counts);
    (attributes, counts)
}

/// `fail-count-RSC#OPERATION_INTERVAL`, added up for each resource; before 1.1.17 without the operation.
fn fail_counts(node: &Node, pairs: &[(&str, &str)], cib: &Cib) -> Vec<FailCount> {
    let split = |name: &str, prefix: &str| {
        let rest = name.strip_prefix(prefix)?;
        Some(base(rest.rsplit_once('#').map_or(rest, |(resource, _)| resource)).to_owned())
    };
    let mut counts: Vec<FailCount> = Vec::new();
    for (name, value) in pairs {
        let Some((id, count)) = split(name, "fail-count-").zip(Score::parse(value)) else { continue };
        if count <= Score::Finite(0) {
            continue;
        }
        if let Some(known) = counts.iter_mut().find(|known| known.resource == *id) {
            known.count = sum(known.count, count);
            continue;
        }
        let failed = pairs.iter().filter(|(name, _)| split(name, "last-failure-").as_deref() == Some(&id));
        let seconds = failed.filter_map(|(_, value)| value.parse().ok());
        let last = seconds.max().and_then(|seconds| Timestamp::from_second(seconds).ok());
        counts.push(FailCount {
            node: node.name.clone(),
            migration_threshold: Some(threshold(&id, cib)),
            resource: ResourceId::from(id),
            count,
            last_failure: last,
        });
    }
    counts
}

fn sum(one: Score, other: Score) -> Score {
    match (one, other) {
        (Score::Finite(one), Score::Finite(other)) => Score::from_number(i64::from(one) + i64::from(other)),
        _ => Score::Infinity,
    }
}

/// The migration threshold of every resource that has a history.
pub(super) fn thresholds(
    histories: &Histories<'_>,
    cib: &Cib,
    reading: &mut Reading<'_>,
) -> Vec<(ResourceId, Score)> {
    let ids: BTreeSet<&str> = histories.all().map(|(id, _)| id).collect();
    let known = ids.into_iter().filter(|id| cib.resource(id).is_some());
    let thresholds = known.map(|id| (ResourceId::from(id), threshold(id, cib)));
    reading.first(limits::RESOURCES, "migration thresholds", thresholds)
}

fn threshold(id: &str, cib: &Cib) -> Score {
    let mut chain = super::resources::chain(cib, id);
    let own = chain.find_map(|resource| resource.meta("migration-threshold"));
    own.or_else(|| cib.resource_default("migration-threshold"))
        .and_then(Score::parse)
        .unwrap_or(Score::Infinity)
}

/// Tells each node how many resources run there.
pub(super) fn count_resources(nodes: &mut [Node], resources: &[Resource]) {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for (_, primitive) in resources.iter().flat_map(Resource::primitives) {
        for node in &primitive.nodes {
            *counts.entry(node.to_string()).or_default() += 1;
        }
    }
    for node in nodes {
        node.resources_running = Some(counts.get(node.name.as_str()).copied().unwrap_or(0));
    }
}
