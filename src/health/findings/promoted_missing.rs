//! A promotable clone that has nobody, or too few, promoted.

use std::collections::BTreeSet;

use crate::health::Severity;
use crate::health::agent;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::drbd;
use crate::health::fix::Remedy;
use crate::health::incident::{self, Aftermath, Incident};
use crate::health::scene::{Scene, base};
use crate::health::words::{first_lines, listed, names, plural};
use crate::model::{
    Ban, CloneResource, ConstraintId, ConstraintRule, NodeAttribute, NodeName, Primitive, Resource, Role,
    Score,
};

pub(super) const CHECK: Check = Check {
    code: "promoted-missing",
    meaning: "A promotable clone runs without a promoted instance (critical), or with fewer than promoted-max (warning).",
    many: Many::Folded("promotable clone", "lack a promoted instance"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.standstill.is_some() {
        return Vec::new();
    }
    let clones = scene.picture.resources.iter().filter_map(|resource| match resource {
        Resource::Clone(clone) if clone.promotable => Some(clone),
        _ => None,
    });
    clones.filter_map(|clone| verdict(scene, clone)).collect()
}

fn verdict(scene: &Scene<'_>, clone: &CloneResource) -> Option<Verdict> {
    let instances: Vec<&Primitive> = clone
        .instances
        .iter()
        .flat_map(Resource::primitives)
        .map(|(_, primitive)| primitive)
        .filter(|primitive| primitive.active)
        .collect();
    let unwanted = clone.target_role == Some(Role::Stopped)
        || scene.parts(base(&clone.id)).any(|part| scene.demoted_by(part).is_some());
    // The finding on the ticket tells.
    let has_lost_ticket =
        scene.parts(base(&clone.id)).any(|part| scene.lost_promotion_ticket(part).is_some());
    let moving = instances.iter().any(|primitive| primitive.role.is_transient());
    // That Pacemaker leaves it alone is told by another finding, and explains it.
    let left_alone =
        !scene.in_maintenance() && instances.iter().all(|primitive| !primitive.managed && !primitive.blocked);
    if instances.is_empty() || unwanted || moving || left_alone || has_lost_ticket {
        return None;
    }
    let promoted = instances.iter().filter(|primitive| primitive.role == Role::Promoted).count();
    let most = most_promoted(scene, clone);
    let able: Vec<_> = instances.iter().filter(|primitive| !is_barred(scene, clone, primitive)).collect();
    if promoted >= most.min(able.len()).max(usize::from(most > 0)) {
        return None;
    }
    let id = &clone.id;
    let waiting = able.iter().filter(|primitive| primitive.role != Role::Promoted);
    let waiting = names(waiting.flat_map(|primitive| &primitive.nodes));
    let agent = instances.first().map_or("", |primitive| primitive.agent.as_str());
    let failed: Vec<&Incident<'_>> = scene
        .incidents
        .iter()
        .filter(|incident| matches!(incident.aftermath, Aftermath::Unpromoted(_)))
        .filter(|incident| instances.iter().any(|one| base(&one.id) == base(&incident.failure.resource)))
        .collect();
    let fenced = drbd::fence(scene, clone);
    let nodes: Vec<&NodeName> = instances.iter().flat_map(|primitive| &primitive.nodes).collect();
    let told = agent::states(scene, agent, &nodes);
    // Without the CIB it isn't known whether it depends on the ticket.
    let doubtful = scene.doubtful_ticket();
    let bar = barred_everywhere(scene, clone, &instances);
    let (severity, summary) = if promoted == 0 {
        let why = failed
            .first()
            .map(|incident| incident::reason(incident.failure))
            .or_else(|| fenced.as_ref().map(drbd::Fence::words))
            .or_else(|| told.first().cloned())
            .or_else(|| bar.clone())
            .or_else(|| low_scores(scene, clone, &instances))
            .or_else(|| doubtful.map(|ticket| format!("ticket {ticket} isn't held here")));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        (Severity::Critical, format!("{id} has no promoted instance{why}"))
    } else {
        let of = plural(most.min(able.len()), "instance");
        (Severity::Warning, format!("{id}: {promoted} of {of} promoted (not on {waiting})"))
    };
    // Nobody promotes anything in maintenance, and the user who set that knows.
    let is_doubtful = scene.in_maintenance() || doubtful.is_some();
    let severity = if is_doubtful { severity.min(Severity::Warning) } else { severity };
    let barred = instances.iter().filter(|primitive| is_barred(scene, clone, primitive));
    let barred: Vec<_> = barred.flat_map(|primitive| &primitive.nodes).collect();
    let scores = scores(scene, &instances);
    let remedy = match (&fenced, failed.first()) {
        (Some(fence), _) => fence.remedy().into(),
        (None, Some(incident)) => {
            let forget = Remedy::from("Repair what the agent reports, then forget the failure: ");
            forget + incident.cleanup() + format!(". {}", agent::advice(agent)).trim_end()
        }
        (None, None) if bar.is_some() => {
            "Check whether these constraints are meant: `cibadmin --query --scope constraints`.".into()
        }
        (None, None) => format!(
            "Check the agent's own log and {}: an instance with a negative promotion score, or without one, is not promoted. {}",
            scene.tools().why(id),
            agent::advice(agent)
        )
        .trim_end()
        .into(),
    };
    let verdict = Verdict::new(severity, id, summary)
        .because([format!("{} running", plural(instances.len(), "instance"))])
        .because(
            failed
                .iter()
                .take(3)
                .flat_map(|incident| std::iter::once(incident.summary()).chain(incident.evidence(scene))),
        )
        .because(
            (!barred.is_empty())
                .then(|| format!("a constraint bars the promoted role from {}", names(barred))),
        )
        .because(fenced.as_ref().map(drbd::Fence::line))
        .because(told)
        .because(first_lines(
            scores.map(|score| format!("{} on {}: {}", score.name, score.node, score.value)),
        ))
        .waiting(scene.downs.line(scene, id))
        .remedy(remedy);
    Some(verdict)
}

/// Whether constraints bar the promoted role from every node that has an instance: `np bars promotion on n1 and n2`.
fn barred_everywhere(scene: &Scene<'_>, clone: &CloneResource, instances: &[&Primitive]) -> Option<String> {
    if !instances.iter().all(|primitive| is_barred(scene, clone, primitive)) {
        return None;
    }
    let bans = instances.iter().flat_map(|primitive| bans_of(scene, clone, primitive));
    let ids: BTreeSet<&ConstraintId> = bans.map(|ban| &ban.id).collect();
    let verb = if ids.len() == 1 { "bars" } else { "bar" };
    let nodes = instances.iter().flat_map(|primitive| &primitive.nodes);
    Some(format!("{} {verb} promotion on {}", names(ids), listed(nodes)))
}

/// Whether the agent's scores alone rule out a promotion: each instance has one, and all are negative. A constraint may add
/// to them.
fn low_scores(scene: &Scene<'_>, clone: &CloneResource, instances: &[&Primitive]) -> Option<String> {
    let is_negative = |node: &NodeName| {
        let mut here = scores(scene, instances).filter(|score| score.node == *node);
        here.next().and_then(|score| Score::parse(&score.value)).is_some_and(Score::is_negative)
    };
    let mut nodes = instances.iter().flat_map(|primitive| &primitive.nodes).peekable();
    let is_raised = scene.constraints().any(|constraint| match &constraint.rule {
        ConstraintRule::Location { resource, score, role: Some(Role::Promoted), .. } => {
            *resource == clone.id && score.is_none_or(|score| !score.is_negative())
        }
        _ => false,
    });
    let is_low = nodes.peek().is_some() && !is_raised && nodes.all(is_negative);
    is_low.then(|| "every promotion score is negative".to_owned())
}

/// The promotion scores that the agent set for those instances.
fn scores<'a>(scene: &Scene<'a>, instances: &[&Primitive]) -> impl Iterator<Item = &'a NodeAttribute> {
    let is_score = |attribute: &&NodeAttribute| {
        attribute.promotes().is_some_and(|part| instances.iter().any(|primitive| base(&primitive.id) == part))
    };
    scene.picture.attributes.iter().filter(is_score)
}

