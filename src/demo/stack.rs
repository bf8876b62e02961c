//! What a simulated member says of the stack under Pacemaker.

use std::fmt::Write as _;

use super::blueprint::{Blueprint, Kind};
use super::situation::{Presence, Situation};

/// What is in the script that asks for it, and in no other.
pub(super) const SCRIPT_HAS: &str = "ask links corosync-cfgtool";

/// One of a member's rings.
const SECOND: usize = 1;

/// The member that is asked, and how its host is.
pub(super) struct Viewer {
    pub(super) index: usize,
    /// The cluster stack runs there.
    pub(super) runs: bool,
}

/// The sections that the script prints on that member, with the cluster's votes where they are asked for.
pub(super) fn answer(
    blueprint: &Blueprint,
    situation: &Situation,
    viewer: &Viewer,
    arguments: &[String],
) -> Vec<u8> {
    // What corosync sees, which knows a node before the cluster does.
    let is_there =
        |node: usize| matches!(situation.nodes[node].presence, Presence::Online | Presence::Pending);
    let online: Vec<bool> = blueprint.of_kind(Kind::Member).map(is_there).collect();
    let mut sections = String::new();
    for wanted in arguments {
        match (wanted.as_str(), viewer.runs) {
            ("votes", true) => section(&mut sections, "votes", 0, &votes(&online, situation.quorate)),
            ("verify", true) => section(&mut sections, "verify", 0, ""),
            (name, _) => section(&mut sections, name, 1, "Cannot initialize CMAP service\n"),
        }
    }
    section(&mut sections, "daemons", 0, &daemons(viewer.runs));
    if viewer.runs {
        section(&mut sections, "links", 0, &links(&online, situation.cut, viewer));
    } else {
        section(&mut sections, "links", 1, "Could not initialize corosync configuration API error 2\n");
    }
    sections.push_str("= end\n");
    sections.into_bytes()
}

fn section(sections: &mut String, name: &str, code: u8, text: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(sections, "= {name} {code}");
    for line in text.lines() {
        let _ = writeln!(sections, "|{line}");
    }
    sections.push('\n');
}

fn votes(online: &[bool], quorate: bool) -> String {
    let expected = online.len();
    let total = online.iter().filter(|online| **online).count();
    let word = if quorate { "Yes" } else { "No" };
    let flags = if quorate { "Quorate" } else { "" };
    let mut text = format!(
        "Quorate:          {word}\nExpected votes:   {expected}\nTotal votes:      {total}\nQuorum:           {}\n\
         Flags:            {flags}\n    Nodeid      Votes Name\n",
        expected / 2 + 1
    );
    for (index, _) in online.iter().enumerate().filter(|(_, online)| **online) {
        let _ = writeln!(text, "{:>10} {:>10} {}", index + 1, 1, address(0, index));
    }
    text
}

/// As corosync 3.1 prints it. The member that is cut has lost its second ring.
fn links(online: &[bool], cut: Option<usize>, viewer: &Viewer) -> String {
    let mut text = format!("Local node ID {}, transport knet\n", viewer.index + 1);
    for ring in 0..=SECOND {
        let _ = writeln!(text, "LINK ID {ring} udp\n\taddr\t= {}\n\tstatus:", address(ring, viewer.index));
        for (peer, is_online) in online.iter().enumerate() {
            let is_cut = ring == SECOND && (cut == Some(peer) || cut == Some(viewer.index));
            let state = match (peer == viewer.index, *is_online && !is_cut) {
                (true, _) => "localhost",
                (false, true) => "connected",
                (false, false) => "disconnected",
            };
            let _ = writeln!(text, "\t\tnodeid:          {}:\t{state}", peer + 1);
        }
    }
    text
}

fn address(ring: usize, index: usize) -> String {
    format!("10.0.{ring}.{}", index + 11)
}

fn daemons(runs: bool) -> String {
    let unit = |(name, is_active): (&str, bool)| {
        let state = if is_active { "active" } else { "inactive" };
        format!("Id={name}.service\nLoadState=loaded\nActiveState={state}\nUnitFileState=enabled\n\n")
    };
    [("corosync", runs), ("pacemaker", runs), ("pcsd", true)].map(unit).concat()
}
