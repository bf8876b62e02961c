//! The stack under Pacemaker, host by host: daemons, corosync's votes and links, SBD, DRBD and `crm_verify`.

use jiff::SignedDuration;

use super::{Cell, Column, Mark, Row, Source, Subject, Table, Tone, Width};
use crate::health::{plural, span};
use crate::model::{
    Contact, Daemon, DrbdResource, HostName, HostStack, Link, LinkState, Picture, QdeviceState, Reach, Sbd,
    SbdDevice, SbdDeviceState, StackReport, Told, VerifyMessage, Votes,
};

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("HOST", Width::UpTo(20)),
        Column::new("PART", Width::UpTo(24)),
        Column::new("STATE", Width::UpTo(24)),
        Column::new("DETAILS", Width::Rest),
        Column::right("REPORTED", Width::Spare(12)),
    ]
}

pub(super) fn table(source: &Source<'_>) -> Table {
    let words = match source.picture() {
        _ if source.observation.contact == Contact::Saved => {
            "Quorate doesn't read what a report holds of the stack under Pacemaker."
        }
        Some(_) => "No host has reported its stack yet. It is asked after a login and once a minute.",
        None => "Nothing has been seen of it yet.",
    };
    let empty = Table::empty(columns(), words);
    if source.observation.stacks.is_empty() {
        return empty;
    }
    let rows = source.entry.hosts.iter().flat_map(|host| {
        let stack = source.observation.stacks.iter().find(|stack| stack.host == *host);
        stack.map_or_else(
            || {
                vec![row(
                    source,
                    host,
                    None,
                    Line::new("", Tone::Note, "no report", "not logged in to, or not asked yet"),
                )]
            },
            |stack| rows_of(source, stack),
        )
    });
    Table { rows: rows.collect(), ..empty }
}

/// A part of a host's stack in words.
struct Line {
    part: String,
    tone: Tone,
    state: String,
    details: String,
}

impl Line {
    fn new(
        part: impl Into<String>,
        tone: Tone,
        state: impl Into<String>,
        details: impl Into<String>,
    ) -> Self {
        Self { part: part.into(), tone, state: state.into(), details: details.into() }
    }
}

fn rows_of(source: &Source<'_>, stack: &HostStack) -> Vec<Row> {
    let is_current = stack.is_current(source.now);
    let mut rows: Vec<Row> = lines(source, &stack.report)
        .into_iter()
        .map(|line| row(source, &stack.host, Some(stack), line))
        .collect();
    if !is_current {
        rows.iter_mut().for_each(Row::fade);
    }
    rows
}

fn row(source: &Source<'_>, host: &HostName, stack: Option<&HostStack>, line: Line) -> Row {
    let mark = match line.tone {
        Tone::Critical => Mark::Critical,
        Tone::Warning | Tone::Transient => Mark::Warning,
        Tone::Note | Tone::Unknown => Mark::Unknown,
        Tone::Ok | Tone::Text | Tone::Muted | Tone::Faint => Mark::Ok,
    };
    let reported = stack.map_or_else(Cell::default, |stack| {
        let age = source.now.duration_since(stack.at).max(SignedDuration::ZERO);
        Cell::new(format!("{} ago", span(age))).order(-stack.at.as_second())
    });
    let tone = if line.tone == Tone::Ok { Tone::Muted } else { line.tone };
    Row {
        cluster: source.entry.name.clone(),
        subject: Subject::Stack { host: host.clone(), part: line.part.clone() },
        urgency: line.tone,
        cells: vec![
            Cell::new(host.as_str()).mark(mark).tone(line.tone),
            Cell::new(line.part).tone(Tone::Text),
            Cell::new(line.state).tone(tone),
            Cell::new(line.details),
            reported,
        ],
    }
}

fn lines(source: &Source<'_>, report: &StackReport) -> Vec<Line> {
    // A host that refused the question gives one reason for all.
    if let (Some(reason), true) = (report.daemons.reason(), report.daemons.reason() == report.links.reason())
    {
        return vec![Line::new("stack", Tone::Note, "unknown", reason)];
    }
    let mut lines = Vec::new();
    add(&mut lines, "daemons", &report.daemons, |daemons| vec![of_daemons(daemons)]);
    add(&mut lines, "votes", &report.votes, |votes| of_votes(source, votes));
    add(&mut lines, "links", &report.links, |links| {
        links.iter().map(|link| of_link(source, link, links)).collect()
    });
    add(&mut lines, "sbd", &report.sbd, of_sbd);
    add(&mut lines, "drbd", &report.drbd, |resources| resources.iter().map(of_drbd).collect());
    add(&mut lines, "crm_verify", &report.verify, |messages| of_verify(messages));
    lines
}

