//! The CIB, with or without its status.

use std::collections::HashMap;

use super::reading::Reading;
use super::summary::author;
use super::{configuration, constraints, limits};
use crate::model::text::clean;
use crate::model::{Cib, ConfiguredResource, FencingLevel, LevelTarget, NodeName, ResourceId};
use crate::pacemaker::xml::{self, Element, ParseError};

/// What each node has run is most of the CIB, and `crm_mon` tells it better.
const SKIPPED: [&str; 1] = ["node_state"];

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
        changed_by: author(root, WRITTEN_BY),
        quorate: reading.flag(root, "have-quorum"),
        schema: root.get("validate-with").map(clean),
        ..Cib::default()
    };
    for section in root.named("configuration").flat_map(|configuration| &configuration.children) {
        match section.name {
            "crm_config" => {
                let set = section.listed("cluster_property_set", "nvpair");
                cib.properties
                    .extend(reading.first(limits::OPTIONS, "cluster options", set).into_iter().map(pair));
            }
            "rsc_defaults" => {
                let set = section.listed("meta_attributes", "nvpair");
                let set = reading.first(limits::OPTIONS, "defaults of resources", set);
                cib.resource_defaults.extend(set.into_iter().map(pair));
            }
            "resources" => {
                let templates = reading.first(limits::TEMPLATES, "templates", section.named("template"));
                cib.templates.extend(templates.into_iter().map(|it| it.text_of("id").into()));
                let mut resources = Resources::new(section);
                resources.add(section, None);
                resources.finish(&mut cib, &mut reading);
            }
            "nodes" => {
                let nodes = reading.first(limits::NODES, "configured nodes", section.named("node"));
                cib.capacities.extend(nodes.into_iter().filter_map(|node| capacity(node, &mut reading)));
            }
            "tags" => {
                let tags = reading.first(limits::TAGS, "tags", section.named("tag"));
                cib.tags.extend(tags.into_iter().map(|it| tag(it, &mut reading)));
            }
            "fencing-topology" => {
                let levels = reading.first(limits::LEVELS, "fencing levels", section.named("fencing-level"));
                cib.levels.extend(levels.into_iter().filter_map(|it| level(it, &mut reading)));
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
    let states = root.named("status").flat_map(|status| status.listed("tickets", "ticket_state"));
    let states = reading.first(limits::TICKETS, "tickets", states);
    cib.leases.extend(states.into_iter().filter_map(|it| constraints::lease(it, &mut reading)));
    cib.cluster_name = cib.property("cluster-name").filter(|name| !name.is_empty()).map(str::to_owned);
    cib.left_out = reading.take_left_out();
    cib.oddities = reading.take_oddities();
    Ok(cib)
}

fn number(root: &Element<'_>, name: &str, reading: &mut Reading<'_>) -> u64 {
    reading.number(root, name).unwrap_or(0)
}

fn pair(pair: &Element<'_>) -> (String, String) {
    (clean(pair.text_of("name")), clean(pair.text_of("value")))
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

/// The resources that have been read so far.
struct Resources<'e, 'a> {
    templates: HashMap<&'e str, &'e Element<'a>>,
    /// How many settings each template has; each of its resources has them, too.
    sizes: HashMap<&'e str, usize>,
    found: Vec<ConfiguredResource>,
    /// How many there are, read or not.
    all: usize,
    /// How many settings are kept, and how many there are.
    settings: (usize, usize),
    has_fencing_device: bool,
}

impl<'e, 'a> Resources<'e, 'a> {
    fn new(section: &'e Element<'a>) -> Self {
        let templates = || section.named("template").map(|template| (template.text_of("id"), template));
        Self {
            templates: templates().collect(),
            sizes: templates().map(|(id, template)| (id, size(template))).collect(),
            found: Vec::new(),
            all: 0,
            settings: (0, 0),
            has_fencing_device: false,
        }
    }

    /// Adds the resources inside of an element, each before those that it contains.
    fn add(&mut self, parent: &'e Element<'a>, parent_id: Option<&ResourceId>) {
        for element in &parent.children {
            if !matches!(element.name, "primitive" | "group" | "clone" | "master" | "bundle") {
                continue;
            }
            let id = ResourceId::from(element.text_of("id"));
            let template = element.get("template").and_then(|id| self.templates.get_key_value(id));
            let size = size(element) + template.map_or(0, |(id, _)| self.sizes[id]);
            let template = template.map(|(_, template)| *template);
            let agent = agent(template.unwrap_or(element));
            self.has_fencing_device |= agent.as_deref().is_some_and(|agent| agent.starts_with("stonith:"));
            self.all += 1;
            if self.found.len() < limits::RESOURCES {
                let room = limits::SETTINGS - self.settings.0;
                // A resource's own lists go before those of its template.
                let resource = resource(element, parent_id, [Some(element), template], agent, room);
                self.settings.0 += resource.meta.len() + resource.settings.len() + resource.utilization.len();
                self.settings.1 += size;
                self.found.push(resource);
            }
            self.add(element, Some(&id));
        }
    }

    fn finish(self, cib: &mut Cib, reading: &mut Reading<'_>) {
        if self.all > self.found.len() {
            reading.leave_out(self.found.len(), self.all, "configured resources");
        }
        if self.settings.0 == limits::SETTINGS && self.settings.1 > limits::SETTINGS {
            reading.leave_out(self.settings.0, self.settings.1, "settings of resources");
        }
        cib.has_fencing_device |= self.has_fencing_device;
        cib.resources.extend(self.found);
    }
}

/// The agent of a primitive or a template.
fn agent(source: &Element<'_>) -> Option<String> {
    let class = source.get("class")?;
    let parts = [Some(class), source.get("provider"), source.get("type")];
    Some(clean(&parts.into_iter().flatten().collect::<Vec<_>>().join(":")))
}

/// How many settings a resource or a template has of its own.
fn size(element: &Element<'_>) -> usize {
    let lists = ["meta_attributes", "utilization"].iter();
    let others = lists.map(|list| element.listed(list, "nvpair").count()).sum::<usize>();
    others + kept(element).count()
}

/// A resource's instance attributes whose values are kept.
fn kept<'e>(element: &'e Element<'_>) -> impl Iterator<Item = (String, String)> + 'e {
    let kept = |it: &&Element<'_>| KEPT.contains(&it.text_of("name"));
    element.listed("instance_attributes", "nvpair").filter(kept).map(pair)
}

/// Amounts that aren't numbers count for nothing, as Pacemaker takes them.
fn utilization<'e>(element: &'e Element<'_>) -> impl Iterator<Item = (String, i64)> + 'e {
    let pairs = element.listed("utilization", "nvpair").map(pair);
    pairs.filter_map(|(name, value)| Some((name, value.trim().parse().ok()?)))
}

/// One resource, with no more than `room` settings in all, from these elements.
fn resource(
    element: &Element<'_>,
    parent: Option<&ResourceId>,
    sources: [Option<&Element<'_>>; 2],
    agent: Option<String>,
    room: usize,
) -> ConfiguredResource {
    let sources = || sources.into_iter().flatten();
    let meta = sources().flat_map(|it| it.listed("meta_attributes", "nvpair").map(pair));
    let meta: Vec<_> = meta.take(room).collect();
    let settings: Vec<_> = sources().flat_map(kept).take(room - meta.len()).collect();
    let utilization = sources().flat_map(utilization).take(room - meta.len() - settings.len()).collect();
    ConfiguredResource {
        id: element.text_of("id").into(),
        kind: element.name.to_owned(),
        parent: parent.cloned(),
        agent,
        meta,
        parameters: element.listed("instance_attributes", "nvpair").count() as u32,
        settings,
        template: element.get("template").map(Into::into),
        utilization,
    }
}

fn capacity(node: &Element<'_>, reading: &mut Reading<'_>) -> Option<(NodeName, Vec<(String, i64)>)> {
    let capacity = reading.first(limits::CAPACITIES, "capacities of a node", utilization(node));
    (!capacity.is_empty()).then(|| (node.text_of("uname").into(), capacity))
}

fn tag(element: &Element<'_>, reading: &mut Reading<'_>) -> (ResourceId, Vec<ResourceId>) {
    let members = element.named("obj_ref").filter_map(|reference| reference.get("id"));
    let members = reading.first(limits::TAGGED, "resources of a tag", members);
    (element.text_of("id").into(), members.into_iter().map(Into::into).collect())
}

/// A level without a target is broken, and the fencer ignores it too.
fn level(element: &Element<'_>, reading: &mut Reading<'_>) -> Option<FencingLevel> {
    let devices = element.text_of("devices").split(',').map(str::trim).filter(|id| !id.is_empty());
    let given = |name| element.get(name).filter(|value| !value.is_empty());
    let by_attribute = || {
        let name = given("target-attribute")?;
        Some(LevelTarget::Attribute(name.to_owned(), element.text_of("target-value").to_owned()))
    };
    let target = given("target")
        .map(|name| LevelTarget::Node(name.into()))
        .or_else(|| given("target-pattern").map(|pattern| LevelTarget::Pattern(pattern.to_owned())))
        .or_else(by_attribute)?;
    Some(FencingLevel {
        target,
        index: reading.number(element, "index").unwrap_or(0),
        devices: devices.map(Into::into).collect(),
    })
}
