//! Nodes that are reached through a resource: remote nodes, guests, and replicas of bundles.

use super::fix::{Fix, Remedy};
use super::incident;
use super::scene::{Placed, Scene, base};
use super::why::resource::ask_scheduler;
use super::words::{listed, names, shell};
use crate::model::text::numbered;
use crate::model::{Node, NodeKind, NodeName, ResourceId};

/// Why such a node is offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Away<'a> {
    /// Another finding tells: the one on its machine, its bundle, or the node that these run on.
    Told,
    /// It is a replica of that bundle, which the picture doesn't list.
    Unlisted(ResourceId),
    /// Its connection is disabled.
    Disabled,
    /// No resource connects to it.
    NoConnection,
    /// Its connection failed too often on those nodes.
    GivenUp(Vec<&'a NodeName>),
    /// The cluster is in maintenance, so that nothing connects to it.
    Maintenance,
    /// Its machine runs, and nothing is connected to it.
    Unconnected(&'a ResourceId),
    /// Nothing that the picture tells.
    Unknown,
}

impl<'a> Away<'a> {
    /// Why that node is offline, which isn't a member.
    pub(super) fn of(scene: &Scene<'a>, node: &'a Node) -> Self {
        let name = ResourceId::from(node.name.as_str());
        if let Some(bundle) = bundle_of(scene, node) {
            let is_listed = scene.parts(base(&bundle)).next().is_some();
            return if is_listed { Self::Told } else { Self::Unlisted(bundle) };
        }
        let machine = machine(node);
        if machine.is_some_and(|machine| is_told_by_machine(scene, machine)) {
            return Self::Told;
        }
        let connection = scene.parts(base(&name)).next();
        if connection.is_some_and(|placed| !scene.should_run(placed)) {
            return Self::Disabled;
        }
        if is_unknown(scene, &name, machine) {
            return Self::NoConnection;
        }
        let counts = scene.index.counts(base(&name)).iter();
        let given_up: Vec<&NodeName> =
            counts.filter(|count| incident::bars(scene, count)).map(|count| &count.node).collect();
        if !given_up.is_empty() {
            return Self::GivenUp(given_up);
        }
        if scene.in_maintenance() && !connection.is_some_and(|placed| placed.primitive.active) {
            return Self::Maintenance;
        }
        let has_failed = scene.picture.failures.iter().any(|failure| failure.resource == name);
        match machine.filter(|machine| !has_failed && scene.parts(base(machine)).next().is_some()) {
            Some(machine) => Self::Unconnected(machine),
            None => Self::Unknown,
        }
    }

    /// The cause in a few words.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Disabled => Some("its connection is disabled".to_owned()),
            Self::NoConnection => Some("no resource connects to it".to_owned()),
            Self::GivenUp(nodes) => Some(format!("its connection failed on {}", listed(nodes))),
            Self::Maintenance => Some("the cluster is in maintenance".to_owned()),
            Self::Unconnected(machine) => Some(format!("{machine} runs, its connection doesn't")),
            Self::Told | Self::Unlisted(_) | Self::Unknown => None,
        }
    }

    /// The facts, one a line.
    pub(super) fn evidence(&self, scene: &Scene<'_>, node: &Node) -> Vec<String> {
        match self {
            Self::NoConnection => {
                vec![format!("neither a resource {} nor a guest of that name is configured", node.name)]
            }
            Self::GivenUp(_) => vec!["no member tries again until it is cleaned up".to_owned()],
            Self::Unconnected(machine) => {
                let hosts = scene.active(machine).flat_map(|part| &part.primitive.nodes);
                let connection = scene.parts(node.name.as_str()).next();
                let state = connection.map(|placed| placed.primitive.role.word().to_lowercase());
                let state =
                    state.map(|state| format!("its connection, the resource {}, is {state}", node.name));
                std::iter::once(format!("{machine} runs on {}", names(hosts))).chain(state).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self, scene: &Scene<'_>, node: &Node) -> Remedy {
        let name = &node.name;
        let cleanup = Fix::Cleanup(name.as_str().into(), None);
        match self {
            Self::Disabled => Remedy::from("When it is wanted again: ") + Fix::Enable(name.as_str().into()) + ".",
            Self::NoConnection => format!(
                "If it was removed on purpose, forget it: `crm_node --force --remove {}`. If not, configure its connection again.",
                shell(name)
            )
            .into(),
            Self::Maintenance => Remedy::from("When the work is done: ") + Fix::ClusterMaintenanceOff + ".",
            Self::Unconnected(_) => {
                let guest = Remedy::from(
                    "Check in the guest that `pacemaker_remoted` runs (`systemctl status pacemaker_remote`). ",
                );
                guest + ask_scheduler(scene, name.as_str()) + " After an old failure: " + cleanup + "."
            }
            _ => {
                Remedy::from("Check that the host is up and that `pacemaker_remoted` runs there (`systemctl status pacemaker_remote`), then ")
                    + cleanup
                    + "."
            }
        }
    }
}

/// The machine of a guest.
fn machine(node: &Node) -> Option<&ResourceId> {
    match &node.kind {
        NodeKind::Guest { resource } => resource.as_ref(),
        _ => None,
    }
}

/// Whether a guest is away because of its machine, whose finding, or that of the node it is on, tells.
fn is_told_by_machine(scene: &Scene<'_>, machine: &ResourceId) -> bool {
    let is_told = |part: &Placed<'_>| {
        !part.primitive.active || part.primitive.failed || part.primitive.blocked || is_on_lost(scene, part)
    };
    scene.parts(base(machine)).any(is_told)
}

