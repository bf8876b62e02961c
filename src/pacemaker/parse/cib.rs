//! The CIB, with or without its status.

use std::collections::HashMap;

use super::reading::Reading;
use super::summary::changed_by;
use super::{configuration, constraints, limits};
use crate::model::text::clean;
use crate::model::{Cib, ConfiguredResource, FencingLevel, NodeName, ResourceId};
use crate::pacemaker::xml::{self, Element, ParseError};

/// The CIB's status is most of it, and `crm_mon` tells it better.
const SKIPPED: [&str; 1] = ["status"];

/// The attributes of `<cib>` that hold the user, the client and the node of the last change.
pub(super) const WRITTEN_BY: [&str; 3] = ["update-user", "update-client", "update-origin"];

/// Reads the output of `cibadmin --query`. Text before the XML is skipped.
///
/// Dates that name no zone are not known here, see [`crate::model::Constraint::expires`].
pub fn cib(xml: &[u8]) -> Result<Cib, ParseError> {
    let source = String::from_utf8_lossy(xml);
    let document = xml::read(&source, &["cib"], &SKIPPED)?;
    let root = &document.root;
    let mut reading = Reading::new(&source, None);
    for (at, oddity) in &document.oddities {
        reading.odd(*at, oddity);
    }
    let mut cib = Cib {
        epoch: (number(root, "admin_epoch", &mut reading), number(root, "epoch", &mut reading)),
        changed_by: changed_by(root, WRITTEN_BY),
        quorate: reading.flag(root, "have-quorum"),
        schema: root.get("validate-with").map(clean),
        ..Cib::default()
    };
    for section in root.named("configuration").flat_map(|configuration| &configuration.children) {
        match section.name {
            "crm_config" => cib.properties.extend(pairs(section, "cluster_property_set")),
            "rsc_defaults" => cib.resource_defaults.extend(pairs(section, "meta_attributes")),
            "resources" => {
                cib.templates.extend(section.named("template").map(|it| it.text_of("id").into()));
                configured(section, None, &templates(section), &mut cib.resources);
            }
            "nodes" => cib.capacities.extend(section.named("node").filter_map(capacity)),
            "tags" => cib.tags.extend(section.named("tag").map(tag)),
            "fencing-topology" => {
                cib.levels.extend(section.named("fencing-level").map(|it| level(it, &mut reading)));
                cib.levels.sort_by_key(|level| level.index);
            }
            "constraints" => {
                let children = reading.first(limits::CONSTRAINTS, "constraints", &section.children);
                let read = |child| constraints::constraint(child, &mut reading);
                cib.constraints.extend(children.into_iter().map(read));
            }
            _ => {}
        }
    }
    if let Some(root) = root.child("configuration") {
        cib.configuration = configuration::tree(root, &mut reading);
    }
    cib.cluster_name = cib.property("cluster-name").filter(|name| !name.is_empty()).map(str::to_owned);
    cib.has_fencing_device =
        cib.resources.iter().any(|it| it.agent.as_deref().is_some_and(|agent| agent.starts_with("stonith:")));
    let configured = cib.resources.len();
    if configured > limits::RESOURCES {
        cib.resources.truncate(limits::RESOURCES);
        reading.leave_out(limits::RESOURCES, configured, "configured resources");
    }
    cib.left_out = reading.take_left_out();
    cib.oddities = reading.take_oddities();
    Ok(cib)
}

fn number(root: &Element<'_>, name: &str, reading: &mut Reading<'_>) -> u64 {
    reading.number(root, name).unwrap_or(0)
}

/// The `<nvpair>`s in the lists of that name.
fn pairs(section: &Element<'_>, list: &str) -> Vec<(String, String)> {
    let pair = |pair: &Element<'_>| (clean(pair.text_of("name")), clean(pair.text_of("value")));
    section.listed(list, "nvpair").map(pair).collect()
}

/// The instance attributes of which the values are kept, for what the judgement needs of them.
const KEPT: [&str; 9] = [
    "pcmk_host_list",
    "pcmk_host_map",
    "pcmk_host_check",
    "action",
    "method",
    "name",
    "host_list",
    "multiplier",
    "reconnect_interval",
];

/// Templates by their ids.
type Templates<'e, 'a> = HashMap<&'e str, &'e Element<'a>>;

fn templates<'e, 'a>(section: &'e Element<'a>) -> Templates<'e, 'a> {
    section.named("template").map(|template| (template.text_of("id"), template)).collect()
}

/// Adds the resources inside of an element, each before those that it contains.
fn configured(
    parent: &Element<'_>,
    parent_id: Option<&ResourceId>,
    templates: &Templates<'_, '_>,
    found: &mut Vec<ConfiguredResource>,
) {
    for element in &parent.children {
        if !matches!(element.name, "primitive" | "group" | "clone" | "master" | "bundle") {
            continue;
        }
        let id = ResourceId::from(element.text_of("id"));
        let template = element.get("template").and_then(|id| templates.get(id).copied());
        // A resource's own lists go before those of its template.
        let sources = || std::iter::once(element).chain(template);
        found.push(ConfiguredResource {
            id: id.clone(),
            kind: element.name.to_owned(),
            parent: parent_id.cloned(),
            agent: agent(template.unwrap_or(element)),
            meta: sources().flat_map(|it| pairs(it, "meta_attributes")).collect(),
            parameters: element.listed("instance_attributes", "nvpair").count() as u32,
            settings: sources().flat_map(settings).collect(),
            template: element.get("template").map(Into::into),
            utilization: sources().flat_map(utilization).collect(),
        });
        configured(element, Some(&id), templates, found);
    }
}

/// The agent of a primitive or a template.
fn agent(source: &Element<'_>) -> Option<String> {
    let class = source.get("class")?;
    let parts = [Some(class), source.get("provider"), source.get("type")];
    Some(clean(&parts.into_iter().flatten().collect::<Vec<_>>().join(":")))
}

fn settings(element: &Element<'_>) -> Vec<(String, String)> {
    let mut settings = pairs(element, "instance_attributes");
    settings.retain(|(name, _)| KEPT.contains(&name.as_str()));
    settings
}

/// Amounts that aren't numbers count for nothing, as Pacemaker takes them.
fn utilization(element: &Element<'_>) -> Vec<(String, i64)> {
    let pairs = pairs(element, "utilization").into_iter();
    pairs.filter_map(|(name, value)| Some((name, value.trim().parse().ok()?))).collect()
}

fn capacity(node: &Element<'_>) -> Option<(NodeName, Vec<(String, i64)>)> {
    let capacity = utilization(node);
    (!capacity.is_empty()).then(|| (node.text_of("uname").into(), capacity))
}

fn tag(element: &Element<'_>) -> (ResourceId, Vec<ResourceId>) {
    let members = element.named("obj_ref").filter_map(|reference| reference.get("id"));
    (element.text_of("id").into(), members.map(Into::into).collect())
}

fn level(element: &Element<'_>, reading: &mut Reading<'_>) -> FencingLevel {
    let devices = element.text_of("devices").split(',').map(str::trim).filter(|id| !id.is_empty());
    FencingLevel {
        target: element.get("target").filter(|name| !name.is_empty()).map(Into::into),
        index: reading.number(element, "index").unwrap_or(0),
        devices: devices.map(Into::into).collect(),
    }
}
