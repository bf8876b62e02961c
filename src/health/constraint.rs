//! Constraints in words.

use jiff::Timestamp;

use crate::model::{
    Constraint, ConstraintRule, Lease, NodeName, ResourceId, ResourceSet, Role, Score, Terms, clean,
};

use super::words::{listed, names, span};

/// Puts a constraint into words, on one line: `vip runs with ms-state promoted, INFINITY`. Attributes that change its
/// effect follow, each with its name: `one instance of db is enough (require-all=false)`.
pub fn constraint_words(constraint: &Constraint) -> String {
    let Constraint { rule, terms, discovery, .. } = constraint;
    let mut words = vec![match rule {
        ConstraintRule::Location { resource, node, score, role, rule } => {
            location(&in_role(resource, role.as_ref()), 1, node.as_ref(), *score, rule)
        }
        ConstraintRule::Colocation { resource, with, score, role, with_role } => {
            let verb = if is_apart(*score) { "runs apart from" } else { "runs with" };
            let (who, with) = (in_role(resource, role.as_ref()), in_role(with, with_role.as_ref()));
            format!("{who} {verb} {with}, {}", scored(*score))
        }
        ConstraintRule::Order { first, first_action, then, then_action, kind } => {
            format!("{first_action} {first}, then {then_action} {then}, {}", kind.to_lowercase())
        }
        ConstraintRule::Ticket { resources, role, ticket, loss_policy } => {
            let role = role.as_ref().filter(|role| **role != Role::Started);
            let role = role.map(|role| format!(" {}", role.word().to_lowercase())).unwrap_or_default();
            let verb = if resources.len() == 1 { "needs" } else { "need" };
            let policy = match loss_policy.as_str() {
                "" => String::new(),
                policy => format!(", if lost: {policy}"),
            };
            format!("{}{role} {verb} ticket {ticket}{policy}", names(resources))
        }
        ConstraintRule::Set { kind, sets, score, node, order } => match kind.as_str() {
            "rsc_order" => ordered_sets(sets, order),
            "rsc_colocation" => colocated_sets(sets, *score),
            "rsc_location" => {
                let all: Vec<_> = sets.iter().flat_map(members).collect();
                location(&listed(&all), all.len(), node.as_ref(), *score, "")
            }
            _ => format!("a set of {}", names(rule.named())),
        },
    }];
    words.extend(qualifiers(rule, terms));
    words.extend(match discovery.as_deref() {
        None | Some("always") => None,
        Some("never") => Some("not probed there (resource-discovery=never)".to_owned()),
        Some("exclusive") => Some("probed only there (resource-discovery=exclusive)".to_owned()),
        Some(other) => Some(format!("resource-discovery={other}")),
    });
    clean(&words.join(", "))
}

/// Says who holds a ticket according to booth: `site id 1023541 holds it, expires in 9 min`. The id is a hash and may be
/// this site's. `there` is the time by the cluster's clock.
pub fn lease_words(lease: &Lease, there: Timestamp) -> String {
    let Some(holder) = &lease.holder else { return "no site holds it".to_owned() };
    let site = format!("site id {holder}");
    clean(&match lease.expires {
        Some(end) if end > there => {
            format!("{site} holds it, expires in {}", span(end.duration_since(there)))
        }
        Some(end) => format!("{site} held it, expired {} ago", span(there.duration_since(end))),
        None => format!("{site} holds it"),
    })
}

/// The attributes that aren't at their default, in words.
fn qualifiers(rule: &ConstraintRule, terms: &Terms) -> Vec<String> {
    let leader = match rule {
        ConstraintRule::Order { first: leader, .. } | ConstraintRule::Colocation { with: leader, .. } => {
            leader.as_str()
        }
        _ => "leader",
    };
    let node_attribute = terms.node_attribute.as_ref();
    let words = [
        node_attribute.map(|name| format!("nodes with the same {name} count as one (node-attribute)")),
        (terms.symmetrical == Some(false)).then(|| {
            let reverse = if only_starts(rule) { "stop in any order" } else { "no reverse order" };
            format!("{reverse} (symmetrical=false)")
        }),
        (terms.require_all == Some(false))
            .then(|| format!("one instance of {leader} is enough (require-all=false)")),
        // The dependent still counts when its leader starts.
        (terms.influence == Some(false)).then(|| format!("never moves a running {leader} (influence=false)")),
    ];
    words.into_iter().flatten().collect()
}

/// Whether an order speaks of starts only, so that its reverse is one of stops.
fn only_starts(rule: &ConstraintRule) -> bool {
    match rule {
        ConstraintRule::Order { first_action, then_action, .. } => {
            first_action == "start" && then_action == "start"
        }
        ConstraintRule::Set { sets, .. } => {
            sets.iter().all(|set| set.action.as_deref().is_none_or(|action| action == "start"))
        }
        _ => false,
    }
}

fn location(who: &str, count: usize, node: Option<&NodeName>, score: Option<Score>, rule: &str) -> String {
    let score = scored(score);
    let verb = match score.as_str() {
        "-INFINITY" => "never on",
        score if score.starts_with('-') => "rather not on",
        _ if count == 1 => "prefers",
        _ => "prefer",
    };
    match (node, rule.is_empty()) {
        // A rule that names the node adds only when it ends.
        (Some(node), _) => format!("{who} {verb} {node}, {score}"),
        (None, false) => format!("{who} {verb} nodes where {rule}, {score}"),
        (None, true) => format!("{who}, {score}, on unnamed nodes"),
    }
}

