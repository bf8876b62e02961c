//! A node that does not take part.

use super::fencing_failed::{latest, who};
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::{Scene, base};
use crate::health::stack;
use crate::health::words::{listed, plural, shell};
use crate::model::{FencingEvent, FencingOutcome, Node, NodeKind, NodeName, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "node-offline",
    meaning: "A node is offline: critical when it was fenced or lost, a warning when it was stopped in an orderly way.",
    many: Many::Folded("node", "are offline"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // Members that a partition without a quorum does not see are told by that finding.
    let told = |node: &&Node| {
        ((scene.lacks_quorum() || scene.lacks_dc()) && node.kind == NodeKind::Member)
            || is_guest_told(scene, node)
    };
    let offline = scene.picture.nodes.iter().filter(|node| !node.online && !node.unclean && !node.pending);
    offline.filter(|node| !told(node)).filter_map(|node| verdict(scene, node)).collect()
}

/// Whether the finding on its virtual machine tells of a guest node.
fn is_guest_told(scene: &Scene<'_>, node: &Node) -> bool {
    let NodeKind::Guest { resource: Some(machine) } = &node.kind else { return false };
    scene.parts(base(machine)).any(|part| !part.primitive.active) && scene.standstill.is_none()
}

fn verdict(scene: &Scene<'_>, node: &Node) -> Option<Verdict> {
    match node.kind {
        NodeKind::Member => Some(member(scene, node)),
        NodeKind::Remote | NodeKind::Guest { .. } => Some(remote(scene, node)),
        // The finding on the bundle tells of its replicas.
        NodeKind::Bundle { .. } | NodeKind::Other(_) => None,
    }
}

fn member(scene: &Scene<'_>, node: &Node) -> Verdict {
    let name = &node.name;
    let fenced = latest(scene.picture)
        .into_iter()
        .find(|event| event.target == *name && event.outcome == FencingOutcome::Success);
    let start = format!(
        "Check that it is up, then start its cluster stack: `ssh {} systemctl start pacemaker`.",
        shell(name)
    );
    let verdict = match fenced {
        Some(event) => {
            Verdict::new(Severity::Critical, name, format!("{name} is offline since it was fenced"))
                .because([fenced_line(scene, event)])
                .remedy(format!("Find out why it was lost (its console, `journalctl -b -1`). {start}"))
        }
        None if node.expected_up => Verdict::new(Severity::Critical, name, format!("{name} is offline"))
            .because(["it did not leave in an orderly way".to_owned()])
            .remedy(start),
        None => {
            Verdict::new(Severity::Warning, name, format!("{name} is offline: its cluster stack is stopped"))
                .because(["it left in an orderly way".to_owned()])
                .remedy(start)
        }
    };
    verdict.because(stack::failed_lines(&scene.outlook, |host| host.is_node(name)))
}

/// `reboot 12 s ago (…), asked for by …`.
pub(super) fn fenced_line(scene: &Scene<'_>, event: &FencingEvent) -> String {
    let when = event.completed.map(|at| format!(" {}", scene.outlook.ago(at))).unwrap_or_default();
    let who = who(event).map(|who| format!(", {who}")).unwrap_or_default();
    format!("{}{when}{who}", event.action)
}

fn remote(scene: &Scene<'_>, node: &Node) -> Verdict {
    let name = &node.name;
    let kind = node.kind.word();
    let connection = scene.placed.iter().find(|placed| placed.primitive.id.as_str() == name.as_str());
    if connection.is_some_and(|placed| !scene.should_run(placed)) {
        return Verdict::new(
            Severity::Note,
            name,
            format!("{name} ({kind} node) is offline: its connection is disabled"),
        )
        .remedy(Remedy::from("When it is wanted again: ") + Fix::Enable(name.as_str().into()) + ".");
    }
    let failures = scene.picture.failures.iter().filter(|failure| failure.resource.as_str() == name.as_str());
    let counts = scene.index.counts(base(&ResourceId::from(name.as_str()))).iter();
    let given_up: Vec<&NodeName> =
        counts.filter(|count| count.at_threshold()).map(|count| &count.node).collect();
    let why = if given_up.is_empty() {
        String::new()
    } else {
        format!(": its connection failed on {}", listed(&given_up))
    };
    Verdict::new(Severity::Critical, name, format!("{name} ({kind} node) is offline{why}"))
        .because(failures.take(3).map(|failure| {
            let said = &failure.exit_reason;
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            format!("{}{said}", crate::health::incident::summary(failure))
        }))
        .because((!given_up.is_empty()).then(|| "no member tries again until it is cleaned up".to_owned()))
        .waiting(scene.downs.line(scene, &ResourceId::from(name.as_str())))
        .because(node.resources_running.filter(|count| *count > 0).map(|count| format!("{} ran there", plural(count as usize, "resource"))))
        .remedy(
            Remedy::from("Check that the host is up and that `pacemaker_remoted` runs there (`systemctl status pacemaker_remote`), then ")
                + Fix::Cleanup(name.as_str().into(), None)
                + ".",
        )
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{fencing, node, primitive, told};
    use crate::model::{FencingOutcome, Node, NodeKind, Primitive, Resource, Role};

    #[test]
    fn lost_is_worse_than_stopped() {
        let lost = told(|picture| picture.nodes[2].online = false);
        assert_eq!(lost, ["critical node-offline db3: db3 is offline"]);
        let away = || Node { online: false, expected_up: false, ..node("db3") };
        let stopped = told(|picture| picture.nodes[2] = away());
        assert_eq!(stopped, ["warning node-offline db3: db3 is offline: its cluster stack is stopped"]);
        let fenced = told(|picture| {
            picture.nodes[2] = away();
            picture.fencing = vec![fencing("db3", FencingOutcome::Success)];
        });
        assert_eq!(fenced, ["critical node-offline db3: db3 is offline since it was fenced"]);
    }

    #[test]
    fn a_remote_node_whose_connection_is_disabled_is_meant_to_be_away() {
        let lines = told(|picture| {
            picture.nodes.push(Node { kind: NodeKind::Remote, online: false, ..node("r1") });
            let connection = primitive("r1", "ocf:pacemaker:remote", &[]);
            let connection = Primitive { target_role: Some(Role::Stopped), ..connection };
            picture.resources.push(Resource::Primitive(connection));
        });
        assert_eq!(
            lines,
            [
                "note node-offline r1: r1 (remote node) is offline: its connection is disabled",
                "note resource-disabled r1: r1 is disabled (target-role Stopped)",
            ]
        );
    }

    #[test]
    fn many_become_one_line() {
        let remote = |n| Node { kind: NodeKind::Remote, online: false, ..node(&format!("r{n}")) };
        let lines = told(|picture| picture.nodes.extend((0..40).map(remote)));
        assert_eq!(lines, ["critical node-offline db: 40 nodes are offline"]);
    }
}
