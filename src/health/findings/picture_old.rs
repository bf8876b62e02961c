//! Contact is said to be live, but the last answer is old.

use super::lost::when_last_seen;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::span;

pub(super) const CHECK: Check = Check {
    code: "picture-old",
    meaning: "The last answer is older than three polls and all time limits together, so that it is no longer taken for the present.",
    many: Many::Apart,
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    if !outlook.picture_is_old() {
        return Vec::new();
    }
    let name = &outlook.entry.name;
    let age = outlook.observation.age(outlook.now).unwrap_or_default();
    let verdict = Verdict::new(Severity::Unknown, name, format!("no news from {name} for {}", span(age)))
        .because(when_last_seen(outlook))
        .remedy("Poll now. If that does not help, look at the console's own log: a poll hangs, or this machine was asleep.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::assess;
    use crate::health::testing::{ago, entry, healthy, lines, live, now};
    use crate::model::Observation;

    #[test]
    fn an_old_picture_is_not_the_present() {
        let mut picture = healthy();
        picture.nodes[2].unclean = true;
        let observation = Observation { confirmed: Some(ago(3_600)), ..live(picture) };
        let findings = assess(&entry(), &observation, now());
        assert_eq!(lines(&findings), ["unknown picture-old db: no news from db for 60 min"]);
        assert_eq!(
            findings[0].evidence,
            ["when last seen, 60 min ago: db3 is unclean and waits for fencing"]
        );
    }
}
