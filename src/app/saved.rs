//! A console on saved pictures: what it refuses, and why.

use jiff::Timestamp;

use super::{Action, ClusterState, State};
use crate::model::Contact;

/// Why nothing changes in a console on saved pictures.
pub const UNCHANGEABLE: &str = "a saved picture can't be changed";
const NOT_REFRESHED: &str = "a saved picture can't be refreshed";

impl State {
    /// Why an action does nothing because the clusters are saved pictures; `None` where it works.
    pub fn refusal(&self, action: Action) -> Option<&'static str> {
        let changes = matches!(
            action,
            Action::Mark
                | Action::ToggleStandby
                | Action::Undo
                | Action::Redo
                | Action::GiveUp
                | Action::Unfinished
                | Action::Scenarios
                | Action::Writable
        );
        match action {
            _ if !self.is_saved => None,
            Action::PollNow | Action::PollAll => Some(NOT_REFRESHED),
            _ if changes || action.is_of_wizard() || action.verb().is_some() => Some(UNCHANGEABLE),
            _ => None,
        }
    }
}

impl ClusterState {
    /// The moment to judge it by: now, or the time of a saved picture.
    pub fn moment(&self, now: Timestamp) -> Timestamp {
        match self.observation.contact {
            Contact::Saved => self.observation.confirmed.unwrap_or(now),
            _ => now,
        }
    }
}
