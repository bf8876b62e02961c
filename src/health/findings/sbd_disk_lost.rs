//! A shared disk of SBD's that a member can't read.

use std::collections::BTreeMap;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack::{self, Member};
use crate::health::words::{first_lines, listed, plural, shell};
use crate::model::{SbdDevice, SbdDeviceState};

pub(super) const CHECK: Check = Check {
    code: "sbd-disk-lost",
    meaning: "A member can't read one of SBD's disks: critical where half of its disks or fewer are left, a warning otherwise.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members: Vec<Member<'_>> = stack::members(scene).into_iter().filter(Member::is_up).collect();
    // What one host has lost has one cause, and so has what several hosts have lost alike.
    let mut lost: BTreeMap<Vec<&str>, Vec<&Member<'_>>> = BTreeMap::new();
    for member in &members {
        let mut paths: Vec<&str> =
            disks(member).iter().filter(|disk| is_lost(disk)).map(|disk| disk.path.as_str()).collect();
        paths.sort_unstable();
        if !paths.is_empty() {
            lost.entry(paths).or_default().push(member);
        }
    }
    lost.iter().map(|(paths, members)| verdict(scene, paths, members)).collect()
}

fn disks<'a>(member: &Member<'a>) -> &'a [SbdDevice] {
    member.sbd().map_or(&[], |sbd| sbd.devices.as_slice())
}

const fn is_lost(disk: &SbdDevice) -> bool {
    matches!(disk.state, SbdDeviceState::Missing | SbdDeviceState::Unreadable(_))
}

fn verdict(scene: &Scene<'_>, paths: &[&str], members: &[&Member<'_>]) -> Verdict {
    let hosts: Vec<&str> = members.iter().map(|member| member.name()).collect();
    // A message counts only on more than half of the disks (`quorum_write` in SBD's `src/sbd-common.c`).
    let too_few: Vec<&&Member<'_>> =
        members.iter().filter(|member| paths.len() * 2 >= disks(member).len()).collect();
    let severity = if too_few.is_empty() { Severity::Warning } else { Severity::Critical };
    let noun = if paths.len() == 1 { "SBD disk" } else { "SBD disks" };
    let effect = too_few.iter().map(|member| {
        let total = disks(member).len();
        format!(
            "{}: {} of {} left, and SBD fences only with more than half",
            member.name(),
            total.saturating_sub(paths.len()),
            plural(total, "disk")
        )
    });
    let first = paths.first().map_or_else(String::new, shell);
    Verdict::new(
        severity,
        stack::subject(scene, &hosts),
        format!("{noun} {} lost on {}", listed(paths), listed(&hosts)),
    )
    .because(first_lines(members.iter().flat_map(|member| lines(member))))
    .because(first_lines(effect))
    .remedy(format!(
        "Check the path to the storage on {} (`lsblk`, iSCSI sessions, multipath) until this answers: `sbd -d {first} list`.",
        stack::each_of(&hosts)
    ))
}

fn lines(member: &Member<'_>) -> Vec<String> {
    let line = |disk: &SbdDevice| {
        let name = member.name();
        match &disk.state {
            SbdDeviceState::Missing => Some(format!("sbd on {name}: {} doesn't exist", disk.path)),
            SbdDeviceState::Unreadable(words) => Some(format!("sbd on {name}: {}: {words}", disk.path)),
            SbdDeviceState::Read { .. } | SbdDeviceState::Unknown(_) => None,
        }
    };
    disks(member).iter().filter_map(line).collect()
}
