//! `status` and `init` against a host that answers as a cluster's member does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use quorate::operate::audit::{self, Audit, Entry, What};
use quorate::operation::{Intent, Process, Verb, plan};
use quorate::pacemaker::parse::{self, Answer};
use serde_json::Value;
use tempfile::TempDir;

use super::server::Server;

/// What must live as long as a test.
pub(crate) type Kept = (Server, TempDir);

/// A server whose every host is a member of the captured cluster, and a configuration that leads to it.
fn cluster(clusters: &str) -> (Kept, PathBuf) {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let captures = captures.display();
    let arms = format!(
        "*crm_mon*) cat '{captures}/healthy.crm_mon.xml' ;;\n*cibadmin*) cat '{captures}/healthy.cib.xml' ;;\n\
         *uname*) echo c1n1 ;;"
    );
    cluster_of(&arms, clusters)
}

/// A server whose every host answers the commands as those arms of a `case` say, and really runs all others; and a
/// configuration with these defaults and clusters.
pub(crate) fn cluster_of(arms: &str, config: &str) -> (Kept, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("member");
    let text = format!(
        "#!/bin/sh\ncase \"$SSH_ORIGINAL_COMMAND\" in\n{arms}\n*) eval \"$SSH_ORIGINAL_COMMAND\" ;;\nesac\n"
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::start(&format!("ForceCommand {}", script.display()));
    let written = server.path("quorate.toml");
    fs::write(&written, format!("[defaults]\nssh_config = \"ssh_config\"\n{config}")).unwrap();
    ((server, folder), written)
}

fn quorate(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(arguments)
        .env("QUORATE_CONFIG", config)
        .env("HOME", config.parent().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_configured_clusters_are_asked() {
    let clusters = "[[cluster]]\nname = \"good\"\nnodes = [\"refused\", \"good\"]\n\
                    [[cluster]]\nname = \"bad\"\nnodes = [\"changed-host-key\"]\n";
    let (_kept, config) = cluster(clusters);
    let (code, stdout, stderr) = quorate(&config, &["status", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (3, ""), "{stdout}");
    let json: Value = serde_json::from_str(&stdout).unwrap();
    let [good, bad] = json["clusters"].as_array().unwrap().as_slice() else { panic!("two clusters") };
    assert_eq!((&good["name"], &good["dc"]), (&Value::from("good"), &Value::from("c1n2")));
    assert_eq!(good["resources"].as_array().unwrap().len(), 19);
    assert!(good["age_ms"].as_u64().unwrap() < 60_000);
    assert_eq!(bad["health"], "unknown");
    assert!(bad["findings"].to_string().contains("changed-host-key"), "{bad}");
}

#[test]
fn a_named_host_is_enough() {
    let (_kept, config) = cluster("");
    // Two members of one cluster are one cluster.
    let (_, stdout, stderr) = quorate(&config, &["status", "--format", "json", "good", "c1n2"]);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    let clusters = json["clusters"].as_array().unwrap();
    assert_eq!((clusters.len(), stderr.as_str()), (1, ""));
    assert_eq!(clusters[0]["dc"], "c1n2");
}

#[test]
fn init_writes_a_configuration_that_check_accepts_and_status_uses() {
    let (_kept, config) = cluster("");
    let written = config.with_file_name("new/config.toml");
    let output = written.to_str().unwrap();
    let (code, stdout, stderr) = quorate(&config, &["init", "good", "--output", output]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with(&format!("Wrote {output}:\n")), "{stdout}");
    assert_eq!(fs::metadata(&written).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&written).unwrap();
    assert!(text.contains("nodes = [\"good\", \"c1n2\", \"c1n3\"]"), "{text}");

    let (code, stdout, stderr) = quorate(&written, &["check"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("1 cluster, 3 nodes"), "{stdout}");
    let (_, stdout, _) = quorate(&written, &["status"]);
    assert!(stdout.contains("19/19"), "{stdout}");

    let (code, _, stderr) = quorate(&config, &["init", "good", "--output", output]);
    assert_eq!(code, 2);
    assert!(stderr.contains("is there already"), "{stderr}");
    let (code, stdout, _) = quorate(&config, &["init", "good", "--force", "--output", output]);
    assert_eq!(code, 0, "{stdout}");
    assert_eq!(fs::read_to_string(&written).unwrap(), text);
    let (code, stdout, _) = quorate(&config, &["init", "good", "--output", "-"]);
    assert_eq!((code, stdout), (0, text));
}

/// Adds to the audit log that another process has begun to move `vip` in that cluster.
fn another_console_begins(config: &Path, cluster: &str, pid: u32) {
    let intent = Intent {
        cluster: cluster.into(),
        verb: Verb::Move,
        subject: "vip".to_owned(),
        to: Some("c1n1".into()),
    };
    let capture = fs::read("tests/fixtures/captures/healthy.crm_mon.xml").unwrap();
    let Ok(Answer::Running(picture)) = parse::crm_mon(&capture, None) else { panic!("no picture") };
    let plan = plan(&picture, &intent).unwrap();
    let begin = What::Begin {
        title: plan.title.clone(),
        reason: String::new(),
        hosts: Vec::new(),
        plan: Box::new(plan),
    };
    let entry = Entry::new("theirs", Timestamp::now(), &cluster.into(), begin);
    let folder = config.with_file_name(".local/state/quorate");
    fs::create_dir_all(&folder).unwrap();
    let audit = Audit::open(&folder.join(audit::FILE)).unwrap();
    audit.append(&Entry { process: Process { pid, ..Process::default() }, ..entry }).unwrap();
}

#[test]
fn an_operation_waits_for_that_of_another_console() {
    let (_kept, config) = cluster("[[cluster]]\nname = \"db\"\nnodes = [\"good\"]\n");
    let mut another = Command::new("sleep").arg("600").spawn().unwrap();
    another_console_begins(&config, "db", another.id());
    let standby = ["op", "--yes", "standby", "db", "c1n1"];
    let (code, stdout, stderr) = quorate(&config, &standby);
    assert_eq!(code, 1, "{stderr}");
    assert!(stdout.contains("crm_attribute"), "it is shown: {stdout}");
    assert!(stderr.contains("another console is at work in this cluster: move vip"), "{stderr}");
    assert!(stderr.contains("Nothing was changed. Wait until it has ended, or add --alongside"), "{stderr}");
    let log = fs::read_to_string(config.with_file_name(".local/state/quorate/audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    // A user who says so gets as far as the command, which this machine doesn't have.
    let (code, _, stderr) = quorate(&config, &[&standby[..], &["--alongside"]].concat());
    assert_eq!(code, 1);
    assert!(!stderr.contains("another console"), "{stderr}");
    let log = fs::read_to_string(config.with_file_name(".local/state/quorate/audit.jsonl")).unwrap();
    assert!(log.contains("\"entry\":\"command\""), "{log}");
    // When that console has ended, nobody is in the way.
    another.kill().unwrap();
    another.wait().unwrap();
    let (_, _, stderr) = quorate(&config, &standby);
    assert!(!stderr.contains("another console") && stderr.contains("unfinished: move vip"), "{stderr}");
}
