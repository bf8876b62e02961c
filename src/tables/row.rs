//! Rows, cells and what they are about.

use jiff::Timestamp;

use super::{ElementPath, Part};
use crate::health::{Finding, Severity};
use crate::model::{ClusterName, ConstraintId, HostName, Node, NodeName, ResourceId, clean};

/// Rows under headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// As many as each row has cells.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// What to say where there is no row.
    pub empty: &'static str,
}

/// What stands above the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading, in capitals but for names.
    pub heading: Cell,
    /// How much room it takes.
    pub width: Width,
    /// At which end its words stand.
    pub align: Align,
    /// The node that it is of.
    pub node: Option<NodeName>,
}

/// How much room a column takes, in cells of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As much as its longest words need, but no more than that.
    UpTo(usize),
    /// The same, and only where there is room for it.
    Spare(usize),
    /// What the others leave.
    Rest,
    /// As much as its longest words need, but no more than that; those that don't fit go out at the right.
    Beyond(usize),
    /// One of many alike that share what there is, at least that much; those that don't fit go out at the right.
    Shared(usize),
}

/// At which end words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whose it is.
    pub cluster: ClusterName,
    /// What it is about.
    pub subject: Subject,
    /// How bad it is, for worst first; the worst is the greatest.
    pub urgency: Tone,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// What a row is about. It stays the same while other rows come and go, so that a selection keeps to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Something that is wrong.
    Finding {
        /// The finding's code.
        code: &'static str,
        /// Its subject, as the finding names it.
        about: String,
    },
    /// A node.
    Node(NodeName),
    /// A resource at any depth; an anonymous clone's instances share one.
    Resource(ResourceId),
    /// A constraint.
    Constraint(ConstraintId),
    /// A failed operation, or a fail count where no operation is recorded.
    Failure {
        /// What failed.
        resource: ResourceId,
        /// Where.
        node: NodeName,
        /// `start`, `monitor` …; empty for a fail count alone.
        operation: String,
    },
    /// A fencing action.
    Fencing {
        /// Who was, or is to be, fenced.
        target: NodeName,
        /// When it ended; `None` while it is pending.
        completed: Option<Timestamp>,
    },
    /// A node attribute.
    Attribute {
        /// Whose.
        node: NodeName,
        /// Its name.
        name: String,
    },
    /// A ticket.
    Ticket(String),
    /// A part of a host's stack.
    Stack {
        /// The host as configured.
        host: HostName,
        /// The part, such as `link 1`.
        part: String,
    },
    /// An element of the configuration.
    Element(ElementPath),
    /// A line of the log that is followed, by its number.
    LogLine(u64),
    /// An operation in the audit log, by its id.
    Deed(String),
}

/// A few words, their weight, and a sign before them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Clean.
    pub text: String,
    /// How it looks.
    pub tone: Tone,
    /// The sign.
    pub mark: Option<Mark>,
    /// The text in its parts, where they look different; empty where they don't.
    pub parts: Vec<Part>,
    /// Cells that it stands further right; the depth of a tree's row.
    pub indent: usize,
    /// What it sorts by before its words.
    pub order: i64,
}

/// How words look, from the quietest to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tone {
    /// Only to lead the eye, or only remembered.
    Faint,
    /// Of the second rank.
    #[default]
    Muted,
    /// Ordinary words.
    Text,
    /// Healthy.
    Ok,
    /// Worth knowing.
    Note,
    /// On its way from one state to another.
    Transient,
    /// Wants looking at.
    Warning,
    /// Can't be judged.
    Unknown,
    /// Broken.
    Critical,
}

/// A sign, so that nothing depends on colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Runs, is online.
    Ok,
    /// Runs promoted.
    Promoted,
    /// Worth knowing.
    Note,
    /// Wants looking at.
    Warning,
    /// Failed, unclean.
    Critical,
    /// Can't be judged.
    Unknown,
    /// Does not run, is offline.
    Off,
    /// A node in standby.
    Standby,
    /// In maintenance.
    Maintenance,
    /// On its way.
    Pending,
    /// Only remembered.
    Unseen,
    /// Holds something that is folded away.
    Folded,
    /// Holds what stands under it.
    Unfolded,
}

impl Table {
    pub(super) fn empty(columns: Vec<Column>, empty: &'static str) -> Self {
        Self { columns, rows: Vec::new(), empty }
    }
}

impl Column {
    pub(super) fn new(heading: &str, width: Width) -> Self {
        Self { heading: Cell::new(heading), width, align: Align::Left, node: None }
    }

    pub(super) fn right(heading: &str, width: Width) -> Self {
        Self { align: Align::Right, ..Self::new(heading, width) }
    }
}

impl Column {
    /// Whether it can go out at either end.
    pub fn scrolls(&self) -> bool {
        matches!(self.width, Width::Shared(_) | Width::Beyond(_))
    }
}

impl Row {
    /// What was is not shown as what is: no colour, and no sign of a state.
    pub(super) fn fade(&mut self) {
        self.cells.iter_mut().for_each(Cell::fade);
        self.urgency = Tone::Faint;
    }
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self { text: clean(text.as_ref()), ..Self::default() }
    }

    pub(super) fn fade(&mut self) {
        self.tone = Tone::Faint;
        self.parts.clear();
        if !matches!(self.mark, Some(Mark::Folded | Mark::Unfolded)) {
            self.mark = self.mark.map(|_| Mark::Unseen);
        }
    }

    #[must_use]
    pub(super) fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    #[must_use]
    pub(super) fn mark(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    #[must_use]
    pub(super) fn order(mut self, order: i64) -> Self {
        self.order = order;
        self
    }

    #[must_use]
    pub(super) fn indent(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }
}

impl Mark {
    /// The sign and tone of a finding.
    pub fn of_severity(severity: Severity) -> (Self, Tone) {
        match severity {
            Severity::Note => (Self::Note, Tone::Note),
            Severity::Warning => (Self::Warning, Tone::Warning),
            Severity::Unknown => (Self::Unknown, Tone::Unknown),
            Severity::Critical => (Self::Critical, Tone::Critical),
        }
    }

    /// The sign, tone and word of a node's state: the gravest of what is true of it.
    pub fn of_node(node: &Node) -> (Self, Tone, &'static str) {
        if node.unclean {
            (Self::Critical, Tone::Critical, "unclean")
        } else if node.pending {
            (Self::Pending, Tone::Transient, "pending")
        } else if node.shutdown && node.online {
            (Self::Pending, Tone::Transient, "shutting down")
        } else if !node.online {
            (Self::Off, Tone::Critical, "offline")
        } else if node.standby || node.standby_on_fail {
            (Self::Standby, Tone::Warning, "standby")
        } else if node.maintenance {
            (Self::Maintenance, Tone::Warning, "maintenance")
        } else {
            (Self::Ok, Tone::Ok, "online")
        }
    }
}

impl Subject {
    /// The subject of a finding's row.
    pub fn of_finding(finding: &Finding) -> Self {
        Self::Finding { code: finding.code, about: finding.subject.clone() }
    }
}
