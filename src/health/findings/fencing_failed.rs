//! A node was to be fenced and was not.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::Scene;
use crate::health::words::shell;
use crate::model::{FencingEvent, FencingOutcome, NodeName, Picture};

pub(super) const CHECK: Check = Check {
    code: "fencing-failed",
    meaning: "The last attempt to fence a node failed.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    latest(scene.picture)
        .into_iter()
        .filter(|event| event.outcome == FencingOutcome::Failed)
        .map(|event| verdict(scene, event))
        .collect()
}

fn verdict(scene: &Scene<'_>, event: &FencingEvent) -> Verdict {
    let target = &event.target;
    let healed = scene.picture.node(target).is_some_and(|node| node.online && !node.unclean);
    let (severity, now) =
        if healed { (Severity::Warning, ", but it is online") } else { (Severity::Critical, "") };
    let attempts = scene.picture.fencing.iter().filter(|other| other.target == *target);
    let failed = attempts.take_while(|other| other.outcome == FencingOutcome::Failed).count();
    let remedy = if healed {
        let forget = scene.tools().forget_fencing(target);
        let forget = forget.map(|command| format!(" Then forget the failure: {command}."));
        Remedy::from(format!(
            "Check the fencing device before it is needed: `stonith_admin --list {}`.{}",
            shell(target),
            forget.unwrap_or_default()
        ))
    } else {
        Remedy::from(format!(
            "Check the fencing device and its network: `stonith_admin --list {}`, then ",
            shell(target)
        )) + Fix::FenceReboot(target.clone())
            + ". Only when the node is certainly off: "
            + Fix::ConfirmDead(target.clone())
            + "."
    };
    Verdict::new(severity, target, format!("fencing of {target} failed{now}"))
        .because(event.completed.map(|at| format!("{} failed {}", event.action, scene.outlook.ago(at))))
        .because((!event.exit_reason.is_empty()).then(|| format!("reason: {}", event.exit_reason)))
        .because((failed > 1).then(|| format!("{failed} attempts in a row failed")))
        .because(who(event))
        .remedy(remedy)
}

/// Who asked for it and who carried it out.
pub(super) fn who(event: &FencingEvent) -> Option<String> {
    let origin = event.origin.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
    let asked = (!event.client.is_empty()).then(|| format!("asked for by {}{origin}", event.client));
    let delegate = event.delegate.as_ref().map(|node| format!("carried out by {node}"));
    let parts: Vec<_> = [asked, delegate].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The latest event of each node; a pending one is the latest whatever its place.
pub(super) fn latest(picture: &Picture) -> Vec<&FencingEvent> {
    let mut targets: Vec<&NodeName> = Vec::new();
    for event in &picture.fencing {
        if !targets.contains(&&event.target) {
            targets.push(&event.target);
        }
    }
    let of = |target: &&NodeName| {
        let events = || picture.fencing.iter().filter(|event| event.target == **target);
        let pending = events().find(|event| event.outcome == FencingOutcome::Pending);
        pending.or_else(|| {
            events().reduce(|newest, event| if event.completed > newest.completed { event } else { newest })
        })
    };
    targets.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{ago, fencing, findings, lines, told};
    use crate::model::{FencingEvent, FencingOutcome};

    #[test]
    fn a_later_success_makes_up_for_it() {
        let success = FencingEvent { completed: Some(ago(5)), ..fencing("db3", FencingOutcome::Success) };
        let lines = told(|picture| picture.fencing = vec![fencing("db3", FencingOutcome::Failed), success]);
        assert_eq!(lines, ["note node-fenced db3: db3 was fenced 5 s ago"]);
    }

    #[test]
    fn critical_while_the_node_is_unclean() {
        let findings = findings(|picture| {
            picture.fencing =
                vec![fencing("db3", FencingOutcome::Failed), fencing("db3", FencingOutcome::Failed)];
            picture.nodes[2].unclean = true;
        });
        assert_eq!(
            lines(&findings)[..2],
            [
                "critical fencing-failed db3: fencing of db3 failed",
                "critical node-unclean db3: db3 is unclean and could not be fenced",
            ]
        );
        assert!(findings[0].evidence.contains(&"2 attempts in a row failed".to_owned()));
    }

    #[test]
    fn a_warning_once_the_node_is_well() {
        let lines = told(|picture| picture.fencing = vec![fencing("db3", FencingOutcome::Failed)]);
        assert_eq!(lines, ["warning fencing-failed db3: fencing of db3 failed, but it is online"]);
    }
}
