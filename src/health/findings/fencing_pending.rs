//! A node is being fenced.

use super::fencing_failed::{latest, who};
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::model::FencingOutcome;

pub(super) const CHECK: Check = Check {
    code: "fencing-pending",
    meaning: "A node that is not unclean is being fenced. For an unclean one the finding on the node tells it.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    latest(scene.picture)
        .into_iter()
        .filter(|event| event.outcome == FencingOutcome::Pending)
        .filter(|event| !scene.picture.node(&event.target).is_some_and(|node| node.unclean))
        .map(|event| {
            let target = &event.target;
            Verdict::new(Severity::Warning, target, format!("{target} is being fenced ({})", event.action))
                .because(who(event))
                .remedy("Wait for it to end; it takes at most stonith-timeout (60 s if not set).")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::health::testing::{fencing, findings, told};
    use crate::model::FencingOutcome;

    #[test]
    fn told_with_the_node_when_that_is_unclean() {
        let pending = || vec![fencing("db3", FencingOutcome::Pending)];
        let lines = told(|picture| picture.fencing = pending());
        assert_eq!(lines, ["warning fencing-pending db3: db3 is being fenced (reboot)"]);
        let findings = findings(|picture| {
            picture.fencing = pending();
            picture.nodes[2].unclean = true;
        });
        assert!(findings.iter().all(|finding| finding.code != CHECK.code));
    }
}