fn most_promoted(scene: &Scene<'_>, clone: &CloneResource) -> usize {
    let configured = scene.picture.cib.as_deref().and_then(|cib| cib.resource(clone.id.as_str()));
    let most = configured
        .and_then(|configured| configured.meta("promoted-max").or_else(|| configured.meta("master-max")));
    most.and_then(|most| most.parse().ok()).unwrap_or(1)
}

fn is_barred(scene: &Scene<'_>, clone: &CloneResource, primitive: &Primitive) -> bool {
    bans_of(scene, clone, primitive).next().is_some()
}

/// The bans that keep the promoted role off the nodes where an instance runs.
fn bans_of<'a>(
    scene: &Scene<'a>,
    clone: &CloneResource,
    primitive: &Primitive,
) -> impl Iterator<Item = &'a Ban> {
    scene.picture.bans.iter().filter(|ban| {
        ban.promoted_only
            && (ban.resource == clone.id || ban.resource == primitive.id)
            && primitive.nodes.contains(&ban.node)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::health::testing::{galera, known, told};
    use crate::model::{Resource, Role};

    #[test]
    fn nobody_is_promoted() {
        let lines = told(|picture| {
            // The promoted instance is the first on the list.
            picture.resources[2] = galera(&["db1", "db2", "db3"], 3);
            if let Resource::Clone(clone) = &mut picture.resources[2]
                && let Resource::Primitive(first) = &mut clone.instances[0]
            {
                first.role = Role::Unpromoted;
            }
        });
        let expected = "critical promoted-missing galera-clone: galera-clone has no promoted instance";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn fewer_than_may_be_are_promoted() {
        let mut cib = known(&["galera-clone"]);
        cib.resources[0].meta.push(("promoted-max".to_owned(), "3".to_owned()));
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        let expected = "warning promoted-missing galera-clone: galera-clone: 1 of 3 instances promoted (not on db2, db3)";
        assert_eq!(lines, [expected]);
    }
}
