//! One connection to one host that is kept open: ssh's own control master.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssh::Session;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::control::{ControlDirectory, LOG};
use super::group::Group;
use super::trouble;
use super::{COMMANDS_PER_MASTER, SshOptions};
use crate::model::{HostName, TroubleKind};
use crate::transport::{FailureCause, LoginFailure, TransportError};

/// ssh waits for the connection as long as the limit says and gives a reason. A login that takes longer than that by
/// this has got a connection.
const GRACE: Duration = Duration::from_secs(1);

/// ssh sends a sign of life after so many seconds without an answer.
const ALIVE_SECONDS: u32 = 5;

/// The master is a process on this machine: it answers at once or never.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a login checks whether its control socket is there. Portable, and a check costs about a microsecond.
const CHECK_EVERY: Duration = Duration::from_millis(10);

/// The longest that an ssh whose configuration sends it to the background takes for that, once its socket is there.
const LEAVES: Duration = Duration::from_millis(20);

/// What the crate calls the control socket in a master's directory.
const SOCKET: &str = "master";

/// The most that is read of what ssh said.
const STDERR_LIMIT: u64 = 16 * 1024;

/// A live control master. Ends like [`Master::close`] when it is dropped, in a task of its own.
#[derive(Debug)]
pub(super) struct Master {
    /// Belongs to no directory, so that dropping it does nothing. The crate would block the thread until the master
    /// answers, and a stopped one never does.
    session: Session,
    connection: Arc<Connection>,
    /// A permit for each command that may run at once.
    sessions: Arc<Semaphore>,
    /// One more reference for each command that nobody waits for any more and that hasn't ended.
    overdue: Arc<()>,
    since: Instant,
    /// How many streams of it were given up.
    given_up: AtomicUsize,
}

/// What it takes to log in to one host.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) host: HostName,
    pub(super) options: Arc<SshOptions>,
    pub(super) control: Arc<ControlDirectory>,
    /// Where ssh is started.
    pub(super) group: Arc<Group>,
    pub(super) limit: Duration,
}

impl Login {
    /// Logs in.
    pub(super) async fn connect(self) -> Result<Master, LoginFailure> {
        let started = Instant::now();
        let directory = self.control.for_one_master().map_err(|error| self.local_trouble(&error))?;
        let stderr = tempfile::tempfile().map_err(|error| self.local_trouble(&error))?;
        let to_stderr = stderr.try_clone().map_err(|error| self.local_trouble(&error))?;
        let (socket, log) = (directory.path().join(SOCKET), directory.path().join(LOG));
        let mut ssh = self.command(&socket, &log);
        // A file and not a pipe: a jump host's ssh inherits it and may write to it long after the login.
        ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(to_stderr);
        let child = self.group.spawn(&mut ssh).map_err(|error| self.local_trouble(&error))?;
        let mut process = Process { child, is_logged_in: false };
        let ended = match tokio::time::timeout(self.limit + GRACE, process.logs_in(&socket)).await {
            Ok(ended) => ended.map_err(|error| self.local_trouble(&error))?,
            Err(_elapsed) => return Err(trouble::too_slow(&self.host, self.limit)),
        };
        if let Some(status) = ended {
            if status.success() {
                return Err(self.went_away(&socket).await);
            }
            let stderr = last_bytes(stderr).map_err(|error| self.local_trouble(&error))?;
            // Without the file, ssh did not come so far as to make it.
            let log = File::open(log).and_then(last_bytes).unwrap_or_default();
            return Err(trouble::from_log(&self.host, &log, &stderr, self.limit));
        }
        // What ssh says from now on comes with the command that it concerns.
        if let Err(error) = std::fs::remove_file(&log) {
            tracing::debug!(host = %self.host, %error, "ssh's log of the login was not removed");
        }
        tracing::debug!(host = %self.host, elapsed = ?started.elapsed(), "logged in");
        Ok(Master {
            session: Session::resume_mux(socket.into(), None),
            connection: Arc::new(Connection { process: Mutex::new(process), directory }),
            sessions: Arc::new(Semaphore::new(COMMANDS_PER_MASTER)),
            overdue: Arc::new(()),
            since: Instant::now(),
            given_up: AtomicUsize::new(0),
        })
    }

    /// Everything that ssh's configuration says holds, but for what would make the console ask, trust, or
    /// forward anything on its own, and for what would take ssh out of the [`Group`].
    fn command(&self, socket: &Path, log: &Path) -> tokio::process::Command {
        let mut ssh = tokio::process::Command::new("ssh");
        ssh.args(["-M", "-N", "-T", "-a", "-x", "-S"]).arg(socket).arg("-E").arg(log);
        for option in [
            // With it, ssh would go to the background.
            "ControlPersist=no".into(),
            // ssh counts in whole seconds.
            format!("ConnectTimeout={}", self.limit.as_secs_f64().ceil().max(1.0)),
            "BatchMode=yes".into(),
            "StrictHostKeyChecking=yes".into(),
            // A host that freezes is given up after 15 seconds. During the login these limit the wait for an answer,
            // too, so that a longer login needs more of them.
            format!("ServerAliveInterval={ALIVE_SECONDS}"),
            format!("ServerAliveCountMax={}", alive_count(self.limit)),
            "ClearAllForwardings=yes".into(),
            "RemoteCommand=none".into(),
            // At less than this, ssh does not say why it ended.
            "LogLevel=INFO".into(),
        ] {
            ssh.arg("-o").arg(option);
        }
        if let Some(file) = &self.options.config_file {
            ssh.arg("-F").arg(file);
        }
        if let Some(user) = self.options.logins.get(&self.host) {
            ssh.arg("-l").arg(user);
        }
        // BatchMode does not reach the ssh that a jump host is passed with: there, whatever asks for a
        // password or whether to trust a key gets "no" instead of the terminal.
        ssh.env("SSH_ASKPASS", "false").env("SSH_ASKPASS_REQUIRE", "force");
        ssh.arg("--").arg(self.host.as_str());
        ssh
    }

