//! The watchers, on hosts that answer as they are told and with a clock that does not wait.

#[cfg(test)]
mod fake;
#[cfg(test)]
mod logins;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod two_clusters;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use quorate::model::{Access, Belief, Contact, HostName, NodeName, Observation, Tier, TroubleKind};
use quorate::transport::Transport;
use quorate::watch::{Lookout, ask_once, discover};
use rstest::rstest;
use tokio::time::{Instant, timeout};

use fake::{AHEAD, Behaviour, Fake, Fleet, Mon, clock, entry};

const ALL: &[&[&str]] = &[&["a", "b", "c"]];

fn fake(hosts: &[(&str, Behaviour)]) -> Fake {
    let fake = Fake::default();
    for (host, behaviour) in hosts {
        fake.set(host, behaviour.clone());
    }
    fake
}

fn healthy() -> Behaviour {
    Behaviour::Answers(Mon::healthy())
}

/// What the lone member of a cut-off partition says.
fn cut_off() -> Behaviour {
    let mon = Mon { dc: None, quorate: false, online: vec!["a"], offline: vec!["b", "c"], ..Mon::healthy() };
    Behaviour::Answers(mon)
}

fn live_host(observation: &Observation) -> &str {
    match &observation.contact {
        Contact::Live { host } => host.as_str(),
        other => panic!("{other:?}"),
    }
}

