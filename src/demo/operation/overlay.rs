//! Lays what people have done over what goes on by itself.

use std::time::Duration;

use jiff::Timestamp;

use super::difference::{Action, ActionKind, actions};
use super::{Change, Dated};
use crate::demo::blueprint::{Blueprint, ConstraintSpec, Shape, Spec};
use crate::demo::cib::{HOME_SCORE, STICKINESS};
use crate::demo::fault::{Fault, Scene};
use crate::demo::placement::{place, spots};
use crate::demo::situation::{HostCondition, MarkKind, Presence, Seat, Situation, Spot};

/// How long stops, and then starts, take.
const STOP: Duration = Duration::from_millis(1_200);
const START: Duration = Duration::from_millis(1_400);

/// A cluster without what people have done.
pub(in crate::demo) struct Base<'a> {
    pub(in crate::demo) blueprint: &'a Blueprint,
    pub(in crate::demo) booted: Timestamp,
    /// What goes on by itself.
    pub(in crate::demo) episode: Option<(Fault, Scene<'a>)>,
}

/// The change that last moved something, and how all was right before.
struct Latest {
    at: Timestamp,
    before: Situation,
}

/// How the cluster is when all that is on its way has arrived. `done` is in the order of time.
pub(in crate::demo) fn settled(base: &Base, done: &[Dated], now: Timestamp) -> Situation {
    follow(base, done, now).0
}

/// How the cluster is to be seen now, with what is on its way.
pub(in crate::demo) fn shown(base: &Base, done: &[Dated], now: Timestamp) -> Situation {
    let (mut situation, latest) = follow(base, done, now);
    if let Some(Latest { at, before }) = latest {
        let elapsed = Duration::try_from(now.duration_since(at)).unwrap_or_default();
        animate(base.blueprint, &before, &mut situation, elapsed);
    }
    situation
}

/// Makes one change; what stays where it is put does so from then on.
pub(super) fn make(blueprint: &Blueprint, situation: &mut Situation, at: Timestamp, change: &Change) {
    let before = spots(blueprint, situation);
    change.apply(blueprint, at, situation);
    remember(blueprint, situation, &before);
}

/// What was done before the episode is its ground; what was done since may end it.
fn follow(base: &Base, done: &[Dated], now: Timestamp) -> (Situation, Option<Latest>) {
    let mut situation = Situation::healthy(base.blueprint, base.booted);
    let began = base.began();
    let (earlier, later) = match began {
        Some(began) => done.split_at(done.partition_point(|dated| dated.at < began)),
        None => done.split_at(0),
    };
    for dated in earlier {
        make(base.blueprint, &mut situation, dated.at, &dated.change);
    }
    base.lay_episode(&mut situation);
    let mut latest = None;
    for dated in later.iter().take_while(|dated| dated.at <= now) {
        let is_recent = now.duration_since(dated.at).unsigned_abs() < STOP + START;
        let before = is_recent.then(|| situation.clone());
        make(base.blueprint, &mut situation, dated.at, &dated.change);
        if let Some(before) = before.filter(|before| is_moved(base.blueprint, before, &situation)) {
            latest = Some(Latest { at: dated.at, before });
        }
    }
    (situation, latest)
}

fn is_moved(blueprint: &Blueprint, before: &Situation, after: &Situation) -> bool {
    spots(blueprint, before) != spots(blueprint, after)
}

impl Base<'_> {
    fn began(&self) -> Option<Timestamp> {
        self.episode.as_ref().and_then(|(_, scene)| scene.began.first().copied())
    }

    /// What was switched off by hand stays off in any episode.
    fn lay_episode(&self, situation: &mut Situation) {
        let Some((fault, scene)) = &self.episode else { return };
        let off: Vec<(usize, Presence, Option<HostCondition>)> = situation
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, condition)| condition.presence != Presence::Online)
            .map(|(node, condition)| (node, condition.presence, situation.hosts.get(node).copied()))
            .collect();
        fault.lay_over(scene, situation);
        for (node, presence, host) in &off {
            situation.nodes[*node].presence = *presence;
            if let (Some(condition), Some(host)) = (situation.hosts.get_mut(*node), host) {
                *condition = *host;
            }
        }
        if !off.is_empty() {
            situation.count_members();
        }
    }
}

