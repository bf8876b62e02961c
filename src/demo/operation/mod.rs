//! What people do to a simulated cluster: commands become dated changes, which are laid over what goes on there.
//!
//! The changes are only ever added to. How a cluster is follows from them, from its episode and from the time.

mod argv;
mod constraint;
mod difference;
mod overlay;
mod simulate;

use std::time::Duration;

use jiff::Timestamp;

use super::blueprint::{Blueprint, Kind, MEMBERS, Shape};
use super::situation::{
    Asked, Fencing, FencingOutcome, HostCondition, Leftover, LeftoverKind, MarkKind, Origin, Presence,
    Situation,
};

pub(super) use argv::request;
pub(super) use overlay::{Base, settled, shown};
pub(super) use simulate::simulate;

/// What a command that changes something does.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// What changes, and how long after the command began.
    pub(super) steps: Vec<(Duration, Change)>,
    /// How long the command takes.
    pub(super) takes: Duration,
}

/// Why a command does nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The demo does not know these options.
    Unsupported,
    /// Pacemaker would say no: its exit code and its words.
    Said(i32, String),
}

/// A change, when it comes about.
#[derive(Debug, Clone)]
pub(super) struct Dated {
    pub(super) at: Timestamp,
    pub(super) change: Change,
}

/// One thing that changes.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// A constraint is written; one of the same id is replaced.
    Constrain(Leftover),
    /// What moves and bans have left on a resource goes; `node`: only what speaks of that one.
    Clear { resource: String, node: Option<usize>, kind: Option<LeftoverKind> },
    /// The constraint that ends at that moment does.
    Expire(Timestamp),
    /// A meta attribute is set or, without a value, removed.
    Meta { resource: String, name: String, value: Option<String> },
    /// A node's attribute `standby`.
    Standby(usize, bool),
    /// A node's attribute `maintenance`.
    NodeMaintenance(usize, bool),
    /// The property `maintenance-mode`.
    ClusterMaintenance(Option<bool>),
    /// The cluster's one ticket is granted or revoked.
    Ticket(bool),
    /// The failures of these resources are forgotten; `node`: only there.
    Forget { resources: Vec<String>, node: Option<usize> },
    /// What is over in the fencing history is forgotten.
    ForgetFencing,
    /// Fencing is asked for.
    FencingBegins(usize, &'static str),
    /// It is done.
    FencingEnds(usize),
    /// Somebody says that the node is dead.
    Confirm(usize),
    /// A node goes, comes, or is on its way.
    Power { node: usize, presence: Presence, host: HostCondition },
}

