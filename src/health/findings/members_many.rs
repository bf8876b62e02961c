//! More members than corosync holds.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
/// Corosync is tested and supported up to here.
const MOST: usize = 16;

pub(super) const CHECK: Check = Check {
    code: "members-many",
    meaning: "A cluster has more than 16 full members, which corosync holds only with care.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let count = scene.picture.members().count();
    if count <= MOST {
        return Vec::new();
    }
    let name = scene.name();
    let verdict =
        Verdict::new(Severity::Warning, name, format!("{name} has {count} members, more than {MOST}"))
            .because(["corosync's messages go to every member: each one makes it slower".to_owned()])
            .remedy("Turn members into remote nodes (`ocf:pacemaker:remote`), or divide the cluster.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{node, told};

    fn with_members(count: usize) -> Vec<String> {
        told(|picture| {
            picture.resources.truncate(2);
            picture.nodes = (1..=count).map(|n| node(&format!("db{n}"))).collect();
        })
    }

    #[test]
    fn seventeen_are_too_many() {
        assert_eq!(with_members(15), Vec::<String>::new());
        assert_eq!(with_members(17), ["warning members-many db: db has 17 members, more than 16"]);
    }
}
