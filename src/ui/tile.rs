//! A cluster as a tile of four, two or one lines.

use ratatui::text::{Line, Span};

use super::{Look, facts};
use crate::app::{ClusterState, Density, Filter, State};
use crate::model::Contact;
use crate::theme::Role;

/// Cells that the age takes at the end of the last line.
const AGE_WIDTH: usize = 10;

/// The lines of a tile.
pub(super) fn lines(
    state: &State,
    cluster: &ClusterState,
    density: Density,
    width: usize,
    filter: &mut Filter,
    look: &Look,
) -> Vec<Line<'static>> {
    match density {
        Density::Full => {
            vec![
                heading(cluster, width, filter, look),
                second(state, cluster, width, look),
                third(state, cluster, width, look),
                last(state, cluster, width, look),
            ]
        }
        Density::Compact => {
            vec![signed_heading(state, cluster, width, filter, look), in_one(state, cluster, width, look)]
        }
        Density::Dense | Density::List => {
            vec![signed_heading(state, cluster, width, filter, look)]
        }
    }
}

/// Name and node marks.
fn heading(cluster: &ClusterState, width: usize, filter: &mut Filter, look: &Look) -> Line<'static> {
    look.sides(facts::name(cluster, filter, look), facts::node_marks(cluster, look), width)
}

/// The same, and whether it is read-only.
fn signed_heading(
    state: &State,
    cluster: &ClusterState,
    width: usize,
    filter: &mut Filter,
    look: &Look,
) -> Line<'static> {
    let mut right = facts::rights_sign(cluster, state, look);
    right.extend(facts::node_marks(cluster, look));
    look.sides(facts::name(cluster, filter, look), right, width)
}

/// The worst finding, or what runs.
fn second(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let (words, role) = match (facts::trouble(state, cluster), &cluster.observation.picture) {
        (Some((words, role)), _) => (words, role),
        (None, Some(picture)) => (facts::running_words(cluster, picture), Role::Muted),
        (None, None) => (String::new(), Role::Muted),
    };
    indented(&words, role, &facts::more(cluster), width, look)
}

/// Quorum and DC, or quorum and what runs where the second line had worse to tell.
fn third(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let Some(picture) = cluster.observation.picture.as_deref() else { return Line::default() };
    let mut words = vec![facts::quorum_words(picture)];
    if facts::trouble(state, cluster).is_some() {
        words.push(facts::running_words(cluster, picture));
        let failed = facts::running(picture).failed;
        words.extend((failed > 0).then(|| format!("{failed} failed")));
    } else {
        words.extend(picture.summary.dc.as_ref().map(|dc| format!("DC {dc}")));
    }
    let words = words.join(&format!(" {} ", look.glyphs.dot));
    // The last good picture is shown as old, never as now.
    let (words, role) = match cluster.observation.contact {
        Contact::Live { .. } | Contact::Saved => (words, Role::Muted),
        Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } => {
            (format!("was {words}"), Role::Faint)
        }
    };
    indented(&words, role, "", width, look)
}

/// The strip of the last minutes and the picture's age.
fn last(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let mut right = facts::rights_of_one(cluster, state, look);
    let taken: usize = right.iter().map(Span::width).sum();
    let mut left = vec![Span::raw("  ")];
    left.extend(facts::strip(cluster, width.saturating_sub(2 + AGE_WIDTH + taken).min(30), state.now, look));
    let age = facts::age_words(cluster, state.now);
    let role = if age == "now" { Role::Faint } else { Role::Unknown };
    right.push(look.span(role, age));
    look.sides(left, right, width)
}

/// The worst finding, or quorum and what runs, with the age where it matters.
fn in_one(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let age = facts::age_words(cluster, state.now);
    let right = if age == "now" { facts::more(cluster) } else { age };
    let (words, role) = match (facts::trouble(state, cluster), &cluster.observation.picture) {
        (Some((words, role)), _) => (words, role),
        (None, Some(picture)) => (
            format!(
                "{} {} {}",
                facts::running_words(cluster, picture),
                look.glyphs.dot,
                facts::quorum_words(picture)
            ),
            Role::Muted,
        ),
        (None, None) => (String::new(), Role::Muted),
    };
    indented(&words, role, &right, width, look)
}

fn indented(words: &str, role: Role, right: &str, width: usize, look: &Look) -> Line<'static> {
    let right = if right.is_empty() { Vec::new() } else { vec![look.span(Role::Muted, right)] };
    look.sides(vec![Span::raw("  "), look.span(role, crate::model::text::clean(words))], right, width)
}
