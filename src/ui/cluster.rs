//! Inside a cluster: what is wrong, its nodes, its resources.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};

use super::{Look, facts, findings, text};
use crate::app::tree::{self, TreeRow};
use crate::app::{ClusterState, ClusterView, Pane, State};
use crate::model::{Contact, NodeName, Picture, Primitive, Resource, Role as ResourceRole};
use crate::theme::Role;

/// Draws the open cluster.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    view: &ClusterView,
    cluster: &ClusterState,
    look: &Look,
) {
    let width = usize::from(area.width.saturating_sub(2));
    buffer.set_line(area.x + 1, area.y, &title(state, cluster, width, look), area.width);
    for (pane, area) in panes(area, cluster) {
        let is_current = pane == view.pane;
        let row = view.rows[pane as usize];
        let lines = match (pane, cluster.observation.picture.as_deref()) {
            (Pane::Findings, _) => finding_rows(cluster, row, usize::from(area.width), is_current, look),
            (Pane::Nodes, Some(picture)) => node_rows(picture, usize::from(area.width), look),
            (Pane::Resources, Some(picture)) => resource_rows(picture, usize::from(area.width), look),
            (Pane::Nodes | Pane::Resources, None) => vec![Line::from(look.span(Role::Muted, "never seen"))],
        };
        draw_pane(buffer, area, pane, &lines, row, is_current, look);
    }
}

/// The row of a pane at that cell.
pub(super) fn row_at(
    area: Rect,
    view: &ClusterView,
    cluster: &ClusterState,
    at: Position,
) -> Option<(Pane, usize)> {
    let (pane, area) = panes(area, cluster).into_iter().find(|(_, area)| area.contains(at))?;
    let line = usize::from(at.y.checked_sub(area.y + 1)?);
    let first = first_shown(view.rows[pane as usize], usize::from(area.height.saturating_sub(1)));
    let row = line + first;
    (pane != Pane::Findings && row < cluster.pane_rows(pane)).then_some((pane, row))
}

/// Findings across the top as high as they need, nodes at the left, resources at the right.
fn panes(area: Rect, cluster: &ClusterState) -> [(Pane, Rect); 3] {
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 2,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let wanted = (cluster.findings.len().max(1) * 3 + 1).min(usize::from(inner.height) / 2) as u16;
    let [top, bottom] = Layout::vertical([Constraint::Length(wanted), Constraint::Min(0)]).areas(inner);
    let nodes_width = if inner.width >= 100 { inner.width * 2 / 5 } else { inner.width / 2 };
    let [left, right] =
        Layout::horizontal([Constraint::Length(nodes_width), Constraint::Min(0)]).spacing(2).areas(bottom);
    [(Pane::Findings, top), (Pane::Nodes, left), (Pane::Resources, right)]
}

fn title(state: &State, cluster: &ClusterState, width: usize, look: &Look) -> Line<'static> {
    let (glyph, role) = look.glyphs.health(cluster.health);
    let mut left = vec![
        look.span(role, glyph),
        Span::raw(" "),
        look.span(Role::Title, look.fit(cluster.entry.name.as_str(), width / 3)),
    ];
    if let Some(picture) = cluster.observation.picture.as_deref() {
        let summary = &picture.summary;
        let dc = summary.dc.as_ref().map_or_else(|| "no DC".to_owned(), |dc| format!("DC {dc}"));
        let version = summary.version.as_deref().and_then(|version| version.split('-').next());
        let mut facts = vec![facts::quorum_words(picture), dc, facts::running_words(cluster, picture)];
        facts.extend(version.map(|version| format!("Pacemaker {version}")));
        for fact in facts {
            left.push(look.separator());
            left.push(look.span(Role::Muted, crate::model::text::clean(&fact)));
        }
    }
    let seen = match &cluster.observation.contact {
        Contact::Live { host } => format!("from {host}, {}", facts::age_words(cluster, state.now)),
        Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } => {
            facts::age_words(cluster, state.now)
        }
    };
    let role = if cluster.observation.current().is_some() { Role::Muted } else { Role::Unknown };
    look.sides(left, vec![look.span(role, seen)], width)
}

