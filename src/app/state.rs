//! What the console is showing, and of what.

use std::collections::VecDeque;
use std::mem::discriminant;

use jiff::Timestamp;

use super::geometry::{FindingsPanel, LEAST_SIZE, Regions};
use super::grid::{Arrangement, Grid, Layout, Order, Selection};
use super::view::{ClusterView, OpenCard};
use super::wizard::Page;
use super::{
    AuditLog, Context, History, Job, Layer, Layers, LogView, Marks, Notice, Operations, Panel, Pending, View,
    Wizard,
};
use crate::health::{Assessment, Finding, Health, Standing};
use crate::model::{ClusterEntry, ClusterName, Contact, Inventory, Observation};
use crate::tables::{Breadth, Pane, Subject};

/// Everything that is drawn comes from here and nowhere else.
#[derive(Debug, Clone)]
pub struct State {
    /// The time of the last tick.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether the terminal takes no output, so that what is on screen is old.
    pub is_stalled: bool,
    /// Whether the clusters are saved pictures: Quorate asks no host and changes nothing.
    pub is_saved: bool,
    /// In the order of the inventory.
    pub clusters: Vec<ClusterState>,
    /// For each cluster the indices of those that it needs.
    pub(super) providers: Vec<Vec<usize>>,
    /// The grid of clusters.
    pub grid: Grid,
    /// What is on screen, one thing on the other.
    pub layers: Layers,
    /// Whether the findings of what is selected are shown.
    pub findings_panel: FindingsPanel,
    /// The rows that an operation is to act on together.
    pub marks: Marks,
    /// What this console does to clusters.
    pub operations: Operations,
    /// The scenarios and their runs.
    pub wizard: Wizard,
    /// The beginning of a sequence of keys that is not complete.
    pub pending: Option<Pending>,
    /// The log that is on screen.
    pub log: Option<LogView>,
    /// The audit log as it was read last.
    pub audit: AuditLog,
    /// How many columns tables have.
    pub breadth: Breadth,
    /// To be told, the first one is on screen.
    pub notices: VecDeque<(Notice, Timestamp)>,
    /// Lines that were taken on the command line, oldest first.
    pub command_history: Vec<String>,
    /// The themes that can be chosen.
    pub themes: Vec<String>,
    /// Whether the notice on screen answers the user, and so goes with the screen that it was about.
    pub(super) is_answer: bool,
    /// Whether there is anything to draw since the last time it was asked.
    pub(super) dirty: bool,
}

/// A cluster and what is known of it.
#[derive(Debug, Clone)]
pub struct ClusterState {
    /// As it is configured.
    pub entry: ClusterEntry,
    /// As it was last seen.
    pub observation: Observation,
    /// What is wrong with it, worst first.
    pub findings: Vec<Finding>,
    /// Its worst finding.
    pub health: Health,
    /// Since when its health is that.
    pub since: Timestamp,
    /// Its health over the last minutes.
    pub history: History,
    /// How it stands among those that it needs and those that need it.
    pub standing: Standing,
    /// Until when a read-only cluster may be changed.
    pub unlocked: Option<Timestamp>,
    /// The last of its findings, where it waits for another cluster.
    pub(super) note: Option<Finding>,
}

/// What a letter means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// The keymap says what it does.
    Command,
    /// Text for a form whose focus is on a button. Other keys do what the keymap says.
    Form,
    /// Text for the field that has the focus.
    Field,
}

/// How many clusters there are of each health, and how much they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Broken.
    pub critical: usize,
    /// Want looking at.
    pub warning: usize,
    /// Not known.
    pub unknown: usize,
    /// Of the unknown ones, those whose first answer is awaited.
    pub connecting: usize,
    /// Healthy.
    pub ok: usize,
    /// Nodes of every cluster that is known.
    pub nodes: usize,
    /// Resource instances of every cluster that is known.
    pub resources: usize,
}

impl State {
    /// The clusters as they are configured.
    pub fn entries(&self) -> Vec<ClusterEntry> {
        self.clusters.iter().map(|cluster| cluster.entry.clone()).collect()
    }

    /// A console that has seen nothing yet.
    pub fn new(inventory: &Inventory, themes: Vec<String>, size: (u16, u16), now: Timestamp) -> Self {
        let mut layers = Layers::default();
        // Where there is only one there is nothing to choose from.
        if let [only] = inventory.clusters.as_slice() {
            layers.put(ClusterView::new(only.name.clone(), Pane::Findings));
        }
        Self {
            now,
            size,
            is_stalled: false,
            is_saved: false,
            clusters: inventory.clusters.iter().map(|entry| ClusterState::new(entry, now)).collect(),
            providers: inventory.providers(),
            grid: Grid {
                layout: Layout::default(),
                order: Order::default(),
                filter: String::new(),
                selection: Selection::default(),
                scroll: 0,
            },
            layers,
            findings_panel: FindingsPanel::default(),
            marks: Marks::default(),
            operations: Operations::default(),
            wizard: Wizard::default(),
            pending: None,
            log: None,
            audit: AuditLog::default(),
            breadth: Breadth::default(),
            notices: VecDeque::new(),
            command_history: Vec::new(),
            themes,
            is_answer: false,
            dirty: true,
        }
    }

