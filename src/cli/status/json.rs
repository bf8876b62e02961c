//! The answer for scripts. Its names and their meaning are a promise: they may be added to, never changed.

mod constraint;
mod container;
mod history;
mod stack;
mod summary;

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use self::constraint::{ConstraintStatus, constraints};
use self::container::Containers;
use self::history::History;
use self::stack::HostStatus;
use self::summary::SummaryStatus;
use super::Judged;
use crate::health::Finding;
use crate::model::{Ban, Failure, FencingEvent, Node, Picture, Primitive, ResourceId, Role, Score};

/// The migration threshold of each resource.
type Thresholds<'a> = HashMap<&'a ResourceId, Score>;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Status<'a> {
    clusters: Vec<ClusterStatus<'a>>,
}

/// One cluster. Without a current picture its lists are empty, and what it says stands in the findings.
#[derive(Debug, Serialize)]
struct ClusterStatus<'a> {
    name: &'a str,
    /// `ok`, `warning`, `critical`, `unknown`.
    health: String,
    quorate: Option<bool>,
    dc: Option<&'a str>,
    /// How old the picture is; `null` without one.
    age_ms: Option<u64>,
    /// When the picture was taken; `null` without one.
    taken_at: Option<Timestamp>,
    /// The picture doesn't say when it was taken: `taken_at` is the file's time.
    dated_by_file: bool,
    /// What `--from` named; `null` for a cluster that was asked.
    path: Option<String>,
    #[serde(flatten)]
    summary: SummaryStatus<'a>,
    nodes: Vec<NodeStatus<'a>>,
    resources: Vec<ResourceStatus<'a>>,
    #[serde(flatten)]
    containers: Containers<'a>,
    failures: Vec<FailureStatus<'a>>,
    #[serde(flatten)]
    history: History<'a>,
    fencing: Vec<FencingStatus<'a>>,
    bans: Vec<BanStatus<'a>>,
    /// `null` without the CIB.
    constraints: Option<Vec<ConstraintStatus<'a>>>,
    findings: Vec<FindingStatus<'a>>,
    /// The stack under Pacemaker, an entry for each host that was asked for it.
    hosts: Vec<HostStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct NodeStatus<'a> {
    name: &'a str,
    /// `member`, `remote`, `guest`, `bundle`, or what `crm_mon` said.
    kind: &'a str,
    online: bool,
    standby: bool,
    maintenance: bool,
    pending: bool,
    unclean: bool,
    /// Corosync's id of a member, the name of a remote node.
    id: &'a str,
    dc: bool,
    expected_up: bool,
    shutdown: bool,
    standby_onfail: bool,
    /// The feature set of its Pacemaker.
    feature_set: Option<&'a str>,
    /// `green`, `yellow`, `red`.
    health: String,
    resources_running: u32,
}

#[derive(Debug, Serialize)]
struct ResourceStatus<'a> {
    id: &'a str,
    agent: &'a str,
    kind: &'static str,
    /// What directly contains it.
    parent: Option<&'a str>,
    role: &'a str,
    target_role: Option<&'a str>,
    active: bool,
    managed: bool,
    failed: bool,
    blocked: bool,
    orphaned: bool,
    failure_ignored: bool,
    maintenance: bool,
    /// The operation under way.
    pending: Option<&'a str>,
    /// The node that it waits for while that node restarts.
    locked_to: Option<&'a str>,
    /// A number or `INFINITY`, as text; `null` where `crm_mon` doesn't print it.
    migration_threshold: Option<String>,
    nodes: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct FailureStatus<'a> {
    resource: &'a str,
    node: &'a str,
    operation: &'a str,
    interval_ms: u64,
    exit_code: Option<i32>,
    exit_status: &'a str,
    exit_reason: &'a str,
    status: &'a str,
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct FencingStatus<'a> {
    action: &'a str,
    target: &'a str,
    /// `pending`, `success`, `failed`.
    outcome: String,
    delegate: Option<&'a str>,
    client: &'a str,
    origin: Option<&'a str>,
    completed: Option<Timestamp>,
    exit_reason: &'a str,
}

#[derive(Debug, Serialize)]
struct BanStatus<'a> {
    id: &'a str,
    resource: &'a str,
    node: &'a str,
    /// A number or `-INFINITY`, as text.
    weight: String,
    promoted_only: bool,
}

#[derive(Debug, Serialize)]
struct FindingStatus<'a> {
    /// `note`, `warning`, `unknown`, `critical`.
    severity: String,
    code: &'a str,
    subject: &'a str,
    summary: &'a str,
    /// The facts it rests on, one a line.
    evidence: &'a [String],
    remedy: &'a str,
}

impl<'a> Status<'a> {
    pub(super) fn new(clusters: &'a [Judged]) -> Self {
        Self { clusters: clusters.iter().map(ClusterStatus::new).collect() }
    }
}

