//! Commands of Pacemaker's tools that older versions lack or spell differently.

use crate::model::{NodeName, Picture, ResourceId};

use super::fix::Fix;
use super::words::shell;

/// The tools of the version that the DC runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tools([u32; 3]);

impl Tools {
    /// An unknown version counts as a current one.
    pub(super) fn of(picture: &Picture) -> Self {
        let version = picture.summary.version.as_deref().unwrap_or_default();
        let mut numbers = version.split(['.', '-', '+']).map_while(|part| part.parse::<u32>().ok());
        let Some(major) = numbers.next() else { return Self([u32::MAX; 3]) };
        Self([major, numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)])
    }

    /// Shows why a resource doesn't run where it should: `crm_resource --why` is from 1.1.18.
    pub(super) fn why(self, resource: impl AsRef<str>) -> String {
        if self.0 < [1, 1, 18] {
            return "`crm_simulate -sL`".to_owned();
        }
        format!("`crm_resource --why --resource {}`", shell(resource))
    }

    /// Forgets a resource's whole history. Before 1.1.18 `--cleanup` does that, and `--refresh` takes no resource.
    pub(super) fn refresh(self, resource: &ResourceId) -> Fix {
        if self.0 < [1, 1, 18] {
            return Fix::Cleanup(resource.clone(), None);
        }
        Fix::Refresh(resource.clone())
    }

    /// Forgets the fencing history of a node, from 1.1.20 and 2.0.1.
    pub(super) fn forget_fencing(self, node: &NodeName) -> Option<String> {
        self.has_options_of_2_0_1().then(|| format!("`stonith_admin --cleanup --history {}`", shell(node)))
    }

    /// Removes the expired constraints of moves and bans, from 1.1.20 and 2.0.1.
    pub(super) fn clear_expired(self) -> Option<&'static str> {
        self.has_options_of_2_0_1().then_some("`crm_resource --clear --expired`")
    }

    /// Shows an attribute of a node. `attrd_updater` asks about another node from 1.1.13.
    pub(super) fn attribute(self, node: &NodeName, name: &str) -> String {
        if self.0 < [1, 1, 13] {
            return "`crm_mon -1 -A`".to_owned();
        }
        format!("`attrd_updater --query --node {} --name {}`", shell(node), shell(name))
    }

    /// Shows an attribute of every node.
    pub(super) fn attribute_everywhere(self, name: &str) -> String {
        if self.0 < [1, 1, 13] {
            return "`crm_mon -1 -A`".to_owned();
        }
        format!("`attrd_updater --query --all --name {}`", shell(name))
    }

    /// A promotable clone is a resource of its own kind, `master`, before 2.0.
    pub(super) fn has_promotable_clones(self) -> bool {
        self.0 >= [2, 0, 0]
    }

    fn has_options_of_2_0_1(self) -> bool {
        self.0 >= [1, 1, 20] && self.0 != [2, 0, 0]
    }
}
