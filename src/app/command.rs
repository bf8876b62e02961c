//! The command line: every action by its name, and a few words that take an argument.

use strum::IntoEnumIterator;

use super::{Action, Layout, Order, State};
use crate::model::ClusterName;
use crate::nearest::nearest;

/// What a line on the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What a key could do as well.
    Act(Action),
    /// Open that cluster.
    Open(ClusterName),
    /// Show only what matches.
    Filter(String),
    /// Order the grid.
    Sort(Order),
    /// Lay out the grid.
    Layout(Layout),
    /// Use that theme.
    Theme(String),
    /// Allow changes to a read-only cluster.
    Writable {
        /// For how long.
        minutes: u16,
        /// Why; not empty.
        reason: String,
    },
}

/// Why a line could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such word.
    #[error("no command is called {word}{}", suggestion(nearest.as_deref()))]
    Unknown {
        /// What was typed.
        word: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The word takes no argument.
    #[error("{word} takes no name: select the row first, then type {word} alone")]
    Surplus {
        /// The word.
        word: String,
    },
    /// The word wants an argument.
    #[error("{word} wants {wanted}")]
    Missing {
        /// The word.
        word: &'static str,
        /// What it wants.
        wanted: &'static str,
    },
    /// The argument is not one that the word takes.
    #[error("no {kind} is called {name}{}", suggestion(nearest.as_deref()))]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

/// The words that take an argument, each with what it does.
const WITH_ARGUMENT: [(&str, &str); 6] = [
    ("open", "open the cluster of that name"),
    ("filter", "show only what matches the text"),
    ("sort", "order the grid by tier or worst first"),
    ("layout", "lay out the grid: auto, tiles or list"),
    ("theme", "use the theme of that name"),
    ("writable", "allow changes to a read-only cluster: minutes and a reason"),
];

/// For how long changes are allowed where it is not said, and at most, in minutes.
const WRITABLE: (u16, u16) = (15, 240);

/// A word of the command line and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole line that it makes.
    pub line: String,
    /// What it does, in a few words; empty for an argument.
    pub description: String,
}

impl Command {
    /// Reads a line. The empty line asks for nothing.
    pub fn parse(line: &str, state: &State) -> Result<Option<Self>, CommandError> {
        let line = line.trim();
        let (word, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let argument = argument.trim();
        Ok(Some(match (word, argument) {
            ("", _) => return Ok(None),
            ("q" | "q!" | "quit" | "exit", _) => Self::Act(Action::Quit),
            ("filter", text) => Self::Filter(text.to_owned()),
            ("open", "") => Self::Act(Action::Open),
            ("open", name) => Self::Open(ClusterName::from(find("cluster", name, state)?)),
            ("writable", argument) => writable(argument)?,
            ("theme", "") => return Err(CommandError::Missing { word: "theme", wanted: "a theme's name" }),
            ("theme", name) => Self::Theme(find("theme", name, state)?),
            ("sort", "") => return Err(CommandError::Missing { word: "sort", wanted: "tier or worst" }),
            ("sort", name) => Self::Sort(parse_word("order", &find("order", name, state)?)?),
            ("layout", "") => {
                return Err(CommandError::Missing { word: "layout", wanted: "auto, tiles or list" });
            }
            ("layout", name) => Self::Layout(parse_word("layout", &find("layout", name, state)?)?),
            (word, argument) => match word.parse::<Action>() {
                Ok(_) if !argument.is_empty() => return Err(surplus(word)),
                Ok(action) => Self::Act(action),
                // A cluster's name alone opens it: what is typed at three in the morning is a name.
                Err(_not_an_action) => match find("cluster", word, state) {
                    Ok(_) if !argument.is_empty() => return Err(surplus(word)),
                    Ok(name) => Self::Open(ClusterName::from(name)),
                    Err(_no_cluster) => {
                        let words: Vec<_> = words().map(|(word, _)| word).collect();
                        let nearest = nearest(word, words.iter().map(String::as_str)).map(str::to_owned);
                        return Err(CommandError::Unknown { word: word.to_owned(), nearest });
                    }
                },
            },
        }))
    }
}

/// A name after an action is never dropped: the action would go to the selected row, not to the one named.
fn surplus(word: &str) -> CommandError {
    CommandError::Surplus { word: word.to_owned() }
}

/// `15 replacing a disk`, or the reason alone.
fn writable(argument: &str) -> Result<Command, CommandError> {
    let (default, most) = WRITABLE;
    let (first, rest) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let (minutes, reason) = match first.parse::<u16>() {
        Ok(minutes) => (minutes, rest),
        Err(_reason) => (default, argument),
    };
    let missing = |wanted| CommandError::Missing { word: "writable", wanted };
    if !(1..=most).contains(&minutes) {
        return Err(missing("1 to 240 minutes"));
    }
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        return Err(missing("a reason, which goes to the audit log: `:writable 15 replacing a disk`"));
    }
    Ok(Command::Writable { minutes, reason })
}

fn parse_word<T: std::str::FromStr>(kind: &'static str, word: &str) -> Result<T, CommandError> {
    word.parse().map_err(|_unknown| CommandError::NotFound { kind, name: word.to_owned(), nearest: None })
}

/// Everything that an argument of that kind can be.
fn arguments(kind: &str, state: &State) -> Vec<String> {
    match kind {
        "cluster" | "open" => state.clusters.iter().map(|cluster| cluster.entry.name.to_string()).collect(),
        "theme" => state.themes.clone(),
        "order" | "sort" => Order::iter().map(|order| order.to_string()).collect(),
        "layout" => Layout::iter().map(|layout| layout.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn find(kind: &'static str, name: &str, state: &State) -> Result<String, CommandError> {
    let all = arguments(kind, state);
    if all.iter().any(|candidate| candidate == name) {
        return Ok(name.to_owned());
    }
    let nearest = nearest(name, all.iter().map(String::as_str)).map(str::to_owned);
    Err(CommandError::NotFound { kind, name: name.to_owned(), nearest })
}

/// Whether it is of no use on the command line, or is there with an argument.
fn has_a_word_of_its_own(action: Action) -> bool {
    matches!(action, Action::CommandLine | Action::Open | Action::Writable)
}

fn words() -> impl Iterator<Item = (String, String)> {
    let actions = Action::iter()
        .filter(|action| !action.is_movement() && !has_a_word_of_its_own(*action))
        .map(|action| (action.name().to_owned(), action.description().trim_end_matches('.').to_owned()));
    WITH_ARGUMENT.iter().map(|(word, does)| ((*word).to_owned(), (*does).to_owned())).chain(actions)
}

/// What the line can become, best first: words that begin with what was typed, then words that contain it.
pub(super) fn complete(line: &str, state: &State) -> Vec<Candidate> {
    let line = line.trim_start();
    let candidates: Vec<Candidate> = match line.split_once(char::is_whitespace) {
        None => words().map(|(line, description)| Candidate { line, description }).collect(),
        Some((word, _)) => arguments(word, state)
            .into_iter()
            .map(|argument| Candidate { line: format!("{word} {argument}"), description: String::new() })
            .collect(),
    };
    let typed = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (begin, rest): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| c.line.starts_with(&typed));
    let contain = rest.into_iter().filter(|candidate| candidate.line.contains(&typed));
    begin.into_iter().chain(contain).collect()
}
