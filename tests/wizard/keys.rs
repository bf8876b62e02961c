//! What keys do and don't do, in any order.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use quorate::app::wizard::{Ask, Found, News, Page, PastRun, Recalled, Request, Row, Shelf, Stage};
use quorate::app::{Action, Event, Focus, Target, Typing, update};
use quorate::scenario::journal::{self, End, Instruction, Outcome, When};
use quorate::scenario::{Proved, Value};
use quorate::ui::target_at;
use strum::IntoEnumIterator;
use tui_input::InputRequest;

use crate::common::{console, deployment, look, screen};
use crate::person::{Person, past, scenario, secret, shelf, well};

#[test]
fn a_read_only_cluster_is_left_alone() {
    let mut clusters = deployment();
    for (entry, _) in &mut clusters {
        entry.access.read_only = true;
    }
    let mut person = Person::at(console(clusters, (100, 30)));
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf()))));
    person.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Open]);
    assert!(matches!(person.state.layers.page(), Some(Page::Hosts(_))), "{}", person.screen());
    assert!(
        person.screen().contains("gateway is read-only: nothing is run on its hosts"),
        "{}",
        person.screen()
    );
    // Nor are its hosts by their names.
    person.act(&[Action::Last]).types("gateway2").typed(Typing::Accept);
    assert!(matches!(person.state.layers.page(), Some(Page::Hosts(_))), "{}", person.screen());
}

#[test]
fn a_host_of_a_read_only_cluster_is_left_alone_however_it_is_written() {
    for (written, is_left_alone) in
        [("gateway1", true), ("root@gateway1", true), ("ssh://Gateway1:22", true), ("w1", false)]
    {
        let mut clusters = deployment();
        for (entry, _) in &mut clusters {
            entry.access.read_only = true;
        }
        let mut person = Person::at(console(clusters, (100, 30)));
        person.hear(Event::Scenario(News::Shelf(Box::new(shelf()))));
        person.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Last]);
        person.types(written).typed(Typing::Accept);
        let stays = matches!(person.state.layers.page(), Some(Page::Hosts(_)));
        assert_eq!(stays, is_left_alone, "{written}: {}", person.screen());
    }
}

/// `quorate HOST` shows one cluster; the read-only ones of the configuration stay so.
#[test]
fn a_host_of_a_read_only_cluster_that_is_not_on_screen_is_left_alone() {
    let mut locked = deployment()[0].0.clone();
    locked.name = "prod".into();
    locked.hosts = vec!["p1".into(), "gateway1".into()];
    for (written, is_left_alone) in [("P1.example", true), ("p2", false), ("gateway1", false)] {
        let mut person = Person::at(console(deployment(), (100, 30)));
        let shelf = Shelf { locked: vec![locked.clone()], ..shelf() };
        person.hear(Event::Scenario(News::Shelf(Box::new(shelf))));
        person.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Last]);
        person.types(written).typed(Typing::Accept);
        let stays = matches!(person.state.layers.page(), Some(Page::Hosts(_)));
        assert_eq!(stays, is_left_alone, "{written}: {}", person.screen());
        let is_named = person.screen().contains("belongs to prod, which is read-only by the configuration");
        assert_eq!(is_named, is_left_alone, "{written}: {}", person.screen());
    }
}

/// The value that stands in a field of the form.
fn entered(person: &Person, name: &str) -> Option<String> {
    let Some(Page::Form(form)) = person.state.layers.page() else { panic!("{}", person.screen()) };
    let field = form.fields.iter().find(|field| field.variable.name == name);
    field.map(|field| field.input.value().to_owned())
}

