//! What can go wrong, or is done on purpose, in a simulated cluster: one episode has a few phases.

mod cluster;
mod node;
mod resource;

use jiff::Timestamp;
use strum::{EnumIter, IntoEnumIterator};

use super::blueprint::{Blueprint, Kind, MEMBERS, Shape, Spec};
use super::situation::Situation;

/// The kinds of episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter)]
pub(super) enum Fault {
    /// A member falls silent, is fenced, reboots and comes back.
    NodeLost,
    /// The same, but the first fencing fails.
    FencingFails,
    /// The network splits, and each side has its own view.
    Partition,
    /// Two members fall silent, and the third stops everything.
    QuorumLost,
    /// A member is set aside.
    Standby,
    /// A member's resources are left alone.
    NodeMaintenance,
    /// A member's health attribute turns yellow, then red, and its second ring is down.
    NodeHealth,
    /// A remote node is lost.
    RemoteLost,
    /// No member can be reached from the console.
    Unreachable,
    /// The member that is asked first hangs.
    HostHangs,
    /// The cluster stack is stopped on every member.
    StackStopped,
    /// The members' clocks are ahead.
    ClockSkew,
    /// The whole cluster is in maintenance mode.
    ClusterMaintenance,
    /// The site loses the cluster's ticket.
    TicketLost,
    /// A resource fails, and is recovered.
    MonitorFails,
    /// A resource fails until it is banned from its node.
    ThresholdReached,
    /// A resource can't be started.
    StartFails,
    /// A resource can't be stopped.
    StopFails,
    /// The promoted instance is lost, and another is promoted.
    PromotedLost,
    /// A start takes long.
    SlowStart,
    /// A resource is disabled.
    Disabled,
    /// A resource is unmanaged.
    Unmanaged,
    /// A resource was moved, and the constraint stayed.
    LeftoverPrefer,
    /// A resource was banned, and the constraint stayed.
    LeftoverBan,
}

/// An episode at one moment, for those who lay it over a situation.
pub(super) struct Scene<'a> {
    pub(super) blueprint: &'a Blueprint,
    /// Chooses the node and the resource concerned.
    pub(super) pick: u64,
    /// The member that is asked.
    pub(super) viewer: usize,
    /// When each phase began, up to the present one; never empty.
    pub(super) began: Vec<Timestamp>,
}

impl Fault {
    /// Those that a cluster can have.
    pub(super) fn of(blueprint: &Blueprint) -> Vec<Self> {
        Self::iter().filter(|fault| fault.fits(blueprint)).collect()
    }

    /// Whether the cluster has what this fault needs.
    pub(super) fn fits(self, blueprint: &Blueprint) -> bool {
        let has = |wanted: fn(&Spec) -> bool| blueprint.resources.iter().any(wanted);
        match self {
            Self::RemoteLost => blueprint.of_kind(Kind::Remote).next().is_some(),
            Self::TicketLost => blueprint.ticket().is_some(),
            Self::PromotedLost => has(is_promotable),
            Self::LeftoverPrefer => has(is_in_one_place),
            Self::ThresholdReached
            | Self::StartFails
            | Self::StopFails
            | Self::SlowStart
            | Self::LeftoverBan => has(is_native),
            Self::MonitorFails | Self::Disabled | Self::Unmanaged => has(is_service),
            _ => true,
        }
    }

