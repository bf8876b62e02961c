//! How it stands: what is shown of it.

use jiff::Timestamp;

use super::cell::{Cell, Stage, State};
use super::{Phase, Progress};
use crate::scenario::journal::Place;

impl Progress {
    /// How a step stands everywhere, in the order of the hosts: what is shown of step `number`, counted from 1.
    pub fn states(&self, number: usize) -> Vec<(Place, State)> {
        let Some(at) = number.checked_sub(1) else { return Vec::new() };
        let cells = self.steps.get(at).into_iter().flatten();
        cells.map(|cell| (cell.place.clone(), self.state(at, cell))).collect()
    }

    /// How a step stands at one place; `None`: it has nothing to do there.
    pub fn state_at(&self, number: usize, place: &Place) -> Option<State> {
        let at = number.checked_sub(1)?;
        let cell = self.steps.get(at)?.iter().find(|cell| cell.place == *place)?;
        Some(self.state(at, cell))
    }

    /// Whether all that a step has to do at a place has run, and the others have to before it is checked. Until then it
    /// stands as [`State::Running`].
    pub fn waits_for_others(&self, number: usize, place: &Place) -> bool {
        let Some(at) = number.checked_sub(1) else { return false };
        let mut cells = self.steps.get(at).into_iter().flatten();
        let cell = cells.find(|cell| cell.place == *place);
        cell.is_some_and(|cell| cell.stage == Stage::Ran && self.state(at, cell) == State::Running)
    }

    /// When it was begun at a place and when it was over, as far as it was.
    pub fn times(&self, number: usize, place: &Place) -> (Option<Timestamp>, Option<Timestamp>) {
        let cells = number.checked_sub(1).and_then(|at| self.steps.get(at));
        let cell = cells.into_iter().flatten().find(|cell| cell.place == *place);
        cell.map_or((None, None), |cell| (cell.begun, cell.over))
    }

    /// What is not as might be expected, though it is done.
    pub fn notes(&self) -> Vec<String> {
        let cells =
            self.steps.iter().enumerate().flat_map(|(at, cells)| cells.iter().map(move |it| (at, it)));
        let note = |(at, cell): (usize, &Cell)| {
            let note = cell.note.as_ref()?;
            Some(format!("step {} on {}: {note}", at + 1, cell.place))
        };
        cells.filter_map(note).collect()
    }

    /// Every place where something is run, hosts first.
    pub fn places(&self) -> Vec<Place> {
        let hosts = self.plan.hosts.iter().cloned().map(Place::Host);
        hosts.chain(self.is_local().then_some(Place::Local)).collect()
    }

    /// How many places these are.
    pub fn count(&self) -> usize {
        self.plan.hosts.len() + usize::from(self.is_local())
    }

    /// The one of them that stands there, from nought.
    pub fn place(&self, nth: usize) -> Option<Place> {
        let local = || (nth == self.plan.hosts.len() && self.is_local()).then_some(Place::Local);
        self.plan.hosts.get(nth).cloned().map(Place::Host).or_else(local)
    }

    /// Whether anything is run where the console is.
    fn is_local(&self) -> bool {
        self.steps.iter().flatten().any(|cell| cell.place == Place::Local)
    }

    fn state(&self, at: usize, cell: &Cell) -> State {
        let is_over = matches!(self.phase, Phase::Over(_) | Phase::Ending(_)) || self.is_aborting;
        if let Some(words) = &cell.blocked {
            return State::Unknown(words.clone());
        }
        match &cell.stage {
            Stage::Todo if at < self.from || is_over => State::WillNotBeRun,
            Stage::Todo => State::NotStarted,
            Stage::Done(grade) => State::Completed(*grade),
            Stage::Failed { words, .. } => State::Failed(words.clone()),
            Stage::Unknown { words, .. } => State::Unknown(words.clone()),
            Stage::Stopped { .. } => State::Aborted,
            Stage::Settle { .. } => State::Unknown("it is being looked for".to_owned()),
            _ if is_over && !cell.is_in_flight => State::Aborted,
            Stage::Unless(_)
            | Stage::Run(_)
            | Stage::Proof(_)
            | Stage::Ran
            | Stage::Check(_)
            | Stage::Undo(_) => State::Running,
        }
    }
}
