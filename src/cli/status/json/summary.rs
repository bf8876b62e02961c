//! What the cluster says of itself as a whole.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{ClusterOptions, Summary};

/// Flattened into the cluster's entry.
#[derive(Debug, Default, Serialize)]
pub(super) struct SummaryStatus<'a> {
    /// The DC's Pacemaker, such as `2.1.5-a3f44794f94`.
    version: Option<&'a str>,
    mixed_version: Option<bool>,
    stack: Option<&'a str>,
    pacemakerd_state: Option<&'a str>,
    last_change: Option<ChangeStatus<'a>>,
    configured: Option<Configured>,
    options: Option<Options<'a>>,
}

/// The last change to the configuration.
#[derive(Debug, Serialize)]
struct ChangeStatus<'a> {
    at: Option<Timestamp>,
    user: Option<&'a str>,
    client: Option<&'a str>,
    node: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Configured {
    nodes: Option<u32>,
    resources: Option<u32>,
    disabled: Option<u32>,
    blocked: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Options<'a> {
    fencing_enabled: Option<bool>,
    symmetric_cluster: Option<bool>,
    no_quorum_policy: Option<&'a str>,
    maintenance_mode: bool,
    stop_all_resources: bool,
    fencing_timeout_ms: Option<u64>,
    priority_fencing_delay_ms: Option<u64>,
    fencing_watchdog_timeout: Option<&'a str>,
}

impl<'a> SummaryStatus<'a> {
    pub(super) fn new(summary: &'a Summary) -> Self {
        Self {
            version: summary.version.as_deref(),
            mixed_version: Some(summary.mixed_version),
            stack: summary.stack.as_deref(),
            pacemakerd_state: summary.pacemakerd_state.as_deref(),
            last_change: ChangeStatus::new(summary),
            configured: Some(Configured {
                nodes: summary.nodes_configured,
                resources: summary.resources_configured,
                disabled: summary.resources_disabled,
                blocked: summary.resources_blocked,
            }),
            options: Some(Options::new(&summary.options)),
        }
    }
}

impl<'a> ChangeStatus<'a> {
    /// `None` where neither the time nor the author is known.
    fn new(summary: &'a Summary) -> Option<Self> {
        let (at, by) = (summary.last_change, &summary.last_change_by);
        (at.is_some() || !by.is_unknown()).then(|| Self {
            at,
            user: by.user.as_deref(),
            client: by.client.as_deref(),
            node: by.node.as_ref().map(AsRef::as_ref),
        })
    }
}

impl<'a> Options<'a> {
    fn new(options: &'a ClusterOptions) -> Self {
        Self {
            fencing_enabled: options.fencing_enabled,
            symmetric_cluster: options.symmetric,
            no_quorum_policy: options.no_quorum_policy.as_deref(),
            maintenance_mode: options.maintenance_mode,
            stop_all_resources: options.stop_all_resources,
            fencing_timeout_ms: options.fencing_timeout_ms,
            priority_fencing_delay_ms: options.priority_fencing_delay_ms,
            fencing_watchdog_timeout: options.watchdog_timeout.as_deref(),
        }
    }
}
