//! Is it really deployed? What proves the steps is run, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::host::Records;
use super::job::{self, Ran};
use super::runs::new_id;
use crate::model::Access;
use crate::scenario::journal::{End, Job, Part, Place};
use crate::scenario::{Check, Gates, Plan, Proved, Step, System};
use crate::transport::Transport;
use crate::watch::Clock;

/// On how many hosts at once.
const AT_ONCE: usize = 16;

/// Looks at what proves each step of a plan, and changes nothing: no journal is kept, and no host is locked, so that it can
/// be done beside a run. The error: the hosts can't be asked, and why.
pub async fn prove(
    transport: Arc<dyn Transport>,
    clock: Clock,
    access: Access,
    plan: &Plan,
) -> Result<Vec<Proved>, String> {
    let mut proof = plan.clone();
    proof.scenario.gates = Gates::default();
    proof.scenario.steps = plan.scenario.steps.iter().filter_map(Step::proof).collect();
    // What the scripts print is kept no longer than they run.
    let output =
        tempfile::tempdir().map_err(|error| format!("there is no room for their output: {error}"))?;
    let (news, nobody) = mpsc::channel(1);
    drop(nobody);
    let id = format!("proof-{}", new_id(clock()));
    let shared = Arc::new(Shared {
        transport,
        clock,
        access,
        masker: proof.masker(),
        plan: Arc::new(proof),
        run: id,
        output: output.path().to_owned(),
        news,
    });
    let places = shared.places();
    let proved = shared.prove(&places).await;
    let mut tidying: Vec<BoxFuture<'_, ()>> = Vec::new();
    for place in &places {
        tidying.push(Box::pin(shared.unlock(place, Records::Forget)));
    }
    futures::stream::iter(tidying).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    let proved = proved?;
    let of = |step: &Step| {
        let without = || Proved { number: step.number, holds: None, why: Vec::new() };
        proved.iter().find(|it| it.number == step.number).cloned().unwrap_or_else(without)
    };
    Ok(plan.scenario.steps.iter().map(of).collect())
}

impl Shared {
    /// Where anything is run.
    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> =
            self.plan.scenario.steps.iter().flat_map(|step| self.plan.places_of_step(step)).collect();
        places.sort();
        places.dedup();
        places
    }

    /// Each step by itself, one after the other.
    async fn prove(self: &Arc<Self>, places: &[Place]) -> Result<Vec<Proved>, String> {
        let systems = self.systems(places).await?;
        let mut proved = Vec::new();
        let mut serial = 0;
        for step in &self.plan.scenario.steps {
            let mut why = Vec::new();
            for (script, check) in step.checks.iter().enumerate() {
                let mut asked: Vec<BoxFuture<'_, (Place, Ran)>> = Vec::new();
                let target = check.script.on.as_ref().unwrap_or(&step.on);
                for place in self.plan.places_of(target) {
                    if systems.get(&place).is_none_or(|system| system.takes(&check.script)) {
                        serial += 1;
                        asked.push(Box::pin(self.look(serial, step.number, script, place)));
                    }
                }
                let answers: Vec<(Place, Ran)> =
                    futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
                for (place, ran) in answers {
                    why.extend(broken(check, &place, &ran)?);
                }
            }
            proved.push(Proved { number: step.number, holds: Some(why.is_empty()), why });
        }
        Ok(proved)
    }

    async fn systems(&self, places: &[Place]) -> Result<BTreeMap<Place, System>, String> {
        let mut asked: Vec<BoxFuture<'_, Result<(Place, System), String>>> = Vec::new();
        for place in places {
            asked.push(Box::pin(async move { Ok((place.clone(), self.probe(place).await?.system)) }));
        }
        let answers: Vec<_> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
        let wrong: Vec<&str> =
            answers.iter().filter_map(|answer| answer.as_ref().err().map(String::as_str)).collect();
        if wrong.is_empty() { Ok(answers.into_iter().flatten().collect()) } else { Err(wrong.join("; ")) }
    }

    async fn look(self: &Arc<Self>, serial: u64, step: usize, script: usize, place: Place) -> (Place, Ran) {
        let job = Job { step, place: place.clone(), part: Part::Check, script };
        (place, job::run(Arc::clone(self), serial, job, None, CancellationToken::new()).await)
    }
}

/// That a check does not hold, in words. The error: nobody knows.
fn broken(check: &Check, place: &Place, ran: &Ran) -> Result<Option<String>, String> {
    match &ran.end {
        End::Exited { code: Some(code) } if *code == check.script.exit_code => Ok(None),
        End::NotSent { why } | End::Lost { why } => Err(why.clone()),
        end => Ok(Some(format!("on {place}: {}", check.does_not_hold(end)))),
    }
}
