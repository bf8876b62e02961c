//! The findings on the stack under Pacemaker: from what hosts print to what is said of it.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use quorate::health::{Finding, assess};
use quorate::model::{
    Access, Cib, ClusterEntry, ClusterOptions, Contact, HostStack, Node, NodeHealth, NodeKind, Observation,
    Picture, Primitive, Resource, Role, Summary, Tier,
};
use quorate::pacemaker::parse;
use rstest::rstest;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

/// What one host printed.
#[derive(Clone)]
struct Printed {
    host: &'static str,
    text: String,
}

fn host(host: &'static str, sections: &[(&str, &str, &str)]) -> Printed {
    let mut text = String::new();
    for (name, how, printed) in sections {
        writeln!(text, "= {name} {how}").expect("a string takes it");
        for line in printed.lines() {
            writeln!(text, "|{line}").expect("a string takes it");
        }
        text += "\n";
    }
    Printed { host, text: text + "= end\n" }
}

fn fixture(host: &'static str, name: &str) -> Printed {
    let path = format!("{}/tests/fixtures/stack/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    Printed { host, text: std::fs::read_to_string(path).expect("a report") }
}

/// A cluster of `c1n1`, `c1n2` … with a fencing device of SBD's, whose nodes have the ids 1, 2 …
fn picture(nodes: usize) -> Picture {
    let names: Vec<String> = (1..=nodes).map(|id| format!("c1n{id}")).collect();
    let node = |(at, name): (usize, &String)| Node {
        name: name.as_str().into(),
        id: (at + 1).to_string(),
        kind: NodeKind::Member,
        online: true,
        standby: false,
        standby_on_fail: false,
        maintenance: false,
        pending: false,
        unclean: false,
        shutdown: false,
        expected_up: true,
        is_dc: at == 0,
        health: NodeHealth::Green,
        resources_running: None,
        feature_set: None,
    };
    Picture {
        summary: Summary {
            dc: Some("c1n1".into()),
            dc_told: true,
            quorate: Some(true),
            options: ClusterOptions { fencing_enabled: Some(true), ..ClusterOptions::default() },
            ..Summary::default()
        },
        nodes: names.iter().enumerate().map(node).collect(),
        resources: vec![Resource::Primitive(primitive("fence", "stonith:external/sbd"))],
        ..Picture::default()
    }
}

fn primitive(id: &str, agent: &str) -> Primitive {
    Primitive {
        id: id.into(),
        agent: agent.to_owned(),
        role: Role::Started,
        target_role: None,
        active: true,
        managed: true,
        failed: false,
        failure_ignored: false,
        blocked: false,
        orphaned: false,
        maintenance: false,
        pending: None,
        locked_to: None,
        nodes: vec!["c1n1".into()],
    }
}

/// Without a device: the watchdog alone fences, after that time.
fn watchdog(nodes: usize, timeout: &str) -> Picture {
    let properties = [("have-watchdog", "true"), ("stonith-watchdog-timeout", timeout)];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let cib = Some(Arc::new(Cib { properties, ..Cib::default() }));
    Picture { resources: Vec::new(), cib, ..picture(nodes) }
}

/// The findings on that cluster with those reports, the first of them 60 s ago and each next one 10 s later.
fn findings_at(now: Timestamp, picture: Picture, printed: &[Printed]) -> Vec<Finding> {
    let entry = ClusterEntry {
        name: "c1".into(),
        tier: Tier::Other,
        hosts: picture.nodes.iter().map(|node| node.name.as_str().into()).collect(),
        access: Access::default(),
        needs: None,
    };
    let stack = |(at, one): (usize, &Printed)| {
        let at = NOW - SignedDuration::from_secs(60 - 10 * at as i64);
        let until = at + SignedDuration::from_secs(180);
        let report = parse::stack(one.text.as_bytes()).expect("an answer");
        Arc::new(HostStack { host: one.host.into(), at, until, report })
    };
    let observation = Observation {
        contact: Contact::Live { host: "c1n1".into() },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now),
        is_dated_by_file: false,
        viewpoints: Vec::new(),
        clock_ahead: None,
        stacks: printed.iter().enumerate().map(stack).collect(),
    };
    assess(&entry, &observation, now)
}

fn findings(picture: Picture, printed: &[Printed]) -> Vec<Finding> {
    findings_at(NOW, picture, printed)
}

/// What the reports add to the findings on the picture.
fn told(picture: Picture, printed: &[Printed]) -> Vec<String> {
    let line = |finding: &Finding| {
        format!("{} {} {}: {}", finding.severity, finding.code, finding.subject, finding.summary)
    };
    let without: Vec<String> = findings(picture.clone(), &[]).iter().map(line).collect();
    findings(picture, printed).iter().map(line).filter(|line| !without.contains(line)).collect()
}

