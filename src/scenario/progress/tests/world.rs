//! A world of hosts on which scripts run, fail, get lost and outlive the console.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::scenario::journal::Part;
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
    parallel: usize,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let shape = (any::<bool>(), any::<bool>(), 1..4_usize);
    let shape = shape.prop_map(|(has_unless, has_check, parallel)| Shape { has_unless, has_check, parallel });
    prop::collection::vec(shape, 1..4)
}

fn plan_of(shapes: &[Shape]) -> Arc<Plan> {
    let mut plan = Plan::clone(&plan(&"## Do\n```bash run\nx\n```\n".repeat(shapes.len())));
    for (step, shape) in plan.scenario.steps.iter_mut().zip(shapes) {
        step.on = Target::All;
        step.order = if shape.parallel == 1 { Order::Serial } else { Order::Parallel(shape.parallel) };
        step.unless = if shape.has_unless { vec![script("u")] } else { Vec::new() };
        let retry = Duration::from_secs(5);
        step.checks = if shape.has_check { vec![Check { script: script("c"), retry }] } else { Vec::new() };
    }
    Arc::new(plan)
}

/// What has become of the scripts on the hosts.
#[derive(Debug, Default)]
struct World {
    /// How often each step's script has done its work on a host.
    done: BTreeMap<(usize, Place), usize>,
    /// The scripts that run, and whether a console listens.
    running: BTreeMap<u64, Job>,
    /// What has become of those of which a host remembers it.
    fates: BTreeMap<u64, Fate>,
    /// Those that somebody has wanted to be run although nothing could tell.
    wanted: BTreeSet<(usize, Place)>,
}

impl World {
    fn work(&mut self, job: &Job) {
        *self.done.entry((job.step, job.place.clone())).or_default() += 1;
    }

    /// How a script that only asks exits.
    fn answer(&self, job: &Job) -> i32 {
        i32::from(!self.done.contains_key(&(job.step, job.place.clone())))
    }
}

/// Carries a plan out through all that the choices bring; when there are none left, all goes well.
fn live_through(shapes: &[Shape], choices: &[u8]) -> Result<(), TestCaseError> {
    let plan = plan_of(shapes);
    let mut console = Console::to_the_end(&plan);
    let mut world = World::default();
    let mut choices = choices.iter().copied();
    for _ in 0..2_000 {
        prop_assert_eq!(&console.replayed(), &console.progress);
        console.now = console.now.checked_add(Duration::from_secs(1)).unwrap();
        let choice = choices.next();
        let todo = console.todo();
        match &todo.stand {
            Stand::Over(Outcome::Done { .. }) => {
                check_world(shapes, &world)?;
                return Ok(());
            }
            Stand::Over(outcome) => {
                let outcome = outcome.clone();
                console.tell(Event::Over { outcome });
                console.take_over();
            }
            Stand::Gates(when) => console.pass(*when),
            Stand::Stuck => {
                for trouble in console.progress.troubles() {
                    world.wanted.insert((trouble.step, trouble.place));
                }
                console.instruct(Instruction::Retry);
            }
            Stand::Paused => console.instruct(Instruction::RunToEnd),
            Stand::Busy => act(&mut console, &mut world, &todo, choice)?,
        }
    }
    prop_assert!(false, "it does not come to an end: {:?}", console.todo());
    Ok(())
}

fn act(
    console: &mut Console,
    world: &mut World,
    todo: &Todo,
    choice: Option<u8>,
) -> Result<(), TestCaseError> {
    match choice {
        // The console is killed; what runs goes on, ends, or dies with its host.
        Some(choice @ 0..20) => {
            for (serial, job) in std::mem::take(&mut world.running) {
                if choice % 4 < 2 {
                    world.work(&job);
                }
                match choice % 4 {
                    0 => _ = world.fates.insert(serial, Fate::Exited { code: 0 }),
                    3 => _ = world.fates.insert(serial, Fate::NeverBegan),
                    _ => {}
                }
            }
            console.take_over();
        }
        Some(20..24) => console.instruct(Instruction::Abort),
        _ => {
            if let Some((serial, _)) = todo.settle.first() {
                let fate = world.fates.get(serial).cloned().unwrap_or(Fate::Gone);
                console.tell(Event::Settled { serial: *serial, fate });
            } else if let Some(serial) = todo.kill.first() {
                world.running.remove(serial);
                console.end(*serial, End::Killed);
            } else if let Some(job) = todo.start.first().filter(|_| choice.is_none_or(|it| it % 2 == 0)) {
                let serial = console.send(job.clone());
                prop_assert!(console.progress.flight(serial).is_some(), "what was due was taken for sent");
                if job.part == Part::Run {
                    let twice = world.running.values().any(|other| other == job);
                    prop_assert!(!twice, "it runs twice at once: {job:?}");
                    world.running.insert(serial, job.clone());
                } else {
                    console.end(serial, End::Exited { code: Some(world.answer(job)) });
                }
            } else {
                let ended = world.running.pop_first();
                if let Some((serial, job)) = ended {
                    finish(console, world, serial, &job, choice);
                }
            }
        }
    }
    Ok(())
}

fn finish(console: &mut Console, world: &mut World, serial: u64, job: &Job, choice: Option<u8>) {
    match choice {
        Some(24..40) => console.end(serial, End::Exited { code: Some(1) }),
        Some(40..50) => console.end(serial, End::NotSent { why: "no".to_owned() }),
        Some(50..60) => console.end(serial, End::TimedOut),
        Some(lost @ 60..80) => {
            if lost % 2 == 0 {
                world.work(job);
            }
            let fate = match lost % 4 {
                0 | 2 => Some(Fate::Exited { code: 0 }),
                1 => Some(Fate::NeverBegan),
                _ => None,
            };
            world.fates.extend(fate.map(|fate| (serial, fate)));
            console.end(serial, End::Lost { why: "lost".to_owned() });
        }
        _ => {
            world.work(job);
            console.end(serial, End::Exited { code: Some(0) });
        }
    }
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
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn all_is_done_once_whatever_happens(
        shapes in shapes(),
        choices in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        live_through(&shapes, &choices)?;
    }

    #[test]
    fn any_lines_are_a_journal(bytes in any::<Vec<u8>>(), shapes in shapes()) {
        let record = Record::parse(&bytes);
        let _progress = Progress::replay(plan_of(&shapes), &record.entries);
    }

    #[test]
    fn what_answers_to_nothing_changes_nothing(serial in 0..5_u64, code in any::<i32>(), shapes in shapes()) {
        let mut console = Console::to_the_end(&plan_of(&shapes));
        let before = console.progress.clone();
        console.end(serial, End::Exited { code: Some(code) });
        console.tell(Event::Settled { serial, fate: Fate::Exited { code } });
        let job = Job { step: 9, place: Place::Local, part: Part::Run, script: 0 };
        console.tell(Event::Sent { serial: serial + 1, job });
        prop_assert_eq!(console.progress, before);
    }
}
