//! Why a node is as it is, and what may run there.

use super::{Cause, Why, told};
use crate::health::Severity;
use crate::health::incident;
use crate::health::scene::Scene;
use crate::health::words::{names, plural};
use crate::model::{Node, NodeName, Score};

/// What the checks say of a node, causes before what follows from them.
const OF_NODE: [&str; 12] = [
    "fencing-failed",
    "node-unclean",
    "fencing-pending",
    "node-offline",
    "node-standby-on-fail",
    "node-health",
    "node-pending",
    "node-shutting-down",
    "node-standby",
    "node-maintenance",
    "members-single",
    "node-fenced",
];
/// What holds for every node.
const OF_CLUSTER: [&str; 5] =
    ["no-quorum", "no-dc", "stop-all-resources", "fencing-no-device", "cluster-maintenance"];

pub(super) fn why(scene: &Scene<'_>, name: &NodeName) -> Option<Why> {
    let node = scene.picture.node(name)?;
    let mut why = Why::new(question(node));
    why.causes.extend(told(scene, &OF_NODE, |subject| subject == name.as_str()));
    // Where the findings give its standby only as the cause of something that is down.
    if scene.downs.standbys(scene).contains(&name) {
        why.causes.push(Cause::new(Severity::Warning, format!("{name} is in standby")));
    }
    why.causes.extend(told(scene, &OF_CLUSTER, |_| true));
    why.causes.extend(out_of_bounds(scene, name));
    if why.causes.iter().all(|cause| cause.severity <= Severity::Note) && Scene::is_available(node) {
        why.causes.insert(0, Cause::new(Severity::Note, "it is online and may run resources"));
    }
    why.causes.push(runs(scene, node));
    Some(why)
}

fn question(node: &Node) -> String {
    let name = &node.name;
    if node.unclean {
        format!("Why is {name} unclean?")
    } else if !node.online {
        format!("Why is {name} offline?")
    } else if Scene::is_available(node) {
        format!("How is {name}?")
    } else {
        format!("Why is nothing started on {name}?")
    }
}

/// What may not run there.
fn out_of_bounds(scene: &Scene<'_>, name: &NodeName) -> Vec<Cause> {
    let here = scene.picture.fail_counts.iter().filter(|count| count.node == *name);
    let failed = here.filter(|count| incident::bars(scene, count));
    let failed: Vec<_> = failed.map(|count| &count.resource).collect();
    let bans =
        scene.picture.bans.iter().filter(|ban| ban.node == *name && ban.weight == Score::MinusInfinity);
    let bans: Vec<String> = bans
        .map(|ban| {
            let role = if ban.promoted_only { " promoted" } else { "" };
            format!("{}{role} ({})", ban.resource, ban.id)
        })
        .collect();
    let mut causes = Vec::new();
    if !failed.is_empty() {
        let words = format!("out of bounds after failures there: {}", names(failed));
        causes.push(Cause::new(Severity::Warning, words));
    }
    if !bans.is_empty() {
        let count = plural(bans.len(), "constraint");
        let verb = if bans.len() == 1 { "keeps" } else { "keep" };
        causes.push(Cause::new(Severity::Note, format!("{count} {verb} resources off it")).because(bans));
    }
    causes
}

fn runs(scene: &Scene<'_>, node: &Node) -> Cause {
    let here = scene.placed.iter().filter(|placed| placed.primitive.nodes.contains(&node.name));
    let here: Vec<_> =
        here.filter(|placed| placed.primitive.active).map(|placed| &placed.primitive.id).collect();
    let verb = if node.unclean { "is taken to run" } else { "runs" };
    let words = match here.len() {
        0 => format!("it {verb} nothing"),
        count => format!("it {verb} {}", plural(count, "resource")),
    };
    Cause::new(Severity::Note, words).because((!here.is_empty()).then(|| names(here)))
}
