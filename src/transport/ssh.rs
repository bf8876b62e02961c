//! Commands on other hosts through the system's ssh, one connection a host, kept open.

mod control;
mod group;
mod master;
mod running;
mod session;
mod trouble;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use self::control::ControlDirectory;
use self::group::Group;
use self::master::{Login, Master};
use self::running::Running;
use super::logins::{Logins, clusters_of};
use super::stream::watched;
use super::{Command, Ended, Limits, Output, Piece, StreamLimits, Transport, TransportError, seconds};
use crate::model::text::clean;
use crate::model::{ClusterName, HostName, Inventory, TroubleKind};

/// The most commands that run at once on one connection. sshd allows 10 sessions a connection unless told otherwise.
const COMMANDS_PER_MASTER: usize = 6;

/// With that many commands on one connection that nobody waits for any more and that haven't ended, it gets no other one.
const OVERDUE_PER_MASTER: usize = 2;

/// After that time, commands that don't end are left to their connection, and the host is logged in to once more.
const OVERDUE_LASTS: Duration = Duration::from_secs(300);

/// How many streams may be open on one host. They are counted apart, so that what goes on for ever leaves the polls
/// their sessions.
const STREAMS_PER_HOST: usize = 3;

/// How many streams that were given up may still hold a session of a connection. With these, the above and none more,
/// sshd's 10 are never passed.
const GIVEN_UP_PER_MASTER: usize = 10 - COMMANDS_PER_MASTER - STREAMS_PER_HOST;

/// Runs commands on hosts through the system's `ssh`, so that the user's configuration, keys, agent, jump
/// hosts and `known_hosts` hold as they do in the shell.
///
/// Each host is logged in to at its first command, in turn (see [`Logins`]); later commands are sessions of that
/// connection. Nothing is ever asked for (`BatchMode`) and no key is ever accepted
/// (`StrictHostKeyChecking=yes`, whatever the configuration says). The remote login shell gets the
/// arguments quoted for a POSIX shell; what its startup files print comes before the command's output.
///
/// [`Ssh::close`] ends the connections, and dropping it does too. They also end, within two seconds, when the process
/// ends in any other way, a SIGKILL included.
#[derive(Debug)]
pub struct Ssh {
    options: Arc<SshOptions>,
    control: Arc<ControlDirectory>,
    group: Arc<Group>,
    logins: Logins<Master>,
    streams: Mutex<HashMap<HostName, Arc<Semaphore>>>,
}

/// What the console adds to ssh's own configuration.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// Read instead of `~/.ssh/config`, as with `ssh -F`.
    pub config_file: Option<PathBuf>,
    /// The login names of hosts that have one in the console's configuration.
    pub logins: HashMap<HostName, String>,
    /// The clusters of hosts: one member of each is logged in to before the second of any.
    pub clusters: HashMap<HostName, ClusterName>,
    /// The most logins under way at once. Where the way to the hosts bears fewer, there are fewer.
    pub logins_at_once: usize,
    /// Where the directory of control sockets is made; a short path. `None`: `$XDG_RUNTIME_DIR`, else the
    /// directory for temporary files.
    pub control_parent: Option<PathBuf>,
}

impl Default for SshOptions {
    fn default() -> Self {
        Self {
            config_file: None,
            logins: HashMap::new(),
            clusters: HashMap::new(),
            logins_at_once: 64,
            control_parent: None,
        }
    }
}

impl SshOptions {
    /// Takes the login names and the clusters from an inventory. A host that is itself written as `user@host` keeps that
    /// user. Where two clusters name one host, the first one's user is taken.
    #[must_use]
    pub fn with_logins(mut self, inventory: &Inventory) -> Self {
        self.clusters = clusters_of(inventory);
        for cluster in &inventory.clusters {
            if let Some(user) = &cluster.access.user {
                for host in cluster.hosts.iter().filter(|host| !host.as_str().contains('@')) {
                    self.logins.entry(host.clone()).or_insert_with(|| user.clone());
                }
            }
        }
        self
    }
}

