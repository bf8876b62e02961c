//! What a cluster holds, as rows of a table: the panes inside a cluster, and the same over all clusters.
//!
//! Pure: a [`Source`] in, words, signs and their weight out. Nothing here knows of a screen; all text is clean.

mod arrange;
mod attributes;
mod audit;
mod card;
mod configuration;
mod constraints;
mod failures;
mod fencing;
mod findings;
mod index;
mod log;
mod markup;
mod matrix;
mod nodes;
mod resources;
mod row;
mod stack;
mod threshold;
mod tickets;
mod tree;
mod wide;
mod widths;

use jiff::{SignedDuration, Timestamp};
use strum::{EnumCount, EnumIter};

pub use arrange::{Sorting, arrange, holds_words};
pub use audit::{audit, audit_card};
pub use card::{Card, Fact, Section, asked, details};
pub use configuration::{ElementPath, Folds, configuration};
pub use log::{log, log_card};
pub use markup::{Ink, Part};
pub use row::{Align, Cell, Column, Mark, Row, Subject, Table, Tone, Width};
pub use widths::{GAP, most_skipped, skipped_for, wanted, widths};

use crate::health::{Finding, span};
use crate::model::{ClusterEntry, Observation, Picture};

/// What can be listed of a cluster: a pane inside of it, or a table over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount, EnumIter)]
pub enum Pane {
    /// What is wrong.
    Findings,
    /// The nodes.
    Nodes,
    /// The resources as a tree.
    Resources,
    /// Which resource does what on which node.
    Matrix,
    /// What keeps resources together, apart, in order and in place.
    Constraints,
    /// Failed operations and fail counts.
    Failures,
    /// Who was fenced, and who is to be.
    Fencing,
    /// Node attributes.
    Attributes,
    /// Tickets.
    Tickets,
    /// The CIB's configuration, see [`configuration()`].
    Configuration,
    /// A member's log, which no picture holds, see [`log()`].
    Log,
    /// The stack under Pacemaker, as its hosts report it.
    Stack,
    /// What was done from this machine, which no cluster holds, see [`audit()`].
    Audit,
}

/// A cluster and what is known of it, to be listed.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// As it is configured.
    pub entry: &'a ClusterEntry,
    /// As it was last seen.
    pub observation: &'a Observation,
    /// What is wrong with it.
    pub findings: &'a [Finding],
    /// The console's clock.
    pub now: Timestamp,
}

/// Lists one cluster, in the order in which Pacemaker tells it. What is only remembered looks like it.
pub fn table(pane: Pane, source: &Source<'_>) -> Table {
    let mut table = match (pane, source.picture()) {
        (Pane::Findings, _) => findings::table(source),
        // Hosts report it whether the cluster runs or not.
        (Pane::Stack, _) => stack::table(source),
        (pane, None) => Table::empty(columns_of_nothing(pane), "Nothing has been seen of it yet."),
        (Pane::Nodes, Some(picture)) => nodes::table(source, picture),
        (Pane::Resources, Some(picture)) => resources::table(source, picture),
        (Pane::Matrix, Some(picture)) => matrix::table(source, picture),
        (Pane::Constraints, Some(picture)) => constraints::table(source, picture),
        (Pane::Failures, Some(picture)) => failures::table(source, picture),
        (Pane::Fencing, Some(picture)) => fencing::table(source, picture),
        (Pane::Attributes, Some(picture)) => attributes::table(source, picture),
        (Pane::Tickets, Some(picture)) => tickets::table(source, picture),
        (Pane::Log | Pane::Audit, Some(_)) => {
            Table::empty(columns_of_nothing(pane), "It is not in a picture.")
        }
        (Pane::Configuration, Some(_)) => configuration(source, &Folds::default(), ""),
    };
    // Each report of the stack has an age of its own.
    let has_own_age = matches!(pane, Pane::Findings | Pane::Stack);
    if !has_own_age && source.observation.current().is_none() {
        table.rows.iter_mut().for_each(Row::fade);
        table.columns.iter_mut().for_each(|column| column.heading.fade());
    }
    table
}

/// How many columns a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Breadth {
    /// Those that are always wanted.
    #[default]
    Usual,
    /// All that is known.
    Wide,
}

/// Lists one cluster in that breadth.
pub fn broad_table(pane: Pane, breadth: Breadth, source: &Source<'_>) -> Table {
    let mut table = table(pane, source);
    if let (Breadth::Wide, Some(picture)) = (breadth, source.picture()) {
        wide::widen(pane, source, picture, &mut table);
    }
    table
}

/// Lists several clusters, each row led by its cluster's name, and by its age where it is only remembered.
pub fn fleet<'a>(pane: Pane, breadth: Breadth, sources: impl Iterator<Item = Source<'a>>) -> Table {
    let mut all = Table::empty(Vec::new(), "There is none in any cluster.");
    for source in sources {
        let mut table = broad_table(pane, breadth, &source);
        if all.columns.is_empty() {
            all.columns = table.columns;
            all.columns.insert(0, Column::new("CLUSTER", Width::UpTo(20)));
        }
        let cell = if pane == Pane::Findings || source.observation.current().is_some() {
            Cell::new(source.entry.name.as_str()).tone(Tone::Text)
        } else {
            let age = source.observation.age(source.now).map_or_else(String::new, span);
            Cell::new(format!("{} ({age} ago)", source.entry.name)).tone(Tone::Unknown)
        };
        for row in &mut table.rows {
            row.cells.insert(0, cell.clone());
        }
        all.rows.append(&mut table.rows);
    }
    all
}

fn columns_of_nothing(pane: Pane) -> Vec<Column> {
    match pane {
        Pane::Findings => findings::columns(),
        Pane::Nodes => nodes::columns(),
        Pane::Resources | Pane::Matrix => resources::columns(),
        Pane::Constraints => constraints::columns(),
        Pane::Failures => failures::columns(),
        Pane::Fencing => fencing::columns(),
        Pane::Attributes => attributes::columns(),
        Pane::Tickets => tickets::columns(),
        Pane::Configuration => configuration::columns(None),
        Pane::Log => log::columns(),
        Pane::Stack => stack::columns(),
        Pane::Audit => audit::columns(),
    }
}

impl<'a> Source<'a> {
    /// The last good picture, which may be old.
    fn picture(&self) -> Option<&'a Picture> {
        self.observation.picture.as_deref()
    }

    /// How long ago something happened by the cluster's own clock.
    fn since(&self, at: Timestamp) -> SignedDuration {
        self.there().duration_since(at).max(SignedDuration::ZERO)
    }

    /// What the cluster's own clock shows.
    fn there(&self) -> Timestamp {
        let ahead = self.observation.clock_ahead.unwrap_or(SignedDuration::ZERO);
        self.now.checked_add(ahead).unwrap_or(self.now)
    }

    /// A cell that tells when something happened, and sorts by it, newest first; empty where that is not known.
    fn when(&self, at: Option<Timestamp>) -> Cell {
        at.map_or_else(Cell::default, |at| {
            Cell::new(format!("{} ago", span(self.since(at)))).order(-at.as_second())
        })
    }
}
