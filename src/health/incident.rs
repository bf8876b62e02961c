//! Failed operations together with what became of them.

use std::collections::BTreeMap;

use crate::model::{FailCount, Failure, NodeName, ResourceId, Score};

use super::scene::{Placed, Scene, base};
use super::words::shell;

/// All failures of one resource on one node.
#[derive(Debug)]
pub(super) struct Incident<'a> {
    /// The latest of them.
    pub(super) failure: &'a Failure,
    /// How many operations of it are recorded as failed.
    pub(super) operations: usize,
    pub(super) fail_count: Option<&'a FailCount>,
    pub(super) aftermath: Aftermath,
}

/// What became of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Blocked: another finding tells of it.
    Blocked,
    /// Not running (here, for an instance of a clone) because of it.
    Down,
    /// It is recorded, but nobody wants the resource to run, or nothing can run now anyway.
    Past,
    /// It runs again, there.
    Runs(NodeName),
}

impl Incident<'_> {
    /// Whether the node is out of bounds for the resource.
    pub(super) fn at_threshold(&self) -> bool {
        self.fail_count.is_some_and(FailCount::at_threshold)
    }

    /// `vip-db failed to start on lb1: not installed (5)`.
    pub(super) fn summary(&self) -> String {
        summary(self.failure)
    }

    /// When, why, how often.
    pub(super) fn evidence(&self, scene: &Scene<'_>) -> Vec<String> {
        let failure = self.failure;
        let when = failure.at.map_or_else(|| "at an unknown time".to_owned(), |at| scene.outlook.ago(at));
        let mut evidence = vec![format!("{} failed {when}: {}", operation(failure), how(failure))];
        if !failure.exit_reason.is_empty() {
            evidence.push(format!("the agent says: {}", failure.exit_reason));
        }
        evidence.extend(self.fail_count.map(count_line));
        if self.operations > 1 {
            evidence.push(format!("{} operations of it are recorded as failed there", self.operations));
        }
        evidence
    }

    /// The command that forgets the failure.
    pub(super) fn cleanup(&self) -> String {
        cleanup(&self.failure.resource, &self.failure.node)
    }
}

/// The failures of a picture, in its order, latest of each resource and node.
pub(super) fn of<'a>(scene: &Scene<'a>) -> Vec<Incident<'a>> {
    let mut latest: BTreeMap<(&str, &NodeName), (usize, &'a Failure, usize)> = BTreeMap::new();
    for (index, failure) in scene.picture.failures.iter().enumerate() {
        let entry = latest.entry((failure.resource.as_str(), &failure.node)).or_insert((index, failure, 0));
        entry.2 += 1;
        if failure.at > entry.1.at {
            entry.1 = failure;
        }
    }
    let mut ordered: Vec<_> = latest.into_values().collect();
    ordered.sort_by_key(|(index, _, _)| *index);
    ordered
        .into_iter()
        .map(|(_, failure, operations)| Incident {
            failure,
            operations,
            fail_count: fail_count(scene, failure),
            aftermath: aftermath(scene, failure),
        })
        .collect()
}

/// The command that forgets the failures of a resource on a node.
pub(super) fn cleanup(resource: &ResourceId, node: &NodeName) -> String {
    format!("`crm_resource --cleanup --resource {} --node {}`", shell(resource), shell(node))
}

/// `fail count 2 on lb1, threshold 3`.
pub(super) fn count_line(count: &FailCount) -> String {
    match count.migration_threshold {
        Some(Score::Finite(threshold)) if threshold > 0 => {
            format!("fail count {} on {}, threshold {threshold}", count.count, count.node)
        }
        _ => format!("fail count {} on {}", count.count, count.node),
    }
}

/// `vip-db failed to start on lb1: not installed (5)`.
pub(super) fn summary(failure: &Failure) -> String {
    let did = match failure.operation.as_str() {
        "monitor" | "asyncmon" | "status" | "" => "failed".to_owned(),
        "migrate_to" | "migrate_from" => "failed to migrate".to_owned(),
        other => format!("failed to {other}"),
    };
    format!("{} {did} on {}: {}", failure.resource, failure.node, how(failure))
}

fn how(failure: &Failure) -> String {
    let words = if failure.exit_status.is_empty() { "error" } else { &failure.exit_status };
    if failure.status.eq_ignore_ascii_case("timed out") {
        "timed out".to_owned()
    } else {
        failure.exit_code.map_or_else(|| words.to_owned(), |code| format!("{words} ({code})"))
    }
}

fn operation(failure: &Failure) -> String {
    match (failure.operation.as_str(), failure.interval_ms) {
        ("", _) => "an operation".to_owned(),
        (operation, 0) => operation.to_owned(),
        (operation, interval) if interval % 1000 == 0 => format!("{operation} (every {} s)", interval / 1000),
        (operation, interval) => format!("{operation} (every {interval} ms)"),
    }
}

fn fail_count<'a>(scene: &Scene<'a>, failure: &Failure) -> Option<&'a FailCount> {
    scene
        .picture
        .fail_counts
        .iter()
        .find(|count| count.node == failure.node && base(&count.resource) == base(&failure.resource))
}

fn aftermath(scene: &Scene<'_>, failure: &Failure) -> Aftermath {
    let placed: Vec<_> =
        scene.placed.iter().filter(|placed| base(&placed.primitive.id) == base(&failure.resource)).collect();
    let here = |placed: &&&Placed<'_>| placed.primitive.nodes.contains(&failure.node);
    if placed.iter().any(|placed| placed.primitive.blocked) {
        return Aftermath::Blocked;
    }
    if placed.iter().filter(here).any(|placed| placed.primitive.failed) {
        return Aftermath::Down;
    }
    if placed.iter().filter(here).any(|placed| placed.primitive.active) {
        return Aftermath::Runs(failure.node.clone());
    }
    let wanted = placed.iter().any(|placed| scene.should_run(placed)) && scene.standstill.is_none();
    if placed.iter().any(|placed| placed.is_replicated()) {
        let node = scene.picture.node(&failure.node);
        return if wanted && node.is_some_and(Scene::is_available) {
            Aftermath::Down
        } else {
            Aftermath::Past
        };
    }
    match placed
        .iter()
        .find(|placed| placed.primitive.active)
        .and_then(|placed| placed.primitive.nodes.first())
    {
        Some(node) => Aftermath::Runs(node.clone()),
        None if wanted => Aftermath::Down,
        None => Aftermath::Past,
    }
}
