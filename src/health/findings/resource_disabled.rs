//! A resource that is stopped on purpose.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use std::collections::HashSet;

use crate::health::scene::{Placed, Scene, base};
use crate::health::words::shell;
use crate::model::ResourceId;

pub(super) const CHECK: Check = Check {
    code: "resource-disabled",
    meaning: "A resource is stopped on purpose (target-role Stopped).",
    many: Many::Folded("resource", "are disabled"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let is_off = |placed: &Placed<'_>| !placed.primitive.orphaned && scene.is_disabled(placed);
    let mut seen: HashSet<&ResourceId> = HashSet::new();
    let mut tops: Vec<&ResourceId> = Vec::new();
    for placed in scene.placed.iter().filter(|placed| is_off(placed)) {
        // A group all of whose members are disabled is told as the group.
        let top = placed
            .ancestors
            .iter()
            .find(|ancestor| scene.parts(base(ancestor.id())).all(|other| !scene.should_run(other)));
        let id = top.map_or(&placed.primitive.id, |top| top.id());
        if seen.insert(id) {
            tops.push(id);
        }
    }
    tops.into_iter().map(|id| verdict(scene, id)).collect()
}

/// A note, unless something that should run is stopped because of it.
fn verdict(scene: &Scene<'_>, id: &ResourceId) -> Verdict {
    let behind = scene.downs.line(scene, id);
    let severity = if behind.is_some() { Severity::Warning } else { Severity::Note };
    let summary = match &behind {
        Some(line) => {
            format!("{id} is disabled (target-role Stopped); {line}")
        }
        None => format!("{id} is disabled (target-role Stopped)"),
    };
    Verdict::new(severity, id, summary)
        .because(behind)
        .because(scene.guest_line(id))
        .remedy(format!("When it is wanted again: `crm_resource --resource {} --meta --set-parameter target-role --parameter-value Started`.", shell(id)))
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{group, primitive, resource, told};
    use crate::model::{Primitive, Role};

    fn off(id: &str) -> Primitive {
        Primitive { target_role: Some(Role::Stopped), ..primitive(id, "ocf:heartbeat:Dummy", &[]) }
    }

    #[test]
    fn a_whole_group_is_one() {
        let lines = told(|picture| {
            picture.resources.push(group("g", vec![off("a"), off("b")]));
            *resource(picture, "vip-db") = off("vip-db");
        });
        assert_eq!(
            lines,
            [
                "note resource-disabled g: g is disabled (target-role Stopped)",
                "note resource-disabled vip-db: vip-db is disabled (target-role Stopped)",
            ]
        );
    }
}
