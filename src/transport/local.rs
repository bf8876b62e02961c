//! This machine as a host: the console runs on a cluster node.

use std::process::Stdio;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::bounded::{ExchangeError, exchange};
use super::{Command, Limits, Output, Transport, TransportError, shown};
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
}

async fn execute(host: &HostName, command: &Command, limit: usize) -> Result<Output, TransportError> {
    let started = Instant::now();
    let stdin = if command.input().is_some() { Stdio::piped() } else { Stdio::null() };
    let spawned = tokio::process::Command::new(command.program())
        .args(command.argv().iter().skip(1))
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        // What a shell on a remote host answers: 127, and why on stderr.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let stderr = format!("{}: command not found", command.program().to_string_lossy()).into_bytes();
            return Ok(Output {
                exit_code: Some(127),
                stdout: Vec::new(),
                stderr,
                elapsed: started.elapsed(),
            });
        }
        Err(error) => return Err(failed(host, command, &error, MayHaveRun::No)),
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

    use super::*;

    const LIMITS: Limits =
        Limits { connect: Duration::from_secs(1), command: Duration::from_secs(20), output: 1 << 20 };

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
}
