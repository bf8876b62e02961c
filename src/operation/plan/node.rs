//! What is done to a node.

use super::{AWAIT, Phase, Plan, Refusal, Step, Undo, Wait, known_node, senseless};
use crate::model::{Node, NodeKind, NodeName, Picture, Primitive};
use crate::operation::command;
use crate::operation::goal::Goal;
use crate::operation::guard::Condition;
use crate::operation::scope::{self, listed};
use crate::operation::simulate::Simulation;
use crate::operation::verb::{Intent, Verb};

/// How long all resources of a node may take to leave it.
const LEAVE: u64 = 300;
/// How long `stonith_admin` may take: its own limit is two minutes.
const FENCE: u64 = 150;
/// How long a node may take to boot and join again.
const RETURN: u64 = 600;

pub(super) fn plan(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let node = known_node(picture, intent, &intent.subject)?;
    match intent.verb {
        Verb::Standby => standby(picture, intent, node),
        Verb::Online => online(picture, intent, node),
        Verb::NodeMaintenance => maintenance(picture, intent, node, true),
        Verb::NodeMaintenanceOff => maintenance(picture, intent, node, false),
        Verb::FenceOff => fence(picture, intent, node, false),
        Verb::FenceReboot => fence(picture, intent, node, true),
        Verb::ConfirmDead => confirm_dead(picture, intent, node),
        other => Err(senseless(other, "acts on no node")),
    }
}

fn standby(picture: &Picture, intent: &Intent, node: &Node) -> Result<Plan, Refusal> {
    let name = &node.name;
    if node.standby {
        return Err(Refusal::Already(format!("{name} is in standby already")));
    }
    let undo = Undo::Intent(intent.reverse(Verb::Online, name.as_str(), None));
    let mut plan = Plan::new(picture, intent, format!("put {name} in standby"), undo);
    plan.notes.push(runs_there(picture, name));
    let go = command::node_attribute("nodes", name, "standby", Some("on"));
    let go = command::node_as(go, "standby", "standby", name);
    plan.simulation = Some(Simulation::of(&go));
    let mut guard = vec![Condition::Quorum, Condition::Dc, Condition::NoPendingFencing];
    guard.push(Condition::Standby(name.clone(), false));
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait {
            goals: vec![Goal::Standby(name.clone(), true), Goal::Settled(None)],
            seconds: LEAVE,
        }),
    ];
    Ok(plan)
}

fn online(picture: &Picture, intent: &Intent, node: &Node) -> Result<Plan, Refusal> {
    let name = &node.name;
    if !node.standby {
        return Err(if node.standby_on_fail {
            Refusal::NotNow(format!(
                "{name} is in standby because of a failure (on-fail=standby): clean that up"
            ))
        } else {
            Refusal::Already(format!("{name} is not in standby"))
        });
    }
    let undo = Undo::Intent(intent.reverse(Verb::Standby, name.as_str(), None));
    let mut plan = Plan::new(picture, intent, format!("take {name} out of standby"), undo);
    let for_ever = command::node_attribute("nodes", name, "standby", None);
    let for_ever = command::node_as(for_ever, "unstandby", "online", name);
    plan.simulation = Some(Simulation::of(&for_ever));
    plan.notes.push(format!("Resources may return to {name}."));
    let guard = vec![Condition::Quorum, Condition::Dc, Condition::Standby(name.clone(), true)];
    // It may have been set until the node restarts only: `crm_mon` does not tell which.
    let for_now =
        Step::new(command::node_attribute("status", name, "standby", None), vec![Condition::Quorum]);
    plan.half_way = format!(
        "{name} may still be in standby until its cluster stack restarts; {} ends that.",
        for_now.command.shell()
    );
    let is_out = Goal::Standby(name.clone(), false);
    plan.phases = vec![
        Phase::Run(Step::new(for_ever, guard)),
        Phase::Repair { unless: vec![is_out.clone()], step: for_now },
        Phase::Await(Wait { goals: vec![is_out, Goal::Settled(None)], seconds: AWAIT }),
    ];
    Ok(plan)
}

