//! How long to wait after a failure.

use std::time::Duration;

/// Waits that double from failure to failure up to a cap, each shortened at random by up to a half, so that
/// many clusters lost at one moment do not all come back at one moment.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
    random: fastrand::Rng,
}

impl Backoff {
    /// Begins with waits of about `first`; none is longer than `cap`.
    pub(super) fn new(first: Duration, cap: Duration, random: fastrand::Rng) -> Self {
        Self { first: first.min(cap), cap, failures: 0, random }
    }

    /// The wait after one more failure.
    pub(super) fn failed(&mut self) -> Duration {
        let full = self.first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(0.5 + 0.5 * self.random.f64())
    }

    /// Begins anew.
    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever happens, in whatever order: every wait lies between half of and all of what a plain
        /// doubling from the last success gives, and under the cap.
        #[test]
        fn waits_follow_the_failures_since_the_last_success(
            first in 1_u64..5_000,
            cap in 1_u64..60_000,
            seed: u64,
            failed in proptest::collection::vec(prop::bool::weighted(0.9), 0..200),
        ) {
            let cap = Duration::from_millis(cap);
            let mut backoff = Backoff::new(Duration::from_millis(first), cap, fastrand::Rng::with_seed(seed));
            let mut full = Duration::from_millis(first).min(cap);
            for failed in failed {
                if failed {
                    let wait = backoff.failed();
                    prop_assert!(full.mul_f64(0.499) <= wait && wait <= full, "{wait:?} of {full:?}");
                    full = (full * 2).min(cap);
                } else {
                    backoff.succeeded();
                    full = Duration::from_millis(first).min(cap);
                }
            }
        }
    }
}