fn one(findings: Vec<Finding>, code: &str) -> Finding {
    let mut found: Vec<_> = findings.into_iter().filter(|finding| finding.code == code).collect();
    assert_eq!(found.len(), 1, "{code}: {found:?}");
    found.remove(0)
}

fn all_fixtures() -> [Printed; 3] {
    [("c1n1", "link-down-1"), ("c1n2", "refused"), ("c1n3", "link-down-3")]
        .map(|(host, name)| fixture(host, name))
}

#[test]
fn a_link_that_several_hosts_report_is_one_finding() {
    let [first, second, third] = all_fixtures();
    let expected = "warning link-down c1n3: link 1 of c1n3 down";
    assert!(told(picture(3), &[first.clone(), second, third.clone()]).contains(&expected.to_owned()));
    assert_eq!(
        told(picture(3), std::slice::from_ref(&first)),
        ["warning link-down c1: link 1 between c1n1 and c1n3 down"]
    );
    let finding = one(findings(picture(3), &[first, third]), "link-down");
    assert_eq!(
        finding.evidence,
        [
            "corosync-cfgtool on c1n1: link 1 (10.0.1.11) to c1n3 disconnected",
            "corosync-cfgtool on c1n3: link 1 (10.0.1.13) to c1n1 disconnected",
            "corosync-cfgtool on c1n3: link 1 (10.0.1.13) to c1n2 disconnected",
        ]
    );
    assert!(finding.remedy.contains("`ping -c 3 10.0.1.13` on c1n1"), "{}", finding.remedy);
}

#[test]
fn a_node_that_is_gone_explains_its_links() {
    for change in [|node: &mut Node| node.online = false, |node: &mut Node| node.unclean = true] {
        let mut picture = picture(3);
        change(&mut picture.nodes[2]);
        assert_eq!(
            told(picture, &all_fixtures()).iter().filter(|line| line.contains("link-down")).count(),
            0
        );
    }
}

fn link(number: u32, own: &str, peers: &[(u32, &str)]) -> String {
    let mut text = format!("LINK ID {number} udp\n\taddr\t= {own}\n\tstatus:\n");
    for (id, state) in peers {
        writeln!(text, "\t\tnodeid:          {id}:\t{state}").expect("a string takes it");
    }
    text
}

/// With one link, a host that its peer doesn't reach has just left or come back.
#[test]
fn with_one_link_one_report_concludes_nothing() {
    let (up, down, own) = ("connected", "disconnected", "localhost");
    let text = link(0, "10.0.0.1", &[(1, own), (2, down)]);
    let first = host("c1n1", &[("links", "0", &text)]);
    assert_eq!(told(picture(2), std::slice::from_ref(&first)), <[&str; 0]>::default());
    let text = link(0, "10.0.0.2", &[(1, up), (2, own)]);
    let second = host("c1n2", &[("links", "0", &text)]);
    assert_eq!(told(picture(2), &[first.clone(), second]), <[&str; 0]>::default());
    let text = link(0, "10.0.0.2", &[(1, down), (2, own)]);
    let second = host("c1n2", &[("links", "0", &text)]);
    assert_eq!(
        told(picture(2), &[first, second]),
        ["warning link-down c1: link 0 between c1n1 and c1n2 down"]
    );
}

/// A later report from the other end is newer than what this one says.
#[test]
fn a_link_that_has_come_back_is_not_reported() {
    let (up, down, own) = ("connected", "disconnected", "localhost");
    let first = link(0, "10.0.0.1", &[(1, own), (2, up)]) + &link(1, "10.0.1.1", &[(1, own), (2, down)]);
    let second = link(0, "10.0.0.2", &[(1, up), (2, own)]) + &link(1, "10.0.1.2", &[(1, up), (2, own)]);
    let first = host("c1n1", &[("links", "0", &first)]);
    let second = host("c1n2", &[("links", "0", &second)]);
    assert_eq!(told(picture(2), &[first.clone(), second.clone()]), <[&str; 0]>::default());
    assert_eq!(
        told(picture(2), &[second, first]),
        ["warning link-down c1: link 1 between c1n1 and c1n2 down"]
    );
}

#[test]
fn a_ring_of_corosync_2_is_one_finding() {
    let text = "RING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n\
        RING ID 1\n\tid\t= 10.0.1.1\n\tstatus\t= Marking ringid 1 interface 10.0.1.1 FAULTY\n";
    let hosts = ["c1n1", "c1n2"].map(|name| host(name, &[("links", "0", text)]));
    assert_eq!(told(picture(2), &hosts), ["warning link-down c1: ring 1 faulty on c1n1 and c1n2"]);
    assert_eq!(told(picture(2), &hosts[..1]), ["warning link-down c1n1: ring 1 faulty on c1n1"]);
}

