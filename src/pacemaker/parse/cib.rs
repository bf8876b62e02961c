//! The CIB, with or without its status.

use super::reading::Reading;
use super::summary::changed_by;
use super::{configuration, constraints};
use crate::model::text::clean;
use crate::model::{Cib, ConfiguredResource, ResourceId};
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
        schema: root.get("validate-with").map(clean),
        ..Cib::default()
    };
    for section in root.named("configuration").flat_map(|configuration| &configuration.children) {
        match section.name {
            "crm_config" => cib.properties.extend(pairs(section, "cluster_property_set")),
            "rsc_defaults" => cib.resource_defaults.extend(pairs(section, "meta_attributes")),
            "resources" => configured(section, None, section, &mut cib.resources),
            "constraints" => {
                cib.constraints.extend(
                    section.children.iter().map(|child| constraints::constraint(child, &mut reading)),
                );
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

/// Adds the resources inside of an element, each before those that it contains; `section` holds the templates.
fn configured(
    parent: &Element<'_>,
    parent_id: Option<&ResourceId>,
    section: &Element<'_>,
    found: &mut Vec<ConfiguredResource>,
) {
    for element in &parent.children {
        if !matches!(element.name, "primitive" | "group" | "clone" | "master" | "bundle") {
            continue;
        }
        let id = ResourceId::from(element.text_of("id"));
        found.push(ConfiguredResource {
            id: id.clone(),
            kind: element.name.to_owned(),
            parent: parent_id.cloned(),
            agent: agent(element, section),
            meta: pairs(element, "meta_attributes"),
            parameters: element.listed("instance_attributes", "nvpair").count() as u32,
        });
        configured(element, Some(&id), section, found);
    }
}

/// The agent of a primitive: its own, or that of the template it is made from.
fn agent(element: &Element<'_>, section: &Element<'_>) -> Option<String> {
    let template = |id: &str| section.named("template").find(|template| template.get("id") == Some(id));
    let source = element.get("template").and_then(template).unwrap_or(element);
    let class = source.get("class")?;
    let parts = [Some(class), source.get("provider"), source.get("type")];
    Some(clean(&parts.into_iter().flatten().collect::<Vec<_>>().join(":")))
}
