//! Why a resource that should run runs nowhere: the one reasoner behind the findings and the why card.

use super::barrier::{self, Barrier};
use super::resource::Asked;
use crate::health::constraint_words;
use crate::health::incident::Aftermath;
use crate::health::remote;
use crate::health::scene::{Scene, base};
use crate::health::words::first_lines;
use crate::model::{
    Bond, BondKind, Constraint, ConstraintRule, Node, NodeName, Primitive, Resource, ResourceId, Role,
};

/// What keeps a resource from running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::health) enum Obstacle<'a> {
    /// Its own failure, which a finding of its own tells.
    Failure,
    /// What it follows doesn't run, or isn't promoted.
    Leader(Leader<'a>),
    /// A member of its group that stands before it is disabled.
    Behind(&'a ResourceId),
    /// It waits for the node that it is locked to.
    Locked(&'a NodeName),
    /// It is unmanaged, so Pacemaker doesn't start it.
    Unmanaged,
    /// The only node that may run it is a remote node or guest, and is offline. That resource is its connection, or the
    /// machine that is down.
    Away(&'a NodeName, &'a ResourceId),
    /// No node may run it.
    NoNode(Vec<(&'a Node, Vec<Barrier<'a>>)>),
    /// A node must be fenced first.
    Fencing(Vec<&'a NodeName>),
    /// Nothing that the picture tells.
    Unknown,
}

/// What a resource waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::health) struct Leader<'a> {
    pub(in crate::health) id: &'a ResourceId,
    pub(in crate::health) constraint: &'a Constraint,
    pub(in crate::health) promoted: bool,
    /// It comes after it, rather than beside it.
    pub(in crate::health) after: bool,
    pub(in crate::health) state: LeaderState,
}

/// What is wrong with a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::health) enum LeaderState {
    Down,
    NotPromoted,
    Failed,
    Blocked,
    /// Fewer of its instances run than its `clone-min`: how many do, and how many must.
    TooFew(usize, usize),
}

impl Leader<'_> {
    /// `follows galera-clone, which has no promoted instance`.
    pub(in crate::health) fn words(&self) -> String {
        let verb = if self.after { "starts after" } else { "follows" };
        let lacks = match self.state {
            LeaderState::Down => "doesn't run".to_owned(),
            LeaderState::NotPromoted => "has no promoted instance".to_owned(),
            LeaderState::Failed => "has failed".to_owned(),
            LeaderState::Blocked => "is blocked".to_owned(),
            LeaderState::TooFew(running, least) => {
                let promoted = if self.promoted { "promoted " } else { "" };
                format!("has {running} of {least} {promoted}instances (clone-min)")
            }
        };
        format!("{verb} {}, which {lacks}", self.id)
    }

    /// `constraint ord-web: start db, then start web, mandatory`.
    pub(in crate::health) fn evidence(&self) -> String {
        format!("constraint {}: {}", self.constraint.id, constraint_words(self.constraint))
    }
}

impl Obstacle<'_> {
    /// The reason in a few words; `None` where it isn't known or another finding tells it.
    pub(in crate::health) fn words(&self) -> Option<String> {
        match self {
            Self::Leader(leader) => Some(leader.words()),
            Self::Behind(id) => Some(format!("comes in its group after {id}, which is disabled")),
            Self::Locked(node) => Some(format!("locked to {node} until it is back")),
            Self::Unmanaged => Some("unmanaged, so Pacemaker doesn't start it".to_owned()),
            Self::Away(node, _) => Some(format!("its node {node} is offline")),
            Self::NoNode(barriers) => Some(barrier::headline(barriers)),
            Self::Failure | Self::Fencing(_) | Self::Unknown => None,
        }
    }

    /// Whether the cause is something else's.
    pub(in crate::health) const fn is_passed_on(&self) -> bool {
        matches!(self, Self::Leader(_) | Self::Behind(_) | Self::Fencing(_) | Self::Away(..))
    }

    /// The facts, one a line.
    pub(in crate::health) fn evidence(&self) -> Vec<String> {
        match self {
            Self::Leader(leader) => vec![leader.evidence()],
            Self::NoNode(barriers) => {
                let lines = barriers.iter().flat_map(|(node, all)| {
                    all.iter().take(2).map(|barrier| barrier::line(&node.name, barrier))
                });
                first_lines(lines)
            }
            _ => Vec::new(),
        }
    }
}

