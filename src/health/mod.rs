//! What is wrong with a cluster, why, and what to do about it.

mod agent;
mod assessment;
mod check;
mod constraint;
#[cfg(test)]
mod coverage;
mod dependency;
mod down;
mod drbd;
mod fencing;
mod finding;
mod findings;
mod fix;
mod incident;
mod index;
mod remedy;
mod remote;
mod replication;
mod scene;
mod stack;
#[cfg(test)]
mod testing;
mod tools;
mod why;
mod words;

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

pub use assessment::Assessment;
pub use check::Check;
pub use constraint::{constraint_words, lease_words};
pub use dependency::{Standing, health_as_provider, standings};
pub use finding::{Finding, Health, Severity};
pub use findings::CHECKS;
pub use fix::{Fix, Remedy};
pub use why::{About, Cause, NodeAnswer, Pull, Reason, Why, why};
pub use words::{plural, span};

use crate::model::{Cib, ClusterEntry, Observation, Picture};
use check::Look;
use scene::{Outlook, Scene};

/// Every finding on a cluster, worst first. Equally bad ones stand in the order of [`CHECKS`], which puts
/// causes before their consequences, and then by subject.
///
/// A picture that the last poll has not confirmed is not judged: its findings appear only as evidence of what
/// was wrong when the cluster was last seen. `now` is the console's clock.
pub fn assess(entry: &ClusterEntry, observation: &Observation, now: Timestamp) -> Vec<Finding> {
    let outlook = Outlook { entry, observation, now };
    let scene = outlook.fresh_picture().map(|picture| Scene::new(outlook, picture));
    sorted(CHECKS.iter().enumerate().flat_map(|(rank, check)| {
        let verdicts = match (check.look, &scene) {
            (Look::Outside(look), _) => look(&outlook),
            (Look::Inside(look) | Look::Configuration(look), Some(scene)) => look(scene),
            (Look::Inside(_) | Look::Configuration(_), None) => Vec::new(),
        };
        check.findings(&outlook, verdicts).into_iter().map(move |finding| (rank, finding))
    }))
}

/// The findings on a configuration alone, of which it isn't known what runs where.
pub fn review(entry: &ClusterEntry, cib: Cib, now: Timestamp) -> Vec<Finding> {
    let picture = Picture { cib: Some(Arc::new(cib)), ..Picture::default() };
    let observation = Observation::none();
    let outlook = Outlook { entry, observation: &observation, now };
    let scene = Scene::new(outlook, &picture);
    sorted(CHECKS.iter().enumerate().flat_map(|(rank, check)| {
        let verdicts = match check.look {
            Look::Configuration(look) => look(&scene),
            Look::Inside(_) | Look::Outside(_) => Vec::new(),
        };
        check.findings(&outlook, verdicts).into_iter().map(move |finding| (rank, finding))
    }))
}

/// What was wrong in the last good picture, however old it is. Never to be shown as the present.
fn last_seen(outlook: Outlook<'_>) -> Option<Vec<Finding>> {
    let scene = Scene::new(outlook, outlook.observation.picture.as_deref()?);
    Some(sorted(CHECKS.iter().enumerate().flat_map(|(rank, check)| {
        let verdicts = match check.look {
            Look::Inside(look) | Look::Configuration(look) => look(&scene),
            Look::Outside(_) => Vec::new(),
        };
        check.findings(&outlook, verdicts).into_iter().map(move |finding| (rank, finding))
    })))
}

fn sorted(ranked: impl Iterator<Item = (usize, Finding)>) -> Vec<Finding> {
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(a_rank, a), (b_rank, b)| {
        (Reverse(a.severity), a_rank, &a.subject, &a.summary).cmp(&(
            Reverse(b.severity),
            b_rank,
            &b.subject,
            &b.summary,
        ))
    });
    ranked.into_iter().map(|(_, finding)| finding).collect()
}
