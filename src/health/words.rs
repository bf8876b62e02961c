//! Small words: counts, names, ages, times and quoting.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp, Unit};

use crate::model::text::clean;

/// How many names a line holds.
const NAMED: usize = 8;

/// How many lines of one kind a finding gives as its evidence.
const MOST_LINES: usize = 12;

/// The longest name, in bytes, that is put into a command.
const PASTED: usize = 128;

/// `1 node`, `3 nodes`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Names with commas; of a long list the first ones and how many more there are.
pub(super) fn names<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let listed = names.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// The same as a list in a sentence: `t1`, `t1 and t2`, `t1, t2 and t3`.
pub(super) fn listed<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] if front.len() < NAMED => format!("{} and {last}", front.join(", ")),
        _ => names(items),
    }
}

/// The first lines of evidence, and how many more there are.
pub(super) fn first_lines(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().collect();
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// `12 s`, `3 min`, `2 h 5 min`, `4 d`: never finer than is useful, never negative.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => match (seconds / 3_600, seconds % 3_600 / 60) {
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        },
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The moment in ISO 8601, UTC, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// A name as it may be pasted into a shell: single-quoted unless it is plain. One that can't be shown as it is,
/// or is too long for a line, becomes `NAME`: what is pasted would not be what is seen.
pub(super) fn shell(name: impl AsRef<str>) -> String {
    let name = name.as_ref();
    if name.len() > PASTED || clean(name) != name {
        return "NAME".to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if !name.is_empty() && !name.starts_with('-') && name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(-5, "0 s")]
    #[case(12, "12 s")]
    #[case(119, "119 s")]
    #[case(185, "3 min")]
    #[case(7_500, "2 h 5 min")]
    #[case(7_200, "2 h")]
    #[case(400_000, "4 d")]
    fn spans_are_short(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(span(SignedDuration::from_secs(seconds)), expected);
    }

    #[rstest]
    #[case("vip-db", "vip-db")]
    #[case("web:0", "web:0")]
    #[case("", "''")]
    #[case("-rf", "'-rf'")]
    #[case("a b", "'a b'")]
    #[case("$(reboot)", "'$(reboot)'")]
    #[case("it's", r"'it'\''s'")]
    #[case("a\nreboot", "NAME")]
    #[case("\u{202e}gpj", "NAME")]
    fn names_are_quoted(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(shell(name), expected);
    }

    #[test]
    fn long_lists_end() {
        assert_eq!(names(["a", "b"]), "a, b");
        assert_eq!(names(0..11), "0, 1, 2, 3, 4, 5, 6, 7 and 3 more");
        let lines = |count: usize| first_lines((0..count).map(|line| line.to_string()));
        assert_eq!(lines(12).last().map(String::as_str), Some("11"));
        assert_eq!((lines(15).len(), lines(15).last().map(String::as_str)), (13, Some("and 3 more")));
    }

    proptest! {
        /// A POSIX shell reads a quoted name back as the name: outside of quotes only `\'` is special.
        #[test]
        fn quoting_is_undone_by_a_shell(name in ".*") {
            let quoted = shell(&name);
            let mut read = String::new();
            let mut inside = false;
            let mut characters = quoted.chars();
            while let Some(character) = characters.next() {
                match character {
                    '\'' => inside = !inside,
                    '\\' if !inside => read.extend(characters.next()),
                    other => {
                        prop_assert!(inside || other.is_ascii_alphanumeric() || "._:-".contains(other));
                        read.push(other);
                    }
                }
            }
            prop_assert!(!inside);
            prop_assert!(read == name || read == "NAME");
        }
    }
}
