//! A scenario with its hosts and its values: all that is needed to run it.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Place;
use super::resolve::short;
use super::{Format, Gate, Masker, Scenario, Script, Step, Target, fingerprint, shell};
use crate::model::HostName;

/// A scenario with its hosts and its values. Whoever has one can run it: nothing is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// As it is written.
    pub scenario: Scenario,
    /// In the order in which they were named; never empty.
    pub hosts: Vec<HostName>,
    /// What the scripts find in their environment, by the name that they use.
    pub values: BTreeMap<String, Value>,
}

/// The value of a variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// Itself.
    pub text: String,
    /// Whether anybody may see it.
    pub secrecy: Secrecy,
}

/// Whether anybody may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It is shown.
    Open,
    /// It is masked wherever it would be shown, and goes to a host on stdin alone.
    Secret,
}

/// Stands for a secret wherever one would be seen.
pub const MASK: &str = "********";

/// Why hosts don't do for a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// There are none.
    #[error("the scenario {0} needs hosts; name them with --nodes a,b,c")]
    NoHost(String),
    /// One is named twice.
    #[error("the host {0} is named twice")]
    Twice(HostName),
    /// Two names of one host: each script would run there twice at once.
    #[error("{0} and {1} are the same host: name it once")]
    Same(HostName, HostName),
    /// A step is for a host that there is not.
    #[error("{scenario}, line {line}: {wants}, but the hosts are {hosts}")]
    NoSuchHost {
        /// The scenario's name.
        scenario: String,
        /// The step's or the block's.
        line: usize,
        /// What wants which host.
        wants: String,
        /// Those that there are.
        hosts: String,
    },
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.secrecy {
            Secrecy::Open => write!(f, "{:?}", self.text),
            Secrecy::Secret => f.write_str(MASK),
        }
    }
}

impl Value {
    /// One that anybody may see.
    pub fn open(text: impl Into<String>) -> Self {
        Self { text: text.into(), secrecy: Secrecy::Open }
    }

    /// Itself, or the mask.
    pub fn shown(&self) -> &str {
        match self.secrecy {
            Secrecy::Open => &self.text,
            Secrecy::Secret => MASK,
        }
    }
}

impl Plan {
    /// A plan for these hosts, if each step has one to be run on.
    pub fn new(
        scenario: Scenario,
        hosts: Vec<HostName>,
        values: BTreeMap<String, Value>,
    ) -> Result<Self, NoPlan> {
        let mut seen = BTreeSet::new();
        if hosts.is_empty() {
            return Err(NoPlan::NoHost(scenario.name));
        }
        if let Some(twice) = hosts.iter().find(|host| !seen.insert(host.as_str())) {
            return Err(NoPlan::Twice(twice.clone()));
        }
        // Behind two ports there may be two machines. What spelling doesn't tell, the host's lock does.
        let is_same = |one: &HostName, other: &HostName| {
            one.is_same_host(other)
                && (one.port() == other.port() || one.port().is_none() || other.port().is_none())
        };
        for (at, host) in hosts.iter().enumerate() {
            if let Some(same) = hosts.iter().skip(at + 1).find(|other| is_same(host, other)) {
                return Err(NoPlan::Same(host.clone(), same.clone()));
            }
        }
        let plan = Self { scenario, hosts, values };
        for step in &plan.scenario.steps {
            let checks = step.checks.iter().map(|check| &check.script);
            let scripts =
                checks.chain(&step.undo).filter_map(|script| Some((script.on.as_ref()?, script.line)));
            for (target, line) in std::iter::once((&step.on, step.line)).chain(scripts) {
                plan.find(target, line)?;
            }
        }
        Ok(plan)
    }

    fn find(&self, target: &Target, line: usize) -> Result<(), NoPlan> {
        let wants = match target {
            Target::Nth(number) => format!("a script is for host number {number}"),
            Target::Named(name) => format!("a script is for the host {name}"),
            Target::All | Target::First | Target::Rest | Target::Local => return Ok(()),
        };
        if !self.hosts_of(target).is_empty() {
            return Ok(());
        }
        let hosts: Vec<&str> = self.hosts.iter().map(HostName::as_str).collect();
        Err(NoPlan::NoSuchHost { scenario: self.scenario.name.clone(), line, wants, hosts: hosts.join(", ") })
    }

    /// The hosts that a target means, in their order; none for where the console runs.
    pub fn hosts_of(&self, target: &Target) -> Vec<HostName> {
        match target {
            Target::All => self.hosts.clone(),
            Target::First => self.hosts.iter().take(1).cloned().collect(),
            Target::Rest => self.hosts.iter().skip(1).cloned().collect(),
            Target::Local => Vec::new(),
            Target::Nth(nth) => {
                nth.checked_sub(1).and_then(|at| self.hosts.get(at)).cloned().into_iter().collect()
            }
            Target::Named(name) => self.hosts.iter().filter(|host| *host == name).cloned().collect(),
        }
    }

