//! The ssh transport against a real sshd.

#[cfg(test)]
mod command_line;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod hostile;
#[cfg(test)]
#[path = "../common/hostile.rs"]
mod names;
#[cfg(test)]
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../common/running.rs"]
mod running;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod server;
#[cfg(test)]
mod stream;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quorate::model::{HostName, TroubleKind};
use quorate::transport::{Command, Limits, Output, Ssh, SshOptions, Transport, TransportError};
use rstest::rstest;

use server::Server;

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    patience: None,
    session: None,
    command: Duration::from_secs(20),
    output: 1 << 20,
};

async fn run(ssh: &Ssh, host: &str, command: Command) -> Result<Output, TransportError> {
    ssh.run(&HostName::from(host), &command, LIMITS).await
}

fn sh(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

#[tokio::test]
async fn gives_back_both_streams_and_the_exit_code() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let output = run(&ssh, "good", sh("echo out; echo err >&2; exit 3")).await.unwrap();
    assert_eq!(output.exit_code, Some(3));
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    ssh.close().await;
}

#[tokio::test]
async fn every_exit_code_is_the_commands_own() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    for code in [0, 1, 102, 126, 127, 128, 254, 255] {
        let output = run(&ssh, "good", sh(&format!("exit {code}"))).await.unwrap();
        assert_eq!(output.exit_code, Some(code));
    }
    let output = run(&ssh, "good", Command::new("no-such-program-here")).await.unwrap();
    assert_eq!(output.exit_code, Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-program-here"));
    assert_eq!(run(&ssh, "good", sh("kill -9 $$")).await.unwrap().exit_code, None);
    ssh.close().await;
}

#[tokio::test]
async fn a_command_reads_what_it_is_given_and_else_nothing() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let given: Vec<u8> = (0..300_000_u32).map(|i| i as u8).collect();
    let output = run(&ssh, "good", Command::new("cat").stdin(given.clone())).await.unwrap();
    assert!(output.stdout == given);
    assert_eq!(run(&ssh, "good", Command::new("cat")).await.unwrap().stdout, b"");
    let output = run(&ssh, "good", Command::new("true").stdin(given)).await.unwrap();
    assert_eq!(output.exit_code, Some(0), "a command need not read what it is given");
    ssh.close().await;
}

#[test]
fn ninety_hostile_names_and_any_others_arrive_as_they_are() {
    let server = Server::start("");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ssh = Ssh::new(server.options()).unwrap();
    let fixed = [
        "a; rm -rf /",
        "$(id)",
        "`id`",
        "-h",
        "--",
        "a\nb",
        "'\"\\!",
        "ü €\u{202e}😀",
        "",
        "*",
        "~",
        "%h %%",
    ];
    runtime.block_on(check_arguments(&ssh, fixed.map(String::from).to_vec())).unwrap();
    runtime.block_on(check_arguments(&ssh, names::names())).unwrap();
    let any = proptest::collection::vec("[^\0]{0,24}|[ -~\n\t]{0,24}", 1..6);
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    runner.run(&any, |arguments| runtime.block_on(check_arguments(&ssh, arguments))).unwrap();
    runtime.block_on(ssh.close());
}

async fn check_arguments(ssh: &Ssh, arguments: Vec<String>) -> Result<(), TestCaseError> {
    let command = sh(r#"printf '%s\0' "$@""#).arg("sh").args(arguments.clone());
    let output = run(ssh, "good", command).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
    let expected: Vec<u8> = arguments.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    prop_assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected));
    Ok(())
}

#[tokio::test]
async fn a_hundred_mebibytes_are_given_up_at_the_limit() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    for script in ["head -c 104857600 /dev/zero", "head -c 104857600 /dev/zero >&2"] {
        let error = run(&ssh, "good", sh(script)).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::TooMuchOutput, true), "{error}");
    }
    let exactly = run(&ssh, "good", sh("head -c 1048576 /dev/zero")).await.unwrap();
    assert_eq!(exactly.stdout.len(), LIMITS.output);
    assert_eq!(server.logins(), 1, "the connection outlives the flood");
    ssh.close().await;
}

