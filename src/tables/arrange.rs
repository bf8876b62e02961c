//! Which rows are shown, and in which order.

use std::cmp::Reverse;

use super::{Row, Table};

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sorting {
    /// As Pacemaker tells them.
    #[default]
    Told,
    /// The worst first.
    Worst,
    /// By that column.
    Column(usize),
}

impl Sorting {
    /// The next in the round of a table with that many columns.
    #[must_use]
    pub fn next(self, columns: usize) -> Self {
        match self {
            Self::Told => Self::Worst,
            Self::Worst if columns > 0 => Self::Column(0),
            Self::Column(column) if column + 1 < columns => Self::Column(column + 1),
            Self::Worst | Self::Column(_) => Self::Told,
        }
    }
}

/// Leaves the rows that hold every word of the filter, and sorts them. Equal ones stay in the order in which they
/// were told.
pub fn arrange(table: &mut Table, filter: &str, sorting: Sorting, is_reversed: bool) {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    table.rows.retain(|row| holds_words(row, &words));
    match sorting {
        Sorting::Told => {}
        Sorting::Worst => table.rows.sort_by_key(|row| Reverse(row.urgency)),
        Sorting::Column(column) => table.rows.sort_by_cached_key(|row| {
            row.cells.get(column).map(|cell| (cell.order, cell.text.to_lowercase()))
        }),
    }
    if is_reversed {
        table.rows.reverse();
    }
    if sorting != Sorting::Told || is_reversed {
        // Away from its parent, a row's depth says nothing.
        table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| cell.indent = 0);
    }
}

/// Whether a row holds every one of the words, which are in lower case.
pub fn holds_words(row: &Row, words: &[String]) -> bool {
    words.iter().all(|word| row.cells.iter().any(|cell| cell.text.to_lowercase().contains(word)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Cell, Column, Subject, Tone, Width};
    use super::*;

    fn table(cells: &[(i64, &str, Tone)]) -> Table {
        let row = |&(order, text, urgency): &(i64, &str, Tone)| Row {
            cluster: "db".into(),
            subject: Subject::Ticket(text.to_owned()),
            urgency,
            cells: vec![Cell::new(text).order(order)],
        };
        let columns = vec![Column::new("A", Width::Rest)];
        Table { columns, rows: cells.iter().map(row).collect(), empty: "" }
    }

    fn texts(table: &Table) -> Vec<&str> {
        table.rows.iter().map(|row| row.cells[0].text.as_str()).collect()
    }

    const THREE: [(i64, &str, Tone); 3] =
        [(2, "vip on db1", Tone::Ok), (10, "Galera on db2", Tone::Critical), (1, "ban", Tone::Warning)];

    #[test]
    fn every_word_must_be_there() {
        for (filter, expected) in [
            ("", vec!["vip on db1", "Galera on db2", "ban"]),
            ("ON", vec!["vip on db1", "Galera on db2"]),
            ("db2 gal", vec!["Galera on db2"]),
            ("vip db2", vec![]),
        ] {
            let mut table = table(&THREE);
            arrange(&mut table, filter, Sorting::Told, false);
            assert_eq!(texts(&table), expected, "{filter}");
        }
    }

    #[test]
    fn sorted_by_weight_number_and_backwards() {
        for (sorting, reversed, expected) in [
            (Sorting::Worst, false, ["Galera on db2", "ban", "vip on db1"]),
            (Sorting::Column(0), false, ["ban", "vip on db1", "Galera on db2"]),
            (Sorting::Column(0), true, ["Galera on db2", "vip on db1", "ban"]),
            (Sorting::Told, true, ["ban", "Galera on db2", "vip on db1"]),
        ] {
            let mut table = table(&THREE);
            arrange(&mut table, "", sorting, reversed);
            assert_eq!(texts(&table), expected, "{sorting:?}");
        }
    }

    #[test]
    fn the_round_of_orders_comes_back() {
        let round: Vec<Sorting> =
            std::iter::successors(Some(Sorting::Told), |sorting| Some(sorting.next(2))).take(5).collect();
        let expected = [Sorting::Told, Sorting::Worst, Sorting::Column(0), Sorting::Column(1), Sorting::Told];
        assert_eq!(round, expected);
        assert_eq!(Sorting::Worst.next(0), Sorting::Told);
    }

    proptest! {
        #[test]
        fn sorting_loses_nothing(column in 0usize..3, reversed: bool, filter in "[a-z ]{0,3}") {
            let mut sorted = table(&THREE);
            arrange(&mut sorted, &filter, Sorting::Column(column), reversed);
            let mut told = table(&THREE);
            arrange(&mut told, &filter, Sorting::Told, false);
            prop_assert_eq!(sorted.rows.len(), told.rows.len());
            prop_assert!(told.rows.iter().all(|row| texts(&sorted).contains(&row.cells[0].text.as_str())));
        }
    }
}
