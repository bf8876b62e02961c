//! The one place where the state changes.

mod act;
mod dialog;
mod go;
mod operate;
mod panes;
mod typing;
mod unfinished;
mod wizard;

use jiff::{SignedDuration, Timestamp};

use super::command::complete;
use super::wizard::{News, Page};
use super::{
    Action, ClusterState, Effect, Event, FleetView, Notice, NoticeLevel, PromptKind, State, Typing, View,
};
use crate::health::{Assessment, Health};
use crate::model::{ClusterName, NodeName, Observation};
use crate::tables::details;

/// How long a notice stays that is no error.
const NOTICE_STAYS: SignedDuration = SignedDuration::from_secs(5);
/// How many notices wait to be read; older ones are in the log.
const NOTICES_KEPT: usize = 20;

/// Takes one event into the state, and says what is to be done about it outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => {
            tick(state, now);
            Vec::new()
        }
        Event::Observed(name, assessment) => observe(state, &name, assessment).into_iter().collect(),
        // Two hundred hosts print more than is looked at: nothing follows from a line but that it may be seen.
        Event::Scenario(News::Output(pass, place, lines)) => {
            let is_shown = matches!(state.layers.page(), Some(Page::Run));
            state.dirty |= state.wizard.print(pass, &place, lines) && is_shown;
            Vec::new()
        }
        event => {
            state.dirty = true;
            let is_by_user = event.is_by_user();
            let is_edit =
                !state.is_unseen() && matches!(event, Event::Typed(Typing::Edit(_)) | Event::Pasted(_));
            let (told, top) = (info(state).cloned(), state.screen_id());
            let effects = interact(state, event);
            let is_told = info(state) != told.as_ref();
            if is_told {
                state.is_answer = is_by_user;
            }
            if !is_told && state.is_answer && (is_edit || state.screen_id() != top) {
                // The answer was about a screen that is left, or about text that has changed.
                state.notices.retain(|(notice, _)| notice.level == NoticeLevel::Error);
            }
            settle(state);
            effects
        }
    }
}

/// What the person does, and what the terminal says of itself.
fn interact(state: &mut State, event: Event) -> Vec<Effect> {
    if event.is_by_user() && state.is_unseen() {
        return unseen(state, &event);
    }
    match event {
        Event::Resized { columns, rows } => state.size = (columns, rows),
        Event::Stalled(is_stalled) => state.is_stalled = is_stalled,
        Event::Act(action) => {
            key_pressed(state);
            return act::act(state, action);
        }
        Event::Pending(pending) => {
            key_pressed(state);
            state.pending = Some(pending);
        }
        Event::Unbound(key) => {
            key_pressed(state);
            tell(state, Notice::info(format!("{key} does nothing here")));
        }
        Event::Typed(typing) => return typing::typed(state, typing),
        Event::Pasted(text) => return typing::pasted(state, &text),
        Event::Pressed(target) => return go::press(state, target),
        Event::Scrolled(scroll) => return go::scrolled(state, scroll),
        Event::Scenario(news) => return wizard::hear(state, news),
        Event::Operated(news) => return operate::hear(state, news),
        Event::Told(notice) => tell(state, notice),
        Event::Logged(cluster, news) => state.take_log_news(&cluster, news),
        Event::Audited(log) => state.audit = log,
        // Both were dealt with before.
        Event::Tick(_) | Event::Observed(..) => {}
    }
    Vec::new()
}

/// What the user does while the layers can't be seen: only what needs no look at them is done.
fn unseen(state: &mut State, event: &Event) -> Vec<Effect> {
    key_pressed(state);
    match event {
        Event::Act(Action::Quit) if act::leaves_something(state) => {
            let way = if state.is_too_small() { "enlarge" } else { "press again" };
            tell(state, Notice::info(format!("busy: {way} to quit")));
            Vec::new()
        }
        Event::Act(Action::Quit) => vec![Effect::Quit],
        Event::Act(Action::Suspend) => vec![Effect::Suspend],
        Event::Act(Action::Redraw) => vec![Effect::Redraw],
        // A "q" may be part of what is being typed.
        Event::Typed(_) if state.is_too_small() => {
            tell(state, Notice::info("a form is open: enlarge".to_owned()));
            Vec::new()
        }
        _ => Vec::new(),
    }
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
    // Changes were allowed for a while that is over.
    for cluster in &mut state.clusters {
        cluster.unlocked = cluster.unlocked.filter(|until| *until > now);
    }
    for cluster in &mut state.clusters {
        cluster.pass_time(now);
    }
}

