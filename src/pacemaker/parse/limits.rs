//! The most of everything that is read of one answer.
//!
//! Each is far more than a real cluster has (32 members at most, a few hundred resources), and few enough to be judged
//! and drawn at once. What is beyond is named in [`crate::model::Picture::left_out`], and the cluster isn't called
//! healthy then.

/// Nodes of all kinds.
pub(super) const NODES: usize = 500;
/// Primitives, groups, clones and bundles, each instance for itself.
pub(super) const RESOURCES: usize = 3_000;
/// Nodes on which one resource runs.
pub(super) const PLACES: usize = 32;
/// Node attributes.
pub(super) const ATTRIBUTES: usize = 10_000;
/// Fail counts above zero.
pub(super) const FAIL_COUNTS: usize = 1_000;
/// Failed operations.
pub(super) const FAILURES: usize = 1_000;
/// Fencing events.
pub(super) const FENCING: usize = 500;
/// Bans.
pub(super) const BANS: usize = 1_000;
/// Tickets.
pub(super) const TICKETS: usize = 200;
/// Constraints of the CIB.
pub(super) const CONSTRAINTS: usize = 2_000;
/// Sets of one constraint, and resources in one set.
pub(super) const SET: usize = 500;
/// Templates of resources.
pub(super) const TEMPLATES: usize = 1_000;
/// Meta attributes, kept settings and amounts of all resources together. Each resource has those of its template, too:
/// without this a CIB of 2 MB could ask for gigabytes.
pub(super) const SETTINGS: usize = 20_000;
/// Options of the cluster, and defaults of its resources.
pub(super) const OPTIONS: usize = 1_000;
/// Tags.
pub(super) const TAGS: usize = 500;
/// Resources of one tag.
pub(super) const TAGGED: usize = 500;
/// Fencing levels.
pub(super) const LEVELS: usize = 2_000;
/// Kinds of capacity of one node.
pub(super) const CAPACITIES: usize = 50;