fn retry_in(observation: &Observation) -> SignedDuration {
    match &observation.contact {
        Contact::Lost { retry_at, .. } => retry_at.duration_since(clock()()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_member_is_asked_in_the_same_poll_and_kept() {
    let mut fleet = Fleet::start(fake(&[("b", healthy()), ("c", healthy())]), ALL, 10);
    let first = fleet.next().await;
    assert_eq!(live_host(&first), "b");
    assert!(
        first
            .viewpoints
            .iter()
            .any(|view| matches!(&view.belief, Belief::Silent(why) if why == "a is not there."))
    );
    for _ in 0..30 {
        assert_eq!(live_host(&fleet.next().await), "b");
    }
    let asked = fleet.fake.count("a", "");
    assert!((3..12).contains(&asked), "a silent member is asked less and less: {asked}");
}

#[tokio::test(start_paused = true)]
async fn waits_grow_to_the_cap_and_begin_anew_after_an_answer() {
    let mut fleet = Fleet::start(fake(&[]), &[&["a"]], 10);
    let lost = fleet.next().await;
    let Contact::Lost { since, troubles, .. } = &lost.contact else { panic!("{lost:?}") };
    assert_eq!((troubles[0].kind, troubles[0].message.as_str()), (TroubleKind::Refused, "a is not there."));
    let mut longest = retry_in(&lost);
    assert!(longest <= SignedDuration::from_secs(1));
    for _ in 0..12 {
        let still = fleet.next().await;
        assert!(matches!(&still.contact, Contact::Lost { since: same, .. } if same == since));
        longest = longest.max(retry_in(&still));
        assert!(longest <= SignedDuration::from_secs(30));
    }
    assert!(longest > SignedDuration::from_secs(15));
    fleet.fake.set("a", healthy());
    assert_eq!(live_host(&fleet.next().await), "a");
    fleet.fake.set("a", Behaviour::Refuses);
    let again = fleet.next().await;
    assert!(retry_in(&again) <= SignedDuration::from_secs(1));
    assert!(again.current().is_none() && again.picture.is_some(), "the last picture is kept, as an old one");
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_whose_login_waits_for_its_turn_is_no_lost_cluster_at_once() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    let seen = fleet.next().await;
    fleet.fake.set("a", Behaviour::Waits);
    let began = Instant::now();
    let lost = loop {
        let observation = fleet.next().await;
        if !matches!(observation.contact, Contact::Live { .. }) {
            break observation;
        }
        assert_eq!(observation.confirmed, seen.confirmed, "the picture is shown with its real age");
    };
    let elapsed = began.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(15)).contains(&elapsed), "{elapsed:?}");
    assert!(matches!(lost.contact, Contact::Lost { .. }), "{lost:?}");
    fleet.fake.set("a", Behaviour::Refuses);
    fleet.next().await;
    fleet.fake.set("a", healthy());
    while !matches!(fleet.next().await.contact, Contact::Live { .. }) {}
    fleet.fake.set("a", Behaviour::Refuses);
    assert!(matches!(fleet.next().await.contact, Contact::Lost { .. }), "a refusal is lost at once");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_waits_delays_no_member_that_is_there() {
    let mut fleet =
        Fleet::start(fake(&[("a", Behaviour::Waits), ("b", healthy()), ("c", healthy())]), ALL, 10);
    let began = Instant::now();
    assert_eq!(live_host(&fleet.next().await), "b");
    assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn members_that_all_wait_are_asked_for_again_soon() {
    let mut fleet = Fleet::start(fake(&["a", "b", "c"].map(|host| (host, Behaviour::Waits))), ALL, 10);
    fleet.next().await;
    fleet.fake.set("c", healthy());
    let began = Instant::now();
    while !matches!(fleet.next().await.contact, Contact::Live { .. }) {}
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_slow_answer_makes_no_member_silent_and_a_second_does() {
    let mut fleet = Fleet::start(fake(&["a", "b", "c"].map(|host| (host, healthy()))), ALL, 10);
    let silent = |observation: &Observation| {
        observation.viewpoints.iter().any(|view| matches!(view.belief, Belief::Silent(_)))
    };
    while fleet.next().await.viewpoints.len() < 3 {}
    fleet.fake.set("b", Behaviour::Slow);
    // A question about its stack says nothing about the member.
    let views = |fleet: &Fleet| fleet.fake.count("b", "") - fleet.fake.stack_questions("b").len();
    let asked = views(&fleet);
    while views(&fleet) == asked {
        assert!(!silent(&fleet.next().await));
    }
    assert!(!silent(&fleet.next().await), "the first slow answer");
    while !silent(&fleet.next().await) {}
    assert_eq!(views(&fleet), asked + 2);
    fleet.fake.set("b", healthy());
    while silent(&fleet.next().await) {}
}

#[tokio::test(start_paused = true)]
async fn poll_now_cuts_every_wait_short() {
    let mut fleet = Fleet::start(fake(&[]), &[&["a"]], 10);
    for _ in 0..8 {
        fleet.next().await;
    }
    for _ in 0..3 {
        let asked = Instant::now();
        fleet.watch.poll_now(&"a".into());
        fleet.next().await;
        assert_eq!(asked.elapsed(), Duration::ZERO);
    }
    fleet.fake.set("a", healthy());
    fleet.watch.poll_all();
    assert_eq!(live_host(&fleet.next().await), "a");
    fleet.watch.poll_now(&"no such cluster".into());
}

#[tokio::test(start_paused = true)]
async fn a_hung_host_delays_no_other_cluster_and_its_own_only_once() {
    let hosts = fake(&[("a", Behaviour::Hangs), ("b", healthy()), ("x", healthy())]);
    let mut fleet = Fleet::start(hosts, &[&["a", "b"], &["x"]], 100);
    let start = Instant::now();
    let mut of_x = 0;
    loop {
        let update = fleet.updates.recv().await.unwrap();
        if update.cluster == "a" {
            assert_eq!(live_host(&update.observation), "b");
            break;
        }
        of_x += 1;
    }
    assert_eq!(start.elapsed(), Duration::from_secs(2), "the longest wait for a login in one poll");
    assert!(of_x >= 1, "x waited for a");
    let second = loop {
        let update = fleet.updates.recv().await.unwrap();
        if update.cluster == "a" {
            break update;
        }
    };
    assert_eq!(live_host(&second.observation), "b");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_picture_is_the_same_value_confirmed_anew() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    let (one, two) = (fleet.next().await, fleet.next().await);
    assert!(Arc::ptr_eq(one.picture.as_ref().unwrap(), two.picture.as_ref().unwrap()));
    assert_eq!(two.confirmed.unwrap().duration_since(one.confirmed.unwrap()), SignedDuration::from_secs(2));
    fleet.fake.set("a", Behaviour::Answers(Mon { dc: Some("b"), ..Mon::healthy() }));
    let three = fleet.next().await;
    assert!(!Arc::ptr_eq(one.picture.as_ref().unwrap(), three.picture.as_ref().unwrap()));
    assert_eq!(three.current().unwrap().summary.dc.as_ref().unwrap(), &"b");
}

#[rstest]
#[case::stopped([Behaviour::Stopped, Behaviour::Stopped, Behaviour::Refuses], "stopped")]
#[case::lost([Behaviour::Refuses, Behaviour::Hangs, Behaviour::Refuses], "lost")]
#[case::no_quorum([cut_off(), Behaviour::Refuses, Behaviour::Refuses], "live on a")]
#[case::stopped_on_one([Behaviour::Stopped, healthy(), healthy()], "live on b")]
#[case::unreadable([Behaviour::Prints("<pacemaker-result><nod", 0), Behaviour::Refuses, Behaviour::Refuses], "lost")]
#[tokio::test(start_paused = true)]
async fn stopped_lost_and_without_quorum_are_three_things(
    #[case] said: [Behaviour; 3],
    #[case] expected: &str,
) {
    let [a, b, c] = said;
    let mut fleet = Fleet::start(fake(&[("a", a), ("b", b), ("c", c)]), ALL, 10);
    for _ in 0..2 {
        let observation = fleet.next().await;
        let contact = match &observation.contact {
            Contact::Stopped { hosts, .. } => {
                assert_eq!(hosts, &["a", "b"].map(HostName::from));
                "stopped".to_owned()
            }
            Contact::Lost { troubles, .. } => {
                assert_eq!(troubles.len(), 3);
                "lost".to_owned()
            }
            Contact::Live { host } => format!("live on {host}"),
            Contact::Connecting => "connecting".to_owned(),
            Contact::Saved => "saved".to_owned(),
        };
        assert_eq!(contact, expected);
        assert_eq!(observation.viewpoints.len(), 3);
    }
}

#[rstest]
#[case("bash: crm_mon: command not found", 127, TroubleKind::NotInstalled)]
#[case("sudo: a password is required", 1, TroubleKind::PermissionDenied)]
#[case("", 0, TroubleKind::Unreadable)]
#[tokio::test(start_paused = true)]
async fn what_crm_mon_says_is_told_apart(
    #[case] text: &'static str,
    #[case] code: i32,
    #[case] kind: TroubleKind,
) {
    let mut fleet = Fleet::start(fake(&[("a", Behaviour::Prints(text, code))]), &[&["a"]], 10);
    let observation = fleet.next().await;
    let Contact::Lost { troubles, .. } = &observation.contact else { panic!("{observation:?}") };
    assert_eq!(troubles[0].kind, kind, "{troubles:?}");
    assert!(troubles[0].message.contains('a'));
}

#[tokio::test(start_paused = true)]
async fn the_partition_with_quorum_stands_for_the_cluster() {
    let majority = Behaviour::Answers(Mon {
        dc: Some("b"),
        online: vec!["b", "c"],
        offline: vec!["a"],
        ..Mon::healthy()
    });
    let mut fleet =
        Fleet::start(fake(&[("a", cut_off()), ("b", majority.clone()), ("c", majority)]), ALL, 10);
    let observation = fleet.next().await;
    assert_eq!(live_host(&observation), "b");
    assert_eq!(observation.current().unwrap().summary.quorate, Some(true));
    let lone = Belief::Running { dc: None, quorate: Some(false), online: vec!["a".into()] };
    let many =
        Belief::Running { dc: Some("b".into()), quorate: Some(true), online: vec!["b".into(), "c".into()] };
    let beliefs: Vec<_> = observation.viewpoints.into_iter().map(|view| view.belief).collect();
    assert_eq!(beliefs, [lone, many.clone(), many]);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_has_just_started_does_not_stand_for_the_cluster() {
    let starting =
        Behaviour::Answers(Mon { dc: None, online: vec![], offline: vec!["a", "b", "c"], ..Mon::healthy() });
    let well = Behaviour::Answers(Mon { dc: Some("b"), ..Mon::healthy() });
    let mut fleet = Fleet::start(fake(&[("a", starting), ("b", well.clone()), ("c", well)]), ALL, 10);
    let observation = fleet.next().await;
    assert_eq!(live_host(&observation), "b");
    assert_eq!(observation.current().unwrap().summary.dc, Some("b".into()));
}

#[tokio::test(start_paused = true)]
async fn where_no_member_knows_a_dc_that_is_told() {
    let none = Behaviour::Answers(Mon { dc: None, ..Mon::healthy() });
    let mut fleet = Fleet::start(fake(&[("a", none.clone()), ("b", none.clone()), ("c", none)]), ALL, 10);
    let observation = fleet.next().await;
    assert_eq!(live_host(&observation), "a");
    assert_eq!(observation.viewpoints.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_disagreement_in_calm_times_is_noticed_within_two_minutes() {
    let mut fleet = Fleet::start(fake(&[("a", healthy()), ("b", healthy()), ("c", healthy())]), ALL, 10);
    let first = fleet.next().await;
    assert_eq!(first.viewpoints.len(), 1, "there is no reason to ask the others at once");
    fleet.fake.set("c", cut_off());
    let start = Instant::now();
    let differs = |observation: &Observation| {
        observation
            .viewpoints
            .iter()
            .any(|view| matches!(view.belief, Belief::Running { quorate: Some(false), .. }))
    };
    while !differs(&fleet.next().await) {
        assert!(start.elapsed() < Duration::from_secs(120));
    }
    let polls = fleet.fake.count("a", "crm_mon");
    assert!(fleet.fake.count("b", "crm_mon") * 10 < polls.max(10), "calm times are calm");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_dc_does_not_show_as_a_disagreement_of_old_views() {
    let mut fleet = Fleet::start(fake(&[("a", healthy()), ("b", healthy()), ("c", healthy())]), ALL, 1000);
    while fleet.next().await.viewpoints.len() < 3 {}
    let changed = Behaviour::Answers(Mon { dc: Some("c"), ..Mon::healthy() });
    for host in ["a", "b", "c"] {
        fleet.fake.set(host, changed.clone());
    }
    for _ in 0..50 {
        let observation = fleet.next().await;
        let first = &observation.viewpoints[0].belief;
        assert!(observation.viewpoints.iter().all(|view| view.belief == *first), "{observation:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_cib_is_read_only_when_it_may_have_changed() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    for _ in 0..5 {
        let cib = fleet.next().await.picture.unwrap().cib.clone().unwrap();
        assert_eq!(cib.cluster_name.as_deref(), Some("galera"));
    }
    assert_eq!(fleet.fake.count("a", "cibadmin"), 1);
    fleet.fake.set("a", Behaviour::Answers(Mon { last_change: "2026-02-02 00:00:00Z", ..Mon::healthy() }));
    for _ in 0..5 {
        fleet.next().await;
    }
    assert_eq!(fleet.fake.count("a", "cibadmin"), 2);
    // Still in the future by the host's clock, and then of this very second: another change may follow unseen.
    let now = "2026-09-21 14:14:20Z";
    fleet.fake.set("a", Behaviour::Answers(Mon { last_change: now, ..Mon::healthy() }));
    for _ in 0..40 {
        fleet.next().await;
    }
    let read = fleet.fake.count("a", "cibadmin");
    assert!((4..30).contains(&read), "{read}");
    for _ in 0..20 {
        fleet.next().await;
    }
    assert_eq!(fleet.fake.count("a", "cibadmin"), read);
}

/// booth writes the holder of a ticket into the CIB's status, which leaves the time of the last change as it was.
#[tokio::test(start_paused = true)]
async fn the_cib_is_read_again_where_booth_keeps_tickets() {
    let lease = |owner: &str| {
        format!("<tickets><ticket_state id='T' owner='{owner}' expires='1800000000' term='1'/></tickets>")
    };
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    fleet.fake.configure_with_status("epoch='3'", &lease("-1"));
    let start = tokio::time::Instant::now();
    let holder = async |fleet: &mut Fleet| {
        let picture = fleet.next().await.picture.unwrap();
        picture.cib.as_ref().unwrap().lease("T").unwrap().holder.clone()
    };
    assert_eq!(holder(&mut fleet).await, None);
    fleet.fake.configure_with_status("epoch='3'", &lease("1023541"));
    while holder(&mut fleet).await.is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "never read again");
    }
    assert!(start.elapsed() >= Duration::from_secs(30), "read again too soon: {:?}", start.elapsed());
    assert_eq!(fleet.fake.count("a", "cibadmin"), 2);
}

const PREFER: &str = "<rsc_location id='cli-prefer-vip' rsc='vip' node='b' score='INFINITY'/>";
const BAN: &str = "<rsc_location id='cli-ban-vip-on-a' rsc='vip' node='a' score='-INFINITY'/>";

/// What is known of how leftover constraints came to be, in the CIB's order.
fn made(observation: &Observation) -> Vec<(&str, String, Option<&str>)> {
    let cib =
        observation.picture.as_ref().and_then(|picture| picture.cib.as_ref()).expect("the CIB was read");
    let made = cib.made.iter();
    made.map(|(id, made)| (id.as_str(), made.at.to_string(), made.by.as_deref())).collect()
}

fn changed_at(last_change: &'static str) -> Behaviour {
    Behaviour::Answers(Mon { last_change, ..Mon::healthy() })
}

/// Two versions of the CIB, the second with that constraint, at a quarter past twelve by the hosts' clocks.
fn archive_with(constraint: &str) -> String {
    format!(
        "<cib admin_epoch='0' epoch='4' cib-last-written='Thu Jan  1 12:00:00 2026' update-user='root'/>
         <cib admin_epoch='0' epoch='5' cib-last-written='Thu Jan  1 12:15:00 2026' update-user='jane'
             update-client='crm_resource' update-origin='a'/>{constraint}"
    )
}

#[tokio::test(start_paused = true)]
async fn the_archive_tells_how_a_leftover_constraint_came_to_be() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    fleet.fake.configure("epoch='5'", PREFER);
    fleet.fake.archive(&archive_with(PREFER));
    let told = [("cli-prefer-vip", "2026-01-01T10:15:00Z".to_owned(), Some("jane via crm_resource on a"))];
    for _ in 0..5 {
        assert_eq!(made(&fleet.next().await), told);
    }
    // Another change to the configuration is no reason to ask again.
    fleet.fake.configure("epoch='6'", PREFER);
    fleet.fake.set("a", changed_at("2026-02-02 00:00:00Z"));
    for _ in 0..5 {
        assert_eq!(made(&fleet.next().await), told);
    }
    assert_eq!((fleet.fake.count("a", "cibadmin"), fleet.fake.count("a", "<archive>")), (2, 1));
    let transport: Arc<dyn Transport> = fleet.fake.clone();
    fleet.fake.configure("epoch='5'", PREFER);
    assert_eq!(made(&ask_once(&entry(&["a"]), &transport, &clock()).await), told);
}

#[tokio::test(start_paused = true)]
async fn without_leftovers_no_archive_is_asked_for() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    for _ in 0..5 {
        fleet.next().await;
    }
    assert_eq!(fleet.fake.count("a", "<archive>"), 0);
    let transport: Arc<dyn Transport> = fleet.fake.clone();
    fleet.fake.configure("epoch='5'", PREFER);
    Lookout::new(&entry(&["a"]), &transport, &clock()).look().await;
    assert_eq!(fleet.fake.count("a", "<archive>"), 0, "what is done does not depend on it");
}

#[tokio::test(start_paused = true)]
async fn where_the_archive_cannot_be_read_what_appears_is_seen_to() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    fleet.fake.configure("epoch='5'", PREFER);
    assert_eq!(made(&fleet.next().await), [], "it was there already");
    fleet
        .fake
        .configure("epoch='6' update-user='jane' update-client='crm_resource'", &format!("{PREFER}{BAN}"));
    fleet.fake.set("a", changed_at("2026-02-02 00:00:00Z"));
    let first = fleet.next().await;
    let told = made(&first);
    assert_eq!((told[0].0, told[0].2), ("cli-ban-vip-on-a", Some("jane via crm_resource")));
    let seen = first.confirmed.unwrap() + AHEAD;
    assert_eq!(told[0].1, seen.to_string(), "by the hosts' clocks");
    // Of two changes at once nobody can tell which it was.
    let moved = PREFER.replace("'b'", "'c'");
    fleet.fake.configure("epoch='8' update-user='joe'", &format!("{moved}{BAN}"));
    fleet.fake.set("a", changed_at("2026-03-03 00:00:00Z"));
    let second = fleet.next().await;
    let again = made(&second);
    assert_eq!((again[0].0, again[0].2), ("cli-prefer-vip", None));
    assert_eq!(again[1], told[0]);
    assert_eq!(fleet.fake.count("a", "<archive>"), 1, "it is not asked for in vain again");
}

#[tokio::test(start_paused = true)]
async fn an_old_crm_mon_is_asked_in_its_own_way_and_that_is_remembered() {
    let mut fleet = Fleet::start(fake(&[("a", Behaviour::IsOld(Mon::healthy()))]), &[&["a"]], 10);
    for _ in 0..5 {
        assert_eq!(live_host(&fleet.next().await), "a");
    }
    assert_eq!(fleet.fake.count("a", "--output-as=xml"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_host_is_asked_for_now_and_then() {
    let mut fleet = Fleet::start(fake(&[("a", healthy())]), &[&["a"]], 10);
    for _ in 0..100 {
        assert_eq!(fleet.next().await.clock_ahead, Some(AHEAD));
    }
    assert_eq!(fleet.fake.count("a", "date"), 1);
    for _ in 0..100 {
        fleet.next().await;
    }
    assert_eq!(fleet.fake.count("a", "date"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_stops_nobody_and_keeps_the_newest() {
    let mut fleet = Fleet::start(fake(&[("a", healthy()), ("b", healthy())]), &[&["a"], &["b"]], 1);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(fleet.fake.times("a").len() > 25 && fleet.fake.times("b").len() > 25);
    let stuck = fleet.updates.recv().await.unwrap();
    let mut newest = Vec::new();
    for _ in 0..2 {
        newest.push(fleet.updates.recv().await.unwrap());
    }
    let age = |update: &quorate::watch::Update| update.observation.age(clock()()).unwrap();
    assert!(age(&stuck) > SignedDuration::from_secs(50));
    assert!(newest.iter().all(|update| age(update) <= SignedDuration::from_secs(2)), "{newest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_large_fleet_does_not_begin_in_one_moment() {
    let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
    let clusters: Vec<Vec<&str>> = names.iter().map(|name| vec![name.as_str()]).collect();
    let clusters: Vec<&[&str]> = clusters.iter().map(Vec::as_slice).collect();
    let mut fleet = Fleet::start(fake(&[]), &clusters, 1000);
    let start = Instant::now();
    let mut moments = Vec::new();
    for _ in 0..100 {
        fleet.updates.recv().await.unwrap();
        moments.push(start.elapsed());
    }
    assert!(moments[99] <= Duration::from_secs(3));
    assert!(moments[20] > Duration::from_millis(100), "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_for_nobody() {
    let fleet = Fleet::start(fake(&[("a", Behaviour::Hangs)]), &[&["a"]], 1);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut updates = fleet.updates;
    timeout(Duration::from_secs(1), fleet.watch.stop()).await.expect("it does not stop");
    assert!(updates.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_question_is_one_poll() {
    let fake = Arc::new(fake(&[("a", Behaviour::Refuses), ("b", healthy()), ("c", healthy())]));
    let transport: Arc<dyn Transport> = fake.clone();
    let observation = ask_once(&entry(&["a", "b", "c"]), &transport, &clock()).await;
    assert_eq!(live_host(&observation), "b");
    assert_eq!(observation.viewpoints.len(), 3);
    assert_eq!(fake.count("b", "crm_mon"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_member_makes_no_answer_old() {
    let lost = |last_change| {
        let (online, offline) = (vec!["a", "b"], vec!["c"]);
        Behaviour::Answers(Mon { online, offline, last_change, ..Mon::healthy() })
    };
    let (before, after) = ("2026-01-01 00:00:10Z", "2026-01-01 00:00:12Z");
    let fake = Arc::new(fake(&[("a", lost(before)), ("b", lost(before)), ("c", Behaviour::Hangs)]));
    let transport: Arc<dyn Transport> = fake.clone();
    let cluster = entry(&["a", "b", "c"]);
    let begun = Instant::now();
    let fenced_meanwhile = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        for host in ["a", "b"] {
            fake.set(host, lost(after));
        }
    };
    let question = clock();
    let (observation, ()) = tokio::join!(ask_once(&cluster, &transport, &question), fenced_meanwhile);
    let change = observation.current().unwrap().summary.last_change;
    assert_eq!(change, after.parse().ok(), "c was waited for, and the answer is that of before");
    assert_eq!(begun.elapsed(), cluster.access.connect_timeout, "c is waited for once");
}

#[tokio::test(start_paused = true)]
async fn a_host_tells_its_cluster() {
    let fake = fake(&[("b", healthy())]);
    let found = discover(&"b".into(), &Access::default(), &fake).await.unwrap();
    assert_eq!((found.entry.name.as_str(), found.entry.tier), ("galera", Tier::Core));
    assert_eq!(found.entry.hosts, ["b"].map(HostName::from), "nothing but the host that was named is asked");
    assert_eq!(found.members, ["a", "b", "c"].map(NodeName::from));
    assert!(found.is_asked(&"b".into()) && !found.is_asked(&"a".into()));
    let error = discover(&"nobody".into(), &Access::default(), &fake).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::Refused);
}
