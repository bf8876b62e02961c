//! Remote text made fit for a screen.

/// More characters than this are cut off.
const LONGEST: usize = 600;

/// A name and the number behind it: `web` and `0` of `web:0`, separated by `:`. `None` where it ends in no number.
pub fn numbered(name: &str, separator: char) -> Option<(&str, &str)> {
    let (name, number) = name.rsplit_once(separator)?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((name, number))
}

/// The text on one line and without anything that could act on a terminal or reorder what stands beside it:
/// escape sequences, control characters (C0, DEL, C1), invisible and bidirectional formatting characters.
/// Line breaks and tabs become a space. More than 600 characters are cut, which an ellipsis shows.
///
/// For every text that came from elsewhere and is shown or logged. Names go into argument vectors unchanged and are
/// cleaned where they are drawn.
pub fn clean(text: &str) -> String {
    if text.len() <= LONGEST && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len().min(LONGEST));
    let mut kept = 0;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let character = match character {
            '\x1b' => {
                skip_escape(&mut rest);
                continue;
            }
            '\u{9b}' => {
                skip_control_sequence(&mut rest);
                continue;
            }
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            other if other.is_control() || is_invisible(other) => continue,
            other => other,
        };
        if kept == LONGEST {
            cleaned.push('…');
            break;
        }
        cleaned.push(character);
        kept += 1;
    }
    cleaned
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips what follows an ESC.
fn skip_escape(rest: &mut Rest<'_>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        // Operating system commands and their like carry a text, which goes with them if something ends it.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            if let Some(after) = after_text(rest.clone()) {
                *rest = after;
            }
        }
        Some(' '..='~') => {
            rest.next();
        }
        _ => {}
    }
}

/// What follows the text of an operating system command, which BEL, ESC \ or the line's end ends. Nothing, where it
/// is unfinished: then it would swallow whatever it is put before, such as our own words after a name.
fn after_text(mut rest: Rest<'_>) -> Option<Rest<'_>> {
    while rest.next_if(|next| !matches!(next, '\x07' | '\u{9c}' | '\x1b' | '\n' | '\r')).is_some() {}
    match rest.peek()? {
        '\n' | '\r' => {}
        '\x1b' => {
            rest.next();
            rest.next_if_eq(&'\\')?;
        }
        _ => {
            rest.next();
        }
    }
    Some(rest)
}

/// Skips parameters, intermediates and the final character of a control sequence.
fn skip_control_sequence(rest: &mut Rest<'_>) {
    while rest.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    rest.next_if(|next| matches!(next, '@'..='~'));
}

/// Characters without a width of their own that change how others are shown, or hide things in plain sight.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain words", "plain words")]
    #[case("größer als 1 µs", "größer als 1 µs")]
    #[case("a\x1b[31mred\x1b[0m b", "ared b")]
    #[case("title\x1b]0;owned\x07 after", "title after")]
    #[case("title\x1b]0;owned\x1b\\ after", "title after")]
    #[case("unfinished\x1b]0;owned\nafter", "unfinished after")]
    #[case("vip\x1b] is unmanaged", "vip is unmanaged")]
    #[case("vip\x1b] waits for vip\x1b] and more", "vip waits for vip and more")]
    #[case("\u{9b}2Jcleared", "cleared")]
    #[case("one\ntwo\tthree", "one two three")]
    #[case("nul\0 del\x7f c1\u{90}", "nul del c1")]
    #[case("evil\u{202e}txt.exe", "eviltxt.exe")]
    #[case("\x1b", "")]
    fn removes_what_acts_on_a_terminal(#[case] text: &str, #[case] cleaned: &str) {
        assert_eq!(clean(text), cleaned);
    }

    #[test]
    fn cuts_what_is_too_long() {
        let cleaned = clean(&"x".repeat(5000));
        assert_eq!(cleaned.chars().count(), LONGEST + 1);
        assert!(cleaned.ends_with('…'));
    }

    proptest! {
        #[test]
        fn leaves_nothing_that_acts(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean(&cleaned), cleaned);
        }
    }
}
