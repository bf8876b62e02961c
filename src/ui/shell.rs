//! Shell scripts with what they are made of told apart, as far as reading them is easier for it.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use super::Look;
use crate::model::text::clean;
use crate::theme::Role;

/// Words that lead a script.
const KEYWORDS: [&str; 17] = [
    "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac",
    "function", "return", "exit", "trap",
];

/// What a letter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    Code,
    Comment,
    Text,
    Keyword,
    Variable,
}

impl Ink {
    const fn role(self) -> Role {
        match self {
            Self::Code => Role::Text,
            Self::Comment => Role::Muted,
            Self::Text => Role::Note,
            Self::Keyword => Role::Heading,
            Self::Variable => Role::Key,
        }
    }
}

/// The lines of a script, at most `width` cells wide; one that is longer goes on below, two cells further right.
pub(super) fn lines(script: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    let width = width.max(8);
    let mut quote = None;
    let mut lines = Vec::new();
    for line in script.trim_end().lines() {
        // A tab has no width of its own.
        let line = clean(&line.replace('\t', "    "));
        let inks = inks(&line, &mut quote);
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut used = 0;
        let mut text = String::new();
        let mut last = Ink::Code;
        for (letter, ink) in line.chars().zip(inks) {
            let wide = letter.width().unwrap_or(0);
            let is_full = used + wide > width;
            if (ink != last || is_full) && !text.is_empty() {
                spans.push(look.span(last.role(), std::mem::take(&mut text)));
            }
            if is_full {
                lines.push(Line::from(std::mem::take(&mut spans)));
                spans.push(Span::raw("  "));
                used = 2;
            }
            last = ink;
            text.push(letter);
            used += wide;
        }
        spans.push(look.span(last.role(), text));
        lines.push(Line::from(spans));
    }
    lines
}

/// What each letter of a line belongs to; `quote` is the one that is open from line to line.
fn inks(line: &str, quote: &mut Option<char>) -> Vec<Ink> {
    let letters: Vec<char> = line.chars().collect();
    let mut inks = Vec::with_capacity(letters.len());
    while let Some(&letter) = letters.get(inks.len()) {
        let at = inks.len();
        let rest = letters.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let is_word_start = before.is_none_or(|before| before.is_whitespace() || ";&|(".contains(before));
        let (ink, count) = match (letter, *quote) {
            ('\\', quote) if quote != Some('\'') => (if quote.is_some() { Ink::Text } else { Ink::Code }, 2),
            ('$', quote) if quote != Some('\'') => (Ink::Variable, variable(rest)),
            (letter, Some(open)) => {
                if letter == open {
                    *quote = None;
                }
                (Ink::Text, 1)
            }
            ('\'' | '"', None) => {
                *quote = Some(letter);
                (Ink::Text, 1)
            }
            ('#', None) if is_word_start => (Ink::Comment, rest.len()),
            (_, None) if is_word_start && letter.is_ascii_lowercase() => word(rest),
            (_, None) => (Ink::Code, 1),
        };
        inks.extend(std::iter::repeat_n(ink, count.clamp(1, rest.len())));
    }
    inks
}

/// How long `$name`, `${…}` or `$(` is.
fn variable(rest: &[char]) -> usize {
    match rest.get(1) {
        Some('{') => rest.iter().position(|letter| *letter == '}').map_or(rest.len(), |end| end + 1),
        Some('(') | None => 1,
        Some(letter) if letter.is_alphabetic() || *letter == '_' => {
            1 + rest.iter().skip(1).take_while(|letter| letter.is_alphanumeric() || **letter == '_').count()
        }
        Some(_) => 2,
    }
}

fn word(rest: &[char]) -> (Ink, usize) {
    let word: String =
        rest.iter().take_while(|letter| letter.is_alphanumeric() || "-_.".contains(**letter)).collect();
    let ink = if KEYWORDS.contains(&word.as_str()) { Ink::Keyword } else { Ink::Code };
    (ink, word.chars().count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(line: &str) -> String {
        let mark = |ink| match ink {
            Ink::Code => '.',
            Ink::Comment => '#',
            Ink::Text => '"',
            Ink::Keyword => 'k',
            Ink::Variable => '$',
        };
        inks(line, &mut None).into_iter().map(mark).collect()
    }

    #[test]
    fn words_quotes_variables_and_comments_are_told_apart() {
        for (line, inks) in [
            ("if [ -n \"$x\" ]; then # why", "kk......\"$$\"....kkkk.#####"),
            ("echo 'a $b' ${c}d", ".....\"\"\"\"\"\".$$$$."),
            ("infix a#b", "........."),
        ] {
            assert_eq!(marked(line), inks, "{line}");
        }
    }

    #[test]
    fn a_quote_goes_on_over_lines() {
        let mut quote = None;
        inks("echo \"one", &mut quote);
        assert_eq!(quote, Some('"'));
        assert_eq!(inks("two\" fi", &mut quote).first(), Some(&Ink::Text));
        assert_eq!(quote, None);
    }

    proptest! {
        #[test]
        fn every_letter_has_an_ink(line in "\\PC{0,80}") {
            prop_assert_eq!(inks(&line, &mut None).len(), line.chars().count());
        }
    }
}
