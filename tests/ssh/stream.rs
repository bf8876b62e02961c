//! Output that is taken while the command runs.

use std::time::Duration;

use quorate::model::{HostName, TroubleKind};
use quorate::transport::{Command, Ended, Piece, Ssh, StreamKind, StreamLimits, Transport, TransportError};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::server::Server;
use crate::{run, sh};

const LIMITS: StreamLimits =
    StreamLimits { connect: Duration::from_secs(20), command: Some(Duration::from_secs(20)) };

const ENDLESS: StreamLimits = StreamLimits { command: None, ..LIMITS };

/// Streams it, takes everything, and gives back how it ended, stdout and stderr.
async fn stream(ssh: &Ssh, command: Command) -> (Result<Ended, TransportError>, Vec<u8>, Vec<u8>) {
    let (sender, mut pieces) = mpsc::channel::<Piece>(1);
    let take = async {
        let mut taken = (Vec::new(), Vec::new());
        while let Some(piece) = pieces.recv().await {
            assert!((1..=Piece::LONGEST).contains(&piece.bytes.len()));
            match piece.stream {
                StreamKind::Stdout => taken.0.extend(piece.bytes),
                StreamKind::Stderr => taken.1.extend(piece.bytes),
            }
        }
        taken
    };
    let host = HostName::from("good");
    let (ended, taken) = tokio::join!(ssh.stream(&host, &command, LIMITS, sender), take);
    (ended, taken.0, taken.1)
}

#[tokio::test]
async fn hands_on_both_streams_what_is_given_and_every_exit_code() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (ended, stdout, stderr) = stream(&ssh, sh("cat; echo err >&2; exit 3").stdin(*b"in")).await;
    assert_eq!(ended.unwrap().exit_code, Some(3));
    assert_eq!((&*stdout, &*stderr), (&b"in"[..], &b"err\n"[..]));
    for (script, code) in [("exit 255", Some(255)), ("no-such-program-here", Some(127)), ("kill -9 $$", None)]
    {
        assert_eq!(stream(&ssh, sh(script)).await.0.unwrap().exit_code, code, "{script}");
    }
    let given: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let (ended, stdout, _) = stream(&ssh, Command::new("cat").stdin(given.clone())).await;
    assert_eq!(ended.unwrap().exit_code, Some(0));
    assert!(stdout == given);
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[tokio::test]
async fn a_command_waits_for_who_takes_its_output() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let progress = server.path("progress");
    let script =
        format!("for i in $(seq 40); do head -c 1048576 /dev/zero; echo $i >> {}; done", progress.display());
    let written = || std::fs::read_to_string(&progress).unwrap_or_default().lines().count();
    let (sender, mut pieces) = mpsc::channel::<Piece>(2);
    let (host, command) = (HostName::from("good"), sh(&script));
    let slowly = async {
        let first = pieces.recv().await.unwrap().bytes.len();
        sleep(Duration::from_secs(1)).await;
        // ssh's own window is 2 MiB, and there are a few pipes; of 40 MiB.
        let ahead = written();
        let mut taken = first;
        while let Some(piece) = pieces.recv().await {
            taken += piece.bytes.len();
        }
        (ahead, taken)
    };
    let (ended, (ahead, taken)) = tokio::join!(ssh.stream(&host, &command, LIMITS, sender), slowly);
    assert_eq!((ended.unwrap().exit_code, taken), (Some(0), 40 * 1_048_576));
    assert!(ahead < 8, "{ahead} MiB were printed that nobody took");
    ssh.close().await;
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_stream_is_told_after_what_came() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (ended, stdout, _) = stream(&ssh, sh("echo begun; sleep 0.3; kill -9 $PPID; sleep 20")).await;
    let error = ended.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::ConnectionLost, true), "{error}");
    assert_eq!(stdout, b"begun\n");
    assert_eq!(stream(&ssh, sh("echo again")).await.1, b"again\n");
    assert_eq!(server.logins(), 2);
    ssh.close().await;
}

