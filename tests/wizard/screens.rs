//! What the screens look like, at a fixed time.

use quorate::app::wizard::{News, Realm, Shelf};
use quorate::app::{Action, Event, Typing};
use quorate::model::HostName;
use quorate::scenario::Sources;
use quorate::scenario::journal::{self, End, Instruction, Outcome, Part};

use crate::person::{Person, book, past, shelf, well};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 45)];

fn snapshot(name: &str, person: &Person) {
    let (columns, rows) = person.state.size;
    insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), person.screen());
}

#[test]
fn the_list_says_what_there_is_and_how_it_stands() {
    for size in SIZES {
        let mut person = Person::new(size);
        person.act(&[Action::Scenarios]);
        snapshot("list", &person);
        person.act(&[Action::Down]);
        snapshot("list-scenario", &person);
        person.act(&[Action::Last]);
        snapshot("list-wrong", &person);
        person.act(&[Action::Open]);
        assert!(person.asked.is_empty());
        let nothing = Shelf {
            books: Vec::new(),
            layouts: Vec::new(),
            runs: Vec::new(),
            sources: Sources::default(),
            is_read_only: true,
            locked: Vec::new(),
            realm: Realm::Real,
            troubles: Vec::new(),
        };
        person.hear(Event::Scenario(News::Shelf(Box::new(nothing))));
        snapshot("list-empty", &person);
    }
}

/// However small the screen, what has the keys is seen.
#[test]
fn the_selected_row_is_seen_on_the_smallest_screen() {
    for rows in 10..20 {
        let mut person = Person::new((40, rows));
        person.act(&[Action::Scenarios]);
        for title in ["Memory", "Memory", "Destroy", "mine"] {
            let screen = person.screen();
            let is_selected = |line: &str| line.contains('▌') && line.contains(title);
            assert!(screen.lines().any(is_selected), "{rows} rows, {title}:\n{screen}");
            person.act(&[Action::Down]);
        }
    }
}

#[test]
fn hosts_are_chosen_or_named() {
    for size in SIZES {
        let mut person = Person::new(size);
        person.act(&[Action::Scenarios, Action::Down, Action::Open]);
        snapshot("hosts", &person);
        person.act(&[Action::Last]).types("db1, -oProxyCommand=x").typed(Typing::Accept);
        snapshot("hosts-wrong", &person);
    }
}

#[test]
fn the_form_says_what_is_wrong_beside_the_field() {
    for size in SIZES {
        let mut person = Person::in_form(size);
        snapshot("form", &person);
        // The keys are where a value is missing.
        person.types("hunter22");
        snapshot("form-secret", &person);
        assert!(!person.screen().contains("hunter22"));
        for _ in 0..8 {
            person.typed(Typing::Edit(tui_input::InputRequest::DeletePrevChar));
        }
        person.typed(Typing::Older).typed(Typing::Older).types(".x");
        person.typed(Typing::Older).types("many");
        for _ in 0..4 {
            person.typed(Typing::Newer);
        }
        person.act(&[Action::Open]);
        assert!(person.asked.is_empty(), "nothing is planned of what is wrong");
        snapshot("form-errors", &person);
    }
}

#[test]
fn everything_is_seen_before_anything_is_run() {
    for size in SIZES {
        let mut person = Person::ready(size);
        snapshot("ready", &person);
        person.act(&[Action::Right, Action::NextPane]);
        snapshot("ready-script", &person);
        assert!(!person.screen().contains("hunter22"));
        person.act(&[Action::CopyScript]);
        assert!(
            person
                .copied
                .as_ref()
                .is_some_and(|text| text.contains("-l 0.0.0.0") && !text.contains("hunter22"))
        );
        person.act(&[Action::DryRun]);
        snapshot("dry-run", &person);
        person.act(&[Action::Last]);
        snapshot("dry-run-end", &person);
        person.act(&[Action::Back, Action::Open]);
        snapshot("ask", &person);
        // Cancel has the keys.
        person.act(&[Action::Open]);
        assert!(person.asked.is_empty());
    }
}

#[test]
fn a_run_in_the_middle() {
    for size in SIZES {
        let (mut person, order) = Person::begun(size, Action::RunToEnd);
        person.gates(&order, &[]).work(&order, 4, |job| {
            let is_slow = job.step == 2 && job.part == Part::Run && job.place.to_string() == "db2";
            if is_slow { None } else { Some(well(job)) }
        });
        snapshot("middle", &person);
        person.act(&[Action::NextPane]);
        snapshot("middle-script", &person);
        person.act(&[Action::NextPane]);
        snapshot("middle-output", &person);
        person.act(&[Action::Back]);
        snapshot("background", &person);
        person.act(&[Action::Quit]);
        assert!(!person.quits);
        snapshot("leaving", &person);
    }
}

