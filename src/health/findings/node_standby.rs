//! An administrator has set a node aside.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::shell;

pub(super) const CHECK: Check = Check {
    code: "node-standby",
    meaning: "A node is in standby: it runs no resource until somebody ends that.",
    many: Many::Folded("node", "are in standby"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let aside =
        scene.picture.nodes.iter().filter(|node| node.standby && !node.standby_on_fail && node.online);
    aside
        .filter(|node| !node.unclean)
        .map(|node| {
            let name = &node.name;
            Verdict::new(Severity::Warning, name, format!("{name} is in standby"))
                .because(["it votes, but runs no resource".to_owned()])
                .remedy(format!(
                    "When the work on it is done: `crm_standby --node {} --delete`.",
                    shell(name)
                ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, told};

    #[test]
    fn its_missing_instance_is_explained() {
        let lines = told(|picture| {
            picture.nodes[2].standby = true;
            picture.resources[2] = galera(&["db1", "db2"], 3);
        });
        assert_eq!(lines, ["warning node-standby db3: db3 is in standby"]);
    }
}
