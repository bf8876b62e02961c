//! Values that were made up for a deployment, so that a later try and later scenarios are told the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::output::safe_name;
use super::recipe::{read, write};
use super::runs::{RunError, Runs, make_folder};
use crate::scenario::Value;

/// Where they are, in the folder of state.
const FOLDER: &str = "deployments";

/// For what values are kept: a deployment, told from others of its name by the cluster of its first stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFor {
    /// The deployment's name.
    pub deployment: String,
    /// The name of the cluster.
    pub cluster: String,
}

/// Values that were made up for a deployment, in a file for this user's eyes only. They stay until somebody removes it:
/// nobody else knows them.
#[derive(Debug)]
pub struct Kept {
    whose: KeptFor,
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl Runs {
    /// What was made up for that deployment; none where nothing was kept yet.
    pub fn kept(&self, whose: KeptFor) -> Result<Kept, RunError> {
        Kept::open(self.state(), whose)
    }
}

impl Kept {
    fn open(state: &Path, whose: KeptFor) -> Result<Self, RunError> {
        let name = format!("{}@{}.json", safe_name(&whose.deployment), safe_name(&whose.cluster));
        let path = state.join(FOLDER).join(name);
        let values = if path.exists() { read(&path)? } else { BTreeMap::new() };
        Ok(Self { whose, path, values })
    }

    /// By the names of their variables.
    pub const fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// For what they are kept.
    pub const fn whose(&self) -> &KeptFor {
        &self.whose
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds those of a plan's values that were made up; they are on the disk when all are [kept](Self::keep).
    pub fn add(&mut self, values: &BTreeMap<String, Value>, generated: &BTreeSet<String>) {
        let made_up = values.iter().filter(|(name, _)| generated.contains(*name));
        self.values.extend(made_up.map(|(name, value)| (name.clone(), value.text.clone())));
    }

    /// Writes them down.
    pub fn keep(&self) -> Result<(), RunError> {
        if self.values.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            make_folder(folder)?;
        }
        write(&self.path, &self.values)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_kept_is_found_again_by_nobody_else() {
        let state = tempfile::tempdir().unwrap();
        let runs = Runs::new(state.path());
        let of = |deployment: &str| {
            runs.kept(KeptFor { deployment: deployment.to_owned(), cluster: "../lb".to_owned() }).unwrap()
        };
        let mut kept = of("segregated");
        let values = BTreeMap::from([("cookie", "secret"), ("port", "80")]);
        let values = values.into_iter().map(|(name, text)| (name.to_owned(), Value::open(text))).collect();
        kept.add(&values, &BTreeSet::from(["cookie".to_owned()]));
        kept.keep().unwrap();
        assert_eq!(kept.path().parent().unwrap(), state.path().join(FOLDER));
        assert_eq!(kept.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(of("segregated").values()["cookie"], "secret");
        assert_eq!(of("segregated").values().len(), 1, "what nobody made up is not kept");
        assert!(of("collapsed").values().is_empty());
    }
}
