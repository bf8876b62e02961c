//! Members of one partition that do not see the same members.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::{Belief, HostName, NodeName};

pub(super) const CHECK: Check = Check {
    code: "views-differ",
    meaning: "Members under the same DC do not see the same members online.",
    many: Many::Apart,
    look: Look::Outside(check),
};

type View<'a> = (&'a HostName, &'a Option<NodeName>, &'a Vec<NodeName>);

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let views = outlook.viewpoints().iter().filter_map(|viewpoint| match &viewpoint.belief {
        Belief::Running { dc, quorate, online } if *quorate != Some(false) => {
            Some((&viewpoint.host, dc, online))
        }
        Belief::Running { .. }
        | Belief::Stopped
        | Belief::Waiting(_)
        | Belief::Silent(_)
        | Belief::OtherCluster { .. } => None,
    });
    let views: Vec<View<'_>> = views.collect();
    let Some((host, dc, online)) = views.first() else {
        return Vec::new();
    };
    let differs = |(_, other_dc, other_online): &&View<'_>| other_dc == dc && other_online != online;
    let Some((other, _, _)) = views.iter().find(differs) else {
        return Vec::new();
    };
    let name = &outlook.entry.name;
    let verdict = Verdict::new(
        Severity::Warning,
        name,
        format!("{host} and {other} see different members online"),
    )
    .because(views.iter().map(|(host, _, online)| format!("{host} sees online: {}", names(online.iter()))))
    .remedy(
        "It passes while a member joins or leaves. If it stays, compare `corosync-quorumtool -s` on both.",
    );
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::told_by_members;

    #[test]
    fn under_one_dc() {
        let lines = told_by_members(&[("db1", "db1", true, &["db1", "db2"]), ("db2", "db1", true, &["db2"])]);
        assert_eq!(lines, ["warning views-differ db: db1 and db2 see different members online"]);
        let agreed =
            told_by_members(&[("db1", "db1", true, &["db1", "db2"]), ("db2", "db1", true, &["db1", "db2"])]);
        assert_eq!(agreed, Vec::<String>::new());
    }
}
