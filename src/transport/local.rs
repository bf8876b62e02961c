//! This machine as a host: the console runs on a cluster node.

use std::process::Stdio;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::process::Child;
use tokio::sync::mpsc;

use super::bounded::{ExchangeError, exchange};
use super::stream::{PumpError, nobody_listens, pump, watched};
use super::{Command, Ended, Limits, Output, Piece, StreamLimits, Transport, TransportError, shown};
use crate::model::{HostName, TroubleKind};

/// Runs every command on this machine, whatever host is named: who uses it has decided that the host is
/// this machine. No shell has a part in it, and a command that is given up is killed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Local;

impl Transport for Local {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move {
            match tokio::time::timeout(limits.command, execute(host, command, limits.output)).await {
                Ok(result) => result,
                Err(_elapsed) => Err(TransportError::timeout(host, command, limits.command)),
            }
        }
        .boxed()
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move { watched(host, command, limits.command, &pieces, follow(host, command, &pieces)).await }
            .boxed()
    }
}

async fn execute(host: &HostName, command: &Command, limit: usize) -> Result<Output, TransportError> {
    let started = Instant::now();
    let Some(mut child) = spawn(host, command)? else {
        let (exit_code, stdout, stderr) = (Some(NOT_FOUND), Vec::new(), not_found(command));
        return Ok(Output { exit_code, stdout, stderr, elapsed: started.elapsed() });
    };
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (stdout, stderr) =
        exchange(streams.0, command.input().unwrap_or_default(), streams.1, streams.2, limit).await.map_err(
            |error| match error {
                ExchangeError::TooMuch => TransportError::too_much(host, command, limit),
                ExchangeError::Io(error) => failed(host, command, &error, MayHaveRun::Yes),
            },
        )?;
    let status = child.wait().await.map_err(|error| failed(host, command, &error, MayHaveRun::Yes))?;
    Ok(Output { exit_code: status.code(), stdout, stderr, elapsed: started.elapsed() })
}

async fn follow(
    host: &HostName,
    command: &Command,
    pieces: &mpsc::Sender<Piece>,
) -> Result<Ended, TransportError> {
    let started = Instant::now();
    let none = || None::<tokio::io::Empty>;
    let pumped = |result: Result<(), PumpError>| {
        result.map_err(|error| match error {
            PumpError::NobodyListens => nobody_listens(host, command),
            PumpError::Io(error) => failed(host, command, &error, MayHaveRun::Yes),
        })
    };
    let Some(mut child) = spawn(host, command)? else {
        pumped(pump(none(), &[], none(), Some(&*not_found(command)), pieces).await)?;
        return Ok(Ended { exit_code: Some(NOT_FOUND), elapsed: started.elapsed() });
    };
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let input = command.input().unwrap_or_default();
    pumped(pump(streams.0, input, streams.1, streams.2, pieces).await)?;
    let status = child.wait().await.map_err(|error| failed(host, command, &error, MayHaveRun::Yes))?;
    Ok(Ended { exit_code: status.code(), elapsed: started.elapsed() })
}

/// Starts it; `None`: there is no such program.
fn spawn(host: &HostName, command: &Command) -> Result<Option<Child>, TransportError> {
    let stdin = if command.input().is_some() { Stdio::piped() } else { Stdio::null() };
    let spawned = tokio::process::Command::new(command.program())
        .args(command.argv().iter().skip(1))
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    match spawned {
        Ok(child) => Ok(Some(child)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(host, command, &error, MayHaveRun::No)),
    }
}

/// What a shell on a remote host answers when there is no such program: this, and why on stderr.
const NOT_FOUND: i32 = 127;

fn not_found(command: &Command) -> Vec<u8> {
    format!("{}: command not found", command.program().to_string_lossy()).into_bytes()
}

#[derive(Clone, Copy)]
enum MayHaveRun {
    Yes,
    No,
}

