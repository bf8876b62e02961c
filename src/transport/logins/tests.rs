use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The way to simulated hosts: a door that serves one login after the other, and a delay behind it that all share.
#[derive(Debug, Clone, Copy)]
struct Way {
    clusters: usize,
    service_ms: u64,
    delay_ms: u64,
    limit_ms: u64,
    /// Of a thousand hosts, so many never answer.
    dead: usize,
    /// The other members of a cluster are asked only after its first one is logged in to.
    in_rounds: bool,
    /// The door serves nobody for `stall_ms` once every 20 s.
    stall_ms: u64,
}

/// When the first member of each cluster and when each host was logged in to.
#[derive(Debug, Default)]
struct Course {
    first: Vec<u64>,
    hosts: Vec<u64>,
    /// Logins that took longer than their limit.
    timed_out: usize,
    /// Those of them that counted against a host that is alive.
    failed: usize,
    most_under_way: usize,
}

impl Way {
    fn members(&self) -> usize {
        self.clusters * 3
    }

    fn is_dead(&self, member: usize) -> bool {
        // The third members only, so that each cluster can be reached.
        member % 3 == 2 && (member * 7919) % 1000 < self.dead
    }

    /// When a login that is served from then on is done.
    fn served(&self, from: u64) -> u64 {
        let into = from % 20_000;
        from + self.service_ms + if from >= 20_000 { self.stall_ms.saturating_sub(into) } else { 0 }
    }

    /// Time until every login has been served without any of them failing.
    fn at_best_ms(&self) -> u64 {
        self.members() as u64 * self.service_ms + self.delay_ms
    }

    /// Runs until every host that can be logged in to is, or until the time is over. A login that timed out has still
    /// been served. One that was lost to the crowd is tried again with the next poll, a failed one after a back-off that
    /// doubles from 1 s to 30 s.
    fn run(&self, until_ms: u64) -> Course {
        let name = |member: usize| HostName::from(format!("h{member}"));
        let clusters =
            (0..self.members()).map(|member| (name(member), ClusterName::from(format!("c{}", member / 3))));
        let mut queue = Queue::new(clusters.collect(), 64);
        let numbers: HashMap<HostName, usize> =
            (0..self.members()).map(|member| (name(member), member)).collect();
        let mut events = BinaryHeap::new();
        for member in (0..self.members()).filter(|member| !self.in_rounds || member % 3 == 0) {
            events.push(Reverse((0, member, None)));
        }
        let mut course = Course::default();
        let mut failures = vec![0_u32; self.members()];
        let mut reached = BTreeSet::new();
        let (mut door_free, mut under_way) = (0, 0);
        let wanted = (0..self.members()).filter(|&member| !self.is_dead(member)).count();
        while let Some(Reverse((now, member, end))) = events.pop() {
            if now > until_ms || course.hosts.len() == wanted {
                break;
            }
            let host = name(member);
            under_way -= usize::from(end.is_some());
            match end {
                None => queue.add(&host, false),
                Some(took) if took <= self.limit_ms => {
                    queue.ended(&host, Signal::LoggedIn { took: ms(took), limit: ms(self.limit_ms) });
                    course.hosts.push(now);
                    if reached.insert(member / 3) {
                        course.first.push(now);
                        for other in (member + 1..member + 3).filter(|_| self.in_rounds) {
                            events.push(Reverse((now, other, None)));
                        }
                    }
                }
                Some(_) => {
                    let is_crowded_out = queue.ended(&host, Signal::TimedOut);
                    course.timed_out += 1;
                    let mut wait = 200;
                    if !is_crowded_out {
                        course.failed += usize::from(!self.is_dead(member));
                        wait = (1_000_u64 << failures[member].min(5)).min(30_000);
                        failures[member] += 1;
                    }
                    events.push(Reverse((now + wait, member, None)));
                }
            }
            while let Some(host) = queue.next() {
                let member = numbers[&host];
                under_way += 1;
                course.most_under_way = course.most_under_way.max(under_way);
                let took = if self.is_dead(member) {
                    u64::MAX
                } else {
                    door_free = self.served(door_free.max(now));
                    door_free + self.delay_ms - now
                };
                events.push(Reverse((now + took.min(self.limit_ms + 1), member, Some(took))));
            }
        }
        course
    }
}

