//! Which members of a cluster Quorate logs in to, where only another host has named them.

use std::collections::{BTreeSet, HashSet};
use std::io::{IsTerminal, Write, stderr, stdin, stdout};

use super::asking::{answer, is_yes};
use super::failure::Failure;
use crate::config::Config;
use crate::health::{Finding, Severity};
use crate::model::text::clean;
use crate::model::{ClusterName, HostName, NodeName};

/// What happens to members that the user neither typed nor configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// The command line says that all of them are trusted.
    Given,
    /// The user is asked. Without a terminal they are left out.
    AskOrLeave,
    /// The user is asked. Without a terminal they are only written down: nothing logs in to them now, and the user
    /// has the file.
    AskOrWrite,
}

/// What the user has named: on the command line, in the configuration, as a pattern.
#[derive(Debug)]
pub(super) struct Trust<'a> {
    /// A configured host before a typed one: it may carry a login.
    hosts: Vec<HostName>,
    patterns: &'a [String],
    is_given: bool,
}

/// The members that one host has named.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    by: String,
    covered: Vec<HostName>,
    pub(super) unconfirmed: Vec<HostName>,
    /// Names that may mean more to ssh than a host.
    odd: Vec<NodeName>,
    /// Those beyond [`MOST`].
    beyond: Vec<NodeName>,
}

/// The members of a cluster that Quorate doesn't log in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unasked {
    by: String,
    unconfirmed: Vec<HostName>,
    odd: Vec<NodeName>,
    beyond: Vec<NodeName>,
}

impl<'a> Trust<'a> {
    pub(super) fn new(typed: &[String], config: &'a Config, consent: Consent) -> Self {
        let configured = config.inventory.clusters.iter().flat_map(|cluster| &cluster.hosts).cloned();
        let typed = typed.iter().map(|name| HostName::from(name.as_str()));
        Self {
            hosts: configured.chain(typed).collect(),
            patterns: &config.trusted_hosts,
            is_given: consent == Consent::Given,
        }
    }

    /// Sorts the members that a host has named, each once.
    pub(super) fn sort<'m>(&self, by: &HostName, members: impl Iterator<Item = &'m NodeName>) -> Members {
        let mut sorted = Members { by: clean(by.as_str()), ..Members::default() };
        let mut seen = HashSet::new();
        for member in members {
            if !seen.insert(member) {
                continue;
            }
            if seen.len() > MOST {
                sorted.beyond.push(member.clone());
                continue;
            }
            let Some(host) = HostName::plain(member.as_str()) else {
                sorted.odd.push(member.clone());
                continue;
            };
            let known = self.hosts.iter().find(|known| known.bare() == host.as_str());
            let is_trusted = self.is_given || self.patterns.iter().any(|it| matches(it, host.as_str()));
            match known {
                Some(known) => sorted.covered.push(known.clone()),
                None if is_trusted => sorted.covered.push(with_login_of(by, &host)),
                None => sorted.unconfirmed.push(with_login_of(by, &host)),
            }
        }
        sorted
    }
}

impl Members {
    /// The hosts to log in to besides those, and what is left out.
    pub(super) fn decide(self, asked: &[HostName], is_confirmed: bool) -> (Vec<HostName>, Option<Unasked>) {
        let Self { by, covered, unconfirmed, odd, beyond } = self;
        let (more, unconfirmed) =
            if is_confirmed { (unconfirmed, Vec::new()) } else { (Vec::new(), unconfirmed) };
        let hosts = covered.into_iter().chain(more).filter(|host| !asked.contains(host)).collect();
        let is_empty = unconfirmed.is_empty() && odd.is_empty() && beyond.is_empty();
        (hosts, (!is_empty).then_some(Unasked { by, unconfirmed, odd, beyond }))
    }
}

impl Unasked {
    /// It as a finding on that cluster.
    pub(super) fn finding(&self, cluster: &ClusterName) -> Finding {
        let Self { by, unconfirmed, odd, beyond } = self;
        let unconfirmed_lines = unconfirmed.iter().map(|host| format!("{host} is named by {by} alone"));
        let odd_lines = odd
            .iter()
            .map(|name| format!("{name:?}, named by {by}, isn't a plain host name (letters, digits, - . _)"));
        let beyond_line = beyond.first().map(|first| {
            format!("{by} names {} more than {MOST} members, from {first:?} on: left out", beyond.len())
        });
        let remedy = match unconfirmed.first() {
            Some(host) => format!(
                "To log in to a member, name it: `quorate {by} {host}`, in `nodes` or `trusted_hosts` of the configuration, or with `--trust-members`."
            ),
            None => format!(
                "Find out who gave {by} these members. To log in to one, name its host yourself: `quorate {by} HOST`."
            ),
        };
        let names =
            unconfirmed.iter().map(ToString::to_string).chain(odd.iter().map(|name| format!("{name:?}")));
        let names: Vec<_> = names.chain(beyond.iter().map(|name| format!("{name:?}"))).collect();
        let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Finding {
            severity: Severity::Note,
            code: "members-not-asked",
            subject: clean(cluster.as_str()),
            summary: clean(&format!("not logged in to {shown}{more}: {by} names them, you haven't")),
            evidence: beyond_line
                .into_iter()
                .chain(unconfirmed_lines)
                .chain(odd_lines)
                .take(LINES)
                .map(|line| clean(&line))
                .collect(),
            remedy: remedy.into(),
        }
    }
}

