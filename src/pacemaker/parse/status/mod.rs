//! A picture from the status section of a CIB, where no output of `crm_mon` is at hand.
//!
//! The scheduler works the same out of the same section, with hundreds of special cases. Only what follows plainly from
//! it is taken over here, and a test compares it with `crm_mon` for every capture that has both.
//! What takes more than that is left out of the picture and named in [`Derived::unknown`]: bundles, guest nodes,
//! migrations that didn't end, failures that may have expired.

mod history;
mod nodes;
mod operation;
mod resources;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use self::history::Histories;
use self::resources::Tree;
use self::rules::Rules;
use super::cib::{self, WRITTEN_BY};
use super::reading::Reading;
use super::summary::author;
use super::xml::{self, Element, ParseError};
use super::{date, limits};
use crate::model::{Ban, Cib, ClusterOptions, Constraint, ConstraintRule, NodeName, Picture, Role, Summary};

/// A picture as the CIB tells it, without its fencing history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The picture, with its CIB.
    pub picture: Picture,
    /// What the picture leaves out as it doesn't follow plainly from the CIB, and why.
    pub unknown: Vec<String>,
    /// The newest date in the CIB. The CIB is at least as new as that.
    pub newest: Option<Timestamp>,
}

/// Reads a CIB with its status; `None` where it has none, as on disk.
///
/// `zone` is as for [`super::crm_mon`].
pub fn cib_status(xml: &[u8], zone: Option<Offset>) -> Result<Option<Derived>, ParseError> {
    let source = String::from_utf8_lossy(xml);
    let document = xml::read(&source, &["cib"], &[])?;
    let root = &document.root;
    if root.listed("status", "node_state").next().is_none() {
        return Ok(None);
    }
    let cib = cib::cib(xml)?;
    let mut reading = Reading::new(&source, zone);
    Ok(Some(derive(root, cib, &mut reading)))
}

fn derive(root: &Element<'_>, cib: Cib, reading: &mut Reading<'_>) -> Derived {
    let mut unknown = Vec::new();
    let states: Vec<&Element<'_>> =
        reading.first(limits::NODES, "nodes", root.listed("status", "node_state"));
    let options = options(&cib);
    let rules = Rules::new(root, &cib, &options);
    let mut nodes = nodes::read(root, &cib, &states, &options, &mut unknown, reading);
    let mut histories = Histories::new(&states, &rules, reading);
    nodes::connect_remotes(&mut nodes, &cib, &histories, &mut unknown);
    histories.keep(&nodes, rules.is_fencing());
    nodes::fence(&mut nodes, &histories, &rules);
    let tickets = tickets(root, reading);
    let granted = tickets.iter().filter(|ticket| ticket.granted).map(|ticket| ticket.id.clone()).collect();
    let tree = Tree { cib: &cib, options: &options, nodes: &nodes, histories: &histories, granted: &granted };
    let resources = tree.resources(&mut unknown, reading);
    let (attributes, fail_counts) = nodes::attributes(root, &cib, &states, &nodes, reading);
    let newest = newest(root, &histories, reading);
    nodes::count_resources(&mut nodes, &resources);
    let bans = bans(&cib, &nodes, reading);
    let fencing = nodes::fenced(&states, &nodes);
    unknown.dedup();
    let mut picture = Picture {
        summary: summary(root, &cib, options, &nodes, reading),
        nodes,
        failures: histories.failures(reading),
        resources,
        attributes,
        fail_counts,
        thresholds: nodes::thresholds(&histories, &cib, reading),
        failed_probes: histories.failed_probes(reading),
        bans,
        fencing,
        tickets,
        cib: None,
        ..Picture::default()
    };
    picture.left_out = reading.take_left_out();
    picture.oddities = reading.take_oddities();
    picture.cib = Some(Arc::new(cib));
    Derived { picture, unknown, newest }
}

/// Pacemaker's defaults, where the CIB sets nothing.
fn options(cib: &Cib) -> ClusterOptions {
    let flag = |names: [&str; 2], default: bool| {
        let set = names.iter().find_map(|name| cib.property(name));
        set.and_then(crate::model::boolean).unwrap_or(default)
    };
    ClusterOptions {
        fencing_enabled: Some(flag(["fencing-enabled", "stonith-enabled"], true)),
        symmetric: Some(flag(["symmetric-cluster", "symmetric_cluster"], true)),
        no_quorum_policy: Some(cib.property("no-quorum-policy").unwrap_or("stop").to_owned()),
        maintenance_mode: flag(["maintenance-mode", "maintenance_mode"], false),
        stop_all_resources: flag(["stop-all-resources", "stop_all_resources"], false),
        ..ClusterOptions::default()
    }
}

fn summary(
    root: &Element<'_>,
    cib: &Cib,
    options: ClusterOptions,
    nodes: &[crate::model::Node],
    reading: &mut Reading<'_>,
) -> Summary {
    let dc = nodes.iter().find(|node| node.is_dc).map(|node| node.name.clone());
    Summary {
        stack: cib.property("cluster-infrastructure").map(str::to_owned),
        dc_told: true,
        quorate: cib.quorate.filter(|_| dc.is_some()),
        dc,
        version: cib.property("dc-version").map(str::to_owned),
        last_change: reading.date(root, "cib-last-written"),
        last_change_by: author(root, WRITTEN_BY),
        nodes_configured: Some(nodes.len() as u32),
        options,
        ..Summary::default()
    }
}

/// The bans without a rule. Which rules are in force doesn't follow from the CIB alone.
fn bans(cib: &Cib, nodes: &[crate::model::Node], reading: &mut Reading<'_>) -> Vec<Ban> {
    let ban = |constraint: &Constraint| match &constraint.rule {
        ConstraintRule::Location { resource, node: Some(node), score: Some(weight), role, rule }
            if weight.is_negative()
                && rule.is_empty()
                && cib.resource(resource.as_str()).is_some()
                && nodes.iter().any(|known| known.name == *node) =>
        {
            Some(Ban {
                id: constraint.id.clone(),
                resource: resource.clone(),
                node: node.clone(),
                weight: *weight,
                promoted_only: *role == Some(Role::Promoted),
            })
        }
        _ => None,
    };
    reading.first(limits::BANS, "bans", cib.constraints.iter().filter_map(ban))
}

fn tickets(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<crate::model::Ticket> {
    let states = root.named("status").flat_map(|status| status.listed("tickets", "ticket_state"));
    let states = reading.first(limits::TICKETS, "tickets", states);
    let ticket = |element: &Element<'_>| crate::model::Ticket {
        id: crate::model::clean(element.text_of("id")),
        granted: reading.is(element, "granted"),
        standby: reading.is(element, "standby"),
        last_granted: reading.date(element, "last-granted"),
    };
    states.into_iter().map(ticket).collect()
}

fn newest(root: &Element<'_>, histories: &Histories<'_>, reading: &mut Reading<'_>) -> Option<Timestamp> {
    let written = root.get("cib-last-written").is_some().then(|| reading.date(root, "cib-last-written"));
    written.flatten().max(histories.newest())
}

/// A date in seconds, as the history has it.
fn seconds(element: &Element<'_>, name: &str) -> Option<Timestamp> {
    date::parse(element.get(name)?, None).ok()?
}

/// The names of nodes by their ids.
type Names<'e> = HashMap<&'e str, NodeName>;