#[rstest]
#[case::a_door_of_four_a_second(Way { clusters: 200, service_ms: 250, delay_ms: 0, limit_ms: 5_000, dead: 0, in_rounds: false, stall_ms: 0 }, 300_000)]
#[case::logins_of_six_and_a_half_seconds(Way { clusters: 200, service_ms: 0, delay_ms: 6_500, limit_ms: 8_000, dead: 0, in_rounds: false, stall_ms: 0 }, 300_000)]
#[case::both(Way { clusters: 200, service_ms: 250, delay_ms: 6_500, limit_ms: 15_000, dead: 0, in_rounds: false, stall_ms: 0 }, 300_000)]
#[case::two_busy_cores(Way { clusters: 200, service_ms: 110, delay_ms: 50, limit_ms: 5_000, dead: 0, in_rounds: false, stall_ms: 0 }, 80_000)]
#[case::a_third_of_the_members_dead(Way { clusters: 200, service_ms: 110, delay_ms: 0, limit_ms: 5_000, dead: 1_000, in_rounds: false, stall_ms: 0 }, 300_000)]
fn two_hundred_clusters_come_up(#[case] way: Way, #[case] within_ms: u64) {
    let course = way.run(within_ms);
    assert_eq!(course.first.len(), way.clusters, "{course:?}");
    let alive = (0..way.members()).filter(|&member| !way.is_dead(member)).count();
    assert_eq!(course.hosts.len(), alive, "{course:?}");
}