fn failed(host: &HostName, command: &Command, error: &std::io::Error, run: MayHaveRun) -> TransportError {
    TransportError {
        kind: TroubleKind::Other,
        message: format!("{} could not be run on {host}, this machine: {error}.", shown(command)),
        may_have_run: matches!(run, MayHaveRun::Yes),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::StreamKind;
    use super::*;

    const LIMITS: Limits = Limits {
        connect: Duration::from_secs(1),
        patience: None,
        session: None,
        command: Duration::from_secs(20),
        output: 1 << 20,
    };

    async fn run(command: Command, limits: Limits) -> Result<Output, TransportError> {
        Local.run(&HostName::from("here"), &command, limits).await
    }

    fn sh(script: &str) -> Command {
        Command::new("sh").args(["-c", script])
    }

    #[tokio::test]
    async fn gives_back_both_streams_and_the_exit_code() {
        let output = run(sh("cat; echo err >&2; exit 3").stdin(*b"in"), LIMITS).await.unwrap();
        assert_eq!(output.exit_code, Some(3));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"in"[..], &b"err\n"[..]));
    }

    #[tokio::test]
    async fn reads_nothing_when_nothing_is_given() {
        assert_eq!(run(Command::new("cat"), LIMITS).await.unwrap().stdout, b"");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_exit_code_127() {
        let output = run(Command::new("no-such-program-here"), LIMITS).await.unwrap();
        assert_eq!(output.exit_code, Some(127));
    }

    #[tokio::test]
    async fn a_signal_leaves_no_exit_code() {
        assert_eq!(run(sh("kill -9 $$"), LIMITS).await.unwrap().exit_code, None);
    }

    #[tokio::test]
    async fn endless_output_is_given_up_at_the_limit() {
        let error = run(Command::new("yes"), LIMITS).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::TooMuchOutput, true));
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_killed_at_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let pid_file = directory.path().join("pid");
        let script = format!("echo $$ > {}; exec sleep 1000", pid_file.display());
        let limits = Limits { command: Duration::from_millis(300), ..LIMITS };
        let error = run(sh(&script), limits).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, true));
        let pid = std::fs::read_to_string(&pid_file).unwrap();
        let gone = async {
            while run(sh(&format!("kill -0 {pid}")), LIMITS).await.unwrap().exit_code == Some(0) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the command is still there");
    }

    const STREAMED: StreamLimits =
        StreamLimits { connect: Duration::from_secs(1), command: Some(Duration::from_secs(20)) };

    /// Streams it, takes everything, and gives back how it ended, stdout and stderr.
    async fn stream(
        command: Command,
        limits: StreamLimits,
    ) -> (Result<Ended, TransportError>, Vec<u8>, Vec<u8>) {
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
        let here = HostName::from("here");
        let (ended, taken) = tokio::join!(Local.stream(&here, &command, limits, sender), take);
        (ended, taken.0, taken.1)
    }

    #[tokio::test]
    async fn a_stream_hands_on_both_streams_and_the_exit_code() {
        let (ended, stdout, stderr) = stream(sh("cat; echo err >&2; exit 3").stdin(*b"in"), STREAMED).await;
        assert_eq!(ended.unwrap().exit_code, Some(3));
        assert_eq!((&*stdout, &*stderr), (&b"in"[..], &b"err\n"[..]));
        let (ended, stdout, stderr) = stream(Command::new("no-such-program-here"), STREAMED).await;
        assert_eq!((ended.unwrap().exit_code, &*stdout), (Some(127), &b""[..]));
        assert!(String::from_utf8_lossy(&stderr).contains("no-such-program-here"));
        let (ended, ..) = stream(sh("kill -9 $$"), STREAMED).await;
        assert_eq!(ended.unwrap().exit_code, None);
    }

    #[tokio::test]
    async fn a_stream_comes_while_the_command_runs() {
        // It never ends: whatever comes of it comes before its end.
        let (here, command) = (HostName::from("here"), sh("echo one; exec sleep 1000"));
        let (sender, mut pieces) = mpsc::channel(1);
        tokio::select! {
            ended = Local.stream(&here, &command, STREAMED, sender) => panic!("{ended:?}"),
            piece = pieces.recv() => {
                assert_eq!(piece.unwrap(), Piece { stream: StreamKind::Stdout, bytes: b"one\n".to_vec() });
            }
        }
    }

    #[tokio::test]
    async fn stdin_of_any_length_comes_back_in_order() {
        let given: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let (ended, stdout, _) = stream(Command::new("cat").stdin(given.clone()), STREAMED).await;
        assert_eq!(ended.unwrap().exit_code, Some(0));
        assert!(stdout == given);
    }

    #[tokio::test]
    async fn a_command_waits_for_who_takes_its_output() {
        let directory = tempfile::tempdir().unwrap();
        let progress = directory.path().join("progress");
        // 20 MiB; after each it says so in the file.
        let script = format!(
            "for i in $(seq 20); do head -c 1048576 /dev/zero; echo $i >> {}; done",
            progress.display()
        );
        let written = || std::fs::read_to_string(&progress).unwrap_or_default().lines().count();
        let (sender, mut pieces) = mpsc::channel::<Piece>(2);
        let (here, command) = (HostName::from("here"), sh(&script));
        let streaming = Local.stream(&here, &command, STREAMED, sender);
        let slowly = async {
            let mut taken = 0;
            while let Some(piece) = pieces.recv().await {
                // At the first piece of each MiB the command is given time to run ahead, which it must not use.
                if taken % 1_048_576 < piece.bytes.len() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                taken += piece.bytes.len();
                // In pieces, in the pipes of the two processes, in nothing else.
                assert!(written() * 1_048_576 < taken + 300_000, "{} after {taken}", written());
            }
            taken
        };
        let (ended, taken) = tokio::join!(streaming, slowly);
        assert_eq!((ended.unwrap().exit_code, taken), (Some(0), 20 * 1_048_576));
    }

    /// A command that writes its process id into that file and then is quiet for ever.
    fn quiet(directory: &tempfile::TempDir) -> (Command, std::path::PathBuf) {
        let file = directory.path().join("pid");
        (sh(&format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", file.display())), file)
    }

    async fn is_gone(file: &std::path::Path) {
        let gone = async {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let pid = std::fs::read_to_string(file).unwrap();
            while run(sh(&format!("kill -0 {pid}")), LIMITS).await.unwrap().exit_code == Some(0) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the command is still there");
    }

    #[tokio::test]
    async fn dropping_a_stream_kills_the_command() {
        let directory = tempfile::tempdir().unwrap();
        let (command, file) = quiet(&directory);
        let (sender, _pieces) = mpsc::channel(1);
        let here = HostName::from("here");
        let begun = async {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            ended = Local.stream(&here, &command, STREAMED, sender) => panic!("{ended:?}"),
            () = begun => {}
        }
        is_gone(&file).await;
    }

    #[tokio::test]
    async fn dropping_the_receiver_gives_a_quiet_command_up() {
        let directory = tempfile::tempdir().unwrap();
        let (command, file) = quiet(&directory);
        let (sender, pieces) = mpsc::channel(1);
        let here = HostName::from("here");
        let leave = async {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            drop(pieces);
        };
        let (ended, ()) = tokio::join!(Local.stream(&here, &command, STREAMED, sender), leave);
        let error = ended.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::Other, true), "{error}");
        is_gone(&file).await;
    }

    #[tokio::test]
    async fn a_stream_that_does_not_end_is_killed_at_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let (command, file) = quiet(&directory);
        let limits = StreamLimits { command: Some(Duration::from_millis(300)), ..STREAMED };
        let (ended, ..) = stream(command, limits).await;
        let error = ended.unwrap_err();
        assert_eq!((error.kind, error.may_have_run), (TroubleKind::Timeout, true), "{error}");
        is_gone(&file).await;
    }
}
