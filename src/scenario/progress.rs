//! A scenario being carried out.

mod advance;
mod cell;
mod change;
mod look;
mod reach;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::advance::PAUSE;
use self::cell::{Cell, Stage};
use super::journal::{Begun, Entry, Event, Instruction, Job, Outcome, Part, Place, When};
use super::system::System;
use super::{Plan, Step};

pub use cell::{Grade, State};

/// On so many hosts checks are run at once, or on more where the step's scripts are.
const CHECKS_AT_ONCE: usize = 16;

/// How far a scenario has come, and what is to be done next. It is told what happens, one [`Entry`] after the other,
/// and nothing else: the entries of a journal give the same progress again.
///
/// Whatever it is told: a script that changes something is under way once, and is sent again only where it certainly
/// did not do its work (it failed, was not sent, or what proves it does not hold) and somebody wants it. One of which
/// it is not known whether it ran is first looked for on its host, then decided by the step's `unless`, else by its
/// checks, else by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    plan: Arc<Plan>,
    /// Its steps, as they are written.
    written: Vec<Arc<Step>>,
    /// What each place runs, as far as it is known.
    systems: BTreeMap<Place, System>,
    /// A cell for each place of each step.
    steps: Vec<Vec<Cell>>,
    /// The first step that is run, counted from nought.
    from: usize,
    /// The step that is under way or comes next, counted from nought.
    current: usize,
    /// The steps before this one may be run.
    allowed: usize,
    phase: Phase,
    flights: BTreeMap<u64, Flight>,
    /// The scripts that change something, were sent, and may still work. Nothing else begins at their places.
    open: BTreeMap<u64, Job>,
    serial: u64,
    is_aborting: bool,
    /// The lost scripts that an aborted run still has to kill, or to find ended.
    ending: BTreeSet<u64>,
    is_undoing: bool,
}

/// What is done with the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Before,
    Steps,
    After,
    /// It is to end so; the journal does not say it yet.
    Ending(Outcome),
    Over(Outcome),
}

/// A script that was sent and did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flight {
    job: Job,
    at: Timestamp,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// These scripts are to be sent: [`Event::Sent`], then [`Event::Ended`] for each.
    pub start: Vec<Job>,
    /// It is to be found out what has become of these: [`Event::Settled`] for each.
    pub settle: Vec<(u64, Job)>,
    /// These are to be killed.
    pub kill: Vec<u64>,
    /// Without anything else happening there is something to do again then.
    pub wake: Option<Timestamp>,
    /// Where it stands.
    pub stand: Stand,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// Something is under way.
    Busy,
    /// The systems have to be found out, and the gates to be looked at: [`Event::System`], [`Event::Gates`].
    Gates(When),
    /// It waits for [`Instruction::Next`] or [`Instruction::RunToEnd`].
    Paused,
    /// The step has failed, or is unknown, somewhere; it waits for an instruction.
    Stuck,
    /// It is over, so: [`Event::Over`], unless that was told.
    Over(Outcome),
}

/// Something that did not go well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The number of the step, from 1.
    pub step: usize,
    /// Where.
    pub place: Place,
    /// In words.
    pub words: String,
}

impl Progress {
    /// Nothing has been done of it.
    pub fn new(plan: Arc<Plan>) -> Self {
        let written = plan.scenario.steps.iter().cloned().map(Arc::new).collect();
        let steps = plan.scenario.steps.iter();
        let steps =
            steps.map(|step| plan.places_of_step(step).into_iter().map(Cell::new).collect()).collect();
        Self {
            plan,
            written,
            systems: BTreeMap::new(),
            steps,
            from: 0,
            current: 0,
            allowed: 0,
            phase: Phase::Before,
            flights: BTreeMap::new(),
            open: BTreeMap::new(),
            serial: 0,
            is_aborting: false,
            ending: BTreeSet::new(),
            is_undoing: false,
        }
    }

