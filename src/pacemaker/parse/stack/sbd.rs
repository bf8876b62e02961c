//! SBD's configuration and disks.

use super::{End, Section, Sections};
use crate::model::text::clean;
use crate::model::{Sbd, SbdDevice, SbdDeviceState, SbdSlot, Told};

/// Reads `/etc/sysconfig/sbd` or `/etc/default/sbd`, and `sbd -d DEVICE dump` and `list` for each of its disks (SBD's
/// `src/sbd.sysconfig.in` and `src/sbd-md.c`, alike from 1.2.0 to 1.5.2).
pub(super) fn read(sections: &Sections) -> Told<Sbd> {
    if sections.get("sbd-config").is_none() {
        return Told::Absent;
    }
    let told = sections.told("sbd-config", "cat", |section| {
        (section.end == End::Exit(0)).then(|| configuration(&section.lines))
    });
    let (mut sbd, has_disks) = match told {
        Told::Known(known) => known,
        Told::Unknown(reason) => return Told::Unknown(reason),
        Told::Absent | Told::NotAsked => return Told::Absent,
    };
    let devices = sections.get("sbd-devices").filter(|section| section.end == End::Exit(0));
    let devices = devices.into_iter().flat_map(|section| &section.lines).filter(|line| !line.is_empty());
    sbd.devices = devices.enumerate().filter_map(|(nth, line)| device(sections, nth, line)).collect();
    if has_disks && sbd.devices.is_empty() {
        // The file names disks, and the answer ends before them: that isn't to say that SBD has none.
        return Told::Unknown("the answer has nothing of the disks".to_owned());
    }
    Told::Known(sbd)
}

/// What the file sets, and whether it names disks. It holds shell assignments; the last one of a name counts.
fn configuration(lines: &[String]) -> (Sbd, bool) {
    let mut sbd = Sbd::default();
    let mut has_disks = false;
    for line in lines {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = unquoted(value.trim());
        let value = (!value.is_empty()).then_some(value);
        match key.trim() {
            "SBD_DEVICE" => has_disks = value.is_some_and(|value| !value.trim_matches([';', ' ']).is_empty()),
            "SBD_WATCHDOG_TIMEOUT" => sbd.watchdog_timeout = value.and_then(|value| value.parse().ok()),
            "SBD_WATCHDOG_DEV" => sbd.watchdog = value.map(str::to_owned),
            "SBD_STARTMODE" => sbd.start_mode = value.map(str::to_owned),
            _ => {}
        }
    }
    (sbd, has_disks)
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value)
}

/// `readable /dev/disk/by-id/…`
fn device(sections: &Sections, nth: usize, line: &str) -> Option<SbdDevice> {
    let (how, path) = line.split_once(' ')?;
    let state = match how {
        "missing" => SbdDeviceState::Missing,
        "readable" => header(sections, nth),
        _ => SbdDeviceState::Unknown("the user may not read and write it".to_owned()),
    };
    Some(SbdDevice { path: path.to_owned(), state })
}

fn header(sections: &Sections, nth: usize) -> SbdDeviceState {
    let not_asked = || SbdDeviceState::Unknown("the answer was cut off".to_owned());
    let Some(dump) = sections.get(&format!("sbd-dump-{nth}")) else { return not_asked() };
    let timeout = |name: &str| {
        dump.lines.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            let key = key.trim().strip_prefix("Timeout (")?.strip_suffix(')')?;
            if key == name { value.trim().parse().ok() } else { None }
        })
    };
    match dump.end {
        End::Exit(0) => {
            let list = sections.get(&format!("sbd-list-{nth}"));
            let list = list.filter(|section| section.end == End::Exit(0));
            let slots = list.into_iter().flat_map(|section| &section.lines).filter_map(|line| slot(line));
            let (watchdog, msgwait) = (timeout("watchdog"), timeout("msgwait"));
            if watchdog.is_none() && msgwait.is_none() {
                return SbdDeviceState::Unknown(dump.reason("sbd"));
            }
            SbdDeviceState::Read { watchdog, msgwait, slots: slots.collect() }
        }
        End::Exit(_) => unreadable(dump),
        End::Missing | End::Hangs | End::CutOff => SbdDeviceState::Unknown(dump.reason("sbd")),
    }
}

/// `sbd` says what is the matter in its own last words: `== disk /dev/sdx unreadable!`, or that the header isn't one.
fn unreadable(dump: &Section) -> SbdDeviceState {
    let is_denied = |line: &String| {
        let line = line.to_lowercase();
        line.contains("permission denied") || line.contains("not permitted")
    };
    if dump.lines.iter().any(is_denied) {
        return SbdDeviceState::Unknown(dump.reason("sbd"));
    }
    // These are SBD's words about a disk. Without them nothing is known of the disk: `sbd` itself may have failed.
    let about = |line: &&String| line.contains("unreadable") || line.contains("NOT dumped");
    match dump.lines.iter().find(about) {
        Some(line) => SbdDeviceState::Unreadable(clean(line.trim_matches(['=', ' ', '!']))),
        None => SbdDeviceState::Unknown(dump.reason("sbd")),
    }
}

/// `0<tab>db1<tab>clear<tab>` or `1<tab>db2<tab>reset<tab>db1`
fn slot(line: &str) -> Option<SbdSlot> {
    let mut fields = line.split('\t');
    let _: u32 = fields.next()?.trim().parse().ok()?;
    let (node, message) = (fields.next()?.trim(), fields.next()?.trim());
    let from = fields.next().unwrap_or_default().trim();
    let [node, message, from] = [node, message, from].map(str::to_owned);
    (!node.is_empty()).then_some(SbdSlot { node, message, from })
}
