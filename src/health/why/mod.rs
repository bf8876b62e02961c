//! Why a resource runs where it does, or does not run; why a node is as it is.
//!
//! The checks say what is wrong. This says what follows from what for one thing that a person points at: also
//! where nothing is wrong, and also what the checks leave out because a graver finding explains it.

mod at;
pub(super) mod barrier;
mod company;
mod node;
pub(super) mod obstacle;
mod place;
pub(super) mod resource;
mod rule;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::Severity;
use super::check::{Look, Verdict};
use super::findings::CHECKS;
use super::fix::Remedy;
use super::scene::{Outlook, Scene};
use super::words::span;
use crate::model::{ClusterEntry, NodeName, Observation, ResourceId, Role, clean};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A resource: a primitive, or a group, clone or bundle as a whole.
    Resource(ResourceId),
    /// A node.
    Node(NodeName),
}

/// An answer. All text is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The question, such as `Why does vip not run?`.
    pub question: String,
    /// What is told is the past, and how old it is: `as last seen 41 s ago`. `None` for the present.
    pub as_of: Option<String>,
    /// The reasons, the most likely one first; never empty.
    pub causes: Vec<Cause>,
    /// For a resource: what speaks for and against each node that could run it.
    pub nodes: Vec<NodeAnswer>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// How bad it is; a note for what is as it was meant to be.
    pub severity: Severity,
    /// The reason in one line.
    pub summary: String,
    /// The facts it rests on, one a line.
    pub evidence: Vec<String>,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: Remedy,
}

/// What speaks for and against a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAnswer {
    /// Which.
    pub node: NodeName,
    /// What the resource does there; `None` where it does not run.
    pub role: Option<Role>,
    /// The strongest first.
    pub reasons: Vec<Reason>,
}

/// Something that speaks for or against a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which way it pulls.
    pub pull: Pull,
    /// In words.
    pub words: String,
}

/// Which way a reason pulls, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pull {
    /// It can't run there.
    Never,
    /// It should rather not.
    Against,
    /// It should.
    For,
    /// Depends, or only worth knowing.
    Fact,
}

/// Explains a resource or a node from the last good picture; `None` where it is not in it, or there is none.
/// `now` is the console's clock.
pub fn why(entry: &ClusterEntry, observation: &Observation, now: Timestamp, about: &About) -> Option<Why> {
    let outlook = Outlook { entry, observation, now };
    let scene = Scene::new(outlook, observation.picture.as_deref()?);
    let mut why = match about {
        About::Resource(id) => resource::why(&scene, id)?,
        About::Node(name) => node::why(&scene, name)?,
    };
    if outlook.fresh_picture().is_none() {
        let age =
            observation.age(now).map_or_else(|| "before".to_owned(), |age| format!("{} ago", span(age)));
        why.as_of = Some(format!("as last seen {age}, not as it is now"));
    }
    Some(why.cleaned())
}

impl Why {
    fn new(question: String) -> Self {
        Self { question, as_of: None, causes: Vec::new(), nodes: Vec::new() }
    }

    fn cleaned(mut self) -> Self {
        self.question = clean(&self.question);
        for cause in &mut self.causes {
            cause.summary = clean(&cause.summary);
            cause.evidence.iter_mut().for_each(|line| *line = clean(line));
        }
        for reason in self.nodes.iter_mut().flat_map(|answer| &mut answer.reasons) {
            reason.words = clean(&reason.words);
        }
        self
    }
}

impl Cause {
    fn new(severity: Severity, summary: impl Into<String>) -> Self {
        Self { severity, summary: summary.into(), evidence: Vec::new(), remedy: Remedy::default() }
    }

    #[must_use]
    fn because(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    #[must_use]
    fn remedy(mut self, remedy: impl Into<Remedy>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl From<Verdict> for Cause {
    fn from(verdict: Verdict) -> Self {
        let Verdict { severity, subject: _, summary, evidence, waiting: _, remedy } = verdict;
        Self { severity, summary, evidence, remedy }
    }
}

/// What the checks of those codes say, in the order of the codes, none of it folded.
fn verdicts(scene: &Scene<'_>, codes: &[&str]) -> Vec<Verdict> {
    let of_code = |code: &&str| {
        let check = CHECKS.iter().find(|check| check.code == *code)?;
        match check.look {
            Look::Inside(look) | Look::Configuration(look) => Some(look(scene)),
            Look::Outside(_) => None,
        }
    };
    codes.iter().filter_map(of_code).flatten().collect()
}

/// The same as causes, only of subjects that hold.
fn told(scene: &Scene<'_>, codes: &[&str], holds: impl Fn(&str) -> bool) -> Vec<Cause> {
    let verdicts = verdicts(scene, codes).into_iter();
    verdicts.filter(|verdict| holds(&verdict.subject)).map(Cause::from).collect()
}
