//! What the panels look like, at a fixed time, on real captures.

use jiff::SignedDuration;
use quorate::app::{Action, Event, News, Request, Selection};
use quorate::model::Inventory;
use quorate::operation::{Intent, Outcome, Process, Projection, Unfinished, Verb, plan};
use rstest::rstest;

use crate::common::{capture, console, deployment, now};
use crate::person::{Person, collateral, cut_off};

pub(crate) const SIZES: [(u16, u16); 2] = [(80, 24), (160, 45)];

pub(crate) fn snapshot(name: &str, person: &Person) {
    let (columns, rows) = person.state.size;
    insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), person.screen());
}

/// Somebody who is about to move a resource of mq.
fn moving(size: (u16, u16)) -> Person {
    let mut person = Person::in_cluster("mq", size);
    person.act(&[Action::PaneMatrix]).selects("solo").act(&[Action::Move]);
    person
}

/// The same, and it is under way.
fn moved(size: (u16, u16)) -> (Person, quorate::app::Ticket) {
    let mut person = moving(size);
    person.act(&[Action::Open]).planned(&collateral()).act(&[Action::Right, Action::Open]);
    let ticket = person.carried_out();
    person.under_way(ticket);
    person.hear(Event::Tick(now() + SignedDuration::from_secs(12)));
    (person, ticket)
}

#[test]
fn a_node_is_chosen_the_best_first() {
    for size in SIZES {
        snapshot("chooser", &moving(size));
        let mut person = Person::in_cluster("memcache", size);
        person.act(&[Action::PaneMatrix]).selects("vip").act(&[Action::Move]);
        snapshot("chooser-standby", &person);
        // One that is out of the question is not taken.
        person.act(&[Action::Last, Action::Open]);
        assert!(person.asked.is_empty(), "{}", person.screen());
        assert!(person.screen().contains("can't be chosen"), "{}", person.screen());
    }
}

#[test]
fn what_would_follow_is_shown_before_anything_is_done() {
    for size in SIZES {
        let mut person = moving(size);
        person.act(&[Action::Open]);
        snapshot("planning", &person);
        person.planned(&collateral());
        snapshot("preview", &person);
        person.act(&[Action::PageDown]);
        snapshot("preview-scrolled", &person);
    }
}

#[test]
fn fencing_wants_the_name_typed() {
    for size in SIZES {
        let mut person = Person::in_cluster("mq", size);
        person.act(&[Action::NextPane]).selects("c1n2").act(&[Action::FenceReboot]);
        person.planned(&Projection::NotAsked).act(&[Action::NextPane]).types("c1n");
        snapshot("typed-name", &person);
        person.types("2");
        snapshot("typed-name-whole", &person);
    }
}

#[test]
fn how_it_goes_and_how_it_ends() {
    for size in SIZES {
        let (mut person, ticket) = moved(size);
        snapshot("running", &person);
        person.act(&[Action::GiveUp]);
        snapshot("giving-up", &person);
        person.act(&[Action::Back, Action::Back]);
        snapshot("in-the-background", &person);
        person.act(&[Action::Quit]);
        snapshot("leaving", &person);
        person.act(&[Action::Back, Action::Operations]).ended(ticket, Outcome::Done { note: None });
        snapshot("done", &person);
    }
}

#[rstest]
#[case("failed", Outcome::Failed("crm_resource failed with exit code 1: Error performing operation: Transport endpoint is not connected".to_owned()))]
#[case("unknown", Outcome::Unknown("The connection broke. Seen since: solo runs on c1n2".to_owned()))]
#[case("refused", Outcome::Refused("the cluster has no quorum: it would take no action".to_owned()))]
#[case("cancelled", Outcome::Cancelled("1 command had been run; not verified: solo runs on c1n2".to_owned()))]
fn every_end_has_its_words(#[case] name: &str, #[case] outcome: Outcome) {
    for size in SIZES {
        let (mut person, ticket) = moved(size);
        person.ended(ticket, outcome.clone());
        snapshot(name, &person);
    }
}

#[test]
fn several_are_confirmed_together_and_end_with_the_first_that_fails() {
    for size in SIZES {
        let mut person = Person::in_cluster("mq", size);
        person.act(&[Action::PaneMatrix]).selects("vip").act(&[Action::Mark]);
        person.selects("solo").act(&[Action::Mark]).selects("g-db").act(&[Action::Mark]);
        snapshot("marked", &person);
        person.act(&[Action::Disable]).planned(&Projection::NotAsked);
        snapshot("several", &person);
        person.act(&[Action::Right, Action::Open]);
        let first = person.carried_out();
        person.under_way(first).ended(first, Outcome::Done { note: None });
        let second = person.carried_out();
        assert_eq!((first.nth, second.nth), (0, 1));
        person.under_way(second);
        person.ended(second, Outcome::Failed("not within 60 s: solo runs on c1n2".to_owned()));
        assert!(person.asked.is_empty(), "what comes after a failure is not begun");
        snapshot("several-failed", &person);
    }
}

#[test]
fn read_only_says_so_and_how_to_leave_it() {
    for size in SIZES {
        let mut clusters = deployment();
        for (entry, _) in &mut clusters {
            entry.access.read_only = true;
        }
        let mut person = Person::at(console(clusters, size));
        person.state.grid.selection = Selection::Chosen("mq".into());
        person.act(&[Action::Open, Action::PaneMatrix]).selects("vip").act(&[Action::Cleanup]);
        assert!(person.asked.is_empty());
        snapshot("read-only", &person);
        let until = now() + SignedDuration::from_mins(15);
        person.hear(Event::Operated(News::Unlocked("mq".into(), until)));
        person.hear(Event::Tick(now() + SignedDuration::from_secs(61)));
        snapshot("writable", &person);
        person.hear(Event::Tick(until));
        assert!(person.state.is_locked(&"mq".into()), "it returns by itself");
    }
}

