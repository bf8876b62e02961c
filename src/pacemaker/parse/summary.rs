//! `<summary>`.

use super::reading::{Reading, text};
use crate::model::{Author, ClusterOptions, Summary};
use crate::pacemaker::xml::Element;

/// Reads what there is of the summary: every part of it is optional.
pub(super) fn read(root: &Element<'_>, reading: &mut Reading<'_>) -> Summary {
    let pacemakerd_state = root.child("pacemakerd").and_then(|element| text(element, "state"));
    let Some(summary) = root.child("summary") else {
        return Summary { pacemakerd_state, ..Summary::default() };
    };
    let mut read = Summary { pacemakerd_state, ..Summary::default() };
    if let Some(stack) = summary.child("stack") {
        read.stack = text(stack, "type");
        read.pacemakerd_state = text(stack, "pacemakerd-state").or(read.pacemakerd_state);
    }
    if let Some(dc) = summary.child("current_dc") {
        read.dc_told = true;
        if reading.is(dc, "present") {
            read.dc = dc.get("name").filter(|name| !name.is_empty()).map(Into::into);
        }
        read.version = text(dc, "version");
        read.quorate = reading.flag(dc, "with_quorum");
        read.mixed_version = reading.is(dc, "mixed_version");
    }
    if let Some(change) = summary.child("last_change") {
        read.last_change = reading.date(change, "time");
        read.last_change_by = author(change, ["user", "client", "origin"]);
    }
    if let Some(nodes) = summary.child("nodes_configured") {
        read.nodes_configured = reading.number(nodes, "number");
    }
    if let Some(resources) = summary.child("resources_configured") {
        read.resources_configured = reading.number(resources, "number");
        read.resources_disabled = reading.number(resources, "disabled");
        read.resources_blocked = reading.number(resources, "blocked");
    }
    if let Some(options) = summary.child("cluster_options") {
        read.options = cluster_options(options, reading);
    }
    read
}

fn cluster_options(element: &Element<'_>, reading: &mut Reading<'_>) -> ClusterOptions {
    // From 3.0.2 both are printed, and the old name is on its way out.
    let newest = |new, old| if element.get(new).is_some() { new } else { old };
    let fencing_timeout = newest("fencing-timeout-ms", "stonith-timeout-ms");
    ClusterOptions {
        fencing_enabled: reading.flag(element, newest("fencing-enabled", "stonith-enabled")),
        symmetric: reading.flag(element, "symmetric-cluster"),
        no_quorum_policy: text(element, "no-quorum-policy"),
        maintenance_mode: reading.is(element, "maintenance-mode"),
        stop_all_resources: reading.is(element, "stop-all-resources"),
        fencing_timeout_ms: reading.number(element, fencing_timeout),
        priority_fencing_delay_ms: reading.number(element, "priority-fencing-delay-ms"),
        watchdog_timeout: text(element, "stonith-watchdog-timeout")
            .or_else(|| text(element, "fencing-watchdog-timeout")),
    }
}

/// Reads the author of a change from the attributes that hold the user, the client and the node.
pub(super) fn author(change: &Element<'_>, [user, client, node]: [&str; 3]) -> Author {
    Author {
        user: text(change, user),
        client: text(change, client),
        node: change.get(node).filter(|name| !name.is_empty()).map(Into::into),
    }
}
