//! A plan from what is given on the command line, in files, in the environment and in the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};

use super::arguments::Given;
use crate::cli::failure::Failure;
use crate::cli::settings::Settings;
use crate::config::host;
use crate::files;
use crate::model::{ClusterEntry, HostName};
use crate::nearest::nearest;
use crate::scenario::{Library, Plan, Sources, ValueFile};

/// What a variable of the environment begins with that gives one of a scenario its value.
const PREFIX: &str = "QUORATE_VAR_";

impl Given {
    /// The plan. What is missing or wrong is told at once, as far as one thing doesn't hide another.
    pub(super) fn plan(&self, settings: &Settings) -> Result<Plan, Failure> {
        Ok(self.made(settings)?.plan)
    }

    /// The plan, and what of it was made up just now.
    pub(super) fn made(&self, settings: &Settings) -> Result<Made, Failure> {
        let scenario = Library::load(Some(settings.user_dir()))?.open(&self.scenario)?;
        let sources = self.sources(settings)?;
        let hosts = self.hosts(settings, &sources)?;
        let resolved = scenario.resolve(&sources)?;
        let plan = Plan::new(scenario, hosts, resolved.values)?;
        Ok(Made { plan, generated: resolved.generated })
    }

    /// What the scenario is called from wherever a later console is started.
    pub(super) fn scenario_from_anywhere(&self) -> String {
        let path = Path::new(&self.scenario);
        if !path.is_file() {
            return self.scenario.clone();
        }
        // A file that can't be found any more would not have been read.
        path.canonicalize().map_or_else(|_gone| self.scenario.clone(), |path| path.display().to_string())
    }

    /// Where values come from.
    pub(super) fn sources(&self, settings: &Settings) -> Result<Sources, Failure> {
        sources(settings, &self.set, &self.variables, self.cluster.clone())
    }

    /// `--nodes`, else those of the cluster, else those of a cluster definition.
    fn hosts(&self, settings: &Settings, sources: &Sources) -> Result<Vec<HostName>, Failure> {
        let clusters = &settings.config.inventory.clusters;
        let entry = self.cluster.as_ref().map(|name| find(clusters, name));
        let named =
            |nodes: &[String]| nodes.iter().map(|name| host(name.trim())).collect::<Result<Vec<_>, _>>();
        match entry {
            _ if !self.nodes.is_empty() => Ok(named(&self.nodes)?),
            Some(entry) => Ok(entry?.hosts.clone()),
            None => {
                let defined = sources.files.iter().rev().find(|file| !file.nodes.is_empty());
                Ok(named(defined.map_or(&[], |file| &file.nodes))?)
            }
        }
    }
}

/// Where values come from: `--set`, files, the environment and the configuration.
pub(super) fn sources(
    settings: &Settings,
    set: &[String],
    files: &[PathBuf],
    cluster: Option<String>,
) -> Result<Sources, Failure> {
    let pair = |pair: &String| match pair.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Failure::Wrong(format!("--set {}: must be NAME=VALUE", pair.escape_debug()))),
    };
    Ok(Sources {
        set: set.iter().map(pair).collect::<Result<_, _>>()?,
        files: files.iter().map(|path| read(path)).collect::<Result<_, _>>()?,
        environment: environment(),
        configuration: settings.config.variables.clone(),
        cluster,
        ..Sources::default()
    })
}

/// A plan, and the names of the values that were made up for it.
pub(super) struct Made {
    pub(super) plan: Plan,
    pub(super) generated: BTreeSet<String>,
}

fn find<'c>(clusters: &'c [ClusterEntry], name: &str) -> Result<&'c ClusterEntry, Failure> {
    clusters.iter().find(|cluster| cluster.name == *name).ok_or_else(|| {
        let known = clusters.iter().map(|cluster| cluster.name.as_str());
        let guess = nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let name = name.escape_debug();
        Failure::Wrong(format!(
            "no cluster of the configuration is called `{name}`{guess}; --nodes names hosts"
        ))
    })
}

/// Reads a file of values.
pub(super) fn read(path: &Path) -> Result<ValueFile, Failure> {
    let text = files::read_text(path)
        .map_err(|error| Failure::Wrong(format!("the values {} can't be read: {error}", path.display())))?;
    ValueFile::read(&path.display().to_string(), &text)
        .map_err(|problems| Failure::Wrong(problems.to_string()))
}

/// What the environment gives: `QUORATE_VAR_name` as `name`, and phd's own as they are.
pub(in crate::cli) fn environment() -> BTreeMap<String, String> {
    let text = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let given = text.filter_map(|(name, value)| match name.strip_prefix(PREFIX) {
        Some(short) => Some((short.to_owned(), value)),
        None => name.starts_with("PHD_VAR_").then_some((name, value)),
    });
    given.collect()
}
