//! On which hosts, and with which values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tui_input::Input;

use super::{Basis, Draft, Pass, Unplanned};
use crate::model::HostName;
use crate::scenario::{Format, Kind, Scenario, Secrecy, Source, Sources, Value, Variable};

/// On which hosts?
#[derive(Debug, Clone)]
pub struct Hosts {
    /// Of what.
    pub scenario: Arc<Scenario>,
    /// The selected cluster; after the last one, other hosts.
    pub row: usize,
    /// How many clusters there are.
    pub clusters: usize,
    /// The names of other hosts.
    pub names: Input,
    /// What is wrong with them.
    pub error: Option<String>,
}

/// With which values?
#[derive(Debug, Clone)]
pub struct Form {
    /// Of what, and where.
    pub draft: Draft,
    /// In the order of the scenario.
    pub fields: Vec<Field>,
    /// The field that has the keys; after the last one, the button that goes on.
    pub focus: usize,
    /// What is wrong besides the fields.
    pub errors: Vec<String>,
    /// The choice of hosts that it came from.
    pub(in crate::app) from: Option<Hosts>,
    /// The answer that is awaited.
    pub awaited: Option<Pass>,
}

/// The value of a variable.
#[derive(Clone)]
pub struct Field {
    /// What it is a value of.
    pub variable: Variable,
    /// What is entered.
    pub input: Input,
    /// What stood there at first, and where that is from.
    pub given: Option<(String, Source)>,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// No value, as it may be a secret.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("variable", &self.variable.name).finish_non_exhaustive()
    }
}

impl Hosts {
    pub(in crate::app) fn new(scenario: Arc<Scenario>, clusters: usize) -> Self {
        Self { scenario, row: 0, clusters, names: Input::default(), error: None }
    }

    /// Whether letters go into the field.
    pub fn is_typing(&self) -> bool {
        self.row >= self.clusters
    }

    /// The hosts that are named: words between spaces or commas.
    pub(in crate::app) fn named(&self) -> Result<Vec<HostName>, String> {
        let is_between = |c: char| c.is_whitespace() || c == ',';
        let words = self.names.value().split(is_between).filter(|word| !word.is_empty());
        let mut hosts: Vec<HostName> = Vec::new();
        for word in words {
            let name = Kind::Host.check(word, Secrecy::Open)?;
            if hosts.iter().any(|host| *host == *name) {
                return Err(format!("{name} is named twice"));
            }
            hosts.push(HostName::from(name));
        }
        if hosts.is_empty() {
            return Err("name the hosts, with spaces between them".to_owned());
        }
        Ok(hosts)
    }
}

impl Form {
    /// The fields of a draft, filled with what is known.
    pub(in crate::app) fn new(draft: Draft, sources: &Sources) -> Self {
        let format = draft.scenario.format;
        let field = |variable: &Variable| {
            let given = sources.given(format, variable);
            let input = Input::new(given.as_ref().map(|(text, _)| text.clone()).unwrap_or_default());
            Field { variable: variable.clone(), input, given, error: None }
        };
        let fields: Vec<Field> = draft.scenario.variables.iter().map(field).collect();
        let mut form = Self { draft, fields, focus: 0, errors: Vec::new(), from: None, awaited: None };
        form.focus = form.fields.iter().position(|field| field.lacks_a_value(format)).unwrap_or(0);
        form
    }

    /// Enters again what was entered in an earlier form of the same scenario.
    pub(in crate::app) fn restore(&mut self, earlier: &Self) {
        for entered in earlier.fields.iter().filter(|field| field.is_entered()) {
            let is_it = |field: &&mut Field| field.variable == entered.variable;
            if let Some(field) = self.fields.iter_mut().find(is_it) {
                field.input = entered.input.clone();
                field.check();
            }
        }
    }

    /// Whether letters go into a field.
    pub fn is_typing(&self) -> bool {
        self.awaited.is_none() && self.focus < self.fields.len()
    }

    pub(in crate::app) fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// Puts the keys `by` further on, round and round.
    pub(in crate::app) fn turn(&mut self, by: isize) {
        let count = self.fields.len() as isize + 1;
        self.focus = (self.focus as isize + by).rem_euclid(count) as usize;
    }

