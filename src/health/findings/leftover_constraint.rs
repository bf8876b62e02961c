//! A constraint that a tool has left behind.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::Scene;
use crate::health::words::{moment, shell, span};
use crate::model::{Ban, Constraint, ConstraintId, ConstraintRule, NodeName, ResourceId, Role};

pub(super) const CHECK: Check = Check {
    code: "leftover-constraint",
    meaning: "A move or a ban by hand has left its constraint behind: the resource won't go back by itself.",
    many: Many::Folded("constraint", "are left over from moves and bans by hand"),
    look: Look::Configuration(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let of_cib = scene.constraints().filter(|constraint| constraint.is_leftover());
    let mut verdicts: Vec<_> = of_cib.map(|constraint| of_constraint(scene, constraint)).collect();
    // Without the CIB only the bans are known, and not when they end.
    let bans = scene.picture.bans.iter().filter(|ban| ban.id.as_str().starts_with("cli-"));
    let unknown = bans.filter(|ban| !scene.constraints().any(|constraint| constraint.makes_ban(&ban.id)));
    verdicts.extend(unknown.map(of_ban));
    verdicts
}

fn of_constraint(scene: &Scene<'_>, constraint: &Constraint) -> Verdict {
    let id = &constraint.id;
    let ConstraintRule::Location { resource, node, score, role, rule } = &constraint.rule else {
        return Verdict::new(Severity::Warning, id, format!("{id} is left over from a command by hand"))
            .remedy(format!("If it is no longer needed: {}.", delete(id)));
    };
    let negative = score.is_some_and(crate::model::Score::is_negative) || id.as_str().starts_with("cli-ban");
    let does = does(resource, node.as_ref(), negative, role.as_ref());
    let now = scene.outlook.now;
    let made = scene.picture.cib.as_deref().and_then(|cib| cib.made(id)).map(|made| match &made.by {
        Some(by) => format!("made {} by {by}", scene.outlook.ago(made.at)),
        None => format!("made {} or before", scene.outlook.ago(made.at)),
    });
    match constraint.expires {
        Some(end) if end <= now => {
            Verdict::new(Severity::Note, id, format!("{id} ({does}) has expired but is still there"))
                .because([format!("expired {}", scene.outlook.ago(end))])
                .because(made)
                .remedy(format!(
                    "It does nothing any more. To tidy up: {}.",
                    scene.tools().clear_expired().map_or_else(|| delete(id), str::to_owned)
                ))
        }
        Some(end) => Verdict::new(
            Severity::Note,
            id,
            format!("{id} {does} for another {}", span(end.duration_since(now))),
        )
        .because([format!("expires {}", moment(end))])
        .because(made)
        .remedy(clear(resource)),
        None => Verdict::new(Severity::Warning, id, format!("{id} {does} for ever"))
            .because(score.map(|score| format!("score {score}, no expiry")))
            .because((!rule.is_empty()).then(|| format!("rule: {rule}")))
            .because(made)
            .remedy(clear(resource)),
    }
}

fn of_ban(ban: &Ban) -> Verdict {
    let role = ban.promoted_only.then_some(Role::Promoted);
    let does = does(&ban.resource, Some(&ban.node), true, role.as_ref());
    Verdict::new(Severity::Warning, &ban.id, format!("{} {does}", ban.id))
        .because([format!("score {}; when it ends is not known", ban.weight)])
        .remedy(clear(&ban.resource))
}

fn does(resource: &ResourceId, node: Option<&NodeName>, negative: bool, role: Option<&Role>) -> String {
    let node = node.map_or("a node that its rule names", NodeName::as_str);
    match (negative, role) {
        (true, Some(Role::Promoted)) => format!("keeps {resource} from being promoted on {node}"),
        (true, _) => format!("keeps {resource} off {node}"),
        (false, Some(Role::Promoted)) => format!("ties the promoted instance of {resource} to {node}"),
        (false, _) => format!("ties {resource} to {node}"),
    }
}

fn delete(id: &ConstraintId) -> String {
    format!("`cibadmin --delete --xpath {}`", shell(format!("//constraints/*[@id=\"{id}\"]")))
}

fn clear(resource: &ResourceId) -> Remedy {
    Remedy::from("If it is no longer needed: ")
        + Fix::Clear(resource.clone())
        + ". The resource may then move."
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use crate::health::testing::{ago, findings, known, told};
    use crate::model::{Ban, Cib, Constraint, ConstraintRule, Made, Score};

    fn cib(expires: Option<Timestamp>) -> Cib {
        let rule = ConstraintRule::Location {
            resource: "vip-db".into(),
            node: Some("db1".into()),
            score: Some(Score::Infinity),
            role: None,
            rule: String::new(),
        };
        let constraint = Constraint { expires, ..Constraint::new("cli-prefer-vip-db", rule) };
        Cib { constraints: vec![constraint], ..known(&["vip-db"]) }
    }

    fn left(expires: Option<Timestamp>) -> Vec<String> {
        told(|picture| picture.cib = Some(Arc::new(cib(expires))))
    }

    #[test]
    fn who_made_it_and_when_is_told_as_far_as_it_is_known() {
        let evidence = |by: Option<&str>| {
            let made = Made { at: ago(300), by: by.map(str::to_owned) };
            let cib = Cib { made: vec![("cli-prefer-vip-db".into(), made)], ..cib(None) };
            let findings = findings(|picture| picture.cib = Some(Arc::new(cib)));
            findings[0].evidence.last().unwrap().clone()
        };
        let then = "made 5 min ago (2027-01-15T07:55:00Z)";
        assert_eq!(evidence(Some("root via pcs on db1")), format!("{then} by root via pcs on db1"));
        assert_eq!(evidence(None), format!("{then} or before"));
    }

    #[test]
    fn for_ever_for_a_while_and_no_more() {
        let head = "leftover-constraint cli-prefer-vip-db: cli-prefer-vip-db";
        assert_eq!(left(None), [format!("warning {head} ties vip-db to db1 for ever")]);
        assert_eq!(left(Some(ago(-600))), [format!("note {head} ties vip-db to db1 for another 10 min")]);
        assert_eq!(
            left(Some(ago(600))),
            [format!("note {head} (ties vip-db to db1) has expired but is still there")]
        );
    }

    #[test]
    fn a_ban_is_known_without_the_cib() {
        let ban = Ban {
            id: "cli-ban-vip-db-on-db2".into(),
            resource: "vip-db".into(),
            node: "db2".into(),
            weight: Score::MinusInfinity,
            promoted_only: false,
        };
        let lines = told(|picture| picture.bans = vec![ban]);
        let expected =
            "warning leftover-constraint cli-ban-vip-db-on-db2: cli-ban-vip-db-on-db2 keeps vip-db off db2";
        assert_eq!(lines, [expected]);
    }
}
