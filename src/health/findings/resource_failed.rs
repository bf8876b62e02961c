//! A resource that is down because it failed.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::remote;
use crate::health::scene::Scene;
use std::collections::HashMap;

use crate::health::incident::{Aftermath, Incident, did, how};
use crate::health::scene::{Placed, base};
use crate::health::words::{names, plural};
use crate::model::{Node, NodeName, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "resource-failed",
    meaning: "A resource is down because an operation failed: critical, or a warning for an instance of a clone while others run.",
    many: Many::Folded("resource", "failed"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // A bundle's finding tells of its parts, an offline remote node's of its connection.
    let is_told = |id: &ResourceId| {
        let is_unclean = |node: &Node| node.unclean;
        let node = scene.index.node(&NodeName::from(id.as_str()));
        scene.bundle_of(id).is_some() || (scene.is_lost_connection(id) && !node.is_some_and(is_unclean))
    };
    let is_own = |incident: &&Incident<'_>| {
        incident.aftermath == Aftermath::Down && !is_told(&incident.failure.resource)
    };
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut resources: Vec<Vec<&Incident<'_>>> = Vec::new();
    for incident in scene.incidents.iter().filter(is_own) {
        let id = base(&incident.failure.resource);
        let at = *places.entry(id).or_insert_with(|| {
            resources.push(Vec::new());
            resources.len() - 1
        });
        resources[at].push(incident);
    }
    let mut verdicts: Vec<Verdict> =
        resources.iter().filter_map(|incidents| of_resource(scene, incidents)).collect();
    let unexplained = scene.placed.iter().filter(|placed| {
        let primitive = placed.primitive;
        let id = base(&primitive.id);
        let is_own = !is_told(&primitive.id) && !places.contains_key(id);
        // On a node that is lost crm_mon marks everything as failed; that node is the cause.
        primitive.failed && !primitive.blocked && is_own && !remote::is_on_lost(scene, placed)
    });
    verdicts.extend(unexplained.map(of_flag));
    verdicts
}

/// All failures of one resource that keep it, or instances of it, down.
fn of_resource(scene: &Scene<'_>, incidents: &[&Incident<'_>]) -> Option<Verdict> {
    let (incident, others) = incidents.split_first()?;
    let resource = &incident.failure.resource;
    let instances: Vec<&Placed<'_>> = scene.parts(base(resource)).collect();
    let running =
        instances.iter().filter(|placed| placed.primitive.active && !placed.primitive.failed).count();
    let ignored = instances.iter().any(|placed| placed.primitive.failure_ignored);
    let severity = if ignored {
        Severity::Note
    } else if running > 0 {
        Severity::Warning
    } else {
        Severity::Critical
    };
    let banned = incident
        .is_barred
        .then(|| format!("it may not run{} any more", crate::health::incident::on(&incident.failure.node)));
    let orphaned = instances.iter().any(|placed| placed.primitive.orphaned);
    let replicated = instances.iter().any(|placed| placed.is_replicated());
    let more = others.len().saturating_sub(OTHERS);
    // Where no node may try again, a cleanup of one of them isn't enough.
    let is_everywhere = !others.is_empty() && (replicated || incidents.iter().all(|one| one.is_barred));
    let verdict = Verdict::new(severity, resource, summary(incidents, is_everywhere))
        .because(incident.evidence(scene))
        .because(banned)
        .because((running > 0).then(|| format!("{running} of {} instances run", instances.len())))
        .because(orphaned.then(|| "it is no longer configured".to_owned()))
        .because(ignored.then(|| "on-fail=ignore: Pacemaker carries on".to_owned()))
        .because(others.iter().take(OTHERS).map(|other| other.summary()))
        .because((more > 0).then(|| format!("and on {more} more nodes")))
        .because(remote::guest_of(scene, resource))
        .waiting(scene.downs.line(scene, resource))
        .remedy(remedy(incident, is_everywhere));
    Some(verdict)
}

/// How many more nodes are told of.
const OTHERS: usize = 12;

