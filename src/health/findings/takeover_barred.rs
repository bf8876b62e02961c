//! A promotable clone whose only other instances could not take over.

use crate::health::Severity;
use crate::health::agent;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::{Placed, Scene, base};
use crate::health::words::listed;
use crate::model::{CloneResource, NodeName, Resource, Role};

pub(super) const CHECK: Check = Check {
    code: "takeover-barred",
    meaning: "Every unpromoted instance of a promotable clone has a negative promotion score: none could take over.",
    many: Many::Folded("promotable clone", "have nobody to take over"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let clones = scene.picture.resources.iter().filter_map(|resource| match resource {
        Resource::Clone(clone) if clone.promotable => Some(clone),
        _ => None,
    });
    clones.filter_map(|clone| verdict(scene, clone)).collect()
}

fn verdict(scene: &Scene<'_>, clone: &CloneResource) -> Option<Verdict> {
    let parts: Vec<&Placed<'_>> = scene.parts(base(&clone.id)).collect();
    let managed = parts.iter().any(|part| part.primitive.managed);
    let promoted: Vec<&&Placed<'_>> = parts.iter().filter(|part| Scene::is_promoted(part)).collect();
    let peers = parts.iter().filter(|part| part.primitive.active && part.primitive.role == Role::Unpromoted);
    let peers: Vec<&NodeName> = peers.flat_map(|part| &part.primitive.nodes).collect();
    if promoted.is_empty() || peers.is_empty() || !managed {
        return None;
    }
    let part = base(&promoted.first()?.primitive.id);
    let score = |node: &NodeName| {
        let mut here = scene.index.attributes(node).iter();
        here.find(|attribute| attribute.promotes() == Some(part)).map(|attribute| attribute.value.as_str())
    };
    let is_negative = |node: &&NodeName| score(node).is_some_and(|score| score.trim().starts_with('-'));
    // Of an instance without a score it isn't known.
    if !peers.iter().all(is_negative) {
        return None;
    }
    let id = &clone.id;
    let agent = promoted.first()?.primitive.agent.as_str();
    let verdict = Verdict::new(Severity::Warning, id, format!("{id} has nobody to take over: {} can't be promoted", listed(&peers)))
        .because(agent::states(scene, agent, &peers))
        .because(peers.iter().take(6).filter_map(|node| Some(format!("promotion score on {node}: {}", score(node)?))))
        .remedy(format!(
            "Repair its replication before the promoted instance is needed elsewhere: {} and the agent's log. {}",
            scene.tools().why(id),
            agent::advice(agent)
        ).trim_end());
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::told;
    use crate::model::NodeAttribute;

    #[rstest]
    #[case(&[("db2", "-INFINITY"), ("db3", "-1")], true)]
    #[case(&[("db2", "-INFINITY"), ("db3", "100")], false)]
    #[case(&[("db2", "-INFINITY")], false)]
    fn only_when_no_peer_could(#[case] scores: &[(&str, &str)], #[case] barred: bool) {
        let lines = told(|picture| {
            picture.attributes.extend(scores.iter().map(|(node, value)| NodeAttribute {
                node: (*node).into(),
                name: "master-galera".to_owned(),
                value: (*value).to_owned(),
                expected: None,
            }));
        });
        let expected = "warning takeover-barred galera-clone: galera-clone has nobody to take over: db2 and db3 can't be promoted";
        assert_eq!(lines, barred.then_some(expected).into_iter().collect::<Vec<_>>());
    }
}
