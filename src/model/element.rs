//! A piece of configuration as it is written: elements, their attributes, and what is inside.

/// An element of the CIB's configuration. All its text is clean, and no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// `primitive`, `nvpair` …
    pub name: String,
    /// Name and value, in the order in which they are written; a secret's value is [`MASK`].
    pub attributes: Vec<(String, String)>,
    /// In the order in which they are written.
    pub children: Vec<Self>,
}

/// Stands for a value that is not shown: the console does not keep it.
pub const MASK: &str = "********";

impl Element {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// How many elements are in it, itself among them.
    pub fn count(&self) -> usize {
        1 + self.children.iter().map(Self::count).sum::<usize>()
    }
}

/// Whether what has that name is not for everybody's eyes: passwords, keys, tokens, communities.
pub fn is_secret(name: &str) -> bool {
    const INSIDE: [&str; 8] =
        ["passw", "passphrase", "secret", "token", "credential", "community", "private", "auth_key"];
    const AT_THE_END: [&str; 3] = ["_key", "-key", "_pwd"];
    const WHOLE: [&str; 4] = ["pass", "pwd", "key", "pin"];
    let name = name.to_lowercase();
    WHOLE.contains(&name.as_str())
        || INSIDE.iter().any(|part| name.contains(part))
        || AT_THE_END.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("passwd", true)]
    #[case("password", true)]
    #[case("admin_Password", true)]
    #[case("snmp_priv_passwd", true)]
    #[case("client_secret", true)]
    #[case("ssh_private_key", true)]
    #[case("api-key", true)]
    #[case("community", true)]
    #[case("ip", false)]
    #[case("login", false)]
    #[case("pcmk_host_map", false)]
    #[case("monkey", false)]
    fn what_is_secret_goes_by_its_name(#[case] name: &str, #[case] secret: bool) {
        assert_eq!(is_secret(name), secret);
    }
}