/// What keeps it from running. `asked` is a resource of which nothing runs and that should.
pub(in crate::health) fn obstacle<'a>(asked: &Asked<'_, 'a>) -> Obstacle<'a> {
    if has_failed(asked) {
        return Obstacle::Failure;
    }
    if !asked.scene.in_maintenance() && asked.parts.iter().all(|part| !part.primitive.managed) {
        return Obstacle::Unmanaged;
    }
    if let Some(leader) = missing_leader(asked) {
        return Obstacle::Leader(leader);
    }
    if let Some(disabled) = disabled_before(asked) {
        return Obstacle::Behind(disabled);
    }
    if let Some(node) = asked.parts.iter().find_map(|part| part.primitive.locked_to.as_ref()) {
        return Obstacle::Locked(node);
    }
    let barriers = barrier::barriers(asked);
    let unclean = if waits_for_fencing(asked) { unclean_homes(&barriers) } else { Vec::new() };
    let is_shut = |(_, all): &(&Node, Vec<Barrier<'a>>)| !all.is_empty();
    if !barriers.is_empty() && barriers.iter().all(is_shut) {
        // Where another of its nodes is shut for a while, fencing alone doesn't bring it back.
        let is_only_fencing = barriers
            .iter()
            .all(|(node, all)| unclean.contains(&&node.name) || all.first().is_some_and(barrier::is_lasting));
        if unclean.is_empty() || !is_only_fencing {
            return away(asked.scene, &barriers).unwrap_or(Obstacle::NoNode(barriers));
        }
    }
    if unclean.is_empty() { Obstacle::Unknown } else { Obstacle::Fencing(unclean) }
}

/// Whether it waits for one remote node or guest alone, on which a constraint keeps it.
fn away<'a>(scene: &Scene<'a>, barriers: &[(&'a Node, Vec<Barrier<'a>>)]) -> Option<Obstacle<'a>> {
    let mut own = barriers.iter().filter(|(_, all)| !all.first().is_some_and(barrier::is_lasting));
    let ((node, all), None) = (own.next()?, own.next()) else { return None };
    if all.first() != Some(&Barrier::State(barrier::State::Offline)) {
        return None;
    }
    let carrier = remote::carrier(scene, node)?;
    Some(if remote::awaits_fencing(scene, carrier) {
        Obstacle::Fencing(vec![&node.name])
    } else {
        Obstacle::Away(&node.name, carrier)
    })
}

/// The member that stands before it in its group and is disabled: those behind it don't start without it.
fn disabled_before<'a>(asked: &Asked<'_, 'a>) -> Option<&'a ResourceId> {
    let scene = asked.scene;
    let part = asked.parts.iter().find(|part| !part.primitive.active && scene.should_run(part))?;
    let is_disabled = |id: &ResourceId| scene.parts(base(id)).any(|other| scene.is_disabled(other));
    part.before().iter().map(Resource::id).find(|id| is_disabled(id))
}

/// Whether Pacemaker starts it only after every unclean node has been fenced. Fencing devices and connections to remote
/// nodes never wait, nor does a resource with a `requires` of its own that says so.
pub(in crate::health) fn waits_for_fencing(asked: &Asked<'_, '_>) -> bool {
    let agents = || asked.parts.iter().map(|part| part.primitive.agent.as_str());
    let is_exempt = agents().any(|agent| agent.starts_with("stonith:") || agent == "ocf:pacemaker:remote");
    let requires = asked.meta("requires").map(|(_, value)| value.to_ascii_lowercase());
    !is_exempt && !matches!(requires.as_deref(), Some("nothing" | "quorum"))
}

