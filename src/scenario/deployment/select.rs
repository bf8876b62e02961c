//! A part of a deployment: `--from`, `--to`.

use super::Placed;
use crate::scenario::notes::help;

/// Why there is no such part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStage {
    /// Nothing is called so.
    #[error("--{option} {}: no stage of {deployment} is called so; {help}", word.escape_debug())]
    Unknown {
        /// `from` or `to`.
        option: &'static str,
        /// The deployment's name.
        deployment: String,
        /// What was given.
        word: String,
        /// What may have been meant.
        help: String,
    },
    /// The end comes before the beginning.
    #[error("--from {} comes after --to {}: there is nothing between them", from.escape_debug(), to.escape_debug())]
    Reversed {
        /// Where to begin.
        from: String,
        /// Where to end.
        to: String,
    },
}

/// The stages from one to another, both included. Each is named by its number, its scenario, or both it and where
/// (`galera@db`); of several that a name fits, `from` means the first and `to` the last.
pub fn between(
    deployment: &str,
    stages: Vec<Placed>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<Vec<Placed>, NoStage> {
    let unknown = |option, word: &str| {
        let names: Vec<String> =
            stages.iter().flat_map(|it| [it.stage.scenario.clone(), it.stage.label(), it.label()]).collect();
        NoStage::Unknown {
            option,
            deployment: deployment.to_owned(),
            word: word.to_owned(),
            help: suggest(word, &names),
        }
    };
    let first = match from {
        None => 0,
        Some(word) => stages.iter().position(|it| it.is_called(word)).ok_or_else(|| unknown("from", word))?,
    };
    let last = match to {
        None => stages.len().saturating_sub(1),
        Some(word) => stages.iter().rposition(|it| it.is_called(word)).ok_or_else(|| unknown("to", word))?,
    };
    if let (Some(from), Some(to), true) = (from, to, first > last) {
        return Err(NoStage::Reversed { from: from.to_owned(), to: to.to_owned() });
    }
    Ok(stages.into_iter().take(last + 1).skip(first).collect())
}

fn suggest(word: &str, names: &[String]) -> String {
    let mut known: Vec<&str> = names.iter().map(String::as_str).collect();
    // Without `@` the scenarios alone are enough to read.
    known.retain(|name| name.contains('@') == word.contains('@'));
    known.sort_unstable();
    known.dedup();
    help(word, known)
}

impl Placed {
    /// `galera@db`: the scenario, and the cluster that has the role.
    pub fn label(&self) -> String {
        format!("{}@{}", self.stage.scenario, self.cluster.name)
    }

    fn is_called(&self, word: &str) -> bool {
        let stage = &self.stage;
        stage.number.to_string() == word
            || stage.scenario == word
            || stage.label() == word
            || self.label() == word
    }
}
