//! Logging in to many hosts: each once however many ask, in turn, and no more at once than the way to them bears.

mod pace;
mod queue;
mod refusals;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use self::pace::Signal;
use self::queue::Queue;
use self::refusals::Refusals;
use super::TransportError;
use crate::model::{ClusterName, HostName, Inventory, TroubleKind};

/// A failed login that nobody has heard of is reported to the next caller within this time.
const NEWS_LASTS: Duration = Duration::from_secs(60);

/// Connections of type `C`, one a host, and the logins that make them.
///
/// A login runs on its own: a caller that stops waiting doesn't end it, and its connection is there for the next
/// caller. Its time limit counts from its turn.
#[derive(Debug)]
pub struct Logins<C> {
    inner: Arc<Mutex<Inner<C>>>,
}

/// A login that failed.
#[derive(Debug, Clone)]
pub struct LoginFailure {
    /// For the caller.
    pub error: TransportError,
    /// What it says about the way to the host.
    pub cause: FailureCause,
}

/// The causes of a failed login that need different treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCause {
    /// Something answered or may have, but too slowly. Too many logins at once can be the reason.
    TooSlow,
    /// The connection was closed before the login. Too many logins at once can be the reason.
    TurnedAway,
    /// Only the user can mend it: the host's key or the user's key was not accepted.
    NeedsUser,
    /// Any other reason of the host's own.
    Host,
}

