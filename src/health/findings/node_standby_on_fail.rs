//! A failure has set a node aside.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::remedy::MOST_COMMANDS;
use crate::health::scene::{Scene, base};
use crate::health::words::shell;
use crate::model::{NodeName, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "node-standby-on-fail",
    meaning: "A failed resource with on-fail=standby has put its node in standby.",
    many: Many::Folded("node", "were put in standby by a failure"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let aside = scene.picture.nodes.iter().filter(|node| node.standby_on_fail && node.online);
    aside
        .map(|node| {
            let name = &node.name;
            let failures = scene.picture.failures.iter().filter(|failure| failure.node == *name);
            Verdict::new(
                Severity::Critical,
                name,
                format!("{name} is in standby because a resource failed there"),
            )
            .because(failures.take(3).map(crate::health::incident::summary))
            .remedy(
                Remedy::from("Repair what failed, then forget the failure, which ends the standby: ")
                    + cleanup(scene, name)
                    + ".",
            )
        })
        .collect()
}

/// Of each resource that failed there; of all where they are many, or not known.
fn cleanup(scene: &Scene<'_>, node: &NodeName) -> Remedy {
    let failures = scene.picture.failures.iter().filter(|failure| failure.node == *node);
    let mut failed: Vec<ResourceId> = failures.map(|failure| base(&failure.resource).into()).collect();
    failed.sort();
    failed.dedup();
    if failed.is_empty() || failed.len() > MOST_COMMANDS {
        return format!("`crm_resource --cleanup --node {}`", shell(node)).into();
    }
    Remedy::join(failed.iter().map(|id| Fix::cleanup(id, node)), ", ")
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{node, told};
    use crate::model::Node;

    #[test]
    fn is_not_an_administrators_standby() {
        let lines =
            told(|picture| picture.nodes[2] = Node { standby: true, standby_on_fail: true, ..node("db3") });
        let expected = "critical node-standby-on-fail db3: db3 is in standby because a resource failed there";
        assert_eq!(lines[0], expected);
        assert!(lines.iter().all(|line| !line.contains(" node-standby ")));
    }
}