    /// Whether anything has changed on screen since this was last asked.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Where keys are looked up.
    pub fn context(&self) -> Context {
        if self.is_unseen() {
            return Context::Global;
        }
        self.layers.from_top().find_map(Layer::context).unwrap_or(Context::Grid)
    }

    /// Whether the user can't see the layers as they are. No key and no press reaches them then.
    pub fn is_unseen(&self) -> bool {
        self.is_stalled || self.is_too_small()
    }

    /// Whether the screen has no room for the layers.
    pub fn is_too_small(&self) -> bool {
        self.size.0 < LEAST_SIZE.0 || self.size.1 < LEAST_SIZE.1
    }

    /// What a letter means to the layer on top. A name that is being typed never becomes commands, also where the field
    /// can't be seen any more; other keys than letters may still quit then.
    pub fn letters(&self) -> Letters {
        match self.letters_on_top() {
            Letters::Field if self.is_unseen() => Letters::Form,
            letters => letters,
        }
    }

    fn letters_on_top(&self) -> Letters {
        match self.layers.top() {
            Layer::Prompt(_) => Letters::Field,
            Layer::Panel(Panel::Operation(id)) => {
                self.operations.job(*id).map_or(Letters::Command, Job::letters)
            }
            Layer::Scenarios(page) => page.letters(),
            Layer::Ask(ask) => ask.letters(),
            Layer::Grid | Layer::Fleet(_) | Layer::Cluster(_) | Layer::Panel(_) => Letters::Command,
        }
    }

    /// Stands for the screen that an answer is about: what is on top, of what, and which part of it is shown. It stays
    /// the same while a selection moves or text scrolls.
    pub(super) fn screen_id(&self) -> impl PartialEq + use<> {
        let panel = self.layers.panel().map(|panel| match panel {
            Panel::Card(card) => (discriminant(panel), None, Some(OpenCard { scroll: 0, ..card.clone() })),
            Panel::Operation(id) => (discriminant(panel), Some(*id), None),
            _ => (discriminant(panel), None, None),
        });
        let page = self.layers.page().map(|page| {
            let draft = match page {
                Page::Form(form) => Some((form.draft.scenario.name.clone(), form.draft.hosts.clone())),
                Page::Hosts(hosts) => Some((hosts.scenario.name.clone(), Vec::new())),
                Page::List | Page::Layout | Page::Run => None,
            };
            let run = self.wizard.run.as_deref().filter(|_| matches!(page, Page::Run));
            let run = run.map(|run| (run.pass, run.view.pane, run.view.step, run.view.dry_run.is_some()));
            (discriminant(page), draft, run)
        });
        let view = (
            self.layers.cluster().map(|view| (view.name.clone(), view.pane)),
            self.layers.fleet().map(|fleet| fleet.pane),
        );
        (self.layers.top().kind(), panel, self.layers.ask().map(|ask| ask.kind), page, view)
    }

    /// The cluster that the keys are about.
    pub fn cluster_in_hand(&self) -> Option<ClusterName> {
        match (self.layers.view(), self.focus()) {
            (View::Cluster(view), _) => Some(view.name.clone()),
            (_, Some((cluster, _))) => Some(cluster),
            (_, None) => self.selected().map(|cluster| cluster.entry.name.clone()),
        }
    }

    /// Whether a cluster may not be changed at this moment.
    pub fn is_locked(&self, cluster: &ClusterName) -> bool {
        self.cluster(cluster).is_some_and(|cluster| cluster.is_locked(self.now))
    }

    /// The clusters that have a host of that one, itself included: the configuration may name one cluster twice.
    pub fn same_cluster(&self, cluster: &ClusterName) -> impl Iterator<Item = &ClusterState> {
        let own = self.cluster(cluster);
        self.clusters.iter().filter(move |it| own.is_some_and(|own| own.entry.shares_host(&it.entry)))
    }

    /// Whether no cluster may be changed at this moment.
    pub fn is_all_locked(&self) -> bool {
        !self.clusters.is_empty() && self.clusters.iter().all(|cluster| cluster.is_locked(self.now))
    }

    /// Whether the list of scenarios lies on the view.
    fn lists_scenarios(&self) -> bool {
        matches!(self.layers.page(), Some(Page::List))
    }

    /// What narrows the view that has the keys.
    pub fn filter(&self) -> &str {
        if self.lists_scenarios() {
            return &self.wizard.filter;
        }
        match self.layers.view() {
            View::Cluster(view) => &view.list(view.pane).filter,
            View::Fleet(fleet) => &fleet.list.filter,
            View::Grid => &self.grid.filter,
        }
    }

