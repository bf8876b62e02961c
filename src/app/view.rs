//! What has been opened: a cluster with its panes, or a table over all clusters.

use ratatui::layout::{Constraint, Layout, Rect};
use strum::EnumCount;

use super::{ClusterState, ListView, Panel, State};
use crate::health::{Finding, Why, why};
use crate::model::ClusterName;
use crate::tables::{self, Card, Pane, Sorting, Source, Subject, Table};

/// A cluster that has been opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// Which.
    pub name: ClusterName,
    /// The pane that has the keys.
    pub pane: Pane,
    /// How each pane is looked at, in the order of [`Pane`].
    pub lists: [ListView; Pane::COUNT],
}

/// A table over all clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetView {
    /// What is listed.
    pub pane: Pane,
    /// How it is looked at.
    pub list: ListView,
}

/// A screen of the cluster view: one pane, or the three of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    /// The pane that it opens with.
    pub pane: Pane,
    /// Its name.
    pub name: &'static str,
}

/// The screens of the cluster view, in the order of their keys.
pub const TABS: [Tab; 7] = [
    Tab { pane: Pane::Findings, name: "overview" },
    Tab { pane: Pane::Matrix, name: "matrix" },
    Tab { pane: Pane::Constraints, name: "constraints" },
    Tab { pane: Pane::Failures, name: "failures" },
    Tab { pane: Pane::Fencing, name: "fencing" },
    Tab { pane: Pane::Attributes, name: "attributes" },
    Tab { pane: Pane::Tickets, name: "tickets" },
];

/// The panes in the order of the key for the next one.
const ROUND: [Pane; Pane::COUNT] = [
    Pane::Findings,
    Pane::Nodes,
    Pane::Resources,
    Pane::Matrix,
    Pane::Constraints,
    Pane::Failures,
    Pane::Fencing,
    Pane::Attributes,
    Pane::Tickets,
];

/// How many facts of a finding the overview shows.
pub const FACTS: usize = 8;

/// A card that lies over a view, on one thing. What it says follows the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCard {
    /// What it tells.
    pub kind: CardKind,
    /// Whose.
    pub cluster: ClusterName,
    /// Of what.
    pub subject: Subject,
    /// How many lines have gone out at the top.
    pub scroll: usize,
}

/// What a card tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKind {
    /// Everything that is known.
    Details,
    /// Why it is as it is.
    Why,
}

/// What an open card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardText {
    /// Everything that is known.
    Details(Card),
    /// Why it is as it is.
    Why(Why),
    /// It is not there any more, or was never seen.
    Gone,
}

impl ClusterView {
    pub(super) fn new(name: ClusterName, pane: Pane) -> Self {
        Self { name, pane, lists: std::array::from_fn(|_| ListView::default()) }
    }

    /// How a pane is looked at.
    pub fn list(&self, pane: Pane) -> &ListView {
        &self.lists[pane as usize]
    }

    pub(super) fn list_mut(&mut self, pane: Pane) -> &mut ListView {
        &mut self.lists[pane as usize]
    }

    /// Whether the three panes of the overview are on screen.
    pub fn is_overview(&self) -> bool {
        is_of_overview(self.pane)
    }

    /// Where its panes stand, each with a line for its heading: findings across the top as high as they need,
    /// nodes at the left, resources at the right; any other pane fills the screen.
    pub fn places(&self, body: Rect, findings: &[Finding]) -> Vec<(Pane, Rect)> {
        let inner = Rect {
            x: body.x + 1,
            y: body.y + 2,
            width: body.width.saturating_sub(2),
            height: body.height.saturating_sub(2),
        };
        if !self.is_overview() {
            return vec![(self.pane, inner)];
        }
        let lines: usize = findings.iter().map(|finding| lines_of(finding, usize::from(inner.width))).sum();
        let wanted = (lines.max(1) + 1).min(usize::from(inner.height) / 2) as u16;
        let [top, bottom] = Layout::vertical([Constraint::Length(wanted), Constraint::Min(0)]).areas(inner);
        let nodes_width = if inner.width >= 100 { inner.width * 2 / 5 } else { inner.width / 2 };
        let [left, right] = Layout::horizontal([Constraint::Length(nodes_width), Constraint::Min(0)])
            .spacing(2)
            .areas(bottom);
        vec![(Pane::Findings, top), (Pane::Nodes, left), (Pane::Resources, right)]
    }
}

