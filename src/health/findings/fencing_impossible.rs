//! Fencing is on and has devices, but they can't fence every member.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fencing;
use crate::health::scene::Scene;
use crate::health::words::{listed, names};
use crate::model::Node;

pub(super) const CHECK: Check = Check {
    code: "fencing-impossible",
    meaning: "No device can fence a member: all are disabled, barred from every node, or reach other nodes only.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members: Vec<&Node> = scene.picture.members().collect();
    // With one member there is nobody else to fence it; an unclean one has a finding that tells.
    if members.len() < 2 || scene.lacks_fencing_device() || members.iter().any(|node| node.unclean) {
        return Vec::new();
    }
    let mut lacking: Vec<(fencing::Lack<'_>, Vec<&Node>)> = Vec::new();
    for node in &members {
        let Some(lack) = fencing::lack(scene, node) else { continue };
        match lacking.iter_mut().find(|(other, _)| *other == lack) {
            Some((_, nodes)) => nodes.push(node),
            None => lacking.push((lack, vec![node])),
        }
    }
    let all: usize = lacking.iter().map(|(_, nodes)| nodes.len()).sum();
    if all == members.len() {
        return vec![nothing(scene, &lacking)];
    }
    lacking.iter().flat_map(|(lack, nodes)| nodes.iter().map(|node| of_node(lack, node))).collect()
}

/// No member at all can be fenced.
fn nothing(scene: &Scene<'_>, lacking: &[(fencing::Lack<'_>, Vec<&Node>)]) -> Verdict {
    let words: Vec<String> = lacking.iter().map(|(lack, _)| lack.words()).collect();
    let summary = format!("nothing can fence: {}", words.join("; "));
    let lines = lacking
        .iter()
        .map(|(lack, nodes)| format!("{}: {}", names(nodes.iter().map(|node| &node.name)), lack.words()));
    let remedy = fencing::remedy(lacking.iter().map(|(lack, _)| lack));
    Verdict::new(Severity::Warning, scene.name(), summary)
        .because(lines)
        .because(["a node that is lost would block its resources until an administrator confirms it is off"
            .to_owned()])
        .remedy(remedy)
}

