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
name! {
    /// A resource's id as `crm_mon` prints it. Instances of an anonymous clone share one; those of a
    /// globally unique clone end in `:0`, `:1`, …
    ResourceId
}
name! {
    /// A constraint's id in the CIB.
    ConstraintId
}
