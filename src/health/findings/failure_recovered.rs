//! A resource that failed and runs again.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::Remedy;
use crate::health::incident::{Aftermath, Incident, on};
use crate::health::scene::{Scene, base};
use crate::health::words::names;
use crate::model::NodeName;

pub(super) const CHECK: Check = Check {
    code: "failure-recovered",
    meaning: "An operation failed and is still on record, but the resource runs again.",
    many: Many::Folded("resource", "failed but run again"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let verdict = |incident: &Incident<'_>| match &incident.aftermath {
        // At its threshold, that finding tells of it.
        Aftermath::Runs(node) if !incident.is_barred => Some(recovered(scene, incident, node)),
        Aftermath::Past => Some(past(scene, incident)),
        Aftermath::Unpromoted(node) => unpromoted(scene, incident, node),
        Aftermath::Runs(_) | Aftermath::Down | Aftermath::Blocked => None,
    };
    scene.incidents.iter().filter_map(verdict).collect()
}

/// A promotion that failed while another instance is promoted. Without one, that finding tells of it.
fn unpromoted(scene: &Scene<'_>, incident: &Incident<'_>, node: &NodeName) -> Option<Verdict> {
    let id = &incident.failure.resource;
    let promoted = scene.parts(base(id)).filter(|part| Scene::is_promoted(part));
    let promoted: Vec<&NodeName> = promoted.flat_map(|part| &part.primitive.nodes).collect();
    if promoted.is_empty() {
        return None;
    }
    let verdict = Verdict::new(
        Severity::Warning,
        id,
        format!("{id} failed to promote on {node}; promoted on {}", names(promoted)),
    )
    .because(incident.evidence(scene))
    .remedy(Remedy::from("Find out why it failed, then forget the failure: ") + incident.cleanup() + ".");
    Some(verdict)
}

fn recovered(scene: &Scene<'_>, incident: &Incident<'_>, node: &NodeName) -> Verdict {
    let failure = incident.failure;
    let id = &failure.resource;
    let is_ignored = scene.parts(base(id)).any(|part| part.primitive.failure_ignored);
    let summary = if is_ignored {
        format!("{id} failed{}, ignored (on-fail=ignore)", on(&failure.node))
    } else if *node == failure.node {
        format!("{id} failed on {node} but runs again")
    } else {
        format!("{id} failed{} and runs on {node} now", on(&failure.node))
    };
    Verdict::new(Severity::Warning, id, summary)
        .because(incident.evidence(scene))
        .remedy(Remedy::from("Find out why it failed, then forget the failure: ") + incident.cleanup() + ".")
}

fn past(scene: &Scene<'_>, incident: &Incident<'_>) -> Verdict {
    let id = &incident.failure.resource;
    Verdict::new(Severity::Note, id, format!("an old failure is on record: {}", incident.summary()))
        .because(incident.evidence(scene))
        .remedy(Remedy::from("When it is understood, forget it: ") + incident.cleanup() + ".")
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{failure, told};

    #[test]
    fn here_or_elsewhere() {
        let lines = told(|picture| {
            picture.failures = vec![failure("vip-db", "db1", "monitor"), failure("fence", "db2", "start")];
        });
        assert_eq!(
            lines,
            [
                "warning failure-recovered fence: fence failed on db2 and runs on db1 now",
                "warning failure-recovered vip-db: vip-db failed on db1 but runs again",
            ]
        );
    }

    #[test]
    fn of_what_is_gone_it_is_a_note() {
        let lines = told(|picture| picture.failures = vec![failure("gone", "db1", "start")]);
        let expected = "note failure-recovered gone: an old failure is on record: gone failed to start on db1: not installed (5)";
        assert_eq!(lines, [expected]);
    }
}
