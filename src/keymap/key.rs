//! One key, however a terminal or a file puts it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, in one form: a letter that is typed with shift is its capital, without shift;
/// a sign has no shift, since which signs need it depends on the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no key; write `q`, `G`, `ctrl-l` (or `C-l`), `alt-x` (or `M-x`), `enter`, `f1`", .0.escape_debug())]
pub struct NotAKey(String);

impl Key {
    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut modifiers = modifiers
            & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT | KeyModifiers::SUPER);
        let shifted = modifiers.contains(KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::Char('\r' | '\n') => KeyCode::Enter,
            KeyCode::Tab if shifted => KeyCode::BackTab,
            KeyCode::Char(c) if shifted => KeyCode::Char(capital(c)),
            code => code,
        };
        // A space can be typed with shift; nobody means something else by it.
        if matches!(code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        Self { code, modifiers }
    }

    /// How many modifiers it needs, for choosing the easiest of several keys.
    pub(super) fn effort(self) -> u32 {
        self.modifiers.bits().count_ones()
    }
}

fn capital(c: char) -> char {
    let mut upper = c.to_uppercase();
    // `ß` has a capital of two letters: no keyboard sends that.
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

/// Reads a key as people write it: crokey's `ctrl-alt-q`, or Emacs's `C-M-q`; a lone capital is a key of its
/// own.
impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let error = || NotAKey(text.to_owned());
        let mut modifiers = KeyModifiers::empty();
        let mut rest = text;
        while let Some((modifier, after)) = modifier(rest) {
            if modifiers.contains(modifier) {
                return Err(error());
            }
            modifiers.insert(modifier);
            rest = after;
        }
        let mut chars = rest.chars();
        // crokey folds the case of letters and knows ASCII only, so single characters are read here.
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return if c.is_control() || c.is_whitespace() {
                Err(error())
            } else {
                Ok(Self::new(KeyCode::Char(c), modifiers))
            };
        }
        let name = match rest {
            "page-up" => "pageup",
            "page-down" => "pagedown",
            name => name,
        };
        let Ok(combination) = crokey::parse(name) else { return Err(error()) };
        match combination.codes {
            crokey::OneToThree::One(code) if !matches!(code, KeyCode::Char(c) if c != ' ' && c != '-') => {
                Ok(Self::new(code, modifiers | combination.modifiers))
            }
            _ => Err(error()),
        }
    }
}

fn modifier(text: &str) -> Option<(KeyModifiers, &str)> {
    const PREFIXES: [(&str, KeyModifiers); 7] = [
        ("ctrl-", KeyModifiers::CONTROL),
        ("C-", KeyModifiers::CONTROL),
        ("alt-", KeyModifiers::ALT),
        ("M-", KeyModifiers::ALT),
        ("shift-", KeyModifiers::SHIFT),
        ("S-", KeyModifiers::SHIFT),
        ("super-", KeyModifiers::SUPER),
    ];
    PREFIXES
        .iter()
        .find_map(|(prefix, modifier)| text.strip_prefix(prefix).map(|rest| (*modifier, rest)))
        .filter(|(_, rest)| !rest.is_empty())
}

/// Short, for the footer: `q`, `^l`, `alt-x`, `enter`, `up`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modified = [
            (KeyModifiers::SUPER, "super-"),
            (KeyModifiers::ALT, "alt-"),
            (KeyModifiers::SHIFT, "shift-"),
            (KeyModifiers::CONTROL, "^"),
        ];
        for (modifier, word) in modified {
            if self.modifiers.contains(modifier) {
                f.write_str(word)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            KeyCode::PageUp => f.write_str("page-up"),
            KeyCode::PageDown => f.write_str("page-down"),
            KeyCode::Delete => f.write_str("del"),
            KeyCode::Insert => f.write_str("ins"),
            code => f.write_str(&format!("{code:?}").to_lowercase()),
        }
    }
}
