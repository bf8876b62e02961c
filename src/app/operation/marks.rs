//! Rows that an operation is to act on together.

use crate::model::ClusterName;
use crate::tables::{Pane, Row, Subject};

/// The marked rows of one list. Another list has none: what is not seen is not acted on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Of which list.
    list: Option<(Option<ClusterName>, Pane)>,
    /// In the order in which they were marked.
    rows: Vec<(ClusterName, Subject)>,
}

impl Marks {
    /// Whether that row is marked.
    pub fn holds(&self, row: &Row) -> bool {
        self.rows.iter().any(|(cluster, subject)| *cluster == row.cluster && *subject == row.subject)
    }

    /// All of them, in the order in which they were marked.
    pub fn rows(&self) -> &[(ClusterName, Subject)] {
        &self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(in crate::app) fn toggle(&mut self, cluster: ClusterName, subject: Subject) {
        let marked = (cluster, subject);
        match self.rows.iter().position(|row| *row == marked) {
            Some(at) => {
                self.rows.remove(at);
            }
            None => self.rows.push(marked),
        }
    }

    pub(in crate::app) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Keeps to that list, and to what is there.
    pub(in crate::app) fn settle(
        &mut self,
        list: Option<(Option<ClusterName>, Pane)>,
        is_there: impl Fn(&ClusterName, &Subject) -> bool,
    ) {
        if self.list != list {
            self.rows.clear();
            self.list = list;
        }
        self.rows.retain(|(cluster, subject)| is_there(cluster, subject));
    }
}
