//! What a host runs, by its `/etc/os-release`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Script;
use crate::model::text::clean;

/// What a host runs, as its `/etc/os-release` tells it. All of it is remote text, made safe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct System {
    /// `ID`: `debian`; empty where nothing was told.
    pub id: String,
    /// The words of `ID_LIKE`.
    pub like: Vec<String>,
    /// `VERSION_ID`: `12`; empty where nothing was told.
    pub version: String,
}

impl System {
    /// Reads an `/etc/os-release`. Any text is one, perhaps of nothing known.
    pub fn parse(text: &str) -> Self {
        let mut system = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.trim().split_once('=') else { continue };
            let value = clean(value.trim().trim_matches(['"', '\'']));
            match name {
                "ID" => system.id = value,
                "ID_LIKE" => system.like = value.split_whitespace().map(str::to_owned).collect(),
                "VERSION_ID" => system.version = value,
                _ => {}
            }
        }
        system
    }

    /// Whether a script is for it.
    pub fn takes(&self, script: &Script) -> bool {
        let ids: Vec<&str> = self.ids().collect();
        script.is_for(&ids)
    }

    /// Whether it is what a gate names: `debian`, `debian 12`, `rhel 9` (which 9.4 is).
    pub fn is(&self, named: &str) -> bool {
        let mut words = named.split_whitespace();
        let is_id = words.next().is_some_and(|id| self.ids().any(|own| own == id));
        is_id && words.next().is_none_or(|version| self.is_version(version))
    }

    fn is_version(&self, version: &str) -> bool {
        let rest = self.version.strip_prefix(version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.like.iter().map(String::as_str))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.id.as_str(), self.version.as_str()) {
            ("", _) => f.write_str("a system of unknown name"),
            (id, "") => f.write_str(id),
            (id, version) => write!(f, "{id} {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const ROCKY: &str = "NAME=\"Rocky Linux\"\nVERSION=\"9.4 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n";

    #[rstest]
    #[case("rocky", true)]
    #[case("rhel 9", true)]
    #[case("rhel 9.4", true)]
    #[case("rhel 9.40", false)]
    #[case("rhel 8", false)]
    #[case("debian", false)]
    #[case("", false)]
    fn goes_by_its_own_name_and_by_what_it_is_like(#[case] named: &str, #[case] is: bool) {
        assert_eq!(System::parse(ROCKY).is(named), is);
    }

    #[test]
    fn a_version_is_no_prefix_of_another() {
        let system = System::parse("ID=debian\nVERSION_ID=\"12\"");
        assert!(system.is("debian 12") && !system.is("debian 1"));
        assert_eq!(system.to_string(), "debian 12");
    }

    proptest! {
        #[test]
        fn any_text_is_a_system(text in any::<String>()) {
            let system = System::parse(&text);
            prop_assert!(!system.to_string().chars().any(char::is_control));
        }
    }
}
