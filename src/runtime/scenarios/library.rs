//! Which scenarios and runs there are, and plans: what is read from the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::perform::whose;
use crate::app::wizard::{
    Basis, Book, Draft, LayoutBook, PastRun, Planned, Realm, Recalled, Shelf, Unplanned,
};
use crate::model::{ClusterEntry, ClusterName};
use crate::perform::{Runs, Summary};
use crate::scenario::deployment::{self, DEPLOYMENTS};
use crate::scenario::{Library, NoScenario, NoValue, Plan, Scenario, Secrecy, Sources, Target, Value};

/// What is read, and where.
pub(super) struct Source {
    pub(super) user_dir: Option<PathBuf>,
    pub(super) runs: Result<Runs, String>,
    pub(super) sources: Sources,
    pub(super) is_read_only: bool,
    pub(super) locked: Vec<ClusterEntry>,
    pub(super) realm: Realm,
}

impl Source {
    /// All scenarios and runs.
    pub(super) fn shelf(self) -> Shelf {
        let mut troubles = Vec::new();
        let (books, layouts) = match self.library() {
            Ok(library) => (books(&library, &mut troubles), self.layouts(&library, &mut troubles)),
            Err(error) => {
                troubles.push(error.to_string());
                Default::default()
            }
        };
        let runs = match self.runs.map(|runs| runs.list()) {
            Ok(Ok(runs)) => runs.into_iter().map(past).collect(),
            Ok(Err(error)) => {
                troubles.push(format!("the runs can't be read: {error}"));
                Vec::new()
            }
            // It is told where somebody wants to run something.
            Err(_no_folder) => Vec::new(),
        };
        Shelf {
            books,
            layouts,
            runs,
            sources: self.sources,
            is_read_only: self.is_read_only,
            locked: self.locked,
            realm: self.realm,
            troubles,
        }
    }

    /// The deployments, the console's own first.
    fn layouts(&self, scenarios: &Library, troubles: &mut Vec<String>) -> Vec<LayoutBook> {
        let user_dir = self.user_dir.as_deref();
        let names = DEPLOYMENTS.names(user_dir).unwrap_or_else(|error| {
            troubles.push(error.to_string());
            DEPLOYMENTS.built_in_names().map(str::to_owned).collect()
        });
        let read = |name: String| {
            let read = deployment::load(&name, user_dir).map_err(|error| error.to_string());
            let checked = read.and_then(|deployment| match deployment.check(scenarios) {
                Ok(()) => Ok(Arc::new(deployment)),
                Err(problems) => Err(problems.to_string()),
            });
            LayoutBook { name, deployment: checked }
        };
        names.into_iter().map(read).collect()
    }

    /// What was made up for the layout of a draft before.
    fn kept(&self, draft: &Draft) -> Result<BTreeMap<String, String>, String> {
        let (Some(layout), Ok(runs)) = (&draft.layout, &self.runs) else { return Ok(BTreeMap::new()) };
        let kept = runs.kept(whose(layout)).map_err(|error| error.to_string())?;
        Ok(kept.values().clone())
    }

    fn library(&self) -> Result<Library, NoScenario> {
        Library::load(self.user_dir.as_deref())
    }

    /// A draft with values.
    pub(super) fn plan(self, draft: &Draft, set: BTreeMap<String, Value>) -> Result<Planned, Unplanned> {
        let others = |why: String| Unplanned { fields: Vec::new(), others: vec![why] };
        let kept = self.kept(draft).map_err(others)?;
        let mut sources = draft.sources(&self.sources);
        sources.set = set.into_iter().map(|(name, value)| (name, value.text)).collect();
        sources.kept = kept;
        let resolved = draft.scenario.resolve(&sources).map_err(|wrong| {
            let mut unplanned = Unplanned::default();
            for wrong in wrong.wrong {
                match wrong {
                    NoValue::Missing { name, .. } => {
                        unplanned.fields.push((name, "it has no value".to_owned()));
                    }
                    NoValue::Wrong { name, message } => unplanned.fields.push((name, message)),
                    wrong @ (NoValue::Cycle { .. } | NoValue::Unknown { .. } | NoValue::NotMade { .. }) => {
                        unplanned.others.push(wrong.to_string());
                    }
                }
            }
            unplanned
        })?;
        let mut scenario = Scenario::clone(&draft.scenario);
        if self.realm == Realm::Simulated {
            simulate(&mut scenario).map_err(others)?;
        }
        let plan = Plan::new(scenario, draft.hosts.clone(), resolved.values);
        let plan = plan.map_err(|error| others(error.to_string()))?;
        Ok(Planned { plan: Arc::new(plan), generated: resolved.generated })
    }

