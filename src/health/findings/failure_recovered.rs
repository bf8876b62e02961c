//! A resource that failed and runs again.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::incident::{Aftermath, Incident};
use crate::health::scene::Scene;
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
        Aftermath::Runs(node) if !incident.at_threshold() => Some(recovered(scene, incident, node)),
        Aftermath::Past => Some(past(scene, incident)),
        Aftermath::Runs(_) | Aftermath::Down | Aftermath::Blocked => None,
    };
    scene.incidents.iter().filter_map(verdict).collect()
}

fn recovered(scene: &Scene<'_>, incident: &Incident<'_>, node: &NodeName) -> Verdict {
    let failure = incident.failure;
    let id = &failure.resource;
    let summary = if *node == failure.node {
        format!("{id} failed on {node} but runs again")
    } else {
        format!("{id} failed on {} and runs on {node} now", failure.node)
    };
    Verdict::new(Severity::Warning, id, summary)
        .because([incident.summary()])
        .because(incident.evidence(scene))
        .remedy(format!("Find out why it failed, then forget the failure: {}.", incident.cleanup()))
}

fn past(scene: &Scene<'_>, incident: &Incident<'_>) -> Verdict {
    let id = &incident.failure.resource;
    Verdict::new(Severity::Note, id, format!("an old failure is on record: {}", incident.summary()))
        .because(incident.evidence(scene))
        .remedy(format!("When it is understood, forget it: {}.", incident.cleanup()))
}
