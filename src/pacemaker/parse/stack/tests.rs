//! The forms of every version, and whatever else a host may print.

use proptest::prelude::*;
use rstest::rstest;

use super::stack;
use crate::model::{LinkState, Reach, SbdDeviceState, StackReport, Told};

/// An answer with that one section.
fn section(name: &str, how: &str, text: &str) -> String {
    let lines = text.lines().fold(String::new(), |lines, line| lines + "|" + line + "\n");
    format!("= {name} {how}\n{lines}\n= end\n")
}

fn read(name: &str, how: &str, text: &str) -> StackReport {
    stack(section(name, how, text).as_bytes()).unwrap()
}

const VOTES: &str = "Quorum information\n------------------\nDate:             Mon Nov  2 10:00:00 2026\n\
    Quorum provider:  corosync_votequorum\nNodes:            2\nNode ID:          1\nRing ID:          1.8\n\
    Quorate:          Yes\n\nVotequorum information\n----------------------\nExpected votes:   3\n\
    Highest expected: 3\nTotal votes:      3\nQuorum:           2  \nFlags:            Quorate Qdevice \n\n\
    Membership information\n----------------------\n    Nodeid      Votes    Qdevice Name\n\
         1          1    A,V,NMW 10.0.0.1 (local)\n         2          1         NR 10.0.0.2\n         \
    0          1            Qdevice\n";

#[test]
fn votes_with_qdevice() {
    let report = read("votes", "0", VOTES);
    let votes = report.votes.known().unwrap();
    assert_eq!(
        (votes.quorate, votes.expected, votes.total, votes.quorum),
        (Some(true), Some(3), Some(3), Some(2))
    );
    assert_eq!(votes.flags, ["Quorate", "Qdevice"]);
    assert_eq!(votes.qdevice_votes, Some(1));
    let qdevices: Vec<_> = votes.members.iter().map(|member| (member.id, member.qdevice.unwrap())).collect();
    assert!(qdevices[0].1.registered && qdevices[0].1.alive && qdevices[0].1.votes);
    assert!(!qdevices[1].1.registered);
}

/// The exit code isn't 0 without quorum, which is an answer all the same.
#[test]
fn votes_without_quorum() {
    let text = VOTES
        .replace("Quorate:          Yes", "Quorate:          No")
        .replace("   2  \n", "   2 Activity blocked\n");
    let report = read("votes", "2", &text);
    let votes = report.votes.known().unwrap();
    assert_eq!((votes.quorate, votes.quorum), (Some(false), Some(2)));
}

#[rstest]
#[case::knet_3_1_1(
    "Local node ID 1, transport knet\nLINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid:          1:\tlocalhost\n\t\tnodeid:          2:\tdisconnected\n",
    Reach::Disconnected
)]
#[case::knet_3_1_0(
    "LINK ID 0\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid  1:\tlocalhost\n\t\tnodeid  2:\tconnected\n",
    Reach::Connected
)]
#[case::knet_3_0_2(
    "LINK ID 0\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid  1:\tlink enabled:1\tlink connected:1\n\t\tnodeid  2:\tlink enabled:1\tlink connected:0\n",
    Reach::Disconnected
)]
fn links_of_knet(#[case] text: &str, #[case] expected: Reach) {
    let report = read("links", "0", text);
    let [link] = report.links.known().unwrap().as_slice() else { panic!("{report:?}") };
    let LinkState::Peers(peers) = &link.state else { panic!("{link:?}") };
    assert_eq!((link.number, link.address.as_str()), (0, "10.0.0.1"));
    assert_eq!((peers[1].id, peers[1].reach), (Some(2), expected));
}

#[rstest]
#[case("RING ID 1\n\tid\t= 10.0.1.1\n\tstatus\t= ring 1 active with no faults\n", false)]
#[case("RING ID 1\n\tid\t= 10.0.1.1\n\tstatus\t= Marking ringid 1 interface 10.0.1.1 FAULTY\n", true)]
#[case("LINK ID 1\n\taddr\t= 10.0.1.1\n\tstatus\t= OK\n", false)]
fn rings(#[case] text: &str, #[case] expected: bool) {
    let report = read("links", "0", text);
    let links = report.links.known().unwrap();
    assert!(matches!(links[0].state, LinkState::Ring { faulty, .. } if faulty == expected), "{links:?}");
}

