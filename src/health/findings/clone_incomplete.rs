//! A clone or bundle of which fewer instances run than could.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::incident::Aftermath;
use crate::health::scene::Scene;
use crate::health::scene::{base, is_host, on_its_way_words};
use crate::health::words::{names, plural, shell};
use crate::model::{
    Bundle, CloneResource, ConstraintRule, Node, NodeName, Primitive, Resource, ResourceId, Role, Score,
};

pub(super) const CHECK: Check = Check {
    code: "clone-incomplete",
    meaning: "A clone does not run on every node that could take an instance, or a bundle lacks replicas: critical when none runs.",
    many: Many::Folded("clone", "are incomplete"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.standstill.is_some() {
        return Vec::new();
    }
    let replicated = scene.picture.resources.iter().filter_map(|resource| match resource {
        Resource::Clone(clone) => of_clone(scene, clone),
        Resource::Bundle(bundle) => of_bundle(scene, bundle),
        Resource::Primitive(_) | Resource::Group(_) => None,
    });
    replicated.collect()
}

/// How many instances run, of how many that could.
struct Tally<'a> {
    running: usize,
    expected: usize,
    /// Nodes that could take an instance and have none.
    missing: Vec<&'a NodeName>,
}

fn of_clone(scene: &Scene<'_>, clone: &CloneResource) -> Option<Verdict> {
    let ids = ids(clone);
    let mut placed = scene.placed.iter();
    if !placed.any(|placed| placed.ids().contains(&&clone.id) && scene.should_run(placed)) {
        return None;
    }
    let tally = tally(scene, clone, &ids);
    if tally.running >= tally.expected || is_told(scene, clone, &tally) {
        return None;
    }
    // A rule over attributes may keep it off a node, and only the scheduler knows.
    let ruled = scene.constraints().any(|constraint| {
        matches!(&constraint.rule, ConstraintRule::Location { resource, node: None, score, .. }
            if ids.contains(&resource) && score.is_none_or(Score::is_negative))
    });
    // It may be next in the transition that is under way; if it is left out, that is told when the transition ended.
    let ahead = scene.ahead_in_transition(&ids);
    let severity = match (tally.running, ruled) {
        (0, _) if ahead.is_some() => Severity::Warning,
        (0, _) => Severity::Critical,
        (_, true) => Severity::Note,
        (_, false) => Severity::Warning,
    };
    let verdict = Verdict::new(severity, &clone.id, summary(&clone.id, &tally))
        .because(ruled.then(|| "a rule decides where it may run".to_owned()))
        .because(scene.waits_for(&ids).map(|why| format!("it {why}")))
        .because(ahead.map(|ahead| format!("a transition is under way: {}", on_its_way_words(ahead))))
        .because(failures(scene, clone))
        .remedy(format!(
            "Ask why it does not run there: `crm_resource --why --resource {0}`. After an old failure: `crm_resource --cleanup --resource {0}`.",
            shell(&clone.id)
        ));
    Some(verdict)
}

fn summary(id: &ResourceId, tally: &Tally<'_>) -> String {
    let place =
        if tally.missing.is_empty() { String::new() } else { format!(" (not on {})", names(&tally.missing)) };
    match tally.running {
        0 => format!("{id}: none of {} runs{place}", plural(tally.expected, "instance")),
        running => format!("{id}: {running} of {} run{place}", plural(tally.expected, "instance")),
    }
}

