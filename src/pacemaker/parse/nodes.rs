//! `<nodes>` and `<node_attributes>`.

use std::collections::HashSet;

use super::limits;
use super::reading::{Reading, text};
use crate::model::text::{clean, numbered};
use crate::model::{Node, NodeAttribute, NodeHealth, NodeKind, Resource};
use crate::pacemaker::xml::Element;

/// Returns the ids of everything that bundles contain.
pub(super) fn inside_bundles(resources: &[Resource]) -> HashSet<&str> {
    let bundles = resources.iter().filter(|resource| matches!(resource, Resource::Bundle(_)));
    bundles.flat_map(Resource::primitives).map(|(_, primitive)| primitive.id.as_str()).collect()
}

/// Reads one `<node>` of `<nodes>`; what bundles contain tells what kind of node it is.
pub(super) fn node(element: &Element<'_>, inside_bundles: &HashSet<&str>, reading: &mut Reading<'_>) -> Node {
    Node {
        name: element.text_of("name").into(),
        id: clean(element.text_of("id")),
        kind: kind(element, inside_bundles),
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
fn kind(element: &Element<'_>, inside_bundles: &HashSet<&str>) -> NodeKind {
    match element.text_of("type") {
        "member" => NodeKind::Member,
        "remote" => {
            let container = element.get("id_as_resource").or_else(|| element.get("container_id"));
            let container = container.filter(|id| !id.is_empty());
            let name = element.text_of("name");
            // The connection to a replica has the node's name as its id and lives beside the container.
            let inside_bundle = inside_bundles.contains(container.unwrap_or(name))
                || container.is_some_and(|container| is_container_of(container, name));
            match (container, inside_bundle) {
                (resource, true) => NodeKind::Bundle { resource: resource.map(Into::into) },
                (Some(resource), false) => NodeKind::Guest { resource: Some(resource.into()) },
                (None, false) => NodeKind::Remote,
            }
        }
        other => NodeKind::Other(clean(other)),
    }
}

/// Whether Pacemaker names that container for the replica which is that node: `db-bundle-podman-0` for `db-bundle-0`. Without
/// `-r` a stopped bundle isn't listed, so that only the names tell.
fn is_container_of(container: &str, node: &str) -> bool {
    let Some((bundle, replica)) = numbered(node, '-') else { return false };
    let rest = container.strip_prefix(bundle).and_then(|rest| rest.strip_suffix(replica));
    matches!(rest, Some("-docker-" | "-podman-" | "-rkt-"))
}

/// Reads `<node_attributes>`.
pub(super) fn attributes(root: &Element<'_>, reading: &mut Reading<'_>) -> Vec<NodeAttribute> {
    let attributes = root
        .listed("node_attributes", "node")
        .flat_map(|node| node.named("attribute").map(move |attribute| (node, attribute)));
    let attributes = reading.first(limits::ATTRIBUTES, "node attributes", attributes);
    let read = |(node, attribute): (&Element<'_>, &Element<'_>)| NodeAttribute {
        node: node.text_of("name").into(),
        name: clean(attribute.text_of("name")),
        value: clean(attribute.text_of("value")),
        expected: text(attribute, "expected"),
    };
    attributes.into_iter().map(read).collect()
}