/// The most members of one cluster that Quorate logs in to on the word of another host: more than corosync bears, and
/// no crowd of logins if a host makes names up.
const MOST: usize = 64;
/// How many members a line names.
const NAMED: usize = 4;
/// How many members are listed.
const LINES: usize = 16;

/// Shows the members that only another host has named, and asks whether to log in to them.
pub(super) async fn is_confirmed(
    pending: &[(&ClusterName, &Members)],
    consent: Consent,
) -> Result<bool, Failure> {
    if !(stdin().is_terminal() && stdout().is_terminal() && stderr().is_terminal()) {
        return Ok(consent == Consent::AskOrWrite);
    }
    let mut out = stderr();
    for (cluster, members) in pending {
        let hosts: Vec<&str> = members.unconfirmed.iter().map(HostName::as_str).collect();
        writeln!(
            out,
            "{} names these members of {}: {}",
            members.by,
            clean(cluster.as_str()),
            hosts.join(", ")
        )?;
    }
    write!(out, "Log in to them as well? [y/N] ")?;
    out.flush()?;
    Ok(is_yes(&answer().await?))
}

/// The host with the login that another was given with.
fn with_login_of(by: &HostName, host: &HostName) -> HostName {
    match by.as_str().rsplit_once('@') {
        Some((user, _)) => HostName::from(format!("{user}@{host}")),
        None => host.clone(),
    }
}

