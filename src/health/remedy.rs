//! What to do about common causes, with commands that can be pasted.

use crate::model::{Node, NodeName, ResourceId};

use super::scene::Scene;
use super::why::barrier::{Barrier, State};
use super::words::shell;

/// What to do where no node may run a resource: something for each kind of barrier, two at most.
pub(super) fn of_barriers(
    scene: &Scene<'_>,
    id: &ResourceId,
    barriers: &[(&Node, Vec<Barrier<'_>>)],
) -> String {
    let mut lines: Vec<String> = Vec::new();
    let all = barriers.iter().flat_map(|(node, all)| all.iter().take(1).map(|barrier| (&node.name, barrier)));
    // What a constraint without a rule excludes for good comes last: it is most likely meant.
    let (lasting, passing): (Vec<_>, Vec<_>) =
        all.partition(|(_, barrier)| matches!(barrier, Barrier::Ban(_) | Barrier::OptIn));
    for (node, barrier) in passing.into_iter().chain(lasting) {
        let line = of_barrier(scene, id, node, barrier);
        if lines.len() < 2 && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join(" ")
}

fn of_barrier(scene: &Scene<'_>, id: &ResourceId, node: &NodeName, barrier: &Barrier<'_>) -> String {
    let (resource, host) = (shell(id), shell(node));
    match barrier {
        Barrier::Ban(constraint) if constraint.starts_with("cli-") => {
            format!(
                "Clear the leftover ban if nobody needs it: `crm_resource --clear --resource {resource}`."
            )
        }
        Barrier::Ban(constraint) => {
            format!("Check whether {constraint} is meant: `cibadmin --query --scope constraints`.")
        }
        Barrier::Rule(constraint, values) if values.is_empty() => {
            format!(
                "Wait until the rule of {constraint} no longer holds, or change it: `cibadmin --query --scope constraints`."
            )
        }
        Barrier::Rule(constraint, values) => {
            let attribute = values.split(' ').next().unwrap_or_default();
            let what = if scene.is_connectivity(attribute) {
                "Repair the network or the ping targets"
            } else {
                "Repair what the attribute reports"
            };
            format!(
                "{what}: {constraint} looks at `attrd_updater --query --all --name {}`.",
                shell(attribute)
            )
        }
        Barrier::State(State::Standby) => {
            format!("End the standby when the work is done: `crm_standby --node {host} --delete`.")
        }
        Barrier::State(State::StandbyOnFail) | Barrier::Failed => {
            format!(
                "Repair the cause, then forget the failures: `crm_resource --cleanup --resource {resource}`."
            )
        }
        Barrier::State(State::Offline) => {
            format!("Bring {node} back: check its power and network, then start Pacemaker there.")
        }
        Barrier::State(_) => format!("Wait for {node}, or check it: `crm_mon -1 -r`."),
        Barrier::Health(_) => {
            format!("Repair what makes {node} unhealthy: its `#health` attributes say what was found.")
        }
        Barrier::Room(name, ..) => {
            format!("Free or add {name}: stop or move something, or correct the node's utilization.")
        }
        Barrier::Without(leader, _) => {
            format!("Ask why {leader} isn't there: `crm_resource --why --resource {}`.", shell(leader))
        }
        Barrier::Beside(leader, _) => format!("Move {leader} away, or add a node."),
        Barrier::OptIn => format!("Add a location constraint for {id}: the cluster is opt-in."),
        Barrier::Undiscovered => {
            "Check the constraints with resource-discovery: `cibadmin --query --scope constraints`."
                .to_owned()
        }
    }
}
