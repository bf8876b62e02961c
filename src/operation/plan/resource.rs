//! What is done to a resource where it runs.

use super::{AWAIT, OnFailure, Phase, Plan, Refusal, Step, Undo, Wait, known_resource, placement, senseless};
use crate::model::{NodeName, Picture, Primitive, Resource, ResourceId, Role, is_true};
use crate::operation::command::{self, Command};
use crate::operation::goal::{Forgotten, Goal, Running, mark};
use crate::operation::guard::Condition;
use crate::operation::scope::{self, Found, counted, listed};
use crate::operation::simulate::Simulation;
use crate::operation::verb::{Intent, Verb};

/// How long `crm_resource --restart` may take, and a little more for the answer.
const RESTART: u64 = 300;

pub(super) fn plan(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    match intent.verb {
        Verb::Move => placement::move_to(picture, intent),
        Verb::Ban => placement::ban(picture, intent),
        Verb::Clear => placement::clear(picture, intent),
        Verb::Cleanup => forget(picture, intent, "cleanup"),
        Verb::Refresh => forget(picture, intent, "refresh"),
        Verb::Restart => restart(picture, intent),
        Verb::Enable | Verb::Promote => set(picture, intent, TARGET_ROLE, None),
        Verb::Disable => set(picture, intent, TARGET_ROLE, Some("Stopped")),
        Verb::Manage => manage(picture, intent),
        Verb::Unmanage => set(picture, intent, IS_MANAGED, Some("false")),
        Verb::Maintenance => set(picture, intent, MAINTENANCE, Some("true")),
        Verb::MaintenanceOff => set(picture, intent, MAINTENANCE, None),
        Verb::Demote => set(picture, intent, TARGET_ROLE, Some(unpromoted(picture))),
        other => Err(senseless(other, "acts on no resource")),
    }
}

const TARGET_ROLE: &str = "target-role";
const IS_MANAGED: &str = "is-managed";
const MAINTENANCE: &str = "maintenance";

/// The word for the role in the Pacemaker that is there. All versions from 2.1 on know the new one, none before does.
fn unpromoted(picture: &Picture) -> &'static str {
    match placement::promoted_option(picture) {
        command::Which::Master => "Slave",
        command::Which::Promoted | command::Which::Whole => "Unpromoted",
    }
}

/// Sets a meta attribute of a resource, or removes it.
fn set(picture: &Picture, intent: &Intent, name: &str, value: Option<&str>) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let id = acted_on(&found);
    let was = meta(picture, &id, name);
    let verb = intent.verb;
    refuse_needless(picture, intent, &id, was.as_deref())?;
    if matches!(verb, Verb::Promote | Verb::Demote)
        && scope::promotable(found.collective().unwrap_or(found.resource)).is_none()
    {
        return Err(senseless(verb, format!("{id} is no promotable clone")));
    }
    let go = worded(command::meta(id.as_str(), name, value), verb, id.as_str());
    let back = Undo::Commands {
        commands: vec![command::meta(id.as_str(), name, was.as_deref())],
        goals: vec![Goal::Meta { resource: id.clone(), name: name.to_owned(), value: was.clone() }],
    };
    // Where the reverse brings back the very value, it is the better undo: it waits for what follows from it.
    let undo = match (reverse(verb), was.as_deref()) {
        (Some(reverse), None) if value.is_some() => Undo::Intent(intent.reverse(reverse, id.as_str(), None)),
        (Some(reverse), Some("Stopped" | "false" | "true")) if value.is_none() => {
            Undo::Intent(intent.reverse(reverse, id.as_str(), None))
        }
        _ => back,
    };
    let mut plan = Plan::new(picture, intent, format!("{verb} {id}"), undo);
    plan.notes.extend(widened(intent, &id));
    plan.notes.push(touched(picture, &id));
    if matches!(name, TARGET_ROLE) {
        plan.simulation = Some(Simulation::of(&go));
    }
    plan.concerns = scope::ids(&scope::primitives(picture, id.as_str()));
    let mut guard = vec![Condition::Quorum, Condition::Dc, Condition::ResourceExists(id.clone())];
    guard.push(Condition::Meta { resource: id.clone(), name: name.to_owned(), value: was });
    let mut goals =
        vec![Goal::Meta { resource: id.clone(), name: name.to_owned(), value: value.map(str::to_owned) }];
    goals.extend(outcome(verb, &id));
    plan.phases = vec![Phase::Run(Step::new(go, guard)), Phase::Await(Wait { goals, seconds: AWAIT })];
    Ok(plan)
}