#[test]
fn daemons_that_are_installed() {
    let text = "Id=corosync.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n\
        Id=sbd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n";
    let report = read("daemons", "0", text);
    let [daemon] = report.daemons.known().unwrap().as_slice() else { panic!("{report:?}") };
    assert!(daemon.is_active());
    assert_eq!((daemon.name.as_str(), daemon.enabled.as_str()), ("corosync", "enabled"));
}

#[rstest]
#[case("readable /dev/sdb", "= sbd-dump-0 0\n|Timeout (watchdog) : 5\n|Timeout (msgwait)  : 10\n", "5 10")]
#[case("readable /dev/sdb", "= sbd-dump-0 1\n|== disk /dev/sdb unreadable!\n", "unreadable")]
#[case("readable /dev/sdb", "= sbd-dump-0 1\n|error: something else\n", "unknown")]
#[case("readable /dev/sdb", "= sbd-dump-0 hangs\n", "unknown")]
#[case("refused /dev/sdb", "", "unknown")]
#[case("missing /dev/sdb", "", "missing")]
fn sbd_devices(#[case] device: &str, #[case] dump: &str, #[case] expected: &str) {
    let text = format!(
        "= sbd-config 0\n|SBD_DEVICE=\"/dev/sdb\"\n|SBD_WATCHDOG_TIMEOUT=5\n\n{dump}\n= sbd-devices 0\n|{device}\n\n= end\n"
    );
    let report = stack(text.as_bytes()).unwrap();
    let sbd = report.sbd.known().unwrap();
    assert_eq!(sbd.watchdog_timeout, Some(5));
    let said = match &sbd.devices[0].state {
        SbdDeviceState::Read { watchdog, msgwait, .. } => {
            format!("{} {}", watchdog.unwrap(), msgwait.unwrap())
        }
        SbdDeviceState::Missing => "missing".to_owned(),
        SbdDeviceState::Unreadable(_) => "unreadable".to_owned(),
        SbdDeviceState::Unknown(_) => "unknown".to_owned(),
    };
    assert_eq!(said, expected);
}

#[test]
fn drbd_8_and_9() {
    let proc = "version: 8.4.11 (api:1/proto:86-101)\n 0: cs:StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown   r-----\n";
    let text = format!(
        "{}= drbd-names 0\n|r0/0 ../../../drbd0\n\n= end\n",
        section("drbd-proc", "0", proc).replace("= end\n", "")
    );
    let report = stack(text.as_bytes()).unwrap();
    let old = &report.drbd.known().unwrap()[0];
    assert_eq!((old.name.as_str(), old.role.as_str()), ("r0", "Primary"));
    assert_eq!(old.connections[0].state, "StandAlone");
    let json = r#"[{"name":"r1","role":"Secondary","suspended":false,"devices":[{"volume":0,"disk-state":"UpToDate","client":false,"quorum":true}],
        "connections":[{"name":"db2","connection-state":"Connected","peer-role":"Primary","peer_devices":[{"replication-state":"Established","peer-disk-state":"UpToDate"}]}]}]"#;
    let report = read("drbd-status", "0", json);
    let new = &report.drbd.known().unwrap()[0];
    assert_eq!((new.name.as_str(), new.connections[0].peer.as_str()), ("r1", "db2"));
    assert_eq!(new.disks, ["UpToDate"]);
}

#[rstest]
#[case(
    "   error: unpack_resources:\tResource start-up disabled\nErrors found during check: config not valid\n",
    1
)]
#[case(
    "(unpack_resources) \terror: Resource start-up disabled\nErrors found during check: config not valid\n",
    78
)]
#[case("error: Resource start-up disabled\nConfiguration invalid (with errors)\n", 78)]
fn messages_of_every_version(#[case] text: &str, #[case] code: i32) {
    let report = read("verify", &code.to_string(), text);
    let [message] = report.verify.known().unwrap().as_slice() else { panic!("{report:?}") };
    assert!(message.is_error);
    assert_eq!(message.text, "Resource start-up disabled");
}

