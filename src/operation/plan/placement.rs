//! Where a resource runs: move, ban, clear.

use super::{AWAIT, Phase, Plan, Refusal, Step, Undo, Wait, known_resource, senseless};
use crate::model::{
    Constraint, ConstraintRule, Element, MASK, NodeName, Picture, Resource, ResourceId, Role,
};
use crate::operation::command::{self, Which};
use crate::operation::goal::Goal;
use crate::operation::guard::Condition;
use crate::operation::scope::{self, counted, listed};
use crate::operation::simulate::Simulation;
use crate::operation::verb::{Intent, Verb};

/// How long a move's constraint lasts if nobody removes it. Longer than the move is waited for.
const LIFETIME: &str = "PT10M";
/// How long a move may take.
const MOVE: u64 = 300;

/// A transaction that leaves nothing behind: a constraint that ends by itself, the wait until the resource is there,
/// the question whether it would stay without the constraint, and only then its removal.
pub(super) fn move_to(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let placed = found.placed();
    let id = ResourceId::from(scope::configured(placed.id().as_str()));
    let promotable = scope::promotable(placed).is_some();
    let origin = origin(picture, placed, &id, promotable);
    let Some(to) = intent.to.clone() else {
        // Only what can move at all needs to be told where.
        origin?;
        refuse_unmanaged(picture, &id)?;
        return Err(Refusal::NodeNeeded(format!("where {id} shall move to")));
    };
    let (from, which) = match (origin, drawn_elsewhere(picture, &id, &to)) {
        (Ok((from, _)), Some(left)) if from == to => return stay(picture, intent, &id, &to, left),
        // It is on its way there.
        (Err(Refusal::NotNow(_)), Some(left)) => return stay(picture, intent, &id, &to, left),
        (origin, _) => origin?,
    };
    if from == to {
        let is = if promotable { "is promoted on" } else { "runs on" };
        return Err(Refusal::Already(format!("{id} {is} {to} already")));
    }
    refuse_unmanaged(picture, &id)?;
    let was_there = if promotable {
        Condition::PromotedOn(id.clone(), from.clone())
    } else {
        Condition::RunsOn(id.clone(), from.clone())
    };
    let running: Vec<_> =
        scope::primitives(picture, id.as_str()).into_iter().filter(|primitive| primitive.active).collect();
    let resources = scope::ids(&running);
    let there = if promotable {
        Goal::PromotedOn { clone: id.clone(), node: to.clone() }
    } else {
        Goal::RunOn { resources: resources.clone(), node: to.clone() }
    };
    let what = if promotable { format!("the promoted role of {id}") } else { id.to_string() };
    let undo = Undo::Intent(intent.reverse(Verb::Move, &intent.subject, Some(from.clone())));
    let mut plan = Plan::new(picture, intent, format!("move {what} from {from} to {to}"), undo);
    let mut guard = vec![Condition::Quorum, Condition::Dc, Condition::NoPendingFencing];
    guard.extend([was_there, Condition::NodeCanRun(to.clone())]);
    let go = command::move_to(id.as_str(), &to, LIFETIME, which);
    let clear = command::clear(id.as_str(), Some(&to), which);
    // What would become of the scores for promotion is the agent's to say, and no simulation can know it.
    plan.simulation = Some(if promotable { Simulation::of(&go) } else { Simulation::of_both(&go, &clear) });
    plan.notes.extend(climbed(intent, &id));
    plan.notes.push(
        "The constraint ends by itself after 10 minutes and is removed as soon as the move is done."
            .to_owned(),
    );
    if promotable {
        plan.notes.push(
            "Whether it would stay without the constraint can't be foretold, as the agent gives the scores for \
             promotion anew. It is asked before the constraint is removed."
                .to_owned(),
        );
    }
    plan.notes.extend(leftover_note(picture, &id));
    plan.half_way = format!(
        "The constraint cli-prefer-{id} ends by itself 10 minutes after it was made; {} removes it at once.",
        command::shell(&intent.reverse(Verb::Clear, id.as_str(), None).command_line())
    );
    plan.concerns.clone_from(&resources);
    let ours = Goal::NoConstraints(prefer_ids(&id));
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait { goals: vec![there.clone()], seconds: MOVE }),
        Phase::StayPut {
            change: Simulation::of(&clear),
            resources: if promotable { scope::ids(&running) } else { resources },
            otherwise: format!(
                "{what} runs on {to}, but only until its constraint cli-prefer-{id} ends, 10 minutes after it was made: \
                 the scheduler would move it away again without it. Raise resource-stickiness above the score that \
                 draws it away, or change that score"
            ),
        },
        Phase::Run(Step::new(clear, vec![Condition::Quorum])),
        Phase::Await(Wait { goals: vec![ours, there], seconds: AWAIT }),
    ];
    Ok(plan)
}

