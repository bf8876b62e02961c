//! What the console knows of a cluster, and how fresh it is.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{HostName, HostStack, Picture, Viewpoint};

/// What the console knows of a cluster. The last good picture is kept when contact is lost, and is then
/// old: [`Observation::current`] never gives it out as the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// How the last poll went.
    pub contact: Contact,
    /// The last good picture, which may be old.
    pub picture: Option<Arc<Picture>>,
    /// When that picture was last confirmed by a member, on the console's clock.
    pub confirmed: Option<Timestamp>,
    /// That time is only the one of the saved file: a copy is younger than its picture.
    pub is_dated_by_file: bool,
    /// What each member that was asked believes; more than one only while there is reason to ask around.
    pub viewpoints: Vec<Viewpoint>,
    /// How far the asked member's clock is ahead of the console's, half the round trip taken off.
    pub clock_ahead: Option<SignedDuration>,
    /// What hosts last reported of the stack that the cluster stands on, in the entry's order. Each has its own age.
    pub stacks: Vec<Arc<HostStack>>,
}

impl Observation {
    /// Nothing known yet.
    pub const fn none() -> Self {
        Self {
            contact: Contact::Connecting,
            picture: None,
            confirmed: None,
            is_dated_by_file: false,
            viewpoints: Vec::new(),
            clock_ahead: None,
            stacks: Vec::new(),
        }
    }

    /// The picture, if the last poll confirmed it, or if it is a saved one.
    pub fn current(&self) -> Option<&Picture> {
        match self.contact {
            Contact::Live { .. } | Contact::Saved => self.picture.as_deref(),
            Contact::Connecting | Contact::Stopped { .. } | Contact::Lost { .. } => None,
        }
    }

    /// How old the picture is.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.confirmed.map(|at| now.duration_since(at).max(SignedDuration::ZERO))
    }
}

/// How the last poll went. *Stopped*, *lost* and *live without quorum* are three different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// The first answer is awaited.
    Connecting,
    /// A member answered with a picture.
    Live {
        /// Which.
        host: HostName,
    },
    /// Members answered that the cluster stack does not run there, and no other member gave a picture.
    Stopped {
        /// Those that said so.
        hosts: Vec<HostName>,
        /// Since when it is known.
        since: Timestamp,
    },
    /// No member gave an answer that could be used.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Why, member by member.
        troubles: Vec<Trouble>,
        /// When the next attempt is made.
        retry_at: Timestamp,
    },
    /// Read from a file that somebody saved. Nobody is asked, and nothing changes.
    Saved,
}

/// Why a member could not be asked, or its answer not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which member.
    pub host: HostName,
    /// A short stable word for it.
    pub kind: TroubleKind,
    /// One sentence in words, control characters removed.
    pub message: String,
}

/// The kinds of trouble that have remedies of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum TroubleKind {
    /// The name can't be resolved.
    UnknownHost,
    /// No connection within the limit, or no route.
    Unreachable,
    /// The login waits for its turn or is under way.
    LoginPending,
    /// The host took the connection, but the login wasn't done within the limit.
    SlowLogin,
    /// Nothing listens there.
    Refused,
    /// The key or user was not accepted, or a password was asked for.
    Authentication,
    /// The host's key is not in `known_hosts`.
    HostKeyUnknown,
    /// The host's key is not the one in `known_hosts`.
    HostKeyChanged,
    /// A command did not end within the limit.
    Timeout,
    /// The connection broke.
    ConnectionLost,
    /// `crm_mon` or `cibadmin` was not found.
    NotInstalled,
    /// The user may not ask Pacemaker (not in the group `haclient`), or `sudo -n` was refused.
    PermissionDenied,
    /// More output than the limit.
    TooMuchOutput,
    /// The answer was not understood.
    Unreadable,
    /// Anything else.
    Other,
}
