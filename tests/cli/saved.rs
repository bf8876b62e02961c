//! `status --from` on reports, as somebody else sends them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use crate::home::{Answer, Home, capture};

fn cluster(answer: &Answer) -> Value {
    answer.json()["clusters"][0].clone()
}

fn summaries(cluster: &Value) -> String {
    let findings = cluster["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["summary"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// A report of two nodes in the form of `crm_report`, with the XML of `crm_mon` beside its text.
fn report(folder: &Path, name: &str) {
    for node in ["c1n1", "c1n2"] {
        let at = folder.join(node);
        fs::create_dir_all(&at).unwrap();
        let cib = capture(name).replace(".crm_mon.xml", ".cib.xml");
        fs::copy(capture(name), at.join("crm_mon.xml")).unwrap();
        fs::copy(cib, at.join("cib.xml")).unwrap();
        fs::write(at.join("crm_mon.txt"), "Cluster Summary:\n").unwrap();
        fs::write(at.join("corosync.conf"), "totem {\n    cluster_name: lab\n}\n").unwrap();
        fs::write(at.join("RUNNING"), "").unwrap();
        fs::write(at.join("ha-log.txt"), "a log\n").unwrap();
    }
}

fn pack(folder: &Path) -> Vec<u8> {
    let mut tarball = tar::Builder::new(Vec::new());
    tarball.append_dir_all("report", folder).unwrap();
    tarball.into_inner().unwrap()
}

#[test]
fn a_report_is_one_cluster_as_a_folder_and_as_a_tarball() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let (report_at, packed) = (folder.path().join("report"), folder.path().join("report.tar"));
    report(&report_at, "standby");
    fs::write(&packed, pack(&report_at)).unwrap();
    let expected = home.run(&["status", "--format", "json", "--from", &capture("standby")]);
    for path in [&report_at, &packed] {
        let answer = home.run(&["status", "--format", "json", "--from", path.to_str().unwrap()]);
        assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
        let found = cluster(&answer);
        assert_eq!(found["nodes"], cluster(&expected)["nodes"]);
        assert_eq!(found["resources"], cluster(&expected)["resources"]);
    }
}

#[test]
fn a_picture_and_a_cib_of_one_name_are_one_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |capture_name: &str, name: &str| {
        let cib = capture(capture_name).replace(".crm_mon.xml", ".cib.xml");
        fs::copy(capture(capture_name), folder.path().join(format!("{name}.crm_mon.xml"))).unwrap();
        fs::copy(cib, folder.path().join(format!("{name}.cib.xml"))).unwrap();
    };
    keep("banned", "web");
    keep("standby", "db");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (db, web) = (path("db.crm_mon.xml"), path("web.crm_mon.xml"));
    let files = [path("db.cib.xml"), db.clone(), path("web.cib.xml"), web.clone()];
    let from: Vec<&str> = ["status", "--format", "json", "--from"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    let home = Home::new();
    let together = home.run(&from).json();
    let clusters = together["clusters"].as_array().unwrap();
    assert_eq!(clusters.iter().map(|cluster| &cluster["name"]).collect::<Vec<_>>(), ["db", "web"]);
    for (found, file) in clusters.iter().zip([db, web]) {
        let cib = file.replace(".crm_mon.xml", ".cib.xml");
        let one = home.run(&["status", "--format", "json", "--from", &file, "--cib", &cib]);
        assert_eq!(found["findings"], cluster(&one)["findings"]);
        assert!(found["constraints"].is_array(), "the CIB of {file} isn't read");
        assert_eq!(found["path"], file.as_str());
        assert_eq!(found["dated_by_file"], false);
        assert!(found["taken_at"].as_str().unwrap().starts_with("2026-"), "{}", found["taken_at"]);
    }
}

#[test]
fn a_cib_without_a_picture_of_its_name_is_a_cluster_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let cib = folder.path().join("db.cib.xml");
    fs::copy(capture("banned").replace(".crm_mon.xml", ".cib.xml"), &cib).unwrap();
    let (web, cib) = (capture("standby"), cib.to_str().unwrap().to_owned());
    let answer = Home::new().run(&["status", "--format", "json", "--from", &web, &cib]);
    let names = answer.json()["clusters"].as_array().unwrap().len();
    assert_eq!(names, 2);
    assert_eq!(answer.json()["clusters"][1]["dated_by_file"], true);
}

