//! A clone or bundle of which fewer instances run than could.

use super::resource_unmanaged;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::down::{Down, waits_for};
use crate::health::fix::{Fix, Remedy};
use crate::health::incident::{self, Aftermath, Incident};
use crate::health::scene::{Scene, base, on_its_way_words};
use crate::health::why::barrier::{self, Barrier};
use crate::health::why::obstacle::Obstacle;
use crate::health::why::resource::{Asked, ask_scheduler, unread};
use crate::health::words::{names, plural, shell};
use crate::model::{Bundle, CloneResource, Node, NodeName, Primitive, Resource, ResourceId, Role, Score};

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
    let downs = scene.downs.own().filter(|down| matches!(down.top, Resource::Clone(_) | Resource::Bundle(_)));
    let partly = scene.picture.resources.iter().filter_map(|resource| match resource {
        Resource::Clone(clone) => of_clone(scene, clone),
        Resource::Bundle(bundle) => of_bundle(scene, bundle),
        Resource::Primitive(_) | Resource::Group(_) => None,
    });
    downs.map(|down| of_down(scene, down)).chain(partly).collect()
}

/// A clone or bundle that runs nowhere.
fn of_down(scene: &Scene<'_>, down: &Down<'_>) -> Verdict {
    let id = down.id;
    let ahead = scene.ahead_in_transition(&[id]);
    let count = match down.top {
        Resource::Bundle(bundle) => plural(bundle.replicas.len(), "replica"),
        other => plural(expected(scene, other), "instance"),
    };
    let summary = match (down.obstacle.words(), ahead) {
        (_, Some(ahead)) => {
            format!("{id}: none of {count} runs, and may be next: {}", on_its_way_words(ahead))
        }
        (Some(words), None) => match down.obstacle {
            Obstacle::Leader(_) => format!("{id} runs nowhere: it {words}"),
            _ => format!("{id} runs nowhere: {words}"),
        },
        (None, None) if scene.in_maintenance() => {
            format!("{id} runs nowhere, and isn't started while the cluster is in maintenance")
        }
        (None, None) => format!("{id} runs nowhere: none of {count} runs"),
    };
    let is_certain = ahead.is_none() && !scene.in_maintenance() && !down.is_in_maintenance(scene);
    let severity = if is_certain { Severity::Critical } else { Severity::Warning };
    let parts: Vec<_> = scene.parts(base(id)).collect();
    let remedy = if let Obstacle::NoNode(barriers) = &down.obstacle {
        crate::health::remedy::of_barriers(scene, id, barriers)
    } else if let (Obstacle::Unmanaged, [first, ..]) = (&down.obstacle, parts.as_slice()) {
        resource_unmanaged::remedy(scene, first)
    } else if let Some(remedy) = crate::health::remedy::of_leader(scene, &down.obstacle) {
        remedy
    } else {
        ask_scheduler(scene, id) + " After an old failure: " + Fix::Cleanup(id.clone(), None) + "."
    };
    Verdict::new(severity, id, summary)
        .because(down.obstacle.evidence())
        .waiting(scene.downs.line(scene, id))
        .because((down.obstacle == Obstacle::Unknown).then(|| unread(scene)).flatten())
        .remedy(remedy)
}

/// How many instances run, of how many that could.
struct Tally<'a> {
    running: usize,
    expected: usize,
    /// Nodes that could take an instance and have none.
    missing: Vec<&'a NodeName>,
}

