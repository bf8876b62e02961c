//! How old the picture is on which a command is sent.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::watch::Clock;

/// The oldest picture on which a command is sent. Writing the command to the audit log usually takes milliseconds.
const OLDEST: SignedDuration = SignedDuration::from_secs(5);

/// Why a command was not sent, for the audit log and for the user.
pub(super) const TOO_OLD: &str = "the picture that allowed it had become too old";

/// When a picture was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// Doesn't advance while the machine sleeps.
    steady: Instant,
    /// Advances while the machine sleeps, but can be set.
    wall: Timestamp,
}

impl Taken {
    pub(super) fn now(clock: &Clock) -> Self {
        Self { steady: Instant::now(), wall: clock() }
    }

    /// Whether the cluster may have changed too much since. A clock that was set, forwards or back, counts as old.
    pub(super) fn is_too_old(&self, clock: &Clock) -> bool {
        let slept = self.wall.duration_until(clock()).abs();
        self.steady.elapsed() > OLDEST.unsigned_abs() || slept > OLDEST
    }
}
