//! Fail counts, failed probes, node attributes and tickets.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{FailCount, FailedProbe, NodeAttribute, Picture, Ticket};

/// Flattened into the cluster's entry.
#[derive(Debug, Default, Serialize)]
pub(super) struct History<'a> {
    fail_counts: Vec<FailCountStatus<'a>>,
    failed_probes: Vec<FailedProbeStatus<'a>>,
    node_attributes: Vec<AttributeStatus<'a>>,
    tickets: Vec<TicketStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct FailCountStatus<'a> {
    resource: &'a str,
    node: &'a str,
    /// A number or `INFINITY`, as text.
    count: String,
    /// The same; `null` where `crm_mon` doesn't print it.
    migration_threshold: Option<String>,
    last_failure: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct FailedProbeStatus<'a> {
    resource: &'a str,
    node: &'a str,
    exit_code: i32,
    exit_status: &'a str,
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct AttributeStatus<'a> {
    node: &'a str,
    name: &'a str,
    value: &'a str,
    /// The value with every ping target reachable.
    expected: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct TicketStatus<'a> {
    id: &'a str,
    granted: bool,
    standby: bool,
    last_granted: Option<Timestamp>,
    /// The id of the site that holds it according to booth, this one included.
    holder: Option<&'a str>,
    expires: Option<Timestamp>,
}

impl<'a> History<'a> {
    pub(super) fn new(picture: &'a Picture) -> Self {
        Self {
            fail_counts: picture.fail_counts.iter().map(FailCountStatus::new).collect(),
            failed_probes: picture.failed_probes.iter().map(FailedProbeStatus::new).collect(),
            node_attributes: picture.attributes.iter().map(AttributeStatus::new).collect(),
            tickets: picture.tickets.iter().map(|ticket| TicketStatus::new(ticket, picture)).collect(),
        }
    }
}

impl<'a> FailCountStatus<'a> {
    fn new(count: &'a FailCount) -> Self {
        Self {
            resource: count.resource.as_str(),
            node: count.node.as_str(),
            count: count.count.to_string(),
            migration_threshold: count.migration_threshold.map(|threshold| threshold.to_string()),
            last_failure: count.last_failure,
        }
    }
}

impl<'a> FailedProbeStatus<'a> {
    fn new(probe: &'a FailedProbe) -> Self {
        Self {
            resource: probe.resource.as_str(),
            node: probe.node.as_str(),
            exit_code: probe.exit_code,
            exit_status: &probe.exit_status,
            at: probe.at,
        }
    }
}

impl<'a> AttributeStatus<'a> {
    fn new(attribute: &'a NodeAttribute) -> Self {
        Self {
            node: attribute.node.as_str(),
            name: &attribute.name,
            value: &attribute.value,
            expected: attribute.expected.as_deref(),
        }
    }
}

impl<'a> TicketStatus<'a> {
    fn new(ticket: &'a Ticket, picture: &'a Picture) -> Self {
        let lease = picture.cib.as_deref().and_then(|cib| cib.lease(&ticket.id));
        Self {
            id: &ticket.id,
            granted: ticket.granted,
            standby: ticket.standby,
            last_granted: ticket.last_granted,
            holder: lease.and_then(|lease| lease.holder.as_deref()),
            expires: lease.and_then(|lease| lease.expires),
        }
    }
}
