//! What a node's history of operations says of each resource.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::seconds;
use crate::model::text::clean;
use crate::model::{
    Cib, ClusterOptions, ConfiguredResource, FailedProbe, Failure, Node, NodeName, ResourceId, boolean,
};
use crate::pacemaker::parse::limits;
use crate::pacemaker::parse::reading::Reading;
use crate::pacemaker::xml::Element;

/// The exit codes of OCF.
const OK: i32 = 0;
const INVALID_PARAMETER: i32 = 2;
const NOT_INSTALLED: i32 = 5;
const NOT_RUNNING: i32 = 7;
const RUNNING_PROMOTED: i32 = 8;
const FAILED_PROMOTED: i32 = 9;

/// How an operation was carried out: to its end, whatever came of it. In other cases the exit code tells nothing.
const DONE: i32 = 0;
const ERROR: i32 = 4;

/// What a resource is on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum State {
    #[default]
    Stopped,
    /// Started, or unpromoted.
    Started,
    Promoted,
}

/// An operation that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Starting,
    Stopping,
    Promoting,
    Demoting,
    Monitoring,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OnFail {
    Ignore,
    Restart,
    /// A remote node's connection is lost, and its node is fenced.
    Reset,
    /// It stays away until the failure is cleaned up.
    Lasting,
    Block,
    /// Its node is fenced.
    Fence,
}

/// What one node's history says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub(super) state: State,
    /// What follows from a failure that nothing has cleared since.
    pub(super) failed: Option<OnFail>,
    /// The operation that failed last, with its interval, and when.
    last_failure: Option<(String, Option<Timestamp>)>,
    pub(super) pending: Option<Pending>,
    /// Why the rest can't be trusted.
    pub(super) unknown: Option<&'static str>,
}

/// What the configuration says of failures.
#[derive(Debug)]
pub(super) struct Rules<'e> {
    /// `on-fail` of each primitive's operations: its id, the operation, what it says.
    on_fail: HashMap<(&'e str, &'e str), &'e str>,
    /// Primitives whose failures expire, by their own meta attributes.
    expiring: HashSet<String>,
    /// All failures may expire, or `on-fail` has another default.
    has_defaults: bool,
    unmanaged: HashSet<String>,
    /// Connections of remote nodes, and whether they wait before they try again.
    connections: HashMap<String, bool>,
    is_fencing: bool,
}

impl<'e> Rules<'e> {
    pub(super) fn new(root: &'e Element<'_>, cib: &Cib, options: &ClusterOptions) -> Self {
        let configuration = || root.named("configuration");
        let mut on_fail = HashMap::new();
        for resources in configuration().flat_map(|it| it.named("resources")) {
            collect(resources, &mut on_fail);
        }
        let sets = configuration().flat_map(|it| it.listed("op_defaults", "meta_attributes"));
        let mut defaults = sets.flat_map(|set| set.named("nvpair"));
        let is_expiring = |(name, value): &(String, String)| {
            name == "failure-timeout" && !matches!(value.trim(), "" | "0" | "0s")
        };
        let has_defaults = defaults.any(|pair| pair.get("name") == Some("on-fail"))
            || cib.resource_defaults.iter().any(is_expiring);
        let expiring = cib.resources.iter().filter(|it| it.meta.iter().any(is_expiring));
        let chain = |id: &ResourceId| {
            std::iter::successors(cib.resource(id.as_str()), |it| cib.resource(it.parent.as_ref()?.as_str()))
                .take(8)
                .any(|it| {
                    it.meta("is-managed").and_then(boolean) == Some(false)
                        || it.meta("maintenance").and_then(boolean) == Some(true)
                })
        };
        let unmanaged = cib.resources.iter().filter(|it| options.maintenance_mode || chain(&it.id));
        Self {
            on_fail,
            expiring: expiring.map(|it| it.id.to_string()).collect(),
            has_defaults,
            unmanaged: unmanaged.map(|it| it.id.to_string()).collect(),
            connections: connections(cib),
            is_fencing: options.fencing_enabled == Some(true),
        }
    }

    pub(super) const fn is_fencing(&self) -> bool {
        self.is_fencing
    }

    /// Whether Pacemaker leaves that resource alone.
    pub(super) fn is_unmanaged(&self, resource: &str) -> bool {
        self.unmanaged.contains(resource)
    }

