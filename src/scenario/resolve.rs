//! Where the values of variables come from, and what is wrong with them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::notes::help;
use super::{Format, MASK, Scenario, Secrecy, Value, ValueFile, Variable, phd};

/// A longer value is none that a person gave: values that refer to one another can grow without end.
const LONGEST: usize = 64 << 10;

/// Where values come from; what stands first wins. Names are as scripts use them or, for phd's, without `PHD_VAR_`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--set`: only what the scenario knows can be set.
    pub set: BTreeMap<String, String>,
    /// `--variables`; of several, the later wins. May hold what the scenario doesn't know.
    pub files: Vec<ValueFile>,
    /// What the deployment says that the scenario is a stage of.
    pub deployment: BTreeMap<String, String>,
    /// The environment: those that begin with `QUORATE_VAR_`, and for phd's with `PHD_VAR_`.
    pub environment: BTreeMap<String, String>,
    /// `[variables]` of the configuration.
    pub configuration: BTreeMap<String, String>,
    /// What was made up before, for a deployment, and kept.
    pub kept: BTreeMap<String, String>,
    /// The cluster that is meant, which gives its name to a variable `cluster`.
    pub cluster: Option<String>,
}

/// Which of the [`Sources`] a value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `--set`.
    Set,
    /// The name of the cluster that is meant.
    Cluster,
    /// `--variables`.
    File,
    /// The deployment that the scenario is a stage of.
    Deployment,
    /// The environment.
    Environment,
    /// `[variables]` of the configuration.
    Configuration,
    /// It was made up before.
    Kept,
    /// The scenario itself.
    Default,
}

/// Values for all variables of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// By the names that the scripts use.
    pub values: BTreeMap<String, Value>,
    /// The names of those that were made up just now. Whoever wants the same again has to keep them.
    pub generated: BTreeSet<String>,
}

/// All that is wrong with the values of a scenario; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoValues {
    /// The scenario's name.
    pub scenario: String,
    /// Of each what is wrong.
    pub wrong: Vec<NoValue>,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// Nobody gives one.
    #[error("{name} has no value{}", describe(description))]
    Missing {
        /// The variable.
        name: String,
        /// What it is for; may be empty.
        description: String,
    },
    /// It doesn't look as it should.
    #[error("{name}: {message}")]
    Wrong {
        /// The variable.
        name: String,
        /// Why; a secret is masked.
        message: String,
    },
    /// Values that refer to one another.
    #[error("{}: each refers to the next; give one of them a value of its own", cycle.join(" → "))]
    Cycle {
        /// The names, the first also at the end.
        cycle: Vec<String>,
    },
    /// `--set` for what the scenario doesn't know.
    #[error("no variable is called `{}`; {help}", name.escape_debug())]
    Unknown {
        /// As it was given.
        name: String,
        /// What may have been meant.
        help: String,
    },
    /// Randomness can't be had.
    #[error("{name} can't be made up: {message}")]
    NotMade {
        /// The variable.
        name: String,
        /// What the system says.
        message: String,
    },
}

fn describe(description: &str) -> String {
    let line = description.lines().next().unwrap_or_default();
    if line.is_empty() { String::new() } else { format!(" ({line})") }
}

impl fmt::Display for NoValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the scenario {} can't be planned:", self.scenario)?;
        for wrong in &self.wrong {
            write!(f, "\n  {wrong}")?;
        }
        let missing = self.wrong.iter().find_map(|wrong| match wrong {
            NoValue::Missing { name, .. } => Some(name),
            _ => None,
        });
        if let Some(name) = missing {
            let short = short(name);
            write!(
                f,
                "\nGive values with --set {short}=…, --variables FILE, the environment \
                 (QUORATE_VAR_{short}), or [variables] in the configuration."
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for NoValues {}

/// Names only: which values are secret is not known here.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("set", &self.set.keys())
            .field("files", &self.files)
            .field("deployment", &self.deployment.keys())
            .field("environment", &self.environment.keys())
            .field("configuration", &self.configuration.keys())
            .field("kept", &self.kept.keys())
            .field("cluster", &self.cluster)
            .finish()
    }
}

