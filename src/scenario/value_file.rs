//! Files that give values to variables: TOML, phd's `.variables` (YAML), and phd's cluster definition.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use saphyr_parser::{Event, Parser};

use super::notes::Notes;
use crate::toml_file::Problems;

/// Deeper, and a file is none that a person wrote.
const DEEPEST: usize = 32;

/// What a file says, by name. Nested names are joined by `_`, as phd does: `network: {domain: x}` is
/// `network_domain`. What a cluster definition says keeps the name that phd's scripts use: `PHD_ENV_nodes`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ValueFile {
    /// The values, as they are written.
    pub values: BTreeMap<String, String>,
    /// The hosts that a cluster definition names, in its order.
    pub nodes: Vec<String>,
}

/// Names only: which values are secret is not known here.
impl fmt::Debug for ValueFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueFile").field("values", &self.values.keys()).field("nodes", &self.nodes).finish()
    }
}

impl ValueFile {
    /// Reads a file of whichever of the three forms; `file` is what the problems call it.
    pub fn read(file: &str, text: &str) -> Result<Self, Problems> {
        match Form::of(text) {
            Form::Toml => toml(file, text),
            Form::Yaml => yaml(file, text).map(|values| Self { values, nodes: Vec::new() }),
            Form::Definition => definition(file, text),
        }
    }
}

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Toml,
    Yaml,
    Definition,
}

impl Form {
    /// Goes by the first line that says something. `key=value` can be TOML or a definition: it is the latter where
    /// it is no TOML and all its lines look so.
    fn of(text: &str) -> Self {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(first) = lines.clone().next() else { return Self::Toml };
        let key = first.find(['=', ':']).and_then(|at| first.get(at..));
        if first.starts_with('[') {
            return Self::Toml;
        }
        if key.is_none_or(|key| key.starts_with(':')) {
            return Self::Yaml;
        }
        let is_name =
            |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_plain = |line: &str| {
            line.split_once('=')
                .is_some_and(|(key, value)| is_name(key) && !value.starts_with([' ', '"', '\'']))
        };
        if lines.all(is_plain) && text.parse::<toml::Table>().is_err() {
            return Self::Definition;
        }
        Self::Toml
    }
}

fn toml(file: &str, text: &str) -> Result<ValueFile, Problems> {
    let (mut reader, mut root) = crate::toml_file::Reader::open(file, text);
    let mut values = BTreeMap::new();
    for entry in reader.entries(&mut root) {
        let name = entry.key.clone();
        let Some(found) = reader.read::<toml::Value>(entry) else { continue };
        if let Err(what) = flatten(name, &found.value, &mut values) {
            reader.note(
                &found.place,
                &format!("must be a text, a number, true, false, a list or a table; {what}"),
            );
        }
    }
    reader.finish(ValueFile { values, nodes: Vec::new() })
}

fn flatten(name: String, value: &toml::Value, values: &mut BTreeMap<String, String>) -> Result<(), String> {
    if let toml::Value::Table(table) = value {
        return table.iter().try_for_each(|(key, value)| flatten(format!("{name}_{key}"), value, values));
    }
    let text = text_of(value).ok_or_else(|| format!("{name} is {}", value.type_str()))?;
    values.insert(name, text);
    Ok(())
}

/// A value as scripts get it; a list is its words with spaces between them. `None` for a table and what else bash
/// can't hold.
pub(super) fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Some(value.to_string()),
        toml::Value::Datetime(date) => Some(date.to_string()),
        toml::Value::Array(words) => {
            let words: Option<Vec<String>> =
                words.iter().filter(|word| !word.is_array()).map(text_of).collect();
            words.map(|words| words.join(" "))
        }
        toml::Value::Table(_) => None,
    }
}

