//! What tiles, lines and views say of a cluster, in the same words everywhere.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::text::Span;

use super::{Look, text};
use crate::app::{ClusterState, Filter, State};
use crate::health::Health;
use crate::model::{Contact, Picture};
use crate::theme::Role;

/// How late an answer may be beyond two polls before its picture says how old it is.
const LATE: Duration = Duration::from_secs(2);
/// More nodes than this are counted, not drawn one by one.
const MARKS: usize = 10;

/// What a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Running {
    /// Instances that run.
    pub(super) active: usize,
    /// Instances that are configured, those that can't run anywhere among them.
    pub(super) configured: usize,
    /// Instances whose last operation failed, or that are blocked.
    pub(super) failed: usize,
}

/// Counts a picture's resources.
pub(super) fn running(picture: &Picture) -> Running {
    let mut running = Running { active: 0, configured: 0, failed: 0 };
    for (_, primitive) in picture.primitives() {
        running.configured += 1;
        running.active += usize::from(primitive.active);
        running.failed += usize::from(primitive.failed || primitive.blocked);
    }
    running
}

/// `17 running`, or `14 of 18 running` where the missing ones matter.
pub(super) fn running_words(cluster: &ClusterState, picture: &Picture) -> String {
    let running = running(picture);
    if running.active == running.configured || cluster.health == Health::Ok {
        format!("{} running", running.active)
    } else {
        format!("{} of {} running", running.active, running.configured)
    }
}

/// `quorate 3/3`: members online of those configured; the words say what the picture said.
pub(super) fn quorum_words(picture: &Picture) -> String {
    let (members, online) = picture
        .members()
        .fold((0, 0), |(members, online), node| (members + 1, online + usize::from(node.online)));
    match picture.summary.quorate {
        Some(true) => format!("quorate {online}/{members}"),
        Some(false) => format!("no quorum {online}/{members}"),
        None => format!("{online}/{members} members"),
    }
}

/// The last change to the configuration, the longer words first: `changed 12 min ago by root via cibadmin on db1`, and
/// without its author. Empty where neither is known.
pub(super) fn change_words(cluster: &ClusterState, picture: &Picture, now: Timestamp) -> Vec<String> {
    let (at, by) = (picture.summary.last_change, &picture.summary.last_change_by);
    // By the cluster's own clock.
    let there = now.checked_add(cluster.observation.clock_ahead.unwrap_or_default()).unwrap_or(now);
    let changed = at.map(|at| format!("changed {} ago", text::span_of(there.duration_since(at))));
    let by = (!by.is_unknown()).then(|| match &by.user {
        Some(_) => format!("by {by}"),
        None => by.to_string(),
    });
    match (changed, by) {
        (Some(changed), Some(by)) => vec![format!("{changed} {by}"), changed],
        (Some(changed), None) => vec![changed],
        (None, Some(by)) => vec![format!("changed {by}")],
        (None, None) => Vec::new(),
    }
}

/// A mark for every node; counts by mark where there are many. What is only remembered has no colour.
pub(super) fn node_marks(cluster: &ClusterState, look: &Look) -> Vec<Span<'static>> {
    let Some(picture) = cluster.observation.picture.as_deref() else {
        let hosts = look.glyphs.unseen.repeat(cluster.entry.hosts.len().min(MARKS));
        return vec![look.span(Role::Faint, hosts)];
    };
    let is_now = cluster.observation.current().is_some();
    let marks = picture.nodes.iter().map(|node| {
        let (glyph, role) = look.glyphs.node(node);
        if is_now { (glyph, role) } else { (look.glyphs.unseen, Role::Faint) }
    });
    if picture.nodes.len() <= MARKS {
        return marks.map(|(glyph, role)| look.span(role, glyph)).collect();
    }
    let mut counted: Vec<(&str, Role, usize)> = Vec::new();
    for (glyph, role) in marks {
        match counted.iter_mut().find(|(seen, ..)| *seen == glyph) {
            Some((.., count)) => *count += 1,
            None => counted.push((glyph, role, 1)),
        }
    }
    counted.into_iter().map(|(glyph, role, count)| look.span(role, format!("{count}{glyph} "))).collect()
}