    /// Whether a failure of that kind stays when a later operation succeeds.
    fn outlasts(&self, on_fail: OnFail, resource: &str) -> bool {
        match on_fail {
            OnFail::Fence | OnFail::Lasting => true,
            OnFail::Reset => self.connections.get(resource) == Some(&true),
            OnFail::Ignore | OnFail::Restart | OnFail::Block => false,
        }
    }

    /// What a failure of that operation leads to; the error says why that can't be told.
    fn of(&self, resource: &str, operation: &str) -> Result<OnFail, &'static str> {
        if self.has_defaults || self.expiring.contains(resource) {
            return Err("it has failed, and failures may have expired");
        }
        match self.on_fail.get(&(resource, operation)) {
            None if operation != "start" && self.connections.contains_key(resource) => Ok(OnFail::Reset),
            None if operation == "stop" && self.is_fencing => Ok(OnFail::Fence),
            None if operation == "stop" => Ok(OnFail::Block),
            None | Some(&"restart") => Ok(OnFail::Restart),
            Some(&"stop") => Ok(OnFail::Lasting),
            Some(&"ignore") => Ok(OnFail::Ignore),
            Some(&"block") => Ok(OnFail::Block),
            Some(&"fence") => Ok(OnFail::Fence),
            Some(_) => Err("it has failed, and its on-fail is unusual"),
        }
    }
}

/// The connections of remote nodes.
fn connections(cib: &Cib) -> HashMap<String, bool> {
    let remotes = cib.resources.iter().filter(|it| it.agent.as_deref() == Some("ocf:pacemaker:remote"));
    let waits = |it: &ConfiguredResource| {
        it.setting("reconnect_interval").is_some_and(|value| !matches!(value.trim(), "" | "0" | "0s"))
    };
    remotes.map(|it| (it.id.to_string(), waits(it))).collect()
}

fn collect<'e>(parent: &'e Element<'_>, on_fail: &mut HashMap<(&'e str, &'e str), &'e str>) {
    for child in &parent.children {
        if child.name == "primitive" {
            for operation in child.listed("operations", "op") {
                let Some(value) = operation.get("on-fail") else { continue };
                let key = (child.text_of("id"), operation.text_of("name"));
                // Two that differ are told apart by their intervals, in any unit.
                on_fail
                    .entry(key)
                    .and_modify(|known| *known = if *known == value { value } else { "several" })
                    .or_insert(value);
            }
        }
        collect(child, on_fail);
    }
}

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

/// One `<lrm_rsc_op>`.
#[derive(Debug)]
struct Operation<'e> {
    element: &'e Element<'e>,
    task: &'e str,
    call: i64,
    code: i32,
    /// The exit code that the scheduler expected.
    expected: Option<i32>,
    status: i32,
    is_probe: bool,
    at: Option<Timestamp>,
}

impl<'e> Operation<'e> {
    /// `None` for what says nothing of the state.
    fn new(element: &'e Element<'e>) -> Option<Self> {
        let number = |name: &str| element.get(name).and_then(|value| value.trim().parse::<i64>().ok());
        let task = element.text_of("operation");
        let states =
            ["monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from", "asyncmon"];
        if !states.contains(&task) {
            return None;
        }
        // `ACTION:TRANSITION:EXPECTED:UUID`
        let expected = element.text_of("transition-key").split(':').nth(2).and_then(|code| code.parse().ok());
        Some(Self {
            element,
            task,
            call: number("call-id").unwrap_or(0),
            code: number("rc-code").unwrap_or(-1) as i32,
            expected,
            status: number("op-status").unwrap_or(0) as i32,
            is_probe: task == "monitor" && number("interval").unwrap_or(0) == 0,
            at: seconds(element, "last-rc-change"),
        })
    }

    const fn is_pending(&self) -> bool {
        self.status == -1
    }

    /// The operation with its interval.
    fn key(&self) -> String {
        format!("{} {}", self.task, self.element.text_of("interval"))
    }

