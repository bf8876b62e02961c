//! Which resource does what on which node.

use std::collections::HashMap;

use super::index::Index;
use super::resources::{self, State};
use super::tree::{self, TreeRow};
use super::{Align, Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{Node, NodeKind, NodeName, Picture, Primitive, Resource, Role};

/// The least width of a node's column: a sign and the beginning of a word.
const LEAST: usize = 7;
/// More cells than these aren't made for one picture: nodes are left out, and the last column says how many.
const MOST_CELLS: usize = 20_000;
/// This many nodes are shown in any case.
const LEAST_COLUMNS: usize = 16;

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let rows = tree::rows(picture);
    // What a bundle's replica runs is told by the bundle's own rows.
    let mut nodes: Vec<&Node> = picture.nodes.iter().filter(|node| is_column(node)).collect();
    let all = nodes.len();
    nodes.truncate((MOST_CELLS / rows.len().max(1)).max(LEAST_COLUMNS));
    let mut columns = vec![Column::new("RESOURCE", Width::UpTo(30))];
    columns.extend(nodes.iter().map(|node| column(node)));
    let left_out = all - nodes.len();
    if left_out > 0 {
        columns.push(Column::new(&format!("+{left_out} nodes"), Width::Shared(LEAST)));
    }
    let index = Index::new(picture);
    let rows = rows.iter().map(|row| {
        let state = State::within(row, &index);
        let here = Here::new(row, &index);
        let mut cells = vec![resources::name(row, &state)];
        cells.extend(nodes.iter().map(|node| cell(&index, &here, row, node)));
        cells.extend((left_out > 0).then(Cell::default));
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

/// The primitives of a row by the nodes that they are on, and the nodes on which they have failed too often.
struct Here<'a> {
    primitives: HashMap<&'a NodeName, Vec<&'a Primitive>>,
    failed: Vec<&'a NodeName>,
}

impl<'a> Here<'a> {
    fn new(row: &TreeRow<'a>, index: &Index<'a>) -> Self {
        let mut primitives: HashMap<_, Vec<_>> = HashMap::new();
        for (_, primitive) in row.resource.primitives() {
            for node in &primitive.nodes {
                primitives.entry(node).or_default().push(primitive);
            }
        }
        Self { primitives, failed: index.failed_on(row.resource) }
    }
}

/// What a resource, or all that it contains, does on a node.
fn cell(index: &Index<'_>, here: &Here<'_>, row: &TreeRow<'_>, node: &Node) -> Cell {
    let is_failed = here.failed.contains(&&node.name);
    let here = here.primitives.get(&node.name).map(Vec::as_slice).unwrap_or_default();
    if let Some(worst) =
        here.iter().map(|primitive| of_primitive(primitive, node, index)).max_by_key(|cell| cell.tone)
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
    if is_failed {
        return Cell::new("failed").mark(Mark::Critical).tone(Tone::Critical);
    }
    if index.is_banned(row.resource.id(), &node.name) {
        Cell::new("banned").tone(Tone::Faint)
    } else {
        Cell::default()
    }
}

fn of_primitive(primitive: &Primitive, node: &Node, index: &Index<'_>) -> Cell {
    let State { mark, tone, .. } = State::of_part(primitive, index);
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