fn of_node(lack: &fencing::Lack<'_>, node: &Node) -> Verdict {
    let name = &node.name;
    Verdict::new(Severity::Warning, name, format!("{} can't be fenced: {}", listed([name]), lack.words()))
        .because(["were it lost, its resources could not run elsewhere".to_owned()])
        .remedy(fencing::remedy([lack]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{fail_count, findings, known, resource, told};
    use crate::model::{Ban, FencingLevel, LevelTarget, NodeAttribute, Picture, Role, Score};

    #[test]
    fn a_device_that_is_disabled_fences_nobody() {
        let lines = told(|picture| {
            let fence = resource(picture, "fence");
            (fence.target_role, fence.active, fence.role) = (Some(Role::Stopped), false, Role::Stopped);
            fence.nodes.clear();
        });
        assert_eq!(lines[0], "warning fencing-impossible db: nothing can fence: fence is disabled");
    }

    #[rstest]
    #[case("pcmk_host_list", "db1 db2,db3", &[])]
    #[case("pcmk_host_list", "db1;db2", &["warning fencing-impossible db3: db3 can't be fenced: fence reaches other nodes only"])]
    #[case("pcmk_host_map", "db1:1;db2:2;db3:3", &[])]
    #[case("pcmk_host_map", "db1:1 db3:3", &["warning fencing-impossible db2: db2 can't be fenced: fence reaches other nodes only"])]
    #[case("ip", "192.0.2.1", &[])]
    fn a_device_reaches_the_nodes_it_names(
        #[case] name: &str,
        #[case] value: &str,
        #[case] expected: &[&str],
    ) {
        let mut cib = known(&["fence", "vip-db", "galera-clone"]);
        cib.has_fencing_device = true;
        cib.resources[0].settings.push((name.to_owned(), value.to_owned()));
        assert_eq!(told(|picture| picture.cib = Some(Arc::new(cib))), expected);
    }

    #[test]
    fn a_level_needs_all_its_devices() {
        let mut cib = known(&["fence", "vip-db", "galera-clone"]);
        cib.has_fencing_device = true;
        cib.levels.push(FencingLevel {
            target: LevelTarget::Node("db2".into()),
            index: 1,
            devices: vec!["fence".into(), "gone".into()],
        });
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        assert_eq!(
            lines,
            [
                "warning fencing-impossible db2: db2 can't be fenced: its fencing level needs gone, which doesn't exist"
            ]
        );
    }

    fn level(target: LevelTarget, device: &str) -> FencingLevel {
        FencingLevel { target, index: 1, devices: vec![device.into()] }
    }

    /// A second device that reaches the same nodes, and levels of that target for the one or the other.
    fn with_level(picture: &mut Picture, level: FencingLevel) {
        let mut cib = known(&["fence", "fence-2", "vip-db", "galera-clone"]);
        cib.has_fencing_device = true;
        cib.levels.push(level);
        picture.cib = Some(Arc::new(cib));
        let mut second = resource(picture, "fence").clone();
        (second.id, second.target_role, second.active) = ("fence-2".into(), Some(Role::Stopped), false);
        (second.role, second.nodes) = (Role::Stopped, Vec::new());
        picture.resources.push(crate::model::Resource::Primitive(second));
    }

    #[rstest]
    #[case::found_anywhere_in_the_name("b[23]", &["db2", "db3"])]
    #[case::anchored("^db2$", &["db2"])]
    #[case::of_no_node("^x", &[])]
    #[case::that_is_broken("db[", &[])]
    fn levels_by_pattern(#[case] pattern: &str, #[case] nodes: &[&str]) {
        let lines =
            told(|picture| with_level(picture, level(LevelTarget::Pattern(pattern.to_owned()), "fence-2")));
        let expected: Vec<String> = nodes
            .iter()
            .map(|node| {
                format!("warning fencing-impossible {node}: {node} can't be fenced: fence-2 is disabled")
            })
            .collect();
        let lines: Vec<_> = lines.iter().filter(|line| line.contains("fencing-impossible")).collect();
        assert_eq!(lines, expected.iter().collect::<Vec<_>>());
    }

    #[rstest]
    #[case::of_that_value("r1", &["warning fencing-impossible db2: db2 can't be fenced: fence-2 is disabled"])]
    #[case::of_another("r2", &[])]
    fn levels_by_attribute(#[case] rack: &str, #[case] expected: &[&str]) {
        let lines = told(|picture| {
            let target = LevelTarget::Attribute("rack".to_owned(), "r1".to_owned());
            with_level(picture, level(target, "fence-2"));
            picture.attributes.push(NodeAttribute {
                node: "db2".into(),
                name: "rack".to_owned(),
                value: rack.to_owned(),
                expected: None,
            });
        });
        let lines: Vec<_> = lines.iter().filter(|line| line.contains("fencing-impossible")).collect();
        assert_eq!(lines, expected.iter().collect::<Vec<_>>());
    }

    /// A lost node shows no attributes, so nothing is concluded from a level that goes by one.
    #[test]
    fn an_unknown_attribute_is_not_an_absent_one() {
        let findings = findings(|picture| {
            with_level(picture, level(LevelTarget::Attribute("rack".to_owned(), "r1".to_owned()), "fence-2"));
            (picture.nodes[2].online, picture.nodes[2].unclean) = (false, true);
        });
        assert_eq!(findings[0].summary, "db3 is unclean and waits for fencing");
    }

    #[test]
    fn a_level_works_only_with_devices_that_reach_the_node() {
        let mut cib = known(&["fence", "vip-db", "galera-clone"]);
        cib.has_fencing_device = true;
        cib.levels.push(level(LevelTarget::Pattern("db2".to_owned()), "fence"));
        cib.resources[0].settings.push(("pcmk_host_list".to_owned(), "db1 db3".to_owned()));
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        let expected = "warning fencing-impossible db2: db2 can't be fenced: fence reaches other nodes only";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_failed_device_is_repaired_and_not_replaced() {
        let findings = findings(|picture| {
            let fence = resource(picture, "fence");
            (fence.active, fence.role) = (false, Role::Stopped);
            fence.nodes.clear();
            picture.fail_counts = ["db1", "db2", "db3"].map(|node| fail_count("fence", node, 3)).to_vec();
        });
        let finding = findings.iter().find(|finding| finding.code == "fencing-impossible").unwrap();
        assert_eq!(finding.summary, "nothing can fence: fence failed on every online member");
        assert_eq!(
            finding.remedy,
            "Repair the fencing device (address, password, network), then forget the failure: `crm_resource --cleanup --resource fence`."
        );
    }

    #[rstest]
    #[case("cli-ban-fence-on-", "Clear the leftover ban: `crm_resource --clear --resource fence`.")]
    #[case(
        "loc-fence-",
        "Let the device run on another member: check the constraints with `cibadmin --query --scope constraints`."
    )]
    fn a_banned_device_is_let_back(#[case] prefix: &str, #[case] remedy: &str) {
        let findings = findings(|picture| {
            let fence = resource(picture, "fence");
            (fence.active, fence.role) = (false, Role::Stopped);
            fence.nodes.clear();
            picture.bans = ["db1", "db2", "db3"]
                .map(|node| Ban {
                    id: format!("{prefix}{node}").into(),
                    resource: "fence".into(),
                    node: node.into(),
                    weight: Score::MinusInfinity,
                    promoted_only: false,
                })
                .to_vec();
        });
        let finding = findings.iter().find(|finding| finding.code == "fencing-impossible").unwrap();
        assert!(
            finding.summary.starts_with("nothing can fence: fence is banned from every online member by")
        );
        assert_eq!(finding.remedy, remedy);
    }

    #[test]
    fn every_disabled_device_is_enabled() {
        let findings = findings(|picture| {
            let mut cib = known(&["fence", "fence-2", "vip-db", "galera-clone"]);
            cib.has_fencing_device = true;
            let fence = resource(picture, "fence");
            (fence.target_role, fence.active, fence.role) = (Some(Role::Stopped), false, Role::Stopped);
            fence.nodes.clear();
            let mut second = fence.clone();
            second.id = "fence-2".into();
            picture.resources.push(crate::model::Resource::Primitive(second));
            for (at, nodes) in [(0, "db1"), (1, "db2 db3")] {
                cib.resources[at].settings.push(("pcmk_host_list".to_owned(), nodes.to_owned()));
            }
            picture.cib = Some(Arc::new(cib));
        });
        for id in ["fence", "fence-2"] {
            let command =
                format!("--resource {id} --meta --set-parameter target-role --parameter-value Started`");
            assert!(findings[0].remedy.contains(&command), "{}", findings[0].remedy);
        }
    }
}