#[tokio::test]
async fn a_command_that_does_not_end_is_given_up_and_the_host_still_answers() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    run(&ssh, "good", Command::new("true")).await.unwrap();
    let limits = Limits { command: Duration::from_millis(300), ..LIMITS };
    let start = Instant::now();
    let error = ssh.run(&HostName::from("good"), &Command::new("sleep").arg("20"), limits).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, true), "{error}");
    assert_eq!(run(&ssh, "good", Command::new("true")).await.unwrap().exit_code, Some(0));
    ssh.close().await;
}

#[tokio::test]
async fn commands_that_hang_keep_their_connection_and_get_no_third() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (host, end) = (HostName::from("good"), server.path("end"));
    let limits = Limits { command: Duration::from_millis(300), ..LIMITS };
    let hangs = sh(&format!("until [ -e {} ]; do sleep 0.05; done", end.display()));
    for is_dropped in [false, true] {
        assert_eq!(run(&ssh, "good", Command::new("true")).await.unwrap().exit_code, Some(0));
        let hanging = ssh.run(&host, &hangs, limits);
        if is_dropped {
            assert!(tokio::time::timeout(Duration::from_millis(100), hanging).await.is_err());
        } else {
            let error = hanging.await.unwrap_err();
            assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, true), "{error}");
        }
    }
    let error = run(&ssh, "good", Command::new("true")).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, false), "{error}");
    assert_eq!(error.message, "2 earlier commands on good haven't ended. Nothing was sent.");
    std::fs::write(&end, "").unwrap();
    while run(&ssh, "good", Command::new("true")).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[tokio::test]
async fn slow_answers_that_come_in_the_end_never_cost_the_connection() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let limits = Limits { command: Duration::from_millis(50), ..LIMITS };
    for number in 0..6 {
        let path = server.path(&format!("ended{number}"));
        let slow = sh(&format!("sleep 0.2; touch {}", path.display()));
        let error = ssh.run(&HostName::from("good"), &slow, limits).await.unwrap_err();
        assert_eq!(error.kind, TroubleKind::Timeout, "{error}");
        let ended = sh(&format!("until [ -e {} ]; do sleep 0.02; done; sleep 0.1", path.display()));
        run(&ssh, "good", ended).await.unwrap();
    }
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[rstest]
#[case("nowhere", TroubleKind::UnknownHost)]
#[case("refused", TroubleKind::Refused)]
#[case("wrong-key", TroubleKind::Authentication)]
#[case("unknown-host-key", TroubleKind::HostKeyUnknown)]
#[case("changed-host-key", TroubleKind::HostKeyChanged)]
#[case("-oProxyCommand=touch", TroubleKind::UnknownHost)]
#[case("", TroubleKind::UnknownHost)]
#[tokio::test]
async fn what_keeps_us_out_is_told_apart(#[case] host: &str, #[case] kind: TroubleKind) {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let error = run(&ssh, host, Command::new("true")).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (kind, false), "{error}");
    assert!(error.message.contains(host), "{error}");
    assert_eq!(server.logins(), 0);
    let known = std::fs::read_to_string(server.path("no_known_hosts")).unwrap();
    assert_eq!(known, "", "no key is ever added, whatever the configuration says");
}

#[tokio::test]
async fn a_server_that_wants_a_password_never_makes_us_wait() {
    let server = Server::start("PubkeyAuthentication no\nPasswordAuthentication yes");
    let ssh = Ssh::new(server.options()).unwrap();
    for host in ["good", "jumped"] {
        let start = Instant::now();
        let error = run(&ssh, host, Command::new("true")).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(!error.may_have_run);
        if host == "good" {
            assert_eq!(error.kind, TroubleKind::Authentication, "{error}");
        }
    }
}

#[tokio::test]
async fn a_jump_host_is_passed() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    assert_eq!(run(&ssh, "jumped", sh("echo hello")).await.unwrap().stdout, b"hello\n");
    ssh.close().await;
}