fn maintenance(picture: &Picture, intent: &Intent, node: &Node, on: bool) -> Result<Plan, Refusal> {
    let name = &node.name;
    if node.maintenance == on {
        let not = if on { "" } else { "not " };
        return Err(Refusal::Already(format!("{name} is {not}in maintenance")));
    }
    if !on && picture.summary.options.maintenance_mode {
        return Err(Refusal::NotNow("the whole cluster is in maintenance: end that".to_owned()));
    }
    let (title, value, pcs, crm, reverse) = if on {
        (
            format!("put {name} in maintenance"),
            Some("true"),
            "maintenance",
            "maintenance",
            Verb::NodeMaintenanceOff,
        )
    } else {
        (format!("take {name} out of maintenance"), None, "unmaintenance", "ready", Verb::NodeMaintenance)
    };
    let undo = Undo::Intent(intent.reverse(reverse, name.as_str(), None));
    let mut plan = Plan::new(picture, intent, title, undo);
    plan.notes.push(runs_there(picture, name));
    let go = command::node_as(command::node_attribute("nodes", name, "maintenance", value), pcs, crm, name);
    plan.simulation = (!on).then(|| Simulation::of(&go));
    let guard = vec![Condition::Quorum, Condition::Dc, Condition::NodeMaintenance(name.clone(), !on)];
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait { goals: vec![Goal::NodeMaintenance(name.clone(), on)], seconds: AWAIT }),
    ];
    Ok(plan)
}

fn fence(picture: &Picture, intent: &Intent, node: &Node, reboot: bool) -> Result<Plan, Refusal> {
    let name = &node.name;
    if matches!(node.kind, NodeKind::Guest { .. } | NodeKind::Bundle { .. }) {
        return Err(senseless(intent.verb, format!("{name} is a resource of the cluster: restart that")));
    }
    let (how, what_then) = if reboot {
        ("reboot", "It is switched off and on, and joins again if its cluster starts at boot.")
    } else {
        ("off", "It stays off until it is switched on by hand.")
    };
    let undo = Undo::Impossible(if reboot {
        "A fencing can't be undone: the node comes back by itself when it has booted.".to_owned()
    } else {
        format!("A fencing can't be undone: switch {name} on.")
    });
    let mut plan = Plan::new(picture, intent, format!("fence {name} ({how})"), undo);
    plan.notes.push(format!("{name} loses power at once, without a shutdown. {what_then}"));
    plan.notes.push(runs_there(picture, name));
    plan.simulation = Some(Simulation::Pretend(format!("--node-fail={name}")));
    let fenced = Goal::Fenced { node: name.clone(), after: last_fencing(picture, name) };
    let guard = vec![
        Condition::Quorum,
        Condition::Dc,
        Condition::NodeExists(name.clone()),
        Condition::NotBeingFenced(name.clone()),
        Condition::CanFence,
    ];
    let mut step = Step::new(command::fence(name, reboot), guard);
    step.seconds = Some(FENCE);
    plan.phases = vec![Phase::Run(step), Phase::Await(Wait { goals: vec![fenced.clone()], seconds: FENCE })];
    let then = if reboot { Goal::NodeOnline(name.clone()) } else { Goal::NodeDead(name.clone()) };
    plan.phases.push(Phase::Await(Wait { goals: vec![fenced, then], seconds: RETURN }));
    Ok(plan)
}

fn confirm_dead(picture: &Picture, intent: &Intent, node: &Node) -> Result<Plan, Refusal> {
    let name = &node.name;
    if !node.online && !node.unclean {
        return Err(Refusal::Already(format!(
            "the cluster does not wait for {name}: it is known to be down"
        )));
    }
    let undo = Undo::Impossible("A confirmation can't be taken back.".to_owned());
    let mut plan = Plan::new(picture, intent, format!("confirm that {name} is dead"), undo);
    plan.notes.push(format!(
        "You vouch that {name} is without power or cut off from all its disks and addresses. If it still lives, its \
         resources will run twice and data will be destroyed."
    ));
    plan.simulation = None;
    let guard = vec![Condition::Dc, Condition::NodeExists(name.clone()), Condition::NodeIsGone(name.clone())];
    let mut step = Step::new(command::confirm(name), guard);
    step.seconds = Some(FENCE);
    plan.phases = vec![
        Phase::Run(step),
        Phase::Await(Wait { goals: vec![Goal::NodeDead(name.clone())], seconds: AWAIT }),
    ];
    Ok(plan)
}

/// When the node was last fenced, as far as is known.
fn last_fencing(picture: &Picture, name: &NodeName) -> Option<jiff::Timestamp> {
    picture.fencing.iter().filter(|event| event.target == *name).filter_map(|event| event.completed).max()
}

fn runs_there(picture: &Picture, name: &NodeName) -> String {
    let there: Vec<&Primitive> = picture
        .primitives()
        .map(|(_, primitive)| primitive)
        .filter(|primitive| primitive.nodes.contains(name))
        .collect();
    if there.is_empty() {
        format!("Nothing runs on {name}.")
    } else {
        format!("On {name} run {}.", listed(&scope::ids(&there)))
    }
}
