//! A node that is leaving.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::remote;
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "node-shutting-down",
    meaning: "A node is leaving the cluster in an orderly way.",
    many: Many::Folded("node", "are shutting down"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let leaving = scene.picture.nodes.iter().filter(|node| node.shutdown && node.online && !node.unclean);
    // A replica leaves because its bundle is stopped, and has no cluster stack of its own.
    let leaving = leaving.filter(|node| remote::bundle_of(scene, node).is_none());
    leaving
        .map(|node| {
            let name = &node.name;
            Verdict::new(Severity::Warning, name, format!("{name} is shutting down its cluster stack"))
                .remedy("Wait until it has moved its resources away. If one of them can't stop, the node will be fenced.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, told};

    #[test]
    fn its_missing_instance_is_explained() {
        let lines = told(|picture| {
            picture.nodes[2].shutdown = true;
            picture.resources[2] = galera(&["db1", "db2"], 3);
        });
        assert_eq!(lines, ["warning node-shutting-down db3: db3 is shutting down its cluster stack"]);
    }
}
