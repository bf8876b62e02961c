//! Episodes of resources: failed, disabled, moved.

use jiff::Timestamp;

use super::{MEMBERS, Scene, Shape, Situation, Spec, is_in_one_place, is_native, is_promotable, is_service};
use crate::demo::situation::{
    FailCount, FailedOperation, Leftover, LeftoverKind, MarkKind, OperationError, Origin,
};

const INFINITE: u32 = 1_000_000;

const NOT_RUNNING: OperationError = OperationError {
    operation: "monitor",
    interval_ms: 10_000,
    exit_code: 7,
    exit_status: "not running",
    exit_reason: "",
    status: "complete",
};

const MONITOR_TIMED_OUT: OperationError = OperationError {
    operation: "monitor",
    interval_ms: 10_000,
    exit_code: 1,
    exit_status: "error",
    exit_reason: "Resource agent did not complete within 20s",
    status: "Timed Out",
};

const NOT_INSTALLED: OperationError = OperationError {
    operation: "start",
    interval_ms: 0,
    exit_code: 5,
    exit_status: "not installed",
    exit_reason: "Setup problem: the service's binary can't be found or executed",
    status: "complete",
};

const NOT_CONFIGURED: OperationError = OperationError {
    operation: "start",
    interval_ms: 0,
    exit_code: 6,
    exit_status: "not configured",
    exit_reason: "Required parameter \"config\" is not set",
    status: "complete",
};

const STOP_TIMED_OUT: OperationError = OperationError {
    operation: "stop",
    interval_ms: 0,
    exit_code: 1,
    exit_status: "error",
    exit_reason: "Resource agent did not complete within 60s",
    status: "Timed Out",
};

const PROMOTED_FAILED: OperationError = OperationError {
    operation: "monitor",
    interval_ms: 10_000,
    exit_code: 9,
    exit_status: "promoted (failed)",
    exit_reason: "local node <promoted> is not in the primary component",
    status: "complete",
};

/// It fails, is started again, and its fail count stays until it is cleaned up.
pub(super) fn monitor_fails(scene: &Scene, situation: &mut Situation) {
    let Some((spec, member)) = scene.subject(is_service) else { return };
    let (primitive, node) = (concerned(spec), scene.within(spec, member));
    match scene.phase() {
        0 => situation.mark(primitive, Some(node), MarkKind::Failed),
        1 => situation.mark(primitive, Some(node), MarkKind::InTransit("Starting")),
        _ => {}
    }
    fail(situation, primitive, node, NOT_RUNNING, 1, scene.at(0));
}

/// It fails thrice, which is its migration threshold, and may not run there any more.
pub(super) fn threshold_reached(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_native) else { return };
    let primitive = concerned(spec);
    match scene.phase() {
        phase @ (0 | 1) => {
            situation.mark(primitive, Some(node), MarkKind::Failed);
            fail(situation, primitive, node, MONITOR_TIMED_OUT, phase as u32 + 1, scene.at(phase));
        }
        2 => {
            situation.mark(&spec.id, Some(node), MarkKind::KeptOff);
            fail(situation, primitive, node, MONITOR_TIMED_OUT, 3, scene.at(2));
        }
        _ => situation.mark(primitive, Some(node), MarkKind::InTransit("Starting")),
    }
}

/// It can't be started: in one place, so on no member; as a clone, so on one of them.
pub(super) fn start_fails(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_native) else { return };
    let primitive = concerned(spec);
    let error = if scene.pick.is_multiple_of(2) { NOT_INSTALLED } else { NOT_CONFIGURED };
    if is_in_one_place(spec) {
        let reached = if scene.phase() == 0 { 1 } else { MEMBERS };
        for step in 0..reached {
            let node = (node + step) % MEMBERS;
            situation.mark(&spec.id, Some(node), MarkKind::KeptOff);
            fail(situation, primitive, node, error, INFINITE, scene.at(usize::from(step > 0)));
        }
    } else {
        situation.mark(&spec.id, Some(node), MarkKind::KeptOff);
        fail(situation, primitive, node, error, INFINITE, scene.at(0));
    }
}

