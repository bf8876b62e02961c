//! Constraints in words, leftovers marked.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::health::{constraint_words, span};
use crate::model::{Ban, Constraint, ConstraintRule, Made, Picture, Role};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("KIND", Width::UpTo(12)),
        Column::new("SAYS", Width::Rest),
        Column::new("", Width::UpTo(30)),
        Column::new("ID", Width::Spare(30)),
        Column::new("BY", Width::Spare(36)),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let rows = match picture.cib.as_deref() {
        Some(cib) => cib.constraints.iter().map(|constraint| of_constraint(source, constraint)).collect(),
        // Without the CIB only the bans are known.
        None => picture.bans.iter().map(|ban| of_ban(source, ban)).collect(),
    };
    Table { rows, ..Table::empty(columns(), "No constraint is configured.") }
}

fn of_constraint(source: &Source<'_>, constraint: &Constraint) -> Row {
    let lasts = lasts(source, constraint);
    let tone = lasts.tone;
    let is_quiet = tone < Tone::Note;
    let by = made(source, constraint).and_then(|made| made.by.as_deref()).unwrap_or_default();
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Constraint(constraint.id.clone()),
        urgency: tone,
        cells: vec![
            Cell::new(kind(&constraint.rule))
                .mark(if tone == Tone::Warning { Mark::Warning } else { Mark::Note })
                .tone(if is_quiet { Tone::Muted } else { tone }),
            Cell::new(constraint_words(constraint)).tone(Tone::Text),
            lasts,
            Cell::new(constraint.id.as_str()).tone(Tone::Faint),
            Cell::new(by),
        ],
    }
}

fn of_ban(source: &Source<'_>, ban: &Ban) -> Row {
    let rule = ConstraintRule::Location {
        resource: ban.resource.clone(),
        node: Some(ban.node.clone()),
        score: Some(ban.weight),
        role: ban.promoted_only.then_some(Role::Promoted),
        rule: String::new(),
    };
    of_constraint(source, &Constraint::new(ban.id.clone(), rule))
}

/// How it came to be, where that is known.
fn made<'a>(source: &Source<'a>, constraint: &Constraint) -> Option<&'a Made> {
    source.picture()?.cib.as_deref()?.made(&constraint.id)
}

/// How long it has been there and how long it applies, where that is not for ever by intention.
fn lasts(source: &Source<'_>, constraint: &Constraint) -> Cell {
    let there = source.there();
    let end = constraint.expires.map(|end| {
        if end <= there {
            "expired".to_owned()
        } else {
            format!("ends in {}", span(end.duration_since(there)))
        }
    });
    let is_left = end.is_none();
    if is_left && !constraint.is_leftover() {
        return Cell::default();
    }
    let made = made(source, constraint);
    let begun = made.map(|made| {
        // Nothing older is known of it than that.
        let least = if made.by.is_some() { "" } else { "> " };
        let word = if is_left { "left" } else { "made" };
        format!("{word} {least}{} ago", span(source.since(made.at)))
    });
    let begun = begun.or_else(|| is_left.then(|| "left over".to_owned()));
    // Without the CIB a ban is all that is known.
    let is_read = source.picture().is_some_and(|seen| seen.cib.is_some());
    let end = end.or_else(|| is_read.then(|| "for ever".to_owned()));
    let words: Vec<String> = begun.into_iter().chain(end).collect();
    Cell::new(words.join(", "))
        .tone(if is_left { Tone::Warning } else { Tone::Note })
        .order(made.map_or(0, |made| -made.at.as_second()))
}

/// What kind of constraint it is.
pub(super) fn kind(rule: &ConstraintRule) -> &str {
    match rule {
        ConstraintRule::Location { .. } => "location",
        ConstraintRule::Colocation { .. } => "colocation",
        ConstraintRule::Order { .. } => "order",
        ConstraintRule::Ticket { .. } => "ticket",
        ConstraintRule::Set { kind, .. } => kind.strip_prefix("rsc_").unwrap_or(kind),
    }
}
