//! The scenarios on screen: which there are, what one has to be told, and how its run goes.
//!
//! Nothing here runs anything. What is wanted goes out as a [`Request`], what comes of it comes in as [`News`]; a
//! [`Run`] keeps a [`Progress`](crate::scenario::Progress) of its own, to which the entries of the journal are applied.

mod ask;
mod form;
mod hints;
mod layout;
mod run;
mod shelf;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::scenario::Deployed;
pub use ask::{Ask, AskKind};
pub use form::{Field, Form, Hosts};
pub use layout::{Layout, LayoutRow, OfLayout};
pub use run::{Holder, Run, Stage, View, WizardPane};
pub use shelf::{Book, Found, LayoutBook, PastRun, Realm, Row, Shelf, Standing};
pub use survey::{Finding, Installed, Survey};

use crate::app::Letters;
use crate::model::{ClusterName, HostName};
use crate::scenario::journal::{Entry, Instruction, Outcome, Place};
use crate::scenario::{Plan, Scenario, Value};

/// Everything about scenarios that the console knows and shows.
#[derive(Debug, Clone, Default)]
pub struct Wizard {
    /// The selected row of the list.
    pub row: usize,
    /// Only rows of the list that hold these words are shown.
    pub filter: String,
    /// The layout that was chosen last.
    pub layout: Option<Layout>,
    /// What there is; `None` until it was read.
    pub shelf: Option<Shelf>,
    /// The run in hand, begun or about to be: one at a time.
    pub run: Option<Box<Run>>,
    /// The run that stands while another with changed values is looked at.
    pub(in crate::app) waiting: Option<Box<Run>>,
    /// What is really there, as far as it was looked at.
    pub survey: Survey,
    /// Forms that were left before their run began, the last one at the end.
    kept: Vec<Form>,
    tickets: u64,
}

/// How many forms are kept that were left.
const FORMS_KEPT: usize = 16;

/// What of the scenarios is on screen.
#[derive(Debug, Clone)]
pub enum Page {
    /// Which there are.
    List,
    /// The clusters and the scenarios of a layout.
    Layout,
    /// On which hosts?
    Hosts(Hosts),
    /// With which values?
    Form(Box<Form>),
    /// The run in hand.
    Run,
}

/// Stands for one question or one run; never used twice in one console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pass(pub u64);

/// A scenario with its hosts, before it has values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What is to be run.
    pub scenario: Arc<Scenario>,
    /// Where.
    pub hosts: Vec<HostName>,
    /// The cluster of the configuration that is meant.
    pub cluster: Option<ClusterName>,
    /// What it goes on with.
    pub basis: Basis,
    /// The layout that it is a stage of.
    pub layout: Option<OfLayout>,
}

/// What a run goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Nothing: it is a new one.
    New,
    /// A run that was left before.
    Left(Box<Recalled>),
    /// The run of this console that its values are changed of.
    Changed {
        /// The step to begin with, from 1.
        from_step: usize,
        /// That run.
        replaces: Option<Pass>,
        /// The names of values that were made up for it.
        generated: BTreeSet<String>,
    },
}

/// A run that was left, as it is kept on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// Its name.
    pub id: String,
    /// Its scenario's name in the library, or its file.
    pub scenario: Arc<Scenario>,
    /// Where.
    pub hosts: Vec<HostName>,
    /// The cluster that was meant.
    pub cluster: Option<ClusterName>,
    /// The values that were kept.
    pub values: BTreeMap<String, Value>,
    /// Stands for the plan: one that has another is another plan.
    pub fingerprint: String,
    /// What happened in it.
    pub entries: Vec<Entry>,
}

/// How a run is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whose news are awaited.
    pub pass: Pass,
    /// What is carried out.
    pub plan: Arc<Plan>,
    /// The names of values that were made up.
    pub generated: BTreeSet<String>,
    /// The cluster that is meant.
    pub cluster: Option<ClusterName>,
    /// The layout that it is a stage of.
    pub layout: Option<OfLayout>,
    /// The run that it goes on with.
    pub left: Option<String>,
    /// The run of this console that ends before.
    pub replaces: Option<Pass>,
    /// The step to begin with, from 1.
    pub from_step: usize,
    /// How it is to go: [`Instruction::Next`] or [`Instruction::RunToEnd`]; [`Instruction::Undo`] for a run that came to its
    /// end, whose last step is taken back.
    pub first: Instruction,
    /// Whether what it destroys was agreed to in so many words.
    pub may_destroy: bool,
    /// Whether hosts are taken from another run that has them.
    pub breaks_locks: bool,
}

impl Order {
    /// Of a run as it is: a new one, from its first step, that destroys nothing and takes nothing from others.
    pub(in crate::app) fn of(run: &Run, first: Instruction) -> Self {
        Self {
            pass: run.pass,
            plan: run.plan.clone(),
            generated: run.generated.clone(),
            cluster: run.cluster.clone(),
            layout: run.layout.clone(),
            left: None,
            replaces: None,
            from_step: 1,
            first,
            may_destroy: false,
            breaks_locks: false,
        }
    }
}

