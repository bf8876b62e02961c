//! The partition that was asked has no majority.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::{names, plural};
use crate::model::Node;

pub(super) const CHECK: Check = Check {
    code: "no-quorum",
    meaning: "The partition that was asked has no majority of the votes. Its offline members and stopped resources are told with it.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.lacks_quorum() {
        return Vec::new();
    }
    let members: Vec<_> = scene.picture.members().collect();
    let (online, away): (Vec<&Node>, Vec<&Node>) = members.iter().partition(|node| node.online);
    let name = scene.name();
    let dc = if scene.lacks_dc() { ", no DC" } else { "" };
    let summary =
        format!("no quorum{dc}: {name} sees {} of {}", online.len(), plural(members.len(), "member"));
    let state = |node: &&Node| format!("{}{}", node.name, if node.unclean { " (unclean)" } else { "" });
    let missing = (!away.is_empty()).then(|| format!("offline: {}", names(away.iter().map(state))));
    let verdict = Verdict::new(Severity::Critical, name, summary)
        .because(missing)
        .because(policy(scene.picture.summary.options.no_quorum_policy.as_deref()))
        .because(scene.stopped_line())
        .remedy(if away.is_empty() { ALL_HERE } else { "Bring the missing members back: power, corosync's network, `systemctl start pacemaker` there; `corosync-quorumtool -s` shows the votes. With wait_for_all every member must be up once after a cold start. Never force a quorum while a missing member may still be running." });
    vec![verdict]
}

/// The remedy where every member is online: the votes are missing elsewhere.
const ALL_HERE: &str = "Every member is online, so count the votes: `corosync-quorumtool -s` shows the expected votes, the Qdevice's and whether wait_for_all still holds; `corosync-qdevice-tool -s` shows its connection. Compare the nodelist and `expected_votes` in `/etc/corosync/corosync.conf`.";

fn policy(policy: Option<&str>) -> Option<String> {
    let effect = match policy? {
        "stop" => "everything is stopped until there is a quorum",
        "freeze" => "what runs keeps running, nothing else is started",
        "ignore" => "resources run as if nothing were wrong, on both sides of a split",
        "demote" => "promoted instances are demoted, the rest is stopped",
        "suicide" | "fence" => "the members without a quorum fence themselves",
        _ => "",
    };
    Some(format!("no-quorum-policy is {}: {effect}", policy?).trim_end_matches([':', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, galera, lines, node, told};
    use crate::model::Node;

    #[test]
    fn tells_the_offline_members_and_stopped_resources_with_it() {
        let findings = findings(|picture| {
            picture.summary.quorate = Some(false);
            picture.nodes[1].online = false;
            picture.nodes[2] = Node { online: false, unclean: true, ..node("db3") };
            picture.resources[2] = galera(&[], 3);
        });
        assert_eq!(lines(&findings), ["critical no-quorum db: no quorum: db sees 1 of 3 members"]);
        assert_eq!(
            findings[0].evidence,
            [
                "offline: db2, db3 (unclean)",
                "no-quorum-policy is stop: everything is stopped until there is a quorum",
                "3 resources stopped",
            ]
        );
    }

    #[test]
    fn with_nobody_missing_the_votes_are_counted() {
        let findings = findings(|picture| picture.summary.quorate = Some(false));
        assert_eq!(lines(&findings), ["critical no-quorum db: no quorum: db sees 3 of 3 members"]);
        assert!(
            findings[0]
                .remedy
                .starts_with("Every member is online, so count the votes: `corosync-quorumtool -s`")
        );
        assert!(!findings[0].remedy.contains("missing members"));
    }

    #[test]
    fn quorum_that_is_not_told_is_not_lost() {
        assert_eq!(told(|picture| picture.summary.quorate = None), Vec::<String>::new());
    }
}