/// It can't be stopped, and its configuration says to wait for a person.
pub(super) fn stop_fails(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_native) else { return };
    let primitive = concerned(spec);
    situation.mark(primitive, Some(node), MarkKind::Blocked);
    fail(situation, primitive, node, STOP_TIMED_OUT, INFINITE, scene.at(0));
}

/// No instance is promoted, then one is on its way, then it is promoted, then all is as it was but for the
/// fail count.
pub(super) fn promoted_lost(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_promotable) else { return };
    let (primitive, successor) = (concerned(spec), (node + 1) % MEMBERS);
    let others = (0..MEMBERS).filter(|member| *member != successor);
    match scene.phase() {
        0 => {
            situation.mark(&spec.id, Some(node), MarkKind::KeptOff);
            situation.mark(&spec.id, None, MarkKind::KeptUnpromoted);
        }
        1 => {
            situation.mark(&spec.id, None, MarkKind::KeptUnpromoted);
            situation.mark(primitive, Some(successor), MarkKind::InTransit("Promoting"));
        }
        2 => others.for_each(|member| situation.mark(&spec.id, Some(member), MarkKind::KeptUnpromoted)),
        _ if is_sole(spec) => situation.mark(&spec.id, Some(node), MarkKind::KeptUnpromoted),
        _ => situation.mark(primitive, Some(node), MarkKind::Awaiting("Monitoring")),
    }
    fail(situation, primitive, node, PROMOTED_FAILED, 1, scene.at(0));
}

/// Its start takes long.
pub(super) fn slow_start(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_native) else { return };
    situation.mark(concerned(spec), Some(node), MarkKind::InTransit("Starting"));
}

/// Its target role is `Stopped`.
pub(super) fn disabled(scene: &Scene, situation: &mut Situation) {
    let Some((spec, _)) = scene.subject(is_service) else { return };
    situation.set_meta(&spec.id, "target-role", "Stopped", Origin::Episode);
    situation.reconfigure(scene.at(0));
}

/// Pacemaker leaves it alone.
pub(super) fn unmanaged(scene: &Scene, situation: &mut Situation) {
    let Some((spec, _)) = scene.subject(is_service) else { return };
    situation.set_meta(&spec.id, "is-managed", "false", Origin::Episode);
    situation.reconfigure(scene.at(0));
}

/// It was moved to its home's neighbour.
pub(super) fn leftover_prefer(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_in_one_place) else { return };
    leave(scene, spec, (node + 1) % MEMBERS, LeftoverKind::Prefer, situation);
}

/// It was banned from its home or, a clone, from one member.
pub(super) fn leftover_ban(scene: &Scene, situation: &mut Situation) {
    let Some((spec, node)) = scene.subject(is_native) else { return };
    leave(scene, spec, node, LeftoverKind::Ban, situation);
}

fn leave(scene: &Scene, spec: &Spec, node: usize, kind: LeftoverKind, situation: &mut Situation) {
    let (resource, made) = (spec.id.clone(), scene.at(0));
    let (role, lifetime, origin) = ("Started", None, Origin::Episode);
    situation.constrain(Leftover { resource, node, kind, role, lifetime, made, origin });
    situation.reconfigure(made);
}

/// The primitive that fails: a group's last, as the others then stay.
fn concerned(spec: &Spec) -> &str {
    spec.primitives.last().map_or(&*spec.id, |primitive| &*primitive.id)
}

/// Whether only one instance can be promoted.
fn is_sole(spec: &Spec) -> bool {
    matches!(spec.shape, Shape::Clone { promoted: 1, .. })
}

fn fail(
    situation: &mut Situation,
    resource: &str,
    node: usize,
    error: OperationError,
    count: u32,
    at: Timestamp,
) {
    situation.fail_counts.push(FailCount { resource: resource.to_owned(), node, count, at });
    situation.failures.insert(0, FailedOperation { resource: resource.to_owned(), node, error, at });
}
