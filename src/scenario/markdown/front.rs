//! The front matter of a scenario: TOML between two lines of `+++`.

use std::str::FromStr;

use strum::IntoEnumIterator;

use crate::model::Tier;
use crate::scenario::kind::TYPES;
use crate::scenario::notes::Notes;
use crate::scenario::{Destroys, Gates, Generate, Kind, Purpose, Secrecy, Variable};
use crate::toml_file::{Located, Reader, Section};

/// The line above and below the front matter.
const MARK: &str = "+++";

/// What a front matter says.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub(super) title: Option<String>,
    pub(super) purpose: Purpose,
    pub(super) tier: Tier,
    pub(super) order: Option<u32>,
    pub(super) needs: Vec<String>,
    pub(super) verified: Vec<String>,
    pub(super) destroys: Destroys,
    pub(super) variables: Vec<Variable>,
    pub(super) gates: Gates,
}

/// Reads the front matter, if there is one, and says at which byte the rest begins.
pub(super) fn read(notes: &mut Notes<'_>, text: &str) -> (Front, usize) {
    let mut end = 0;
    let mut toml = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let is_mark = line.trim_end() == MARK;
        match (index, is_mark) {
            (0, false) => return (Front::default(), 0),
            (0, true) => toml = Some(end + line.len()),
            (_, true) => {
                let inside = toml.and_then(|start| text.get(start..end)).unwrap_or_default();
                return (parse(notes, inside), end + line.len());
            }
            (_, false) => {}
        }
        end += line.len();
    }
    if toml.is_some() {
        notes.note(1, "the front matter is not closed; it ends with a line `+++`");
    }
    (Front::default(), text.len())
}

fn parse(notes: &mut Notes<'_>, toml: &str) -> Front {
    // So that the lines are those of the file.
    let padded = format!("\n{toml}");
    let (mut reader, root) = Reader::open(notes.file(), &padded);
    let front = tables(&mut reader, root);
    reader.finish(front).unwrap_or_else(|problems| {
        notes.take(problems, 1);
        Front::default()
    })
}

fn tables<'a>(reader: &mut Reader<'a>, mut root: Section<'a>) -> Front {
    let mut front = Front {
        title: read_title(reader, &mut root),
        purpose: read_word(reader, &mut root, "purpose", "no purpose is called"),
        tier: read_word(reader, &mut root, "tier", "no tier is called"),
        order: reader.value(&mut root, "order").map(|order| order.value),
        needs: reader.value(&mut root, "needs").map(|needs| needs.value).unwrap_or_default(),
        verified: reader.value(&mut root, "verified").map(|verified| verified.value).unwrap_or_default(),
        destroys: Destroys::Nothing,
        variables: Vec::new(),
        gates: Gates::default(),
    };
    if let Some(destroys) = reader.value::<String>(&mut root, "destroys") {
        if destroys.value.trim().is_empty() {
            reader.note(&destroys.place, "is empty; it says in words what is lost");
        }
        front.destroys = Destroys::This(destroys.value);
    }
    if let Some(mut section) = reader.section(&mut root, "variables") {
        for entry in reader.entries(&mut section) {
            let (name, place) = (entry.key.clone(), entry.place.clone());
            let Ok(table) = reader.entry_section(entry) else {
                reader.note(&place, "must be a table such as [variables.vip]");
                continue;
            };
            front.variables.push(read_variable(reader, name, table));
        }
        front.variables.sort_by_key(|variable| variable.line);
    }
    if let Some(mut section) = reader.section(&mut root, "gates") {
        front.gates.before = read_gates(reader, &mut section, "before");
        front.gates.after = read_gates(reader, &mut section, "after");
        reader.no_more(section);
    }
    reader.no_more(root);
    front
}

fn read_title<'a>(reader: &mut Reader<'a>, root: &mut Section<'a>) -> Option<String> {
    let title = reader.value::<String>(root, "title")?;
    if title.value.trim().is_empty() || title.value.contains(char::is_control) {
        reader.note(&title.place, "must be one line of text");
    }
    Some(title.value)
}

/// One of the words of a list.
fn read_word<'a, W: FromStr + Default + IntoEnumIterator + ToString>(
    reader: &mut Reader<'a>,
    root: &mut Section<'a>,
    key: &'static str,
    complaint: &str,
) -> W {
    let Some(word) = reader.value::<String>(root, key) else { return W::default() };
    word.value.parse().unwrap_or_else(|_| {
        let known: Vec<String> = W::iter().map(|known| known.to_string().to_lowercase()).collect();
        reader.unknown(&word.place, complaint, &word.value, known.iter().map(String::as_str));
        W::default()
    })
}

