//! The one place where the state changes.

use jiff::{SignedDuration, Timestamp};

use super::command::{Command, complete};
use super::geometry::FindingsPanel;
use super::grid::{Order, Selection, Step};
use super::state::{ClusterState, ClusterView, Pane, Panel, State};
use super::{Action, Effect, Event, Notice, NoticeLevel, Prompt, PromptKind, Scroll, Target, Typing};
use crate::health::Health;
use crate::model::{ClusterName, Contact, Observation};

/// How long a notice stays that is no error.
const NOTICE_STAYS: SignedDuration = SignedDuration::from_secs(5);
/// How many notices wait to be read; older ones are in the log.
const NOTICES_KEPT: usize = 20;
/// How many lines the command line remembers.
const HISTORY_KEPT: usize = 100;

/// Takes one event into the state, and says what is to be done about it outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => {
            tick(state, now);
            Vec::new()
        }
        Event::Observed(name, observation) => observe(state, &name, observation).into_iter().collect(),
        event => {
            state.dirty = true;
            let effects = interact(state, event);
            settle(state);
            effects
        }
    }
}

/// What the person does, and what the terminal says of itself.
fn interact(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Resized { columns, rows } => state.size = (columns, rows),
        Event::Act(action) => {
            key_pressed(state);
            return act(state, action);
        }
        Event::Pending(pending) => {
            key_pressed(state);
            state.pending = Some(pending);
        }
        Event::Unbound(key) => {
            key_pressed(state);
            tell(state, Notice::info(format!("{key} does nothing here")));
        }
        Event::Typed(typing) => return typed(state, typing),
        Event::Pressed(target) => return press(state, target),
        Event::Scrolled(scroll) => return scrolled(state, scroll),
        Event::Told(notice) => tell(state, notice),
        // Both were dealt with before.
        Event::Tick(_) | Event::Observed(..) => {}
    }
    Vec::new()
}

fn tick(state: &mut State, now: Timestamp) {
    // The clock in the header counts seconds.
    state.dirty |= now.as_second() != state.now.as_second();
    state.now = now;
    let expired = |notice: &Notice, since: Timestamp| {
        notice.level == NoticeLevel::Info && now.duration_since(since) >= NOTICE_STAYS
    };
    let before = state.notices.len();
    state.notices.retain(|(notice, since)| !expired(notice, *since));
    state.dirty |= state.notices.len() != before;
    let mut changed = false;
    for cluster in &mut state.clusters {
        changed |= cluster.pass_time(now);
    }
    if changed {
        state.dirty = true;
        settle(state);
    }
}

/// Takes in what a watcher has seen. A change of health is worth a line in the log.
fn observe(state: &mut State, name: &ClusterName, observation: Observation) -> Option<Effect> {
    let now = state.now;
    let cluster = state.clusters.iter_mut().find(|cluster| cluster.entry.name == *name)?;
    let before = cluster.health;
    let same_picture = match (&cluster.observation.picture, &observation.picture) {
        (Some(before), Some(after)) => std::sync::Arc::ptr_eq(before, after),
        (None, None) => true,
        _ => false,
    };
    let same_contact = cluster.observation.contact == observation.contact
        && cluster.observation.viewpoints == observation.viewpoints;
    cluster.observation = observation;
    let changed = cluster.assess(now);
    let record = (cluster.health != before).then(|| Effect::Record(cluster.health, record(cluster)));
    // An unchanged cluster's new age is drawn with the next tick.
    if changed || !same_picture || !same_contact {
        state.dirty = true;
        settle(state);
    }
    record
}

fn record(cluster: &ClusterState) -> String {
    let name = &cluster.entry.name;
    match cluster.findings.first() {
        Some(worst) if cluster.health != Health::Ok => {
            format!("{name} is {}: {}", cluster.health, worst.summary)
        }
        _ => format!("{name} is healthy"),
    }
}

/// Puts right what follows from everything else: the completions, the scroll, and what no longer exists.
fn settle(state: &mut State) {
    if let Some(mut prompt) = state.prompt.take() {
        if prompt.kind == PromptKind::Command && prompt.chosen.is_none() {
            prompt.candidates = complete(prompt.text(), state);
        }
        state.prompt = Some(prompt);
    }
    let arrangement = state.arrangement();
    let shown: Vec<usize> = arrangement.places().map(|place| place.cluster).collect();
    let selected = state.grid.selected(&state.clusters, &shown);
    let body = state.regions().body_size();
    state.grid.follow(&arrangement, selected, body);
    if let Some((view, cluster)) = state.opened() {
        let mut view = view.clone();
        for (row, pane) in view.rows.iter_mut().zip([Pane::Findings, Pane::Nodes, Pane::Resources]) {
            *row = (*row).min(cluster.pane_rows(pane).saturating_sub(1));
        }
        state.open = Some(view);
    }
}