#[derive(Debug)]
struct Inner<C> {
    clusters: HashMap<HostName, ClusterName>,
    queue: Queue,
    refusals: Refusals,
    hosts: HashMap<HostName, Entry<C>>,
    /// The logins that wait for their turn.
    turns: HashMap<HostName, oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Entry<C> {
    connection: Option<Arc<C>>,
    login: Option<Login<C>>,
    /// A failure that no caller has heard of, and its time.
    news: Option<(TransportError, Instant)>,
}

impl<C> Default for Entry<C> {
    fn default() -> Self {
        Self { connection: None, login: None, news: None }
    }
}

type LoginResult<C> = Result<Arc<C>, TransportError>;

/// The end of a login, for each of its callers.
type LoginEnd<C> = Result<Arc<C>, Ended>;

#[derive(Debug, Clone)]
struct Ended {
    error: TransportError,
    /// The other logins under way explain it, so it will be tried again.
    is_crowded_out: bool,
}

/// A login that waits for its turn, is under way, or has ended. It may hold the last reference to its connection: it is
/// dropped only while [`Logins::inner`] isn't locked.
#[derive(Debug)]
struct Login<C> {
    end: watch::Receiver<Option<LoginEnd<C>>>,
    _task: AbortOnDropHandle<()>,
}

impl<C> Login<C> {
    fn is_under_way(&self) -> bool {
        // Without a sender, the task has ended.
        self.end.borrow().is_none() && self.end.has_changed().is_ok()
    }
}

impl<C: Send + Sync + 'static> Logins<C> {
    /// Members of one cluster are logged in to one after the other, and each cluster to one member first. At most
    /// `most` logins are under way at once, fewer where that is faster.
    pub fn new(clusters: HashMap<HostName, ClusterName>, most: usize) -> Self {
        let inner = Inner {
            queue: Queue::new(clusters.clone(), most),
            clusters,
            refusals: Refusals::default(),
            hosts: HashMap::new(),
            turns: HashMap::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The connection to a host: the one that is there, or a new one that `connect` makes within `limit`.
    ///
    /// Waits for it no longer than `patience`, the wait for its turn included; the error then is of the kind
    /// [`TroubleKind::LoginPending`]. So is the error of a login that was lost to the crowd: too many under way at once.
    /// Without that limit the host is logged in to before all that can wait, and each failure is reported as it is. A
    /// refusal that only the user can mend is repeated without another attempt until its time has come.
    pub async fn connection<F>(
        &self,
        host: &HostName,
        limit: Duration,
        patience: Option<Duration>,
        connect: impl FnOnce() -> F + Send + 'static,
    ) -> LoginResult<C>
    where
        F: Future<Output = Result<C, LoginFailure>> + Send,
    {
        let mut replaced = None;
        let mut end = {
            let mut inner = lock(&self.inner);
            if let Some(connection) = inner.entry(host).connection.clone() {
                return Ok(connection);
            }
            let is_under_way = inner.entry(host).login.as_ref().is_some_and(Login::is_under_way);
            if !is_under_way {
                if let Some(error) = inner.refusal(host) {
                    return Err(error);
                }
                let news = inner.entry(host).news.take();
                if let (Some((error, at)), Some(_)) = (news, patience)
                    && at.elapsed() < NEWS_LASTS
                {
                    return Err(error);
                }
                let login = self.log_in(&mut inner, host.clone(), limit, connect);
                replaced = inner.entry(host).login.replace(login);
            }
            inner.queue.add(host, patience.is_none());
            inner.grant();
            let login = &inner.entry(host).login;
            login.as_ref().map(|login| login.end.clone()).ok_or_else(|| gave_up(host))?
        };
        drop(replaced);
        let ended = async {
            match end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone()) {
                Some(Ok(connection)) => Ok(connection),
                Some(Err(ended)) if ended.is_crowded_out && patience.is_some() => {
                    Err(crowded_out(&ended.error))
                }
                Some(Err(ended)) => Err(ended.error),
                None => Err(gave_up(host)),
            }
        };
        let result = match patience {
            Some(patience) => {
                timeout(patience, ended).await.unwrap_or_else(|_elapsed| Err(self.pending(host)))
            }
            None => ended.await,
        };
        if result.as_ref().is_err_and(|error| error.kind != TroubleKind::LoginPending) {
            lock(&self.inner).entry(host).news = None;
        }
        result
    }

    /// The connection that is there.
    pub fn kept(&self, host: &HostName) -> Option<Arc<C>> {
        lock(&self.inner).hosts.get(host)?.connection.clone()
    }

    /// Lets a connection go, if it is still the one that is kept.
    pub fn forget(&self, host: &HostName, connection: &Arc<C>) {
        let mut inner = lock(&self.inner);
        let entry = inner.entry(host);
        if entry.connection.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, connection)) {
            // The login that made it holds it as well.
            let ended = entry.login.take_if(|login| !login.is_under_way());
            let gone = (entry.connection.take(), ended);
            inner.queue.lost(host);
            drop(inner);
            drop(gone);
        }
    }

    /// The user asks for these hosts: their logins go before the others, and a refusal no longer holds them back.
    pub fn hurry(&self, hosts: &[HostName]) {
        let mut inner = lock(&self.inner);
        for host in hosts {
            let cluster = inner.cluster(host);
            inner.refusals.hurry(host, &cluster);
            inner.queue.hurry(host);
        }
        inner.grant();
    }

    /// The time until a host that refused, for a reason that only the user can mend, is tried again.
    pub fn retry_in(&self, host: &HostName) -> Option<Duration> {
        let inner = lock(&self.inner);
        let cluster = inner.cluster(host);
        inner.refusals.holds(host, &cluster, Instant::now()).map(|(_, wait)| wait)
    }

    /// Cancels the logins and gives the connections out. A later call would connect again.
    pub fn take_all(&self) -> Vec<Arc<C>> {
        let mut inner = lock(&self.inner);
        inner.turns.clear();
        let hosts: Vec<_> = inner.hosts.drain().collect();
        for (host, _) in &hosts {
            inner.queue.lost(host);
        }
        drop(inner);
        // A login's task reports its end here when it is dropped.
        hosts.into_iter().filter_map(|(_, entry)| entry.connection).collect()
    }

    fn log_in<F>(
        &self,
        inner: &mut Inner<C>,
        host: HostName,
        limit: Duration,
        connect: impl FnOnce() -> F + Send + 'static,
    ) -> Login<C>
    where
        F: Future<Output = Result<C, LoginFailure>> + Send,
    {
        let (turn, its_turn) = oneshot::channel();
        inner.turns.insert(host.clone(), turn);
        let (tell, end) = watch::channel(None);
        let shared = Arc::clone(&self.inner);
        let task = tokio::spawn(async move {
            if its_turn.await.is_err() {
                return;
            }
            let mut under_way = UnderWay { inner: Arc::clone(&shared), host: host.clone(), has_ended: false };
            let held = lock(&shared).refusal(&host);
            let began = Instant::now();
            let result = match held {
                Some(error) => Err(LoginFailure { error, cause: FailureCause::Host }),
                None => connect().await.map(|connection| (connection, began.elapsed())),
            };
            let result = under_way.ended(result, limit);
            tell.send_replace(Some(result));
        });
        Login { end, _task: AbortOnDropHandle::new(task) }
    }

    fn pending(&self, host: &HostName) -> TransportError {
        // Without a number: it would make each wait a piece of news.
        let message = if lock(&self.inner).queue.is_waiting(host) {
            format!("The login to {host} waits for its turn.")
        } else {
            format!("The login to {host} is under way.")
        };
        TransportError { kind: TroubleKind::LoginPending, message, may_have_run: false }
    }
}

