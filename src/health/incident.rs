//! Failed operations together with what became of them.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::health::fix::Fix;
use crate::model::{FailCount, Failure, NodeName, ResourceId, Role, Score, interval};

use super::scene::{Placed, Scene, base};
use super::why::resource::Asked;

/// All failures of one resource on one node.
#[derive(Debug)]
pub(super) struct Incident<'a> {
    /// The latest of them.
    pub(super) failure: &'a Failure,
    /// How many operations of it are recorded as failed.
    pub(super) operations: usize,
    pub(super) fail_count: Option<&'a FailCount>,
    /// Whether the node is out of bounds for the resource.
    pub(super) is_barred: bool,
    pub(super) aftermath: Aftermath,
}

/// What became of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Blocked: another finding tells of it.
    Blocked,
    /// Not running (here, for an instance of a clone) because of it.
    Down,
    /// A promotion failed, and the instance runs there unpromoted.
    Unpromoted(NodeName),
    /// It is recorded, but nobody wants the resource to run, or nothing can run now anyway.
    Past,
    /// It runs again, there.
    Runs(NodeName),
}

impl Incident<'_> {
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
    pub(super) fn cleanup(&self) -> Fix {
        Fix::cleanup(&self.failure.resource, &self.failure.node)
    }
}

/// The failures of a picture, in its order, latest of each resource and node.
pub(super) fn of<'a>(scene: &Scene<'a>) -> Vec<Incident<'a>> {
    let mut latest: BTreeMap<(&str, &NodeName), (usize, &'a Failure, usize)> = BTreeMap::new();
    // Pacemaker 1.1.10 lists a failure twice, once without its node.
    let placed: HashSet<&str> = scene
        .picture
        .failures
        .iter()
        .filter(|failure| !failure.node.as_str().is_empty())
        .map(|failure| failure.resource.as_str())
        .collect();
    for (index, failure) in scene.picture.failures.iter().enumerate() {
        if failure.node.as_str().is_empty() && placed.contains(failure.resource.as_str()) {
            continue;
        }
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
        .map(|(_, failure, operations)| {
            let fail_count = fail_count(scene, failure);
            let is_barred = fail_count.is_some_and(|count| bars(scene, count));
            Incident { failure, operations, fail_count, is_barred, aftermath: aftermath(scene, failure) }
        })
        .collect()
}

/// Whether a fail count keeps its resource off the node.
pub(super) fn bars(scene: &Scene<'_>, count: &FailCount) -> bool {
    count.at_threshold() && !has_expired(scene, &count.resource, count.last_failure)
}

/// Whether `failure-timeout` has passed since a failure. It bars nothing any more, and Pacemaker forgets it with the next
/// recheck.
pub(super) fn has_expired(scene: &Scene<'_>, resource: &ResourceId, at: Option<Timestamp>) -> bool {
    let Some(at) = at else { return false };
    let asked = Asked::new(scene, resource);
    let timeout = asked.and_then(|asked| interval(asked.meta("failure-timeout")?.1));
    timeout.is_some_and(|timeout| !timeout.is_zero() && scene.outlook.since(at) > timeout)
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
    let did = did(failure);
    format!("{} {did}{}: {}", failure.resource, on(&failure.node), how(failure))
}

/// ` on lb1`; nothing where it isn't said which node it was.
pub(super) fn on(node: &NodeName) -> String {
    if node.as_str().is_empty() { String::new() } else { format!(" on {node}") }
}

/// `failed to start`.
pub(super) fn did(failure: &Failure) -> String {
    match failure.operation.as_str() {
        "monitor" | "asyncmon" | "status" | "" => "failed".to_owned(),
        "migrate_to" | "migrate_from" => "failed to migrate".to_owned(),
        other => format!("failed to {other}"),
    }
}

/// Why it failed, in the agent's own words where it gave any.
pub(super) fn reason(failure: &Failure) -> String {
    if failure.exit_reason.is_empty() { how(failure) } else { failure.exit_reason.clone() }
}

pub(super) fn how(failure: &Failure) -> String {
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
    let counts = scene.index.counts(base(&failure.resource)).iter();
    counts.copied().find(|count| count.node == failure.node)
}

fn aftermath(scene: &Scene<'_>, failure: &Failure) -> Aftermath {
    let placed: Vec<&Placed<'_>> = scene.parts(base(&failure.resource)).collect();
    let here = |placed: &&&Placed<'_>| placed.primitive.nodes.contains(&failure.node);
    if placed.iter().any(|placed| placed.primitive.blocked) {
        return Aftermath::Blocked;
    }
    if placed.iter().filter(here).any(|placed| placed.primitive.failed) {
        return Aftermath::Down;
    }
    if let Some(runs) = placed.iter().filter(here).find(|placed| placed.primitive.active) {
        let is_unpromoted = failure.operation == "promote" && runs.primitive.role == Role::Unpromoted;
        let node = failure.node.clone();
        return if is_unpromoted { Aftermath::Unpromoted(node) } else { Aftermath::Runs(node) };
    }
    let wanted = placed.iter().any(|placed| scene.should_run(placed)) && scene.standstill.is_none();
    // A bundle's containers run once each, its contents once in each of them.
    let is_instance = |one: &&Placed<'_>| one.is_replicated() && (one.bundle().is_none() || placed.len() > 1);
    if placed.iter().any(is_instance) {
        let node = scene.index.node(&failure.node);
        let lacks_one =
            wanted && node.is_some_and(Scene::is_available) && !is_surplus(scene, &placed, failure);
        return if lacks_one { Aftermath::Down } else { Aftermath::Past };
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

/// Whether the node isn't one on which the clone would run: a probe failed where the clone is banned.
fn is_surplus(scene: &Scene<'_>, placed: &[&Placed<'_>], failure: &Failure) -> bool {
    placed.first().is_some_and(|part| scene.is_banned(&part.ids(), &failure.node))
}
