//! Which script of a step is run where.

use super::Progress;
use super::cell::Cell;
use crate::scenario::journal::{Part, Place};
use crate::scenario::{Order, Plan, Script, Step, Target};

impl Order {
    /// At how many places at once.
    pub(super) fn bound(self) -> usize {
        match self {
            Self::Serial => 1,
            Self::Parallel(bound) => bound.max(1),
        }
    }
}

impl Plan {
    /// The places that a target means, in their order.
    pub fn places_of(&self, target: &Target) -> Vec<Place> {
        match target {
            Target::Local => vec![Place::Local],
            _ => self.hosts_of(target).into_iter().map(Place::Host).collect(),
        }
    }

    /// Every place where a script of a step is run, in the order of the hosts.
    pub fn places_of_step(&self, step: &Step) -> Vec<Place> {
        let all = self.hosts.iter().cloned().map(Place::Host).chain([Place::Local]);
        let has_any = |place: &Place| {
            let parts = [&step.run, &step.unless, &step.undo];
            let scripts = parts.into_iter().flatten().chain(step.checks.iter().map(|check| &check.script));
            let mut scripts = scripts.filter(|script| self.is_run_on(step, script, place));
            scripts.next().is_some()
        };
        all.filter(has_any).collect()
    }

    fn is_run_on(&self, step: &Step, script: &Script, place: &Place) -> bool {
        self.places_of(script.on.as_ref().unwrap_or(&step.on)).contains(place)
    }
}

impl Step {
    /// The script of that part and number, from 0.
    pub fn script(&self, part: &Part, number: usize) -> Option<&Script> {
        match part {
            Part::Unless => self.unless.get(number),
            Part::Run => self.run.get(number),
            Part::Undo => self.undo.get(number),
            Part::Check | Part::Proof { .. } => self.checks.get(number).map(|check| &check.script),
        }
    }
}

impl Progress {
    /// Where a step, from 1, has something to run.
    pub fn run_at(&self, number: usize) -> Vec<Place> {
        self.places_where(number, |step, cell| self.first_from(step, &Part::Run, &cell.place, 0).is_some())
    }

    /// Where something is run when a step, from 1, is taken back.
    pub fn undone_at(&self, number: usize) -> Vec<Place> {
        self.places_where(number, |step, cell| {
            self.is_to_be_undone(step, cell) && self.first_from(step, &Part::Undo, &cell.place, 0).is_some()
        })
    }

    /// Whether a step that is taken back is taken back there: not where it was found done.
    pub(super) fn is_to_be_undone(&self, step: &Step, cell: &Cell) -> bool {
        cell.has_run || !self.has_run_script(step, &cell.place)
    }

    fn places_where(&self, number: usize, holds: impl Fn(&Step, &Cell) -> bool) -> Vec<Place> {
        let Some(at) = number.checked_sub(1) else { return Vec::new() };
        let (Some(step), Some(cells)) = (self.written.get(at), self.steps.get(at)) else { return Vec::new() };
        cells.iter().filter(|cell| holds(step, cell)).map(|cell| cell.place.clone()).collect()
    }

    /// The first script of a part, from that number on, that is for a place and its system.
    pub(super) fn first_from(&self, step: &Step, part: &Part, place: &Place, from: usize) -> Option<usize> {
        let all = (from..).map_while(|number| Some((number, step.script(part, number)?)));
        let system = self.systems.get(place).cloned().unwrap_or_default();
        let mut those =
            all.filter(|(_, script)| self.plan.is_run_on(step, script, place) && system.takes(script));
        those.next().map(|(number, _)| number)
    }

    /// Whether a step has something to run at a place, but nothing for the system there.
    pub(super) fn lacks_script(&self, step: &Step, place: &Place) -> bool {
        let mut here = step.run.iter().filter(|script| self.plan.is_run_on(step, script, place));
        here.next().is_some() && self.first_from(step, &Part::Run, place, 0).is_none()
    }

    /// Whether a step has something to run at a place, whatever its system.
    pub(super) fn has_run_script(&self, step: &Step, place: &Place) -> bool {
        step.run.iter().any(|script| self.plan.is_run_on(step, script, place))
    }

    /// The checks, by number and place, that tell whether a step was done at a place: its own, else all of them.
    pub(super) fn proofs(&self, step: &Step, place: &Place) -> Vec<(usize, Place)> {
        let of = |place: &Place| {
            let mut found = Vec::new();
            let mut from = 0;
            while let Some(number) = self.first_from(step, &Part::Check, place, from) {
                found.push((number, place.clone()));
                from = number + 1;
            }
            found
        };
        let own = of(place);
        if own.is_empty() { self.plan.places_of_step(step).iter().flat_map(of).collect() } else { own }
    }
}
