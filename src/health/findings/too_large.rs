//! An answer with more in it than is read.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::names;

/// How many kinds of things are listed.
const TOLD: usize = 12;

pub(super) const CHECK: Check = Check {
    code: "too-large",
    meaning: "The cluster's answer holds more than Quorate reads: only the beginning of each list is judged and shown.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let configured = scene.picture.cib.as_deref().map(|cib| cib.left_out.as_slice()).unwrap_or_default();
    let left_out: Vec<&String> = scene.picture.left_out.iter().chain(configured).collect();
    if left_out.is_empty() {
        return Vec::new();
    }
    let name = scene.name();
    let summary = format!("{name} is only judged in part, its answer is too large: {}", names(&left_out));
    let verdict = Verdict::new(Severity::Unknown, name, summary)
        .because(left_out.iter().take(TOLD).map(|what| format!("read: {what}")))
        .remedy("See the whole with `crm_mon -1 -r` on a member. If the cluster isn't that large, find out what answers there.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, lines};

    #[test]
    fn what_is_judged_in_part_is_not_called_healthy() {
        let findings = findings(|picture| picture.left_out = vec!["1000 of 8000 failures".to_owned()]);
        let expected =
            "unknown too-large db: db is only judged in part, its answer is too large: 1000 of 8000 failures";
        assert_eq!(lines(&findings), [expected]);
    }
}