/// The constraint of a move that draws it to another node.
fn drawn_elsewhere<'p>(
    picture: &'p Picture,
    id: &ResourceId,
    to: &NodeName,
) -> Option<(&'p Constraint, &'p NodeName)> {
    leftovers(picture, id).into_iter().find_map(|constraint| match &constraint.rule {
        ConstraintRule::Location { node: Some(node), .. }
            if node != to && prefer_ids(id).contains(&constraint.id) =>
        {
            Some((constraint, node))
        }
        _ => None,
    })
}

/// Keeps it where it is, or brings it back while it is on its way: removes the constraint of a move that was cancelled.
fn stay(
    picture: &Picture,
    intent: &Intent,
    id: &ResourceId,
    to: &NodeName,
    (constraint, node): (&Constraint, &NodeName),
) -> Result<Plan, Refusal> {
    refuse_unmanaged(picture, id)?;
    let undo = restore(picture, &[constraint]);
    let mut plan = Plan::new(picture, intent, format!("keep {id} on {to}: clear {}", constraint.id), undo);
    // Without the option of a role it removes the constraint whatever role that speaks of.
    let clear = command::clear(id.as_str(), Some(node), Which::Whole);
    plan.simulation = Some(Simulation::of(&clear));
    plan.notes.extend(climbed(intent, id));
    plan.notes.push(format!("{} of an earlier move draws it to {node}.", constraint.id));
    plan.concerns = scope::ids(&scope::primitives(picture, id.as_str()));
    let guard = vec![Condition::Quorum, Condition::Dc, Condition::ResourceExists(id.clone())];
    let is_promotable =
        scope::find(picture, id.as_str()).is_some_and(|found| scope::promotable(found.resource).is_some());
    let there = if is_promotable {
        Goal::PromotedOn { clone: id.clone(), node: to.clone() }
    } else {
        Goal::RunOn { resources: plan.concerns.clone(), node: to.clone() }
    };
    let goals = vec![Goal::NoConstraints(vec![constraint.id.clone()]), there];
    plan.phases = vec![Phase::Run(Step::new(clear, guard)), Phase::Await(Wait { goals, seconds: MOVE })];
    Ok(plan)
}

/// Where it runs now, and in which role it is moved.
fn origin(
    picture: &Picture,
    placed: &Resource,
    id: &ResourceId,
    promotable: bool,
) -> Result<(NodeName, Which), Refusal> {
    if promotable {
        return match scope::promoted_on(picture, id.as_str()).as_slice() {
            [node] => Ok((node.clone(), promoted_option(picture))),
            [] => Err(Refusal::NotNow(format!("no instance of {id} is promoted: there is nothing to move"))),
            many => Err(senseless(
                Verb::Move,
                format!("{id} is promoted on {}: ban it from one of them", listed(many)),
            )),
        };
    }
    if matches!(placed, Resource::Clone(_) | Resource::Bundle(_)) {
        return Err(senseless(
            Verb::Move,
            format!("{id} runs on many nodes at once: ban it from one of them instead"),
        ));
    }
    match scope::nodes_of(&scope::primitives(picture, id.as_str())).as_slice() {
        [node] => Ok((node.clone(), Which::Whole)),
        [] => Err(Refusal::NotNow(format!("{id} does not run anywhere: there is nothing to move"))),
        many => Err(Refusal::NotNow(format!("{id} runs on {} at once", listed(many)))),
    }
}

