//! A list that has been scrolled, filtered and sorted, and the row in it that is selected.

use super::Action;
use crate::model::{ClusterName, NodeName};
use crate::tables::{Folds, Row, Sorting, Subject, Table, arrange, most_skipped, skipped_for};

/// How a list is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListView {
    /// Only rows that hold these words are shown.
    pub filter: String,
    /// What they are sorted by.
    pub sorting: Sorting,
    /// Whether the last stands first.
    pub is_reversed: bool,
    /// The selected row.
    pub row: usize,
    /// How many rows have gone out at the top.
    pub scroll: usize,
    /// How many of the columns that share the room have gone out at the left.
    pub skipped: usize,
    /// What the selected row is about: the selection follows it when rows come and go.
    pub about: Option<(ClusterName, Subject)>,
    /// The node whose column is selected in the matrix.
    pub node: Option<NodeName>,
    /// What is folded away of the configuration.
    pub folds: Folds,
}

impl ListView {
    /// A list on which that is selected.
    pub(super) fn at(cluster: ClusterName, subject: Subject) -> Self {
        Self { about: Some((cluster, subject)), ..Self::default() }
    }

    /// The table as this list shows it.
    #[must_use]
    pub fn arranged(&self, mut table: Table) -> Table {
        arrange(&mut table, &self.filter, self.sorting, self.is_reversed);
        table
    }

    /// Puts the selection on what it was on, or on what stands there now, and scrolls as little as is needed for
    /// it to be seen among `room` rows.
    pub(super) fn settle(&mut self, rows: &[Row], room: usize) {
        let is_it = |row: &Row| {
            self.about
                .as_ref()
                .is_some_and(|(cluster, subject)| row.cluster == *cluster && row.subject == *subject)
        };
        // Several rows may be about the same, such as the parts of a cloned group: the one that is selected wins.
        if !rows.get(self.row).is_some_and(is_it)
            && let Some(moved) = rows.iter().position(is_it)
        {
            self.row = moved;
        }
        self.row = self.row.min(rows.len().saturating_sub(1));
        self.hold(rows);
        let room = room.max(1);
        self.scroll = self.scroll.min(self.row).max((self.row + 1).saturating_sub(room));
        self.scroll = self.scroll.min(rows.len().saturating_sub(room));
    }

    /// Scrolls sideways as little as is needed for the selected column to be seen in that width.
    pub(super) fn settle_columns(&mut self, table: &Table, width: usize) {
        self.skipped = self.skipped.min(most_skipped(table, width));
        if let Some(column) = self.column(table) {
            self.skipped = skipped_for(table, width, self.skipped, column);
        }
    }

    /// The selected column.
    pub fn column(&self, table: &Table) -> Option<usize> {
        let node = self.node.as_ref()?;
        table.columns.iter().position(|column| column.node.as_ref() == Some(node))
    }

    /// Goes to the column of the next node, or the one before; left of the first one no column is selected.
    pub(super) fn turn_column(&mut self, table: &Table, by: isize) {
        let nodes: Vec<&NodeName> = table.columns.iter().filter_map(|column| column.node.as_ref()).collect();
        let at = nodes.iter().position(|node| Some(*node) == self.node.as_ref());
        let next = match at {
            None if by > 0 => Some(0),
            None => None,
            Some(at) => at.checked_add_signed(by).map(|next| next.min(nodes.len() - 1)),
        };
        self.node = next.and_then(|next| nodes.get(next)).map(|node| (*node).clone());
        if self.node.is_none() {
            self.skipped = 0;
        }
    }

    /// Selects the row of that number.
    pub(super) fn select(&mut self, row: usize, rows: &[Row]) {
        self.row = row.min(rows.len().saturating_sub(1));
        self.hold(rows);
    }

    /// Moves the selection; `page` rows are a screenful.
    pub(super) fn go(&mut self, action: Action, page: usize, rows: &[Row]) {
        let row = match action {
            Action::Up => self.row.saturating_sub(1),
            Action::Down => self.row + 1,
            Action::PageUp => self.row.saturating_sub(page),
            Action::PageDown => self.row + page,
            Action::First => 0,
            Action::Last => rows.len(),
            _ => return,
        };
        self.select(row, rows);
    }

    fn hold(&mut self, rows: &[Row]) {
        if let Some(row) = rows.get(self.row) {
            self.about = Some((row.cluster.clone(), row.subject.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tables::Tone;

    fn rows(names: &[u8]) -> Vec<Row> {
        let row = |name: &u8| Row {
            cluster: "db".into(),
            subject: Subject::Ticket(name.to_string()),
            urgency: Tone::Text,
            cells: Vec::new(),
        };
        names.iter().map(row).collect()
    }

    #[test]
    fn the_selection_follows_what_it_is_on() {
        let mut list = ListView::default();
        list.settle(&rows(&[1, 2, 3]), 10);
        list.go(Action::Down, 10, &rows(&[1, 2, 3]));
        list.settle(&rows(&[7, 8, 1, 2, 3]), 10);
        assert_eq!(list.row, 3);
        // What it was on is gone: it stays where it stands, and holds to what stands there.
        list.settle(&rows(&[7, 8, 1, 3]), 10);
        assert_eq!((list.row, list.about), (3, Some(("db".into(), Subject::Ticket("3".to_owned())))));
    }

    #[test]
    fn twins_can_be_walked_through() {
        let twins = rows(&[1, 1, 2]);
        let mut list = ListView::default();
        let mut seen = Vec::new();
        for _ in 0..3 {
            list.settle(&twins, 10);
            seen.push(list.row);
            list.go(Action::Down, 10, &twins);
        }
        assert_eq!(seen, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn the_selection_is_seen(
            lists in prop::collection::vec(prop::collection::vec(0u8..9, 0..30), 1..6),
            keys in prop::collection::vec(0usize..6, 1..20),
            room in 1usize..12,
        ) {
            let actions = [
                Action::Up, Action::Down, Action::PageUp, Action::PageDown, Action::First, Action::Last,
            ];
            let mut list = ListView::default();
            for (turn, key) in keys.into_iter().enumerate() {
                let rows = rows(&lists[turn % lists.len()]);
                list.settle(&rows, room);
                list.go(actions[key], room, &rows);
                list.settle(&rows, room);
                prop_assert!(list.row < rows.len().max(1));
                prop_assert!((list.scroll..list.scroll + room).contains(&list.row));
                prop_assert!(list.scroll == 0 || list.scroll + room <= rows.len());
                if let Some(row) = rows.get(list.row) {
                    prop_assert_eq!(&list.about, &Some((row.cluster.clone(), row.subject.clone())));
                }
            }
        }
    }
}
