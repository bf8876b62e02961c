//! What a set of operations would take down. The care that a confirmation asks for follows from this, not from the
//! verb alone: one node in standby is routine, and the last one is an outage.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::preview::Projection;
use super::scope;
use super::simulate::Simulation;
use super::verb::Verb;
use crate::model::{Node, NodeKind, NodeName, Picture, Primitive, Resource, ResourceId, Role};
use crate::pacemaker::parse::Projected;

/// What would be down afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consequences {
    /// The resources that run somewhere now and would run nowhere. Named by the outermost resource that stops whole.
    pub stops: Vec<ResourceId>,
    /// The promotable clones that would have no promoted instance left, but keep running.
    pub demotes: Vec<ResourceId>,
    /// What a restart takes down until it starts it again.
    pub pauses: Vec<ResourceId>,
    /// The members left, if the operations cost the quorum.
    pub quorum: Option<QuorumLoss>,
    /// The nodes that come back on their own: until then the rest holds.
    pub until: Vec<NodeName>,
    /// The scheduler was asked and gave no answer, so any of this may happen.
    pub is_unknown: bool,
}

/// A majority that would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuorumLoss {
    /// The members left.
    pub left: usize,
    /// All members.
    pub members: usize,
    /// Less than half is left. With exactly half, or where the votes aren't counted by a plain majority, `two_node` or a
    /// quorum device may keep the quorum.
    pub is_certain: bool,
}

impl Consequences {
    /// Works out what these plans would take down, carried out in their order; the projection is of all of them together.
    pub fn of(picture: &Picture, plans: &[&Plan], projection: &Projection) -> Self {
        let actions = projection.actions();
        let by_scheduler = actions.iter().filter(|action| action.resource.is_empty());
        let by_scheduler: Vec<NodeName> =
            by_scheduler.filter_map(|action| action.from.as_deref().map(NodeName::from)).collect();
        let dead: Vec<NodeName> =
            plans.iter().filter_map(|plan| fenced(plan)).chain(by_scheduler.iter().cloned()).collect();
        let is_restart = |plan: &&Plan| plan.intent.verb == Verb::Restart;
        let returning = plans.iter().filter(|plan| plan.intent.verb == Verb::FenceReboot);
        let mut consequences = Self {
            quorum: quorum_loss(picture, plans, &by_scheduler),
            until: returning.filter_map(|plan| fenced(plan)).collect(),
            is_unknown: matches!(projection, Projection::Unknown(_)),
            ..Self::default()
        };
        if projection.is_known() {
            let fates = Fates::of(picture, plans, &actions, &dead);
            // What a restart stops is started again by the same operation.
            if plans.iter().all(is_restart) {
                consequences.pauses = fates.stopped();
            } else {
                consequences.stops = fates.stopped();
                consequences.demotes = fates.demoted();
            }
        }
        consequences
    }

    /// Whether the user has to type a name before this is done.
    pub fn are_severe(&self) -> bool {
        self.is_unknown || !self.stops.is_empty() || !self.demotes.is_empty() || self.quorum.is_some()
    }
}

/// One simulation of all these plans on one copy of the CIB, in their order, without quorum where they cost it; `None`
/// if none of them asks the scheduler.
pub fn simulation(picture: &Picture, plans: &[&Plan]) -> Option<Simulation> {
    let all = Simulation::together(plans.iter().filter_map(|plan| plan.simulation.clone()))?;
    // `crm_simulate` keeps the quorum that the CIB has, however many nodes it lets fail.
    let is_lost = quorum_loss(picture, plans, &[]).is_some_and(|loss| loss.is_certain);
    Some(if is_lost { all.and(Simulation::Pretend("--quorum=false".to_owned())) } else { all })
}

/// The node that the plan cuts the power of.
fn fenced(plan: &Plan) -> Option<NodeName> {
    matches!(plan.intent.verb, Verb::FenceOff | Verb::FenceReboot)
        .then(|| NodeName::from(plan.intent.subject.as_str()))
}

/// The fewest members that are left at any moment, if that costs the quorum. A rebooted node is back before the next
/// plan begins; what the scheduler fences on its own goes on top of what is gone then.
fn quorum_loss(picture: &Picture, plans: &[&Plan], by_scheduler: &[NodeName]) -> Option<QuorumLoss> {
    if picture.summary.quorate != Some(true) {
        return None;
    }
    let votes = |node: &&Node| node.online || node.pending;
    let voting: BTreeSet<&NodeName> = picture.members().filter(votes).map(|node| &node.name).collect();
    let mut off: BTreeSet<NodeName> = by_scheduler.iter().cloned().collect();
    let mut fewest = voting.len();
    let count = |off: &BTreeSet<NodeName>| voting.iter().filter(|node| !off.contains(**node)).count();
    for plan in plans {
        let node = fenced(plan);
        let was_on = node.clone().is_some_and(|node| off.insert(node));
        fewest = fewest.min(count(&off));
        if let Some(node) = node.filter(|_| was_on && plan.intent.verb == Verb::FenceReboot) {
            off.remove(&node);
        }
    }
    let (before, members) = (voting.len(), picture.members().count());
    let is_lost = fewest < before && 2 * fewest <= members;
    let is_certain = 2 * fewest < members && 2 * before > members;
    is_lost.then_some(QuorumLoss { left: fewest, members, is_certain })
}

/// Where each service runs now and would run afterwards.
struct Fates<'p> {
    picture: &'p Picture,
    all: Vec<Fate>,
}

/// A primitive by its configured id, or a bundle.
#[derive(Default)]
struct Fate {
    id: String,
    before: BTreeSet<NodeName>,
    after: BTreeSet<NodeName>,
    promoted_before: BTreeSet<NodeName>,
    promoted_after: BTreeSet<NodeName>,
}

