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
    /// The places where a kill may have failed since the run was aborted, or could not be sent.
    spared: BTreeSet<Place>,
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
            spared: BTreeSet::new(),
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

    /// A console takes the locks; the first answer may get lost. What does not hold.
    fn take_locks(&mut self, last: u64, chance: Option<Chance>) -> Vec<String> {
        let cut = self.hosts.iter().filter(|(_, host)| !host.is_reachable);
        let mut broken: Vec<String> = cut.map(|(place, _)| format!("{place} can't be reached")).collect();
        if broken.is_empty() {
            for (place, host) in &mut self.hosts {
                match host.lock(last) {
                    Taken::Ours if chance == Some(Chance::LostOnTheWay) && broken.is_empty() => {
                        broken.push(format!("{place} doesn't answer"));
                    }
                    Taken::Ours => _ = self.grips.insert(place.clone(), host.boot),
                    Taken::Refused => broken.push(format!("{place} is held")),
                }
            }
        }
        broken
    }

    /// A console ends as it should. It gives back every lock that it may have.
    fn unlock(&mut self, progress: &Progress) {
        self.grips.clear();
        for (place, host) in self.hosts.iter_mut().filter(|(_, host)| host.is_reachable) {
            host.unlock(progress.is_open_at(place));
        }
    }

    /// The run is aborted.
    fn is_aborted(&mut self) {
        self.spared = self
            .hosts
            .iter()
            .filter(|(_, host)| !host.is_reachable)
            .map(|(place, _)| place.clone())
            .collect();
    }

    /// An aborted run has ended: where each of its kills got through, nothing of it is left.
    fn check_aborted(&self) -> Result<(), TestCaseError> {
        for (place, host) in self.hosts.iter().filter(|(place, _)| !self.spared.contains(place)) {
            prop_assert!(host.working().is_none() && !host.is_ours(), "{} is not free: {:?}", place, host);
        }
        Ok(())
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
            Chance::Harden(nth) => self.nth(nth).is_stubborn = true,
            Chance::Soften(nth) => self.nth(nth).is_stubborn = false,
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
            host.is_stubborn = false;
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
            Stand::Gates(_) | Stand::Stuck | Stand::Paused if chance == Some(Chance::Abort) => {
                world.is_aborted();
                console.instruct(Instruction::Abort);
            }
            Stand::Gates(_) | Stand::Stuck | Stand::Paused if chance == Some(Chance::Killed) => {
                world.grips.clear();
                console.is_resumed();
            }
            Stand::Over(outcome) => {
                let outcome = outcome.clone();
                console.tell(Event::Over { outcome: outcome.clone() });
                world.unlock(&console.progress);
                if outcome == Outcome::Aborted {
                    world.check_aborted()?;
                }
                if matches!(outcome, Outcome::Refused { .. }) {
                    console = Console::new(&plan);
                    console.instruct(Instruction::RunToEnd);
                } else {
                    console.is_resumed();
                }
            }
            Stand::Gates(When::Before) => {
                let broken = world.take_locks(console.progress.next_serial() - 1, chance);
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
        Some(Chance::Abort) => {
            world.is_aborted();
            console.instruct(Instruction::Abort);
        }
        Some(Chance::Skip) => console.instruct(Instruction::Skip),
        Some(Chance::Undo) => console.instruct(Instruction::Undo),
        Some(Chance::Cut(nth)) => {
            world.nth(nth).is_reachable = false;
            world.spared.insert(Place::Host(HOSTS[nth].into()));
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
            None if todo.kill.contains(serial) => {
                if !kill(world, &job.place, *serial) {
                    let why = "the script runs there and can't be killed".to_owned();
                    console.tell(Event::Settled { serial: *serial, fate: Fate::Unreachable { why } });
                }
            }
            // It works until it ends; once nothing else happens, it does.
            None if chance.is_none() => world.ends(*serial, job, 0),
            None => {}
        }
    } else if let Some(serial) = todo.kill.first() {
        let job = console.progress.flight(*serial).cloned().expect("a script that is under way");
        world.heard.remove(serial);
        let is_dead = kill(world, &job.place, *serial);
        // The answer may get lost after the script is dead.
        if is_dead && chance != Some(Chance::LostOnTheWay) {
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

/// Whether a script is dead for certain.
fn kill(world: &mut World, place: &Place, serial: u64) -> bool {
    let host = world.host(place);
    let is_dead = host.is_reachable && host.kill(serial);
    if !is_dead {
        world.spared.insert(place.clone());
    }
    is_dead
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
            console.end(serial, End::NotSent { why: "the host refused it".to_owned() });
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
        Some(Chance::TimeUp) if kill(world, &job.place, serial) => return console.end(serial, End::TimedOut),
        Some(Chance::TimeUp) => {
            return console.end(serial, End::Lost { why: "it could not be killed".to_owned() });
        }
        _ => (0, End::Exited { code: Some(0) }),
    };
    world.ends(serial, &job, code);
    console.end(serial, end);
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
    #![proptest_config(ProptestConfig::with_cases(300))]
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
        prop_assert_eq!(&record.entries[..], &whole[..record.entries.len()]);
        prop_assert!(record.entries.len() >= torn.iter().filter(|byte| **byte == b'\n').count());
        for (one, other) in swaps {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        for at in lost {
            let at = at.index(lines.len());
            lines[at] = &lines[at][..lines[at].len() / 2];
        }
        let record = Record::parse(&lines.concat());
        let progress = Progress::replay(plan, &record.entries);
        let todo = progress.next(console.now);
        let changing = || todo.start.iter().filter(|job| job.part.changes());
        let places: BTreeSet<&Place> = changing().map(|job| &job.place).collect();
        prop_assert_eq!(places.len(), changing().count(), "two scripts begin at once: {:?}", todo.start);
        prop_assert!(changing().all(|job| !progress.is_open_at(&job.place)), "{:?}", todo.start);
        for (serial, job) in unended(&record.entries) {
            prop_assert!(serial < progress.next_serial(), "{} is used again", serial);
            prop_assert!(progress.is_open_at(&job.place), "{:?} is forgotten", job);
        }
    }

    #[test]
    fn what_answers_to_nothing_changes_nothing(serial in 0..5_u64, code in any::<i32>(), shapes in shapes()) {
        let mut console = Console::to_the_end(&plan_of(&shapes));
        let before = console.progress.clone();
        console.end(serial, End::Exited { code: Some(code) });
        console.tell(Event::Settled { serial, fate: Fate::Exited { code } });
        prop_assert_eq!(console.progress, before);
    }
}
