//! The stack under Pacemaker: who is asked, how often, and that it delays nothing.

use std::sync::Arc;
use std::time::Duration;

use quorate::model::{HostStack, Observation};
use quorate::transport::Transport;
use quorate::watch::ask_once_with_stack;
use tokio::time::Instant;

use super::fake::{Behaviour, Fake, Fleet, Mon, Stack, clock, entry};
use super::{ALL, fake, healthy, live_host};

fn three() -> Fake {
    fake(&["a", "b", "c"].map(|host| (host, healthy())))
}

fn of<'a>(observation: &'a Observation, host: &str) -> Option<&'a HostStack> {
    observation.stacks.iter().find(|stack| stack.host.as_str() == host).map(AsRef::as_ref)
}

/// Takes updates for that long, and gives the last.
async fn after(fleet: &mut Fleet, span: Duration) -> Observation {
    let until = Instant::now() + span;
    loop {
        let observation = fleet.next().await;
        if Instant::now() >= until {
            return observation;
        }
    }
}

fn pauses(fake: &Fake, host: &str) -> Vec<Duration> {
    let asked = fake.stack_questions(host);
    asked.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
}

#[tokio::test(start_paused = true)]
async fn each_member_reports_about_once_a_minute() {
    let mut fleet = Fleet::start(three(), ALL, 10);
    let observation = after(&mut fleet, Duration::from_secs(300)).await;
    for host in ["a", "b", "c"] {
        let stack = of(&observation, host).expect("it reports");
        assert!(stack.report.links.known().is_some(), "{stack:?}");
        assert!(stack.is_current(clock()()));
        let pauses = pauses(&fleet.fake, host);
        assert!(pauses.len() >= 3, "{pauses:?}");
        assert!(pauses.iter().all(|pause| (60..75).contains(&pause.as_secs())), "{pauses:?}");
    }
    // One member is enough for what all would answer alike.
    let asked =
        |host: &str| fleet.fake.stack_questions(host).iter().all(|(_, words)| words == " votes verify");
    assert_eq!(["a", "b", "c"].map(asked), [true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_hangs_delays_no_poll_and_is_left_alone_for_ten_minutes() {
    let fake = three();
    fake.stack("a", Stack::Hangs);
    let mut fleet = Fleet::start(fake, ALL, 10);
    let mut last = Instant::now();
    let began = last;
    let mut observation = fleet.next().await;
    while began.elapsed() < Duration::from_secs(500) {
        observation = fleet.next().await;
        assert!(last.elapsed() < Duration::from_secs(6), "{:?}", last.elapsed());
        last = Instant::now();
        assert_eq!(live_host(&observation), "a");
    }
    assert_eq!(fleet.fake.stack_questions("a").len(), 1);
    let stack = of(&observation, "a").expect("its silence is reported");
    assert_eq!(stack.report.links.reason(), Some("a is not there."));
    assert!(stack.is_current(clock()()), "the reason stands until it is asked again");
    after(&mut fleet, Duration::from_secs(200)).await;
    assert_eq!(fleet.fake.stack_questions("a").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_reported_in_its_own_words_and_not_provoked_again() {
    let fake = three();
    fake.stack("b", Stack::Refuses("\nsudo: a password is required\n"));
    let mut fleet = Fleet::start(fake, ALL, 10);
    let observation = after(&mut fleet, Duration::from_secs(400)).await;
    let stack = of(&observation, "b").expect("it is reported");
    assert_eq!(stack.report.links.reason(), Some("sudo: a password is required"));
    assert_eq!(fleet.fake.stack_questions("b").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_picture_asks_again_soon_but_not_every_time() {
    let mut fleet = Fleet::start(three(), ALL, 10);
    after(&mut fleet, Duration::from_secs(100)).await;
    let before = fleet.fake.stack_questions("a").len();
    let began = Instant::now();
    for at in ["2026-01-01 00:00:01Z", "2026-01-01 00:00:02Z", "2026-01-01 00:00:03Z"].iter().cycle().take(12)
    {
        fleet.fake.set("a", Behaviour::Answers(Mon { last_change: at, ..Mon::healthy() }));
        fleet.next().await;
        fleet.next().await;
    }
    let asked = fleet.fake.stack_questions("a").len() - before;
    let most = began.elapsed().as_secs() / 15 + 1;
    assert!((2..=most as usize).contains(&asked), "{asked} of {most}");
    assert!(pauses(&fleet.fake, "a").iter().all(|pause| pause.as_secs() >= 15));
}

#[tokio::test(start_paused = true)]
async fn a_report_is_too_old_once_its_host_is_silent() {
    let mut fleet = Fleet::start(three(), ALL, 10);
    after(&mut fleet, Duration::from_secs(100)).await;
    fleet.fake.set("c", Behaviour::Refuses);
    let observation = after(&mut fleet, Duration::from_secs(100)).await;
    let at = of(&observation, "c").map(|stack| stack.at);
    let observation = after(&mut fleet, Duration::from_secs(200)).await;
    let stack = of(&observation, "c").expect("the last report is kept");
    assert!(!stack.is_current(clock()()));
    assert_eq!(Some(stack.at), at);
}

#[tokio::test(start_paused = true)]
async fn one_question_asks_the_member_that_answered_and_never_loses_the_picture() {
    let fake = Arc::new(three());
    let transport: Arc<dyn Transport> = fake.clone();
    let soon = || Instant::now() + Duration::from_secs(5);
    let observation = ask_once_with_stack(&entry(&["a", "b", "c"]), &transport, &clock(), soon()).await;
    let hosts: Vec<_> = observation.stacks.iter().map(|stack| stack.host.as_str()).collect();
    assert_eq!(hosts, ["a"]);
    assert_eq!(fake.count("b", ""), 0);
    fake.stack("a", Stack::Hangs);
    let began = Instant::now();
    let observation = ask_once_with_stack(&entry(&["a"]), &transport, &clock(), soon()).await;
    assert!(observation.current().is_some() && observation.stacks.is_empty());
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}
