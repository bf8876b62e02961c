//! What the values of a variable look like, and whether one does.

use std::net::IpAddr;

use super::{Kind, MASK, Secrecy};

/// The types' names in a front matter.
pub(super) const TYPES: [&str; 9] =
    ["text", "integer", "boolean", "address", "network", "host", "port", "list", "choice"];

impl Kind {
    /// What a front matter calls it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Address => "address",
            Self::Network => "network",
            Self::Host => "host",
            Self::Port => "port",
            Self::List => "list",
            Self::Choice(_) => "choice",
        }
    }

    /// The value as the scripts get it, if it looks as it should. The error says how, and shows the value unless it
    /// is a secret: `` `x` is no port, 1 to 65535 ``.
    pub fn check(&self, value: &str, secrecy: Secrecy) -> Result<String, String> {
        let trimmed = value.trim();
        let is_right = match self {
            Self::Text | Self::List => !value.contains('\0'),
            Self::Integer => trimmed.parse::<i64>().is_ok(),
            Self::Boolean => matches!(trimmed, "true" | "false"),
            Self::Address => trimmed.parse::<IpAddr>().is_ok(),
            Self::Network => is_network(trimmed),
            Self::Host => is_host(trimmed),
            Self::Port => trimmed.parse::<u16>().is_ok_and(|port| port > 0),
            Self::Choice(words) => words.iter().any(|word| word == trimmed),
        };
        if !is_right {
            let shown = match secrecy {
                Secrecy::Open => value.escape_debug().to_string(),
                Secrecy::Secret => MASK.to_owned(),
            };
            return Err(format!("`{shown}` is no {}", self.expected()));
        }
        Ok(match self {
            Self::Text => value.to_owned(),
            Self::List => {
                let is_between = |c: char| c.is_whitespace() || c == ',';
                let words: Vec<&str> = value.split(is_between).filter(|word| !word.is_empty()).collect();
                words.join(" ")
            }
            _ => trimmed.to_owned(),
        })
    }

    /// What is expected, after `is no`.
    pub fn expected(&self) -> String {
        match self {
            Self::Text => "text that bash can hold".to_owned(),
            Self::Integer => "whole number".to_owned(),
            Self::Boolean => "boolean, true or false".to_owned(),
            Self::Address => "address such as 192.0.2.10".to_owned(),
            Self::Network => "network such as 192.0.2.0/24".to_owned(),
            Self::Host => "host's name or address".to_owned(),
            Self::Port => "port, 1 to 65535".to_owned(),
            Self::List => "list that bash can hold".to_owned(),
            Self::Choice(words) => format!("choice; there are {}", words.join(", ")),
        }
    }
}

fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_host(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Kind::Integer, " -4 ", "-4")]
    #[case(Kind::Address, "2001:db8::1", "2001:db8::1")]
    #[case(Kind::Network, "10.0.0.0/8", "10.0.0.0/8")]
    #[case(Kind::Host, "db-1.example.com", "db-1.example.com")]
    #[case(Kind::List, "a, b,c  d", "a b c d")]
    #[case(Kind::Text, " kept as it is ", " kept as it is ")]
    #[case(Kind::Choice(vec!["udp".into(), "knet".into()]), "knet", "knet")]
    fn what_looks_right_is_taken(#[case] kind: Kind, #[case] value: &str, #[case] taken: &str) {
        assert_eq!(kind.check(value, Secrecy::Open), Ok(taken.to_owned()));
    }

    #[rstest]
    #[case(Kind::Integer, "four", "`four` is no whole number")]
    #[case(Kind::Boolean, "no", "`no` is no boolean, true or false")]
    #[case(Kind::Address, "10.0.0", "`10.0.0` is no address such as 192.0.2.10")]
    #[case(Kind::Network, "10.0.0.0/33", "`10.0.0.0/33` is no network such as 192.0.2.0/24")]
    #[case(Kind::Host, "-oProxyCommand=x", "`-oProxyCommand=x` is no host's name or address")]
    #[case(Kind::Port, "0", "`0` is no port, 1 to 65535")]
    #[case(Kind::Choice(vec!["udp".into(), "knet".into()]), "tcp", "`tcp` is no choice; there are udp, knet")]
    fn what_looks_wrong_is_told(#[case] kind: Kind, #[case] value: &str, #[case] message: &str) {
        assert_eq!(kind.check(value, Secrecy::Open), Err(message.to_owned()));
    }

    #[test]
    fn a_secret_is_not_shown_when_it_looks_wrong() {
        let error = Kind::Integer.check("hunter22", Secrecy::Secret);
        assert_eq!(error, Err("`********` is no whole number".to_owned()));
    }
}
