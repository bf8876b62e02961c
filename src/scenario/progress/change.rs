//! What follows from what happens.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::cell::{Cell, Grade, Lost, Stage, Unproved};
use super::words::{at_line, wrong_end};
use super::{Flight, Phase, Progress};
use crate::scenario::Step;
use crate::scenario::journal::{End, Fate, Job, Outcome, Part, Place};

/// The pause between two tries of a check.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

impl Progress {
    pub(super) fn sent(&mut self, serial: u64, job: &Job, at: Timestamp) {
        let Some(step) = self.current_step() else { return };
        let index = self.index_of(job);
        let is_due = index
            .and_then(|index| self.cell(index))
            .is_some_and(|cell| !cell.is_in_flight && self.job(&step, cell).as_ref() == Some(job));
        let is_new = serial > self.serial;
        self.serial = self.serial.max(serial);
        let Some(cell) = index.filter(|_| is_due && is_new).and_then(|at| self.cell_mut(at)) else {
            // Lines of the journal are lost or in disorder, but this script was sent: its host has to say what became of it.
            if job.part.changes() {
                self.open.entry(serial).or_insert_with(|| job.clone());
            }
            return;
        };
        cell.is_in_flight = true;
        cell.has_run |= job.part == Part::Run;
        cell.begun.get_or_insert(at);
        if job.part.changes() {
            self.open.insert(serial, job.clone());
        }
        self.flights.insert(serial, Flight { job: job.clone(), at });
    }

    pub(super) fn ended(&mut self, serial: u64, end: &End, took: Duration, at: Timestamp) {
        let Some(Flight { job, .. }) = self.flights.remove(&serial) else {
            if !matches!(end, End::Lost { .. }) {
                self.open.remove(&serial);
            }
            return;
        };
        match end {
            End::Lost { .. } if self.is_aborting && job.part.changes() => _ = self.ending.insert(serial),
            End::Lost { .. } => {}
            _ => _ = self.open.remove(&serial),
        }
        let (Some(step), Some(index)) = (self.current_step(), self.index_of(&job)) else { return };
        let Some(cell) = self.cell_mut(index) else { return };
        cell.is_in_flight = false;
        let Some(script) = step.script(&job.part, job.script) else { return };
        if *end == End::Killed {
            return cell.go(Stage::Stopped { part: job.part });
        }
        if matches!(end, End::Exited { code: Some(code) } if *code == script.exit_code) {
            return self.worked(&step, index, &job);
        }
        match &job.part {
            Part::Unless if matches!(end, End::Exited { .. }) => {
                let from = cell.resume_at;
                self.go_to_run(&step, index, from);
            }
            Part::Unless => cell.fail(Part::Unless, wrong_end(script, end, "condition")),
            Part::Run | Part::Undo => {
                if job.part == Part::Run {
                    cell.resume_at = job.script;
                }
                match end {
                    End::Lost { .. } => cell.go(Stage::Settle { serial, job, lost: Lost::Now }),
                    _ => cell.fail(job.part, wrong_end(script, end, "script")),
                }
            }
            Part::Check | Part::Proof { .. } => {
                cell.tried = cell.tried.saturating_add(took);
                self.unheld(&step, index, &job, end, at);
            }
        }
    }

