//! Reads a constraint that is created as XML.

use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::demo::blueprint::Blueprint;
use crate::demo::situation::{Leftover, LeftoverKind, Lifetime, Origin};

/// One `rsc_location` as a move or a ban writes it, with a lifetime as a rule or without; `None`: anything else.
pub(super) fn read(blueprint: &Blueprint, xml: &str, now: Timestamp) -> Option<Leftover> {
    let elements = elements(xml)?;
    let get = |element: &str, name: &str| {
        let (_, attributes) = elements.iter().find(|(known, _)| known == element)?;
        attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let (score, name, end) = match elements.len() {
        1 => (get("rsc_location", "score")?, get("rsc_location", "node")?, None),
        4 => (get("rule", "score")?, get("expression", "value")?, Some(get("date_expression", "end")?)),
        _ => return None,
    };
    let kind = match score {
        "INFINITY" => LeftoverKind::Prefer,
        "-INFINITY" => LeftoverKind::Ban,
        _ => return None,
    };
    let role = match get("rsc_location", "role") {
        None | Some("Started") => "Started",
        Some("Promoted" | "Master") => "Promoted",
        Some(_) => return None,
    };
    let lifetime = match end {
        None => None,
        Some(end) => {
            let end: Timestamp = end.parse().ok()?;
            Some(Lifetime { end, over: end <= now })
        }
    };
    let resource = get("rsc_location", "rsc")?;
    let spec = blueprint.resources.iter().find(|spec| spec.id == resource)?;
    let node = blueprint.configured_node(name)?;
    let (resource, origin) = (spec.id.clone(), Origin::Operation);
    let leftover = Leftover { resource, node, kind, role, lifetime, made: now, origin };
    let id = leftover.id(name);
    (get("rsc_location", "id")? == id).then_some(leftover)
}

type Attributes = Vec<(String, String)>;

/// Every element with its attributes, the first a `rsc_location`.
fn elements(xml: &str) -> Option<Vec<(String, Attributes)>> {
    let mut reader = Reader::from_str(xml);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) => {
                elements.push((element.name().as_ref().to_owned(), attributes(&element)?));
            }
            Event::End(_) => {}
            Event::Eof => break,
            _ => return None,
        }
    }
    (elements.first()?.0 == "rsc_location").then_some(elements)
}

fn attributes(element: &BytesStart<'_>) -> Option<Attributes> {
    let attributes = element.attributes().map(|attribute| {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some((attribute.key.as_ref().to_owned(), value.into_owned()))
    });
    attributes.collect()
}
