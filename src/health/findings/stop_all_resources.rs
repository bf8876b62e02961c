//! Everything is stopped on purpose.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "stop-all-resources",
    meaning: "The cluster option stop-all-resources is set.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.picture.summary.options.stop_all_resources {
        return Vec::new();
    }
    let name = scene.name();
    let verdict = Verdict::new(
        Severity::Critical,
        name,
        format!("{name} keeps all resources stopped (stop-all-resources)"),
    )
    .because(scene.stopped_line())
    .remedy(
        "If nobody needs it any more: `crm_attribute --type crm_config --name stop-all-resources --delete`.",
    );
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, told};

    #[test]
    fn explains_whatever_is_stopped() {
        let lines = told(|picture| {
            picture.summary.options.stop_all_resources = true;
            picture.resources[2] = galera(&[], 3);
        });
        let expected = "critical stop-all-resources db: db keeps all resources stopped (stop-all-resources)";
        assert_eq!(lines, [expected]);
    }
}
