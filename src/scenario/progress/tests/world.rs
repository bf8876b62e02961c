//! A world of hosts on which scripts run, fail, get lost and outlive the console.

mod host;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use self::host::{Host, Kept, Taken, Twice};

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
        2 => at().prop_map(Chance::Break),
        2 => at().prop_map(Chance::Leave),
        3 => extra,
    ];
    prop::collection::vec(chance, 0..60)
}

/// A script on its way to its host.
#[derive(Debug)]
struct Parcel {
    serial: u64,
    job: Job,
    boot: u32,
}

/// The hosts, and what a console knows of them.
#[derive(Debug)]
struct World {
    hosts: BTreeMap<Place, Host>,
    /// How often each step's script has done its work on a host.
    done: BTreeMap<(usize, Place), usize>,
    /// The scripts whose end the console would hear of.
    heard: BTreeSet<u64>,
    /// What may still arrive.
    parcels: Vec<Parcel>,
    /// The places whose lock the console took, and in which boot.
    grips: BTreeMap<Place, u32>,
    /// Those that somebody has wanted to be run although nothing could tell.
    wanted: BTreeSet<(usize, Place)>,
}

impl World {
    fn new() -> Self {
        Self {
            hosts: HOSTS.map(|host| (Place::Host(host.into()), Host::new())).into(),
            done: BTreeMap::new(),
            heard: BTreeSet::new(),
            parcels: Vec::new(),
            grips: BTreeMap::new(),
            wanted: BTreeSet::new(),
        }
    }

    fn host(&mut self, place: &Place) -> &mut Host {
        self.hosts.get_mut(place).expect("a host")
    }

    fn nth(&mut self, nth: usize) -> &mut Host {
        self.host(&Place::Host(HOSTS[nth].into()))
    }

    fn work(&mut self, job: &Job) {
        let key = (job.step, job.place.clone());
        if job.part == Part::Undo {
            self.done.remove(&key);
        } else {
            *self.done.entry(key).or_default() += 1;
        }
    }

    /// How a script that only asks exits.
    fn answer(&self, job: &Job) -> i32 {
        i32::from(!self.done.contains_key(&(job.step, job.place.clone())))
    }

    /// A console takes the locks. What does not hold.
    fn take_locks(&mut self, last: u64) -> Vec<String> {
        let cut = self.hosts.iter().filter(|(_, host)| !host.is_reachable);
        let mut broken: Vec<String> = cut.map(|(place, _)| format!("{place} can't be reached")).collect();
        if broken.is_empty() {
            for (place, host) in &mut self.hosts {
                match host.lock(last) {
                    Taken::Ours => _ = self.grips.insert(place.clone(), host.boot),
                    Taken::Refused => broken.push(format!("{place} is held")),
                }
            }
        }
        broken
    }

    /// A console ends as it should.
    fn unlock(&mut self, progress: &Progress) {
        for place in std::mem::take(&mut self.grips).into_keys() {
            let host = self.host(&place);
            if host.is_reachable {
                host.unlock(progress.is_open_at(&place));
            }
        }
    }

    fn has_lost_a_host(&self) -> bool {
        self.grips.keys().any(|place| self.hosts.get(place).is_some_and(|host| !host.is_ours()))
    }

    fn arrives(&mut self, parcel: &Parcel) -> Result<bool, TestCaseError> {
        let Parcel { serial, job, boot } = parcel;
        let host = self.host(&job.place);
        host.begin(*serial, job, *boot).map_err(|Twice| {
            TestCaseError::fail(format!("script {serial} begins beside another: {job:?} {host:?}"))
        })
    }

