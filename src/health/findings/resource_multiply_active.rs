//! A resource that must run once runs several times.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::Remedy;
use crate::health::scene::{Placed, Scene};
use crate::health::words::names;
use crate::model::NodeName;

pub(super) const CHECK: Check = Check {
    code: "resource-multiply-active",
    meaning: "A resource that is not a clone runs on several nodes at once.",
    many: Many::Folded("resource", "run on several nodes at once"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let placed = scene.placed.iter().filter(|placed| {
        let primitive = placed.primitive;
        // While it is on its way from one node to another both are listed.
        let on_its_way = primitive.role.is_transient() || primitive.pending.is_some();
        !placed.is_replicated() && primitive.active && !on_its_way
    });
    let several = placed.map(|placed| (placed, certain(scene, placed))).filter(|(_, nodes)| nodes.len() > 1);
    several
        .map(|(placed, nodes)| {
            let id = &placed.primitive.id;
            let nodes = names(nodes);
            let left = "multiple-active=block: Pacemaker leaves it as it is";
            Verdict::new(Severity::Critical, id, format!("{id} runs on several nodes at once: {nodes}"))
                .because(placed.primitive.blocked.then(|| left.to_owned()))
                .remedy(
                    Remedy::from("Data may be damaged: check on each node whether it really runs, stop it by hand where it should not, then ")
                        + scene.tools().refresh(id)
                        + ". Something outside the cluster, such as systemd, may have started it.",
                )
        })
        .collect()
}

/// Where it certainly runs. On an unclean node it is only remembered, and what was there is started elsewhere
/// when that is safe: a fencing device at once, anything else after the fencing.
fn certain<'a>(scene: &Scene<'_>, placed: &Placed<'a>) -> Vec<&'a NodeName> {
    let unclean = |name: &NodeName| scene.picture.node(name).is_some_and(|node| node.unclean || !node.online);
    placed.primitive.nodes.iter().filter(|name| !unclean(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::health::testing::{findings, resource, told};
    use crate::model::{Picture, Role};

    fn twice(picture: &mut Picture) {
        resource(picture, "vip-db").nodes.push("db2".into());
    }

    #[test]
    fn a_clone_may_and_a_moving_resource_may() {
        let expected =
            "critical resource-multiply-active vip-db: vip-db runs on several nodes at once: db1, db2";
        assert_eq!(told(twice), [expected]);
        let migrating = told(|picture| {
            twice(picture);
            resource(picture, "vip-db").role = Role::Migrating;
        });
        assert_eq!(migrating, Vec::<String>::new());
    }

    #[test]
    fn what_an_unclean_node_is_remembered_to_run_does_not_count() {
        let findings = findings(|picture| {
            twice(picture);
            picture.nodes[1].unclean = true;
        });
        assert!(findings.iter().all(|finding| finding.code != CHECK.code));
    }
}
