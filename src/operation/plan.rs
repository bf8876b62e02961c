//! What would be done, in full, before any of it is.

mod cluster;
mod node;
mod placement;
mod resource;

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::goal::{Forgotten, Goal, mark};
use super::guard::{Condition, whole_cib};
use super::scope;
use super::simulate::Simulation;
use super::site::members;
use super::verb::{Danger, Intent, SubjectKind, Verb};
use crate::model::{NodeName, Picture, ResourceId};
use crate::nearest::nearest;

/// What would be done: shown before it runs, and written to the audit log as it is, so that a later console can see
/// what an earlier one was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked for.
    pub intent: Intent,
    /// In words: `move vip-db from db1 to db2`.
    pub title: String,
    /// What it touches and what is worth knowing before, a sentence each.
    pub notes: Vec<String>,
    /// How much care the confirmation asks for.
    pub danger: Danger,
    /// How to find out what the scheduler would do; `None` where nothing would be placed anew, or it can't be told.
    pub simulation: Option<Simulation>,
    /// What is done, in this order.
    pub phases: Vec<Phase>,
    /// How to undo it.
    pub undo: Undo,
    /// What is left, in words, when it ends between its first and its last command; empty where nothing is.
    pub half_way: String,
    /// The primitives whose new failures mean that it went wrong.
    pub concerns: Vec<ResourceId>,
    /// The failures that were there before.
    pub known_failures: Vec<Forgotten>,
    /// The cluster's full members when it was planned; empty in the log of an earlier version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<NodeName>,
}

/// One part of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// A command is run, once.
    Run(Step),
    /// Pictures are taken until all goals are seen, or the time is up.
    Await(Wait),
    /// The scheduler is asked whether the change would move any of these; then the operation ends here.
    StayPut {
        /// The change that must not move them.
        change: Simulation,
        /// What must stay.
        resources: Vec<ResourceId>,
        /// What to tell when it would not.
        otherwise: String,
    },
    /// A command is run, once, unless all goals are seen at once.
    Repair {
        /// What makes it needless.
        unless: Vec<Goal>,
        /// The command.
        step: Step,
    },
}

/// A command with what must hold before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is run.
    pub command: Command,
    /// What must hold on a fresh picture right before.
    pub guard: Vec<Condition>,
    /// The longest it may take, in seconds; `None`: as long as any command.
    pub seconds: Option<u64>,
    /// What follows when it exits with a failure.
    pub on_failure: OnFailure,
}

/// What follows when a command exits with a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Nothing more is done.
    Stop,
    /// What comes after puts right what it left behind, and the operation has failed all the same if its goal is
    /// not reached.
    GoOn,
}

/// What is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// All of these.
    pub goals: Vec<Goal>,
    /// No longer than this, in seconds.
    pub seconds: u64,
}

/// How an operation is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// By another operation.
    Intent(Intent),
    /// By these commands, which bring back the value that was there before.
    Commands {
        /// What is run.
        commands: Vec<Command>,
        /// What proves it.
        goals: Vec<Goal>,
    },
    /// It can't be; why, and what to do.
    Impossible(String),
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is called that.
    #[error("there is no {kind} {name:?} in {cluster}{}", .near.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    Unknown {
        /// What kind of thing was looked for.
        kind: SubjectKind,
        /// What was named.
        name: String,
        /// Where.
        cluster: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A node has to be named as well.
    #[error("name a node: {0}")]
    NodeNeeded(String),
    /// It makes no sense as it was asked for.
    #[error("{0}")]
    Senseless(String),
    /// It is so already.
    #[error("{0}")]
    Already(String),
    /// It can't be done now.
    #[error("{0}")]
    NotNow(String),
}

/// Works out how that would be done to the cluster of that picture. Whether it still can be is checked again on a
/// fresh picture right before.
pub fn plan(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    if let Some(node) = &intent.to {
        if !intent.verb.takes_a_node() {
            return Err(Refusal::Senseless(format!("{} takes no node besides its subject", intent.verb)));
        }
        known_node(picture, intent, node.as_str())?;
    }
    // Without the configuration everything would seem unset: "not disabled" and "already done" would be guesses.
    if intent.verb.reads_configuration() {
        whole_cib(picture).map_err(Refusal::NotNow)?;
    }
    let plan = match intent.verb.subject() {
        SubjectKind::Resource => resource::plan(picture, intent),
        SubjectKind::Node => node::plan(picture, intent),
        SubjectKind::Cluster | SubjectKind::Ticket => cluster::plan(picture, intent),
    }?;
    plan.check(picture)?;
    Ok(plan)
}

