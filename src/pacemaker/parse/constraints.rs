//! `<bans>` and `<tickets>` of `crm_mon`, `<constraints>` of the CIB.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::limits;
use super::reading::{Reading, role, text};
use crate::model::ResourceId;
use crate::model::text::clean;
use crate::model::{Ban, Constraint, ConstraintRule, Lease, ResourceSet, Score, Terms, Ticket};
use crate::pacemaker::xml::Element;

/// Reads `<bans>`.
pub(super) fn bans(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<Ban> {
    let bans = reading.first(limits::BANS, "bans", root.listed("bans", "ban"));
    let ban = |element: &Element<'_>| Ban {
        id: element.text_of("id").into(),
        resource: element.text_of("resource").into(),
        node: element.text_of("node").into(),
        weight: reading.score(element, "weight").unwrap_or(Score::Finite(0)),
        // `master_only` until 2.1.0, and beside the other since.
        promoted_only: reading
            .flag(element, "promoted-only")
            .or_else(|| reading.flag(element, "master_only"))
            .unwrap_or(false),
    };
    bans.into_iter().map(ban).collect()
}

/// Reads `<tickets>`.
pub(super) fn tickets(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<Ticket> {
    let tickets = reading.first(limits::TICKETS, "tickets", root.listed("tickets", "ticket"));
    let ticket = |element: &Element<'_>| Ticket {
        id: clean(element.text_of("id")),
        granted: granted(element, reading),
        standby: reading.is(element, "standby"),
        last_granted: reading.date(element, "last-granted"),
    };
    tickets.into_iter().map(ticket).collect()
}

/// booth's ids for "no site": its own `NO_ONE`, signed and unsigned, and an empty slot.
const NO_SITE: [&str; 3] = ["-1", "4294967295", "0"];

/// Reads a `<ticket_state>` of the CIB's status; `None` for a ticket without booth's `owner`.
pub(super) fn lease(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<Lease> {
    let owner = text(element, "owner")?;
    let holder = Some(owner).filter(|owner| !NO_SITE.contains(&owner.as_str()));
    let expires = reading.number(element, "expires").filter(|seconds: &i64| holder.is_some() && *seconds > 0);
    Some(Lease {
        ticket: clean(element.text_of("id")),
        holder,
        expires: expires.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    })
}

fn granted(element: &Element<'_>, reading: &mut Reading<'_>) -> bool {
    match element.get("status") {
        Some("granted") => true,
        None | Some("revoked") => false,
        Some(unknown) => {
            reading.odd(element.at, &format!("<ticket> status=\"{unknown}\" is neither granted nor revoked"));
            false
        }
    }
}

/// Reads one child of the CIB's `<constraints>`.
pub(super) fn constraint(element: &Element<'_>, reading: &mut Reading<'_>) -> Constraint {
    Constraint {
        expires: expressions(element).filter_map(|date| end(date, reading)).max(),
        rules: element.named("rule").filter_map(|rule| rule.get("id")).map(Into::into).collect(),
        discovery: text(element, "resource-discovery"),
        terms: Terms {
            symmetrical: reading.flag(element, "symmetrical"),
            require_all: reading.flag(element, "require-all"),
            influence: reading.flag(element, "influence"),
            node_attribute: text(element, "node-attribute"),
        },
        ..Constraint::new(element.text_of("id"), rule(element, reading))
    }
}

fn rule(element: &Element<'_>, reading: &mut Reading<'_>) -> ConstraintRule {
    if element.name != "rsc_ticket" && element.child("resource_set").is_some() {
        return set(element, reading);
    }
    match element.name {
        "rsc_location" => location(element, reading),
        "rsc_colocation" => ConstraintRule::Colocation {
            resource: element.text_of("rsc").into(),
            with: element.text_of("with-rsc").into(),
            score: reading.score(element, "score"),
            role: role(element, "rsc-role"),
            with_role: role(element, "with-rsc-role"),
        },
        "rsc_order" => order(element, reading),
        "rsc_ticket" => ConstraintRule::Ticket {
            resources: reading.first(
                limits::SET,
                "resources of a ticket",
                direct(element).chain(in_sets(element)),
            ),
            role: role(element, "rsc-role")
                .or_else(|| element.named("resource_set").find_map(|set| role(set, "role"))),
            ticket: clean(element.text_of("ticket")),
            loss_policy: clean(element.text_of("loss-policy")),
        },
        _ => set(element, reading),
    }
}

fn direct<'e>(element: &'e Element<'_>) -> impl Iterator<Item = ResourceId> + 'e {
    element.get("rsc").into_iter().map(Into::into)
}

fn in_sets<'e>(element: &'e Element<'_>) -> impl Iterator<Item = ResourceId> + 'e {
    element.listed("resource_set", "resource_ref").filter_map(|reference| reference.get("id")).map(Into::into)
}

fn set(element: &Element<'_>, reading: &mut Reading<'_>) -> ConstraintRule {
    let sets = reading.first(limits::SET, "sets of a constraint", element.named("resource_set"));
    let mut sets: Vec<_> = sets.into_iter().map(|set| resource_set(set, reading)).collect();
    if sets.is_empty() {
        let resources = direct(element).chain(element.get("with-rsc").map(Into::into)).collect();
        sets.push(ResourceSet::of(resources));
    }
    let score = reading.score(element, "score");
    ConstraintRule::Set {
        kind: clean(element.name),
        sets,
        score,
        node: element.get("node").filter(|name| !name.is_empty()).map(Into::into),
        order: if element.name == "rsc_order" { kind(element, score) } else { String::new() },
    }
}

fn resource_set(element: &Element<'_>, reading: &mut Reading<'_>) -> ResourceSet {
    let resources = element.named("resource_ref").filter_map(|reference| reference.get("id")).map(Into::into);
    ResourceSet {
        resources: reading.first(limits::SET, "resources of a set", resources),
        sequential: reading.flag(element, "sequential").unwrap_or(true),
        require_all: reading.flag(element, "require-all").unwrap_or(true),
        action: text(element, "action"),
        role: role(element, "role"),
        score: reading.score(element, "score"),
        is_reversed: element.text_of("ordering").eq_ignore_ascii_case("listed"),
    }
}

/// The kind of an order. Before there were kinds, a score of zero made it optional.
fn kind(element: &Element<'_>, score: Option<Score>) -> String {
    let by_score = if score == Some(Score::Finite(0)) { "Optional" } else { "Mandatory" };
    text(element, "kind").unwrap_or_else(|| by_score.to_owned())
}

fn location(element: &Element<'_>, reading: &mut Reading<'_>) -> ConstraintRule {
    let resource = element.get("rsc").or_else(|| element.get("rsc-pattern")).unwrap_or_default();
    let rules: Vec<_> = element.named("rule").collect();
    let score = match rules.as_slice() {
        [only] if element.get("score").is_none() => reading.score(only, "score"),
        _ => reading.score(element, "score"),
    };
    let rule_role = rules.iter().find_map(|rule| role(rule, "role"));
    ConstraintRule::Location {
        resource: resource.into(),
        node: element
            .get("node")
            .filter(|name| !name.is_empty())
            .or_else(|| node_of_rules(&rules))
            .map(Into::into),
        score,
        role: role(element, "role").or(rule_role),
        rule: clean(&rules.iter().map(|rule| rule_text(rule)).collect::<Vec<_>>().join("; ")),
    }
}

/// The node that a rule names as `crm_resource` writes it for a move or ban with a lifetime: `#uname eq NODE`
/// and nothing that could make it hold for another node.
fn node_of_rules<'a>(rules: &[&'a Element<'_>]) -> Option<&'a str> {
    let [rule] = rules else { return None };
    if rule.text_of("boolean-op") == "or" || rule.named("rule").next().is_some() {
        return None;
    }
    let is_node =
        |part: &&Element<'_>| part.get("attribute") == Some("#uname") && part.get("operation") == Some("eq");
    let mut nodes = rule.named("expression").filter(is_node);
    nodes.next().filter(|_| nodes.next().is_none())?.get("value")
}

fn order(element: &Element<'_>, reading: &mut Reading<'_>) -> ConstraintRule {
    let first_action = text(element, "first-action").unwrap_or_else(|| "start".to_owned());
    ConstraintRule::Order {
        first: element.text_of("first").into(),
        then: element.text_of("then").into(),
        then_action: text(element, "then-action").unwrap_or_else(|| first_action.clone()),
        first_action,
        kind: kind(element, reading.score(element, "score")),
    }
}

/// A rule as text: `pingd lt 1 or not_defined pingd`. Rules inside of it are in brackets.
fn rule_text(rule: &Element<'_>) -> String {
    if let Some(other) = rule.get("id-ref") {
        return format!("rule {other}");
    }
    let word = if rule.text_of("boolean-op") == "or" { " or " } else { " and " };
    let part = |part: &Element<'_>| match part.name {
        "rule" => format!("({})", rule_text(part)),
        "date_expression" => date_text(part),
        _ => {
            let words = match part.text_of("operation") {
                unary @ ("defined" | "not_defined") => [unary, part.text_of("attribute"), ""],
                binary => [part.text_of("attribute"), binary, part.text_of("value")],
            };
            words.join(" ").trim().to_owned()
        }
    };
    rule.children.iter().map(part).collect::<Vec<_>>().join(word)
}

