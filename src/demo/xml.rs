//! Writing XML the way Pacemaker prints it: two spaces a level, attributes only.

use std::fmt::Display;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// A document being written.
pub(super) struct Document {
    writer: Writer<Vec<u8>>,
}

/// An element's name and attributes, in the order in which they are given; values are escaped.
pub(super) struct Tag(BytesStart<'static>);

impl Document {
    /// Writes a document whose root is `root`, and what `content` puts into it.
    pub(super) fn write(root: Tag, content: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<Vec<u8>> {
        let mut document = Self { writer: Writer::new_with_indent(Vec::with_capacity(32 * 1024), b' ', 2) };
        document.element(root, content)?;
        let mut bytes = document.writer.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Writes an element without content.
    pub(super) fn empty(&mut self, tag: Tag) -> io::Result<()> {
        self.writer.write_event(Event::Empty(tag.0))
    }

    /// Writes an element and what `content` puts into it.
    pub(super) fn element(
        &mut self,
        tag: Tag,
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let end = tag.0.to_end().into_owned();
        self.writer.write_event(Event::Start(tag.0))?;
        content(self)?;
        self.writer.write_event(Event::End(end))
    }

    /// Writes an element that holds nothing but text.
    pub(super) fn text(&mut self, name: &'static str, text: &str) -> io::Result<()> {
        self.writer.write_event(Event::Start(BytesStart::new(name)))?;
        self.writer.write_event(Event::Text(BytesText::new(text)))?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }
}

impl Tag {
    /// An element of that name without attributes.
    pub(super) fn new(name: &'static str) -> Self {
        Self(BytesStart::new(name))
    }

    /// Adds an attribute.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push_attribute((name, value));
        self
    }

    /// Adds an attribute whose value is `true` or `false`.
    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.with(name, if value { "true" } else { "false" })
    }

    /// Adds an attribute that has to be formatted first.
    pub(super) fn shown(self, name: &str, value: impl Display) -> Self {
        self.with(name, &value.to_string())
    }

    /// Adds an attribute where there is a value.
    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}