    /// How long its phases last in relation to each other; about seconds.
    pub(super) fn phases(self) -> &'static [u32] {
        match self {
            Self::NodeLost | Self::RemoteLost => &[16, 16, 8, 8, 8],
            Self::FencingFails => &[12, 14, 12, 8, 8, 8],
            Self::Partition => &[20, 12, 8, 8, 8],
            Self::QuorumLost => &[22, 10, 12, 8, 8, 8],
            Self::Unreachable => &[35, 20],
            Self::StackStopped => &[8, 30, 10],
            Self::NodeHealth => &[15, 30],
            Self::MonitorFails => &[6, 8, 36],
            Self::ThresholdReached => &[7, 9, 30, 6],
            Self::StartFails => &[6, 40],
            Self::PromotedLost => &[10, 8, 12, 20],
            Self::Standby => &[5, 35, 6],
            Self::HostHangs
            | Self::NodeMaintenance
            | Self::ClockSkew
            | Self::ClusterMaintenance
            | Self::TicketLost
            | Self::StopFails
            | Self::SlowStart
            | Self::Disabled
            | Self::Unmanaged
            | Self::LeftoverPrefer
            | Self::LeftoverBan => &[45],
        }
    }

    /// Lays the episode over a situation.
    pub(super) fn lay_over(self, scene: &Scene, situation: &mut Situation) {
        match self {
            Self::NodeLost => node::lost(scene, situation),
            Self::FencingFails => node::fencing_fails(scene, situation),
            Self::Partition => node::partition(scene, situation),
            Self::QuorumLost => node::quorum_lost(scene, situation),
            Self::Standby => node::standby(scene, situation),
            Self::NodeMaintenance => node::maintenance(scene, situation),
            Self::NodeHealth => node::health(scene, situation),
            Self::RemoteLost => node::remote_lost(scene, situation),
            Self::Unreachable => cluster::unreachable(scene, situation),
            Self::HostHangs => cluster::host_hangs(situation),
            Self::StackStopped => cluster::stack_stopped(scene, situation),
            Self::ClockSkew => cluster::clock_skew(scene, situation),
            Self::ClusterMaintenance => cluster::maintenance(scene, situation),
            Self::TicketLost => cluster::ticket_lost(situation),
            Self::MonitorFails => resource::monitor_fails(scene, situation),
            Self::ThresholdReached => resource::threshold_reached(scene, situation),
            Self::StartFails => resource::start_fails(scene, situation),
            Self::StopFails => resource::stop_fails(scene, situation),
            Self::PromotedLost => resource::promoted_lost(scene, situation),
            Self::SlowStart => resource::slow_start(scene, situation),
            Self::Disabled => resource::disabled(scene, situation),
            Self::Unmanaged => resource::unmanaged(scene, situation),
            Self::LeftoverPrefer => resource::leftover_prefer(scene, situation),
            Self::LeftoverBan => resource::leftover_ban(scene, situation),
        }
    }
}

impl<'a> Scene<'a> {
    /// The present phase.
    fn phase(&self) -> usize {
        self.began.len().saturating_sub(1)
    }

    /// When a phase began; the last one that did, if that one has not yet.
    fn at(&self, phase: usize) -> Timestamp {
        self.began.get(phase).or_else(|| self.began.last()).copied().unwrap_or_default()
    }

    /// The member that is concerned.
    fn victim(&self) -> usize {
        (self.pick % MEMBERS as u64) as usize
    }

    /// The member after the victim.
    fn neighbour(&self) -> usize {
        (self.victim() + 1) % MEMBERS
    }

    /// The resource that is concerned, of those that are wanted, and the node on which it is.
    fn subject(&self, wanted: fn(&Spec) -> bool) -> Option<(&'a Spec, usize)> {
        let candidates: Vec<&Spec> = self.blueprint.resources.iter().filter(|spec| wanted(spec)).collect();
        let chosen = (self.pick / 16) as usize % candidates.len().max(1);
        candidates.get(chosen).map(|spec| match spec.shape {
            Shape::Clone { promoted: 0, .. } => (*spec, self.victim()),
            _ => (*spec, spec.home),
        })
    }

    /// The node of a resource's instance on that member: what is in a bundle runs on a node of its own.
    fn within(&self, spec: &Spec, member: usize) -> usize {
        match spec.shape {
            Shape::Bundle { .. } => self.blueprint.of_kind(Kind::Bundle(member)).next().unwrap_or(member),
            _ => member,
        }
    }
}

/// A service on this cluster's members, rather than what keeps the cluster itself going.
fn is_service(spec: &Spec) -> bool {
    is_native(spec) || matches!(spec.shape, Shape::Bundle { .. })
}

/// A service that is not in a container.
fn is_native(spec: &Spec) -> bool {
    is_in_one_place(spec) || matches!(spec.shape, Shape::Clone { on: Kind::Member, .. })
}

fn is_in_one_place(spec: &Spec) -> bool {
    matches!(spec.shape, Shape::Single | Shape::Group)
}

fn is_promotable(spec: &Spec) -> bool {
    matches!(spec.shape, Shape::Clone { promoted: 1.., .. })
}