/// Reads YAML and flattens it. Every value is the text that is written: `7.10` stays `7.10`, and `no` stays `no`.
pub(super) fn yaml(file: &str, text: &str) -> Result<BTreeMap<String, String>, Problems> {
    let mut notes = Notes::new(file);
    let mut walk = Walk::default();
    let text: String = text.split_inclusive('\n').map(with_a_space).collect();
    for event in Parser::new_from_str(&text) {
        match event {
            Ok((event, span)) => {
                // For a value that is not there at all, the parser says what YAML calls nothing: `~`.
                let event = match event {
                    Event::Scalar(_, style, anchor, tag) if span.is_empty() => {
                        Event::Scalar("".into(), style, anchor, tag)
                    }
                    event => event,
                };
                if let Err(message) = walk.take(event) {
                    notes.note(span.start.line().max(1), message);
                    break;
                }
            }
            Err(error) => {
                notes.note(error.marker().line().max(1), format!("is no YAML: {}", error.info()));
                break;
            }
        }
    }
    notes.finish(walk.values)
}

/// The line with a space for a tab behind its key, which YAML allows and the parser does not.
fn with_a_space(line: &str) -> Cow<'_, str> {
    let is_key = |key: &str| key.trim_start().chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    match line.split_once(":\t") {
        Some((key, value)) if is_key(key) => Cow::Owned(format!("{key}: {value}")),
        _ => Cow::Borrowed(line),
    }
}

/// Walks through a YAML document.
#[derive(Debug, Default)]
struct Walk {
    values: BTreeMap<String, String>,
    open: Vec<Open>,
}

/// A mapping or a list that has not ended.
#[derive(Debug)]
enum Open {
    /// The key whose value comes next, if it has been read.
    Mapping(Option<String>),
    /// The words so far.
    List(Vec<String>),
}

impl Walk {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::MappingStart(..) => self.open(Open::Mapping(None)),
            Event::SequenceStart(..) => self.open(Open::List(Vec::new())),
            Event::MappingEnd => {
                self.open.pop();
                self.value_ends();
                Ok(())
            }
            Event::SequenceEnd => {
                if let Some(Open::List(words)) = self.open.pop() {
                    self.value(words.join(" "));
                }
                Ok(())
            }
            Event::Scalar(text, ..) => self.scalar(&text),
            Event::Alias(_) => Err("refers to another value (`*name`), which is not understood".to_owned()),
            Event::DocumentStart(_) if !self.values.is_empty() => {
                Err("a second document begins here; one is read".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open) -> Result<(), String> {
        if matches!(self.open.last(), Some(Open::List(_))) {
            return Err("a list may hold words only".to_owned());
        }
        if matches!(self.open.last(), Some(Open::Mapping(None))) {
            return Err("a key must be a word".to_owned());
        }
        if self.open.is_empty() && matches!(open, Open::List(_)) {
            return Err("must be names with values, such as `domain: example.com`, not a list".to_owned());
        }
        if self.open.len() == DEEPEST {
            return Err(format!("is nested more than {DEEPEST} deep"));
        }
        self.open.push(open);
        Ok(())
    }

    fn scalar(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(Open::Mapping(key @ None)) => {
                *key = Some(text.to_owned());
                return Ok(());
            }
            Some(Open::List(words)) => {
                words.push(text.to_owned());
                return Ok(());
            }
            Some(Open::Mapping(Some(_))) => {}
            None => return Err("must be names with values, such as `domain: example.com`".to_owned()),
        }
        self.value(text.to_owned());
        Ok(())
    }

    fn value(&mut self, text: String) {
        let keys = self.open.iter().filter_map(|open| match open {
            Open::Mapping(key) => key.as_deref(),
            Open::List(_) => None,
        });
        let name: Vec<&str> = keys.collect();
        self.values.insert(name.join("_"), text);
        self.value_ends();
    }

    fn value_ends(&mut self) {
        if let Some(Open::Mapping(key)) = self.open.last_mut() {
            *key = None;
        }
    }
}

