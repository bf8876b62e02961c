//! XML as a small tree of borrowed elements, read leniently.
//!
//! A tree rather than a type for each element: fourteen years of versions put the same elements in different places,
//! and what is unknown must cost nothing.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};

/// Deeper elements are left out. Pacemaker's own output is about ten deep.
const DEEPEST: usize = 64;

/// The most bytes between `&` and `;`, that one included: `#x0010FFFF;` and some zeros.
const LONGEST_ENTITY: usize = 16;

/// Why the text is not XML, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// Counted from one, in the text as it was received, any banner included.
    pub line: u64,
    /// Counted from one, in characters.
    pub column: u64,
    /// What is wrong, fit for the screen.
    pub message: String,
}

impl ParseError {
    /// An error at that byte of the text.
    pub(super) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() as u64 + 1;
        Self { line: line_of(source, offset), column, message: message.into() }
    }
}

/// The line, counted from one, of that byte of the text.
pub(super) fn line_of(source: &str, offset: usize) -> u64 {
    source.get(..offset).unwrap_or(source).matches('\n').count() as u64 + 1
}

/// A text's root element, and what was odd about the text: the place in bytes, and words.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) root: Element<'a>,
    pub(super) oddities: Vec<(usize, String)>,
}

/// An element with its attributes and child elements.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    /// The byte of the text at which it begins.
    pub(super) at: usize,
    pub(super) children: Vec<Self>,
    /// The text directly inside, without the white space around it.
    pub(super) text: String,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
}

impl Element<'_> {
    /// An attribute's value. What C prints for a missing text, `(null)`, is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value);
        value.filter(|value| *value != "(null)")
    }

    /// An attribute's value; empty where there is none.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All attributes, name and value, as they stand.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (*name, &**value))
    }

    /// The first child element of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The child elements of that name.
    pub(super) fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The child elements of that name inside of every child element named `list`.
    pub(super) fn listed<'e>(&'e self, list: &'e str, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.named(list).flat_map(move |list| list.named(name))
    }
}

/// Reads the first XML element named in `roots`, whatever is printed before it (a shell's banner), to its end.
/// Elements named in `skipped` are left out with all they contain.
///
/// Entities that the text itself declares are not expanded.
pub(super) fn read<'a>(
    source: &'a str,
    roots: &[&str],
    skipped: &[&str],
) -> Result<Document<'a>, ParseError> {
    read_keeping(source, roots, skipped, |_| false)
}

/// As [`read`], but keeps those of the skipped elements of which this holds; it gets the tag as it stands, without its
/// brackets.
pub(super) fn read_keeping<'a>(
    source: &'a str,
    roots: &[&str],
    skipped: &[&str],
    is_kept: fn(&str) -> bool,
) -> Result<Document<'a>, ParseError> {
    let start = find_root(source, roots).ok_or_else(|| ParseError::at(source, 0, explain_absence(source)))?;
    let mut tree = Tree { source, skipped, is_kept, open: Vec::new(), oddities: Vec::new() };
    if !banner(source, start).is_empty() {
        tree.oddities.push((0, "text before the XML".to_owned()));
    }
    let root = tree.read_from(start)?;
    Ok(Document { root, oddities: tree.oddities })
}

/// What stands before the root element and is no part of the XML.
fn banner(source: &str, start: usize) -> &str {
    let before = source.get(..start).unwrap_or_default();
    let prolog = before.rfind("<?xml").unwrap_or(before.len());
    before.get(..prolog).unwrap_or_default().trim()
}

fn explain_absence(source: &str) -> &'static str {
    if source.trim().is_empty() { "nothing was printed" } else { "no XML of Pacemaker in it" }
}

/// Where the first of these elements begins.
fn find_root(source: &str, roots: &[&str]) -> Option<usize> {
    source.match_indices('<').map(|(at, _)| at).find(|at| {
        let name = source.get(at + 1..).unwrap_or_default();
        roots.iter().any(|root| {
            name.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', '/', '>']))
        })
    })
}

struct Tree<'a, 's> {
    source: &'a str,
    skipped: &'s [&'s str],
    is_kept: fn(&str) -> bool,
    open: Vec<Element<'a>>,
    oddities: Vec<(usize, String)>,
}

