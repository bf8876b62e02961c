//! A cluster at one moment, in Pacemaker's own terms. Plain data: no IO, no clock, no text of the screen.

mod constraint;
mod event;
mod id;
mod inventory;
mod needs;
mod node;
mod observation;
mod picture;
mod resource;
pub mod text;

pub use constraint::{Ban, Constraint, ConstraintRule, Ticket};
pub use event::{Failure, FencingEvent, FencingOutcome};
pub use id::{ClusterName, ConstraintId, HostName, NodeName, ResourceId};
pub use inventory::{Access, ClusterEntry, Inventory, Privilege, Tier};
pub use node::{FailCount, Node, NodeAttribute, NodeHealth, NodeKind, Score};
pub use observation::{Contact, Observation, Trouble, TroubleKind};
pub use picture::{Belief, Cib, ClusterOptions, ConfiguredResource, Picture, Summary, Viewpoint};
pub use resource::{Bundle, CloneResource, Group, Primitive, Replica, Resource, Role};
pub use text::clean;
