//! Which variables a script gives values to itself.

use std::collections::BTreeSet;

use super::Lexed;

/// Words that stand before a command.
const KEYWORDS: [&str; 11] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "time", "case", "coproc"];
/// Commands that set what they name.
const SETTERS: [&str; 8] = ["for", "select", "read", "unset", "local", "mapfile", "readarray", "getopts"];
/// Commands that set what they name where a value is given.
const DECLARERS: [&str; 5] = ["export", "declare", "typeset", "readonly", "let"];

/// The names that a script may give another value. Too many rather than too few: what is shown must not be wrong.
pub(in crate::scenario) fn assigned<'l>(lexed: &'l Lexed<'_>) -> BTreeSet<&'l str> {
    let mut names: BTreeSet<&str> = lexed.set.iter().copied().collect();
    let is_separator = |byte: &u8| b"\n;&|(){}`".contains(byte);
    for command in lexed.code.split(is_separator) {
        // What is no UTF-8 has been cut in the midst of a letter, which is in no name.
        let Ok(command) = std::str::from_utf8(command) else { continue };
        command_assigns(command, &mut names);
    }
    names
}

fn command_assigns<'l>(command: &'l str, names: &mut BTreeSet<&'l str>) {
    let mut words = command.split_whitespace().skip_while(|word| KEYWORDS.contains(word));
    let command = loop {
        let Some(word) = words.next() else { return };
        match assignment(word) {
            Some(name) => names.insert(name),
            None => break word,
        };
    };
    if command == "printf" {
        if words.next() == Some("-v") {
            names.extend(words.next().map(leading_name));
        }
        return;
    }
    let is_setter = SETTERS.contains(&command);
    if is_setter || DECLARERS.contains(&command) {
        let target = |word| assignment(word).or_else(|| Some(leading_name(word)).filter(|_| is_setter));
        names.extend(words.filter_map(target).filter(|name| !name.is_empty()));
    }
}

/// The name in `name=…`, `name+=…`, `name[0]=…`, `name++`.
fn assignment(word: &str) -> Option<&str> {
    let name = leading_name(word);
    let rest = word.strip_prefix(name).filter(|_| !name.is_empty())?;
    let rest = if rest.starts_with('[') { rest.split_once(']')?.1 } else { rest };
    let rest = rest.trim_start_matches(['+', '-', '*', '/', '%']);
    let is_counted = word.ends_with("++") || word.ends_with("--");
    (is_counted || (rest.starts_with('=') && !rest.starts_with("=="))).then_some(name)
}

fn leading_name(word: &str) -> &str {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    word.get(..word.find(|c| !is_word(c)).unwrap_or(word.len())).unwrap_or_default()
}