impl Change {
    fn apply(&self, blueprint: &Blueprint, at: Timestamp, situation: &mut Situation) {
        match self {
            Self::Constrain(leftover) => {
                situation.constrain(leftover.clone());
                configured(situation, at, "crm_resource");
            }
            Self::Clear { resource, node, kind } => {
                situation.leftovers.retain(|it| {
                    it.resource != *resource
                        || node.is_some_and(|node| it.node != node)
                        || kind.is_some_and(|kind| it.kind != kind)
                });
                configured(situation, at, "crm_resource");
            }
            Self::Expire(end) => {
                let lifetimes = situation.leftovers.iter_mut().filter_map(|it| it.lifetime.as_mut());
                lifetimes.filter(|lifetime| lifetime.end == *end).for_each(|lifetime| lifetime.over = true);
            }
            Self::Meta { resource, name, value } => {
                match value {
                    Some(value) => situation.set_meta(resource, name, value, Origin::Operation),
                    None => situation.unset_meta(resource, name),
                }
                configured(situation, at, "crm_resource");
            }
            Self::Standby(node, on) => {
                situation.nodes[*node].standby = *on;
                configured(situation, at, "crm_attribute");
            }
            Self::NodeMaintenance(node, on) => {
                situation.nodes[*node].maintenance = *on;
                configured(situation, at, "crm_attribute");
            }
            Self::ClusterMaintenance(value) => {
                situation.maintenance = *value;
                configured(situation, at, "crm_attribute");
            }
            Self::Ticket(granted) => {
                situation.ticket_granted = *granted;
                if *granted {
                    situation.ticket_at = at;
                }
            }
            Self::Forget { resources, node } => forget(blueprint, situation, resources, *node),
            Self::ForgetFencing => {
                let is_to_come = |outcome| match outcome {
                    FencingOutcome::Pending => true,
                    FencingOutcome::Done(end) | FencingOutcome::Failed(end) => end > at,
                };
                situation.fencing.retain(|event| is_to_come(event.outcome));
            }
            Self::FencingBegins(target, action) => {
                record(situation, *target, Asked::Admin(action), FencingOutcome::Pending);
            }
            Self::FencingEnds(target) => {
                let mut pending = situation.fencing.iter_mut().filter(|event| {
                    event.target == *target
                        && event.outcome == FencingOutcome::Pending
                        && matches!(event.asked, Asked::Admin(_))
                });
                if let Some(event) = pending.next() {
                    event.outcome = FencingOutcome::Done(at);
                }
            }
            Self::Confirm(node) => {
                let is_awaited =
                    |event: &Fencing| event.target == *node && event.outcome == FencingOutcome::Pending;
                situation.fencing.retain(|event| !is_awaited(event));
                record(situation, *node, Asked::Human, FencingOutcome::Done(at));
                if situation.nodes[*node].presence == Presence::Unclean {
                    power(blueprint, situation, *node, Presence::Offline);
                }
            }
            Self::Power { node, presence, host } => {
                if let Some(condition) = situation.hosts.get_mut(*node) {
                    *condition = *host;
                }
                power(blueprint, situation, *node, *presence);
            }
        }
    }
}

fn configured(situation: &mut Situation, at: Timestamp, program: &'static str) {
    situation.reconfigure(at);
    situation.changed_by = program;
}

fn record(situation: &mut Situation, target: usize, asked: Asked, outcome: FencingOutcome) {
    let by = (target + 1) % MEMBERS;
    situation.fencing.insert(0, Fencing { target, by, asked, outcome });
}

/// A remote node goes with the connection to it.
fn power(blueprint: &Blueprint, situation: &mut Situation, node: usize, presence: Presence) {
    situation.nodes[node].presence = presence;
    if blueprint.nodes[node].kind == Kind::Remote {
        let connection = blueprint.nodes[node].name.as_str();
        situation.marks.retain(|mark| mark.resource != connection);
        if presence == Presence::Offline {
            situation.mark(connection, None, MarkKind::KeptOff);
        }
    }
    situation.count_members();
}

fn forget(blueprint: &Blueprint, situation: &mut Situation, resources: &[String], node: Option<usize>) {
    let is_meant = |resource: &str, on: usize| {
        resources.iter().any(|it| it == resource) && node.is_none_or(|node| node == on)
    };
    let had_failed = situation.failures.iter().any(|failure| is_meant(&failure.resource, failure.node));
    situation.failures.retain(|failure| !is_meant(&failure.resource, failure.node));
    situation.fail_counts.retain(|failed| !is_meant(&failed.resource, failed.node));
    let is_connection = |id: &str| {
        blueprint.resources.iter().any(|spec| spec.id == id && matches!(spec.shape, Shape::Connection(_)))
    };
    situation.marks.retain(|mark| {
        let is_elsewhere = mark.node.is_some_and(|on| node.is_some_and(|node| node != on));
        let stays = match mark.kind {
            MarkKind::Failed | MarkKind::Blocked => false,
            // A remote node that is off can't be connected to, whatever is forgotten.
            MarkKind::KeptOff | MarkKind::KeptUnpromoted => is_connection(&mark.resource),
            MarkKind::InTransit(_) | MarkKind::Awaiting(_) => !had_failed,
        };
        stays || is_elsewhere || !resources.contains(&mark.resource)
    });
}