/// A cluster's first login includes its wait at the door. It must not become the measure for the cluster's other logins:
/// the queue at the door would look like a long way, and the bound would grow until a stall fails half of the logins.
#[rstest]
#[case::steady(0, 0)]
#[case::with_stalls(3_000, 40)]
fn the_queue_at_the_door_is_not_taken_for_a_long_way(#[case] stall_ms: u64, #[case] most_timed_out: usize) {
    let way = Way {
        clusters: 200,
        service_ms: 250,
        delay_ms: 0,
        limit_ms: 5_000,
        dead: 0,
        in_rounds: true,
        stall_ms,
    };
    let course = way.run(600_000);
    assert_eq!(course.hosts.len(), way.members(), "{course:?}");
    assert!(course.most_under_way <= 10, "{} under way", course.most_under_way);
    assert!(course.timed_out <= most_timed_out, "{} timed out", course.timed_out);
    assert_eq!(course.failed, 0, "a live host was taken for a dead one");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// However slow the way is: if it bears a single login within the limit, all hosts come up, most of the work of the
    /// door isn't for nothing, and each cluster has one member before any has two.
    #[test]
    fn logins_converge_behind_any_door(
        clusters in 1_usize..50,
        service_ms in 1_u64..2_000,
        delay_ms in 0_u64..8_000,
        spare in 2_u64..20,
        dead in prop_oneof![Just(0_usize), 0_usize..400],
    ) {
        let way = Way { clusters, service_ms, delay_ms, limit_ms: (service_ms + delay_ms) * spare / 2 + service_ms * 3, dead, in_rounds: false, stall_ms: 0 };
        let until = way.at_best_ms() * 5 + 200_000 + way.members() as u64 * delay_ms / 4
            + (way.dead * way.members()) as u64 * way.limit_ms / 2_000;
        let course = way.run(until);
        let alive = (0..way.members()).filter(|&member| !way.is_dead(member)).count();
        prop_assert_eq!(course.hosts.len(), alive, "{:?} {:?}", way, course);
        prop_assert!(course.most_under_way <= 64);
        if dead == 0 {
            prop_assert!(course.timed_out <= way.members() / 2 + 20, "{:?} {:?}", way, course);
        }
    }

    /// Whatever happens in whatever order: the bound holds, no host is lost from the queue or logged in to twice, hosts
    /// that failed come last, and a cluster without a connection or a login comes before one that has either.
    #[test]
    fn the_queue_keeps_its_order(
        happenings in prop::collection::vec((0_usize..12, 0_u8..6), 1..300),
        most in 1_usize..8,
    ) {
        let name = |at: usize| HostName::from(format!("h{at}"));
        let cluster = |at: usize| ClusterName::from(format!("c{}", at / 3));
        let mut queue = Queue::new((0..12).map(|at| (name(at), cluster(at))).collect(), most);
        let (mut waiting, mut under_way, mut connected) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut urgent, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for (at, what) in happenings {
            match what {
                0 | 1 => {
                    queue.add(&name(at), false);
                    if !under_way.contains(&at) && !connected.contains(&at) {
                        waiting.insert(at);
                    }
                }
                2 => {
                    queue.hurry(&name(at));
                    if waiting.contains(&at) {
                        urgent.insert(at);
                    }
                }
                3 if under_way.remove(&at) => {
                    queue.ended(&name(at), Signal::LoggedIn { took: ms(at as u64 * 10), limit: ms(5_000) });
                    connected.insert(at);
                    failed.remove(&at);
                }
                4 if under_way.remove(&at) => {
                    if queue.ended(&name(at), Signal::TimedOut) {
                        failed.remove(&at);
                    } else {
                        failed.insert(at);
                    }
                }
                5 => {
                    queue.lost(&name(at));
                    connected.remove(&at);
                }
                _ => {}
            }
            while let Some(host) = queue.next() {
                let next = (0..12).find(|&at| name(at) == host).expect("a host of ours");
                let held = |at: usize| under_way.iter().chain(&connected).any(|other| other / 3 == at / 3);
                prop_assert!(waiting.contains(&next));
                if !urgent.contains(&next) {
                    prop_assert!(urgent.is_empty());
                    let as_good = |at: &usize| failed.contains(at) <= failed.contains(&next);
                    prop_assert!(!held(next) || waiting.iter().filter(|at| as_good(at)).all(|&at| held(at)));
                    prop_assert!(!failed.contains(&next) || waiting.iter().all(|at| failed.contains(at)));
                }
                waiting.remove(&next);
                urgent.remove(&next);
                under_way.insert(next);
            }
            prop_assert!(under_way.len() <= most + 1);
            prop_assert!(waiting.is_empty() || !under_way.is_empty(), "nobody's turn comes");
        }
    }

    /// However often a cluster is asked for, its members together are tried no more than fail2ban allows.
    #[test]
    fn refusals_are_tried_again_rarely(polls in prop::collection::vec((0_usize..3, 1_u64..20), 1..400)) {
        let mut refusals = Refusals::default();
        let cluster = ClusterName::from("db");
        let error = refused_error();
        let start = Instant::now();
        let mut now = start;
        let mut tried = Vec::new();
        for (member, pause) in polls {
            now += Duration::from_secs(pause);
            let host = HostName::from(format!("db{member}"));
            if refusals.holds(&host, &cluster, now).is_none() {
                tried.push(now - start);
                refusals.refused(&host, &cluster, &error, now);
            }
        }
        for (nth, at) in tried.iter().enumerate() {
            let end = *at + Duration::from_secs(600);
            let within = tried.iter().skip(nth).take_while(|other| **other < end).count();
            prop_assert!(within <= 6, "{tried:?}");
        }
    }
}

fn refused_error() -> TransportError {
    TransportError {
        kind: TroubleKind::Authentication,
        message: "db1 refused.".to_owned(),
        may_have_run: false,
    }
}

