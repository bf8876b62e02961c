//! The stack that a cluster stands on, as one host reports it: daemons, corosync's votes and links, SBD, DRBD.

use jiff::Timestamp;

use super::HostName;

/// What one host reported of its stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostStack {
    /// The host.
    pub host: HostName,
    /// When it answered, by the console's clock.
    pub at: Timestamp,
    /// From then on the report is too old to stand for the present.
    pub until: Timestamp,
    /// The parts of its answer.
    pub report: StackReport,
}

impl HostStack {
    /// Whether the report stands for the present.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// The parts of a host's answer. Each is known or not by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StackReport {
    /// The daemons that are installed there.
    pub daemons: Told<Vec<Daemon>>,
    /// Corosync's votes. Cluster-wide: only one member is asked.
    pub votes: Told<Votes>,
    /// Corosync's links, or rings before corosync 3, as this host sees them.
    pub links: Told<Vec<Link>>,
    /// SBD.
    pub sbd: Told<Sbd>,
    /// DRBD's resources.
    pub drbd: Told<Vec<DrbdResource>>,
    /// The messages of `crm_verify`. Cluster-wide: only one member is asked.
    pub verify: Told<Vec<VerifyMessage>>,
}

impl StackReport {
    /// A report of which nothing is known, for that reason.
    pub fn unknown(reason: &str) -> Self {
        Self {
            daemons: Told::Unknown(reason.to_owned()),
            votes: Told::NotAsked,
            links: Told::Unknown(reason.to_owned()),
            sbd: Told::NotAsked,
            drbd: Told::NotAsked,
            verify: Told::NotAsked,
        }
    }
}

/// A part of an answer. Only [`Told::Known`] supports a conclusion, in either direction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Told<T> {
    /// The host wasn't asked for it.
    #[default]
    NotAsked,
    /// The host doesn't have the tool, or doesn't use it.
    Absent,
    /// The tool failed, was refused, timed out, or printed something unreadable: the reason in words.
    Unknown(String),
    /// The answer.
    Known(T),
}

impl<T> Told<T> {
    /// The answer, if there is one.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::NotAsked | Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why the answer isn't known; `None` where it is, or where the host wasn't asked or has no such thing.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unknown(reason) => Some(reason),
            Self::NotAsked | Self::Absent | Self::Known(_) => None,
        }
    }
}

/// A systemd unit of the stack that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// The unit without `.service`, such as `corosync`.
    pub name: String,
    /// systemd's `ActiveState`: `active`, `inactive`, `failed`, `activating` …
    pub state: String,
    /// systemd's `UnitFileState`: `enabled`, `disabled`, `static`, `masked` …; empty where systemd doesn't say.
    pub enabled: String,
}

impl Daemon {
    /// Whether systemd starts it at boot, or has failed to run it.
    pub fn should_run(&self) -> bool {
        matches!(self.enabled.as_str(), "enabled" | "enabled-runtime") || self.state == "failed"
    }

    /// Whether it runs.
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }
}

/// Corosync's quorum, as `corosync-quorumtool` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Votes {
    /// Whether this partition has quorum.
    pub quorate: Option<bool>,
    /// `expected_votes`.
    pub expected: Option<u32>,
    /// The votes of this partition, Qdevice's included.
    pub total: Option<u32>,
    /// The votes that quorum takes.
    pub quorum: Option<u32>,
    /// votequorum's flags, such as `2Node`, `WaitForAll`, `Qdevice`.
    pub flags: Vec<String>,
    /// The members of this partition.
    pub members: Vec<Voter>,
    /// The votes that Qdevice casts now; `None` where no node has registered it.
    pub qdevice_votes: Option<u32>,
}

/// A member and its votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voter {
    /// Corosync's node id.
    pub id: u32,
    /// Its votes.
    pub votes: u32,
    /// Its Qdevice; `None` where no node uses one.
    pub qdevice: Option<QdeviceState>,
}

/// The state of one node's Qdevice (`A,V,NMW`, `NR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QdeviceState {
    /// The daemon has registered with corosync; `NR` if not.
    pub registered: bool,
    /// It reports in time (`A`, not `NA`).
    pub alive: bool,
    /// It casts its vote for this node's partition (`V`, not `NV`).
    pub votes: bool,
}

/// A link of corosync's, or a ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub number: u32,
    /// This host's address on it.
    pub address: String,
    /// Its state.
    pub state: LinkState,
}

