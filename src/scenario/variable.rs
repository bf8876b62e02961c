//! What a scenario has to be told before it can be run.

use std::fmt;
use std::str::FromStr;

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
    /// What an empty value does that the user must not overlook; may be empty.
    pub when_empty: String,
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

/// How long a made-up secret may be.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;

/// Letters and digits that can't be taken for one another, and that no shell, SQL or XML minds.
const LETTERS: &[u8; 56] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz2345678";
const HEX: &[u8; 16] = b"0123456789abcdef";

impl Generate {
    /// Makes a value up, of the system's own randomness.
    pub fn make(self) -> Result<String, getrandom::Error> {
        match self {
            Self::Password(length) => random(LETTERS, length),
            Self::Hex(length) => random(HEX, length),
        }
    }
}

/// `password 20`, `hex 32`.
impl FromStr for Generate {
    type Err = NotGenerated;

    fn from_str(text: &str) -> Result<Self, NotGenerated> {
        let (what, length) = text.trim().split_once(char::is_whitespace).ok_or(NotGenerated)?;
        let length =
            length.trim().parse().ok().filter(|length| LENGTHS.contains(length)).ok_or(NotGenerated)?;
        match what {
            "password" => Ok(Self::Password(length)),
            "hex" => Ok(Self::Hex(length)),
            _ => Err(NotGenerated),
        }
    }
}

/// As it is read.
impl fmt::Display for Generate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(length) => write!(f, "password {length}"),
            Self::Hex(length) => write!(f, "hex {length}"),
        }
    }
}

/// A text that says of no value how it is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be such as `password 20` or `hex 32`, 8 to 256 characters long")]
pub struct NotGenerated;

/// Random letters of an alphabet, each as likely as any other.
fn random(alphabet: &[u8], length: usize) -> Result<String, getrandom::Error> {
    // Bytes that would make the first letters likelier are thrown away.
    let fair = 256 - 256 % alphabet.len();
    let mut made = String::with_capacity(length);
    let mut bytes = [0; 64];
    while made.len() < length {
        getrandom::fill(&mut bytes)?;
        let letters = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let letters =
            letters.filter_map(|byte| alphabet.get(byte % alphabet.len())).map(|byte| char::from(*byte));
        made.extend(letters.take(length - made.len()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("password 20", Ok(Generate::Password(20)))]
    #[case("hex  32", Ok(Generate::Hex(32)))]
    #[case("hex 7", Err(NotGenerated))]
    #[case("password", Err(NotGenerated))]
    #[case("uuid 20", Err(NotGenerated))]
    fn how_a_value_is_made_up_is_read(#[case] text: &str, #[case] expected: Result<Generate, NotGenerated>) {
        assert_eq!(text.parse(), expected);
    }

    #[test]
    fn what_is_made_up_is_as_long_as_asked_and_never_the_same() {
        let made = Generate::Password(200).make().unwrap();
        assert_eq!(made.len(), 200);
        assert!(made.bytes().all(|byte| LETTERS.contains(&byte)));
        assert_ne!(made, Generate::Password(200).make().unwrap());
        assert!(Generate::Hex(64).make().unwrap().bytes().all(|byte| HEX.contains(&byte)));
    }
}