#[test]
fn step_by_step_to_the_end() {
    for size in SIZES {
        let (mut person, order) = Person::begun(size, Action::Open);
        person.gates(&order, &[]).works(&order, 9);
        snapshot("paused", &person);
        for _ in 0..2 {
            person.act(&[Action::Open]);
            assert_eq!(person.instructed(&order), Some(Instruction::Next));
            person.works(&order, 20);
        }
        snapshot("done", &person);
    }
}

#[test]
fn a_step_that_failed_says_where_how_and_what_can_be_done() {
    for size in SIZES {
        let (mut person, order) = Person::begun(size, Action::RunToEnd);
        person.gates(&order, &[]).work(&order, 9, |job| {
            if job.place.to_string() == "db2" {
                Some(End::Exited { code: Some(100) })
            } else {
                Some(well(job))
            }
        });
        snapshot("failed", &person);
        person.act(&[Action::Open]);
        assert!(person.asked.is_empty(), "a failed step is not gone on from by itself");
        person.act(&[Action::AbortRun]);
        snapshot("abort", &person);
        person.act(&[Action::Back, Action::RetryStep]);
        assert_eq!(person.instructed(&order), Some(Instruction::Retry));
        person.works(&order, 40);
        assert!(person.screen().contains("Done:"), "{}", person.screen());
    }
}

#[test]
fn what_may_have_run_is_asked_about() {
    for size in SIZES {
        let (mut person, order) = Person::begun(size, Action::RunToEnd);
        person.gates(&order, &[]).work(&order, 9, |job| {
            let why = "the connection to db2 broke: reset".to_owned();
            if job.place.to_string() == "db2" { Some(End::Lost { why }) } else { Some(well(job)) }
        });
        let run = person.state.wizard.run.clone().expect("a run");
        for (serial, _) in run.progress.next(person.state.now).settle {
            let fate = quorate::scenario::journal::Fate::Gone;
            person.entry(&order, quorate::scenario::journal::Event::Settled { serial, fate });
        }
        snapshot("unknown", &person);
        person.act(&[Action::RetryStep]);
        assert!(person.asked.is_empty());
        snapshot("again", &person);
        person.act(&[Action::Right, Action::Open]);
        assert_eq!(person.instructed(&order), Some(Instruction::Retry));
    }
}

#[test]
fn gates_that_are_broken_are_all_told() {
    for size in SIZES {
        let (mut person, order) = Person::begun(size, Action::RunToEnd);
        person.gates(&order, &["db2: it runs fedora 41, and debian 12 is wanted", "db3: no route to host"]);
        person.works(&order, 3);
        snapshot("refused", &person);
    }
}

#[test]
fn what_destroys_wants_its_name_typed() {
    for size in SIZES {
        let mut person = Person::new(size);
        person.act(&[Action::Scenarios, Action::Down, Action::Down, Action::Open, Action::Open]).planned();
        person.act(&[Action::RunToEnd, Action::Right]).types("destroy-clus");
        snapshot("destroy", &person);
        person.typed(Typing::Complete).act(&[Action::Open]);
        assert!(person.asked.is_empty(), "the name is not whole");
        person.act(&[Action::Left]).types("ter").typed(Typing::Accept).act(&[Action::Open]);
        assert!(person.order().may_destroy);
    }
}

#[test]
fn hundreds_of_hosts_scroll() {
    for size in SIZES {
        let mut person = Person::new(size);
        person.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Last]);
        let names: Vec<String> = (1..=200).map(|nth| format!("compute{nth}")).collect();
        person.types(&names.join(" ")).typed(Typing::Accept).types("x").typed(Typing::Newer);
        person.act(&[Action::Open]).planned().act(&[Action::RunToEnd, Action::Right, Action::Open]);
        let order = person.order();
        assert_eq!(order.plan.hosts.last(), Some(&HostName::from("compute200")));
        person.gates(&order, &[]).works(&order, 30);
        for _ in 0..120 {
            person.act(&[Action::Down]);
        }
        snapshot("many-hosts", &person);
    }
}

