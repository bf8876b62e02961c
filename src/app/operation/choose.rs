//! Which node is meant.

use crate::app::State;
use crate::health::{About, NodeAnswer, Pull, why};
use crate::model::{ClusterName, Node, NodeKind, NodeName, Picture};
use crate::operation::{Intent, Refusal, Verb, plan};
use crate::tables::Subject;

/// A question: which node. What can be chosen follows the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choose {
    /// What is to be done, to one cluster, the node apart; at least one.
    pub intents: Vec<Intent>,
    /// The selected node.
    pub row: usize,
}

/// A node that can be chosen, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeChoice {
    /// Which.
    pub node: Node,
    /// What it does there, where it runs there now.
    pub runs: Option<String>,
    /// What speaks for or against it most, in words; may be empty.
    pub why: String,
    /// Whether it can be chosen.
    pub is_open: bool,
}

impl Choose {
    /// Where.
    pub fn cluster(&self) -> Option<&ClusterName> {
        self.intents.first().map(|intent| &intent.cluster)
    }

    /// What is to be done.
    pub fn verb(&self) -> Option<Verb> {
        self.intents.first().map(|intent| intent.verb)
    }

    /// The question.
    pub fn title(&self) -> String {
        let names: Vec<&str> = self.intents.iter().map(|intent| intent.subject.as_str()).collect();
        let names = names.join(", ");
        match self.verb() {
            Some(Verb::Ban) => format!("From which node is {names} to be banned?"),
            _ => format!("Where shall {names} go?"),
        }
    }

    /// The nodes, the best first and those that are out of the question last.
    pub fn nodes(&self, state: &State) -> Vec<NodeChoice> {
        let Some(cluster) = self.cluster().and_then(|name| state.cluster(name)) else { return Vec::new() };
        let Some(picture) = cluster.observation.picture.as_deref() else { return Vec::new() };
        let answers: Vec<Vec<NodeAnswer>> =
            self.intents.iter().map(|intent| answers(state, intent)).collect();
        let hosts = picture.nodes.iter().filter(|node| !matches!(node.kind, NodeKind::Bundle { .. }));
        let mut ranked: Vec<(i32, NodeChoice)> = hosts
            .filter_map(|node| {
                let of_node = |all: &Vec<NodeAnswer>| all.iter().find(|it| it.node == node.name).cloned();
                let here: Option<Vec<NodeAnswer>> = answers.iter().map(of_node).collect();
                Some(self.judge(node, &here?, picture))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, choice)| choice).collect()
    }

    /// A node as it stands, and its rank: the least is the best.
    fn judge(&self, node: &Node, answers: &[NodeAnswer], picture: &Picture) -> (i32, NodeChoice) {
        let runs =
            answers.iter().find_map(|answer| answer.role.as_ref()).map(|role| role.word().to_lowercase());
        let reasons = || answers.iter().flat_map(|answer| &answer.reasons);
        let words =
            |pull: Pull| reasons().find(|reason| reason.pull == pull).map(|reason| reason.words.clone());
        let count = |pull: Pull| reasons().filter(|reason| reason.pull == pull).count() as i32;
        // What would be refused as soon as it was chosen is not offered.
        let refused =
            |intent: &Intent| plan(picture, &Intent { to: Some(node.name.clone()), ..intent.clone() }).err();
        let is_there = runs.is_some() && stays(answers) && self.verb() != Some(Verb::Ban);
        let refusal = self.intents.iter().find_map(refused).filter(|_| !is_there);
        let refusal = refusal.map(|refusal: Refusal| refusal.to_string());
        let never = words(Pull::Never);
        let strongest = [Pull::Never, Pull::Against, Pull::For].into_iter().find_map(words);
        let choice = |is_open: bool, why: Option<String>| NodeChoice {
            node: node.clone(),
            runs: runs.clone(),
            why: why.unwrap_or_default(),
            is_open,
        };
        match self.verb() {
            _ if is_there => (1000, choice(false, Some("it is there already".to_owned()))),
            Some(Verb::Move) if never.is_some() => (2000, choice(false, never)),
            _ if refusal.is_some() => (3000, choice(false, refusal)),
            // Where it runs is where it may have to be kept off.
            Some(Verb::Ban) => (i32::from(runs.is_none()), choice(true, strongest)),
            _ => (count(Pull::Against) * 10 - count(Pull::For), choice(true, strongest)),
        }
    }
}

impl NodeChoice {
    /// Its name.
    pub fn name(&self) -> &NodeName {
        &self.node.name
    }
}

/// What speaks for and against each node.
fn answers(state: &State, intent: &Intent) -> Vec<NodeAnswer> {
    let Some(cluster) = state.cluster(&intent.cluster) else { return Vec::new() };
    let subject = Subject::Resource(intent.subject.as_str().into());
    let about = crate::tables::asked(&cluster.source(state.now), &subject)
        .unwrap_or_else(|| About::Resource(intent.subject.as_str().into()));
    let why = why(&cluster.entry, &cluster.observation, state.now, &about);
    why.map(|why| why.nodes).unwrap_or_default()
}

/// Whether moving there would change nothing: an unpromoted instance can still be promoted.
fn stays(answers: &[NodeAnswer]) -> bool {
    answers
        .iter()
        .all(|answer| answer.role.as_ref().is_some_and(|role| *role != crate::model::Role::Unpromoted))
}
