//! A console that lives through all that happens.

use std::time::Duration;

use proptest::prelude::*;

use super::host::Taken;
use super::hosts::{Parcel, World};
use super::{Chance, Shape, plan_of};
use crate::scenario::journal::{End, Event, Fate, Instruction, Job, Outcome, Place, When};
use crate::scenario::progress::tests::{Console, HOSTS};
use crate::scenario::{Stand, Todo};

/// Carries a plan out through all that the chances bring; when there are none left, all goes well.
pub(super) fn live_through(shapes: &[Shape], chances: &[Chance]) -> Result<World, TestCaseError> {
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
            None if todo.kill.contains(serial) => kill_lost(console, world, &job.place, *serial),
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

/// A script that is being looked for is killed, or can't be.
fn kill_lost(console: &mut Console, world: &mut World, place: &Place, serial: u64) {
    if !kill(world, place, serial) {
        let why = "the script runs there and can't be killed".to_owned();
        console.tell(Event::Settled { serial, fate: Fate::Unreachable { why } });
    }
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
