//! A node that feels unwell.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::remedy::health_query;
use crate::health::scene::Scene;
use crate::model::NodeHealth;

pub(super) const CHECK: Check = Check {
    code: "node-health",
    meaning: "A node's health attributes are yellow (warning) or red (critical).",
    many: Many::Folded("node", "are in bad health"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let nodes = scene.picture.nodes.iter().filter(|node| node.online && !node.unclean);
    nodes
        .filter_map(|node| {
            let severity = match node.health {
                NodeHealth::Green => return None,
                NodeHealth::Yellow => Severity::Warning,
                NodeHealth::Red => Severity::Critical,
            };
            let name = &node.name;
            let attributes = scene.picture.attributes.iter();
            let attributes = attributes
                .filter(|attribute| attribute.node == *name && attribute.name.starts_with("#health"));
            let verdict = Verdict::new(severity, name, format!("{name} reports {} health", node.health))
                .because(attributes.map(|attribute| format!("{} is {}", attribute.name, attribute.value)))
                .remedy(format!(
                    "Check what its health agents found (disk, memory, load): {}, and its own log.",
                    health_query(scene, name)
                ));
            Some(verdict)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::told;
    use crate::model::NodeHealth;

    #[rstest]
    #[case(NodeHealth::Green, &[])]
    #[case(NodeHealth::Yellow, &["warning node-health db3: db3 reports yellow health"])]
    #[case(NodeHealth::Red, &["critical node-health db3: db3 reports red health"])]
    fn by_colour(#[case] health: NodeHealth, #[case] expected: &[&str]) {
        assert_eq!(told(|picture| picture.nodes[2].health = health), expected);
    }
}
