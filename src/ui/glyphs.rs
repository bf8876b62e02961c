//! Signs that stand beside every colour, so that nothing depends on colour alone.

use ratatui::buffer::Buffer;

use crate::health::{Health, Severity};
use crate::model::Node;
use crate::tables::{Mark, Tone};
use crate::theme::Role;

/// One set of signs, each one cell wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Healthy; a node that is online.
    pub ok: &'static str,
    /// A resource that is promoted.
    pub promoted: &'static str,
    /// A note.
    pub note: &'static str,
    /// A warning.
    pub warning: &'static str,
    /// Critical; a node that is unclean.
    pub critical: &'static str,
    /// Not known.
    pub unknown: &'static str,
    /// A node that is offline.
    pub offline: &'static str,
    /// A node in standby.
    pub standby: &'static str,
    /// A node in maintenance.
    pub maintenance: &'static str,
    /// A node that is joining or leaving.
    pub pending: &'static str,
    /// A step of a scenario that is under way.
    pub running: &'static str,
    /// One that was not needed, or was left out.
    pub skipped: &'static str,
    /// A node of which only the past is known.
    pub unseen: &'static str,
    /// Holds something that is folded away.
    pub folded: &'static str,
    /// Holds what stands under it.
    pub unfolded: &'static str,
    /// What stands between two words of one line.
    pub dot: &'static str,
    /// What stands at the end of words that did not fit.
    pub ellipsis: &'static str,
    /// A horizontal rule.
    pub rule: &'static str,
    /// What marks the selected row.
    pub cursor: &'static str,
    /// What marks a row that an operation is to act on.
    pub marked: &'static str,
    /// Leads to what to do.
    pub arrow: &'static str,
    /// A strip's span that was healthy, of a warning, unknown, critical, unseen.
    pub strip: [&'static str; 5],
}

/// For terminals that draw Unicode.
pub const UNICODE: Glyphs = Glyphs {
    ok: "●",
    promoted: "◆",
    note: "·",
    warning: "▲",
    critical: "✖",
    unknown: "?",
    offline: "○",
    standby: "◐",
    maintenance: "◇",
    pending: "◌",
    running: "◐",
    skipped: "–",
    unseen: "·",
    folded: "▸",
    unfolded: "▾",
    dot: "·",
    ellipsis: "…",
    rule: "─",
    cursor: "▌",
    marked: "✓",
    arrow: "→",
    strip: ["▁", "▃", "▒", "▇", " "],
};

/// For terminals that draw only ASCII.
pub const ASCII: Glyphs = Glyphs {
    ok: "o",
    promoted: "*",
    note: "-",
    warning: "!",
    critical: "X",
    unknown: "?",
    offline: "_",
    standby: "s",
    maintenance: "m",
    pending: "p",
    running: "/",
    skipped: "-",
    unseen: ".",
    folded: "+",
    unfolded: "-",
    dot: "-",
    ellipsis: "~",
    rule: "-",
    cursor: ">",
    marked: "+",
    arrow: ">",
    strip: ["_", "-", "?", "#", " "],
};

/// Puts letters of ASCII in the place of the few others that stand in our own words, such as quotation marks.
pub(super) fn make_plain(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let plain = match cell.symbol() {
            "“" | "”" | "„" => "\"",
            "‘" | "’" => "'",
            "–" | "—" | "·" => "-",
            "→" => ">",
            "•" => "*",
            "…" => "~",
            _ => continue,
        };
        cell.set_symbol(plain);
    }
}

impl Glyphs {
    /// The sign and colour of a health.
    pub fn health(&self, health: Health) -> (&'static str, Role) {
        match health {
            Health::Ok => (self.ok, Role::Ok),
            Health::Warning => (self.warning, Role::Warning),
            Health::Unknown => (self.unknown, Role::Unknown),
            Health::Critical => (self.critical, Role::Critical),
        }
    }

    /// The sign and colour of a finding.
    pub fn severity(&self, severity: Severity) -> (&'static str, Role) {
        match severity {
            Severity::Note => (self.note, Role::Note),
            Severity::Warning => (self.warning, Role::Warning),
            Severity::Unknown => (self.unknown, Role::Unknown),
            Severity::Critical => (self.critical, Role::Critical),
        }
    }

    /// The sign and colour of a node's state.
    pub fn node(&self, node: &Node) -> (&'static str, Role) {
        let (mark, tone, _) = Mark::of_node(node);
        (self.mark(mark), role_of(tone))
    }

    /// A sign of a table.
    pub fn mark(&self, mark: Mark) -> &'static str {
        match mark {
            Mark::Ok => self.ok,
            Mark::Promoted => self.promoted,
            Mark::Note => self.note,
            Mark::Warning => self.warning,
            Mark::Critical => self.critical,
            Mark::Unknown => self.unknown,
            Mark::Off => self.offline,
            Mark::Standby => self.standby,
            Mark::Maintenance => self.maintenance,
            Mark::Pending => self.pending,
            Mark::Unseen => self.unseen,
            Mark::Folded => self.folded,
            Mark::Unfolded => self.unfolded,
        }
    }

    /// The sign and colour of a span of a strip.
    pub fn span(&self, health: Option<Health>) -> (&'static str, Role) {
        match health {
            Some(Health::Ok) => (self.strip[0], Role::Faint),
            Some(Health::Warning) => (self.strip[1], Role::Warning),
            Some(Health::Unknown) => (self.strip[2], Role::Unknown),
            Some(Health::Critical) => (self.strip[3], Role::Critical),
            None => (self.strip[4], Role::Faint),
        }
    }
}

/// The colour of a tone.
pub(super) fn role_of(tone: Tone) -> Role {
    match tone {
        Tone::Faint => Role::Faint,
        Tone::Muted => Role::Muted,
        Tone::Text => Role::Text,
        Tone::Ok => Role::Ok,
        Tone::Note => Role::Note,
        Tone::Transient => Role::Transient,
        Tone::Warning => Role::Warning,
        Tone::Unknown => Role::Unknown,
        Tone::Critical => Role::Critical,
    }
}
