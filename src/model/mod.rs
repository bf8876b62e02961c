//! A cluster at one moment, in Pacemaker's own terms. Plain data: no IO, no clock, no text of the screen.

mod address;
mod boolean;
mod constraint;
mod deed;
mod element;
mod event;
mod host;
mod id;
mod interval;
mod inventory;
mod log;
mod needs;
mod node;
mod observation;
mod picture;
mod resource;
mod stack;
pub mod text;
mod tie;

pub use boolean::{boolean, is_true};
pub use constraint::{Ban, Constraint, ConstraintRule, Lease, Made, ResourceSet, Terms, Ticket};
pub use deed::{Deed, DeedEvent, DeedOutcome, DeedStep};
pub use element::{Element, MASK, is_secret};
pub use event::{Failure, FencingEvent, FencingOutcome};
pub use id::{ClusterName, ConstraintId, HostName, NodeName, ResourceId};
pub use interval::{interval, interval_ms};
pub use inventory::{Access, ClusterEntry, Inventory, Privilege, SharedHost, Tier};
pub use log::{LogLevel, LogLine, LogNews};
pub use node::{FailCount, FailedProbe, Node, NodeAttribute, NodeHealth, NodeKind, Score};
pub use observation::{Contact, Observation, Trouble, TroubleKind};
pub use picture::{
    Author, Belief, Cib, ClusterOptions, ConfiguredResource, FencingLevel, LevelTarget, Picture, Summary,
    Viewpoint,
};
pub use resource::{Bundle, CloneResource, Group, Primitive, Replica, Resource, Role};
pub use stack::{
    Daemon, DrbdConnection, DrbdResource, HostStack, Link, LinkPeer, LinkState, QdeviceState, Reach, Sbd,
    SbdDevice, SbdDeviceState, SbdSlot, StackReport, Told, VerifyMessage, Voter, Votes,
};
pub use text::clean;
pub use tie::{Bond, BondKind, Claim, Place, Ties};
