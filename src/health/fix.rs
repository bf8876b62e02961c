//! What to do about a finding: words with commands in them, and for a command the console's own operation that does the
//! same.

use std::fmt;
use std::ops::{Add, Deref};

use crate::model::text::clean;
use crate::model::{NodeName, ResourceId};

use super::words::shell;

/// A command of a remedy that the console can carry out itself. Prints as the command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fix {
    /// Forget the failures of a resource, everywhere or on one node.
    Cleanup(ResourceId, Option<NodeName>),
    /// Forget a resource's whole history.
    Refresh(ResourceId),
    /// Remove the constraints that a move or a ban left on a resource.
    Clear(ResourceId),
    /// Let a disabled resource run again.
    Enable(ResourceId),
    /// Let a clone that is kept unpromoted be promoted again.
    Promote(ResourceId),
    /// Let Pacemaker manage a resource again.
    Manage(ResourceId),
    /// End the maintenance of a resource.
    MaintenanceOff(ResourceId),
    /// End the standby of a node.
    Online(NodeName),
    /// End the maintenance of a node.
    NodeMaintenanceOff(NodeName),
    /// End the maintenance of the cluster.
    ClusterMaintenanceOff,
    /// Reboot a node by fencing.
    FenceReboot(NodeName),
    /// Confirm that a node is off.
    ConfirmDead(NodeName),
}

impl Fix {
    /// A cleanup on one node, or everywhere if the node has no name: Pacemaker 1.1.10 lists failures without one.
    pub(super) fn cleanup(resource: &ResourceId, node: &NodeName) -> Self {
        Self::Cleanup(resource.clone(), (!node.as_str().is_empty()).then(|| node.clone()))
    }

    /// Whether one key stands for both.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The command, fit to be pasted into a shell.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = |f: &mut fmt::Formatter<'_>, id: &ResourceId, name: &str, value: &str| {
            let id = shell(id);
            write!(f, "crm_resource --resource {id} --meta --set-parameter {name} --parameter-value {value}")
        };
        match self {
            Self::Cleanup(id, None) => write!(f, "crm_resource --cleanup --resource {}", shell(id)),
            Self::Cleanup(id, Some(node)) => {
                write!(f, "crm_resource --cleanup --resource {} --node {}", shell(id), shell(node))
            }
            Self::Refresh(id) => write!(f, "crm_resource --refresh --resource {}", shell(id)),
            Self::Clear(id) => write!(f, "crm_resource --clear --resource {}", shell(id)),
            Self::Enable(id) => set(f, id, "target-role", "Started"),
            Self::Promote(id) => {
                write!(f, "crm_resource --resource {} --meta --delete-parameter target-role", shell(id))
            }
            Self::Manage(id) => set(f, id, "is-managed", "true"),
            Self::MaintenanceOff(id) => set(f, id, "maintenance", "false"),
            Self::Online(node) => write!(f, "crm_standby --node {} --delete", shell(node)),
            Self::NodeMaintenanceOff(node) => {
                write!(f, "crm_attribute --type nodes --node {} --name maintenance --delete", shell(node))
            }
            Self::ClusterMaintenanceOff => {
                f.write_str("crm_attribute --type crm_config --name maintenance-mode --delete")
            }
            Self::FenceReboot(node) => write!(f, "stonith_admin --reboot {}", shell(node)),
            Self::ConfirmDead(node) => write!(f, "stonith_admin --confirm {}", shell(node)),
        }
    }
}

/// One or two sentences, with commands between backticks. Reads as its text, which is clean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    text: String,
    /// Each with the place in the text right behind its command.
    fixes: Vec<(usize, Fix)>,
}

impl Remedy {
    /// The commands that the console can carry out itself, in their order.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.fixes.iter().map(|(_, fix)| fix)
    }

    /// The text in pieces: all but the last end behind the command of a fix.
    pub fn pieces(&self) -> impl Iterator<Item = (&str, Option<&Fix>)> {
        let mut from = 0;
        let last = (self.text.len(), None);
        let ends = self.fixes.iter().map(|(at, fix)| (*at, Some(fix))).chain([last]);
        ends.map(move |(at, fix)| {
            let piece = self.text.get(from..at).unwrap_or_default();
            from = at;
            (piece, fix)
        })
    }

    pub(super) fn join<T: Into<Self>>(parts: impl IntoIterator<Item = T>, between: &str) -> Self {
        parts.into_iter().fold(Self::default(), |all, part| {
            if all.is_empty() { part.into() } else { all + between + part }
        })
    }
}

impl Deref for Remedy {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Remedy {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl PartialEq<str> for Remedy {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Remedy {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        Self { text: clean(text), fixes: Vec::new() }
    }
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Fix> for Remedy {
    fn from(fix: Fix) -> Self {
        let text = format!("`{fix}`");
        Self { fixes: vec![(text.len(), fix)], text }
    }
}

impl<T: Into<Self>> Add<T> for Remedy {
    type Output = Self;

    fn add(mut self, more: T) -> Self {
        let more = more.into();
        let by = self.text.len();
        self.text.push_str(&more.text);
        self.fixes.extend(more.fixes.into_iter().map(|(at, fix)| (by + at, fix)));
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a remedy is put together, each piece ends with its fix's command and together they are the text.
        #[test]
        fn a_fix_stands_behind_its_command(parts in proptest::collection::vec(("[^`]{0,9}", "[^`]{1,9}"), 0..5)) {
            let fix = |name: &str| Fix::Online(name.into());
            let each = |(words, name): &(String, String)| Remedy::from(words.as_str()) + fix(name);
            let remedy = Remedy::join(parts.iter().map(each), ", ") + ".";
            let mut text = String::new();
            for (piece, fix) in remedy.pieces() {
                text.push_str(piece);
                prop_assert!(fix.is_none_or(|fix| piece.ends_with(&format!("`{fix}`"))), "{piece}");
            }
            prop_assert_eq!(&remedy, text.as_str());
            prop_assert_eq!(remedy.fixes().count(), parts.len());
        }
    }
}
