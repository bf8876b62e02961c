//! A fail count below its threshold.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::incident::{self, count_line};
use crate::health::scene::Scene;
use crate::health::scene::base;
use crate::health::words::plural;
use crate::model::{FailCount, Score};

pub(super) const CHECK: Check = Check {
    code: "fail-count",
    meaning: "A resource has failed on a node, less often than its migration threshold or longer ago than its failure-timeout, and no failed operation is on record any more.",
    many: Many::Folded("fail count", "are not zero"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let below = scene.picture.fail_counts.iter().filter(|count| !incident::bars(scene, count));
    below.filter(|count| !has_incident(scene, count)).map(|count| verdict(scene, count)).collect()
}

fn has_incident(scene: &Scene<'_>, count: &FailCount) -> bool {
    scene.incidents.iter().any(|incident| {
        incident.failure.node == count.node && base(&incident.failure.resource) == base(&count.resource)
    })
}

fn verdict(scene: &Scene<'_>, count: &FailCount) -> Verdict {
    let (id, node) = (&count.resource, &count.node);
    let often = match count.count {
        Score::Finite(times) => plural(usize::try_from(times).unwrap_or_default(), "time"),
        Score::Infinity | Score::MinusInfinity => "too often".to_owned(),
    };
    Verdict::new(Severity::Note, id, format!("{id} has failed {often} on {node}"))
        .because([count_line(count)])
        .because(count.last_failure.map(|at| format!("last failure {}", scene.outlook.ago(at))))
        .remedy(Remedy::from("When the cause is understood, forget it: ") + Fix::cleanup(id, node) + ".")
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{fail_count, told};

    #[test]
    fn below_the_threshold_is_a_note() {
        let lines = told(|picture| picture.fail_counts = vec![fail_count("vip-db", "db2", 2)]);
        assert_eq!(lines, ["note fail-count vip-db: vip-db has failed 2 times on db2"]);
    }
}