    /// Looks at every field, and puts the keys on the first that is wrong.
    pub(in crate::app) fn check(&mut self) -> bool {
        let format = self.draft.scenario.format;
        for field in &mut self.fields {
            field.check();
            if field.error.is_none() && field.lacks_a_value(format) {
                field.error = Some("it has no value".to_owned());
            }
        }
        self.errors.clear();
        self.seek_error()
    }

    /// Takes in what is wrong, as the runtime says.
    pub(in crate::app) fn refused(&mut self, unplanned: Unplanned) {
        self.awaited = None;
        self.errors = unplanned.others;
        for (name, words) in unplanned.fields {
            match self.fields.iter_mut().find(|field| field.variable.name == name) {
                Some(field) => field.error = Some(words),
                None => self.errors.push(format!("{name}: {words}")),
            }
        }
        self.seek_error();
    }

    fn seek_error(&mut self) -> bool {
        let wrong = self.fields.iter().position(|field| field.error.is_some());
        self.focus = wrong.unwrap_or(self.focus);
        wrong.is_none()
    }

    /// What the person has entered: what is as it was given is left to where it is from.
    pub(in crate::app) fn set(&self) -> BTreeMap<String, Value> {
        let entered = self.fields.iter().filter(|field| field.is_entered());
        let value = |field: &Field| {
            let value = Value { text: field.input.value().to_owned(), secrecy: field.variable.secrecy };
            (field.variable.name.clone(), value)
        };
        let kept = match &self.draft.basis {
            Basis::Left(recalled) => recalled.values.clone(),
            Basis::New | Basis::Changed { .. } => BTreeMap::new(),
        };
        kept.into_iter().chain(entered.map(value)).collect()
    }

    /// The names of values that were made up before and are as they were.
    pub(in crate::app) fn still_generated(&self) -> BTreeSet<String> {
        let generated = match &self.draft.basis {
            Basis::New => return BTreeSet::new(),
            Basis::Left(recalled) => {
                let made_up = recalled.scenario.variables.iter().filter(|it| it.generated.is_some());
                return made_up.map(|it| it.name.clone()).collect();
            }
            Basis::Changed { generated, .. } => generated,
        };
        let is_as_it_was = |name: &&String| {
            let field = self.fields.iter().find(|field| field.variable.name == **name);
            field.is_some_and(|field| {
                field.given.as_ref().is_some_and(|(text, _)| text == field.input.value())
            })
        };
        generated.iter().filter(is_as_it_was).cloned().collect()
    }
}

impl Field {
    /// Says what is wrong with what is entered, if anything is. What refers to other values is not judged before
    /// these are known.
    pub(in crate::app) fn check(&mut self) {
        let text = self.input.value();
        self.error = if text.is_empty() || text.contains("${") {
            None
        } else {
            self.variable.kind.check(text, self.variable.secrecy).err()
        };
    }

    /// Whether nobody gives a value, nor can one be made up.
    pub fn lacks_a_value(&self, format: Format) -> bool {
        let may_be_empty = match format {
            Format::Markdown => self.variable.default.as_deref() == Some("") || self.is_given_empty(),
            Format::Phd => self.variable.default.is_some(),
        };
        self.input.value().is_empty() && !may_be_empty && self.variable.generated.is_none()
    }

    fn is_given_empty(&self) -> bool {
        self.given.as_ref().is_some_and(|(text, _)| text.is_empty())
    }

    fn is_entered(&self) -> bool {
        match &self.given {
            // A value of a run before is to be the same again, wherever it was from.
            Some((_, Source::Set)) => true,
            Some((text, _)) => text != self.input.value(),
            None => !self.input.value().is_empty(),
        }
    }
}

impl Draft {
    /// What is known of its values besides what is entered: those of a run that it goes on with come first.
    pub(crate) fn sources(&self, sources: &Sources) -> Sources {
        let mut sources = sources.clone();
        sources.cluster = self.cluster.as_ref().map(ToString::to_string);
        sources.deployment = self.layout.as_ref().map(|layout| layout.values.clone()).unwrap_or_default();
        if let Basis::Left(recalled) = &self.basis {
            let text = |(name, value): (&String, &Value)| (name.clone(), value.text.clone());
            sources.set = recalled.values.iter().map(text).collect();
        }
        sources
    }
}