    /// What has become of a script is known, or can't be.
    pub(super) fn settled(&mut self, serial: u64, fate: &Fate) {
        self.ending.remove(&serial);
        let open = match fate {
            Fate::Unreachable { .. } => self.open.get(&serial).cloned(),
            _ => self.open.remove(&serial),
        };
        let Some(step) = self.current_step() else { return };
        let cells = self.steps.get(self.current).into_iter().flatten();
        let mut settling = cells.enumerate().filter_map(|(index, cell)| match &cell.stage {
            Stage::Settle { serial: of, job, lost } if *of == serial => Some((index, job.clone(), *lost)),
            _ => None,
        });
        let Some((index, job, lost)) = settling.next() else {
            drop(settling);
            if let (Some(job), Fate::Unreachable { why }) = (open, fate) {
                self.block(&job.place, why);
            }
            return;
        };
        drop(settling);
        let Some(script) = step.script(&job.part, job.script) else { return };
        let is_aborting = self.is_aborting;
        let Some(cell) = self.cell_mut(index) else { return };
        match fate {
            Fate::Exited { code } if *code == script.exit_code => self.worked(&step, index, &job),
            // Its end was wanted, so it failed at nothing.
            Fate::Exited { .. } if is_aborting => cell.go(Stage::Stopped { part: job.part }),
            Fate::Exited { code } => {
                let end = End::Exited { code: Some(*code) };
                cell.fail(
                    job.part,
                    format!("{}, while nobody was connected", wrong_end(script, &end, "script")),
                );
            }
            Fate::Unreachable { why } => {
                cell.go(Stage::Unknown { words: why.clone(), settle: Some((serial, job)) });
            }
            Fate::NeverBegan => match (lost, &job.part) {
                (Lost::Now, _) => {
                    let words =
                        format!("{} did not begin: the connection broke before", at_line(script, "script"));
                    cell.fail(job.part, words);
                }
                (Lost::Before, Part::Undo) => self.go_to_undo(&step, index, job.script),
                (Lost::Before, _) => self.go_to_run(&step, index, job.script),
            },
            Fate::Gone if job.part == Part::Undo => {
                cell.doubt(format!("{} was interrupted", at_line(script, "undo")));
            }
            Fate::Gone => self.decide(&step, index),
        }
    }

    /// What was left behind at a place can't be settled, so nothing begins there.
    fn block(&mut self, place: &Place, why: &str) {
        for cell in self.steps.get_mut(self.current).into_iter().flatten().filter(|it| it.place == *place) {
            cell.blocked = Some(why.to_owned());
        }
    }

    fn unblock(&mut self) {
        for cell in self.steps.get_mut(self.current).into_iter().flatten() {
            cell.blocked = None;
        }
    }

    /// Whatever may still work is killed before the run ends.
    pub(super) fn abort(&mut self) {
        if !matches!(self.phase, Phase::Ending(_) | Phase::Over(_)) {
            self.ending =
                self.open.keys().filter(|serial| !self.flights.contains_key(serial)).copied().collect();
            // One that could not be reached is tried once more.
            for cell in self.steps.get_mut(self.current).into_iter().flatten() {
                if let Stage::Unknown { settle: Some((serial, job)), .. } = &cell.stage {
                    let (serial, job) = (*serial, job.clone());
                    cell.go(Stage::Settle { serial, job, lost: Lost::Now });
                }
            }
        }
        self.is_aborting = true;
    }

    /// A console goes on with it.
    pub(super) fn resume(&mut self) {
        match &self.phase {
            Phase::Over(Outcome::Refused { .. }) => return,
            // It stands behind the last step that did anything, which can be taken back.
            Phase::Over(Outcome::Done { .. }) => self.current = self.last_begun().unwrap_or(self.current),
            _ => {}
        }
        self.phase = Phase::Before;
        self.is_aborting = false;
        self.ending.clear();
        self.allowed = self.current;
        self.unblock();
        for (serial, Flight { job, .. }) in std::mem::take(&mut self.flights) {
            let Some(cell) = self.index_of(&job).and_then(|index| self.cell_mut(index)) else { continue };
            cell.is_in_flight = false;
            if job.part.changes() {
                cell.resume_at = if job.part == Part::Run { job.script } else { 0 };
                cell.go(Stage::Settle { serial, job, lost: Lost::Before });
            } else {
                // It changes nothing, so it is asked again, with all its time.
                let stage = cell.stage.clone();
                cell.go(stage);
            }
        }
        let Some(step) = self.current_step() else { return };
        for index in 0..self.steps.get(self.current).map_or(0, Vec::len) {
            match self.cell(index).map(|cell| cell.stage.clone()) {
                Some(Stage::Unknown { settle: None, .. } | Stage::Stopped { part: Part::Run }) => {
                    self.decide(&step, index);
                }
                Some(stage) => self.redo(&step, index, stage),
                None => {}
            }
        }
    }