fn add<T>(lines: &mut Vec<Line>, part: &str, told: &Told<T>, words: impl FnOnce(&T) -> Vec<Line>) {
    match told {
        Told::Known(value) => lines.extend(words(value)),
        Told::Unknown(reason) => lines.push(Line::new(part, Tone::Note, "unknown", reason)),
        Told::NotAsked | Told::Absent => {}
    }
}

fn of_daemons(daemons: &[Daemon]) -> Line {
    let down: Vec<String> = daemons
        .iter()
        .filter(|daemon| daemon.should_run() && !daemon.is_active())
        .map(|daemon| format!("{} {}", daemon.name, daemon.state))
        .collect();
    let details = daemons.iter().map(|daemon| match daemon.enabled.as_str() {
        "" | "enabled" | "static" => format!("{} {}", daemon.name, daemon.state),
        enabled => format!("{} {} ({enabled})", daemon.name, daemon.state),
    });
    let details = details.collect::<Vec<_>>().join(", ");
    match (daemons.is_empty(), down.is_empty()) {
        (true, _) => Line::new("daemons", Tone::Note, "none", "systemd has none of them"),
        (false, true) => Line::new("daemons", Tone::Ok, "running", details),
        (false, false) => Line::new("daemons", Tone::Warning, down.join(", "), details),
    }
}

fn of_votes(source: &Source<'_>, votes: &Votes) -> Vec<Line> {
    let (tone, state) = match votes.quorate {
        Some(true) => (Tone::Ok, "quorate"),
        Some(false) => (Tone::Critical, "no quorum"),
        None => (Tone::Note, "unknown"),
    };
    let number = |value: Option<u32>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    let counts = format!(
        "{} of {} votes, quorum {}",
        number(votes.total),
        number(votes.expected),
        number(votes.quorum)
    );
    // These two say nothing more.
    let flags: Vec<&str> = votes
        .flags
        .iter()
        .map(String::as_str)
        .filter(|flag| !matches!(*flag, "Quorate" | "Qdevice"))
        .collect();
    let details = if flags.is_empty() { counts } else { format!("{counts}, {}", flags.join(" ")) };
    let mut lines = vec![Line::new("votes", tone, state, details)];
    let members: Vec<(String, QdeviceState)> = votes
        .members
        .iter()
        .filter_map(|member| Some((node(source, Some(member.id)), member.qdevice?)))
        .collect();
    if !members.is_empty() {
        let votes_now = votes.qdevice_votes.unwrap_or_default();
        let is_well = votes_now > 0 && members.iter().all(|(_, state)| state.registered && state.alive);
        let words = members.iter().map(|(name, state)| format!("{name} {}", qdevice_words(*state)));
        lines.push(Line::new(
            "qdevice",
            if is_well { Tone::Ok } else { Tone::Warning },
            plural(votes_now as usize, "vote"),
            words.collect::<Vec<_>>().join(", "),
        ));
    }
    lines
}

const fn qdevice_words(state: QdeviceState) -> &'static str {
    match state {
        QdeviceState { registered: false, .. } => "not registered",
        QdeviceState { alive: false, .. } => "silent",
        QdeviceState { votes: false, .. } => "alive without a vote",
        QdeviceState { .. } => "alive and votes",
    }
}

fn of_link(source: &Source<'_>, link: &Link, all: &[Link]) -> Line {
    match &link.state {
        LinkState::Ring { faulty, words } => {
            let (tone, state) = if *faulty { (Tone::Warning, "faulty") } else { (Tone::Ok, "no faults") };
            Line::new(format!("ring {}", link.number), tone, state, format!("{}: {words}", link.address))
        }
        LinkState::Peers(peers) => {
            let others = || peers.iter().filter(|peer| peer.reach != Reach::Local);
            let down = others().filter(|peer| peer.reach == Reach::Disconnected).count();
            let words = others().map(|peer| {
                let state = match peer.reach {
                    Reach::Connected => "connected",
                    Reach::Disconnected => "disconnected",
                    Reach::Local | Reach::Unknown => "unknown",
                };
                format!("{} {state}", node(source, peer.id))
            });
            let words = words.collect::<Vec<_>>().join(", ");
            // A node that no link reaches is most likely down itself.
            let (tone, state) = match (down, link.lost(all).count()) {
                (0, _) => (Tone::Ok, "connected".to_owned()),
                (_, 0) => (Tone::Note, format!("{down} of {} down", others().count())),
                _ => (Tone::Warning, format!("{down} of {} down", others().count())),
            };
            Line::new(format!("link {}", link.number), tone, state, format!("{}: {words}", link.address))
        }
    }
}