/// The configuration may name one cluster twice.
#[rstest]
#[case::another_cluster(None, false)]
#[case::the_same_one(Some("root@mq2"), true)]
fn one_operation_at_a_time_under_all_names_of_a_cluster(
    #[case] shared: Option<&str>,
    #[case] is_refused: bool,
) {
    let mut clusters = deployment();
    let (memcache, _) =
        clusters.iter_mut().find(|(entry, _)| entry.name == *"memcache").expect("it is there");
    memcache.hosts.extend(shared.map(Into::into));
    let mut person = Person::at(console(clusters, (160, 45)));
    let mut cleans_up = |cluster: &str| {
        person.state.layers = quorate::app::Layers::default();
        person.state.grid.selection = Selection::Chosen(cluster.into());
        person.act(&[Action::Open, Action::PaneMatrix]).selects("vip").act(&[Action::Cleanup]);
        if person.asked.is_empty() {
            return person.screen();
        }
        person.planned(&Projection::NotAsked).act(&[Action::Right, Action::Open]);
        let ticket = person.carried_out();
        person.under_way(ticket);
        String::new()
    };
    assert_eq!(cleans_up("mq"), "");
    let screen = cleans_up("memcache");
    assert_eq!(screen.contains("one operation at a time in a cluster"), is_refused, "{screen}");
}

#[test]
fn what_an_earlier_console_has_left_is_offered() {
    let intent = |verb, subject: &str, to: Option<&str>| Intent {
        cluster: "mq".into(),
        verb,
        subject: subject.to_owned(),
        to: to.map(Into::into),
    };
    let unfinished = |id: &str, intent: Intent, sent: usize| Unfinished {
        id: id.to_owned(),
        at: now() - SignedDuration::from_hours(3),
        user: "root".to_owned(),
        by: vec![Process { pid: 7, ..Process::default() }],
        hosts: Vec::new(),
        plan: plan(&capture("healthy"), &intent).expect("a plan"),
        sent: (0..sent).map(|_| cut_off()).collect(),
    };
    let all = vec![
        unfinished("a", intent(Verb::Move, "vip", Some("c1n1")), 1),
        unfinished("b", intent(Verb::Standby, "c1n2", None), 1),
    ];
    for size in SIZES {
        let mut person = Person::at(console(deployment(), size));
        person.hear(Event::Operated(News::Unfinished(all.clone())));
        snapshot("unfinished", &person);
        person.act(&[Action::Right, Action::Open]);
        snapshot("finish", &person);
        person.act(&[Action::Right, Action::Open]);
        assert!(
            matches!(person.asked.as_slice(), [quorate::app::Request::Resume { .. }]),
            "{:?}",
            person.asked
        );
    }
}

/// Another console calls the cluster `mq` otherwise, or another cluster `mq`: hosts and members tell which one it is.
#[rstest]
#[case::by_a_host("rabbit", &["10.0.0.1", "mq1"], &[], &["mq", "db"], Some("mq"))]
#[case::by_its_members("rabbit", &["10.0.0.1"], &["c1n2", "c1n1", "c1n3"], &["mq"], Some("mq"))]
#[case::members_of_several("rabbit", &["10.0.0.1"], &["c1n2", "c1n1", "c1n3"], &["mq", "glance"], None)]
#[case::by_its_name("mq", &[], &[], &["db", "mq"], Some("mq"))]
#[case::another_cluster("mq", &["x1"], &["x1", "x2"], &["mq"], None)]
#[case::unknown("rabbit", &["x1"], &["x1", "x2"], &["mq"], None)]
fn what_was_left_under_another_name_is_offered(
    #[case] name: &str,
    #[case] hosts: &[&str],
    #[case] members: &[&str],
    #[case] configured: &[&str],
    #[case] expected: Option<&str>,
) {
    let intent = Intent { cluster: name.into(), verb: Verb::Standby, subject: "c1n2".to_owned(), to: None };
    let mut plan = plan(&capture("healthy"), &intent).expect("a plan");
    plan.members = members.iter().map(|member| (*member).into()).collect();
    let left = Unfinished {
        id: "a".to_owned(),
        at: now() - SignedDuration::from_hours(3),
        user: "root".to_owned(),
        by: vec![Process { pid: 7, ..Process::default() }],
        hosts: hosts.iter().map(|host| (*host).into()).collect(),
        plan,
        sent: vec![cut_off()],
    };
    let clusters = deployment().into_iter().filter(|(entry, _)| configured.contains(&entry.name.as_str()));
    let mut person = Person::at(console(clusters.collect(), (100, 30)));
    person.hear(Event::Operated(News::Unfinished(vec![left])));
    let offered: Vec<&str> =
        person.state.operations.unfinished.iter().map(|it| it.plan.intent.cluster.as_str()).collect();
    assert_eq!(offered, expected.into_iter().collect::<Vec<_>>());
    if let Some(cluster) = expected {
        person.act(&[Action::Right, Action::Open, Action::Right, Action::Open]);
        let [Request::Resume { unfinished, .. }] = person.asked.as_slice() else {
            panic!("{:?}", person.asked)
        };
        assert_eq!(unfinished.plan.intent.cluster, cluster);
    }
}

#[test]
fn a_console_without_clusters_survives_every_operation() {
    let mut person = Person::at(quorate::app::State::new(&Inventory::default(), Vec::new(), (80, 24), now()));
    person.act(&[Action::Move, Action::CleanupAll, Action::Undo, Action::Operations, Action::ReadOnly]);
    assert!(person.asked.is_empty());
}
