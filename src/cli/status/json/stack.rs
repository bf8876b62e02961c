//! The stack under Pacemaker, as one host reported it.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{
    Daemon, DrbdConnection, DrbdResource, HostStack, Link, LinkPeer, LinkState, Reach, Sbd, SbdDevice,
    SbdDeviceState, SbdSlot, Told, Voter, Votes,
};

/// One host. Each part of its answer is known or not on its own.
#[derive(Debug, Serialize)]
pub(super) struct HostStatus<'a> {
    name: &'a str,
    /// When it answered, by this machine's clock.
    reported_at: Timestamp,
    daemons: Part<'a, Vec<DaemonStatus<'a>>>,
    votes: Part<'a, VotesStatus<'a>>,
    links: Part<'a, Vec<LinkStatus<'a>>>,
    sbd: Part<'a, SbdStatus<'a>>,
    drbd: Part<'a, Vec<DrbdStatus<'a>>>,
    verify: Part<'a, Vec<MessageStatus<'a>>>,
}

/// A part of an answer.
#[derive(Debug, Serialize)]
struct Part<'a, T> {
    /// `known`, `unknown`, `absent` (the host doesn't use it), `not-asked` (another host was).
    state: &'static str,
    /// Why it is unknown.
    reason: Option<&'a str>,
    value: Option<T>,
}

impl<'a, T> Part<'a, T> {
    fn new<M>(told: &'a Told<M>, value: impl FnOnce(&'a M) -> T) -> Self {
        let state = match told {
            Told::NotAsked => "not-asked",
            Told::Absent => "absent",
            Told::Unknown(_) => "unknown",
            Told::Known(_) => "known",
        };
        Self { state, reason: told.reason(), value: told.known().map(value) }
    }

    fn list<M>(told: &'a Told<Vec<M>>, item: impl Fn(&'a M) -> T) -> Part<'a, Vec<T>> {
        Part::new(told, |items| items.iter().map(item).collect())
    }
}

#[derive(Debug, Serialize)]
struct DaemonStatus<'a> {
    name: &'a str,
    /// systemd's word: `active`, `inactive`, `failed` …
    state: &'a str,
    /// systemd's word: `enabled`, `disabled`, `masked` …
    enabled: &'a str,
}

#[derive(Debug, Serialize)]
struct VotesStatus<'a> {
    quorate: Option<bool>,
    expected: Option<u32>,
    total: Option<u32>,
    quorum: Option<u32>,
    flags: &'a [String],
    members: Vec<VoterStatus>,
    /// `null` without Qdevice.
    qdevice_votes: Option<u32>,
}

#[derive(Debug, Serialize)]
struct VoterStatus {
    id: u32,
    votes: u32,
    qdevice: Option<QdeviceStatus>,
}

#[derive(Debug, Serialize)]
struct QdeviceStatus {
    registered: bool,
    alive: bool,
    votes: bool,
}

#[derive(Debug, Serialize)]
struct LinkStatus<'a> {
    number: u32,
    address: &'a str,
    /// Whether corosync has marked the ring faulty; `null` where it watches the link to each peer.
    faulty: Option<bool>,
    peers: Vec<PeerStatus>,
}

#[derive(Debug, Serialize)]
struct PeerStatus {
    id: Option<u32>,
    /// `local`, `connected`, `disconnected`, `unknown`.
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct SbdStatus<'a> {
    watchdog_timeout: Option<u64>,
    watchdog: Option<&'a str>,
    start_mode: Option<&'a str>,
    devices: Vec<SbdDeviceStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct SbdDeviceStatus<'a> {
    path: &'a str,
    /// `read`, `missing`, `unreadable`, `unknown`.
    state: &'static str,
    reason: Option<&'a str>,
    watchdog_timeout: Option<u64>,
    msgwait: Option<u64>,
    slots: Vec<SlotStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct SlotStatus<'a> {
    node: &'a str,
    message: &'a str,
    from: &'a str,
}

#[derive(Debug, Serialize)]
struct DrbdStatus<'a> {
    name: &'a str,
    role: &'a str,
    disks: &'a [String],
    suspended: bool,
    quorum: bool,
    connections: Vec<ConnectionStatus<'a>>,
}

#[derive(Debug, Serialize)]
struct ConnectionStatus<'a> {
    peer: &'a str,
    state: &'a str,
    peer_role: &'a str,
    peer_disks: &'a [String],
    replication: &'a [String],
}

