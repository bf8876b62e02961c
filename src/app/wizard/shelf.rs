//! Which scenarios there are, and what is known of their runs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Wizard;
use crate::model::{ClusterEntry, HostName};
use crate::scenario::deployment::Deployment;
use crate::scenario::journal::Outcome;
use crate::scenario::{Deployed, Proved, Scenario, Sources};

/// Which scenarios and runs there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// In the order of deployment; those that are wrong come last.
    pub books: Vec<Book>,
    /// The layouts that there are.
    pub layouts: Vec<LayoutBook>,
    /// The runs that there have been, the newest first.
    pub runs: Vec<PastRun>,
    /// Where values come from that nobody enters.
    pub sources: Sources,
    /// Whether anything may be run at all.
    pub is_read_only: bool,
    /// The read-only clusters of the configuration, whether the console shows them or not.
    pub locked: Vec<ClusterEntry>,
    /// Whether what is run is real.
    pub realm: Realm,
    /// What could not be read.
    pub troubles: Vec<String>,
}

/// Whether what is run is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Realm {
    /// Scripts are run on hosts.
    #[default]
    Real,
    /// The hosts are simulated and run no shell: every script is taken for one that worked.
    Simulated,
}

/// A scenario, or what is wrong with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// As it is called on the command line.
    pub name: String,
    /// Where it stands.
    pub file: String,
    /// It, or all that is wrong with it.
    pub scenario: Result<Arc<Scenario>, String>,
}

/// A deployment, or what is wrong with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutBook {
    /// As it is called on the command line.
    pub name: String,
    /// It, or all that is wrong with it.
    pub deployment: Result<Arc<Deployment>, String>,
}

/// A run that there has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// Its name.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// Where.
    pub hosts: Vec<HostName>,
    /// When it began.
    pub at: Timestamp,
    /// When something was last heard of it.
    pub last: Timestamp,
    /// How it ended; `None`: it did not.
    pub outcome: Option<Outcome>,
    /// Whether a console has it in its hands.
    pub is_in_hand: bool,
    /// Whether it began with the first step, and was not interrupted: how long it took is how long it takes.
    pub is_whole: bool,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A run that can be gone on with, by its place among the runs.
    Left(usize),
    /// A layout, by its place.
    Layout(usize),
    /// A scenario, by its place.
    Book(usize),
}