#[tokio::test]
async fn a_login_name_is_used() {
    let server = Server::start("");
    let name = HostName::from("good");
    let options = SshOptions { logins: [(name, "nobody-of-that-name".into())].into(), ..server.options() };
    let ssh = Ssh::new(options).unwrap();
    let error = run(&ssh, "good", Command::new("true")).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::Authentication, "{error}");
    assert!(error.message.contains("nobody-of-that-name"), "{error}");
}

#[tokio::test]
async fn what_the_login_shell_prints_comes_first() {
    let server =
        Server::start("ForceCommand echo Welcome; eval \"$SSH_ORIGINAL_COMMAND\"\nBanner /etc/passwd");
    let ssh = Ssh::new(server.options()).unwrap();
    assert_eq!(run(&ssh, "good", sh("echo '<xml/>'")).await.unwrap().stdout, b"Welcome\n<xml/>\n");
    ssh.close().await;
}

#[tokio::test]
async fn a_host_that_listens_but_never_answers_is_given_up() {
    let server = Server::start("");
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    server.add_host("silent", &format!("Port {}", silent.local_addr().unwrap().port()));
    let ssh = Ssh::new(server.options()).unwrap();
    let limits = Limits { connect: Duration::from_millis(1500), ..LIMITS };
    let start = Instant::now();
    let error = ssh.run(&HostName::from("silent"), &Command::new("true"), limits).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::SlowLogin, false), "{error}");
    assert_eq!(error.message, "silent took the connection, but the login was not done within 1.5 s.");
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_command_is_unknown_and_the_next_command_logs_in_again() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let error = run(&ssh, "good", sh("kill -9 $PPID; sleep 20")).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::ConnectionLost, true), "{error}");
    assert_eq!(run(&ssh, "good", sh("echo again")).await.unwrap().stdout, b"again\n");
    assert_eq!(server.logins(), 2);
    ssh.close().await;
}

#[tokio::test]
async fn a_connection_that_broke_between_two_commands_is_noticed_before_anything_is_sent() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let parent = run(&ssh, "good", sh("echo $PPID")).await.unwrap();
    let parent = String::from_utf8(parent.stdout).unwrap();
    assert!(std::process::Command::new("kill").args(["-9", parent.trim()]).status().unwrap().success());
    let output = run(&ssh, "good", sh("echo again")).await;
    // The master may take a moment to see that its connection is gone; then the command may have run.
    match output {
        Ok(output) => assert_eq!(output.stdout, b"again\n"),
        Err(error) => assert_eq!((error.kind, error.may_have_run), (TroubleKind::ConnectionLost, true)),
    }
    assert_eq!(run(&ssh, "good", sh("echo again")).await.unwrap().stdout, b"again\n");
    ssh.close().await;
}

#[tokio::test]
async fn one_login_serves_all_commands_and_all_callers() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let first = Instant::now();
    let outputs = (0..20).map(|number| run(&ssh, "good", Command::new("echo").arg(number.to_string())));
    for (number, output) in futures::future::join_all(outputs).await.into_iter().enumerate() {
        assert_eq!(output.unwrap().stdout, format!("{number}\n").into_bytes());
    }
    let first = first.elapsed();
    let second = Instant::now();
    run(&ssh, "good", Command::new("true")).await.unwrap();
    assert!(second.elapsed() < first);
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

