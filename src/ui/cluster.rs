//! Inside a cluster: its screens, and the panes on them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::glyphs::role_of;
use super::remedy::Keys;
use super::table::{self, Focus, Heading};
use super::{Look, cluster_log, facts, findings};
use crate::app::{Action, ClusterState, ClusterView, Context, FACTS, ListView, State, TABS, Target};
use crate::model::{Contact, Picture, clean};
use crate::tables::{Pane, Table, Tone};
use crate::theme::Role;

/// From this width on a screen's name has more room.
const WIDE: u16 = 110;

/// Draws the open cluster.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    view: &ClusterView,
    cluster: &ClusterState,
    look: &Look,
) {
    let width = usize::from(area.width.saturating_sub(2));
    buffer.set_line(area.x + 1, area.y, &title(state, cluster, width, look), area.width);
    for (x, _, spans) in tabs(area, state, view, cluster, look) {
        buffer.set_line(x, area.y + 1, &Line::from(spans), area.right().saturating_sub(x));
    }
    for (pane, area) in view.places(area, &cluster.findings) {
        let focus = if pane == view.pane { Focus::Here } else { Focus::Elsewhere };
        let shown = state.pane_table(view, cluster, pane);
        let list = view.list(pane);
        match pane {
            Pane::Findings => draw_findings(buffer, area, (state, cluster), (&shown, list, focus), look),
            Pane::Nodes => table::draw(buffer, area, &shown, list, (Heading::Pane("nodes"), focus), look),
            Pane::Resources => {
                table::draw(buffer, area, &shown, list, (Heading::Pane("resources"), focus), look);
            }
            _ => table::draw(buffer, area, &shown, list, (Heading::Columns, focus), look),
        }
        if focus == Focus::Here && pane != Pane::Findings {
            table::draw_marks(buffer, area, &shown, list, &state.marks, look);
        }
        if let (Pane::Log, Some(log)) = (pane, &state.log) {
            cluster_log::draw_status(buffer, area, log, (&shown, list), state.now, look);
        }
    }
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(
    area: Rect,
    state: &State,
    view: &ClusterView,
    cluster: &ClusterState,
    look: &Look,
    at: Position,
) -> Option<Target> {
    if at.y == area.y + 1 {
        let tabs = tabs(area, state, view, cluster, look);
        let hit = tabs.into_iter().find(|(x, _, spans)| {
            let width: usize = spans.iter().map(Span::width).sum();
            (*x..*x + width as u16).contains(&at.x)
        });
        return hit.map(|(_, pane, _)| Target::Tab(pane));
    }
    let places = view.places(area, &cluster.findings);
    let (pane, area) = places.into_iter().find(|(_, area)| area.contains(at))?;
    let shown = state.pane_table(view, cluster, pane);
    let rows = shown.rows.len();
    let row = match pane {
        Pane::Findings => {
            let focus = if pane == view.pane { Focus::Here } else { Focus::Elsewhere };
            Some(finding_at(area, (state, cluster), (&shown, view.list(pane), focus), look, at.y))
        }
        _ => table::row_at(area, view.list(pane), at.y, rows),
    };
    row.filter(|row| *row < rows).map(|row| Target::Row(pane, row))
}

/// A tab: where it stands, its pane, its words.
type Placed = (u16, Pane, Vec<Span<'static>>);

/// The names of the screens with their keys, in full and with counts where there is room for all of them.
fn tabs(area: Rect, state: &State, view: &ClusterView, cluster: &ClusterState, look: &Look) -> Vec<Placed> {
    let wide = (area.width >= WIDE).then(|| placed(area, state, view, cluster, look, true));
    wide.filter(|tabs| tabs.len() == TABS.len())
        .unwrap_or_else(|| placed(area, state, view, cluster, look, false))
}

fn placed(
    area: Rect,
    state: &State,
    view: &ClusterView,
    cluster: &ClusterState,
    look: &Look,
    is_wide: bool,
) -> Vec<Placed> {
    const KEYS: [Action; TABS.len()] = [
        Action::PaneOverview,
        Action::PaneMatrix,
        Action::PaneConstraints,
        Action::PaneFailures,
        Action::PaneFencing,
        Action::PaneAttributes,
        Action::PaneTickets,
        Action::PaneConfiguration,
        Action::PaneLog,
        Action::PaneStack,
    ];
    let mut x = area.x + 1;
    let mut tabs = Vec::new();
    for (tab, action) in TABS.iter().zip(KEYS) {
        let is_open = tab.pane == view.pane || (tab.pane == Pane::Findings && view.is_overview());
        let key = look.keymap.keys_for(Context::Cluster, action).into_iter().next().unwrap_or_default();
        let is_uncounted =
            matches!(tab.pane, Pane::Findings | Pane::Matrix | Pane::Configuration | Pane::Log | Pane::Audit);
        let (count, worst) = if is_uncounted {
            (0, Tone::Muted)
        } else {
            let table = crate::tables::table(tab.pane, &cluster.source(state.now));
            let worst = table.rows.iter().map(|row| row.urgency).max().unwrap_or_default();
            // The number of a stack's parts says nothing.
            (if tab.pane == Pane::Stack { 0 } else { table.rows.len() }, worst)
        };
        let role = match worst {
            _ if is_open => Role::Title,
            Tone::Critical | Tone::Unknown | Tone::Warning | Tone::Transient => role_of(worst),
            _ => Role::Muted,
        };
        let mut spans = Vec::new();
        if !key.is_empty() {
            spans.push(look.span(Role::Key, format!("{key} ")));
        }
        spans.push(look.span(role, if is_wide { tab.name } else { tab.short }));
        if is_wide && count > 0 {
            spans.push(look.span(role, format!(" {count}")));
        }
        let width: usize = spans.iter().map(Span::width).sum();
        if x + width as u16 > area.right() {
            break;
        }
        tabs.push((x, tab.pane, spans));
        x += width as u16 + if is_wide { 3 } else { 1 };
    }
    tabs
}

fn title(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let (glyph, role) = look.glyphs.health(cluster.health);
    let mut left = vec![
        look.span(role, glyph),
        Span::raw(" "),
        look.span(Role::Title, look.fit(cluster.entry.name.as_str(), width / 3)),
    ];
    let seen = match &cluster.observation.contact {
        Contact::Live { host } => format!("from {host}, {}", facts::age_words(cluster, state.now)),
        Contact::Saved if cluster.observation.confirmed.is_some() => {
            let noun = if cluster.observation.is_dated_by_file { "file saved" } else { "saved" };
            format!("{noun} {}", facts::age_words(cluster, state.now))
        }
        Contact::Saved | Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } => {
            facts::age_words(cluster, state.now)
        }
    };
    let role = if cluster.observation.current().is_some() { Role::Muted } else { Role::Unknown };
    let rights = facts::rights(cluster, state.now);
    let mut right: Vec<_> =
        rights.into_iter().map(|(words, role)| look.span(role, format!("{words}  "))).collect();
    right.push(look.span(role, seen));
    if let Some(picture) = cluster.observation.picture.as_deref() {
        let taken: usize = left.iter().chain(&right).map(Span::width).sum();
        for fact in title_facts((state, cluster, picture), width.saturating_sub(taken + 1), look) {
            left.push(look.separator());
            left.push(look.span(Role::Muted, fact));
        }
    }
    look.sides(left, right, width)
}

/// The facts beside the name, cleaned. The last change goes in as far as there is room, before the version; where neither
/// fits, there is neither.
fn title_facts(
    (state, cluster, picture): (&State, &ClusterState, &Picture),
    room: usize,
    look: &Look,
) -> Vec<String> {
    let summary = &picture.summary;
    let dc = summary.dc.as_ref().map_or_else(|| "no DC".to_owned(), |dc| format!("DC {dc}"));
    let fixed = [facts::quorum_words(picture), dc, facts::running_words(cluster, picture)];
    let version = summary.version.as_deref().and_then(|version| version.split('-').next());
    let version = version.map(|version| format!("Pacemaker {version}"));
    let changes = facts::change_words(cluster, picture, cluster.moment(state.now));
    let with = |change: Option<&String>, version: Option<&String>| -> Vec<String> {
        let more = change.into_iter().chain(version).cloned();
        fixed.iter().cloned().chain(more).map(|fact| clean(&fact)).collect()
    };
    let fits = |facts: &Vec<String>| {
        let words = facts.iter().map(|fact| look.separator().width() + Span::raw(fact.as_str()).width());
        words.sum::<usize>() <= room
    };
    let all = changes.iter().map(|change| with(Some(change), version.as_ref()));
    let unversioned = changes.iter().map(|change| with(Some(change), None));
    let unchanged = std::iter::once_with(|| with(None, version.as_ref()));
    all.chain(unversioned).chain(unchanged).find(fits).unwrap_or_else(|| with(None, None))
}

/// The keys of a finding's remedy: they act on the selected finding alone, and on the marked rows where there are any.
fn keys<'l>(state: &State, cluster: &ClusterState, is_selected: bool, look: &'l Look) -> Keys<'l> {
    if is_selected && state.marks.is_empty() && state.layers.panel().is_none() {
        Keys::new(look, state, &cluster.entry.name, Context::Cluster)
    } else {
        Keys::none(look)
    }
}

