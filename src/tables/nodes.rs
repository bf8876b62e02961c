//! The nodes and how they are.

use std::collections::HashMap;

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::health::plural;
use crate::model::{Node, NodeHealth, NodeKind, NodeName, Picture};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("NODE", Width::UpTo(26)),
        Column::new("STATE", Width::Rest),
        Column::right("RUNNING", Width::UpTo(12)),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let mut failures: HashMap<&NodeName, usize> = HashMap::new();
    for failure in &picture.failures {
        *failures.entry(&failure.node).or_default() += 1;
    }
    let failures_on = |node: &Node| failures.get(&node.name).copied().unwrap_or_default();
    let rows = picture.nodes.iter().map(|node| row(source, failures_on(node), node));
    Table { rows: rows.collect(), ..Table::empty(columns(), "No node is known.") }
}

fn row(source: &Source<'_>, failures: usize, node: &Node) -> Row {
    let (mark, tone, _) = Mark::of_node(node);
    let is_quiet = tone == Tone::Ok;
    let running = node
        .resources_running
        .map_or_else(Cell::default, |count| Cell::new(format!("{count} running")).order(i64::from(count)));
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Node(node.name.clone()),
        urgency: tone,
        cells: vec![
            Cell::new(node.name.as_str()).mark(mark).tone(tone),
            Cell::new(words_with(failures, node).join(", ")).tone(if is_quiet { Tone::Muted } else { tone }),
            running,
        ],
    }
}

/// Everything that is true of its state, the gravest first, and what sort of node it is.
pub(super) fn words(picture: &Picture, node: &Node) -> Vec<String> {
    words_with(picture.failures.iter().filter(|failure| failure.node == node.name).count(), node)
}

fn words_with(failures: usize, node: &Node) -> Vec<String> {
    let (_, _, gravest) = Mark::of_node(node);
    let mut words = vec![gravest.to_owned()];
    for (holds, word) in [
        (node.unclean && !node.online, "offline"),
        (node.standby, "standby"),
        (node.standby_on_fail, "standby after a failure"),
        (node.maintenance, "maintenance"),
    ] {
        if holds && word != gravest {
            words.push(word.to_owned());
        }
    }
    if node.health != NodeHealth::Green {
        words.push(format!("health {}", node.health));
    }
    if node.kind != NodeKind::Member {
        words.push(node.kind.word().to_owned());
    }
    if node.is_dc {
        words.push("DC".to_owned());
    }
    if failures > 0 {
        words.push(plural(failures, "failure"));
    }
    words
}
