//! A resource that failed so often on a node that it may not run there any more.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use std::collections::HashMap;

use crate::health::incident::{self, Aftermath, Incident, count_line};
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::names;
use crate::model::FailCount;

pub(super) const CHECK: Check = Check {
    code: "fail-count-threshold",
    meaning: "A resource has reached its migration threshold on a node and may not run there until the failures are cleaned up.",
    many: Many::Folded("fail count", "are at their threshold"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let counts = scene.picture.fail_counts.iter().filter(|count| incident::bars(scene, count));
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut resources: Vec<Vec<&FailCount>> = Vec::new();
    for count in counts.filter(|count| !is_told(scene, count)) {
        let at = *places.entry(base(&count.resource)).or_insert_with(|| {
            resources.push(Vec::new());
            resources.len() - 1
        });
        resources[at].push(count);
    }
    resources.iter().filter_map(|counts| verdict(scene, counts)).collect()
}

/// A finding on a failure that keeps the resource down tells its fail count too, as does one on what runs nowhere, on a
/// bundle, and on an offline remote node.
fn is_told(scene: &Scene<'_>, count: &FailCount) -> bool {
    let id = &count.resource;
    let is_down = |part: &Placed<'_>| scene.downs.is_down(part.top());
    scene.is_lost_connection(id)
        || scene.parts(base(id)).next().is_some_and(is_down)
        || scene.incidents.iter().any(|incident| {
            matches!(incident.aftermath, Aftermath::Down | Aftermath::Blocked)
                && base(&incident.failure.resource) == base(id)
                && incident.failure.node == count.node
        })
}

fn verdict(scene: &Scene<'_>, counts: &[&FailCount]) -> Option<Verdict> {
    let (first, others) = counts.split_first()?;
    let id = &first.resource;
    let nodes = names(counts.iter().map(|count| &count.node));
    let incidents: Vec<&Incident<'_>> = scene
        .incidents
        .iter()
        .filter(|incident| base(&incident.failure.resource) == base(id))
        .filter(|incident| counts.iter().any(|count| count.node == incident.failure.node))
        .collect();
    let running: Vec<_> = scene.active(id).flat_map(|placed| &placed.primitive.nodes).collect();
    let whereabouts = if running.is_empty() {
        "it runs nowhere".to_owned()
    } else {
        format!("it runs on {}", names(running))
    };
    let known = |count: &FailCount| incidents.iter().any(|incident| incident.failure.node == count.node);
    let bare: Vec<&&FailCount> = counts.iter().filter(|count| !known(count)).take(6).collect();
    let cleanup =
        if others.is_empty() { Fix::cleanup(id, &first.node) } else { Fix::Cleanup(id.clone(), None) };
    let verdict = Verdict::new(
        Severity::Warning,
        id,
        format!("{id} may not run on {nodes} any more: it failed too often there"),
    )
    .because(bare.iter().flat_map(|count| {
        let last = count.last_failure.map(|at| format!("last failure {}", scene.outlook.ago(at)));
        std::iter::once(count_line(count)).chain(last)
    }))
    .because(incidents.iter().take(3).flat_map(|incident| incident.evidence(scene)))
    .because([whereabouts])
    .remedy(Remedy::from(format!("Repair the cause on {nodes}, then forget the failures: ")) + cleanup + ".");
    Some(verdict)
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
