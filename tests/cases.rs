//! Situations from public reports, each with its right verdict: with the CIB, and without it.
//!
//! Every case stands for a kind; see `tests/fixtures/cases/README.md`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;
use quorate::health::{About, Finding, Health, Severity, assess, review, why};
use quorate::model::{Access, ClusterEntry, Contact, Observation, Picture, Tier};
use quorate::pacemaker::parse::{self, Answer};
use rstest::rstest;

/// The right verdict on one case.
struct Right<'a> {
    /// The exit code of `status` with the CIB, and without it.
    exits: (u8, u8),
    /// `code subject` of the findings above a note, in their order, with the CIB.
    findings: &'a [&'a str],
    /// Words that occur in the findings with the CIB.
    says: &'a [&'a str],
    /// Words that occur in none, with the CIB or without it.
    never: &'a [&'a str],
}

const GALERA: &str = "Galera";

#[rstest]
// A clone or bundle that may run nowhere.
#[case("12b-ping-lost-clone-only", Right { exits: (2, 2), findings: &["clone-incomplete ms-drbd-r0", "clone-incomplete web-clone", "connectivity-lost node1", "connectivity-lost node2"], says: &["ms-drbd-r0 runs nowhere: loc-ping-ms-drbd-r0 keeps it off node1 and node2 (pingd = 0)"], never: &[] })]
#[case("71-banned-everywhere", Right { exits: (2, 2), findings: &["clone-incomplete web-clone", "leftover-constraint cli-ban-web-clone-on-u1", "leftover-constraint cli-ban-web-clone-on-u2"], says: &["web-clone runs nowhere: cli-ban-web-clone-on-u1 keeps it off u1; cli-ban-web-clone-on-u2 keeps it off u2"], never: &[] })]
#[case("72-clone-hosts-standby", Right { exits: (2, 2), findings: &["clone-incomplete db-clone"], says: &["db-clone runs nowhere: all its nodes are in standby", "End the standby when the work is done: `crm_standby --node v1 --delete`, `crm_standby --node v2 --delete`."], never: &["--delete`. End"] })]
#[case("12-ping-lost", Right { exits: (2, 2), findings: &["clone-incomplete ms-drbd-r0", "connectivity-lost node1", "connectivity-lost node2", "fencing-disabled 12-ping-lost", "members-even 12-ping-lost"], says: &["(pingd = 0)", "grp-exportd waits for it"], never: &[] })]
// Fencing that can't happen.
#[case("45-stonith-disabled-forgotten", Right { exits: (1, 1), findings: &["fencing-impossible 45-stonith-disabled-forgotten"], says: &["nothing can fence: stonith-c1 is disabled; stonith-c2 is disabled", "--resource stonith-c1 --meta", "--resource stonith-c2 --meta"], never: &["should settle"] })]
#[case("45b-stonith-disabled-node-lost", Right { exits: (2, 2), findings: &["node-unclean srv2"], says: &["srv2 is unclean and can't be fenced: stonith-c2 is disabled", "--resource stonith-c2 --meta --set-parameter target-role"], never: &["should settle"] })]
#[case("51-no-dc-wait-for-all", Right { exits: (2, 2), findings: &["no-quorum 51-no-dc-wait-for-all"], says: &["no quorum, no DC", "wait_for_all"], never: &["--confirm"] })]
// What isn't visible.
#[case("13a-diskless-sbd", Right { exits: (0, 0), findings: &[], says: &[], never: &["no fencing device, but"] })]
#[case("diskless-sbd-vip-stopped", Right { exits: (2, 2), findings: &["resource-stopped rsc_ip_PRD_HDB00", "fail-count-threshold rsc_SAPHana_PRD_HDB00"], says: &[], never: &["fencing device"] })]
#[case("28-booth-ticket", Right { exits: (1, 1), findings: &["ticket-lost ticketA"], says: &["g-app"], never: &["should run"] })]
// The reason is known.
#[case("25-health-red", Right { exits: (2, 2), findings: &["node-health h1", "resource-stopped db"], says: &["db runs nowhere: h1's health is red", "vip waits for it"], never: &["about to start", "…"] })]
#[case("24-utilization-full", Right { exits: (2, 2), findings: &["resource-stopped vm-c"], says: &["needs memory 8000; kvm1 and kvm2 have 4000 left"], never: &["about to start"] })]
#[case("30-time-rule", Right { exits: (2, 2), findings: &["resource-stopped nightly"], says: &["nightly runs nowhere: by-day keeps it off t1 and t2"], never: &[] })]
#[case("11a-drbd-fence-constraint-down", Right { exits: (2, 2), findings: &["promoted-missing audiodata-clone", "node-offline node-12-98"], says: &["DRBD allows only node-12-98, which is offline", "drbd-fence-by-handler-audiodata-audiodata-clone", "`drbdadm status`", "audio-grp waits for it"], never: &[GALERA] })]
// A failed promote.
#[case("03-paf-stale-score", Right { exits: (2, 2), findings: &["promoted-missing pgsqld-clone", "node-offline pg-b", "fencing-disabled 03-paf-stale-score", "members-even 03-paf-stale-score"], says: &["pgsqld-clone has no promoted instance: pg-b is the best candidate to promote, aborting current promotion", "pgsql-master-ip waits for it"], never: &[GALERA, "runs again"] })]
// The root first, and what follows folded into it.
#[case("81-leader-disabled", Right { exits: (1, 2), findings: &["resource-disabled keystone-clone"], says: &["keystone-clone disabled, 4 wait", "glance-api-clone, nova-api-clone, neutron-server-clone and vip-glance wait for it"], never: &[] })]
#[case("09-one-node-blocked", Right { exits: (2, 2), findings: &["resource-blocked store-confd-1", "resource-blocked store-ios-1", "resource-failed halink"], says: &["s3auth-clone and s3server-1-clone wait for it"], never: &[] })]
#[case("27-remote-connection-failed", Right { exits: (2, 2), findings: &["node-offline compute-0"], says: &["compute-0 (remote node) is offline: its connection failed on ctl1, ctl2 and ctl3"], never: &[] })]
// Instances and replicas.
#[case("26-bundle-replicas", Right { exits: (2, 2), findings: &["clone-incomplete rabbitmq-bundle", "clone-incomplete galera-bundle", "fencing-disabled 26-bundle-replicas"], says: &["rabbitmq-bundle: 0 of 3 replicas run: image is not available", "galera-bundle: 2 of 3 replicas run"], never: &["10 resources"] })]
#[case("26b-bundle-one-replica", Right { exits: (1, 1), findings: &["clone-incomplete galera-bundle"], says: &["2 of 3 replicas run"], never: &[] })]
#[case("84-clone-failed-everywhere", Right { exits: (2, 2), findings: &["resource-failed nova-compute"], says: &["nova-compute failed to start on 5 nodes"], never: &["5 resources"] })]
// Quirks of crm_mon.
#[case("04b-tnf-pending", Right { exits: (2, 2), findings: &["resource-failed etcd", "node-pending master-1", "failure-recovered kubelet", "failure-recovered master-0_redfish", "failure-recovered master-1_redfish"], says: &[], never: &["standby"] })]
#[case("54-quorum-node-probe-fails", Right { exits: (1, 1), findings: &["resource-orphaned pgsql-ha"], says: &["a surplus instance of pgsql-ha is on record, left by a failed probe on node3", "probe of pgsqld on node3: invalid parameter (2)", "pgsql-ha is banned from node3; Pacemaker probes it there all the same", "`crm_resource --cleanup --resource pgsqld --node node3`"], never: &["no longer configured", "crm_mon -1 -o"] })]
// A remedy that works.
#[case("29-resource-maintenance", Right { exits: (1, 1), findings: &["resource-unmanaged msl_SAPHana"], says: &["--resource msl_SAPHana --meta --set-parameter maintenance --parameter-value false"], never: &["is-managed --parameter-value true", GALERA] })]
#[case("12d-null-node-1.1.10", Right { exits: (2, 2), findings: &[], says: &[], never: &["(null)"] })]
// Attributes.
#[case("12c-ping-lost-one-node", Right { exits: (1, 1), findings: &["connectivity-lost node2"], says: &["connectivity lost on node2 (pingd 0 of 200)"], never: &[] })]
#[case("connectivity-lost", Right { exits: (1, 1), findings: &["connectivity-lost cluster01", "connectivity-lost cluster02"], says: &["connectivity lost on cluster01 (pingd 0 of 1000)"], never: &[] })]
#[case("15-hana-waiting4lpa", Right { exits: (2, 2), findings: &["promoted-missing msl_SAPHana_PH1_HDB00", "node-offline nodeb"], says: &["last primary timestamp (WAITING4LPA)"], never: &[GALERA] })]
// A shape, constraints, tickets, settings.
#[case("05-clone-master-nostonith", Right { exits: (2, 1), findings: &["fencing-no-device 05-clone-master-nostonith", "clone-shape DrbdVolume"], says: &["DrbdVolume promoted on blade-0, but DrbdVolume-clone isn't promotable"], never: &[] })]
#[case("constraint-tag", Right { exits: (2, 2), findings: &["resource-stopped b", "resource-stopped c"], says: &["crm_simulate -sL"], never: &["does not exist", "about to start"] })]
#[case("constraint-template", Right { exits: (2, 2), findings: &["resource-stopped b", "resource-stopped c", "resource-stopped d"], says: &[], never: &["does not exist"] })]
#[case("ticket-set", Right { exits: (1, 1), findings: &["ticket-lost T2"], says: &["b, c"], never: &["should run"] })]
// Constraints that bind more than two, or more than one node.
#[case("clone-min", Right { exits: (2, 2), findings: &["resource-stopped app"], says: &["app is stopped: it starts after db-clone, which has 1 of 2 instances (clone-min)", "web waits for it", "lower its clone-min"], never: &[] })]
#[case("apart-set", Right { exits: (2, 2), findings: &["resource-stopped c"], says: &["c runs nowhere: kept apart from a on n1; kept apart from b on n2"], never: &[] })]
#[case("node-attribute", Right { exits: (2, 2), findings: &["resource-stopped app"], says: &["app runs nowhere: db not in rack r1 (n1 and n2)", "Ask why db isn't in rack r1"], never: &[] })]
// Nodes that are reached through a resource.
#[case("guest-unconnected", Right { exits: (2, 2), findings: &["node-offline web1"], says: &["web1 (guest node) is offline: vm1 runs, its connection doesn't", "site waits for it", "crm_resource --why --resource web1"], never: &[] })]
#[case("guest-host-lost", Right { exits: (2, 2), findings: &["node-unclean n2"], says: &["guest node offline with it: web1"], never: &[] })]
#[case("guest-vm-off", Right { exits: (1, 1), findings: &["resource-disabled vm1"], says: &["vm1 disabled, site waits", "guest node offline with it: web1"], never: &[] })]
#[case("bundle-unlisted", Right { exits: (2, 2), findings: &["node-offline httpd-bundle"], says: &["httpd-bundle: 2 replicas offline"], never: &["guest node", "remote node"] })]
#[case("remote-leftover", Right { exits: (1, 2), findings: &["node-offline r9"], says: &["r9 (remote node) is offline: no resource connects to it", "`crm_node --force --remove r9`"], never: &[] })]
// What keeps a promotion back.
#[case("promotion-scores-negative", Right { exits: (2, 2), findings: &["promoted-missing ms"], says: &["ms has no promoted instance: every promotion score is negative"], never: &[] })]
#[case("promotion-barred", Right { exits: (2, 2), findings: &["promoted-missing ms"], says: &["ms has no promoted instance: npr bars promotion on n1, n2 and n3"], never: &[] })]
#[case("ticket-promoted", Right { exits: (0, 1), findings: &[], says: &["ticket T1 is not granted to this site"], never: &[] })]
#[case("target-role-unpromoted", Right { exits: (1, 2), findings: &["resource-disabled ms"], says: &["ms kept unpromoted, vip waits"], never: &["ms disabled"] })]
// What Pacemaker makes of failures.
#[case("threshold-everywhere", Right { exits: (2, 2), findings: &["resource-failed a"], says: &["a failed to start on 3 nodes: error (1)", "`crm_resource --cleanup --resource a`"], never: &["--node"] })]
#[case("failures-expired", Right { exits: (2, 2), findings: &["resource-stopped a"], says: &["its failures on n1, n2, n3 have expired"], never: &[] })]
#[case("failure-ignored", Right { exits: (1, 1), findings: &["failure-recovered a"], says: &["a failed on n1, ignored (on-fail=ignore)"], never: &["runs again"] })]
#[case("multiple-active-block", Right { exits: (2, 2), findings: &["resource-multiply-active a"], says: &["multiple-active=block"], never: &[] })]
#[case("clone-max-zero", Right { exits: (0, 0), findings: &[], says: &["c disabled: clone-max is 0"], never: &["orphaned"] })]
fn the_verdict(#[case] name: &str, #[case] right: Right<'_>) {
    let (with, without) = (judge(name, true), judge(name, false));
    let told: Vec<String> = with
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| format!("{} {}", finding.code, finding.subject))
        .collect();
    if !right.findings.is_empty() || right.exits.0 == 0 {
        assert_eq!(told, right.findings, "{}", text(&with));
    }
    assert_eq!((exit(&with), exit(&without)), right.exits, "{}\nwithout:\n{}", text(&with), text(&without));
    for words in right.says {
        assert!(text(&with).contains(words), "{words:?} in\n{}", text(&with));
    }
    for words in right.never {
        assert!(!text(&with).contains(words), "{words:?} in\n{}", text(&with));
        assert!(!text(&without).contains(words), "{words:?} without the CIB in\n{}", text(&without));
    }
}

