//! A cluster's resources as the lines of a tree.

use crate::model::{Picture, Resource, Role};

/// One line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeRow<'a> {
    /// How deep it stands; 0 at the top.
    pub(super) depth: usize,
    /// What it stands for. Instances of a clone have no line of their own.
    pub(super) resource: &'a Resource,
    /// How many of its primitives run.
    pub(super) running: usize,
    /// How many there are.
    pub(super) configured: usize,
}

/// The lines of the tree. Anonymous clone instances are told by their clone's line, which counts them: three
/// lines that say the same would only push the fourth off the screen.
pub(super) fn rows(picture: &Picture) -> Vec<TreeRow<'_>> {
    let mut rows = Vec::new();
    for resource in &picture.resources {
        push(resource, 0, &mut rows);
    }
    rows
}

fn push<'a>(resource: &'a Resource, depth: usize, rows: &mut Vec<TreeRow<'a>>) {
    let primitives = resource.primitives();
    let running = primitives.iter().filter(|(_, primitive)| primitive.role != Role::Stopped).count();
    rows.push(TreeRow { depth, resource, running, configured: primitives.len() });
    match resource {
        Resource::Primitive(_) => {}
        Resource::Clone(clone) if clone.instances.iter().all(|i| matches!(i, Resource::Primitive(_))) => {}
        Resource::Clone(_) | Resource::Group(_) | Resource::Bundle(_) => {
            for child in resource.children() {
                push(child, depth + 1, rows);
            }
        }
    }
}
