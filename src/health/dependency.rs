//! Which cluster waits for which: where the root of a trouble that spreads is likely to be.

use super::{Finding, Health, Severity};

/// How a cluster stands among those that it needs and those that need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The roots that it waits for: clusters that it needs, itself or through others, that give no service or,
    /// where it is in trouble itself, are unknown, and that wait for nobody themselves. Indices, ascending.
    pub waits_for: Vec<usize>,
    /// How many clusters wait for it.
    pub dependents: usize,
    /// The worst health among it and those that wait for it: what repairing it may put right.
    pub weight: Health,
}

/// What clusters that need this one see of its health: as long as it gives its service, no more than a warning.
/// A cluster that has lost a member is in danger, but nobody waits for it; that is what it was built for.
pub fn health_as_provider(health: Health, findings: &[Finding]) -> Health {
    let is_down = |finding: &Finding| {
        finding.severity == Severity::Critical
            && [
                "cluster-stopped",
                "no-quorum",
                "no-dc",
                "stop-all-resources",
                "promoted-missing",
                "clone-incomplete",
                "resource-stopped",
            ]
            .contains(&finding.code)
    };
    if health == Health::Critical && !findings.iter().any(is_down) { Health::Warning } else { health }
}

/// How each cluster stands. `providers` are the indices of those that each needs; `None` is the health of one whose
/// first answer is awaited, which nobody waits for. Circles are followed once. A cluster that works is not said to
/// wait for one that is only unknown.
pub fn standings(providers: &[Vec<usize>], healths: &[Option<Health>]) -> Vec<Standing> {
    let is_bad =
        |at: usize| matches!(healths.get(at).copied().flatten(), Some(Health::Critical | Health::Unknown));
    let bad: Vec<Vec<usize>> = (0..healths.len())
        .map(|at| reached(providers, at).into_iter().filter(|&provider| is_bad(provider)).collect())
        .collect();
    let mut standings: Vec<Standing> = healths
        .iter()
        .enumerate()
        .map(|(at, health)| Standing {
            waits_for: roots(&bad, at)
                .into_iter()
                .filter(|&root| *health != Some(Health::Ok) || healths[root] != Some(Health::Unknown))
                .collect(),
            dependents: 0,
            weight: health.unwrap_or(Health::Ok),
        })
        .collect();
    for at in 0..standings.len() {
        let own = healths[at].unwrap_or(Health::Ok);
        for root in standings[at].waits_for.clone() {
            standings[root].dependents += 1;
            standings[root].weight = standings[root].weight.max(own);
        }
    }
    standings
}

/// All that it needs, itself or through others, without itself; ascending.
fn reached(providers: &[Vec<usize>], from: usize) -> Vec<usize> {
    let mut seen = vec![false; providers.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for &provider in providers.get(at).into_iter().flatten() {
            if let Some(seen) = seen.get_mut(provider)
                && !std::mem::replace(seen, true)
            {
                open.push(provider);
            }
        }
    }
    (0..seen.len()).filter(|&at| seen[at] && at != from).collect()
}

/// Of the bad ones that it needs those that need no other bad one; in a circle nobody is the root.
fn roots(bad: &[Vec<usize>], at: usize) -> Vec<usize> {
    bad[at].iter().copied().filter(|&provider| bad[provider].is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::health::Health::{Critical, Ok, Unknown, Warning};
    use crate::health::Remedy;

    /// 0 db, 1 keystone, 2 glance: each needs those before it.
    fn chain(healths: [Option<Health>; 3]) -> Vec<Standing> {
        standings(&[vec![], vec![0], vec![0, 1]], &healths)
    }

    #[test]
    fn the_root_is_named_and_weighs_what_hangs_on_it() {
        let found = chain([Some(Unknown), Some(Critical), Some(Ok)]);
        assert_eq!(found[0], Standing { waits_for: vec![], dependents: 1, weight: Critical });
        assert_eq!(found[1].waits_for, [0]);
        // What works may well reach what the console does not.
        assert_eq!(found[2].waits_for, [] as [usize; 0]);

        let found = chain([Some(Critical), Some(Critical), Some(Ok)]);
        // Through keystone as well as by itself, but only for the root.
        assert_eq!(found[2].waits_for, [0]);
        assert_eq!(found[0].dependents, 2);
    }

    #[test]
    fn nobody_waits_for_a_cluster_that_still_gives_its_service() {
        let finding = |code| Finding {
            severity: Severity::Critical,
            code,
            subject: "db".to_owned(),
            summary: String::new(),
            evidence: Vec::new(),
            remedy: Remedy::default(),
        };
        assert_eq!(health_as_provider(Critical, &[finding("node-unclean")]), Warning);
        assert_eq!(health_as_provider(Critical, &[finding("node-unclean"), finding("no-quorum")]), Critical);
        assert_eq!(health_as_provider(Unknown, &[]), Unknown);
    }

    #[test]
    fn nobody_waits_for_what_works_or_is_not_known_yet() {
        for health in [Some(Ok), Some(Warning), None] {
            let found = chain([health, Some(Ok), Some(Critical)]);
            assert!(found.iter().all(|standing| standing.waits_for.is_empty()), "{health:?}");
        }
    }

    #[test]
    fn a_circle_has_no_root() {
        let found = standings(&[vec![1], vec![0]], &[Some(Critical), Some(Critical)]);
        assert!(found.iter().all(|standing| standing.waits_for.is_empty()));
    }

    proptest! {
        #[test]
        fn roots_are_bad_and_wait_for_nobody(
            providers in prop::collection::vec(prop::collection::vec(0usize..8, 0..4), 8),
            healths in prop::collection::vec(prop::option::of(prop::sample::select(vec![Ok, Warning, Unknown, Critical])), 8),
        ) {
            let found = standings(&providers, &healths);
            for (at, standing) in found.iter().enumerate() {
                prop_assert!(!standing.waits_for.contains(&at));
                prop_assert!(standing.weight >= healths[at].unwrap_or(Ok));
                for &root in &standing.waits_for {
                    prop_assert!(matches!(healths[root], Some(Critical | Unknown)));
                    prop_assert!(found[root].waits_for.is_empty());
                    prop_assert!(found[root].dependents > 0);
                }
            }
            let waiting: usize = found.iter().map(|standing| standing.waits_for.len()).sum();
            prop_assert_eq!(waiting, found.iter().map(|standing| standing.dependents).sum::<usize>());
        }
    }
}