/// The why card knows what the finding knows.
#[rstest]
#[case("25-health-red", "db", "h1's health is red")]
#[case("24-utilization-full", "vm-c", "needs memory 8000; kvm1 and kvm2 have 4000 left")]
#[case("30-time-rule", "nightly", "by-day keeps it off t1 and t2")]
#[case(
    "12b-ping-lost-clone-only",
    "web-clone",
    "loc-ping-web-clone keeps it off node1 and node2 (pingd = 0)"
)]
#[case("11a-drbd-fence-constraint-down", "audiodata-clone", "DRBD allows only node-12-98, which is offline")]
#[case("clone-min", "app", "db-clone, which has 1 of 2 instances (clone-min)")]
#[case("apart-set", "c", "kept apart from a on n1; kept apart from b on n2")]
#[case("node-attribute", "app", "db not in rack r1 (n1 and n2)")]
fn why_says_the_same(#[case] name: &str, #[case] resource: &str, #[case] words: &str) {
    let observation = observation(name, true);
    let at = observation.confirmed.expect("a moment");
    let why = why(&entry(name), &observation, at, &About::Resource(resource.into())).expect("an answer");
    let summaries: Vec<&str> = why.causes.iter().map(|cause| cause.summary.as_str()).collect();
    assert!(summaries.iter().any(|summary| summary.contains(words)), "{summaries:?}");
}