/// The first row that is seen so that the selected one is.
fn first_shown(selected: usize, room: usize) -> usize {
    (selected + 1).saturating_sub(room.max(1))
}

fn draw_pane(
    buffer: &mut Buffer,
    area: Rect,
    pane: Pane,
    lines: &[Line<'static>],
    selected: usize,
    is_current: bool,
    look: &Look,
) {
    if area.height == 0 {
        return;
    }
    let words = match pane {
        Pane::Findings => "findings",
        Pane::Nodes => "nodes",
        Pane::Resources => "resources",
    };
    let role = if is_current { Role::Title } else { Role::Heading };
    let line = look.glyphs.rule.repeat(usize::from(area.width).saturating_sub(words.len() + 1));
    let heading = Line::from(vec![look.span(role, words), Span::raw(" "), look.span(Role::Faint, line)]);
    buffer.set_line(area.x, area.y, &heading, area.width);
    let room = usize::from(area.height - 1);
    let first = if pane == Pane::Findings { 0 } else { first_shown(selected, room) };
    for (y, (nth, line)) in (area.top() + 1..area.bottom()).zip(lines.iter().enumerate().skip(first)) {
        buffer.set_line(area.x, y, line, area.width);
        if is_current && nth == selected && pane != Pane::Findings {
            buffer.set_style(Rect { y, height: 1, ..area }, look.style(Role::Selection));
        }
    }
    let below = lines.len().saturating_sub(first + room);
    if below > 0 && room > 0 {
        let words = format!(" {below} more ");
        let x = area.right().saturating_sub(words.len() as u16);
        buffer.set_span(x, area.bottom() - 1, &look.span(Role::Key, words), area.width);
    }
}

/// The selected finding first and in full when there is more than fits; then the others.
fn finding_rows(
    cluster: &ClusterState,
    selected: usize,
    width: usize,
    is_current: bool,
    look: &Look,
) -> Vec<Line<'static>> {
    if cluster.findings.is_empty() {
        return vec![Line::from(look.span(Role::Muted, "Nothing is wrong."))];
    }
    let mut lines = Vec::new();
    for (nth, finding) in cluster.findings.iter().enumerate().skip(selected) {
        let block = findings::finding_lines(finding, width, 8, look);
        for mut line in block {
            if is_current && nth == selected && cluster.findings.len() > 1 {
                line = line.patch_style(look.style(Role::Selection));
            }
            lines.push(line);
        }
    }
    lines
}

fn node_rows(picture: &Picture, width: usize, look: &Look) -> Vec<Line<'static>> {
    let names =
        picture.nodes.iter().map(|node| Span::raw(node.name.as_str()).width()).max().unwrap_or(0).min(24);
    picture
        .nodes
        .iter()
        .map(|node| {
            let (glyph, role, word) = look.glyphs.node(node);
            let quiet = role == Role::Ok;
            let running = node.resources_running.map_or_else(String::new, |count| format!("{count} running"));
            let mut words = vec![word.to_owned()];
            if node.kind.word() != "member" {
                words.push(node.kind.word().to_owned());
            }
            if node.is_dc {
                words.push("DC".to_owned());
            }
            look.sides(
                vec![
                    look.span(role, glyph),
                    Span::raw(" "),
                    look.span(if quiet { Role::Text } else { role }, pad(node.name.as_str(), names, look)),
                    Span::raw("  "),
                    look.span(if quiet { Role::Muted } else { role }, words.join(", ")),
                ],
                vec![look.span(Role::Muted, running)],
                width,
            )
        })
        .collect()
}

fn resource_rows(picture: &Picture, width: usize, look: &Look) -> Vec<Line<'static>> {
    let rows = tree::rows(picture);
    let names = rows
        .iter()
        .map(|row| row.depth * 2 + Span::raw(row.resource.id().as_str()).width())
        .max()
        .unwrap_or(0)
        .min(28);
    rows.iter().map(|row| resource_row(row, names, width, look)).collect()
}