    /// Does again what went wrong in the step.
    pub(super) fn retry(&mut self) {
        let Some(step) = self.current_step() else { return };
        self.unblock();
        for index in 0..self.steps.get(self.current).map_or(0, Vec::len) {
            match self.cell(index).map(|cell| (cell.stage.clone(), cell.resume_at)) {
                Some((Stage::Unknown { settle: None, .. }, from)) => self.go_to_run(&step, index, from),
                Some((stage, _)) => self.redo(&step, index, stage),
                None => {}
            }
        }
        self.allowed = self.allowed.max(self.current + 1);
    }

    pub(super) fn skip(&mut self) {
        for cell in self.steps.get_mut(self.current).into_iter().flatten() {
            if !matches!(cell.stage, Stage::Done(_)) {
                cell.note = Some(match cell.trouble() {
                    Some(words) => format!("left as it was: {words}"),
                    None => "left out by hand".to_owned(),
                });
                cell.blocked = None;
                cell.go(Stage::Done(Grade::Skipped));
            }
        }
        self.current = (self.current + 1).min(self.steps.len());
        self.allowed = self.allowed.max(self.current);
    }

    /// Takes back the last step of which something has been done; the others of it wait for another go.
    pub(super) fn undo(&mut self) {
        let Some(at) = self.last_begun() else { return };
        self.current = at;
        self.allowed = at;
        self.is_undoing = true;
        let Some(step) = self.current_step() else { return };
        for index in 0..self.steps.get(at).map_or(0, Vec::len) {
            let Some(cell) = self.cell(index) else { continue };
            if self.is_to_be_undone(&step, cell) {
                self.go_to_undo(&step, index, 0);
                continue;
            }
            if let Some(cell) = self.cell_mut(index) {
                // What had been so before stays so.
                *cell = Cell::new(cell.place.clone());
            }
        }
        // Nothing was run in later steps, but what was found there may not be so any more.
        for cell in self.steps.iter_mut().skip(at + 1).flatten() {
            *cell = Cell::new(cell.place.clone());
        }
    }

    /// Gives every cell whose turn has come something to do, and goes on to the next step when one is done.
    pub(super) fn roll(&mut self, now: Timestamp) {
        while self.phase == Phase::Steps && !self.is_aborting {
            let cells = self.steps.get(self.current).into_iter().flatten();
            self.is_undoing &= cells.map(|cell| &cell.stage).any(|stage| {
                matches!(stage, Stage::Undo(_) | Stage::Settle { job: Job { part: Part::Undo, .. }, .. })
            });
            if self.current >= self.steps.len() {
                self.phase = Phase::After;
            }
            if self.current >= self.allowed || self.is_undoing || !self.roll_step(now) {
                return;
            }
            self.current += 1;
        }
    }

    /// Whether the step under way is done everywhere.
    fn roll_step(&mut self, now: Timestamp) -> bool {
        let Some(step) = self.current_step() else { return false };
        let count = self.steps.get(self.current).map_or(0, Vec::len);
        for index in 0..count {
            if self.has_turn(&step, index, &Stage::Todo) {
                self.enter(&step, index);
            }
        }
        let mut cells = self.steps.get(self.current).into_iter().flatten();
        if !cells.all(Cell::has_come_to_the_checks) {
            return false;
        }
        for index in 0..count {
            if self.has_turn(&step, index, &Stage::Ran) {
                self.go_to_check(&step, index, 0);
            }
        }
        let mut is_done = true;
        for cell in self.steps.get_mut(self.current).into_iter().flatten() {
            match cell.stage {
                Stage::Done(_) => _ = cell.over.get_or_insert(now),
                _ => is_done = false,
            }
        }
        is_done
    }

    /// Whether a cell that has come so far may go on, by the order of its step.
    fn has_turn(&self, step: &Step, index: usize, stage: &Stage) -> bool {
        let cells = || self.steps.get(self.current).into_iter().flatten();
        let bound = self.bound(step);
        let is_ended = bound == 1 && cells().any(|cell| cell.trouble().is_some());
        let at_work = cells().filter(|cell| cell.is_at_work()).count();
        self.cell(index).is_some_and(|cell| cell.stage == *stage) && at_work < bound && !is_ended
    }

