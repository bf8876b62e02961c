//! A node was fenced not long ago.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use jiff::SignedDuration;

use super::fencing_failed::latest;
use super::node_offline::fenced_line;
use crate::health::words::span;
use crate::model::FencingOutcome;

/// For how long a fencing is news.
const NEWS: SignedDuration = SignedDuration::from_hours(24);

pub(super) const CHECK: Check = Check {
    code: "node-fenced",
    meaning: "A node that is back was fenced during the last 24 hours.",
    many: Many::Folded("node", "were fenced during the last 24 hours"),
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let fenced = latest(scene.picture).into_iter().filter(|event| event.outcome == FencingOutcome::Success);
    fenced
        .filter(|event| scene.picture.node(&event.target).is_some_and(|node| node.online && !node.unclean))
        .filter_map(|event| {
            let ago = scene.outlook.since(event.completed?);
            let target = &event.target;
            let forget = scene.tools().forget_fencing(target);
            let forget = forget.map(|command| format!(" To forget it: {command}."));
            let verdict =
                Verdict::new(Severity::Note, target, format!("{target} was fenced {} ago", span(ago)))
                    .because([fenced_line(scene, event)])
                    .remedy(format!(
                        "Find out why: its log from before (`journalctl -b -1`).{}",
                        forget.unwrap_or_default()
                    ));
            (ago < NEWS).then_some(verdict)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{ago, fencing, told};
    use crate::model::{FencingEvent, FencingOutcome};

    fn after(seconds: i64) -> Vec<String> {
        let event = FencingEvent { completed: Some(ago(seconds)), ..fencing("db2", FencingOutcome::Success) };
        told(|picture| picture.fencing = vec![event])
    }

    #[test]
    fn is_news_for_a_day() {
        assert_eq!(after(12), ["note node-fenced db2: db2 was fenced 12 s ago"]);
        assert_eq!(after(86_400), Vec::<String>::new());
    }
}