#[test]
fn esc_leaves_a_form_for_its_hosts_and_keeps_what_was_typed() {
    let mut person = Person::in_form((100, 30));
    person.types("hunter22").typed(Typing::Cancel);
    let Some(Page::Hosts(hosts)) = person.state.layers.page() else { panic!("{}", person.screen()) };
    assert_eq!(hosts.row, 2, "the cluster that was chosen");
    person.act(&[Action::Open]);
    assert_eq!(entered(&person, "api_password").as_deref(), Some("hunter22"));
    // Another cluster has a form of its own; the first one keeps what was typed.
    person.act(&[Action::Back, Action::Down, Action::Open]);
    assert_eq!(entered(&person, "api_password").as_deref(), Some(""));
    person.act(&[
        Action::Back,
        Action::Up,
        Action::Back,
        Action::Open,
        Action::Down,
        Action::Down,
        Action::Open,
    ]);
    assert_eq!(entered(&person, "api_password").as_deref(), Some("hunter22"));
    // So does a plan that was looked at and left, until it is begun.
    person.act(&[Action::Last]).typed(Typing::CompleteBack).act(&[Action::Open]).planned();
    person.act(&[Action::Back, Action::Open, Action::Down, Action::Down, Action::Open]);
    assert_eq!(entered(&person, "api_password").as_deref(), Some("hunter22"));
}

#[test]
fn what_was_typed_is_forgotten_when_the_run_begins() {
    let (mut person, order) = Person::begun((100, 30), Action::Open);
    person
        .gates(&order, &[])
        .hear(Event::Scenario(News::Over(order.pass, Outcome::Done { notes: Vec::new() })));
    person.act(&[Action::Back, Action::Last, Action::First, Action::Down, Action::Open]);
    person.act(&[Action::Down, Action::Down, Action::Open]);
    assert_eq!(entered(&person, "api_password").as_deref(), Some(""));
}

#[test]
fn an_answer_goes_with_the_part_of_a_run_that_it_was_about() {
    let parts = [Action::NextPane, Action::DryRun, Action::Right];
    for part in parts {
        let mut person = Person::ready((100, 30));
        person.act(&[Action::PauseRun]);
        assert!(person.screen().contains("nothing is under way"), "{}", person.screen());
        person.act(&[part]);
        assert!(!person.screen().contains("nothing is under way"), "{part:?}\n{}", person.screen());
    }
}

#[test]
fn a_question_lies_on_its_run_and_under_the_help() {
    let mut person = Person::ready((100, 30));
    person.act(&[Action::RunToEnd]);
    assert!(person.state.layers.ask().is_some() && person.screen().contains("[ Run all ]"));
    person.act(&[Action::Help]);
    assert!(!person.screen().contains("[ Run all ]"), "{}", person.screen());
    person.act(&[Action::Right, Action::Open, Action::Back]);
    let focus = person.state.layers.ask().map(|ask| ask.focus);
    assert_eq!(focus, Some(Focus::Cancel), "keys in the help reach no button: {}", person.screen());
    // With its run it goes.
    person.act(&[Action::Scenarios]);
    assert!(person.state.layers.ask().is_none(), "{}", person.screen());
    assert!(person.asked.is_empty());
}

#[test]
fn a_console_that_is_read_only_runs_nothing() {
    let mut person = Person::ready((100, 30));
    let mut shelf = shelf();
    shelf.is_read_only = true;
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf))));
    person.act(&[Action::RunToEnd]);
    assert!(person.screen().contains("this console is read-only"), "{}", person.screen());
    assert!(person.asked.is_empty());
}