#[test]
fn on_simulated_hosts_it_is_said_that_nothing_is_run() {
    for size in SIZES {
        let mut person = Person::ready(size);
        let shelf = Shelf { realm: Realm::Simulated, ..shelf() };
        person.hear(Event::Scenario(News::Shelf(Box::new(shelf)))).act(&[Action::RunToEnd]);
        snapshot("simulated", &person);
    }
}

/// A test leaves nothing behind that could be looked at: what is said of it is how its last run ended.
#[test]
fn of_a_test_the_list_tells_how_it_went_last() {
    let mut shelf = shelf();
    let tested =
        "+++\ntitle = \"Test of the cache\"\npurpose = \"test\"\n+++\n## Try\n```bash check\ntrue\n```\n";
    shelf.books.push(book("cache-test", tested));
    shelf.runs.push(past(
        "20261120-113601-cafe",
        "cache-test",
        Some(Outcome::Done { notes: Vec::new() }),
        48,
    ));
    let mut person = Person::new((120, 30));
    person.hear(Event::Scenario(News::Shelf(Box::new(shelf)))).act(&[Action::Scenarios]);
    let screen = person.screen();
    let line = |title: &str| screen.lines().find(|line| line.contains(title)).unwrap().to_owned();
    assert!(line("Test of the cache").contains("passed 2 d ago"), "{screen}");
    assert!(line("40  Memory cache").contains("done 2 d ago"), "{screen}");
}

/// The cache on two hundred hosts, begun.
fn on_two_hundred(size: (u16, u16)) -> (Person, quorate::app::wizard::Order) {
    let mut person = Person::new(size);
    person.act(&[Action::Scenarios, Action::Down, Action::Open, Action::Last]);
    let names: Vec<String> = (1..=200).map(|nth| format!("host{nth}")).collect();
    person.types(&names.join(" ")).typed(Typing::Accept);
    person.types("hunter22").typed(Typing::Newer).act(&[Action::Open]).planned();
    person.act(&[Action::RunToEnd, Action::Right, Action::Open]);
    let order = person.order();
    person.gates(&order, &[]);
    (person, order)
}

#[test]
fn two_hundred_hosts_are_scrolled_through() {
    for size in [(80, 24), (300, 100)] {
        let (mut person, order) = on_two_hundred(size);
        // Some fail, some are slow, some are done; four at once.
        person.work(&order, 40, |job| match job.place.to_string().as_str() {
            "host7" | "host151" => Some(End::Exited { code: Some(1) }),
            "host20" | "host21" => None,
            _ => Some(well(job)),
        });
        for _ in 0..150 {
            person.act(&[Action::Down]);
        }
        assert!(person.screen().contains("host151"), "{}", person.screen());
        assert!(person.screen().contains("151 of 200"), "{}", person.screen());
        snapshot("two-hundred", &person);
        person.act(&[Action::Last]);
        assert!(person.screen().contains("200 of 200"), "{}", person.screen());
    }
}

#[test]
fn what_a_host_prints_that_is_not_looked_at_is_not_drawn() {
    let (mut person, order) = on_two_hundred((120, 40));
    person.works(&order, 1);
    let line = |host: &str| {
        let lines = vec!["a line of output".to_owned()];
        Event::Scenario(News::Output(order.pass, journal::Place::Host(host.into()), lines))
    };
    person.screen();
    person.state.take_dirty();
    person.hear(line("host100"));
    assert!(!person.state.take_dirty());
    person.hear(line("host1"));
    assert!(person.state.take_dirty() && person.screen().contains("a line of output"), "{}", person.screen());
    // It is there all the same.
    for _ in 1..100 {
        person.act(&[Action::Down]);
    }
    assert!(person.screen().contains("a line of output"), "{}", person.screen());
}

#[test]
fn two_hundred_hosts_push_no_warning_off_the_screen() {
    let mut person = Person::new((80, 24));
    person.act(&[Action::Scenarios, Action::Down, Action::Down, Action::Open, Action::Last]);
    let names: Vec<String> = (1..=200).map(|nth| format!("host{nth}")).collect();
    person.types(&names.join(" ")).typed(Typing::Accept).planned().act(&[Action::RunToEnd]);
    let screen = person.screen();
    assert!(screen.contains("It destroys the cluster on these hosts"), "{screen}");
    assert!(screen.contains("on 200 hosts: host1,") && screen.contains("and 176 more"), "{screen}");
    assert!(!screen.contains("more below"), "{screen}");
}
