//! `quorate check`: everything that is wrong, told at once.

use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use super::arguments::Global;
use super::failure::{Failure, Outcome};
use crate::config::{Config, Folders};
use crate::keymap;
use crate::scenario;
use crate::scenario::deployment::{self, DEPLOYMENTS};
use crate::theme;
use crate::toml_file::{Library, LoadError};

/// Reads the configuration, all themes, keymaps, scenarios and deployments, and prints what is right; what is wrong is the error.
pub(super) fn run(global: &Global) -> Outcome {
    let folders = Folders::find()?;
    let file = global.config.clone().unwrap_or_else(|| folders.config_file());
    let mut report = Report::default();
    report.configuration(&file, &folders.config);
    report.library(&theme::LIBRARY, &folders.config, |name, dir| theme::load(name, dir).map(drop));
    report.library(&keymap::LIBRARY, &folders.config, |name, dir| keymap::load(name, dir).map(drop));
    report.scenarios(&folders.config);
    report.deployments(&folders.config);
    let mut out = stdout().lock();
    for line in &report.right {
        writeln!(out, "{line}")?;
    }
    if report.wrong.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Wrong(report.wrong.join("\n"))) }
}

#[derive(Debug, Default)]
struct Report {
    right: Vec<String>,
    wrong: Vec<String>,
}

impl Report {
    fn configuration(&mut self, file: &Path, user_dir: &Path) {
        if !file.exists() {
            let file = file.display();
            let message = format!("there is no configuration ({file}); `quorate init HOST…` writes one");
            return self.wrong.push(message);
        }
        let config = match Config::load(file) {
            Ok(config) => config,
            Err(error) => return self.wrong.push(error.to_string()),
        };
        let clusters = &config.inventory.clusters;
        let nodes: usize = clusters.iter().map(|cluster| cluster.hosts.len()).sum();
        if clusters.is_empty() {
            self.wrong.push(format!("{}: names no cluster; add [[cluster]]", file.display()));
        } else {
            let clusters = count(clusters.len(), "cluster");
            let locked = config.inventory.read_only().count();
            let locked = if locked > 0 { format!(", {locked} read-only") } else { String::new() };
            self.right.push(format!("{}: {clusters}, {}{locked}", file.display(), count(nodes, "node")));
            self.right.extend(config.shared.iter().map(ToString::to_string));
        }
        self.chosen(file, user_dir, &theme::LIBRARY, config.theme.as_deref());
        self.chosen(file, user_dir, &keymap::LIBRARY, config.keymap.as_deref());
    }

    /// That the theme or keymap which the configuration chooses exists; whether it is right is found with
    /// the others.
    fn chosen(&mut self, file: &Path, user_dir: &Path, library: &Library, name: Option<&str>) {
        let Some(name) = name else { return };
        if let Err(error @ LoadError::Unknown { .. }) = library.find(name, Some(user_dir)) {
            self.wrong.push(format!("{}: defaults.{}: {error}", file.display(), library.kind));
        }
    }

    fn library(
        &mut self,
        library: &Library,
        user_dir: &Path,
        mut load: impl FnMut(&str, Option<&Path>) -> Result<(), LoadError>,
    ) {
        let names = match library.names(Some(user_dir)) {
            Ok(names) => names,
            Err(error) => return self.wrong.push(error.to_string()),
        };
        let wrong: Vec<_> = names.iter().filter_map(|name| load(name, Some(user_dir)).err()).collect();
        if wrong.is_empty() {
            self.right.push(format!("{}: {}", library.folder, names.join(", ")));
        }
        self.wrong.extend(wrong.iter().map(LoadError::to_string));
    }

    fn scenarios(&mut self, user_dir: &Path) {
        let library = match scenario::Library::load(Some(user_dir)) {
            Ok(library) => library,
            Err(error) => return self.wrong.push(error.to_string()),
        };
        let before = self.wrong.len();
        let wrong = library.all().filter_map(|(_, shelved)| shelved.scenario.as_ref().err());
        self.wrong.extend(wrong.map(ToString::to_string));
        self.wrong.extend(library.in_order().err().map(|error| error.to_string()));
        if self.wrong.len() == before {
            let names: Vec<&str> = library.all().map(|(name, _)| name).collect();
            self.right.push(format!("scenarios: {}", names.join(", ")));
        }
    }

    /// Those that can be read have to fit the scenarios that there are.
    fn deployments(&mut self, user_dir: &Path) {
        // What is wrong with the scenarios themselves is told with them.
        let Ok(scenarios) = scenario::Library::load(Some(user_dir)) else { return };
        let mut misfits = Vec::new();
        self.library(&DEPLOYMENTS, user_dir, |name, dir| {
            let deployment = deployment::load(name, dir)?;
            misfits.extend(deployment.check(&scenarios).err());
            Ok(())
        });
        self.wrong.extend(misfits.iter().map(ToString::to_string));
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
