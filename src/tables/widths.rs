//! How wide the columns of a table are.

use unicode_width::UnicodeWidthStr;

use super::{Cell, Column, Table, Width};

/// Cells of the screen between two columns.
pub const GAP: usize = 2;
/// What the column that takes the rest gets at least, while others can still give.
const LEAST_REST: usize = 16;
/// What it gets before a column is shown that can be done without.
const GOOD_REST: usize = 40;
/// What the first of the columns gets that go out at the right.
const LEAST_BEYOND: usize = 18;
/// No column is made narrower than this for another's sake.
const LEAST: usize = 8;
/// Columns that share the room are no wider than this.
const MOST_SHARED: usize = 16;

/// The width of every column on a line of `room` cells; 0 for one that is not shown. `skipped` of the columns that
/// share the room have gone out at the left.
pub fn widths(table: &Table, room: usize, skipped: usize) -> Vec<usize> {
    let natural: Vec<usize> = (0..table.columns.len()).map(|column| natural(table, column)).collect();
    let fixed = |(column, natural): (&super::Column, &usize)| match column.width {
        Width::UpTo(most) => (*natural).min(most),
        Width::Spare(_) | Width::Rest | Width::Shared(_) | Width::Beyond(_) => 0,
    };
    let mut widths: Vec<usize> = table.columns.iter().zip(&natural).map(fixed).collect();
    share(table, &natural, room, skipped, &mut widths);
    beyond(table, &natural, room, skipped, &mut widths);
    if let Some(rest) = table.columns.iter().position(|column| column.width == Width::Rest) {
        spare(table, &natural, room, rest, &mut widths);
        make_room(room, rest, &mut widths);
    }
    widths
}

/// How many of the columns that share the room must go out at the left for the last one to be seen.
pub fn most_skipped(table: &Table, room: usize) -> usize {
    let Some(last) = table.columns.iter().rposition(Column::scrolls) else { return 0 };
    let scroll = table.columns.iter().filter(|column| column.scrolls()).count();
    (0..scroll)
        .find(|&skipped| widths(table, room, skipped)[last] > 0)
        .unwrap_or_else(|| scroll.saturating_sub(1))
}

/// How many of the columns must go out at the left for that one to be seen: `skipped` if that will do.
pub fn skipped_for(table: &Table, room: usize, skipped: usize, column: usize) -> usize {
    let before = table.columns.iter().take(column).filter(|column| column.scrolls()).count();
    let skipped = skipped.min(before);
    let is_seen = |skipped: &usize| widths(table, room, *skipped).get(column).is_some_and(|width| *width > 0);
    (skipped..=before).find(is_seen).unwrap_or(before)
}

/// The cells of the screen that a cell wants.
pub fn wanted(cell: &Cell) -> usize {
    cell.indent + cell.mark.map_or(0, |_| 2) + cell.text.width()
}

fn natural(table: &Table, column: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
    let heading = wanted(&table.columns[column].heading);
    cells.map(wanted).max().unwrap_or(0).max(heading)
}

/// Cells of all columns that are shown, and of the gaps between them.
fn taken(widths: &[usize]) -> usize {
    widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum()
}

fn share(table: &Table, natural: &[usize], room: usize, skipped: usize, widths: &mut [usize]) {
    let shared = table.columns.iter().enumerate().filter_map(|(at, column)| match column.width {
        Width::Shared(least) => Some((at, least)),
        _ => None,
    });
    let shared: Vec<(usize, usize)> = shared.skip(skipped).collect();
    let least = shared.iter().map(|(_, least)| *least).max().unwrap_or(1).max(1);
    let left = room.saturating_sub(taken(widths)) + GAP;
    let count = (left / (least + GAP)).min(shared.len());
    if count == 0 {
        return;
    }
    let widest = shared.iter().map(|(at, _)| natural[*at]).max().unwrap_or(least);
    let each = (left / count - GAP).min(widest.clamp(least, MOST_SHARED));
    for (at, _) in shared.into_iter().take(count) {
        widths[at] = each;
    }
}

/// Shows as many as there is room for of those that go out at the right.
fn beyond(table: &Table, natural: &[usize], room: usize, skipped: usize, widths: &mut [usize]) {
    let columns = table.columns.iter().enumerate().filter_map(|(at, column)| match column.width {
        Width::Beyond(most) => Some((at, natural[at].min(most))),
        _ => None,
    });
    for (nth, (at, width)) in columns.skip(skipped).enumerate() {
        // The first is shown in any case, even if it is cut: else there would be no way to it.
        if nth == 0 {
            shrink(room, width.min(LEAST_BEYOND), widths);
        }
        let left = room.saturating_sub(taken(widths));
        let width = if nth == 0 { width.min(left) } else { width };
        if width > left {
            break;
        }
        widths[at] = width;
    }
}

