//! Where the values of a stage's scenario come from.

use std::collections::BTreeMap;

use super::{Deployment, Placed};
use crate::scenario::notes::help;
use crate::scenario::resolve::short;
use crate::scenario::{Scenario, Sources, ValueFile};

/// A value for what no scenario of a deployment knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--set {}: no scenario of {deployment} has such a variable; {help}", name.escape_debug())]
pub struct NoVariable {
    deployment: String,
    name: String,
    help: String,
}

impl Placed {
    /// Where its scenario's values come from: of what was given, what it knows. `db.memory` is for the stages of the role
    /// `db` alone, and in a file the same is `memory` in a table `db`. What the deployment says comes behind both, and
    /// what was made up before and kept behind all that anybody says.
    pub fn sources(&self, scenario: &Scenario, given: &Sources, kept: &BTreeMap<String, String>) -> Sources {
        let role = &self.stage.role;
        let set = given.set.iter().filter(|(name, _)| !name.contains('.') && knows(scenario, name));
        let mut set: BTreeMap<String, String> =
            set.map(|(name, text)| (name.clone(), text.clone())).collect();
        for (name, text) in &given.set {
            let own = name.split_once('.').filter(|(of, name)| of == role && knows(scenario, name));
            set.extend(own.map(|(_, name)| (name.to_owned(), text.clone())));
        }
        let mut own = BTreeMap::new();
        for file in &given.files {
            for variable in &scenario.variables {
                let name = short(&variable.name);
                let text = file.values.get(&format!("{role}_{name}"));
                own.extend(text.map(|text| (name.to_owned(), text.clone())));
            }
        }
        let own = ValueFile { values: own, nodes: Vec::new() };
        Sources {
            set,
            files: given.files.iter().cloned().chain([own]).collect(),
            deployment: self.values.clone(),
            environment: given.environment.clone(),
            configuration: given.configuration.clone(),
            kept: kept.clone(),
            cluster: Some(self.cluster.name.to_string()),
        }
    }
}

impl Deployment {
    /// A slip in a name must not be taken for a value that nobody asked for.
    pub fn check_set(
        &self,
        set: &BTreeMap<String, String>,
        scenarios: &[&Scenario],
    ) -> Result<(), NoVariable> {
        let is_known = |name: &str| scenarios.iter().any(|scenario| knows(scenario, name));
        for name in set.keys() {
            let (role, variable) = name.split_once('.').map_or((None, name.as_str()), |(a, b)| (Some(a), b));
            let help = if role.is_some_and(|role| self.role(role).is_none()) {
                help(role.unwrap_or_default(), self.roles.iter().map(|role| role.name.as_str()))
            } else if !is_known(variable) {
                let all = scenarios.iter().flat_map(|it| &it.variables);
                let mut known: Vec<&str> = all.map(|variable| short(&variable.name)).collect();
                known.sort_unstable();
                known.dedup();
                help(variable, known)
            } else {
                continue;
            };
            return Err(NoVariable { deployment: self.name.clone(), name: name.clone(), help });
        }
        Ok(())
    }
}

fn knows(scenario: &Scenario, name: &str) -> bool {
    scenario.variables.iter().any(|variable| variable.name == name || short(&variable.name) == name)
}
