//! Members of different versions.

use super::feature_sets;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "mixed-versions",
    meaning: "Members run different versions of Pacemaker.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.picture.summary.mixed_version {
        return Vec::new();
    }
    let name = scene.name();
    let dc = scene.picture.summary.version.as_ref().map(|version| format!("the DC runs {version}"));
    let verdict = Verdict::new(Severity::Warning, name, format!("members of {name} run different versions of Pacemaker"))
        .because(dc)
        .because(feature_sets::lines(scene))
        .remedy("Finish the upgrade, one member after the other. A member that leaves may not be let in again until it is upgraded.");
    vec![verdict]
}