fn resource_row(row: &TreeRow<'_>, names: usize, width: usize, look: &Look) -> Line<'static> {
    let (glyph, role, words) = resource_words(row, look);
    let quiet = role == Role::Ok;
    let indent = row.depth * 2;
    look.sides(
        vec![
            Span::raw(" ".repeat(indent)),
            look.span(role, glyph),
            Span::raw(" "),
            look.span(
                if quiet { Role::Text } else { role },
                pad(row.resource.id().as_str(), names.saturating_sub(indent), look),
            ),
            Span::raw("  "),
            look.span(if quiet { Role::Muted } else { role }, words),
        ],
        // The agent gives way to the state: no more than a quarter of the line, nothing of a narrow one.
        vec![look.span(
            Role::Faint,
            if width < 36 { String::new() } else { look.fit(&kind(row.resource), width / 4) },
        )],
        width,
    )
}

fn pad(name: &str, width: usize, look: &Look) -> String {
    let name = look.fit(name, width);
    let blanks = width.saturating_sub(Span::raw(name.as_str()).width());
    name + &" ".repeat(blanks)
}

/// The agent's last word, or what kind of container it is.
fn kind(resource: &Resource) -> String {
    match resource {
        Resource::Primitive(primitive) => {
            primitive.agent.rsplit(':').next().map(crate::model::text::clean).unwrap_or_default()
        }
        Resource::Group(_) => "group".to_owned(),
        Resource::Clone(clone) if clone.promotable => "promotable clone".to_owned(),
        Resource::Clone(_) => "clone".to_owned(),
        Resource::Bundle(bundle) => format!("{} bundle", crate::model::text::clean(&bundle.container)),
    }
}

fn resource_words(row: &TreeRow<'_>, look: &Look) -> (&'static str, Role, String) {
    let glyphs = &look.glyphs;
    if let Resource::Primitive(primitive) = row.resource {
        return primitive_words(primitive, look);
    }
    let primitives = row.resource.primitives();
    let worst = primitives
        .iter()
        .map(|(_, primitive)| primitive_words(primitive, look))
        .find(|(_, role, _)| *role == Role::Critical);
    let mut words = vec![format!("{} running", row.running)];
    let promoted: Vec<&NodeName> = primitives
        .iter()
        .filter(|(_, primitive)| primitive.role == ResourceRole::Promoted)
        .flat_map(|(_, primitive)| &primitive.nodes)
        .collect();
    if !promoted.is_empty() {
        words.push(format!("promoted on {}", names(&promoted)));
    }
    if let Some((glyph, role, _)) = worst {
        return (glyph, role, words.join(", "));
    }
    if row.running == 0 {
        return (glyphs.offline, Role::Muted, "stopped".to_owned());
    }
    (glyphs.ok, Role::Ok, words.join(", "))
}

fn primitive_words(primitive: &Primitive, look: &Look) -> (&'static str, Role, String) {
    let glyphs = &look.glyphs;
    let on: Vec<&NodeName> = primitive.nodes.iter().collect();
    let place = if on.is_empty() { String::new() } else { format!(" on {}", names(&on)) };
    let state = match primitive.role {
        ResourceRole::Started => on.first().map_or_else(|| "started".to_owned(), |_| names(&on)),
        ref role => format!("{}{place}", role.word().to_lowercase()),
    };
    let mut words = vec![crate::model::text::clean(&state)];
    for (is_so, word) in [
        (primitive.blocked, "blocked"),
        (primitive.failed, "failed"),
        (primitive.orphaned, "orphaned"),
        (!primitive.managed, "unmanaged"),
    ] {
        if is_so {
            words.push(word.to_owned());
        }
    }
    let disabled = primitive.target_role == Some(ResourceRole::Stopped);
    if disabled {
        words.push("disabled".to_owned());
    }
    let (glyph, role) = if primitive.blocked || primitive.failed {
        (glyphs.critical, Role::Critical)
    } else if primitive.role.is_transient() {
        (glyphs.pending, Role::Transient)
    } else if primitive.orphaned || !primitive.managed {
        (glyphs.warning, Role::Warning)
    } else if primitive.role == ResourceRole::Stopped {
        (glyphs.offline, if disabled { Role::Muted } else { Role::Warning })
    } else {
        (glyphs.ok, Role::Ok)
    };
    (glyph, role, words.join(", "))
}

fn names(nodes: &[&NodeName]) -> String {
    nodes.iter().map(|node| text::fit(node.as_str(), 24, "…")).collect::<Vec<_>>().join(" ")
}
