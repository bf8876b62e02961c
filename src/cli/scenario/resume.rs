//! `quorate scenario resume`: goes on with a run.

use super::arguments::ResumeArguments;
use super::given::{environment, read};
use super::printable;
use super::run::{access, agreed, carry_out, lock, runs};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::perform::{Pace, Recipe, Run, Runs, Start, Summary, Unknown};
use crate::scenario::journal;
use crate::scenario::{Library, Plan, Sources, ValueFile};

/// Makes the plan again, and goes on where the run was.
pub(super) async fn run(settings: &Settings, arguments: &ResumeArguments) -> Outcome {
    let runs = runs(settings)?;
    let id = match &arguments.run {
        Some(id) => id.clone(),
        None => only_unfinished(&runs)?,
    };
    let run = runs.open(&id)?;
    let recipe = run.recipe()?;
    let plan = plan(settings, arguments, &run, &recipe)?;
    if plan.fingerprint() != recipe.fingerprint {
        return Err(Failure::Wrong(format!(
            "the scenario {} has changed since run {id} began, so it can't be gone on with; begin a new run, which leaves \
             what is done already",
            printable(&recipe.scenario)
        )));
    }
    let access = access(settings, recipe.cluster.as_deref(), &plan.hosts)?;
    let destruction = agreed(&plan, &arguments.consent).await?;
    let start = Start {
        from_step: 1,
        pace: Pace::ToEnd,
        unknown: if arguments.again { Unknown::RunAgain } else { Unknown::Ask },
        destruction,
        lock: lock(&arguments.consent),
    };
    carry_out(settings, plan, (access, runs), run, start, arguments.format).await
}

/// The one that can only be meant.
fn only_unfinished(runs: &Runs) -> Result<String, Failure> {
    let all = runs.list()?;
    let is_left =
        |run: &&Summary| !run.is_in_hand && !run.outcome.as_ref().is_some_and(journal::Outcome::is_final);
    let left: Vec<&Summary> = all.iter().filter(is_left).collect();
    match left.as_slice() {
        [only] => Ok(only.begun.run.clone()),
        [] => Err(Failure::Wrong("no run is unfinished".to_owned())),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|it| format!("{} ({}, {:.0})", it.begun.run, printable(&it.begun.scenario), it.at))
                .collect();
            Err(Failure::Wrong(format!("several runs are unfinished; name one: {}", names.join(", "))))
        }
    }
}

/// The same plan as before: open values were kept, made-up secrets too; the others come from where they came from.
fn plan(
    settings: &Settings,
    arguments: &ResumeArguments,
    run: &Run,
    recipe: &Recipe,
) -> Result<Plan, Failure> {
    let scenario = Library::load(Some(settings.user_dir()))?.open(&recipe.scenario)?;
    let kept = ValueFile { values: run.secrets()?, nodes: Vec::new() };
    let given: Result<Vec<ValueFile>, Failure> = arguments.variables.iter().map(|path| read(path)).collect();
    let sources = Sources {
        set: recipe.values.clone(),
        files: given?.into_iter().chain([kept]).collect(),
        environment: environment(),
        configuration: settings.config.variables.clone(),
        cluster: recipe.cluster.clone(),
        ..Sources::default()
    };
    let resolved = scenario.resolve(&sources)?;
    Ok(Plan::new(scenario, recipe.hosts.clone(), resolved.values)?)
}
