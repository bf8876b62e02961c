//! A resource that failed so often on a node that it may not run there any more.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::incident::{Aftermath, cleanup, count_line};
use crate::health::scene::Scene;
use crate::health::scene::base;
use crate::health::words::names;
use crate::model::FailCount;

pub(super) const CHECK: Check = Check {
    code: "fail-count-threshold",
    meaning: "A resource has reached its migration threshold on a node and may not run there until the failures are cleaned up.",
    many: Many::Folded("fail count", "are at their threshold"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let counts = scene.picture.fail_counts.iter().filter(|count| count.at_threshold());
    counts.filter(|count| !is_told(scene, count)).map(|count| verdict(scene, count)).collect()
}

/// A finding on a failure that keeps the resource down tells its fail count too.
fn is_told(scene: &Scene<'_>, count: &FailCount) -> bool {
    scene.incidents.iter().any(|incident| {
        matches!(incident.aftermath, Aftermath::Down | Aftermath::Blocked)
            && base(&incident.failure.resource) == base(&count.resource)
            && (incident.failure.node == count.node)
    })
}

fn verdict(scene: &Scene<'_>, count: &FailCount) -> Verdict {
    let (id, node) = (&count.resource, &count.node);
    let incident = scene
        .incidents
        .iter()
        .find(|incident| incident.failure.node == *node && base(&incident.failure.resource) == base(id));
    let running: Vec<_> = scene.active(id, None).flat_map(|placed| &placed.primitive.nodes).collect();
    let whereabouts = if running.is_empty() {
        "it runs nowhere".to_owned()
    } else {
        format!("it runs on {}", names(running))
    };
    let last = count.last_failure.filter(|_| incident.is_none());
    Verdict::new(
        Severity::Warning,
        id,
        format!("{id} may not run on {node} any more: it failed too often there"),
    )
    .because(incident.is_none().then(|| count_line(count)))
    .because(last.map(|at| format!("last failure {}", scene.outlook.ago(at))))
    .because(incident.into_iter().flat_map(|incident| incident.evidence(scene)))
    .because([whereabouts])
    .remedy(format!("Repair the cause on {node}, then forget the failures: {}.", cleanup(id, node)))
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{fail_count, failure, findings, lines};

    #[test]
    fn tells_where_it_may_not_run_any_more() {
        let findings = findings(|picture| {
            picture.fail_counts = vec![fail_count("vip-db", "db2", 3)];
            picture.failures = vec![failure("vip-db", "db2", "monitor")];
        });
        let expected = "warning fail-count-threshold vip-db: vip-db may not run on db2 any more: it failed too often there";
        assert_eq!(lines(&findings), [expected]);
        assert!(findings[0].evidence.contains(&"fail count 3 on db2, threshold 3".to_owned()));
    }
}
