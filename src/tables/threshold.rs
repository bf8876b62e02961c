//! What Pacemaker does about a resource's failures, known before anything has failed.

use super::wide::meta;
use crate::health::{plural, span};
use crate::model::{Cib, Picture, Resource, ResourceId, Score, interval};

/// The migration threshold and the failure timeout in words, once for each primitive that differs: the resource it is
/// about (empty if it is the only one) and the words. Empty where nothing is known.
pub(super) fn words(picture: &Picture, resource: &Resource) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (_, primitive) in resource.primitives() {
        let base = base(&primitive.id);
        if let Some(words) = of_one(picture, &primitive.id).filter(|_| all.iter().all(|(id, _)| id != base)) {
            all.push((base.to_owned(), words));
        }
    }
    match all.as_slice() {
        [(_, first), others @ ..] if others.iter().all(|(_, words)| words == first) => {
            vec![(String::new(), first.clone())]
        }
        _ => all,
    }
}

fn base(id: &ResourceId) -> &str {
    id.as_str().split(':').next().unwrap_or_default()
}

fn of_one(picture: &Picture, id: &ResourceId) -> Option<String> {
    let cib = picture.cib.as_deref();
    let threshold = threshold(picture, id)?;
    let fatal_start = cib.is_some_and(is_start_fatal);
    let moves = if let Score::Finite(count @ 1..) = threshold {
        let failures = plural(usize::try_from(count).unwrap_or_default(), "failure");
        let start = if fatal_start { " or a failed start" } else { "" };
        format!("leaves a node after {failures}{start} there (migration-threshold)")
    } else {
        let start = if fatal_start { ", unless a start fails" } else { "" };
        format!("stays on its node after any number of failures{start} (no migration-threshold)")
    };
    let expire = cib.map(|_| match meta(picture, id, "failure-timeout") {
        value if value.is_empty() || interval(&value).is_some_and(|after| after.is_zero()) => {
            "; counts never expire".to_owned()
        }
        value => {
            let after = interval(&value).map_or(value, span);
            format!("; counts expire after {after} (failure-timeout)")
        }
    });
    Some(moves + &expire.unwrap_or_default())
}

/// As `crm_mon` prints it, which it does once the resource has run or been probed, else as configured.
fn threshold(picture: &Picture, id: &ResourceId) -> Option<Score> {
    let printed = || picture.thresholds.iter().find(|(of, _)| of.as_str() == base(id));
    if let Some(threshold) = picture.threshold(id).or_else(|| printed().map(|(_, threshold)| *threshold)) {
        return Some(threshold);
    }
    picture.cib.as_ref()?;
    match meta(picture, id, "migration-threshold") {
        value if value.is_empty() => Some(Score::Infinity),
        value => Score::parse(&value),
    }
}

/// `start-failure-is-fatal`, on by default: a failed start raises the fail count to `INFINITY`.
fn is_start_fatal(cib: &Cib) -> bool {
    cib.property("start-failure-is-fatal").and_then(crate::model::boolean) != Some(false)
}
