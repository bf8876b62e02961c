//! The scenarios: from the list to the end of a run.

pub(super) mod ask;
mod form;
mod layout;
mod news;
mod run;
mod survey;

pub(super) use news::hear;
pub(super) use run::scroll_pane;

use super::tell;
use super::typing::Edit;
use crate::app::wizard::{Page, PastRun, Request, Row, Stage, Standing};
use crate::app::{Action, Effect, Focus, Hosts, LayerKind, Notice, State, Target, Typing};
use crate::model::{ClusterEntry, ClusterName, HostName};

/// What a key does on such a screen; `None` where there is none, or the key does what it does everywhere.
pub(super) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let page = state.layers.page()?;
    if action == Action::Scenarios {
        return Some(open(state));
    }
    if leaves(page, action) {
        return None;
    }
    Some(match page {
        Page::List => list(state, action),
        Page::Layout => layout::act(state, action),
        Page::Hosts(_) => form::hosts(state, action),
        Page::Form(_) => form::values(state, action),
        Page::Run => run::act(state, action),
    })
}

/// Whether such a screen leaves an action to what is done everywhere.
pub(super) fn leaves(page: &Page, action: Action) -> bool {
    let is_general = matches!(
        action,
        Action::Quit
            | Action::Suspend
            | Action::Redraw
            | Action::NextTheme
            | Action::PollAll
            | Action::Help
            | Action::ToggleLog
            | Action::CommandLine
            | Action::Operations
            | Action::Writable
    );
    is_general || (matches!(action, Action::Filter | Action::ClearFilter) && matches!(page, Page::List))
}

/// Puts text into the field that it is for. Says whether there is one.
pub(super) fn edit(state: &mut State, edit: Edit<'_>) -> bool {
    match state.layers.page() {
        Some(Page::Hosts(_)) => form::edit_hosts(state, edit),
        Some(Page::Form(_)) => form::edit_values(state, edit),
        Some(Page::List | Page::Layout | Page::Run) | None => false,
    }
}

/// A key while one of its fields has the keys.
pub(super) fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    match state.layers.page() {
        Some(Page::Hosts(_)) => form::hosts_typed(state, typing),
        Some(Page::Form(_)) => form::values_typed(state, typing),
        Some(Page::List | Page::Layout | Page::Run) | None => Vec::new(),
    }
}

/// The mouse was pressed on a part of such a screen. A button is taken as its key would take it; a row gets the keys, and
/// is taken when it has them.
pub(super) fn press(state: &mut State, target: &Target) -> Vec<Effect> {
    match (state.layers.page_mut(), target) {
        (Some(Page::List), Target::Entry(row)) => {
            let was_selected = std::mem::replace(&mut state.wizard.row, *row) == *row;
            if was_selected { choose(state) } else { Vec::new() }
        }
        (Some(Page::Layout), Target::Entry(row)) => layout::press(state, *row),
        (Some(Page::Hosts(hosts)), Target::Entry(row)) => {
            let was_selected = std::mem::replace(&mut hosts.row, (*row).min(hosts.clusters)) == *row;
            // A press in the field of other hosts only goes there.
            if was_selected && !hosts.is_typing() { form::hosts(state, Action::Open) } else { Vec::new() }
        }
        (Some(Page::Form(form)), Target::Entry(field)) => {
            form.focus = (*field).min(form.fields.len());
            Vec::new()
        }
        (Some(Page::Form(form)), Target::Button(Focus::Confirm)) => {
            form.focus = form.fields.len();
            form::values(state, Action::Open)
        }
        (Some(Page::Run), target) => run::press(state, target),
        _ => Vec::new(),
    }
}

/// Shows the run in hand or, where there is none or it is shown, the list.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let is_shown = matches!(state.layers.page(), Some(Page::Run));
    let page = if state.wizard.run.is_some() && !is_shown { Page::Run } else { Page::List };
    state.layers.turn_to(page);
    vec![Effect::Scenario(Request::Look)]
}

