//! Commands on other hosts through the system's ssh, one connection a host, kept open.

mod control;
mod master;
mod trouble;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use openssh::Stdio;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use self::control::ControlDirectory;
use self::master::{Login, Master};
use super::bounded::{ExchangeError, exchange};
use super::{Command, Limits, Output, Transport, TransportError};
use crate::model::text::clean;
use crate::model::{HostName, Inventory, TroubleKind};

/// How many commands run on one host at once. sshd allows 10 sessions a connection unless told otherwise,
/// and those that were given up count until their command has ended.
const SESSIONS_PER_HOST: usize = 6;

/// Runs commands on hosts through the system's `ssh`, so that the user's configuration, keys, agent, jump
/// hosts and `known_hosts` hold as they do in the shell.
///
/// Each host is logged in to at its first command, once, however many callers wait; later commands are
/// sessions of that connection. Nothing is ever asked for (`BatchMode`) and no key is ever accepted
/// (`StrictHostKeyChecking=yes`, whatever the configuration says). The remote login shell gets the
/// arguments quoted for a POSIX shell; what its startup files print comes before the command's output.
///
/// [`Ssh::close`] ends the connections, and dropping it does too. Those of a console that was killed end by
/// themselves after minutes without a command.
#[derive(Debug)]
pub struct Ssh {
    options: Arc<SshOptions>,
    control: Arc<ControlDirectory>,
    logins_under_way: Arc<Semaphore>,
    hosts: Mutex<HashMap<HostName, Arc<Host>>>,
}

/// What the console adds to ssh's own configuration.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// Read instead of `~/.ssh/config`, as with `ssh -F`.
    pub config_file: Option<PathBuf>,
    /// The login names of hosts that have one in the console's configuration.
    pub logins: HashMap<HostName, String>,
    /// How many hosts are logged in to at the same moment; one that keeps us waiting does not count.
    pub logins_at_once: usize,
    /// Where the directory of control sockets is made; a short path. `None`: `$XDG_RUNTIME_DIR`, else the
    /// directory for temporary files.
    pub control_parent: Option<PathBuf>,
}

impl Default for SshOptions {
    fn default() -> Self {
        Self { config_file: None, logins: HashMap::new(), logins_at_once: 16, control_parent: None }
    }
}

