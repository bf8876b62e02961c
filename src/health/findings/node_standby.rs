//! An administrator has set a node aside.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::remedy::MOST_COMMANDS;
use crate::health::scene::{Scene, Standstill};
use crate::health::why::barrier::State;
use crate::health::words::names;

pub(super) const CHECK: Check = Check {
    code: "node-standby",
    meaning: "A node is in standby: it runs no resource until somebody ends that.",
    many: Many::Folded("node", "are in standby"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.standstill == Some(Standstill::AllInStandby) {
        return vec![everywhere(scene)];
    }
    // A service whose nodes are all in standby names them as its cause, with the command for each.
    let told = scene.downs.standbys(scene);
    // Some versions mark a pending node so, and that says nothing of it.
    let aside = scene.picture.nodes.iter().filter(|node| State::of(node) == Some(State::Standby));
    aside
        .filter(|node| !told.contains(&&node.name))
        .map(|node| {
            let name = &node.name;
            Verdict::new(Severity::Warning, name, format!("{name} is in standby"))
                .because(["it votes, but runs no resource".to_owned()])
                .remedy(Remedy::from("When the work on it is done: ") + Fix::Online(name.clone()) + ".")
        })
        .collect()
}

/// Every node that is there is in standby: nothing can run, and that is one finding.
fn everywhere(scene: &Scene<'_>) -> Verdict {
    let aside = scene.picture.nodes.iter().filter(|node| State::of(node) == Some(State::Standby));
    let aside: Vec<_> = aside.map(|node| &node.name).collect();
    let stopped = scene.stopped_line();
    let severity = if stopped.is_some() { Severity::Critical } else { Severity::Warning };
    let ends = aside.iter().take(MOST_COMMANDS).map(|node| Fix::Online((*node).clone()));
    Verdict::new(severity, scene.name(), format!("every node is in standby: {}", names(&aside)))
        .because(stopped)
        .remedy(
            Remedy::from("When the work is done, end the standby of each: ") + Remedy::join(ends, ", ") + ".",
        )
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, galera, lines, told};
    use crate::model::{Ban, Score};

    #[test]
    fn its_missing_instance_is_explained() {
        let lines = told(|picture| {
            picture.nodes[2].standby = true;
            picture.resources[2] = galera(&["db1", "db2"], 3);
        });
        assert_eq!(lines, ["warning node-standby db3: db3 is in standby"]);
    }

    #[test]
    fn a_service_whose_nodes_are_all_in_standby_tells_of_them() {
        let findings = findings(|picture| {
            picture.nodes[0].standby = true;
            picture.nodes[1].standby = true;
            picture.resources[2] = galera(&[], 2);
            picture.bans.push(ban("galera-clone", "db3"));
        });
        assert_eq!(
            lines(&findings),
            [
                "critical clone-incomplete galera-clone: galera-clone runs nowhere: all its nodes are in standby"
            ]
        );
        for node in ["db1", "db2"] {
            let command = format!("`crm_standby --node {node} --delete`");
            assert!(findings[0].remedy.contains(&command), "{}", findings[0].remedy);
        }
    }

    #[test]
    fn a_standby_that_is_only_part_of_the_cause_is_told() {
        let lines = told(|picture| {
            picture.nodes[0].standby = true;
            picture.nodes[1].online = false;
            picture.resources[2] = galera(&[], 2);
            picture.bans.push(ban("galera-clone", "db3"));
        });
        assert!(lines.contains(&"warning node-standby db1: db1 is in standby".to_owned()), "{lines:?}");
    }

    fn ban(resource: &str, node: &str) -> Ban {
        Ban {
            id: "loc".into(),
            resource: resource.into(),
            node: node.into(),
            weight: Score::MinusInfinity,
            promoted_only: false,
        }
    }
}