/// phd's cluster definition: `key=value`; a value of several words gives `key1`, `key2` … as well.
fn definition(file: &str, text: &str) -> Result<ValueFile, Problems> {
    let mut notes = Notes::new(file);
    let mut found = ValueFile::default();
    let mut fence_commands = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            notes.note(index + 1, "must be `key=value`");
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "fence_cmd" => {
                fence_commands += 1;
                found.values.insert(format!("PHD_ENV_fence_cmd{fence_commands}"), value.to_owned());
                continue;
            }
            "nodes" => found.nodes = value.split_whitespace().map(str::to_owned).collect(),
            _ => {}
        }
        for (index, word) in value.split_whitespace().enumerate() {
            found.values.insert(format!("PHD_ENV_{key}{}", index + 1), word.to_owned());
        }
        found.values.insert(format!("PHD_ENV_{key}"), value.to_owned());
    }
    notes.finish(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        ValueFile::read("values", text).unwrap().values.into_iter().collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn yaml_is_flattened_and_its_values_stay_as_they_are_written() {
        let text = "# comment\ndeployment: collapsed\nnetwork:\n  # inside\n  nic:\n    base: 54:52:00\n    \
                    external: enp1s0 eth0\n  hosts:\tn1:11211,n2:11211 # why\nosp:\n  major: 7\n  version: 7.10\n  \
                    octal: 0755\nsecure: no\nempty:\nquoted: 'a: b'\nlist: [a, b]\n";
        let expected = pairs(&[
            ("deployment", "collapsed"),
            ("empty", ""),
            ("list", "a b"),
            ("network_hosts", "n1:11211,n2:11211"),
            ("network_nic_base", "54:52:00"),
            ("network_nic_external", "enp1s0 eth0"),
            ("osp_major", "7"),
            ("osp_octal", "0755"),
            ("osp_version", "7.10"),
            ("quoted", "a: b"),
            ("secure", "no"),
        ]);
        assert_eq!(read(text), expected);
    }

    #[test]
    fn toml_is_flattened_too() {
        let text = "vip = \"192.0.2.10\"\nport = 3306\nwords = [\"a\", \"b\"]\n[network]\ndomain = \"example.com\"\n";
        let expected =
            [("network_domain", "example.com"), ("port", "3306"), ("vip", "192.0.2.10"), ("words", "a b")];
        assert_eq!(read(text), pairs(&expected));
    }

    #[test]
    fn a_definition_gives_the_nodes_and_every_word_of_a_value() {
        let text = "# our cluster\nnodes=n1 n2\n\nfloating_ips=192.0.2.1 192.0.2.2\ntransport=ssh\n\
                    fence_cmd=pcs stonith create a fence_xvm key=1\nfence_cmd=pcs stonith create b fence_xvm\n";
        let found = ValueFile::read("definition", text).unwrap();
        assert_eq!(found.nodes, ["n1", "n2"]);
        assert_eq!(found.values["PHD_ENV_floating_ips2"], "192.0.2.2");
        assert_eq!(found.values["PHD_ENV_nodes"], "n1 n2");
        assert_eq!(found.values["PHD_ENV_fence_cmd1"], "pcs stonith create a fence_xvm key=1");
        assert_eq!(found.values["PHD_ENV_fence_cmd2"], "pcs stonith create b fence_xvm");
    }

    #[rstest]
    #[case("a: b\nc: [d\n", "values:3:")]
    #[case("- a\n- b\n", "values:1:")]
    #[case("a: &x 1\nb: *x\n", "values:2:")]
    #[case("just words\n", "values:1:")]
    #[case("a = \n", "values:1:")]
    #[case("[a]\nb = nope\n", "values:2:")]
    fn what_is_wrong_has_a_line(#[case] text: &str, #[case] place: &str) {
        let error = ValueFile::read("values", text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_gives_values_or_an_error(text in "([a-z=:#\\[\\]{}&*'\" \t.-]{0,12}\n){0,8}") {
            let _either = ValueFile::read("values", &text);
        }

        #[test]
        fn yaml_reads_back_what_is_written(values in prop::collection::btree_map("[a-z]{1,8}", "[ -~]{0,20}", 1..6)) {
            let line = |(name, value): (&String, &String)| format!("{name}: '{}'\n", value.replace('\'', "''"));
            let text: String = values.iter().map(line).collect();
            prop_assert_eq!(yaml("values", &text), Ok(values));
        }
    }
}