impl FleetView {
    pub(super) fn new(pane: Pane) -> Self {
        Self { pane, list: ListView { sorting: Sorting::Worst, ..ListView::default() } }
    }

    /// What is listed, as a word.
    pub fn name(&self) -> &'static str {
        match self.pane {
            Pane::Findings => "findings",
            Pane::Nodes => "nodes",
            Pane::Resources | Pane::Matrix => "resources",
            Pane::Constraints => "constraints",
            Pane::Failures => "failures",
            Pane::Fencing => "fencing",
            Pane::Attributes => "attributes",
            Pane::Tickets => "tickets",
        }
    }

    /// Where its table stands, with a line for its headings.
    pub fn place(body: Rect) -> Rect {
        Rect {
            x: body.x + 1,
            y: body.y + 2,
            width: body.width.saturating_sub(2),
            height: body.height.saturating_sub(2),
        }
    }
}

/// The pane that is `by` further on in the round.
pub(super) fn turned(pane: Pane, by: isize) -> Pane {
    let at = ROUND.iter().position(|&candidate| candidate == pane).unwrap_or(0);
    ROUND[(at as isize + by).rem_euclid(ROUND.len() as isize) as usize]
}

/// About how many lines a finding takes: its words, its facts, and what to do.
fn lines_of(finding: &Finding, width: usize) -> usize {
    let wrapped = |text: &str| text.chars().count().div_ceil(width.saturating_sub(4).max(1));
    let facts = finding.evidence.iter().take(FACTS).map(|fact| wrapped(fact));
    wrapped(&finding.summary) + facts.sum::<usize>() + wrapped(&finding.remedy)
}

pub(super) fn is_of_overview(pane: Pane) -> bool {
    matches!(pane, Pane::Findings | Pane::Nodes | Pane::Resources)
}

impl ClusterState {
    /// It, to be listed.
    pub fn source(&self, now: jiff::Timestamp) -> Source<'_> {
        Source { entry: &self.entry, observation: &self.observation, findings: &self.findings, now }
    }
}

impl State {
    /// A pane of the open cluster as it is looked at.
    pub fn pane_table(&self, view: &ClusterView, cluster: &ClusterState, pane: Pane) -> Table {
        view.list(pane).arranged(tables::table(pane, &cluster.source(self.now)))
    }

    /// A table over all clusters as it is looked at.
    pub fn fleet_table(&self, fleet: &FleetView) -> Table {
        let sources = self.clusters.iter().map(|cluster| cluster.source(self.now));
        fleet.list.arranged(tables::fleet(fleet.pane, sources))
    }

    /// The list that has the keys, and what it shows; `None` in the grid.
    pub fn listed(&self) -> Option<(&ListView, Table)> {
        if let Some((view, cluster)) = self.opened() {
            return Some((view.list(view.pane), self.pane_table(view, cluster, view.pane)));
        }
        self.fleet.as_ref().map(|fleet| (&fleet.list, self.fleet_table(fleet)))
    }

    pub(super) fn list_mut(&mut self) -> Option<&mut ListView> {
        match (&mut self.open, &mut self.fleet) {
            (Some(view), _) => Some(view.list_mut(view.pane)),
            (None, Some(fleet)) => Some(&mut fleet.list),
            (None, None) => None,
        }
    }

    /// What is selected inside a cluster or in a table over all of them, or what the open card is about.
    pub fn focus(&self) -> Option<(ClusterName, Subject)> {
        if let Some(Panel::Card(card)) = &self.panel {
            return Some((card.cluster.clone(), card.subject.clone()));
        }
        let (list, table) = self.listed()?;
        table.rows.get(list.row).map(|row| (row.cluster.clone(), row.subject.clone()))
    }

    /// What a card says now.
    pub fn card_text(&self, card: &OpenCard) -> CardText {
        let Some(cluster) = self.cluster(&card.cluster) else { return CardText::Gone };
        let source = cluster.source(self.now);
        match card.kind {
            CardKind::Details => {
                tables::details(&source, &card.subject).map_or(CardText::Gone, CardText::Details)
            }
            CardKind::Why => tables::asked(&source, &card.subject)
                .and_then(|about| why(&cluster.entry, &cluster.observation, self.now, &about))
                .map_or(CardText::Gone, CardText::Why),
        }
    }

    /// The finding that a row is about.
    pub fn finding<'c>(&self, cluster: &'c ClusterState, subject: &Subject) -> Option<&'c Finding> {
        cluster.findings.iter().find(|finding| Subject::of_finding(finding) == *subject)
    }
}
