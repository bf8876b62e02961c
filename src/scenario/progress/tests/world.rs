//! A world of hosts on which scripts run, fail, get lost and outlive the console.

mod host;
mod hosts;
mod life;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use self::hosts::World;
use self::life::live_through;
use super::*;
use crate::scenario::{Check, Order, Script, Target};

fn script(text: &str) -> Script {
    let timeout = Duration::from_secs(60);
    Script { text: text.to_owned(), line: 7, os: Vec::new(), on: None, timeout, exit_code: 0 }
}

/// A step for the world: what it has, and how it goes the first times.
#[derive(Debug, Clone)]
struct Shape {
    has_unless: bool,
    has_check: bool,
    has_undo: bool,
    parallel: usize,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let shape = (any::<bool>(), any::<bool>(), any::<bool>(), 1..4_usize);
    let shape = shape.prop_map(|(has_unless, has_check, has_undo, parallel)| Shape {
        has_unless,
        has_check,
        has_undo,
        parallel,
    });
    prop::collection::vec(shape, 1..4)
}

fn plan_of(shapes: &[Shape]) -> Arc<Plan> {
    let mut plan = Plan::clone(&plan(&"## Do\n```bash run\nx\n```\n".repeat(shapes.len())));
    for (step, shape) in plan.scenario.steps.iter_mut().zip(shapes) {
        step.on = Target::All;
        step.order = if shape.parallel == 1 { Order::Serial } else { Order::Parallel(shape.parallel) };
        step.unless = if shape.has_unless { vec![script("u")] } else { Vec::new() };
        step.undo = if shape.has_undo { vec![script("d")] } else { Vec::new() };
        let retry = Duration::from_secs(5);
        step.checks = if shape.has_check { vec![Check { script: script("c"), retry }] } else { Vec::new() };
    }
    Arc::new(plan)
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chance {
    /// What is due is sent.
    Send,
    /// A script ends well.
    Work,
    /// A script fails.
    Fail,
    /// A script is killed as its time is up.
    TimeUp,
    /// What is due can't be sent.
    NotSent,
    /// What is due is sent, and the connection breaks before it arrives.
    LostOnTheWay,
    /// A connection breaks, and the script works on.
    Lost,
    /// A script arrives that the console has lost long ago.
    Arrive,
    /// The console is killed. All that works on hosts goes on.
    Killed,
    Abort,
    Skip,
    Undo,
    /// That host can't be reached any more, or again.
    Cut(usize),
    Mend(usize),
    Reboot(usize),
    /// What works on that host survives every kill, or no longer.
    Harden(usize),
    Soften(usize),
    /// Another run breaks the lock of that host, or leaves it.
    Break(usize),
    Leave(usize),
}

fn chances(extra: impl Strategy<Value = Chance> + 'static) -> impl Strategy<Value = Vec<Chance>> {
    let at = || 0..HOSTS.len();
    let chance = prop_oneof![
        12 => Just(Chance::Send),
        6 => Just(Chance::Work),
        2 => Just(Chance::Fail),
        1 => Just(Chance::TimeUp),
        1 => Just(Chance::NotSent),
        2 => Just(Chance::LostOnTheWay),
        4 => Just(Chance::Lost),
        2 => Just(Chance::Arrive),
        4 => Just(Chance::Killed),
        1 => Just(Chance::Abort),
        2 => at().prop_map(Chance::Cut),
        3 => at().prop_map(Chance::Mend),
        1 => at().prop_map(Chance::Reboot),
        1 => at().prop_map(Chance::Harden),
        1 => at().prop_map(Chance::Soften),
        2 => at().prop_map(Chance::Break),
        2 => at().prop_map(Chance::Leave),
        3 => extra,
    ];
    prop::collection::vec(chance, 0..60)
}

/// No script that changes something is to be sent beside another, or where one may still work.
fn begins_beside_nothing(console: &Console) -> Result<(), TestCaseError> {
    let start = console.todo().start;
    let changing = || start.iter().filter(|job| job.part.changes());
    let places: BTreeSet<&Place> = changing().map(|job| &job.place).collect();
    prop_assert_eq!(places.len(), changing().count(), "two scripts begin at once: {:?}", start);
    prop_assert!(changing().all(|job| !console.progress.is_open_at(&job.place)), "{:?}", start);
    Ok(())
}

/// The scripts that change something and of whose end these entries say nothing.
fn unended(entries: &[Entry]) -> BTreeMap<u64, Job> {
    let mut sent = BTreeMap::new();
    for entry in entries {
        if let Event::Sent { serial, job } = &entry.event
            && job.part.changes()
        {
            sent.insert(*serial, job.clone());
        }
    }
    for entry in entries {
        if let Event::Ended { serial, .. } = &entry.event {
            sent.remove(serial);
        }
    }
    sent
}

/// Everything is done everywhere, and what could be told to be done was done once.
fn check_world(shapes: &[Shape], world: &World) -> Result<(), TestCaseError> {
    for (shape, step) in shapes.iter().zip(1..) {
        for host in HOSTS {
            let key = (step, Place::Host(host.into()));
            let times = world.done.get(&key).copied().unwrap_or_default();
            prop_assert!(times >= 1, "step {step} was not done on {host}");
            if shape.has_unless || shape.has_check || !world.wanted.contains(&key) {
                prop_assert_eq!(times, 1, "step {} on {}", step, host);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    /// The hosts themselves fail the test when a script begins beside another.
    #[test]
    fn no_script_is_ever_under_way_twice_on_one_host(
        shapes in shapes(),
        chances in chances(prop_oneof![Just(Chance::Skip), Just(Chance::Undo)]),
    ) {
        live_through(&shapes, &chances)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn all_is_done_once_whatever_happens(shapes in shapes(), chances in chances(Just(Chance::Killed))) {
        check_world(&shapes, &live_through(&shapes, &chances)?)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn any_lines_are_a_journal(
        shapes in shapes(),
        sent in 0..8_usize,
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let plan = plan_of(&shapes);
        let mut console = Console::to_the_end(&plan);
        for _ in 0..sent {
            console.all_exit(0);
        }
        for job in console.todo().start {
            console.send(job);
        }
        let whole = Record::parse(&console.lines).entries;
        let mut lines: Vec<&[u8]> = console.lines.split_inclusive(|byte| *byte == b'\n').collect();
        prop_assert_eq!(lines.len(), whole.len());
        let torn = &console.lines[..cut.index(console.lines.len())];
        let record = Record::parse(torn);
        prop_assert!(whole.starts_with(&record.entries), "{:?}", record);
        prop_assert!(record.entries.len() >= torn.split(|byte| *byte == b'\n').count() - 1);
        for (one, other) in swaps {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        for at in lost {
            let at = at.index(lines.len());
            lines[at] = &lines[at][..lines[at].len() / 2];
        }
        let record = Record::parse(&lines.concat());
        console.progress = Progress::replay(plan, &record.entries);
        begins_beside_nothing(&console)?;
        for (serial, job) in unended(&record.entries) {
            prop_assert!(serial < console.progress.next_serial(), "{} is used again", serial);
            prop_assert!(console.progress.is_open_at(&job.place), "{:?} is forgotten", job);
        }
        console.tell(Event::Resumed { by: "another".to_owned() });
        console.instruct(Instruction::RunToEnd);
        console.pass(When::Before);
        begins_beside_nothing(&console)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn what_answers_to_nothing_changes_nothing(serial in 0..5_u64, code in any::<i32>(), shapes in shapes()) {
        let mut console = Console::to_the_end(&plan_of(&shapes));
        let before = console.progress.clone();
        console.end(serial, End::Exited { code: Some(code) });
        console.tell(Event::Settled { serial, fate: Fate::Exited { code } });
        prop_assert_eq!(console.progress, before);
    }
}
