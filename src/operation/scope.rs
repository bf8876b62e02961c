//! What a name stands for in a picture, and what acting on it touches.

use crate::model::text::numbered;
use crate::model::{CloneResource, NodeName, Picture, Primitive, Resource, ResourceId, Role};

/// A resource of a picture and what contains it.
#[derive(Debug, Clone)]
pub(super) struct Found<'p> {
    pub(super) resource: &'p Resource,
    /// What contains it, outermost first.
    pub(super) above: Vec<&'p Resource>,
}

/// Finds a resource by the id that it is configured with, or by the one that `crm_mon` prints.
pub(super) fn find<'p>(picture: &'p Picture, id: &str) -> Option<Found<'p>> {
    fn descend<'p>(resource: &'p Resource, id: &str, above: &mut Vec<&'p Resource>) -> Option<Found<'p>> {
        if is_called(resource.id(), id) {
            return Some(Found { resource, above: above.clone() });
        }
        above.push(resource);
        let found = resource.children().find_map(|child| descend(child, id, above));
        above.pop();
        found
    }
    picture.resources.iter().find_map(|resource| descend(resource, id, &mut Vec::new()))
}

/// Whether that is the id, or the id of an instance of it (`web:0` of `web`).
pub(super) fn is_called(id: &ResourceId, name: &str) -> bool {
    id.as_str() == name || configured(id.as_str()) == name
}

/// An id without the number of an instance.
pub(super) fn configured(id: &str) -> &str {
    numbered(id, ':').map_or(id, |(name, _)| name)
}

impl<'p> Found<'p> {
    /// The outermost clone or bundle that it is part of: what decides where it runs and whether.
    pub(super) fn collective(&self) -> Option<&'p Resource> {
        let is_collective =
            |resource: &&&Resource| matches!(resource, Resource::Clone(_) | Resource::Bundle(_));
        self.above.iter().find(is_collective).copied()
    }

    /// What has to be named for it to be placed: the clone or bundle it is part of, else its group, else itself.
    pub(super) fn placed(&self) -> &'p Resource {
        self.above.first().copied().unwrap_or(self.resource)
    }
}

/// The ids of everything that there is: for guesses at what was meant.
pub(super) fn names(picture: &Picture) -> Vec<&str> {
    fn descend<'p>(resource: &'p Resource, names: &mut Vec<&'p str>) {
        names.push(configured(resource.id().as_str()));
        resource.children().for_each(|child| descend(child, names));
    }
    let mut found = Vec::new();
    picture.resources.iter().for_each(|resource| descend(resource, &mut found));
    found.sort_unstable();
    found.dedup();
    found
}

/// The primitives at or below the resource of that id.
pub(super) fn primitives<'p>(picture: &'p Picture, id: &str) -> Vec<&'p Primitive> {
    fn descend<'p>(resource: &'p Resource, id: &str, found: &mut Vec<&'p Primitive>) {
        if is_called(resource.id(), id) {
            found.extend(resource.primitives().into_iter().map(|(_, primitive)| primitive));
        } else {
            resource.children().for_each(|child| descend(child, id, found));
        }
    }
    let mut found = Vec::new();
    picture.resources.iter().for_each(|resource| descend(resource, id, &mut found));
    found
}

/// The configured ids of these primitives, each once, in their order.
pub(super) fn ids(primitives: &[&Primitive]) -> Vec<ResourceId> {
    let mut ids: Vec<ResourceId> = Vec::new();
    for primitive in primitives {
        let id = ResourceId::from(configured(primitive.id.as_str()));
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Where any of them runs, each node once.
pub(super) fn nodes_of(primitives: &[&Primitive]) -> Vec<NodeName> {
    let mut nodes: Vec<NodeName> = Vec::new();
    for node in primitives.iter().flat_map(|primitive| &primitive.nodes) {
        if !nodes.contains(node) {
            nodes.push(node.clone());
        }
    }
    nodes
}

/// The promotable clone of that id.
pub(super) fn promotable(resource: &Resource) -> Option<&CloneResource> {
    match resource {
        Resource::Clone(clone) if clone.promotable => Some(clone),
        _ => None,
    }
}

/// Where the promoted instances of the resource of that id run.
pub(super) fn promoted_on(picture: &Picture, id: &str) -> Vec<NodeName> {
    let mut promoted = primitives(picture, id);
    promoted.retain(|primitive| primitive.role == Role::Promoted);
    nodes_of(&promoted)
}

/// Names in words: `a`, `a and b`, `a, b and c`.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// `1 failure`, `2 failures`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
