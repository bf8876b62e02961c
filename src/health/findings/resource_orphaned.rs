//! A resource that still runs although it is no longer configured.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::{names, shell};

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
    orphaned
        .map(|placed| {
            let id = &placed.primitive.id;
            let summary = if placed.primitive.active {
                format!("{id} is orphaned: it still runs on {}", names(&placed.primitive.nodes))
            } else {
                format!("{id} is orphaned: it is no longer configured")
            };
            Verdict::new(Severity::Warning, id, summary)
                .because(["it is not in the configuration any more".to_owned()])
                .remedy(format!(
                    "Pacemaker stops it unless stop-orphan-resources is false. To forget it: `crm_resource --cleanup --resource {}`.",
                    shell(id)
                ))
        })
        .collect()
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
