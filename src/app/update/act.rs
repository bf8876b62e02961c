//! What an action does.

use super::{dialog, go, operate, panes, tell, unfinished, wizard};
use crate::app::grid::{Order, Selection};
use crate::app::view::{ClusterView, turned};
use crate::app::{
    Action, CardKind, CardText, Effect, FindingsPanel, FleetView, Focus, Layer, LayerKind, ListView, Notice,
    OpenCard, Panel, Prompt, PromptKind, Stage, State, TABS, View,
};
use crate::health::Health;
use crate::model::{ClusterName, Contact};
use crate::tables::{Folds, Pane, Sorting, Subject, Tone};

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(why) = state.refusal(action) {
        return operate::refuse(state, why);
    }
    let asked: Vec<LayerKind> = state.layers.from_top().map(Layer::kind).collect();
    for layer in asked {
        let taken = match layer {
            LayerKind::Prompt => prompt(action),
            LayerKind::Panel if state.layers.panel().is_some_and(Panel::is_of_operations) => {
                dialog::act(state, action)
            }
            LayerKind::Panel => Some(reading(state, action)),
            LayerKind::Ask => wizard::ask::act(state, action),
            LayerKind::Scenarios => wizard::act(state, action),
            LayerKind::Cluster | LayerKind::Fleet | LayerKind::Grid => None,
        };
        if let Some(effects) = taken {
            return effects;
        }
    }
    in_view(state, action)
}

/// While a line is typed, only what changes nothing on screen is done besides.
fn prompt(action: Action) -> Option<Vec<Effect>> {
    let is_harmless = matches!(
        action,
        Action::Quit
            | Action::Suspend
            | Action::Redraw
            | Action::NextTheme
            | Action::PollNow
            | Action::PollAll
    );
    (!is_harmless).then(Vec::new)
}

/// A panel that is read: nothing that lies under it changes unseen.
fn reading(state: &mut State, action: Action) -> Vec<Effect> {
    let is_own = action.is_movement()
        || matches!(
            action,
            Action::Back | Action::Open | Action::Why | Action::PollNow | Action::CopyCommands
        );
    let is_for_page = state.layers.page().is_none_or(|page| wizard::leaves(page, action));
    match action {
        _ if is_own => {}
        Action::NextPane
        | Action::PreviousPane
        | Action::ClearFilter
        | Action::ToggleSort
        | Action::ReverseSort
        | Action::ToggleLayout
        | Action::ToggleFindings
        | Action::FoldAll
        | Action::UnfoldAll
        | Action::ToggleWide
        | Action::Scenarios => return operate::refuse(state, "close what is open on top first"),
        _ if !is_for_page => return operate::refuse(state, "close what is open on top first"),
        Action::NextProblem | Action::PreviousProblem => state.layers.close(LayerKind::Panel),
        _ => {}
    }
    in_view(state, action)
}