impl<'a> Tree<'a, '_> {
    fn read_from(&mut self, start: usize) -> Result<Element<'a>, ParseError> {
        let mut reader = Reader::from_str(self.source.get(start..).unwrap_or_default());
        // 1.1 printed some values as they were.
        reader.config_mut().allow_dangling_amp = true;
        loop {
            let at = start + reader.buffer_position() as usize;
            let event = reader.read_event().map_err(|error| self.explain(&error, start, &reader))?;
            match event {
                Event::Start(tag) if self.is_left_out(&tag, at) => {
                    reader
                        .read_to_end(tag.to_end().name())
                        .map_err(|error| self.explain(&error, start, &reader))?;
                }
                Event::Start(_) => {
                    let element = self.element(at, start + reader.buffer_position() as usize);
                    self.open.push(element);
                }
                Event::Empty(tag) if self.is_left_out(&tag, at) => {}
                Event::Empty(_) => {
                    let element = self.element(at, start + reader.buffer_position() as usize);
                    if let Some(root) = self.close(element) {
                        return Ok(root);
                    }
                }
                Event::End(_) => {
                    // The reader has seen to it that it closes the last one opened.
                    if let Some(root) = self.open.pop().and_then(|element| self.close(element)) {
                        self.look_behind(start + reader.buffer_position() as usize);
                        return Ok(root);
                    }
                }
                Event::Text(text) => self.append(&text),
                Event::CData(text) => self.append(&text),
                Event::GeneralRef(name) => self.append(&unescape(&format!("&{};", &*name))),
                Event::Eof => return Err(self.ended_too_early(self.source.len())),
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
            }
        }
    }

    fn is_left_out(&mut self, tag: &BytesStart<'_>, at: usize) -> bool {
        let too_deep = self.open.len() >= DEEPEST;
        if too_deep {
            self.oddities.push((at, format!("more than {DEEPEST} elements deep")));
        }
        let is_skipped = !self.open.is_empty() && self.skipped.contains(&tag.name().as_ref());
        too_deep || (is_skipped && !(self.is_kept)(tag))
    }

    /// The element whose tag stands between those bytes.
    fn element(&mut self, at: usize, end: usize) -> Element<'a> {
        // Taken from the source and not from the event, which would lend its text for too short a time.
        let tag = self.source.get(at..end).unwrap_or_default();
        let inner = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
        let name_end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, _) = inner.split_at(name_end);
        let mut attributes = Vec::new();
        for attribute in Attributes::new(inner, name_end).with_checks(false) {
            match attribute {
                Ok(attribute) => attributes.push((attribute.key.into_inner(), unescape_cow(attribute.value))),
                Err(error) => self.oddities.push((at, format!("<{name}>: {error}"))),
            }
        }
        Element { name, at, children: Vec::new(), text: String::new(), attributes }
    }

    /// Hands an element to the one that contains it, or back if it is the root.
    fn close(&mut self, element: Element<'a>) -> Option<Element<'a>> {
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                None
            }
            None => Some(element),
        }
    }

    fn append(&mut self, text: &str) {
        let Some(element) = self.open.last_mut() else { return };
        if !text.trim().is_empty() {
            element.text.push_str(if element.text.is_empty() { text.trim_start() } else { text });
        }
    }

    fn look_behind(&mut self, end: usize) {
        if self.source.get(end..).is_some_and(|rest| !rest.trim().is_empty()) {
            self.oddities.push((end, "text after the XML".to_owned()));
        }
    }

    fn explain(&self, error: &quick_xml::Error, start: usize, reader: &Reader<&[u8]>) -> ParseError {
        use quick_xml::errors::IllFormedError::{MissingEndTag, UnclosedReference};
        match error {
            quick_xml::Error::Syntax(_) => self.ended_too_early(start + reader.error_position() as usize),
            // The reader gives no place for these, which are met at the very end.
            quick_xml::Error::IllFormed(MissingEndTag(_) | UnclosedReference) => {
                self.ended_too_early(self.source.len())
            }
            other => ParseError::at(
                self.source,
                start + reader.error_position() as usize,
                crate::model::text::clean(&other.to_string()),
            ),
        }
    }

    fn ended_too_early(&self, offset: usize) -> ParseError {
        let message = match self.open.last() {
            Some(element) => {
                format!("ended too early, inside of <{}>", crate::model::text::clean(element.name))
            }
            None => "ended too early".to_owned(),
        };
        ParseError::at(self.source, offset, message)
    }
}

fn unescape_cow(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(raw) => unescape(raw),
        Cow::Owned(raw) => Cow::Owned(unescape(&raw).into_owned()),
    }
}

