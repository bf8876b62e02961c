//! One step at one place.

use std::time::Duration;

use jiff::Timestamp;

use crate::scenario::journal::{Job, Part, Place};

/// How a step stands at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its turn has not come.
    NotStarted,
    /// It is under way.
    Running,
    /// It is done.
    Completed(Grade),
    /// It went wrong, and how.
    Failed(String),
    /// It was begun and given up on request.
    Aborted,
    /// The run ended before its turn came, or began after it.
    WillNotBeRun,
    /// A script of it may have run, and why that is not known.
    Unknown(String),
}

/// How well it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Success,
    /// What proves it holds, though how its script ended is not known.
    Warning,
    /// There was nothing to do, or a person wanted it to be left.
    Skipped,
}

/// One step at one place, and what is to be done next there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) place: Place,
    pub(super) stage: Stage,
    /// Whether a script of this cell has been sent and did not end.
    pub(super) is_in_flight: bool,
    /// What it will be when it is done.
    pub(super) grade: Grade,
    /// What there is to say although it is done.
    pub(super) note: Option<String>,
    /// The first script to run, when it has to be run.
    pub(super) resume_at: usize,
    /// Whether a script that changes something has been sent.
    pub(super) has_run: bool,
    /// What follows when a proof does not hold.
    pub(super) unproved: Unproved,
    /// Why nothing begins here: a script that was left behind may still work, and its host can't be asked.
    pub(super) blocked: Option<String>,
    /// The time that a check has taken so far, pauses included. Not by the wall clock, which may jump.
    pub(super) tried: Duration,
    /// Not before this.
    pub(super) again_at: Option<Timestamp>,
    pub(super) begun: Option<Timestamp>,
    pub(super) over: Option<Timestamp>,
}

/// What is to be done next in a cell; numbers count scripts from nought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    Todo,
    Unless(usize),
    Run(usize),
    /// It is to be found out what has become of a script.
    Settle {
        serial: u64,
        job: Job,
        lost: Lost,
    },
    /// One of the checks that may tell whether a script has run.
    Proof(usize),
    /// It has run; the others have to, before it is checked.
    Ran,
    Check(usize),
    Undo(usize),
    Done(Grade),
    Failed {
        part: Part,
        words: String,
    },
    /// A script was killed on request.
    Stopped {
        part: Part,
    },
    /// `settle`: the host could not be asked; else a person has to say how to go on.
    Unknown {
        words: String,
        settle: Option<(u64, Job)>,
    },
}

/// How a script was lost sight of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The connection broke. Should it not have begun, that is a failure as any other.
    Now,
    /// Before somebody wanted the run to go on. Should it not have begun, it is sent.
    Before,
}

/// What follows when a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unproved {
    /// A person has to say how to go on: a script may have run.
    Ask,
    /// Everything is run again: somebody wanted it.
    Run,
}

impl Cell {
    pub(super) const fn new(place: Place) -> Self {
        Self {
            place,
            stage: Stage::Todo,
            is_in_flight: false,
            grade: Grade::Success,
            note: None,
            resume_at: 0,
            has_run: false,
            unproved: Unproved::Ask,
            blocked: None,
            tried: Duration::ZERO,
            again_at: None,
            begun: None,
            over: None,
        }
    }

    /// The part and the script that are next, if any is.
    pub(super) fn next(&self) -> Option<(Part, usize)> {
        match self.stage {
            Stage::Unless(at) => Some((Part::Unless, at)),
            Stage::Run(at) => Some((Part::Run, at)),
            Stage::Check(at) => Some((Part::Check, at)),
            Stage::Undo(at) => Some((Part::Undo, at)),
            Stage::Proof(at) => Some((Part::Proof { of: self.place.clone() }, at)),
            Stage::Todo
            | Stage::Settle { .. }
            | Stage::Ran
            | Stage::Done(_)
            | Stage::Failed { .. }
            | Stage::Stopped { .. }
            | Stage::Unknown { .. } => None,
        }
    }

    /// Goes on there, with a check's time beginning anew.
    pub(super) fn go(&mut self, stage: Stage) {
        self.stage = stage;
        self.tried = Duration::ZERO;
        self.again_at = None;
    }

    pub(super) fn fail(&mut self, part: Part, words: String) {
        self.go(Stage::Failed { part, words });
    }

    pub(super) fn doubt(&mut self, words: String) {
        self.go(Stage::Unknown { words, settle: None });
    }

    /// What did not go well.
    pub(super) fn trouble(&self) -> Option<&str> {
        match (&self.blocked, &self.stage) {
            (Some(words), _) | (None, Stage::Failed { words, .. } | Stage::Unknown { words, .. }) => {
                Some(words)
            }
            (None, _) => None,
        }
    }

    /// Whether all scripts of it have run, there being more to do or not.
    pub(super) const fn has_come_to_the_checks(&self) -> bool {
        matches!(self.stage, Stage::Ran | Stage::Check(_) | Stage::Done(_))
    }

    /// Whether nothing but checks is run there any more.
    pub(super) const fn is_only_to_be_checked(&self) -> bool {
        self.has_come_to_the_checks() || matches!(self.stage, Stage::Failed { part: Part::Check, .. })
    }

    /// Whether it takes one of the places that a step's order gives.
    pub(super) const fn is_at_work(&self) -> bool {
        matches!(
            self.stage,
            Stage::Unless(_)
                | Stage::Run(_)
                | Stage::Settle { .. }
                | Stage::Proof(_)
                | Stage::Check(_)
                | Stage::Undo(_)
        )
    }
}
