//! What comes in and what goes out.

use jiff::Timestamp;
use tui_input::InputRequest;

use super::{Action, AuditLog, Focus, News, Remedy, Request, wizard};
use crate::health::{Assessment, Health};
use crate::model::{ClusterName, LogNews};
use crate::tables::Pane;

/// Everything that can happen. All of it arrives on one channel, so there is one total order.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Time has passed.
    Tick(Timestamp),
    /// The terminal has this size now.
    Resized {
        /// In cells.
        columns: u16,
        /// In cells.
        rows: u16,
    },
    /// The terminal takes no output, so that nothing new is seen; or it takes output again.
    Stalled(bool),
    /// A key was pressed that the keymap knows.
    Act(Action),
    /// The keys so far are the beginning of a sequence.
    Pending(Pending),
    /// A key was pressed that does nothing here.
    Unbound(String),
    /// A key was pressed while something is being typed.
    Typed(Typing),
    /// A text was pasted.
    Pasted(String),
    /// The mouse was pressed on something.
    Pressed(Target),
    /// The wheel was turned.
    Scrolled(Scroll),
    /// A watcher has news of a cluster, already judged.
    Observed(ClusterName, Assessment),
    /// The runtime has news of an operation.
    Operated(News),
    /// The runtime has news of scenarios.
    Scenario(wizard::News),
    /// Something has become known of the log of a cluster that is followed.
    Logged(ClusterName, LogNews),
    /// The audit log was read.
    Audited(AuditLog),
    /// Something to tell the person.
    Told(Notice),
}

impl Event {
    /// Whether the user did it at the keys or with the mouse.
    pub fn is_by_user(&self) -> bool {
        match self {
            Self::Act(_)
            | Self::Pending(_)
            | Self::Unbound(_)
            | Self::Typed(_)
            | Self::Pasted(_)
            | Self::Pressed(_)
            | Self::Scrolled(_) => true,
            Self::Tick(_)
            | Self::Resized { .. }
            | Self::Stalled(_)
            | Self::Observed(..)
            | Self::Operated(_)
            | Self::Scenario(_)
            | Self::Logged(..)
            | Self::Audited(_)
            | Self::Told(_) => false,
        }
    }
}

/// The beginning of a sequence of keys, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The keys so far.
    pub typed: String,
    /// What can follow, each with what it would do.
    pub next: Vec<(String, String)>,
}

/// What a key does in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Edit the line.
    Edit(InputRequest),
    /// Take the line.
    Accept,
    /// Leave it.
    Cancel,
    /// Complete the word, or go to the next completion.
    Complete,
    /// Go to the previous completion.
    CompleteBack,
    /// The line before in the history.
    Older,
    /// The line after in the history.
    Newer,
}

/// Which way the wheel was turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scroll {
    /// Away from the person.
    Up,
    /// Towards the person.
    Down,
}

/// Something on screen that can be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A cluster's tile or line.
    Cluster(ClusterName),
    /// A key hint in the footer.
    Hint(Action),
    /// The name of one of the cluster view's screens.
    Tab(Pane),
    /// A row of a pane in the cluster view, or of a table over all clusters.
    Row(Pane, usize),
    /// A button or a field of what asks.
    Button(Focus),
    /// A button that says what is to be done with an unfinished operation.
    Remedy(Remedy),
    /// A row of what lies on top: of a list, a choice or a form.
    Entry(usize),
    /// A pane of a scenario's run.
    RunPane(wizard::WizardPane),
    /// A host of a scenario's run and, where one was meant, a step, from 1.
    Cell {
        /// Its place among the hosts.
        host: usize,
        /// The number of the step.
        step: Option<usize>,
    },
}

/// A line for the person, shown in the footer for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters; errors stay until a key is pressed.
    pub level: NoticeLevel,
    /// One sentence.
    pub text: String,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Goes by itself.
    Info,
    /// Stays until a key is pressed.
    Error,
}

impl Notice {
    /// A line that goes by itself.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Info, text: text.into() }
    }

    /// A line that stays until a key is pressed.
    pub fn error(text: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Error, text: text.into() }
    }
}

/// What the runtime is asked to do. Results come back as events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask that cluster now.
    Poll(ClusterName),
    /// Ask every cluster now.
    PollAll,
    /// Something that belongs to an operation.
    Operate(Request),
    /// Something that belongs to scenarios.
    Scenario(wizard::Request),
    /// Put that into the clipboard of the person's terminal.
    Copy(String),
    /// Draw with that theme.
    UseTheme(String),
    /// Draw with the theme after the present one.
    NextTheme,
    /// Write to the console's log that a cluster's health has changed, and to what.
    Record(Health, String),
    /// Clear the screen and draw all of it.
    Redraw,
    /// Scroll the log.
    ScrollLog(Scroll),
    /// Hand the terminal back to the shell and stop until the shell continues the console.
    Suspend,
    /// End the console.
    Quit,
}
