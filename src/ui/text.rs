//! Words that fit.

use jiff::SignedDuration;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::text::clean;

/// The text without anything that a terminal would obey, and at most `width` cells wide; `ellipsis` marks
/// where it was cut.
pub(super) fn fit(text: &str, width: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(ellipsis.width());
    let mut used = 0;
    let mut cut: String = text
        .chars()
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used <= room
        })
        .collect();
    if width >= ellipsis.width() {
        cut.push_str(ellipsis);
    }
    cut
}

/// Text broken into lines at most `width` cells wide, between words where possible.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    wrap_words(clean(text).split_whitespace(), width)
}

/// The same for words that may hold blanks.
pub(super) fn wrap_words<'a>(words: impl IntoIterator<Item = &'a str>, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A piece of a word.
pub(super) struct Part {
    pub(super) text: String,
    /// Whether it stands at the beginning of a line.
    pub(super) is_new_line: bool,
}

/// A word broken where it does not fit a line of `width` cells of which so many are `used`.
pub(super) fn broken(word: &str, width: usize, used: &mut usize) -> Vec<Part> {
    let mut parts = vec![Part { text: String::new(), is_new_line: false }];
    for letter in word.chars() {
        let wide = letter.width().unwrap_or(0);
        if *used + wide > width && *used > 0 {
            parts.push(Part { text: String::new(), is_new_line: true });
            *used = 0;
        }
        *used += wide;
        if let Some(part) = parts.last_mut() {
            part.text.push(letter);
        }
    }
    parts
}

/// A line with something at either end; what is on the right is whole, what is on the left gives way.
pub(super) fn sides<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, width: usize, ellipsis: &str) -> Line<'a> {
    let taken: usize = right.iter().map(Span::width).sum();
    let gap = usize::from(taken > 0);
    let mut spans = cut(left, width.saturating_sub(taken + gap), ellipsis);
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(Span::raw(" ".repeat(width.saturating_sub(used + taken))));
    spans.extend(right);
    Line::from(spans)
}

/// Spans cut to `width` cells in all.
fn cut<'a>(spans: Vec<Span<'a>>, width: usize, ellipsis: &str) -> Vec<Span<'a>> {
    let mut room = width;
    let mut kept = Vec::with_capacity(spans.len());
    for span in spans {
        let wide = span.width();
        if wide <= room {
            room -= wide;
            kept.push(span);
        } else {
            kept.push(Span::styled(fit(&span.content, room, ellipsis), span.style));
            break;
        }
    }
    kept
}

/// A name with the letters that a filter matched in another style.
pub(super) fn marked(name: &str, letters: &[u32], plain: Style, matched: Style) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (at, letter) in clean(name).chars().enumerate() {
        let style = if letters.contains(&(at as u32)) { plain.patch(matched) } else { plain };
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push(letter),
            _ => spans.push(Span::styled(letter.to_string(), style)),
        }
    }
    spans
}

/// How long something has lasted, in its greatest unit: `41 s`, `3 min`, `2 h`, `5 d`.
pub(super) fn span_of(duration: SignedDuration) -> String {
    let (number, unit, _) = in_greatest_unit(duration);
    format!("{number} {unit}")
}

/// The same in words: `41 seconds`, `3 minutes`, `2 hours`, `5 days`.
pub(super) fn long_span_of(duration: SignedDuration) -> String {
    let (number, _, noun) = in_greatest_unit(duration);
    count(number, noun)
}

/// The number with its unit, short and as a noun.
fn in_greatest_unit(duration: SignedDuration) -> (usize, &'static str, &'static str) {
    let seconds = duration.unsigned_abs().as_secs() * u64::from(!duration.is_negative());
    let (number, unit, noun) = match seconds {
        0..=89 => (seconds, "s", "second"),
        90..=5_399 => ((seconds + 30) / 60, "min", "minute"),
        5_400..=129_599 => ((seconds + 1_800) / 3_600, "h", "hour"),
        _ => ((seconds + 43_200) / 86_400, "d", "day"),
    };
    (number as usize, unit, noun)
}

/// A number with the word for what is counted: `1 node`, `3 nodes`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("keystone", 8, "keystone")]
    #[case("keystone", 5, "keys…")]
    #[case("keystone", 1, "…")]
    #[case("keystone", 0, "")]
    #[case("日本語", 5, "日本…")]
    fn what_does_not_fit_is_cut(#[case] text: &str, #[case] width: usize, #[case] expected: &str) {
        assert_eq!(fit(text, width, "…"), expected);
    }

    #[rstest]
    #[case(0, "0 s")]
    #[case(89, "89 s")]
    #[case(90, "2 min")]
    #[case(3_600, "60 min")]
    #[case(7_200, "2 h")]
    #[case(259_200, "3 d")]
    fn spans_have_one_unit(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(span_of(SignedDuration::from_secs(seconds)), expected);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place(text in "\\PC{0,60}", width in 0usize..40) {
            prop_assert!(fit(&text, width, "…").width() <= width);
            for line in wrap(&text, width.max(2)) {
                prop_assert!(line.width() <= width.max(2));
            }
        }

        #[test]
        fn both_sides_fill_the_line(left in "[a-z ]{0,40}", right in "[a-z]{0,10}", width in 12usize..60) {
            let line = sides(vec![Span::raw(left)], vec![Span::raw(right)], width, "…");
            prop_assert_eq!(line.width(), width);
        }
    }
}
