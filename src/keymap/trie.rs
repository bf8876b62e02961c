//! Sequences of keys, such as `g g`, and what they do.

use super::Key;
use crate::app::Action;

/// The keys that may follow what has been typed so far, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Trie(Vec<(Key, Node)>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// The sequence is whole.
    Does(Action),
    /// More keys must follow.
    Leads(Trie),
}

/// What stands in a new sequence's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The sequence that is there already.
    pub(super) with: Vec<Key>,
    /// What it does.
    pub(super) action: Action,
}

impl Trie {
    /// Adds a sequence, which must be neither the beginning nor the continuation of another. An empty
    /// sequence adds nothing.
    pub(super) fn insert(&mut self, keys: &[Key], action: Action) -> Result<(), Conflict> {
        self.insert_below(&[], keys, action)
    }

    /// What a sequence leads to.
    pub(super) fn get(&self, keys: &[Key]) -> Option<&Node> {
        let (key, rest) = keys.split_first()?;
        let node = self.0.iter().find(|(known, _)| known == key).map(|(_, node)| node)?;
        match node {
            _ if rest.is_empty() => Some(node),
            Node::Does(_) => None,
            Node::Leads(trie) => trie.get(rest),
        }
    }

    /// The keys that may follow at once, and what each leads to.
    pub(super) fn next(&self) -> impl Iterator<Item = (Key, &Node)> {
        self.0.iter().map(|(key, node)| (*key, node))
    }

    /// Every sequence and what it does.
    pub(super) fn sequences(&self) -> Vec<(Vec<Key>, Action)> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn insert_below(&mut self, typed: &[Key], keys: &[Key], action: Action) -> Result<(), Conflict> {
        let Some((key, rest)) = keys.split_first() else { return Ok(()) };
        let typed = [typed, &[*key]].concat();
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, Node::Does(action))) => Err(Conflict { with: typed, action: *action }),
            Some((_, Node::Leads(trie))) if rest.is_empty() => Err(trie.first(typed, action)),
            Some((_, Node::Leads(trie))) => trie.insert_below(&typed, rest, action),
            None if rest.is_empty() => {
                self.0.push((*key, Node::Does(action)));
                Ok(())
            }
            None => {
                let mut trie = Self::default();
                trie.insert_below(&typed, rest, action)?;
                self.0.push((*key, Node::Leads(trie)));
                Ok(())
            }
        }
    }

    /// The first sequence below what has been typed.
    fn first(&self, typed: Vec<Key>, otherwise: Action) -> Conflict {
        match self.sequences().into_iter().next() {
            Some((keys, action)) => Conflict { with: [typed, keys].concat(), action },
            None => Conflict { with: typed, action: otherwise },
        }
    }

    fn collect(&self, typed: &mut Vec<Key>, found: &mut Vec<(Vec<Key>, Action)>) {
        for (key, node) in &self.0 {
            typed.push(*key);
            match node {
                Node::Does(action) => found.push((typed.clone(), *action)),
                Node::Leads(trie) => trie.collect(typed, found),
            }
            typed.pop();
        }
    }
}