/// The option for the promoted role of the Pacemaker that is there: `--promoted` from 2.1 on.
pub(super) fn promoted_option(picture: &Picture) -> Which {
    let version = picture.summary.version.as_deref().unwrap_or_default();
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) < (2, 1) => Which::Master,
        _ => Which::Promoted,
    }
}

/// The ids that `crm_resource --move` gives its constraint.
fn prefer_ids(id: &ResourceId) -> Vec<crate::model::ConstraintId> {
    vec![format!("cli-prefer-{id}").into()]
}

pub(super) fn ban(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let placed = found.placed();
    let id = ResourceId::from(scope::configured(placed.id().as_str()));
    let now = scope::nodes_of(&scope::primitives(picture, id.as_str()));
    let from = match (&intent.to, now.as_slice()) {
        (Some(node), _) => node.clone(),
        (None, [only]) => only.clone(),
        (None, _) => return Err(Refusal::NodeNeeded(format!("where {id} shall not run"))),
    };
    let constraint = format!("cli-ban-{id}-on-{from}");
    if leftovers(picture, &id).iter().any(|it| it.id == *constraint) {
        return Err(Refusal::Already(format!("{id} is banned from {from} already ({constraint})")));
    }
    refuse_unmanaged(picture, &id)?;
    let undo = Undo::Intent(intent.reverse(Verb::Clear, id.as_str(), Some(from.clone())));
    let mut plan = Plan::new(picture, intent, format!("ban {id} from {from}"), undo);
    let go = command::ban(id.as_str(), &from);
    plan.simulation = Some(Simulation::of(&go));
    plan.notes.extend(climbed(intent, &id));
    plan.notes.push(format!("The constraint {constraint} stays until it is cleared."));
    if now == std::slice::from_ref(&from) {
        plan.notes.push(format!("{id} runs on {from} and has to go elsewhere, or stop."));
    }
    plan.concerns = scope::ids(&scope::primitives(picture, id.as_str()));
    let guard = vec![
        Condition::Quorum,
        Condition::Dc,
        Condition::NoPendingFencing,
        Condition::ResourceExists(id.clone()),
        Condition::NodeExists(from.clone()),
    ];
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait {
            goals: vec![Goal::NotOn { resource: id.clone(), node: from }, Goal::Settled(Some(id))],
            seconds: MOVE,
        }),
    ];
    Ok(plan)
}

pub(super) fn clear(picture: &Picture, intent: &Intent) -> Result<Plan, Refusal> {
    let found = known_resource(picture, intent)?;
    let own = ResourceId::from(scope::configured(found.resource.id().as_str()));
    let placed = ResourceId::from(scope::configured(found.placed().id().as_str()));
    // The constraint may name the resource itself or what it is part of.
    let (id, all) = [own, placed]
        .into_iter()
        .map(|id| (id.clone(), leftovers(picture, &id)))
        .find(|(_, all)| !all.is_empty())
        .ok_or_else(|| {
            Refusal::Already(format!("no move or ban has left a constraint on {}", intent.subject))
        })?;
    let concerned = |constraint: &&Constraint| match (&intent.to, &constraint.rule) {
        (Some(wanted), ConstraintRule::Location { node: Some(node), .. }) => node == wanted,
        _ => true,
    };
    let gone: Vec<&Constraint> = all.into_iter().filter(concerned).collect();
    if gone.is_empty() {
        let node = intent.to.as_ref().map_or("", NodeName::as_str);
        return Err(Refusal::Already(format!("no move or ban has left a constraint on {id} for {node}")));
    }
    let ids: Vec<_> = gone.iter().map(|constraint| constraint.id.clone()).collect();
    let mut plan = Plan::new(picture, intent, format!("clear {}", listed(&ids)), restore(picture, &gone));
    let go = command::clear(id.as_str(), intent.to.as_ref(), Which::Whole);
    plan.simulation = Some(Simulation::of(&go));
    plan.notes.push(format!("Removes {}: {}.", counted(ids.len(), "constraint"), listed(&ids)));
    plan.concerns = scope::ids(&scope::primitives(picture, id.as_str()));
    let guard = vec![Condition::Quorum, Condition::Dc, Condition::ResourceExists(id.clone())];
    plan.phases = vec![
        Phase::Run(Step::new(go, guard)),
        Phase::Await(Wait { goals: vec![Goal::NoConstraints(ids), Goal::Settled(Some(id))], seconds: AWAIT }),
    ];
    Ok(plan)
}