    pub(super) fn set_filter(&mut self, filter: String) {
        if self.lists_scenarios() {
            return self.wizard.set_filter(filter);
        }
        match self.list_mut() {
            Some(list) => {
                // What was found stays in sight when everything else is back.
                if let (true, Some((_, Subject::Element(path)))) = (filter.is_empty(), &list.about) {
                    list.folds.reveal(path);
                }
                list.filter = filter;
            }
            None => self.grid.filter = filter,
        }
    }

    /// The parts of the screen.
    pub fn regions(&self) -> Regions {
        let panel = match self.layers.view() {
            View::Grid => self.findings_panel,
            View::Fleet(_) | View::Cluster(_) => FindingsPanel::Hidden,
        };
        Regions::of(self.size.0, self.size.1, panel)
    }

    /// Where the clusters stand.
    pub fn arrangement(&self) -> Arrangement {
        self.grid.arrange(&self.clusters, self.regions().body_size())
    }

    /// The selected cluster; `None` only where none is shown.
    pub fn selected(&self) -> Option<&ClusterState> {
        let shown = self.grid.shown(&self.clusters);
        self.grid.selected(&self.clusters, &shown).map(|index| &self.clusters[index])
    }

    /// The cluster of that name.
    pub fn cluster(&self, name: &ClusterName) -> Option<&ClusterState> {
        self.clusters.iter().find(|cluster| cluster.entry.name == *name)
    }

    /// The open cluster and its view.
    pub fn opened(&self) -> Option<(&ClusterView, &ClusterState)> {
        let view = self.layers.cluster()?;
        Some((view, self.cluster(&view.name)?))
    }

    /// The worst findings of all clusters, one a cluster, notes left out: the worst first, and before what waits for
    /// it the likely root of it.
    pub fn alerts(&self) -> Vec<(&ClusterState, &Finding)> {
        let mut alerts: Vec<_> = self
            .clusters
            .iter()
            .filter(|cluster| {
                cluster.health != Health::Ok && cluster.observation.contact != Contact::Connecting
            })
            .filter_map(|cluster| cluster.findings.first().map(|finding| (cluster, finding)))
            .collect();
        alerts.sort_by_key(|(cluster, _)| std::cmp::Reverse(cluster.precedence()));
        alerts
    }

    /// Counts of everything.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for cluster in &self.clusters {
            match cluster.health {
                Health::Ok => totals.ok += 1,
                Health::Warning => totals.warning += 1,
                Health::Critical => totals.critical += 1,
                Health::Unknown => totals.unknown += 1,
            }
            totals.connecting += usize::from(cluster.observation.contact == Contact::Connecting);
            if let Some(picture) = &cluster.observation.picture {
                totals.nodes += picture.nodes.len();
                totals.resources += picture.primitives().count();
            }
        }
        totals
    }
}

impl ClusterState {
    /// Whether it may not be changed now.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.entry.access.read_only && self.unlocked.is_none_or(|until| until <= now)
    }

    fn new(entry: &ClusterEntry, now: Timestamp) -> Self {
        let Assessment { observation, findings } = Assessment::new(entry, Observation::none(), now);
        Self {
            entry: entry.clone(),
            health: Health::of(&findings),
            observation,
            findings,
            since: now,
            history: History::default(),
            standing: Standing { waits_for: Vec::new(), dependents: 0, weight: Health::Ok },
            unlocked: None,
            note: None,
        }
    }

    /// What orders clusters worst first: how bad it is or makes others, whether it waits for none of them, how many
    /// wait for it. A cluster whose first answer is awaited is not urgent.
    pub fn precedence(&self) -> (Health, bool, usize) {
        if self.observation.contact == Contact::Connecting {
            return (Health::Ok, true, 0);
        }
        let Standing { waits_for, dependents, weight } = &self.standing;
        ((*weight).max(self.health), waits_for.is_empty(), *dependents)
    }

    /// The same, and after it the number of findings as bad as the worst.
    pub fn urgency(&self) -> ((Health, bool, usize), usize) {
        let worst = self.findings.first().map(|finding| finding.severity);
        let as_bad = self.findings.iter().filter(|finding| Some(finding.severity) == worst).count();
        match self.precedence() {
            // Among the healthy ones the order of the configuration holds.
            (Health::Ok, ..) => ((Health::Ok, true, 0), 0),
            precedence => (precedence, as_bad),
        }
    }

    /// Records its health in the history. A cluster that hasn't been seen yet has none, and a saved picture is one moment.
    pub(super) fn pass_time(&mut self, now: Timestamp) {
        if !matches!(self.observation.contact, Contact::Connecting | Contact::Saved) {
            self.history.record(now, self.health);
        }
    }

    /// Takes in an assessment. Returns whether anything that is drawn has changed.
    pub(super) fn take(&mut self, assessment: Assessment, now: Timestamp) -> bool {
        let Assessment { observation, mut findings } = assessment;
        self.observation = observation;
        findings.extend(self.note.clone());
        let health = Health::of(&findings);
        let changed = findings != self.findings || health != self.health;
        if health != self.health {
            self.since = now;
        }
        self.health = health;
        self.pass_time(now);
        self.findings = findings;
        changed
    }
}
