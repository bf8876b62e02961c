//! Timeouts of SBD's that don't fit together: a node counts as fenced before its watchdog has reset it.

use std::collections::BTreeMap;

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack::{self, Member};
use crate::health::words::{first_lines, listed, shell};
use crate::model::{SbdDeviceState, interval_ms};

pub(super) const CHECK: Check = Check {
    code: "sbd-timeouts",
    meaning: "SBD's msgwait, or stonith-watchdog-timeout without a disk, is under twice the watchdog timeout: critical where it isn't longer at all.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members = stack::members(scene);
    let mut verdicts = of_disks(scene, &members);
    verdicts.extend(of_watchdog(scene, &members));
    verdicts
}

/// Disks with the same timeouts are one finding, whichever hosts read them.
fn of_disks(scene: &Scene<'_>, members: &[Member<'_>]) -> Vec<Verdict> {
    let mut short: BTreeMap<(u64, u64), Vec<(&str, &str)>> = BTreeMap::new();
    for member in members {
        for disk in member.sbd().into_iter().flat_map(|sbd| &sbd.devices) {
            let SbdDeviceState::Read { watchdog: Some(watchdog), msgwait: Some(msgwait), .. } = disk.state
            else {
                continue;
            };
            if msgwait < watchdog.saturating_mul(2) {
                short.entry((watchdog, msgwait)).or_default().push((&disk.path, member.name()));
            }
        }
    }
    short.into_iter().map(|((watchdog, msgwait), seen)| of_disk(scene, watchdog, msgwait, &seen)).collect()
}

fn of_disk(scene: &Scene<'_>, watchdog: u64, msgwait: u64, seen: &[(&str, &str)]) -> Verdict {
    let severity = if msgwait <= watchdog { Severity::Critical } else { Severity::Warning };
    let lines = seen
        .iter()
        .map(|(path, name)| format!("sbd on {name}: {path} has watchdog {watchdog} s, msgwait {msgwait} s"));
    let mut paths: Vec<&str> = seen.iter().map(|(path, _)| *path).collect();
    paths.sort_unstable();
    paths.dedup();
    let disks: Vec<String> = paths.iter().map(|path| format!("-d {}", shell(path))).collect();
    Verdict::new(
        severity,
        scene.name(),
        format!("SBD's msgwait of {msgwait} s under twice its watchdog timeout of {watchdog} s"),
    )
    .because(first_lines(lines))
    .because([effect(msgwait <= watchdog)])
    .remedy(format!(
        "Stop the cluster on every node, then write the timeouts again on one: `sbd {} -1 {watchdog} -4 {} create`.",
        disks.join(" "),
        watchdog.saturating_mul(2)
    ))
}

/// Without a disk, Pacemaker counts a node as fenced after `stonith-watchdog-timeout`. A negative one is worked out by
/// Pacemaker.
fn of_watchdog(scene: &Scene<'_>, members: &[Member<'_>]) -> Option<Verdict> {
    let written = scene.watchdog_timeout()?;
    let timeout = interval_ms(written).filter(|timeout| *timeout > 0)?;
    let diskless = members.iter().filter_map(|member| {
        let sbd = member.sbd().filter(|sbd| sbd.devices.is_empty())?;
        Some((member.name(), sbd.watchdog_timeout?))
    });
    let short: Vec<(&str, u64)> =
        diskless.filter(|(_, watchdog)| timeout < watchdog.saturating_mul(2_000)).collect();
    let watchdog = short.iter().map(|(_, watchdog)| *watchdog).max()?;
    let is_shorter = timeout <= watchdog.saturating_mul(1_000);
    let severity = if is_shorter { Severity::Critical } else { Severity::Warning };
    let names: Vec<&str> = short.iter().map(|(name, _)| *name).collect();
    let lines =
        short.iter().map(|(name, watchdog)| format!("sbd on {name}: SBD_WATCHDOG_TIMEOUT={watchdog}"));
    let verdict = Verdict::new(
        severity,
        scene.name(),
        format!(
            "stonith-watchdog-timeout of {} under twice SBD_WATCHDOG_TIMEOUT of {watchdog} s",
            stack::time(timeout)
        ),
    )
    .because(first_lines(lines))
    .because([
        format!("the cluster's property: stonith-watchdog-timeout={written}, for {}", listed(&names)),
        effect(is_shorter),
    ])
    .remedy(format!(
        "Raise it to twice the watchdog timeout: `crm_attribute --name stonith-watchdog-timeout --update {}s`.",
        watchdog.saturating_mul(2)
    ));
    Some(verdict)
}

fn effect(is_shorter: bool) -> String {
    let words = if is_shorter {
        "a node counts as fenced before its watchdog resets it: both may write to the same data"
    } else {
        "too little is left for a busy node: it may count as fenced while it still runs"
    };
    words.to_owned()
}