/// What is to be seen of the resource itself.
fn outcome(verb: Verb, id: &ResourceId) -> Option<Goal> {
    let id = id.clone();
    match verb {
        Verb::Enable => Some(Goal::Runs(id)),
        Verb::Disable => Some(Goal::Stopped(id)),
        Verb::Unmanage | Verb::Maintenance => Some(Goal::Managed(id, false)),
        Verb::Manage | Verb::MaintenanceOff => Some(Goal::Managed(id, true)),
        Verb::Promote => Some(Goal::Promoted(id)),
        Verb::Demote => Some(Goal::NotPromoted(id)),
        _ => None,
    }
}

const fn reverse(verb: Verb) -> Option<Verb> {
    match verb {
        Verb::Enable => Some(Verb::Disable),
        Verb::Disable => Some(Verb::Enable),
        Verb::Manage => Some(Verb::Unmanage),
        Verb::Unmanage => Some(Verb::Manage),
        Verb::Maintenance => Some(Verb::MaintenanceOff),
        Verb::MaintenanceOff => Some(Verb::Maintenance),
        Verb::Promote => Some(Verb::Demote),
        Verb::Demote => Some(Verb::Promote),
        _ => None,
    }
}

fn worded(command: Command, verb: Verb, id: &str) -> Command {
    match verb {
        Verb::Enable => command::meta_as(command, "enable", "start", id),
        Verb::Disable => command::meta_as(command, "disable", "stop", id),
        Verb::Manage => command::meta_as(command, "manage", "manage", id),
        Verb::Unmanage => command::meta_as(command, "unmanage", "unmanage", id),
        _ => command,
    }
}

/// Refuses what is so already, and what could not help as the cause lies elsewhere.
fn refuse_needless(
    picture: &Picture,
    intent: &Intent,
    id: &ResourceId,
    was: Option<&str>,
) -> Result<(), Refusal> {
    let is_off = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("stopped"));
    let all = scope::primitives(picture, id.as_str());
    let already = match intent.verb {
        Verb::Enable if !is_off(was) => match disabled_above(picture, intent, id) {
            Some(above) => {
                return Err(Refusal::NotNow(format!("{id} is disabled through {above}: enable {above}")));
            }
            None => Some("is not disabled"),
        },
        Verb::Disable if is_off(was) => Some("is disabled already"),
        Verb::Unmanage if was == Some("false") => Some("is unmanaged already"),
        Verb::Maintenance if was == Some("true") => Some("is in maintenance already"),
        Verb::MaintenanceOff if was.is_none_or(|was| was != "true") => {
            Some("is not in maintenance by itself")
        }
        Verb::Promote if was.is_none_or(|was| !matches!(Role::from_word(was), Role::Unpromoted)) => {
            Some("is not demoted")
        }
        Verb::Demote if was.is_some_and(|was| matches!(Role::from_word(was), Role::Unpromoted)) => {
            Some("is demoted already")
        }
        Verb::Demote if all.iter().all(|it| it.role != Role::Promoted) => Some("has no promoted instance"),
        _ => None,
    };
    already.map_or(Ok(()), |why| Err(Refusal::Already(format!("{id} {why}"))))
}

