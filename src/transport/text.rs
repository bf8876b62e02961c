//! Remote text for a person's eyes.

/// The most characters that are kept of a text.
const LONGEST: usize = 400;

/// One line of what a remote or ssh said, fit to be shown: decoded leniently, bounded, white space
/// collapsed, without control characters and without the marks that turn the direction of writing.
pub(crate) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !turns_writing(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            line.truncate(end);
            line.push('…');
            line
        }
        None => line,
    }
}

/// Whether the character changes the order in which its neighbours are drawn, or is not drawn at all.
const fn turns_writing(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn collapses_white_space_and_drops_control_characters() {
        assert_eq!(clean(b"  a\r\n\x1b[31mb\x9b\tc \xff "), "a [31mb\u{fffd} c \u{fffd}");
        assert_eq!(clean("a\u{202e}b\u{85}c".as_bytes()), "ab c");
    }

    proptest! {
        #[test]
        fn is_always_one_bounded_line(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let line = clean(&bytes);
            prop_assert!(line.chars().count() <= LONGEST + 1);
            prop_assert!(!line.chars().any(|c| c.is_control() || turns_writing(c)));
        }
    }
}