    fn enter(&mut self, step: &Step, index: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        if self.has_run_script(step, &place) {
            return self.go_to_unless(step, index, 0);
        }
        if let Some(cell) = self.cell_mut(index) {
            cell.go(Stage::Ran);
        }
    }

    /// A script ended as it should.
    fn worked(&mut self, step: &Step, index: usize, job: &Job) {
        let next = job.script + 1;
        match job.part {
            Part::Unless => self.go_to_unless(step, index, next),
            Part::Run => self.go_to_run(step, index, next),
            Part::Check => self.go_to_check(step, index, next),
            Part::Undo => self.go_to_undo(step, index, next),
            Part::Proof { .. } => {
                let nth = self.cell(index).map_or(0, |cell| match cell.stage {
                    Stage::Proof(nth) => nth,
                    _ => 0,
                });
                self.go_to_proof(step, index, nth + 1);
            }
        }
    }

    /// A check does not hold, or could not be asked.
    fn unheld(&mut self, step: &Step, index: usize, job: &Job, end: &End, at: Timestamp) {
        let (Some(check), Some(cell)) = (step.checks.get(job.script), self.cell_mut(index)) else { return };
        let words = check.does_not_hold(end);
        let may_wait = job.part == Part::Check || cell.unproved == Unproved::Ask;
        let left = check.retry.saturating_sub(cell.tried);
        if may_wait && !left.is_zero() {
            let pause = left.min(PAUSE);
            cell.tried = cell.tried.saturating_add(pause);
            cell.again_at = Some(later(at, pause));
            return;
        }
        let is_answered = !matches!(end, End::NotSent { .. } | End::Lost { .. });
        match (&job.part, cell.unproved) {
            (Part::Check, _) => cell.fail(Part::Check, words),
            // Nobody knows that it doesn't hold: it is asked again, not the step run again.
            _ if !is_answered => {
                cell.tried = Duration::ZERO;
                cell.blocked = Some(words);
            }
            (_, Unproved::Ask) => cell.doubt(format!("a script may have run here, and {words}")),
            (_, Unproved::Run) => self.run_again(step, index),
        }
    }

    /// Everything of the step is run again where the proof did not hold; where it is only proved, everywhere.
    fn run_again(&mut self, step: &Step, index: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        if self.has_run_script(step, &place) {
            return self.go_to_run(step, index, 0);
        }
        for cell in self.steps.get_mut(self.current).into_iter().flatten() {
            cell.resume_at = 0;
            cell.go(Stage::Todo);
        }
    }

    /// A script may have run: what can be asked again without harm says how to go on, else a person does.
    fn decide(&mut self, step: &Step, index: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let has_unless = self.first_from(step, &Part::Unless, &place, 0).is_some();
        let has_proof = !self.proofs(step, &place).is_empty();
        let Some(cell) = self.cell_mut(index) else { return };
        cell.unproved = Unproved::Ask;
        match (has_unless, has_proof) {
            (true, _) => self.go_to_unless(step, index, 0),
            (false, true) => self.go_to_proof(step, index, 0),
            (false, false) => {
                let number = cell.resume_at;
                let script =
                    step.run.get(number).map_or_else(String::new, |script| at_line(script, "script"));
                cell.doubt(format!("{script} may have run, and the step has no check that would tell"));
            }
        }
    }

