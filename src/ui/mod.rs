//! What the state looks like. Drawing only reads: the same state gives the same screen.

mod card;
mod cluster;
mod cluster_log;
mod facts;
mod findings;
mod fleet;
mod footer;
mod glyphs;
mod grid;
mod header;
mod help;
mod hit;
mod list;
mod log;
mod markup;
mod operation;
mod prose;
mod remedy;
mod shell;
mod table;
mod text;
mod tile;
mod wizard;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub use glyphs::{ASCII, Glyphs, UNICODE};
pub use hit::target_at;

use crate::app::{LEAST_SIZE, Layer, Panel, Regions, State};
use crate::health::Health;
use crate::keymap::Keymap;
use crate::theme::{Role, Theme};

/// How things are drawn, apart from what they are.
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Keys, for the footer and the help.
    pub keymap: Keymap,
    /// Signs.
    pub glyphs: Glyphs,
    /// Where the person's clock is.
    pub zone: TimeZone,
    /// Where the log pane has been scrolled to.
    pub log: tui_logger::TuiWidgetState,
}

impl Look {
    /// A look whose log pane shows the newest lines.
    pub fn new(theme: Theme, keymap: Keymap, glyphs: Glyphs, zone: TimeZone) -> Self {
        Self { theme, keymap, glyphs, zone, log: tui_logger::TuiWidgetState::default() }
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    fn span(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(role))
    }

    fn fit(&self, text: &str, width: usize) -> String {
        text::fit(text, width, self.glyphs.ellipsis)
    }

    fn sides<'a>(&self, left: Vec<Span<'a>>, right: Vec<Span<'a>>, width: usize) -> Line<'a> {
        text::sides(left, right, width, self.glyphs.ellipsis)
    }

    fn separator(&self) -> Span<'static> {
        self.span(Role::Faint, format!(" {} ", self.glyphs.dot))
    }
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, state: &State, look: &Look) {
    draw_all(frame, state, look);
    if look.glyphs == ASCII {
        glyphs::make_plain(frame.buffer_mut());
    }
}

fn draw_all(frame: &mut Frame<'_>, state: &State, look: &Look) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, look.style(Role::Screen).patch(look.style(Role::Text)));
    if state.is_too_small() || area.width < LEAST_SIZE.0 || area.height < LEAST_SIZE.1 {
        draw_small(frame, state, look);
        return;
    }
    let regions = state.regions();
    header::draw(frame.buffer_mut(), regions.header, state, look);
    for layer in state.layers.in_sight() {
        draw_layer(frame, &regions, state, layer, look);
    }
    footer::draw(frame, regions.footer, state, look);
}

fn draw_layer(frame: &mut Frame<'_>, regions: &Regions, state: &State, layer: &Layer, look: &Look) {
    let (body, middle) = (regions.body, middle(regions));
    match layer {
        Layer::Grid => {
            grid::draw(frame.buffer_mut(), body, state, look);
            if let Some(area) = regions.findings {
                findings::draw_panel(frame.buffer_mut(), area, state, look);
            }
        }
        Layer::Fleet(fleet) => fleet::draw(frame.buffer_mut(), body, state, fleet, look),
        Layer::Cluster(view) => {
            if let Some(cluster) = state.cluster(&view.name) {
                cluster::draw(frame.buffer_mut(), body, state, view, cluster, look);
            }
        }
        Layer::Scenarios(page) => wizard::draw(frame, middle, state, page, look),
        Layer::Ask(ask) => wizard::draw_ask(frame, middle, state, ask, look),
        Layer::Panel(Panel::Help { scroll }) => help::draw(frame.buffer_mut(), middle, state, *scroll, look),
        Layer::Panel(Panel::Card(card)) => card::draw(frame.buffer_mut(), middle, state, card, look),
        Layer::Panel(Panel::Log) => log::draw(frame, middle, look),
        Layer::Panel(panel) => operation::draw(frame, middle, state, panel, look),
        // It stands in the footer.
        Layer::Prompt(_) => {}
    }
}

/// Draws as many lines as there is room for. Where some are left, the last row says how many and shows no line.
fn put(buffer: &mut Buffer, area: Rect, lines: &[Line<'static>], scroll: usize, look: &Look) {
    let room = usize::from(area.height);
    let scroll = scroll.min(lines.len().saturating_sub(room));
    let below = lines.len().saturating_sub(scroll + room);
    let seen = room - usize::from(below > 0 && room > 1);
    for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(scroll).take(seen)) {
        buffer.set_line(area.x, y, line, area.width);
    }
    if below > 0 && room > 1 {
        let words = format!("{} more below", below + 1);
        let x = area.right().saturating_sub(words.len() as u16).max(area.x);
        buffer.set_span(x, area.bottom() - 1, &look.span(Role::Key, words), area.width);
    }
}

/// All between header and footer: what lies on top of a view has it.
fn middle(regions: &Regions) -> Rect {
    let Rect { width, .. } = regions.header;
    Rect { width, height: regions.footer.y - regions.header.height, ..regions.body }
}

/// All that a screen of a few cells can say: how many are how bad, and which is worst.
fn draw_small(frame: &mut Frame<'_>, state: &State, look: &Look) {
    let area = frame.area();
    let width = usize::from(area.width);
    let mut lines = vec![header::counts(state, look)];
    for (cluster, finding) in state.alerts() {
        let (glyph, role) = look.glyphs.severity(finding.severity);
        let words = format!("{glyph} {}: {}", cluster.entry.name, finding.summary);
        lines.push(vec![look.span(role, look.fit(&words, width))]);
    }
    if state.clusters.iter().all(|cluster| cluster.health == Health::Ok) {
        lines.push(vec![look.span(Role::Muted, look.fit("all healthy", width))]);
    }
    let hint = format!("small: wants {}x{}", LEAST_SIZE.0, LEAST_SIZE.1);
    let bottom = area.height.saturating_sub(1);
    for (y, line) in (0..bottom).zip(lines) {
        frame.buffer_mut().set_line(0, y, &Line::from(line), area.width);
    }
    let (role, hint) = match state.notices.front() {
        Some((notice, _)) => (Role::Note, crate::model::text::clean(&notice.text)),
        None => (Role::Faint, hint),
    };
    let words = Line::from(look.span(role, look.fit(&hint, width)));
    if area.height > 0 {
        frame.buffer_mut().set_line(0, bottom, &words, area.width);
    }
}