#[test]
fn an_answer_without_a_picture_is_none() {
    let error = parse::crm_mon(&file("crm_verify-ok.xml"), Some(Offset::UTC)).unwrap_err();
    assert_eq!(error.message, "no picture of a cluster in it");
}

#[test]
fn dates_in_basic_format() {
    let cib = parse::cib(&file("date-basic-format.cib.xml")).unwrap();
    let expected: Timestamp = "2029-12-31T00:00:00Z".parse().unwrap();
    assert_eq!(cib.constraints[0].expires, Some(expected));
}

#[test]
fn a_fencing_device_that_is_none() {
    let cib = parse::cib(&file("stonith-method-cycle.cib.xml")).unwrap();
    let now = "2026-11-29T10:00:00Z".parse().unwrap();
    let findings = review(&entry("c"), cib, now);
    assert_eq!((exit(&findings), findings[0].code), (1, "fencing-settings"));
    assert!(findings[0].summary.contains("method=cycle and action=off"), "{}", findings[0].summary);
    for name in ["method", "action"] {
        let command = format!("--delete-parameter {name}`");
        assert!(findings[0].remedy.contains(&command), "{}", findings[0].remedy);
    }
}

fn judge(name: &str, with_cib: bool) -> Vec<Finding> {
    let observation = observation(name, with_cib);
    let at = observation.confirmed.expect("a moment");
    assess(&entry(name), &observation, at)
}

