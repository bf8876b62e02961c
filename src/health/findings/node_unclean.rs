//! A node whose state is not known, so that its resources may not run elsewhere.

use super::fencing_failed::{latest, who};
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::down::Root;
use crate::health::fencing;
use crate::health::fix::Fix;
use crate::health::incident;
use crate::health::remote;
use crate::health::scene::Scene;
use crate::health::words::{plural, shell};
use crate::model::{FencingEvent, FencingOutcome, Node};

pub(super) const CHECK: Check = Check {
    code: "node-unclean",
    meaning: "A node has to be fenced before its resources may run elsewhere.",
    many: Many::Folded("node", "are unclean"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // Without a DC every node is shown so, and a partition without a quorum sees the other one so; those findings tell
    // of them.
    let told = |node: &&Node| (scene.lacks_quorum() && !node.online) || scene.lacks_dc();
    let unclean: Vec<&Node> =
        scene.picture.nodes.iter().filter(|node| node.unclean).filter(|node| !told(node)).collect();
    // What waits is told once, with the first of them.
    let waiting = scene.downs.behind_line(Root::Fencing);
    let lines = std::iter::once(waiting).chain(std::iter::repeat(None));
    unclean.into_iter().zip(lines).map(|(node, waiting)| verdict(scene, node).waiting(waiting)).collect()
}

fn verdict(scene: &Scene<'_>, node: &Node) -> Verdict {
    let name = &node.name;
    let fencing = latest(scene.picture).into_iter().find(|event| event.target == *name);
    let pending = fencing.filter(|event| event.outcome == FencingOutcome::Pending);
    let failed = fencing.is_some_and(|event| event.outcome == FencingOutcome::Failed);
    let disabled = scene.picture.summary.options.fencing_enabled == Some(false);
    let lack = pending.is_none().then(|| fencing::lack(scene, node)).flatten();
    let attempts = scene.picture.fencing.iter().filter(|event| event.target == *name);
    let since_success = attempts.take_while(|event| event.outcome != FencingOutcome::Success);
    let failures = since_success.filter(|event| event.outcome == FencingOutcome::Failed).count();
    let then = if disabled {
        "and can't be fenced: fencing is disabled".to_owned()
    } else if let Some(lack) = &lack {
        format!("and can't be fenced: {}", lack.words())
    } else if pending.is_none() && failed {
        "and could not be fenced".to_owned()
    } else if failures > 0 {
        format!("and waits for fencing, which has failed {}", plural(failures, "time"))
    } else {
        "and waits for fencing".to_owned()
    };
    let settle = match &lack {
        Some(lack) => fencing::remedy([lack]),
        None if disabled => "Nothing will fence it: switch it off by hand.".into(),
        None if failures > 0 => {
            format!("Check the fencing device and its network: `stonith_admin --list {}`.", shell(name))
                .into()
        }
        None => format!(
            "Fencing should settle it: `stonith_admin --history {} --verbose` shows its progress.",
            shell(name)
        )
        .into(),
    };
    // A node that is online isn't off.
    let remedy = if node.online {
        settle
    } else {
        settle + " Only when the node is certainly off: " + Fix::ConfirmDead(name.clone()) + "."
    };
    Verdict::new(Severity::Critical, name, format!("{name} is unclean {then}"))
        .because([if node.online { "it is still online".to_owned() } else { "it is offline".to_owned() }])
        .because(pending.map(pending_line))
        .because(held(node))
        .because(remote::guests_on(scene, name))
        .because(failed_stops(scene, node))
        .remedy(remedy)
}

fn pending_line(event: &FencingEvent) -> String {
    let who = who(event).map(|who| format!(", {who}")).unwrap_or_default();
    format!("{} is under way{who}", event.action)
}

fn held(node: &Node) -> Option<String> {
    let count = node.resources_running.filter(|count| *count > 0)? as usize;
    Some(format!("{} bound to it until it is fenced", plural(count, "resource")))
}

/// A stop that failed is the usual reason for fencing a node that is still there.
fn failed_stops<'a>(scene: &'a Scene<'_>, node: &'a Node) -> impl Iterator<Item = String> + 'a {
    let failures = scene.picture.failures.iter();
    failures.filter(|failure| failure.node == node.name && failure.operation == "stop").map(|failure| {
        let when = failure.at.map(|at| format!(", {}", scene.outlook.ago(at))).unwrap_or_default();
        let reason = &failure.exit_reason;
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("{}{reason}{when}", incident::summary(failure))
    })
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{fencing, findings, lines, node};
    use crate::model::{FencingOutcome, Node};

    #[test]
    fn waits_for_fencing() {
        let findings = findings(|picture| {
            picture.nodes[2] =
                Node { online: false, unclean: true, resources_running: Some(1), ..node("db3") };
            picture.fencing = vec![fencing("db3", FencingOutcome::Pending)];
        });
        assert_eq!(lines(&findings), ["critical node-unclean db3: db3 is unclean and waits for fencing"]);
        assert_eq!(
            findings[0].evidence,
            [
                "it is offline",
                "reboot is under way, asked for by pacemaker-controld.86 on db1",
                "1 resource bound to it until it is fenced",
            ]
        );
    }

    #[test]
    fn a_hostile_name_stays_one_argument() {
        let findings =
            findings(|picture| picture.nodes[2] = Node { unclean: true, online: false, ..node("$(reboot)") });
        assert!(findings[0].remedy.contains("stonith_admin --confirm '$(reboot)'"), "{}", findings[0].remedy);
    }
}
