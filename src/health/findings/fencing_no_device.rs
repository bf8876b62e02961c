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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{findings, told};
    use crate::model::Cib;

    #[test]
    fn neither_device_nor_watchdog() {
        let lines = told(|picture| drop(picture.resources.remove(0)));
        assert_eq!(
            lines,
            ["critical fencing-no-device db: db has no fencing device, but fencing is enabled"]
        );
    }

    #[rstest]
    #[case("10s", 0)]
    #[case("0", 1)]
    fn a_watchdog_fences(#[case] timeout: &str, #[case] expected: usize) {
        let findings = findings(|picture| {
            picture.resources.remove(0);
            let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let properties =
                vec![property("have-watchdog", "true"), property("stonith-watchdog-timeout", timeout)];
            picture.cib = Some(Arc::new(Cib { properties, ..Cib::default() }));
        });
        assert_eq!(findings.len(), expected);
    }
}
