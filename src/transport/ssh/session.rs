//! One command in a session of its own on a connection that is there.

use std::io;
use std::time::Duration;

use openssh::{Child, Session, Stdio};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::lost_while_waiting;
use super::master::Master;
use crate::model::text::clean;
use crate::model::{HostName, TroubleKind};
use crate::transport::bounded::{ExchangeError, exchange};
use crate::transport::stream::{PumpError, nobody_listens, pump};
use crate::transport::{Command, Ended, Output, Piece, TransportError};

/// What ssh's master says when the server opens no session (`mux_session_confirm` in OpenSSH's `mux.c`). It asks for the
/// command only once there is a session, so nothing was run.
const REFUSED: &str = "Session open refused by peer";

/// How long a refusal is believed to pass. A session that has ended here may still count on the server for a moment, and
/// a server with a low `MaxSessions` has one again when another command ends.
const REFUSED_LASTS: Duration = Duration::from_secs(2);

/// How long after a refusal it is tried again.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);

/// Runs the command to its end.
pub(super) async fn execute(
    master: &Master,
    host: &HostName,
    command: &Command,
    limit: usize,
) -> Result<Output, TransportError> {
    let started = Instant::now();
    let mut child = spawn(master, host, command).await?;
    let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
    let input = command.input().unwrap_or_default();
    let (stdout, stderr) =
        exchange(streams.0, input, streams.1, streams.2, limit).await.map_err(|error| match error {
            ExchangeError::TooMuch => TransportError::too_much(host, command, limit),
            ExchangeError::Io(error) => lost(host, &error),
        })?;
    let exit_code = exit_code(master, host, child).await?;
    Ok(Output { exit_code, stdout, stderr, elapsed: started.elapsed() })
}

/// Runs the command to its end and hands on what it prints meanwhile.
pub(super) async fn follow(
    master: &Master,
    host: &HostName,
    command: &Command,
    pieces: &mpsc::Sender<Piece>,
) -> Result<Ended, TransportError> {
    let started = Instant::now();
    let mut child = spawn(master, host, command).await?;
    let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
    let input = command.input().unwrap_or_default();
    pump(streams.0, input, streams.1, streams.2, pieces).await.map_err(|error| match error {
        PumpError::NobodyListens => nobody_listens(host, command),
        PumpError::Io(error) => lost(host, &error),
    })?;
    let exit_code = exit_code(master, host, child).await?;
    Ok(Ended { exit_code, elapsed: started.elapsed() })
}

async fn spawn<'a>(
    master: &'a Master,
    host: &HostName,
    command: &Command,
) -> Result<Child<&'a Session>, TransportError> {
    let mut remote = master.session().command(command.program().to_string_lossy());
    remote.args(command.argv().iter().skip(1));
    remote.stdin(if command.input().is_some() { Stdio::piped() } else { Stdio::null() });
    remote.stdout(Stdio::piped()).stderr(Stdio::piped());
    let end = Instant::now() + REFUSED_LASTS;
    loop {
        let error = match remote.spawn().await {
            Ok(child) => return Ok(child),
            Err(error) => error,
        };
        if !is_refusal(&error) {
            return Err(session_trouble(host, &error));
        }
        if !master.is_alive().await {
            return Err(lost_while_waiting(host));
        }
        if Instant::now() >= end {
            return Err(refused(host));
        }
        sleep(REFUSED_PAUSE).await;
    }
}

fn is_refusal(error: &openssh::Error) -> bool {
    matches!(error, openssh::Error::SshMux(source) if source.to_string().contains(REFUSED))
}

/// As many sessions as the server allows are open.
fn refused(host: &HostName) -> TransportError {
    TransportError {
        kind: TroubleKind::Timeout,
        message: format!("{host} opened no session, as its sshd allows no more of them. Nothing was sent."),
        may_have_run: false,
    }
}

/// Waits for the command's end; its output has ended before.
async fn exit_code(
    master: &Master,
    host: &HostName,
    child: Child<&Session>,
) -> Result<Option<i32>, TransportError> {
    let exit_code = match child.wait().await {
        Ok(status) => status.code(),
        // The crate's way of saying that the exit code is 127.
        Err(openssh::Error::Remote(error)) if error.kind() == io::ErrorKind::NotFound => Some(127),
        Err(openssh::Error::RemoteProcessTerminated) => None,
        Err(error) => return Err(lost(host, &error)),
    };
    // A signal that ended the command and a connection that broke look the same, and 255 is what ssh itself
    // gives for a broken one: only a master that is still there makes it the command's own end.
    if matches!(exit_code, None | Some(255)) && !master.is_alive().await {
        return Err(lost(host, &"no exit code came back"));
    }
    Ok(exit_code)
}

/// The session could not be opened. Whether the command was started is not known, so it may have been.
fn session_trouble(host: &HostName, error: &openssh::Error) -> TransportError {
    let refused = matches!(error, openssh::Error::SshMux(_));
    let source = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    if refused {
        let message = format!("{host} opened no session: {}.", clean(source.trim_end_matches('.')));
        // A master whose connection is just breaking says no more than that.
        return TransportError { kind: TroubleKind::ConnectionLost, message, may_have_run: true };
    }
    lost(host, &source)
}

fn lost(host: &HostName, why: &dyn std::fmt::Display) -> TransportError {
    let why = clean(&why.to_string());
    TransportError {
        kind: TroubleKind::ConnectionLost,
        message: format!("The connection to {host} broke: {}.", why.trim_end_matches('.')),
        may_have_run: true,
    }
}
