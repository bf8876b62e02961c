//! Which cluster an entry of the configuration stands for, and which of its hosts belong to another one.

use crate::model::{Belief, HostName, NodeKind, NodeName, Picture};

/// What a cluster says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// `cluster-name` of the CIB.
    name: Option<String>,
    /// The full members with their ids.
    members: Vec<(NodeName, String)>,
}

impl Identity {
    /// The identity that a picture shows, of a cluster of that name.
    pub(super) fn of(picture: &Picture, name: Option<String>) -> Self {
        let members = picture.nodes.iter().filter(|node| node.kind == NodeKind::Member);
        Self { name, members: members.map(|node| (node.name.clone(), node.id.clone())).collect() }
    }

    /// Whether both are one cluster: no two names, and at least half of the smaller one's members in common. A
    /// member may join or leave between the two answers. Without members only the name counts.
    fn is_same(&self, other: &Self) -> bool {
        let names = self.name.as_ref().zip(other.name.as_ref());
        if names.is_some_and(|(one, another)| one != another) {
            return false;
        }
        let smaller = self.members.len().min(other.members.len());
        if smaller == 0 {
            return names.is_some();
        }
        let common = self.members.iter().filter(|member| other.members.contains(member)).count();
        common * 2 >= smaller
    }

    /// Whether a host of that name is called like one of the members.
    fn has(&self, host: &HostName) -> bool {
        self.members.iter().any(|(name, _)| host.is_node(name))
    }

    pub(super) fn belief(&self) -> Belief {
        let members = self.members.iter().map(|(name, _)| name.clone()).collect();
        Belief::OtherCluster { name: self.name.clone(), members }
    }
}

/// For each host of an entry, in its order, whether its answer may stand for the entry's cluster.
///
/// The entry stands for the cluster that most of its hosts belong to; of two that are equal, for the one that
/// stands first. A host that has never answered counts by its name where the others go by their nodes' names: if
/// such hosts outnumber the rest, the answers are of another cluster than theirs, and none may stand for the entry.
pub(super) fn at_home(hosts: &[(&HostName, Option<&Identity>)]) -> Vec<bool> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, (_, identity)) in hosts.iter().enumerate() {
        let Some(identity) = identity else { continue };
        match groups.iter_mut().find(|group| group.cluster.is_same(identity)) {
            Some(group) => {
                group.hosts.push(at);
                if group.cluster.name.is_none() {
                    group.cluster.name.clone_from(&identity.name);
                }
            }
            None => groups.push(Group { cluster: (*identity).clone(), hosts: vec![at] }),
        }
    }
    let go_by_nodes =
        hosts.iter().any(|(host, identity)| identity.is_some_and(|identity| identity.has(host)));
    let mut strangers = Vec::new();
    for (at, (host, identity)) in hosts.iter().enumerate() {
        if identity.is_some() || host.is_address() {
            continue;
        }
        let mut named = groups.iter_mut().filter(|group| group.cluster.has(host));
        match (named.next(), named.next()) {
            (Some(group), None) => group.hosts.push(at),
            (None, _) if go_by_nodes => strangers.push(at),
            // It may be of either, or of any.
            (Some(_), Some(_)) | (None, _) => {}
        }
    }
    let weight =
        |hosts: &[usize]| (hosts.len(), std::cmp::Reverse(hosts.iter().copied().min().unwrap_or(usize::MAX)));
    let home = groups.iter().max_by_key(|group| weight(&group.hosts));
    let home = home.filter(|home| weight(&home.hosts) > weight(&strangers));
    let is_home = |(at, (_, identity)): (usize, &(&HostName, Option<&Identity>))| match (identity, home) {
        (None, _) => true,
        (Some(_), Some(home)) => home.hosts.contains(&at),
        (Some(_), None) => false,
    };
    hosts.iter().enumerate().map(is_home).collect()
}

/// The hosts of one cluster.
struct Group {
    /// The first one's answer, with the first name that any of them gave.
    cluster: Identity,
    hosts: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn cluster(name: &str, members: &[&str]) -> Identity {
        let members = members.iter().enumerate().map(|(at, name)| ((*name).into(), (at + 1).to_string()));
        Identity { name: Some(name.to_owned()), members: members.collect() }
    }

    /// The hosts that may stand for the entry, where each has answered as told: `a` of A, `x` of X, `-` not at all.
    fn judged(hosts: &[&str], answers: &str) -> String {
        let (a, x) = (cluster("a", &["a1", "a2", "a3"]), cluster("x", &["x1", "x2", "x3"]));
        let names: Vec<HostName> = hosts.iter().map(|name| HostName::from(*name)).collect();
        let identity = |answer| match answer {
            'a' => Some(&a),
            'x' => Some(&x),
            _ => None,
        };
        let hosts: Vec<_> = names.iter().zip(answers.chars().map(identity)).collect();
        at_home(&hosts).iter().map(|home| if *home { 'y' } else { 'n' }).collect()
    }

