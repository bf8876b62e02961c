//! What a node's history of operations says of each resource.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::operation::{
    FAILED_PROMOTED, NOT_INSTALLED, NOT_RUNNING, OK, Operation, RUNNING_PROMOTED, Standing, State,
};
use super::rules::Rules;
use super::seconds;
use crate::model::text::clean;
use crate::model::{FailedProbe, Failure, Node, NodeName};
use crate::pacemaker::parse::limits;
use crate::pacemaker::parse::reading::Reading;
use crate::pacemaker::xml::Element;

/// The histories of all nodes.
#[derive(Debug)]
pub(super) struct Histories<'e> {
    /// By the resource's id without an instance number; each node in the order of the status.
    standings: BTreeMap<&'e str, Vec<At<'e>>>,
    failures: Vec<(&'e Element<'e>, &'e str, &'e str)>,
    newest: Option<Timestamp>,
    /// Resources with a history on a node that isn't in the picture.
    elsewhere: HashSet<&'e str>,
}

/// One node's history of one resource.
#[derive(Debug)]
pub(super) struct At<'e> {
    pub(super) node: &'e str,
    /// The id with the instance number, where there is one.
    pub(super) id: &'e str,
    /// `ocf:heartbeat:IPaddr2`, as the history has it.
    pub(super) agent: String,
    pub(super) standing: Standing,
}

impl<'e> Histories<'e> {
    pub(super) fn new(states: &[&'e Element<'e>], rules: &Rules<'_>, reading: &mut Reading<'_>) -> Self {
        let mut histories = Self {
            standings: BTreeMap::new(),
            failures: Vec::new(),
            newest: None,
            elsewhere: HashSet::new(),
        };
        for state in states {
            let node = state.text_of("uname");
            let resources = state.named("lrm").flat_map(|lrm| lrm.listed("lrm_resources", "lrm_resource"));
            for resource in reading.first(limits::RESOURCES, "resources in the history of a node", resources)
            {
                histories.add(node, resource, rules);
            }
        }
        histories
    }

    fn add(&mut self, node: &'e str, resource: &'e Element<'e>, rules: &Rules<'_>) {
        let id = resource.text_of("id");
        let base = base(id);
        let mut operations: Vec<Operation<'e>> =
            resource.named("lrm_rsc_op").filter_map(Operation::new).collect();
        operations.sort_by_key(|operation| (operation.is_pending(), operation.call, operation.at));
        let newest = operations.iter().filter_map(|operation| seconds(operation.element, "last-rc-change"));
        self.newest = self.newest.max(newest.max());
        let mut standing = Standing::default();
        for operation in &operations {
            if operation.apply(base, rules, &mut standing) {
                self.failures.push((operation.element, node, id));
            }
        }
        let class = [Some(resource.text_of("class")), resource.get("provider"), resource.get("type")];
        let agent = clean(&class.into_iter().flatten().collect::<Vec<_>>().join(":"));
        self.standings.entry(base).or_default().push(At { node, id, agent, standing });
    }

    /// Forgets the histories that don't count: those of unknown nodes and, without fencing, of nodes that are offline.
    pub(super) fn keep(&mut self, nodes: &[Node], is_fencing: bool) {
        let known: HashSet<&str> =
            nodes.iter().filter(|node| node.online || is_fencing).map(|node| node.name.as_str()).collect();
        let pictured: HashSet<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        for (id, places) in &mut self.standings {
            let is_elsewhere =
                |place: &At<'_>| place.standing.state > State::Stopped && !pictured.contains(place.node);
            if places.iter().any(is_elsewhere) {
                self.elsewhere.insert(id);
            }
            places.retain(|place| known.contains(place.node));
        }
        self.failures.retain(|(_, node, _)| known.contains(node));
    }

    /// Every node's history of that resource.
    pub(super) fn of(&self, id: &str) -> &[At<'e>] {
        self.standings.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it runs on a node that isn't in the picture, such as a guest.
    pub(super) fn is_elsewhere(&self, id: &str) -> bool {
        self.elsewhere.contains(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'e str, &At<'e>)> {
        self.standings.iter().flat_map(|(id, places)| places.iter().map(|place| (*id, place)))
    }

    pub(super) const fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// The failed operations, one for each key and node.
    pub(super) fn failures(&self, reading: &mut Reading<'_>) -> Vec<Failure> {
        let mut seen = HashSet::new();
        let is_new = |(element, node, _): &&(&'e Element<'e>, &'e str, &'e str)| {
            seen.insert((element.text_of("operation_key"), *node))
        };
        let failures = self.failures.iter().filter(is_new);
        let failures = reading.first(limits::FAILURES, "failures", failures);
        failures.into_iter().map(|(element, node, id)| failure(element, node, id)).collect()
    }

    /// Probes that found neither a resource that runs nor one that doesn't.
    pub(super) fn failed_probes(&self, reading: &mut Reading<'_>) -> Vec<FailedProbe> {
        let probe = |(element, node, id): &(&Element<'_>, &str, &str)| {
            let operation = Operation::new(element)?;
            let is_answer = matches!(operation.code, OK | NOT_RUNNING | RUNNING_PROMOTED);
            (operation.is_probe && !is_answer).then(|| FailedProbe {
                node: NodeName::from(*node),
                resource: base(id).into(),
                exit_code: operation.code,
                exit_status: exit_status(operation.code).to_owned(),
                at: operation.at,
            })
        };
        reading.first(limits::FAILURES, "failed probes", self.failures.iter().filter_map(probe))
    }
}

fn failure(element: &Element<'_>, node: &str, id: &str) -> Failure {
    let code = element.get("rc-code").and_then(|code| code.parse().ok());
    Failure {
        resource: base(id).into(),
        node: NodeName::from(node),
        operation: clean(element.text_of("operation")),
        interval_ms: element.text_of("interval").parse().unwrap_or(0),
        exit_code: code,
        exit_status: code.map_or("", exit_status).to_owned(),
        exit_reason: clean(element.text_of("exit-reason")),
        status: status(element.text_of("op-status")).to_owned(),
        at: seconds(element, "last-rc-change"),
    }
}

/// Pacemaker's words for the exit codes of OCF.
const fn exit_status(code: i32) -> &'static str {
    match code {
        OK => "ok",
        1 => "error",
        2 => "invalid parameter",
        3 => "unimplemented feature",
        4 => "insufficient privileges",
        NOT_INSTALLED => "not installed",
        6 => "not configured",
        NOT_RUNNING => "not running",
        RUNNING_PROMOTED => "promoted",
        FAILED_PROMOTED => "promoted (failed)",
        190 => "degraded",
        191 => "promoted (degraded)",
        _ => "unknown",
    }
}

/// Pacemaker's words for how an operation was carried out.
fn status(code: &str) -> &'static str {
    match code {
        "-1" => "pending",
        "0" => "complete",
        "1" => "Cancelled",
        "2" => "Timed Out",
        "3" => "NOT SUPPORTED",
        "4" => "Error",
        "5" => "Hard error",
        "6" => "Fatal error",
        "7" => "Not installed",
        _ => "unknown",
    }
}

/// The id without an instance number.
pub(super) fn base(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            base
        }
        _ => id,
    }
}
