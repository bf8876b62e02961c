//! DRBD's resources.

use serde_json::{Deserializer, Value};

use super::{End, Sections};
use crate::model::{DrbdConnection, DrbdResource, Told};

/// Reads `drbdsetup status --json` (drbd-utils' `user/v9/drbdsetup.c`, DRBD 9), or `/proc/drbd` where that is all there is
/// (DRBD 8.3 and 8.4, whose `drbdsetup` has no JSON). Without the kernel's module nothing was asked.
pub(super) fn read(sections: &Sections) -> Told<Vec<DrbdResource>> {
    if sections.get("drbd-status").is_none() && sections.get("drbd-proc").is_none() {
        return Told::Absent;
    }
    let status = sections.told("drbd-status", "drbdsetup", |section| {
        if section.end == End::Exit(0) { from_json(&section.lines.join("\n")) } else { None }
    });
    if status.known().is_some() {
        return status;
    }
    let names = sections.get("drbd-names").filter(|section| section.end == End::Exit(0));
    let names: Vec<_> =
        names.into_iter().flat_map(|section| &section.lines).filter_map(|line| name(line)).collect();
    let proc = sections.get("drbd-proc").filter(|section| section.end == End::Exit(0));
    // DRBD 9 lists no resources there, which isn't to say that it has none.
    proc.and_then(|section| from_proc(&section.lines, &names)).map_or(status, Told::Known)
}

/// `None` where it is something else. What is said on stderr may stand before and after it.
fn from_json(text: &str) -> Option<Vec<DrbdResource>> {
    let start = if text.starts_with('[') { 0 } else { text.find("\n[")? };
    let value = Deserializer::from_str(text.get(start..)?).into_iter::<Value>().next()?.ok()?;
    Some(value.as_array()?.iter().filter_map(resource).collect())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn resource(value: &Value) -> Option<DrbdResource> {
    let devices = list(value, "devices");
    let disks = devices.iter().filter(|device| !is(device, "client"));
    Some(DrbdResource {
        name: Some(text(value, "name")).filter(|name| !name.is_empty())?.to_owned(),
        role: text(value, "role").to_owned(),
        disks: disks.map(|device| text(device, "disk-state").to_owned()).collect(),
        connections: list(value, "connections").iter().map(connection).collect(),
        suspended: is(value, "suspended"),
        // Before 9.0.10 it isn't told.
        quorum: devices.iter().all(|device| device.get("quorum").and_then(Value::as_bool) != Some(false)),
    })
}

fn connection(value: &Value) -> DrbdConnection {
    let volumes = list(value, "peer_devices");
    let disks = volumes.iter().filter(|volume| !is(volume, "peer-client"));
    let replication = volumes.iter().map(|volume| text(volume, "replication-state"));
    DrbdConnection {
        peer: text(value, "name").to_owned(),
        state: text(value, "connection-state").to_owned(),
        peer_role: text(value, "peer-role").to_owned(),
        peer_disks: disks.map(|volume| text(volume, "peer-disk-state").to_owned()).collect(),
        replication: replication.filter(|state| !is_quiet(state)).map(str::to_owned).collect(),
    }
}

/// Whether that is what replication always does, with or without a connection.
fn is_quiet(replication: &str) -> bool {
    matches!(replication, "" | "Established" | "Off")
}

/// `r0/0 ../../../drbd0`: the link of a volume below `/dev/drbd/by-res`, and where it leads. Gives the minor and the
/// resource.
fn name(line: &str) -> Option<(u32, &str)> {
    let (path, target) = line.rsplit_once(' ')?;
    let minor = target.rsplit('/').next()?.strip_prefix("drbd")?.parse().ok()?;
    let resource = path.split('/').next()?;
    (!resource.is_empty()).then_some((minor, resource))
}

/// ` 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----`, one for each volume.
fn from_proc(lines: &[String], names: &[(u32, &str)]) -> Option<Vec<DrbdResource>> {
    let version = lines.iter().find_map(|line| line.trim().strip_prefix("version: "))?;
    if !version.starts_with("8.") {
        return None;
    }
    let mut resources: Vec<DrbdResource> = Vec::new();
    for volume in lines.iter().filter_map(|line| volume(line, names)) {
        match resources.iter_mut().find(|known| known.name == volume.name) {
            Some(known) => {
                known.disks.extend(volume.disks);
                known.suspended |= volume.suspended;
                if let (Some(known), Some(more)) = (known.connections.first_mut(), volume.connections.first())
                {
                    known.peer_disks.extend(more.peer_disks.iter().cloned());
                    known.replication.extend(more.replication.iter().cloned());
                }
            }
            None => resources.push(volume),
        }
    }
    Some(resources)
}

fn volume(line: &str, names: &[(u32, &str)]) -> Option<DrbdResource> {
    let (minor, rest) = line.trim().split_once(": ")?;
    let minor: u32 = minor.parse().ok()?;
    let field = |key: &str| rest.split_whitespace().find_map(|word| word.strip_prefix(key));
    let (state, replication) = match field("cs:")? {
        "Unconfigured" => return None,
        "Connected" => ("Connected", None),
        "WFConnection" | "WFReportParams" => ("Connecting", None),
        other if is_replication(other) => ("Connected", Some(other)),
        other => (other, None),
    };
    // Before 8.3 the roles stood behind `st:`.
    let (role, peer_role) = field("ro:").or_else(|| field("st:"))?.split_once('/')?;
    let (disk, peer_disk) = field("ds:")?.split_once('/')?;
    // `r` while IO runs, `s` while it is suspended.
    let flags = rest.split_whitespace().skip_while(|word| !word.starts_with("ds:")).skip(1);
    let flags = flags.take(2).find(|word| word.len() > 1);
    let name = names.iter().find(|(known, _)| *known == minor).map(|(_, name)| (*name).to_owned());
    Some(DrbdResource {
        name: name.unwrap_or_else(|| format!("minor-{minor}")),
        role: role.to_owned(),
        disks: vec![disk.to_owned()],
        connections: vec![DrbdConnection {
            peer: String::new(),
            state: state.to_owned(),
            peer_role: peer_role.to_owned(),
            peer_disks: vec![peer_disk.to_owned()],
            replication: replication.map(str::to_owned).into_iter().collect(),
        }],
        suspended: flags.is_some_and(|flags| flags.starts_with('s')),
        quorum: true,
    })
}

/// DRBD 8 has one word for the connection and for what replication does on it (`user/v84/drbd_strings.c`).
fn is_replication(state: &str) -> bool {
    matches!(
        state,
        "StartingSyncS"
            | "StartingSyncT"
            | "WFBitMapS"
            | "WFBitMapT"
            | "WFSyncUUID"
            | "SyncSource"
            | "SyncTarget"
            | "PausedSyncS"
            | "PausedSyncT"
            | "VerifyS"
            | "VerifyT"
            | "Ahead"
            | "Behind"
    )
}