/// A clone of which some instances run.
fn of_clone(scene: &Scene<'_>, clone: &CloneResource) -> Option<Verdict> {
    let is_up = |instance: &&Resource| is_up(instance);
    let up = clone.instances.iter().filter(is_up).count();
    // Most clones are complete, which is seen at a glance.
    if up == 0 || (up >= clone.instances.len() && up >= most(scene, clone)) {
        return None;
    }
    if !scene.parts(base(&clone.id)).any(|placed| scene.should_run(placed)) {
        return None;
    }
    let asked = Asked::new(scene, &clone.id)?;
    let tally = tally(scene, clone, &asked);
    if tally.running >= tally.expected || is_told(scene, clone, &tally) {
        return None;
    }
    // A rule over attributes may keep it off a node, and only the scheduler knows.
    let unsure = |place: &crate::model::Place<'_>| {
        place.node.is_none()
            && place.score.is_none_or(Score::is_negative)
            && tally.missing.iter().any(|node| barrier::holds(&asked, place, node).is_none())
    };
    let ruled = asked.places().any(|place| unsure(&place));
    let leader = waits_for(scene, &clone.id);
    let ahead = scene.ahead_in_transition(&[&clone.id]);
    let severity = if ruled { Severity::Note } else { Severity::Warning };
    let probed = probed(&asked, &tally.missing);
    let remedy = if probed.is_empty() {
        let why = scene.tools().why(&clone.id);
        Remedy::from(format!("Ask why it does not run there: {why}. After an old failure: "))
            + Fix::Cleanup(clone.id.clone(), None)
            + "."
    } else {
        crate::health::remedy::of_barriers(scene, &clone.id, &probed)
    };
    let verdict = Verdict::new(severity, &clone.id, summary(&clone.id, &tally))
        .because(ruled.then(|| "a rule decides where it may run".to_owned()))
        .because(leader.map(|leader| format!("it {}", leader.words())))
        .because(ahead.map(|ahead| format!("a transition is under way: {}", on_its_way_words(ahead))))
        .because(probed.iter().flat_map(|(node, all)| all.iter().map(|one| barrier::line(&node.name, one))))
        .because(failures(scene, clone))
        .remedy(remedy);
    Some(verdict)
}

/// The nodes without an instance whose probe failed, with its result.
fn probed<'a>(asked: &Asked<'_, 'a>, missing: &[&NodeName]) -> Vec<(&'a Node, Vec<Barrier<'a>>)> {
    let mut barriers = barrier::barriers(asked);
    barriers.retain_mut(|(node, all)| {
        all.retain(|one| matches!(one, Barrier::Probed(_)));
        !all.is_empty() && missing.contains(&&node.name)
    });
    barriers
}

fn summary(id: &ResourceId, tally: &Tally<'_>) -> String {
    let place =
        if tally.missing.is_empty() { String::new() } else { format!(" (not on {})", names(&tally.missing)) };
    format!("{id}: {} of {} run{place}", tally.running, plural(tally.expected, "instance"))
}

/// How many instances a clone may have. `crm_mon` lists an instance for each that may exist.
fn most(scene: &Scene<'_>, clone: &CloneResource) -> usize {
    scene.clone_option(&clone.id, "clone-max").unwrap_or(clone.instances.len())
}

/// How many instances should run, of a clone of which none does.
fn expected(scene: &Scene<'_>, resource: &Resource) -> usize {
    let Resource::Clone(clone) = resource else { return 1 };
    let hosts = Asked::new(scene, &clone.id).map_or(0, |asked| barrier::barriers(&asked).len());
    let a_node = scene.clone_option(&clone.id, "clone-node-max").unwrap_or(1).max(1);
    most(scene, clone).min(hosts.saturating_mul(a_node)).max(1)
}

