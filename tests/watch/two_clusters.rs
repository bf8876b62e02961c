//! Hosts of two clusters in one entry.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quorate::model::{Belief, Contact, Observation};
use quorate::transport::Transport;
use quorate::watch::{Lookout, ask_once};
use rstest::rstest;
use tokio::time::Instant;

use super::fake::{Behaviour, Fake, Fleet, Mon, clock, entry};
use super::{fake, healthy, live_host};

/// What a member of the cluster x, y, z says.
fn of_x() -> Behaviour {
    Behaviour::Answers(Mon { dc: Some("x"), online: vec!["x", "y", "z"], ..Mon::healthy() })
}

fn foreign(observation: &Observation) -> Vec<&str> {
    let views = observation.viewpoints.iter();
    let foreign = views.filter(|view| matches!(view.belief, Belief::OtherCluster { .. }));
    foreign.map(|view| view.host.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn when_the_first_host_fails_the_other_cluster_is_not_shown() {
    let mut fleet = Fleet::start(fake(&[("a", healthy()), ("x", of_x())]), &[&["a", "x"]], 1000);
    let start = Instant::now();
    let mut named = false;
    while start.elapsed() < Duration::from_secs(120) {
        let observation = fleet.next().await;
        assert_eq!(live_host(&observation), "a");
        named |= foreign(&observation) == ["x"];
    }
    assert!(named, "the host of the other cluster is named");
    fleet.fake.set("a", Behaviour::Refuses);
    for _ in 0..20 {
        let observation = fleet.next().await;
        assert!(observation.current().is_none(), "{observation:?}");
        assert!(matches!(observation.contact, Contact::Lost { .. }), "{observation:?}");
        assert_eq!(foreign(&observation), ["x"]);
    }
}

/// One poll of hosts that all answer: whose picture it gives, and the hosts of the other cluster.
#[rstest]
#[case::the_first_answers(&["a", "x"], "a", &["x"])]
#[case::more_of_the_other(&["a", "x", "y"], "x", &["a"])]
#[case::among_members(&["a", "b", "x"], "a", &["x"])]
#[case::with_logins(&["root@a.example.org", "ssh://root@b:2222", "x"], "a", &["x"])]
#[tokio::test(start_paused = true)]
async fn one_poll_names_the_hosts_of_another_cluster(
    #[case] hosts: &[&str],
    #[case] dc: &str,
    #[case] others: &[&str],
) {
    let all = ["a", "b", "root@a.example.org", "ssh://root@b:2222"].map(|host| (host, healthy()));
    let fake = fake(&[&all[..], &[("x", of_x()), ("y", of_x())]].concat());
    let transport: Arc<dyn Transport> = Arc::new(fake);
    let observation = ask_once(&entry(hosts), &transport, &clock()).await;
    let picture = observation.current().expect("a picture");
    assert_eq!(picture.summary.dc.as_ref().map(AsRef::as_ref), Some(dc));
    assert_eq!(foreign(&observation), others);
}

#[tokio::test(start_paused = true)]
async fn one_poll_asks_no_member_that_is_named_like_its_node() {
    let hosts = ["a", "root@b.example.org", "c"];
    let fake = Arc::new(fake(&hosts.map(|host| (host, healthy()))));
    let transport: Arc<dyn Transport> = fake.clone();
    ask_once(&entry(&hosts), &transport, &clock()).await;
    assert_eq!(hosts.map(|host| fake.count(host, "crm_mon")), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn one_poll_asks_addresses_and_aliases_at_once_and_waits_no_longer_than_for_one_login() {
    let aliases = ["10.0.0.1", "10.0.0.2", "third", "10.0.0.4"];
    let mut behaviours = aliases.map(|host| (host, healthy()));
    behaviours[3].1 = Behaviour::Hangs;
    let fake = Arc::new(fake(&behaviours));
    let transport: Arc<dyn Transport> = fake.clone();
    let (start, entry) = (Instant::now(), entry(&aliases));
    let observation = ask_once(&entry, &transport, &clock()).await;
    assert_eq!(live_host(&observation), "10.0.0.1");
    assert_eq!(foreign(&observation), [""; 0]);
    // The first is asked again after the wait, so that its picture is fresh.
    assert_eq!(aliases.map(|host| fake.count(host, "crm_mon")), [2, 1, 1, 0]);
    assert!(start.elapsed() <= entry.access.connect_timeout, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_operation_never_plans_on_the_other_cluster() {
    for (hosts, behaviours) in [
        (&["a", "x"][..], vec![("a", Behaviour::Refuses), ("x", of_x())]),
        (&["x", "a", "b"], vec![("a", healthy()), ("b", healthy()), ("x", of_x())]),
        (&["a", "b", "x"], vec![("a", Behaviour::Stopped), ("b", Behaviour::Refuses), ("x", of_x())]),
    ] {
        let transport: Arc<dyn Transport> = Arc::new(fake(&behaviours));
        let mut lookout = Lookout::new(&entry(hosts), &transport, &clock());
        let observation = lookout.look().await;
        if let Some(picture) = observation.current() {
            assert_eq!(picture.summary.dc.as_ref().map(AsRef::as_ref), Some("a"), "{hosts:?}");
        }
        assert!(lookout.host().is_none_or(|host| host != "x"));
        assert!(!lookout.answering().iter().any(|host| *host == "x"), "{hosts:?}");
        let once = ask_once(&entry(hosts), &transport, &clock()).await;
        assert!(once.current().is_none_or(|picture| picture.summary.dc == Some("a".into())), "{hosts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn clusters_of_the_same_nodes_are_told_apart_by_their_names() {
    let hosts = fake(&[("10.0.0.1", healthy()), ("10.0.0.2", healthy()), ("10.9.0.1", healthy())]);
    hosts.name("10.9.0.1", "copy");
    let transport: Arc<dyn Transport> = Arc::new(hosts);
    let mut lookout = Lookout::new(&entry(&["10.9.0.1", "10.0.0.1", "10.0.0.2"]), &transport, &clock());
    let observation = lookout.look().await;
    assert_eq!(live_host(&observation), "10.0.0.1");
    assert_eq!(foreign(&observation), ["10.9.0.1"]);
}

/// Polls that entry a few times while hosts come and go; gives the cluster of every picture that was shown.
async fn shown(hosts: &[(String, bool)], turns: &[Vec<bool>]) -> Vec<bool> {
    let names: Vec<&str> = hosts.iter().map(|(name, _)| name.as_str()).collect();
    let fake = Arc::new(Fake::default());
    let transport: Arc<dyn Transport> = fake.clone();
    let mut lookout = Lookout::new(&entry(&names), &transport, &clock());
    let mut shown = Vec::new();
    for turn in turns {
        for ((host, is_a), up) in hosts.iter().zip(turn) {
            let answer = if *is_a { healthy() } else { of_x() };
            fake.set(host, if *up { answer } else { Behaviour::Refuses });
        }
        let observation = lookout.look().await;
        shown.extend(observation.current().map(|picture| picture.summary.dc == Some("a".into())));
        // A silent member is asked again only after a while.
        tokio::time::sleep(Duration::from_secs(31)).await;
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Hosts go by their nodes' names, and more of them belong to one cluster than to the other: whoever is down and
    /// when, the other one's picture is never shown.
    #[test]
    fn a_mix_of_hosts_never_gives_a_picture_of_the_wrong_cluster(
        names in prop::sample::subsequence(vec!["a", "b", "c", "x", "y", "z"], 1..7).prop_shuffle(),
        turns in prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.6), 6), 1..6),
    ) {
        let hosts: Vec<(String, bool)> = names.iter().map(|name| ((*name).to_owned(), *name < "x")).collect();
        let of_a = hosts.iter().filter(|(_, is_a)| *is_a).count();
        let is_a = match (of_a * 2).cmp(&hosts.len()) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => hosts[0].1,
            std::cmp::Ordering::Greater => true,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let shown = runtime.block_on(shown(&hosts, &turns));
        prop_assert!(shown.iter().all(|of_a| *of_a == is_a), "{hosts:?} {turns:?}: {shown:?}");
    }

    /// All hosts answer, named like their nodes or not: one poll shows the cluster of most of them, of two that are equal
    /// that of the first, and names every host of the other one.
    #[test]
    fn one_poll_shows_one_cluster_and_names_every_host_of_the_other(
        names in prop::sample::subsequence(vec!["a", "b", "c", "x", "y", "z"], 1..7).prop_shuffle(),
        by_alias in prop::collection::vec(any::<bool>(), 6),
    ) {
        let host = |(name, by_alias): (&&str, &bool)| if *by_alias { format!("host-{name}") } else { (*name).to_owned() };
        let hosts: Vec<(String, bool)> = names.iter().zip(&by_alias).map(|it| (host(it), *it.0 < "x")).collect();
        let of_a = hosts.iter().filter(|(_, is_a)| *is_a).count();
        let is_a = of_a * 2 > hosts.len() || (of_a * 2 == hosts.len() && hosts[0].1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let observation = runtime.block_on(async {
            let fake = Fake::default();
            for (host, is_a) in &hosts {
                fake.set(host, if *is_a { healthy() } else { of_x() });
            }
            let transport: Arc<dyn Transport> = Arc::new(fake);
            let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
            ask_once(&entry(&names), &transport, &clock()).await
        });
        let dc = observation.current().and_then(|picture| picture.summary.dc.clone());
        prop_assert_eq!(dc, Some(if is_a { "a" } else { "x" }.into()), "{:?}", hosts);
        let others: Vec<&str> = hosts.iter().filter(|(_, it)| *it != is_a).map(|(host, _)| host.as_str()).collect();
        prop_assert_eq!(foreign(&observation), others);
    }
}