/// What an action does to the view and everywhere.
fn in_view(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return quit(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::NextTheme => return vec![Effect::NextTheme],
        Action::PollAll => {
            tell(state, Notice::info("asking every cluster"));
            return vec![Effect::PollAll];
        }
        Action::PollNow => return poll(state),
        Action::Help => toggle(state, Panel::Help { scroll: 0 }),
        Action::ToggleLog => toggle(state, Panel::Log),
        Action::CommandLine => state.layers.put(Prompt::new(PromptKind::Command, "")),
        Action::Filter => {
            state.layers.close(LayerKind::Panel);
            state.layers.put(Prompt::new(PromptKind::Filter, state.filter()));
        }
        Action::ClearFilter => state.set_filter(String::new()),
        Action::ToggleSort => next_order(state),
        Action::ReverseSort => reverse(state),
        Action::ToggleLayout => {
            state.grid.layout = state.grid.layout.next();
            tell(state, Notice::info(format!("layout: {}", state.grid.layout)));
        }
        Action::ToggleFindings => {
            let shown = state.findings_panel.is_shown(state.size.0);
            state.findings_panel = if shown { FindingsPanel::Hidden } else { FindingsPanel::Shown };
        }
        Action::NextProblem => to_problem(state, 1),
        Action::PreviousProblem => to_problem(state, -1),
        Action::Open => open_selected(state),
        Action::Why => why(state),
        Action::Back => back(state),
        Action::NextPane => turn_pane(state, 1),
        Action::PreviousPane => turn_pane(state, -1),
        Action::PaneOverview => to_tab(state, 0),
        Action::PaneMatrix => to_tab(state, 1),
        Action::PaneConstraints => to_tab(state, 2),
        Action::PaneFailures => to_tab(state, 3),
        Action::PaneFencing => to_tab(state, 4),
        Action::PaneAttributes => to_tab(state, 5),
        Action::PaneTickets => to_tab(state, 6),
        Action::PaneConfiguration => to_tab(state, 7),
        Action::PaneLog => to_tab(state, 8),
        Action::PaneStack => to_tab(state, 9),
        Action::FoldAll => panes::fold_all(state, Folds::folded()),
        Action::UnfoldAll => panes::fold_all(state, Folds::unfolded()),
        Action::ToggleWide => panes::toggle_wide(state),
        Action::Findings => across(state, Pane::Findings),
        Action::Nodes => across(state, Pane::Nodes),
        Action::Resources => across(state, Pane::Resources),
        Action::Constraints => across(state, Pane::Constraints),
        Action::Failures => across(state, Pane::Failures),
        Action::Audit => across(state, Pane::Audit),
        Action::ToggleStandby => return operate::toggle_standby(state),
        Action::Undo => return operate::undo(state),
        Action::Redo => return operate::redo(state),
        Action::GiveUp => return operate::give_up(state),
        Action::CopyCommands => return dialog::copy(state),
        Action::Unfinished => return unfinished::look(state),
        Action::Operations => return show_operations(state),
        Action::Scenarios => return wizard::open(state),
        Action::Writable => state.layers.put(Prompt::new(PromptKind::Command, "writable 15 ")),
        Action::ReadOnly => return operate::lock(state),
        Action::Mark => mark(state),
        action if action.is_movement() => return go::go(state, action),
        action if action.is_of_wizard() => {
            return operate::refuse(state, "that is a key of a scenario's run: `:scenarios`");
        }
        action => return action.verb().map_or_else(Vec::new, |verb| operate::begin(state, verb)),
    }
    Vec::new()
}

/// Whether an operation or a run would be left in the middle.
pub(super) fn leaves_something(state: &State) -> bool {
    state.operations.running().next().is_some() || wizard::is_busy(state)
}

/// Leaves, unless that would leave something undone: then it is asked.
fn quit(state: &mut State) -> Vec<Effect> {
    if !leaves_something(state) {
        return vec![Effect::Quit];
    }
    state.layers.put(Panel::Leave { focus: Focus::Cancel });
    Vec::new()
}

/// Shows the operations of this console; the only one at once.
fn show_operations(state: &mut State) -> Vec<Effect> {
    if let Some(Panel::Operation(id)) = state.layers.panel()
        && state.operations.job(*id).is_some_and(|job| matches!(job.stage, Stage::Planning | Stage::Asking))
    {
        return operate::refuse(state, "answer or close this first");
    }
    let panel = match state.operations.jobs.as_slice() {
        [] => return operate::refuse(state, "nothing has been done by this console"),
        [only] => Panel::Operation(only.id),
        _ => Panel::Operations { row: 0 },
    };
    state.layers.put(panel);
    Vec::new()
}

/// Marks the selected row, or unmarks it, and goes on to the next.
fn mark(state: &mut State) {
    match state.focus() {
        Some((cluster, subject)) if state.layers.panel().is_none() => {
            state.marks.toggle(cluster, subject);
            go::go(state, Action::Down);
        }
        _ => tell(state, Notice::info("nothing can be marked here")),
    }
}

