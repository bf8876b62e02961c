//! What a simulated cluster would write into its journal: the differences between two moments in the words of the
//! programs that notice them.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::blueprint::{Blueprint, MEMBERS};
use super::placement::{Instance, place};
use super::situation::{FailedOperation, Fencing, FencingOutcome, Presence, Situation};

/// Writes the log of one cluster from moment to moment.
pub(super) struct Chronicle<'a> {
    blueprint: &'a Blueprint,
    before: Option<(Situation, Places)>,
    /// How many transitions the scheduler has calculated.
    transition: i64,
}

/// What runs where: the resource, the node, the role.
type Places = Vec<(String, String, &'static str)>;

/// The scheduler looks at the cluster this often, whether anything has happened or not.
const RECHECK: i64 = 300;

/// What a quiet round looks like: how many seconds after its beginning, who says what.
const ROUND: [(i64, Program, &str); 2] = [
    (0, "pacemaker-controld", "notice: State transition S_IDLE -> S_POLICY_ENGINE"),
    (1, "pacemaker-controld", "notice: State transition S_TRANSITION_ENGINE -> S_IDLE"),
];

type Program = &'static str;

impl<'a> Chronicle<'a> {
    pub(super) const fn new(blueprint: &'a Blueprint) -> Self {
        Self { blueprint, before: None, transition: 0 }
    }

    /// What was written after the moment before up to this one, of which the cluster was so. The first moment has none
    /// before it.
    pub(super) fn lines(&mut self, situation: Situation, since: Timestamp, now: Timestamp) -> String {
        let places = places(self.blueprint, &situation);
        let mut said = Vec::new();
        if let Some((before, places_before)) = self.before.take() {
            let change = Change { blueprint: self.blueprint, before: &before, after: &situation };
            change.nodes(&mut said);
            change.events(&mut said);
            moves(&places_before, &places, &mut said);
            if !said.is_empty() {
                let number = self.next_transition(now);
                said.push(("pacemaker-schedulerd", calculated(number)));
            }
        }
        let dc = self.name(situation.dc).to_owned();
        let mut lines = self.rounds(&dc, since, now);
        lines.extend(said.into_iter().map(|(program, words)| line(now, &dc, program, &words)));
        self.before = Some((situation, places));
        lines.concat()
    }

    /// What is written again and again.
    fn rounds(&mut self, dc: &str, since: Timestamp, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for second in since.as_second() + 1..=now.as_second() {
            let Ok(at) = Timestamp::from_second(second) else { continue };
            for (_, program, words) in ROUND.iter().filter(|(after, ..)| second.rem_euclid(RECHECK) == *after)
            {
                lines.push(line(at, dc, program, words));
                if words.ends_with("S_POLICY_ENGINE") {
                    let number = self.next_transition(at);
                    lines.push(line(at, dc, "pacemaker-schedulerd", &calculated(number)));
                }
            }
        }
        lines
    }

    fn next_transition(&mut self, at: Timestamp) -> i64 {
        self.transition = (self.transition + 1).max(at.as_second().rem_euclid(360_000) / RECHECK);
        self.transition
    }

    fn name(&self, node: usize) -> &str {
        self.blueprint.nodes.get(node).map_or("", |node| &node.name)
    }
}

fn calculated(number: i64) -> String {
    format!(
        "notice: Calculated transition {number}, saving inputs in \
         /var/lib/pacemaker/pengine/pe-input-{number}.bz2"
    )
}

/// A line as `journalctl -o short-iso` prints it.
fn line(at: Timestamp, host: &str, program: &str, words: &str) -> String {
    // The members were started one after the other: each program has a number of its own.
    let pid = 1200 + program.len() * 7 + host.len();
    let time = strtime::format("%Y-%m-%dT%H:%M:%S%z", &at.to_zoned(TimeZone::UTC)).unwrap_or_default();
    let gap = if program == "corosync" { "   " } else { "  " };
    format!("{time} {host} {program}[{pid}]:{gap}{words}\n")
}

fn places(blueprint: &Blueprint, situation: &Situation) -> Places {
    let units = place(blueprint, situation);
    let running = |instance: &Instance<'_>| {
        let node = blueprint.nodes.get(instance.node?)?;
        Some((instance.id.to_string(), node.name.clone(), instance.role))
    };
    units.iter().flat_map(|unit| &unit.instances).filter_map(running).collect()
}

/// What starts, stops, and changes its role.
fn moves(before: &Places, after: &Places, said: &mut Vec<(Program, String)>) {
    let is_there = |all: &Places, id: &str, node: &str| all.iter().any(|(i, n, _)| i == id && n == node);
    for (id, node, _) in before.iter().filter(|(id, node, _)| !is_there(after, id, node)) {
        said.push(("pacemaker-controld", format!("notice: Initiating stop operation {id}_stop_0 on {node}")));
        said.push(("pacemaker-controld", format!("notice: Result of stop operation for {id} on {node}: ok")));
    }
    for (id, node, role) in after {
        let old = before.iter().find(|(i, n, _)| i == id && n == node).map(|(.., role)| *role);
        let operation = match (old, *role) {
            (Some(old), new) if old == new => continue,
            (_, "Promoted") => "promote",
            (Some("Promoted"), _) => "demote",
            (Some(_), _) => continue,
            (None, _) => "start",
        };
        said.push((
            "pacemaker-controld",
            format!("notice: Initiating {operation} operation {id}_{operation}_0 on {node}"),
        ));
        said.push((
            "pacemaker-controld",
            format!("notice: Result of {operation} operation for {id} on {node}: ok"),
        ));
    }
}

