//! Constraints in words.

use crate::model::{ConstraintRule, ResourceId, Role, Score, clean};

use super::words::names;

/// What a constraint says, on one line and in words: `vip runs with ms-state promoted, INFINITY`.
pub fn constraint_words(rule: &ConstraintRule) -> String {
    clean(&match rule {
        ConstraintRule::Location { resource, node, score, role, rule } => {
            let who = in_role(resource, role.as_ref());
            let score = scored(*score);
            match (node, rule.is_empty()) {
                // A rule that names the node says besides only when it ends.
                (Some(node), _) => format!("{who} {} {node}, {score}", toward(&score)),
                (None, false) => format!("{who} {} nodes where {rule}, {score}", toward(&score)),
                (None, true) => format!("{who}, {score}, on nodes that are not named"),
            }
        }
        ConstraintRule::Colocation { resource, with, score, role, with_role } => {
            let verb = match score {
                Some(score) if score.is_negative() => "runs apart from",
                _ => "runs with",
            };
            let (who, with) = (in_role(resource, role.as_ref()), in_role(with, with_role.as_ref()));
            format!("{who} {verb} {with}, {}", scored(*score))
        }
        ConstraintRule::Order { first, first_action, then, then_action, kind } => {
            format!("{first_action} {first}, then {then_action} {then}, {}", kind.to_lowercase())
        }
        ConstraintRule::Ticket { resources, role, ticket, loss_policy } => {
            let promoted = if role.as_ref() == Some(&Role::Promoted) { " promoted" } else { "" };
            let verb = if resources.len() == 1 { "needs" } else { "need" };
            let policy = match loss_policy.as_str() {
                "" => String::new(),
                policy => format!(", if lost: {policy}"),
            };
            format!("{}{promoted} {verb} ticket {ticket}{policy}", names(resources))
        }
        rule @ ConstraintRule::Set { .. } => format!("a set of {}", names(rule.named())),
    })
}

/// `g-web`, or `ms-state promoted`.
fn in_role(resource: &ResourceId, role: Option<&Role>) -> String {
    match role {
        None | Some(Role::Started) => resource.to_string(),
        Some(role) => format!("{resource} {}", role.word().to_lowercase()),
    }
}

fn scored(score: Option<Score>) -> String {
    score.map_or_else(|| "by a score that is not known".to_owned(), |score| score.to_string())
}

fn toward(score: &str) -> &'static str {
    match score {
        "-INFINITY" => "never on",
        score if score.starts_with('-') => "rather not on",
        _ => "prefers",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

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
    #[case(None, "", true, "g-web prefers c1n1, by a score that is not known")]
    fn locations(
        #[case] score: Option<Score>,
        #[case] rule: &str,
        #[case] named: bool,
        #[case] expected: &str,
    ) {
        assert_eq!(constraint_words(&location(score, rule, named)), expected);
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
        assert_eq!(constraint_words(&together), "vip runs with ms-state promoted, INFINITY");
        let order = ConstraintRule::Order {
            first: "ms-state".into(),
            first_action: "promote".to_owned(),
            then: "vip".into(),
            then_action: "start".to_owned(),
            kind: "Mandatory".to_owned(),
        };
        assert_eq!(constraint_words(&order), "promote ms-state, then start vip, mandatory");
    }
}