/// Shows the columns that can be done without, as long as they leave enough for the words.
fn spare(table: &Table, natural: &[usize], room: usize, rest: usize, widths: &mut [usize]) {
    let needed = natural[rest].min(GOOD_REST);
    for (at, column) in table.columns.iter().enumerate() {
        let Width::Spare(most) = column.width else { continue };
        let width = natural[at].min(most);
        if taken(widths) + width + GAP + needed <= room {
            widths[at] = width;
        }
    }
}

/// Gives the column of the rest what is left, and takes it from the widest where that is too little.
fn make_room(room: usize, rest: usize, widths: &mut [usize]) {
    shrink(room, LEAST_REST, widths);
    widths[rest] = room.saturating_sub(taken(widths));
}

/// Takes from the widest until that much is left.
fn shrink(room: usize, wanted: usize, widths: &mut [usize]) {
    while room.saturating_sub(taken(widths)) < wanted {
        let widest = (0..widths.len()).filter(|&at| widths[at] > LEAST).max_by_key(|&at| widths[at]);
        let Some(widest) = widest else { break };
        widths[widest] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Row, Subject, Tone};
    use super::*;

    fn table(columns: &[(Width, usize)]) -> Table {
        let cells = columns.iter().map(|(_, wide)| Cell::new("x".repeat(*wide))).collect();
        let row =
            Row { cluster: "db".into(), subject: Subject::Ticket(String::new()), urgency: Tone::Text, cells };
        let columns = columns.iter().map(|(width, _)| Column::new("", *width)).collect();
        Table { columns, rows: vec![row], empty: "" }
    }

    #[test]
    fn the_rest_takes_what_is_left() {
        let wide = table(&[(Width::UpTo(20), 6), (Width::Rest, 50), (Width::Spare(20), 10)]);
        assert_eq!(widths(&wide, 80, 0), [6, 60, 10]);
        assert_eq!(widths(&wide, 50, 0), [6, 42, 0]);
    }

    #[test]
    fn the_widest_gives_way() {
        let tight = table(&[(Width::UpTo(20), 20), (Width::UpTo(20), 9), (Width::Rest, 50)]);
        assert_eq!(widths(&tight, 40, 0), [11, 9, 16]);
    }

    #[test]
    fn what_goes_out_at_the_right_can_be_scrolled_to() {
        let wide = table(&[
            (Width::UpTo(10), 10),
            (Width::Beyond(20), 9),
            (Width::Beyond(20), 30),
            (Width::Beyond(9), 5),
        ]);
        assert_eq!(widths(&wide, 100, 0), [10, 9, 20, 5]);
        assert_eq!(widths(&wide, 40, 0), [10, 9, 0, 0]);
        assert_eq!(widths(&wide, 40, 1), [10, 0, 20, 5]);
        assert_eq!(most_skipped(&wide, 40), 1);
        assert_eq!([1, 2, 3].map(|column| skipped_for(&wide, 40, 0, column)), [0, 1, 1]);
        assert_eq!([1, 2, 3].map(|column| skipped_for(&wide, 40, 2, column)), [0, 1, 2]);
    }

    #[test]
    fn many_alike_share_and_scroll() {
        let many = table(&[
            (Width::UpTo(20), 10),
            (Width::Shared(7), 9),
            (Width::Shared(7), 9),
            (Width::Shared(7), 9),
        ]);
        assert_eq!(widths(&many, 80, 0), [10, 9, 9, 9]);
        assert_eq!(widths(&many, 30, 0), [10, 8, 8, 0]);
        assert_eq!(widths(&many, 30, 1), [10, 0, 8, 8]);
        assert_eq!((most_skipped(&many, 30), most_skipped(&many, 80), most_skipped(&many, 3)), (1, 0, 2));
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_line(
            columns in prop::collection::vec((0usize..5, 0usize..60), 1..7),
            room in 30usize..200,
            skipped in 0usize..4,
        ) {
            let kind = |kind| match kind {
                0 => Width::UpTo(14),
                1 => Width::Spare(20),
                2 => Width::Shared(7),
                3 => Width::Beyond(18),
                _ => Width::Rest,
            };
            let columns: Vec<_> = columns.into_iter().take(6).map(|(k, wide)| (kind(k), wide)).collect();
            let first_rest = columns.iter().position(|(width, _)| *width == Width::Rest);
            let one_rest: Vec<_> = columns
                .into_iter()
                .enumerate()
                .filter(|(at, (width, _))| *width != Width::Rest || Some(*at) == first_rest)
                .map(|(_, column)| column)
                .collect();
            let fixed = one_rest.iter().filter(|(width, _)| matches!(width, Width::UpTo(_))).count();
            let widths = widths(&table(&one_rest), room, skipped);
            // What is fixed is cut off by the screen only where it is too much by itself.
            if fixed * 16 <= room {
                prop_assert!(taken(&widths) <= room + GAP, "{widths:?} on {room}");
            }
        }
    }
}
