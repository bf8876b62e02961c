//! One member of a cluster, as far as its answers go.

use std::time::Duration;

use tokio::time::Instant;

use super::ask::Memory;
use super::backoff::Backoff;
use super::home::Identity;
use crate::model::{Belief, HostName, Trouble, TroubleKind};

/// In calm times each member is asked for its view this often.
pub(super) const VIEW_EVERY: Duration = Duration::from_secs(60);

/// One member and its last answer.
pub(super) struct Member {
    pub(super) host: HostName,
    pub(super) memory: Memory,
    pub(super) belief: Option<Belief>,
    /// The cluster that it belonged to when it last gave a picture.
    pub(super) identity: Option<Identity>,
    /// When to ask it for its view, if nothing asks for it earlier.
    pub(super) ask_view_at: Instant,
    pub(super) heard_at: Option<Instant>,
    /// Why it gave no answer last; `None` once it has.
    trouble: Option<Trouble>,
    /// The last question timed out.
    is_slow: bool,
    /// The waits between questions to a silent member.
    backoff: Backoff,
}

impl Member {
    /// A member that hasn't been asked.
    pub(super) fn new(host: HostName, backoff: Backoff, ask_view_at: Instant) -> Self {
        Self {
            host,
            memory: Memory::default(),
            belief: None,
            identity: None,
            ask_view_at,
            heard_at: None,
            trouble: None,
            is_slow: false,
            backoff,
        }
    }

    pub(super) fn was_heard_since(&self, then: Instant) -> bool {
        self.heard_at.is_some_and(|at| at >= then)
    }

    pub(super) fn answered(&mut self, belief: Belief) {
        self.trouble = None;
        self.is_slow = false;
        self.backoff.succeeded();
        self.heard(belief, VIEW_EVERY);
    }

    pub(super) fn failed(&mut self, trouble: &Trouble) {
        let wait = self.backoff.failed();
        let is_slow = trouble.kind == TroubleKind::Timeout;
        if is_slow && !self.is_slow && self.belief.is_some() {
            // A single slow answer says nothing yet.
            let now = Instant::now();
            self.heard_at = Some(now);
            self.ask_view_at = now + wait;
        } else {
            self.heard(Belief::Silent(trouble.message.clone()), wait);
        }
        self.is_slow = is_slow;
        self.trouble = Some(trouble.clone());
    }

    /// Why it gave no answer last.
    pub(super) const fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn heard(&mut self, belief: Belief, next_view: Duration) {
        let now = Instant::now();
        self.heard_at = Some(now);
        self.ask_view_at = now + next_view;
        self.belief = Some(belief);
    }

    /// Its login waits for its turn or is under way. A silent member stays silent until it answers. The next poll asks
    /// again.
    pub(super) fn waits(&mut self, trouble: &Trouble) {
        if !matches!(self.belief, Some(Belief::Silent(_))) {
            self.belief = Some(Belief::Waiting(trouble.message.clone()));
        }
        // A member that has failed and is logged in to again has still failed.
        if self.trouble.as_ref().is_none_or(|known| known.kind == TroubleKind::LoginPending) {
            self.trouble = Some(trouble.clone());
        }
        self.ask_view_at = Instant::now();
    }

    /// A silent member is left alone for a while.
    pub(super) fn may_be_asked(&self, now: Instant) -> bool {
        !matches!(self.belief, Some(Belief::Silent(_))) || now >= self.ask_view_at
    }
}
