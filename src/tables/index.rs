//! What of a picture many rows and cells ask for, found once.

use std::collections::{HashMap, HashSet};

use crate::model::{FailCount, NodeName, Picture, Resource, ResourceId, Score};

/// What of a picture many rows and cells ask for.
#[derive(Debug)]
pub(super) struct Index<'a> {
    unclean: HashSet<&'a NodeName>,
    /// Where a resource has failed too often, by its id without the instance's number.
    failed: HashMap<&'a str, Vec<(usize, &'a NodeName)>>,
    banned: HashSet<(&'a ResourceId, &'a NodeName)>,
}

impl<'a> Index<'a> {
    pub(super) fn new(picture: &'a Picture) -> Self {
        let unclean = picture.nodes.iter().filter(|node| node.unclean).map(|node| &node.name).collect();
        let mut failed: HashMap<_, Vec<_>> = HashMap::new();
        let counts = picture.fail_counts.iter().enumerate();
        for (at, count) in counts.filter(|(_, count)| FailCount::at_threshold(count)) {
            failed.entry(base(&count.resource)).or_default().push((at, &count.node));
        }
        let bans = picture.bans.iter().filter(|ban| !ban.promoted_only && ban.weight == Score::MinusInfinity);
        let banned = bans.map(|ban| (&ban.resource, &ban.node)).collect();
        Self { unclean, failed, banned }
    }

    pub(super) fn is_unclean(&self, node: &NodeName) -> bool {
        self.unclean.contains(node)
    }

    pub(super) fn is_banned(&self, resource: &ResourceId, node: &NodeName) -> bool {
        self.banned.contains(&(resource, node))
    }

    /// The nodes on which a resource or a part of it has failed too often, whatever the instance's number, in the
    /// picture's order.
    pub(super) fn failed_on(&self, resource: &Resource) -> Vec<&'a NodeName> {
        if self.failed.is_empty() {
            return Vec::new();
        }
        let primitives = resource.primitives();
        let parts = primitives.iter().map(|(_, part)| base(&part.id));
        let bases: HashSet<&str> = parts.chain([base(resource.id())]).collect();
        let nodes = bases.iter().filter_map(|base| self.failed.get(base)).flatten().copied();
        let mut nodes: Vec<_> = nodes.collect();
        nodes.sort_by_key(|(at, _)| *at);
        nodes.into_iter().map(|(_, node)| node).collect()
    }
}

fn base(id: &ResourceId) -> &str {
    id.as_str().split(':').next().unwrap_or_default()
}