/// The unclean nodes that might have run it. One from which it is banned explains nothing.
fn unclean_homes<'a>(barriers: &[(&'a Node, Vec<Barrier<'a>>)]) -> Vec<&'a NodeName> {
    let is_home = |all: &[Barrier<'_>]| all.first() == Some(&Barrier::State(barrier::State::Unclean));
    barriers.iter().filter(|(_, all)| is_home(all)).map(|(node, _)| &node.name).collect()
}

/// Whether a failure of it, or of a part of it, keeps it down.
pub(in crate::health) fn has_failed(asked: &Asked<'_, '_>) -> bool {
    let scene = asked.scene;
    let flagged = asked.parts.iter().any(|part| part.primitive.failed || part.primitive.blocked);
    flagged
        || scene.incidents.iter().any(|incident| {
            matches!(incident.aftermath, Aftermath::Down | Aftermath::Blocked)
                && barrier::is_of(&asked.family, &incident.failure.resource)
        })
}

/// The first of its leaders that isn't there.
pub(in crate::health) fn missing_leader<'a>(asked: &Asked<'_, 'a>) -> Option<Leader<'a>> {
    let bonds: Vec<Bond<'a>> =
        asked.bonds().filter(|bond| bond.kind.is_needed() && !bond.kind.is_of_promotion()).collect();
    let missing = |bond: &Bond<'a>| missing(asked.scene, bond);
    // Of a set that needs any one of several, one that runs is enough.
    let is_met = |bond: &Bond<'a>| {
        let BondKind::After { any: true, .. } = bond.kind else { return false };
        let mut same = bonds.iter().filter(|other| other.constraint.id == bond.constraint.id);
        same.any(|other| missing(other).is_none())
    };
    bonds.iter().filter(|bond| !is_met(bond)).find_map(missing)
}

/// The leader of a bond, where it isn't there; `None` where it is, or is unknown.
pub(in crate::health) fn missing<'a>(scene: &Scene<'a>, bond: &Bond<'a>) -> Option<Leader<'a>> {
    let promoted = bond.kind.wants_promoted();
    let state = leader_state(scene, bond.leader, promoted).or_else(|| too_few(scene, bond))?;
    let after = matches!(bond.kind, BondKind::After { .. });
    Some(Leader { id: bond.leader, constraint: bond.constraint, promoted, after, state })
}

fn leader_state(scene: &Scene<'_>, id: &ResourceId, promoted: bool) -> Option<LeaderState> {
    let parts: Vec<_> = scene.parts(base(id)).collect();
    let Some(first) = parts.first() else {
        // Without -r some versions list no stopped resources; one that isn't configured either is told elsewhere.
        return scene.index.configured(base(id)).map(|_| LeaderState::Down);
    };
    let active = || parts.iter().filter(|part| part.primitive.active);
    // A group is there when all of it is.
    let in_group = first.ancestors.iter().any(|top| top.id() == id && matches!(top, Resource::Group(_)));
    if active().next().is_none() || (in_group && parts.iter().any(|part| !part.primitive.active)) {
        return Some(LeaderState::Down);
    }
    let sound = || active().filter(|part| !part.primitive.failed && !part.primitive.blocked);
    if sound().next().is_none() {
        let blocked = active().any(|part| part.primitive.blocked);
        return Some(if blocked { LeaderState::Blocked } else { LeaderState::Failed });
    }
    (promoted && !sound().any(|part| Scene::is_promoted(part))).then_some(LeaderState::NotPromoted)
}

/// Whether fewer instances of a clone run than must before what is ordered after it starts. `clone-min` counts in an
/// order of two resources; one by sets, or by a tag, has no such condition.
fn too_few(scene: &Scene<'_>, bond: &Bond<'_>) -> Option<LeaderState> {
    let ConstraintRule::Order { first, then, .. } = &bond.constraint.rule else { return None };
    if first != bond.leader || then != bond.follower {
        return None;
    }
    let mut parts = scene.parts(base(first));
    let clone = parts.next()?.ancestors.iter().find_map(|top| match top {
        Resource::Clone(clone) if clone.id == *first => Some(clone),
        _ => None,
    })?;
    let least = scene.clone_option(first, "clone-min")?;
    let is_up = |part: &Primitive| part.active && !part.failed && !part.blocked;
    let promoted = bond.kind.wants_promoted();
    let counts = |instance: &&Resource| {
        let parts = instance.primitives();
        parts.iter().all(|(_, part)| is_up(part))
            && (!promoted || parts.iter().any(|(_, part)| part.role == Role::Promoted))
    };
    let running = clone.instances.iter().filter(counts).count();
    (running < least).then_some(LeaderState::TooFew(running, least))
}
