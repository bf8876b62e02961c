//! A member that can't be asked although Pacemaker sees it online.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::shell;
use crate::model::{Belief, HostName};

pub(super) const CHECK: Check = Check {
    code: "member-silent",
    meaning: "A member can't be asked over ssh although the cluster sees it online.",
    many: Many::Folded("member", "can't be asked over ssh"),
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let silent = outlook.viewpoints().iter().filter_map(|viewpoint| match &viewpoint.belief {
        Belief::Silent(why) => Some((&viewpoint.host, why)),
        Belief::Running { .. } | Belief::Stopped | Belief::Waiting(_) | Belief::OtherCluster { .. } => None,
    });
    silent
        .filter(|(host, _)| is_seen_as_up(outlook, host))
        .map(|(host, why)| {
            Verdict::new(Severity::Warning, host, format!("{host} can't be asked over ssh"))
                .because([why.clone(), "the cluster does not list it as offline".to_owned()])
                .remedy(format!(
                    "Try it by hand: `ssh {} true`. The rest of the cluster is watched meanwhile.",
                    shell(host)
                ))
        })
        .collect()
}

/// Whether the cluster's current picture does not explain the host's silence. It explains nothing about a host that
/// matches no node.
pub(super) fn is_seen_as_up(outlook: &Outlook<'_>, host: &HostName) -> bool {
    let Some(picture) = outlook.fresh_picture() else {
        return false;
    };
    picture.node_of(host).is_none_or(|node| node.online && !node.unclean)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::assess;
    use crate::health::testing::{entry, healthy, lines, live, now};
    use crate::model::{Belief, Observation, Viewpoint};

    fn told(online: bool, host: &str) -> Vec<String> {
        let mut picture = healthy();
        picture.nodes[2].online = online;
        let belief = Belief::Silent("no connection within 5 s".to_owned());
        let observation =
            Observation { viewpoints: vec![Viewpoint { host: host.into(), belief }], ..live(picture) };
        lines(&assess(&entry(), &observation, now()))
    }

    #[rstest]
    #[case("db3")]
    #[case("DB3.example.org")]
    #[case("root@db3")]
    #[case("ssh://root@db3.example.org:2222")]
    fn an_offline_node_is_silent(#[case] host: &str) {
        assert_eq!(
            told(true, host),
            [format!("warning member-silent {host}: {host} can't be asked over ssh")]
        );
        assert_eq!(told(false, host), ["critical node-offline db3: db3 is offline"]);
    }
}