/// The resource that brings an offline remote node or guest back, and whose finding tells of it: the guest's machine where
/// that is what is down, else the connection.
pub(super) fn carrier<'a>(scene: &Scene<'a>, node: &'a Node) -> Option<&'a ResourceId> {
    let machine = machine(node).filter(|machine| is_told_by_machine(scene, machine));
    let connection = || scene.parts(node.name.as_str()).map(|part| &part.primitive.id).next();
    machine.or_else(connection)
}

/// Whether a resource is shown on nodes that are all unclean, so that nothing is known of it before they are fenced.
pub(super) fn awaits_fencing(scene: &Scene<'_>, id: &ResourceId) -> bool {
    let is_unclean = |name: &NodeName| scene.index.node(name).is_some_and(|node| node.unclean);
    let mut parts = scene.parts(base(id));
    parts.any(|part| is_on_lost(scene, part) && part.primitive.nodes.iter().all(is_unclean))
}

/// Whether it is shown on nodes that are all unclean, or offline.
pub(super) fn is_on_lost(scene: &Scene<'_>, part: &Placed<'_>) -> bool {
    let is_lost = |name: &NodeName| scene.index.node(name).is_some_and(|node| node.unclean || !node.online);
    let nodes = &part.primitive.nodes;
    !nodes.is_empty() && nodes.iter().all(is_lost)
}

/// `guest nodes offline with it: lxc1, lxc2`: those whose machines were on that node.
pub(super) fn guests_on(scene: &Scene<'_>, host: &NodeName) -> Option<String> {
    guests_line(scene, |machine| {
        scene.parts(base(machine)).any(|part| part.primitive.nodes.contains(host) && is_on_lost(scene, part))
    })
}

/// `guest node offline with it: web1`: the one whose machine that resource is.
pub(super) fn guest_of(scene: &Scene<'_>, id: &ResourceId) -> Option<String> {
    guests_line(scene, |machine| machine == id)
}

fn guests_line(scene: &Scene<'_>, is_it: impl Fn(&ResourceId) -> bool) -> Option<String> {
    let guests = scene.picture.nodes.iter().filter(|node| !node.online && machine(node).is_some_and(&is_it));
    let guests: Vec<&NodeName> = guests.map(|node| &node.name).collect();
    let noun = if guests.len() == 1 { "node" } else { "nodes" };
    (!guests.is_empty()).then(|| format!("guest {noun} offline with it: {}", names(guests)))
}

/// Whether the configuration has nothing that could connect to a node.
fn is_unknown(scene: &Scene<'_>, name: &ResourceId, machine: Option<&ResourceId>) -> bool {
    let Some(cib) = scene.picture.cib.as_deref() else { return false };
    let is_guest = || cib.resources.iter().any(|it| it.meta("remote-node") == Some(name.as_str()));
    machine.is_none()
        && scene.index.configured(base(name)).is_none()
        && scene.parts(base(name)).next().is_none()
        && !is_guest()
}

/// The bundle whose replica a node is: by what the picture lists or, where it doesn't list the bundle, by its name.
pub(super) fn bundle_of(scene: &Scene<'_>, node: &Node) -> Option<ResourceId> {
    let name = ResourceId::from(node.name.as_str());
    if let Some(bundle) = scene.bundle_of(&name) {
        return Some(bundle.clone());
    }
    let (bundle, _replica) = numbered(node.name.as_str(), '-')?;
    let is_configured = scene.index.configured(bundle).is_some_and(|it| it.kind == "bundle");
    let is_replica = matches!(node.kind, NodeKind::Bundle { .. }) || is_configured;
    is_replica.then(|| bundle.into())
}