/// Two moments of one cluster.
struct Change<'a> {
    blueprint: &'a Blueprint,
    before: &'a Situation,
    after: &'a Situation,
}

impl Change<'_> {
    fn name(&self, node: usize) -> &str {
        self.blueprint.nodes.get(node).map_or("", |node| &node.name)
    }

    /// Who comes and goes, and what follows for the quorum.
    fn nodes(&self, said: &mut Vec<(Program, String)>) {
        for (index, (old, new)) in self.before.nodes.iter().zip(&self.after.nodes).enumerate() {
            let name = self.name(index);
            match (old.presence, new.presence) {
                (old, new) if old == new => {}
                (Presence::Online | Presence::Pending, Presence::Unclean) => {
                    said.push((
                        "corosync",
                        "[TOTEM ] A processor failed, forming new configuration.".to_owned(),
                    ));
                    said.push(("pacemaker-controld", format!("notice: Node {name} state is now lost")));
                    said.push((
                        "pacemaker-schedulerd",
                        format!(
                            "warning: Cluster node {name} will be fenced: peer is no longer part of the cluster"
                        ),
                    ));
                }
                (_, Presence::Offline | Presence::Unclean) => {
                    said.push(("pacemaker-controld", format!("notice: Node {name} state is now lost")));
                }
                (_, Presence::Pending) => {
                    said.push(("corosync", "[TOTEM ] A new membership was formed.".to_owned()));
                    said.push(("pacemaker-controld", format!("info: Node {name} is joining")));
                }
                (_, Presence::Online) => {
                    said.push(("pacemaker-controld", format!("notice: Node {name} state is now member")));
                }
            }
            for (old, new, attribute) in
                [(old.standby, new.standby, "standby"), (old.maintenance, new.maintenance, "maintenance")]
            {
                if old != new {
                    let value = if new { "on" } else { "off" };
                    said.push(("pacemaker-attrd", format!("notice: Setting {attribute}[{name}]: {value}")));
                }
            }
        }
        match (self.before.quorate, self.after.quorate) {
            (true, false) => {
                let words = "[QUORUM] This node is within the non-primary component and will NOT provide any services.";
                said.push(("corosync", words.to_owned()));
                said.push(("pacemaker-controld", "warning: Quorum lost".to_owned()));
            }
            (false, true) => said.push(("pacemaker-controld", "notice: Quorum acquired".to_owned())),
            (true, true) | (false, false) => {}
        }
        if self.before.dc != self.after.dc && self.after.dc < MEMBERS {
            let name = self.name(self.after.dc);
            said.push(("pacemaker-controld", format!("notice: {name} was elected DC")));
        }
    }

    /// What failed, who was fenced, what was configured.
    fn events(&self, said: &mut Vec<(Program, String)>) {
        let is_known = |failure: &FailedOperation| {
            self.before.failures.iter().any(|old| {
                old.resource == failure.resource && old.node == failure.node && old.at == failure.at
            })
        };
        for failure in self.after.failures.iter().filter(|failure| !is_known(failure)) {
            let (error, node) = (failure.error, self.name(failure.node));
            let (operation, reason) = (error.operation, error.exit_reason);
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            let id = &failure.resource;
            said.push((
                "pacemaker-controld",
                format!(
                    "error: Result of {operation} operation for {id} on {node}: {}{reason}",
                    error.exit_status
                ),
            ));
            said.push((
                "pacemaker-attrd",
                format!("notice: Setting fail-count-{id}#{operation}_{}[{node}]: 1", error.interval_ms),
            ));
            said.push((
                "pacemaker-schedulerd",
                format!(
                    "warning: Unexpected result ({}) was recorded for {operation} of {id} on {node}",
                    error.exit_status
                ),
            ));
        }
        for fencing in &self.after.fencing {
            let is_known = self.before.fencing.iter().any(|old| {
                old.target == fencing.target && old.by == fencing.by && old.outcome == fencing.outcome
            });
            if !is_known {
                said.push(("pacemaker-fenced", self.fencing(fencing)));
            }
        }
        if self.after.epoch != self.before.epoch {
            let (old, new) = (self.before.epoch, self.after.epoch);
            said.push(("pacemaker-based", format!("info: Configuration changed: epoch {old} is now {new}")));
        }
    }

    fn fencing(&self, fencing: &Fencing) -> String {
        let (target, by) = (self.name(fencing.target), self.name(fencing.by));
        match fencing.outcome {
            FencingOutcome::Pending => {
                format!("notice: Client pacemaker-controld wants to fence (reboot) {target} using any device")
            }
            FencingOutcome::Done(_) => {
                format!("notice: Operation 'reboot' targeting {target} by {by} for pacemaker-controld: OK")
            }
            FencingOutcome::Failed(_) => {
                format!(
                    "error: Operation 'reboot' targeting {target} by {by} for pacemaker-controld: No such device"
                )
            }
        }
    }
}

/// How much of the past is told at first.
pub(super) const PAST: SignedDuration = SignedDuration::from_hours(1);

/// How far two moments of the past are apart, since the demo began.
pub(super) const PACE: SignedDuration = SignedDuration::from_secs(5);
