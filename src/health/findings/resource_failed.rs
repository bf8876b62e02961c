//! A resource that is down because it failed.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use std::collections::BTreeSet;

use crate::health::incident::{Aftermath, Incident};
use crate::health::scene::{Placed, base};
use crate::health::words::{names, shell};

pub(super) const CHECK: Check = Check {
    code: "resource-failed",
    meaning: "A resource is down because an operation failed: critical, or a warning for an instance of a clone while others run.",
    many: Many::Folded("resource", "failed"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let down: Vec<_> =
        scene.incidents.iter().filter(|incident| incident.aftermath == Aftermath::Down).collect();
    let mut told = BTreeSet::new();
    let mut verdicts = Vec::new();
    for incident in &down {
        let id = base(&incident.failure.resource);
        let replicated =
            scene.placed.iter().any(|placed| base(&placed.primitive.id) == id && placed.is_replicated());
        // A resource that runs once is one finding, wherever it failed; an instance of a clone is one a node.
        let first = told.insert(id);
        if replicated || first {
            let others = down.iter().filter(|other| base(&other.failure.resource) == id);
            let others = others.filter(|other| !replicated && !std::ptr::eq(**other, *incident));
            verdicts.push(of_incident(scene, incident, others.map(|other| other.summary())));
        }
    }
    let unexplained = scene.placed.iter().filter(|placed| {
        let primitive = placed.primitive;
        primitive.failed && !primitive.blocked && !told.contains(base(&primitive.id))
    });
    verdicts.extend(unexplained.map(of_flag));
    verdicts
}

fn of_incident(scene: &Scene<'_>, incident: &Incident<'_>, others: impl Iterator<Item = String>) -> Verdict {
    let resource = &incident.failure.resource;
    let instances = || scene.placed.iter().filter(|placed| base(&placed.primitive.id) == base(resource));
    let running = instances().filter(|placed| placed.primitive.active && !placed.primitive.failed).count();
    let ignored = instances().any(|placed| placed.primitive.failure_ignored);
    let severity = if ignored {
        Severity::Note
    } else if running > 0 {
        Severity::Warning
    } else {
        Severity::Critical
    };
    let banned =
        incident.at_threshold().then(|| format!("it may not run on {} any more", incident.failure.node));
    let orphaned = instances().any(|placed| placed.primitive.orphaned);
    Verdict::new(severity, resource, incident.summary())
        .because(incident.evidence(scene))
        .because(banned)
        .because((running > 0).then(|| format!("{running} of {} instances run", instances().count())))
        .because(orphaned.then(|| "it is no longer configured".to_owned()))
        .because(ignored.then(|| "on-fail=ignore: Pacemaker carries on".to_owned()))
        .because(others)
        .remedy(remedy(incident))
}

/// What to look at depends on how the agent failed: these are the exit codes of the OCF standard.
fn remedy(incident: &Incident<'_>) -> String {
    let node = &incident.failure.node;
    let look = match incident.failure.exit_code {
        Some(2) => "Check the resource's parameters".to_owned(),
        Some(4) => format!("Check permissions of its files and its user on {node}"),
        Some(5) => format!("Install the software it needs on {node}"),
        Some(6) => "Correct its configuration: no node will take it as it is".to_owned(),
        _ if incident.failure.status.eq_ignore_ascii_case("timed out") => {
            format!("Find out why it was slow on {node}, or give the operation a longer timeout")
        }
        _ => format!("Look at its own log and at Pacemaker's on {node}"),
    };
    format!("{look}; then {}.", incident.cleanup())
}

fn of_flag(placed: &Placed<'_>) -> Verdict {
    let primitive = placed.primitive;
    let id = &primitive.id;
    let place =
        if primitive.nodes.is_empty() { String::new() } else { format!(" on {}", names(&primitive.nodes)) };
    let severity = if primitive.failure_ignored { Severity::Note } else { Severity::Critical };
    Verdict::new(severity, id, format!("{id} failed{place}"))
        .because(["which operation failed is not said".to_owned()])
        .remedy(format!(
            "Look at its own log and at Pacemaker's; then `crm_resource --cleanup --resource {}`.",
            shell(id)
        ))
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
