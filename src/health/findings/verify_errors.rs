//! What `crm_verify` finds wrong with the configuration.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack;
use crate::health::words::{first_lines, plural};

use super::configuration;

pub(super) const CHECK: Check = Check {
    code: "verify-errors",
    meaning: "crm_verify finds errors in the live configuration that no other finding explains.",
    many: Many::Apart,
    look: Look::Inside(check),
};

/// `crm_verify`'s words for a cluster without fencing.
const NO_FENCING: [&str; 3] = [
    "Resource start-up disabled since no",
    "Either configure some or disable",
    "Clusters with shared data need",
];

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members = stack::members(scene);
    let verified = members.iter().filter_map(|member| Some((member, member.report.verify.known()?)));
    // It speaks of the whole cluster: of two answers the later one counts.
    let Some((member, messages)) = verified.max_by_key(|(member, _)| member.at) else { return Vec::new() };
    let dangling = configuration::dangling_ids(scene);
    let is_told = |text: &str| {
        (scene.shows_no_fencing_device() && NO_FENCING.iter().any(|words| text.contains(words)))
            // That is a fault of the resource's, which has a finding of its own.
            || (text.starts_with("Resource ") && text.contains(" is active on "))
            || dangling.iter().any(|id| names(text, id))
    };
    let errors = messages.iter().filter(|message| message.is_error && !is_told(&message.text));
    let lines: Vec<String> =
        errors.map(|message| format!("crm_verify on {}: {}", member.name(), message.text)).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let name = scene.name();
    let summary = format!("the configuration of {name} has {}", plural(lines.len(), "error"));
    let verdict = Verdict::new(Severity::Warning, name, summary).because(first_lines(lines)).remedy(
        "Correct what this lists, and repeat it until it lists nothing: `crm_verify --live-check -V`.",
    );
    vec![verdict]
}

/// Whether a text has the id as a word of its own.
fn names(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    text.split(|c| !is_part(c)).any(|word| word.trim_end_matches('.') == id)
}
