//! Corosync's votes and links.

use crate::model::{Link, LinkPeer, LinkState, QdeviceState, Reach, Voter, Votes};

/// Reads `corosync-quorumtool -s` (corosync's `tools/corosync-quorumtool.c`, alike from 2.3.5 to 3.1.9). The exit code
/// says whether there is quorum, and differs between versions.
pub(super) fn votes(lines: &[String]) -> Option<Votes> {
    let mut votes = Votes::default();
    let is_heading = |line: &String| line.trim().starts_with("Nodeid");
    let heading = lines.iter().position(is_heading).unwrap_or(lines.len());
    let (facts, membership) = lines.split_at(heading);
    for (key, value) in facts.iter().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        // `Quorum: 2 Activity blocked`
        let number = || value.split_whitespace().next()?.parse().ok();
        match key.trim() {
            "Quorate" => votes.quorate = yes_or_no(value),
            "Expected votes" => votes.expected = number(),
            "Total votes" => votes.total = number(),
            "Quorum" => votes.quorum = number(),
            "Flags" => votes.flags = value.split_whitespace().map(str::to_owned).collect(),
            _ => {}
        }
    }
    let has_qdevice =
        membership.first().is_some_and(|line| line.split_whitespace().any(|word| word == "Qdevice"));
    for (id, count, qdevice) in membership.iter().filter_map(|line| member(line, has_qdevice)) {
        // Qdevice itself stands among the members, as node 0.
        if id == 0 {
            votes.qdevice_votes = Some(count);
        } else {
            votes.members.push(Voter { id, votes: count, qdevice });
        }
    }
    votes.quorate.is_some().then_some(votes)
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "Yes" => Some(true),
        "No" => Some(false),
        _ => None,
    }
}

/// `1  1  A,V,NMW  db1 (local)`: id, votes, Qdevice's state where there is such a column, and name.
fn member(line: &str, has_qdevice: bool) -> Option<(u32, u32, Option<QdeviceState>)> {
    let mut words = line.split_whitespace();
    let id = words.next()?;
    let id = match id.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => id.parse().ok()?,
    };
    let votes = words.next()?.parse().ok()?;
    let qdevice = if has_qdevice { words.next().and_then(qdevice) } else { None };
    Some((id, votes, qdevice))
}

/// `A` or `NA` for alive, `V` or `NV` for votes, `MW` or `NMW` for "master wins"; `NR` for not registered.
fn qdevice(word: &str) -> Option<QdeviceState> {
    if word == "NR" {
        return Some(QdeviceState { registered: false, alive: false, votes: false });
    }
    let mut flags = word.split(',');
    let mut flag = |set: &str, unset: &str| match flags.next()? {
        word if word == set => Some(true),
        word if word == unset => Some(false),
        _ => None,
    };
    let (alive, votes) = (flag("A", "NA")?, flag("V", "NV")?);
    Some(QdeviceState { registered: true, alive, votes })
}

/// Reads `corosync-cfgtool -s` (corosync's `tools/corosync-cfgtool.c`). Its forms:
///
/// - 2.x: `RING ID 0`, `id = 10.0.0.1`, `status = ring 0 active with no faults`, or `Marking ringid 0 interface
///   10.0.0.1 FAULTY` (`exec/totemrrp.c`, 2.4.5).
/// - 3.x with `udp` and `udpu`: `LINK ID 0`, `addr = 10.0.0.1`, `status = OK`.
/// - 3.0.0: `status:`, then `node 0: link enabled:1 link connected:1`, by place; from 3.0.2 `nodeid  1: …`, by id.
/// - 3.1.0 and later: `nodeid  2: connected`, `disconnected (not enabled)`, `localhost`; from 3.1.1 `nodeid:  2: …`.
pub(super) fn links(lines: &[String]) -> Option<Vec<Link>> {
    let mut found: Vec<Link> = Vec::new();
    for text in lines.iter().map(|line| line.trim()) {
        if let Some(number) = link_number(text) {
            found.push(Link { number, address: String::new(), state: LinkState::Peers(Vec::new()) });
            continue;
        }
        let Some(link) = found.last_mut() else { continue };
        match (text.split_once('='), &mut link.state) {
            (Some((key, value)), _) => fact(link, key.trim(), value.trim()),
            (None, LinkState::Peers(peers)) => peers.extend(peer(text)),
            (None, LinkState::Ring { .. }) => {}
        }
    }
    found.retain(|link| link.state != LinkState::Peers(Vec::new()));
    (!found.is_empty()).then_some(found)
}

fn fact(link: &mut Link, key: &str, value: &str) {
    match key {
        "id" | "addr" => value.clone_into(&mut link.address),
        "status" => {
            let faulty = value.to_ascii_uppercase().contains("FAULTY");
            link.state = LinkState::Ring { faulty, words: value.to_owned() };
        }
        _ => {}
    }
}

fn link_number(line: &str) -> Option<u32> {
    let mut words = line.split_whitespace();
    let (kind, id) = (words.next()?, words.next()?);
    let is_link = kind.eq_ignore_ascii_case("ring") || kind.eq_ignore_ascii_case("link");
    if is_link && id.eq_ignore_ascii_case("id") { words.next()?.parse().ok() } else { None }
}

fn peer(line: &str) -> Option<LinkPeer> {
    let (is_id, rest) = match line.strip_prefix("nodeid") {
        Some(rest) => (true, rest.strip_prefix(':').unwrap_or(rest)),
        None => (false, line.strip_prefix("node ")?),
    };
    let (number, words) = rest.split_once(':')?;
    let number: u32 = number.trim().parse().ok()?;
    let words = words.trim();
    let reach = if words == "localhost" {
        Reach::Local
    } else if words == "connected" || words.ends_with("connected:1") {
        Reach::Connected
    } else if words.starts_with("disconnected") || words.ends_with("connected:0") {
        Reach::Disconnected
    } else {
        Reach::Unknown
    };
    Some(LinkPeer { id: is_id.then_some(number), reach })
}
