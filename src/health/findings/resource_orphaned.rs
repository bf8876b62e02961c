//! A resource that still runs although it is no longer configured.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::incident::{self, cleanup, on};
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::{names, shell};
use crate::model::{NodeName, Resource, ResourceId};

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
        primitive.orphaned && !primitive.failed && !primitive.blocked
    });
    orphaned.map(|placed| surplus(scene, placed).unwrap_or_else(|| gone(placed))).collect()
}

/// An instance of a clone that still is configured: more of them are on record than may run.
fn surplus(scene: &Scene<'_>, placed: &Placed<'_>) -> Option<Verdict> {
    let clone = placed.ancestors.iter().find(|ancestor| matches!(ancestor, Resource::Clone(_)))?.id();
    let id = base(&placed.primitive.id);
    scene.parts(id).find(|part| !part.primitive.orphaned)?;
    let failures = scene.picture.failures.iter().filter(|failure| base(&failure.resource) == id);
    let probe = failures.clone().find(|failure| failure.operation == "monitor" && failure.interval_ms == 0);
    let place = if placed.primitive.active {
        format!("on {}", names(&placed.primitive.nodes))
    } else {
        match probe {
            Some(failure) => format!("on record, left by a failed probe{}", on(&failure.node)),
            None => "on record".to_owned(),
        }
    };
    let node = probe.map(|failure| &failure.node).filter(|node| !node.as_str().is_empty());
    let cleanup = match node {
        Some(node) => cleanup(&failure_id(placed), node),
        None => format!("`crm_resource --cleanup --resource {}`", shell(id)),
    };
    let find = if probe.is_none() { "Find the node of the failed probe: `crm_mon -1 -o`. " } else { "" };
    // Most often the probe failed where the clone may not run, and its agent isn't installed.
    let ids = placed.ids();
    let banned = scene.picture.nodes.iter().filter(|node| node.online && scene.is_banned(&ids, &node.name));
    let banned: Vec<&NodeName> = banned.map(|node| &node.name).collect();
    let verdict = Verdict::new(Severity::Warning, clone, format!("a surplus instance of {clone} is {place}"))
        .because(failures.take(3).map(incident::summary))
        .because((probe.is_none() && !banned.is_empty()).then(|| {
            format!("{clone} is banned from {}: a probe may have failed there", names(banned))
        }))
        .remedy(format!(
            "{find}Install what the agent needs there, or keep the probe off the node with `resource-discovery=never` on its ban; then {cleanup}."
        ));
    Some(verdict)
}

fn failure_id(placed: &Placed<'_>) -> ResourceId {
    base(&placed.primitive.id).into()
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
        .remedy(format!(
            "Pacemaker stops it unless stop-orphan-resources is false. To forget it: `crm_resource --cleanup --resource {}`.",
            shell(id)
        ))
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
