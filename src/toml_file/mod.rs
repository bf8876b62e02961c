//! Reading the files that people write, so that everything wrong with one is told at once, each with its
//! place: configuration, themes and keymaps.
//!
//! serde reads the values; what it can't do is go on after the first mistake, name the line of an unknown
//! key and say which known one was meant. So the tables are walked here.

mod library;
mod problem;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

pub use library::{Library, LoadError};
pub use problem::{Place, Problem, Problems};

use crate::nearest::nearest;

/// Reads one file and keeps what is wrong with it.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a str,
    /// Where each line but the first begins: found once, as a file may have many keys.
    lines: Vec<usize>,
    problems: Vec<Problem>,
    syntax_errors: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// A table whose keys are taken out one by one. What is left at the end is unknown.
#[derive(Debug)]
pub struct Section<'a> {
    place: Place,
    table: DeTable<'a>,
    known: Vec<&'static str>,
}

/// A key of a table whose keys are names that the file chooses.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The name.
    pub key: String,
    /// Where it stands.
    pub place: Place,
    value: Spanned<DeValue<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads a text; `file` is the name by which the problems call it. What is no TOML is noted, and what
    /// could be read of it is in the section all the same.
    pub fn open(file: &'a str, text: &'a str) -> (Self, Section<'a>) {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let mut reader = Self { file, lines, problems: Vec::new(), syntax_errors: 0 };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = reader.place(String::new(), error.span());
            reader.note(&place, error.message());
        }
        reader.syntax_errors = reader.problems.len();
        let section = Section { place: Place::default(), table: root.into_inner(), known: Vec::new() };
        (reader, section)
    }

    /// Takes the value of a key, if it is there and of that type.
    pub fn value<T: DeserializeOwned>(
        &mut self,
        section: &mut Section<'a>,
        key: &'static str,
    ) -> Option<Located<T>> {
        let entry = self.take(section, key)?;
        self.read(entry)
    }

    /// Takes a table.
    pub fn section(&mut self, section: &mut Section<'a>, key: &'static str) -> Option<Section<'a>> {
        let entry = self.take(section, key)?;
        self.as_section(entry.place, entry.value)
    }

    /// Takes an array of tables.
    pub fn sections(&mut self, section: &mut Section<'a>, key: &'static str) -> Vec<Section<'a>> {
        let Some(entry) = self.take(section, key) else { return Vec::new() };
        let place = entry.place;
        let DeValue::Array(array) = entry.value.into_inner() else {
            self.note(&place, &format!("must be written as [[{key}]]"));
            return Vec::new();
        };
        array
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let place = self.place(format!("{}[{index}]", place.key), Some(value.span()));
                self.as_section(place, value)
            })
            .collect()
    }

    /// Takes what is left of a table whose keys are names that the file chooses.
    pub fn entries(&mut self, section: &mut Section<'a>) -> Vec<Entry<'a>> {
        std::mem::take(&mut section.table)
            .into_iter()
            .map(|(key, value)| {
                let place = self.place(section.place.child(key.get_ref()), Some(key.span()));
                Entry { key: key.into_inner().into_owned(), place, value }
            })
            .collect()
    }

    /// Reads an entry's value.
    pub fn read<T: DeserializeOwned>(&mut self, entry: Entry<'a>) -> Option<Located<T>> {
        let deserializer = ValueDeserializer::from(entry.value);
        match serde_path_to_error::deserialize(deserializer) {
            Ok(value) => Some(Located { value, place: entry.place }),
            Err(error) => {
                let mut place = entry.place;
                for segment in error.path() {
                    match segment {
                        Segment::Seq { index } => place.key = format!("{}[{index}]", place.key),
                        Segment::Map { key } => place.key = place.child(key),
                        Segment::Enum { .. } | Segment::Unknown => {}
                    }
                }
                self.note(&place, error.into_inner().message());
                None
            }
        }
    }

    /// Reads an entry as a table, where it is one; else gives the entry back.
    pub fn entry_section(&mut self, entry: Entry<'a>) -> Result<Section<'a>, Entry<'a>> {
        if entry.value.get_ref().is_table() {
            self.as_section(entry.place.clone(), entry.value.clone()).ok_or(entry)
        } else {
            Err(entry)
        }
    }

    /// Notes every key of the table that nobody has asked for.
    pub fn no_more(&mut self, mut section: Section<'a>) {
        for entry in self.entries(&mut section) {
            let known = section.known.iter().copied();
            self.unknown(&entry.place, "unknown key", &entry.key, known);
        }
    }

    /// Notes that a word is none of those which are known, with the nearest of them.
    pub fn unknown<'k>(
        &mut self,
        place: &Place,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.note(place, &format!("{what} `{}`; {help}", word.escape_debug()));
    }

    /// Notes a problem.
    pub fn note(&mut self, place: &Place, message: &str) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: place.line,
            key: place.key.clone(),
            message: message.trim().replace('\n', ", "),
        });
    }

    /// `value`, unless there was a problem. Where the text is no TOML, only that is told: the rest
    /// follows from it.
    pub fn finish<T>(mut self, value: T) -> Result<T, Problems> {
        if self.syntax_errors > 0 {
            self.problems.truncate(self.syntax_errors);
        }
        if self.problems.is_empty() { Ok(value) } else { Err(Problems(self.problems)) }
    }

    fn take(&mut self, section: &mut Section<'a>, key: &'static str) -> Option<Entry<'a>> {
        section.known.push(key);
        let (found, value) = section.table.remove_entry(key)?;
        let place = self.place(section.place.child(key), Some(found.span()));
        Some(Entry { key: key.to_owned(), place, value })
    }

    fn as_section(&mut self, place: Place, value: Spanned<DeValue<'a>>) -> Option<Section<'a>> {
        let found = value.get_ref().type_str();
        let DeValue::Table(table) = value.into_inner() else {
            self.note(&place, &format!("must be a table, not {found}"));
            return None;
        };
        Some(Section { place, table, known: Vec::new() })
    }

    fn place(&self, key: String, span: Option<Range<usize>>) -> Place {
        let line = span.map(|span| self.lines.partition_point(|begin| *begin <= span.start) + 1);
        Place { key, line }
    }
}

impl Section<'_> {
    /// Where the table stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the key is there and has not been taken.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}
