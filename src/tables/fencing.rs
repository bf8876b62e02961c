//! Who is to be fenced, and who was.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{FencingEvent, FencingOutcome, NodeName, Picture};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("NODE", Width::UpTo(20)),
        Column::new("ACTION", Width::UpTo(8)),
        Column::new("OUTCOME", Width::UpTo(9)),
        Column::new("WHEN", Width::UpTo(14)),
        Column::new("CARRIED OUT BY", Width::UpTo(16)),
        Column::new("ASKED FOR BY", Width::Rest),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let mut events: Vec<&FencingEvent> = picture.fencing.iter().collect();
    // What is pending stands first, then the newest.
    events
        .sort_by_key(|event| (event.outcome != FencingOutcome::Pending, std::cmp::Reverse(event.completed)));
    let rows = events.iter().map(|event| row(source, event));
    Table {
        rows: rows.collect(),
        ..Table::empty(columns(), "Nobody has been fenced, as far as it is known.")
    }
}

fn row(source: &Source<'_>, event: &FencingEvent) -> Row {
    let (mark, tone) = match event.outcome {
        FencingOutcome::Pending => (Mark::Pending, Tone::Transient),
        FencingOutcome::Success => (Mark::Ok, Tone::Ok),
        FencingOutcome::Failed => (Mark::Critical, Tone::Critical),
    };
    let asked = match (event.client.as_str(), &event.origin) {
        ("", Some(origin)) => origin.to_string(),
        (client, Some(origin)) => format!("{client} on {origin}"),
        (client, None) => client.to_owned(),
    };
    let asked = if event.exit_reason.is_empty() { asked } else { format!("{asked}: {}", event.exit_reason) };
    let quiet = |tone: Tone| if tone == Tone::Ok { Tone::Muted } else { tone };
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Fencing { target: event.target.clone(), completed: event.completed },
        urgency: tone,
        cells: vec![
            Cell::new(event.target.as_str()).mark(mark).tone(tone),
            Cell::new(&event.action),
            Cell::new(event.outcome.to_string()).tone(quiet(tone)),
            source.when(event.completed),
            Cell::new(event.delegate.as_ref().map_or("", NodeName::as_str)),
            Cell::new(asked),
        ],
    }
}
