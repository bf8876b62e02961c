//! `status` and `init` against a host that answers as a cluster's member does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::server::Server;

/// What must live as long as a test.
type Kept = (Server, TempDir);

/// A server whose every host is a member of the captured cluster, and a configuration that leads to it.
fn cluster(clusters: &str) -> (Kept, PathBuf) {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let captures = captures.display();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("member");
    let text = format!(
        "#!/bin/sh\ncase \"$SSH_ORIGINAL_COMMAND\" in\n*crm_mon*) cat '{captures}/healthy.crm_mon.xml' ;;\n\
         *cibadmin*) cat '{captures}/healthy.cib.xml' ;;\n*uname*) echo c1n1 ;;\n\
         *) eval \"$SSH_ORIGINAL_COMMAND\" ;;\nesac\n"
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::start(&format!("ForceCommand {}", script.display()));
    let config = server.path("quorate.toml");
    fs::write(&config, format!("[defaults]\nssh_config = \"ssh_config\"\n{clusters}")).unwrap();
    ((server, folder), config)
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
