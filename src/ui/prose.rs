//! Markdown as a person reads it: paragraphs, lists, words that stand out.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Look;
use crate::model::text::clean;
use crate::theme::Role;

/// The lines of a text, at most `width` cells wide.
pub(super) fn lines(markdown: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut writer = Writer {
        look,
        width: width.max(8),
        lines: Vec::new(),
        words: Vec::new(),
        lists: Vec::new(),
        mark: None,
        strong: 0,
        emphasis: 0,
        heading: 0,
        quotes: 0,
        code: None,
    };
    Parser::new(markdown).for_each(|event| writer.take(&event));
    writer.finish();
    writer.lines
}

/// One word, or part of one, with its style; `glued`: nothing stands between it and the one before.
struct Word {
    text: String,
    style: Style,
    glued: bool,
}

struct Writer<'l> {
    look: &'l Look,
    width: usize,
    lines: Vec<Line<'static>>,
    /// Of the paragraph that is being read.
    words: Vec<Word>,
    /// The number of the next item of each list that is open; `None` where they are not numbered.
    lists: Vec<Option<u64>>,
    /// What stands before the next line of an item.
    mark: Option<String>,
    strong: usize,
    emphasis: usize,
    heading: usize,
    quotes: usize,
    /// The text of a block of code.
    code: Option<String>,
}

impl Writer<'_> {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(text),
                None => self.text(text, self.style()),
            },
            Event::Code(text) => self.whole(text, self.style().patch(self.look.style(Role::Key))),
            Event::SoftBreak => self.text(" ", self.style()),
            Event::HardBreak => self.paragraph(),
            Event::Rule => self.gap(),
            // What is no prose is shown as it is written.
            Event::Html(text) | Event::InlineHtml(text) => self.text(text, self.style()),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph if self.lists.is_empty() => self.gap(),
            Tag::Heading { .. } => {
                self.gap();
                self.heading += 1;
            }
            Tag::List(first) => {
                self.paragraph();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(*first);
            }
            Tag::Item => {
                self.paragraph();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => format!("{} ", self.look.glyphs.dot),
                };
                self.mark = Some(mark);
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::BlockQuote(_) => {
                self.paragraph();
                self.quotes += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::Heading(_) => {
                self.paragraph();
                self.heading = self.heading.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.paragraph();
                self.lists.pop();
                self.mark = None;
            }
            TagEnd::CodeBlock => self.block(),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::BlockQuote(_) => {
                self.paragraph();
                self.quotes = self.quotes.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn style(&self) -> Style {
        let role = match () {
            () if self.heading > 0 => Role::Heading,
            () if self.quotes > 0 => Role::Muted,
            () => Role::Text,
        };
        let mut style = self.look.style(role);
        if self.strong > 0 {
            style = style.add_modifier(Modifier::BOLD);
        }
        if self.emphasis > 0 {
            style = style.add_modifier(Modifier::ITALIC);
        }
        style
    }

    /// Text whose words may stand on different lines.
    fn text(&mut self, text: &str, style: Style) {
        let text = clean(&text.replace(['\n', '\t'], " "));
        let begins_apart = text.starts_with(' ');
        let mut is_first = true;
        for word in text.split(' ') {
            if word.is_empty() {
                is_first = false;
                continue;
            }
            let glued = is_first && !begins_apart && !self.ends_apart();
            self.words.push(Word { text: word.to_owned(), style, glued });
            is_first = false;
        }
        if text.ends_with(' ') {
            self.words.push(Word { text: String::new(), style, glued: false });
        }
    }

    /// Text that stands on one line if it can.
    fn whole(&mut self, text: &str, style: Style) {
        let glued = !self.ends_apart();
        self.words.push(Word { text: clean(text), style, glued });
    }

    fn ends_apart(&self) -> bool {
        self.words.last().is_none_or(|word| word.text.is_empty())
    }

    /// An empty line between what was and what comes.
    fn gap(&mut self) {
        self.paragraph();
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }

    /// Writes the words down.
    fn paragraph(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.iter().all(|word| word.text.is_empty()) {
            return;
        }
        let indent = self.quotes * 2 + self.lists.len().saturating_sub(1) * 2;
        let depth = if self.lists.is_empty() { 0 } else { 2 };
        let lead = self.mark.take().unwrap_or_else(|| " ".repeat(depth));
        let hang = " ".repeat(indent + lead.width());
        let mut line: Vec<Span<'static>> =
            vec![Span::raw(" ".repeat(indent)), self.look.span(Role::Muted, lead)];
        let mut used = hang.width();
        let mut is_begun = false;
        for group in groups(words) {
            let wide: usize = group.iter().map(|word| word.text.width()).sum();
            match (is_begun, used + 1 + wide > self.width) {
                (false, _) => {}
                (true, true) => {
                    self.lines.push(Line::from(std::mem::take(&mut line)));
                    line.push(Span::raw(hang.clone()));
                    used = hang.width();
                }
                (true, false) => {
                    line.push(Span::raw(" "));
                    used += 1;
                }
            }
            is_begun = true;
            for word in group {
                for part in super::text::broken(&word.text, self.width, &mut used) {
                    if part.is_new_line {
                        self.lines.push(Line::from(std::mem::take(&mut line)));
                    }
                    line.push(Span::styled(part.text, word.style));
                }
            }
        }
        self.lines.push(Line::from(line));
    }

    fn block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        self.lines.push(Line::default());
        for line in code.lines() {
            let words = self.look.fit(&line.replace('\t', "    "), self.width.saturating_sub(2));
            self.lines.push(Line::from(vec![Span::raw("  "), self.look.span(Role::Muted, words)]));
        }
    }

    fn finish(&mut self) {
        self.paragraph();
        while self.lines.last().is_some_and(|line| line.width() == 0) {
            self.lines.pop();
        }
    }
}

/// Words that have to stay together.
fn groups(words: Vec<Word>) -> Vec<Vec<Word>> {
    let mut groups: Vec<Vec<Word>> = Vec::new();
    for word in words.into_iter().filter(|word| !word.text.is_empty()) {
        match groups.last_mut() {
            Some(group) if word.glued => group.push(word),
            _ => groups.push(vec![word]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn look() -> Look {
        let theme = crate::theme::load("dark", None).unwrap();
        Look::new(theme, crate::keymap::Keymap::default(), crate::ui::UNICODE, TimeZone::UTC)
    }

    fn text(markdown: &str, width: usize) -> Vec<String> {
        lines(markdown, width, &look()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paragraphs_lists_and_code_are_wrapped() {
        let markdown = "One *two* `three`, four\nfive.\n\n- first item is long\n- second\n\n1. a\n2. b";
        assert_eq!(
            text(markdown, 14),
            ["One two three,", "four five.", "", "· first item", "  is long", "· second", "", "1. a", "2. b"]
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(text("a\u{1b}[31mb \u{202e}c", 40), ["a[31mb c"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place(markdown in "[-a-z1.`*_#> \n]{0,200}", width in 20usize..60) {
            for line in lines(&markdown, width, &look()) {
                prop_assert!(line.width() <= width, "{line:?} in {width}");
            }
        }

        #[test]
        fn any_text_can_be_drawn(markdown in any::<String>(), width in 0usize..60) {
            lines(&markdown, width, &look());
        }
    }
}