    /// What a script finds in its environment on a host; `None`: where the console runs.
    ///
    /// Beside the values these are, for our own, `nodes` (all hosts, spaces between them), `node_1`, `node_2` …,
    /// `first`, and `node` (this host, not where the console runs); for phd's `PHD_ENV_nodes`, `PHD_ENV_nodes1` …,
    /// and its local variables also without `PHD_SENV_`.
    pub fn environment(&self, host: Option<&HostName>) -> Vec<(String, Value)> {
        let mut environment = self.values.clone();
        let all: Vec<&str> = self.hosts.iter().map(HostName::as_str).collect();
        let (nodes, numbered) = match self.scenario.format {
            Format::Markdown => ("nodes", "node_"),
            Format::Phd => ("PHD_ENV_nodes", "PHD_ENV_nodes"),
        };
        environment.insert(nodes.to_owned(), Value::open(all.join(" ")));
        for (index, host) in all.iter().enumerate() {
            environment.insert(format!("{numbered}{}", index + 1), Value::open(*host));
        }
        match self.scenario.format {
            Format::Markdown => {
                environment.extend(all.first().map(|first| ("first".to_owned(), Value::open(*first))));
                environment.extend(host.map(|host| ("node".to_owned(), Value::open(host.as_str()))));
            }
            Format::Phd => {
                let local = |(name, value): (&String, &Value)| {
                    name.starts_with("PHD_SENV_").then(|| (short(name).to_owned(), value.clone()))
                };
                environment.extend(self.values.iter().filter_map(local));
            }
        }
        environment.into_iter().collect()
    }

    /// A script of a step as a person reads it: values in the place of the variables, secrets masked. What is run is
    /// the script as it is written.
    pub fn shown(&self, step: &Step, script: &Script) -> String {
        let hosts = self.hosts_of(script.on.as_ref().unwrap_or(&step.on));
        // Where there are several, `$node` is another on each.
        let host = match hosts.as_slice() {
            [host] => Some(host),
            _ => None,
        };
        let environment: BTreeMap<String, Value> = self.environment(host).into_iter().collect();
        let shown = shell::put_in(&script.text, |name| environment.get(name).map(Value::shown));
        // An open value may hold a secret too. What the scenario's text itself says is none, and stays readable: a
        // password `cluster` must not hide the words `pcs cluster`.
        let secrets = self
            .values
            .values()
            .filter(|value| value.secrecy == Secrecy::Secret && !script.text.contains(&value.text));
        Masker::of(secrets).mask(&shown)
    }

    /// Hides the secrets of this plan in whatever is printed.
    pub fn masker(&self) -> Masker {
        Masker::of(self.values.values())
    }

    /// Stands for what would be run: another text, other hosts or another open value, and it is another. Secrets play
    /// no part in it, as it is written down.
    pub fn fingerprint(&self) -> String {
        let mut hash = self.scenario.fingerprint;
        for host in &self.hosts {
            hash = fingerprint::extend(hash, host.as_str());
        }
        for (name, value) in &self.values {
            hash = fingerprint::extend(hash, name);
            hash = fingerprint::extend(hash, value.shown());
        }
        format!("{hash:016x}")
    }

    /// What a person should know before it is run, a sentence each: remarks on the file, and what is plainly not
    /// so as it should be.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = self.scenario.remarks.iter().map(ToString::to_string).collect();
        for gate in &self.scenario.gates.before {
            let Gate::Members { least, most, odd } = gate else { continue };
            let hosts = self.hosts.len();
            if hosts < *least || most.is_some_and(|most| hosts > most) || (*odd && hosts.is_multiple_of(2)) {
                remarks.push(format!("{hosts} hosts are named, and it wants {gate}"));
            }
        }
        remarks.extend(self.left_empty());
        if self.scenario.format == Format::Phd {
            remarks.extend(self.without_value());
        }
        match self.local_steps().as_slice() {
            [] => {}
            [step] => remarks.push(format!("step {step} runs on this machine, as you")),
            steps => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                remarks.push(format!("steps {} run on this machine, as you", steps.join(", ")));
            }
        }
        remarks
    }

    /// The steps of which a script runs where the console does, by their numbers.
    pub fn local_steps(&self) -> Vec<usize> {
        let is_local = |step: &&Step| self.places_of_step(step).contains(&Place::Local);
        self.scenario.steps.iter().filter(is_local).map(|step| step.number).collect()
    }

    /// What empty values do that the user must not overlook.
    fn left_empty(&self) -> impl Iterator<Item = String> {
        let is_empty = |name: &str| self.values.get(name).is_none_or(|value| value.text.trim().is_empty());
        let variables = self.scenario.variables.iter();
        let told = variables.filter(move |it| !it.when_empty.is_empty() && is_empty(&it.name));
        told.map(|it| format!("{} is empty: {}", it.name, it.when_empty))
    }

    /// phd's scripts may use what they don't declare; bash takes it for empty.
    fn without_value(&self) -> Option<String> {
        let mut names = BTreeSet::new();
        for script in self.scenario.steps.iter().flat_map(|step| &step.run) {
            let lexed = shell::lex(&script.text);
            let own = shell::assigned(&lexed);
            let used = lexed.uses.iter().map(|(_, name)| *name).filter(|name| name.starts_with("PHD_"));
            let known = |name: &str| self.values.contains_key(name) || name.starts_with("PHD_ENV_nodes");
            names.extend(used.filter(|name| !own.contains(name) && !known(name)).map(str::to_owned));
        }
        let names: Vec<String> = names.into_iter().collect();
        (!names.is_empty())
            .then(|| format!("the scripts use {} without declaring it; it is empty", names.join(", ")))
    }
}