    /// What happens to hosts, whether a console is there or not.
    fn happens(&mut self, chance: Chance) -> Result<(), TestCaseError> {
        match chance {
            Chance::Mend(nth) => self.nth(nth).is_reachable = true,
            Chance::Break(nth) => self.nth(nth).is_broken(),
            Chance::Leave(nth) => self.nth(nth).is_left(),
            Chance::Arrive if !self.parcels.is_empty() => {
                let parcel = self.parcels.remove(0);
                self.arrives(&parcel)?;
            }
            // The first that works and that no console hears of ends by itself.
            Chance::Work | Chance::Fail => {
                let working = self.hosts.values().filter_map(Host::working);
                let mut unheard = working.filter(|(serial, _)| !self.heard.contains(serial));
                if let Some((serial, job)) = unheard.next().map(|(serial, job)| (serial, job.clone())) {
                    self.ends(serial, &job, i32::from(chance == Chance::Fail));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ends(&mut self, serial: u64, job: &Job, code: i32) {
        if code == 0 {
            self.work(job);
        }
        self.host(&job.place).end(serial, Kept::Exited(code));
    }

    /// Nothing stands in the way any more.
    fn calms_down(&mut self) {
        for host in self.hosts.values_mut() {
            host.is_reachable = true;
            host.is_left();
        }
    }
}

/// Carries a plan out through all that the chances bring; when there are none left, all goes well.
fn live_through(shapes: &[Shape], chances: &[Chance]) -> Result<World, TestCaseError> {
    let plan = plan_of(shapes);
    let mut console = Console::new(&plan);
    console.instruct(Instruction::RunToEnd);
    let mut world = World::new();
    let mut chances = chances.iter().copied();
    for round in 0..2_000 {
        if round % 64 == 63 {
            prop_assert_eq!(&console.replayed(), &console.progress);
        }
        console.now = console.now.checked_add(Duration::from_secs(1)).unwrap();
        let chance = chances.next();
        match chance {
            Some(chance) => world.happens(chance)?,
            None => world.calms_down(),
        }
        let todo = console.todo();
        match &todo.stand {
            Stand::Over(Outcome::Done { .. }) => return Ok(world),
            Stand::Over(outcome) => {
                let outcome = outcome.clone();
                console.tell(Event::Over { outcome: outcome.clone() });
                world.unlock(&console.progress);
                if matches!(outcome, Outcome::Refused { .. }) {
                    console = Console::new(&plan);
                    console.instruct(Instruction::RunToEnd);
                } else {
                    console.is_resumed();
                }
            }
            Stand::Gates(When::Before) => {
                let broken = world.take_locks(console.progress.next_serial() - 1);
                console.tell(Event::Gates { when: When::Before, broken });
            }
            Stand::Gates(When::After) => console.pass(When::After),
            Stand::Stuck if chance == Some(Chance::Skip) => console.instruct(Instruction::Skip),
            Stand::Stuck | Stand::Paused if chance == Some(Chance::Undo) => {
                console.instruct(Instruction::Undo);
            }
            // Its hosts were taken from it, so it ends there.
            Stand::Stuck if world.has_lost_a_host() => {
                let outcome = console.progress.verdict();
                console.tell(Event::Over { outcome });
                world.unlock(&console.progress);
                console.is_resumed();
            }
            Stand::Stuck => {
                for trouble in console.progress.troubles() {
                    world.wanted.insert((trouble.step, trouble.place));
                }
                console.instruct(Instruction::Retry);
            }
            Stand::Paused => console.instruct(Instruction::RunToEnd),
            Stand::Busy => act(&mut console, &mut world, &todo, chance)?,
        }
    }
    Err(TestCaseError::fail(format!("it does not come to an end: {:?} {world:?}", console.todo())))
}

impl Console {
    /// Another console takes over what is on the disk; the gates are looked at next.
    fn is_resumed(&mut self) {
        self.progress = self.replayed();
        self.tell(Event::Resumed { by: "another".to_owned() });
        self.instruct(Instruction::RunToEnd);
    }
}

fn act(
    console: &mut Console,
    world: &mut World,
    todo: &Todo,
    chance: Option<Chance>,
) -> Result<(), TestCaseError> {
    match chance {
        Some(Chance::Killed) => {
            world.heard.clear();
            world.grips.clear();
            console.is_resumed();
        }
        Some(Chance::Abort) => console.instruct(Instruction::Abort),
        Some(Chance::Skip) => console.instruct(Instruction::Skip),
        Some(Chance::Undo) => console.instruct(Instruction::Undo),
        Some(Chance::Cut(nth)) => {
            world.nth(nth).is_reachable = false;
            lose(console, world, |job| job.place == Place::Host(HOSTS[nth].into()));
        }
        Some(Chance::Reboot(nth)) => {
            world.nth(nth).reboot();
            world.parcels.retain(|parcel| parcel.job.place != Place::Host(HOSTS[nth].into()));
            lose(console, world, |job| job.place == Place::Host(HOSTS[nth].into()));
        }
        Some(Chance::Lost) => {
            let first = world.heard.first().copied();
            let job = first.and_then(|serial| console.progress.flight(serial).cloned());
            lose(console, world, |lost| Some(lost) == job.as_ref());
        }
        Some(Chance::Work | Chance::Fail | Chance::TimeUp) if !world.heard.is_empty() => {
            finish(console, world, chance);
        }
        _ => go_on(console, world, todo, chance)?,
    }
    Ok(())
}

/// The connections break over which those scripts were sent.
fn lose(console: &mut Console, world: &mut World, is_lost: impl Fn(&Job) -> bool) {
    for serial in world.heard.clone() {
        if console.progress.flight(serial).is_some_and(&is_lost) {
            world.heard.remove(&serial);
            console.end(serial, End::Lost { why: "lost".to_owned() });
        }
    }
}

/// The console does the first of what is to be done.
fn go_on(
    console: &mut Console,
    world: &mut World,
    todo: &Todo,
    chance: Option<Chance>,
) -> Result<(), TestCaseError> {
    if let Some((serial, job)) = todo.settle.first() {
        let host = world.host(&job.place);
        let fate = if host.is_reachable { host.settle(*serial) } else { unreachable_fate() };
        match fate {
            Some(fate) => console.tell(Event::Settled { serial: *serial, fate }),
            None if todo.kill.contains(serial) => host.kill(*serial),
            // It works until it ends; once nothing else happens, it does.
            None if chance.is_none() => world.ends(*serial, job, 0),
            None => {}
        }
    } else if let Some(serial) = todo.kill.first() {
        let job = console.progress.flight(*serial).cloned().expect("a script that is under way");
        world.heard.remove(serial);
        let host = world.host(&job.place);
        if host.is_reachable {
            host.kill(*serial);
            console.end(*serial, End::Killed);
        } else {
            console.end(*serial, End::Lost { why: "it could not be killed".to_owned() });
        }
    } else if let Some(job) = todo.start.first() {
        send(console, world, job, chance)?;
    } else {
        finish(console, world, None);
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside what a reachable host answers")]
fn unreachable_fate() -> Option<Fate> {
    Some(Fate::Unreachable { why: "no route to host".to_owned() })
}

fn send(
    console: &mut Console,
    world: &mut World,
    job: &Job,
    chance: Option<Chance>,
) -> Result<(), TestCaseError> {
    let serial = console.send(job.clone());
    prop_assert!(console.progress.flight(serial).is_some(), "what was due was taken for sent");
    let is_reachable = world.host(&job.place).is_reachable;
    if !is_reachable || chance == Some(Chance::NotSent) {
        console.end(serial, End::NotSent { why: "no".to_owned() });
    } else if !job.part.changes() {
        console.end(serial, End::Exited { code: Some(world.answer(job)) });
    } else {
        let mut boot = world.grips.get(&job.place).copied().expect("a lock that was taken");
        let host = world.host(&job.place);
        if boot != host.boot && host.lock(serial - 1) == Taken::Ours {
            boot = host.boot;
            world.grips.insert(job.place.clone(), boot);
        }
        let parcel = Parcel { serial, job: job.clone(), boot };
        if chance == Some(Chance::LostOnTheWay) {
            world.parcels.push(parcel);
            console.end(serial, End::Lost { why: "lost".to_owned() });
        } else if world.arrives(&parcel)? {
            world.heard.insert(serial);
        } else {
            console.end(serial, End::Exited { code: Some(125) });
        }
    }
    Ok(())
}

/// The first script that the console hears of ends.
fn finish(console: &mut Console, world: &mut World, chance: Option<Chance>) {
    let Some(serial) = world.heard.pop_first() else { return };
    let Some(job) = console.progress.flight(serial).cloned() else { return };
    let (code, end) = match chance {
        Some(Chance::Fail) => (1, End::Exited { code: Some(1) }),
        Some(Chance::TimeUp) => {
            world.host(&job.place).kill(serial);
            return console.end(serial, End::TimedOut);
        }
        _ => (0, End::Exited { code: Some(0) }),
    };
    world.ends(serial, &job, code);
    console.end(serial, end);
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
    #![proptest_config(ProptestConfig::with_cases(300))]
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
