//! What proves on a later picture that an operation is done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scope::{self, listed};
use crate::model::{ConstraintId, Failure, FencingOutcome, NodeName, Picture, Primitive, ResourceId, Role};

/// What is to be seen. All of it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// All these primitives run on that node and nowhere else.
    RunOn {
        /// Those that are to run.
        resources: Vec<ResourceId>,
        /// Where.
        node: NodeName,
    },
    /// The promoted instance of that clone is there and nowhere else.
    PromotedOn {
        /// The clone.
        clone: ResourceId,
        /// Where.
        node: NodeName,
    },
    /// None of the resource runs on that node.
    NotOn {
        /// What.
        resource: ResourceId,
        /// Where not.
        node: NodeName,
    },
    /// None of these constraints is left.
    NoConstraints(Vec<ConstraintId>),
    /// The resource runs: all of a primitive or group, some of a clone or bundle.
    Runs(ResourceId),
    /// Nothing of the resource runs.
    Stopped(ResourceId),
    /// An instance of the clone is promoted.
    Promoted(ResourceId),
    /// None is.
    NotPromoted(ResourceId),
    /// Pacemaker manages all of the resource, or none of it.
    Managed(ResourceId, bool),
    /// A meta attribute has that value, or is not set.
    Meta {
        /// Whose.
        resource: ResourceId,
        /// Which.
        name: String,
        /// `None`: not set.
        value: Option<String>,
    },
    /// An option of the cluster has that value, or is not set.
    Property {
        /// Which.
        name: String,
        /// `None`: not set.
        value: Option<String>,
    },
    /// What ran before runs again, as often and in the same roles.
    RunsAgain(Vec<Running>),
    /// These failures and fail counts are gone.
    Forgotten(Vec<Forgotten>),
    /// Nothing of the resource is on its way or being probed; of the whole cluster where none is named.
    Settled(Option<ResourceId>),
    /// The node is in standby and nothing that Pacemaker manages runs there; or it is not in standby.
    Standby(NodeName, bool),
    /// The node is, or is not, in maintenance.
    NodeMaintenance(NodeName, bool),
    /// The whole cluster is, or is not, in maintenance.
    ClusterMaintenance(bool),
    /// The node has been fenced later than then.
    Fenced {
        /// Which.
        node: NodeName,
        /// The last fencing that was known before.
        after: Option<Timestamp>,
    },
    /// The node takes part in the cluster.
    NodeOnline(NodeName),
    /// The node does not take part in the cluster, and the cluster does not wait for it to be fenced.
    NodeDead(NodeName),
    /// No fencing is recorded but that which is under way.
    NoFencingHistory,
    /// The cluster holds the ticket, or does not.
    Ticket(String, bool),
}

/// How often a primitive ran in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its id, without an instance's number.
    pub resource: ResourceId,
    /// Whether the promoted instances are meant.
    pub promoted: bool,
    /// How many ran.
    pub count: usize,
}

/// A failure or a fail count that is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// What failed.
    pub resource: ResourceId,
    /// Where.
    pub node: NodeName,
    /// When; a later one is not this one.
    pub at: Option<Timestamp>,
}

/// What a picture says about a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is reached.
    Done,
    /// Not yet, and what is awaited.
    Waiting(String),
}

impl Verdict {
    fn when(done: bool, waiting: impl FnOnce() -> String) -> Self {
        if done { Self::Done } else { Self::Waiting(waiting()) }
    }
}

