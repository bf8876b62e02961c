//! What is done to a whole cluster, and to its tickets.

use super::resource::{failures_of, recorded, sound};
use super::{AWAIT, Phase, Plan, Refusal, Step, Undo, Wait, senseless, unknown};
use crate::model::{ConstraintRule, FencingOutcome, Picture, ResourceId};
use crate::operation::command;
use crate::operation::goal::Goal;
use crate::operation::guard::Condition;
use crate::operation::scope::{counted, ids, listed};
use crate::operation::simulate::Simulation;
use crate::operation::verb::{Intent, SubjectKind, Verb};

pub(super) fn plan(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    match intent.verb {
        Verb::ClusterMaintenance => maintenance(picture, intent, true),
        Verb::ClusterMaintenanceOff => maintenance(picture, intent, false),
        Verb::CleanupAll => Ok(cleanup_all(picture, intent)),
        Verb::FencingHistoryCleanup => Ok(forget_fencing(picture, intent)),
        Verb::Grant => ticket(picture, intent, true),
        Verb::Revoke => ticket(picture, intent, false),
        other => Err(senseless(other, "acts on no cluster")),
    }
}

const MAINTENANCE_MODE: &str = "maintenance-mode";

fn maintenance(picture: &Picture, intent: &Intent, on: bool) -> Result<Plan, Refusal> {
    let cluster = &intent.cluster;
    if picture.summary.options.maintenance_mode == on {
        let not = if on { "already" } else { "not" };
        return Err(Refusal::Already(format!("{cluster} is {not} in maintenance")));
    }
    let was = picture.cib.as_ref().and_then(|cib| cib.property(MAINTENANCE_MODE)).map(str::to_owned);
    let undo = Undo::Commands {
        commands: vec![command::property(MAINTENANCE_MODE, was.as_deref())],
        goals: vec![Goal::ClusterMaintenance(!on)],
    };
    let title = if on {
        format!("put {cluster} in maintenance")
    } else {
        format!("take {cluster} out of maintenance")
    };
    let mut plan = Plan::new(picture, intent, title, undo);
    if on {
        plan.notes.push("Nothing is started, stopped, moved or watched any more, whatever fails.".to_owned());
    } else {
        plan.notes.push("Everything is checked, and what is not as it should be is put right.".to_owned());
    }
    let go = command::property(MAINTENANCE_MODE, Some(if on { "true" } else { "false" }));
    plan.simulation = (!on).then(|| Simulation::of(&go));
    let guard = vec![
        Condition::Quorum,
        Condition::Dc,
        Condition::Property { name: MAINTENANCE_MODE.to_owned(), value: was },
    ];
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait { goals: vec![Goal::ClusterMaintenance(on)], seconds: AWAIT }),
    ];
    Ok(plan)
}

fn cleanup_all(picture: &Picture, intent: &Intent) -> Plan {
    let all: Vec<_> = picture.primitives().map(|(_, primitive)| primitive).collect();
    let mut of: Vec<ResourceId> = ids(&all);
    // What failed may not be configured any more.
    of.extend(picture.failures.iter().map(|failure| failure.resource.clone()));
    let failures = failures_of(picture, &of, None);
    let undo = Undo::Impossible(
        "What is forgotten can't be brought back. It comes again if the cause is still there.".to_owned(),
    );
    let mut plan = Plan::new(picture, intent, format!("clean up all of {}", intent.cluster), undo);
    plan.notes.push(recorded(&failures));
    plan.concerns = of;
    let goals = vec![Goal::Forgotten(failures), Goal::RunsAgain(sound(&all)), Goal::Settled(None)];
    let mut step = Step::new(command::forget("cleanup", None, None), vec![Condition::Quorum, Condition::Dc]);
    step.seconds = Some(AWAIT);
    plan.phases = vec![Phase::Run(step), Phase::Await(Wait { goals, seconds: AWAIT })];
    plan
}

fn forget_fencing(picture: &Picture, intent: &Intent) -> Plan {
    let over: Vec<String> = picture
        .fencing
        .iter()
        .filter(|event| event.outcome != FencingOutcome::Pending)
        .map(|event| format!("{} of {} ({})", event.action, event.target, event.outcome))
        .collect();
    let undo = Undo::Impossible("The history can't be brought back.".to_owned());
    let mut plan =
        Plan::new(picture, intent, format!("forget the fencing history of {}", intent.cluster), undo);
    plan.notes.push(if over.is_empty() {
        "No fencing is recorded.".to_owned()
    } else {
        format!("Forgets {}: {}.", counted(over.len(), "fencing"), listed(&over))
    });
    plan.phases = vec![
        Phase::Run(Step::new(command::forget_fencing(), vec![Condition::Dc])),
        Phase::Await(Wait { goals: vec![Goal::NoFencingHistory], seconds: AWAIT }),
    ];
    plan
}

fn ticket(picture: &Picture, intent: &Intent, grant: bool) -> Result<Plan, Refusal> {
    let id = intent.subject.as_str();
    let constraints = picture.cib.iter().flat_map(|cib| &cib.constraints);
    let depending: Vec<(&ResourceId, &str)> = constraints
        .flat_map(|constraint| match &constraint.rule {
            ConstraintRule::Ticket { resources, ticket, loss_policy, .. } if ticket == id => {
                resources.iter().map(|resource| (resource, loss_policy.as_str())).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let known = picture.tickets.iter().find(|ticket| ticket.id == id);
    if known.is_none() && depending.is_empty() {
        let names = picture.tickets.iter().map(|ticket| ticket.id.as_str());
        return Err(unknown(SubjectKind::Ticket, intent, id, names));
    }
    if known.is_some_and(|ticket| ticket.granted) == grant {
        let word = if grant { "granted already" } else { "not granted" };
        return Err(Refusal::Already(format!("ticket {id} is {word}")));
    }
    let (option, reverse) = if grant { ("grant", Verb::Revoke) } else { ("revoke", Verb::Grant) };
    let undo = Undo::Intent(intent.reverse(reverse, id, None));
    let mut plan = Plan::new(picture, intent, format!("{option} ticket {id}"), undo);
    let each: Vec<String> = depending
        .iter()
        .map(|(resource, policy)| if grant { resource.to_string() } else { format!("{resource} ({policy})") })
        .collect();
    plan.notes.push(format!(
        "On it {}: {}.",
        if each.len() == 1 { "depends" } else { "depend" },
        listed(&each)
    ));
    if grant {
        plan.notes.push("Make sure that no other site holds it: its resources would run twice.".to_owned());
    }
    plan.simulation = Some(Simulation::Pretend(format!("--ticket-{option}={id}")));
    let guard = vec![Condition::Quorum, Condition::Dc];
    let goals = vec![Goal::Ticket(id.to_owned(), grant), Goal::Settled(None)];
    plan.phases = vec![
        Phase::Run(Step::new(command::ticket(id, option), guard)),
        Phase::Await(Wait { goals, seconds: AWAIT }),
    ];
    Ok(plan)
}
