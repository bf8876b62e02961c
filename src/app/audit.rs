//! The audit log while its pane is open.

use std::sync::Arc;

use super::{State, View};
use crate::model::Deed;
use crate::tables::Pane;

/// What was done from this machine, as the log says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditLog {
    /// Where it is; empty where there is no place for one.
    pub path: String,
    /// Newest first.
    pub deeds: Arc<Vec<Deed>>,
    /// How many lines could not be read.
    pub unreadable: usize,
    /// Why it could not be read.
    pub trouble: Option<String>,
}

impl State {
    /// Whether the audit log is on screen.
    pub fn shows_audit(&self) -> bool {
        matches!(self.layers.view(), View::Fleet(fleet) if fleet.pane == Pane::Audit)
    }

    pub(super) fn deed(&self, id: &str) -> Option<&Deed> {
        self.audit.deeds.iter().find(|deed| deed.id == *id)
    }
}
