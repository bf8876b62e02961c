//! Members of different feature sets.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use std::collections::BTreeMap;

use crate::health::words::names;
use crate::model::NodeName;

pub(super) const CHECK: Check = Check {
    code: "feature-sets-differ",
    meaning: "Members speak different feature sets. Where the cluster itself says that versions are mixed, that finding tells it.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let lines = lines(scene);
    if lines.is_empty() || scene.picture.summary.mixed_version {
        return Vec::new();
    }
    let name = scene.name();
    let verdict = Verdict::new(Severity::Warning, name, format!("members of {name} have different feature sets"))
        .because(lines)
        .remedy("Finish the upgrade, one member after the other. A member that leaves may not be let in again until it is upgraded.");
    vec![verdict]
}

/// A line for each feature set and who speaks it; none where all members speak the same.
pub(super) fn lines(scene: &Scene<'_>) -> Vec<String> {
    let mut speakers: BTreeMap<&str, Vec<&NodeName>> = BTreeMap::new();
    for node in scene.picture.members() {
        // A member that is not there says nothing.
        if let Some(feature_set) = node.feature_set.as_deref().filter(|set| !set.is_empty() && node.online) {
            speakers.entry(feature_set).or_default().push(&node.name);
        }
    }
    if speakers.len() < 2 {
        return Vec::new();
    }
    speakers.into_iter().map(|(set, nodes)| format!("feature set {set}: {}", names(nodes))).collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::told;

    #[test]
    fn who_says_nothing_does_not_differ() {
        assert_eq!(told(|picture| picture.nodes[0].feature_set = None), Vec::<String>::new());
        let lines = told(|picture| picture.nodes[0].feature_set = Some("3.19.0".to_owned()));
        assert_eq!(lines, ["warning feature-sets-differ db: members of db have different feature sets"]);
    }
}