pub(super) fn refuse(state: &mut State, why: impl Into<String>) -> Vec<Effect> {
    tell(state, Notice::info(why));
    Vec::new()
}

fn not_here(state: &mut State) -> Vec<Effect> {
    refuse(state, "that is not done here; esc goes back")
}

fn list(state: &mut State, action: Action) -> Vec<Effect> {
    let last = state.wizard.rows().len().saturating_sub(1);
    let page = usize::from(state.size.1 / 2).max(1);
    let row = &mut state.wizard.row;
    match action {
        Action::Up => *row = row.saturating_sub(1),
        Action::Down => *row += 1,
        Action::PageUp => *row = row.saturating_sub(page),
        Action::PageDown => *row += page,
        Action::First => *row = 0,
        Action::Last => *row = last,
        Action::PollNow | Action::RetryStep => {
            let shelf = state.wizard.shelf.as_ref();
            let name = match (state.wizard.selected(), shelf) {
                (Some(Row::Book(at)), Some(shelf)) => shelf.books.get(at).map(|book| book.name.clone()),
                _ => None,
            };
            return look_again(state, name.as_deref());
        }
        Action::Back if !state.wizard.filter.is_empty() => state.wizard.set_filter(String::new()),
        Action::Back => state.layers.close(LayerKind::Scenarios),
        Action::Open => return choose(state),
        Action::Undo => return reopen(state),
        _ => return not_here(state),
    }
    state.wizard.row = state.wizard.row.min(last);
    Vec::new()
}

/// Reads which there are, and has that scenario looked at.
fn look_again(state: &mut State, name: Option<&str>) -> Vec<Effect> {
    let mut effects = survey::survey(state, name);
    effects.push(Effect::Scenario(Request::Look));
    effects
}

/// Begins with what is selected: asks for hosts, or reads the run that was left.
fn choose(state: &mut State) -> Vec<Effect> {
    if let Some(why) = other_in_hand(state) {
        return refuse(state, why);
    }
    let (Some(row), Some(shelf)) = (state.wizard.selected(), &state.wizard.shelf) else {
        return refuse(state, "there is nothing to choose");
    };
    match row {
        Row::Left(at) => shelf.runs.get(at).cloned().map_or_else(Vec::new, |run| recall(state, &run)),
        Row::Layout(at) => {
            let Some(book) = shelf.layouts.get(at) else { return Vec::new() };
            match book.deployment.clone() {
                Ok(deployment) => layout::open(state, deployment),
                Err(_told_below) => refuse(state, format!("{} has to be put right first", book.name)),
            }
        }
        Row::Book(at) => {
            let Some(book) = shelf.books.get(at) else { return Vec::new() };
            let scenario = match &book.scenario {
                Ok(scenario) => scenario.clone(),
                Err(_told_below) => return refuse(state, format!("{} has to be put right first", book.file)),
            };
            if let Standing::Elsewhere(run) = shelf.standing(&book.name) {
                let words = format!("another console carries it out on {}", names(&run.hosts));
                tell(state, Notice::info(words));
            }
            let mut hosts = Hosts::new(scenario, state.clusters.len());
            // Only a cluster that somebody has opened is meant.
            let open = state.layers.cluster().map(|view| &view.name);
            hosts.row = state.clusters.iter().position(|it| Some(&it.entry.name) == open).unwrap_or(0);
            state.layers.turn_to(Page::Hosts(hosts));
            Vec::new()
        }
    }
}

fn other_in_hand(state: &State) -> Option<String> {
    let run = state.wizard.under_way()?;
    Some(format!("{} is in hand: end it first, or let it come to its end", run.plan.scenario.title))
}

/// Reads a run that there has been, unless nothing may be run where it was.
fn recall(state: &mut State, run: &PastRun) -> Vec<Effect> {
    match hindrance(state, None, &run.hosts) {
        Some(why) => refuse(state, why),
        None => vec![Effect::Scenario(Request::Recall(run.id.clone()))],
    }
}