fn votes(states: &[&str]) -> String {
    let mut text = "Quorate:          Yes\nExpected votes:   3\nTotal votes:      2\nQuorum:           2  \n\
        Flags:            Quorate Qdevice \n    Nodeid      Votes    Qdevice Name\n"
        .to_owned();
    for (at, state) in states.iter().enumerate() {
        writeln!(text, "{:>10} {:>10} {state:>10} 10.0.0.{}", at + 1, 1, at + 1).expect("a string takes it");
    }
    text
}

fn unit(name: &str, state: &str, enabled: &str) -> String {
    format!("Id={name}.service\nLoadState=loaded\nActiveState={state}\nUnitFileState={enabled}\n\n")
}

#[rstest]
#[case(&["A,V,NMW", "A,V,NMW"], None)]
#[case(&["A,NV,NMW", "A,NV,NMW"], Some("warning qdevice-down c1: Qdevice casts no vote"))]
#[case(&["A,V,NMW", "A,NV,NMW"], Some("warning qdevice-down c1n2: Qdevice casts no vote for c1n2"))]
#[case(&["A,V,NMW", "NR"], Some("warning qdevice-down c1n2: Qdevice not running on c1n2"))]
#[case(&["NA,NV,NMW", "NA,NV,NMW"], Some("warning qdevice-down c1: Qdevice silent on c1n1 and c1n2"))]
#[case(&["NA,NV,NMW", "NR"], Some("warning qdevice-down c1: Qdevice faulty on c1n1 and c1n2"))]
fn qdevices(#[case] states: &[&str], #[case] expected: Option<&str>) {
    let lines = told(picture(2), &[host("c1n1", &[("votes", "0", &votes(states))])]);
    assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
}

/// Without the daemon, the node's `corosync-quorumtool` has no word about a Qdevice.
#[test]
fn a_qdevice_daemon_that_is_down_is_one_finding() {
    let daemons = |corosync: &str| {
        unit("corosync", corosync, "enabled") + &unit("corosync-qdevice", "failed", "enabled")
    };
    let printed = |corosync: &str| {
        [
            host("c1n1", &[("votes", "0", &votes(&["A,V,NMW", "NR"]))]),
            host("c1n2", &[("daemons", "0", &daemons(corosync))]),
        ]
    };
    let finding = one(findings(picture(2), &printed("active")), "qdevice-down");
    assert_eq!(finding.summary, "Qdevice not running on c1n2");
    assert_eq!(
        finding.evidence,
        [
            "systemctl on c1n2: corosync-qdevice.service failed (enabled)",
            "corosync-quorumtool on c1n1: 2 of 3 votes, quorum 2, losing one more ends it",
        ]
    );
    let alone = &printed("inactive")[1..];
    assert_eq!(told(picture(2), alone), <[&str; 0]>::default(), "corosync itself is stopped there");
}