#[derive(Debug, Serialize)]
struct MessageStatus<'a> {
    /// `error`, `warning`.
    severity: &'static str,
    text: &'a str,
}

impl<'a> HostStatus<'a> {
    pub(super) fn new(stack: &'a HostStack) -> Self {
        let report = &stack.report;
        Self {
            name: stack.host.as_str(),
            reported_at: stack.at,
            daemons: Part::list(&report.daemons, DaemonStatus::new),
            votes: Part::new(&report.votes, VotesStatus::new),
            links: Part::list(&report.links, LinkStatus::new),
            sbd: Part::new(&report.sbd, SbdStatus::new),
            drbd: Part::list(&report.drbd, DrbdStatus::new),
            verify: Part::list(&report.verify, |message| MessageStatus {
                severity: if message.is_error { "error" } else { "warning" },
                text: &message.text,
            }),
        }
    }
}

impl<'a> DaemonStatus<'a> {
    fn new(daemon: &'a Daemon) -> Self {
        Self { name: &daemon.name, state: &daemon.state, enabled: &daemon.enabled }
    }
}

impl<'a> VotesStatus<'a> {
    fn new(votes: &'a Votes) -> Self {
        Self {
            quorate: votes.quorate,
            expected: votes.expected,
            total: votes.total,
            quorum: votes.quorum,
            flags: &votes.flags,
            members: votes.members.iter().map(VoterStatus::new).collect(),
            qdevice_votes: votes.qdevice_votes,
        }
    }
}

impl VoterStatus {
    fn new(voter: &Voter) -> Self {
        let qdevice = voter.qdevice.map(|state| QdeviceStatus {
            registered: state.registered,
            alive: state.alive,
            votes: state.votes,
        });
        Self { id: voter.id, votes: voter.votes, qdevice }
    }
}

impl<'a> LinkStatus<'a> {
    fn new(link: &'a Link) -> Self {
        let (faulty, peers) = match &link.state {
            LinkState::Ring { faulty, .. } => (Some(*faulty), Vec::new()),
            LinkState::Peers(peers) => (None, peers.iter().map(PeerStatus::new).collect()),
        };
        Self { number: link.number, address: &link.address, faulty, peers }
    }
}

impl PeerStatus {
    const fn new(peer: &LinkPeer) -> Self {
        let state = match peer.reach {
            Reach::Local => "local",
            Reach::Connected => "connected",
            Reach::Disconnected => "disconnected",
            Reach::Unknown => "unknown",
        };
        Self { id: peer.id, state }
    }
}

impl<'a> SbdStatus<'a> {
    fn new(sbd: &'a Sbd) -> Self {
        Self {
            watchdog_timeout: sbd.watchdog_timeout,
            watchdog: sbd.watchdog.as_deref(),
            start_mode: sbd.start_mode.as_deref(),
            devices: sbd.devices.iter().map(SbdDeviceStatus::new).collect(),
        }
    }
}

impl<'a> SbdDeviceStatus<'a> {
    fn new(device: &'a SbdDevice) -> Self {
        let (state, reason) = match &device.state {
            SbdDeviceState::Read { .. } => ("read", None),
            SbdDeviceState::Missing => ("missing", None),
            SbdDeviceState::Unreadable(reason) => ("unreadable", Some(reason.as_str())),
            SbdDeviceState::Unknown(reason) => ("unknown", Some(reason.as_str())),
        };
        let (watchdog_timeout, msgwait, slots) = match &device.state {
            SbdDeviceState::Read { watchdog, msgwait, slots } => (*watchdog, *msgwait, slots.as_slice()),
            SbdDeviceState::Missing | SbdDeviceState::Unreadable(_) | SbdDeviceState::Unknown(_) => {
                (None, None, [].as_slice())
            }
        };
        let slot =
            |slot: &'a SbdSlot| SlotStatus { node: &slot.node, message: &slot.message, from: &slot.from };
        let slots = slots.iter().map(slot).collect();
        Self { path: &device.path, state, reason, watchdog_timeout, msgwait, slots }
    }
}

impl<'a> DrbdStatus<'a> {
    fn new(resource: &'a DrbdResource) -> Self {
        Self {
            name: &resource.name,
            role: &resource.role,
            disks: &resource.disks,
            suspended: resource.suspended,
            quorum: resource.quorum,
            connections: resource.connections.iter().map(ConnectionStatus::new).collect(),
        }
    }
}

