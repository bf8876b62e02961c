//! A node that has joined corosync but not yet Pacemaker.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "node-pending",
    meaning: "A node is a member of corosync, but its controller has not joined yet.",
    many: Many::Folded("node", "have not joined yet"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let pending = scene.picture.nodes.iter().filter(|node| node.pending && !node.unclean);
    pending
        .map(|node| {
            let name = &node.name;
            Verdict::new(Severity::Warning, name, format!("{name} is joining: its controller is not ready yet"))
                .remedy(format!("It should take seconds. If it stays so, look at {name}: `systemctl status pacemaker`, `journalctl -u pacemaker`."))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, node, told};
    use crate::model::Node;

    #[test]
    fn is_not_offline() {
        let lines = told(|picture| {
            picture.nodes[2] = Node { pending: true, online: false, ..node("db3") };
            picture.resources[2] = galera(&["db1", "db2"], 3);
        });
        assert_eq!(lines, ["warning node-pending db3: db3 is joining: its controller is not ready yet"]);
    }
}