/// `nova-compute failed to start on 5 nodes: not running (7)`: of failures on several nodes that are alike.
fn summary(incidents: &[&Incident<'_>], is_everywhere: bool) -> String {
    let Some((first, others)) = incidents.split_first() else { return String::new() };
    if !is_everywhere {
        return first.summary();
    }
    let failure = first.failure;
    let alike =
        others.iter().all(|other| (did(other.failure), how(other.failure)) == (did(failure), how(failure)));
    let did = if alike { did(failure) } else { "failed".to_owned() };
    let how = if alike { format!(": {}", how(failure)) } else { String::new() };
    format!("{} {did} on {}{how}", failure.resource, plural(incidents.len(), "node"))
}

/// What to look at depends on how the agent failed: these are the exit codes of the OCF standard.
fn remedy(incident: &Incident<'_>, everywhere: bool) -> Remedy {
    let node = match incident.failure.node.as_str() {
        "" => "its node",
        node => node,
    };
    let node = if everywhere { format!("{node} and the other nodes") } else { node.to_owned() };
    let look = match incident.failure.exit_code {
        Some(2) => "Check the resource's parameters".to_owned(),
        Some(4) => format!("Check permissions of its files and its user on {node}"),
        Some(5) => format!("Install the software it needs on {node}"),
        Some(6) => "Correct its configuration: no node will take it as it is".to_owned(),
        _ if incident.failure.status.eq_ignore_ascii_case("timed out") => {
            format!("Find out why it was slow on {node}, or give the operation a longer timeout")
        }
        _ => format!("Check its own log and Pacemaker's on {node}"),
    };
    let cleanup = if everywhere {
        Fix::Cleanup(base(&incident.failure.resource).into(), None)
    } else {
        incident.cleanup()
    };
    Remedy::from(look) + "; then " + cleanup + "."
}

fn of_flag(placed: &Placed<'_>) -> Verdict {
    let primitive = placed.primitive;
    let id = &primitive.id;
    let place =
        if primitive.nodes.is_empty() { String::new() } else { format!(" on {}", names(&primitive.nodes)) };
    let severity = if primitive.failure_ignored { Severity::Note } else { Severity::Critical };
    Verdict::new(severity, id, format!("{id} failed{place}"))
        .because(["which operation failed is not said".to_owned()])
        .remedy(
            Remedy::from("Check its own log and Pacemaker's; then ") + Fix::Cleanup(id.clone(), None) + ".",
        )
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{failure, findings, galera, lines, primitive, resource, told};

    #[test]
    fn a_start_that_failed_says_why_it_is_down() {
        let findings = findings(|picture| {
            *resource(picture, "vip-db") = primitive("vip-db", "ocf:heartbeat:IPaddr2", &[]);
            picture.failures = vec![failure("vip-db", "db1", "start"), failure("vip-db", "db2", "start")];
        });
        assert_eq!(
            lines(&findings),
            ["critical resource-failed vip-db: vip-db failed to start on db1: not installed (5)"]
        );
        assert!(
            findings[0].evidence.contains(&"vip-db failed to start on db2: not installed (5)".to_owned())
        );
        assert_eq!(
            findings[0].remedy,
            "Install the software it needs on db1; then `crm_resource --cleanup --resource vip-db --node db1`."
        );
    }

    #[test]
    fn an_instance_is_a_warning_while_others_run() {
        let findings = findings(|picture| {
            picture.resources[2] = galera(&["db1", "db2"], 3);
            picture.failures = vec![failure("galera", "db3", "start")];
        });
        let expected = "warning resource-failed galera: galera failed to start on db3: not installed (5)";
        assert_eq!(lines(&findings), [expected]);
        assert!(findings[0].evidence.contains(&"2 of 3 instances run".to_owned()));
    }

    #[test]
    fn the_flag_alone_is_enough() {
        let lines = told(|picture| resource(picture, "vip-db").failed = true);
        assert_eq!(lines, ["critical resource-failed vip-db: vip-db failed on db1"]);
    }
}
