//! Two partitions that both believe to be the cluster.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::{Belief, NodeName, Viewpoint};

pub(super) const CHECK: Check = Check {
    code: "split-brain",
    meaning: "Two members both believe to have a quorum, under different DCs.",
    many: Many::Apart,
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let quorate: Vec<_> = outlook.viewpoints().iter().filter_map(quorate).collect();
    let Some((_, one, _)) = quorate.first() else {
        return Vec::new();
    };
    let Some((_, other, _)) = quorate.iter().find(|(_, dc, _)| dc != one) else {
        return Vec::new();
    };
    let name = &outlook.entry.name;
    let summary =
        format!("{name} is split: two partitions have a quorum, one under {one}, one under {other}");
    let views = quorate.iter().map(|(viewpoint, dc, online)| {
        format!("{} sees DC {dc} and online {}", viewpoint.host, names(online.iter()))
    });
    let verdict = Verdict::new(Severity::Critical, name, summary)
        .because(views)
        .remedy("Stop one partition before data is damaged: `pcs cluster stop --force` or `systemctl stop pacemaker corosync` on each of its members. Then repair corosync's network and fencing, and let them join again.");
    vec![verdict]
}

fn quorate(viewpoint: &Viewpoint) -> Option<(&Viewpoint, &NodeName, &Vec<NodeName>)> {
    match &viewpoint.belief {
        Belief::Running { dc: Some(dc), quorate: Some(true), online } => Some((viewpoint, dc, online)),
        Belief::Running { .. }
        | Belief::Stopped
        | Belief::Waiting(_)
        | Belief::Silent(_)
        | Belief::OtherCluster { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::health::testing::told_by_members;

    #[test]
    fn two_partitions_with_a_quorum() {
        let lines = told_by_members(&[("db1", "db1", true, &["db1", "db2"]), ("db3", "db3", true, &["db3"])]);
        let expected = "critical split-brain db: db is split: two partitions have a quorum, one under db1, one under db3";
        assert_eq!(lines, [expected]);
    }
}
