//! Following a cluster's log on one of its members.

mod tail;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::Settings;
use super::backoff::Backoff;
use crate::model::text::clean;
use crate::model::{ClusterEntry, ClusterName, HostName, LogLine, LogNews};
use crate::pacemaker::argv::{LOG_SOURCE, follow_log};
use crate::pacemaker::log::read_line;
use crate::transport::{Command, Piece, StreamKind, StreamLimits, Transport};
use tail::Tail;

/// The log of one cluster, as one member after the other gives it. Dropping it ends it.
#[derive(Debug)]
pub struct Follow {
    cluster: ClusterName,
    news: mpsc::Receiver<LogNews>,
    _task: AbortOnDropHandle<()>,
}

/// How many pieces of news wait to be taken; then the member waits.
const NEWS: usize = 8;

/// A line is no longer than this; what is more is left out.
const LONGEST_LINE: usize = 8 * 1024;

/// How long lines are gathered before they are told.
const GATHERED: Duration = Duration::from_millis(50);

/// How many lines are told at once.
const AT_ONCE: usize = 250;

/// A log that came for this long has been well: what breaks it is the first failure.
const WELL: Duration = Duration::from_secs(20);

impl Follow {
    /// Asks those members, the first one first, until one gives its log; when it gives no more, the next, and round and
    /// round, ever more rarely, up to [`Settings::backoff_cap`].
    pub fn start(
        entry: &ClusterEntry,
        hosts: Vec<HostName>,
        transport: &Arc<dyn Transport>,
        settings: &Settings,
    ) -> Self {
        let (sender, news) = mpsc::channel(NEWS);
        let backoff = Backoff::new(settings.backoff_first, settings.backoff_cap, settings.random());
        let command: Command = follow_log().into_iter().collect();
        let follower = Follower {
            command: command.with_privilege(entry.access.privilege),
            limits: StreamLimits { connect: entry.access.connect_timeout, command: None },
            transport: Arc::clone(transport),
            news: sender,
            backoff,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(follower.follow(hosts)));
        Self { cluster: entry.name.clone(), news, _task: task }
    }

    /// Whose log it is.
    pub fn cluster(&self) -> &ClusterName {
        &self.cluster
    }

    /// What becomes known next; `None` only where there is nobody to ask. May be dropped and called again.
    pub async fn next(&mut self) -> Option<LogNews> {
        self.news.recv().await
    }
}

struct Follower {
    command: Command,
    limits: StreamLimits,
    transport: Arc<dyn Transport>,
    news: mpsc::Sender<LogNews>,
    backoff: Backoff,
}

impl Follower {
    async fn follow(mut self, hosts: Vec<HostName>) {
        // Each member's log is a log of its own.
        let mut tails: HashMap<&HostName, Tail> = HashMap::new();
        for host in hosts.iter().cycle() {
            if self.news.send(LogNews::Asking(host.clone())).await.is_err() {
                return;
            }
            let began = Instant::now();
            let why = self.follow_on(host, tails.entry(host).or_default()).await;
            if began.elapsed() >= WELL {
                self.backoff.succeeded();
            }
            let wait = self.backoff.failed();
            if self.news.send(LogNews::Lost { host: host.clone(), why, wait }).await.is_err() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Follows one member's log until it ends, and says why it ended.
    async fn follow_on(&self, host: &HostName, tail: &mut Tail) -> String {
        let (sender, pieces) = mpsc::channel(4);
        tail.reconnect();
        let mut teller = Teller::new(host, &self.news, tail);
        let streaming = self.transport.stream(host, &self.command, self.limits, sender);
        let (ended, ()) = tokio::join!(streaming, teller.tell(pieces));
        match ended {
            Err(error) => error.message,
            Ok(_) if !teller.said.is_empty() => {
                clean(&format!("{host}: {}.", teller.said.trim_end_matches('.')))
            }
            Ok(ended) => {
                let code =
                    ended.exit_code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
                clean(&format!("{host} ended its log with {code}."))
            }
        }
    }
}

/// Makes news of what a member prints.
struct Teller<'a> {
    host: &'a HostName,
    news: &'a mpsc::Sender<LogNews>,
    stdout: Lines,
    stderr: Lines,
    /// The last of what it said on stderr that is no source.
    said: String,
    tail: &'a mut Tail,
    gathered: Vec<LogLine>,
}

impl<'a> Teller<'a> {
    fn new(host: &'a HostName, news: &'a mpsc::Sender<LogNews>, tail: &'a mut Tail) -> Self {
        Self {
            host,
            news,
            stdout: Lines::default(),
            stderr: Lines::default(),
            said: String::new(),
            tail,
            gathered: Vec::new(),
        }
    }

    /// Takes pieces until there are no more, or nobody wants the news.
    async fn tell(&mut self, mut pieces: mpsc::Receiver<Piece>) {
        while let Some(piece) = pieces.recv().await {
            let deadline = Instant::now() + GATHERED;
            if self.take(&piece).await.is_err() {
                return;
            }
            while let Ok(Some(piece)) = timeout_at(deadline, pieces.recv()).await {
                if self.take(&piece).await.is_err() {
                    return;
                }
            }
            if self.flush().await.is_err() {
                return;
            }
        }
    }

    async fn take(&mut self, piece: &Piece) -> Result<(), mpsc::error::SendError<LogNews>> {
        match piece.stream {
            StreamKind::Stderr => {
                for line in self.stderr.add(&piece.bytes) {
                    let line = clean(&line);
                    match line.strip_prefix(LOG_SOURCE) {
                        Some(source) => {
                            let (host, source) = (self.host.clone(), source.to_owned());
                            self.news.send(LogNews::Following { host, source }).await?;
                        }
                        None if !line.trim().is_empty() => self.said = line,
                        None => {}
                    }
                }
            }
            StreamKind::Stdout => {
                for line in self.stdout.add(&piece.bytes) {
                    self.line(line);
                    if self.gathered.len() >= AT_ONCE {
                        self.flush().await?;
                    }
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: String) {
        if line.trim().is_empty() {
            return;
        }
        self.gathered.extend(self.tail.add(line).iter().map(|line| read_line(line)));
    }

    async fn flush(&mut self) -> Result<(), mpsc::error::SendError<LogNews>> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.news.send(LogNews::Lines(std::mem::take(&mut self.gathered))).await
    }
}

/// Bytes cut into lines, however they come.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Adds bytes, and takes out the lines that are whole. Of one that is too long the beginning is kept.
    fn add(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LONGEST_LINE.saturating_sub(self.begun.len());
            self.begun.extend(part.iter().take(room));
            if parts.peek().is_some() {
                whole.push(String::from_utf8_lossy(&std::mem::take(&mut self.begun)).into_owned());
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests;