    /// ssh's configuration may send ssh to the background, where it would outlive the console.
    async fn went_away(&self, socket: &Path) -> LoginFailure {
        // Ends the ssh that went there, if it listens.
        if !stop_listening(socket).await {
            tracing::debug!(host = %self.host, "the ssh in the background did not answer when it was closed");
        }
        let message = format!(
            "{} can't be watched: ssh went to the background; remove ForkAfterAuthentication from its configuration.",
            self.host
        );
        let error = TransportError { kind: TroubleKind::Other, message, may_have_run: false };
        LoginFailure { error, cause: FailureCause::Host }
    }

    fn local_trouble(&self, error: &io::Error) -> LoginFailure {
        // An error of a file or folder names its path; the one of a program that is missing is the system's alone.
        let is_of_the_program = error.get_ref().is_none();
        let message = if error.kind() == io::ErrorKind::NotFound && is_of_the_program {
            format!("{} can't be reached: there is no `ssh` on this machine.", self.host)
        } else {
            format!("{} can't be reached: ssh could not be started here: {error}.", self.host)
        };
        let error = TransportError { kind: TroubleKind::Other, message, may_have_run: false };
        LoginFailure { error, cause: FailureCause::Host }
    }
}

/// The process of an ssh. It ends with the value unless it has logged in.
#[derive(Debug)]
struct Process {
    child: Child,
    is_logged_in: bool,
}

impl Process {
    /// Waits until ssh has logged in, or gives back how it ended. ssh makes its control socket, ready to be connected
    /// to, right after the login.
    async fn logs_in(&mut self, socket: &Path) -> io::Result<Option<ExitStatus>> {
        let mut checks = tokio::time::interval(CHECK_EVERY);
        loop {
            tokio::select! {
                status = self.child.wait() => return status.map(Some),
                _ = checks.tick() => if socket.exists() {
                    if let Ok(status) = tokio::time::timeout(LEAVES, self.child.wait()).await {
                        return status.map(Some);
                    }
                    self.is_logged_in = true;
                    return Ok(None);
                },
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_logged_in
            && let Err(error) = self.child.start_kill()
        {
            tracing::debug!(%error, "a login had ended when it was given up");
        }
    }
}

/// The number of signs of life without an answer after which ssh ends.
fn alive_count(limit: Duration) -> u64 {
    limit.as_secs().div_ceil(u64::from(ALIVE_SECONDS)).saturating_add(1).max(3)
}

impl Master {
    /// The session in which commands are started.
    pub(super) const fn session(&self) -> &Session {
        &self.session
    }

    /// The permits of the commands on this connection.
    pub(super) const fn sessions(&self) -> &Arc<Semaphore> {
        &self.sessions
    }

    /// The number of commands that nobody waits for any more and that haven't ended.
    pub(super) fn overdue(&self) -> usize {
        Arc::strong_count(&self.overdue) - 1
    }

    /// Counts one more of these, until the value is dropped.
    pub(super) fn one_overdue(&self) -> Arc<()> {
        Arc::clone(&self.overdue)
    }

    /// The time since the login.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Counts one more stream that was given up, and says how many there were.
    pub(super) fn count_given_up(&self) -> usize {
        self.given_up.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether the master is still there and answers. The host may be frozen all the same.
    pub(super) async fn is_alive(&self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.session.check()).await, Ok(Ok(())))
    }

    /// Takes no new command; the connection ends with the last one that runs.
    pub(super) async fn close(&self) {
        self.connection.close().await;
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        match Handle::try_current() {
            Ok(runtime) => {
                let connection = Arc::clone(&self.connection);
                runtime.spawn(async move { connection.close().await });
            }
            Err(_no_runtime) => self.connection.kill(),
        }
    }
}

/// The process of a master and the directory of its socket.
#[derive(Debug)]
struct Connection {
    process: Mutex<Process>,
    directory: TempDir,
}

impl Connection {
    /// Closes the master, and kills it if it doesn't answer.
    async fn close(&self) {
        if !stop_listening(&self.directory.path().join(SOCKET)).await {
            tracing::debug!("a master did not answer when it was closed; it is killed");
            self.kill();
        }
    }

    fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = process.child.start_kill() {
            tracing::debug!(%error, "a master had ended when it was killed");
        }
    }
}

/// Asks a master to take no new command and to end with the last one. Returns false if it doesn't answer.
async fn stop_listening(socket: &Path) -> bool {
    let session = Session::resume_mux(socket.into(), None);
    match tokio::time::timeout(PATIENCE, session.close()).await {
        Ok(Ok(()) | Err(openssh::Error::Disconnected)) => true,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a master was not closed");
            true
        }
        Err(_elapsed) => false,
    }
}

fn last_bytes(mut file: File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(STDERR_LIMIT)))?;
    let mut bytes = Vec::new();
    file.take(STDERR_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// During the login, ssh gives up after that many signs of life without an answer.
        #[test]
        fn no_login_ends_before_its_limit(limit_ms in 100_u64..600_000) {
            let limit = Duration::from_millis(limit_ms);
            let patience = Duration::from_secs(alive_count(limit) * u64::from(ALIVE_SECONDS));
            prop_assert!(patience >= limit && patience >= Duration::from_secs(15));
            prop_assert!(patience < limit + Duration::from_secs(20));
        }
    }
}