#[rstest]
#[case::as_in_the_lab("pcsd", "inactive", "disabled", None)]
#[case("pcsd", "failed", "disabled", Some("note daemon-down c1n2: pcsd failed on c1n2"))]
#[case("pcsd", "inactive", "enabled", Some("note daemon-down c1n2: pcsd not running on c1n2"))]
#[case("sbd", "failed", "enabled", Some("critical daemon-down c1n2: sbd failed on c1n2"))]
#[case("sbd", "activating", "enabled", None)]
#[case("sbd", "inactive", "disabled", None)]
#[case("corosync-qdevice", "inactive", "disabled", None)]
fn daemons(#[case] name: &str, #[case] state: &str, #[case] enabled: &str, #[case] expected: Option<&str>) {
    let text = unit("corosync", "active", "enabled")
        + &unit("pacemaker", "active", "enabled")
        + &unit(name, state, enabled);
    let lines = told(picture(3), &[host("c1n2", &[("daemons", "0", &text)])]);
    assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_daemon_down_on_several_hosts_is_one_finding() {
    let text = unit("pacemaker", "active", "enabled") + &unit("sbd", "failed", "enabled");
    let hosts = ["c1n2", "c1n3"].map(|name| host(name, &[("daemons", "0", &text)]));
    assert_eq!(told(picture(3), &hosts), ["critical daemon-down c1: sbd failed on c1n2 and c1n3"]);
}

/// The finding on the node names the daemon that failed, and there is no other one.
#[test]
fn a_node_that_is_offline_says_which_daemon_failed() {
    let text = unit("corosync", "inactive", "enabled")
        + &unit("pacemaker", "inactive", "enabled")
        + &unit("sbd", "failed", "enabled");
    let mut offline = picture(3);
    offline.nodes[2].online = false;
    let printed = [host("c1n3", &[("daemons", "0", &text)])];
    assert_eq!(told(offline.clone(), &printed), <[&str; 0]>::default());
    let finding = one(findings(offline, &printed), "node-offline");
    assert!(
        finding.evidence.contains(&"systemctl on c1n3: sbd.service failed (enabled)".to_owned()),
        "{finding:?}"
    );
}

#[test]
fn pacemaker_that_failed_under_a_node_that_is_online() {
    let printed = |corosync: &str, pacemaker: &str| {
        let text = unit("corosync", corosync, "enabled") + &unit("pacemaker", pacemaker, "enabled");
        [host("c1n3", &[("daemons", "0", &text)])]
    };
    let expected = ["warning daemon-down c1n3: pacemaker failed on c1n3"];
    assert_eq!(told(picture(3), &printed("active", "failed")), expected);
    let expected = ["warning daemon-down c1n3: corosync failed on c1n3"];
    assert_eq!(told(picture(3), &printed("failed", "failed")), expected);
    assert_eq!(told(picture(3), &printed("inactive", "inactive")), <[&str; 0]>::default());
}

/// SBD with those disks, each with `readable`, `missing`, `refused` or `lost`, and these timeouts.
fn sbd(
    name: &'static str,
    disks: &[(&str, &str)],
    timeouts: (u64, u64),
    more: &[(&str, &str, &str)],
) -> Printed {
    let paths: Vec<&str> = disks.iter().map(|(path, _)| *path).collect();
    let config = format!("SBD_DEVICE=\"{}\"\nSBD_WATCHDOG_TIMEOUT=5\n", paths.join(";"));
    let daemons = unit("pacemaker", "active", "enabled") + &unit("sbd", "active", "enabled");
    let (watchdog, msgwait) = timeouts;
    let header = format!("Timeout (watchdog) : {watchdog}\nTimeout (msgwait)  : {msgwait}\n");
    let names: Vec<String> = (0..disks.len()).map(|nth| format!("sbd-dump-{nth}")).collect();
    let mut sections = vec![("daemons", "0", daemons.as_str()), ("sbd-config", "0", config.as_str())];
    let mut states = String::new();
    for ((path, state), section) in disks.iter().zip(&names) {
        match *state {
            "readable" => sections.push((section, "0", &header)),
            "lost" => sections.push((section, "1", "== disk unreadable!\n")),
            _ => {}
        }
        let state = if *state == "lost" { "readable" } else { state };
        writeln!(states, "{state} {path}").expect("a string takes it");
    }
    sections.push(("sbd-devices", "0", &states));
    sections.extend_from_slice(more);
    host(name, &sections)
}

#[rstest]
#[case(&[("/dev/a", "readable")], None)]
#[case(&[("/dev/a", "refused")], None)]
#[case(&[("/dev/a", "missing")], Some("critical sbd-disk-lost c1n1: SBD disk /dev/a lost on c1n1"))]
#[case(&[("/dev/a", "lost"), ("/dev/b", "readable")], Some("critical sbd-disk-lost c1n1: SBD disk /dev/a lost on c1n1"))]
#[case(&[("/dev/a", "lost"), ("/dev/b", "readable"), ("/dev/c", "readable")], Some("warning sbd-disk-lost c1n1: SBD disk /dev/a lost on c1n1"))]
#[case(&[("/dev/a", "lost"), ("/dev/b", "missing"), ("/dev/c", "readable")], Some("critical sbd-disk-lost c1n1: SBD disks /dev/a and /dev/b lost on c1n1"))]
fn sbd_disks(#[case] disks: &[(&str, &str)], #[case] expected: Option<&str>) {
    let lines = told(picture(3), &[sbd("c1n1", disks, (5, 10), &[])]);
    assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_disk_that_several_hosts_lost_is_one_finding() {
    let hosts = ["c1n1", "c1n2"].map(|name| sbd(name, &[("/dev/disk a", "missing")], (5, 10), &[]));
    let finding = one(findings(picture(3), &hosts), "sbd-disk-lost");
    assert_eq!(finding.summary, "SBD disk /dev/disk a lost on c1n1 and c1n2");
    assert!(finding.remedy.contains("`sbd -d '/dev/disk a' list`"), "{}", finding.remedy);
    assert_eq!(finding.evidence[0], "sbd on c1n1: /dev/disk a doesn't exist");
}

#[rstest]
#[case((5, 10), None)]
#[case((15, 20), Some("warning sbd-timeouts c1: SBD's msgwait of 20 s under twice its watchdog timeout of 15 s"))]
#[case((15, 15), Some("critical sbd-timeouts c1: SBD's msgwait of 15 s under twice its watchdog timeout of 15 s"))]
fn timeouts_of_a_disk(#[case] timeouts: (u64, u64), #[case] expected: Option<&str>) {
    let hosts = ["c1n1", "c1n2"].map(|name| sbd(name, &[("/dev/a", "readable")], timeouts, &[]));
    assert_eq!(told(picture(3), &hosts), expected.into_iter().collect::<Vec<_>>());
}

#[rstest]
#[case("10", None)]
#[case("10s", None)]
#[case("-1", None)]
#[case("0", None)]
#[case(
    "8s",
    Some("warning sbd-timeouts c1: stonith-watchdog-timeout of 8 s under twice SBD_WATCHDOG_TIMEOUT of 5 s")
)]
#[case(
    "5",
    Some(
        "critical sbd-timeouts c1: stonith-watchdog-timeout of 5 s under twice SBD_WATCHDOG_TIMEOUT of 5 s"
    )
)]
fn timeouts_without_a_disk(#[case] timeout: &str, #[case] expected: Option<&str>) {
    let hosts = ["c1n1", "c1n2"].map(|name| sbd(name, &[], (5, 10), &[]));
    assert_eq!(told(watchdog(3, timeout), &hosts), expected.into_iter().collect::<Vec<_>>());
}