/// What contains the resource and is itself disabled.
fn disabled_above(picture: &Picture, intent: &Intent, id: &ResourceId) -> Option<ResourceId> {
    let found = scope::find(picture, &intent.subject)?;
    let above =
        found.above.iter().map(|resource| ResourceId::from(scope::configured(resource.id().as_str())));
    above.filter(|above| above != id).find(|above| {
        meta(picture, above, TARGET_ROLE).is_some_and(|value| value.eq_ignore_ascii_case("stopped"))
    })
}

/// Pacemaker manages it and all that it contains: what is unmanaged inside is managed as well.
fn manage(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let id = acted_on(&found);
    let configured = picture.cib.iter().flat_map(|cib| &cib.resources);
    let unmanaged: Vec<ResourceId> = configured
        .filter(|it| it.id == id || is_below(picture, it.parent.as_ref(), &id))
        .filter(|it| it.meta(IS_MANAGED).is_some_and(|value| !is_true(value)))
        .map(|it| it.id.clone())
        .collect();
    if unmanaged.is_empty() {
        let above = found.above.iter().find(|above| {
            let above = ResourceId::from(scope::configured(above.id().as_str()));
            meta(picture, &above, IS_MANAGED).is_some_and(|value| !is_true(&value))
        });
        return Err(match above {
            Some(above) => Refusal::NotNow(format!("{id} is unmanaged through {0}: manage {0}", above.id())),
            None => {
                Refusal::Already(format!("nothing in the configuration of {id} says that it is unmanaged"))
            }
        });
    }
    let undo = if unmanaged == [id.clone()] {
        Undo::Intent(intent.reverse(Verb::Unmanage, id.as_str(), None))
    } else {
        let back = |id: &ResourceId| command::meta(id.as_str(), IS_MANAGED, Some("false"));
        let goal = |id: &ResourceId| Goal::Meta {
            resource: id.clone(),
            name: IS_MANAGED.to_owned(),
            value: Some("false".to_owned()),
        };
        Undo::Commands {
            commands: unmanaged.iter().map(back).collect(),
            goals: unmanaged.iter().map(goal).collect(),
        }
    };
    let mut plan = Plan::new(picture, intent, format!("manage {id}"), undo);
    plan.notes.extend(widened(intent, &id));
    plan.notes.push(touched(picture, &id));
    let alone = |one: &ResourceId| Simulation::of(&command::meta(one.as_str(), IS_MANAGED, None));
    plan.simulation = Simulation::together(unmanaged.iter().map(alone));
    plan.concerns = scope::ids(&scope::primitives(picture, id.as_str()));
    plan.half_way = format!(
        "Some of {} may still be unmanaged; {} manages the rest.",
        listed(&unmanaged),
        command::shell(&intent.reverse(Verb::Manage, id.as_str(), None).command_line())
    );
    for one in &unmanaged {
        let guard = vec![Condition::Quorum, Condition::Dc, Condition::ResourceExists(one.clone())];
        let go = command::meta(one.as_str(), IS_MANAGED, None);
        plan.phases.push(Phase::Run(Step::new(worded(go, Verb::Manage, one.as_str()), guard)));
    }
    plan.phases.push(Phase::Await(Wait { goals: vec![Goal::Managed(id, true)], seconds: AWAIT }));
    Ok(plan)
}

fn is_below(picture: &Picture, parent: Option<&ResourceId>, id: &ResourceId) -> bool {
    let Some(parent) = parent else { return false };
    let configured = |id: &ResourceId| picture.cib.as_ref()?.resource(id.as_str());
    // A CIB nests three deep; the limit is for one that would name itself.
    let mut above = Some(parent.clone());
    for _ in 0..4 {
        match above {
            Some(above) if above == *id => return true,
            Some(next) => above = configured(&next).and_then(|it| it.parent.clone()),
            None => return false,
        }
    }
    false
}