#[test]
fn a_run_that_was_left_is_gone_on_with_and_asks_for_its_secrets() {
    let mut person = Person::new((100, 30));
    person.act(&[Action::Scenarios, Action::Open]);
    let Some(Request::Recall(id)) = person.asked.pop() else { panic!("{}", person.screen()) };
    assert_eq!(id, "20261122-101600-1a2b");
    let cache = scenario("cache", crate::person::CACHE);
    let open = [("memory", "64"), ("listen", "0.0.0.0")];
    let mut values: BTreeMap<String, Value> =
        open.iter().map(|(name, text)| ((*name).to_owned(), Value::open(*text))).collect();
    values.insert("token".to_owned(), secret("kept-token"));
    // The plan that it had is the one that the same values give.
    let mut before = Person::ready((100, 30));
    before.act(&[Action::RunToEnd, Action::Right, Action::Open]);
    let order = before.order();
    let recalled = Recalled {
        id,
        scenario: cache,
        hosts: order.plan.hosts.clone(),
        cluster: None,
        values,
        fingerprint: order.plan.fingerprint(),
        entries: Vec::new(),
    };
    person.hear(Event::Scenario(News::Recalled(Box::new(Ok(recalled.clone())))));
    assert!(person.screen().contains("it has no value"), "{}", person.screen());
    person.types("hunter22").typed(Typing::Accept).act(&[Action::Open]).planned();
    assert!(person.screen().contains("It is gone on with at step 1"), "{}", person.screen());
    person.act(&[Action::Open, Action::Right, Action::Open]);
    assert_eq!(person.order().left.as_deref(), Some("20261122-101600-1a2b"));

    // What has changed since is another plan.
    let mut person = Person::new((100, 30));
    person.act(&[Action::Scenarios]);
    let changed = Recalled { fingerprint: "another".to_owned(), ..recalled };
    person.hear(Event::Scenario(News::Recalled(Box::new(Ok(changed)))));
    person.types("hunter22").typed(Typing::Accept).act(&[Action::Open]).planned();
    assert!(person.screen().contains("has changed since that run began"), "{}", person.screen());
}

#[test]
fn the_list_is_filtered_while_one_types_and_esc_goes_back_step_by_step() {
    let mut person = Person::new((100, 30));
    let is_listed = |person: &Person, title: &str| person.screen().contains(title);
    person.act(&[Action::Scenarios, Action::Filter]).types("CORE destroy");
    assert!(is_listed(&person, "Destroy a cluster"), "{}", person.screen());
    assert!(!is_listed(&person, "Memory cache"), "{}", person.screen());
    assert!(is_listed(&person, "1 shown"), "{}", person.screen());
    // What is left has the keys.
    person.typed(Typing::Accept).act(&[Action::Open]);
    assert!(person.screen().contains("on which hosts?"), "{}", person.screen());
    person.act(&[Action::Back]);
    assert!(is_listed(&person, "“CORE destroy” 1 shown"), "{}", person.screen());
    person.act(&[Action::Back]);
    assert!(is_listed(&person, "Memory cache"), "{}", person.screen());
    // The selection has stayed where it was.
    person.act(&[Action::Open]);
    assert!(person.screen().contains("Destroy a cluster"), "{}", person.screen());
    person.act(&[Action::Back, Action::Back]);
    assert!(person.state.layers.page().is_none());

    person.act(&[Action::Scenarios, Action::Filter]).types("zzz").typed(Typing::Accept).act(&[Action::Open]);
    assert!(is_listed(&person, "Nothing matches: esc shows all again."), "{}", person.screen());
    assert!(is_listed(&person, "there is nothing to choose"), "{}", person.screen());
    person.act(&[Action::Filter]).typed(Typing::Cancel);
    assert!(is_listed(&person, "Memory cache"), "{}", person.screen());
}

#[test]
fn the_selection_stays_on_its_row_when_others_come_and_go() {
    let mut more = shelf();
    more.runs.insert(0, past("20261122-111500-cafe", "destroy-cluster", None, 0));
    for (down, before, after) in [(0, Row::Left(0), Row::Left(1)), (1, Row::Book(0), Row::Book(0))] {
        let mut person = Person::new((100, 30));
        person.act(&[Action::Scenarios]).act(&vec![Action::Down; down]);
        assert_eq!(person.state.wizard.selected(), Some(before));
        person.hear(Event::Scenario(News::Shelf(Box::new(more.clone()))));
        assert_eq!(person.state.wizard.selected(), Some(after), "{}", person.screen());
    }
}

#[test]
fn a_start_tells_that_something_was_left() {
    let mut person = Person::at(console(deployment(), (100, 30)));
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf()))));
    assert!(person.screen().contains("a run of a scenario was left in the middle"), "{}", person.screen());
}

