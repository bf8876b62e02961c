//! What a scenario has to be told before it can be run.

use super::Secrecy;

/// A variable of a scenario, as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// What the scripts call it: a name that bash allows.
    pub name: String,
    /// What its values look like.
    pub kind: Kind,
    /// Its value where nobody gives another; may refer to other variables as `${other}`.
    pub default: Option<String>,
    /// Whether anybody may see its value.
    pub secrecy: Secrecy,
    /// How a value is made up where nobody gives one.
    pub generated: Option<Generate>,
    /// What it is for, in a sentence; may be empty.
    pub description: String,
    /// Where it is declared in the file, from 1.
    pub line: usize,
}

/// What the values of a variable look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kind {
    /// Anything on one line or more.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An IPv4 or IPv6 address.
    Address,
    /// A network such as `192.0.2.0/24`.
    Network,
    /// A host's name or address.
    Host,
    /// The number of a TCP or UDP port, 1 to 65535.
    Port,
    /// Words between spaces or commas; the scripts get them between spaces.
    List,
    /// One of these words; never empty.
    Choice(Vec<String>),
}

/// How a value is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generate {
    /// A random password of that many letters and digits.
    Password(usize),
    /// That many random hexadecimal digits.
    Hex(usize),
}
