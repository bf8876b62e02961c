//! XML as words with a look, for rows and for cards.

use crate::model::{Element, MASK};

/// Words of one look in a piece of XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How they look.
    pub ink: Ink,
    /// Clean.
    pub text: String,
}

/// What words are in a piece of XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ink {
    /// `<`, `="`, `/>` …
    Punctuation,
    /// An element's name.
    Element,
    /// An attribute's name.
    Attribute,
    /// An attribute's value.
    Value,
    /// A value that says which element it is.
    Name,
    /// A value that is not shown.
    Hidden,
}

/// How an element's tag ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What is inside follows.
    Open,
    /// Nothing is inside.
    Empty,
    /// What is inside is folded away.
    Folded,
}

/// An element's tag. Of a pair of name and value the id, which repeats the name, stands last.
pub(super) fn tag(element: &Element, end: End) -> Vec<Part> {
    let mut parts = vec![part(Ink::Punctuation, "<"), part(Ink::Element, &element.name)];
    let is_pair = element.get("name").is_some();
    let (ids, rest): (Vec<_>, Vec<_>) = element.attributes.iter().partition(|(name, _)| name == "id");
    let ordered = if is_pair { rest.into_iter().chain(ids) } else { ids.into_iter().chain(rest) };
    for (name, value) in ordered {
        let ink = match name.as_str() {
            _ if value == MASK => Ink::Hidden,
            "id" | "name" | "uname" if !(is_pair && name == "id") => Ink::Name,
            _ => Ink::Value,
        };
        parts.push(part(Ink::Attribute, &format!(" {name}")));
        parts.push(part(Ink::Punctuation, "=\""));
        parts.push(part(ink, &escaped(value)));
        parts.push(part(Ink::Punctuation, "\""));
    }
    parts.push(part(
        Ink::Punctuation,
        match end {
            End::Open => ">",
            End::Empty => "/>",
            End::Folded => ">…",
        },
    ));
    parts
}

/// An element with everything in it, a line for each tag, with the depth of each.
pub(super) fn whole(element: &Element) -> Vec<(usize, Vec<Part>)> {
    let mut lines = Vec::new();
    push(element, 0, &mut lines);
    lines
}

fn push(element: &Element, depth: usize, lines: &mut Vec<(usize, Vec<Part>)>) {
    if element.children.is_empty() {
        lines.push((depth, tag(element, End::Empty)));
        return;
    }
    lines.push((depth, tag(element, End::Open)));
    for child in &element.children {
        push(child, depth + 1, lines);
    }
    let closing =
        [part(Ink::Punctuation, "</"), part(Ink::Element, &element.name), part(Ink::Punctuation, ">")];
    lines.push((depth, closing.to_vec()));
}

fn part(ink: Ink, text: &str) -> Part {
    Part { ink, text: text.to_owned() }
}

/// The value as it stands in XML, so that it can be copied.
fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
