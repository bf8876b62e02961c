//! `crm_mon`'s record of operations: what ran on each node, and what failed.

use std::io;

use super::blueprint::Kind;
use super::crm_mon::{Report, ctime, iso};
use super::placement::Instance;
use super::situation::FailCount;
use super::xml::{Document, Tag};

/// As `migration-threshold` of the resource defaults says.
pub(super) const MIGRATION_THRESHOLD: &str = "3";

/// Writes `<node_history>`: for each node that is online the start and the monitor of what runs there, and
/// the fail counts.
pub(super) fn node_history(report: &Report, document: &mut Document) -> io::Result<()> {
    document.element(Tag::new("node_history"), |document| {
        let online = (0..report.blueprint.nodes.len()).filter(|node| report.is_online(*node));
        online.into_iter().try_for_each(|node| {
            document.element(Tag::new("node").with("name", report.name(node)), |document| {
                let here = report.instances().filter(|instance| instance.node == Some(node));
                here.enumerate().try_for_each(|(index, instance)| {
                    let failed = fail_count(report, &instance.id, node);
                    document.element(resource_history(&instance.id, failed), |document| {
                        operations(report, instance, index, document)
                    })
                })?;
                left_behind(report, node).try_for_each(|failed| {
                    document.element(resource_history(&failed.resource, Some(failed)), |_| Ok(()))
                })
            })
        })
    })
}

/// Writes `<failures>`, if there are any.
pub(super) fn failures(report: &Report, document: &mut Document) -> io::Result<()> {
    if report.situation.failures.is_empty() {
        return Ok(());
    }
    document.element(Tag::new("failures"), |document| {
        report.situation.failures.iter().enumerate().try_for_each(|(index, failure)| {
            let error = failure.error;
            let key = format!("{}_{}_{}", failure.resource, error.operation, error.interval_ms);
            document.empty(
                Tag::new("failure")
                    .with("op_key", &key)
                    .with("node", report.name(failure.node))
                    .with("exitstatus", error.exit_status)
                    .with("exitreason", error.exit_reason)
                    .shown("exitcode", error.exit_code)
                    .shown("call", 130 + index)
                    .with("status", error.status)
                    .shown("last-rc-change", iso(failure.at))
                    .with("queued", "0")
                    .with("exec", "0")
                    .shown("interval", error.interval_ms)
                    .with("task", error.operation),
            )
        })
    })
}

fn fail_count<'a>(report: &'a Report, resource: &str, node: usize) -> Option<&'a FailCount> {
    report.situation.fail_counts.iter().find(|failed| failed.resource == resource && failed.node == node)
}

/// The fail counts of what no longer runs on that node.
fn left_behind<'a>(report: &'a Report, node: usize) -> impl Iterator<Item = &'a FailCount> {
    report.situation.fail_counts.iter().filter(move |failed| {
        let runs_here = |instance: &Instance| instance.id == failed.resource && instance.node == Some(node);
        failed.node == node && !report.instances().any(runs_here)
    })
}

fn resource_history(resource: &str, failed: Option<&FailCount>) -> Tag {
    let tag = Tag::new("resource_history")
        .with("id", resource)
        .flag("orphan", false)
        .with("migration-threshold", MIGRATION_THRESHOLD);
    match failed {
        Some(failed) => tag.shown("fail-count", failed.count).shown("last-failure", ctime(failed.at)),
        None => tag,
    }
}

fn operations(report: &Report, instance: &Instance, index: usize, document: &mut Document) -> io::Result<()> {
    let call = 20 + 3 * index;
    let started = ctime(report.situation.booted).to_string();
    let operation = |task, rc, rc_text| {
        Tag::new("operation_history").with("task", task).with("rc", rc).with("rc_text", rc_text)
    };
    let (task, rc, rc_text) = match instance.role {
        "Promoted" => ("promote", "8", "promoted"),
        _ => ("start", "0", "ok"),
    };
    let on_member = instance.node.is_some_and(|node| report.blueprint.nodes[node].kind == Kind::Member);
    let exec_time = format!("{}ms", if on_member { 90 + 7 * (index % 13) } else { 140 });
    document.empty(
        operation(task, "0", "ok")
            .shown("call", call)
            .with("last-rc-change", &started)
            .with("exec-time", &exec_time)
            .with("queue-time", "0ms"),
    )?;
    document.empty(
        operation("monitor", rc, rc_text)
            .shown("call", call + 1)
            .with("interval", "10000ms")
            .with("last-rc-change", &started)
            .with("exec-time", "31ms")
            .with("queue-time", "0ms"),
    )
}