impl<'a> ConnectionStatus<'a> {
    fn new(connection: &'a DrbdConnection) -> Self {
        Self {
            peer: &connection.peer,
            state: &connection.state,
            peer_role: &connection.peer_role,
            peer_disks: &connection.peer_disks,
            replication: &connection.replication,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::pacemaker::parse;

    /// A host with a bit of everything, as the script prints it.
    const EVERYTHING: &str = "= votes 0\n|Quorate: Yes\n|Expected votes: 3\n|Total votes: 3\n|Quorum: 2\n\
        |Flags: Quorate Qdevice\n|    Nodeid      Votes    Qdevice Name\n|         1          1    A,V,NMW a (local)\n\
        |         0          1            Qdevice\n\
        = daemons 0\n|Id=sbd.service\n|LoadState=loaded\n|ActiveState=failed\n|UnitFileState=enabled\n\
        = links 0\n|LINK ID 0 udp\n|\taddr\t= 10.0.0.1\n|\tstatus:\n|\t\tnodeid:  1:\tlocalhost\n|\t\tnodeid:  2:\tdisconnected\n\
        = sbd-config 0\n|SBD_DEVICE=/dev/sdb\n|SBD_WATCHDOG_TIMEOUT=5\n= sbd-devices 0\n|readable /dev/sdb\n\
        = sbd-dump-0 0\n|Timeout (watchdog) : 15\n|Timeout (msgwait)  : 30\n= sbd-list-0 0\n|0\ta\ttest\tb\n\
        = drbd-status 0\n|[{\"name\":\"r0\",\"role\":\"Primary\",\"devices\":[{\"disk-state\":\"UpToDate\"}],\
        \"connections\":[{\"name\":\"b\",\"connection-state\":\"StandAlone\",\"peer-role\":\"Unknown\"}]}]\n\
        = verify 78\n|error: Resource start-up disabled\n|Configuration invalid (with errors)\n= end\n";

    fn json_of(text: &str) -> Value {
        let report = parse::stack(text.as_bytes()).unwrap();
        let at: Timestamp = "2026-11-29T08:00:00Z".parse().unwrap();
        let stack = HostStack { host: "a".into(), at, until: at, report };
        serde_json::to_value(HostStatus::new(&stack)).unwrap()
    }

    fn add_keys(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| add_keys(value, found)),
            Value::Object(entries) => entries.iter().for_each(|(key, value)| {
                found.insert(key.clone());
                add_keys(value, found);
            }),
            _ => {}
        }
    }

    #[test]
    fn each_part_has_its_value() {
        let host = json_of(EVERYTHING);
        assert_eq!(host["votes"]["value"]["members"][0]["qdevice"]["alive"], json!(true));
        assert_eq!(
            host["daemons"]["value"],
            json!([{"name": "sbd", "state": "failed", "enabled": "enabled"}])
        );
        let peers = json!([{"id": 1, "state": "local"}, {"id": 2, "state": "disconnected"}]);
        assert_eq!(host["links"]["value"][0]["peers"], peers);
        let disk = json!({"path": "/dev/sdb", "state": "read", "reason": null, "watchdog_timeout": 15, "msgwait": 30,
            "slots": [{"node": "a", "message": "test", "from": "b"}]});
        assert_eq!(host["sbd"]["value"]["devices"], json!([disk]));
        assert_eq!(host["drbd"]["value"][0]["connections"][0]["state"], json!("StandAlone"));
        let message = json!([{"severity": "error", "text": "Resource start-up disabled"}]);
        assert_eq!(host["verify"]["value"], message);
    }

    #[test]
    fn a_part_without_a_value_says_why() {
        let host = json_of("= links 1\n|Could not initialize\n= end\n");
        let reason = "corosync-cfgtool failed (exit code 1): Could not initialize";
        assert_eq!(host["links"], json!({"state": "unknown", "reason": reason, "value": null}));
        assert_eq!(host["votes"], json!({"state": "not-asked", "reason": null, "value": null}));
        assert_eq!(host["drbd"]["state"], json!("absent"));
    }

    #[test]
    fn the_reference_names_every_key() {
        let reference = include_str!("../../../../docs/status-json.md");
        let (_, reference) = reference.split_once("## A host").unwrap();
        let mut keys = BTreeSet::new();
        add_keys(&json_of(EVERYTHING), &mut keys);
        assert!(keys.len() > 40, "{keys:?}");
        let missing: Vec<_> =
            keys.iter().filter(|key| !reference.contains(&format!("| `{key}` |"))).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }
}
