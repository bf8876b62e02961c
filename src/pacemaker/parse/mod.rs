//! The output of `crm_mon` and `cibadmin` turned into the model.

mod archive;
mod cib;
mod configuration;
mod constraints;
mod controller;
mod events;
mod history;
mod limits;
mod nodes;
mod reading;
mod resources;
mod simulate;
mod stack;
mod status;
mod summary;

use jiff::Timestamp;
use jiff::tz::Offset;

pub use self::archive::{Archive, cib_archive};
pub use self::cib::cib;
pub use self::controller::{ControllerState, controller_state};
use self::history::History;
use self::reading::Reading;
pub use self::simulate::{Projected, crm_simulate};
pub use self::stack::stack;
pub use self::status::{Derived, cib_status};
use super::date;
pub use super::xml::ParseError;
use super::xml::{self, Element};
use crate::model::Picture;
use crate::model::text::clean;

/// What a host answered to `crm_mon`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The cluster as it sees it.
    Running(Box<Picture>),
    /// The cluster stack does not run there, or not yet.
    Stopped {
        /// What `crm_mon` said about it.
        message: String,
        /// The state that `pacemakerd` gave of itself, such as `init` or `shutting_down`.
        pacemakerd_state: Option<String>,
    },
    /// Pacemaker would not tell.
    Refused {
        /// Its exit code, see `crm_error --list --exit`.
        code: i32,
        /// What it said about it.
        message: String,
    },
}

/// Pacemaker's exit code for "not connected to the cluster".
pub(super) const DISCONNECTED: i32 = 102;

/// Reads the output of `crm_mon`, asked with `--output-as=xml` or `--as-xml`, of any version. Text before the XML, such
/// as a shell's banner, is skipped.
///
/// `zone` is that of the host which printed it: `ctime` dates name none. Without it such dates are `None`.
///
/// What is missing takes a neutral value; what is there and not understood does too and is told in
/// [`Picture::oddities`] with its line. The error is for what is not XML, or ends too early.
pub fn crm_mon(xml: &[u8], zone: Option<Offset>) -> Result<Answer, ParseError> {
    let source = String::from_utf8_lossy(xml);
    // The history of each operation is most of the output, and only probes are looked at.
    let roots = ["crm_mon", "pacemaker-result"];
    let document = xml::read_keeping(&source, &roots, &["operation_history"], history::is_probe)?;
    let root = &document.root;
    if let Some(failure) = failure(root) {
        return Ok(failure);
    }
    if !["summary", "nodes", "resources"].iter().any(|section| root.child(section).is_some()) {
        return Err(ParseError::at(&source, root.at, "no picture of a cluster in it"));
    }
    let mut reading = Reading::new(&source, zone);
    for (at, oddity) in &document.oddities {
        reading.odd(*at, oddity);
    }
    Ok(Answer::Running(Box::new(picture(root, &mut reading))))
}

/// When `crm_mon` printed this, by the clock of its host (`last_update`): for output that was saved. A picture
/// does not hold it, as it changes by itself. `zone` is as for [`crm_mon`].
pub fn printed_at(xml: &[u8], zone: Option<Offset>) -> Option<Timestamp> {
    let source = String::from_utf8_lossy(xml);
    let skipped = ["nodes", "resources", "node_attributes", "node_history", "operation_history"];
    let document = xml::read(&source, &["crm_mon", "pacemaker-result"], &skipped).ok()?;
    let time = document.root.child("summary")?.child("last_update")?.get("time")?;
    date::parse(time, zone).ok()?
}

/// Why there is no picture in it; `None` if there is one.
fn failure(root: &Element<'_>) -> Option<Answer> {
    let disconnected = root.child("crm-mon-disconnected");
    let status = root.child("status");
    let code = status.and_then(|status| status.get("code")?.parse().ok()).unwrap_or(0);
    let pacemakerd_state = disconnected
        .and_then(|element| element.get("pacemakerd-state"))
        .or_else(|| root.child("pacemakerd")?.get("state"))
        .map(clean);
    let empty = !["summary", "nodes", "resources"].iter().any(|section| root.child(section).is_some());
    if disconnected.is_some() || code == DISCONNECTED || (code == 0 && empty && pacemakerd_state.is_some()) {
        let described = disconnected.and_then(|element| element.get("description")).map(clean);
        let message = described.unwrap_or_else(|| message(status));
        return Some(Answer::Stopped { message, pacemakerd_state });
    }
    (code != 0).then(|| Answer::Refused { code, message: message(status) })
}

/// What a `<status>` says: the last of its errors, which tells what could not be done, or its message.
fn message(status: Option<&Element<'_>>) -> String {
    let Some(status) = status else { return String::new() };
    let last_error =
        status.listed("errors", "error").map(|error| &error.text).filter(|text| !text.is_empty()).last();
    clean(last_error.map_or_else(|| status.text_of("message"), String::as_str))
}

fn picture(root: &Element<'_>, reading: &mut Reading<'_>) -> Picture {
    let summary = summary::read(root, reading);
    // With `--group-by-node` the running resources are inside their nodes, before the others.
    let nodes = reading.first(limits::NODES, "nodes", root.listed("nodes", "node"));
    let mut resources: Vec<_> =
        root.listed("nodes", "node").flat_map(|node| resources::on_node(node, reading)).collect();
    for list in root.named("resources") {
        resources.extend(resources::read(list, reading));
    }
    let all: usize = root.named("nodes").chain(root.named("resources")).map(resources::count).sum();
    if all > limits::RESOURCES {
        reading.leave_out(limits::RESOURCES, all, "resources");
    }
    let inside_bundles = nodes::inside_bundles(&resources);
    let nodes = nodes.into_iter().map(|node| nodes::node(node, &inside_bundles, reading)).collect();
    let History { fail_counts, thresholds, failed_probes } = history::read(root, reading);
    let mut picture = Picture {
        summary,
        nodes,
        attributes: nodes::attributes(root, reading),
        fail_counts,
        thresholds,
        failed_probes,
        failures: events::failures(root, &resources, reading),
        fencing: events::fencing(root, reading),
        bans: constraints::bans(root, reading),
        tickets: constraints::tickets(root, reading),
        resources,
        cib: None,
        left_out: Vec::new(),
        oddities: Vec::new(),
    };
    picture.left_out = reading.take_left_out();
    picture.oddities = reading.take_oddities();
    picture
}