/// A session that has ended may count on the server for a moment; with few of them that is seen every time.
#[tokio::test]
async fn commands_wait_where_the_server_opens_few_sessions() {
    let server = Server::start("MaxSessions 2");
    let ssh = Ssh::new(server.options()).unwrap();
    let runs = (0..12).map(|number| run(&ssh, "good", sh(&format!("sleep 0.1; echo {number}"))));
    for (number, output) in futures::future::join_all(runs).await.into_iter().enumerate() {
        assert_eq!(output.unwrap().stdout, format!("{number}\n").into_bytes());
    }
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[tokio::test]
async fn a_command_that_the_server_opens_no_session_for_did_not_run() {
    let server = Server::start("MaxSessions 1");
    let ssh = Arc::new(Ssh::new(server.options()).unwrap());
    let (done, begun) = (server.path("done"), server.path("begun"));
    let script =
        format!("touch {}; until [ -e {} ]; do sleep 0.05; done; echo end", begun.display(), done.display());
    let long = tokio::spawn({
        let ssh = Arc::clone(&ssh);
        async move { run(&ssh, "good", sh(&script)).await }
    });
    while !begun.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mark = server.path("ran");
    let command = Command::new("touch").arg(mark.display().to_string());
    let error = run(&ssh, "good", command).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, false), "{error}");
    std::fs::write(done, "").unwrap();
    assert_eq!(long.await.unwrap().unwrap().stdout, b"end\n", "a healthy connection was closed");
    assert!(!mark.exists());
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[tokio::test]
async fn closing_leaves_no_process_and_no_file() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    run(&ssh, "good", Command::new("true")).await.unwrap();
    run(&ssh, "other-good", Command::new("true")).await.unwrap();
    assert_eq!(masters(&server).len(), 2);
    let directories = || {
        let entries = std::fs::read_dir(server.path("")).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("quorate.")).count()
    };
    assert_eq!(directories(), 1);
    ssh.close().await;
    assert_eq!(directories(), 0);
    let start = Instant::now();
    while !masters(&server).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", masters(&server));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The processes of ssh that were started with this server's configuration.
fn masters(server: &Server) -> Vec<String> {
    let listing = std::process::Command::new("ps").args(["-eo", "args"]).output().expect("ps is needed");
    let config = server.path("ssh_config").display().to_string();
    let lines = String::from_utf8_lossy(&listing.stdout).into_owned();
    lines.lines().filter(|line| line.starts_with("ssh") && line.contains(&config)).map(String::from).collect()
}

#[tokio::test]
async fn a_dropped_login_is_given_up() {
    let server = Server::start("");
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    server.add_host("silent", &format!("Port {}", silent.local_addr().unwrap().port()));
    let ssh = Ssh::new(server.options()).unwrap();
    let impatient = run(&ssh, "silent", Command::new("true"));
    assert!(tokio::time::timeout(Duration::from_millis(300), impatient).await.is_err());
    assert_eq!(masters(&server).len(), 1);
    ssh.close().await;
    let start = Instant::now();
    while !masters(&server).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn no_more_logins_are_under_way_than_allowed_however_long_they_take() {
    let server = Server::start("");
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = silent.local_addr().unwrap().port();
    for number in 0..6 {
        server.add_host(&format!("silent{number}"), &format!("Port {port}"));
    }
    let arrived = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&arrived);
    let accepting = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((socket, _)) = silent.accept().await {
            open.push(socket);
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let ssh = Ssh::new(SshOptions { logins_at_once: 2, ..server.options() }).unwrap();
    let impatient = Limits { patience: Some(Duration::ZERO), ..LIMITS };
    for number in 0..6 {
        let host = HostName::from(format!("silent{number}"));
        let error = ssh.run(&host, &Command::new("true"), impatient).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::LoginPending, false));
    }
    // Longer than the second after which a login once counted no more.
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    assert_eq!(arrived.load(Ordering::SeqCst), 2);
    let good = tokio::time::timeout(Duration::from_secs(8), run(&ssh, "good", Command::new("true"))).await;
    assert_eq!(good.expect("hung hosts hold up what is waited for").unwrap().exit_code, Some(0));
    ssh.close().await;
    accepting.abort();
}