impl Sources {
    /// The value of a variable as it is written, before what it refers to is put in, and where it is from; `None`:
    /// nobody gives one.
    pub fn given(&self, format: Format, variable: &Variable) -> Option<(String, Source)> {
        let is_phd = format == Format::Phd;
        let find = |values: &BTreeMap<String, String>, source: Source| {
            let names = [variable.name.as_str(), short(&variable.name)];
            let text = names.into_iter().find_map(|name| values.get(name)).cloned();
            text.map(|text| (text, source))
        };
        let cluster = self.cluster.clone().filter(|_| variable.name == "cluster");
        let given = find(&self.set, Source::Set)
            .or_else(|| cluster.map(|cluster| (cluster, Source::Cluster)))
            .or_else(|| self.files.iter().rev().find_map(|file| find(&file.values, Source::File)))
            .or_else(|| find(&self.deployment, Source::Deployment))
            .or_else(|| find(&self.environment, Source::Environment))
            .or_else(|| find(&self.configuration, Source::Configuration))
            .or_else(|| find(&self.kept, Source::Kept))
            .or_else(|| variable.default.clone().map(|text| (text, Source::Default)));
        // phd takes an empty value for none.
        given.filter(|(text, _)| !is_phd || !text.is_empty() || variable.default.is_some())
    }
}

impl Scenario {
    /// Gives every variable its value. All that is wrong is told at once.
    pub fn resolve(&self, sources: &Sources) -> Result<Resolved, NoValues> {
        let mut resolver = Resolver { scenario: self, sources, raw: BTreeMap::new(), wrong: Vec::new() };
        let generated = resolver.gather();
        resolver.refuse_unknown();
        let values = resolver.values();
        if resolver.wrong.is_empty() {
            Ok(Resolved { values, generated })
        } else {
            Err(NoValues { scenario: self.name.clone(), wrong: resolver.wrong })
        }
    }
}

/// The name without what phd puts before it.
pub(super) fn short(name: &str) -> &str {
    ["PHD_VAR_", "PHD_ENV_", "PHD_SENV_"].iter().find_map(|begin| name.strip_prefix(begin)).unwrap_or(name)
}

struct Resolver<'a> {
    scenario: &'a Scenario,
    sources: &'a Sources,
    /// Values as they were given, by the name that the scripts use.
    raw: BTreeMap<String, Raw>,
    wrong: Vec<NoValue>,
}

/// A value as it was given.
struct Raw {
    text: String,
    /// What no person has written refers to nothing.
    is_final: bool,
}

