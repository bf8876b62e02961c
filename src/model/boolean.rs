//! Pacemaker's booleans.

/// Reads a boolean as Pacemaker's own `crm_is_true` does.
pub fn boolean(value: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    if TRUE.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        Some(true)
    } else if FALSE.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        Some(false)
    } else {
        None
    }
}

/// Whether a boolean is on. Any other word counts as off.
pub fn is_true(value: &str) -> bool {
    boolean(value) == Some(true)
}