    /// Applies it to what the operations before it made of the resource. Tells whether it failed.
    fn apply(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) -> bool {
        if self.is_pending() {
            // A failed monitor leaves the entry of the one before as it was.
            let is_over = |(key, at): &(String, Option<Timestamp>)| *key == self.key() && *at >= self.at;
            if !standing.last_failure.as_ref().is_some_and(is_over) {
                self.begin(standing);
            }
            return false;
        }
        if matches!(self.task, "migrate_to" | "migrate_from") {
            standing.unknown = Some("it was migrated, and where it is now doesn't follow from the CIB alone");
            return false;
        }
        if self.is_masked_probe() {
            *standing = Standing::default();
            return true;
        }
        if self.is_failed(resource, rules, standing) {
            self.fail(resource, rules, standing);
            return true;
        }
        match self.effective() {
            NOT_RUNNING => *standing = Standing::default(),
            RUNNING_PROMOTED if self.task == "monitor" => {
                self.succeed(resource, rules, standing);
                standing.state = State::Promoted;
            }
            _ => self.succeed(resource, rules, standing),
        }
        // A degraded service counts as a running one, and is listed among the failures.
        self.effective() != self.code
    }

    /// The exit code without its note that the service is degraded.
    const fn effective(&self) -> i32 {
        match self.code {
            190 => OK,
            191 => RUNNING_PROMOTED,
            code => code,
        }
    }

    /// A probe on a node that lacks what it takes: the resource can't run there.
    const fn is_masked_probe(&self) -> bool {
        self.is_probe && (self.status == 7 || matches!(self.code, INVALID_PARAMETER | NOT_INSTALLED))
    }

    /// Judges the exit code by the one that was expected, as the scheduler does.
    fn is_failed(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) -> bool {
        if !matches!(self.status, DONE | ERROR) {
            return true;
        }
        let code = self.effective();
        let is_expected = self.expected == Some(code);
        match code {
            OK => !is_expected && (!self.is_probe || self.expected != Some(NOT_RUNNING)),
            NOT_RUNNING => !is_expected && !self.is_probe && !rules.unmanaged.contains(resource),
            RUNNING_PROMOTED => {
                standing.state = State::Promoted;
                !is_expected && !self.is_probe
            }
            _ => true,
        }
    }

    fn begin(&self, standing: &mut Standing) {
        let pending = match self.task {
            "start" => Pending::Starting,
            "stop" => Pending::Stopping,
            "promote" => Pending::Promoting,
            "demote" => Pending::Demoting,
            "monitor" if !self.is_probe => Pending::Monitoring,
            "monitor" => return,
            _ => {
                standing.unknown = Some("an operation is under way that changes more than its state here");
                return;
            }
        };
        standing.pending = Some(pending);
        standing.state = match pending {
            Pending::Starting => standing.state.max(State::Started),
            Pending::Promoting => State::Promoted,
            Pending::Stopping | Pending::Demoting | Pending::Monitoring => standing.state,
        };
    }

    fn succeed(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) {
        let failed = standing.failed.filter(|on_fail| rules.outlasts(*on_fail, resource));
        let cleared = Standing { failed, ..Standing::default() };
        match self.task {
            "start" => *standing = Standing { state: State::Started, ..cleared },
            "promote" => *standing = Standing { state: State::Promoted, ..cleared },
            "stop" => *standing = cleared,
            "demote" => standing.state = State::Started,
            _ => {
                if standing.last_failure.as_ref().is_some_and(|(key, _)| *key == self.key()) {
                    *standing = Standing { state: standing.state, ..cleared };
                }
                standing.state = standing.state.max(State::Started);
            }
        }
    }

    fn fail(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) {
        standing.last_failure = Some((self.key(), self.at));
        match rules.of(resource, self.task) {
            Ok(OnFail::Ignore) => {
                standing.failed = standing.failed.max(Some(OnFail::Ignore));
                let failed = standing.failed;
                self.succeed(resource, rules, standing);
                standing.failed = failed;
                return;
            }
            Ok(on_fail) => standing.failed = standing.failed.max(Some(on_fail)),
            Err(why) => standing.unknown = Some(why),
        }
        let was_promoted = self.task == "promote" || matches!(self.code, FAILED_PROMOTED | 191);
        standing.state = match self.task {
            _ if was_promoted => State::Promoted,
            "demote" if self.code == NOT_RUNNING => State::Stopped,
            "demote" => State::Started,
            _ => standing.state.max(State::Started),
        };
    }
}