/// The commands that write these constraints again.
fn restore(picture: &Picture, gone: &[&Constraint]) -> Undo {
    let mut commands = Vec::new();
    for constraint in gone {
        if let Some(element) = as_written(picture, constraint) {
            commands.push(command::create_constraint(element));
            continue;
        }
        let ConstraintRule::Location { resource, node: Some(node), score: Some(score), role, rule } =
            &constraint.rule
        else {
            return not_again(constraint);
        };
        if !rule.is_empty() || constraint.expires.is_some() {
            return not_again(constraint);
        }
        let score = score.to_string();
        let mut attributes = vec![("id", constraint.id.as_str()), ("rsc", resource.as_str())];
        attributes.extend(role.as_ref().map(|role| ("role", Role::word(role))));
        attributes.extend([("node", node.as_str()), ("score", score.as_str())]);
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        commands.push(command::create_constraint(&Element {
            name: "rsc_location".to_owned(),
            attributes: attributes.into_iter().map(owned).collect(),
            children: Vec::new(),
        }));
    }
    Undo::Commands { commands, goals: Vec::new() }
}

/// A constraint as it stands in the CIB, its rule and its end included; `None` where it was not read whole.
fn as_written<'p>(picture: &'p Picture, constraint: &Constraint) -> Option<&'p Element> {
    let configuration = &picture.cib.as_deref()?.configuration;
    let all = configuration.children.iter().filter(|section| section.name == "constraints");
    let mut all = all.flat_map(|section| &section.children);
    let found = all.find(|element| element.get("id") == Some(constraint.id.as_str()))?;
    (found.name == "rsc_location" && !holds_a_mask(found)).then_some(found)
}

fn holds_a_mask(element: &Element) -> bool {
    element.attributes.iter().any(|(_, value)| value == MASK) || element.children.iter().any(holds_a_mask)
}

fn not_again(constraint: &Constraint) -> Undo {
    Undo::Impossible(format!(
        "This can't be undone: {} had an end and a rule of its own, which could not be read. Move or ban anew",
        constraint.id
    ))
}

/// What moves and bans have left on a resource.
fn leftovers<'p>(picture: &'p Picture, id: &ResourceId) -> Vec<&'p Constraint> {
    let speaks_of = |constraint: &&Constraint| {
        constraint.is_leftover()
            && matches!(&constraint.rule, ConstraintRule::Location { resource, .. } if resource == id)
    };
    picture.cib.iter().flat_map(|cib| &cib.constraints).filter(speaks_of).collect()
}

fn leftover_note(picture: &Picture, id: &ResourceId) -> Option<String> {
    let left: Vec<_> = leftovers(picture, id).into_iter().map(|constraint| constraint.id.clone()).collect();
    (!left.is_empty())
        .then(|| format!("{} from before is on it: {}.", counted(left.len(), "constraint"), listed(&left)))
}

/// That what is acted on is not what was named, but contains it.
fn climbed(intent: &Intent, id: &ResourceId) -> Option<String> {
    (id.as_str() != intent.subject)
        .then(|| format!("{} is part of {id}, which is acted on as a whole.", intent.subject))
}

fn refuse_unmanaged(picture: &Picture, id: &ResourceId) -> Result<(), Refusal> {
    let all = scope::primitives(picture, id.as_str());
    match all.iter().find(|primitive| !primitive.managed) {
        Some(primitive) => {
            Err(Refusal::NotNow(format!("{} is not managed: Pacemaker would not move it", primitive.id)))
        }
        None => Ok(()),
    }
}