fn read_gates<'a, G: FromStr<Err: ToString>>(
    reader: &mut Reader<'a>,
    section: &mut Section<'a>,
    key: &'static str,
) -> Vec<G> {
    let Some(words) = reader.value::<Vec<String>>(section, key) else { return Vec::new() };
    let mut gates = Vec::new();
    for word in &words.value {
        match word.parse::<G>() {
            Ok(gate) => gates.push(gate),
            Err(error) => reader.note(&words.place, &error.to_string()),
        }
    }
    gates
}

fn read_variable<'a>(reader: &mut Reader<'a>, name: String, mut table: Section<'a>) -> Variable {
    let place = table.place().clone();
    if let Some(why) = not_a_name(&name) {
        reader.note(&place, why);
    }
    let kind = read_kind(reader, &mut table);
    let generated = reader.value::<String>(&mut table, "generate").and_then(|found| {
        found.value.parse::<Generate>().map_err(|error| reader.note(&found.place, &error.to_string())).ok()
    });
    let secret = reader.value::<bool>(&mut table, "secret").map(|secret| secret.value);
    let is_secret = secret.unwrap_or_else(|| generated.is_some());
    let secrecy = if is_secret { Secrecy::Secret } else { Secrecy::Open };
    let default = read_default(reader, &mut table, &kind, secrecy);
    if generated.is_some() && default.is_some() {
        reader.note(&place, "has both a default and a way to be generated; one of them would never be used");
    }
    let description =
        reader.value::<String>(&mut table, "description").map(|found| found.value).unwrap_or_default();
    let when_empty =
        reader.value::<String>(&mut table, "when_empty").map(|found| found.value).unwrap_or_default();
    reader.no_more(table);
    let line = place.line.unwrap_or(1);
    let default = default.map(|found| found.value);
    Variable { name, kind, default, secrecy, generated, description, when_empty, line }
}

fn read_kind<'a>(reader: &mut Reader<'a>, table: &mut Section<'a>) -> Kind {
    let word = reader.value::<String>(table, "type");
    let choices = reader.value::<Vec<String>>(table, "choices");
    let Some(word) = word else {
        return choices.map_or(Kind::Text, |choices| read_choices(reader, &choices));
    };
    if let Some(choices) = choices.as_ref().filter(|_| word.value != "choice") {
        reader.note(&choices.place, "are there for `type = \"choice\"` only");
    }
    match word.value.as_str() {
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "boolean" => Kind::Boolean,
        "address" => Kind::Address,
        "network" => Kind::Network,
        "host" => Kind::Host,
        "port" => Kind::Port,
        "list" => Kind::List,
        "choice" => {
            if let Some(choices) = choices {
                return read_choices(reader, &choices);
            }
            reader.note(&word.place, "needs its words beside it: choices = [\"one\", \"other\"]");
            Kind::Text
        }
        other => {
            reader.unknown(&word.place, "no type is called", other, TYPES);
            Kind::Text
        }
    }
}

fn read_choices(reader: &mut Reader<'_>, choices: &Located<Vec<String>>) -> Kind {
    if choices.value.is_empty() || choices.value.iter().any(|word| word.trim() != word) {
        reader.note(&choices.place, "must be words, without spaces around them");
        return Kind::Text;
    }
    Kind::Choice(choices.value.clone())
}

fn read_default<'a>(
    reader: &mut Reader<'a>,
    table: &mut Section<'a>,
    kind: &Kind,
    secrecy: Secrecy,
) -> Option<Located<String>> {
    let found = reader.value::<toml::Value>(table, "default")?;
    let Some(text) = super::super::value_file::text_of(&found.value) else {
        let message =
            format!("must be a text, a number, true, false or a list, not {}", found.value.type_str());
        reader.note(&found.place, &message);
        return None;
    };
    if secrecy == Secrecy::Secret && !text.is_empty() {
        reader
            .note(&found.place, "would be a secret that everybody can read; use generate = \"password 20\"");
    }
    // What refers to others is judged when they are known; what is empty says that there is none.
    if !text.contains("${")
        && !text.is_empty()
        && let Err(error) = kind.check(&text, secrecy)
    {
        reader.note(&found.place, &error);
    }
    Some(Located { value: text, place: found.place })
}

/// Why scripts can't have a variable of that name.
fn not_a_name(name: &str) -> Option<&'static str> {
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.chars().all(is_lower) || name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        // Those of the system are upper-case: none of them is overwritten so.
        return Some("the name must be lower-case letters, digits and `_`, and not begin with a digit");
    }
    let is_numbered = name.strip_prefix("node_").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    if is_numbered || ["nodes", "node", "first"].contains(&name) {
        return Some("is set by quorate itself");
    }
    None
}
