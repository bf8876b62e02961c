//! A resource that Pacemaker leaves alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::scene::{Placed, base};
use crate::health::words::{names, shell};

pub(super) const CHECK: Check = Check {
    code: "resource-unmanaged",
    meaning: "A resource is unmanaged by itself, not because its node or cluster is in maintenance.",
    many: Many::Folded("resource", "are unmanaged"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.in_maintenance() {
        return Vec::new();
    }
    let mut unmanaged: Vec<&Placed<'_>> = Vec::new();
    for placed in scene.placed.iter().filter(|placed| is_left_alone(scene, placed)) {
        // Instances of a clone share one id and one setting.
        if !unmanaged.iter().any(|other| base(&other.primitive.id) == base(&placed.primitive.id)) {
            unmanaged.push(placed);
        }
    }
    unmanaged.into_iter().map(verdict).collect()
}

fn is_left_alone(scene: &Scene<'_>, placed: &Placed<'_>) -> bool {
    let primitive = placed.primitive;
    let explained = primitive.blocked || primitive.orphaned;
    let mut nodes = primitive.nodes.iter().filter_map(|name| scene.picture.node(name));
    !primitive.managed && !explained && !nodes.any(|node| node.maintenance)
}

fn verdict(placed: &Placed<'_>) -> Verdict {
    let primitive = placed.primitive;
    let id = &primitive.id;
    let place = if primitive.nodes.is_empty() {
        "it is stopped".to_owned()
    } else {
        format!("it runs on {}", names(&primitive.nodes))
    };
    let (parameter, value) =
        if primitive.maintenance { ("maintenance", "false") } else { ("is-managed", "true") };
    Verdict::new(Severity::Warning, id, format!("{id} is unmanaged: Pacemaker does not recover it"))
        .because([place])
        .remedy(format!(
            "When the work on it is done: `crm_resource --resource {} --meta --set-parameter {parameter} --parameter-value {value}`.",
            shell(base(id))
        ))
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{resource, told};

    #[test]
    fn tells_what_is_left_alone() {
        let lines = told(|picture| resource(picture, "vip-db").managed = false);
        let expected =
            "warning resource-unmanaged vip-db: vip-db is unmanaged: Pacemaker does not recover it";
        assert_eq!(lines, [expected]);
    }
}
