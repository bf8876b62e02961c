//! Constraints in words, leftovers marked.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::health::{constraint_words, span};
use crate::model::{Ban, Constraint, ConstraintRule, Picture, Role};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("KIND", Width::UpTo(12)),
        Column::new("SAYS", Width::Rest),
        Column::new("", Width::UpTo(22)),
        Column::new("ID", Width::Spare(30)),
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
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Constraint(constraint.id.clone()),
        urgency: tone,
        cells: vec![
            Cell::new(kind(&constraint.rule))
                .mark(if tone == Tone::Warning { Mark::Warning } else { Mark::Note })
                .tone(if is_quiet { Tone::Muted } else { tone }),
            Cell::new(constraint_words(&constraint.rule)).tone(Tone::Text),
            lasts,
            Cell::new(constraint.id.as_str()).tone(Tone::Faint),
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
    of_constraint(source, &Constraint { id: ban.id.clone(), rule, expires: None })
}

/// How long it applies, where that is not for ever by intention. Who made it and when, the CIB does not tell.
fn lasts(source: &Source<'_>, constraint: &Constraint) -> Cell {
    let there = source.there();
    match constraint.expires {
        Some(end) if end <= there => Cell::new("expired").tone(Tone::Note),
        Some(end) => Cell::new(format!("ends in {}", span(end.duration_since(there)))).tone(Tone::Note),
        None if constraint.is_leftover() && source.picture().is_some_and(|seen| seen.cib.is_none()) => {
            Cell::new("left over").tone(Tone::Warning)
        }
        None if constraint.is_leftover() => Cell::new("left over, for ever").tone(Tone::Warning),
        None => Cell::default(),
    }
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
