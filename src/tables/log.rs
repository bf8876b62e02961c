//! A member's log, line by line.

use super::{Card, Cell, Column, Fact, Mark, Row, Section, Subject, Table, Tone, Width};
use crate::model::{ClusterName, LogLevel, LogLine};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("TIME", Width::UpTo(8)),
        Column::new("PROGRAM", Width::UpTo(20)),
        Column::new("MESSAGE", Width::Rest),
    ]
}

/// Lists the lines, each with its number, oldest first.
pub fn log<'a>(cluster: &ClusterName, lines: impl Iterator<Item = (u64, &'a LogLine)>) -> Table {
    let rows = lines.map(|(number, line)| row(cluster, number, line)).collect();
    Table { rows, ..Table::empty(columns(), "Nothing has been logged yet.") }
}

fn row(cluster: &ClusterName, number: u64, line: &LogLine) -> Row {
    let tone = tone(line.level);
    let mark = match line.level {
        LogLevel::Error => Some(Mark::Critical),
        LogLevel::Warning => Some(Mark::Warning),
        LogLevel::Notice | LogLevel::Info | LogLevel::Debug => None,
    };
    // Built of what is clean: of two thousand lines, none is cleaned again at each picture.
    let plain = |text: &str, tone| Cell { text: text.to_owned(), tone, ..Cell::default() };
    let indent = if mark.is_none() { 2 } else { 0 };
    Row {
        cluster: cluster.clone(),
        subject: Subject::LogLine(number),
        urgency: tone,
        cells: vec![
            plain(time(&line.at), Tone::Faint),
            plain(line.program.strip_prefix("pacemaker-").unwrap_or(&line.program), Tone::Muted),
            Cell { mark, indent, ..plain(&line.text, tone) },
        ],
    }
}

const fn tone(level: LogLevel) -> Tone {
    match level {
        LogLevel::Error => Tone::Critical,
        LogLevel::Warning => Tone::Warning,
        LogLevel::Notice => Tone::Text,
        LogLevel::Info | LogLevel::Debug => Tone::Muted,
    }
}

/// The time of day: hours, minutes and seconds.
fn time(at: &str) -> &str {
    at.split(['T', ' ']).find(|word| word.contains(':')).and_then(|word| word.get(..8)).unwrap_or(at)
}

/// A line in full.
pub fn log_card(cluster: &ClusterName, line: &LogLine) -> Card {
    let fact = |label: &str, text: &str| Fact::plain(label, text);
    let level = line.level.to_string();
    let facts = [("at", line.at.as_str()), ("program", &line.program), ("level", &level)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| fact(label, text));
    let text = Fact { tone: tone(line.level).max(Tone::Text), ..fact("", &line.text) };
    Card {
        title: if line.program.is_empty() { "A line of the log".to_owned() } else { line.program.clone() },
        sort: format!("log of {cluster}"),
        sections: vec![
            Section { heading: "", facts: facts.collect() },
            Section { heading: "message", facts: vec![text] },
        ],
    }
}
