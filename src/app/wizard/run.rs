//! A run: about to begin, under way, or over.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Basis, Found, OfLayout, Pass};
use crate::model::ClusterName;
use crate::scenario::journal::{Entry, Event, Instruction, Outcome, Place};
use crate::scenario::{Plan, Progress, Script, Stand, Step};

/// How many lines of each host's output are kept to be shown; all of it is on the disk.
const LINES: usize = 400;
/// The longest line that is kept, in characters.
const LONGEST: usize = 500;

/// A run that is about to begin, under way, or over.
#[derive(Debug, Clone)]
pub struct Run {
    /// Whose news are awaited.
    pub pass: Pass,
    /// What is carried out.
    pub plan: Arc<Plan>,
    /// The cluster that is meant.
    pub cluster: Option<ClusterName>,
    /// What it goes on with.
    pub basis: Basis,
    /// The layout that it is a stage of.
    pub layout: Option<OfLayout>,
    /// The names of values that were made up.
    pub generated: BTreeSet<String>,
    /// Its name on the disk, once it has one.
    pub id: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// What is done, under way and left.
    pub progress: Progress,
    /// Since when this console carries it out.
    pub since: Option<Timestamp>,
    /// When it was over.
    pub until: Option<Timestamp>,
    /// How long it took the last time.
    pub expected: Option<SignedDuration>,
    /// What the checks say, where somebody has asked.
    pub found: Option<Found>,
    /// Whether the checks are being run now.
    pub examined: Option<Pass>,
    /// The one that it is the same as once more: that one's end is waited for.
    pub(in crate::app) before: Option<Pass>,
    /// How it was told to begin; `None`: this console has not begun it.
    pub first: Option<Instruction>,
    /// What it was told at its beginning and has not taken yet: until then it doesn't wait for a word.
    pub(in crate::app) told: Option<Instruction>,
    /// The other runs that have its hosts, where that kept it from being run.
    pub holders: Vec<Holder>,
    /// How it is looked at.
    pub view: View,
    output: BTreeMap<Place, VecDeque<String>>,
    /// The last lines of what did not go well, and which step that was.
    said: BTreeMap<Place, (usize, Vec<String>)>,
}

/// Another run that has one of the hosts in its hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which host.
    pub place: Place,
    /// That run.
    pub run: String,
    /// Which scenario, who, from where and since when, as the lock says.
    pub words: String,
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It is planned, and nothing is run.
    Ready,
    /// It is carried out, or waits for a word.
    UnderWay,
    /// It is over, so.
    Over(Outcome),
}

/// How a run is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The selected row among the hosts.
    pub host: usize,
    /// The step that is looked at, from 1; `None`: the one that is under way or next.
    pub step: Option<usize>,
    /// What is shown where there is room for one thing only, and what is scrolled.
    pub pane: WizardPane,
    /// How many lines each pane is scrolled: why and scripts down from the top, output up from the end.
    pub scrolls: [usize; 3],
    /// Every script is shown, scrolled so many lines down.
    pub dry_run: Option<usize>,
}

/// A pane of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WizardPane {
    /// What the step is for.
    #[default]
    Why,
    /// What it runs.
    Script,
    /// What the selected host prints.
    Output,
}

impl WizardPane {
    /// All of them, in the order of the key for the next one.
    pub const ALL: [Self; 3] = [Self::Why, Self::Script, Self::Output];

    pub(in crate::app) fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

impl Run {
    pub(in crate::app) fn new(
        pass: Pass,
        plan: Arc<Plan>,
        cluster: Option<ClusterName>,
        basis: Basis,
        generated: BTreeSet<String>,
    ) -> Self {
        let entries: &[Entry] = match &basis {
            Basis::Left(recalled) => &recalled.entries,
            Basis::New | Basis::Changed { .. } => &[],
        };
        let progress = Progress::replay(Arc::clone(&plan), entries);
        let id = match &basis {
            Basis::Left(recalled) => Some(recalled.id.clone()),
            Basis::New | Basis::Changed { .. } => None,
        };
        let (stage, since, until) = match progress.outcome() {
            Some(outcome @ Outcome::Done { .. }) => {
                let at = |entry: Option<&Entry>| entry.map(|entry| entry.at);
                (Stage::Over(outcome.clone()), at(entries.first()), at(entries.last()))
            }
            _ => (Stage::Ready, None, None),
        };
        Self {
            pass,
            plan,
            cluster,
            basis,
            layout: None,
            generated,
            id,
            stage,
            progress,
            since,
            until,
            expected: None,
            found: None,
            examined: None,
            before: None,
            first: None,
            told: None,
            holders: Vec::new(),
            view: View::default(),
            output: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Where it stands; `None` before it is begun and after its end.
    pub fn stand(&self, now: Timestamp) -> Option<Stand> {
        let stand = (self.stage == Stage::UnderWay).then(|| self.progress.next(now).stand)?;
        Some(if stand == Stand::Paused && self.told.is_some() { Stand::Busy } else { stand })
    }

    /// Whether it waits for a word.
    pub fn waits(&self, now: Timestamp) -> bool {
        matches!(self.stand(now), Some(Stand::Paused | Stand::Stuck))
    }

    /// Whether it came to its end.
    pub const fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Over(Outcome::Done { .. }))
    }