/// How old the picture is: nothing to say of a fresh one but `now`.
pub(super) fn age_words(cluster: &ClusterState, now: Timestamp) -> String {
    match (&cluster.observation.contact, cluster.observation.age(now)) {
        (Contact::Connecting, _) => String::new(),
        (Contact::Live { .. }, Some(age)) if age.unsigned_abs() < cluster.entry.access.poll * 2 + LATE => {
            "now".to_owned()
        }
        (_, Some(age)) => format!("{} ago", text::span_of(age)),
        (Contact::Saved, None) => "nothing read".to_owned(),
        (_, None) => "never seen".to_owned(),
    }
}

/// A strip of the last spans of its health, newest at the right.
pub(super) fn strip(cluster: &ClusterState, width: usize, now: Timestamp, look: &Look) -> Vec<Span<'static>> {
    cluster
        .history
        .last(width, now)
        .into_iter()
        .map(|health| {
            let (glyph, role) = look.glyphs.span(health);
            look.span(role, glyph)
        })
        .collect()
}

/// Its sign and name, the letters that the filter matched marked.
pub(super) fn name(cluster: &ClusterState, filter: &mut Filter, look: &Look) -> Vec<Span<'static>> {
    let connecting = cluster.observation.contact == Contact::Connecting;
    let (glyph, role) =
        if connecting { (look.glyphs.pending, Role::Faint) } else { look.glyphs.health(cluster.health) };
    let letters = filter.letters(cluster.entry.name.as_str()).unwrap_or_default();
    let style = match cluster.health {
        Health::Ok => look.style(Role::Text),
        _ if connecting => look.style(Role::Muted),
        _ => look.style(Role::Title),
    };
    let mut spans = vec![look.span(role, glyph), Span::raw(" ")];
    spans.extend(text::marked(cluster.entry.name.as_str(), &letters, style, look.style(Role::Match)));
    spans
}

/// That a cluster is read-only, or for how long it is not.
pub(super) fn rights(cluster: &ClusterState, now: Timestamp) -> Option<(String, Role)> {
    match cluster.unlocked {
        _ if cluster.is_locked(now) => Some(("read-only".to_owned(), Role::Note)),
        Some(until) => {
            let left = until.duration_since(now).as_secs().max(0);
            Some((format!("writable {}:{:02}", left / 60, left % 60), Role::Warning))
        }
        None => None,
    }
}

/// The same among many, in spans with blanks behind; nothing where all are read-only, as the header tells that.
pub(super) fn rights_of_one(cluster: &ClusterState, state: &State, look: &Look) -> Vec<Span<'static>> {
    let Some((words, role)) = rights(cluster, state.now).filter(|_| !state.is_all_locked()) else {
        return Vec::new();
    };
    vec![look.span(role, format!("{words}  "))]
}

/// The same where there is room for two letters only.
pub(super) fn rights_sign(cluster: &ClusterState, state: &State, look: &Look) -> Vec<Span<'static>> {
    let mut spans = rights_of_one(cluster, state, look);
    let sign = if cluster.is_locked(state.now) { "ro " } else { "rw " };
    for span in &mut spans {
        span.content = sign.into();
    }
    spans
}

/// What it waits for and its worst finding in words with their colour, other notes left out.
pub(super) fn trouble(state: &State, cluster: &ClusterState) -> Option<(String, Role)> {
    let waits = state.waits_words(cluster);
    if cluster.health == Health::Ok {
        return waits.map(|words| (words, Role::Note));
    }
    let finding = cluster.findings.first()?;
    let role = match cluster.health {
        _ if cluster.observation.contact == Contact::Connecting => Role::Muted,
        Health::Ok => Role::Note,
        Health::Warning => Role::Warning,
        Health::Unknown => Role::Unknown,
        Health::Critical => Role::Critical,
    };
    // What is wrong with it may only follow from what is wrong there.
    let words = match waits {
        Some(waits) => format!("{waits}; {}", finding.summary),
        None => finding.summary.clone(),
    };
    Some((words, role))
}

/// `+2` where more findings than the first want looking at.
pub(super) fn more(cluster: &ClusterState) -> String {
    let others = cluster
        .findings
        .iter()
        .skip(1)
        .filter(|finding| finding.severity > crate::health::Severity::Note)
        .count();
    if others == 0 { String::new() } else { format!("+{others}") }
}