/// Failures are forgotten (`cleanup`), or all that is known is found out anew (`refresh`).
fn forget(picture: &Picture, intent: &Intent, option: &'static str) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    // Pacemaker widens it so by itself; it is done in the open.
    let scope_of = found.placed();
    let id = ResourceId::from(scope::configured(scope_of.id().as_str()));
    let all = scope::primitives(picture, id.as_str());
    let members = scope::ids(&all);
    let failures = failures_of(picture, &members, intent.to.as_ref());
    let undo = Undo::Impossible(
        "What is forgotten can't be brought back. It comes again if the cause is still there.".to_owned(),
    );
    let on = intent.to.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
    let mut plan = Plan::new(picture, intent, format!("{option} {id}{on}"), undo);
    plan.notes.extend(widened(intent, &id));
    plan.notes.push(recorded(&failures));
    plan.concerns.clone_from(&members);
    let mut guard = vec![Condition::Quorum, Condition::Dc, Condition::ResourceExists(id.clone())];
    guard.extend(intent.to.clone().map(Condition::NodeExists));
    let go = command::forget(option, Some(id.as_str()), intent.to.as_ref());
    let goals =
        vec![Goal::Forgotten(failures), Goal::RunsAgain(sound(&all)), Goal::Settled(Some(id.clone()))];
    if intent.verb == Verb::Refresh {
        plan.notes.push(format!("Checked anew: {}.", listed(&members)));
    }
    let mut step = Step::new(go, guard);
    step.seconds = Some(AWAIT);
    plan.phases = vec![Phase::Run(step), Phase::Await(Wait { goals, seconds: AWAIT })];
    Ok(plan)
}

/// The failures and fail counts of these primitives.
pub(super) fn failures_of(picture: &Picture, of: &[ResourceId], on: Option<&NodeName>) -> Vec<Forgotten> {
    let is_of = |id: &ResourceId, node: &NodeName| {
        of.iter().any(|member| scope::is_called(id, member.as_str())) && on.is_none_or(|on| on == node)
    };
    let failures = picture.failures.iter().filter(|it| is_of(&it.resource, &it.node)).map(mark);
    let mut all: Vec<Forgotten> = failures.collect();
    for count in picture.fail_counts.iter().filter(|it| is_of(&it.resource, &it.node)) {
        if !all.iter().any(|it| it.resource == count.resource && it.node == count.node) {
            let (resource, node) = (count.resource.clone(), count.node.clone());
            all.push(Forgotten { resource, node, at: None });
        }
    }
    all
}

/// What is recorded and would be forgotten, in words.
pub(super) fn recorded(failures: &[Forgotten]) -> String {
    if failures.is_empty() {
        return "No failure is recorded there.".to_owned();
    }
    let each: Vec<String> = failures.iter().map(|it| format!("{} on {}", it.resource, it.node)).collect();
    format!("Forgets {}: {}.", counted(failures.len(), "failure"), listed(&each))
}

