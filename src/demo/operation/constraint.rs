//! Reads a constraint that is created as XML.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::demo::blueprint::Blueprint;
use crate::demo::situation::{Leftover, LeftoverKind, Origin};

/// One `<rsc_location/>` of the kind that a move or a ban writes, without a lifetime; `None`: anything else.
pub(super) fn read(blueprint: &Blueprint, xml: &str) -> Option<Leftover> {
    let attributes = attributes(xml)?;
    let get = |name: &str| {
        let found = attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    let kind = match get("score")? {
        "INFINITY" => LeftoverKind::Prefer,
        "-INFINITY" => LeftoverKind::Ban,
        _ => return None,
    };
    let role = match get("role") {
        None | Some("Started") => "Started",
        Some("Promoted" | "Master") => "Promoted",
        Some(_) => return None,
    };
    let resource = get("rsc")?;
    let spec = blueprint.resources.iter().find(|spec| spec.id == resource)?;
    let name = get("node")?;
    let node = blueprint.configured_node(name)?;
    let (resource, origin) = (spec.id.clone(), Origin::Operation);
    let leftover = Leftover { resource, node, kind, role, lifetime: None, origin };
    let id = leftover.id(name);
    (get("id")? == id).then_some(leftover)
}

fn attributes(xml: &str) -> Option<Vec<(String, String)>> {
    let mut reader = Reader::from_str(xml);
    let Ok(Event::Empty(element)) = reader.read_event() else { return None };
    if element.name().as_ref() != "rsc_location" {
        return None;
    }
    let attributes = element.attributes().map(|attribute| {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some((attribute.key.as_ref().to_owned(), value.into_owned()))
    });
    attributes.collect()
}
