//! A daemon of the stack that systemd should run and doesn't.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack::{self, Member};
use crate::health::words::{first_lines, listed};
use crate::model::{Belief, Daemon};

pub(super) const CHECK: Check = Check {
    code: "daemon-down",
    meaning: "A daemon that is enabled doesn't run, or has failed, on a member that takes part: critical for SBD where it fences, a note for pcsd.",
    many: Many::Apart,
    look: Look::Inside(check),
};

/// The daemons in the order of their importance. `corosync-qdevice` has a finding of its own.
const DAEMONS: [&str; 6] = ["corosync", "pacemaker", "pacemaker_remote", "sbd", "sbd_remote", "pcsd"];

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members = stack::members(scene);
    DAEMONS.iter().filter_map(|daemon| verdict(scene, &members, daemon)).collect()
}

fn verdict(scene: &Scene<'_>, members: &[Member<'_>], name: &str) -> Option<Verdict> {
    let down: Vec<(&Member<'_>, &Daemon)> = members
        .iter()
        .filter_map(|member| Some((member, member.daemons().iter().find(|daemon| daemon.name == name)?)))
        .filter(|(member, daemon)| stack::is_down(daemon) && !is_explained(scene, member, daemon))
        .collect();
    let hosts: Vec<&str> = down.iter().map(|(member, _)| member.name()).collect();
    let (_, first) = down.first()?;
    let state =
        if down.iter().all(|(_, daemon)| daemon.state == "failed") { "failed" } else { "not running" };
    let lines = down.iter().map(|(member, daemon)| stack::daemon_line(member.name(), daemon));
    let (severity, effect) = effect(scene, &first.name);
    let verdict = Verdict::new(
        severity,
        stack::subject(scene, &hosts),
        format!("{name} {state} on {}", listed(&hosts)),
    )
    .because(first_lines(lines))
    .because(effect.map(str::to_owned))
    .remedy(remedy(name, &stack::each_of(&hosts)));
    Some(verdict)
}

/// Whether another finding, or the same report, explains why it doesn't run.
fn is_explained(scene: &Scene<'_>, member: &Member<'_>, daemon: &Daemon) -> bool {
    match daemon.name.as_str() {
        "pcsd" => !member.is_up(),
        // They run only together with Pacemaker.
        "sbd" => !member.is_up() || !member.runs("pacemaker"),
        "sbd_remote" => !member.is_up() || !member.runs("pacemaker_remote"),
        // A package may leave the other one of the two, which can't run beside it.
        "pacemaker_remote" if member.runs("pacemaker") => true,
        "corosync" | "pacemaker" if member.runs("pacemaker_remote") => true,
        // Whether the node takes part is for the picture to say. Only a failure beside a node that is online is more: its
        // children live on without it. An inactive one was stopped, and the picture is newer than the report.
        name => {
            let is_named_for_corosync = name == "pacemaker"
                && member.daemons().iter().any(|it| it.name == "corosync" && stack::is_down(it));
            let says_stopped = scene
                .outlook
                .viewpoints()
                .iter()
                .any(|viewpoint| viewpoint.host == *member.host && viewpoint.belief == Belief::Stopped);
            daemon.state != "failed"
                || !member.is_up()
                || member.node.is_none()
                || is_named_for_corosync
                || says_stopped
        }
    }
}

fn effect(scene: &Scene<'_>, daemon: &str) -> (Severity, Option<&'static str>) {
    match daemon {
        "pcsd" => (Severity::Note, Some("the cluster runs without it; pcs can't reach the host")),
        "sbd" | "sbd_remote" if fences_by_sbd(scene) => (
            Severity::Critical,
            Some("SBD fencing counts as done after a timeout, although nothing there resets the node"),
        ),
        "sbd" | "sbd_remote" => (Severity::Warning, None),
        _ => (Severity::Warning, Some("nothing restarts what it left running")),
    }
}

/// Whether Pacemaker counts on SBD: a device that uses it, or the watchdog alone.
fn fences_by_sbd(scene: &Scene<'_>) -> bool {
    let is_sbd = |placed: &crate::health::scene::Placed<'_>| {
        matches!(placed.primitive.agent.as_str(), "stonith:external/sbd" | "stonith:fence_sbd")
    };
    scene.placed.iter().any(is_sbd) || scene.has_watchdog()
}

fn remedy(daemon: &str, host: &str) -> String {
    match daemon {
        "sbd" => format!(
            "Check `journalctl --boot --unit sbd` on {host}. Once repaired, restart the stack there, as systemd starts sbd only with it: `systemctl stop pacemaker corosync`, then `systemctl start pacemaker`."
        ),
        "sbd_remote" => format!(
            "Check `journalctl --boot --unit sbd_remote` on {host}. Once repaired, restart it with Pacemaker: `systemctl restart pacemaker_remote`."
        ),
        _ => format!(
            "Check `journalctl --boot --unit {daemon}` on {host}, then start it there: `systemctl start {daemon}`."
        ),
    }
}
