//! Hosts that another run has in its hands.

use std::fs;

use quorate::app::wizard::News;
use quorate::app::{Action, Event};
use quorate::scenario::journal::{self, Outcome, Place, When};

use crate::hosts::Hosts;
use crate::person::{Person, shelf};
use crate::whole::{home, run_all, sign, start, to_the_form};

#[tokio::test]
async fn the_lock_of_a_run_that_is_dead_is_broken_when_that_is_wanted() {
    let (home, hosts) = (home(), Hosts::new());
    sign(&hosts);
    let folder = hosts.folder("db2").join("run");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("lock"), "20250101-000000-dead galera, by ann@elsewhere, since 2025\n")
        .expect("written");
    let console = start(&home, &hosts);
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("is at work there (galera, by ann@elsewhere").await.shows("B take the hosts").await;
    // Cancel has the keys.
    console.press("B").shows("db2: run 20250101-000000-dead (galera, by ann@elsewhere").await;
    console.shows("This machine knows nothing of it").await.press("enter").shows_no_more("[ Break it").await;
    assert!(hosts.files("word").values().all(String::is_empty), "nothing is run");
    console.press("B").shows("[ Break it and run ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
    assert_eq!(hosts.files("word")["db2"], "hello\nsigned\n");
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
    assert!(!folder.join("lock").exists(), "the lock was given back, though the console was left at once");
}

#[tokio::test]
async fn of_a_run_that_was_left_here_it_is_said_that_it_can_be_gone_on_with() {
    let (home, hosts) = (home(), Hosts::new());
    let mut console = start(&home, &hosts);
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("exit code 7").await;
    // Its console dies and gives nothing back.
    console.signal();
    console.ends().await;
    sign(&hosts);
    let console = start(&home, &hosts);
    console.shows("was left in the middle").await;
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("B take the hosts").await.press("B").shows("[ Break it and run ]").await;
    console.shows("It was left on this machine").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
}

/// Somebody whose run was refused as another has its hosts.
fn refused(size: (u16, u16)) -> Person {
    let (mut person, order) = Person::begun(size, Action::RunToEnd);
    let held = |place: &str| journal::Event::Held {
        place: Place::Host(place.into()),
        run: "20261122-101600-1a2b".to_owned(),
        words: "destroy-cluster, by ann@desk, since 2026-11-22T10:16:00Z".to_owned(),
    };
    let why: Vec<String> = ["db1", "db3"]
        .map(|host| {
            format!("{host}: run 20261122-101600-1a2b is at work there (destroy-cluster, by ann@desk)")
        })
        .to_vec();
    person.entry(&order, held("db1")).entry(&order, held("db3"));
    person.entry(&order, journal::Event::Gates { when: When::Before, broken: why.clone() });
    person.entry(&order, journal::Event::Over { outcome: Outcome::Refused { why: why.clone() } });
    person.hear(Event::Scenario(News::Over(order.pass, Outcome::Refused { why })));
    person
}

#[test]
fn the_question_says_whose_it_is() {
    for size in [(80, 24), (160, 45)] {
        let mut person = refused(size);
        insta::assert_snapshot!(format!("held-{}x{}", size.0, size.1), person.screen());
        person.act(&[Action::BreakLock]);
        insta::assert_snapshot!(format!("break-lock-{}x{}", size.0, size.1), person.screen());
        person.act(&[Action::Right, Action::Open]);
        assert!(person.order().breaks_locks);
    }
}

#[tokio::test]
async fn what_another_run_kept_from_being_taken_back_is_taken_back_when_its_lock_is_broken() {
    let (home, hosts) = (home(), Hosts::new());
    sign(&hosts);
    let console = start(&home, &hosts);
    to_the_form(&console).await;
    run_all(&console).await;
    console.shows("Done: every step is done").await;
    let lock = hosts.folder("db2").join("run/lock");
    console.until("its own lock is given back", |_| !lock.exists()).await;
    fs::write(&lock, "20250101-000000-dead galera, by ann@elsewhere, since 2025\n").expect("written");
    console.press("u").shows("[ Take it back ]").await.press("right").press("enter");
    console.shows("B take the hosts").await;
    assert_eq!(hosts.files("word")["db1"], "hello\nend\n", "nothing is taken back");
    console.press("B").shows("[ Break it and run ]").await.press("right").press("enter");
    console.shows("It waits for you before step 3").await;
    assert_eq!(hosts.files("word")["db1"], "hello\n");
    console.press("a").shows("[ Run all ]").await.press("right").press("enter");
    console.shows("Done: every step is done").await;
    console.press("esc").press("esc").press("esc").press("q");
    console.ends().await;
}

#[test]
fn the_lock_of_a_run_that_is_at_work_here_is_not_broken() {
    let mut person = refused((100, 30));
    let mut shelf = shelf();
    shelf.runs[0].is_in_hand = true;
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf)))).act(&[Action::BreakLock]);
    assert!(person.screen().contains("is in the hands of a console on this machine"), "{}", person.screen());
    assert!(person.state.layers.ask().is_none());
    // Nor where nobody has them.
    let mut person = Person::ready((100, 30));
    person.act(&[Action::BreakLock]);
    assert!(person.screen().contains("no other run has its hosts"), "{}", person.screen());
}