/// What is asked of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Read which scenarios and runs there are.
    Look,
    /// Give a draft its values: these, and else those that come from elsewhere.
    Plan {
        /// Whose answer is awaited.
        pass: Pass,
        /// What is to be planned.
        draft: Box<Draft>,
        /// What the person has entered.
        set: BTreeMap<String, Value>,
    },
    /// Read a run that was left.
    Recall(String),
    /// Carry out. Only ever follows a confirmation.
    Begin(Box<Order>),
    /// Tell a run how to go on.
    Instruct(Pass, Instruction),
    /// Run what proves the steps of a plan, and nothing else.
    Examine {
        /// Whose answer is awaited.
        pass: Pass,
        /// Of what.
        plan: Arc<Plan>,
        /// The cluster that is meant.
        cluster: Option<ClusterName>,
    },
    /// Make the plan of a run that was brought to its end once more, and run what proves its steps.
    Survey(String),
}

/// What the runtime tells.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Which scenarios and runs there are.
    Shelf(Box<Shelf>),
    /// A run that was left, or why it can't be gone on with.
    Recalled(Box<Result<Recalled, String>>),
    /// What would be carried out, or what is wrong.
    Planned(Pass, Box<Result<Planned, Unplanned>>),
    /// The run has a name.
    Begun(Pass, String),
    /// Something that is in the journal.
    Entry(Pass, Entry),
    /// What a script has printed.
    Output(Pass, Place, Vec<String>),
    /// The run is over, or left.
    Over(Pass, Outcome),
    /// What the checks say, or why they could not be run.
    Found(Pass, Box<Result<Found, String>>),
    /// The same of a run that was brought to its end.
    Surveyed(String, Box<Result<Found, String>>),
}

/// A draft with values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// All that is needed to run it.
    pub plan: Arc<Plan>,
    /// The names of values that were made up just now.
    pub generated: BTreeSet<String>,
}

/// Why a draft can't be planned: everything at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unplanned {
    /// What is wrong with a variable, by its name.
    pub fields: Vec<(String, String)>,
    /// What is wrong besides.
    pub others: Vec<String>,
}

impl Page {
    /// What a letter means on it.
    pub(in crate::app) fn letters(&self) -> Letters {
        let is_typing = match self {
            Self::Hosts(hosts) => hosts.is_typing(),
            Self::Form(form) => form.is_typing(),
            Self::List | Self::Layout | Self::Run => return Letters::Command,
        };
        if is_typing { Letters::Field } else { Letters::Form }
    }
}

impl Wizard {
    /// Keeps what was entered in a form until its run begins.
    pub(in crate::app) fn keep(&mut self, form: &Form) {
        if form.draft.basis != Basis::New {
            return;
        }
        self.forget(&form.draft.scenario, &form.draft.hosts);
        self.kept.push(form.clone());
        let surplus = self.kept.len().saturating_sub(FORMS_KEPT);
        self.kept.drain(..surplus);
    }

    /// What was entered for a draft, if it is a new run and its form was left.
    pub(in crate::app) fn kept(&self, draft: &Draft) -> Option<&Form> {
        let is_it = |form: &&Form| form.draft.scenario == draft.scenario && form.draft.hosts == draft.hosts;
        self.kept.iter().find(is_it).filter(|_| draft.basis == Basis::New)
    }

    /// Forgets what was entered for a scenario on these hosts.
    pub(in crate::app) fn forget(&mut self, scenario: &Arc<Scenario>, hosts: &[HostName]) {
        self.kept.retain(|form| form.draft.scenario != *scenario || form.draft.hosts != hosts);
    }

    /// The run that goes on, or waits for a word, on screen or not.
    pub fn under_way(&self) -> Option<&Run> {
        [&self.run, &self.waiting]
            .into_iter()
            .flatten()
            .map(|run| &**run)
            .find(|run| run.stage == Stage::UnderWay)
    }

    pub(in crate::app) fn pass(&mut self) -> Pass {
        self.tickets += 1;
        Pass(self.tickets)
    }

    /// Takes in what a script has printed. Says whether the screen of the run shows it.
    pub(in crate::app) fn print(&mut self, pass: Pass, place: &Place, lines: Vec<String>) -> bool {
        let is_shown = self.run.as_ref().is_some_and(|it| it.pass == pass);
        let Some(run) = self.run_of(pass) else { return false };
        run.print(place, lines);
        is_shown && run.place().as_ref() == Some(place)
    }

    /// The run of that pass.
    pub(in crate::app) fn run_of(&mut self, pass: Pass) -> Option<&mut Run> {
        [&mut self.run, &mut self.waiting]
            .into_iter()
            .flatten()
            .map(|run| &mut **run)
            .find(|run| run.pass == pass)
    }
}
