//! Members of different versions.

use super::feature_sets;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "mixed-versions",
    meaning: "Members run different versions of Pacemaker.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.picture.summary.mixed_version {
        return Vec::new();
    }
    let name = scene.name();
    let dc = scene.picture.summary.version.as_ref().map(|version| format!("the DC runs {version}"));
    let verdict = Verdict::new(Severity::Warning, name, format!("members of {name} run different versions of Pacemaker"))
        .because(dc)
        .because(feature_sets::lines(scene))
        .remedy("Finish the upgrade, one member after the other. A member that leaves may not be let in again until it is upgraded.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, lines};

    #[test]
    fn tells_the_feature_sets_with_it() {
        let findings = findings(|picture| {
            picture.summary.mixed_version = true;
            picture.nodes[0].feature_set = Some("3.19.0".to_owned());
        });
        let expected = "warning mixed-versions db: members of db run different versions of Pacemaker";
        assert_eq!(lines(&findings), [expected]);
        assert_eq!(findings[0].evidence, ["feature set 3.16.1: db2, db3", "feature set 3.19.0: db1"]);
    }
}
