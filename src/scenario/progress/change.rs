//! What each event changes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::cell::{Cell, Grade, Lost, Stage};
use super::words::{at_line, wrong_end};
use super::{Flight, Phase, Progress};
use crate::scenario::Step;
use crate::scenario::journal::{End, Fate, Job, Outcome, Part, Place};

impl Progress {
    pub(super) fn sent(&mut self, serial: u64, job: &Job, at: Timestamp) {
        let index = self.index_of(job);
        let is_due = self
            .current_step()
            .zip(index.and_then(|index| self.cell(index)))
            .is_some_and(|(step, cell)| !cell.is_in_flight && self.job(&step, cell).as_ref() == Some(job));
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

    pub(super) fn current_step(&self) -> Option<Arc<Step>> {
        self.written.get(self.current).cloned()
    }

    pub(super) fn cell(&self, index: usize) -> Option<&Cell> {
        self.steps.get(self.current)?.get(index)
    }

    pub(super) fn cell_mut(&mut self, index: usize) -> Option<&mut Cell> {
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
