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
    let words: Vec<&str> = lacking.iter().map(|(lack, _)| lack.words.as_str()).collect();
    let summary = format!("nothing can fence: {}", words.join("; "));
    let lines = lacking
        .iter()
        .map(|(lack, nodes)| format!("{}: {}", names(nodes.iter().map(|node| &node.name)), lack.words));
    let remedy = lacking.first().map_or_else(String::new, |(lack, _)| lack.remedy());
    Verdict::new(Severity::Warning, scene.name(), summary)
        .because(lines)
        .because(["a node that is lost would block its resources until an administrator confirms it is off"
            .to_owned()])
        .remedy(remedy)
}

fn of_node(lack: &fencing::Lack<'_>, node: &Node) -> Verdict {
    let name = &node.name;
    Verdict::new(Severity::Warning, name, format!("{} can't be fenced: {}", listed([name]), lack.words))
        .because(["were it lost, its resources could not run elsewhere".to_owned()])
        .remedy(lack.remedy())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{known, resource, told};
    use crate::model::{FencingLevel, Role};

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
            target: Some("db2".into()),
            index: 1,
            devices: vec!["fence".into(), "gone".into()],
        });
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        assert_eq!(lines, ["warning fencing-impossible db2: db2 can't be fenced: fence can't do it alone"]);
    }
}