/// What is known of a scenario from its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nobody has run it from this machine.
    Never,
    /// The last run was brought to its end.
    Done(&'a PastRun),
    /// The last run failed, or was given up: it can be gone on with.
    Stopped(&'a PastRun),
    /// The last run did not end: it can be gone on with.
    Unfinished(&'a PastRun),
    /// Another console carries it out.
    Elsewhere(&'a PastRun),
}

/// What the checks of a scenario say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The scenario's name.
    pub scenario: String,
    /// Where.
    pub hosts: Vec<HostName>,
    /// When they were run.
    pub at: Timestamp,
    /// Of each step, in their order.
    pub steps: Vec<Proved>,
}

impl Found {
    /// What they come to.
    pub fn deployed(&self) -> Deployed {
        Deployed::of(&self.steps)
    }
}

impl PastRun {
    /// Whether anything of it was run: a refused one says nothing of what is there.
    pub fn is_of_use(&self) -> bool {
        !matches!(self.outcome, Some(Outcome::Refused { .. }))
    }

    /// Whether it was brought to its end.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Done { .. }))
    }

    /// Whether somebody may go on with it.
    pub fn can_be_gone_on_with(&self) -> bool {
        !self.is_in_hand && !self.outcome.as_ref().is_some_and(Outcome::is_final)
    }
}

impl Shelf {
    /// What can be selected: runs that were left, then layouts, then scenarios.
    pub fn rows(&self) -> Vec<Row> {
        let left = self.runs.iter().enumerate().filter(|(_, run)| run.can_be_gone_on_with());
        let left = left.map(|(at, _)| Row::Left(at));
        let layouts = (0..self.layouts.len()).map(Row::Layout);
        left.chain(layouts).chain((0..self.books.len()).map(Row::Book)).collect()
    }

    /// What a row is called: a run by its own name, others as on the command line.
    fn name(&self, row: Row) -> Option<&str> {
        match row {
            Row::Left(at) => self.runs.get(at).map(|run| run.id.as_str()),
            Row::Layout(at) => self.layouts.get(at).map(|book| book.name.as_str()),
            Row::Book(at) => self.books.get(at).map(|book| book.name.as_str()),
        }
    }

    /// What a filter looks for its words in.
    fn texts(&self, row: Row) -> Vec<String> {
        match row {
            Row::Left(at) => self.runs.get(at).map(|run| {
                let hosts = run.hosts.iter().map(HostName::to_string);
                [run.scenario.clone(), run.title.clone()].into_iter().chain(hosts).collect()
            }),
            Row::Layout(at) => self.layouts.get(at).map(|book| {
                let title = book.deployment.as_ref().ok().map(|it| it.title.clone());
                std::iter::once(book.name.clone()).chain(title).collect()
            }),
            Row::Book(at) => self.books.get(at).map(|book| {
                let known = book.scenario.as_ref().ok().map(|it| [it.title.clone(), it.tier.to_string()]);
                std::iter::once(book.name.clone()).chain(known.into_iter().flatten()).collect()
            }),
        }
        .unwrap_or_default()
    }

    /// What the runs say of a scenario.
    pub fn standing(&self, scenario: &str) -> Standing<'_> {
        let mut runs = self.runs.iter().filter(|run| run.scenario == scenario);
        match runs.find(|run| run.is_of_use()) {
            None => Standing::Never,
            Some(run) => match &run.outcome {
                Some(Outcome::Done { .. }) => Standing::Done(run),
                Some(_) => Standing::Stopped(run),
                None if run.is_in_hand => Standing::Elsewhere(run),
                None => Standing::Unfinished(run),
            },
        }
    }

    /// How long a scenario took when it was last brought to its end in one go.
    pub fn expected(&self, scenario: &str) -> Option<SignedDuration> {
        let is_measure = |run: &&PastRun| run.scenario == scenario && run.is_whole && run.is_done();
        self.runs.iter().find(is_measure).map(|run| run.last.duration_since(run.at))
    }

    /// How many runs can be gone on with.
    pub fn left(&self) -> usize {
        self.runs.iter().filter(|run| run.can_be_gone_on_with()).count()
    }
}

impl Wizard {
    /// What the list shows: of what there is, the rows that hold every word of the filter. Empty until it was read.
    pub fn rows(&self) -> Vec<Row> {
        let Some(all) = &self.shelf else { return Vec::new() };
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return all.rows();
        }
        let is_shown = |&row: &Row| {
            let texts = all.texts(row);
            words.iter().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
        };
        all.rows().into_iter().filter(is_shown).collect()
    }

    /// Takes in what there is now. The selection stays on what it was on, if that is still there.
    pub(in crate::app) fn take(&mut self, all: Shelf) {
        let was = self.selected();
        let before = self.shelf.replace(all);
        let (Some(was), Some(before), Some(all)) = (was, before, &self.shelf) else { return };
        let is_it = |row: &Row| {
            let is_alike = std::mem::discriminant(row) == std::mem::discriminant(&was);
            is_alike && all.name(*row) == before.name(was)
        };
        self.row = self.rows().iter().position(is_it).unwrap_or(self.row);
    }

    /// Shows only what holds these words; the selection stays on what it was on, or goes to the first.
    pub(in crate::app) fn set_filter(&mut self, filter: String) {
        let was = self.selected();
        self.filter = filter;
        let found = was.and_then(|was| self.rows().into_iter().position(|row| row == was));
        self.row = found.unwrap_or(0);
    }

    /// The scenario, or the run that was left, that has the keys in the list.
    pub fn selected(&self) -> Option<Row> {
        self.rows().get(self.row).copied()
    }

    /// How the scenario that has the keys in the list stands; `None` where something else has them.
    pub fn standing(&self) -> Option<Standing<'_>> {
        let (Some(Row::Book(at)), Some(all)) = (self.selected(), &self.shelf) else { return None };
        all.books.get(at).map(|book| all.standing(&book.name))
    }

    /// Whether nothing that is run is real.
    pub fn is_simulated(&self) -> bool {
        self.shelf.as_ref().is_some_and(|shelf| shelf.realm == Realm::Simulated)
    }
}