#[test]
fn other_values_begin_another_run_where_the_first_stands() {
    let (mut person, first) = Person::begun((120, 40), Action::Open);
    person.gates(&first, &[]).works(&first, 9).act(&[Action::EditVariables]);
    person.typed(Typing::Edit(InputRequest::InsertChar('0')));
    for _ in 0..4 {
        person.typed(Typing::Newer);
    }
    person.act(&[Action::Open]).planned();
    assert!(person.screen().contains("A new run that begins with step 2"), "{}", person.screen());
    // Going back leaves the first as it was.
    person.act(&[Action::Back]);
    assert_eq!(person.state.wizard.run.as_ref().map(|run| run.pass), Some(first.pass));
    person.act(&[Action::EditVariables]);
    for _ in 0..4 {
        person.typed(Typing::Newer);
    }
    person.act(&[Action::Open]).planned().act(&[Action::RunToEnd, Action::Right, Action::Open]);
    let second = person.order();
    assert_eq!((second.replaces, second.from_step, second.left), (Some(first.pass), 2, None));
    assert!(second.generated.contains("token"), "what was made up is kept with the new run too");
}

/// Between the gates and its first word a run stands for a moment, as if it were done with it.
#[test]
fn a_run_that_has_not_taken_its_first_word_asks_for_none() {
    let (mut person, order) = Person::begun((120, 40), Action::Open);
    person.entry(&order, journal::Event::Gates { when: When::Before, broken: Vec::new() });
    assert!(!person.screen().contains("It waits for you"), "{}", person.screen());
    person.entry(&order, journal::Event::Instructed { instruction: order.first }).works(&order, 9);
    assert!(person.screen().contains("It waits for you before step 2"), "{}", person.screen());
}

#[test]
fn undo_and_skip_and_pause() {
    let (mut person, order) = Person::begun((120, 40), Action::Open);
    person.gates(&order, &[]);
    person.act(&[Action::PauseRun]);
    assert_eq!(person.instructed(&order), Some(Instruction::Pause));
    person.works(&order, 9).act(&[Action::Undo]);
    assert!(person.screen().contains("step 1 says nothing of how it is taken back"), "{}", person.screen());
    person.act(&[Action::Open]);
    assert_eq!(person.instructed(&order), Some(Instruction::Next));
    person.works(&order, 20).act(&[Action::Undo]);
    assert!(person.asked.is_empty() && person.screen().contains("Take step 2 back?"), "{}", person.screen());
    person.act(&[Action::Right, Action::Open]);
    assert_eq!(person.instructed(&order), Some(Instruction::Undo));
    person.works(&order, 20).act(&[Action::SkipStep]);
    assert_eq!(person.instructed(&order), Some(Instruction::Skip));
}

#[test]
fn what_the_checks_say_is_told() {
    let mut person = Person::ready((120, 40));
    person.act(&[Action::ExamineScenario]);
    let Some(Request::Examine { pass, plan, .. }) = person.asked.pop() else { panic!("{}", person.screen()) };
    let step = |number, holds| Proved { number, holds, why: vec!["db2: does not hold".to_owned()] };
    let found = Found {
        scenario: "cache".to_owned(),
        hosts: plan.hosts.clone(),
        at: person.state.now,
        steps: vec![step(1, None), step(2, Some(true)), step(3, Some(false))],
    };
    person.hear(Event::Scenario(News::Found(pass, Box::new(Ok(found)))));
    assert!(person.screen().contains("step 3 does not hold: db2"), "{}", person.screen());
    person.act(&[Action::Back]);
    // It was done once, and does not hold any more; what was seen just now is not looked at again.
    assert!(person.screen().contains("drifted on db, 0 s ago"), "{}", person.screen());
}

#[test]
fn the_list_looks_at_no_host_of_a_read_only_cluster_however_it_is_written() {
    for (written, is_looked_at) in [("lb1", false), ("root@LB1", false), ("w1", true)] {
        let mut clusters = deployment();
        for (entry, _) in &mut clusters {
            entry.access.read_only = true;
        }
        let mut person = Person::at(console(clusters, (120, 40)));
        let mut shelf = shelf();
        shelf.runs.retain(PastRun::is_done);
        for run in &mut shelf.runs {
            run.hosts = vec![written.into()];
        }
        person.act(&[Action::Scenarios]);
        person.hear(Event::Scenario(News::Shelf(Box::new(shelf))));
        let asked = person.asked.iter().any(|asked| matches!(asked, Request::Survey(_)));
        assert_eq!(asked, is_looked_at, "{written}: {:?}", person.asked);
    }
}

