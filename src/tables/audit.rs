//! What was done from this machine.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Card, Cell, Column, Fact, Mark, Row, Section, Subject, Table, Tone, Width};
use crate::health::span;
use crate::model::{Deed, DeedEvent, clean};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("WHEN", Width::UpTo(16)),
        Column::new("OUTCOME", Width::UpTo(12)),
        Column::new("CLUSTER", Width::UpTo(16)),
        Column::new("WHAT", Width::Rest),
        Column::new("USER", Width::UpTo(12)),
    ]
}

/// Lists what was done, in the order in which it is given; newest first, that is.
pub fn audit(deeds: &[Deed], now: Timestamp) -> Table {
    let rows = deeds.iter().map(|deed| row(deed, now)).collect();
    Table { rows, ..Table::empty(columns(), "Nothing has been done from this machine yet.") }
}

fn row(deed: &Deed, now: Timestamp) -> Row {
    let (mark, tone, word) = outcome(deed);
    let age = now.duration_since(deed.at);
    let when = if age.is_negative() { "just now".to_owned() } else { format!("{} ago", span(age)) };
    Row {
        cluster: deed.cluster.clone(),
        subject: Subject::Deed(deed.id.clone()),
        urgency: tone,
        cells: vec![
            Cell::new(when).order(-deed.at.as_second()),
            Cell::new(word).mark(mark).tone(tone),
            Cell::new(deed.cluster.as_str()).tone(Tone::Text),
            Cell::new(&deed.title).tone(Tone::Text),
            Cell::new(&deed.user.0),
        ],
    }
}

fn outcome(deed: &Deed) -> (Mark, Tone, &str) {
    match deed.outcome.as_ref().map(|outcome| outcome.word.as_str()) {
        Some(word @ "done") => (Mark::Ok, Tone::Ok, word),
        Some(word @ ("refused" | "cancelled")) => (Mark::Note, Tone::Note, word),
        Some(word @ "unknown") => (Mark::Unknown, Tone::Unknown, word),
        Some(word) => (Mark::Critical, Tone::Critical, word),
        None => (Mark::Pending, Tone::Transient, "not ended"),
    }
}

/// Everything that the log says of it; times are told in that zone.
pub fn audit_card(deed: &Deed, zone: &TimeZone) -> Card {
    let at = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%F %T").to_string();
    let (_, tone, word) = outcome(deed);
    let mut facts = vec![Fact { tone: tone.max(Tone::Text), ..Fact::plain("outcome", word) }];
    let words = deed.outcome.iter().map(|outcome| ("", outcome.words.clone()));
    let ended = deed.outcome.iter().map(|outcome| ("ended", at(outcome.at)));
    let reason = (!deed.reason.is_empty()).then(|| ("reason", deed.reason.clone()));
    facts.extend(
        words
            .chain([("began", at(deed.at))])
            .chain(ended)
            .chain([("by", format!("{} (uid {})", deed.user.0, deed.user.1))])
            .chain(reason)
            .chain([("in", deed.cluster.to_string()), ("id", deed.id.clone())])
            .filter(|(_, text)| !text.is_empty())
            .map(|(label, text)| Fact::plain(label, text)),
    );
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%T").to_string();
    let steps = deed.steps.iter().flat_map(|step| match &step.what {
        DeedEvent::Sent { host, argv } => {
            let line = argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            vec![Fact::plain(&clock(step.at), format!("{host}: {line}"))]
        }
        DeedEvent::Ended { outcome, said } => {
            let is_good = outcome == "exit 0";
            let tone = if is_good { Tone::Muted } else { Tone::Warning };
            let mut facts = vec![Fact { tone, ..Fact::plain(&clock(step.at), outcome) }];
            facts.extend(
                said.lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| Fact { tone: Tone::Muted, ..Fact::plain("", line) }),
            );
            facts
        }
        DeedEvent::GivenUp => vec![Fact::plain(&clock(step.at), "that console stopped working on it")],
        DeedEvent::Resumed => vec![Fact::plain(&clock(step.at), "another console went on with it")],
    });
    let steps = steps.collect::<Vec<_>>();
    let sections = [Section { heading: "", facts }, Section { heading: "commands", facts: steps }];
    Card {
        title: clean(&deed.title),
        sort: "from the audit log".to_owned(),
        sections: sections.into_iter().filter(|section| !section.facts.is_empty()).collect(),
    }
}

/// A word as it would be typed into a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
