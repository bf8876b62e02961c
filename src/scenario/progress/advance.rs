//! What comes next in a step: the turns of its hosts, and the way of a cell from its conditions to its checks.

use std::time::Duration;

use jiff::Timestamp;

use super::cell::{Cell, Grade, Lost, Stage, Unproved};
use super::words::at_line;
use super::{Phase, Progress};
use crate::scenario::Step;
use crate::scenario::journal::{End, Job, Part};

/// The pause between two tries of a check.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

impl Progress {
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
    pub(super) fn worked(&mut self, step: &Step, index: usize, job: &Job) {
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
    pub(super) fn unheld(&mut self, step: &Step, index: usize, job: &Job, end: &End, at: Timestamp) {
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
    pub(super) fn decide(&mut self, step: &Step, index: usize) {
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
    pub(super) fn redo(&mut self, step: &Step, index: usize, stage: Stage) {
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

    pub(super) fn go_to_unless(&mut self, step: &Step, index: usize, from: usize) {
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

    pub(super) fn go_to_run(&mut self, step: &Step, index: usize, from: usize) {
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

    pub(super) fn go_to_undo(&mut self, step: &Step, index: usize, from: usize) {
        self.is_undoing = true;
        let Some(place) = self.cell(index).map(|cell| cell.place.clone()) else { return };
        let next = self.first_from(step, &Part::Undo, &place, from);
        let Some(cell) = self.cell_mut(index) else { return };
        match next {
            Some(number) => cell.go(Stage::Undo(number)),
            None => *cell = Cell::new(place),
        }
    }
}

fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
