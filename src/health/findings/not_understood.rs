//! Parts of the answer that the console did not understand.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::{first_lines, plural};

pub(super) const CHECK: Check = Check {
    code: "not-understood",
    meaning: "Parts of the cluster's answer were not understood; the rest is shown.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let oddities = &scene.picture.oddities;
    if oddities.is_empty() {
        return Vec::new();
    }
    let name = scene.name();
    let summary = format!("{} of the answer of {name} not understood", plural(oddities.len(), "part"));
    let verdict = Verdict::new(Severity::Note, name, summary)
        .because(first_lines(oddities.iter().cloned()))
        .remedy("The rest is shown as it is. Compare with `crm_mon -1 -r` on a member, and report what was not understood.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{findings, lines};

    #[test]
    fn tells_what() {
        let findings = findings(|picture| picture.oddities = vec!["line 3: role Dancing".to_owned()]);
        assert_eq!(lines(&findings), ["note not-understood db: 1 part of the answer of db not understood"]);
        assert_eq!(findings[0].evidence, ["line 3: role Dancing"]);
    }
}