fn tally<'a>(scene: &'a Scene<'_>, clone: &CloneResource, ids: &[&ResourceId]) -> Tally<'a> {
    let meta = |name: &str| {
        let value = scene.picture.cib.as_deref()?.resource(clone.id.as_str())?.meta(name)?;
        value.parse::<usize>().ok()
    };
    // crm_mon lists an instance for each that may exist, so that their number is clone-max.
    let most = meta("clone-max").unwrap_or(clone.instances.len());
    let a_node = meta("clone-node-max").unwrap_or(1).max(1);
    let hosts: Vec<&NodeName> = hosts(scene, clone, ids).map(|node| &node.name).collect();
    let on = |host: &NodeName| {
        clone.instances.iter().filter(|instance| is_up(instance) && runs_on(instance, host)).count()
    };
    let running: usize = hosts.iter().map(|host| on(host)).sum();
    let elsewhere = clone.instances.iter().filter(|instance| is_up(instance)).count().saturating_sub(running);
    let expected = most.saturating_sub(elsewhere).min(hosts.len().saturating_mul(a_node));
    let missing = hosts.into_iter().filter(|host| on(host) == 0).collect();
    // What runs where nothing new would be placed (a node in maintenance) counts on both sides.
    Tally { running: running + elsewhere, expected: expected + elsewhere, missing }
}

/// The nodes that could take an instance now.
fn hosts<'a>(
    scene: &'a Scene<'_>,
    clone: &CloneResource,
    ids: &[&ResourceId],
) -> impl Iterator<Item = &'a Node> {
    let opt_in = scene.picture.summary.options.symmetric == Some(false);
    let fencing = parts(clone).iter().any(|primitive| primitive.agent.starts_with("stonith:"));
    scene.picture.nodes.iter().filter(move |node| {
        let suitable =
            if fencing { node.kind == crate::model::NodeKind::Member } else { is_host(&node.kind) };
        suitable
            && Scene::is_available(node)
            && !scene.is_banned(ids, &node.name)
            && (!opt_in || is_invited(scene, ids, &node.name))
            && leaders_run(scene, ids, &node.name)
    })
}

/// In an opt-in cluster a resource runs only where a constraint asks for it.
fn is_invited(scene: &Scene<'_>, ids: &[&ResourceId], node: &NodeName) -> bool {
    scene.constraints().any(|constraint| {
        matches!(&constraint.rule, ConstraintRule::Location { resource, node: Some(place), score: Some(score), .. }
            if ids.contains(&resource) && place == node && !score.is_negative())
    })
}

/// Whether everything that it must stand beside runs on that node.
fn leaders_run(scene: &Scene<'_>, ids: &[&ResourceId], node: &NodeName) -> bool {
    scene.constraints().all(|constraint| match &constraint.rule {
        ConstraintRule::Colocation {
            resource,
            with,
            score: Some(Score::Infinity),
            role: None,
            with_role,
        } if ids.contains(&resource) => {
            scene.active(with, with_role.as_ref()).any(|leader| leader.primitive.nodes.contains(node))
        }
        _ => true,
    })
}

/// Whether a finding on a failure tells of every node that lacks an instance.
fn is_told(scene: &Scene<'_>, clone: &CloneResource, tally: &Tally<'_>) -> bool {
    let parts = parts(clone);
    let failed_on = |node: &NodeName| {
        scene.incidents.iter().any(|incident| {
            matches!(incident.aftermath, Aftermath::Down | Aftermath::Blocked)
                && incident.failure.node == *node
                && parts.iter().any(|part| base(&part.id) == base(&incident.failure.resource))
        })
    };
    let blocked = parts.iter().any(|part| part.blocked);
    blocked || (!tally.missing.is_empty() && tally.missing.iter().all(|node| failed_on(node)))
}

fn failures<'a>(scene: &'a Scene<'_>, clone: &CloneResource) -> impl Iterator<Item = String> + 'a {
    let parts: Vec<String> = parts(clone).iter().map(|part| base(&part.id).to_owned()).collect();
    let of_it = move |id: &ResourceId| parts.iter().any(|part| part == base(id));
    let incidents = scene.incidents.iter().filter(move |incident| of_it(&incident.failure.resource));
    incidents.take(3).map(crate::health::incident::Incident::summary)
}

