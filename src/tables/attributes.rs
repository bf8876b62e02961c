//! Node attributes.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{NodeAttribute, Picture};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("NODE", Width::UpTo(20)),
        Column::new("ATTRIBUTE", Width::UpTo(36)),
        Column::new("VALUE", Width::Rest),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let rows = picture.attributes.iter().map(|attribute| row(source, attribute));
    Table { rows: rows.collect(), ..Table::empty(columns(), "No node has an attribute.") }
}

fn row(source: &Source<'_>, attribute: &NodeAttribute) -> Row {
    // A ping resource's attribute says how much it would be if every host answered.
    let short = attribute.expected.as_ref().filter(|expected| **expected != attribute.value);
    let (mark, tone) =
        if short.is_some() { (Mark::Warning, Tone::Warning) } else { (Mark::Note, Tone::Text) };
    let value = match short {
        Some(expected) => format!("{}, expected {expected}", attribute.value),
        None => attribute.value.clone(),
    };
    let order = attribute.value.parse().unwrap_or(0);
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Attribute { node: attribute.node.clone(), name: attribute.name.clone() },
        urgency: tone,
        cells: vec![
            Cell::new(attribute.node.as_str()).mark(mark).tone(tone),
            Cell::new(&attribute.name).tone(Tone::Text),
            Cell::new(value).tone(tone).order(order),
        ],
    }
}
