//! The CIB's configuration as a tree, to be read by people.

use super::reading::Reading;
use crate::model::text::clean;
use crate::model::{Element, MASK, is_secret};
use crate::pacemaker::xml;

/// More elements than this are left out. A cluster of a hundred resources has about three thousand.
const MOST: usize = 20_000;

/// Copies an element with all that is in it, cleaned and without its secrets.
pub(super) fn tree(root: &xml::Element<'_>, reading: &mut Reading<'_>) -> Element {
    let mut left = MOST;
    let tree = copy(root, &mut left);
    if left == 0 {
        reading.odd(root.at, &format!("more than {MOST} elements: the rest is not shown"));
    }
    tree
}

fn copy(element: &xml::Element<'_>, left: &mut usize) -> Element {
    *left = left.saturating_sub(1);
    // An <nvpair> is called what its attribute `name` says.
    let is_masked = element.get("name").is_some_and(is_secret);
    let attributes = element.attributes().map(|(name, value)| {
        let hidden = is_secret(name) || (is_masked && name == "value");
        (clean(name), if hidden { MASK.to_owned() } else { clean(value) })
    });
    let attributes = attributes.collect();
    let mut children = Vec::new();
    for child in &element.children {
        if *left == 0 {
            break;
        }
        children.push(copy(child, left));
    }
    Element { name: clean(element.name), attributes, children }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pacemaker::parse::cib;

    /// An element with its XML.
    fn element() -> impl Strategy<Value = Element> {
        let attributes = prop::collection::btree_map("[a-z]{1,6}x", "[ -~ü€]{0,12}", 0..4);
        let leaf = ("[a-z]{1,8}y", attributes.clone()).prop_map(|(name, attributes)| Element {
            name,
            attributes: attributes.into_iter().collect(),
            children: Vec::new(),
        });
        leaf.prop_recursive(5, 60, 5, move |inner| {
            ("[a-z]{1,8}y", attributes.clone(), prop::collection::vec(inner, 0..5)).prop_map(
                |(name, attributes, children)| Element {
                    name,
                    attributes: attributes.into_iter().collect(),
                    children,
                },
            )
        })
    }

    fn xml(element: &Element) -> String {
        let escape = |value: &str| {
            value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
        };
        let attribute = |(name, value): &(String, String)| format!(" {name}=\"{}\"", escape(value));
        let attributes: Vec<String> = element.attributes.iter().map(attribute).collect();
        let children: Vec<String> = element.children.iter().map(xml).collect();
        format!("<{0}{1}>{2}</{0}>", element.name, attributes.concat(), children.concat())
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_what_is_read(children in prop::collection::vec(element(), 0..4)) {
            let written = Element { name: "configuration".to_owned(), attributes: Vec::new(), children };
            let cib = cib(format!("<cib>{}</cib>", xml(&written)).as_bytes());
            prop_assert_eq!(cib.unwrap().configuration, written);
        }

        #[test]
        fn no_secret_is_kept_and_nothing_acts_on_a_terminal(
            name in "(admin_)?(passwd|PASSWORD|secret|ssh_key|community)", secret in "[a-z]{12,20}", noise in "\\PC{0,20}",
        ) {
            let xml = format!(
                "<cib><configuration><nvpair id='{}' name='{name}' value='{secret}'/><x {name}='{secret}'/>\
                 <y z='\u{1b}[31m\u{202e}'/></configuration></cib>",
                noise.replace(['\'', '<', '&'], ""),
            );
            let shown = format!("{:?}", cib(xml.as_bytes()).unwrap());
            prop_assert!(!shown.contains(&secret), "{shown}");
            prop_assert!(!shown.contains("\\u{1b}") && !shown.contains("\\u{202e}"), "{shown}");
        }
    }

    #[test]
    fn it_is_bounded() {
        let xml = format!("<cib><configuration>{}</configuration></cib>", "<a/>".repeat(30_000));
        let cib = cib(xml.as_bytes()).unwrap();
        assert_eq!(cib.configuration.count(), MOST);
        assert_eq!(cib.oddities.len(), 1, "{:?}", cib.oddities);
    }
}
