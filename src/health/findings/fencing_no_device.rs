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
    let name = scene.name();
    if !scene.lacks_fencing_device() {
        let is_unsure = scene.picture.cib.is_none() && scene.shows_no_fencing_device();
        return is_unsure.then(|| unsure(name)).into_iter().collect();
    }
    let verdict = Verdict::new(Severity::Critical, name, format!("{name} has no fencing device, but fencing is enabled"))
        .because(["Pacemaker starts no resource before it can fence".to_owned()])
        .because(scene.stopped_line())
        .remedy("Configure a fencing device for every node: `stonith_admin --list-installed` names the agents that are there.");
    vec![verdict]
}

/// Without the CIB it can't be told from a cluster that fences by its watchdog alone.
fn unsure(name: &str) -> Verdict {
    Verdict::new(Severity::Note, name, format!("{name} shows no fencing device; a watchdog may fence"))
        .because(["the CIB wasn't read: whether SBD fences without a device isn't known".to_owned()])
        .remedy("Check the properties: `crm_attribute --query --name stonith-watchdog-timeout`, `stonith_admin --list-registered`.")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{findings, told};
    use crate::model::Cib;

    #[test]
    fn neither_device_nor_watchdog() {
        let lines = told(|picture| {
            picture.resources.remove(0);
            picture.cib = Some(Arc::new(Cib::default()));
        });
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
