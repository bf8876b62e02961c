//! Fencing is switched off.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "fencing-disabled",
    meaning: "Fencing is disabled: a silent node is taken for dead while it may still write.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.picture.summary.options.fencing_enabled != Some(false) {
        return Vec::new();
    }
    let name = scene.name();
    // Alone, there is nobody to fence.
    let severity = if scene.picture.nodes.len() == 1 { Severity::Note } else { Severity::Warning };
    let verdict = Verdict::new(severity, name, format!("fencing is disabled in {name}"))
        .because(["a node that falls silent is taken for dead, and may still be writing to shared data".to_owned()])
        .remedy("Configure a fencing device for every node, test each with `stonith_admin --reboot NODE`, then `crm_attribute --type crm_config --name stonith-enabled --update true`.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::health::Severity;
    use crate::health::testing::{findings, told};
    use crate::model::Picture;

    fn off(picture: &mut Picture) {
        picture.summary.options.fencing_enabled = Some(false);
    }

    #[test]
    fn one_node_has_nobody_to_fence() {
        assert_eq!(told(off), ["warning fencing-disabled db: fencing is disabled in db"]);
        let alone = findings(|picture| {
            off(picture);
            picture.nodes.truncate(1);
        });
        assert!(alone.iter().any(|one| one.code == CHECK.code && one.severity == Severity::Note));
    }
}