    /// Does again what went wrong in a cell; changes nothing where nothing did.
    fn redo(&mut self, step: &Step, index: usize, stage: Stage) {
        let Some(cell) = self.cell_mut(index) else { return };
        match stage {
            Stage::Failed { part: Part::Unless | Part::Run, .. } | Stage::Stopped { part: Part::Unless } => {
                self.go_to_unless(step, index, 0);
            }
            Stage::Failed { part: Part::Check | Part::Proof { .. }, .. } => {
                cell.resume_at = 0;
                cell.unproved = Unproved::Run;
                let place = cell.place.clone();
                match self.first_from(step, &Part::Unless, &place, 0) {
                    Some(_) if self.has_run_script(step, &place) => self.go_to_unless(step, index, 0),
                    _ => self.go_to_proof(step, index, 0),
                }
            }
            Stage::Stopped { part: Part::Check | Part::Proof { .. } } => cell.go(Stage::Ran),
            Stage::Stopped { part: Part::Run } => self.decide(step, index),
            Stage::Failed { part: Part::Undo, .. } | Stage::Stopped { part: Part::Undo } => {
                cell.resume_at = 0;
                self.go_to_unless(step, index, 0);
            }
            Stage::Unknown { settle: Some((serial, job)), .. } => {
                cell.go(Stage::Settle { serial, job, lost: Lost::Before });
            }
            _ => {}
        }
    }

    fn go_to_unless(&mut self, step: &Step, index: usize, from: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let next = self.first_from(step, &Part::Unless, &place, from);
        let Some(cell) = self.cell_mut(index) else { return };
        match next {
            Some(number) => cell.go(Stage::Unless(number)),
            // All that there are have held.
            None if from > 0 => {
                cell.grade = Grade::Skipped;
                cell.go(Stage::Ran);
            }
            None => {
                let from = cell.resume_at;
                self.go_to_run(step, index, from);
            }
        }
    }

    fn go_to_run(&mut self, step: &Step, index: usize, from: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let next = self.first_from(step, &Part::Run, &place, from);
        let lacks = self.lacks_script(step, &place);
        let system = self.systems.get(&place).cloned().unwrap_or_default();
        let Some(cell) = self.cell_mut(index) else { return };
        match next {
            Some(number) => {
                cell.resume_at = number;
                cell.grade = Grade::Success;
                cell.go(Stage::Run(number));
            }
            None if lacks => cell.fail(Part::Run, format!("no script of this step is for {system}")),
            None => {
                cell.resume_at = from;
                cell.go(Stage::Ran);
            }
        }
    }

    fn go_to_check(&mut self, step: &Step, index: usize, from: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let next = self.first_from(step, &Part::Check, &place, from);
        let Some(cell) = self.cell_mut(index) else { return };
        let grade = cell.grade;
        cell.go(next.map_or(Stage::Done(grade), Stage::Check));
    }

    fn go_to_proof(&mut self, step: &Step, index: usize, nth: usize) {
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let is_there = nth < self.proofs(step, &place).len();
        let Some(cell) = self.cell_mut(index) else { return };
        if is_there {
            return cell.go(Stage::Proof(nth));
        }
        if cell.unproved == Unproved::Ask {
            cell.grade = Grade::Warning;
            cell.note = Some("how its script ended is not known, but what proves the step holds".to_owned());
        }
        cell.go(Stage::Ran);
    }

    fn go_to_undo(&mut self, step: &Step, index: usize, from: usize) {
        self.is_undoing = true;
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let next = self.first_from(step, &Part::Undo, &place, from);
        let Some(cell) = self.cell_mut(index) else { return };
        match next {
            Some(number) => cell.go(Stage::Undo(number)),
            None => *cell = Cell::new(place),
        }
    }

    fn current_step(&self) -> Option<Arc<Step>> {
        self.written.get(self.current).cloned()
    }

    fn cell(&self, index: usize) -> Option<&Cell> {
        self.steps.get(self.current)?.get(index)
    }

    fn cell_mut(&mut self, index: usize) -> Option<&mut Cell> {
        self.steps.get_mut(self.current)?.get_mut(index)
    }

    /// The cell of the step under way that a script belongs to.
    fn index_of(&self, job: &Job) -> Option<usize> {
        let place: &Place = match &job.part {
            Part::Proof { of } => of,
            _ => &job.place,
        };
        let cells = self.steps.get(self.current).filter(|_| job.step == self.current + 1)?;
        cells.iter().position(|cell| cell.place == *place)
    }
}

fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