const PLAIN_VOTES: &str = "Quorate:          Yes\nExpected votes:   2\nTotal votes:      2\nQuorum:           1  \n\
    Flags:            2Node Quorate WaitForAll \n    Nodeid      Votes Name\n         1          1 10.0.0.1\n         2          1 10.0.0.2\n";

#[test]
fn two_nodes_without_a_disk_and_without_qdevice() {
    let expected = ["warning sbd-diskless-two-nodes c1: c1 has two nodes, SBD without a disk and no Qdevice"];
    let plain = sbd("c1n1", &[], (5, 10), &[("votes", "0", PLAIN_VOTES)]);
    assert_eq!(told(watchdog(2, "10s"), std::slice::from_ref(&plain)), expected);
    let none = <[&str; 0]>::default();
    assert_eq!(told(watchdog(3, "10s"), std::slice::from_ref(&plain)), none, "three nodes have a majority");
    assert_eq!(told(picture(2), &[plain]), none, "a device fences");
    let silent = sbd("c1n1", &[], (5, 10), &[("votes", "1", "Cannot initialize CMAP service\n")]);
    assert_eq!(told(watchdog(2, "10s"), &[silent]), none, "of a Qdevice nothing is known");
    let with = sbd("c1n1", &[], (5, 10), &[("votes", "0", &votes(&["A,V,NMW", "A,V,NMW"]))]);
    assert_eq!(told(watchdog(2, "10s"), &[with]), none);
    let disk = sbd("c1n1", &[("/dev/a", "refused")], (5, 10), &[("votes", "0", PLAIN_VOTES)]);
    assert_eq!(told(watchdog(2, "10s"), &[disk]), none);
}

/// DRBD 9's `r0` on that host.
fn drbd(name: &'static str, role: &str, disk: &str, peer: &str, state: &str, more: &str) -> Printed {
    let text = format!(
        r#"[{{"name":"r0","role":"{role}","suspended":{},"devices":[{{"volume":0,"disk-state":"{disk}","client":false,"quorum":{}}}],
        "connections":[{{"name":"{peer}","connection-state":"{state}","peer-role":"Unknown","peer_devices":[{{"replication-state":"{}","peer-disk-state":"DUnknown"}}]}}]}}]"#,
        more == "suspended",
        more != "no quorum",
        if more.starts_with("Sync") { more } else { "Off" },
    );
    host(name, &[("drbd-status", "0", &text)])
}

#[rstest]
#[case::healthy(("Primary", "Connected"), ("Secondary", "Connected"), None)]
#[case::both_alone(("Primary", "StandAlone"), ("Secondary", "StandAlone"), Some("critical drbd-split-brain r0: DRBD r0 split brain between c1n1 and c1n2"))]
#[case::two_primaries(("Primary", "StandAlone"), ("Primary", "Connecting"), Some("critical drbd-split-brain r0: DRBD r0 split brain between c1n1 and c1n2"))]
#[case::one_alone(("Primary", "StandAlone"), ("Secondary", "Connecting"), Some("warning drbd-degraded r0: DRBD r0 StandAlone on c1n1, not replicated"))]
#[case::not_connected(("Primary", "Connecting"), ("Secondary", "Connecting"), Some("warning drbd-degraded r0: DRBD r0 not connected between c1n1 and c1n2"))]
fn drbd_connections(
    #[case] first: (&str, &str),
    #[case] second: (&str, &str),
    #[case] expected: Option<&str>,
) {
    let printed = [
        drbd("c1n1", first.0, "UpToDate", "c1n2", first.1, ""),
        drbd("c1n2", second.0, "UpToDate", "c1n1", second.1, ""),
    ];
    assert_eq!(told(picture(2), &printed), expected.into_iter().collect::<Vec<_>>());
}