/// A login that has its turn. Reports its end, also when it is cancelled.
struct UnderWay<C> {
    inner: Arc<Mutex<Inner<C>>>,
    host: HostName,
    has_ended: bool,
}

impl<C> UnderWay<C> {
    fn ended(&mut self, result: Result<(C, Duration), LoginFailure>, limit: Duration) -> LoginEnd<C> {
        self.has_ended = true;
        let mut inner = lock(&self.inner);
        let cluster = inner.cluster(&self.host);
        let (result, signal) = match result {
            Ok((connection, took)) => {
                inner.refusals.let_in(&self.host, &cluster);
                (Ok(Arc::new(connection)), Signal::LoggedIn { took, limit })
            }
            Err(LoginFailure { error, cause }) => {
                if cause == FailureCause::NeedsUser {
                    inner.refusals.refused(&self.host, &cluster, &error, Instant::now());
                }
                let signal = match cause {
                    FailureCause::TooSlow => Signal::TimedOut,
                    FailureCause::TurnedAway => Signal::TurnedAway,
                    FailureCause::NeedsUser | FailureCause::Host => Signal::Neutral,
                };
                (Err(error), signal)
            }
        };
        let is_crowded_out = inner.queue.ended(&self.host, signal);
        let entry = inner.entry(&self.host);
        match &result {
            Ok(connection) => entry.connection = Some(Arc::clone(connection)),
            Err(_) if is_crowded_out => {}
            Err(error) => entry.news = Some((error.clone(), Instant::now())),
        }
        inner.grant();
        result.map_err(|error| Ended { error, is_crowded_out })
    }
}

impl<C> Drop for UnderWay<C> {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut inner = lock(&self.inner);
            inner.queue.ended(&self.host, Signal::Neutral);
            inner.grant();
        }
    }
}

impl<C> Inner<C> {
    fn entry(&mut self, host: &HostName) -> &mut Entry<C> {
        self.hosts.entry(host.clone()).or_default()
    }

    fn cluster(&self, host: &HostName) -> ClusterName {
        self.clusters.get(host).cloned().unwrap_or_else(|| ClusterName::from(host.as_str()))
    }

    /// Tells those whose turn it is.
    fn grant(&mut self) {
        while let Some(host) = self.queue.next() {
            let is_told = self.turns.remove(&host).is_some_and(|turn| turn.send(()).is_ok());
            if !is_told {
                self.queue.ended(&host, Signal::Neutral);
            }
        }
    }

    fn refusal(&self, host: &HostName) -> Option<TransportError> {
        let (error, wait) = self.refusals.holds(host, &self.cluster(host), Instant::now())?;
        let minutes = wait.as_secs().div_ceil(60);
        let message = format!("{} Next attempt within {minutes} min, or at once with a poll.", error.message);
        Some(TransportError { message, ..error.clone() })
    }
}

/// The cluster of each host. Of a host that several name, the first one's.
pub(super) fn clusters_of(inventory: &Inventory) -> HashMap<HostName, ClusterName> {
    let mut clusters = HashMap::new();
    for entry in &inventory.clusters {
        for host in &entry.hosts {
            clusters.entry(host.clone()).or_insert_with(|| entry.name.clone());
        }
    }
    clusters
}

/// The error for a caller that asks again anyway.
fn crowded_out(error: &TransportError) -> TransportError {
    let message = format!("{} Other logins were under way; Quorate tries it again.", error.message);
    TransportError { kind: TroubleKind::LoginPending, message, may_have_run: false }
}

fn gave_up(host: &HostName) -> TransportError {
    TransportError {
        kind: TroubleKind::ConnectionLost,
        message: format!("The login to {host} was cancelled."),
        may_have_run: false,
    }
}

/// The data behind this lock is whole between any two statements, so a panic elsewhere doesn't spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
