//! DRBD resources that aren't replicated, or can't be written.

use std::collections::BTreeMap;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::replication::{self, ALONE, Side};
use crate::health::scene::Scene;
use crate::health::words::first_lines;
use crate::model::DrbdConnection;

pub(super) const CHECK: Check = Check {
    code: "drbd-degraded",
    meaning: "A DRBD resource blocks writes or lacks quorum (critical), has a disk that isn't up to date or no connection to a peer that is there (warning), or resyncs (note).",
    many: Many::Folded("DRBD fault", "need a look"),
    look: Look::Inside(check),
};

/// The kinds of fault, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    NoQuorum,
    Blocked,
    Disk,
    Alone,
    Unconnected,
    Resync,
}

/// What is wrong with a resource in one place. Equal ones have one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    kind: Kind,
    /// What follows the resource's name in the summary.
    words: String,
    /// The node on which to begin.
    node: String,
}

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let mut found: BTreeMap<Fault, (Vec<&str>, Vec<String>)> = BTreeMap::new();
    for (name, sides) in replication::resources(scene) {
        if replication::split(&sides).is_some() {
            continue;
        }
        let mut faults = faults(scene, &sides);
        // The worst is the summary, the rest is evidence.
        faults.sort_by(|(one, _), (other, _)| one.cmp(other));
        let Some((worst, _)) = faults.first().cloned() else { continue };
        let (names, lines) = found.entry(worst).or_default();
        names.push(name);
        for (_, line) in faults {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    found.into_iter().map(|(fault, (names, lines))| verdict(&fault, &names, lines)).collect()
}

fn faults<'a>(scene: &Scene<'a>, sides: &[Side<'a>]) -> Vec<(Fault, String)> {
    let mut faults = Vec::new();
    for side in sides.iter().filter(|side| side.member.is_up()) {
        let name = side.name();
        let mut add = |kind, words: String, node: &str, line: String| {
            faults.push((Fault { kind, words, node: node.to_owned() }, line));
        };
        // The nodes that took the quorum away, or wait for fencing, have findings of their own.
        let waits = side.waits_for_fencing(scene);
        if !side.resource.quorum && !scene.lacks_quorum() && !waits {
            add(
                Kind::NoQuorum,
                format!("without DRBD quorum on {name}"),
                name,
                format!("{}, no quorum", side.line()),
            );
        }
        if side.resource.suspended && !waits {
            add(
                Kind::Blocked,
                format!("blocks writes on {name}"),
                name,
                format!("{}, suspended", side.line()),
            );
        }
        let connections = &side.resource.connections;
        // A resync, or a connection that is lost, is why the data aren't up to date.
        let is_behind = connections.iter().any(|it| resync(it).is_some() || it.state != "Connected");
        if let Some(disk) = side.resource.disks.iter().find(|disk| is_bad(disk, is_behind)) {
            add(Kind::Disk, format!("disk {disk} on {name}"), name, side.line());
        }
        for connection in &side.resource.connections {
            if let Some((fault, line)) = of_connection(scene, side, connection) {
                add(fault.kind, fault.words, &fault.node, line);
            }
        }
    }
    faults
}

fn of_connection<'a>(
    scene: &Scene<'a>,
    side: &Side<'a>,
    connection: &'a DrbdConnection,
) -> Option<(Fault, String)> {
    let (name, peer) = (side.name(), side.peer_name(scene, connection));
    let fault = |kind, words: String, node: &str| Fault { kind, words, node: node.to_owned() };
    let line = side.connection_line(connection, peer);
    if connection.state != "Connected" {
        if side.is_explained(scene, connection) {
            return None;
        }
        if connection.state == ALONE {
            return Some((fault(Kind::Alone, format!("StandAlone on {name}, not replicated"), name), line));
        }
        // Both ends say it.
        let (first, second) = if peer < name { (peer, name) } else { (name, peer) };
        return Some((
            fault(Kind::Unconnected, format!("not connected between {first} and {second}"), first),
            line,
        ));
    }
    if let Some((state, is_target)) = resync(connection) {
        let target = if is_target { name } else { peer };
        return Some((
            fault(Kind::Resync, format!("resyncs on {target}"), target),
            format!("{line}, {state}"),
        ));
    }
    let disk = connection.peer_disks.iter().find(|disk| is_bad(disk, false))?;
    Some((fault(Kind::Disk, format!("disk {disk} on {peer}"), peer), format!("{line}, whose disk is {disk}")))
}

/// A resync under way or paused, and whether this side is the one that is written.
fn resync(connection: &DrbdConnection) -> Option<(&str, bool)> {
    connection.replication.iter().find_map(|state| match state.as_str() {
        "SyncTarget" | "PausedSyncT" | "StartingSyncT" | "WFBitMapT" | "WFSyncUUID" | "Behind" => {
            Some((state.as_str(), true))
        }
        "SyncSource" | "PausedSyncS" | "StartingSyncS" | "WFBitMapS" | "Ahead" => {
            Some((state.as_str(), false))
        }
        // An online verification changes nothing.
        _ => None,
    })
}

/// Whether a disk's state is bad on its own: one that `is_behind` is up to date after a resync.
fn is_bad(disk: &str, is_behind: bool) -> bool {
    match disk {
        "Diskless" | "Failed" => true,
        "Inconsistent" | "Outdated" | "Consistent" => !is_behind,
        _ => false,
    }
}

fn verdict(fault: &Fault, names: &[&str], lines: Vec<String>) -> Verdict {
    let severity = match fault.kind {
        Kind::NoQuorum | Kind::Blocked => Severity::Critical,
        Kind::Disk | Kind::Alone | Kind::Unconnected => Severity::Warning,
        Kind::Resync => Severity::Note,
    };
    let subject = names.first().copied().unwrap_or_default();
    Verdict::new(severity, subject, format!("{} {}", replication::title(names), fault.words))
        .because(first_lines(lines))
        .because((fault.kind == Kind::Alone).then(|| {
            "DRBD ends a connection after a split brain, or when it is told to disconnect".to_owned()
        }))
        .remedy(remedy(fault, &replication::arguments(names)))
}

fn remedy(fault: &Fault, on: &str) -> String {
    let node = &fault.node;
    match fault.kind {
        Kind::NoQuorum => format!(
            "Bring its other nodes back: `drbdadm status {on}` on {node} names them, `drbdadm adjust {on}` on each reconnects."
        ),
        Kind::Blocked => format!(
            "Find out what it waits for on {node}: `drbdadm status {on}`. It goes on once the peer is connected, fenced or outdated; only if the peer is off for sure: `drbdadm resume-io {on}`."
        ),
        Kind::Disk => format!(
            "Check the disk on {node}: `drbdadm status {on}` and `journalctl --dmesg --grep drbd`. Once it is sound, `drbdadm adjust {on}` attaches and resyncs it."
        ),
        Kind::Alone => format!(
            "Look for a split brain on {node}: `journalctl --dmesg --grep Split-Brain`. If there is none, reconnect there: `drbdadm connect {on}`."
        ),
        Kind::Unconnected => format!(
            "Check DRBD's network and that it is up on both: `drbdadm status {on}`, then `drbdadm adjust {on}`."
        ),
        Kind::Resync => format!(
            "Wait, and leave the other node alone meanwhile: `drbdadm status {on}` shows how far it is."
        ),
    }
}
