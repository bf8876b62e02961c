//! A resource that must run once runs several times.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::{names, shell};

pub(super) const CHECK: Check = Check {
    code: "resource-multiply-active",
    meaning: "A resource that is not a clone runs on several nodes at once.",
    many: Many::Folded("resource", "run on several nodes at once"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let several = scene.placed.iter().filter(|placed| {
        let primitive = placed.primitive;
        // While it is on its way from one node to another both are listed.
        let on_its_way = primitive.role.is_transient() || primitive.pending.is_some();
        !placed.is_replicated() && primitive.active && primitive.nodes.len() > 1 && !on_its_way
    });
    several
        .map(|placed| {
            let id = &placed.primitive.id;
            let nodes = names(&placed.primitive.nodes);
            Verdict::new(Severity::Critical, id, format!("{id} runs on several nodes at once: {nodes}"))
                .remedy(format!(
                    "Data may be damaged: see on each node whether it really runs, stop it by hand where it should not, then `crm_resource --refresh --resource {}`. Something outside the cluster, such as systemd, may have started it.",
                    shell(id)
                ))
        })
        .collect()
}
