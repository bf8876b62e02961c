//! Which keys do what.

mod file;
mod key;
#[cfg(test)]
mod tests;
mod trie;

use std::path::Path;

use strum::IntoEnumIterator;

use self::trie::{Node, Trie};
use crate::app::{Action, Context};
use crate::toml_file::{Library, LoadError};

pub use key::{Key, NotAKey};

/// Sequences of keys and what they do, a table for each context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// As it is chosen by.
    pub name: String,
    tables: Vec<(Context, Trie)>,
}

/// What the keys typed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// Do that; the next key begins anew.
    Matched(Action),
    /// The beginning of something: wait for the next key.
    Pending,
    /// One key that means nothing here.
    NotFound,
    /// The keys before the last were the beginning of something, which the last does not go on with.
    Cancelled,
}

/// What a key leads to when some have been typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// It makes the sequence whole.
    Action(Action),
    /// More keys must follow: so many sequences begin with it.
    Prefix(usize),
}

/// All keymaps.
pub static LIBRARY: Library = Library {
    kind: "keymap",
    folder: "keymaps",
    built_in: &[
        ("default", include_str!("../../keymaps/default.toml")),
        ("vim", include_str!("../../keymaps/vim.toml")),
        ("emacs", include_str!("../../keymaps/emacs.toml")),
    ],
};

/// Loads the keymap of that name: the user's (`keymaps/NAME.toml` in `user_dir`), else the console's own.
pub fn load(name: &str, user_dir: Option<&Path>) -> Result<Keymap, LoadError> {
    let found = LIBRARY.find(name, user_dir)?;
    Ok(file::read(name, &found.file, &found.text)?)
}

/// The names of the console's own keymaps.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    LIBRARY.built_in_names()
}

/// The keymap that is used where none is asked for. A test sees to it that it can be read; should it not
/// be, no key would do anything.
impl Default for Keymap {
    fn default() -> Self {
        load("default", None).unwrap_or_else(|_| Self { name: "default".to_owned(), tables: Vec::new() })
    }
}

impl Keymap {
    /// What those keys, the last one typed last, mean there: first in the context's own table, then
    /// everywhere.
    pub fn lookup(&self, context: Context, keys: &[Key]) -> Lookup {
        match self.layers(context).find_map(|table| table.get(keys)) {
            Some(Node::Does(action)) => Lookup::Matched(*action),
            Some(Node::Leads(_)) => Lookup::Pending,
            None if keys.len() > 1 => Lookup::Cancelled,
            None => Lookup::NotFound,
        }
    }

    /// The keys that may follow those, and what each leads to: for the box that shows them.
    pub fn continuations(&self, context: Context, typed: &[Key]) -> Vec<(String, Continuation)> {
        let mut found: Vec<(Key, Continuation)> = Vec::new();
        for table in self.layers(context) {
            let trie = match table.get(typed) {
                Some(Node::Leads(trie)) => trie,
                None if typed.is_empty() => table,
                // Keys that are whole here hide what they begin elsewhere.
                Some(Node::Does(_)) => break,
                None => continue,
            };
            for (key, node) in trie.next() {
                if found.iter().all(|(known, _)| *known != key) {
                    found.push((key, continuation(node)));
                }
            }
        }
        found.into_iter().map(|(key, continuation)| (key.to_string(), continuation)).collect()
    }

    /// The keys for an action there, the easiest first: for the footer and the help. Empty where none is
    /// bound.
    pub fn keys_for(&self, context: Context, action: Action) -> Vec<String> {
        let mut found: Vec<_> =
            self.effective(context).into_iter().filter(|(_, bound)| *bound == action).collect();
        found.sort_by_cached_key(|(keys, _)| {
            let effort: u32 = keys.iter().map(|key| key.effort()).sum();
            (keys.len(), effort, in_words(keys).chars().count())
        });
        found.into_iter().map(|(keys, _)| in_words(&keys)).collect()
    }

    /// Every sequence that does something there, the context's own first.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = (String, Action)> {
        self.effective(context).into_iter().map(|(keys, action)| (in_words(&keys), action))
    }

    /// The actions that no key leads to anywhere.
    pub fn unreachable(&self) -> Vec<Action> {
        let is_bound = |action| Context::iter().any(|context| !self.keys_for(context, action).is_empty());
        Action::iter().filter(|action| !is_bound(*action)).collect()
    }

    /// The context's own table, then the one for everywhere.
    fn layers(&self, context: Context) -> impl Iterator<Item = &Trie> {
        let global = (context != Context::Global).then_some(Context::Global);
        let table = |wanted| self.tables.iter().find(move |(known, _)| *known == wanted);
        [Some(context), global].into_iter().flatten().filter_map(table).map(|(_, trie)| trie)
    }

    /// Every sequence there, without those that the context's own table hides.
    fn effective(&self, context: Context) -> Vec<(Vec<Key>, Action)> {
        self.layers(context)
            .flat_map(Trie::sequences)
            .filter(|(keys, action)| self.is_reached(context, keys, *action))
            .collect()
    }

    fn is_reached(&self, context: Context, keys: &[Key], action: Action) -> bool {
        let beginnings = (1..keys.len()).filter_map(|length| keys.get(..length));
        let mut beginnings = beginnings.map(|keys| self.lookup(context, keys));
        beginnings.all(|found| found == Lookup::Pending)
            && self.lookup(context, keys) == Lookup::Matched(action)
    }
}

fn continuation(node: &Node) -> Continuation {
    match node {
        Node::Does(action) => Continuation::Action(*action),
        Node::Leads(trie) => Continuation::Prefix(trie.sequences().len()),
    }
}

fn in_words(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