/// What was brought to its end is looked at while the list is on screen, one after the other; what does not hold any more is
/// said, and where.
#[test]
fn the_list_looks_at_what_is_really_there() {
    let mut person = Person::new((120, 40));
    let mut shelf = shelf();
    let done = || Some(Outcome::Done { notes: Vec::new() });
    let mut lb = past("20261120-120000-1b1b", "cache", done(), 47);
    lb.hosts = person.state.clusters.iter().find(|it| it.entry.name == *"lb").unwrap().entry.hosts.clone();
    shelf.runs.insert(1, lb);
    person.act(&[Action::Scenarios]);
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf.clone()))));
    let looked = |person: &mut Person| match person.asked.pop() {
        Some(Request::Survey(run)) => run,
        other => panic!("{other:?}"),
    };
    let first = looked(&mut person);
    assert!(
        person.asked.is_empty() && person.screen().contains("being looked at on lb"),
        "{}",
        person.screen()
    );
    let step = |number, holds| Proved { number, holds: Some(holds), why: vec!["on lb2: no".to_owned()] };
    let found = Found {
        scenario: "cache".to_owned(),
        hosts: Vec::new(),
        at: person.state.now,
        steps: vec![step(1, true), step(2, false)],
    };
    person.hear(Event::Scenario(News::Surveyed(first, Box::new(Ok(found)))));
    let second = looked(&mut person);
    person.hear(Event::Scenario(News::Surveyed(second, Box::new(Err("db1 does not answer".to_owned())))));
    assert!(person.asked.is_empty(), "each once");
    person.act(&[Action::Down]);
    let screen = person.screen();
    for words in
        ["drifted on lb, 0 s ago", "step 2: on lb2: no", "can't be looked at on db", "db1 does not answer"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    // Read anew, it is fresh; wanted, it is looked at again.
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf.clone()))));
    assert!(person.asked.is_empty());
    person.act(&[Action::PollNow]);
    looked(&mut person);
    // Whoever has left the list, or may run nothing, waits for nothing.
    person.act(&[Action::Back]);
    person.asked.clear();
    person.hear(Event::Tick(person.state.now + SignedDuration::from_secs(120)));
    shelf.is_read_only = true;
    person.act(&[Action::Scenarios]);
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf))));
    assert!(person.asked.is_empty(), "{:?}", person.asked);
}

/// Something that a person or the runtime can do.
#[derive(Debug, Clone)]
enum Deed {
    Act(Action),
    Type(char),
    Typed(Typing),
    Plan,
    Work(u8),
    Begin,
    Resize(u16, u16),
    Scroll(quorate::app::Scroll),
    /// Whatever stands in that cell.
    Click(u16, u16),
    /// The button that begins what is asked.
    Confirm,
}

