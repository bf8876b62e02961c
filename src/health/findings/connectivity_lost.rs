//! A node that reaches fewer of its ping targets than it should.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::{Scene, base};
use crate::model::{NodeAttribute, Resource};

pub(super) const CHECK: Check = Check {
    code: "connectivity-lost",
    meaning: "A ping resource on a node reaches none, or not all, of the hosts that it should.",
    many: Many::Folded("node", "lost connectivity"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let counters = counters(scene);
    let nodes = scene.picture.nodes.iter().filter(|node| node.online && !node.unclean && !node.pending);
    let attributes = nodes.flat_map(|node| scene.index.attributes(&node.name));
    attributes.filter_map(|attribute| verdict(scene, attribute, &counters)).collect()
}

/// What a ping resource counts.
struct Counter<'a> {
    attribute: &'a str,
    /// Its value when all its hosts answer, where the CIB tells.
    expected: Option<i64>,
}

/// The ping resources of the cluster. Without the CIB their attribute is taken to be called as by default.
fn counters<'a>(scene: &Scene<'a>) -> Vec<Counter<'a>> {
    let parts = scene.picture.resources.iter().flat_map(Resource::primitives).map(|(_, part)| part);
    let pings =
        parts.filter(|part| matches!(part.agent.as_str(), "ocf:pacemaker:ping" | "ocf:pacemaker:pingd"));
    pings
        .map(|part| {
            let configured = scene.index.configured(base(&part.id));
            let setting = |name: &str| configured?.setting(name);
            let hosts = setting("host_list").map(|list| list.split_whitespace().count() as i64);
            let multiplier = setting("multiplier").map_or(Some(1), |text| text.parse::<i64>().ok());
            Counter {
                attribute: setting("name").unwrap_or("pingd"),
                expected: hosts.zip(multiplier).and_then(|(hosts, each)| hosts.checked_mul(each)),
            }
        })
        .collect()
}

fn verdict(scene: &Scene<'_>, attribute: &NodeAttribute, counters: &[Counter<'_>]) -> Option<Verdict> {
    let value: i64 = attribute.value.trim().parse().ok()?;
    let counter = counters.iter().find(|counter| counter.attribute == attribute.name);
    let printed = attribute.expected.as_deref().and_then(|expected| expected.trim().parse::<i64>().ok());
    let expected = printed.or_else(|| counter?.expected);
    // Of an attribute that nobody is known to count nothing is concluded.
    let (is_lost, is_degraded) = match expected {
        Some(expected) => (value <= 0 && expected > 0, value < expected),
        None => (counter.is_some() && value <= 0, false),
    };
    if !is_lost && !is_degraded {
        return None;
    }
    let node = &attribute.node;
    let of = expected.map(|expected| format!(" of {expected}")).unwrap_or_default();
    let state = if is_lost { "lost" } else { "degraded" };
    let summary = format!("connectivity {state} on {node} ({} {value}{of})", attribute.name);
    let verdict = Verdict::new(Severity::Warning, node, summary).remedy(format!(
        "Check the node's network and whether the ping targets answer from there; the value: {}.",
        scene.tools().attribute(node, &attribute.name)
    ));
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::{primitive, told};
    use crate::model::{NodeAttribute, Resource};

    #[rstest]
    #[case(
        "pingd",
        "0",
        Some("200"),
        Some("warning connectivity-lost db2: connectivity lost on db2 (pingd 0 of 200)")
    )]
    #[case(
        "pingd",
        "100",
        Some("200"),
        Some("warning connectivity-lost db2: connectivity degraded on db2 (pingd 100 of 200)")
    )]
    #[case("pingd", "200", Some("200"), None)]
    #[case("pingd", "0", None, Some("warning connectivity-lost db2: connectivity lost on db2 (pingd 0)"))]
    #[case("pingd", "100", None, None)]
    #[case("other", "0", None, None)]
    #[case("pingd", "much", Some("200"), None)]
    fn against_what_is_expected(
        #[case] name: &str,
        #[case] value: &str,
        #[case] expected: Option<&str>,
        #[case] line: Option<&str>,
    ) {
        let lines = told(|picture| {
            picture.resources.push(Resource::Primitive(primitive("p", "ocf:pacemaker:ping", &["db2"])));
            picture.attributes.push(NodeAttribute {
                node: "db2".into(),
                name: name.to_owned(),
                value: value.to_owned(),
                expected: expected.map(str::to_owned),
            });
        });
        assert_eq!(lines, line.into_iter().collect::<Vec<_>>());
    }
}