/// Shows the last run of the selected scenario once more, if it came to its end: there its steps are taken back.
fn reopen(state: &mut State) -> Vec<Effect> {
    if let Some(why) = other_in_hand(state) {
        return refuse(state, why);
    }
    let Some(standing) = state.wizard.standing() else {
        return refuse(state, "select a scenario that is done: its steps are taken back one by one");
    };
    let words = match standing {
        Standing::Done(run) => {
            let run = run.clone();
            return recall(state, &run);
        }
        Standing::Never => "nothing of it was run from here".to_owned(),
        Standing::Stopped(_) | Standing::Unfinished(_) => {
            "it was left in the middle: go on with it, then take its steps back".to_owned()
        }
        Standing::Elsewhere(run) => format!("another console carries it out on {}", names(&run.hosts)),
    };
    refuse(state, words)
}

pub(super) fn names(hosts: &[HostName]) -> String {
    hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join(", ")
}

/// Why nothing may be run on these hosts now.
pub(super) fn hindrance(state: &State, cluster: Option<&ClusterName>, hosts: &[HostName]) -> Option<String> {
    if state.wizard.shelf.as_ref().is_some_and(|shelf| shelf.is_read_only) {
        return Some("this console is read-only: nothing is run".to_owned());
    }
    if let Some((host, entry)) = locked_elsewhere(state, hosts) {
        return Some(format!(
            "{host} belongs to {}, which is read-only by the configuration: nothing is run on it",
            entry.name
        ));
    }
    let is_meant =
        |entry: &ClusterEntry| Some(&entry.name) == cluster || hosts.iter().any(|host| entry.has(host));
    state.clusters.iter().filter(|it| is_meant(&it.entry)).find_map(|it| {
        let name = &it.entry.name;
        if it.is_locked(state.now) {
            return Some(format!("{name} is read-only: nothing is run on its hosts; `:open {name}`, then `:writable 15 REASON` allows it for 15 minutes"));
        }
        let job = state.operations.running_in(name)?;
        Some(format!("{name}: {} is under way; that is to end first", job.title()))
    })
}

/// The first host that no cluster of this console has and a read-only cluster of the configuration does. The others are
/// judged by the clusters on screen, which can be made writable.
pub(super) fn locked_elsewhere<'a>(
    state: &'a State,
    hosts: &'a [HostName],
) -> Option<(&'a HostName, &'a ClusterEntry)> {
    let locked = state.wizard.shelf.as_ref().map(|shelf| shelf.locked.as_slice()).unwrap_or_default();
    let elsewhere = hosts.iter().filter(|host| !state.clusters.iter().any(|it| it.entry.has(host)));
    let mut all = elsewhere.flat_map(|host| locked.iter().map(move |entry| (host, entry)));
    all.find(|(host, entry)| entry.has(host))
}

/// Whether leaving the console now would leave a run in the middle.
pub(super) fn is_busy(state: &State) -> bool {
    state.wizard.under_way().is_some_and(|run| !run.waits(state.now))
}

/// Puts the selections where something is.
pub(super) fn settle(state: &mut State) {
    let last = state.wizard.rows().len().saturating_sub(1);
    state.wizard.row = state.wizard.row.min(last);
    match &mut state.wizard.run {
        Some(run) => run.settle(),
        None if matches!(state.layers.page(), Some(Page::Run)) => state.layers.turn_to(Page::List),
        None => {}
    }
    if !matches!(state.layers.page(), Some(Page::Run)) {
        state.layers.withdraw_ask();
    }
}

/// Forgets the run in hand, unless something of it goes on.
fn drop_run(state: &mut State) {
    if state.wizard.run.as_ref().is_some_and(|run| run.stage != Stage::UnderWay) {
        state.wizard.run = None;
    }
}