impl Plan {
    /// A plan of nothing yet.
    fn new(picture: &Picture, intent: &Intent, title: String, undo: Undo) -> Self {
        Self {
            intent: intent.clone(),
            title,
            notes: Vec::new(),
            danger: intent.verb.danger(),
            simulation: None,
            phases: Vec::new(),
            undo,
            half_way: String::new(),
            concerns: Vec::new(),
            known_failures: picture.failures.iter().map(mark).collect(),
            members: members(picture),
        }
    }

    /// Whether it could begin now: what must hold before its first command holds on that picture.
    pub fn check(&self, picture: &Picture) -> Result<(), Refusal> {
        let holds =
            |condition: &Condition| condition.broken(picture).map_or(Ok(()), |why| Err(Refusal::NotNow(why)));
        self.steps().next().map_or(Ok(()), |step| step.guard.iter().try_for_each(holds))
    }

    /// The commands that it may run, in their order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().filter_map(Phase::step)
    }

    /// Calls it by what it undoes or redoes, as the audit log should have it. What it does stands in the notes.
    pub fn rename(&mut self, title: &str) {
        if self.title != title {
            let does = std::mem::replace(&mut self.title, title.to_owned());
            // A title that was given when the undo was planned says nothing new.
            if !does.starts_with("undo: ") && !title.ends_with(&does) {
                self.notes.insert(0, format!("This means: {does}."));
            }
        }
    }

    /// The plan that undoes it by the values that were there before; `None` where that is another operation, to be
    /// planned anew, or impossible.
    pub fn undo_plan(&self) -> Option<Self> {
        let Undo::Commands { commands, goals } = &self.undo else { return None };
        let guard = self.steps().next().map(|step| essential(&step.guard)).unwrap_or_default();
        let run = |command: &Command| Phase::Run(Step::new(command.clone(), guard.clone()));
        let all: Vec<String> = commands.iter().map(Command::shell).collect();
        let half_way = match all.len() {
            0 | 1 => String::new(),
            _ => format!("All of it takes {}.", all.join(" && ")),
        };
        let mut phases: Vec<Phase> = commands.iter().map(run).collect();
        phases.push(Phase::Await(Wait { goals: goals.clone(), seconds: AWAIT }));
        Some(Self {
            title: format!("undo: {}", self.title),
            notes: Vec::new(),
            simulation: Simulation::together(commands.iter().map(Simulation::of)),
            phases,
            half_way,
            undo: Undo::Impossible("An undo is not undone: do the operation again.".to_owned()),
            ..self.clone()
        })
    }
}

impl Phase {
    /// The command that it may run.
    pub fn step(&self) -> Option<&Step> {
        match self {
            Self::Run(step) | Self::Repair { step, .. } => Some(step),
            Self::Await(_) | Self::StayPut { .. } => None,
        }
    }
}

impl Step {
    fn new(command: Command, guard: Vec<Condition>) -> Self {
        Self { command, guard, seconds: None, on_failure: OnFailure::Stop }
    }
}

/// What must hold for any change, of a list for a certain one.
fn essential(guard: &[Condition]) -> Vec<Condition> {
    let is_essential =
        |it: &&Condition| matches!(it, Condition::Quorum | Condition::Dc | Condition::ResourceExists(_));
    guard.iter().filter(is_essential).cloned().collect()
}

/// How long what was changed may take to come about.
const AWAIT: u64 = 120;

fn known_node<'p>(
    picture: &'p Picture,
    intent: &Intent,
    name: &str,
) -> Result<&'p crate::model::Node, Refusal> {
    picture.nodes.iter().find(|node| node.name == *name).ok_or_else(|| {
        unknown(SubjectKind::Node, intent, name, picture.nodes.iter().map(|node| node.name.as_str()))
    })
}

fn known_resource<'p>(picture: &'p Picture, intent: &Intent) -> Result<scope::Found<'p>, Refusal> {
    let name = intent.subject.as_str();
    scope::find(picture, name)
        .ok_or_else(|| unknown(SubjectKind::Resource, intent, name, scope::names(picture)))
}

fn unknown<'k>(
    kind: SubjectKind,
    intent: &Intent,
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Refusal {
    Refusal::Unknown {
        kind,
        name: name.to_owned(),
        cluster: intent.cluster.to_string(),
        near: nearest(name, known).map(str::to_owned),
    }
}

fn senseless(verb: Verb, why: impl std::fmt::Display) -> Refusal {
    Refusal::Senseless(format!("{verb}: {why}"))
}