/// Replaces the five entities of XML and the numbered ones. Anything else that begins with `&` stays as it is: 1.1
/// printed some values as they were, and entities that a text declares are never expanded.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('&') else { return Cow::Borrowed(raw) };
    let (plain, mut rest) = raw.split_at(first);
    let mut value = plain.to_owned();
    while let Some(after) = rest.strip_prefix('&') {
        // Looking no further than an entity is long keeps the work in proportion to the text.
        let end = after.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';');
        let entity = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        if let Some((character, behind)) = entity.and_then(|(name, behind)| Some((character(name)?, behind)))
        {
            value.push(character);
            rest = behind;
        } else {
            value.push('&');
            rest = after;
        }
        let (plain, next) = rest.split_at(rest.find('&').unwrap_or(rest.len()));
        value.push_str(plain);
        rest = next;
    }
    Cow::Owned(value)
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        numbered => {
            let number = numbered.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn read_root(source: &str) -> Result<Document<'_>, ParseError> {
        read(source, &["a"], &["skip"])
    }

    #[test]
    fn reads_a_tree() {
        let source = "<?xml version='1.0'?>\n<a x='1' y = \"&lt;2&gt;\"><b/><skip><b/></skip>\n <b z='3'>t &amp; u</b></a>";
        let document = read_root(source).unwrap();
        assert_eq!(document.oddities, []);
        let root = &document.root;
        assert_eq!(
            (root.name, root.get("x"), root.get("y"), root.get("z")),
            ("a", Some("1"), Some("<2>"), None)
        );
        let seen: Vec<_> =
            root.named("b").map(|b| (line_of(source, b.at), b.get("z"), b.text.as_str())).collect();
        assert_eq!(seen, [(2, None, ""), (3, Some("3"), "t & u")]);
        assert_eq!(root.children.len(), 2);
    }

    #[test]
    fn keeps_some_of_what_is_skipped() {
        let source = "<a><skip x='1'/><skip x='2'><b/></skip><skip x='2'/></a>";
        let document = read_keeping(source, &["a"], &["skip"], |tag| tag.contains("x='2'")).unwrap();
        assert_eq!(document.root.children.iter().map(|it| it.children.len()).collect::<Vec<_>>(), [1, 0]);
    }

    #[rstest]
    #[case::before("Welcome!\n<a/>", 0)]
    #[case::looks_alike("<abc> <ab/> <a/>", 0)]
    #[case::before_the_declaration("<motd/>\n<?xml version='1.0'?><a/>", 0)]
    #[case::after("<a></a>\nlogout\n", 7)]
    fn tells_of_text_around_it(#[case] source: &str, #[case] place: usize) {
        let document = read_root(source).unwrap();
        assert_eq!(document.root.name, "a");
        assert_eq!(document.oddities.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [place]);
    }

    #[rstest]
    #[case::nothing("", 1, 1, "nothing was printed")]
    #[case::blank(" \n", 1, 1, "nothing was printed")]
    #[case::another("<html/>", 1, 1, "no XML of Pacemaker in it")]
    #[case::cut_between("<a>\n  <b/>\n", 3, 1, "ended too early, inside of <a>")]
    #[case::cut_in_a_tag("<a>\n  <b x='1", 2, 3, "ended too early, inside of <a>")]
    #[case::cut_in_the_root("<a ", 1, 1, "ended too early")]
    #[case::cut_in_a_comment("<a><!-- x", 1, 4, "ended too early, inside of <a>")]
    #[case::cut_in_what_is_skipped("<a>\n<skip><b/>", 2, 11, "ended too early, inside of <a>")]
    #[case::crossed("<a>\n<b></c></a>", 2, 4, "ill-formed document: expected `</b>`, but `</c>` was found")]
    fn tells_where_it_stops_to_be_xml(
        #[case] source: &str,
        #[case] line: u64,
        #[case] column: u64,
        #[case] message: &str,
    ) {
        let expected = ParseError { line, column, message: message.to_owned() };
        assert_eq!(read_root(source).unwrap_err(), expected);
    }

    #[test]
    fn carries_on_after_an_attribute_that_is_none() {
        let document = read_root("<a x=1 y='2' y='3' lone>").map(|_| ());
        assert!(document.is_err(), "the element is not closed");
        let document = read_root("<a x=1 y='2' y='3' lone/>").unwrap();
        assert_eq!(document.root.get("y"), Some("2"));
        assert!(!document.oddities.is_empty());
    }

    #[test]
    fn does_not_expand_what_a_text_declares() {
        let source = "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;'>]><a x='&m;'>&m;</a>";
        let document = read_root(source).unwrap();
        assert_eq!((document.root.get("x"), document.root.text.as_str()), (Some("&m;"), "&m;"));
    }

    #[test]
    fn leaves_out_what_is_too_deep() {
        let source = format!("<a>{}<c/>{}</a>", "<b>".repeat(100_000), "</b>".repeat(100_000));
        let document = read_root(&source).unwrap();
        assert_eq!(document.oddities.len(), 1);
        let depth = std::iter::successors(Some(&document.root), |it| it.children.first()).count();
        assert_eq!(depth, DEEPEST);
    }

    #[rstest]
    #[case("plain", "plain")]
    #[case("R&D", "R&D")]
    #[case("a & b &lt; c;", "a & b < c;")]
    #[case("&#65;&#x42;&#X43;", "ABC")]
    #[case("&#xD800;&#0x;&nope;&;&", "&#xD800;&#0x;&nope;&;&")]
    #[case("&amp;lt;", "&lt;")]
    fn unescapes_what_is_known(#[case] raw: &str, #[case] expected: &str) {
        assert_eq!(unescape(raw), expected);
    }

    proptest! {
        #[test]
        fn unescaping_undoes_escaping(text in any::<String>()) {
            let escaped = quick_xml::escape::escape(text.as_str());
            prop_assert_eq!(unescape(&escaped), text.as_str());
        }

        #[test]
        fn never_panics(text in "[<>/a-c ='\"&;!?\\[\\]\u{e9}-]{0,80}") {
            let _ = read_root(&format!("<a{text}"));
            let _ = read_root(&format!("<a>{text}</a>"));
        }
    }
}