/// What is unmanaged is held where it is; what was moved and stays where it is put has a new seat.
fn remember(blueprint: &Blueprint, situation: &mut Situation, before: &[Vec<Spot>]) {
    for (index, spec) in blueprint.resources.iter().enumerate() {
        let is_free = !is_left_alone(spec, situation, &before[index]);
        match &situation.seats[index] {
            Seat::At(_) if !is_free => situation.seats[index] = Seat::Held(before[index].clone()),
            Seat::Held(_) if is_free => {
                let there = chief(spec, &before[index]).filter(|_| stays(blueprint, spec));
                situation.seats[index] = Seat::At(there.unwrap_or(spec.home));
            }
            Seat::At(_) | Seat::Held(_) => {}
        }
    }
    let after = spots(blueprint, situation);
    for (index, spec) in blueprint.resources.iter().enumerate() {
        if after[index] == before[index] || !matches!(situation.seats[index], Seat::At(_)) {
            continue;
        }
        if let Some(node) = chief(spec, &after[index]).filter(|_| stays(blueprint, spec)) {
            situation.seats[index] = Seat::At(node);
        }
    }
}

/// The node that its seat speaks of.
fn chief(spec: &Spec, spots: &[Spot]) -> Option<usize> {
    match spec.shape {
        Shape::Single | Shape::Fencing(_) | Shape::Connection(_) | Shape::Group => {
            spots.first().map(|spot| spot.node)
        }
        Shape::Clone { promoted: 1, .. } => {
            spots.iter().find(|spot| spot.role == "Promoted").map(|spot| spot.node)
        }
        Shape::Clone { .. } | Shape::Bundle { .. } => None,
    }
}

/// Whether it stays where it is put, as its stickiness, which a group's members add up, outweighs its home's score.
fn stays(blueprint: &Blueprint, spec: &Spec) -> bool {
    let has_home = blueprint.constraints.iter().any(
        |constraint| matches!(constraint, ConstraintSpec::Prefers { resource, .. } if *resource == spec.id),
    );
    !has_home || STICKINESS * spec.primitives.len() as u32 > HOME_SCORE
}

/// Whether Pacemaker leaves all of a resource alone.
fn is_left_alone(spec: &Spec, situation: &Situation, spots: &[Spot]) -> bool {
    let says = |id: &str, name, value| situation.meta_of(id, name).is_some_and(|meta| meta.value == value);
    let is_unmanaged = |id: &str| says(id, "is-managed", "false") || says(id, "maintenance", "true");
    let is_in_one_place = !matches!(spec.shape, Shape::Clone { .. } | Shape::Bundle { .. });
    situation.is_in_maintenance()
        || is_unmanaged(&spec.id)
        || spec.primitives.iter().all(|primitive| is_unmanaged(&primitive.id))
        || (is_in_one_place && spots.iter().any(|spot| situation.nodes[spot.node].maintenance))
}

/// Shows what is on its way: first what stops, where it was, then what starts, where it will be.
fn animate(blueprint: &Blueprint, before: &Situation, situation: &mut Situation, elapsed: Duration) {
    let after = situation.clone();
    let (units_before, units_after) = (place(blueprint, before), place(blueprint, &after));
    let actions = actions(blueprint, &units_before, &units_after);
    let is_up = |node: usize| after.nodes[node].presence == Presence::Online;
    let stopping = |action: &Action| action.stops_on().filter(|node| is_up(*node));
    let begin = if actions.iter().any(|action| stopping(action).is_some()) { STOP } else { Duration::ZERO };
    if elapsed < begin {
        let places = spots(blueprint, before);
        for action in &actions {
            situation.seats[action.spec] = Seat::Held(places[action.spec].clone());
            if let Some(node) = stopping(action) {
                let role = if action.kind == ActionKind::Demote { "Demoting" } else { "Stopping" };
                situation.mark(&action.resource, Some(node), MarkKind::InTransit(role));
            }
        }
        return;
    }
    if elapsed < begin + START {
        for action in &actions {
            if let Some(node) = action.starts_on() {
                let role = if action.kind == ActionKind::Promote { "Promoting" } else { "Starting" };
                situation.mark(&action.resource, Some(node), MarkKind::InTransit(role));
            }
        }
    }
}
