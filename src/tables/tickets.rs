//! Tickets, and what depends on them.

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::health::lease_words;
use crate::model::{ConstraintRule, Picture, Ticket};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("TICKET", Width::UpTo(24)),
        Column::new("STATE", Width::UpTo(18)),
        Column::new("LAST GRANTED", Width::UpTo(14)),
        Column::new("DEPEND ON IT", Width::Rest),
        Column::new("BOOTH", Width::Spare(48)),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let mut names: Vec<&str> = picture.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
    names.extend(dependents(picture).map(|(ticket, _)| ticket));
    names.sort_unstable();
    names.dedup();
    let rows = names.iter().map(|name| row(source, picture, name));
    Table { rows: rows.collect(), ..Table::empty(columns(), "The cluster knows no ticket.") }
}

/// Every ticket that a constraint names, and who depends on it how.
fn dependents(picture: &Picture) -> impl Iterator<Item = (&str, String)> {
    let constraints = picture.cib.iter().flat_map(|cib| &cib.constraints);
    constraints.flat_map(|constraint| match &constraint.rule {
        ConstraintRule::Ticket { resources, ticket, loss_policy, .. } => {
            let policy = match loss_policy.as_str() {
                "" => String::new(),
                policy => format!(" (if lost: {policy})"),
            };
            resources.iter().map(|resource| (ticket.as_str(), format!("{resource}{policy}"))).collect()
        }
        _ => Vec::new(),
    })
}

fn row(source: &Source<'_>, picture: &Picture, name: &str) -> Row {
    let ticket = picture.tickets.iter().find(|ticket| ticket.id == name);
    let (mark, tone, state) = match ticket {
        Some(Ticket { granted: true, standby: false, .. }) => (Mark::Ok, Tone::Ok, "granted"),
        Some(Ticket { granted: true, .. }) => (Mark::Standby, Tone::Warning, "granted, standby"),
        Some(_) => (Mark::Off, Tone::Note, "not granted here"),
        None => (Mark::Off, Tone::Note, "never granted here"),
    };
    let depend: Vec<String> =
        dependents(picture).filter(|(ticket, _)| *ticket == name).map(|(_, words)| words).collect();
    let lease = picture.ungranted_lease(name);
    let held = lease.map_or_else(String::new, |lease| lease_words(lease, source.there()));
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Ticket(name.to_owned()),
        urgency: tone,
        cells: vec![
            Cell::new(name).mark(mark).tone(tone),
            Cell::new(state).tone(if tone == Tone::Ok { Tone::Muted } else { tone }),
            source.when(ticket.and_then(|ticket| ticket.last_granted)),
            Cell::new(depend.join(", ")),
            Cell::new(held),
        ],
    }
}