impl Ssh {
    /// Makes the private directory for the control sockets; connects to nothing yet.
    pub fn new(options: SshOptions) -> io::Result<Self> {
        Ok(Self {
            control: Arc::new(ControlDirectory::create(options.control_parent.as_deref())?),
            group: Arc::default(),
            logins: Logins::new(options.clusters.clone(), options.logins_at_once),
            options: Arc::new(options),
            streams: Mutex::default(),
        })
    }

    /// Ends every connection and gives up the logins that are under way. Commands that still run are not
    /// waited for. A later command would connect anew.
    pub async fn close(&self) {
        let masters = self.logins.take_all().into_iter();
        futures::future::join_all(masters.map(|master| async move { master.close().await })).await;
        self.group.end();
        self.control.remove();
    }

    async fn run_on(
        &self,
        name: &HostName,
        command: &Command,
        limits: Limits,
    ) -> Result<Output, TransportError> {
        check_words(name, command)?;
        let (master, session) = self.session(name, limits).await?;
        let mut running = Running::start(master, session, name, command, limits.output);
        match timeout(limits.command, running.ended()).await {
            Ok(Err(error)) if error.kind == TroubleKind::ConnectionLost => {
                self.logins.forget(name, &running.master);
                Err(error)
            }
            Ok(result) => result,
            Err(_elapsed) => Err(TransportError::timeout(name, command, limits.command)),
        }
    }

    /// A master that answers, and a free session of it. Until there are both, nothing is sent.
    async fn session(
        &self,
        name: &HostName,
        limits: Limits,
    ) -> Result<(Arc<Master>, OwnedSemaphorePermit), TransportError> {
        let mut master = self.live_master(name, limits.connect, limits.patience).await?;
        if master.overdue() >= OVERDUE_PER_MASTER {
            if master.age() < OVERDUE_LASTS {
                return Err(overdue(name, master.overdue()));
            }
            // The connection ends with the last command that runs on it.
            self.logins.forget(name, &master);
            master.close().await;
            master = self.live_master(name, limits.connect, limits.patience).await?;
        }
        if let Ok(session) = Arc::clone(master.sessions()).try_acquire_owned() {
            return Ok((master, session));
        }
        let free = Arc::clone(master.sessions()).acquire_owned();
        let patience = limits.session.unwrap_or(limits.command);
        let Ok(Ok(session)) = timeout(patience, free).await else {
            return Err(no_session(name, patience));
        };
        // The connection may have been lost meanwhile.
        if master.is_alive().await {
            return Ok((master, session));
        }
        self.logins.forget(name, &master);
        Err(lost_while_waiting(name))
    }

    async fn stream_on(
        &self,
        name: &HostName,
        command: &Command,
        limits: StreamLimits,
        pieces: &mpsc::Sender<Piece>,
    ) -> Result<Ended, TransportError> {
        check_words(name, command)?;
        let streams = self.streams(name);
        let Ok(_turn) = timeout(limits.connect, streams.acquire()).await else {
            return Err(busy(name, limits.connect));
        };
        let master = self.live_master(name, limits.connect, None).await?;
        let mut open = OpenStream { ssh: self, host: name, master: Some(&master) };
        let run = session::follow(&master, name, command, pieces);
        let result = watched(name, command, limits.command, pieces, run).await;
        match &result {
            Ok(_) => open.master = None,
            // The host may be frozen.
            Err(error) if matches!(error.kind, TroubleKind::ConnectionLost | TroubleKind::Timeout) => {
                self.logins.forget(name, &master);
            }
            Err(_) => {}
        }
        result
    }

