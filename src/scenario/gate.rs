//! What has to hold before a scenario is run and after, as seen on the hosts.

use std::fmt;
use std::str::FromStr;

use crate::nearest::nearest;

/// What has to hold before a scenario is run, and after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gates {
    /// Before anything is run.
    pub before: Vec<Gate>,
    /// When all has been run.
    pub after: Vec<Gate>,
}

/// One thing that has to hold on all hosts of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// They can be logged in to, and what is run there has the rights of root.
    Reachable,
    /// Each runs one of these systems, as `/etc/os-release` calls them: an `ID` (or `ID_LIKE`) such as `debian`,
    /// alone or with the beginning of a `VERSION_ID`, such as `debian 12`.
    System(Vec<String>),
    /// These packages are installed or can be.
    Packages(Vec<String>),
    /// No cluster is set up or runs on any.
    NoCluster,
    /// Pacemaker runs on all, and they are members of one cluster.
    Cluster,
    /// Their cluster has quorum.
    Quorum,
    /// Their cluster has no failed resource, and no failed action in its list.
    NoFailures,
    /// Every node of their cluster is online.
    AllOnline,
    /// There are so many hosts.
    Members {
        /// At least.
        least: usize,
        /// At most; `None`: any number.
        most: Option<usize>,
        /// Whether the number must be odd.
        odd: bool,
    },
    /// Each has that much memory, in MiB.
    Memory(u64),
    /// Each has that much room.
    Disk {
        /// Free, in MiB.
        free: u64,
        /// In the file system of this folder or, where it does not exist, of its nearest parent that does.
        path: String,
    },
}

/// Why a text is no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAGate {
    /// Nothing is called so.
    #[error("there is no gate `{}`; {help}", word.escape_debug())]
    Unknown {
        /// As it is written.
        word: String,
        /// What may have been meant.
        help: String,
    },
    /// What stands after the colon is not what it should be.
    #[error("`{}` needs {needs}", word.escape_debug())]
    Wrong {
        /// The gate as it is written.
        word: String,
        /// With an example.
        needs: &'static str,
    },
}

/// The words that gates begin with.
const WORDS: [&str; 11] = [
    "reachable",
    "system",
    "packages",
    "no-cluster",
    "cluster",
    "quorum",
    "no-failures",
    "all-online",
    "members",
    "memory",
    "disk",
];

impl FromStr for Gate {
    type Err = NotAGate;

    fn from_str(text: &str) -> Result<Self, NotAGate> {
        let (word, rest) = match text.split_once(':') {
            Some((word, rest)) => (word.trim(), Some(rest.trim())),
            None => (text.trim(), None),
        };
        let wrong = |needs| NotAGate::Wrong { word: text.trim().to_owned(), needs };
        let plain = |gate: Self| if rest.is_none() { Ok(gate) } else { Err(wrong("nothing after it")) };
        let rest_or_nothing = rest.unwrap_or_default();
        match word {
            "reachable" => plain(Self::Reachable),
            "no-cluster" => plain(Self::NoCluster),
            "cluster" => plain(Self::Cluster),
            "quorum" => plain(Self::Quorum),
            "no-failures" => plain(Self::NoFailures),
            "all-online" => plain(Self::AllOnline),
            "system" => list(rest_or_nothing)
                .map(Self::System)
                .ok_or_else(|| wrong("systems, such as `system: debian 12, rhel 9`")),
            "packages" => list(rest_or_nothing)
                .map(Self::Packages)
                .ok_or_else(|| wrong("packages, such as `packages: pcs, pacemaker`")),
            "members" => {
                members(rest_or_nothing).ok_or_else(|| wrong("numbers, such as `members: 3..16 odd`"))
            }
            "memory" => mebibytes(rest_or_nothing)
                .map(Self::Memory)
                .ok_or_else(|| wrong("a size, such as `memory: 2 GiB`")),
            "disk" => {
                disk(rest_or_nothing).ok_or_else(|| wrong("a size and a folder, such as `disk: 10 GiB /var`"))
            }
            _ => Err(unknown(word)),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reachable => f.write_str("reachable"),
            Self::NoCluster => f.write_str("no-cluster"),
            Self::Cluster => f.write_str("cluster"),
            Self::Quorum => f.write_str("quorum"),
            Self::NoFailures => f.write_str("no-failures"),
            Self::AllOnline => f.write_str("all-online"),
            Self::System(systems) => write!(f, "system: {}", systems.join(", ")),
            Self::Packages(packages) => write!(f, "packages: {}", packages.join(", ")),
            Self::Members { least, most, odd } => {
                write!(f, "members: {least}..")?;
                if let Some(most) = most {
                    write!(f, "{most}")?;
                }
                f.write_str(if *odd { " odd" } else { "" })
            }
            Self::Memory(size) => write!(f, "memory: {size} MiB"),
            Self::Disk { free, path } => write!(f, "disk: {free} MiB {path}"),
        }
    }
}