impl Resolver<'_> {
    /// Finds the value of each variable; the answer names those that were made up.
    fn gather(&mut self) -> BTreeSet<String> {
        let mut generated = BTreeSet::new();
        if self.scenario.format == Format::Phd {
            self.gather_all();
        }
        for variable in &self.scenario.variables {
            let name = &variable.name;
            if let Some(text) = self.given(variable) {
                self.raw.insert(name.clone(), Raw { text, is_final: false });
                continue;
            }
            let Some(how) = variable.generated else {
                let description = variable.description.clone();
                self.wrong.push(NoValue::Missing { name: name.clone(), description });
                continue;
            };
            match how.make() {
                Ok(text) => {
                    self.raw.insert(name.clone(), Raw { text, is_final: true });
                    generated.insert(name.clone());
                }
                Err(error) => {
                    self.wrong.push(NoValue::NotMade { name: name.clone(), message: error.to_string() });
                }
            }
        }
        generated
    }

    /// phd gives scripts all that its file and its environment hold, declared or not.
    fn gather_all(&mut self) {
        // Its cluster is called so where a definition doesn't say otherwise.
        let cluster = self.sources.cluster.clone().unwrap_or_else(|| "phd".to_owned());
        self.raw.insert("PHD_ENV_cluster_name".to_owned(), Raw { text: cluster, is_final: true });
        let given =
            |name: &str| if name.starts_with("PHD_") { name.to_owned() } else { format!("PHD_VAR_{name}") };
        let environment = self.sources.environment.iter().filter(|(name, _)| name.starts_with("PHD_VAR_"));
        let files = self.sources.files.iter().flat_map(|file| &file.values);
        for (name, text) in environment.chain(files).chain(&self.sources.set) {
            let name = given(name);
            // The nodes are those of the plan, whatever a definition says.
            if phd::is_name(&name) && !name.starts_with("PHD_ENV_nodes") {
                self.raw.insert(name, Raw { text: text.clone(), is_final: false });
            }
        }
    }

    fn given(&self, variable: &Variable) -> Option<String> {
        self.sources.given(self.scenario.format, variable).map(|(text, _)| text)
    }

    /// A slip in a name must not be taken for a value that nobody asked for.
    fn refuse_unknown(&mut self) {
        for name in self.sources.set.keys() {
            let is_declared = self.variable(name).is_some();
            let is_used = self.scenario.format == Format::Phd && {
                let scripts = self.scenario.steps.iter().flat_map(|step| &step.run);
                let name = format!("PHD_VAR_{}", short(name));
                scripts.clone().any(|script| script.text.contains(&name))
            };
            if !is_declared && !is_used {
                let known: Vec<&str> =
                    self.scenario.variables.iter().map(|known| short(&known.name)).collect();
                let help = if known.is_empty() { "it has none".to_owned() } else { help(name, known) };
                self.wrong.push(NoValue::Unknown { name: name.clone(), help });
            }
        }
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        let variables = &self.scenario.variables;
        let exact = variables.iter().find(|variable| variable.name == name);
        exact.or_else(|| variables.iter().find(|variable| short(&variable.name) == name))
    }

    /// Puts in what values refer to, and looks whether each is what it should be.
    fn values(&mut self) -> BTreeMap<String, Value> {
        let mut done: BTreeMap<String, Option<Value>> = BTreeMap::new();
        let names: Vec<String> = self.raw.keys().cloned().collect();
        for name in &names {
            self.expand(name, &mut Vec::new(), &mut done);
        }
        let mut values = BTreeMap::new();
        for (name, value) in done {
            let Some(mut value) = value else { continue };
            let kind = self.variable(&name).map(|variable| variable.kind.clone()).unwrap_or_default();
            // An empty value says "none" where it is the default.
            let is_none = value.text.is_empty()
                && self.variable(&name).and_then(|variable| variable.default.as_deref()) == Some("");
            if !is_none {
                match kind.check(&value.text, value.secrecy) {
                    Ok(text) => value.text = text,
                    Err(message) => {
                        self.wrong.push(NoValue::Wrong { name, message });
                        continue;
                    }
                }
            }
            values.insert(name, value);
        }
        values
    }

    /// The value of a variable with what it refers to; `None` where that can't be had, which has been noted.
    fn expand(
        &mut self,
        name: &str,
        path: &mut Vec<String>,
        done: &mut BTreeMap<String, Option<Value>>,
    ) -> Option<Value> {
        if let Some(value) = done.get(name) {
            return value.clone();
        }
        if let Some(at) = path.iter().position(|it| it == name) {
            let mut cycle: Vec<String> = path.iter().skip(at).cloned().collect();
            cycle.push(name.to_owned());
            self.wrong.push(NoValue::Cycle { cycle });
            done.insert(name.to_owned(), None);
            return None;
        }
        let raw = self.raw.get(name)?;
        let declared = self.variable(name).map(|variable| variable.secrecy);
        let secrecy = declared.unwrap_or_else(|| phd::secrecy(name));
        let mut value = Value { text: raw.text.clone(), secrecy };
        if !raw.is_final && raw.text.contains("${") {
            path.push(name.to_owned());
            let expanded = self.put_in(name, &value, path, done);
            path.pop();
            let Some(expanded) = expanded else {
                done.entry(name.to_owned()).or_insert(None);
                return None;
            };
            value = expanded;
        }
        done.insert(name.to_owned(), Some(value.clone()));
        Some(value)
    }

    fn put_in(
        &mut self,
        name: &str,
        value: &Value,
        path: &mut Vec<String>,
        done: &mut BTreeMap<String, Option<Value>>,
    ) -> Option<Value> {
        let mut expanded = Value { text: String::new(), secrecy: value.secrecy };
        let mut rest = value.text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            // `$${` stands for itself.
            if let Some(before) = before.strip_suffix('$') {
                expanded.text.push_str(before);
                expanded.text.push_str("${");
                rest = after;
                continue;
            }
            expanded.text.push_str(before);
            let known = after.split_once('}').and_then(|(other, after)| Some((self.name_of(other)?, after)));
            let Some((other, after)) = known else {
                if self.scenario.format == Format::Phd {
                    // It is for bash.
                    expanded.text.push_str("${");
                    rest = after;
                    continue;
                }
                let shown = if value.secrecy == Secrecy::Secret { MASK } else { &value.text };
                let message = format!(
                    "`{}` refers to what is no variable; `$${{` stands for `${{` itself",
                    shown.escape_debug()
                );
                self.wrong.push(NoValue::Wrong { name: name.to_owned(), message });
                return None;
            };
            let inner = self.expand(&other, path, done)?;
            if inner.secrecy == Secrecy::Secret {
                expanded.secrecy = Secrecy::Secret;
            }
            expanded.text.push_str(&inner.text);
            if expanded.text.len() > LONGEST {
                let message = format!("is longer than {} KiB with what it refers to", LONGEST >> 10);
                self.wrong.push(NoValue::Wrong { name: name.to_owned(), message });
                return None;
            }
            rest = after;
        }
        expanded.text.push_str(rest);
        Some(expanded)
    }

    /// The full name of what a value refers to, if there is such a variable.
    fn name_of(&self, other: &str) -> Option<String> {
        if let Some(variable) = self.variable(other) {
            return Some(variable.name.clone());
        }
        let full = format!("PHD_VAR_{other}");
        [other, full.as_str()].into_iter().find(|name| self.raw.contains_key(*name)).map(str::to_owned)
    }
}