fn of_bundle(scene: &Scene<'_>, bundle: &Bundle) -> Option<Verdict> {
    let wanted =
        scene.placed.iter().any(|placed| placed.ids().contains(&&bundle.id) && scene.should_run(placed));
    let up = |resources: &[Resource]| !resources.is_empty() && resources.iter().all(is_up);
    let running = bundle.replicas.iter().filter(|replica| up(&replica.resources)).count();
    let hosts = scene.picture.nodes.iter().filter(|node| {
        matches!(node.kind, crate::model::NodeKind::Member | crate::model::NodeKind::Remote)
            && Scene::is_available(node)
            && !scene.is_banned(&[&bundle.id], &node.name)
    });
    let a_host = scene
        .picture
        .cib
        .as_deref()
        .and_then(|cib| cib.resource(bundle.id.as_str())?.meta("replicas-per-host")?.parse().ok());
    let expected = bundle.replicas.len().min(hosts.count().saturating_mul(a_host.unwrap_or(1)));
    if !wanted || running >= expected {
        return None;
    }
    let down = bundle.replicas.iter().filter(|replica| !up(&replica.resources)).map(|replica| &replica.id);
    let summary = match running {
        0 => format!("{}: none of {} runs", bundle.id, plural(expected, "replica")),
        running => format!("{}: {running} of {} run", bundle.id, plural(expected, "replica")),
    };
    let severity = if running == 0 { Severity::Critical } else { Severity::Warning };
    let verdict = Verdict::new(severity, &bundle.id, summary)
        .because([format!("not running: replica {}", names(down)), format!("image {}", bundle.image)])
        .remedy(format!(
            "Look at the containers where they should run (`{} ps --all`), then `crm_resource --cleanup --resource {}`.",
            shell(&bundle.container),
            shell(&bundle.id)
        ));
    Some(verdict)
}

/// Whether all of it runs or is on its way.
fn is_up(instance: &Resource) -> bool {
    let parts = instance.primitives();
    let up = |part: &Primitive| part.role != Role::Stopped && (part.active || part.role.is_transient());
    !parts.is_empty() && parts.iter().all(|(_, part)| up(part))
}

fn runs_on(instance: &Resource, node: &NodeName) -> bool {
    instance.primitives().iter().any(|(_, part)| part.nodes.contains(node))
}

fn parts(clone: &CloneResource) -> Vec<&Primitive> {
    clone.instances.iter().flat_map(Resource::primitives).map(|(_, part)| part).collect()
}

/// The ids by which a constraint may mean it: its own, and of what it is made.
pub(super) fn ids(clone: &CloneResource) -> Vec<&ResourceId> {
    let mut ids = vec![&clone.id];
    ids.extend(clone.instances.iter().map(Resource::id));
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, node, told};
    use crate::model::{Ban, Node, NodeKind, Picture, Score};

    /// Three instances on the members, a fourth that runs nowhere, and a remote node.
    fn with_remote(picture: &mut Picture) {
        picture.nodes.push(Node { kind: NodeKind::Remote, ..node("r1") });
        picture.resources[2] = galera(&["db1", "db2", "db3"], 4);
    }

    #[test]
    fn names_the_node_that_lacks_one() {
        let lines = told(|picture| picture.resources[2] = galera(&["db1", "db2"], 3));
        let expected =
            "warning clone-incomplete galera-clone: galera-clone: 2 of 3 instances run (not on db3)";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn bans_and_remote_nodes_are_accounted_for() {
        let expected =
            "warning clone-incomplete galera-clone: galera-clone: 3 of 4 instances run (not on r1)";
        assert_eq!(told(with_remote), [expected]);
        let banned = told(|picture| {
            with_remote(picture);
            picture.bans.push(Ban {
                id: "loc".into(),
                resource: "galera-clone".into(),
                node: "r1".into(),
                weight: Score::MinusInfinity,
                promoted_only: false,
            });
        });
        assert_eq!(banned, Vec::<String>::new());
    }

    #[test]
    fn clone_max_is_enough() {
        let lines = told(|picture| picture.resources[2] = galera(&["db1", "db2"], 2));
        assert_eq!(lines, Vec::<String>::new());
    }
}
