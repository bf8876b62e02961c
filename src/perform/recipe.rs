//! How the plan of a run was made, so that a later console can make it again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept::KeptFor;
use super::runs::{Run, RunError, Runs};
use crate::files;
use crate::model::HostName;
use crate::scenario::{Plan, Secrecy};

const RECIPE: &str = "recipe.json";
const SECRETS: &str = "secrets.json";

/// What a plan is made of, but for its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The scenario's name in the library, or the absolute path of its file.
    pub scenario: String,
    /// On which hosts, in their order.
    pub hosts: Vec<HostName>,
    /// The cluster of the configuration that was meant.
    pub cluster: Option<String>,
    /// The values that anybody may see.
    pub values: BTreeMap<String, String>,
    /// [`Plan::fingerprint`]: a plan with another one is another plan.
    pub fingerprint: String,
    /// The deployment that it is a stage of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_for: Option<KeptFor>,
}

/// Where a plan is from, so that it can be made again.
#[derive(Debug, Clone)]
pub struct Origin {
    /// What its scenario is called from wherever a later console is started.
    pub scenario: String,
    /// The cluster of the configuration that is meant.
    pub cluster: Option<String>,
    /// The deployment that it is a stage of.
    pub kept_for: Option<KeptFor>,
}

impl Recipe {
    /// Of that plan.
    pub fn of(plan: &Plan, origin: Origin) -> Self {
        let Origin { scenario, cluster, kept_for } = origin;
        let open = plan.values.iter().filter(|(_, value)| value.secrecy == Secrecy::Open);
        Self {
            scenario,
            hosts: plan.hosts.clone(),
            cluster,
            values: open.map(|(name, value)| (name.clone(), value.text.clone())).collect(),
            fingerprint: plan.fingerprint(),
            kept_for,
        }
    }
}

impl Runs {
    /// A new run of a plan, with all that is needed to go on with it later: how the plan was made, and what was made up for
    /// it.
    pub fn begin(
        &self,
        at: Timestamp,
        plan: &Plan,
        origin: Origin,
        generated: &BTreeSet<String>,
    ) -> Result<Run, RunError> {
        let run = self.create(at)?;
        run.keep_recipe(&Recipe::of(plan, origin))?;
        run.keep_generated(plan, generated)?;
        Ok(run)
    }
}

impl Run {
    /// Keeps how its plan was made.
    pub fn keep_recipe(&self, recipe: &Recipe) -> Result<(), RunError> {
        write(&self.folder().join(RECIPE), recipe)
    }

    /// How its plan was made.
    pub fn recipe(&self) -> Result<Recipe, RunError> {
        read(&self.folder().join(RECIPE))
    }

    /// Keeps those of a plan's values that were made up, by their names.
    pub fn keep_generated(&self, plan: &Plan, generated: &BTreeSet<String>) -> Result<(), RunError> {
        let secret = |name: &String| Some((name.clone(), plan.values.get(name)?.text.clone()));
        self.keep_secrets(&generated.iter().filter_map(secret).collect())
    }

    /// Keeps secrets that were made up for it, in a file for this user's eyes only, until
    /// [`Run::forget_secrets`]: whoever goes on with it needs the same ones.
    pub fn keep_secrets(&self, secrets: &BTreeMap<String, String>) -> Result<(), RunError> {
        if secrets.is_empty() { Ok(()) } else { write(&self.folder().join(SECRETS), secrets) }
    }

    /// The secrets that were kept.
    pub fn secrets(&self) -> Result<BTreeMap<String, String>, RunError> {
        let path = self.folder().join(SECRETS);
        if path.exists() { read(&path) } else { Ok(BTreeMap::new()) }
    }

    /// Removes them.
    pub fn forget_secrets(&self) -> Result<(), RunError> {
        let path = self.folder().join(SECRETS);
        files::remove(&path).map_err(|source| RunError::Io { path, source })
    }
}

pub(super) fn write(path: &Path, content: &impl Serialize) -> Result<(), RunError> {
    let broken = |source| RunError::Io { path: path.to_owned(), source };
    let bytes = serde_json::to_vec_pretty(content).map_err(|error| broken(error.into()))?;
    files::replace(path, &bytes).map_err(broken)
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, RunError> {
    let broken = |source| RunError::Io { path: path.to_owned(), source };
    let bytes = files::read(path).map_err(broken)?;
    serde_json::from_slice(&bytes).map_err(|error| broken(error.into()))
}
