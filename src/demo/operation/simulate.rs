//! What `crm_simulate` says the scheduler would do: the same placement, of a copy with the change.

use std::io;

use jiff::Timestamp;

use super::difference::{Action, ActionKind, actions};
use super::overlay::make;
use super::{Change, Refused, Request, request};
use crate::demo::blueprint::Blueprint;
use crate::demo::placement::place;
use crate::demo::situation::{HostCondition, Presence, Situation};
use crate::demo::xml::{Document, Tag};

/// What the console's script prints between the two answers.
const AND_THEN: &[u8] = b"== and then ==\n";

/// Answers the arguments of that script: what `crm_simulate` is to pretend, how many words the change has, the change,
/// and what is tried after it.
pub(in crate::demo) fn simulate(
    blueprint: &Blueprint,
    situation: &Situation,
    arguments: &[String],
    now: Timestamp,
) -> io::Result<Result<Vec<u8>, Refused>> {
    let [pretended, count, words @ ..] = arguments else { return Ok(Err(Refused::Unsupported)) };
    let count = count.parse().unwrap_or(0).min(words.len());
    let (change, then) = words.split_at(count);
    let mut after = situation.clone();
    let fenced = match pretend(blueprint, &mut after, pretended, now) {
        Ok(fenced) => fenced,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = try_on(blueprint, &mut after, change, now) {
        return Ok(Err(refused));
    }
    let mut printed = answer(blueprint, situation, &after, fenced)?;
    if !then.is_empty() {
        let mut in_the_end = after.clone();
        if let Err(refused) = try_on(blueprint, &mut in_the_end, then, now) {
            return Ok(Err(refused));
        }
        printed.extend_from_slice(AND_THEN);
        printed.extend(answer(blueprint, &after, &in_the_end, None)?);
    }
    Ok(Ok(printed))
}

/// Makes on a copy what a command changes at once.
fn try_on(
    blueprint: &Blueprint,
    copy: &mut Situation,
    words: &[String],
    now: Timestamp,
) -> Result<(), Refused> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let Request { steps, .. } = request(blueprint, copy, program, arguments, now)?;
    for (_, change) in steps.iter().filter(|(after, _)| after.is_zero()) {
        make(blueprint, copy, now, change);
    }
    Ok(())
}

/// What `crm_simulate` can pretend by itself; the node that would be fenced.
fn pretend(
    blueprint: &Blueprint,
    copy: &mut Situation,
    option: &str,
    now: Timestamp,
) -> Result<Option<usize>, Refused> {
    let mut ticket = |id: &str, granted| {
        if blueprint.ticket() != Some(id) {
            return Err(Refused::Unsupported);
        }
        make(blueprint, copy, now, &Change::Ticket(granted));
        Ok(None)
    };
    match option.split_once('=') {
        None if option.is_empty() => Ok(None),
        Some(("--ticket-grant", id)) => ticket(id, true),
        Some(("--ticket-revoke", id)) => ticket(id, false),
        Some(("--node-fail", name)) => {
            let found = blueprint.nodes.iter().position(|node| node.name == name);
            let node = found
                .ok_or_else(|| Refused::Said(105, format!("crm_simulate: Node '{name}' not found\n")))?;
            let (presence, host) = (Presence::Offline, HostCondition::Silent);
            make(blueprint, copy, now, &Change::Power { node, presence, host });
            Ok(Some(node))
        }
        _ => Err(Refused::Unsupported),
    }
}

fn answer(
    blueprint: &Blueprint,
    before: &Situation,
    after: &Situation,
    fenced: Option<usize>,
) -> io::Result<Vec<u8>> {
    let actions = actions(blueprint, &place(blueprint, before), &place(blueprint, after));
    let name = |node: usize| blueprint.nodes[node].name.as_str();
    let root = Tag::new("pacemaker-result").with("api-version", "2.25");
    let root = root.with("request", "crm_simulate --output-as=xml --simulate --xml-file=/tmp/quorate");
    Document::write(root, |document| {
        document.element(Tag::new("actions"), |document| {
            if let Some(node) = fenced {
                let tag = Tag::new("node_action").with("task", "Fence (reboot)").with("node", name(node));
                document.empty(tag.with("reason", "peer is no longer part of the cluster"))?;
            }
            actions.iter().try_for_each(|action| document.empty(tag(action, blueprint, after)))
        })?;
        document.empty(Tag::new("status").with("code", "0").with("message", "OK"))
    })
}

fn tag(action: &Action, blueprint: &Blueprint, after: &Situation) -> Tag {
    let name = |node: Option<usize>| node.map(|node| blueprint.nodes[node].name.as_str());
    let tag =
        Tag::new("rsc_action").with("action", &action.kind.to_string()).with("resource", &action.name());
    match action.kind {
        ActionKind::Start => tag.maybe("node", name(action.to)),
        ActionKind::Stop => {
            let is_out = |node: usize| {
                let condition = after.nodes[node];
                condition.presence != Presence::Online || condition.standby
            };
            let why = action.from.filter(|node| is_out(*node)).map(|_| "node availability");
            tag.maybe("node", name(action.from)).maybe("reason", why)
        }
        ActionKind::Move => tag.maybe("source", name(action.from)).maybe("dest", name(action.to)),
        ActionKind::Promote => {
            let was = if action.from.is_some() { "Unpromoted" } else { "Stopped" };
            tag.with("role", was).with("next-role", "Promoted").maybe("source", name(action.to))
        }
        ActionKind::Demote => {
            tag.with("role", "Promoted").with("next-role", "Unpromoted").maybe("source", name(action.from))
        }
        ActionKind::Restart => {
            let why = action.required.as_ref().map(|first| format!("required {first} start"));
            tag.maybe("node", name(action.from)).maybe("reason", why.as_deref())
        }
    }
}
