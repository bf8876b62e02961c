//! What a deployment comes to on the clusters of this configuration: a plan for each stage, with its values.

use std::collections::{BTreeMap, BTreeSet};

use super::super::arguments::DeployArguments;
use super::super::given::sources;
use crate::cli::failure::Failure;
use crate::cli::settings::Settings;
use crate::model::ClusterEntry;
use crate::perform::{Kept, KeptFor, Runs};
use crate::scenario::deployment::{self, Deployment, NoSite, Placed, Site, between};
use crate::scenario::{Library, NoValue, Plan, Resolved, Scenario, Value};

/// All that a deployment would do.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) deployment: Deployment,
    /// The roles that no cluster has, and that it can do without.
    pub(super) left_out: Vec<String>,
    pub(super) jobs: Vec<Job>,
    /// The values that were made up for it, also those that were made up just now.
    pub(super) kept: Kept,
}

/// One scenario on its cluster.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) placed: Placed,
    pub(super) plan: Plan,
    /// The names of its values that were made up, now or before.
    pub(super) generated: BTreeSet<String>,
}

/// What is wrong with the values, and where.
type Wrong = Vec<(NoValue, Vec<String>)>;

impl Work {
    /// Plans every stage. What is missing or wrong is told at once.
    pub(super) fn new(settings: &Settings, arguments: &DeployArguments, name: &str) -> Result<Self, Failure> {
        let user_dir = Some(settings.user_dir());
        let deployment = deployment::load(name, user_dir)?;
        let library = Library::load(user_dir)?;
        deployment.check(&library)?;
        let site = site(settings, &deployment, &arguments.cluster)?;
        let all = deployment.placed(&site);
        let find = |placed: &Placed| library.scenarios().find(|it| it.name == placed.stage.scenario);
        let scenarios: Vec<&Scenario> = all.iter().filter_map(find).collect();
        let given = sources(settings, &arguments.set, &arguments.variables, None)?;
        deployment.check_set(&given.set, &scenarios)?;
        let first = all.first().map_or("", |it| it.cluster.name.as_str()).to_owned();
        let whose = KeptFor { deployment: deployment.name.clone(), cluster: first };
        let mut kept = Runs::new(&settings.folders.state).kept(whose)?;
        let (from, to) = (arguments.from.as_deref(), arguments.to.as_deref());
        let mut jobs = Vec::new();
        let mut missing = Wrong::new();
        for placed in between(&deployment.name, all, from, to)? {
            // It was looked up above.
            let Some(scenario) = find(&placed) else { continue };
            match scenario.resolve(&placed.sources(scenario, &given, kept.values())) {
                Ok(resolved) => jobs.push(Job::new(placed, scenario.clone(), resolved, &mut kept)?),
                Err(values) => values.wrong.into_iter().for_each(|it| add(&mut missing, it, placed.label())),
            }
        }
        if missing.is_empty() {
            Ok(Self { left_out: site.left_out, deployment, jobs, kept })
        } else {
            Err(Failure::Wrong(tell(&deployment.name, &missing)))
        }
    }

    /// The clusters that it reaches, each once.
    pub(super) fn clusters(&self) -> Vec<ClusterEntry> {
        let mut clusters: Vec<ClusterEntry> = Vec::new();
        for cluster in self.jobs.iter().map(|job| &job.placed.cluster) {
            if !clusters.iter().any(|known| known.name == cluster.name) {
                clusters.push(cluster.clone());
            }
        }
        clusters
    }

    /// What a person should know before it is run, a sentence each.
    pub(super) fn remarks(&self) -> Vec<String> {
        let absent = self.left_out.iter().map(|role| {
            format!("no cluster is called {role}, and none is named by --cluster {role}=NAME: it is left out")
        });
        let jobs = self.jobs.iter().flat_map(|job| {
            let label = job.placed.label();
            job.plan.remarks().into_iter().map(move |remark| format!("{label}: {remark}"))
        });
        absent.chain(jobs).collect()
    }
}

impl Job {
    /// What was made up for it is kept for the others.
    fn new(placed: Placed, scenario: Scenario, resolved: Resolved, kept: &mut Kept) -> Result<Self, Failure> {
        kept.add(&resolved.values, &resolved.generated);
        let is_kept = |(name, value): &(&String, &Value)| kept.values().get(*name) == Some(&value.text);
        let generated = resolved.values.iter().filter(is_kept).map(|(name, _)| name.clone()).collect();
        let plan = Plan::new(scenario, placed.cluster.hosts.clone(), resolved.values)?;
        Ok(Self { placed, plan, generated })
    }
}

/// Where each role is.
fn site(settings: &Settings, deployment: &Deployment, words: &[String]) -> Result<Site, Failure> {
    let named = named(deployment, words)?;
    deployment.site(&named, &[], &settings.config.inventory.clusters).map_err(|error| {
        let hint = match error {
            NoSite::Unassigned { .. } if !settings.is_configured => {
                format!("\nThere is no configuration yet: add [[cluster]] to {}.", settings.file.display())
            }
            _ => String::new(),
        };
        Failure::Wrong(format!("{error}{hint}"))
    })
}

/// Which clusters are meant: `ROLE=NAME`, or `NAME` alone where there is one role.
fn named(deployment: &Deployment, words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let one = |word: &String| match (word.split_once('='), deployment.roles.as_slice()) {
        (Some((role, name)), _) => Ok((role.to_owned(), name.to_owned())),
        (None, [only]) => Ok((only.name.clone(), word.clone())),
        (None, _) => {
            let roles: Vec<String> =
                deployment.roles.iter().map(|role| format!("{}=NAME", role.name)).collect();
            let (word, roles) = (word.escape_debug(), roles.join(", "));
            Err(Failure::Wrong(format!("--cluster {word}: must say for what it is, one of {roles}")))
        }
    };
    words.iter().map(one).collect()
}

/// The same variable of several scenarios is missing once.
fn add(missing: &mut Wrong, value: NoValue, label: String) {
    match missing.iter_mut().find(|(other, _)| name_of(other).is_some() && name_of(other) == name_of(&value))
    {
        Some((_, labels)) => labels.push(label),
        None => missing.push((value, vec![label])),
    }
}

fn name_of(value: &NoValue) -> Option<&str> {
    match value {
        NoValue::Missing { name, .. } => Some(name),
        _ => None,
    }
}

fn tell(deployment: &str, missing: &Wrong) -> String {
    let lines = missing.iter().map(|(value, labels)| format!("\n  {value}, for {}", labels.join(", ")));
    let help = missing.iter().find_map(|(value, _)| name_of(value)).map(|name| {
        format!(
            "\nGive values with --set {name}=…, --variables FILE, the environment (QUORATE_VAR_{name}), or \
             [variables] in the configuration."
        )
    });
    let lines: String = lines.chain(help).collect();
    format!("the deployment {deployment} can't be planned:{lines}")
}
