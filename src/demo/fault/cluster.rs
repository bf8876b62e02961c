//! Episodes of whole clusters: out of reach, stopped, left alone.

use std::time::Duration;

use super::{MEMBERS, Scene, Situation};
use crate::demo::situation::{HostCondition, Presence};

/// How far the clocks are ahead in [`clock_skew`].
const AHEAD: Duration = Duration::from_secs(95);

/// Each member is out of reach in its own way; then one is back.
pub(super) fn unreachable(scene: &Scene, situation: &mut Situation) {
    situation.hosts = [HostCondition::Silent, HostCondition::Hangs, HostCondition::Refuses];
    if scene.phase() > 0 {
        situation.hosts[scene.victim()] = HostCondition::GOOD;
    }
}

/// The login to the first member works and nothing comes after it; the cluster is well.
pub(super) fn host_hangs(situation: &mut Situation) {
    situation.hosts[0] = HostCondition::Hangs;
}

/// The stack is stopped on one member, on all, and is started again.
pub(super) fn stack_stopped(scene: &Scene, situation: &mut Situation) {
    let stopped = if scene.phase() == 1 { 0..MEMBERS } else { MEMBERS - 1..MEMBERS };
    for member in stopped {
        situation.nodes[member].presence = Presence::Offline;
        situation.hosts[member] = HostCondition::Stopped;
    }
    situation.elect();
}

/// All clocks are ahead of the console's.
pub(super) fn clock_skew(scene: &Scene, situation: &mut Situation) {
    let seconds = (scene.pick % 50) as u32;
    situation.hosts = [HostCondition::Answers { ahead: AHEAD + Duration::from_secs(1) * seconds }; MEMBERS];
}

/// Pacemaker leaves everything alone.
pub(super) fn maintenance(scene: &Scene, situation: &mut Situation) {
    situation.maintenance = Some(true);
    situation.reconfigure(scene.at(0));
}

/// What depends on the ticket stops.
pub(super) fn ticket_lost(situation: &mut Situation) {
    situation.ticket_granted = false;
}
