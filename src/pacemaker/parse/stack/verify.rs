//! The messages of `crm_verify`.

use super::{End, Section};
use crate::model::VerifyMessage;

/// `CRM_EX_CONFIG`: the configuration is invalid (2.0 and later).
const INVALID: i32 = 78;

/// The last words of a check that was made (1.1 to 2.1, and later), whatever the exit code.
const VERDICTS: [&str; 4] = [
    "Errors found during check",
    "Warnings found during check",
    "Configuration invalid",
    "Configuration may need",
];

/// Reads `crm_verify --live-check -V` (Pacemaker's `tools/crm_verify.c`, 1.1.24 to 3.0.2). `None` where the configuration
/// could not be had. The forms of a message:
///
/// - 1.1: `   error: unpack_resources:<tab>Resource start-up disabled …`
/// - 2.0 and 2.1: `(unpack_resources) <tab>error: Resource start-up disabled …`
/// - 3.0: `error: Resource start-up disabled …`, and `unpack_config <tab>warning: …`
pub(super) fn read(section: &Section) -> Option<Vec<VerifyMessage>> {
    let says_so = || section.lines.iter().any(|line| VERDICTS.iter().any(|verdict| line.contains(verdict)));
    if !matches!(section.end, End::Exit(0 | INVALID)) && !says_so() {
        return None;
    }
    let is_valid = section.end == End::Exit(0);
    let mut messages: Vec<VerifyMessage> = Vec::new();
    for mut message in section.lines.iter().filter_map(|line| message(line)) {
        // What Pacemaker logs as an error isn't always one of the configuration: the exit code decides.
        message.is_error &= !is_valid;
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    Some(messages)
}

fn message(line: &str) -> Option<VerifyMessage> {
    let of = |level: &str, is_error: bool| {
        let (before, text) = line.split_once(level)?;
        // Before it stands nothing, or a function's name.
        let before = before.trim();
        let is_name = before.chars().all(|c| c.is_ascii_alphanumeric() || "_()@.:".contains(c));
        let text = without_function(text.trim());
        (is_name && !text.is_empty()).then(|| VerifyMessage { is_error, text: text.to_owned() })
    };
    of("error:", true).or_else(|| of("warning:", false))
}

/// The message after the function's name that 1.1 puts before it.
fn without_function(text: &str) -> &str {
    match text.split_once(":\t").or_else(|| text.split_once(": \t")) {
        Some((name, rest)) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => rest.trim(),
        _ => text,
    }
}
