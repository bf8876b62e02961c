//! A node whose resources are left alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::Scene;
use crate::health::words::plural;

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
                .because(
                    alone.map(|count| format!("{} there, left alone", plural(count as usize, "resource"))),
                )
                .remedy(
                    Remedy::from("When the work on it is done: ")
                        + Fix::NodeMaintenanceOff(name.clone())
                        + ".",
                )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, galera, lines, resource, told};

    #[test]
    fn explains_what_is_unmanaged_there() {
        let lines = told(|picture| {
            picture.nodes[0].maintenance = true;
            resource(picture, "vip-db").managed = false;
        });
        assert_eq!(lines, ["warning node-maintenance db1: db1 is in maintenance"]);
    }

    #[test]
    fn the_command_ends_what_the_user_set() {
        let findings = findings(|picture| {
            picture.nodes[0].maintenance = true;
            picture.nodes[0].name = "db one".into();
        });
        let finding = findings.iter().find(|finding| finding.code == "node-maintenance").unwrap();
        assert_eq!(
            finding.remedy,
            "When the work on it is done: `crm_attribute --type nodes --node 'db one' --name maintenance --delete`."
        );
    }

    #[test]
    fn a_service_whose_nodes_are_all_in_maintenance_has_the_command_for_each() {
        let findings = findings(|picture| {
            picture.nodes.iter_mut().for_each(|node| node.maintenance = true);
            picture.resources[2] = galera(&[], 3);
        });
        let down = findings.iter().find(|finding| finding.code == "clone-incomplete");
        let down = down.unwrap_or_else(|| panic!("{:?}", lines(&findings)));
        assert_eq!(
            down.remedy,
            "End the maintenance when the work is done: \
             `crm_attribute --type nodes --node db1 --name maintenance --delete`, \
             `crm_attribute --type nodes --node db2 --name maintenance --delete`, \
             `crm_attribute --type nodes --node db3 --name maintenance --delete`."
        );
    }
}
