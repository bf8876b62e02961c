//! What has to be done to get from one placement to another, in the scheduler's words.

use strum::Display;

use crate::demo::blueprint::{Blueprint, ConstraintSpec, Shape};
use crate::demo::placement::{Instance, Unit};

/// One action.
#[derive(Debug, Clone)]
pub(super) struct Action {
    /// The number of the resource at the top level.
    pub(super) spec: usize,
    /// The primitive's id.
    pub(super) resource: String,
    /// The number of the clone's or bundle's instance.
    pub(super) number: Option<usize>,
    pub(super) kind: ActionKind,
    /// Where it is.
    pub(super) from: Option<usize>,
    /// Where it will be.
    pub(super) to: Option<usize>,
    /// The resource whose restart demands it.
    pub(super) required: Option<String>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
#[strum(serialize_all = "lowercase")]
pub(super) enum ActionKind {
    Start,
    Stop,
    Move,
    Promote,
    Demote,
    Restart,
}

impl Action {
    /// Where something ends.
    pub(super) fn stops_on(&self) -> Option<usize> {
        match self.kind {
            ActionKind::Stop | ActionKind::Move | ActionKind::Demote | ActionKind::Restart => self.from,
            ActionKind::Start | ActionKind::Promote => None,
        }
    }

    /// Where something begins.
    pub(super) fn starts_on(&self) -> Option<usize> {
        match self.kind {
            ActionKind::Start | ActionKind::Move | ActionKind::Promote | ActionKind::Restart => self.to,
            ActionKind::Stop | ActionKind::Demote => None,
        }
    }

    /// The resource as the scheduler names it.
    pub(super) fn name(&self) -> String {
        let number = self.number.map(|number| format!(":{number}")).unwrap_or_default();
        format!("{}{number}", self.resource)
    }
}

/// All of them, in the order of the configuration; both placements are of the same blueprint.
pub(super) fn actions(blueprint: &Blueprint, before: &[Unit], after: &[Unit]) -> Vec<Action> {
    let mut actions = Vec::new();
    for (spec, (before, after)) in before.iter().zip(after).enumerate() {
        match before.spec.shape {
            Shape::Clone { .. } => of_clone(spec, before, after, &mut actions),
            _ => of_places(spec, before, after, &mut actions),
        }
    }
    add_restarts(blueprint, after, &mut actions);
    actions.sort_by_key(|action| action.spec);
    actions
}

/// Of what has a place of its own for each instance: single resources, groups, bundles.
fn of_places(spec: usize, before: &Unit, after: &Unit, actions: &mut Vec<Action>) {
    let is_bundle = matches!(before.spec.shape, Shape::Bundle { .. });
    let per_replica = before.spec.primitives.len() + 2;
    for (index, (was, is)) in before.instances.iter().zip(&after.instances).enumerate() {
        let kind = match (was.node, is.node) {
            (Some(from), Some(to)) if from != to => ActionKind::Move,
            (Some(_), None) => ActionKind::Stop,
            (None, Some(_)) => ActionKind::Start,
            _ => continue,
        };
        // What is inside of a bundle is numbered; its containers have names of their own.
        let is_inside = is_bundle && index % per_replica < before.spec.primitives.len();
        let number = is_inside.then_some(index / per_replica);
        let (resource, required) = (was.id.to_string(), None);
        actions.push(Action { spec, resource, number, kind, from: was.node, to: is.node, required });
    }
}

fn of_clone(spec: usize, before: &Unit, after: &Unit, actions: &mut Vec<Action>) {
    for (number, node, id) in numbered(before, after) {
        let on = |unit: &Unit| role_on(unit, &id, node);
        let kind = match (on(before), on(after)) {
            (Some(_), None) => ActionKind::Stop,
            (None, Some("Promoted")) => ActionKind::Promote,
            (None, Some(_)) => ActionKind::Start,
            (Some(was), Some(is)) if was != is && was == "Promoted" => ActionKind::Demote,
            (Some(was), Some(is)) if was != is && is == "Promoted" => ActionKind::Promote,
            _ => continue,
        };
        let at = |unit: &Unit| on(unit).map(|_| node);
        let (from, to) = (at(before), at(after));
        let number = Some(number);
        actions.push(Action { spec, resource: id, number, kind, from, to, required: None });
    }
}

/// A clone's instances that run before or after: their numbers, nodes and ids.
fn numbered(before: &Unit, after: &Unit) -> Vec<(usize, usize, String)> {
    let mut nodes: Vec<usize> = Vec::new();
    for node in before.instances.iter().chain(&after.instances).filter_map(|instance| instance.node) {
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let ids = before.spec.primitives.iter().map(|primitive| &primitive.id);
    ids.flat_map(|id| nodes.iter().enumerate().map(|(number, node)| (number, *node, id.clone()))).collect()
}

fn role_on(unit: &Unit, id: &str, node: usize) -> Option<&'static str> {
    let is_it = |instance: &&Instance| instance.id == id && instance.node == Some(node);
    unit.instances.iter().find(is_it).map(|instance| instance.role)
}

/// What is started after something else is restarted with it. An instance of a clone that depends on a clone depends
/// on the instance beside it (`interleave`).
fn add_restarts(blueprint: &Blueprint, after: &[Unit], actions: &mut Vec<Action>) {
    let number_of = |id: &str| blueprint.resources.iter().position(|spec| spec.id == id);
    let orders = blueprint.constraints.iter().filter_map(|constraint| match constraint {
        ConstraintSpec::Order(first, then) => Some((number_of(first)?, number_of(then)?)),
        _ => None,
    });
    for (first, then) in orders {
        let is_clone = matches!(blueprint.resources[first].shape, Shape::Clone { .. });
        let causes: Vec<Action> = actions
            .iter()
            .filter(|action| action.spec == first)
            .filter(|action| match action.kind {
                ActionKind::Move => !is_clone,
                ActionKind::Restart => true,
                _ => false,
            })
            .cloned()
            .collect();
        let Some(cause) = causes.last() else { continue };
        for (number, instance) in after[then].instances.iter().enumerate() {
            let Some(node) = instance.node else { continue };
            let is_beside = !is_clone || causes.iter().any(|cause| cause.to == Some(node));
            let is_there = |action: &Action| {
                action.spec == then && action.resource == *instance.id && action.to == Some(node)
            };
            if !is_beside || actions.iter().any(is_there) {
                continue;
            }
            let is_cloned = matches!(blueprint.resources[then].shape, Shape::Clone { .. });
            actions.push(Action {
                spec: then,
                resource: instance.id.to_string(),
                number: is_cloned.then_some(number),
                kind: ActionKind::Restart,
                from: Some(node),
                to: Some(node),
                required: Some(cause.resource.clone()),
            });
        }
    }
}
