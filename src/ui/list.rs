//! Clusters as lines of a table.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{Look, facts, text};
use crate::app::{ClusterState, Filter, State};
use crate::model::Contact;
use crate::theme::Role;

/// The widths of the columns on a screen of a given width; 0 where there is no room for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    name: usize,
    tier: usize,
    nodes: usize,
    running: usize,
    failed: usize,
    strip: usize,
    age: usize,
    finding: usize,
}

impl Columns {
    /// The widths for these clusters.
    pub(super) fn of(state: &State, width: usize) -> Self {
        let longest = state.clusters.iter().map(|cluster| cluster.entry.name.as_str().width()).max();
        let nodes = state
            .clusters
            .iter()
            .map(|cluster| cluster.observation.picture.as_ref().map_or(3, |picture| picture.nodes.len()));
        let wide = width >= 100;
        let mut columns = Self {
            name: longest.unwrap_or(0).clamp(7, if wide { 24 } else { 16 }) + 2,
            tier: if width >= 130 { 9 } else { 0 },
            nodes: nodes.max().unwrap_or(3).clamp(5, 10),
            running: 7,
            failed: if wide { 6 } else { 0 },
            strip: if wide { 20 } else { 0 },
            age: 7,
            finding: 0,
        };
        columns.finding = width.saturating_sub(columns.taken());
        columns
    }

    /// Cells of all columns but the last, two between each.
    fn taken(&self) -> usize {
        [self.name, self.tier, self.nodes, self.running, self.failed, self.strip, self.age]
            .iter()
            .filter(|width| **width > 0)
            .map(|width| width + 2)
            .sum()
    }

    /// Their headings.
    pub(super) fn heading(&self, look: &Look) -> Line<'static> {
        let left = |word: &str, width: usize| Cell {
            spans: vec![look.span(Role::Heading, word)],
            width,
            right: false,
        };
        let right = |word: &str, width: usize| Cell { right: true, ..left(word, width) };
        // Thirty seconds a span.
        join(
            vec![
                left("  CLUSTER", self.name),
                left("TIER", self.tier),
                left("NODES", self.nodes),
                right("RUNNING", self.running),
                right("FAILED", self.failed),
                left("LAST 10 MIN", self.strip),
                right("SEEN", self.age),
                left("WORST FINDING", self.finding),
            ],
            look,
        )
    }

    /// A cluster's line.
    pub(super) fn line(
        &self,
        state: &State,
        cluster: &ClusterState,
        filter: &mut Filter,
        look: &Look,
    ) -> Line<'static> {
        let picture = cluster.observation.picture.as_deref();
        let running = picture.map(facts::running);
        let running_words = match running {
            Some(running)
                if cluster.health == crate::health::Health::Ok || running.active == running.configured =>
            {
                running.active.to_string()
            }
            Some(running) => format!("{}/{}", running.active, running.configured),
            None => String::new(),
        };
        let failed = running.map_or(0, |running| running.failed);
        let is_now = matches!(cluster.observation.contact, Contact::Live { .. } | Contact::Saved);
        let number = if is_now { Role::Muted } else { Role::Faint };
        let failed_role = if is_now && failed > 0 { Role::Critical } else { Role::Faint };
        let age = match facts::age_words(cluster, state.now) {
            words if words == "now" => words,
            words => words.trim_end_matches(" ago").to_owned(),
        };
        let age_role = if age == "now" { Role::Faint } else { Role::Unknown };
        let (finding, finding_role) =
            facts::trouble(state, cluster).unwrap_or_else(|| (String::new(), Role::Muted));
        let mut words = if self.strip > 0 {
            facts::rights_of_one(cluster, state, look)
        } else {
            facts::rights_sign(cluster, state, look)
        };
        words.extend([look.span(finding_role, crate::model::text::clean(&finding))]);
        let more = facts::more(cluster);
        if !more.is_empty() {
            words.push(look.span(Role::Muted, format!("  {more}")));
        }
        let left = |spans: Vec<Span<'static>>, width: usize| Cell { spans, width, right: false };
        let right = |role: Role, words: String, width: usize| Cell {
            spans: vec![look.span(role, words)],
            width,
            right: true,
        };
        join(
            vec![
                left(facts::name(cluster, filter, look), self.name),
                left(vec![look.span(Role::Muted, cluster.entry.tier.to_string())], self.tier),
                left(facts::node_marks(cluster, look), self.nodes),
                right(number, running_words, self.running),
                right(failed_role, failed.to_string(), self.failed),
                left(facts::strip(cluster, self.strip, state.now, look), self.strip),
                right(age_role, age, self.age),
                left(words, self.finding),
            ],
            look,
        )
    }
}

struct Cell {
    spans: Vec<Span<'static>>,
    width: usize,
    right: bool,
}

/// Cells beside each other, two blanks between; those without width are left out.
fn join(cells: Vec<Cell>, look: &Look) -> Line<'static> {
    let mut spans = Vec::new();
    for cell in cells.into_iter().filter(|cell| cell.width > 0) {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let line = if cell.right {
            let words: String = cell.spans.iter().map(|span| span.content.as_ref()).collect();
            let style = cell.spans.first().map(|span| span.style).unwrap_or_default();
            let words = text::fit(&words, cell.width, look.glyphs.ellipsis);
            look.sides(Vec::new(), vec![Span::styled(words, style)], cell.width)
        } else {
            look.sides(cell.spans, Vec::new(), cell.width)
        };
        spans.extend(line.spans);
    }
    Line::from(spans)
}