    #[rstest]
    #[case::all_of_one(&["a1", "a2", "a3"], "aaa", "yyy")]
    #[case::the_first_of_two(&["a1", "x1"], "ax", "yn")]
    #[case::most(&["a1", "x1", "x2"], "axx", "nyy")]
    #[case::the_first_is_silent(&["a1", "x1"], "-x", "yn")]
    #[case::the_others_are_silent(&["a1", "a2", "x1"], "--x", "yyn")]
    #[case::silent_but_outnumbered(&["a1", "x1", "x2"], "-xx", "yyy")]
    #[case::removed_from_the_cluster(&["a1", "a2", "old"], "aa-", "yyy")]
    #[case::a_login_and_a_domain(&["root@a1.example.org", "a2"], "-a", "yy")]
    #[case::addresses_tell_nothing(&["192.0.2.1", "192.0.2.2"], "-a", "yy")]
    #[case::addresses_that_have_answered(&["192.0.2.1", "192.0.2.2"], "ax", "yn")]
    fn the_entry_stands_for_one_cluster(
        #[case] hosts: &[&str],
        #[case] answers: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(judged(hosts, answers), expected);
    }

    #[test]
    fn two_of_the_same_members_are_told_apart_by_their_names() {
        let (one, two) = (cluster("one", &["n1", "n2"]), cluster("two", &["n1", "n2"]));
        let nameless = Identity { name: None, ..one.clone() };
        assert!(!one.is_same(&two));
        assert!(one.is_same(&nameless) && nameless.is_same(&two));
    }

    #[test]
    fn a_host_without_a_name_joins_no_two_clusters_of_the_same_members() {
        let (one, two) = (cluster("one", &["n1", "n2"]), cluster("two", &["n1", "n2"]));
        let nameless = Identity { name: None, ..one.clone() };
        let hosts = ["a", "b", "c"].map(HostName::from);
        let [a, b, c] = &hosts;
        let judged = at_home(&[(a, Some(&nameless)), (b, Some(&one)), (c, Some(&two))]);
        assert_eq!(judged, [true, true, false]);
    }

    #[test]
    fn without_members_only_the_name_makes_two_answers_one_cluster() {
        let (one, two) = (cluster("one", &[]), cluster("two", &[]));
        let nameless = Identity { name: None, ..one.clone() };
        assert!(one.is_same(&one) && !one.is_same(&two));
        assert!(!nameless.is_same(&nameless) && !nameless.is_same(&one));
        let full = Identity { name: None, ..cluster("full", &["n1"]) };
        assert!(!full.is_same(&nameless) && !nameless.is_same(&full));
    }

    #[test]
    fn a_member_may_join_or_leave() {
        let three = cluster("a", &["a1", "a2", "a3"]);
        for other in [&["a1", "a2", "a3", "a4"][..], &["a1", "a2"], &["a1"]] {
            assert!(three.is_same(&cluster("a", other)), "{other:?}");
        }
        assert!(!three.is_same(&cluster("a", &["x1", "x2", "x3"])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whoever answers: no two hosts of different clusters stand for one entry, and the first of the configuration
        /// that has answered is refused only where more hosts belong elsewhere.
        #[test]
        fn an_entry_never_stands_for_two_clusters(
            mix in prop::collection::vec((any::<bool>(), 1..4_u8, any::<bool>(), any::<bool>()), 1..7),
        ) {
            let (a, x) = (cluster("c", &["a1", "a2", "a3"]), cluster("c", &["x1", "x2", "x3"]));
            let hosts: Vec<(HostName, Option<&Identity>, bool)> = mix
                .iter()
                .map(|(of_a, number, answers, by_name)| {
                    let (letter, cluster) = if *of_a { ('a', &a) } else { ('x', &x) };
                    let host = if *by_name { format!("{letter}{number}") } else { format!("alias-{letter}{number}") };
                    (HostName::from(host), answers.then_some(cluster), *of_a)
                })
                .collect();
            let asked: Vec<_> = hosts.iter().map(|(host, identity, _)| (host, *identity)).collect();
            let home = at_home(&asked);
            let standing: Vec<bool> =
                hosts.iter().zip(&home).filter(|((_, identity, _), home)| identity.is_some() && **home).map(|((.., of_a), _)| *of_a).collect();
            prop_assert!(standing.windows(2).all(|pair| pair[0] == pair[1]), "{hosts:?}: {home:?}");
            // Where all have answered, somebody stands for the entry, and no fewer than for the other cluster.
            if hosts.iter().all(|(_, identity, _)| identity.is_some()) {
                prop_assert!(standing.len() * 2 >= hosts.len());
            }
        }
    }
}