/// A key has been pressed: what waited for one goes.
fn key_pressed(state: &mut State) {
    state.pending = None;
    if state.notices.front().is_some_and(|(notice, _)| notice.level == NoticeLevel::Error) {
        state.notices.pop_front();
    }
}

fn tell(state: &mut State, notice: Notice) {
    // The newest word to a person's last key replaces the one before; errors queue up.
    if notice.level == NoticeLevel::Info {
        state.notices.retain(|(notice, _)| notice.level == NoticeLevel::Error);
    }
    state.notices.push_back((notice, state.now));
    while state.notices.len() > NOTICES_KEPT {
        state.notices.pop_front();
    }
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
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
        Action::CommandLine => state.prompt = Some(Prompt::new(PromptKind::Command, "")),
        Action::Filter => {
            let filter = state.grid.filter.clone();
            state.open = None;
            state.panel = None;
            state.prompt = Some(Prompt::new(PromptKind::Filter, &filter));
        }
        Action::ClearFilter => state.grid.filter.clear(),
        Action::ToggleSort => sort(
            state,
            match state.grid.order {
                Order::Tier => Order::Worst,
                Order::Worst => Order::Tier,
            },
        ),
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
        Action::Back => back(state),
        Action::NextPane => turn_pane(state, Pane::next),
        Action::PreviousPane => turn_pane(state, Pane::previous),
        Action::Up
        | Action::Down
        | Action::Left
        | Action::Right
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last => return go(state, action),
    }
    Vec::new()
}

fn poll(state: &mut State) -> Vec<Effect> {
    let name = match &state.open {
        Some(view) => Some(view.name.clone()),
        None => state.selected().map(|cluster| cluster.entry.name.clone()),
    };
    let Some(name) = name else { return Vec::new() };
    tell(state, Notice::info(format!("asking {name}")));
    vec![Effect::Poll(name)]
}

fn toggle(state: &mut State, panel: Panel) {
    let open =
        state.panel.is_some_and(|open| std::mem::discriminant(&open) == std::mem::discriminant(&panel));
    state.panel = if open { None } else { Some(panel) };
}

fn sort(state: &mut State, order: Order) {
    state.grid.order = order;
    let words = match order {
        Order::Tier => "ordered by tier",
        Order::Worst => "worst first",
    };
    tell(state, Notice::info(words));
}

fn back(state: &mut State) {
    if state.panel.is_some() {
        state.panel = None;
    } else if state.open.is_some() {
        state.open = None;
    } else if !state.grid.filter.is_empty() {
        state.grid.filter.clear();
    } else {
        // Nothing is left to go back from: the eye is led to the worst again.
        state.grid.selection = Selection::Worst;
    }
}

fn open_selected(state: &mut State) {
    if state.panel.is_some() || state.open.is_some() {
        return;
    }
    if let Some(name) = state.selected().map(|cluster| cluster.entry.name.clone()) {
        open(state, name);
    }
}

fn open(state: &mut State, name: ClusterName) {
    state.panel = None;
    state.grid.selection = Selection::Chosen(name.clone());
    state.open = Some(ClusterView::new(name));
}

fn turn_pane(state: &mut State, turn: fn(Pane) -> Pane) {
    if let Some(view) = &mut state.open {
        view.pane = turn(view.pane);
    }
}

fn to_problem(state: &mut State, by: isize) {
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
            if state.open.is_some() {
                let name = state.clusters[next].entry.name.clone();
                open(state, name);
            }
        }
        None => tell(state, Notice::info("every cluster is healthy")),
    }
}

fn go(state: &mut State, action: Action) -> Vec<Effect> {
    let page = usize::from(state.size.1.saturating_sub(6)).max(1) as isize;
    match &mut state.panel {
        Some(Panel::Help { scroll }) => {
            *scroll = match action {
                Action::Up => scroll.saturating_sub(1),
                Action::Down => *scroll + 1,
                Action::PageUp => scroll.saturating_add_signed(-page),
                Action::PageDown => scroll.saturating_add_signed(page),
                Action::First => 0,
                _ => *scroll,
            };
            return Vec::new();
        }
        Some(Panel::Log) => {
            return match action {
                Action::Up | Action::PageUp => vec![Effect::ScrollLog(Scroll::Up)],
                Action::Down | Action::PageDown => vec![Effect::ScrollLog(Scroll::Down)],
                _ => Vec::new(),
            };
        }
        None => {}
    }
    if state.open.is_some() {
        go_in_pane(state, action, page);
    } else {
        go_in_grid(state, action, page);
    }
    Vec::new()
}

