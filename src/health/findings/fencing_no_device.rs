//! Fencing is on, and nothing can fence.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "fencing-no-device",
    meaning: "Fencing is enabled, but neither a fencing device nor a watchdog is configured: Pacemaker starts nothing.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.lacks_fencing_device() {
        return Vec::new();
    }
    let name = scene.name();
    let verdict = Verdict::new(Severity::Critical, name, format!("{name} has no fencing device, but fencing is enabled"))
        .because(["Pacemaker starts no resource before it can fence".to_owned()])
        .because(scene.stopped_line())
        .remedy("Configure a fencing device for every node: `stonith_admin --list-installed` names the agents that are there.");
    vec![verdict]
}
