//! What `crm_simulate` says the scheduler would do.

use std::fmt;

use crate::model::text::clean;
use crate::pacemaker::xml::{self, Element, ParseError};

/// One action of the scheduler's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projected {
    /// What: `start`, `stop`, `move`, `migrate`, `promote`, `demote`, `restart`, `recover`, `reload`, `fence`, or the
    /// word that this version has for it; in small letters.
    pub action: String,
    /// The resource, with an instance's number; empty where a node is fenced.
    pub resource: String,
    /// Where it is, or which node is fenced.
    pub from: Option<String>,
    /// Where it will be.
    pub to: Option<String>,
    /// Why, where it is said.
    pub reason: String,
    /// The scheduler wants it, but can't do it now.
    pub is_blocked: bool,
}

impl fmt::Display for Projected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.resource)?;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, " from {from} to {to}")?,
            (Some(node), None) if self.resource.is_empty() => write!(f, "{node}")?,
            (Some(node), None) | (None, Some(node)) => write!(f, " on {node}")?,
            (None, None) => {}
        }
        match (self.reason.as_str(), self.is_blocked) {
            ("", false) => Ok(()),
            ("", true) => write!(f, " (blocked)"),
            (reason, false) => write!(f, " ({reason})"),
            (reason, true) => write!(f, " ({reason}, blocked)"),
        }
    }
}

/// Reads the output of `crm_simulate --simulate`, XML or text, of any version. Returns an empty list for a cluster that
/// would not act at all.
///
/// The error is for output without an answer, such as the XML of Pacemaker 3.0, which ends after a pretended event.
pub fn crm_simulate(printed: &[u8]) -> Result<Vec<Projected>, ParseError> {
    let source = String::from_utf8_lossy(printed);
    if source.contains("<pacemaker-result") {
        let document =
            xml::read(&source, &["pacemaker-result"], &["cluster_status", "revised_cluster_status"])?;
        let mut actions = document.root.named("actions").peekable();
        if actions.peek().is_none() {
            return Err(ParseError::at(&source, 0, "no actions in the answer of crm_simulate"));
        }
        return Ok(actions.flat_map(|actions| &actions.children).filter_map(action).collect());
    }
    let mut lines = source.lines().map(str::trim);
    // Where nothing is to be done 1.1 and 2.0 print the headings alone; without them it is something else.
    if !source.contains("Transition Summary:") && !source.contains("Executing") {
        return Err(ParseError::at(&source, 0, "no answer of crm_simulate in it"));
    }
    let _before = lines.by_ref().find(|line| line.starts_with("Transition Summary:"));
    Ok(lines.take_while(|line| !line.starts_with("Executing")).filter_map(line).collect())
}

fn action(element: &Element<'_>) -> Option<Projected> {
    let text = |name: &str| element.get(name).map(clean);
    match element.name {
        "node_action" => Some(Projected {
            action: clean(element.text_of("task")).to_lowercase(),
            resource: String::new(),
            from: text("node"),
            to: None,
            reason: clean(element.text_of("reason")),
            is_blocked: false,
        }),
        "rsc_action" => Some(Projected {
            action: clean(element.text_of("action")).to_lowercase(),
            resource: clean(element.text_of("resource")),
            from: text("source").or_else(|| text("node")),
            to: text("dest"),
            reason: clean(element.text_of("reason")),
            is_blocked: element.get("blocked") == Some("true"),
        }),
        _ => None,
    }
}