fn go_in_pane(state: &mut State, action: Action, page: isize) {
    let Some((view, cluster)) = state.opened() else { return };
    let mut view = view.clone();
    let last = cluster.pane_rows(view.pane).saturating_sub(1);
    match action {
        Action::Left => view.pane = view.pane.previous(),
        Action::Right => view.pane = view.pane.next(),
        _ => {
            let row = &mut view.rows[view.pane as usize];
            *row = match action {
                Action::Up => row.saturating_sub(1),
                Action::Down => *row + 1,
                Action::PageUp => row.saturating_add_signed(-page),
                Action::PageDown => row.saturating_add_signed(page),
                Action::First => 0,
                Action::Last => last,
                _ => *row,
            }
            .min(last);
        }
    }
    state.open = Some(view);
}

fn go_in_grid(state: &mut State, action: Action, page: isize) {
    let arrangement = state.arrangement();
    let rows = (page / arrangement.pitch as isize).max(1);
    let step = match action {
        Action::Up => Step::Rows(-1),
        Action::Down => Step::Rows(1),
        Action::Left => Step::Columns(-1),
        Action::Right => Step::Columns(1),
        Action::PageUp => Step::Rows(-rows),
        Action::PageDown => Step::Rows(rows),
        Action::First => Step::Start,
        Action::Last => Step::End,
        _ => return,
    };
    state.grid.step(&state.clusters, &arrangement, step);
}

fn press(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Hint(action) => return act(state, action),
        Target::Cluster(name) => {
            let already = state.grid.selection == Selection::Chosen(name.clone());
            if already {
                open(state, name);
            } else {
                state.grid.selection = Selection::Chosen(name);
            }
        }
        Target::Row(pane, row) => {
            if let Some(view) = &mut state.open {
                view.pane = pane;
                view.rows[pane as usize] = row;
            }
        }
    }
    Vec::new()
}

fn scrolled(state: &mut State, scroll: Scroll) -> Vec<Effect> {
    go(
        state,
        match scroll {
            Scroll::Up => Action::Up,
            Scroll::Down => Action::Down,
        },
    )
}

fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(prompt) = &mut state.prompt else { return Vec::new() };
    match typing {
        Typing::Edit(request) => prompt.edit(request),
        Typing::Complete => prompt.complete(1),
        Typing::CompleteBack => prompt.complete(-1),
        Typing::Older if prompt.kind == PromptKind::Command => prompt.recall(&state.command_history, 1),
        Typing::Newer if prompt.kind == PromptKind::Command => prompt.recall(&state.command_history, -1),
        Typing::Older | Typing::Newer => {}
        Typing::Cancel => {
            if prompt.kind == PromptKind::Filter {
                state.grid.filter.clear();
            }
            state.prompt = None;
            return Vec::new();
        }
        Typing::Accept => {
            let prompt = state.prompt.take();
            return match prompt {
                Some(prompt) if prompt.kind == PromptKind::Command => run(state, prompt.text()),
                _ => Vec::new(),
            };
        }
    }
    if let Some(prompt) = state.prompt.as_ref().filter(|prompt| prompt.kind == PromptKind::Filter) {
        state.grid.filter = prompt.text().to_owned();
    }
    Vec::new()
}

fn run(state: &mut State, line: &str) -> Vec<Effect> {
    let line = line.trim();
    if !line.is_empty() && state.command_history.last().is_none_or(|last| last != line) {
        state.command_history.push(line.to_owned());
        let surplus = state.command_history.len().saturating_sub(HISTORY_KEPT);
        state.command_history.drain(..surplus);
    }
    match Command::parse(line, state) {
        Ok(None) => {}
        Ok(Some(Command::Act(action))) => return act(state, action),
        Ok(Some(Command::Open(name))) => open(state, name),
        Ok(Some(Command::Filter(text))) => {
            state.open = None;
            state.grid.filter = text;
        }
        Ok(Some(Command::Sort(order))) => sort(state, order),
        Ok(Some(Command::Layout(layout))) => state.grid.layout = layout,
        Ok(Some(Command::Theme(name))) => return vec![Effect::UseTheme(name)],
        Err(error) => tell(state, Notice::error(error.to_string())),
    }
    Vec::new()
}
