//! Reading a theme's file. What it may hold is told at the top of `themes/dark.toml`.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use strum::{EnumCount, IntoEnumIterator};

use super::{LIBRARY, Role, Theme};
use crate::toml_file::{Entry, Located, Place, Problems, Reader, Section};

/// Names by which a file may call a colour that is no palette's; ratatui knows a few spellings more.
const COLOUR_NAMES: [&str; 17] = [
    "default",
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Reads a theme. Palette and roles that it does not give come from the one that it inherits.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<Theme, Problems> {
    let (mut reader, mut root) = Reader::open(file, text);
    let parts = Parts::read(&mut reader, &mut root);
    reader.no_more(root);
    let theme = parts.resolve(name, &mut reader);
    reader.finish(theme)
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Dark,
    Light,
}

/// A file as it stands, before a colour's name has been looked up: a file that inherits another may
/// change the palette under the roles of that one.
#[derive(Default)]
struct Parts {
    kind: Option<Kind>,
    palette: BTreeMap<String, Located<String>>,
    roles: BTreeMap<&'static str, RoleParts>,
}

struct RoleParts {
    place: Place,
    fg: Option<Located<String>>,
    bg: Option<Located<String>>,
    modifiers: Vec<Located<String>>,
}

impl Parts {
    fn read<'a>(reader: &mut Reader<'a>, root: &mut Section<'a>) -> Self {
        let base = reader.value::<String>(root, "inherits");
        let mut parts = base.and_then(|name| Self::inherited(reader, &name)).unwrap_or_default();
        parts.kind = reader.value(root, "kind").map(|kind| kind.value).or(parts.kind);
        if let Some(mut palette) = reader.section(root, "palette") {
            for entry in reader.entries(&mut palette) {
                let name = entry.key.clone();
                if let Some(colour) = reader.read(entry) {
                    parts.palette.insert(name, colour);
                }
            }
        }
        if let Some(mut roles) = reader.section(root, "roles") {
            for entry in reader.entries(&mut roles) {
                parts.add_role(reader, entry);
            }
        }
        parts
    }

    /// The parts of one of the console's own themes.
    fn inherited(reader: &mut Reader<'_>, name: &Located<String>) -> Option<Self> {
        let Some(found) = LIBRARY.built_in(&name.value) else {
            reader.unknown(&name.place, "no built-in theme is called", &name.value, LIBRARY.built_in_names());
            return None;
        };
        let (mut base, mut root) = Reader::open(&found.file, &found.text);
        Some(Self::read(&mut base, &mut root))
    }

    fn add_role<'a>(&mut self, reader: &mut Reader<'a>, entry: Entry<'a>) {
        let place = entry.place.clone();
        let Ok(role) = entry.key.parse::<Role>() else {
            reader.unknown(&place, "unknown role", &entry.key, Role::iter().map(Role::name));
            return;
        };
        let parts = match reader.entry_section(entry) {
            Ok(mut section) => {
                let fg = reader.value(&mut section, "fg");
                let bg = reader.value(&mut section, "bg");
                let modifiers: Option<Located<Vec<String>>> = reader.value(&mut section, "modifiers");
                reader.no_more(section);
                RoleParts { place, fg, bg, modifiers: modifiers.map(each).unwrap_or_default() }
            }
            Err(entry) => RoleParts { place, fg: reader.read(entry), bg: None, modifiers: Vec::new() },
        };
        self.roles.insert(role.name(), parts);
    }

    fn resolve(self, name: &str, reader: &mut Reader<'_>) -> Theme {
        let mut palette = BTreeMap::new();
        for (name, colour) in &self.palette {
            palette.insert(name.as_str(), colour_of(reader, &BTreeMap::new(), colour).unwrap_or_default());
        }
        let mut styles = [Style::new(); Role::COUNT];
        let mut missing = Vec::new();
        for role in Role::iter() {
            match self.roles.get(role.name()) {
                Some(parts) => styles[role as usize] = parts.resolve(reader, &palette),
                None => missing.push(role.name()),
            }
        }
        if !missing.is_empty() {
            let message = format!(
                "says nothing of {}; add them, or inherit a built-in theme: inherits = \"dark\"",
                missing.join(", ")
            );
            reader.note(&Place { key: "roles".to_owned(), line: None }, &message);
        }
        Theme { name: name.to_owned(), is_light: matches!(self.kind, Some(Kind::Light)), styles }
    }
}

impl RoleParts {
    fn resolve(&self, reader: &mut Reader<'_>, palette: &BTreeMap<&str, Color>) -> Style {
        let mut style = Style::new();
        style.fg = self.fg.as_ref().and_then(|colour| colour_of(reader, palette, colour));
        style.bg = self.bg.as_ref().and_then(|colour| colour_of(reader, palette, colour));
        for modifier in &self.modifiers {
            if let Some(modifier) = modifier_of(&modifier.value) {
                style = style.add_modifier(modifier);
            } else {
                let known = MODIFIERS.iter().map(|(name, _)| *name);
                reader.unknown(&self.place, "unknown modifier", &modifier.value, known);
            }
        }
        style
    }
}

const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed-out", Modifier::CROSSED_OUT),
];

fn modifier_of(word: &str) -> Option<Modifier> {
    MODIFIERS.iter().find(|(name, _)| *name == word).map(|(_, modifier)| *modifier)
}

fn colour_of(
    reader: &mut Reader<'_>,
    palette: &BTreeMap<&str, Color>,
    colour: &Located<String>,
) -> Option<Color> {
    let word = colour.value.as_str();
    if let Some(found) = palette.get(word) {
        return Some(*found);
    }
    if word == "default" {
        return Some(Color::Reset);
    }
    if let Ok(found) = word.parse() {
        return Some(found);
    }
    if word.starts_with('#') {
        let word = word.escape_debug();
        let message = format!("`{word}` is no colour; write six hex digits, as in \"#d08770\"");
        reader.note(&colour.place, &message);
    } else {
        let known = palette.keys().copied().chain(COLOUR_NAMES);
        reader.unknown(&colour.place, "no colour is called", word, known);
    }
    None
}

fn each(list: Located<Vec<String>>) -> Vec<Located<String>> {
    let place = list.place;
    list.value.into_iter().map(|value| Located { value, place: place.clone() }).collect()
}
