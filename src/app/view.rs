//! What has been opened: a cluster with its panes, or a table over all clusters.

use ratatui::layout::{Constraint, Layout, Rect};
use strum::EnumCount;

use super::{ClusterState, ListView, Panel, State, View};
use crate::health::{About, Finding, Why, why};
use crate::model::{ClusterName, Deed, NodeName};
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
    /// The same where room is scarce.
    pub short: &'static str,
}

/// The screens of the cluster view, in the order of their keys.
pub const TABS: [Tab; 10] = [
    Tab { pane: Pane::Findings, name: "overview", short: "overview" },
    Tab { pane: Pane::Matrix, name: "matrix", short: "matrix" },
    Tab { pane: Pane::Constraints, name: "constraints", short: "constr" },
    Tab { pane: Pane::Failures, name: "failures", short: "fail" },
    Tab { pane: Pane::Fencing, name: "fencing", short: "fence" },
    Tab { pane: Pane::Attributes, name: "attributes", short: "attr" },
    Tab { pane: Pane::Tickets, name: "tickets", short: "ticket" },
    Tab { pane: Pane::Configuration, name: "configuration", short: "cib" },
    Tab { pane: Pane::Log, name: "log", short: "log" },
    Tab { pane: Pane::Stack, name: "stack", short: "stack" },
];

/// The panes in the order of the key for the next one.
const ROUND: [Pane; 12] = [
    Pane::Findings,
    Pane::Nodes,
    Pane::Resources,
    Pane::Matrix,
    Pane::Constraints,
    Pane::Failures,
    Pane::Fencing,
    Pane::Attributes,
    Pane::Tickets,
    Pane::Configuration,
    Pane::Log,
    Pane::Stack,
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
    /// The node that is asked about beside a resource.
    pub node: Option<NodeName>,
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
    /// All that the audit log says of it.
    Deed(Deed),
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
        if self.pane == Pane::Log {
            // Over it a line says whose it is.
            let place = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            return vec![(self.pane, place)];
        }
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
        // What was done is told in the order of time.
        let sorting = if pane == Pane::Audit { Sorting::Told } else { Sorting::Worst };
        Self { pane, list: ListView { sorting, ..ListView::default() } }
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
            Pane::Configuration => "configuration",
            Pane::Log => "log",
            Pane::Stack => "stack",
            Pane::Audit => "audit log",
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

/// How many cells a key takes beside a command: ` [o S]`.
const KEY: usize = 6;

/// About how many lines a finding takes: its words, its facts, and what to do.
fn lines_of(finding: &Finding, width: usize) -> usize {
    let wrapped = |text: &str| text.chars().count().div_ceil(width.saturating_sub(4).max(1));
    let facts = finding.evidence.iter().take(FACTS).map(|fact| wrapped(fact));
    let keys = finding.remedy.fixes().count() * KEY;
    let remedy = (finding.remedy.chars().count() + keys).div_ceil(width.saturating_sub(4).max(1));
    wrapped(&finding.summary) + facts.sum::<usize>() + remedy
}

pub(super) fn is_of_overview(pane: Pane) -> bool {
    matches!(pane, Pane::Findings | Pane::Nodes | Pane::Resources)
}

impl ClusterState {
    /// It, to be listed.
    pub fn source(&self, now: jiff::Timestamp) -> Source<'_> {
        let now = self.moment(now);
        Source { entry: &self.entry, observation: &self.observation, findings: &self.findings, now }
    }
}

impl State {
    /// A pane of the open cluster as it is looked at.
    pub fn pane_table(&self, view: &ClusterView, cluster: &ClusterState, pane: Pane) -> Table {
        let (list, source) = (view.list(pane), cluster.source(self.now));
        match pane {
            Pane::Configuration => tables::configuration(&source, &list.folds, &list.filter),
            Pane::Log => self.log_table(view),
            pane => list.arranged(tables::broad_table(pane, self.breadth, &source)),
        }
    }

    /// A table over all clusters as it is looked at.
    pub fn fleet_table(&self, fleet: &FleetView) -> Table {
        if fleet.pane == Pane::Audit {
            return fleet.list.arranged(tables::audit(&self.audit.deeds, self.now));
        }
        let sources = self.clusters.iter().map(|cluster| cluster.source(self.now));
        fleet.list.arranged(tables::fleet(fleet.pane, self.breadth, sources))
    }

    /// The list that has the keys, and what it shows; `None` in the grid.
    pub fn listed(&self) -> Option<(&ListView, Table)> {
        match self.layers.view() {
            View::Cluster(view) => {
                let cluster = self.cluster(&view.name)?;
                Some((view.list(view.pane), self.pane_table(view, cluster, view.pane)))
            }
            View::Fleet(fleet) => Some((&fleet.list, self.fleet_table(fleet))),
            View::Grid => None,
        }
    }

    pub(super) fn list_mut(&mut self) -> Option<&mut ListView> {
        self.layers.list_mut()
    }

    /// What is selected inside a cluster or in a table over all of them, or what the open card is about.
    pub fn focus(&self) -> Option<(ClusterName, Subject)> {
        if let Some(Panel::Card(card)) = self.layers.panel() {
            return Some((card.cluster.clone(), card.subject.clone()));
        }
        let (list, table) = self.listed()?;
        table.rows.get(list.row).map(|row| (row.cluster.clone(), row.subject.clone()))
    }

    /// The node whose column is selected in the matrix, or that the open card is asked about.
    pub fn focus_node(&self) -> Option<NodeName> {
        if let Some(Panel::Card(card)) = self.layers.panel() {
            return card.node.clone();
        }
        let (view, cluster) = self.opened().filter(|(view, _)| view.pane == Pane::Matrix)?;
        let node = view.list(Pane::Matrix).node.as_ref()?;
        cluster.observation.picture.as_ref()?.node(node).map(|node| node.name.clone())
    }

    /// What a card says now.
    pub fn card_text(&self, card: &OpenCard) -> CardText {
        match (&card.subject, card.kind) {
            (Subject::Deed(id), CardKind::Details) => {
                return self.deed(id).map_or(CardText::Gone, |deed| CardText::Deed(deed.clone()));
            }
            (Subject::LogLine(number), CardKind::Details) => {
                let line = self.log.as_ref().and_then(|log| log.line(*number));
                let card = line.map(|line| tables::log_card(&card.cluster, line));
                return card.map_or(CardText::Gone, CardText::Details);
            }
            _ => {}
        }
        let Some(cluster) = self.cluster(&card.cluster) else { return CardText::Gone };
        let source = cluster.source(self.now);
        match card.kind {
            CardKind::Details => {
                tables::details(&source, &card.subject).map_or(CardText::Gone, CardText::Details)
            }
            CardKind::Why => tables::asked(&source, &card.subject)
                .and_then(|about| {
                    let why = why(&cluster.entry, &cluster.observation, source.now, &about)?;
                    Some(match (&about, &card.node) {
                        (About::Resource(id), Some(node)) => why.on(id, node),
                        _ => why,
                    })
                })
                .map_or(CardText::Gone, CardText::Why),
        }
    }

    /// The finding that a row is about.
    pub fn finding<'c>(&self, cluster: &'c ClusterState, subject: &Subject) -> Option<&'c Finding> {
        cluster.findings.iter().find(|finding| Subject::of_finding(finding) == *subject)
    }
}
