//! Episodes of nodes: lost, fenced, back; set aside.

use super::{Kind, MEMBERS, Scene, Shape, Situation};
use crate::demo::situation::{Asked, Fencing, FencingOutcome, Health, HostCondition, MarkKind, Presence};

/// Silent and unclean, then fenced and on its way back.
pub(super) fn lost(scene: &Scene, situation: &mut Situation) {
    fall_silent(scene.victim(), situation);
    reboot(scene, scene.victim(), 0, situation);
}

/// As [`lost`], but the fencing device fails once.
pub(super) fn fencing_fails(scene: &Scene, situation: &mut Situation) {
    let victim = scene.victim();
    fall_silent(victim, situation);
    reboot(scene, victim, 1, situation);
    if scene.phase() >= 1 {
        let outcome = FencingOutcome::Failed(scene.at(1));
        situation.fencing.push(Fencing {
            target: victim,
            by: scene.neighbour(),
            asked: Asked::Controller,
            outcome,
        });
    }
}

/// The first member is cut off from the others; it is the one that is asked first.
pub(super) fn partition(scene: &Scene, situation: &mut Situation) {
    const CUT_OFF: usize = 0;
    if scene.phase() > 0 || scene.viewer != CUT_OFF {
        fall_silent(CUT_OFF, situation);
        reboot(scene, CUT_OFF, 0, situation);
    } else {
        for member in 1..MEMBERS {
            situation.nodes[member].presence = Presence::Unclean;
        }
        situation.quorate = false;
        situation.elect();
    }
    if scene.phase() == 0 {
        situation.hosts[CUT_OFF] = HostCondition::GOOD;
    }
}

/// The victim stays alone; then its neighbour is back, and the last one is fenced.
pub(super) fn quorum_lost(scene: &Scene, situation: &mut Situation) {
    let others = [scene.neighbour(), (scene.victim() + 2) % MEMBERS];
    if scene.phase() == 0 {
        for member in others {
            fall_silent(member, situation);
        }
        situation.quorate = false;
        situation.elect();
    } else {
        fall_silent(others[1], situation);
        reboot(scene, others[1], 1, situation);
    }
}

/// In standby; its resources move, and move back at the end.
pub(super) fn standby(scene: &Scene, situation: &mut Situation) {
    let victim = scene.victim();
    match scene.phase() {
        0 => {
            situation.nodes[victim].standby = true;
            mark_clones(scene, (victim + 1) % MEMBERS, MarkKind::Awaiting("Monitoring"), situation);
        }
        1 => situation.nodes[victim].standby = true,
        _ => mark_clones(scene, victim, MarkKind::InTransit("Starting"), situation),
    }
    situation.reconfigure(scene.at(0));
}

/// Pacemaker leaves what is on the member alone.
pub(super) fn maintenance(scene: &Scene, situation: &mut Situation) {
    situation.nodes[scene.victim()].maintenance = true;
    situation.reconfigure(scene.at(0));
}

/// A network card of the member's fails: its health attribute gets worse, and at last its second ring is down.
pub(super) fn health(scene: &Scene, situation: &mut Situation) {
    let is_lost = scene.phase() > 0;
    situation.nodes[scene.victim()].health = if is_lost { Health::Red } else { Health::Yellow };
    situation.cut = is_lost.then(|| scene.victim());
}

/// As [`lost`], for a remote node.
pub(super) fn remote_lost(scene: &Scene, situation: &mut Situation) {
    let remotes: Vec<usize> = scene.blueprint.of_kind(Kind::Remote).collect();
    let Some(remote) = remotes.get(scene.pick as usize % remotes.len().max(1)) else { return };
    let connection = scene.blueprint.nodes[*remote].name.clone();
    let outcome = match scene.phase() {
        0 => {
            situation.nodes[*remote].presence = Presence::Unclean;
            situation.mark(&connection, None, MarkKind::Failed);
            FencingOutcome::Pending
        }
        1 | 2 => {
            situation.nodes[*remote].presence = Presence::Offline;
            situation.mark(&connection, None, MarkKind::KeptOff);
            FencingOutcome::Done(scene.at(1))
        }
        3 => {
            situation.nodes[*remote].presence = Presence::Offline;
            situation.mark(&connection, None, MarkKind::InTransit("Starting"));
            FencingOutcome::Done(scene.at(1))
        }
        _ => FencingOutcome::Done(scene.at(1)),
    };
    situation.fencing.push(Fencing {
        target: *remote,
        by: scene.victim(),
        asked: Asked::Controller,
        outcome,
    });
}

fn fall_silent(member: usize, situation: &mut Situation) {
    situation.nodes[member].presence = Presence::Unclean;
    situation.hosts[member] = HostCondition::Silent;
}

/// What becomes of a member that fell silent, from the phase `first` on: it waits for fencing, is fenced,
/// boots, joins, and starts its resources.
fn reboot(scene: &Scene, member: usize, first: usize, situation: &mut Situation) {
    let step = scene.phase().saturating_sub(first);
    let (presence, host) = match step {
        0 => (Presence::Unclean, HostCondition::Silent),
        1 => (Presence::Offline, HostCondition::Silent),
        2 => (Presence::Offline, HostCondition::Stopped),
        3 => (Presence::Pending, HostCondition::GOOD),
        _ => (Presence::Online, HostCondition::GOOD),
    };
    situation.nodes[member].presence = presence;
    situation.hosts[member] = host;
    situation.elect();
    if step == 4 {
        mark_clones(scene, member, MarkKind::InTransit("Starting"), situation);
    }
    let outcome = if step == 0 { FencingOutcome::Pending } else { FencingOutcome::Done(scene.at(first + 1)) };
    situation.fencing.push(Fencing {
        target: member,
        by: (member + 1) % MEMBERS,
        asked: Asked::Controller,
        outcome,
    });
}

/// Says something of every clone's instance on that member.
fn mark_clones(scene: &Scene, member: usize, kind: MarkKind, situation: &mut Situation) {
    let clones = scene
        .blueprint
        .resources
        .iter()
        .filter(|spec| matches!(spec.shape, Shape::Clone { on: Kind::Member, .. }));
    for spec in clones {
        situation.mark(&spec.id, Some(member), kind);
    }
}
