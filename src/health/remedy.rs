//! What to do about common causes, with commands that can be pasted.

use crate::model::{Node, NodeName, ResourceId};

use super::fix::{Fix, Remedy};
use super::scene::Scene;
use super::why::barrier::{Barrier, State};
use super::why::obstacle::{Leader, LeaderState, Obstacle};
use super::words::shell;

/// What to do where no node may run a resource: something for each kind of barrier, two at most.
pub(super) fn of_barriers(
    scene: &Scene<'_>,
    id: &ResourceId,
    barriers: &[(&Node, Vec<Barrier<'_>>)],
) -> Remedy {
    let mut lines: Vec<Remedy> = Vec::new();
    let all = barriers.iter().flat_map(|(node, all)| all.iter().take(1).map(|barrier| (&node.name, barrier)));
    // What a constraint without a rule excludes for good comes last: it is most likely meant.
    let (lasting, passing): (Vec<_>, Vec<_>) =
        all.partition(|(_, barrier)| matches!(barrier, Barrier::Ban(_) | Barrier::OptIn));
    let of_state = |state: State| {
        let nodes = passing.iter().filter(move |(_, barrier)| **barrier == Barrier::State(state));
        nodes.map(|(node, _)| *node).collect::<Vec<_>>()
    };
    lines.extend(end_state("standby", &of_state(State::Standby), Fix::Online));
    lines.extend(end_state("maintenance", &of_state(State::Maintenance), Fix::NodeMaintenanceOff));
    for (node, barrier) in passing.into_iter().chain(lasting) {
        let Some(line) = of_barrier(scene, id, node, barrier) else { continue };
        if lines.len() < 2 && !lines.contains(&line) {
            lines.push(line);
        }
    }
    Remedy::join(lines, " ")
}

/// What to do where a resource waits for more instances of a clone; `None` where it waits for something else.
pub(super) fn of_leader(scene: &Scene<'_>, obstacle: &Obstacle<'_>) -> Option<Remedy> {
    let Obstacle::Leader(Leader { id, state: LeaderState::TooFew(..), .. }) = obstacle else { return None };
    let why = scene.tools().why(id);
    Some(
        format!("Ask why no more instances of {id} run: {why}. If fewer are enough, lower its clone-min.")
            .into(),
    )
}

/// The command that shows a node's health attributes: of the one that is worst, or of all.
pub(super) fn health_query(scene: &Scene<'_>, node: &NodeName) -> String {
    let here = scene.index.attributes(node).iter();
    let ill = here.filter(|attribute| attribute.name.starts_with("#health")).max_by_key(|attribute| {
        let rank = |value: &str| match value {
            "green" => 0,
            "yellow" => 1,
            "red" => 2,
            // A score: the lower, the worse.
            _ => i32::from(attribute.value.starts_with('-')),
        };
        rank(&attribute.value)
    });
    match ill {
        Some(attribute) => scene.tools().attribute(node, &attribute.name),
        None => "`crm_mon -1 -A` shows its attributes".to_owned(),
    }
}

fn of_barrier(scene: &Scene<'_>, id: &ResourceId, node: &NodeName, barrier: &Barrier<'_>) -> Option<Remedy> {
    let host = shell(node);
    let line = match barrier {
        Barrier::Ban(constraint) if constraint.starts_with("cli-") => {
            return Some(
                Remedy::from("Clear the leftover ban if it isn't needed: ") + Fix::Clear(id.clone()) + ".",
            );
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
            format!("{what}: {constraint} goes by {}.", scene.tools().attribute_everywhere(attribute))
        }
        // One line for all such nodes.
        Barrier::State(State::Standby | State::Maintenance) => return None,
        Barrier::State(State::StandbyOnFail) | Barrier::Failed => {
            let repair = Remedy::from("Repair the cause, then forget the failures: ");
            return Some(repair + Fix::Cleanup(id.clone(), None) + ".");
        }
        Barrier::Probed(_) => {
            let repair = Remedy::from(format!("Install or repair what the agent needs on {node}, then "));
            return Some(repair + Fix::cleanup(id, node) + ".");
        }
        Barrier::State(State::Offline) => {
            format!("Bring {node} back: check its power and network, then start Pacemaker there.")
        }
        Barrier::State(State::Unclean) => {
            format!("Check the fencing of {node}: `stonith_admin --history {host} --verbose`.")
        }
        Barrier::State(State::Pending | State::ShuttingDown) => {
            format!("Wait for {node}, or check it: `crm_mon -1 -r`.")
        }
        Barrier::Health(_) => {
            format!("Repair what makes {node} unhealthy: {}.", health_query(scene, node))
        }
        Barrier::Room(name, ..) => {
            format!("Free or add {name}: stop or move something, or correct the node's utilization.")
        }
        Barrier::Without(company) => {
            let leader = company.leader;
            format!("Ask why {leader} isn't {}: {}.", company.there(), scene.tools().why(leader))
        }
        Barrier::Beside(company) => match company.place {
            Some((attribute, value)) => {
                format!("Move {} out of {attribute} {value}, or add a node elsewhere.", company.leader)
            }
            None => format!("Move {} away, or add a node.", company.leader),
        },
        Barrier::OptIn => format!("Add a location constraint for {id}: the cluster is opt-in."),
        Barrier::Undiscovered => {
            "Check the constraints with resource-discovery: `cibadmin --query --scope constraints`."
                .to_owned()
        }
    };
    Some(line.into())
}

/// Ends a state that somebody put nodes into, with a command for each of the first few.
fn end_state(state: &str, nodes: &[&NodeName], end: fn(NodeName) -> Fix) -> Option<Remedy> {
    let ends = Remedy::join(nodes.iter().take(MOST_COMMANDS).map(|node| end((*node).clone())), ", ");
    let words = format!("End the {state} when the work is done: ");
    (!ends.is_empty()).then(|| Remedy::from(words) + ends + ".")
}

/// How many nodes' commands one remedy gives.
pub(super) const MOST_COMMANDS: usize = 4;