fn poll(state: &mut State) -> Vec<Effect> {
    let Some(name) = state.cluster_in_hand() else { return Vec::new() };
    tell(state, Notice::info(format!("asking {name}")));
    vec![Effect::Poll(name)]
}

fn toggle(state: &mut State, panel: Panel) {
    let is_it = |open: &Panel| std::mem::discriminant(open) == std::mem::discriminant(&panel);
    if state.layers.panel().is_some_and(is_it) {
        state.layers.close(LayerKind::Panel);
    } else {
        state.layers.put(panel);
    }
}

/// Puts the grid in the other order, or sorts a list by the next column.
fn next_order(state: &mut State) {
    let Some((list, table)) = state.listed() else {
        let other = match state.grid.order {
            Order::Tier => Order::Worst,
            Order::Worst => Order::Tier,
        };
        sort_grid(state, other);
        return;
    };
    if panes::has_its_own_order(state) {
        tell(state, Notice::info("this is shown in its own order"));
        return;
    }
    let sorting = list.sorting.next(table.columns.len());
    let words = match sorting {
        Sorting::Told => "in the cluster's own order".to_owned(),
        Sorting::Worst => "worst first".to_owned(),
        Sorting::Column(column) => {
            let heading = table.columns.get(column).map_or("", |column| column.heading.text.as_str());
            format!("sorted by {}", if heading.is_empty() { "state" } else { heading })
        }
    };
    if let Some(list) = state.list_mut() {
        list.sorting = sorting;
    }
    tell(state, Notice::info(words));
}

fn reverse(state: &mut State) {
    if panes::has_its_own_order(state) {
        tell(state, Notice::info("this is shown in its own order"));
        return;
    }
    match state.list_mut() {
        Some(list) => list.is_reversed = !list.is_reversed,
        None => tell(state, Notice::info("the grid has no other way round")),
    }
}

pub(super) fn sort_grid(state: &mut State, order: Order) {
    state.grid.order = order;
    let words = match order {
        Order::Tier => "ordered by tier",
        Order::Worst => "worst first",
    };
    tell(state, Notice::info(words));
}

fn back(state: &mut State) {
    if state.layers.panel().is_some() {
        state.layers.close(LayerKind::Panel);
    } else if !state.marks.is_empty() {
        state.marks.clear();
    } else if !state.filter().is_empty() {
        state.set_filter(String::new());
    } else {
        match state.layers.view() {
            View::Cluster(_) => state.layers.close(LayerKind::Cluster),
            View::Fleet(_) => state.layers.close(LayerKind::Fleet),
            // Nothing is left to go back from: the eye is led to the worst again.
            View::Grid => state.grid.selection = Selection::Worst,
        }
    }
}

/// Opens the selected cluster, goes to the selected row of a table over all of them, or shows all that is known of
/// the selected row.
fn open_selected(state: &mut State) {
    if state.layers.panel().is_some() {
        return;
    }
    if panes::turn_fold(state) {
        return;
    }
    match state.layers.view() {
        // Beside a resource a node is asked about: what is there, and why.
        View::Cluster(_) if state.focus_node().is_some() => card(state, CardKind::Why),
        View::Cluster(_) => card(state, CardKind::Details),
        View::Fleet(fleet) if fleet.pane == Pane::Audit => card(state, CardKind::Details),
        View::Fleet(fleet) => {
            let pane = fleet.pane;
            if let Some((name, subject)) = state.focus() {
                open(state, name.clone());
                show_in_pane(state, pane, name, subject);
            }
        }
        View::Grid => {
            if let Some(name) = state.selected().map(|cluster| cluster.entry.name.clone()) {
                open(state, name);
            }
        }
    }
}

fn show_in_pane(state: &mut State, pane: Pane, name: ClusterName, subject: Subject) {
    if let Some(view) = state.layers.cluster_mut() {
        view.pane = pane;
        *view.list_mut(pane) = ListView::at(name, subject);
    }
}

