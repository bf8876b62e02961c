//! The columns that are not always wanted.

use super::resources::{self, is_about};
use super::{Cell, Column, Pane, Row, Source, Subject, Table, Tone, Width, tree};
use crate::health::constraint_words;
use crate::model::{Cib, Constraint, ConstraintRule, NodeName, Picture, Resource, ResourceId, Role, Score};

/// What the words of a wide table get, so that the other columns have room beside them.
const WORDS: usize = 36;

/// Adds what else is known to a cluster's table.
pub(super) fn widen(pane: Pane, source: &Source<'_>, picture: &Picture, table: &mut Table) {
    let columns = match pane {
        Pane::Nodes => NODES.as_slice(),
        Pane::Resources => &RESOURCES,
        Pane::Constraints => &CONSTRAINTS,
        _ => return,
    };
    for column in &mut table.columns {
        column.width = match column.width {
            Width::Rest => Width::UpTo(WORDS),
            Width::Spare(most) => Width::Beyond(most),
            width => width,
        };
    }
    if pane == Pane::Resources {
        // The agent's full name says all that its last word does.
        table.columns.pop();
    }
    let usual = table.columns.len();
    table.columns.extend(columns.iter().map(|(heading, most)| Column::new(heading, Width::Beyond(*most))));
    let tree = tree::rows(picture);
    for row in &mut table.rows {
        row.cells.truncate(usual);
        let cells = match &row.subject {
            Subject::Node(name) => of_node(picture, name),
            Subject::Resource(id) => of_resource(picture, &tree, id),
            Subject::Constraint(id) => {
                let cib = picture.cib.as_deref();
                cib.and_then(|cib| cib.constraints.iter().find(|it| it.id == *id)).map_or_else(
                    Vec::new,
                    |it| {
                        let expires = it.expires.map_or_else(String::new, |end| end.to_string());
                        vec![expires, score(&it.rule), rule(it)]
                    },
                )
            }
            _ => Vec::new(),
        };
        add(row, cells, columns.len(), source.observation.current().is_some());
    }
}

/// Adds cells to a row, as many as there are columns.
fn add(row: &mut Row, cells: Vec<String>, count: usize, is_now: bool) {
    let tone = if is_now { Tone::Muted } else { Tone::Faint };
    let cells = cells.into_iter().chain(std::iter::repeat_with(String::new)).take(count);
    row.cells.extend(cells.map(|text| {
        let order = text.parse().unwrap_or(0);
        Cell::new(text).tone(tone).order(order)
    }));
}

const NODES: [(&str, usize); 5] =
    [("KIND", 8), ("ID", 12), ("FEATURES", 10), ("HEALTH", 8), ("ATTRIBUTES", 80)];

fn of_node(picture: &Picture, name: &NodeName) -> Vec<String> {
    let Some(node) = picture.node(name) else { return Vec::new() };
    let attributes = picture.attributes.iter().filter(|attribute| attribute.node == *name);
    let attributes: Vec<String> =
        attributes.map(|attribute| format!("{}={}", attribute.name, attribute.value)).collect();
    vec![
        node.kind.word().to_owned(),
        node.id.clone(),
        node.feature_set.clone().unwrap_or_default(),
        node.health.to_string(),
        attributes.join(" "),
    ]
}

const RESOURCES: [(&str, usize); 6] = [
    ("AGENT", 34),
    ("TARGET ROLE", 12),
    ("MANAGED", 8),
    ("FAILED", 28),
    ("STICKINESS", 10),
    ("THRESHOLD", 9),
];

fn of_resource(picture: &Picture, tree: &[tree::TreeRow<'_>], id: &ResourceId) -> Vec<String> {
    let Some(row) = tree.iter().find(|row| row.resource.id() == id) else { return Vec::new() };
    let primitives = row.resource.primitives();
    let is_managed = primitives.iter().all(|(_, primitive)| primitive.managed);
    let agent = match row.resource {
        Resource::Primitive(primitive) => primitive.agent.clone(),
        Resource::Bundle(bundle) => bundle.image.clone(),
        Resource::Group(_) | Resource::Clone(_) => {
            let mut agents: Vec<&str> = primitives.iter().map(|(_, it)| it.agent.as_str()).collect();
            agents.dedup();
            if let [only] = agents.as_slice() { (*only).to_owned() } else { resources::kind(row.resource) }
        }
    };
    let target = primitives.iter().find_map(|(_, primitive)| primitive.target_role.as_ref());
    let counts = picture.fail_counts.iter().filter(|count| is_about(row.resource, &count.resource));
    let counts: Vec<String> = counts.map(|count| format!("{} on {}", count.count, count.node)).collect();
    vec![
        agent,
        target.map_or_else(String::new, |role: &Role| role.word().to_owned()),
        if is_managed { "yes" } else { "no" }.to_owned(),
        counts.join(", "),
        meta(picture, id, "resource-stickiness"),
        meta(picture, id, "migration-threshold"),
    ]
}

/// A meta attribute: its own, that of what contains it, or the default of all.
pub(super) fn meta(picture: &Picture, id: &ResourceId, name: &str) -> String {
    let Some(cib) = picture.cib.as_deref() else { return String::new() };
    let own = std::iter::successors(configured(cib, id), |it| configured(cib, it.parent.as_ref()?));
    let own = own.take(8).find_map(|it| it.meta(name));
    own.or_else(|| cib.resource_default(name)).unwrap_or_default().to_owned()
}

fn configured<'a>(cib: &'a Cib, id: &ResourceId) -> Option<&'a crate::model::ConfiguredResource> {
    cib.resource(id.as_str()).or_else(|| cib.resource(id.as_str().split(':').next()?))
}

const CONSTRAINTS: [(&str, usize); 3] = [("EXPIRES", 20), ("SCORE", 10), ("RULE", 60)];

fn score(rule: &ConstraintRule) -> String {
    match rule {
        ConstraintRule::Location { score, .. } | ConstraintRule::Colocation { score, .. } => {
            score.map_or_else(String::new, |score: Score| score.to_string())
        }
        ConstraintRule::Order { kind, .. } => kind.clone(),
        ConstraintRule::Ticket { loss_policy, .. } => loss_policy.clone(),
        ConstraintRule::Set { .. } => String::new(),
    }
}

fn rule(constraint: &Constraint) -> String {
    match &constraint.rule {
        ConstraintRule::Location { rule, .. } => rule.clone(),
        ConstraintRule::Set { .. } => constraint_words(constraint),
        _ => String::new(),
    }
}