    /// A run that there has been.
    pub(super) fn recall(&self, id: &str) -> Result<Recalled, String> {
        let library = self.library().map_err(|error| error.to_string())?;
        let runs = self.runs.as_ref().map_err(Clone::clone)?;
        // It is given back at once: it is taken when it is gone on with.
        let run = runs.open(id).map_err(|error| error.to_string())?;
        let recipe = run.recipe().map_err(|error| {
            format!("run {id} can't be gone on with: how its plan was made was not kept: {error}")
        })?;
        let scenario = library.open(&recipe.scenario).map_err(|error| error.to_string())?;
        let kept = run.secrets().map_err(|error| error.to_string())?;
        let open = recipe.values.into_iter().map(|(name, text)| (name, Value::open(text)));
        let secret = |(name, text)| (name, Value { text, secrecy: Secrecy::Secret });
        let mut values: BTreeMap<String, Value> = open.chain(kept.into_iter().map(secret)).collect();
        if let Some(whose) = recipe.kept_for {
            // A run forgets its secrets when it has come to its end; its deployment does not.
            let kept = runs.kept(whose).map_err(|error| error.to_string())?;
            for variable in scenario.variables.iter().filter(|it| it.generated.is_some()) {
                if let Some(text) = kept.values().get(&variable.name) {
                    let value = Value { text: text.clone(), secrecy: variable.secrecy };
                    values.entry(variable.name.clone()).or_insert(value);
                }
            }
        }
        Ok(Recalled {
            id: id.to_owned(),
            scenario: Arc::new(scenario),
            hosts: recipe.hosts,
            cluster: recipe.cluster.map(ClusterName::from),
            values,
            fingerprint: recipe.fingerprint,
            entries: run.entries().to_vec(),
        })
    }
}

impl Source {
    /// The plan of a run that was brought to its end, once more, to look at what proves it. Secrets are not known any more:
    /// a step whose proof asks for one is not proved.
    pub(super) fn plan_again(self, id: &str) -> Result<(Plan, Option<ClusterName>), String> {
        let Recalled { scenario, hosts, cluster, mut values, .. } = self.recall(id)?;
        let draft = Draft { scenario, hosts, cluster: cluster.clone(), basis: Basis::New, layout: None };
        let sources = draft.sources(&self.sources);
        let mut unknown = BTreeSet::new();
        for variable in draft.scenario.variables.iter().filter(|it| it.secrecy == Secrecy::Secret) {
            let is_given = sources.given(draft.scenario.format, variable).is_some();
            if !is_given && !values.contains_key(&variable.name) {
                unknown.insert(variable.name.clone());
                if variable.generated.is_none() {
                    let nothing = Value { text: String::new(), secrecy: Secrecy::Secret };
                    values.insert(variable.name.clone(), nothing);
                }
            }
        }
        let planned = self.plan(&draft, values).map_err(|unplanned| {
            let fields = unplanned.fields.into_iter().map(|(name, words)| format!("{name}: {words}"));
            fields.chain(unplanned.others).collect::<Vec<_>>().join("; ")
        })?;
        let mut plan = Plan::clone(&planned.plan);
        plan.scenario.steps =
            plan.scenario.steps.into_iter().map(|step| step.without_proof_by(&unknown)).collect();
        Ok((plan, cluster))
    }
}

/// A scenario for hosts that run no shell: nothing is done already there, and this machine is no part of it.
fn simulate(scenario: &mut Scenario) -> Result<(), String> {
    for step in &mut scenario.steps {
        step.unless.clear();
        let checks = step.checks.iter().map(|check| &check.script);
        let scripts = step.run.iter().chain(&step.undo).chain(checks);
        let mut targets = scripts.filter_map(|script| script.on.as_ref()).chain([&step.on]);
        if targets.any(|target| *target == Target::Local) {
            return Err(format!(
                "step {} is run on this machine, and in the demo nothing is run",
                step.number
            ));
        }
    }
    Ok(())
}

/// In the order of deployment; where there is none, by tier. Those that are wrong come last.
fn books(library: &Library, troubles: &mut Vec<String>) -> Vec<Book> {
    let order: Vec<&str> = match library.in_order() {
        Ok(order) => order.into_iter().map(|scenario| scenario.name.as_str()).collect(),
        Err(error) => {
            troubles.push(error.to_string());
            Vec::new()
        }
    };
    let mut books: Vec<Book> = library
        .all()
        .map(|(name, shelved)| Book {
            name: name.to_owned(),
            file: shelved.file.clone(),
            scenario: shelved.scenario.as_ref().map(|it| Arc::new(it.clone())).map_err(ToString::to_string),
        })
        .collect();
    // Within its tier each stands where it is deployed.
    books.sort_by_key(|book| {
        let place = order.iter().position(|name| *name == book.name).unwrap_or(usize::MAX);
        match &book.scenario {
            Ok(scenario) => (false, Some(scenario.tier), place, scenario.order, book.name.clone()),
            Err(_) => (true, None, place, None, book.name.clone()),
        }
    });
    books
}

fn past(summary: Summary) -> PastRun {
    let Summary { begun, at, last, outcome, is_in_hand } = summary;
    PastRun {
        id: begun.run,
        scenario: begun.scenario,
        title: begun.title,
        hosts: begun.hosts,
        at,
        last,
        outcome,
        is_in_hand,
        is_whole: begun.from_step <= 1,
    }
}