/// No answer supports no conclusion.
#[rstest]
#[case("missing", "", "isn't installed")]
#[case("hangs", "", "doesn't end")]
#[case("137", "", "doesn't end")]
#[case("1", "Could not initialize corosync configuration API error 2", "exit code 1")]
#[case("0", "Something else entirely", "printed: Something else")]
fn a_tool_without_an_answer(#[case] how: &str, #[case] text: &str, #[case] expected: &str) {
    for part in ["votes", "links"] {
        let report = read(part, how, text);
        let reason = if part == "votes" { report.votes.reason() } else { report.links.reason() };
        assert!(reason.is_some_and(|reason| reason.contains(expected)), "{part}: {reason:?}");
    }
}

#[test]
fn a_refusal_concludes_nothing() {
    let report = read("votes", "1", "Cannot initialize CMAP service\n");
    assert_eq!(
        report.votes.reason(),
        Some("corosync-quorumtool failed (exit code 1): Cannot initialize CMAP service")
    );
}

#[test]
fn a_section_that_was_cut_off_is_not_known() {
    let whole =
        section("links", "0", "RING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n");
    let cut = whole.replace("= end\n", "");
    assert!(stack(whole.as_bytes()).unwrap().links.known().is_some());
    assert!(stack(cut.as_bytes()).unwrap().links.reason().is_some());
}

#[test]
fn what_was_not_asked_is_not_known() {
    let report = read("links", "missing", "");
    assert_eq!(report.votes, Told::NotAsked);
    assert_eq!(report.sbd, Told::Absent);
    assert_eq!(stack(b"bash: sh: command not found\n"), None);
}

/// Every tool's answer, whole.
fn everything() -> String {
    let links = "LINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid:  1:\tlocalhost\n\t\tnodeid:  2:\tconnected\n";
    let parts = [
        section("votes", "0", VOTES),
        section("links", "0", links),
        section(
            "daemons",
            "0",
            "Id=corosync.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n",
        ),
        section("sbd-config", "0", "SBD_DEVICE=/dev/sdb\n"),
        section("sbd-devices", "0", "readable /dev/sdb\n"),
        section("sbd-dump-0", "0", "Timeout (watchdog) : 5\nTimeout (msgwait)  : 10\n"),
        section("sbd-list-0", "0", "0\tdb1\tclear\t\n1\tdb2\treset\tdb1\n"),
        section(
            "drbd-proc",
            "0",
            "version: 8.4.11\n 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n",
        ),
        section("drbd-status", "0", r#"[{"name":"r0","role":"Primary","devices":[],"connections":[]}]"#),
        section("verify", "78", "error: Resource start-up disabled\nConfiguration invalid (with errors)\n"),
    ];
    parts.map(|part| part.replace("= end\n", "")).concat() + "= end\n"
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
        text in "(= (votes|links|daemons|drbd-status|drbd-proc|verify) (0|1|137)\n(\\|[ -~\t]{0,30}\n){0,4}){0,5}",
    ) {
        stack(&bytes);
        stack(text.as_bytes());
    }

    /// Bytes changed, cut out and put in anywhere.
    #[test]
    fn near_valid_answers_are_survived(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[=|:/{}\\[\\]\"\t\n a-z0-9\u{1}é]{0,12}"), 1..6),
    ) {
        let mut bytes = everything().into_bytes();
        for (at, cut, put) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, put.bytes());
        }
        if let Some(report) = stack(&bytes) {
            prop_assert!(report.links.known().is_none_or(|links| !links.is_empty()));
            prop_assert!(report.votes.known().is_none_or(|votes| votes.quorate.is_some()));
        }
    }

    /// However an answer is cut, what is still known is what the whole one says.
    #[test]
    fn a_cut_answer_says_nothing_else(length in 0_usize..4_000) {
        let text = everything();
        let whole = stack(text.as_bytes()).unwrap();
        let bytes = text.as_bytes();
        let cut = stack(&bytes[..length.min(bytes.len())]).unwrap_or_default();
        prop_assert!(cut.votes.known().is_none() || cut.votes == whole.votes);
        prop_assert!(cut.links.known().is_none() || cut.links == whole.links);
        prop_assert!(cut.daemons.known().is_none() || cut.daemons == whole.daemons);
        prop_assert!(cut.verify.known().is_none() || cut.verify == whole.verify);
    }
}