impl Link {
    /// The places of the nodes that this link has lost although another link of the same host reaches them.
    pub fn lost<'a>(&'a self, all: &'a [Self]) -> impl Iterator<Item = usize> + 'a {
        let reach = |link: &Self, place: usize| match &link.state {
            LinkState::Peers(peers) => peers.get(place).map(|peer| peer.reach),
            LinkState::Ring { .. } => None,
        };
        let count = if let LinkState::Peers(peers) = &self.state { peers.len() } else { 0 };
        (0..count).filter(move |&place| {
            reach(self, place) == Some(Reach::Disconnected)
                && all.iter().any(|link| reach(link, place) == Some(Reach::Connected))
        })
    }
}

/// How a link is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Corosync watches the whole ring (2.x), or doesn't watch it at all (`udp` and `udpu` on 3.x always say `OK`).
    Ring {
        /// Corosync has marked it faulty.
        faulty: bool,
        /// Corosync's own words.
        words: String,
    },
    /// Corosync watches the link to each peer (3.x with `knet`).
    Peers(Vec<LinkPeer>),
}

/// A node on a link. Every link of a host lists the same nodes in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPeer {
    /// Corosync's node id; `None` from corosync 3.0.0 and 3.0.1, which print its place in the list instead.
    pub id: Option<u32>,
    /// How the link reaches it.
    pub reach: Reach,
}

/// How a link reaches a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The node is the host itself.
    Local,
    /// The link is up.
    Connected,
    /// The link is down.
    Disconnected,
    /// Corosync couldn't tell.
    Unknown,
}

/// SBD on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sbd {
    /// `SBD_DEVICE`: the shared disks, in their order. Empty: diskless.
    pub devices: Vec<SbdDevice>,
    /// `SBD_WATCHDOG_TIMEOUT` in seconds; `None` where the file doesn't set it. A disk's own timeout goes before it.
    pub watchdog_timeout: Option<u64>,
    /// `SBD_WATCHDOG_DEV`.
    pub watchdog: Option<String>,
    /// `SBD_STARTMODE`.
    pub start_mode: Option<String>,
}

/// A disk of SBD's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbdDevice {
    /// Its path.
    pub path: String,
    /// What this host can tell of it.
    pub state: SbdDeviceState,
}

/// What a host can tell of an SBD disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SbdDeviceState {
    /// Its header was read.
    Read {
        /// `Timeout (watchdog)` in seconds.
        watchdog: Option<u64>,
        /// `Timeout (msgwait)` in seconds.
        msgwait: Option<u64>,
        /// The slots, where they could be read.
        slots: Vec<SbdSlot>,
    },
    /// The path doesn't exist.
    Missing,
    /// `sbd` could open the path but not read a header: its words.
    Unreadable(String),
    /// The user may not read it, or it didn't answer in time: the reason. Says nothing about the disk.
    Unknown(String),
}

/// A node's slot on an SBD disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbdSlot {
    /// Whose it is.
    pub node: String,
    /// The message in it: `clear`, `test`, `reset`, `off`, `exit`, `crashdump`.
    pub message: String,
    /// Who left the message; empty where nobody did.
    pub from: String,
}

/// A DRBD resource on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrbdResource {
    /// Its name; `minor-0` where only `/proc/drbd` (DRBD 8) tells and no link names it. `drbdadm` takes both.
    pub name: String,
    /// `Primary`, `Secondary`, `Unknown`.
    pub role: String,
    /// The states of its volumes' disks, such as `UpToDate`. A volume without a disk on purpose is left out.
    pub disks: Vec<String>,
    /// A connection to each peer.
    pub connections: Vec<DrbdConnection>,
    /// DRBD blocks writes: for a user, fencing, lack of data or of quorum.
    pub suspended: bool,
    /// `false` where DRBD itself lacks quorum.
    pub quorum: bool,
}

/// DRBD's connection to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrbdConnection {
    /// The peer's name; empty on DRBD 8, which has one peer only.
    pub peer: String,
    /// `Connected`, `Connecting`, `StandAlone` …; DRBD 8's `WFConnection` is `Connecting`.
    pub state: String,
    /// The peer's role; `Unknown` without a connection.
    pub peer_role: String,
    /// The states of the peer's disks.
    pub peer_disks: Vec<String>,
    /// What replication does where that isn't `Established`, such as `SyncTarget`.
    pub replication: Vec<String>,
}

/// A message of `crm_verify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyMessage {
    /// An error, or else a warning.
    pub is_error: bool,
    /// Its text.
    pub text: String,
}