impl<'p> Fates<'p> {
    fn of(picture: &'p Picture, plans: &[&Plan], actions: &[&Projected], dead: &[NodeName]) -> Self {
        let mut fates = Self { picture, all: Vec::new() };
        // A fencing device that isn't started can still fence, unless it is disabled.
        let is_service = |primitive: &Primitive| {
            let id = scope::configured(primitive.id.as_str());
            !primitive.agent.starts_with("stonith:")
                || plans.iter().any(|plan| plan.concerns.iter().any(|it| it.as_str() == id))
        };
        for (_, primitive) in picture.primitives().filter(|(_, it)| it.active && is_service(it)) {
            let nodes = || primitive.nodes.iter().filter(|node| !is_container(picture, node)).cloned();
            let fate = fates.entry(primitive.id.as_str());
            fate.before.extend(nodes());
            if primitive.role == Role::Promoted {
                fate.promoted_before.extend(nodes());
            }
        }
        for fate in &mut fates.all {
            let survives = |node: &&NodeName| !dead.contains(node);
            fate.after = fate.before.iter().filter(survives).cloned().collect();
            fate.promoted_after = fate.promoted_before.iter().filter(survives).cloned().collect();
        }
        // An instance may stop on one node and another start there: the order of the list says nothing.
        let of_resources = || actions.iter().filter(|action| !action.resource.is_empty());
        of_resources().for_each(|action| fates.leave(action));
        of_resources().for_each(|action| fates.arrive(action));
        fates
    }

    fn entry(&mut self, id: &str) -> &mut Fate {
        let id = service(self.picture, id);
        let at = self.all.iter().position(|fate| fate.id == id).unwrap_or_else(|| {
            self.all.push(Fate { id, ..Fate::default() });
            self.all.len() - 1
        });
        &mut self.all[at]
    }

    /// Takes away what ends. A blocked stop counts: the scheduler wants it.
    fn leave(&mut self, action: &Projected) {
        let Some(from) = action.from.as_deref().map(NodeName::from) else { return };
        let fate = self.entry(&action.resource);
        let word = action.action.as_str();
        let can_not_start_again = action.is_blocked && matches!(word, "restart" | "recover");
        let leaves = word == "stop" || action.to.is_some() || can_not_start_again;
        if leaves {
            fate.after.remove(&from);
        }
        if leaves || word == "demote" {
            fate.promoted_after.remove(&from);
        }
    }

    /// Adds what begins, unless it is blocked.
    fn arrive(&mut self, action: &Projected) {
        let Some(node) = action.to.as_deref().or(action.from.as_deref()).map(NodeName::from) else { return };
        let word = action.action.as_str();
        if action.is_blocked || matches!(word, "stop" | "demote") || is_container(self.picture, &node) {
            return;
        }
        let fate = self.entry(&action.resource);
        let was_promoted = action.from.as_deref().is_some_and(|from| fate.promoted_before.contains(from));
        if word == "promote" || (action.to.is_some() && was_promoted) {
            fate.promoted_after.insert(node.clone());
        }
        fate.after.insert(node);
    }

    fn stopped(&self) -> Vec<ResourceId> {
        let stops = |fate: &&Fate| !fate.before.is_empty() && fate.after.is_empty();
        let gone: BTreeSet<&str> = self.all.iter().filter(stops).map(|fate| fate.id.as_str()).collect();
        let mut named = Vec::new();
        self.picture.resources.iter().for_each(|it| name_whole(self.picture, it, &gone, &mut named));
        named
    }

    fn demoted(&self) -> Vec<ResourceId> {
        let demotes = |fate: &&Fate| {
            !fate.promoted_before.is_empty() && fate.promoted_after.is_empty() && !fate.after.is_empty()
        };
        let mut named: Vec<ResourceId> = Vec::new();
        for fate in self.all.iter().filter(demotes) {
            let found = scope::find(self.picture, &fate.id);
            let clone = found.as_ref().and_then(scope::Found::collective);
            let id = clone.map_or(fate.id.as_str(), |clone| scope::configured(clone.id().as_str()));
            if !named.iter().any(|known| *known == *id) {
                named.push(id.into());
            }
        }
        named
    }
}

/// The service that a primitive belongs to: the bundle that contains it, as each replica has ids of its own, else itself.
fn service(picture: &Picture, id: &str) -> String {
    let found = scope::find(picture, id);
    let bundle = found.iter().flat_map(|found| &found.above).find(|it| matches!(it, Resource::Bundle(_)));
    scope::configured(bundle.map_or(id, |bundle| bundle.id().as_str())).to_owned()
}

/// Whether the node is a bundle's container, which runs wherever its host is.
fn is_container(picture: &Picture, node: &NodeName) -> bool {
    picture.node(node).is_some_and(|node| matches!(node.kind, NodeKind::Bundle { .. }))
}

/// Names the resource if all of it that runs would be gone, else what in it would.
fn name_whole(picture: &Picture, resource: &Resource, gone: &BTreeSet<&str>, named: &mut Vec<ResourceId>) {
    let running = resource.primitives().into_iter().filter(|(_, primitive)| primitive.active);
    let is_gone: Vec<bool> =
        running.map(|(_, it)| gone.contains(service(picture, it.id.as_str()).as_str())).collect();
    if is_gone.iter().all(|is_gone| !is_gone) {
        return;
    }
    if !is_gone.iter().all(|is_gone| *is_gone) {
        return resource.children().for_each(|child| name_whole(picture, child, gone, named));
    }
    let id = scope::configured(resource.id().as_str());
    if !named.iter().any(|known| *known == *id) {
        named.push(id.into());
    }
}
