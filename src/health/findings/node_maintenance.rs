//! A node whose resources are left alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::{plural, shell};

pub(super) const CHECK: Check = Check {
    code: "node-maintenance",
    meaning: "A node is in maintenance: its resources are neither watched nor recovered.",
    many: Many::Folded("node", "are in maintenance"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.in_maintenance() {
        return Vec::new();
    }
    let nodes = scene.picture.nodes.iter().filter(|node| node.maintenance && node.online && !node.unclean);
    nodes
        .map(|node| {
            let name = &node.name;
            let alone = node.resources_running.filter(|count| *count > 0);
            Verdict::new(Severity::Warning, name, format!("{name} is in maintenance"))
                .because(alone.map(|count| format!("{} there, left alone", plural(count as usize, "resource"))))
                .remedy(format!(
                    "When the work on it is done: `crm_attribute --type nodes --node {} --name maintenance --delete`.",
                    shell(name)
                ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{resource, told};

    #[test]
    fn explains_what_is_unmanaged_there() {
        let lines = told(|picture| {
            picture.nodes[0].maintenance = true;
            resource(picture, "vip-db").managed = false;
        });
        assert_eq!(lines, ["warning node-maintenance db1: db1 is in maintenance"]);
    }
}
