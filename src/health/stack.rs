//! The members' reports of the stack under Pacemaker, and the questions that several findings ask of them.

use jiff::Timestamp;

use super::scene::{Outlook, Scene};
use super::words::{first_lines, names};
use crate::model::{Daemon, HostName, HostStack, Node, Sbd, StackReport};

/// A host's report that stands for the present.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) host: &'a HostName,
    /// The host's node, where its name tells.
    pub(super) node: Option<&'a Node>,
    /// When it reported.
    pub(super) at: Timestamp,
    pub(super) report: &'a StackReport,
}

/// The reports that stand for the present, in the entry's order. A host without one supports no conclusion. Beside an old
/// picture there are none: a report says nothing about the past.
pub(super) fn members<'a>(scene: &Scene<'a>) -> Vec<Member<'a>> {
    let outlook = &scene.outlook;
    if outlook.fresh_picture().is_none() {
        return Vec::new();
    }
    let member = |stack: &'a HostStack| Member {
        host: &stack.host,
        node: scene.picture.node_of(&stack.host),
        at: stack.at,
        report: &stack.report,
    };
    current(outlook).map(member).collect()
}

impl<'a> Member<'a> {
    /// The node's name, or the host's where no node is named like it.
    pub(super) fn name(&self) -> &'a str {
        self.node.map_or(self.host.as_str(), |node| node.name.as_str())
    }

    /// Whether no finding on the node explains what is wrong there.
    pub(super) fn is_up(&self) -> bool {
        self.node.is_none_or(is_up)
    }

    /// The daemons that are installed there; none where they aren't known.
    pub(super) fn daemons(&self) -> &'a [Daemon] {
        self.report.daemons.known().map_or(&[], Vec::as_slice)
    }

    /// Whether that daemon is known to run there.
    pub(super) fn runs(&self, daemon: &str) -> bool {
        self.daemons().iter().any(|known| known.name == daemon && known.is_active())
    }

    /// Its SBD, if systemd runs it or should. A package may leave the configuration file of a service that nobody uses.
    pub(super) fn sbd(&self) -> Option<&'a Sbd> {
        let is_used = |daemon: &&Daemon| {
            matches!(daemon.name.as_str(), "sbd" | "sbd_remote")
                && (daemon.is_active() || daemon.should_run())
        };
        self.daemons().iter().find(is_used).and_then(|_| self.report.sbd.known())
    }
}

/// Whether the node takes part, so that its reports aren't those of a node on its way in or out.
pub(super) fn is_up(node: &Node) -> bool {
    node.online && !node.unclean && !node.pending && !node.shutdown
}

fn current<'a>(outlook: &Outlook<'a>) -> impl Iterator<Item = &'a HostStack> + use<'a> {
    let now = outlook.now;
    outlook.observation.stacks.iter().map(AsRef::as_ref).filter(move |stack| stack.is_current(now))
}

/// The daemons whose failure may be why those hosts take no part, one a line.
pub(super) fn failed_lines(outlook: &Outlook<'_>, is_wanted: impl Fn(&HostName) -> bool) -> Vec<String> {
    let is_failed = |daemon: &&Daemon| {
        daemon.state == "failed" && matches!(daemon.name.as_str(), "corosync" | "pacemaker" | "sbd")
    };
    let hosts = current(outlook).filter(|stack| is_wanted(&stack.host));
    let lines = hosts.flat_map(|stack| {
        let daemons = stack.report.daemons.known().into_iter().flatten();
        daemons.filter(is_failed).map(|daemon| daemon_line(stack.host.as_str(), daemon))
    });
    first_lines(lines)
}

/// Whether systemd should run the daemon and doesn't. One that is starting or stopping isn't down.
pub(super) fn is_down(daemon: &Daemon) -> bool {
    daemon.should_run() && matches!(daemon.state.as_str(), "inactive" | "failed")
}

/// `systemctl on db3: sbd.service failed (enabled)`.
pub(super) fn daemon_line(name: &str, daemon: &Daemon) -> String {
    let Daemon { name: unit, state, enabled } = daemon;
    if enabled.is_empty() {
        return format!("systemctl on {name}: {unit}.service {state}");
    }
    format!("systemctl on {name}: {unit}.service {state} ({enabled})")
}

/// The node with that id in corosync.
pub(super) fn node_with<'a>(scene: &Scene<'a>, id: u32) -> Option<&'a Node> {
    let id = id.to_string();
    scene.picture.members().find(|node| node.id == id)
}

/// The subject of a finding on those hosts: the only one, or else the cluster.
pub(super) fn subject<'a>(scene: &Scene<'a>, hosts: &[&'a str]) -> &'a str {
    match hosts {
        [only] => only,
        _ => scene.name(),
    }
}

/// `db1`, or `each of db1, db2`: the hosts on which to run a command.
pub(super) fn each_of(hosts: &[&str]) -> String {
    match hosts {
        [only] => (*only).to_owned(),
        _ => format!("each of {}", names(hosts)),
    }
}

/// `10 s`, or `1500 ms` where seconds aren't exact.
pub(super) fn time(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1_000) {
        format!("{} s", milliseconds / 1_000)
    } else {
        format!("{milliseconds} ms")
    }
}
