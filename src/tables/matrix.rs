//! Which resource does what on which node.

use super::resources::{self, State, is_about};
use super::tree::{self, TreeRow};
use super::{Align, Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{FailCount, Node, NodeKind, Picture, Primitive, Resource, Role, Score};

/// The least width of a node's column: a sign and the beginning of a word.
const LEAST: usize = 7;

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    // What a bundle's replica runs is told by the bundle's own rows.
    let nodes: Vec<&Node> = picture.nodes.iter().filter(|node| is_column(node)).collect();
    let mut columns = vec![Column::new("RESOURCE", Width::UpTo(30))];
    columns.extend(nodes.iter().map(|node| column(node)));
    let rows = tree::rows(picture);
    let rows = rows.iter().map(|row| {
        let state = State::of(row, picture);
        let mut cells = vec![resources::name(row, &state)];
        cells.extend(nodes.iter().map(|node| cell(picture, row, node)));
        let urgency = cells.iter().map(|cell| cell.tone).max().unwrap_or_default();
        Row {
            cluster: source.entry.name.clone(),
            subject: Subject::Resource(row.resource.id().clone()),
            urgency,
            cells,
        }
    });
    Table { rows: rows.collect(), ..Table::empty(columns, "No resource is configured.") }
}

fn is_column(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::Bundle { .. })
}

fn column(node: &Node) -> Column {
    let (mark, tone, _) = Mark::of_node(node);
    let heading = Cell::new(node.name.as_str()).mark(mark).tone(tone);
    let node = Some(node.name.clone());
    Column { heading, width: Width::Shared(LEAST), align: Align::Left, node }
}

/// What a resource, or all that it contains, does on a node.
fn cell(picture: &Picture, row: &TreeRow<'_>, node: &Node) -> Cell {
    let primitives = row.resource.primitives();
    let here = primitives.iter().map(|(_, primitive)| *primitive);
    let here: Vec<&Primitive> = here.filter(|primitive| primitive.nodes.contains(&node.name)).collect();
    if let Some(worst) =
        here.iter().map(|primitive| of_primitive(primitive, node, picture)).max_by_key(|cell| cell.tone)
    {
        let is_calm = worst.tone <= Tone::Ok;
        // Several on one node: a group, or instances of a clone.
        let promoted = here.iter().any(|primitive| primitive.role == Role::Promoted);
        return match row.resource {
            Resource::Group(_) if is_calm => Cell { text: format!("{} running", here.len()), ..worst },
            Resource::Clone(_) | Resource::Bundle(_) if is_calm && promoted => {
                Cell::new("promoted").mark(Mark::Promoted).tone(Tone::Ok)
            }
            _ => worst,
        };
    }
    let failed = picture.fail_counts.iter().any(|count| {
        count.node == node.name && is_about(row.resource, &count.resource) && FailCount::at_threshold(count)
    });
    if failed {
        return Cell::new("failed").mark(Mark::Critical).tone(Tone::Critical);
    }
    let banned = picture.bans.iter().any(|ban| {
        ban.node == node.name
            && !ban.promoted_only
            && ban.weight == Score::MinusInfinity
            && ban.resource == *row.resource.id()
    });
    if banned { Cell::new("banned").tone(Tone::Faint) } else { Cell::default() }
}

fn of_primitive(primitive: &Primitive, node: &Node, picture: &Picture) -> Cell {
    let State { mark, tone, .. } = State::of_primitive(primitive, picture);
    let word = if primitive.blocked {
        "blocked"
    } else if primitive.failed {
        "failed"
    } else if primitive.role.is_transient() || primitive.managed {
        match &primitive.role {
            Role::Other(word) => word,
            role => role.word(),
        }
    } else {
        "unmanaged"
    };
    let (mark, tone) = match tone {
        // One of several nodes that it is said to run on may be unclean, but only that one is not known.
        Tone::Unknown if !node.unclean => (Mark::Ok, Tone::Ok),
        tone => (mark, tone),
    };
    Cell::new(word.to_lowercase()).mark(mark).tone(tone)
}