impl<'a> ClusterStatus<'a> {
    fn new(judged: &'a Judged) -> Self {
        let picture = judged.observation.current();
        let summary = picture.map(|picture| &picture.summary);
        let thresholds: Thresholds<'_> = picture
            .iter()
            .flat_map(|picture| &picture.thresholds)
            .map(|(id, threshold)| (id, *threshold))
            .collect();
        Self {
            name: judged.entry.name.as_str(),
            health: judged.health.to_string(),
            quorate: summary.and_then(|summary| summary.quorate),
            dc: summary.and_then(|summary| summary.dc.as_ref()).map(AsRef::as_ref),
            age_ms: judged.age.map(|age| u64::try_from(age.as_millis()).unwrap_or_default()),
            taken_at: picture.and(judged.observation.confirmed),
            dated_by_file: picture.is_some() && judged.observation.is_dated_by_file,
            path: judged.path.as_ref().map(|path| path.display().to_string()),
            summary: summary.map(SummaryStatus::new).unwrap_or_default(),
            containers: picture.map(Containers::new).unwrap_or_default(),
            history: picture.map(History::new).unwrap_or_default(),
            nodes: list(picture, |picture| picture.nodes.iter().map(|node| NodeStatus::new(node, picture))),
            resources: list(picture, |picture| {
                picture
                    .primitives()
                    .map(|(parent, primitive)| ResourceStatus::new(parent, primitive, &thresholds))
            }),
            failures: list(picture, |picture| picture.failures.iter().map(FailureStatus::new)),
            fencing: list(picture, |picture| picture.fencing.iter().map(FencingStatus::new)),
            bans: list(picture, |picture| picture.bans.iter().map(BanStatus::new)),
            constraints: picture.and_then(|picture| picture.cib.as_deref()).map(constraints),
            findings: judged.findings.iter().map(FindingStatus::new).collect(),
            hosts: judged.observation.stacks.iter().map(|stack| HostStatus::new(stack)).collect(),
        }
    }
}

fn list<'a, T, I: Iterator<Item = T>>(
    picture: Option<&'a Picture>,
    items: impl FnOnce(&'a Picture) -> I,
) -> Vec<T> {
    picture.map(|picture| items(picture).collect()).unwrap_or_default()
}

impl<'a> NodeStatus<'a> {
    fn new(node: &'a Node, picture: &'a Picture) -> Self {
        // Before 1.1.13 and with some options crm_mon counts nothing.
        let counted = || {
            picture.primitives().filter(|(_, primitive)| primitive.nodes.contains(&node.name)).count() as u32
        };
        Self {
            name: node.name.as_str(),
            kind: node.kind.word(),
            online: node.online,
            standby: node.standby,
            maintenance: node.maintenance,
            pending: node.pending,
            unclean: node.unclean,
            id: &node.id,
            dc: node.is_dc,
            expected_up: node.expected_up,
            shutdown: node.shutdown,
            standby_onfail: node.standby_on_fail,
            feature_set: node.feature_set.as_deref(),
            health: node.health.to_string(),
            resources_running: node.resources_running.unwrap_or_else(counted),
        }
    }
}

impl<'a> ResourceStatus<'a> {
    fn new(parent: Option<&'a ResourceId>, primitive: &'a Primitive, thresholds: &Thresholds<'_>) -> Self {
        Self {
            id: primitive.id.as_str(),
            agent: &primitive.agent,
            kind: "primitive",
            parent: parent.map(AsRef::as_ref),
            role: primitive.role.word(),
            target_role: primitive.target_role.as_ref().map(Role::word),
            active: primitive.active,
            managed: primitive.managed,
            failed: primitive.failed,
            blocked: primitive.blocked,
            orphaned: primitive.orphaned,
            failure_ignored: primitive.failure_ignored,
            maintenance: primitive.maintenance,
            pending: primitive.pending.as_deref(),
            locked_to: primitive.locked_to.as_ref().map(AsRef::as_ref),
            migration_threshold: thresholds.get(&primitive.id).map(ToString::to_string),
            nodes: primitive.nodes.iter().map(AsRef::as_ref).collect(),
        }
    }
}

impl<'a> FailureStatus<'a> {
    fn new(failure: &'a Failure) -> Self {
        Self {
            resource: failure.resource.as_str(),
            node: failure.node.as_str(),
            operation: &failure.operation,
            interval_ms: failure.interval_ms,
            exit_code: failure.exit_code,
            exit_status: &failure.exit_status,
            exit_reason: &failure.exit_reason,
            status: &failure.status,
            at: failure.at,
        }
    }
}

impl<'a> FencingStatus<'a> {
    fn new(event: &'a FencingEvent) -> Self {
        Self {
            action: &event.action,
            target: event.target.as_str(),
            outcome: event.outcome.to_string(),
            delegate: event.delegate.as_ref().map(AsRef::as_ref),
            client: &event.client,
            origin: event.origin.as_ref().map(AsRef::as_ref),
            completed: event.completed,
            exit_reason: &event.exit_reason,
        }
    }
}

impl<'a> BanStatus<'a> {
    fn new(ban: &'a Ban) -> Self {
        Self {
            id: ban.id.as_str(),
            resource: ban.resource.as_str(),
            node: ban.node.as_str(),
            weight: ban.weight.to_string(),
            promoted_only: ban.promoted_only,
        }
    }
}

impl<'a> FindingStatus<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity.to_string(),
            code: finding.code,
            subject: &finding.subject,
            summary: &finding.summary,
            evidence: &finding.evidence,
            remedy: &finding.remedy,
        }
    }
}