#[test]
fn a_link_in_a_report_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    fs::create_dir(&report).unwrap();
    symlink(capture("healthy"), report.join("crm_mon.xml")).unwrap();
    let answer = Home::new().run(&["status", "--format", "json", "--from", report.to_str().unwrap()]);
    assert_eq!(answer.code, 3);
    assert!(summaries(&cluster(&answer)).contains("holds neither a CIB"), "{answer:?}");
}

#[test]
fn a_broken_report_says_why_beside_clusters_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.tar");
    let mut tarball = tar::Builder::new(Vec::new());
    tarball.append_path_with_name(capture("healthy"), "report/c1n1/crm_mon.xml").unwrap();
    let mut bytes = tarball.into_inner().unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&cut, bytes).unwrap();
    let answer = Home::new().run(&[
        "status",
        "--format",
        "json",
        "--from",
        cut.to_str().unwrap(),
        &capture("healthy"),
    ]);
    assert_eq!(answer.code, 3);
    assert_eq!(answer.json()["clusters"][1]["health"], "ok");
    assert!(summaries(&cluster(&answer)).contains("damaged or cut off"), "{answer:?}");
}

/// The summary of the only finding says it without the system's own words.
#[test]
fn a_missing_or_empty_path_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("empty.xml"), "").unwrap();
    fs::write(at("blank.xml"), " \n").unwrap();
    fs::create_dir(at("folder")).unwrap();
    for (path, said) in [
        (at("missing.tar"), "does not exist"),
        (at("empty.xml/cib.xml"), "does not exist"),
        (at("empty.xml"), "is empty"),
        (at("blank.xml"), "is empty"),
        (at("folder"), "is empty"),
    ] {
        let answer = Home::new().run(&["status", "--format", "json", "--from", &path]);
        assert_eq!(answer.code, 3);
        assert_eq!(summaries(&cluster(&answer)), format!("{path} {said}"));
        let answer =
            Home::new().run(&["status", "--format", "json", "--from", &capture("healthy"), "--cib", &path]);
        assert_eq!(summaries(&cluster(&answer)), format!("{path} {said}"));
    }
}

/// What both tell of nodes and resources.
fn state(cluster: &Value) -> Vec<String> {
    let keys = ["name", "online", "standby", "maintenance", "unclean"];
    let nodes = cluster["nodes"].as_array().unwrap().iter();
    let mut lines: Vec<String> = nodes.map(|node| keys.map(|key| node[key].to_string()).join(" ")).collect();
    let keys = ["id", "role", "failed", "managed", "nodes"];
    let resources = cluster["resources"].as_array().unwrap().iter();
    lines.extend(resources.map(|it| keys.map(|key| it[key].to_string()).join(" ")));
    lines.sort();
    lines
}

#[test]
fn a_cib_with_its_status_is_a_picture() {
    let home = Home::new();
    for name in ["standby", "healthy", "failed-recovered", "disabled-group"] {
        let crm_mon = capture(name);
        let cib = crm_mon.replace(".crm_mon.xml", ".cib.xml");
        let expected = home.run(&["status", "--format", "json", "--from", &crm_mon, "--cib", &cib]);
        let found = home.run(&["status", "--format", "json", "--from", &cib]);
        assert_eq!(state(&cluster(&found)), state(&cluster(&expected)), "{name}");
        assert_eq!(found.code, expected.code, "{name}");
    }
}

