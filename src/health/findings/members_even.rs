//! An even number of members.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
pub(super) const CHECK: Check = Check {
    code: "members-even",
    meaning: "A cluster has an even number of members: one more vote is needed for a majority, and it may split in halves. Two without fencing is a warning.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let count = scene.picture.members().count();
    if count == 0 || count % 2 == 1 {
        return Vec::new();
    }
    // Two members decide by fencing each other; without fencing they can only guess.
    let guess = count == 2 && scene.picture.summary.options.fencing_enabled == Some(false);
    let severity = if guess { Severity::Warning } else { Severity::Note };
    let name = scene.name();
    let why = if count == 2 {
        "neither is a majority when they lose each other"
    } else {
        "it can split into halves of which neither has a majority"
    };
    let verdict = Verdict::new(severity, name, format!("{name} has {count} members, an even number"))
        .because([why.to_owned()])
        .remedy("Add a member, or a quorum device (`corosync-qdevice`), which gives the deciding vote.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::health::testing::{galera, node, told};
    use crate::model::{Node, NodeKind};

    #[test]
    fn only_members_count() {
        let guest = || Node { kind: NodeKind::Guest { resource: None }, ..node("g") };
        let lines = told(|picture| picture.nodes.push(guest()));
        assert!(lines.iter().all(|line| !line.contains(CHECK.code)));
        let lines = told(|picture| {
            picture.nodes.truncate(2);
            picture.resources[2] = galera(&["db1", "db2"], 2);
        });
        assert_eq!(lines, ["note members-even db: db has 2 members, an even number"]);
    }
}
