//! The constraints of the CIB.

use jiff::Timestamp;
use serde::Serialize;

use crate::health::constraint_words;
use crate::model::{Cib, Constraint, ConstraintRule, ResourceId, ResourceSet, Role, Score};

/// One constraint. Attributes that its kind doesn't have are `null`.
#[derive(Debug, Default, Serialize)]
pub(super) struct ConstraintStatus<'a> {
    id: &'a str,
    /// `location`, `colocation`, `order`, `ticket`, or the element's own name.
    kind: &'a str,
    words: String,
    leftover: bool,
    /// What is placed, follows, or needs the ticket; empty where `sets` holds it.
    resources: Vec<&'a str>,
    sets: Vec<SetStatus<'a>>,
    /// A number or `INFINITY`, as text.
    score: Option<String>,
    role: Option<&'a str>,
    node: Option<&'a str>,
    rule: Option<&'a str>,
    expires: Option<Timestamp>,
    resource_discovery: Option<&'a str>,
    with: Option<&'a str>,
    with_role: Option<&'a str>,
    node_attribute: Option<&'a str>,
    influence: Option<bool>,
    first: Option<&'a str>,
    first_action: Option<&'a str>,
    then: Option<&'a str>,
    then_action: Option<&'a str>,
    /// `Mandatory`, `Optional`, `Serialize`.
    order_kind: Option<&'a str>,
    symmetrical: Option<bool>,
    require_all: Option<bool>,
    ticket: Option<&'a str>,
    loss_policy: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct SetStatus<'a> {
    resources: Vec<&'a str>,
    sequential: bool,
    require_all: bool,
    action: Option<&'a str>,
    role: Option<&'a str>,
    score: Option<String>,
    /// `listed` or `group`.
    ordering: &'static str,
}

/// Lists the constraints in the CIB's order.
pub(super) fn constraints(cib: &Cib) -> Vec<ConstraintStatus<'_>> {
    cib.constraints.iter().map(ConstraintStatus::new).collect()
}

fn ids(ids: &[ResourceId]) -> Vec<&str> {
    ids.iter().map(AsRef::as_ref).collect()
}

fn text(score: Option<Score>) -> Option<String> {
    score.map(|score| score.to_string())
}

fn word(role: Option<&Role>) -> Option<&str> {
    role.map(Role::word)
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

impl<'a> ConstraintStatus<'a> {
    fn new(constraint: &'a Constraint) -> Self {
        let terms = &constraint.terms;
        Self {
            id: constraint.id.as_str(),
            words: constraint_words(constraint),
            leftover: constraint.is_leftover(),
            expires: constraint.expires,
            resource_discovery: constraint.discovery.as_deref(),
            node_attribute: terms.node_attribute.as_deref(),
            influence: terms.influence,
            symmetrical: terms.symmetrical,
            require_all: terms.require_all,
            ..Self::of_rule(&constraint.rule)
        }
    }

    fn of_rule(rule: &'a ConstraintRule) -> Self {
        match rule {
            ConstraintRule::Location { resource, node, score, role, rule } => Self {
                kind: "location",
                resources: vec![resource.as_str()],
                node: node.as_ref().map(AsRef::as_ref),
                score: text(*score),
                role: word(role.as_ref()),
                rule: filled(rule),
                ..Self::default()
            },
            ConstraintRule::Colocation { resource, with, score, role, with_role } => Self {
                kind: "colocation",
                resources: vec![resource.as_str()],
                with: Some(with.as_str()),
                score: text(*score),
                role: word(role.as_ref()),
                with_role: word(with_role.as_ref()),
                ..Self::default()
            },
            ConstraintRule::Order { first, first_action, then, then_action, kind } => Self {
                kind: "order",
                first: Some(first.as_str()),
                first_action: Some(first_action),
                then: Some(then.as_str()),
                then_action: Some(then_action),
                order_kind: Some(kind),
                ..Self::default()
            },
            ConstraintRule::Ticket { resources, role, ticket, loss_policy } => Self {
                kind: "ticket",
                resources: ids(resources),
                role: word(role.as_ref()),
                ticket: Some(ticket),
                loss_policy: filled(loss_policy),
                ..Self::default()
            },
            ConstraintRule::Set { kind, sets, score, node, order } => Self {
                kind: kind.strip_prefix("rsc_").unwrap_or(kind),
                sets: sets.iter().map(SetStatus::new).collect(),
                score: text(*score),
                node: node.as_ref().map(AsRef::as_ref),
                order_kind: filled(order),
                ..Self::default()
            },
        }
    }
}

impl<'a> SetStatus<'a> {
    fn new(set: &'a ResourceSet) -> Self {
        Self {
            resources: ids(&set.resources),
            sequential: set.sequential,
            require_all: set.require_all,
            action: set.action.as_deref(),
            role: word(set.role.as_ref()),
            score: text(set.score),
            ordering: if set.is_reversed { "listed" } else { "group" },
        }
    }
}