/// The finding that is drawn on that line: they have several each. Elsewhere the selected one.
fn finding_at(
    area: Rect,
    (state, cluster): (&State, &ClusterState),
    (shown, list, focus): (&Table, &ListView, Focus),
    look: &Look,
    y: u16,
) -> usize {
    let mut to = area.y + 1;
    for (nth, row) in shown.rows.iter().enumerate().skip(list.row) {
        let Some(finding) = state.finding(cluster, &row.subject) else { continue };
        let is_selected = focus == Focus::Here && nth == list.row;
        let keys = keys(state, cluster, is_selected, look);
        to += findings::finding_lines(finding, usize::from(area.width), FACTS, &keys).len() as u16;
        if y > area.y && y < to {
            return nth;
        }
    }
    list.row
}

/// The selected finding stands first, in full; then the others.
fn draw_findings(
    buffer: &mut Buffer,
    area: Rect,
    (state, cluster): (&State, &ClusterState),
    (shown, list, focus): (&Table, &ListView, Focus),
    look: &Look,
) {
    if area.height == 0 {
        return;
    }
    let width = usize::from(area.width);
    let heading = table::pane_line("findings", shown, list, focus, width, look);
    buffer.set_line(area.x, area.y, &heading, area.width);
    let mut lines = Vec::new();
    if shown.rows.is_empty() {
        lines.push(Line::from(
            look.span(Role::Muted, if list.filter.is_empty() { shown.empty } else { "Nothing matches." }),
        ));
    }
    let room = usize::from(area.height - 1);
    for (nth, row) in shown.rows.iter().enumerate().skip(list.row) {
        let Some(finding) = state.finding(cluster, &row.subject) else { continue };
        if let (true, Some(left), true) = (state.marks.holds(row), area.x.checked_sub(1), lines.len() < room)
        {
            let y = area.y + 1 + lines.len() as u16;
            buffer.set_span(left, y, &look.span(Role::Key, look.glyphs.marked), 1);
        }
        let is_selected = focus == Focus::Here && nth == list.row;
        let keys = keys(state, cluster, is_selected, look);
        for mut line in findings::finding_lines(finding, width, FACTS, &keys) {
            if is_selected && shown.rows.len() > 1 {
                line = line.patch_style(look.style(Role::Selection));
            }
            lines.push(line);
        }
    }
    for (y, line) in (area.top() + 1..area.bottom()).zip(&lines) {
        buffer.set_line(area.x, y, line, area.width);
    }
    let below = lines.len().saturating_sub(room);
    if below > 0 && room > 0 {
        let words = format!(" {below} more ");
        let x = area.right().saturating_sub(words.len() as u16).max(area.x);
        buffer.set_span(x, area.bottom() - 1, &look.span(Role::Key, words), area.width);
    }
}
