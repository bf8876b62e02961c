//! The answer for a person: a line a cluster, worst first.

use std::cmp::Reverse;

use crossterm::style::{Attribute, ContentStyle};
use jiff::SignedDuration;
use ratatui::backend::IntoCrossterm;
use ratatui::style::{Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Judged;
use crate::health::{Health, Severity};
use crate::model::NodeKind;
use crate::model::text::clean;
use crate::theme::{Role, Theme};

/// How the table is drawn.
#[derive(Debug)]
pub(super) struct Look<'a> {
    /// `None`: no colours.
    pub(super) theme: Option<&'a Theme>,
    /// How many columns there are; `None`: as many as are needed.
    pub(super) width: Option<usize>,
    /// What stands where a text was cut.
    pub(super) ellipsis: &'static str,
}

const HEADINGS: [&str; COLUMNS] =
    ["CLUSTER", "HEALTH", "QUORUM", "NODES", "RUNNING", "FAILED", "AGE", "WORST FINDING"];
const COLUMNS: usize = 8;
/// Numbers, which end where their heading ends.
const RIGHT: [usize; 4] = [3, 4, 5, 6];
const GAP: &str = "  ";
/// Less room than this, and the worst finding is not cut, as nothing of use would be left.
const LEAST_ROOM: usize = 20;

/// Draws the table with a line of totals below.
pub(super) fn draw(clusters: &[Judged], look: &Look<'_>) -> String {
    let mut sorted: Vec<&Judged> = clusters.iter().collect();
    sorted.sort_by_key(|judged| Reverse(judged.health));
    let rows: Vec<[String; COLUMNS]> = sorted.iter().map(|judged| row(judged)).collect();
    let mut widths = HEADINGS.map(UnicodeWidthStr::width);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    let heading = HEADINGS.map(String::from);
    text.push_str(&line(&heading, &widths, look, |_| Role::Heading));
    for (judged, row) in sorted.iter().zip(&rows) {
        let loud = role_of(judged.health);
        text.push_str(&line(row, &widths, look, |column| match column {
            1 => loud,
            7 if judged.health != Health::Ok => loud,
            0 => Role::Text,
            _ => Role::Muted,
        }));
    }
    text.push('\n');
    text.push_str(&totals(clusters));
    text.push('\n');
    text
}

fn row(judged: &Judged) -> [String; COLUMNS] {
    let name = clean(judged.entry.name.as_str());
    let health = judged.health.to_string();
    let finding = worst_finding(judged);
    let Some(picture) = judged.observation.current() else {
        let none = || "-".to_owned();
        return [name, health, none(), none(), none(), none(), none(), finding];
    };
    let quorum = match picture.summary.quorate {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let nodes = picture.nodes.iter().filter(|node| !matches!(node.kind, NodeKind::Bundle { .. }));
    let online = nodes.clone().filter(|node| node.online).count();
    let resources = picture.primitives().filter(|(_, primitive)| !primitive.orphaned);
    let (mut running, mut configured, mut failed) = (0, 0, 0);
    for (_, primitive) in resources {
        configured += 1;
        running += usize::from(primitive.active);
        failed += usize::from(primitive.failed);
    }
    [
        name,
        health,
        quorum.to_owned(),
        format!("{online}/{}", nodes.count()),
        format!("{running}/{configured}"),
        failed.to_string(),
        judged.age.map_or_else(|| "-".to_owned(), span),
        finding,
    ]
}

fn worst_finding(judged: &Judged) -> String {
    let grave = judged.findings.iter().filter(|finding| finding.severity > Severity::Note).count();
    let worst = judged.findings.first().map(|finding| clean(&finding.summary)).unwrap_or_default();
    if grave > 1 { format!("{worst} (+{})", grave - 1) } else { worst }
}

/// An age in the one or two largest units.
fn span(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds < 10 => format!("{}.{}s", seconds, age.subsec_millis() / 100),
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, _, _) => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

fn line(
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    look: &Look<'_>,
    role: impl Fn(usize) -> Role,
) -> String {
    let mut text = String::new();
    let mut used = 0;
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if column > 0 {
            text.push_str(GAP);
            used += GAP.len();
        }
        let is_last = column + 1 == cells.len();
        let room = look.width.map(|width| width.saturating_sub(used)).filter(|room| *room >= LEAST_ROOM);
        let shown = match room {
            Some(room) if is_last => cut(cell, room, look.ellipsis),
            _ => cell.clone(),
        };
        let padding = " ".repeat(width.saturating_sub(shown.width()));
        let painted = paint(&shown, look.theme.map(|theme| theme.style(role(column))));
        match (is_last, RIGHT.contains(&column)) {
            (true, _) => text.push_str(&painted),
            (false, true) => text.extend([padding, painted]),
            (false, false) => text.extend([painted, padding]),
        }
        used += width;
    }
    let mut text = text.trim_end().to_owned();
    text.push('\n');
    text
}

fn cut(text: &str, room: usize, ellipsis: &str) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(ellipsis.width());
    let mut kept = String::new();
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        kept.push(character);
    }
    kept.push_str(ellipsis);
    kept
}

fn paint(text: &str, style: Option<Style>) -> String {
    let Some(style) = style.filter(|_| !text.is_empty()) else { return text.to_owned() };
    let mut content = ContentStyle {
        foreground_color: style.fg.map(IntoCrossterm::into_crossterm),
        background_color: style.bg.map(IntoCrossterm::into_crossterm),
        ..ContentStyle::default()
    };
    for (modifier, attribute) in [
        (Modifier::BOLD, Attribute::Bold),
        (Modifier::DIM, Attribute::Dim),
        (Modifier::ITALIC, Attribute::Italic),
        (Modifier::UNDERLINED, Attribute::Underlined),
        (Modifier::REVERSED, Attribute::Reverse),
    ] {
        if style.add_modifier.contains(modifier) {
            content.attributes.set(attribute);
        }
    }
    content.apply(text).to_string()
}

fn role_of(health: Health) -> Role {
    match health {
        Health::Ok => Role::Ok,
        Health::Warning => Role::Warning,
        Health::Unknown => Role::Unknown,
        Health::Critical => Role::Critical,
    }
}

/// `17 clusters: 1 critical, 2 warning, 14 ok`
fn totals(clusters: &[Judged]) -> String {
    let counts: Vec<String> = [Health::Critical, Health::Unknown, Health::Warning, Health::Ok]
        .into_iter()
        .filter_map(|health| {
            let count = clusters.iter().filter(|judged| judged.health == health).count();
            (count > 0).then(|| format!("{count} {health}"))
        })
        .collect();
    let noun = if clusters.len() == 1 { "cluster" } else { "clusters" };
    format!("{} {noun}: {}", clusters.len(), counts.join(", "))
}