#[rstest]
#[case::by_the_command(Limits { command: Duration::from_millis(300), ..LIMITS })]
#[case::by_the_session(Limits { session: Some(Duration::from_millis(300)), ..LIMITS })]
#[tokio::test]
async fn a_command_that_found_no_free_session_did_not_run_and_the_connection_stays(#[case] limits: Limits) {
    let server = Server::start("");
    let ssh = Arc::new(Ssh::new(server.options()).unwrap());
    run(&ssh, "good", Command::new("true")).await.unwrap();
    let (done, folder) = (server.path("done"), server.path("").display().to_string());
    let long: Vec<_> = (0..6)
        .map(|number| {
            let ssh = Arc::clone(&ssh);
            let script = format!(
                "touch {folder}/busy{number}; until [ -e {folder}/done ]; do sleep 0.05; done; echo end"
            );
            tokio::spawn(async move { run(&ssh, "good", sh(&script)).await })
        })
        .collect();
    while (0..6).any(|number| !server.path(&format!("busy{number}")).exists()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mark = server.path("ran");
    let command = Command::new("touch").arg(mark.display().to_string());
    let error = ssh.run(&HostName::from("good"), &command, limits).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, false), "{error}");
    assert!(error.message.contains("none ended within 0.3 s"), "{error}");
    std::fs::write(done, "").unwrap();
    for task in long {
        assert_eq!(task.await.unwrap().unwrap().stdout, b"end\n", "a healthy connection was closed");
    }
    assert!(!mark.exists());
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

/// A banner with all that ssh says of host keys.
fn banner(server_lines: &str) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("banner");
    let text = "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
                No ED25519 host key is known for server and you have requested strict checking.\n\
                Host key verification failed.\nssh: Could not resolve hostname server\n";
    std::fs::write(&path, text).expect("it is written");
    let server = Server::start(&format!("Banner {}\n{server_lines}", path.display()));
    (folder, server)
}

#[rstest]
#[case("wrong-key", TroubleKind::Authentication)]
#[case("jumped-wrong-key", TroubleKind::Authentication)]
#[case("through-wrong-key", TroubleKind::Authentication)]
#[case("changed-host-key", TroubleKind::HostKeyChanged)]
#[case("unknown-host-key", TroubleKind::HostKeyUnknown)]
#[tokio::test]
async fn a_login_banner_does_not_speak_for_ssh(#[case] host: &str, #[case] kind: TroubleKind) {
    let (_folder, server) = banner("");
    server.add_host("jumped-wrong-key", "  ProxyJump good\n  PubkeyAuthentication no");
    server.add_host("through-wrong-key", "  ProxyJump wrong-key");
    let ssh = Ssh::new(server.options()).unwrap();
    assert_eq!(run(&ssh, "good", sh("echo in")).await.unwrap().stdout, b"in\n");
    let error = run(&ssh, host, Command::new("true")).await.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    ssh.close().await;
}

#[tokio::test]
async fn a_refused_key_is_tried_once_until_the_user_asks_for_it() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let refused = || server.log().matches("Connection closed by authenticating user").count();
    for _ in 0..20 {
        let error = run(&ssh, "wrong-key", Command::new("true")).await.unwrap_err();
        assert_eq!(error.kind, TroubleKind::Authentication, "{error}");
    }
    assert_eq!(refused(), 1, "{}", server.log());
    let host = HostName::from("wrong-key");
    assert!(ssh.retry_in(&host).is_some_and(|wait| wait > Duration::from_secs(60)));
    ssh.hurry(std::slice::from_ref(&host));
    run(&ssh, "wrong-key", Command::new("true")).await.unwrap_err();
    assert_eq!(refused(), 2, "{}", server.log());
    ssh.close().await;
}

#[tokio::test]
async fn a_slow_login_outlives_its_caller() {
    let server = Server::start("");
    let config = server.path("ssh_config").display().to_string();
    let proxy = format!("  ProxyCommand sh -c 'sleep 1; exec ssh -F {config} -W %h:%p good'");
    server.add_host("slow", &proxy);
    let ssh = Ssh::new(server.options()).unwrap();
    let impatient = Limits { patience: Some(Duration::from_millis(50)), ..LIMITS };
    let mut pending = 0;
    loop {
        match ssh.run(&HostName::from("slow"), &Command::new("true"), impatient).await {
            Ok(_) => break,
            Err(error) => assert_eq!(error.kind, TroubleKind::LoginPending, "{error}"),
        }
        pending += 1;
    }
    assert!(pending > 2);
    assert_eq!(server.logins(), 2, "one on the way, and one there");
    ssh.close().await;
}
