//! What is wrong, a line each.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Width};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("SUBJECT", Width::UpTo(24)),
        Column::new("FINDING", Width::Rest),
        Column::new("CODE", Width::Spare(24)),
    ]
}

pub(super) fn table(source: &Source<'_>) -> Table {
    let rows = source.findings.iter().map(|finding| {
        let (mark, tone) = Mark::of_severity(finding.severity);
        Row {
            cluster: source.entry.name.clone(),
            subject: Subject::of_finding(finding),
            urgency: tone,
            cells: vec![
                Cell::new(&finding.subject).mark(mark).tone(tone),
                Cell::new(&finding.summary).tone(tone),
                Cell::new(finding.code),
            ],
        }
    });
    Table { rows: rows.collect(), ..Table::empty(columns(), "Nothing is wrong.") }
}