impl Goal {
    /// Whether that picture shows it reached.
    pub fn judge(&self, picture: &Picture) -> Verdict {
        match self {
            Self::RunOn { resources, node } => run_on(picture, resources, node),
            Self::PromotedOn { clone, node } => {
                let now = scope::promoted_on(picture, clone.as_str());
                Verdict::when(
                    now == std::slice::from_ref(node) && is_settled(picture, clone.as_str()),
                    || format!("{clone} is promoted on {}", listed(&now)),
                )
            }
            Self::NotOn { resource, node } => {
                let there = scope::primitives(picture, resource.as_str());
                let left = there.iter().filter(|primitive| primitive.nodes.contains(node)).count();
                Verdict::when(left == 0, || format!("{resource} still runs on {node}"))
            }
            Self::NoConstraints(ids) => no_constraints(picture, ids),
            Self::Runs(resource) => runs(picture, resource),
            Self::Stopped(resource) => {
                let active = scope::primitives(picture, resource.as_str());
                let active: Vec<&Primitive> =
                    active.into_iter().filter(|primitive| primitive.active).collect();
                Verdict::when(active.is_empty(), || {
                    format!("{} still to be stopped", listed(&scope::ids(&active)))
                })
            }
            Self::Promoted(clone) => {
                Verdict::when(!scope::promoted_on(picture, clone.as_str()).is_empty(), || {
                    format!("no instance of {clone} is promoted")
                })
            }
            Self::NotPromoted(clone) => {
                let now = scope::promoted_on(picture, clone.as_str());
                Verdict::when(now.is_empty(), || format!("{clone} is still promoted on {}", listed(&now)))
            }
            Self::Managed(resource, managed) => {
                let all = scope::primitives(picture, resource.as_str());
                let not = if *managed { "not managed yet" } else { "still managed" };
                Verdict::when(all.iter().all(|primitive| primitive.managed == *managed), || {
                    format!("{resource} is {not}")
                })
            }
            Self::Meta { resource, name, value } => {
                let Some(cib) = &picture.cib else { return no_cib() };
                let is = cib.resource(resource.as_str()).and_then(|resource| resource.meta(name));
                Verdict::when(is == value.as_deref(), || {
                    format!("{name} of {resource} is {}", is.unwrap_or("not set"))
                })
            }
            Self::Property { name, value } => {
                let Some(cib) = &picture.cib else { return no_cib() };
                let is = cib.property(name);
                Verdict::when(is == value.as_deref(), || format!("{name} is {}", is.unwrap_or("not set")))
            }
            Self::RunsAgain(before) => runs_again(picture, before),
            Self::Forgotten(gone) => forgotten(picture, gone),
            Self::Settled(resource) => {
                let id = resource.as_ref().map(ResourceId::as_str);
                let busy = busy(picture, id);
                Verdict::when(busy.is_empty(), || format!("{} on the way", listed(&busy)))
            }
            Self::Standby(node, wanted) => standby(picture, node, *wanted),
            Self::NodeMaintenance(name, wanted) => node_is(
                picture,
                name,
                |node| node.maintenance == *wanted,
                || format!("{name} is {} in maintenance", if *wanted { "not yet" } else { "still" }),
            ),
            Self::ClusterMaintenance(wanted) => {
                Verdict::when(picture.summary.options.maintenance_mode == *wanted, || {
                    format!("the cluster is {} in maintenance", if *wanted { "not yet" } else { "still" })
                })
            }
            Self::Fenced { node, after } => fenced(picture, node, *after),
            Self::NodeOnline(name) => node_is(
                picture,
                name,
                |node| node.online && !node.pending && !node.unclean,
                || format!("{name} is not back yet"),
            ),
            Self::NodeDead(name) => node_is(
                picture,
                name,
                |node| !node.online && !node.unclean,
                || format!("the cluster still waits for {name} to be fenced"),
            ),
            Self::NoFencingHistory => {
                let left =
                    picture.fencing.iter().filter(|event| event.outcome != FencingOutcome::Pending).count();
                Verdict::when(left == 0, || format!("{left} entries left in the history"))
            }
            Self::Ticket(id, wanted) => {
                let granted = picture.tickets.iter().any(|ticket| ticket.id == *id && ticket.granted);
                Verdict::when(granted == *wanted, || {
                    format!("ticket {id} is {}", if granted { "still granted" } else { "not granted yet" })
                })
            }
        }
    }
}

/// A failure that was not there when the operation was planned, of one of these resources, in words.
pub(super) fn new_failure(picture: &Picture, of: &[ResourceId], known: &[Forgotten]) -> Option<String> {
    let concerns = |failure: &&Failure| {
        of.iter().any(|id| scope::is_called(&failure.resource, id.as_str()))
            && !known.contains(&mark(failure))
    };
    picture.failures.iter().find(concerns).map(|failure| {
        let Failure { resource, node, operation, .. } = failure;
        let why = [&failure.exit_reason, &failure.exit_status, &failure.status];
        let why = why.into_iter().find(|why| !why.is_empty()).map_or("no reason given", String::as_str);
        format!("{operation} of {resource} failed on {node}: {why}")
    })
}

/// What tells a failure from another one.
pub(super) fn mark(failure: &Failure) -> Forgotten {
    Forgotten { resource: failure.resource.clone(), node: failure.node.clone(), at: failure.at }
}

/// Whether the picture shows anything of the cluster on its way.
pub(super) fn is_anything_pending(picture: &Picture) -> bool {
    !busy(picture, None).is_empty() || picture.fencing.iter().any(|it| it.outcome == FencingOutcome::Pending)
}

fn is_settled(picture: &Picture, id: &str) -> bool {
    busy(picture, Some(id)).is_empty()
}

/// What is on its way or being probed, of one resource or of all. A recurring monitor is no sign of that.
fn busy(picture: &Picture, id: Option<&str>) -> Vec<ResourceId> {
    let all = match id {
        Some(id) => scope::primitives(picture, id),
        None => picture.primitives().map(|(_, primitive)| primitive).collect(),
    };
    let is_busy = |primitive: &&Primitive| {
        primitive.role.is_transient() || primitive.pending.as_deref().is_some_and(|what| what != "Monitoring")
    };
    scope::ids(&all.into_iter().filter(is_busy).collect::<Vec<_>>())
}

fn no_cib() -> Verdict {
    Verdict::Waiting("the CIB could not be read".to_owned())
}

