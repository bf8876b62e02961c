//! Connections end with the process that made them, however that ends.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use quorate::model::{HostName, TroubleKind};
use quorate::transport::{Ssh, Transport};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use super::server::Server;
use super::{LIMITS, masters, run};

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

/// The number of the only master.
fn the_master(server: &Server) -> Pid {
    let listing = Command::new("ps").args(["-eo", "pid,args"]).output().expect("ps is needed");
    let lines = String::from_utf8_lossy(&listing.stdout).into_owned();
    let config = server.path("ssh_config").display().to_string();
    let ssh = lines.lines().filter(|line| line.contains(" ssh -M") && line.contains(&config));
    let ids: Vec<i32> = ssh.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    let [id] = ids[..] else { panic!("{lines}") };
    Pid::from_raw(id).unwrap()
}

/// Logs in to `good`, stops the ssh that holds the connection, and does `what` on a thread of its own, which may freeze.
fn with_a_stopped_master<F: Future<Output = ()>>(what: impl FnOnce(Ssh) -> F + Send + 'static) {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (tell, done) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (logged_in, is_logged_in) = mpsc::channel();
    let (go, its_turn) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let command = quorate::transport::Command::new("true");
            run(&ssh, "good", command).await.unwrap();
            logged_in.send(()).unwrap();
            its_turn.recv().unwrap();
            what(ssh).await;
        });
        drop(runtime);
        tell.send(()).unwrap();
    });
    is_logged_in.recv_timeout(PATIENCE).expect("no login");
    let id = the_master(&server);
    kill_process(id, Signal::STOP).unwrap();
    go.send(()).unwrap();
    let ended = done.recv_timeout(PATIENCE);
    // Also after a failure: nothing else would end it.
    until("the end of ssh", || {
        if ended.is_err() {
            kill_process(id, Signal::KILL).unwrap_or_default();
        }
        masters(&server).is_empty()
    });
    ended.expect("a stopped ssh froze the thread");
}

#[test]
fn a_host_whose_ssh_is_stopped_is_logged_in_to_again() {
    with_a_stopped_master(|ssh| async move {
        let again = quorate::transport::Command::new("echo").arg("again");
        assert_eq!(run(&ssh, "good", again).await.unwrap().stdout, b"again\n");
        ssh.close().await;
    });
}

#[test]
fn a_stopped_ssh_is_closed_within_its_limit() {
    with_a_stopped_master(|ssh| async move { ssh.close().await });
}
