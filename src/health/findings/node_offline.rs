//! A node that does not take part.

use super::fencing_failed::{latest, who};
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::remote::{self, Away};
use crate::health::scene::Scene;
use crate::health::stack;
use crate::health::words::{names, plural, shell};
use crate::model::{FencingEvent, FencingOutcome, Node, NodeKind, NodeName, ResourceId};

pub(super) const CHECK: Check = Check {
    code: "node-offline",
    meaning: "A node is offline: critical when it was fenced or lost, a warning when it was stopped in an orderly way.",
    many: Many::Folded("node", "are offline"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // Members that a partition without a quorum does not see are told by that finding.
    let told = |node: &Node| (scene.lacks_quorum() || scene.lacks_dc()) && node.kind == NodeKind::Member;
    let mut verdicts = Vec::new();
    let mut unlisted: Vec<(ResourceId, Vec<&NodeName>)> = Vec::new();
    let offline = scene.picture.nodes.iter().filter(|node| !node.online && !node.unclean && !node.pending);
    for node in offline.filter(|node| !told(node)) {
        match node.kind {
            NodeKind::Member => verdicts.push(member(scene, node)),
            NodeKind::Other(_) => {}
            _ => match Away::of(scene, node) {
                Away::Told => {}
                Away::Unlisted(bundle) => match unlisted.iter_mut().find(|(other, _)| *other == bundle) {
                    Some((_, replicas)) => replicas.push(&node.name),
                    None => unlisted.push((bundle, vec![&node.name])),
                },
                away => verdicts.push(remote_or_guest(scene, node, &away)),
            },
        }
    }
    verdicts.extend(unlisted.iter().map(|(bundle, replicas)| of_bundle(scene, bundle, replicas)));
    verdicts
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

/// A remote node or guest.
fn remote_or_guest(scene: &Scene<'_>, node: &Node, away: &Away<'_>) -> Verdict {
    let name = &node.name;
    let id = ResourceId::from(name.as_str());
    let severity = match away {
        Away::Disabled => Severity::Note,
        Away::NoConnection | Away::Maintenance => Severity::Warning,
        _ => Severity::Critical,
    };
    let why = away.words().map(|words| format!(": {words}")).unwrap_or_default();
    let summary = format!("{name} ({} node) is offline{why}", node.kind.word());
    let failures = scene.picture.failures.iter().filter(|failure| failure.resource == id);
    let ran = node.resources_running.filter(|count| *count > 0);
    Verdict::new(severity, name, summary)
        .because(failures.take(3).map(|failure| {
            let said = &failure.exit_reason;
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            format!("{}{said}", crate::health::incident::summary(failure))
        }))
        .because(away.evidence(scene, node))
        .waiting(scene.downs.line(scene, &id))
        .because(ran.map(|count| format!("{} ran there", plural(count as usize, "resource"))))
        .remedy(away.remedy(scene, node))
}

/// Replicas of a bundle that `crm_mon` doesn't list, so that no other finding tells of it.
fn of_bundle(scene: &Scene<'_>, bundle: &ResourceId, replicas: &[&NodeName]) -> Verdict {
    let is_disabled = scene.is_disabled_in_cib(bundle);
    let is_replica = |node: &Node| remote::bundle_of(scene, node).as_ref() == Some(bundle);
    let is_partly_up = || scene.picture.nodes.iter().any(|node| node.online && is_replica(node));
    let (severity, why) = if is_disabled {
        (Severity::Note, ": it is disabled")
    } else if is_partly_up() {
        (Severity::Warning, "")
    } else {
        (Severity::Critical, "")
    };
    let remedy = if is_disabled {
        Remedy::from("When it is wanted again: ") + Fix::Enable(bundle.clone()) + "."
    } else {
        format!("List what is stopped as well, `crm_mon -1 -r`, and ask why: {}.", scene.tools().why(bundle))
            .into()
    };
    let summary = format!("{bundle}: {} offline{why}", plural(replicas.len(), "replica"));
    Verdict::new(severity, bundle, summary)
        .because([format!("offline: {}", names(replicas)), "its containers aren't in the picture".to_owned()])
        .remedy(remedy)
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
                "note resource-disabled r1: r1 disabled",
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
