//! What follows in a cluster when something that others depend on is stopped or kept off by an operation.
//!
//! Episodes show their own consequences; this is for what people do.

use super::blueprint::{Blueprint, ConstraintSpec};
use super::situation::{LeftoverKind, Origin, Situation};

/// What may not run for the sake of what it depends on.
#[derive(Debug, Default)]
pub(super) struct HeldBack<'a> {
    /// The resource, and where; `None`: anywhere.
    entries: Vec<(&'a str, Option<usize>)>,
}

impl<'a> HeldBack<'a> {
    /// Follows the mandatory orders and colocations of a cluster from all that operations hold back.
    pub(super) fn new(blueprint: &'a Blueprint, situation: &'a Situation) -> Self {
        let stopped = situation
            .meta
            .iter()
            .filter(|meta| meta.origin == Origin::Operation)
            .filter(|meta| meta.name == "target-role" && meta.value == "Stopped")
            .map(|meta| (meta.resource.as_str(), None));
        let banned = situation
            .leftovers
            .iter()
            .filter(|it| it.origin == Origin::Operation && it.applies())
            .filter(|it| it.kind == LeftoverKind::Ban && it.role == "Started")
            .map(|it| (it.resource.as_str(), Some(it.node)));
        let mut causes: Vec<_> = stopped.chain(banned).collect();
        let mut held_back = Self::default();
        while let Some((cause, node)) = causes.pop() {
            for dependent in dependents(blueprint, cause, node) {
                let entry = (dependent, node);
                if !held_back.entries.contains(&entry) {
                    held_back.entries.push(entry);
                    causes.push(entry);
                }
            }
        }
        held_back
    }

    /// Whether that resource may not run on that node.
    pub(super) fn is_held_back(&self, resource: &str, node: usize) -> bool {
        self.entries.iter().any(|(held, on)| *held == resource && on.is_none_or(|on| on == node))
    }
}

/// What can't run where `cause` does not; nothing is ordered after what is only kept off one node.
fn dependents<'a>(
    blueprint: &'a Blueprint,
    cause: &'a str,
    node: Option<usize>,
) -> impl Iterator<Item = &'a str> {
    blueprint.constraints.iter().filter_map(move |constraint| match constraint {
        ConstraintSpec::Order(first, then) if *first == cause && node.is_none() => Some(*then),
        ConstraintSpec::Colocation(resource, with) if *with == cause => Some(*resource),
        _ => None,
    })
}
