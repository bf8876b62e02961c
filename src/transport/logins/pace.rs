//! The bound on logins under way, adapted to what succeeds.

use std::time::Duration;

/// The bound to begin with. sshd by default turns connections away at random from the eleventh on that hasn't logged
/// in.
const START: f64 = 8.0;

/// The lowest bound.
const FLOOR: f64 = 1.0;

/// The bound grows while about fewer logins than this wait for each other.
const QUEUED: f64 = 4.0;

/// A login isn't slower than the fastest one if it took at most this many times as long.
const ALIKE: f64 = 1.2;

/// The weight of the latest login in the average.
const LATEST: f64 = 0.2;

/// Adapts the number of logins under way to what the way to the hosts takes.
///
/// Nobody knows the bottleneck beforehand: the cores of this machine, a jump host's, or one sshd. The latency tells:
/// of `n` logins under way, `n × (1 − fastest / latency)` wait for the others. While that is little, the bound grows,
/// by one with every login at first and by one with every round later. Where logins time out or are turned away
/// because of the crowd, it is halved, once for all that were under way together.
///
/// `fastest` is the fastest login to any host. The fastest one to a cluster would include its own wait for the others, and
/// a queue that never gets shorter would look like a long way.
///
/// Holds no clock.
#[derive(Debug)]
pub(super) struct Pace {
    bound: f64,
    most: f64,
    /// Up to here the bound grows with every login.
    fast_until: f64,
    fastest: Option<Duration>,
    /// The average part of their limit that logins took.
    taken: Option<f64>,
    begun: u64,
    /// The login begun last of those that succeeded.
    last_success: u64,
    /// Only a login begun after this one may halve the bound again.
    halved_at: u64,
}

/// A login under way, for [`Pace::ended`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun(u64);

/// The end of a login, as far as it tells something about the way to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// It succeeded, within this time of that limit.
    LoggedIn {
        /// From its turn on.
        took: Duration,
        /// The longest that it could have taken.
        limit: Duration,
    },
    /// It took too long on a way that works or may work.
    TimedOut,
    /// The connection was closed before the login.
    TurnedAway,
    /// It failed for a reason of the host's own.
    Neutral,
}

impl Pace {
    /// The bound is never higher than `most`.
    pub(super) fn new(most: usize) -> Self {
        let most = (most as f64).max(FLOOR);
        Self {
            bound: START.min(most),
            most,
            fast_until: most,
            fastest: None,
            taken: None,
            begun: 0,
            last_success: 0,
            halved_at: 0,
        }
    }

    /// The number of logins that may be under way.
    pub(super) fn bound(&self) -> usize {
        self.bound as usize
    }

    /// One more login is under way.
    pub(super) fn begin(&mut self) -> Begun {
        self.begun += 1;
        Begun(self.begun)
    }

    /// Whether the other logins under way may be why that one failed.
    pub(super) fn may_be_crowded_out(&self, login: Begun, signal: Signal) -> bool {
        match signal {
            Signal::TimedOut => !self.is_own_fault(login),
            Signal::TurnedAway => true,
            Signal::LoggedIn { .. } | Signal::Neutral => false,
        }
    }

    /// A login has ended. `under_way` counts it, too.
    pub(super) fn ended(&mut self, login: Begun, signal: Signal, under_way: usize) {
        match signal {
            Signal::LoggedIn { took, limit } => self.succeeded(login, took, limit, under_way),
            Signal::TimedOut if self.is_own_fault(login) => {}
            Signal::TimedOut | Signal::TurnedAway => self.halve(login),
            Signal::Neutral => {}
        }
    }

    fn succeeded(&mut self, login: Begun, took: Duration, limit: Duration, under_way: usize) {
        self.last_success = self.last_success.max(login.0);
        let part = took.as_secs_f64() / limit.as_secs_f64().max(f64::MIN_POSITIVE);
        self.taken = Some(self.taken.map_or(part, |taken| taken + LATEST * (part - taken)));
        let fastest = self.fastest.map_or(took, |fastest| fastest.min(took));
        self.fastest = Some(fastest);
        if under_way < self.bound() {
            // The bound was not what held the others up.
            return;
        }
        let ratio = fastest.as_secs_f64() / took.as_secs_f64().max(f64::MIN_POSITIVE);
        let has_time = part < 0.5 || ratio * ALIKE >= 1.0;
        if !has_time || self.bound * (1.0 - ratio) >= QUEUED {
            self.fast_until = self.fast_until.min(self.bound);
            return;
        }
        let step = if self.bound < self.fast_until { 1.0 } else { 1.0 / self.bound };
        self.bound = (self.bound + step).min(self.most);
    }

    /// A login that was begun later got in, and logins have time to spare: this host alone is slow or dead.
    fn is_own_fault(&self, login: Begun) -> bool {
        self.last_success > login.0 && self.taken.is_some_and(|taken| taken < 0.5)
    }

    fn halve(&mut self, login: Begun) {
        if login.0 <= self.halved_at {
            return;
        }
        self.halved_at = self.begun;
        self.bound = (self.bound / 2.0).max(FLOOR);
        self.fast_until = self.bound;
    }
}
