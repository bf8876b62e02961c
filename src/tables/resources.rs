//! The resources as a tree.

use super::index::Index;
use super::tree::{self, TreeRow};
use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::model::{NodeName, Picture, Primitive, Resource, ResourceId, Role};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("RESOURCE", Width::UpTo(30)),
        Column::new("STATE", Width::Rest),
        Column::new("AGENT", Width::Spare(18)),
    ]
}

pub(super) fn table(source: &Source<'_>, picture: &Picture) -> Table {
    let (rows, index) = (tree::rows(picture), Index::new(picture));
    let rows = rows.iter().map(|row| {
        let state = State::within(row, &index);
        Row {
            cluster: source.entry.name.clone(),
            subject: Subject::Resource(row.resource.id().clone()),
            urgency: state.tone,
            cells: vec![
                name(row, &state),
                Cell::new(&state.words).tone(if state.tone == Tone::Ok { Tone::Muted } else { state.tone }),
                Cell::new(kind(row.resource)).tone(Tone::Faint),
            ],
        }
    });
    Table { rows: rows.collect(), ..Table::empty(columns(), "No resource is configured.") }
}

/// The name of a resource with the sign of its state, as deep as it stands.
pub(super) fn name(row: &TreeRow<'_>, state: &State) -> Cell {
    Cell::new(row.resource.id().as_str()).mark(state.mark).tone(state.tone).indent(row.depth * 2)
}

/// The state of a resource or of all that it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) mark: Mark,
    pub(super) tone: Tone,
    pub(super) words: String,
}

impl State {
    /// The state of one row. For many rows see [`State::within`].
    pub(super) fn of(row: &TreeRow<'_>, picture: &Picture) -> Self {
        Self::within(row, &Index::new(picture))
    }

    pub(super) fn within(row: &TreeRow<'_>, index: &Index<'_>) -> Self {
        let state = match row.resource {
            Resource::Primitive(primitive) => Self::of_part(primitive, index),
            Resource::Group(_) | Resource::Clone(_) | Resource::Bundle(_) => Self::of_many(row, index),
        };
        let lost = names(index.failed_on(row.resource).into_iter());
        // What is not there because it failed has no instance to tell of it.
        if lost.is_empty() || state.tone > Tone::Warning {
            return state;
        }
        Self { mark: Mark::Warning, tone: Tone::Warning, words: format!("{}, failed on {lost}", state.words) }
    }

    pub(super) fn of_primitive(primitive: &Primitive, picture: &Picture) -> Self {
        Self::judged(primitive, |name| picture.node(name).is_some_and(|node| node.unclean))
    }

    pub(super) fn of_part(primitive: &Primitive, index: &Index<'_>) -> Self {
        Self::judged(primitive, |name| index.is_unclean(name))
    }

    fn judged(primitive: &Primitive, is_unclean: impl Fn(&NodeName) -> bool) -> Self {
        let on = names(primitive.nodes.iter());
        let mut words = vec![match &primitive.role {
            Role::Started if on.is_empty() => "started".to_owned(),
            Role::Started => on,
            role if on.is_empty() => role.word().to_lowercase(),
            role => format!("{} on {on}", role.word().to_lowercase()),
        }];
        let is_disabled = primitive.target_role == Some(Role::Stopped);
        for (holds, word) in [
            (primitive.blocked, "blocked"),
            (primitive.failed, "failed"),
            (primitive.orphaned, "orphaned"),
            (!primitive.managed, "unmanaged"),
            (primitive.maintenance, "maintenance"),
            (is_disabled, "disabled"),
        ] {
            if holds {
                words.push(word.to_owned());
            }
        }
        // What is said to run on an unclean node may long be dead.
        let unclean = primitive.nodes.iter().find(|name| is_unclean(name));
        words.extend(unclean.map(|node| format!("unknown: {node} is unclean")));
        let (mark, tone) = if primitive.blocked || primitive.failed {
            (Mark::Critical, Tone::Critical)
        } else if unclean.is_some() {
            (Mark::Unknown, Tone::Unknown)
        } else if primitive.role.is_transient() {
            (Mark::Pending, Tone::Transient)
        } else if primitive.orphaned || !primitive.managed {
            (Mark::Warning, Tone::Warning)
        } else if primitive.role == Role::Stopped {
            (Mark::Off, if is_disabled { Tone::Muted } else { Tone::Warning })
        } else if primitive.role == Role::Promoted {
            (Mark::Promoted, Tone::Ok)
        } else {
            (Mark::Ok, Tone::Ok)
        };
        Self { mark, tone, words: words.join(", ") }
    }

    fn of_many(row: &TreeRow<'_>, index: &Index<'_>) -> Self {
        let primitives = row.resource.primitives();
        let states: Vec<Self> =
            primitives.iter().map(|(_, primitive)| Self::of_part(primitive, index)).collect();
        let unknown = states.iter().filter(|state| state.tone == Tone::Unknown).count();
        let worst =
            states.into_iter().filter(|state| state.tone >= Tone::Unknown).max_by_key(|state| state.tone);
        let promoted = primitives.iter().filter(|(_, primitive)| primitive.role == Role::Promoted);
        let promoted = names(promoted.flat_map(|(_, primitive)| &primitive.nodes));
        let mut words = vec![format!("{} running", row.running)];
        if !promoted.is_empty() {
            words.push(format!("promoted on {promoted}"));
        }
        if unknown > 0 {
            words.push(format!("{unknown} unknown"));
        }
        if let Some(worst) = worst {
            return Self { words: words.join(", "), ..worst };
        }
        if row.running == 0 {
            return Self { mark: Mark::Off, tone: Tone::Muted, words: "stopped".to_owned() };
        }
        Self { mark: Mark::Ok, tone: Tone::Ok, words: words.join(", ") }
    }
}

/// The agent's last word, or what kind of container it is.
pub(super) fn kind(resource: &Resource) -> String {
    match resource {
        Resource::Primitive(primitive) => primitive.agent.rsplit(':').next().unwrap_or_default().to_owned(),
        Resource::Group(_) => "group".to_owned(),
        Resource::Clone(clone) if clone.promotable => "promotable clone".to_owned(),
        Resource::Clone(_) => "clone".to_owned(),
        Resource::Bundle(bundle) => format!("{} bundle", bundle.container),
    }
}

/// Whether an id is that of a resource or of a part of it, whatever the instance's number.
pub(super) fn is_about(resource: &Resource, id: &ResourceId) -> bool {
    let base = |id: &ResourceId| id.as_str().split(':').next().map(str::to_owned);
    base(resource.id()) == base(id)
        || resource.primitives().iter().any(|(_, part)| base(&part.id) == base(id))
}

fn names<'a>(nodes: impl Iterator<Item = &'a NodeName>) -> String {
    nodes.map(NodeName::as_str).collect::<Vec<_>>().join(" ")
}
