//! A member that believes to have no quorum while others have one.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::Belief;

pub(super) const CHECK: Check = Check {
    code: "member-cut-off",
    meaning: "A member believes to have no quorum while another member has one.",
    many: Many::Folded("member", "believe to have no quorum while others have one"),
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let viewpoints = outlook.viewpoints();
    let has = |quorum: bool| {
        viewpoints.iter().filter(move |viewpoint| {
            matches!(viewpoint.belief, Belief::Running { quorate: Some(quorate), .. } if quorate == quorum)
        })
    };
    let Some(majority) = has(true).next() else {
        return Vec::new();
    };
    has(false)
        .map(|viewpoint| {
            let host = &viewpoint.host;
            let Belief::Running { online, .. } = &viewpoint.belief else {
                return Verdict::new(Severity::Critical, host, format!("{host} has no quorum"));
            };
            let summary = format!("{host} is cut off: it has no quorum, while {} has one", majority.host);
            Verdict::new(Severity::Critical, host, summary)
                .because([format!("{host} sees online: {}", names(online))])
                .remedy("Check corosync's network between them: `corosync-cfgtool -s` and `corosync-quorumtool -s` on both.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::told_by_members;

    #[test]
    fn the_minority_is_told() {
        let lines =
            told_by_members(&[("db1", "db1", true, &["db1", "db2"]), ("db3", "db3", false, &["db3"])]);
        assert_eq!(
            lines,
            ["critical member-cut-off db3: db3 is cut off: it has no quorum, while db1 has one"]
        );
    }
}
