//! What can be done to a cluster: planned, guarded and verified. No IO.
//!
//! A wish ([`Intent`]) and a picture give a [`Plan`]: the exact commands, what must hold before each, what proves them
//! done, and how to undo them. A [`Course`] is a plan being carried out: a state machine that is told what happened and
//! says what to do next. It never says to run a command twice, and never to run one without a fresh picture before it.

pub mod command;
mod consequence;
mod course;
mod finality;
mod goal;
mod guard;
mod outcome;
mod plan;
mod preview;
mod progress;
mod scope;
mod simulate;
mod site;
mod verb;
pub mod words;

pub use consequence::{Consequences, QuorumLoss, simulation};
pub use course::{Act, Course, Heard};
pub use goal::{Forgotten, Goal, Running, Verdict};
pub use guard::Condition;
pub use outcome::{Outcome, Ran};
pub use plan::{OnFailure, Phase, Plan, Refusal, Step, Undo, Wait, plan};
pub use preview::{NoPreview, Preview, Projection, Together};
pub use progress::{Process, Progress, Sent, Unfinished};
pub use simulate::{AND_THEN, SCRIPT, Simulation};
pub use site::Site;
pub use verb::{Danger, Intent, SubjectKind, Verb};

#[cfg(test)]
mod tests;