    /// A master that answers: the kept one, or a new one.
    async fn live_master(
        &self,
        name: &HostName,
        limit: Duration,
        patience: Option<Duration>,
    ) -> Result<Arc<Master>, TransportError> {
        if let Some(master) = self.logins.kept(name) {
            // Asked before anything is sent, so that a command is never sent twice.
            if master.is_alive().await {
                return Ok(master);
            }
            tracing::debug!(host = %name, "the connection was lost; logging in again");
            self.logins.forget(name, &master);
        }
        let login = Login {
            host: name.clone(),
            options: Arc::clone(&self.options),
            control: Arc::clone(&self.control),
            group: Arc::clone(&self.group),
            limit,
        };
        self.logins.connection(name, limit, patience, || async move { login.connect().await }).await
    }

    fn streams(&self, name: &HostName) -> Arc<Semaphore> {
        let new = || Arc::new(Semaphore::new(STREAMS_PER_HOST));
        Arc::clone(lock(&self.streams).entry(name.clone()).or_insert_with(new))
    }
}

impl Transport for Ssh {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        self.run_on(host, command, limits).boxed()
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move { self.stream_on(host, command, limits, &pieces).await }.boxed()
    }

    fn hurry(&self, hosts: &[HostName]) {
        self.logins.hurry(hosts);
    }

    fn retry_in(&self, host: &HostName) -> Option<Duration> {
        self.logins.retry_in(host)
    }
}

/// A stream that is open. Dropped before its command has ended, it leaves a session behind that stays taken until the
/// command notices: a connection with too many of these gets no new command, and ends with the last of them.
struct OpenStream<'a> {
    ssh: &'a Ssh,
    host: &'a HostName,
    /// `None`: the command has ended.
    master: Option<&'a Arc<Master>>,
}

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        if let Some(master) = self.master
            && master.count_given_up() > GIVEN_UP_PER_MASTER
        {
            self.ssh.logins.forget(self.host, master);
        }
    }
}

/// Refuses what ssh or the mux protocol can't carry as it is.
fn check_words(host: &HostName, command: &Command) -> Result<(), TransportError> {
    let refuse = |kind, message| Err(TransportError { kind, message, may_have_run: false });
    let name = clean(host.as_str());
    if host.as_str().is_empty() || host.as_str().starts_with('-') || host.as_str().contains(char::is_control)
    {
        return refuse(TroubleKind::UnknownHost, format!("“{name}” can't be the name of a host."));
    }
    if command.argv().is_empty() || command.argv().iter().any(|word| word.contains('\0')) {
        let message = format!("A command without a program or with a NUL in it can't be run on {name}.");
        return refuse(TroubleKind::Other, message);
    }
    Ok(())
}

/// As many streams as may be are open on that host.
fn busy(host: &HostName, limit: Duration) -> TransportError {
    TransportError {
        kind: TroubleKind::Timeout,
        message: format!(
            "{host} already has {STREAMS_PER_HOST} streams open, and none ended within {}.",
            seconds(limit)
        ),
        may_have_run: false,
    }
}

/// All sessions of that host are taken.
fn no_session(host: &HostName, limit: Duration) -> TransportError {
    TransportError {
        kind: TroubleKind::Timeout,
        message: format!(
            "{host} already runs {COMMANDS_PER_MASTER} commands, and none ended within {}. Nothing was sent.",
            seconds(limit)
        ),
        may_have_run: false,
    }
}

/// The connection broke before a session of it was free.
fn lost_while_waiting(host: &HostName) -> TransportError {
    TransportError {
        kind: TroubleKind::ConnectionLost,
        message: format!("The connection to {host} broke before the command was sent."),
        may_have_run: false,
    }
}

/// Earlier commands on that host don't end.
fn overdue(host: &HostName, number: usize) -> TransportError {
    TransportError {
        kind: TroubleKind::Timeout,
        message: format!("{number} earlier commands on {host} haven't ended. Nothing was sent."),
        may_have_run: false,
    }
}

/// What is behind these locks is whole between any two statements, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