/// `start a, then b, then promote c and d in any order, mandatory`.
fn ordered_sets(sets: &[ResourceSet], order: &str) -> String {
    let steps = sets.iter().map(|set| {
        let action = set.action.as_deref().unwrap_or("start");
        let all: Vec<_> = members(set).collect();
        match all.len() {
            0 | 1 => format!("{action} {}", names(&all)),
            _ if set.sequential => format!("{action} {}", sequence(&all)),
            _ if set.require_all => format!("{action} {} in any order", listed(&all)),
            _ => format!("{action} any one of {} (require-all=false)", listed(&all)),
        }
    });
    let steps: Vec<_> = steps.collect();
    format!("{}, {}", steps.join(", then "), order.to_lowercase())
}

/// `a and b run with c, INFINITY`: each set follows the next one.
fn colocated_sets(sets: &[ResourceSet], score: Option<Score>) -> String {
    let members_apart = |set: &ResourceSet| is_apart(set.score.or(score));
    let is_apart = match sets {
        [only] => members_apart(only),
        _ => is_apart(score),
    };
    let set_words = |set: &ResourceSet| {
        let all: Vec<_> = members(set).collect();
        // Of a single set the verb says it, of one with a score of its own that score.
        let is_said = sets.len() == 1 || set.score.is_some();
        let alone = match (all.len(), set.sequential, members_apart(set)) {
            (0 | 1, ..) => "",
            (_, false, _) => " (not with each other: sequential=false)",
            (_, true, true) if !is_said => " (also apart from each other)",
            (_, true, false) if set.is_reversed => " (each with the next: ordering=listed)",
            (_, true, _) => "",
        };
        let own = set.score.filter(|_| all.len() > 1 && sets.len() > 1);
        let own = own.map(|score| format!(" ({score} among them)")).unwrap_or_default();
        format!("{}{alone}{own}", listed(&all))
    };
    let verb = if is_apart { "run apart from" } else { "run with" };
    let words = match sets {
        [only] if only.sequential && is_apart => format!("{} run apart", set_words(only)),
        [only] if only.sequential => format!("{} run together", set_words(only)),
        _ => sets.iter().map(set_words).collect::<Vec<_>>().join(&format!(" {verb} ")),
    };
    let score = match sets {
        [only] => only.score.or(score),
        _ => score,
    };
    format!("{words}, {}", scored(score))
}

fn members(set: &ResourceSet) -> impl Iterator<Item = String> + '_ {
    set.resources.iter().map(|id| in_role(id, set.role.as_ref()))
}

/// Names in their order: `a, then b`; of a long list the first ones and how many more there are.
fn sequence(all: &[String]) -> String {
    match all {
        [front @ .., last] if all.len() <= 8 => format!("{}, then {last}", front.join(", then ")),
        _ => names(all),
    }
}

/// `g-web`, or `ms-state promoted`.
fn in_role(resource: &ResourceId, role: Option<&Role>) -> String {
    match role {
        None | Some(Role::Started) => resource.to_string(),
        Some(role) => format!("{resource} {}", role.word().to_lowercase()),
    }
}

fn is_apart(score: Option<Score>) -> bool {
    score.is_some_and(Score::is_negative)
}

fn scored(score: Option<Score>) -> String {
    score.map_or_else(|| "unknown score".to_owned(), |score| score.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(rule: ConstraintRule) -> String {
        constraint_words(&Constraint::new("c", rule))
    }

    fn location(score: Option<Score>, rule: &str, named: bool) -> ConstraintRule {
        ConstraintRule::Location {
            resource: "g-web".into(),
            node: named.then(|| "c1n1".into()),
            score,
            role: None,
            rule: rule.to_owned(),
        }
    }

    #[rstest]
    #[case(Some(Score::Finite(50)), "", true, "g-web prefers c1n1, 50")]
    #[case(Some(Score::Infinity), "", true, "g-web prefers c1n1, INFINITY")]
    #[case(Some(Score::MinusInfinity), "", true, "g-web never on c1n1, -INFINITY")]
    #[case(Some(Score::Finite(-5)), "pingd lt 1", false, "g-web rather not on nodes where pingd lt 1, -5")]
    #[case(None, "", true, "g-web prefers c1n1, unknown score")]
    fn locations(
        #[case] score: Option<Score>,
        #[case] rule: &str,
        #[case] named: bool,
        #[case] expected: &str,
    ) {
        assert_eq!(words(location(score, rule, named)), expected);
    }

    #[rstest]
    #[case(Some("1023541"), Some(540), "site id 1023541 holds it, expires in 9 min")]
    #[case(Some("1023541"), Some(-180), "site id 1023541 held it, expired 3 min ago")]
    #[case(Some("-1206411345"), None, "site id -1206411345 holds it")]
    #[case(Some("evil\u{1b}[2J"), None, "site id evil holds it")]
    #[case(None, None, "no site holds it")]
    fn leases(#[case] holder: Option<&str>, #[case] seconds: Option<i64>, #[case] expected: &str) {
        let there = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(1_000);
        let expires = seconds.map(|seconds| there + jiff::SignedDuration::from_secs(seconds));
        let lease = Lease { ticket: "T".to_owned(), holder: holder.map(str::to_owned), expires };
        assert_eq!(lease_words(&lease, there), expected);
    }

    #[test]
    fn roles_and_hostile_names() {
        let together = ConstraintRule::Colocation {
            resource: "vip\u{1b}[2J".into(),
            with: "ms-state".into(),
            score: Some(Score::Infinity),
            role: None,
            with_role: Some(Role::Promoted),
        };
        assert_eq!(words(together), "vip runs with ms-state promoted, INFINITY");
        let order = ConstraintRule::Order {
            first: "ms-state".into(),
            first_action: "promote".to_owned(),
            then: "vip".into(),
            then_action: "start".to_owned(),
            kind: "Mandatory".to_owned(),
        };
        assert_eq!(words(order), "promote ms-state, then start vip, mandatory");
    }
}