impl SshOptions {
    /// Takes the login names from an inventory. A host that is itself written as `user@host` keeps that
    /// user. Where two clusters name one host, the first one's user is taken.
    #[must_use]
    pub fn with_logins(mut self, inventory: &Inventory) -> Self {
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

/// One host and the connection to it, if there is one.
#[derive(Debug)]
struct Host {
    connection: Mutex<Option<Connection>>,
    sessions: Semaphore,
}

/// A login, shared by all who wait for it and kept when it has worked. Without anybody who waits it goes
/// on, and ends within its limit.
type Connection = Shared<BoxFuture<'static, Result<Arc<Master>, TransportError>>>;

impl Ssh {
    /// Makes the private directory for the control sockets; connects to nothing yet.
    pub fn new(options: SshOptions) -> io::Result<Self> {
        Ok(Self {
            control: Arc::new(ControlDirectory::create(options.control_parent.as_deref())?),
            logins_under_way: Arc::new(Semaphore::new(options.logins_at_once.max(1))),
            options: Arc::new(options),
            hosts: Mutex::default(),
        })
    }

    /// Ends every connection and gives up the logins that are under way. Commands that still run are not
    /// waited for. A later command would connect anew.
    pub async fn close(&self) {
        let hosts: Vec<_> = lock(&self.hosts).drain().map(|(_, host)| host).collect();
        let connections = hosts.iter().filter_map(|host| lock(&host.connection).take());
        let masters = connections.filter_map(|connection| connection.peek().cloned()?.ok());
        futures::future::join_all(masters.map(|master| async move { master.close().await })).await;
    }

    async fn run_on(
        &self,
        name: &HostName,
        command: &Command,
        limits: Limits,
    ) -> Result<Output, TransportError> {
        check_words(name, command)?;
        let host = self.host(name);
        let master = self.live_master(&host, name, limits.connect).await?;
        let run = async {
            // Never closed, so always granted.
            let _session = host.sessions.acquire().await.ok();
            execute(&master, name, command, limits.output).await
        };
        match timeout(limits.command, run).await {
            Ok(Err(error)) if error.kind == TroubleKind::ConnectionLost => {
                host.forget(&master);
                Err(error)
            }
            Ok(result) => result,
            Err(_elapsed) => {
                // The host may be frozen, and the session stays taken while the command hangs there: the next
                // command gets a connection of its own, and this one ends with what still runs on it.
                host.forget(&master);
                master.close().await;
                Err(TransportError::timeout(name, command, limits.command))
            }
        }
    }

    /// A master that answers: the kept one, or a new one.
    async fn live_master(
        &self,
        host: &Host,
        name: &HostName,
        limit: Duration,
    ) -> Result<Arc<Master>, TransportError> {
        let kept = host.kept();
        if let Some(master) = kept {
            // Asked before anything is sent, so that a command is never sent twice.
            if master.is_alive().await {
                return Ok(master);
            }
            tracing::debug!(host = %name, "the connection was lost; logging in again");
            host.forget(&master);
        }
        let login = Login {
            host: name.clone(),
            options: Arc::clone(&self.options),
            control: Arc::clone(&self.control),
            under_way: Arc::clone(&self.logins_under_way),
            limit,
        };
        host.connection(login).await
    }

    fn host(&self, name: &HostName) -> Arc<Host> {
        let new =
            || Arc::new(Host { connection: Mutex::default(), sessions: Semaphore::new(SESSIONS_PER_HOST) });
        Arc::clone(lock(&self.hosts).entry(name.clone()).or_insert_with(new))
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
}

impl Host {
    /// The master of a login that has worked.
    fn kept(&self) -> Option<Arc<Master>> {
        lock(&self.connection).as_ref()?.peek()?.as_ref().ok().cloned()
    }

    /// The login that is under way or has worked; else starts that one.
    fn connection(&self, login: Login) -> Connection {
        let mut connection = lock(&self.connection);
        match &*connection {
            Some(shared) if !matches!(shared.peek(), Some(Err(_))) => shared.clone(),
            _ => {
                let name = login.host.clone();
                let task = AbortOnDropHandle::new(tokio::spawn(login.log_in()));
                let shared =
                    task.map(move |joined| joined.unwrap_or_else(|_| Err(given_up(&name)))).boxed().shared();
                connection.insert(shared).clone()
            }
        }
    }

    /// Lets that master go, if it is still the one that is kept.
    fn forget(&self, master: &Arc<Master>) {
        let mut connection = lock(&self.connection);
        let kept = connection.as_ref().and_then(|shared| shared.peek().cloned());
        if matches!(kept, Some(Ok(kept)) if Arc::ptr_eq(&kept, master)) {
            *connection = None;
        }
    }
}

/// Runs the command in a session of its own.
async fn execute(
    master: &Master,
    host: &HostName,
    command: &Command,
    limit: usize,
) -> Result<Output, TransportError> {
    let started = Instant::now();
    let mut remote = master.session().command(command.program().to_string_lossy());
    remote.args(command.argv().iter().skip(1));
    remote.stdin(if command.input().is_some() { Stdio::piped() } else { Stdio::null() });
    remote.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = remote.spawn().await.map_err(|error| session_trouble(host, &error))?;
    let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
    let input = command.input().unwrap_or_default();
    let (stdout, stderr) =
        exchange(streams.0, input, streams.1, streams.2, limit).await.map_err(|error| match error {
            ExchangeError::TooMuch => TransportError::too_much(host, command, limit),
            ExchangeError::Io(error) => lost(host, &error),
        })?;
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
    Ok(Output { exit_code, stdout, stderr, elapsed: started.elapsed() })
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

fn given_up(host: &HostName) -> TransportError {
    TransportError {
        kind: TroubleKind::ConnectionLost,
        message: format!("The login to {host} was given up."),
        may_have_run: false,
    }
}

/// What is behind these locks is whole between any two statements, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
