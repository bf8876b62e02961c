//! Signs that stand beside every colour, so that nothing depends on colour alone.

use crate::health::{Health, Severity};
use crate::model::Node;
use crate::theme::Role;

/// One set of signs, each one cell wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Healthy; a node that is online.
    pub ok: &'static str,
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
    /// A node of which only the past is known.
    pub unseen: &'static str,
    /// What stands between two words of one line.
    pub dot: &'static str,
    /// What stands at the end of words that did not fit.
    pub ellipsis: &'static str,
    /// A horizontal rule.
    pub rule: &'static str,
    /// What marks the selected row.
    pub cursor: &'static str,
    /// Leads to what to do.
    pub arrow: &'static str,
    /// A strip's span that was healthy, of a warning, unknown, critical, unseen.
    pub strip: [&'static str; 5],
}

/// For terminals that draw Unicode.
pub const UNICODE: Glyphs = Glyphs {
    ok: "●",
    note: "·",
    warning: "▲",
    critical: "✖",
    unknown: "?",
    offline: "○",
    standby: "◐",
    maintenance: "◇",
    pending: "◌",
    unseen: "·",
    dot: "·",
    ellipsis: "…",
    rule: "─",
    cursor: "▌",
    arrow: "→",
    strip: ["▁", "▃", "▒", "▇", " "],
};

/// For terminals that draw only ASCII.
pub const ASCII: Glyphs = Glyphs {
    ok: "o",
    note: "-",
    warning: "!",
    critical: "X",
    unknown: "?",
    offline: "_",
    standby: "s",
    maintenance: "m",
    pending: "p",
    unseen: ".",
    dot: "-",
    ellipsis: "~",
    rule: "-",
    cursor: ">",
    arrow: ">",
    strip: ["_", "-", "?", "#", " "],
};

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

    /// The sign, colour and word of a node's state, the gravest of what is true of it.
    pub fn node(&self, node: &Node) -> (&'static str, Role, &'static str) {
        if node.unclean {
            (self.critical, Role::Critical, "unclean")
        } else if node.pending {
            (self.pending, Role::Transient, "pending")
        } else if node.shutdown && node.online {
            (self.pending, Role::Transient, "shutting down")
        } else if !node.online {
            (self.offline, Role::Critical, "offline")
        } else if node.standby || node.standby_on_fail {
            (self.standby, Role::Warning, "standby")
        } else if node.maintenance {
            (self.maintenance, Role::Warning, "maintenance")
        } else {
            (self.ok, Role::Ok, "online")
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