fn tally<'a>(scene: &'a Scene<'_>, clone: &CloneResource, asked: &Asked<'_, 'a>) -> Tally<'a> {
    let a_node = scene.clone_option(&clone.id, "clone-node-max").unwrap_or(1).max(1);
    // A node where it failed too often is told by that finding; it could take an instance all the same.
    let is_open = |all: &[Barrier<'_>]| all.iter().all(barrier::is_failure);
    let hosts: Vec<&NodeName> = barrier::barriers(asked)
        .into_iter()
        .filter(|(_, all)| is_open(all))
        .map(|(node, _)| &node.name)
        .collect();
    let mut on: std::collections::HashMap<&NodeName, usize> = std::collections::HashMap::new();
    let mut running_in_all = 0;
    for instance in clone.instances.iter().filter(|instance| is_up(instance)) {
        running_in_all += 1;
        let parts = instance.primitives();
        let mut nodes: Vec<&NodeName> = parts.iter().flat_map(|(_, part)| &part.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        for node in nodes {
            *on.entry(node).or_default() += 1;
        }
    }
    let count = |host: &&NodeName| on.get(*host).copied().unwrap_or(0);
    let running: usize = hosts.iter().map(count).sum();
    let elsewhere = usize::saturating_sub(running_in_all, running);
    let expected = most(scene, clone).saturating_sub(elsewhere).min(hosts.len().saturating_mul(a_node));
    let missing = hosts.into_iter().filter(|host| count(host) == 0).collect();
    // What runs where nothing new would be placed (a node in maintenance) counts on both sides.
    Tally { running: running + elsewhere, expected: expected + elsewhere, missing }
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
    incidents.take(3).map(Incident::summary)
}

/// A bundle that lacks replicas; one that runs nowhere is told here only when that is because it failed.
fn of_bundle(scene: &Scene<'_>, bundle: &Bundle) -> Option<Verdict> {
    let mut parts = scene.parts(base(&bundle.id)).peekable();
    let id = &bundle.id;
    parts.peek()?;
    if !parts.any(|placed| scene.should_run(placed)) {
        return None;
    }
    let up = |resources: &[Resource]| {
        !resources.is_empty()
            && resources
                .iter()
                .all(|part| is_up(part) && !part.primitives().iter().any(|(_, one)| one.failed))
    };
    let running = bundle.replicas.iter().filter(|replica| up(&replica.resources)).count();
    let failed = failed_in(scene, id);
    let has_own_finding = scene.downs.is_down(id) && failed.is_empty();
    if has_own_finding || running >= bundle.replicas.len() || running >= expected_replicas(scene, bundle) {
        return None;
    }
    let expected = expected_replicas(scene, bundle);
    let down = bundle.replicas.iter().filter(|replica| !up(&replica.resources)).map(|replica| &replica.id);
    let why = failed.first().map(|incident| format!(": {}", incident::reason(incident.failure)));
    let summary =
        format!("{id}: {running} of {} run{}", plural(expected, "replica"), why.unwrap_or_default());
    let severity = if running == 0 { Severity::Critical } else { Severity::Warning };
    let verdict = Verdict::new(severity, id, summary)
        .because([format!("not running: replica {}", names(down)), format!("image {}", bundle.image)])
        .because(failed.iter().take(6).map(|incident| incident.summary()))
        .because((failed.len() > 6).then(|| format!("and {} more failures", failed.len() - 6)))
        .waiting(scene.downs.line(scene, id))
        .remedy(
            Remedy::from(format!(
                "Check the containers where they should run (`{} ps --all`), then ",
                shell(&bundle.container)
            )) + Fix::Cleanup(id.clone(), None)
                + ".",
        );
    Some(verdict)
}

/// How many replicas could run.
fn expected_replicas(scene: &Scene<'_>, bundle: &Bundle) -> usize {
    let a_host = scene
        .index
        .configured(bundle.id.as_str())
        .and_then(|bundle| bundle.meta("replicas-per-host")?.parse().ok())
        .unwrap_or(1);
    let Some(asked) = Asked::new(scene, &bundle.id) else { return bundle.replicas.len() };
    let is_open = |all: &[Barrier<'_>]| all.iter().all(barrier::is_failure);
    let hosts = barrier::barriers(&asked).iter().filter(|(_, all)| is_open(all)).count();
    let hosts = bundle.replicas.len().min(hosts.saturating_mul(a_host));
    if hosts == 0 { bundle.replicas.len() } else { hosts }
}

/// The failures that keep parts of a bundle down.
fn failed_in<'s, 'a>(scene: &'s Scene<'a>, id: &ResourceId) -> Vec<&'s Incident<'a>> {
    let of_it = |incident: &&Incident<'_>| {
        matches!(incident.aftermath, Aftermath::Down | Aftermath::Blocked)
            && scene.bundle_of(&incident.failure.resource) == Some(id)
    };
    scene.incidents.iter().filter(of_it).collect()
}

/// Whether all of it runs or is on its way.
fn is_up(instance: &Resource) -> bool {
    let parts = instance.primitives();
    let up = |part: &Primitive| part.role != Role::Stopped && (part.active || part.role.is_transient());
    !parts.is_empty() && parts.iter().all(|(_, part)| up(part))
}

fn parts(clone: &CloneResource) -> Vec<&Primitive> {
    clone.instances.iter().flat_map(Resource::primitives).map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::{ago, findings, galera, known, lines, node, primitive, resource, told};
    use crate::model::{Ban, FailedProbe, Node, NodeKind, Picture, Score};

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

    #[test]
    fn a_probe_that_found_nothing_installed_is_the_reason() {
        let probe = |node: &str| FailedProbe {
            node: node.into(),
            resource: "galera".into(),
            exit_code: 5,
            exit_status: "not installed".to_owned(),
            at: None,
        };
        let partly = findings(|picture| {
            picture.resources[2] = galera(&["db1", "db2"], 3);
            picture.failed_probes = vec![probe("db3")];
        });
        let expected =
            "warning clone-incomplete galera-clone: galera-clone: 2 of 3 instances run (not on db3)";
        assert_eq!(lines(&partly), [expected]);
        assert_eq!(partly[0].evidence, ["db3: its probe failed there: not installed"]);
        assert_eq!(
            partly[0].remedy,
            "Install or repair what the agent needs on db3, then `crm_resource --cleanup --resource galera-clone --node db3`."
        );
        let wholly = told(|picture| {
            picture.resources[2] = galera(&[], 3);
            picture.failed_probes = ["db1", "db2", "db3"].map(probe).to_vec();
        });
        let expected = "critical clone-incomplete galera-clone: galera-clone runs nowhere: not installed on db1, db2 and db3";
        assert_eq!(wholly, [expected]);
    }

    #[test]
    fn maintenance_is_the_reason_where_no_other_is_known() {
        let lines = told(|picture| {
            picture.resources[2] = galera(&[], 3);
            *resource(picture, "vip-db") = primitive("vip-db", "ocf:heartbeat:IPaddr2", &[]);
            picture.summary.options.maintenance_mode = true;
        });
        let expected = [
            "warning clone-incomplete galera-clone: galera-clone runs nowhere, and isn't started while the cluster is in maintenance",
            "warning resource-stopped vip-db: vip-db is stopped, and isn't started while the cluster is in maintenance",
        ];
        for line in expected {
            assert!(lines.contains(&line.to_owned()), "{lines:?}");
        }
    }

    #[rstest]
    #[case::in_force(
        61,
        "critical clone-incomplete galera-clone: galera-clone runs nowhere: not installed on db1, db2 and db3"
    )]
    #[case::expired(
        59,
        "critical clone-incomplete galera-clone: galera-clone runs nowhere: none of 3 instances runs"
    )]
    fn a_probe_that_failed_bars_a_node_until_its_timeout(#[case] timeout: i64, #[case] expected: &str) {
        let probe = |node: &str| FailedProbe {
            node: node.into(),
            resource: "galera".into(),
            exit_code: 5,
            exit_status: "not installed".to_owned(),
            at: Some(ago(60)),
        };
        let lines = told(|picture| {
            picture.resources[2] = galera(&[], 3);
            picture.failed_probes = ["db1", "db2", "db3"].map(probe).to_vec();
            let mut cib = known(&["galera-clone", "galera"]);
            cib.resources[1].meta.push(("failure-timeout".to_owned(), format!("{timeout}s")));
            picture.cib = Some(std::sync::Arc::new(cib));
        });
        assert_eq!(lines, [expected]);
    }
}