#[rstest]
#[case(
    "UpToDate",
    "Connected",
    "suspended",
    Some("critical drbd-degraded r0: DRBD r0 blocks writes on c1n1")
)]
#[case(
    "UpToDate",
    "Connected",
    "no quorum",
    Some("critical drbd-degraded r0: DRBD r0 without DRBD quorum on c1n1")
)]
#[case("Diskless", "Connected", "", Some("warning drbd-degraded r0: DRBD r0 disk Diskless on c1n1"))]
#[case("Inconsistent", "Connected", "SyncTarget", Some("note drbd-degraded r0: DRBD r0 resyncs on c1n1"))]
#[case("UpToDate", "Connected", "SyncSource", Some("note drbd-degraded r0: DRBD r0 resyncs on c1n2"))]
fn drbd_on_one_host(
    #[case] disk: &str,
    #[case] state: &str,
    #[case] more: &str,
    #[case] expected: Option<&str>,
) {
    let lines = told(picture(2), &[drbd("c1n1", "Primary", disk, "c1n2", state, more)]);
    assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_peer_that_is_down_explains_its_connection() {
    for change in [|node: &mut Node| node.online = false, |node: &mut Node| node.standby = true] {
        let mut picture = picture(2);
        change(&mut picture.nodes[1]);
        let printed = [drbd("c1n1", "Primary", "UpToDate", "c1n2", "Connecting", "")];
        assert_eq!(told(picture, &printed), <[&str; 0]>::default());
    }
}

#[test]
fn drbd_8_has_no_names_for_its_peer() {
    let proc = |role: &str| {
        format!("version: 8.4.11\n 0: cs:StandAlone ro:{role}/Unknown ds:UpToDate/DUnknown   r-----\n")
    };
    let printed = [("c1n1", "Primary"), ("c1n2", "Secondary")]
        .map(|(name, role)| host(name, &[("drbd-proc", "0", &proc(role))]));
    let finding = one(findings(picture(2), &printed), "drbd-split-brain");
    assert_eq!(finding.summary, "DRBD minor-0 split brain between c1n1 and c1n2");
    assert_eq!(finding.evidence[0], "/proc/drbd on c1n1: minor-0 Primary, StandAlone to c1n2");
    assert!(finding.remedy.contains("`drbdadm connect --discard-my-data minor-0`"), "{}", finding.remedy);
}

const ERRORS: &str = "error: Resource start-up disabled since no STONITH resources have been defined\n\
    error: Ignoring colocation 'c' because it names nothing\nwarning: something else\nConfiguration invalid (with errors)\n";

#[rstest]
#[case(ERRORS, "78", Some("warning verify-errors c1: the configuration of c1 has 2 errors"))]
#[case::valid_all_the_same(ERRORS, "0", None)]
#[case("warning: something\nWarnings found during check: config may not be valid\n", "78", None)]
fn errors_of_crm_verify(#[case] text: &str, #[case] code: &str, #[case] expected: Option<&str>) {
    let lines = told(picture(3), &[host("c1n1", &[("verify", code, text)])]);
    assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
}

/// That there is no fencing device is another finding already.
#[test]
fn what_another_finding_tells_is_no_error_of_its_own() {
    let picture = Picture {
        resources: vec![Resource::Primitive(primitive("vip", "ocf:heartbeat:IPaddr2"))],
        cib: Some(Arc::new(Cib::default())),
        ..picture(3)
    };
    let finding = one(findings(picture, &[host("c1n1", &[("verify", "78", ERRORS)])]), "verify-errors");
    assert_eq!(finding.evidence, ["crm_verify on c1n1: Ignoring colocation 'c' because it names nothing"]);
}

#[test]
fn a_report_that_is_too_old_says_nothing() {
    let later = NOW + SignedDuration::from_secs(300);
    let without = findings_at(later, picture(3), &[]);
    assert_eq!(findings_at(later, picture(3), &all_fixtures()), without);
    assert!(findings(picture(3), &all_fixtures()).len() > without.len());
}

/// A Qdevice's package that is installed before there is a Qdevice.
#[test]
fn a_qdevice_daemon_without_a_qdevice_is_nothing() {
    let units = unit("corosync", "active", "enabled") + &unit("corosync-qdevice", "failed", "enabled");
    let printed = |votes: &str| [host("c1n1", &[("votes", "0", votes), ("daemons", "0", &units)])];
    assert_eq!(told(picture(2), &printed(PLAIN_VOTES)), <[&str; 0]>::default());
    let expected = ["warning qdevice-down c1n1: Qdevice not running on c1n1"];
    let with = PLAIN_VOTES.replace("Expected votes:   2", "Expected votes:   3");
    assert_eq!(told(picture(2), &printed(&with)), expected);
}

/// Of two packages that exclude each other, the one that doesn't run.
#[test]
fn a_remote_daemon_on_a_member_is_nothing() {
    let units = unit("pacemaker", "active", "enabled") + &unit("pacemaker_remote", "failed", "enabled");
    assert_eq!(told(picture(2), &[host("c1n1", &[("daemons", "0", &units)])]), <[&str; 0]>::default());
    let units = unit("pacemaker", "failed", "enabled") + &unit("pacemaker_remote", "inactive", "enabled");
    let lines = told(picture(2), &[host("c1n1", &[("daemons", "0", &units)])]);
    assert_eq!(lines, ["warning daemon-down c1n1: pacemaker failed on c1n1"]);
}

#[test]
fn a_disk_that_an_offline_node_lost_is_nothing() {
    let mut offline = picture(3);
    offline.nodes[2].online = false;
    let printed = [sbd("c1n3", &[("/dev/a", "missing")], (5, 10), &[])];
    assert_eq!(told(offline, &printed), <[&str; 0]>::default());
    assert_eq!(told(picture(3), &printed).len(), 1);
}

/// The lost connection, not the disk that is behind because of it, is the cause.
#[test]
fn a_disk_behind_a_lost_connection_is_one_finding() {
    let printed = [
        drbd("c1n1", "Primary", "UpToDate", "c1n2", "Connecting", ""),
        drbd("c1n2", "Secondary", "Outdated", "c1n1", "Connecting", ""),
    ];
    assert_eq!(
        told(picture(2), &printed),
        ["warning drbd-degraded r0: DRBD r0 not connected between c1n1 and c1n2"]
    );
}

#[test]
fn writes_that_wait_for_fencing_are_the_unclean_nodes_finding() {
    let mut unclean = picture(2);
    (unclean.nodes[1].online, unclean.nodes[1].unclean) = (false, true);
    let printed = [drbd("c1n1", "Primary", "UpToDate", "c1n2", "Connecting", "suspended")];
    assert_eq!(told(unclean, &printed), <[&str; 0]>::default());
    let mut gone = picture(2);
    gone.nodes[1].online = false;
    assert_eq!(told(gone, &printed), ["critical drbd-degraded r0: DRBD r0 blocks writes on c1n1"]);
}

/// Pacemaker has stopped DRBD on the peer: the finding is on the resource that is stopped, if there is one.
#[test]
fn drbd_that_pacemaker_runs_on_one_node_is_not_connected() {
    let on = |nodes: &[&str]| {
        let nodes = nodes.iter().map(|name| (*name).into()).collect();
        let r0 = Primitive { nodes, ..primitive("r0", "ocf:linbit:drbd") };
        let mut picture = picture(2);
        picture.resources.push(Resource::Primitive(r0));
        let printed = [drbd("c1n1", "Primary", "UpToDate", "c1n2", "Connecting", "")];
        told(picture, &printed).into_iter().filter(|line| line.contains("drbd")).count()
    };
    assert_eq!(on(&["c1n1"]), 0);
    assert_eq!(on(&["c1n1", "c1n2"]), 1);
}

/// What a plain cluster without a fault answers, by distribution.
fn healthy(release: &str) -> Vec<Printed> {
    let (up, own) = ("connected", "localhost");
    let knet = link(0, "10.0.0.1", &[(1, own), (2, up), (3, up)]);
    let ring = "Printing ring status.\nLocal node ID 1\nRING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n";
    let udp = "Local node ID 1, transport udpu\nLINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus\t= OK\n";
    let running = unit("corosync", "active", "enabled") + &unit("pacemaker", "active", "enabled");
    let absent = "Id=sbd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n";
    // RHEL's packages bring all of them, and start none that isn't used.
    let unused = unit("corosync-qdevice", "inactive", "disabled")
        + &unit("pacemaker_remote", "inactive", "disabled")
        + &unit("sbd", "inactive", "disabled");
    let debian = "SBD_PACEMAKER=yes\nSBD_STARTMODE=always\nSBD_DELAY_START=no\nSBD_WATCHDOG_DEV=/dev/watchdog\nSBD_WATCHDOG_TIMEOUT=5\n";
    let none = <[(&str, &str, &str); 0]>::default();
    let warning = "(unpack_config) \twarning: Blind faith: not fencing unseen nodes\n";
    let (links, daemons, verify, more) = match release {
        "debian-11" => (knet, running + absent, String::new(), none.to_vec()),
        "debian-12" => (
            knet,
            running + &unit("pcsd", "inactive", "disabled") + absent,
            warning.to_owned(),
            none.to_vec(),
        ),
        "debian-13" => (knet, running + &unit("pcsd", "active", "enabled"), String::new(), none.to_vec()),
        "debian-12-all-packages" => {
            let units = running
                + &unit("pcsd", "active", "enabled")
                + &unit("sbd", "inactive", "disabled")
                + &unit("corosync-qdevice", "failed", "enabled")
                + &unit("pacemaker_remote", "failed", "enabled");
            (knet, units, String::new(), vec![("sbd-config", "0", debian)])
        }
        "rhel-8" | "rhel-9" => {
            let units = running + &unit("pcsd", "active", "enabled") + &unused;
            (knet, units, warning.to_owned(), vec![("sbd-config", "0", debian)])
        }
        "sles-12" => (ring.to_owned(), running, String::new(), none.to_vec()),
        _ => (udp.to_owned(), running, String::new(), none.to_vec()),
    };
    let votes = PLAIN_VOTES.replace("votes:   2", "votes:   3").replace(" 2Node", "");
    let sections = |more: &[(&'static str, &'static str, &'static str)], with: bool| {
        let mut sections = vec![("daemons", "0", daemons.as_str()), ("links", "0", links.as_str())];
        sections.extend_from_slice(more);
        if with {
            sections.extend([("votes", "0", votes.as_str()), ("verify", "0", verify.as_str())]);
        }
        host(if with { "c1n1" } else { "c1n2" }, &sections)
    };
    let first = sections(&more, true);
    // One that doesn't answer, or lacks the tools, says nothing.
    let refused = host("c1n3", &[("links", "missing", ""), ("daemons", "hangs", "")]);
    vec![first, refused]
}

/// SLES fences by SBD out of the box.
fn healthy_sles() -> Vec<Printed> {
    ["c1n1", "c1n2", "c1n3"].map(|name| sbd(name, &[("/dev/a", "readable")], (15, 30), &[])).to_vec()
}

const RELEASES: [&str; 8] = [
    "debian-11",
    "debian-12",
    "debian-13",
    "debian-12-all-packages",
    "rhel-8",
    "rhel-9",
    "sles-12",
    "sles-15-udpu",
];

#[test]
fn a_healthy_cluster_of_any_distribution_has_no_finding() {
    for release in RELEASES {
        assert_eq!(told(picture(3), &healthy(release)), <[&str; 0]>::default(), "{release}");
    }
    assert_eq!(told(picture(3), &healthy_sles()), <[&str; 0]>::default());
}

/// What is left of the host's text after those changes: lines dropped, doubled or put in, and the end cut off.
fn garbled(text: &str, changes: &[(prop::sample::Index, u8, String)], length: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, how, put) in changes {
        if lines.is_empty() {
            break;
        }
        let at = at.index(lines.len());
        match how % 3 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            _ => lines.insert(at, put.clone()),
        }
    }
    let text = lines.join("\n") + "\n";
    text.chars().take(length).collect()
}

