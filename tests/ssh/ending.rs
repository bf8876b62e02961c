//! Connections end with the process that made them, however that ends.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::model::{HostName, TroubleKind};
use quorate::transport::{Ssh, Transport};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use super::server::Server;
use super::{LIMITS, masters};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `quorate status` on those hosts, in clusters of one.
fn status(server: &Server, hosts: &[&str]) -> Child {
    let cluster = |host: &&str| format!("[[cluster]]\nname = \"{host}\"\nnodes = [\"{host}\"]\n");
    let clusters: String = hosts.iter().map(cluster).collect();
    let config = format!("[defaults]\nssh_config = \"{}\"\n{clusters}", server.path("ssh_config").display());
    fs::write(server.path("quorate.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("--config").arg(server.path("quorate.toml")).arg("status");
    command.env("XDG_RUNTIME_DIR", server.path("")).env("HOME", server.path(""));
    command.env("XDG_STATE_HOME", server.path("state"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[rstest]
#[case::killed(Signal::KILL)]
#[case::interrupted(Signal::INT)]
#[case::hung_up(Signal::HUP)]
fn masters_end_with_a_process_that_is_ended(#[case] signal: Signal) {
    let here = tempfile::tempdir().unwrap();
    // A command that hangs on the host keeps the console there, and ends with this test.
    let hangs = format!("ForceCommand while [ -d '{}' ]; do sleep 0.2; done", here.path().display());
    let server = Server::start(&hangs);
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    for host in ["silent", "silent-too"] {
        server.add_host(host, &format!("Port {}", silent.local_addr().unwrap().port()));
    }
    let mut console = status(&server, &["good", "other-good", "jumped", "silent", "silent-too"]);
    // The third goes through the first, which is a login too.
    until("four logins", || server.log().matches("Accepted publickey").count() == 4);
    until("two logins under way", || masters(&server).len() >= 5);
    kill_process(Pid::from_raw(console.id() as i32).unwrap(), signal).unwrap();
    console.wait().unwrap();
    until("the end of every ssh", || masters(&server).is_empty());
}

#[tokio::test]
async fn an_ssh_that_would_outlive_the_console_is_refused() {
    let server = Server::start("");
    server.add_host("background", "ForkAfterAuthentication yes");
    let ssh = Ssh::new(server.options()).unwrap();
    let command = quorate::transport::Command::new("true");
    let error = ssh.run(&HostName::from("background"), &command, LIMITS).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Other, false), "{error}");
    assert!(error.message.contains("ForkAfterAuthentication"), "{error}");
    until("the end of ssh", || masters(&server).is_empty());
}

/// What the user's configuration says of connections that are kept open must not keep one from ending.
#[tokio::test]
async fn a_configuration_with_connections_that_persist_changes_nothing() {
    let server = Server::start("");
    server.add_host("kept", "ControlMaster auto\nControlPath ~/.ssh/none-of-ours-%C\nControlPersist 1000");
    let ssh = Ssh::new(server.options()).unwrap();
    let command = quorate::transport::Command::new("true");
    assert_eq!(ssh.run(&HostName::from("kept"), &command, LIMITS).await.unwrap().exit_code, Some(0));
    assert_eq!(masters(&server).len(), 1);
    // Dropped, and not closed.
    drop(ssh);
    until("the end of ssh", || masters(&server).is_empty());
}
