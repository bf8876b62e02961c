//! A resource that is stopped on purpose.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::shell;
use crate::model::ResourceId;

pub(super) const CHECK: Check = Check {
    code: "resource-disabled",
    meaning: "A resource is stopped on purpose (target-role Stopped).",
    many: Many::Folded("resource", "are disabled"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let disabled = scene.placed.iter().filter(|placed| {
        !placed.primitive.orphaned && !scene.should_run(placed) && scene.lost_ticket(placed).is_none()
    });
    let mut tops: Vec<&ResourceId> = Vec::new();
    for placed in disabled {
        // A group all of whose members are disabled is told as the group.
        let top = placed.ancestors.iter().find(|ancestor| {
            let inside = scene.placed.iter().filter(|other| other.ids().contains(&ancestor.id()));
            inside.into_iter().all(|other| !scene.should_run(other))
        });
        let id = top.map_or(&placed.primitive.id, |top| top.id());
        if !tops.contains(&id) {
            tops.push(id);
        }
    }
    tops.into_iter()
        .map(|id| {
            Verdict::new(Severity::Note, id, format!("{id} is disabled (target-role Stopped)"))
                .remedy(format!("When it is wanted again: `crm_resource --resource {} --meta --set-parameter target-role --parameter-value Started`.", shell(id)))
        })
        .collect()
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
