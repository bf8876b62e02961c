//! Deployments: which scenarios make a layout, in which order, and on which of its clusters.

mod place;
mod read;
mod select;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use super::Library as Scenarios;
use super::notes::{Notes, help};
use crate::toml_file::{Library, LoadError, Problems};

pub use place::{NoSite, Placed, Site};
pub use select::{NoStage, between};
pub use sources::NoVariable;

/// The deployments that there are: the console's own, and the user's in the folder `deployments`.
pub const DEPLOYMENTS: Library = Library {
    kind: "deployment",
    folder: "deployments",
    built_in: &[
        ("collapsed", include_str!("../../assets/deployments/collapsed.toml")),
        ("segregated", include_str!("../../assets/deployments/segregated.toml")),
    ],
};

/// An ordered list of scenarios for a layout, before it is known which cluster is which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// What it is called on the command line: the file's name without its ending.
    pub name: String,
    /// One line for a person.
    pub title: String,
    /// What it builds; may be empty.
    pub description: String,
    /// The clusters that it is made of, by what they are for, in the order in which they are written.
    pub roles: Vec<Role>,
    /// What is carried out, in this order; never empty.
    pub stages: Vec<Stage>,
    /// What the problems call its file.
    file: String,
}

/// What a cluster is for in a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Such as `db`. A cluster that is called so has it, unless another is named.
    pub name: String,
    /// What it is for, in a sentence; may be empty.
    pub description: String,
    /// Whether the deployment can do without it.
    pub is_optional: bool,
}

/// A scenario on the cluster of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// From 1.
    pub number: usize,
    /// The scenario's name in the library.
    pub scenario: String,
    /// The name of the role.
    pub role: String,
    /// Values for the scenario's variables. `${db.hosts}`, `${db.first}` and `${db.name}` stand for what the cluster
    /// of a role is.
    pub values: BTreeMap<String, String>,
    /// Where it is in the file, from 1.
    line: usize,
}

impl Stage {
    /// `galera@db`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.scenario, self.role)
    }
}

/// Finds a deployment by its name and reads it.
pub fn load(name: &str, user_dir: Option<&Path>) -> Result<Deployment, LoadError> {
    let found = DEPLOYMENTS.find(name, user_dir)?;
    Ok(Deployment::read(&found.file, name, &found.text)?)
}

impl Deployment {
    /// Reads a deployment. `name` is what it is called on the command line, `file` what the problems call it; all that
    /// is wrong is told at once, with its line.
    pub fn read(file: &str, name: &str, text: &str) -> Result<Self, Problems> {
        read::read(file, name, text)
    }

    /// Looks whether its scenarios are there, have the variables that it gives values for, and come after what they need.
    pub fn check(&self, scenarios: &Scenarios) -> Result<(), Problems> {
        let mut notes = Notes::new(&self.file);
        let names = || scenarios.all().map(|(name, _)| name);
        for (index, stage) in self.stages.iter().enumerate() {
            let name = &stage.scenario;
            let Some(scenario) = scenarios.scenarios().find(|scenario| scenario.name == *name) else {
                let is_wrong = names().any(|known| known == name);
                let why = if is_wrong { "its file is wrong".to_owned() } else { help(name, names()) };
                notes.note(stage.line, format!("no scenario `{}` can be used; {why}", name.escape_debug()));
                continue;
            };
            for value in stage.values.keys() {
                let known = || scenario.variables.iter().map(|variable| variable.name.as_str());
                if !known().any(|known| known == value) {
                    let (value, help) = (value.escape_debug(), help(value, known()));
                    notes.note(stage.line, format!("{name} has no variable `{value}`; {help}"));
                }
            }
            let before = self.stages.get(..index).unwrap_or_default();
            let comes_before = |need: &String| before.iter().any(|stage| stage.scenario == *need);
            for need in scenario.needs.iter().filter(|need| !comes_before(need)) {
                notes.note(stage.line, format!("{name} needs {need}, which does not come before it"));
            }
        }
        notes.finish(())
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}
