//! `<nodes>`, `<node_attributes>` and `<node_history>`.

use super::reading::{Reading, text};
use crate::model::text::clean;
use crate::model::{FailCount, Node, NodeAttribute, NodeHealth, NodeKind, Primitive, Resource, Score};
use crate::pacemaker::xml::Element;

/// Reads one `<node>` of `<nodes>`; `resources` tell what kind of node it is.
pub(super) fn node(element: &Element<'_>, resources: &[Resource], reading: &mut Reading<'_>) -> Node {
    Node {
        name: element.text_of("name").into(),
        id: clean(element.text_of("id")),
        kind: kind(element, resources),
        online: reading.is(element, "online"),
        standby: reading.is(element, "standby"),
        standby_on_fail: reading.is(element, "standby_onfail"),
        maintenance: reading.is(element, "maintenance"),
        pending: reading.is(element, "pending"),
        unclean: reading.is(element, "unclean"),
        shutdown: reading.is(element, "shutdown"),
        expected_up: reading.is(element, "expected_up"),
        is_dc: reading.is(element, "is_dc"),
        health: health(element, reading),
        resources_running: reading.number(element, "resources_running"),
        feature_set: text(element, "feature_set"),
    }
}

fn health(element: &Element<'_>, reading: &mut Reading<'_>) -> NodeHealth {
    let Some(word) = element.get("health") else { return NodeHealth::default() };
    word.parse().unwrap_or_else(|_| {
        reading.odd(element.at, &format!("<node> health=\"{word}\" is not a health"));
        NodeHealth::default()
    })
}

/// `crm_mon` says `remote` for remote nodes, guests and bundle replicas alike. The last two are resources themselves:
/// their `id_as_resource` (only `container_id` in 1.1.13) names the guest's machine or the replica's container.
fn kind(element: &Element<'_>, resources: &[Resource]) -> NodeKind {
    match element.text_of("type") {
        "member" => NodeKind::Member,
        "remote" => {
            let container = element.get("id_as_resource").or_else(|| element.get("container_id"));
            let container = container.filter(|id| !id.is_empty());
            // The connection to a replica has the node's name as its id and lives beside the container.
            let inside_bundle = in_a_bundle(container.unwrap_or_else(|| element.text_of("name")), resources);
            match (container, inside_bundle) {
                (resource, true) => NodeKind::Bundle { resource: resource.map(Into::into) },
                (Some(resource), false) => NodeKind::Guest { resource: Some(resource.into()) },
                (None, false) => NodeKind::Remote,
            }
        }
        other => NodeKind::Other(clean(other)),
    }
}

fn in_a_bundle(id: &str, resources: &[Resource]) -> bool {
    let is_it = |(_, primitive): (_, &Primitive)| primitive.id == id;
    let bundles = resources.iter().filter(|resource| matches!(resource, Resource::Bundle(_)));
    bundles.flat_map(Resource::primitives).any(is_it)
}

/// Reads `<node_attributes>`.
pub(super) fn attributes(root: &Element<'_>) -> Vec<NodeAttribute> {
    let of_node = |node: &Element<'_>| -> Vec<NodeAttribute> {
        node.named("attribute")
            .map(|attribute| NodeAttribute {
                node: node.text_of("name").into(),
                name: clean(attribute.text_of("name")),
                value: clean(attribute.text_of("value")),
                expected: text(attribute, "expected"),
            })
            .collect()
    };
    root.listed("node_attributes", "node").flat_map(of_node).collect()
}

/// Reads the fail counts above zero in `<node_history>`.
pub(super) fn fail_counts(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<FailCount> {
    let mut counts = Vec::new();
    for node in root.listed("node_history", "node") {
        for resource in node.named("resource_history") {
            let Some(count) = reading.score(resource, "fail-count") else { continue };
            if count > Score::Finite(0) {
                counts.push(FailCount {
                    node: node.text_of("name").into(),
                    resource: resource.text_of("id").into(),
                    count,
                    migration_threshold: reading.score(resource, "migration-threshold"),
                    last_failure: reading.date(resource, "last-failure"),
                });
            }
        }
    }
    counts
}