fn refuses() -> Result<(), LoginFailure> {
    Err(LoginFailure { error: refused_error(), cause: FailureCause::NeedsUser })
}

fn logins() -> Logins<()> {
    Logins::new(HashMap::new(), 64)
}

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_login_outlives_the_caller_that_gave_up() {
    let logins = logins();
    let host = HostName::from("db1");
    let made = Arc::new(AtomicUsize::new(0));
    let connect = || {
        let made = Arc::clone(&made);
        || async move {
            tokio::time::sleep(ms(6_500)).await;
            made.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    };
    let impatient = logins.connection(&host, LIMIT, Some(ms(3_000)), connect()).await.unwrap_err();
    assert_eq!((impatient.kind, impatient.may_have_run), (TroubleKind::LoginPending, false));
    let began = Instant::now();
    logins.connection(&host, LIMIT, Some(ms(5_000)), connect()).await.unwrap();
    assert_eq!(began.elapsed(), ms(3_500));
    assert!(logins.kept(&host).is_some());
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_nobody_waits_for_is_kept_and_a_failure_told_once() {
    let logins = logins();
    let (good, bad) = (HostName::from("good"), HostName::from("bad"));
    let fails = || async {
        Err(LoginFailure {
            cause: FailureCause::Host,
            error: TransportError { kind: TroubleKind::Refused, ..refused_error() },
        })
    };
    let now = Some(Duration::ZERO);
    logins.connection(&good, LIMIT, now, || async { Ok(()) }).await.unwrap_err();
    logins.connection(&bad, LIMIT, now, fails).await.unwrap_err();
    tokio::time::sleep(ms(10)).await;
    assert!(logins.kept(&good).is_some());
    let told = logins.connection(&bad, LIMIT, now, fails).await.unwrap_err();
    assert_eq!(told.kind, TroubleKind::Refused);
    let again = logins.connection(&bad, LIMIT, now, fails).await.unwrap_err();
    assert_eq!(again.kind, TroubleKind::LoginPending);
}

/// Fails after 5 s like a login to a host that doesn't answer, or to one behind a crowded way.
async fn too_slow() -> Result<(), LoginFailure> {
    tokio::time::sleep(ms(5_000)).await;
    let error = TransportError { kind: TroubleKind::SlowLogin, ..refused_error() };
    Err(LoginFailure { error, cause: FailureCause::TooSlow })
}

#[tokio::test(start_paused = true)]
async fn a_login_lost_to_the_crowd_says_nothing_about_the_host_until_the_third() {
    let logins = logins();
    let (one, other) = (HostName::from("db1"), HostName::from("db2"));
    let attempt = |host| logins.connection(host, LIMIT, Some(LIMIT), too_slow);
    for _ in 0..2 {
        let (first, second) = tokio::join!(attempt(&one), attempt(&other));
        assert_eq!(first.unwrap_err().kind, TroubleKind::LoginPending);
        // It was alone when it ended.
        assert_eq!(second.unwrap_err().kind, TroubleKind::SlowLogin);
    }
    let (third, _) = tokio::join!(attempt(&one), attempt(&other));
    assert_eq!(third.unwrap_err().kind, TroubleKind::SlowLogin);
}

#[tokio::test(start_paused = true)]
async fn a_slow_login_without_a_crowd_is_a_failure_at_once() {
    let logins = logins();
    let error = logins.connection(&"db1".into(), LIMIT, Some(LIMIT), too_slow).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::SlowLogin);
}

#[tokio::test(start_paused = true)]
async fn a_slow_host_that_others_overtake_is_a_failure_at_once() {
    let logins = logins();
    let (slow, fast, last) = (HostName::from("slow"), HostName::from("fast"), HostName::from("last"));
    let overtaken = logins.connection(&slow, LIMIT, Some(LIMIT), too_slow);
    let others = async {
        logins.connection(&fast, LIMIT, Some(LIMIT), || async { Ok(()) }).await.unwrap();
        tokio::time::sleep(ms(4_000)).await;
        logins.connection(&last, LIMIT, Some(LIMIT), too_slow).await.unwrap_err();
    };
    let (overtaken, ()) = tokio::join!(overtaken, others);
    assert_eq!(overtaken.unwrap_err().kind, TroubleKind::SlowLogin);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_to_the_end_hears_why_a_login_failed() {
    let logins = logins();
    let (one, other) = (HostName::from("db1"), HostName::from("db2"));
    let attempt = |host| logins.connection(host, LIMIT, None, too_slow);
    let (first, second) = tokio::join!(attempt(&one), attempt(&other));
    assert_eq!([first, second].map(|end| end.unwrap_err().kind), [TroubleKind::SlowLogin; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_repeated_without_an_attempt_until_the_user_asks() {
    let logins = logins();
    let host = HostName::from("db1");
    let tried = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let attempt = || async {
        let count = Arc::clone(&tried);
        let connect = || async move {
            count.fetch_add(1, Ordering::SeqCst);
            refuses()
        };
        logins.connection(&host, LIMIT, Some(LIMIT), connect).await.unwrap_err()
    };
    while began.elapsed() < Duration::from_secs(600) {
        assert_eq!(attempt().await.kind, TroubleKind::Authentication);
        tokio::time::sleep(ms(500)).await;
    }
    assert_eq!(tried.load(Ordering::SeqCst), 3, "at the start, after 2 and after 6 minutes");
    let wait = logins.retry_in(&host).unwrap();
    assert!(wait > Duration::from_secs(60), "{wait:?}");
    logins.hurry(std::slice::from_ref(&host));
    attempt().await;
    assert_eq!(tried.load(Ordering::SeqCst), 4);
    attempt().await;
    assert_eq!(tried.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn where_every_host_refuses_the_rest_is_not_tried() {
    let logins = logins();
    let tried = Arc::new(AtomicUsize::new(0));
    let hosts: Vec<_> = (0..600).map(|number| HostName::from(format!("h{number}"))).collect();
    let attempts = hosts.iter().map(|host| {
        let count = Arc::clone(&tried);
        let connect = || async move {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(ms(100)).await;
            refuses()
        };
        logins.connection(host, LIMIT, Some(Duration::from_secs(60)), connect)
    });
    let results = futures::future::join_all(attempts).await;
    assert!(
        results.iter().all(|result| result.as_ref().is_err_and(|it| it.kind == TroubleKind::Authentication))
    );
    assert!(tried.load(Ordering::SeqCst) <= 16, "{tried:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_user_asks_for_needs_no_free_place() {
    let logins = Logins::new(HashMap::new(), 2);
    let hosts: Vec<_> = (0..4).map(|number| HostName::from(format!("h{number}"))).collect();
    for host in &hosts {
        let hangs = || async { std::future::pending().await };
        logins.connection(host, LIMIT, Some(Duration::ZERO), hangs).await.unwrap_err();
    }
    let last = HostName::from("last");
    logins.connection(&last, LIMIT, Some(Duration::ZERO), || async { Ok(()) }).await.unwrap_err();
    tokio::time::sleep(ms(10)).await;
    assert!(logins.kept(&last).is_none());
    logins.hurry(std::slice::from_ref(&last));
    tokio::time::sleep(ms(10)).await;
    assert!(logins.kept(&last).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_login_that_panics_gives_its_place_back() {
    let logins: Logins<()> = Logins::new(HashMap::new(), 1);
    for _ in 0..3 {
        let error =
            logins.connection(&"db1".into(), LIMIT, None, || async { panic!("a bug") }).await.unwrap_err();
        assert!(!error.may_have_run);
    }
    logins.connection(&"db2".into(), LIMIT, None, || async { Ok(()) }).await.unwrap();
}
