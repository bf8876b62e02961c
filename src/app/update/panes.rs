//! What is particular to a pane: folds, columns.

use super::tell;
use crate::app::{Notice, State};
use crate::tables::{Breadth, ElementPath, Folds, Pane, Subject, Table, most_skipped};

/// Folds or unfolds what is selected in the configuration. Says whether there was anything to fold.
pub(super) fn turn_fold(state: &mut State) -> bool {
    let Some((path, _)) = selected_element(state).filter(|(_, fold)| *fold != Fold::None) else {
        return false;
    };
    if let Some(list) = state.list_mut() {
        list.folds.turn(&path);
    }
    true
}

/// Folds or unfolds all of the configuration, and keeps to what is selected, or to what holds it.
pub(super) fn fold_all(state: &mut State, folds: Folds) {
    if state.layers.cluster().is_none_or(|view| view.pane != Pane::Configuration) {
        tell(state, Notice::info("only the configuration is folded"));
        return;
    }
    let selected = selected_element(state).map(|(path, _)| path);
    if let Some(list) = state.list_mut() {
        let outermost =
            selected.and_then(|path| std::iter::successors(Some(path), ElementPath::parent).last());
        if let (Some(outermost), Some((_, Subject::Element(about)))) = (outermost, &mut list.about)
            && !folds.is_unfolded(&outermost)
        {
            *about = outermost;
        }
        list.folds = folds;
    }
}

/// Shows all columns, or the usual ones.
pub(super) fn toggle_wide(state: &mut State) {
    let (breadth, words) = match state.breadth {
        Breadth::Usual => (Breadth::Wide, "all columns"),
        Breadth::Wide => (Breadth::Usual, "the usual columns"),
    };
    state.breadth = breadth;
    tell(state, Notice::info(words));
}

/// Whether what has the keys can't be sorted.
pub(super) fn has_its_own_order(state: &State) -> bool {
    state.layers.cluster().is_some_and(|view| matches!(view.pane, Pane::Configuration | Pane::Log))
}

/// Goes left or right inside of a pane. Says whether there was anywhere to go.
pub(super) fn sideways(state: &mut State, by: isize) -> bool {
    let Some((_, table)) = state.listed() else { return false };
    let pane = state.layers.cluster().map(|view| view.pane);
    match pane {
        Some(Pane::Matrix) => {
            if let Some(list) = state.list_mut() {
                list.turn_column(&table, by);
            }
            true
        }
        Some(Pane::Configuration) => {
            through_tree(state, &table, by);
            true
        }
        _ => scroll_columns(state, &table, by),
    }
}

/// Columns go in and out one by one; at either end there is nowhere to go.
fn scroll_columns(state: &mut State, table: &Table, by: isize) -> bool {
    let width = width_of(state);
    let Some(list) = state.list_mut() else { return false };
    let most = most_skipped(table, width);
    let skipped = list.skipped.saturating_add_signed(by).min(most);
    let moved = skipped != list.skipped;
    list.skipped = skipped;
    moved
}

/// The width of the pane that has the keys.
fn width_of(state: &State) -> usize {
    let body = state.regions().body;
    let place = state.opened().and_then(|(view, cluster)| {
        view.places(body, &cluster.findings).into_iter().find(|(pane, _)| *pane == view.pane)
    });
    usize::from(place.map_or_else(|| body.width.saturating_sub(2), |(_, place)| place.width))
}

/// Right unfolds, or goes to the first that is inside; left folds, or goes to what is around it.
fn through_tree(state: &mut State, table: &Table, by: isize) {
    let Some((path, fold)) = selected_element(state) else { return };
    let Some(list) = state.list_mut() else { return };
    match (fold, by > 0) {
        (Fold::Folded, true) | (Fold::Unfolded, false) => list.folds.turn(&path),
        (Fold::Unfolded, true) => list.select(list.row + 1, &table.rows),
        (Fold::None, true) => {}
        (Fold::Folded | Fold::None, false) => {
            let around = path.parent().map(Subject::Element);
            let row = around.and_then(|around| table.rows.iter().position(|row| row.subject == around));
            if let Some(row) = row {
                list.select(row, &table.rows);
            }
        }
    }
}

/// Whether an element holds others, and whether these are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    None,
    Folded,
    Unfolded,
}

fn selected_element(state: &State) -> Option<(ElementPath, Fold)> {
    let (list, table) = state.listed()?;
    let row = table.rows.get(list.row)?;
    let Subject::Element(path) = &row.subject else { return None };
    let fold = match row.cells.first().and_then(|cell| cell.mark) {
        Some(crate::tables::Mark::Folded) => Fold::Folded,
        Some(crate::tables::Mark::Unfolded) => Fold::Unfolded,
        _ => Fold::None,
    };
    Some((path.clone(), fold))
}