fn is_up(primitive: &Primitive) -> bool {
    primitive.active && !primitive.role.is_transient() && primitive.role != Role::Stopped
}

fn run_on(picture: &Picture, resources: &[ResourceId], node: &NodeName) -> Verdict {
    for id in resources {
        let instances = scope::primitives(picture, id.as_str());
        let is_there = |primitive: &&Primitive| {
            is_up(primitive) && primitive.nodes == std::slice::from_ref(node) && !primitive.failed
        };
        if instances.is_empty() || !instances.iter().all(is_there) {
            let now = scope::nodes_of(&instances);
            return Verdict::Waiting(if now.is_empty() {
                format!("{id} does not run yet")
            } else if now == std::slice::from_ref(node) {
                format!("{id} is starting on {node}")
            } else {
                format!("{id} runs on {}", listed(&now))
            });
        }
    }
    Verdict::Done
}

fn no_constraints(picture: &Picture, ids: &[ConstraintId]) -> Verdict {
    let Some(cib) = &picture.cib else { return no_cib() };
    let left = cib.constraints.iter().find(|constraint| ids.contains(&constraint.id));
    left.map_or(Verdict::Done, |constraint| Verdict::Waiting(format!("{} is still there", constraint.id)))
}

fn runs(picture: &Picture, resource: &ResourceId) -> Verdict {
    let Some(found) = scope::find(picture, resource.as_str()) else {
        return Verdict::Waiting(format!("{resource} is not there"));
    };
    let instances = scope::primitives(picture, resource.as_str());
    let (up, down): (Vec<&Primitive>, Vec<&Primitive>) =
        instances.into_iter().partition(|primitive| is_up(primitive));
    let is_one =
        matches!(found.resource, crate::model::Resource::Primitive(_) | crate::model::Resource::Group(_))
            && found.collective().is_none();
    let done = !up.is_empty() && (down.is_empty() || !is_one) && is_settled(picture, resource.as_str());
    Verdict::when(done, || format!("{} not running yet", listed(&scope::ids(&down))))
}

fn runs_again(picture: &Picture, before: &[Running]) -> Verdict {
    for Running { resource, promoted, count } in before {
        let instances = scope::primitives(picture, resource.as_str());
        let now = instances
            .iter()
            .filter(|primitive| is_up(primitive) && (!promoted || primitive.role == Role::Promoted))
            .count();
        if now < *count {
            let role = if *promoted { "promoted" } else { "running" };
            return Verdict::Waiting(format!("{resource}: {now} of {count} {role} again"));
        }
    }
    Verdict::Done
}

fn forgotten(picture: &Picture, gone: &[Forgotten]) -> Verdict {
    let left = picture.failures.iter().find(|failure| gone.contains(&mark(failure)));
    if let Some(failure) = left {
        let Failure { resource, node, .. } = failure;
        return Verdict::Waiting(format!("the failure of {resource} on {node} is still recorded"));
    }
    let counted = picture.fail_counts.iter().find(|count| {
        let same = |it: &Forgotten| it.resource == count.resource && it.node == count.node;
        // A count that has grown anew belongs to a new failure, which is told as such.
        gone.iter().any(same)
            && !picture.failures.iter().any(|failure| {
                scope::is_called(&failure.resource, count.resource.as_str()) && failure.node == count.node
            })
    });
    counted.map_or(Verdict::Done, |count| {
        Verdict::Waiting(format!("the fail count of {} on {} is {}", count.resource, count.node, count.count))
    })
}

fn standby(picture: &Picture, name: &NodeName, wanted: bool) -> Verdict {
    let Some(node) = picture.node(name) else { return Verdict::Waiting(format!("{name} is not there")) };
    if node.standby != wanted {
        return Verdict::Waiting(format!(
            "{name} is {} in standby",
            if wanted { "not yet" } else { "still" }
        ));
    }
    if !wanted {
        return Verdict::Done;
    }
    let left: Vec<&Primitive> = picture
        .primitives()
        .map(|(_, primitive)| primitive)
        .filter(|primitive| primitive.managed && !primitive.blocked && primitive.nodes.contains(name))
        .collect();
    Verdict::when(left.is_empty(), || format!("{} still on {name}", listed(&scope::ids(&left))))
}

fn node_is(
    picture: &Picture,
    name: &NodeName,
    test: impl Fn(&crate::model::Node) -> bool,
    waiting: impl FnOnce() -> String,
) -> Verdict {
    Verdict::when(picture.node(name).is_some_and(test), waiting)
}

fn fenced(picture: &Picture, node: &NodeName, after: Option<Timestamp>) -> Verdict {
    let done = picture.fencing.iter().any(|event| {
        event.target == *node
            && event.outcome == FencingOutcome::Success
            && match (event.completed, after) {
                (Some(completed), Some(after)) => completed > after,
                (_, None) => true,
                (None, Some(_)) => false,
            }
    });
    Verdict::when(done, || format!("{node} has not been fenced yet"))
}
