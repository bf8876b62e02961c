//! `<resources>`: primitives, groups, clones, bundles, in each other.

use super::limits;
use super::reading::{Reading, role, text};
use crate::model::text::clean;
use crate::model::{Bundle, CloneResource, Group, NodeName, Primitive, Replica, Resource, Role};
use crate::pacemaker::xml::Element;

/// Reads the resources directly inside of an element.
///
/// A kind of container that is not known is passed through, so that no resource is lost.
pub(super) fn read(parent: &Element<'_>, reading: &mut Reading<'_>) -> Vec<Resource> {
    let mut resources = Vec::with_capacity(parent.children.len());
    for child in &parent.children {
        if is_resource(child) && !reading.has_room() {
            break;
        }
        match child.name {
            "resource" => resources.push(Resource::Primitive(primitive(child, reading))),
            "group" => resources.push(Resource::Group(group(child, reading))),
            "clone" => resources.push(Resource::Clone(clone(child, reading))),
            "bundle" => resources.push(Resource::Bundle(bundle(child, reading))),
            unknown => {
                let inside = read(child, reading);
                if !inside.is_empty() {
                    reading.odd(child.at, &format!("<{unknown}> holds resources and is not known"));
                    resources.extend(inside);
                }
            }
        }
    }
    resources
}

fn is_resource(element: &Element<'_>) -> bool {
    matches!(element.name, "resource" | "group" | "clone" | "bundle")
}

/// Returns how many resources there are below an element, containers counted like the others.
pub(super) fn count(element: &Element<'_>) -> usize {
    element.children.iter().map(|child| usize::from(is_resource(child)) + count(child)).sum()
}

/// Reads the resources inside of a `<node>` of `<nodes>`, as printed by `crm_mon --group-by-node`. Some versions leave
/// out on which node they run, as that goes without saying.
pub(super) fn on_node(node: &Element<'_>, reading: &mut Reading<'_>) -> Vec<Resource> {
    let mut resources = read(node, reading);
    for resource in &mut resources {
        if let Resource::Primitive(primitive) = resource
            && primitive.nodes.is_empty()
        {
            primitive.nodes.push(node.text_of("name").into());
        }
    }
    resources
}

fn primitive(element: &Element<'_>, reading: &mut Reading<'_>) -> Primitive {
    Primitive {
        id: element.text_of("id").into(),
        agent: agent(element.text_of("resource_agent")),
        // Pacemaker's own word for a role that is not known.
        role: role(element, "role").unwrap_or_else(|| Role::Other("Unknown".to_owned())),
        target_role: role(element, "target_role"),
        active: reading.is(element, "active"),
        managed: reading.flag(element, "managed").unwrap_or(true),
        failed: reading.is(element, "failed"),
        failure_ignored: reading.is(element, "failure_ignored"),
        blocked: reading.is(element, "blocked"),
        // From 3.0.2 both are printed, and the old name is on its way out.
        orphaned: reading.is(element, "removed") || reading.is(element, "orphaned"),
        maintenance: reading.is(element, "maintenance"),
        pending: text(element, "pending"),
        locked_to: element.get("locked_to").filter(|name| !name.is_empty()).map(Into::into),
        nodes: places(element, reading),
    }
}

fn places(element: &Element<'_>, reading: &mut Reading<'_>) -> Vec<NodeName> {
    let places = reading.first(limits::PLACES, "nodes of a resource", element.named("node"));
    places.into_iter().map(|node| node.text_of("name").into()).collect()
}

/// `ocf::heartbeat:IPaddr2`, as it was written until 2.1.0 (and later where built for compatibility), becomes
/// `ocf:heartbeat:IPaddr2`.
fn agent(written: &str) -> String {
    clean(written).replacen("::", ":", 1)
}

fn group(element: &Element<'_>, reading: &mut Reading<'_>) -> Group {
    Group {
        id: element.text_of("id").into(),
        managed: reading.flag(element, "managed").unwrap_or(true),
        disabled: reading.is(element, "disabled"),
        maintenance: reading.is(element, "maintenance"),
        members: read(element, reading),
    }
}

fn clone(element: &Element<'_>, reading: &mut Reading<'_>) -> CloneResource {
    CloneResource {
        id: element.text_of("id").into(),
        promotable: reading.is(element, "multi_state"),
        unique: reading.is(element, "unique"),
        managed: reading.flag(element, "managed").unwrap_or(true),
        disabled: reading.is(element, "disabled"),
        maintenance: reading.is(element, "maintenance"),
        failed: reading.is(element, "failed"),
        failure_ignored: reading.is(element, "failure_ignored"),
        target_role: role(element, "target_role"),
        instances: read(element, reading),
    }
}

fn bundle(element: &Element<'_>, reading: &mut Reading<'_>) -> Bundle {
    Bundle {
        id: element.text_of("id").into(),
        container: clean(element.text_of("type")),
        image: clean(element.text_of("image")),
        unique: reading.is(element, "unique"),
        managed: reading.flag(element, "managed").unwrap_or(true),
        maintenance: reading.is(element, "maintenance"),
        failed: reading.is(element, "failed"),
        replicas: replicas(element, reading),
    }
}

fn replicas(bundle: &Element<'_>, reading: &mut Reading<'_>) -> Vec<Replica> {
    let replica = |element: &Element<'_>| Replica {
        id: clean(element.text_of("id")),
        resources: read(element, reading),
    };
    bundle.named("replica").map(replica).collect()
}
