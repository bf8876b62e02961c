//! The shape of a `sos report`: where it keeps what it knows of the cluster, and whose it is.

/// The folders of a report with files about the cluster, below its root.
const FOLDERS: [&str; 6] = [
    "sos_commands/pacemaker",
    "sos_commands/pacemaker/crm_report",
    "sos_commands/cluster",
    "sos_commands/cluster/crm_report",
    "var/lib/pacemaker/cib",
    "etc/corosync",
];

/// The root of the report that has this folder; `None` if `sos` has no such folder.
pub(super) fn root(folder: &str) -> Option<&str> {
    FOLDERS.iter().find_map(|below| {
        let root = folder.strip_suffix(below)?;
        if root.is_empty() { Some(root) } else { root.strip_suffix('/') }
    })
}

/// The node of the report with this name, such as `sosreport-db-1-2026-11-30-abcdefg.tar.xz`. Host names contain
/// hyphens, so the nodes of the picture decide; without a match it is everything before the date, which may be too much.
pub(super) fn host<'n>(report: &'n str, nodes: impl Iterator<Item = &'n str>) -> &'n str {
    let stem = report.split_once(".tar").map_or(report, |(stem, _)| stem);
    let rest = stem.strip_prefix("sosreport-").unwrap_or(stem);
    let is_it = |node: &&str| {
        // The name of a report has the host without its domain.
        let short = node.split('.').next().unwrap_or_default();
        [*node, short].iter().any(|name| {
            let after = rest.strip_prefix(name).filter(|_| !name.is_empty());
            after.is_some_and(|after| after.is_empty() || after.starts_with(['-', '.']))
        })
    };
    let known = nodes.filter(is_it).max_by_key(|node| node.len());
    known.unwrap_or_else(|| before_date(rest))
}

/// What stands before `-2026-11-30` or `-20261130…`; everything where there is no date.
fn before_date(rest: &str) -> &str {
    let is_number =
        |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = |after: &str| {
        let parts: Vec<&str> = after.split('-').take(3).collect();
        match parts.as_slice() {
            [year, month, day] if is_number(year, 4) => is_number(month, 2) && is_number(day, 2),
            [date, ..] => [8, 12, 14].iter().any(|&digits| is_number(date, digits)),
            [] => false,
        }
    };
    let mut hyphens = rest.rmatch_indices('-').map(|(at, _)| rest.split_at(at));
    let dated =
        hyphens.find(|(before, after)| !before.is_empty() && after.strip_prefix('-').is_some_and(is_date));
    dated.map_or(rest, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::node("sosreport-db-1-2026-11-30-abcdefg", &["db", "db-1", "db-2"], "db-1")]
    #[case::label("sosreport-db-1-case-01234567-2026-11-30-abcdefg.tar.xz", &["db-1", "db-2"], "db-1")]
    #[case::domain("sosreport-db-1-2026-11-30-abcdefg", &["db-1.example.com", "db-2.example.com"], "db-1.example.com")]
    #[case::longer("sosreport-db10-2026-11-30-abcdefg", &["db1", "db10"], "db10")]
    #[case::whole("sosreport-db-1", &["db-1"], "db-1")]
    #[case::no_node("sosreport-db-1-2026-11-30-abcdefg", &["web"], "db-1")]
    #[case::no_nodes("sosreport-db-1-20261130123456-ab12.tar.gz", &[], "db-1")]
    #[case::short_date("sosreport-db-1-20261130", &[], "db-1")]
    #[case::no_date("sosreport-db-1", &[], "db-1")]
    #[case::renamed("db-1", &["db-1"], "db-1")]
    fn a_report_names_its_host(#[case] report: &str, #[case] nodes: &[&str], #[case] expected: &str) {
        assert_eq!(host(report, nodes.iter().copied()), expected);
    }

    proptest::proptest! {
        /// A node is found whatever it is called, and whatever follows.
        #[test]
        fn a_node_is_found_in_the_name_of_its_report(
            node in "[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}",
            after in "(-[a-z0-9]{1,8}){0,2}",
        ) {
            let report = format!("sosreport-{node}{after}-2026-11-30-abcdefg.tar.xz");
            proptest::prop_assert_eq!(host(&report, [node.as_str(), "other_node"].into_iter()), node.as_str());
        }

        /// Any name is read.
        #[test]
        fn any_name_gives_a_part_of_it(report in "\\PC*") {
            proptest::prop_assert!(report.contains(host(&report, std::iter::empty())));
        }
    }
}