/// Opens a cluster, with the keys where there is something to see.
pub(super) fn open(state: &mut State, name: ClusterName) {
    state.grid.selection = Selection::Chosen(name.clone());
    state.layers.put(ClusterView::new(name, Pane::Findings));
}

/// Says why the selected thing is as it is; why a cluster is as it is, its findings say.
fn why(state: &mut State) {
    match state.layers.panel() {
        Some(Panel::Card(open)) if open.kind == CardKind::Details => card(state, CardKind::Why),
        Some(_) => state.layers.close(LayerKind::Panel),
        None if matches!(state.layers.view(), View::Grid) => open_selected(state),
        None => card(state, CardKind::Why),
    }
}

fn card(state: &mut State, kind: CardKind) {
    match state.focus() {
        Some((cluster, subject)) => {
            let node = state.focus_node();
            let card = OpenCard { kind, cluster, subject, node, scroll: 0 };
            // Of what concerns the whole cluster, all that is known says why.
            let is_answered = state.card_text(&card) != CardText::Gone;
            let kind = if is_answered { kind } else { CardKind::Details };
            state.layers.put(Panel::Card(OpenCard { kind, ..card }));
        }
        None => tell(state, Notice::info("nothing is selected here")),
    }
}

fn turn_pane(state: &mut State, by: isize) {
    if let Some(view) = state.layers.cluster_mut() {
        view.pane = turned(view.pane, by);
    }
}

/// Shows the screen of that number; without an open cluster, that of the selected one.
fn to_tab(state: &mut State, tab: usize) {
    if state.layers.cluster().is_none() {
        open_selected(state);
    }
    state.layers.close(LayerKind::Panel);
    if let (Some(view), Some(tab)) = (state.layers.cluster_mut(), TABS.get(tab)) {
        view.pane = tab.pane;
    }
}

/// Lists something over all clusters.
fn across(state: &mut State, pane: Pane) {
    state.layers.put(FleetView::new(pane));
}

fn to_problem(state: &mut State, by: isize) {
    if matches!(state.layers.view(), View::Fleet(_)) {
        to_bad_row(state, by);
        return;
    }
    let shown: Vec<usize> = state.arrangement().places().map(|place| place.cluster).collect();
    let is_problem = |&index: &usize| {
        let cluster = &state.clusters[index];
        cluster.health != Health::Ok && cluster.observation.contact != Contact::Connecting
    };
    let problems: Vec<usize> = shown.iter().copied().filter(is_problem).collect();
    let at = state.grid.selected(&state.clusters, &shown);
    let place = |index: usize| shown.iter().position(|&shown| shown == index);
    let here = at.and_then(place);
    let next = if by > 0 {
        problems.iter().copied().find(|&problem| place(problem) > here).or_else(|| problems.first().copied())
    } else {
        problems.iter().copied().rfind(|&problem| place(problem) < here).or_else(|| problems.last().copied())
    };
    match next {
        Some(next) => {
            state.grid.choose(&state.clusters, next);
            if state.layers.cluster().is_some() {
                let name = state.clusters[next].entry.name.clone();
                open(state, name);
            }
        }
        None => tell(state, Notice::info("every cluster is healthy")),
    }
}

/// In a table over all clusters the next problem is the next row that wants looking at, round and round.
fn to_bad_row(state: &mut State, by: isize) {
    let Some((list, table)) = state.listed() else { return };
    let (count, row) = (table.rows.len() as isize, list.row as isize);
    let is_bad = |at: &isize| table.rows.get(*at as usize).is_some_and(|row| row.urgency >= Tone::Warning);
    let next = (1..=count).map(|step| (row + step * by).rem_euclid(count)).find(is_bad);
    match (next, state.list_mut()) {
        (Some(next), Some(list)) => list.select(next as usize, &table.rows),
        _ => tell(state, Notice::info("nothing here wants looking at")),
    }
}