    /// The step that it begins with, from 1.
    pub fn from_step(&self) -> usize {
        match &self.basis {
            Basis::Changed { from_step, .. } => *from_step,
            Basis::New | Basis::Left(_) => self.progress.step().unwrap_or(1),
        }
    }

    /// The number of the step that is under way or next, from 1; the last one when none is left.
    pub fn current(&self) -> usize {
        match self.stage {
            Stage::Ready => self.from_step(),
            Stage::UnderWay | Stage::Over(_) => {
                self.progress.step().unwrap_or(self.plan.scenario.steps.len()).max(1)
            }
        }
    }

    /// The step that is looked at.
    pub fn step(&self) -> Option<&Step> {
        let number = self.view.step.unwrap_or_else(|| self.current());
        self.plan.scenario.steps.get(number.checked_sub(1)?)
    }

    /// The place that is looked at.
    pub fn place(&self) -> Option<Place> {
        self.progress.place(self.view.host)
    }

    /// Since when it goes, and for how long it went.
    pub fn elapsed(&self, now: Timestamp) -> Option<SignedDuration> {
        let since = self.since?;
        Some(self.until.unwrap_or(now).duration_since(since))
    }

    /// The last lines that a host has printed, oldest first.
    pub fn output(&self, place: &Place) -> impl DoubleEndedIterator<Item = &str> {
        self.output.get(place).into_iter().flatten().map(String::as_str)
    }

    /// The last lines of the script that did not go well there in that step.
    pub fn said(&self, step: usize, place: &Place) -> &[String] {
        match self.said.get(place) {
            Some((at, lines)) if *at == step => lines,
            _ => &[],
        }
    }

    /// Whether a script of a step is for the system of the place that is looked at, as far as that is known.
    pub fn is_for(&self, script: &Script) -> bool {
        let system = self.place().and_then(|place| self.progress.system(&place).cloned());
        system.is_none_or(|system| system.takes(script))
    }

    /// This console carries it out from now on, and has told it that.
    pub(in crate::app) fn begins(&mut self, first: Instruction, now: Timestamp) {
        self.stage = Stage::UnderWay;
        (self.since, self.until) = (Some(now), None);
        (self.first, self.told) = (Some(first), Some(first));
    }

    pub(in crate::app) fn take(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Sent { serial: _, job } => {
                let line = format!("-- step {}, {} --", job.step, job.part.word());
                // A check that is tried again and again says so once.
                if self.output(&job.place).next_back() != Some(line.as_str()) {
                    self.print(&job.place, [line]);
                }
            }
            Event::Ended { serial, said, .. } if !said.is_empty() => {
                let job = self.progress.flight(*serial).cloned();
                self.said.extend(job.map(|job| (job.place, (job.step, said.clone()))));
            }
            Event::Begun(_) | Event::Resumed { .. } => self.holders.clear(),
            Event::Instructed { instruction } if self.told == Some(*instruction) => self.told = None,
            Event::Held { place, run, words } => {
                let (place, run, words) = (place.clone(), run.clone(), words.clone());
                self.holders.push(Holder { place, run, words });
            }
            Event::Over { outcome } => {
                self.stage = Stage::Over(outcome.clone());
                self.told = None;
                self.until = Some(entry.at);
            }
            _ => {}
        }
        let before = self.progress.step();
        self.progress.apply(entry);
        if self.progress.step() != before {
            self.view.step = None;
            self.view.scrolls = [0; 3];
        }
    }

    pub(in crate::app) fn print(&mut self, place: &Place, lines: impl IntoIterator<Item = String>) {
        let kept = self.output.entry(place.clone()).or_default();
        for line in lines {
            kept.push_back(if line.chars().count() > LONGEST {
                line.chars().take(LONGEST).collect()
            } else {
                line
            });
        }
        let surplus = kept.len().saturating_sub(LINES);
        kept.drain(..surplus);
    }

    /// Selects the host that the run waits for a word about, and what it has printed.
    pub(in crate::app) fn look_at_trouble(&mut self) {
        let troubles = self.progress.troubles();
        let place = troubles.first().map(|trouble| &trouble.place);
        let at = self.progress.places().iter().position(|known| Some(known) == place);
        self.view.host = at.unwrap_or(self.view.host);
        self.view.pane = WizardPane::Output;
        self.view.scrolls = [0; 3];
    }

    /// Puts the selections where something is.
    pub(in crate::app) fn settle(&mut self) {
        self.view.host = self.view.host.min(self.progress.count().saturating_sub(1));
        let steps = self.plan.scenario.steps.len();
        self.view.step = self.view.step.map(|step| step.clamp(1, steps.max(1)));
    }
}