#[tokio::test]
async fn a_stream_that_does_not_end_is_given_up_at_the_limit_and_the_host_still_answers() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (sender, _pieces) = mpsc::channel(1);
    let limits = StreamLimits { command: Some(Duration::from_millis(300)), ..LIMITS };
    let host = HostName::from("good");
    let error = ssh.stream(&host, &Command::new("sleep").arg("20"), limits, sender).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, true), "{error}");
    assert_eq!(run(&ssh, "good", Command::new("true")).await.unwrap().exit_code, Some(0));
    ssh.close().await;
}

#[tokio::test]
async fn what_keeps_a_stream_out_is_told() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    for (host, kind) in
        [("refused", TroubleKind::Refused), ("-oProxyCommand=touch", TroubleKind::UnknownHost)]
    {
        let (sender, _pieces) = mpsc::channel(1);
        let error = ssh.stream(&host.into(), &Command::new("true"), LIMITS, sender).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (kind, false), "{error}");
    }
}

/// Prints a line every 50 ms, for ever, and says in that file when it can't any longer.
fn talker(server: &Server) -> Command {
    let gone = server.path("gone").display().to_string();
    sh(&format!(
        "trap 'echo x >> {gone}; exit' PIPE HUP; while sleep 0.05; do echo tick || {{ echo x >> {gone}; exit; }}; done"
    ))
}

#[tokio::test]
async fn a_command_whose_stream_was_dropped_ends_when_it_prints() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (host, command) = (HostName::from("good"), talker(&server));
    for dropped in ["future", "receiver"] {
        let (sender, mut pieces) = mpsc::channel(1);
        let mut streaming = ssh.stream(&host, &command, ENDLESS, sender);
        tokio::select! {
            ended = &mut streaming => panic!("{ended:?}"),
            piece = pieces.recv() => assert!(piece.is_some()),
        }
        if dropped == "future" {
            drop(streaming);
        } else {
            drop(pieces);
            let error = streaming.await.unwrap_err();
            assert_eq!((error.kind, error.may_have_run), (TroubleKind::Other, true), "{error}");
        }
        let gone = async {
            while !server.path("gone").exists() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(10), gone).await.unwrap_or_else(|_| panic!("{dropped}: it still runs"));
        std::fs::remove_file(server.path("gone")).unwrap();
    }
    assert_eq!(server.logins(), 1);
    ssh.close().await;
}

#[tokio::test]
async fn endless_streams_leave_commands_their_sessions_and_one_too_many_waits() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (host, command) = (HostName::from("good"), sh("echo begun; exec sleep 30"));
    let mut open = Vec::new();
    for _ in 0..3 {
        let (sender, mut pieces) = mpsc::channel(1);
        let mut streaming = ssh.stream(&host, &command, ENDLESS, sender);
        tokio::select! {
            ended = &mut streaming => panic!("{ended:?}"),
            piece = pieces.recv() => assert!(piece.is_some()),
        }
        open.push((streaming, pieces));
    }
    let runs = (0..12).map(|number| run(&ssh, "good", sh(&format!("sleep 0.1; echo {number}"))));
    for (number, output) in futures::future::join_all(runs).await.into_iter().enumerate() {
        assert_eq!(output.unwrap().stdout, format!("{number}\n").into_bytes());
    }
    let (sender, _pieces) = mpsc::channel(1);
    let limits = StreamLimits { connect: Duration::from_millis(200), command: None };
    let error = ssh.stream(&host, &command, limits, sender).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, false), "{error}");
    assert_eq!(server.logins(), 1);
    drop(open);
    ssh.close().await;
}

#[tokio::test]
async fn streams_that_were_given_up_and_are_quiet_never_use_the_sessions_up() {
    let server = Server::start("");
    let ssh = Ssh::new(server.options()).unwrap();
    let (host, command) = (HostName::from("good"), sh("echo begun; exec sleep 30"));
    for number in 0..12 {
        let (sender, mut pieces) = mpsc::channel(1);
        let mut streaming = ssh.stream(&host, &command, ENDLESS, sender);
        tokio::select! {
            ended = &mut streaming => panic!("{number}: {ended:?}"),
            piece = pieces.recv() => assert!(piece.is_some(), "{number}"),
        }
    }
    let runs = (0..6).map(|_| run(&ssh, "good", sh("sleep 0.1")));
    for output in futures::future::join_all(runs).await {
        assert_eq!(output.unwrap().exit_code, Some(0));
    }
    ssh.close().await;
}