fn restart(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let id = acted_on(&found);
    let all = scope::primitives(picture, id.as_str());
    let before = running(&all);
    if before.is_empty() {
        return Err(Refusal::NotNow(format!("{id} does not run: there is nothing to restart")));
    }
    if let Some(primitive) = all.iter().find(|primitive| !primitive.managed) {
        return Err(Refusal::NotNow(format!(
            "{} is not managed: Pacemaker would not restart it",
            primitive.id
        )));
    }
    let was = meta(picture, &id, TARGET_ROLE);
    let undo = Undo::Impossible("A restart has nothing to undo.".to_owned());
    let mut plan = Plan::new(picture, intent, format!("restart {id}"), undo);
    plan.notes.extend(widened(intent, &id));
    plan.notes.push(touched(picture, &id));
    plan.notes.push(
        "What depends on it is restarted with it: the scheduler's answer shows what would stop.".to_owned(),
    );
    plan.simulation = Some(Simulation::of(&command::meta(id.as_str(), TARGET_ROLE, Some("Stopped"))));
    plan.concerns = scope::ids(&all);
    let guard = vec![
        Condition::Quorum,
        Condition::Dc,
        Condition::NoPendingFencing,
        Condition::ResourceExists(id.clone()),
        Condition::Meta { resource: id.clone(), name: TARGET_ROLE.to_owned(), value: was.clone() },
    ];
    let mut step = Step::new(command::restart(id.as_str(), RESTART), guard);
    step.seconds = Some(RESTART + 30);
    step.on_failure = OnFailure::GoOn;
    // Pacemaker stops it by its target-role; where its restart was broken off, that is still there.
    let is_as_it_was = Goal::Meta { resource: id.clone(), name: TARGET_ROLE.to_owned(), value: was.clone() };
    // Any other value is somebody else's, and a picture without the CIB shows none.
    let left_behind = Condition::Meta {
        resource: id.clone(),
        name: TARGET_ROLE.to_owned(),
        value: Some("Stopped".to_owned()),
    };
    let put_back = command::meta(id.as_str(), TARGET_ROLE, was.as_deref());
    plan.half_way = format!(
        "A restart sets target-role=Stopped on {id} for as long as it works; if that is left, {} puts it back.",
        match was {
            None => command::shell(&intent.reverse(Verb::Enable, id.as_str(), None).command_line()),
            Some(_) => put_back.shell(),
        }
    );
    plan.phases = vec![
        Phase::Run(step),
        Phase::Repair {
            unless: vec![is_as_it_was.clone()],
            step: Step::new(put_back, vec![Condition::Quorum, Condition::ResourceExists(id), left_behind]),
        },
        Phase::Await(Wait { goals: vec![is_as_it_was, Goal::RunsAgain(before)], seconds: AWAIT }),
    ];
    Ok(plan)
}

/// What of these runs, and how often in which role.
pub(super) fn running(all: &[&Primitive]) -> Vec<Running> {
    let mut running: Vec<Running> = Vec::new();
    for primitive in all.iter().filter(|primitive| primitive.active && primitive.role != Role::Stopped) {
        let id = ResourceId::from(scope::configured(primitive.id.as_str()));
        let roles = [Some(false), (primitive.role == Role::Promoted).then_some(true)];
        for promoted in roles.into_iter().flatten() {
            match running.iter_mut().find(|it| it.resource == id && it.promoted == promoted) {
                Some(known) => known.count += 1,
                None => running.push(Running { resource: id.clone(), promoted, count: 1 }),
            }
        }
    }
    running
}

/// What of these runs as it should. With a failure Pacemaker forgets where the resource runs: until it has been probed
/// anew it is shown as stopped, though nothing has happened to it.
pub(super) fn sound(all: &[&Primitive]) -> Vec<Running> {
    let is_sound = |it: &&Primitive| !(it.failed || it.blocked || it.orphaned || it.role.is_transient());
    running(&all.iter().copied().filter(is_sound).collect::<Vec<_>>())
}

/// What is acted on: the clone or bundle that a resource is an instance of, else the resource itself.
fn acted_on(found: &Found<'_>) -> ResourceId {
    let resource: &Resource = found.collective().unwrap_or(found.resource);
    ResourceId::from(scope::configured(resource.id().as_str()))
}

fn meta(picture: &Picture, id: &ResourceId, name: &str) -> Option<String> {
    picture.cib.as_ref()?.resource(id.as_str())?.meta(name).map(str::to_owned)
}

fn widened(intent: &Intent, id: &ResourceId) -> Option<String> {
    (id.as_str() != intent.subject)
        .then(|| format!("{} is part of {id}, which is acted on as a whole.", intent.subject))
}

/// What is touched and where it runs, in words.
fn touched(picture: &Picture, id: &ResourceId) -> String {
    let all = scope::primitives(picture, id.as_str());
    let members = scope::ids(&all);
    let nodes = scope::nodes_of(&all);
    let what = if members == [id.clone()] { String::new() } else { format!(" with {}", listed(&members)) };
    if nodes.is_empty() {
        format!("{id}{what} runs nowhere now.")
    } else {
        format!("{id}{what} runs on {} now.", listed(&nodes))
    }
}