fn observation(name: &str, with_cib: bool) -> Observation {
    let path = [format!("{name}.crm_mon.xml"), format!("{name}.xml")]
        .into_iter()
        .find(|name| folder().join(name).exists());
    let xml = file(&path.expect("a picture"));
    let Ok(Answer::Running(mut picture)) = parse::crm_mon(&xml, Some(Offset::UTC)) else {
        panic!("{name} is no picture of a running cluster")
    };
    let cib = folder().join(format!("{name}.cib.xml"));
    if with_cib && cib.exists() {
        picture.cib = Some(Arc::new(parse::cib(&std::fs::read(cib).expect("a CIB")).expect("a CIB")));
    }
    let taken = parse::printed_at(&xml, Some(Offset::UTC));
    let picture: Arc<Picture> = Arc::from(picture);
    Observation {
        contact: Contact::Live { host: "host".into() },
        picture: Some(picture),
        confirmed: Some(taken.unwrap_or_else(|| "2026-11-29T10:00:00Z".parse().expect("a moment"))),
        ..Observation::none()
    }
}

fn entry(name: &str) -> ClusterEntry {
    ClusterEntry {
        name: name.into(),
        tier: Tier::Other,
        hosts: vec!["host".into()],
        access: Access::default(),
        needs: None,
    }
}

/// As `status` ends.
fn exit(findings: &[Finding]) -> u8 {
    match Health::of(findings) {
        Health::Ok => 0,
        Health::Warning => 1,
        Health::Critical => 2,
        Health::Unknown => 3,
    }
}

fn text(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let Finding { severity, code, subject, summary, evidence, remedy } = finding;
        format!("{severity} {code} [{subject}] {summary}\n  - {}\n  > {remedy}\n", evidence.join("\n  - "))
    });
    lines.collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("a file")
}