/// The node of that id in corosync.
fn node(source: &Source<'_>, id: Option<u32>) -> String {
    let Some(id) = id else { return "a node".to_owned() };
    let nodes = source.picture().into_iter().flat_map(Picture::members);
    let text = id.to_string();
    nodes
        .into_iter()
        .find(|node| node.id == text)
        .map_or_else(|| format!("node {id}"), |node| node.name.to_string())
}

fn of_sbd(sbd: &Sbd) -> Vec<Line> {
    let state = match sbd.devices.len() {
        0 => "diskless".to_owned(),
        count => plural(count, "disk"),
    };
    let mut words = Vec::new();
    words.extend(sbd.watchdog.as_ref().map(|device| format!("watchdog {device}")));
    words.extend(sbd.watchdog_timeout.map(|seconds| format!("SBD_WATCHDOG_TIMEOUT {seconds} s")));
    words.extend(sbd.start_mode.as_ref().map(|mode| format!("start mode {mode}")));
    let mut lines = vec![Line::new("sbd", Tone::Ok, state, words.join(", "))];
    lines.extend(sbd.devices.iter().enumerate().map(|(nth, device)| of_disk(nth, device)));
    lines
}

fn of_disk(nth: usize, device: &SbdDevice) -> Line {
    let path = &device.path;
    let (tone, state, words) = match &device.state {
        SbdDeviceState::Read { watchdog, msgwait, slots } => {
            let seconds =
                |value: &Option<u64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value} s"));
            let mut words =
                vec![format!("watchdog {}", seconds(watchdog)), format!("msgwait {}", seconds(msgwait))];
            let left = slots.iter().filter(|slot| slot.message != "clear");
            words.extend(left.map(|slot| format!("{} for {} from {}", slot.message, slot.node, slot.from)));
            let words = words.join(", ");
            (Tone::Ok, "readable", words)
        }
        SbdDeviceState::Missing => (Tone::Warning, "missing", String::new()),
        SbdDeviceState::Unreadable(reason) => (Tone::Warning, "unreadable", reason.clone()),
        SbdDeviceState::Unknown(reason) => (Tone::Note, "unknown", reason.clone()),
    };
    let details = if words.is_empty() { path.clone() } else { format!("{path}: {words}") };
    Line::new(format!("sbd disk {}", nth + 1), tone, state, details)
}

fn of_drbd(resource: &DrbdResource) -> Line {
    let mut words = vec![format!("disk {}", resource.disks.join(", "))];
    words.extend(resource.suspended.then(|| "writes blocked".to_owned()));
    words.extend((!resource.quorum).then(|| "no quorum".to_owned()));
    for connection in &resource.connections {
        let peer = if connection.peer.is_empty() { "peer" } else { &connection.peer };
        let disks = connection.peer_disks.join(", ");
        let facts = [connection.state.as_str(), &connection.peer_role, &disks];
        let facts = facts.into_iter().chain(connection.replication.iter().map(String::as_str));
        words.push(format!("{peer} {}", facts.collect::<Vec<_>>().join(" ")));
    }
    let is_alone = resource.connections.iter().any(|connection| connection.state == "StandAlone");
    let is_well = resource.disks.iter().all(|disk| disk == "UpToDate")
        && resource.connections.iter().all(|connection| connection.state == "Connected");
    let tone = if is_alone || resource.suspended || !resource.quorum {
        Tone::Critical
    } else if is_well {
        Tone::Ok
    } else {
        Tone::Note
    };
    Line::new(format!("drbd {}", resource.name), tone, resource.role.clone(), words.join("; "))
}

fn of_verify(messages: &[VerifyMessage]) -> Vec<Line> {
    if messages.is_empty() {
        return vec![Line::new("crm_verify", Tone::Ok, "no messages", "")];
    }
    let lines = messages.iter().enumerate().map(|(nth, message)| {
        let (tone, state) = if message.is_error { (Tone::Warning, "error") } else { (Tone::Note, "warning") };
        Line::new(format!("crm_verify {}", nth + 1), tone, state, &message.text)
    });
    lines.collect()
}
