//! Two nodes that fence by their watchdogs alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack;

use super::qdevice_down;

pub(super) const CHECK: Check = Check {
    code: "sbd-diskless-two-nodes",
    meaning: "A two-node cluster fences by SBD without a disk, and no Qdevice breaks the tie.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let is_fencing = |agent: &str| agent.starts_with("stonith:");
    let has_device = scene.placed.iter().any(|placed| is_fencing(&placed.primitive.agent))
        || scene.picture.cib.as_deref().is_some_and(|cib| cib.has_fencing_device);
    if scene.picture.members().count() != 2 || has_device || !scene.has_watchdog() {
        return Vec::new();
    }
    let members = stack::members(scene);
    let mut diskless = members.iter().filter(|member| member.sbd().is_some_and(|sbd| sbd.devices.is_empty()));
    let votes = members.iter().find(|member| member.report.votes.known().is_some());
    // Where a Qdevice is set up but down, that is the finding.
    let breaks_tie = qdevice_down::is_used(scene, &members);
    let (Some(sbd), Some(votes), false) = (diskless.next(), votes, breaks_tie) else { return Vec::new() };
    let name = scene.name();
    let verdict = Verdict::new(
        Severity::Warning,
        name,
        format!("{name} has two nodes, SBD without a disk and no Qdevice"),
    )
    .because([
        format!("sbd on {}: no SBD_DEVICE is set", sbd.name()),
        format!("corosync-quorumtool on {}: no Qdevice votes", votes.name()),
        "when one node is lost, nothing can tell which of the two is to go on".to_owned(),
    ])
    .remedy(
        "Set up a Qdevice on a third host (`man corosync-qdevice`), or give SBD a shared disk (`man sbd`).",
    );
    vec![verdict]
}
