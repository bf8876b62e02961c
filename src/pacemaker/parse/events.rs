//! `<failures>` and `<fence_history>`.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::limits;
use super::reading::{Reading, text};
use crate::model::text::clean;
use crate::model::{Failure, FencingEvent, FencingOutcome, Resource, ResourceId};
use crate::pacemaker::xml::{self, Element};

/// Reads `<failures>`; `resources` tell whether an instance number belongs to a resource's id.
pub(super) fn failures(
    root: &Element<'_>,
    resources: &[Resource],
    reading: &mut Reading<'_>,
) -> Vec<Failure> {
    let listed = resources.iter().flat_map(Resource::primitives);
    let listed: HashSet<&str> = listed.map(|(_, primitive)| primitive.id.as_str()).collect();
    let failures = reading.first(limits::FAILURES, "failures", root.listed("failures", "failure"));
    failures.into_iter().map(|element| failure(element, &listed, reading)).collect()
}

fn failure(element: &Element<'_>, listed: &HashSet<&str>, reading: &mut Reading<'_>) -> Failure {
    let key = element.get("op_key").or_else(|| element.get("id")).unwrap_or_default();
    let split = split_key(key, element.get("task"));
    if split.operation.is_empty() {
        reading.odd(element.at, &format!("<failure> of \"{key}\" does not say which operation"));
    }
    Failure {
        resource: known_id(split.resource, listed),
        node: element.text_of("node").into(),
        operation: clean(split.operation),
        interval_ms: interval_ms(element, reading).unwrap_or(split.interval_ms),
        exit_code: reading.number(element, "exitcode"),
        exit_status: clean(element.text_of("exitstatus")),
        exit_reason: exit_reason(element.text_of("exitreason")),
        status: clean(element.text_of("status")),
        at: reading.date(element, "last-rc-change"),
    }
}

/// What an operation's key tells.
#[derive(Debug, PartialEq, Eq)]
struct OperationKey<'a> {
    resource: &'a str,
    operation: &'a str,
    interval_ms: u64,
}

/// Splits `a_b_monitor_10000` into `a_b`, `monitor` and `10000`: ids and operations may hold underscores, so what is
/// known of the operation is used first. A key may also be the id of a history entry (`a_b_last_failure_0`).
fn split_key<'a>(key: &'a str, task: Option<&'a str>) -> OperationKey<'a> {
    let (front, interval_ms) = match key.rsplit_once('_') {
        Some((front, number)) => number.parse().map_or((key, 0), |interval| (front, interval)),
        None => (key, 0),
    };
    let history = front.strip_suffix("_last_failure").or_else(|| front.strip_suffix("_last"));
    let by_task = task.and_then(|task| front.strip_suffix(task)?.strip_suffix('_'));
    let (resource, operation) = match (by_task, history, task) {
        (Some(resource), _, Some(task)) | (None, Some(resource), Some(task)) => (resource, task),
        (_, Some(resource), None) => (resource, ""),
        _ => split_operation(front),
    };
    OperationKey { resource, operation, interval_ms }
}

/// Splits the operation from the end of a key without an interval.
fn split_operation(front: &str) -> (&str, &str) {
    for operation in ["migrate_to", "migrate_from"] {
        if let Some(resource) = front.strip_suffix(operation).and_then(|rest| rest.strip_suffix('_')) {
            return (resource, operation);
        }
    }
    front.rsplit_once('_').unwrap_or((front, ""))
}

/// The id without the instance number, if only so `crm_mon` lists it: old versions numbered the operations of anonymous
/// clones.
fn known_id(id: &str, listed: &HashSet<&str>) -> ResourceId {
    match id.rsplit_once(':') {
        Some((base, number))
            if number.bytes().all(|byte| byte.is_ascii_digit())
                && !listed.contains(id)
                && listed.contains(base) =>
        {
            base.into()
        }
        _ => id.into(),
    }
}

