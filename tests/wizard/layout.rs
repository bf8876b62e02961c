//! A layout on screen: which cluster plays which part, and one scenario after the other.

use std::sync::Arc;

use jiff::SignedDuration;
use quorate::app::wizard::{LayoutBook, News, Page, Shelf};
use quorate::app::{Action, Event};
use quorate::scenario::deployment::Deployment;
use quorate::scenario::journal::Outcome;

use crate::person::{Person, book, past, shelf};

const PAIR: &str = r#"
title = "Two caches"
description = "One for what is read often, and one for the rest."
[clusters.db]
description = "what is read often"
[clusters.rest]
[clusters.spare]
optional = true
[[scenario]]
name = "cache"
cluster = "db"
values = { memory = 256 }
[[scenario]]
name = "cache"
cluster = "rest"
[[scenario]]
name = "cache-test"
cluster = "rest"
[[scenario]]
name = "cache"
cluster = "spare"
"#;

fn with_layouts() -> Shelf {
    let mut shelf = shelf();
    shelf.runs.clear();
    let tested =
        "+++\ntitle = \"Test of the cache\"\npurpose = \"test\"\n+++\n## Try\n```bash check\ntrue\n```\n";
    shelf.books.push(book("cache-test", tested));
    let pair = Deployment::read("pair.toml", "pair", PAIR).expect("a deployment");
    let wrong = Deployment::read("mine.toml", "mine", "title = 3\n").expect_err("it is wrong");
    shelf.layouts = vec![
        LayoutBook { name: "pair".to_owned(), deployment: Ok(Arc::new(pair)) },
        LayoutBook { name: "mine".to_owned(), deployment: Err(wrong.to_string()) },
    ];
    shelf
}

fn person(size: (u16, u16)) -> Person {
    let mut person = Person::new(size);
    person.hear(Event::Scenario(News::Shelf(Box::new(with_layouts())))).act(&[Action::Scenarios]);
    person
}

fn snapshot(name: &str, person: &Person) {
    let (columns, rows) = person.state.size;
    insta::assert_snapshot!(format!("layout-{name}-{columns}x{rows}"), person.screen());
}

#[test]
fn a_layout_says_what_is_missing_and_what_comes_next() {
    for size in [(80, 24), (160, 45)] {
        let mut person = person(size);
        snapshot("list", &person);
        person.act(&[Action::Open]);
        // `db` is called so; `rest` is to be chosen, and the keys are there.
        snapshot("parts", &person);
        person.act(&[Action::Open]);
        snapshot("stages", &person);
        person.act(&[Action::Back, Action::Down, Action::Open]);
        assert!(person.screen().contains("mine has to be put right first"), "{}", person.screen());
    }
}

#[test]
fn a_part_that_can_be_done_without_may_have_no_cluster() {
    let mut person = person((120, 40));
    person.act(&[Action::Open, Action::Open, Action::First, Action::Down, Action::Down]);
    assert!(person.screen().contains("left out"), "{}", person.screen());
    person.act(&[Action::Open]);
    assert!(!person.screen().contains("left out"), "{}", person.screen());
    for _ in 0..person.state.clusters.len() {
        person.act(&[Action::Open]);
    }
    assert!(person.screen().contains("left out"), "round and round: {}", person.screen());
}

/// A stage is a run like any other, on its cluster and with what the layout says; then the next one has the keys.
#[test]
fn a_stage_is_run_and_the_next_one_has_the_keys() {
    let mut person = person((130, 40));
    person.act(&[Action::Open, Action::Open]);
    let layout = person.state.wizard.layout.clone().expect("it was chosen");
    let rest = layout.deployment.roles.iter().position(|role| role.name == "rest").expect("a part");
    assert_eq!(layout.row, rest);
    person.act(&[Action::Down, Action::Down]);
    let screen = person.screen();
    assert!(screen.contains("memory = 256") && screen.contains("comes next"), "{screen}");
    person.act(&[Action::Open]);
    assert!(
        person.screen().contains("as the layout says") || person.screen().contains("256"),
        "{}",
        person.screen()
    );
    person.types("hunter22").typed(quorate::app::Typing::Newer).act(&[Action::Open]).planned();
    let Some(run) = &person.state.wizard.run else { panic!("{}", person.screen()) };
    assert_eq!(run.plan.values["memory"].text, "256");
    assert_eq!(run.cluster.as_ref().map(ToString::to_string), Some("db".to_owned()));
    person.act(&[Action::RunToEnd, Action::Right, Action::Open]);
    let order = person.order();
    let of = order.layout.clone().expect("what it is a stage of");
    assert_eq!((of.deployment.as_str(), of.first.as_str()), ("pair", "db"));
    person.gates(&order, &[]).works(&order, 40);
    person.hear(Event::Scenario(News::Over(order.pass, Outcome::Done { notes: Vec::new() })));
    let mut done = with_layouts();
    let mut run = past("20261122-113500-0001", "cache", Some(Outcome::Done { notes: Vec::new() }), 0);
    run.hosts = order.plan.hosts.clone();
    done.runs.push(run);
    person.hear(Event::Scenario(News::Shelf(Box::new(done))));
    person.act(&[Action::Back]);
    assert!(matches!(person.state.layers.page(), Some(Page::Layout)), "{}", person.screen());
    person.hear(Event::Tick(person.state.now + SignedDuration::from_secs(1)));
    let screen = person.screen();
    let selected = screen.lines().find(|line| line.contains('▌')).expect("a row").to_owned();
    assert!(selected.contains("  2  ") && selected.contains("comes next"), "{screen}");
}
