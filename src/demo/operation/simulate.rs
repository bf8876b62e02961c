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

/// Answers the arguments of that script: the changes, what `crm_simulate` is to pretend, and what is tried after it.
pub(in crate::demo) fn simulate(
    blueprint: &Blueprint,
    situation: &Situation,
    arguments: &[String],
    now: Timestamp,
) -> io::Result<Result<Vec<u8>, Refused>> {
    let Some(Asked { changes, pretended, then }) = asked(arguments) else {
        return Ok(Err(Refused::Unsupported));
    };
    let mut after = situation.clone();
    let tried = changes.iter().try_for_each(|change| try_on(blueprint, &mut after, change, now));
    let fenced = match tried.and_then(|()| pretend(blueprint, &mut after, pretended, now)) {
        Ok(fenced) => fenced,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut printed = answer(blueprint, situation, &after, &fenced)?;
    if !then.is_empty() {
        let mut in_the_end = after.clone();
        let tried = then.iter().try_for_each(|command| try_on(blueprint, &mut in_the_end, command, now));
        if let Err(refused) = tried {
            return Ok(Err(refused));
        }
        printed.extend_from_slice(AND_THEN);
        printed.extend(answer(blueprint, &after, &in_the_end, &[])?);
    }
    Ok(Ok(printed))
}

/// What the script is asked for.
struct Asked<'a> {
    changes: Vec<&'a [String]>,
    pretended: &'a [String],
    then: Vec<&'a [String]>,
}

/// Reads the arguments: `None` where they aren't the script's.
fn asked(arguments: &[String]) -> Option<Asked<'_>> {
    let (count, mut rest) = arguments.split_first()?;
    let mut group = || {
        let (count, words) = rest.split_first()?;
        let (group, left) = words.split_at_checked(count.parse().ok()?)?;
        rest = left;
        Some(group)
    };
    let changes = (0..count.parse::<usize>().ok()?).map(|_| group()).collect::<Option<_>>()?;
    let pretended = group()?;
    let then = std::iter::from_fn(&mut group).collect();
    rest.is_empty().then_some(Asked { changes, pretended, then })
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

/// What `crm_simulate` can pretend by itself; the nodes that would be fenced.
fn pretend(
    blueprint: &Blueprint,
    copy: &mut Situation,
    options: &[String],
    now: Timestamp,
) -> Result<Vec<usize>, Refused> {
    let ticket = |copy: &mut Situation, id: &str, granted| {
        if blueprint.ticket() != Some(id) {
            return Err(Refused::Unsupported);
        }
        make(blueprint, copy, now, &Change::Ticket(granted));
        Ok(())
    };
    let mut fenced = Vec::new();
    for option in options {
        match option.split_once('=') {
            Some(("--ticket-grant", id)) => ticket(copy, id, true)?,
            Some(("--ticket-revoke", id)) => ticket(copy, id, false)?,
            Some(("--node-fail", name)) => {
                let found = blueprint.nodes.iter().position(|node| node.name == name);
                let node = found
                    .ok_or_else(|| Refused::Said(105, format!("crm_simulate: Node '{name}' not found\n")))?;
                let (presence, host) = (Presence::Offline, HostCondition::Silent);
                make(blueprint, copy, now, &Change::Power { node, presence, host });
                fenced.push(node);
            }
            // The demo counts the votes by itself.
            Some(("--quorum", "false")) => copy.quorate = false,
            _ => return Err(Refused::Unsupported),
        }
    }
    Ok(fenced)
}

fn answer(
    blueprint: &Blueprint,
    before: &Situation,
    after: &Situation,
    fenced: &[usize],
) -> io::Result<Vec<u8>> {
    let actions = actions(blueprint, &place(blueprint, before), &place(blueprint, after));
    let name = |node: usize| blueprint.nodes[node].name.as_str();
    let root = Tag::new("pacemaker-result").with("api-version", "2.25");
    let root = root.with("request", "crm_simulate --output-as=xml --simulate --xml-file=/tmp/quorate");
    Document::write(root, |document| {
        document.element(Tag::new("actions"), |document| {
            for node in fenced {
                let tag = Tag::new("node_action").with("task", "Fence (reboot)").with("node", name(*node));
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