/// `* Move vip ( db1 -> db2 ) due to …`, `* Fence (reboot) db2 'reason'`.
fn line(line: &str) -> Option<Projected> {
    let line = clean(line.strip_prefix("* ")?);
    let (word, rest) = line.split_once(char::is_whitespace)?;
    let (action, rest) = (word.to_lowercase(), rest.trim());
    if action == "fence" {
        let (how, rest) = rest.strip_prefix('(')?.split_once(')')?;
        let rest = rest.trim();
        let (node, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        return Some(Projected {
            action: format!("fence ({how})"),
            resource: String::new(),
            from: Some(node.to_owned()),
            to: None,
            reason: reason.trim_matches(['\'', '"', ' ']).to_owned(),
            is_blocked: false,
        });
    }
    let (resource, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (places, reason) = rest.trim().strip_prefix('(')?.split_once(')')?;
    let node = |side: &str| side.split_whitespace().next_back().map(str::to_owned);
    let (from, to) = match places.split_once("->") {
        // `( Unpromoted -> Promoted db3 )`: one node, two roles.
        Some((role, place))
            if place.split_whitespace().count() == 2 && role.split_whitespace().count() < 2 =>
        {
            (node(place), None)
        }
        Some((from, to)) => (node(from), node(to)),
        None => (node(places), None),
    };
    let (reason, is_blocked) = match reason.trim().strip_suffix("(blocked)") {
        Some(reason) => (reason.trim(), true),
        None => (reason.trim(), false),
    };
    let reason = reason.strip_prefix("due to ").unwrap_or_default().to_owned();
    Some(Projected { action, resource: resource.to_owned(), from, to, reason, is_blocked })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn capture(name: &str) -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/operation/");
        let printed = std::fs::read(format!("{folder}{name}")).unwrap();
        crm_simulate(&printed).unwrap().iter().map(Projected::to_string).collect()
    }

    #[test]
    fn reads_a_move_of_the_promoted_role() {
        let expected = [
            "demote store:0 on db2",
            "promote store:2 on db1",
            "move vip-db-admin from db2 to db1",
            "move api from db2 to db1",
            "move worker from db2 to db1",
        ];
        assert_eq!(capture("move-promoted.xml"), expected);
        assert_eq!(capture("move-promoted.txt"), expected);
    }

    #[test]
    fn reads_a_fencing_the_same_in_xml_and_text() {
        let expected = [
            "fence (reboot) db2 (peer is no longer part of the cluster)",
            "stop haproxy:0 on db2 (node availability)",
            "stop memcached:0 on db2 (node availability)",
            "stop store:0 on db2 (node availability)",
            "promote store:1 on db3",
            "move vip-db-admin from db2 to db3",
            "move api from db2 to db3",
            "move worker from db2 to db3",
            "move site from db2 to db1",
        ];
        assert_eq!(capture("fence.xml"), expected);
        assert_eq!(capture("fence.txt"), expected);
    }

    #[test]
    fn nothing_to_do_is_an_answer() {
        assert!(capture("nothing.xml").is_empty());
        assert!(crm_simulate(b"Transition Summary:\n\nExecuting Cluster Transition:\n").unwrap().is_empty());
    }

    #[test]
    fn reads_the_lines_of_1_1() {
        let printed = b"Transition Summary:\n * Move    vip\t(Started db1 -> db2)\n * Demote  ms:0\t(Master -> Slave db2)\n\
            \x20* Stop    web:1\t(db3)\n\nExecuting cluster transition:\n";
        let read: Vec<_> = crm_simulate(printed).unwrap().iter().map(Projected::to_string).collect();
        assert_eq!(read, ["move vip from db1 to db2", "demote ms:0 on db2", "stop web:1 on db3"]);
    }

    #[test]
    fn what_is_blocked_is_told_the_same_in_xml_and_text() {
        let xml = br#"<pacemaker-result><actions>
            <rsc_action action="stop" resource="vip" node="c1n3" reason="no quorum"/>
            <rsc_action action="start" resource="web-ip" node="c1n3" reason="no quorum" blocked="true"/>
            </actions></pacemaker-result>"#;
        let text = b"Transition Summary:\n  * Stop  vip  (  c1n3 )  due to no quorum\n\
            \x20 * Start  web-ip  (  c1n3 )  due to no quorum (blocked)\n\nExecuting Cluster Transition:\n";
        let read = crm_simulate(xml).unwrap();
        assert_eq!(read, crm_simulate(text).unwrap());
        let words: Vec<_> = read.iter().map(Projected::to_string).collect();
        assert_eq!(words, ["stop vip on c1n3 (no quorum)", "start web-ip on c1n3 (no quorum, blocked)"]);
        assert_eq!(read.iter().map(|it| it.is_blocked).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn anything_else_is_no_answer() {
        assert!(crm_simulate(b"").is_err());
        assert!(crm_simulate(b"crm_simulate: command not found").is_err());
        assert!(crm_simulate(b"<pacemaker-result").is_err());
        let cut_short = br#"<pacemaker-result api-version="2.38"><cluster_status/><modifications/>
            <modify_ticket action="Revoking" ticket="site"/><status code="0" message="OK"/></pacemaker-result>"#;
        assert!(crm_simulate(cut_short).is_err(), "3.0.0: nothing about what the scheduler would do");
    }

    proptest! {
        #[test]
        fn never_panics(printed in any::<Vec<u8>>(), near in "Transition Summary:\n( \\* [A-Z][a-z]+ [a-z:0-9()]{0,9} [(][ a-z0-9>-]{0,12}[)]?.{0,9}\n){0,4}") {
            let _read = crm_simulate(&printed);
            let _read = crm_simulate(near.as_bytes());
        }
    }
}
