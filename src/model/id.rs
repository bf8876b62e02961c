//! Names, each of a type of its own, so that a node is never taken for a host or a resource.
//!
//! All of them are what the cluster or the configuration calls the thing, unchanged: they may hold any
//! character and are as hostile as any remote text. Clones are cheap.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(name: T) -> Self {
                Self(name.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

name! {
    /// A cluster, as the console's configuration names it (not necessarily corosync's `cluster-name`).
    ClusterName
}
name! {
    /// A node as Pacemaker knows it (`uname`): a member, a remote node, a guest or a bundle's replica.
    NodeName
}
name! {
    /// What ssh is asked to connect to: a host name, an address or an alias of ssh's own configuration.
    HostName
}
impl HostName {
    /// The most characters that a host name has.
    const LONGEST: usize = 253;

    /// Returns the name that another machine gave as a host's, if it is plain: letters, digits, `-`, `.` and `_` only,
    /// and no `-` at its beginning. Anything else (`ssh://…`, `%h`, `a@b`, an option) means more to ssh than a host.
    pub fn plain(name: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_host = name.len() <= Self::LONGEST
            && !name.starts_with('-')
            && name.bytes().all(is_plain)
            && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
        is_host.then(|| Self::from(name))
    }
}

name! {
    /// A resource's id as `crm_mon` prints it. Instances of an anonymous clone share one; those of a
    /// globally unique clone end in `:0`, `:1`, …
    ResourceId
}
name! {
    /// A constraint's id in the CIB.
    ConstraintId
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("db1", true)]
    #[case("db1.example.org", true)]
    #[case("192.0.2.1", true)]
    #[case("a_b-c.d", true)]
    #[case("ssh://root@n1:42201", false)]
    #[case("%h", false)]
    #[case("[::1]:22", false)]
    #[case("::1", false)]
    #[case("root@n1", false)]
    #[case("root@-oProxyCommand=touch", false)]
    #[case("-oProxyCommand=touch", false)]
    #[case("-x", false)]
    #[case("", false)]
    #[case("..", false)]
    #[case("a b", false)]
    #[case("a;b", false)]
    #[case("a\n", false)]
    #[case("größe", false)]
    fn only_plain_names_are_hosts(#[case] name: &str, #[case] is_host: bool) {
        assert_eq!(HostName::plain(name).is_some(), is_host);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn nothing_that_ssh_reads_otherwise_is_a_host(name in "[-a-z%@:/\\[\\] .=_$`~^*?!,{}0-9]{0,12}|.{0,8}") {
            if let Some(host) = HostName::plain(&name) {
                prop_assert_eq!(host.as_str(), &name);
                prop_assert!(!name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)));
            }
        }
    }
}