/// A CIB without a status section says nothing of the state, so its configuration decides.
#[rstest]
#[case("stonith-method-cycle", 1)]
#[case("date-basic-format", 0)]
fn a_cib_named_alone_is_judged_by_its_configuration(#[case] name: &str, #[case] code: i32) {
    let cib = format!("{}/tests/fixtures/cases/{name}.cib.xml", env!("CARGO_MANIFEST_DIR"));
    let answer = Home::new().run(&["status", "--from", &cib, "--format", "json"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (code, ""));
    let findings = answer.json()["clusters"][0]["findings"].clone();
    let notes = findings.as_array().expect("a list").iter().filter(|it| it["code"] == "configuration-only");
    assert_eq!(notes.count(), 1, "{findings}");
}

#[rstest]
#[case::fenced("node-offline", "c1n2 is offline since it was fenced")]
#[case::stopped("node-stopped-clean", "c1n3 is offline: its cluster stack is stopped")]
fn a_cib_tells_whether_a_node_was_fenced_or_stopped(#[case] name: &str, #[case] summary: &str) {
    let home = Home::new();
    let cib = capture(name).replace(".crm_mon.xml", ".cib.xml");
    let answer = home.run(&["status", "--format", "json", "--from", &cib]);
    let told = summaries(&cluster(&answer));
    assert!(told.contains(summary), "{told}");
}

/// Real reports of the lab on Debian 13, cut down to the files of the cluster, beside what `crm_mon` and `cibadmin` said
/// of the same failure.
#[rstest]
fn a_real_report_is_judged_as_the_live_cluster_was(
    #[values("crm_report", "pcs-cluster-report")] report: &str,
) {
    let home = Home::new();
    let at = |name: &str| format!("{}/tests/fixtures/reports/{name}", env!("CARGO_MANIFEST_DIR"));
    let (crm_mon, cib) = (at("live.crm_mon.xml"), at("live.cib.xml"));
    let live = home.run(&["status", "--format", "json", "--from", &crm_mon, "--cib", &cib]);
    let answer = home.run(&["status", "--format", "json", "--from", &at(&format!("{report}.tar.bz2"))]);
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    let (found, live) = (cluster(&answer), cluster(&live));
    assert_eq!(found["name"], "lb");
    for key in [
        "health",
        "quorate",
        "dc",
        "version",
        "nodes",
        "resources",
        "groups",
        "clones",
        "fail_counts",
        "node_attributes",
        "tickets",
        "constraints",
        "last_change",
    ] {
        assert_eq!(found[key], live[key], "{key}");
    }
    let judged = |cluster: &Value| -> Vec<[Value; 3]> {
        let findings = cluster["findings"].as_array().unwrap().iter();
        findings.map(|it| ["severity", "code", "subject"].map(|key| it[key].clone())).collect()
    };
    assert_eq!(judged(&live), [["warning", "resource-failed", "haproxy"].map(Value::from)]);
    // Only the note that a report holds no XML of crm_mon comes on top.
    assert_eq!(judged(&found)[0], judged(&live)[0]);
    assert_eq!(judged(&found)[1..], [["note", "cib-alone", "lb"].map(Value::from)]);
}

/// Real reports of a healthy cluster of the lab on Debian 12, cut down to the files of the cluster: `crm report` of crmsh
/// 4.4 and `sos report` 4.0.
#[rstest]
fn a_real_report_of_a_healthy_cluster_is_healthy(
    #[values("crmsh-report.tar.bz2", "sos-report.tar.xz")] report: &str,
) {
    let home = Home::new();
    let at = |name: &str| format!("{}/tests/fixtures/reports/{name}", env!("CARGO_MANIFEST_DIR"));
    let live = home.run(&["status", "--format", "json", "--from", &at("healthy.crm_mon.xml")]);
    let answer = home.run(&["status", "--format", "json", "--from", &at(report)]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let (found, live) = (cluster(&answer), cluster(&live));
    assert_eq!(found["name"], "db");
    let keys = ["health", "quorate", "dc", "version", "nodes", "resources", "groups", "clones", "tickets"];
    for key in keys.into_iter().chain(["fail_counts", "node_attributes", "last_change"]) {
        assert_eq!(found[key], live[key], "{key}");
    }
    assert!(summaries(&found).contains("without crm_mon"), "{}", summaries(&found));
}