    /// What the entries of a journal give.
    pub fn replay<'e>(plan: Arc<Plan>, entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut progress = Self::new(plan);
        entries.into_iter().for_each(|entry| progress.apply(entry));
        progress
    }

    /// Takes in what happened. What is not an answer to anything changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Begun(begun) => self.begin(begun),
            Event::Resumed { .. } => self.resume(),
            Event::System { place, system } => {
                self.systems.insert(place.clone(), system.clone());
            }
            Event::Gates { when, broken } => self.gates(*when, broken),
            // It is among what does not hold.
            Event::Held { .. } => {}
            Event::Instructed { instruction } => self.instruct(*instruction),
            Event::Sent { serial, job } => self.sent(*serial, job, entry.at),
            Event::Ended { serial, end, elapsed_ms, .. } => {
                self.ended(*serial, end, Duration::from_millis(*elapsed_ms), entry.at);
            }
            Event::Settled { serial, fate } => self.settled(*serial, fate),
            Event::Over { outcome } => self.phase = Phase::Over(outcome.clone()),
        }
        self.roll(entry.at);
    }

    /// What is to be done at that time.
    pub fn next(&self, now: Timestamp) -> Todo {
        let mut todo =
            Todo { start: Vec::new(), settle: Vec::new(), kill: Vec::new(), wake: None, stand: Stand::Busy };
        todo.stand = match &self.phase {
            Phase::Over(outcome) | Phase::Ending(outcome) => Stand::Over(outcome.clone()),
            _ if self.is_aborting => {
                let lost = |serial: &u64| Some((*serial, self.open.get(serial)?.clone()));
                todo.settle = self.ending.iter().filter_map(lost).collect();
                todo.kill = self.flights.keys().chain(&self.ending).copied().collect();
                if todo.kill.is_empty() { Stand::Over(Outcome::Aborted) } else { Stand::Busy }
            }
            Phase::Before => Stand::Gates(When::Before),
            Phase::After => Stand::Gates(When::After),
            Phase::Steps => {
                self.work(now, &mut todo);
                let is_quiet = todo.start.is_empty() && todo.settle.is_empty() && todo.wake.is_none();
                match () {
                    () if !is_quiet || !self.flights.is_empty() => Stand::Busy,
                    () if self.is_stuck() => Stand::Stuck,
                    () => Stand::Paused,
                }
            }
        };
        todo
    }

    /// What it carries out.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The step that is under way or comes next, from 1; `None`: none is left.
    pub fn step(&self) -> Option<usize> {
        (self.current < self.steps.len()).then_some(self.current + 1)
    }

    /// What did not go well in the step under way.
    pub fn troubles(&self) -> Vec<Trouble> {
        let cells = self.steps.get(self.current).into_iter().flatten();
        let trouble = |cell: &Cell| {
            let words = cell.trouble()?.to_owned();
            Some(Trouble { step: self.current + 1, place: cell.place.clone(), words })
        };
        cells.filter_map(trouble).collect()
    }

    /// Whether somewhere in the step under way it is not known whether a script ran, and nothing can tell.
    pub fn is_unknown(&self) -> bool {
        let mut cells = self.steps.get(self.current).into_iter().flatten();
        cells.any(|cell| matches!(cell.stage, Stage::Unknown { settle: None, .. }))
    }

    /// Which step [`Instruction::Undo`] would take back, from 1, or why it would do nothing. A run that came to its end has
    /// to be gone on with for it.
    pub fn undoable(&self) -> Result<usize, String> {
        let stands = matches!(self.phase, Phase::Steps | Phase::Over(Outcome::Done { .. }));
        if !stands || !self.flights.is_empty() {
            return Err("something is under way".to_owned());
        }
        let Some(at) = self.last_begun() else { return Err("nothing has been done yet".to_owned()) };
        let step = self.plan.scenario.steps.get(at);
        if step.is_none_or(|step| step.undo.is_empty()) {
            return Err(format!("step {} says nothing of how it is taken back", at + 1));
        }
        Ok(at + 1)
    }

    /// What a place runs, as far as it is known.
    pub fn system(&self, place: &Place) -> Option<&System> {
        self.systems.get(place)
    }

    /// Whether any script of a step has been sent.
    pub const fn has_begun(&self) -> bool {
        self.serial > 0
    }

    /// Whether it starts after the first step.
    pub const fn is_partial(&self) -> bool {
        self.from > 0
    }

    /// The number for the next script that is sent.
    pub const fn next_serial(&self) -> u64 {
        self.serial + 1
    }

    /// The script of that number, if it is under way.
    pub fn flight(&self, serial: u64) -> Option<&Job> {
        self.flights.get(&serial).map(|flight| &flight.job)
    }

    /// Whether a script was sent to a place and did not end.
    pub fn is_in_flight_at(&self, place: &Place) -> bool {
        self.flights.values().any(|flight| flight.job.place == *place)
    }

    /// Whether a script may still work at a place, or nobody knows yet what became of it.
    pub fn is_open_at(&self, place: &Place) -> bool {
        self.open.values().any(|job| job.place == *place)
    }

    /// How it ended; `None`: it did not, or is gone on with.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Over(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// How it would end if nobody gave another instruction.
    pub fn verdict(&self) -> Outcome {
        let why: Vec<String> = self.troubles().iter().map(ToString::to_string).collect();
        if why.is_empty() { Outcome::Aborted } else { Outcome::Failed { why } }
    }

    /// The scripts that are due, those to be looked for, and when to look again.
    fn work(&self, now: Timestamp, todo: &mut Todo) {
        let (Some(step), Some(cells)) =
            (self.plan.scenario.steps.get(self.current), self.steps.get(self.current))
        else {
            return;
        };
        if self.current >= self.allowed && !self.is_undoing {
            return;
        }
        let mut cells: Vec<&Cell> = cells.iter().filter(|cell| !cell.is_in_flight).collect();
        if self.is_undoing {
            cells.reverse();
        }
        let mut room = self.bound(step).saturating_sub(self.flights.len());
        for cell in cells {
            if let Stage::Settle { serial, job, .. } = &cell.stage {
                todo.settle.push((*serial, job.clone()));
                continue;
            }
            let Some(job) = self.job(step, cell).filter(|_| cell.blocked.is_none()) else { continue };
            // A check disturbs nothing; anything else would begin beside a script that was left behind.
            if let Some(lost) = self.lost_at(&cell.place).filter(|_| job.part != Part::Check) {
                todo.settle.push(lost);
                continue;
            }
            match cell.again_at {
                // Further off than a pause: the clock was set back since.
                Some(at) if at > now && at.duration_since(now).unsigned_abs() <= PAUSE => {
                    todo.wake = Some(todo.wake.map_or(at, |wake| wake.min(at)));
                }
                Some(_) | None if room > 0 => {
                    room -= 1;
                    todo.start.push(job);
                }
                Some(_) | None => {}
            }
        }
    }

    /// On how many hosts scripts of the step under way may be run at once. Checks change nothing, so they have no order.
    fn bound(&self, step: &Step) -> usize {
        let mut cells = self.steps.get(self.current).into_iter().flatten();
        if self.is_undoing {
            1
        } else if cells.all(Cell::is_only_to_be_checked) {
            step.order.bound().max(CHECKS_AT_ONCE)
        } else {
            step.order.bound()
        }
    }

    /// The script that is next in a cell.
    fn job(&self, step: &Step, cell: &Cell) -> Option<Job> {
        let (part, script) = cell.next()?;
        let place = cell.place.clone();
        if let Stage::Proof(nth) = cell.stage {
            let (script, at) = self.proofs(step, &cell.place).into_iter().nth(nth)?;
            return Some(Job { step: step.number, place: at, part, script });
        }
        Some(Job { step: step.number, place, part, script })
    }

    /// A script that was lost sight of at a place and may still work there.
    fn lost_at(&self, place: &Place) -> Option<(u64, Job)> {
        let mut open = self.open.iter().filter(|(serial, _)| !self.flights.contains_key(serial));
        open.find(|(_, job)| job.place == *place).map(|(serial, job)| (*serial, job.clone()))
    }

    fn is_stuck(&self) -> bool {
        let mut cells = self.steps.get(self.current).into_iter().flatten();
        cells.any(|cell| cell.trouble().is_some())
    }

    /// The last step of which anything has been done.
    fn last_begun(&self) -> Option<usize> {
        let steps = self.steps.iter().enumerate().skip(self.from).rev();
        let mut begun = steps.filter(|(_, cells)| cells.iter().any(|cell| cell.has_run));
        begun.next().map(|(at, _)| at)
    }

    fn begin(&mut self, begun: &Begun) {
        if self.has_begun() || !matches!(self.phase, Phase::Before) {
            return;
        }
        self.from = begun.from_step.saturating_sub(1).min(self.steps.len());
        self.current = self.from;
        self.allowed = self.from;
    }

    fn gates(&mut self, when: When, broken: &[String]) {
        let why = broken.to_vec();
        self.phase = match (when, &self.phase) {
            (When::Before, Phase::Before) if broken.is_empty() => Phase::Steps,
            (When::Before, Phase::Before) if self.has_begun() => Phase::Ending(Outcome::Failed { why }),
            (When::Before, Phase::Before) => Phase::Ending(Outcome::Refused { why }),
            (When::After, Phase::After) if broken.is_empty() => {
                Phase::Ending(Outcome::Done { notes: self.notes() })
            }
            (When::After, Phase::After) => Phase::Ending(Outcome::Failed { why }),
            (_, phase) => phase.clone(),
        };
    }

    fn instruct(&mut self, instruction: Instruction) {
        let is_quiet = self.flights.is_empty();
        match instruction {
            Instruction::Next if !self.is_stuck() => self.allowed = self.current + 1,
            Instruction::RunToEnd => self.allowed = self.steps.len(),
            Instruction::Pause => self.allowed = self.allowed.min(self.current + 1),
            Instruction::Skip if is_quiet => self.skip(),
            Instruction::Retry if is_quiet => self.retry(),
            Instruction::Undo if self.phase == Phase::Steps && self.undoable().is_ok() => self.undo(),
            Instruction::Abort => self.abort(),
            Instruction::Next | Instruction::Skip | Instruction::Retry | Instruction::Undo => {}
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {} on {}: {}", self.step, self.place, self.words)
    }
}