fn unknown(word: &str) -> NotAGate {
    let help = match nearest(word, WORDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", WORDS.join(", ")),
    };
    NotAGate::Unknown { word: word.to_owned(), help }
}

/// Words between commas; `None` where there is none, or an empty one.
fn list(text: &str) -> Option<Vec<String>> {
    let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
    (!words.iter().any(String::is_empty)).then_some(words)
}

/// `3`, `3..`, `..16`, `3..16`, each perhaps with ` odd`.
fn members(text: &str) -> Option<Gate> {
    let (range, odd) = match text.split_once(char::is_whitespace) {
        Some((range, odd)) if odd.trim() == "odd" => (range, true),
        Some(_) => return None,
        None => (text, false),
    };
    let (least, most) = range.split_once("..").unwrap_or((range, range));
    let least = if least.is_empty() { 1 } else { least.parse().ok()? };
    let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
    let can_hold = most.is_none_or(|most: usize| least <= most);
    can_hold.then_some(Gate::Members { least, most, odd })
}

/// `512 MiB`, `2 GiB`.
fn mebibytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c.is_whitespace());
    let number: u64 = digits.parse().ok()?;
    match text.strip_prefix(digits)?.trim() {
        "MiB" => Some(number),
        "GiB" => number.checked_mul(1024),
        _ => None,
    }
}

fn disk(text: &str) -> Option<Gate> {
    let (size, path) = text.split_at_checked(text.find('/')?)?;
    let free = mebibytes(size.trim())?;
    Some(Gate::Disk { free, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("reachable", Gate::Reachable)]
    #[case("system: debian 12,rhel 9", Gate::System(vec!["debian 12".into(), "rhel 9".into()]))]
    #[case("members: 3..16 odd", Gate::Members { least: 3, most: Some(16), odd: true })]
    #[case("members: 3..", Gate::Members { least: 3, most: None, odd: false })]
    #[case("members: ..16", Gate::Members { least: 1, most: Some(16), odd: false })]
    #[case("members: 1", Gate::Members { least: 1, most: Some(1), odd: false })]
    #[case("memory: 2 GiB", Gate::Memory(2048))]
    #[case("disk: 10GiB /var/lib", Gate::Disk { free: 10240, path: "/var/lib".into() })]
    fn a_gate_is_read(#[case] text: &str, #[case] gate: Gate) {
        assert_eq!(text.parse(), Ok(gate));
    }

    #[rstest]
    #[case("quorm", "there is no gate `quorm`; did you mean `quorum`?")]
    #[case("quorum: yes", "`quorum: yes` needs nothing after it")]
    #[case("members: 5..3", "`members: 5..3` needs numbers, such as `members: 3..16 odd`")]
    #[case("members: 3..5 even", "`members: 3..5 even` needs numbers, such as `members: 3..16 odd`")]
    #[case("system:", "`system:` needs systems, such as `system: debian 12, rhel 9`")]
    #[case("memory: 2 GB", "`memory: 2 GB` needs a size, such as `memory: 2 GiB`")]
    #[case("disk: 2 GiB", "`disk: 2 GiB` needs a size and a folder, such as `disk: 10 GiB /var`")]
    fn what_is_no_gate_is_told(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<Gate>().map_err(|error| error.to_string()), Err(message.to_owned()));
    }

    fn gates() -> impl Strategy<Value = Gate> {
        let words = || prop::collection::vec("[a-z][a-z0-9. -]{0,8}[a-z0-9]", 1..4);
        prop_oneof![
            prop::sample::select(vec![
                Gate::Reachable,
                Gate::NoCluster,
                Gate::Cluster,
                Gate::Quorum,
                Gate::NoFailures,
                Gate::AllOnline,
            ]),
            words().prop_map(Gate::System),
            words().prop_map(Gate::Packages),
            (0..20_usize, prop::option::of(0..20_usize), any::<bool>()).prop_map(|(least, more, odd)| {
                Gate::Members { least, most: more.map(|more| least + more), odd }
            }),
            any::<u64>().prop_map(Gate::Memory),
            (any::<u64>(), "/[a-z/]{0,8}").prop_map(|(free, path)| Gate::Disk { free, path }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(gate in gates()) {
            prop_assert_eq!(gate.to_string().parse(), Ok(gate));
        }

        #[test]
        fn any_text_is_a_gate_or_an_error(text in any::<String>()) {
            let _either = text.parse::<Gate>();
        }
    }
}