/// Whether a name matches a pattern, in which `*` stands for any characters. Between other characters it stands for none
/// that divides domains: `db*.lab` is not `db1.elsewhere.lab`.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let end = pattern.len();
    let is_inner = |at: usize| at > 0 && at + 1 < end;
    // Where in the pattern the name may have come to; a `*` may stand for nothing.
    let with_stars = |mut at: usize, reached: &mut BTreeSet<usize>| {
        reached.insert(at);
        while pattern.get(at) == Some(&'*') {
            at += 1;
            reached.insert(at);
        }
    };
    let mut reached = BTreeSet::new();
    with_stars(0, &mut reached);
    for letter in name.chars() {
        let mut next = BTreeSet::new();
        for at in reached {
            match pattern.get(at) {
                Some('*') if letter != '.' || !is_inner(at) => with_stars(at, &mut next),
                Some(wanted) if *wanted == letter => with_stars(at + 1, &mut next),
                _ => {}
            }
        }
        reached = next;
    }
    reached.contains(&end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::model::{Access, ClusterEntry, Inventory, Tier};

    fn config(nodes: &[&str], patterns: &[&str]) -> Config {
        let cluster = ClusterEntry {
            name: "db".into(),
            tier: Tier::Core,
            hosts: nodes.iter().map(|node| (*node).into()).collect(),
            access: Access::default(),
            needs: None,
        };
        let trusted_hosts = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Config { inventory: Inventory { clusters: vec![cluster] }, trusted_hosts, ..Config::default() }
    }

    fn sort(members: &[&str], by: &str, typed: &[&str], config: &Config, consent: Consent) -> Members {
        let typed: Vec<String> = typed.iter().map(|&name| name.to_owned()).collect();
        let members: Vec<NodeName> = members.iter().map(|name| (*name).into()).collect();
        Trust::new(&typed, config, consent).sort(&by.into(), members.iter())
    }

    const HOSTILE: [&str; 8] = [
        "ssh://root@n1:42201",
        "%h",
        "[::1]:22",
        "root@-oProxyCommand=touch",
        "-oProxyCommand=touch",
        "a b",
        "",
        "x\u{1b}[2J",
    ];

    #[test]
    fn only_what_the_user_has_named_is_covered() {
        let config = config(&["root@db2"], &["*.lab"]);
        let members = ["db2", "db3", "lb1", "n.lab", "victim.example"];
        let sorted = sort(&members, "ops@db1", &["db1", "db3"], &config, Consent::AskOrLeave);
        assert_eq!(sorted.covered, ["root@db2", "db3", "ops@n.lab"].map(HostName::from));
        assert_eq!(sorted.unconfirmed, ["ops@lb1", "ops@victim.example"].map(HostName::from));
        let given = sort(&members, "db1", &["db1"], &config, Consent::Given);
        assert!(given.unconfirmed.is_empty());
    }

    #[test]
    fn no_consent_covers_what_is_not_a_plain_host_name() {
        let config = config(&[], &["*"]);
        let sorted = sort(&HOSTILE, "db1", &[], &config, Consent::Given);
        assert!(sorted.covered.is_empty() && sorted.unconfirmed.is_empty());
        let (hosts, unasked) = sorted.decide(&["db1".into()], true);
        assert_eq!(hosts, Vec::<HostName>::new());
        let finding = unasked.expect("they are named").finding(&"db".into());
        assert_eq!(finding.evidence.len(), HOSTILE.len());
        assert!(finding.evidence[0].contains("isn't a plain host name"), "{finding:?}");
        assert!(finding.remedy.contains("quorate db1 HOST"), "{finding:?}");
    }

    #[test]
    fn who_is_not_confirmed_is_named_with_what_to_do() {
        let sorted = sort(&["db2", "db3"], "db1", &["db1"], &config(&[], &[]), Consent::AskOrLeave);
        let (hosts, unasked) = sorted.decide(&["db1".into()], false);
        assert_eq!(hosts, Vec::<HostName>::new());
        let finding = unasked.expect("they are named").finding(&"db".into());
        assert_eq!(finding.summary, "not logged in to db2, db3: db1 names them, you haven't");
        assert!(finding.remedy.contains("`quorate db1 db2`"));
    }

    #[rstest]
    #[case::trusted(Consent::Given)]
    #[case::confirmed(Consent::AskOrLeave)]
    fn a_host_that_makes_members_up_brings_no_crowd_of_logins(#[case] consent: Consent) {
        let names: Vec<String> = (0..1_000).map(|number| format!("n{number}")).collect();
        let twice: Vec<&str> = names.iter().chain(&names).map(String::as_str).collect();
        let (hosts, unasked) =
            sort(&twice, "db1", &[], &config(&[], &[]), consent).decide(&["db1".into()], true);
        assert_eq!(hosts.len(), MOST);
        assert_eq!((hosts[0].as_str(), hosts[MOST - 1].as_str()), ("n0", "n63"));
        let finding = unasked.expect("the rest is named").finding(&"db".into());
        assert_eq!(
            finding.summary,
            r#"not logged in to "n64", "n65", "n66", "n67" and 932 more: db1 names them, you haven't"#
        );
        assert_eq!(finding.evidence, [r#"db1 names 936 more than 64 members, from "n64" on: left out"#]);
    }

    #[rstest]
    #[case("db*", "db1", true)]
    #[case("db*", "xdb1", false)]
    #[case("*.lab", "n1.lab", true)]
    #[case("n*.lab", "n.lab", true)]
    #[case("a*b*c", "aXbYc", true)]
    #[case("a*b*c", "aXc", false)]
    #[case("ab*ba", "aba", false)]
    #[case("db1", "db1", true)]
    #[case("*", "", true)]
    #[case("db*.lab", "db1.lab", true)]
    #[case("db*.lab", "db1.elsewhere.lab", false)]
    #[case("a*b*c", "a.bc", false)]
    #[case("*.lab", "db1.north.lab", true)]
    #[case("db*", "db1.north.lab", true)]
    #[case("a*b", "aXbXb", true)]
    fn patterns(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, name), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Whatever a node calls its members: one becomes a host only if it is plain, and without a question only if the
        /// user has named it.
        #[test]
        fn a_name_that_a_node_gives_decides_nothing(
            members in prop::collection::vec("[-a-z%@:/\\[\\] .=_$0-9]{0,10}|db[1-4]|.{0,6}", 0..8),
            typed in prop::collection::vec("db[1-4]", 0..3),
            is_confirmed: bool,
        ) {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
            let sorted = sort(&members, "ops@db9", &typed, &config(&["db4"], &[]), Consent::AskOrLeave);
            let (hosts, _) = sorted.decide(&["ops@db9".into()], is_confirmed);
            for host in hosts {
                let name = host.bare();
                prop_assert!(HostName::plain(&name).is_some(), "{host}");
                let with_login = format!("ops@{name}");
                let name = name.as_ref();
                let written = host.as_str().strip_suffix('.').unwrap_or(host.as_str());
                prop_assert!([name, &with_login].contains(&written), "{host}");
                prop_assert!(is_confirmed || name == "db4" || typed.contains(&name), "{host}");
            }
        }
    }
}