/// Plain milliseconds; a unit, as in `operation_history`, is understood as well.
fn interval_ms(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<u64> {
    let written = element.get("interval")?;
    let milliseconds = written.trim().trim_end_matches("ms").parse().ok();
    if milliseconds.is_none() {
        reading.odd(element.at, &format!("<failure> interval=\"{written}\" is not a number of milliseconds"));
    }
    milliseconds
}

/// From 2.0.3 it is escaped once more than XML asks for, so that `<` arrives as `&lt;`. 1.1 escaped it once, where
/// undoing it again could only hurt a reason that spells out an entity, and is harmless even then. `none` is what
/// 2.0 and 2.1 print for nothing.
fn exit_reason(written: &str) -> String {
    match written {
        "none" => String::new(),
        _ => clean(&xml::unescape(written)),
    }
}

/// Reads `<fence_history>`, newest first, what is under way before that.
pub(super) fn fencing(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<FencingEvent> {
    for history in root.named("fence_history") {
        if let Some(status) = history.get("status").filter(|status| *status != "0") {
            reading
                .odd(history.at, &format!("the fencing history could not be read there (status {status})"));
        }
    }
    let events =
        reading.first(limits::FENCING, "fencing events", root.listed("fence_history", "fence_event"));
    let mut events: Vec<_> = events.into_iter().filter_map(|event| fence_event(event, reading)).collect();
    events.sort_by_key(|event| (event.outcome != FencingOutcome::Pending, Reverse(event.completed)));
    events
}

fn fence_event(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<FencingEvent> {
    Some(FencingEvent {
        action: clean(element.text_of("action")),
        target: element.text_of("target").into(),
        outcome: outcome(element, reading)?,
        delegate: element.get("delegate").filter(|name| !name.is_empty()).map(Into::into),
        client: clean(element.text_of("client")),
        origin: element.get("origin").filter(|name| !name.is_empty()).map(Into::into),
        completed: reading.date(element, "completed"),
        exit_reason: text(element, "exit-reason").unwrap_or_default(),
    })
}

/// `status`, which was called `state` in 1.1.20 and 2.0.1. Without a word that is known there is no event: whether a
/// node has been fenced is not to be guessed.
fn outcome(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<FencingOutcome> {
    match element.get("status").or_else(|| element.get("state")).unwrap_or_default() {
        "success" => Some(FencingOutcome::Success),
        "failed" => Some(FencingOutcome::Failed),
        "pending" => Some(FencingOutcome::Pending),
        unknown => {
            let target = element.text_of("target");
            reading.odd(element.at, &format!("fencing of {target} ended in a status \"{unknown}\""));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("vip_monitor_10000", Some("monitor"), ("vip", "monitor", 10000))]
    #[case::underscores("a_b_monitor_10000", Some("monitor"), ("a_b", "monitor", 10000))]
    #[case::without_task("a_b_monitor_10000", None, ("a_b", "monitor", 10000))]
    #[case::migration("vm_1_migrate_to_0", Some("migrate_to"), ("vm_1", "migrate_to", 0))]
    #[case::migration_without_task("vm_1_migrate_from_0", None, ("vm_1", "migrate_from", 0))]
    #[case::custom_task("x_y_my_task_5000", Some("my_task"), ("x_y", "my_task", 5000))]
    #[case::history_id("db_fs_last_failure_0", Some("start"), ("db_fs", "start", 0))]
    #[case::history_id_without_task("db_fs_last_failure_0", None, ("db_fs", "", 0))]
    #[case::history_id_last("db_fs_last_0", Some("stop"), ("db_fs", "stop", 0))]
    #[case::instance("galera:1_promote_0", None, ("galera:1", "promote", 0))]
    #[case::no_interval("vip_start", None, ("vip", "start", 0))]
    #[case::nothing_else("vip", None, ("vip", "", 0))]
    #[case::empty("", None, ("", "", 0))]
    #[case::task_of_another("vip_monitor_10000", Some("start"), ("vip", "monitor", 10000))]
    fn splits_keys(#[case] key: &str, #[case] task: Option<&str>, #[case] expected: (&str, &str, u64)) {
        let OperationKey { resource, operation, interval_ms } = split_key(key, task);
        assert_eq!((resource, operation, interval_ms), expected);
    }

    #[rstest]
    #[case::twice_escaped("code &lt;7&gt; &amp; more", "code <7> & more")]
    #[case::once_escaped("a < b & c", "a < b & c")]
    #[case::line_break("first&#xA;second", "first second")]
    #[case::none("none", "")]
    #[case::hostile("\u{1b}[2Jboom", "boom")]
    fn reads_exit_reasons(#[case] written: &str, #[case] expected: &str) {
        assert_eq!(exit_reason(written), expected);
    }
}
