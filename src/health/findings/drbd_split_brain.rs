//! DRBD resources whose data have diverged.

use std::collections::BTreeMap;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::replication;
use crate::health::scene::Scene;
use crate::health::words::first_lines;

pub(super) const CHECK: Check = Check {
    code: "drbd-split-brain",
    meaning: "Both sides of a DRBD resource have ended their connection (StandAlone), or one has while both are primary.",
    many: Many::Folded("DRBD pair", "have a split brain"),
    look: Look::Inside(check),
};

/// Two nodes.
type Pair<'a> = (&'a str, &'a str);

/// The resources that split between two nodes, and the evidence.
type Split<'a> = (Vec<&'a str>, Vec<String>);

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    // What splits between the same nodes has one cause.
    let mut splits: BTreeMap<Pair<'_>, Split<'_>> = BTreeMap::new();
    for (name, sides) in replication::resources(scene) {
        let Some((one, other, lines)) = replication::split(&sides) else { continue };
        let (names, evidence) = splits.entry((one, other)).or_default();
        names.push(name);
        evidence.extend(lines);
    }
    let verdict = |((one, other), (names, lines)): (Pair<'_>, Split<'_>)| {
        let title = replication::title(&names);
        let on = replication::arguments(&names);
        let subject = names.first().copied().unwrap_or_default();
        Verdict::new(
            Severity::Critical,
            subject,
            format!("{title} split brain between {one} and {other}"),
        )
        .because(first_lines(lines))
        .remedy(format!(
            "Decide whose data to keep. On the other node, which loses its changes: `drbdadm disconnect {on}`, `drbdadm secondary {on}`, `drbdadm connect --discard-my-data {on}`. On the one to keep, if StandAlone: `drbdadm connect {on}`."
        ))
    };
    splits.into_iter().map(verdict).collect()
}
