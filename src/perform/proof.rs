//! Is it really deployed? What proves the steps is run, and nothing else.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Destruction, Lock, Pace, Performer, Start, Unknown};
use crate::scenario::journal::Outcome;
use crate::scenario::{Destroys, Gates, Plan, Proved, Step};

impl Performer {
    /// Looks at what proves each step of a plan, and changes nothing. The error: the hosts can't be asked, and why.
    pub async fn prove(&self, plan: &Plan, now: Timestamp) -> Result<Vec<Proved>, String> {
        let mut steps = Vec::new();
        for step in &plan.scenario.steps {
            let (holds, why) = match step.proof() {
                None => (None, Vec::new()),
                Some(proof) => match self.prove_step(plan, proof, now).await? {
                    Outcome::Done { .. } => (Some(true), Vec::new()),
                    Outcome::Refused { why } => return Err(why.join("; ")),
                    Outcome::Failed { why } => {
                        (Some(false), why.iter().map(|why| without_number(why)).collect())
                    }
                    Outcome::Aborted => (Some(false), Vec::new()),
                },
            };
            steps.push(Proved { number: step.number, holds, why });
        }
        Ok(steps)
    }

    /// Runs the checks of one step and nothing else.
    async fn prove_step(&self, plan: &Plan, step: Step, now: Timestamp) -> Result<Outcome, String> {
        let mut plan = plan.clone();
        plan.scenario.gates = Gates::default();
        plan.scenario.destroys = Destroys::Nothing;
        plan.scenario.steps = vec![step];
        let run = self.runs().create(now).map_err(|error| error.to_string())?;
        let start = Start {
            from_step: 1,
            pace: Pace::ToEnd,
            unknown: Unknown::Ask,
            destruction: Destruction::Refused,
            lock: Lock::Respect,
        };
        let (orders, instructions) = mpsc::channel(1);
        drop(orders);
        let (sender, nobody) = mpsc::channel(1);
        drop(nobody);
        Ok(self.perform(Arc::new(plan), run, start, instructions, sender).await)
    }
}

/// The step was looked at by itself, so the number that is told of it is not its own.
fn without_number(why: &str) -> String {
    why.strip_prefix("step 1 ").unwrap_or(why).to_owned()
}
