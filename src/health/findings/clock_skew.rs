//! The console's clock and the cluster's do not agree.

use jiff::SignedDuration;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::span;
use crate::model::Contact;

/// What Pacemaker prints is exact to the second, and a login takes its time: less than this says nothing.
const WORTH_KNOWING: SignedDuration = SignedDuration::from_secs(2);
/// From here on logs can't be laid side by side any more.
const WRONG: SignedDuration = SignedDuration::from_secs(10);

pub(super) const CHECK: Check = Check {
    code: "clock-skew",
    meaning: "The clock of the member that was asked differs from the console's by more than 2 s (note) or 10 s (warning).",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let Some(ahead) = scene.outlook.observation.clock_ahead else {
        return Vec::new();
    };
    let skew = if ahead.is_negative() { ahead.checked_neg().unwrap_or(SignedDuration::MAX) } else { ahead };
    if skew <= WORTH_KNOWING {
        return Vec::new();
    }
    let host = match &scene.outlook.observation.contact {
        Contact::Live { host } => host.as_str(),
        Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } | Contact::Saved => scene.name(),
    };
    let severity = if skew > WRONG { Severity::Warning } else { Severity::Note };
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    let verdict = Verdict::new(
        severity,
        host,
        format!("the clock of {host} is {} {direction} the console's", span(skew)),
    )
    .because(["ages of what happened there are told by its own clock".to_owned()])
    .remedy("Check time synchronisation there and here: `chronyc tracking`, `timedatectl`.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use rstest::rstest;

    use crate::health::assess;
    use crate::health::testing::{entry, healthy, lines, live, now};
    use crate::model::Observation;

    #[rstest]
    #[case(2, &[])]
    #[case(-3, &["note clock-skew db1: the clock of db1 is 3 s behind the console's"])]
    #[case(60, &["warning clock-skew db1: the clock of db1 is 60 s ahead of the console's"])]
    fn by_its_size(#[case] seconds: i64, #[case] expected: &[&str]) {
        let observation =
            Observation { clock_ahead: Some(SignedDuration::from_secs(seconds)), ..live(healthy()) };
        assert_eq!(lines(&assess(&entry(), &observation, now())), expected);
    }
}
