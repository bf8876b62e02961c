//! Failed operations, and how often a resource failed where.

use std::collections::{HashMap, HashSet};

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{FailCount, Failure, Picture, Score};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("RESOURCE", Width::UpTo(24)),
        Column::new("NODE", Width::UpTo(16)),
        Column::new("OPERATION", Width::UpTo(14)),
        Column::new("COUNT", Width::UpTo(13)),
        Column::new("LAST", Width::UpTo(14)),
        Column::new("WHY", Width::Rest),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let mut failures: Vec<&Failure> = picture.failures.iter().collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.at));
    let mut counts: HashMap<_, &FailCount> = HashMap::new();
    for count in &picture.fail_counts {
        counts.entry((&count.node, base(count.resource.as_str()))).or_insert(count);
    }
    let mut rows: Vec<Row> = failures
        .iter()
        .map(|failure| {
            let count = counts.get(&(&failure.node, base(failure.resource.as_str()))).copied();
            of_failure(source, failure, count)
        })
        .collect();
    let failed: HashSet<_> =
        failures.iter().map(|failure| (&failure.node, base(failure.resource.as_str()))).collect();
    let alone = picture
        .fail_counts
        .iter()
        .filter(|count| !failed.contains(&(&count.node, base(count.resource.as_str()))));
    rows.extend(alone.map(|count| of_count(source, count)));
    Table { rows, ..Table::empty(columns(), "No failure is recorded.") }
}

/// The id without the instance's number.
fn base(id: &str) -> &str {
    id.split(':').next().unwrap_or_default()
}

fn of_failure(source: &Source<'_>, failure: &Failure, count: Option<&FailCount>) -> Row {
    let (mark, tone) = weight(count);
    let operation = match failure.interval_ms {
        0 => failure.operation.clone(),
        interval => format!("{} {} s", failure.operation, interval / 1000),
    };
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Failure {
            resource: failure.resource.clone(),
            node: failure.node.clone(),
            operation: failure.operation.clone(),
        },
        urgency: tone,
        cells: vec![
            Cell::new(failure.resource.as_str()).mark(mark).tone(tone),
            Cell::new(failure.node.as_str()).tone(Tone::Text),
            Cell::new(operation),
            count.map_or_else(Cell::default, count_cell),
            source.when(failure.at),
            Cell::new(why(failure)).tone(Tone::Text),
        ],
    }
}

fn of_count(source: &Source<'_>, count: &FailCount) -> Row {
    let (mark, tone) = weight(Some(count));
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Failure {
            resource: count.resource.clone(),
            node: count.node.clone(),
            operation: String::new(),
        },
        urgency: tone,
        cells: vec![
            Cell::new(count.resource.as_str()).mark(mark).tone(tone),
            Cell::new(count.node.as_str()).tone(Tone::Text),
            Cell::default(),
            count_cell(count),
            source.when(count.last_failure),
            Cell::new("no failed operation is recorded any more"),
        ],
    }
}

fn weight(count: Option<&FailCount>) -> (Mark, Tone) {
    if count.is_some_and(FailCount::at_threshold) {
        (Mark::Critical, Tone::Critical)
    } else {
        (Mark::Warning, Tone::Warning)
    }
}

/// `2 of 3`: how often of how often it may.
fn count_cell(count: &FailCount) -> Cell {
    let (text, order) = match (count.count, count.migration_threshold) {
        (Score::Finite(count), Some(Score::Finite(threshold))) if threshold > 0 => {
            (format!("{count} of {threshold}"), i64::from(count))
        }
        (Score::Finite(count), _) => (count.to_string(), i64::from(count)),
        (infinite, _) => (infinite.to_string(), Score::INFINITY),
    };
    let tone = if count.at_threshold() { Tone::Critical } else { Tone::Text };
    Cell::new(text).tone(tone).order(order)
}

/// The exit in words, its code, and what the agent says about it.
fn why(failure: &Failure) -> String {
    let exit = if failure.status.eq_ignore_ascii_case("timed out") {
        "timed out".to_owned()
    } else {
        match failure.exit_code {
            Some(code) if !failure.exit_status.is_empty() => format!("{} ({code})", failure.exit_status),
            Some(code) => format!("exit code {code}"),
            None => failure.exit_status.clone(),
        }
    };
    if failure.exit_reason.is_empty() { exit } else { format!("{exit}: {}", failure.exit_reason) }
}
