//! A resource that runs nowhere.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::incident::Aftermath;
use crate::health::scene::Scene;
use crate::health::scene::{Placed, base, is_host, is_on_its_way, on_its_way_words};
use crate::health::words::{names, plural, shell};
use crate::model::{Node, Resource, Role};

pub(super) const CHECK: Check = Check {
    code: "resource-stopped",
    meaning: "A resource that nobody has stopped on purpose runs nowhere. Of a group the first stopped member is named. A warning while what it follows is starting or stopping.",
    many: Many::Folded("resource", "are stopped but should run"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.standstill.is_some() {
        return Vec::new();
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut groups = Vec::new();
    for placed in scene.placed.iter().filter(|placed| is_down(scene, placed)) {
        if let Some(group) = placed.ancestors.first() {
            // The members behind it wait for it.
            if groups.contains(&group.id()) {
                continue;
            }
            groups.push(group.id());
        }
        verdicts.push(verdict(scene, placed));
    }
    verdicts
}

fn is_down(scene: &Scene<'_>, placed: &Placed<'_>) -> bool {
    let primitive = placed.primitive;
    let stopped =
        !primitive.active && !primitive.failed && !primitive.blocked && primitive.role == Role::Stopped;
    stopped
        && !is_on_its_way(primitive)
        && !placed.is_replicated()
        && scene.should_run(placed)
        && !is_told(scene, placed)
}

/// Whether a failure of it, or of a member of its group before it, or the node that it connects to tells.
fn is_told(scene: &Scene<'_>, placed: &Placed<'_>) -> bool {
    let mut failed = scene.incidents.iter().filter(|incident| incident.aftermath == Aftermath::Down);
    let in_same = |id: &str| match placed.ancestors.first() {
        Some(top) => top.primitives().iter().any(|(_, member)| base(&member.id) == id),
        None => base(&placed.primitive.id) == id,
    };
    let connects = scene
        .picture
        .nodes
        .iter()
        .any(|node| node.name.as_str() == placed.primitive.id.as_str() && (node.unclean || !node.online));
    connects || failed.any(|incident| in_same(base(&incident.failure.resource)))
}

fn verdict(scene: &Scene<'_>, placed: &Placed<'_>) -> Verdict {
    let id = &placed.primitive.id;
    let waits = scene.waits_for(&placed.ids());
    let ahead = scene.ahead_in_transition(&placed.ids());
    let summary = match (&waits, ahead) {
        (_, Some(ahead)) => format!("{id} is stopped, and may be next: {}", on_its_way_words(ahead)),
        (Some(why), None) => format!("{id} is stopped: it {why}"),
        (None, None) => format!("{id} is stopped but should run"),
    };
    // Nobody watches while the cluster is in maintenance; the person who set that knows. What a transition comes to in
    // a moment is not down for good, and would be told so when the transition has ended and left it out.
    let is_certain = !scene.in_maintenance() && ahead.is_none();
    let severity = if is_certain { Severity::Critical } else { Severity::Warning };
    let target = placed.ancestors.first().map_or(id, |top| top.id());
    Verdict::new(severity, id, summary)
        .because(group_line(placed))
        .because(out_of_bounds(scene, placed))
        .because(fencing_line(scene))
        .remedy(format!("Ask why it does not run: `crm_resource --why --resource {0}`, `crm_simulate --live-check --show-scores`. After an old failure: `crm_resource --cleanup --resource {0}`.", shell(target)))
}

fn group_line(placed: &Placed<'_>) -> Option<String> {
    let Some(Resource::Group(group)) = placed.ancestors.first() else {
        return None;
    };
    let active =
        group.members.iter().flat_map(Resource::primitives).filter(|(_, member)| member.active).count();
    Some(format!("{active} of {} of the group {} run", plural(group.members.len(), "member"), group.id))
}

fn out_of_bounds(scene: &Scene<'_>, placed: &Placed<'_>) -> Vec<String> {
    let ids = placed.ids();
    let hosts = || scene.picture.nodes.iter().filter(|node| is_host(&node.kind));
    let line = |words: &str, nodes: Vec<&Node>| {
        (!nodes.is_empty()).then(|| format!("{words} {}", names(nodes.iter().map(|node| &node.name))))
    };
    let banned = hosts().filter(|node| scene.is_banned(&ids, &node.name)).collect();
    let failed = hosts().filter(|node| {
        let mut counts = scene.picture.fail_counts.iter();
        counts.any(|count| {
            count.node == node.name && count.resource == placed.primitive.id && count.at_threshold()
        })
    });
    let away = hosts().filter(|node| !Scene::is_available(node)).collect();
    let lines = [
        line("a constraint bans it from", banned),
        line("it failed too often on", failed.collect()),
        line("not available:", away),
    ];
    lines.into_iter().flatten().collect()
}

fn fencing_line(scene: &Scene<'_>) -> Option<String> {
    let unclean = scene.picture.nodes.iter().filter(|node| node.unclean).map(|node| &node.name);
    let unclean: Vec<_> = unclean.collect();
    (!unclean.is_empty()).then(|| format!("the cluster waits for the fencing of {}", names(unclean)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::health::testing::{findings, galera, group, known, lines, primitive, resource, told};
    use crate::model::{Cib, Constraint, ConstraintRule, Picture, Primitive, Resource, Role, Score};

    const DUMMY: &str = "ocf:heartbeat:Dummy";

    #[test]
    fn of_a_group_the_first_is_told() {
        let findings = findings(|picture| {
            let members = vec![
                primitive("ip", DUMMY, &["db1"]),
                primitive("fs", DUMMY, &[]),
                primitive("app", DUMMY, &[]),
            ];
            picture.resources.push(group("g", members));
        });
        assert_eq!(lines(&findings), ["critical resource-stopped fs: fs is stopped but should run"]);
        assert_eq!(findings[0].evidence, ["1 of 3 members of the group g run"]);
    }

    #[test]
    fn what_a_transition_comes_to_is_not_down_for_good() {
        let picture = |role: Role| {
            move |picture: &mut Picture| {
                let first = Primitive { role, ..primitive("ip", DUMMY, &["db1"]) };
                picture.resources.push(group("g", vec![first, primitive("fs", DUMMY, &[])]));
                picture.resources.push(Resource::Primitive(primitive("client", DUMMY, &[])));
                picture.resources.push(Resource::Primitive(primitive("stranger", DUMMY, &[])));
                let rule = ConstraintRule::Order {
                    first: "g".into(),
                    first_action: "start".to_owned(),
                    then: "client".into(),
                    then_action: "start".to_owned(),
                    kind: "Mandatory".to_owned(),
                };
                let order = Constraint { id: "order".into(), rule, expires: None };
                picture.cib =
                    Some(Arc::new(Cib { constraints: vec![order], ..known(&["g", "client", "stranger"]) }));
            }
        };
        let moving = told(picture(Role::Starting));
        assert_eq!(
            moving,
            [
                "critical resource-stopped stranger: stranger is stopped but should run",
                "warning resource-stopped client: client is stopped, and may be next: ip is starting",
                "warning resource-stopped fs: fs is stopped, and may be next: ip is starting",
            ]
        );
        let over = told(picture(Role::Started));
        assert!(over.iter().all(|line| line.starts_with("critical")), "{over:?}");
    }

    #[test]
    fn many_become_one_line() {
        let findings = findings(|picture| {
            let stopped = |n| Resource::Primitive(primitive(&format!("r{n}"), DUMMY, &[]));
            picture.resources.extend((0..20).map(stopped));
        });
        assert_eq!(
            lines(&findings),
            ["critical resource-stopped db: 20 resources are stopped but should run"]
        );
        assert_eq!(findings[0].evidence[12], "and 8 more");
    }

    #[test]
    fn names_what_it_waits_for() {
        let rule = ConstraintRule::Colocation {
            resource: "vip-db".into(),
            with: "galera-clone".into(),
            score: Some(Score::Infinity),
            role: None,
            with_role: Some(Role::Promoted),
        };
        let constraint = Constraint { id: "col".into(), rule, expires: None };
        let cib = Cib { constraints: vec![constraint], ..known(&["vip-db", "galera-clone"]) };
        let lines = told(|picture| {
            *resource(picture, "vip-db") = primitive("vip-db", DUMMY, &[]);
            picture.resources[2] = galera(&[], 3);
            picture.cib = Some(Arc::new(cib));
        });
        assert_eq!(
            lines,
            [
                "critical clone-incomplete galera-clone: galera-clone: none of 3 instances runs (not on db1, db2, db3)",
                "critical resource-stopped vip-db: vip-db is stopped: it follows galera-clone, which has no promoted instance",
            ]
        );
    }
}
