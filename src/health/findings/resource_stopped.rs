//! A resource that runs nowhere.

use super::resource_unmanaged;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::down::Down;
use crate::health::fix::{Fix, Remedy};
use crate::health::incident;
use crate::health::remote;
use crate::health::scene::{Placed, Scene, base, on_its_way_words};
use crate::health::why::obstacle::Obstacle;
use crate::health::why::resource::{ask_scheduler, unread};
use crate::health::words::{names, plural};
use crate::model::Resource;

pub(super) const CHECK: Check = Check {
    code: "resource-stopped",
    meaning: "A resource that nobody has stopped on purpose runs nowhere. Of a group the first stopped member is named. A warning while what it follows is starting or stopping.",
    many: Many::Folded("resource", "are stopped but should run"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let single = |down: &&Down<'_>| matches!(down.top, Resource::Primitive(_) | Resource::Group(_));
    let own = scene.downs.own().filter(single).filter(|down| !scene.is_lost_connection(down.id));
    own.map(|down| verdict(scene, down)).collect()
}

fn verdict(scene: &Scene<'_>, down: &Down<'_>) -> Verdict {
    let id = down.id;
    let ids = scene.parts(down.id.as_str()).next().map_or_else(|| vec![down.id], Placed::ids);
    let ahead = scene.ahead_in_transition(&ids);
    let summary = match (&down.obstacle, ahead, down.obstacle.words()) {
        (_, Some(ahead), _) => format!("{id} is stopped, and may be next: {}", on_its_way_words(ahead)),
        (Obstacle::Leader(_), None, Some(words)) => format!("{id} is stopped: it {words}"),
        (_, None, Some(words)) => format!("{id} runs nowhere: {words}"),
        (_, None, None) if scene.in_maintenance() => {
            format!("{id} is stopped, and isn't started while the cluster is in maintenance")
        }
        (_, None, None) => format!("{id} is stopped but should run"),
    };
    // Nobody watches while the cluster is in maintenance; the person who set that knows. What a transition comes to in
    // a moment is not down for good, and would be told so when the transition has ended and left it out.
    let is_certain = !scene.in_maintenance() && ahead.is_none() && !down.is_in_maintenance(scene);
    let severity = if is_certain { Severity::Critical } else { Severity::Warning };
    Verdict::new(severity, id, summary)
        .because(group_line(down.top))
        .because(down.obstacle.evidence())
        .because(remote::guest_of(scene, id))
        .waiting(scene.downs.line(scene, id))
        .because(expired_line(scene, down))
        .because((down.obstacle == Obstacle::Unknown).then(|| unread(scene)).flatten())
        .remedy(remedy(scene, down))
}

fn remedy(scene: &Scene<'_>, down: &Down<'_>) -> Remedy {
    let part = scene.parts(base(down.id)).next();
    if let (Obstacle::Unmanaged, Some(part)) = (&down.obstacle, part) {
        return resource_unmanaged::remedy(scene, part);
    }
    if let Obstacle::NoNode(barriers) = &down.obstacle {
        return crate::health::remedy::of_barriers(scene, down.top.id(), barriers);
    }
    if let Some(remedy) = crate::health::remedy::of_leader(scene, &down.obstacle) {
        return remedy;
    }
    if scene.in_maintenance() && down.obstacle == Obstacle::Unknown {
        return Remedy::from("When the work is done: ") + Fix::ClusterMaintenanceOff + ".";
    }
    let target = down.top.id();
    ask_scheduler(scene, target) + " After an old failure: " + Fix::Cleanup(target.clone(), None) + "."
}

/// Failures that bar nothing any more, though they are still on record.
fn expired_line(scene: &Scene<'_>, down: &Down<'_>) -> Option<String> {
    if down.obstacle != Obstacle::Unknown {
        return None;
    }
    let counts = scene.index.counts(base(down.id)).iter();
    let expired = counts.filter(|count| count.at_threshold() && !incident::bars(scene, count));
    let nodes: Vec<_> = expired.map(|count| &count.node).collect();
    let on = names(&nodes);
    (!nodes.is_empty())
        .then(|| format!("its failures on {on} have expired: Pacemaker tries again with the next recheck"))
}

fn group_line(top: &Resource) -> Option<String> {
    let Resource::Group(group) = top else {
        return None;
    };
    let active =
        group.members.iter().flat_map(Resource::primitives).filter(|(_, member)| member.active).count();
    Some(format!("{active} of {} of the group {} run", plural(group.members.len(), "member"), group.id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::health::testing::{
        findings, galera, group, known, lines, primitive, resource, told, vip_follows_promoted,
    };
    use crate::model::{Cib, Constraint, ConstraintRule, Picture, Primitive, Resource, Role};

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
        assert_eq!(findings[0].evidence[0], "1 of 3 members of the group g run");
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
                let order = Constraint::new("order", rule);
                picture.cib =
                    Some(Arc::new(Cib { constraints: vec![order], ..known(&["g", "client", "stranger"]) }));
            }
        };
        let moving = told(picture(Role::Starting));
        assert_eq!(
            moving,
            [
                "critical resource-stopped stranger: stranger is stopped but should run",
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
    fn what_waits_is_told_with_what_it_waits_for() {
        let cib = Cib { constraints: vec![vip_follows_promoted()], ..known(&["vip-db", "galera-clone"]) };
        let findings = findings(|picture| {
            *resource(picture, "vip-db") = primitive("vip-db", DUMMY, &[]);
            picture.resources[2] = galera(&[], 3);
            picture.cib = Some(Arc::new(cib));
        });
        assert_eq!(
            lines(&findings),
            ["critical clone-incomplete galera-clone: galera-clone runs nowhere: none of 3 instances runs"]
        );
        assert!(findings[0].evidence.contains(&"vip-db waits for it".to_owned()), "{:?}", findings[0]);
    }
}
