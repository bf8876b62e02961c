//! A resource that still runs although it is no longer configured.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::incident::{self, on};
use crate::health::remedy::MOST_COMMANDS;
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::{listed, names};
use crate::model::{FailedProbe, NodeName, Resource, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "resource-orphaned",
    meaning: "A resource is no longer configured, but still runs or is still remembered.",
    many: Many::Folded("resource", "are orphaned"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // One that failed or is blocked has a finding that says so.
    let orphaned = scene.placed.iter().filter(|placed| {
        let primitive = placed.primitive;
        // A clone without instances is shown with one that is orphaned.
        let is_placeholder = !primitive.active && placed.ancestors.iter().any(|top| scene.is_emptied(top));
        primitive.orphaned && !primitive.failed && !primitive.blocked && !is_placeholder
    });
    orphaned.map(|placed| surplus(scene, placed).unwrap_or_else(|| gone(placed))).collect()
}

/// An instance of a clone that still is configured: more of them are on record than may run.
fn surplus(scene: &Scene<'_>, placed: &Placed<'_>) -> Option<Verdict> {
    let clone = placed.ancestors.iter().find(|ancestor| matches!(ancestor, Resource::Clone(_)))?.id();
    let id = base(&placed.primitive.id);
    scene.parts(id).find(|part| !part.primitive.orphaned)?;
    let failures = scene.picture.failures.iter().filter(|failure| base(&failure.resource) == id);
    let probed = failed_probes(scene, id);
    let place = if placed.primitive.active {
        format!("on {}", names(&placed.primitive.nodes))
    } else if probed.is_empty() {
        "on record".to_owned()
    } else {
        format!("on record, left by a failed probe on {}", listed(&probed))
    };
    let primitive = ResourceId::from(id);
    let mut cleanup: Vec<Fix> =
        probed.iter().take(MOST_COMMANDS).map(|node| Fix::cleanup(&primitive, node)).collect();
    if cleanup.is_empty() {
        cleanup.push(Fix::Cleanup(primitive, None));
    }
    let find = if probed.is_empty() { "Find the node of the failed probe: `crm_mon -1 -o`. " } else { "" };
    // Most often the probe failed where the clone may not run, and its agent isn't installed.
    let ids = placed.ids();
    let banned = scene.picture.nodes.iter().filter(|node| node.online && scene.is_banned(&ids, &node.name));
    let banned: Vec<&NodeName> = banned.map(|node| &node.name).collect();
    let verdict = Verdict::new(Severity::Warning, clone, format!("a surplus instance of {clone} is {place}"))
        .because(failures.take(3).map(incident::summary))
        .because(on_record(scene, id).take(3).map(|probe| line(scene, probe)))
        .because((!banned.is_empty()).then(|| {
            let so = if probed.is_empty() { ": a probe may have failed there" } else { "; Pacemaker probes it there all the same" };
            format!("{clone} is banned from {}{so}", names(banned))
        }))
        .remedy(
            Remedy::from(find)
                + "Install what the agent needs there, or keep the probe off the node with `resource-discovery=never` on its ban; then "
                + Remedy::join(cleanup, ", ")
                + ".",
        );
    Some(verdict)
}

/// The probes of a primitive in the nodes' history that failed.
fn on_record<'a>(scene: &Scene<'a>, id: &'a str) -> impl Iterator<Item = &'a FailedProbe> {
    scene.picture.failed_probes.iter().filter(move |probe| base(&probe.resource) == id)
}

/// The nodes where its probe failed. Pacemaker doesn't count a probe that found nothing installed as a failure; then
/// only the nodes' history tells.
fn failed_probes<'a>(scene: &Scene<'a>, id: &'a str) -> Vec<&'a NodeName> {
    let failures = scene.picture.failures.iter().filter(|failure| {
        base(&failure.resource) == id && failure.operation == "monitor" && failure.interval_ms == 0
    });
    let nodes = failures.map(|failure| &failure.node).chain(on_record(scene, id).map(|probe| &probe.node));
    let mut nodes: Vec<&NodeName> = nodes.filter(|node| !node.as_str().is_empty()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// `probe of pgsqld on node3: invalid parameter (2), 33 min ago (…)`.
fn line(scene: &Scene<'_>, probe: &FailedProbe) -> String {
    let words = if probe.exit_status.is_empty() { "error" } else { &probe.exit_status };
    let when = probe.at.map_or_else(String::new, |at| format!(", {}", scene.outlook.ago(at)));
    format!("probe of {}{}: {words} ({}){when}", probe.resource, on(&probe.node), probe.exit_code)
}

fn gone(placed: &Placed<'_>) -> Verdict {
    let id = &placed.primitive.id;
    let summary = if placed.primitive.active {
        format!("{id} is orphaned: it still runs on {}", names(&placed.primitive.nodes))
    } else {
        format!("{id} is orphaned: it is no longer configured")
    };
    Verdict::new(Severity::Warning, id, summary)
        .because(["it is no longer in the configuration".to_owned()])
        .remedy(
            Remedy::from("Pacemaker stops it unless stop-orphan-resources is false. To forget it: ")
                + Fix::Cleanup(id.clone(), None)
                + ".",
        )
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{resource, told};

    #[test]
    fn tells_where_it_still_runs() {
        let lines = told(|picture| resource(picture, "vip-db").orphaned = true);
        assert_eq!(lines, ["warning resource-orphaned vip-db: vip-db is orphaned: it still runs on db1"]);
    }
}