/// The names of the members in the picture.
fn members(observation: &Observation) -> impl Iterator<Item = &NodeName> {
    observation.picture.iter().flat_map(|picture| picture.members()).map(|node| &node.name)
}

/// Takes in what a watcher has seen, and its findings. A change of health is worth a line in the log.
fn observe(state: &mut State, name: &ClusterName, assessment: Assessment) -> Option<Effect> {
    let now = state.now;
    let cluster = state.clusters.iter_mut().find(|cluster| cluster.entry.name == *name)?;
    let before = cluster.health;
    let observation = &assessment.observation;
    let same_picture = match (&cluster.observation.picture, &observation.picture) {
        (Some(before), Some(after)) => std::sync::Arc::ptr_eq(before, after),
        (None, None) => true,
        _ => false,
    };
    let same_members = same_picture || members(&cluster.observation).eq(members(observation));
    let same_contact = cluster.observation.contact == observation.contact
        && cluster.observation.viewpoints == observation.viewpoints;
    let changed = cluster.take(assessment, now);
    let record = (cluster.health != before).then(|| Effect::Record(cluster.health, record(cluster)));
    if changed || !same_contact {
        state.settle_dependencies();
    }
    if !same_members {
        unfinished::look_again(state);
    }
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
    let line =
        state.layers.prompt().filter(|prompt| prompt.kind == PromptKind::Command && prompt.chosen.is_none());
    if let Some(candidates) = line.map(|prompt| complete(prompt.text(), state))
        && let Some(prompt) = state.layers.prompt_mut()
    {
        prompt.candidates = candidates;
    }
    let arrangement = state.arrangement();
    let shown: Vec<usize> = arrangement.places().map(|place| place.cluster).collect();
    let selected = state.grid.selected(&state.clusters, &shown);
    let body = state.regions().body_size();
    state.grid.follow(&arrangement, selected, body);
    settle_lists(state);
    settle_marks(state);
    wizard::settle(state);
}

/// Marks keep to one list, and to what is still there.
fn settle_marks(state: &mut State) {
    let list = match state.layers.view() {
        View::Cluster(view) => Some((Some(view.name.clone()), view.pane)),
        View::Fleet(fleet) => Some((None, fleet.pane)),
        View::Grid => None,
    };
    let mut marks = std::mem::take(&mut state.marks);
    marks.settle(list, |name, subject| {
        let cluster = state.cluster(name);
        cluster.is_some_and(|cluster| details(&cluster.source(state.now), subject).is_some())
    });
    state.marks = marks;
}

/// Puts the selections of the lists on screen right, and scrolls to them.
fn settle_lists(state: &mut State) {
    let body = state.regions().body;
    if let Some((view, _)) = state.opened() {
        let mut view = view.clone();
        state.settle_log(&mut view);
        let Some(cluster) = state.cluster(&view.name) else { return };
        for (pane, area) in view.places(body, &cluster.findings) {
            let table = state.pane_table(&view, cluster, pane);
            let list = view.list_mut(pane);
            list.settle(&table.rows, usize::from(area.height.saturating_sub(1)));
            list.settle_columns(&table, usize::from(area.width));
        }
        if let Some(shown) = state.layers.cluster_mut() {
            *shown = view;
        }
        return;
    }
    state.log = None;
    if let Some(fleet) = state.layers.fleet() {
        let mut fleet = fleet.clone();
        let table = state.fleet_table(&fleet);
        let area = FleetView::place(body);
        fleet.list.settle(&table.rows, usize::from(area.height.saturating_sub(1)));
        fleet.list.settle_columns(&table, usize::from(area.width));
        if let Some(shown) = state.layers.fleet_mut() {
            *shown = fleet;
        }
    }
}

/// A key has been pressed: what waited for one goes.
fn key_pressed(state: &mut State) {
    state.pending = None;
    if state.notices.front().is_some_and(|(notice, _)| notice.level == NoticeLevel::Error) {
        state.notices.pop_front();
    }
}

/// The notice that goes by itself; there is one at most.
fn info(state: &State) -> Option<&(Notice, Timestamp)> {
    state.notices.iter().find(|(notice, _)| notice.level == NoticeLevel::Info)
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
