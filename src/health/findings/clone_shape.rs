//! A resource whose agent is meant for a promotable clone, and that isn't in one.

use std::collections::HashSet;

use crate::health::Severity;
use crate::health::agent;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::{names, shell};
use crate::model::{Resource, Role, is_true};

pub(super) const CHECK: Check = Check {
    code: "clone-shape",
    meaning: "A resource that is to be promoted isn't in a promotable clone, or a DRBD clone isn't notified.",
    many: Many::Folded("resource", "are cloned in a way that their agent can't use"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let mut seen = HashSet::new();
    let parts = scene.placed.iter().filter(|placed| placed.bundle().is_none() && !placed.primitive.orphaned);
    // The promoted one of several instances tells most.
    let mut parts: Vec<&Placed<'_>> = parts.collect();
    parts.sort_by_key(|placed| !Scene::is_promoted(placed));
    parts
        .into_iter()
        .filter(|placed| concerns(placed))
        .filter(|placed| seen.insert(base(&placed.primitive.id)))
        .filter_map(|placed| verdict(scene, placed))
        .collect()
}

fn concerns(placed: &Placed<'_>) -> bool {
    let primitive = placed.primitive;
    agent::is_promotable(&primitive.agent) || matches!(primitive.role, Role::Promoted | Role::Unpromoted)
}

fn verdict(scene: &Scene<'_>, placed: &Placed<'_>) -> Option<Verdict> {
    let id = &placed.primitive.id;
    let clone = placed.ancestors.iter().find_map(|ancestor| match ancestor {
        Resource::Clone(clone) => Some(clone),
        _ => None,
    });
    let state = if Scene::is_promoted(placed) {
        format!("promoted on {}", names(&placed.primitive.nodes))
    } else {
        "can't be promoted".to_owned()
    };
    match clone {
        Some(clone) if !clone.promotable => {
            let top = &clone.id;
            let verdict =
                Verdict::new(Severity::Warning, id, format!("{id} {state}, but {top} isn't promotable"))
                    .because([format!("its agent is {}", placed.primitive.agent)])
                    .because(["Pacemaker neither promotes nor demotes it: failover won't work".to_owned()])
                    .remedy(if scene.tools().has_promotable_clones() {
                        format!(
                            "Make the clone promotable: `crm_resource --resource {} --meta --set-parameter promotable --parameter-value true`.",
                            shell(top)
                        )
                    } else {
                        format!("Configure a master/slave resource instead of {top}: `cibadmin --query --scope resources` shows it.")
                    });
            Some(verdict)
        }
        Some(clone) if placed.primitive.agent == "ocf:linbit:drbd" => {
            let configured = scene.index.configured(clone.id.as_str())?;
            let notified = configured.meta("notify").is_some_and(is_true);
            let verdict = || {
                Verdict::new(Severity::Warning, &clone.id, format!("{} isn't notified, which DRBD needs", clone.id))
                    .remedy(format!(
                        "Set notify: `crm_resource --resource {} --meta --set-parameter notify --parameter-value true`.",
                        shell(&clone.id)
                    ))
            };
            (!notified).then(verdict)
        }
        None if agent::is_promotable(&placed.primitive.agent)
            && !matches!(
                placed.primitive.agent.as_str(),
                "ocf:pacemaker:Stateful" | "ocf:heartbeat:mariadb" | "ocf:heartbeat:redis"
            ) =>
        {
            let verdict =
                Verdict::new(Severity::Warning, id, format!("{id} {state}: it isn't in a promotable clone"))
                    .because([format!("its agent is {}", placed.primitive.agent)])
                    .remedy(if scene.tools().has_promotable_clones() {
                        format!("Put it in a promotable clone: `pcs resource promotable {}`.", shell(id))
                    } else {
                        let master = shell(format!("{id}-master"));
                        format!(
                            "Put it in a master/slave resource: `pcs resource master {master} {}`.",
                            shell(id)
                        )
                    });
            Some(verdict)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::health::testing::told;
    use crate::model::{Picture, Resource};

    #[test]
    fn promoted_in_a_clone_that_is_not_promotable() {
        let lines = told(|picture: &mut Picture| {
            if let Resource::Clone(clone) = &mut picture.resources[2] {
                clone.promotable = false;
            }
        });
        let expected =
            "warning clone-shape galera: galera promoted on db1, but galera-clone isn't promotable";
        assert_eq!(lines, [expected]);
    }
}