fn date_text(date: &Element<'_>) -> String {
    let mut words = vec!["date".to_owned(), date.get("operation").unwrap_or("in_range").to_owned()];
    words.extend(["start", "end"].iter().filter_map(|name| date.get(name).map(str::to_owned)));
    for detail in &date.children {
        for (name, value) in detail.attributes().filter(|(name, _)| *name != "id") {
            words.push(format!("{name}={value}"));
        }
    }
    words.join(" ")
}

/// The date expressions at or below an element.
fn expressions<'e, 'a>(element: &'e Element<'a>) -> Box<dyn Iterator<Item = &'e Element<'a>> + 'e> {
    let below = element.children.iter().flat_map(expressions);
    let itself = (element.name == "date_expression").then_some(element);
    Box::new(itself.into_iter().chain(below))
}

/// When a date expression stops to hold: its end, or its start and a duration. One that begins to hold (`gt`) has no
/// end.
fn end(date: &Element<'_>, reading: &mut Reading<'_>) -> Option<Timestamp> {
    if let Some(end) = reading.date(date, "end") {
        return Some(end);
    }
    let duration = date.child("duration")?;
    let start = reading.date(date, "start")?;
    let span = span(duration, reading)?;
    start.to_zoned(TimeZone::UTC).checked_add(span).ok().map(|end| end.timestamp())
}

fn span(duration: &Element<'_>, reading: &mut Reading<'_>) -> Option<Span> {
    let mut amount = |name| reading.number::<i64>(duration, name).unwrap_or(0);
    Span::new()
        .try_years(amount("years"))
        .and_then(|span| span.try_months(amount("months")))
        .and_then(|span| span.try_weeks(amount("weeks")))
        .and_then(|span| span.try_days(amount("days")))
        .and_then(|span| span.try_hours(amount("hours")))
        .and_then(|span| span.try_minutes(amount("minutes")))
        .and_then(|span| span.try_seconds(amount("seconds")))
        .ok()
}