fn deed() -> impl Strategy<Value = Deed> {
    let wizard: Vec<Action> = Action::iter().filter(|action| action.is_of_wizard()).collect();
    let all: Vec<Action> = Action::iter().collect();
    let moves = vec![
        Action::Scenarios,
        Action::Open,
        Action::Open,
        Action::Down,
        Action::Right,
        Action::NextPane,
        Action::Back,
    ];
    let typings = vec![Typing::Accept, Typing::Cancel, Typing::Complete, Typing::Older, Typing::Newer];
    prop_oneof![
        5 => prop::sample::select(moves).prop_map(Deed::Act),
        4 => prop::sample::select(wizard).prop_map(Deed::Act),
        1 => prop::sample::select(all).prop_map(Deed::Act),
        2 => any::<char>().prop_map(Deed::Type),
        3 => prop::sample::select(typings).prop_map(Deed::Typed),
        4 => Just(Deed::Plan),
        4 => any::<u8>().prop_map(Deed::Work),
        2 => Just(Deed::Begin),
        1 => (0u16..200, 0u16..60).prop_map(|(columns, rows)| Deed::Resize(columns, rows)),
        1 => prop_oneof![Just(quorate::app::Scroll::Up), Just(quorate::app::Scroll::Down)].prop_map(Deed::Scroll),
        4 => (0u16..80, 0u16..24).prop_map(|(x, y)| Deed::Click(x, y)),
        1 => Just(Deed::Confirm),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Nothing panics, nothing is drawn outside the screen, and nothing is begun but from the button of a question.
    #[test]
    fn any_deeds_in_any_order(deeds in prop::collection::vec(deed(), 1..80)) {
        let look = look();
        let mut person = Person::new((80, 24));
        let mut order = None;
        for deed in deeds {
            let ask = person.state.layers.ask();
            let was_asked =
                ask.is_some_and(|ask| ask.focus == Focus::Confirm && ask.can_be_confirmed());
            let may_be_pressed =
                person.state.layers.panel().is_none() && ask.is_some_and(Ask::can_be_confirmed);
            let mut is_button = false;
            let asked = person.asked.len();
            match deed {
                Deed::Act(action) => _ = person.act(&[action]),
                Deed::Type(letter) => _ = person.types(&letter.to_string()),
                Deed::Typed(typing) => _ = person.typed(typing),
                Deed::Plan if matches!(person.asked.last(), Some(Request::Plan { .. })) => _ = person.planned(),
                Deed::Begin if person.state.wizard.run.as_ref().is_some_and(|run| run.stage == Stage::UnderWay) => {
                    if let Some(order) = &order {
                        person.gates(order, &[]);
                    }
                }
                Deed::Work(luck) => if let Some(order) = &order {
                    let unlucky = |job: &quorate::scenario::journal::Job| match luck.wrapping_mul(job.step as u8) % 4 {
                        0 => Some(End::Exited { code: Some(i32::from(luck)) }),
                        1 => None,
                        _ => Some(well(job)),
                    };
                    person.work(order, usize::from(luck % 9), unlucky);
                },
                Deed::Plan | Deed::Begin => {}
                Deed::Resize(columns, rows) => _ = person.hear(Event::Resized { columns, rows }),
                Deed::Scroll(scroll) => _ = person.hear(Event::Scrolled(scroll)),
                Deed::Click(x, y) => if let Some(target) = target_at(&person.state, &look, x, y) {
                    is_button = target == Target::Button(Focus::Confirm);
                    person.hear(Event::Pressed(target));
                },
                Deed::Confirm => {
                    is_button = true;
                    person.hear(Event::Pressed(Target::Button(Focus::Confirm)));
                }
            }
            for request in person.asked.iter().skip(asked) {
                if let Request::Begin(begun) = request {
                    prop_assert!(was_asked || (is_button && may_be_pressed), "it was begun unasked");
                    order = Some((**begun).clone());
                }
            }
            if person.state.size.0 > 0 && person.state.size.1 > 0 {
                screen(&person.state, &look);
            }
            prop_assert_eq!(person.state.wizard.row < person.state.wizard.rows().len().max(1), true);
        }
        update(&mut person.state, Event::Act(Action::Scenarios));
    }
}

#[test]
fn running_all_that_is_left_asks_even_after_a_confirmed_step() {
    for size in [(80, 24), (160, 45)] {
        let (mut person, order) = Person::begun(size, Action::Open);
        person.gates(&order, &[]).works(&order, 9);
        person.asked.clear();
        person.act(&[Action::RunToEnd]);
        assert!(person.asked.is_empty(), "{:?}", person.asked);
        assert!(person.screen().contains("that are left?"), "{}", person.screen());
        // Cancel has the focus.
        person.act(&[Action::Open]);
        assert!(person.asked.is_empty(), "{:?}", person.asked);
        person.act(&[Action::RunToEnd, Action::Right, Action::Open]);
        let asked = person.asked.as_slice();
        assert!(matches!(asked, [Request::Instruct(_, Instruction::RunToEnd)]), "{asked:?}");
    }
}
