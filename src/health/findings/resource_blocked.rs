//! A resource that Pacemaker has given up.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::incident::{Aftermath, Incident};
use crate::health::scene::Scene;
use crate::health::scene::{Placed, base};
use crate::health::words::names;

pub(super) const CHECK: Check = Check {
    code: "resource-blocked",
    meaning: "A resource failed in a way from which Pacemaker can't recover without help, usually a failed stop without fencing.",
    many: Many::Folded("resource", "are blocked"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // What runs on several nodes at once may be blocked because of it (multiple-active=block), and that finding tells.
    let is_told = |placed: &&Placed<'_>| {
        incident(scene, placed).is_none() && !placed.is_replicated() && placed.primitive.nodes.len() > 1
    };
    let blocked = scene.placed.iter().filter(|placed| placed.primitive.blocked && !is_told(placed));
    blocked.map(|placed| verdict(scene, placed)).collect()
}

fn verdict(scene: &Scene<'_>, placed: &Placed<'_>) -> Verdict {
    let id = &placed.primitive.id;
    let place = if placed.primitive.nodes.is_empty() {
        String::new()
    } else {
        format!(" on {}", names(&placed.primitive.nodes))
    };
    let incident = incident(scene, placed);
    let summary = match incident {
        Some(incident) => format!("{id} is blocked{place}: {}", incident.summary()),
        None => format!("{id} is blocked{place}"),
    };
    Verdict::new(Severity::Critical, id, summary)
        .because(incident.into_iter().flat_map(|incident| incident.evidence(scene)))
        .waiting(scene.downs.line(scene, id))
        .because((!placed.primitive.managed).then(|| "it is unmanaged".to_owned()))
        .remedy(
            Remedy::from("Bring it by hand into a clean state (really stopped, or really running), then ")
                + Fix::Cleanup(id.clone(), None)
                + ".",
        )
}

/// The failure that blocks it.
fn incident<'s, 'a>(scene: &'s Scene<'a>, placed: &Placed<'_>) -> Option<&'s Incident<'a>> {
    scene.incidents.iter().find(|incident| {
        incident.aftermath == Aftermath::Blocked
            && base(&incident.failure.resource) == base(&placed.primitive.id)
    })
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{failure, resource, told};

    #[test]
    fn tells_the_failure_with_it() {
        let lines = told(|picture| {
            let vip = resource(picture, "vip-db");
            (vip.blocked, vip.failed, vip.managed) = (true, true, false);
            picture.failures = vec![failure("vip-db", "db1", "stop")];
        });
        let expected = "critical resource-blocked vip-db: vip-db is blocked on db1: vip-db failed to stop on db1: not installed (5)";
        assert_eq!(lines, [expected]);
    }
}
