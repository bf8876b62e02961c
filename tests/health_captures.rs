//! What is said of real clusters, capture by capture: the health, the codes, and every word.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use quorate::health::{Finding, Health, assess};
use quorate::model::{Access, Cib, ClusterEntry, Contact, Observation, Picture, Tier};
use quorate::pacemaker::parse::{self, Answer};
use rstest::rstest;

/// A little after the captures were taken, so that ages can be told.
const NOW: &str = "2026-11-22T11:40:00Z";

#[rstest]
#[case("banned", Health::Warning, &["leftover-constraint", "node-fenced"])]
#[case("banned-promoted", Health::Warning, &["leftover-constraint", "node-fenced"])]
#[case("disabled-group", Health::Ok, &["resource-disabled", "node-fenced"])]
#[case("failed-recovered", Health::Warning, &["failure-recovered", "failure-recovered", "failure-recovered", "node-fenced"])]
#[case("failed-start-notinstalled", Health::Critical, &["node-unclean", "resource-failed", "failure-recovered", "failure-recovered", "failure-recovered", "node-fenced", "node-fenced"])]
#[case("fence-pending-unclean", Health::Critical, &["node-unclean"])]
#[case("healthy", Health::Ok, &[])]
#[case("maintenance-mode", Health::Warning, &["cluster-maintenance", "node-fenced"])]
#[case("moved-prefer", Health::Warning, &["leftover-constraint", "node-fenced"])]
#[case("node-maintenance", Health::Warning, &["node-maintenance", "node-fenced"])]
#[case("node-offline", Health::Critical, &["node-offline"])]
#[case("node-stopped-clean", Health::Warning, &["node-offline", "node-fenced"])]
#[case("pending-op", Health::Warning, &["failure-recovered", "failure-recovered", "failure-recovered", "node-fenced"])]
#[case("remote-healthy", Health::Ok, &[])]
#[case("standby", Health::Warning, &["node-standby", "node-fenced"])]
#[case("startup-7", Health::Critical, &["no-dc", "not-understood"])]
#[case("unmanaged", Health::Critical, &["resource-stopped", "resource-unmanaged", "node-fenced"])]
fn findings_of_captures(#[case] name: &str, #[case] health: Health, #[case] codes: &[&str]) {
    let findings = assess_capture(name);
    insta::assert_snapshot!(name, told(&findings));
    assert_eq!(Health::of(&findings), health);
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes);
}

/// The lab's own pictures, each judged at the moment at which it was taken.
#[rstest]
#[case("blocked", Health::Critical)]
#[case("disabled", Health::Ok)]
#[case("failed-recovered", Health::Warning)]
#[case("failed-resource", Health::Warning)]
#[case("failed-unmanaged", Health::Critical)]
#[case("fencing-done", Health::Ok)]
#[case("fencing-failed", Health::Critical)]
#[case("fencing-pending", Health::Critical)]
#[case("healthy", Health::Ok)]
#[case("leftover-constraints", Health::Warning)]
#[case("maintenance", Health::Warning)]
#[case("no-quorum", Health::Critical)]
#[case("no-quorum-minority", Health::Critical)]
#[case("node-maintenance", Health::Warning)]
#[case("offline", Health::Warning)]
#[case("pending-operation", Health::Ok)]
#[case("remote-node", Health::Ok)]
#[case("remote-offline", Health::Critical)]
#[case("standby", Health::Warning)]
#[case("ticket-revoked", Health::Warning)]
#[case("unclean", Health::Critical)]
#[case("unmanaged", Health::Warning)]
fn findings_of_the_lab(#[case] name: &str, #[case] health: Health) {
    let file = format!("../{name}");
    let xml = read(&format!("{file}.crm_mon.xml")).expect("a picture");
    let taken = parse::printed_at(&xml, Some(Offset::UTC)).expect("a time");
    let findings = assess_at(&file, taken);
    insta::assert_snapshot!(format!("lab-{name}"), told(&findings));
    assert_eq!(Health::of(&findings), health);
}

fn assess_capture(name: &str) -> Vec<Finding> {
    assess_at(name, NOW.parse().expect("a moment"))
}

fn assess_at(name: &str, now: Timestamp) -> Vec<Finding> {
    let mut picture = picture(name);
    picture.cib = cib(name).map(Arc::new);
    let observation = Observation {
        contact: Contact::Live { host: "c1n1".into() },
        picture: Some(Arc::new(picture)),
        confirmed: Some(now),
        clock_ahead: Some(SignedDuration::ZERO),
        ..Observation::none()
    };
    assess(&entry(), &observation, now)
}

fn entry() -> ClusterEntry {
    ClusterEntry {
        name: "c1".into(),
        tier: Tier::Core,
        hosts: ["c1n1", "c1n2", "c1n3"].map(Into::into).to_vec(),
        access: Access::default(),
        needs: None,
    }
}

fn read(file: &str) -> Option<Vec<u8>> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures").join(file)).ok()
}

fn picture(name: &str) -> Picture {
    match parse::crm_mon(&read(&format!("{name}.crm_mon.xml")).expect("a capture"), Some(Offset::UTC)) {
        Ok(Answer::Running(picture)) => *picture,
        other => panic!("{name}: {other:?}"),
    }
}

/// A cluster without a DC has no configuration to be read.
fn cib(name: &str) -> Option<Cib> {
    read(&format!("{name}.cib.xml")).map(|xml| parse::cib(&xml).expect("a CIB"))
}

fn told(findings: &[Finding]) -> String {
    findings.iter().map(paragraph).collect()
}

fn paragraph(finding: &Finding) -> String {
    let Finding { severity, code, subject, summary, evidence, remedy } = finding;
    let evidence: Vec<_> = evidence.iter().map(|line| format!("  - {line}\n")).collect();
    format!("{severity} {code} [{subject}]\n  {summary}\n{}  > {remedy}\n", evidence.concat())
}
