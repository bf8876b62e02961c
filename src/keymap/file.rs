//! Reading a keymap's file. What it may hold is told at the top of `keymaps/default.toml`.

use strum::IntoEnumIterator;

use super::trie::Trie;
use super::{Key, Keymap, LIBRARY, in_words};
use crate::app::{Action, Context};
use crate::toml_file::{Entry, Located, Place, Problems, Reader, Section};

/// What takes a key away that the inherited keymap has.
const UNBOUND: &str = "none";

/// Reads a keymap. The bindings that it does not give come from the one that it inherits.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<Keymap, Problems> {
    let (mut reader, mut root) = Reader::open(file, text);
    let bindings = read_bindings(&mut reader, &mut root);
    reader.no_more(root);
    let keymap = build(name, &bindings, &mut reader);
    if keymap.keys_for(Context::Grid, Action::Quit).is_empty() {
        let message = "no key quits; add one, or inherit a built-in keymap: inherits = \"default\"";
        reader.note(&Place { key: "global".to_owned(), line: None }, message);
    }
    reader.finish(keymap)
}

/// One line of a file.
struct Binding {
    context: Context,
    keys: Vec<Key>,
    /// `None`: these keys do nothing.
    action: Option<Action>,
    place: Place,
}

fn read_bindings<'a>(reader: &mut Reader<'a>, root: &mut Section<'a>) -> Vec<Binding> {
    let base = reader.value::<String>(root, "inherits");
    let mut inherited = base.map(|name| inherited(reader, &name)).unwrap_or_default();
    let mut own = Vec::new();
    for context in Context::iter() {
        let Some(mut section) = reader.section(root, context.name()) else { continue };
        for entry in reader.entries(&mut section) {
            own.extend(read_binding(reader, context, entry));
        }
    }
    // What the file says itself goes before what it inherits, also where only the beginnings are the same.
    inherited.retain(|old: &Binding| !own.iter().any(|new: &Binding| new.takes_the_place_of(old)));
    own.extend(inherited);
    own
}

/// The bindings of one of the console's own keymaps.
fn inherited(reader: &mut Reader<'_>, name: &Located<String>) -> Vec<Binding> {
    let Some(found) = LIBRARY.built_in(&name.value) else {
        let known = LIBRARY.built_in_names();
        reader.unknown(&name.place, "no built-in keymap is called", &name.value, known);
        return Vec::new();
    };
    let (mut base, mut root) = Reader::open(&found.file, &found.text);
    read_bindings(&mut base, &mut root)
}

fn read_binding<'a>(reader: &mut Reader<'a>, context: Context, entry: Entry<'a>) -> Option<Binding> {
    let place = entry.place.clone();
    let keys: Result<Vec<Key>, _> = entry.key.split_whitespace().map(str::parse).collect();
    let word = reader.read::<String>(entry)?;
    let action = match word.value.as_str() {
        UNBOUND => None,
        word => Some(read_action(reader, &place, word)?),
    };
    match keys {
        Ok(keys) if !keys.is_empty() => Some(Binding { context, keys, action, place }),
        Ok(_) => {
            reader.note(&place, "names no key");
            None
        }
        Err(error) => {
            reader.note(&place, &error.to_string());
            None
        }
    }
}

fn read_action(reader: &mut Reader<'_>, place: &Place, word: &str) -> Option<Action> {
    let action = word.parse().ok();
    if action.is_none() {
        let known = Action::iter().map(Action::name).chain([UNBOUND]);
        reader.unknown(place, "no action is called", word, known);
    }
    action
}

impl Binding {
    fn takes_the_place_of(&self, old: &Self) -> bool {
        self.context == old.context && (self.keys.starts_with(&old.keys) || old.keys.starts_with(&self.keys))
    }
}

fn build(name: &str, bindings: &[Binding], reader: &mut Reader<'_>) -> Keymap {
    let mut tables = Context::iter().map(|context| (context, Trie::default())).collect::<Vec<_>>();
    for binding in bindings {
        let Some(action) = binding.action else { continue };
        let table = tables.iter_mut().find(|(context, _)| *context == binding.context);
        let Some((_, table)) = table else { continue };
        if let Err(conflict) = table.insert(&binding.keys, action) {
            let message = format!(
                "can't be `{}`: `{}` is already `{}`",
                action.name(),
                in_words(&conflict.with),
                conflict.action.name()
            );
            reader.note(&binding.place, &message);
        }
    }
    Keymap { name: name.to_owned(), tables }
}
