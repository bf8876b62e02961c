//! What can lie on top of a view.

use super::view::OpenCard;
use super::{Choose, Focus, JobId};

/// What can lie on top of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Panel {
    /// The keys of the view under it; the first line that is shown.
    Help {
        /// How many lines have gone out at the top.
        scroll: usize,
    },
    /// The console's own log.
    Log,
    /// What is known of one thing, or why it is as it is.
    Card(OpenCard),
    /// Which node is meant.
    Choose(Choose),
    /// One operation.
    Operation(JobId),
    /// All operations of this console, the last first.
    Operations {
        /// The selected one.
        row: usize,
    },
    /// What earlier consoles have left unfinished.
    Unfinished {
        /// The selected one.
        row: usize,
        /// What would be done with it.
        remedy: Remedy,
    },
    /// Whether to leave although operations are under way.
    Leave {
        /// The button that has the keys.
        focus: Focus,
    },
}

/// What can be done with an unfinished operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remedy {
    /// Nothing, for now.
    #[default]
    Leave,
    /// It is verified, and what was not sent is.
    Finish,
    /// It is undone.
    Undo,
}

impl Panel {
    /// Whether it asks about operations, or tells of them.
    pub fn is_of_operations(&self) -> bool {
        match self {
            Self::Choose(_)
            | Self::Operation(_)
            | Self::Operations { .. }
            | Self::Unfinished { .. }
            | Self::Leave { .. } => true,
            Self::Help { .. } | Self::Log | Self::Card(_) => false,
        }
    }
}