proptest! {
    /// An answer that is cut off, garbled or mixed up is no reason for an alarm, and none is too strange to be judged.
    #[test]
    fn a_garbled_answer_judges_no_healthy_picture_critical(
        release in prop::sample::select(RELEASES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), "[|= ]{0,2}[ -~\t]{0,30}"), 0..6),
        length in 0_usize..3_000,
    ) {
        let mut printed = healthy(release);
        printed.extend(healthy_sles());
        for one in &mut printed {
            one.text = garbled(&one.text, &changes, length);
        }
        printed.retain(|one| parse::stack(one.text.as_bytes()).is_some());
        let lines = told(picture(3), &printed);
        prop_assert!(lines.iter().all(|line| !line.starts_with("critical")), "{lines:?}");
    }

    /// Numbers, names and states as no tool would print them.
    #[test]
    fn hostile_answers_are_judged(
        ids in prop::collection::vec(any::<u32>(), 0..6),
        states in prop::collection::vec("connected|disconnected|localhost|[ -~]{0,12}", 6),
        name in "[a-z'\" $;-]{1,12}",
        timeouts in (any::<u64>(), any::<u64>()),
        role in "Primary|Secondary|[ -~&&[^\"\\\\]]{0,8}",
        state in "Connected|StandAlone|Connecting|[ -~&&[^\"\\\\]]{0,8}",
    ) {
        let peers: Vec<(u32, &str)> = ids.iter().copied().zip(states.iter().map(String::as_str)).collect();
        let links = link(0, "10.0.0.1", &peers) + &link(u32::MAX, &name, &peers);
        let text = format!(
            r#"[{{"name":"r0","role":"{role}","devices":[{{"disk-state":"{state}"}}],"connections":[{{"name":"c1n2","connection-state":"{state}"}},{{"name":"{role}","connection-state":"{state}"}}]}}]"#
        );
        let votes = votes(&["NR", "A,V", ",,,", "NA"]).replace("Total votes:      2", &format!("Total votes: {}", ids.len()));
        let more = [("links", "0", links.as_str()), ("drbd-status", "0", &text), ("votes", "0", &votes)];
        let printed = ["c1n1", "c1n2", "elsewhere"].map(|host| sbd(host, &[("/dev/a", "readable"), (&name, "missing")], timeouts, &more));
        for picture in [picture(2), picture(0), watchdog(2, &timeouts.0.to_string())] {
            let mut found = findings(picture, &printed);
            found.retain(|finding| finding.summary.is_empty() || finding.evidence.len() > 40);
            prop_assert_eq!(found, vec![]);
        }
    }
}
