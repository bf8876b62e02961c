//! A simulated deployment: clusters that answer as real ones do, through the same trait and parser, with
//! faults that come and go. It shows what the console is for; it never stands in for a proof.
//!
//! What a cluster is like is a pure function of the seed, the options, what was done to it and the time: a `blueprint` that
//! never changes, a `situation` that begins as healthy and over which the `schedule`'s episode is laid,
//! what people have done since (`operation`), the `placement` that follows from all that, and its XML.

mod blueprint;
mod catalogue;
mod cib;
mod crm_mon;
mod dependency;
mod fault;
mod history;
mod log;
mod operation;
mod placement;
mod pretend;
mod schedule;
mod shell;
mod situation;
mod stack;
#[cfg(test)]
mod tests;
mod xml;

pub use pretend::Pretender;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use strum::{Display, EnumString};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use self::blueprint::Blueprint;
use self::fault::Scene;
use self::log::Chronicle;
use self::operation::{Base, Dated, Refused};
use self::schedule::{Schedule, random};
use self::shell::Question;
use self::situation::{HostCondition, Situation};
use crate::model::{Access, ClusterEntry, HostName, Inventory, TroubleKind};
use crate::transport::{
    Command, Ended, Limits, Output, Piece, StreamKind, StreamLimits, Transport, TransportError, after_the_end,
};

/// A simulated deployment.
pub struct Demo {
    clusters: Vec<Blueprint>,
    /// Which host is which member of which cluster.
    hosts: HashMap<HostName, Member>,
    /// `None`: nothing ever goes wrong.
    schedule: Option<Schedule>,
    seed: u64,
    clock: Clock,
    began: Timestamp,
    /// What people have done, by cluster, in the order of time: the one thing here that ever changes.
    done: Mutex<HashMap<usize, Vec<Dated>>>,
}

/// What is to be simulated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// How the services are spread over clusters.
    pub layout: Layout,
    /// How many clusters: the layout is cut short or repeated. At least 1, at most 1000; `None`: as many as
    /// the layout has.
    pub clusters: Option<usize>,
    /// The same seed gives the same faults at the same times after the start.
    pub seed: u64,
    /// Whether anything goes wrong.
    pub faults: Faults,
}

/// How the services are spread over clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, Display)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Layout {
    /// Each of the seventeen services has a cluster of three members.
    #[default]
    Segregated,
    /// One cluster of three members carries them all.
    Collapsed,
}

/// Whether anything goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Faults {
    /// Faults come and go; of seventeen clusters two to four have trouble at any moment.
    #[default]
    Lively,
    /// Everything is healthy for ever.
    None,
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Debug, Clone, Copy)]
struct Member {
    cluster: usize,
    index: usize,
}

/// What a command prints, and how long it takes besides the way there and back.
struct Reply {
    exit_code: i32,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    takes: Duration,
}

/// How long the clusters have been up when the demo begins.
const UPTIME: SignedDuration = SignedDuration::from_hours(31);

/// The shortest and the longest that an answer takes, in milliseconds.
const LATENCY_MS: std::ops::RangeInclusive<u64> = 3..=25;

/// What is in the script that follows a log, and in no other.
const FOLLOWED: &str = "journalctl -f";

/// `CRM_EX_DISCONNECT`: "not connected to the cluster".
const EXIT_DISCONNECTED: i32 = 102;
/// `CRM_EX_USAGE`.
const EXIT_USAGE: i32 = 64;
/// What a shell says of a command that it can't find.
const EXIT_NOT_FOUND: i32 = 127;

impl Demo {
    /// A deployment that begins now by that clock.
    pub fn new(options: &Options, clock: Clock) -> Self {
        let clusters = blueprint::clusters(options);
        let members = clusters.iter().enumerate().flat_map(|(cluster, blueprint)| {
            blueprint
                .members()
                .enumerate()
                .map(move |(index, name)| (HostName::from(name), Member { cluster, index }))
        });
        let hosts = members.collect();
        let schedule = match options.faults {
            Faults::Lively => Some(Schedule::new(options.seed, &clusters)),
            Faults::None => None,
        };
        let began = clock();
        Self { clusters, hosts, schedule, seed: options.seed, clock, began, done: Mutex::default() }
    }

    /// The configuration that a console needs to watch it.
    pub fn inventory(&self) -> Inventory {
        let entry = |blueprint: &Blueprint| ClusterEntry {
            name: blueprint.name.as_str().into(),
            tier: blueprint.tier,
            hosts: blueprint.members().map(HostName::from).collect(),
            access: Access::default(),
            needs: None,
        };
        Inventory { clusters: self.clusters.iter().map(entry).collect() }
    }

    /// How that member's cluster is now by itself, in that member's view.
    fn base(&self, member: Member, now: Timestamp) -> Base<'_> {
        let blueprint = &self.clusters[member.cluster];
        let elapsed = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        let episode = self.schedule.as_ref().and_then(|schedule| schedule.episode(member.cluster, elapsed));
        let episode = episode.map(|episode| {
            let began = episode.phases(elapsed).into_iter().map(|start| self.began + start).collect();
            (episode.fault, Scene { blueprint, pick: episode.pick, viewer: member.index, began })
        });
        Base { blueprint, booted: self.began - UPTIME, episode }
    }

    /// How that member's cluster is to be seen now, in that member's view.
    fn situation(&self, member: Member, now: Timestamp) -> Situation {
        let base = self.base(member, now);
        let all = self.done();
        operation::shown(&base, all.get(&member.cluster).map_or(&[], Vec::as_slice), now)
    }

    fn done(&self) -> MutexGuard<'_, HashMap<usize, Vec<Dated>>> {
        // Whoever panicked while he held it had not begun to change it.
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what a command asks for; what is still to come of it is noted with its time.
    fn change(&self, member: Member, program: &str, arguments: &[String], now: Timestamp) -> Reply {
        let base = self.base(member, now);
        let mut all = self.done();
        let done = all.entry(member.cluster).or_default();
        let settled = operation::settled(&base, done, now);
        match operation::request(base.blueprint, &settled, program, arguments, now) {
            Ok(request) => {
                done.extend(
                    request.steps.into_iter().map(|(after, change)| Dated { at: now + after, change }),
                );
                done.sort_by_key(|dated| dated.at);
                Reply { takes: request.takes, ..Reply::ok(Vec::new()) }
            }
            Err(refused) => Reply::refused(program, refused),
        }
    }

    /// What the scheduler would do.
    fn simulate(&self, member: Member, arguments: &[String], now: Timestamp) -> io::Result<Reply> {
        let base = self.base(member, now);
        let settled = {
            let all = self.done();
            operation::settled(&base, all.get(&member.cluster).map_or(&[], Vec::as_slice), now)
        };
        Ok(match operation::simulate(base.blueprint, &settled, arguments, now)? {
            Ok(printed) => Reply::ok(printed),
            Err(refused) => Reply::refused("crm_simulate", refused),
        })
    }

    async fn answer(
        &self,
        host: &HostName,
        command: &Command,
        limits: Limits,
    ) -> Result<Output, TransportError> {
        let asked = Instant::now();
        let Some(member) = self.hosts.get(host).copied() else {
            return Err(trouble(TroubleKind::UnknownHost, format!("{host}: no such host in this demo")));
        };
        let now = (self.clock)();
        let situation = self.situation(member, now);
        let latency = self.latency(member, now);
        let ahead = match situation.hosts[member.index] {
            HostCondition::Answers { ahead } => Some(ahead),
            HostCondition::Stopped => None,
            HostCondition::Silent => {
                sleep(limits.patience.unwrap_or(limits.connect).min(limits.connect)).await;
                let message = format!("{host}: no connection within {:?}", limits.connect);
                return Err(trouble(TroubleKind::Unreachable, message));
            }
            HostCondition::Refuses => {
                sleep(latency.min(limits.connect)).await;
                return Err(trouble(TroubleKind::Refused, format!("{host}: connection refused")));
            }
            HostCondition::Hangs => return Err(timed_out(host, limits).await),
        };
        if latency > limits.command {
            return Err(timed_out(host, limits).await);
        }
        sleep(latency).await;
        // What a command does, it does when it has arrived.
        let now = (self.clock)();
        let Reply { exit_code, stdout, stderr, takes } = match self.reply(command, member, now, ahead) {
            Ok(reply) => reply,
            Err(error) => return Err(trouble(TroubleKind::Other, format!("{host}: {error}"))),
        };
        if takes > limits.command {
            return Err(timed_out(host, limits).await);
        }
        sleep(takes).await;
        if stdout.len().max(stderr.len()) > limits.output {
            let message = format!("{host}: more than {} bytes of output", limits.output);
            return Err(TransportError {
                may_have_run: true,
                ..trouble(TroubleKind::TooMuchOutput, message)
            });
        }
        Ok(Output { exit_code: Some(exit_code), stdout, stderr, elapsed: asked.elapsed() })
    }

    /// `ahead`: how far the host's clock is ahead, `None` where the cluster stack does not run.
    fn reply(
        &self,
        command: &Command,
        member: Member,
        now: Timestamp,
        ahead: Option<Duration>,
    ) -> io::Result<Reply> {
        let blueprint = &self.clusters[member.cluster];
        let here = now + ahead.unwrap_or_default();
        let situation = || self.situation(member, now);
        let is_known = |script: &[u8]| String::from_utf8_lossy(script).contains("crm_simulate --live-check");
        let asks_stack = |script: &[u8]| String::from_utf8_lossy(script).contains(stack::SCRIPT_HAS);
        Ok(match (Question::of(command.argv()), ahead) {
            (Question::CrmMon(style), Some(_)) => {
                Reply::ok(crm_mon::running(blueprint, &situation(), here, style)?)
            }
            (Question::CrmMon(_), None) => {
                Reply { exit_code: EXIT_DISCONNECTED, ..Reply::ok(crm_mon::not_connected()?) }
            }
            (Question::Cib { children: true }, Some(_)) => Reply::ok(cib::whole(blueprint, &situation())?),
            (Question::Cib { children: false }, Some(_)) => Reply::ok(cib::element(blueprint, &situation())?),
            (Question::Archive, _) => Reply::ok(cib::archive(blueprint, &situation())?),
            (Question::Change(program, arguments), Some(_)) => self.change(member, program, arguments, now),
            (Question::Script(arguments), Some(_)) if command.input().is_some_and(is_known) => {
                self.simulate(member, arguments, now)?
            }
            (Question::Script(arguments), ahead) if command.input().is_some_and(asks_stack) => {
                let viewer = stack::Viewer { index: member.index, runs: ahead.is_some() };
                Reply::ok(stack::answer(blueprint, &situation(), &viewer, arguments))
            }
            (Question::Script(_), Some(_)) => Reply::refused("sh", Refused::Unsupported),
            (Question::Cib { .. } | Question::Change(..) | Question::Script(_), None) => Reply::failed(
                EXIT_DISCONNECTED,
                "Could not connect to the CIB: Transport endpoint is not connected\n\
                 Init failed, could not perform requested operations\n",
            ),
            (Question::Version, _) => Reply::ok(
                b"Pacemaker 2.1.5\nWritten by Andrew Beekhof and the Pacemaker project contributors\n"
                    .to_vec(),
            ),
            (Question::Date(format), _) => match strtime::format(format, &here.to_zoned(TimeZone::UTC)) {
                Ok(text) => Reply::ok(format!("{text}\n").into_bytes()),
                Err(error) => Reply::failed(1, format!("date: {error}\n")),
            },
            (Question::Unsupported(program), _) => Reply::refused(program, Refused::Unsupported),
            (Question::NotFound(program), _) => {
                Reply::failed(EXIT_NOT_FOUND, format!("{program}: command not found\n"))
            }
        })
    }

    /// Writes the cluster's log for as long as it is read and the member answers.
    async fn write_log(
        &self,
        host: &HostName,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> Result<Ended, TransportError> {
        let asked = Instant::now();
        // Whoever answers to this answers at all.
        let hello = Command::new("date");
        let limit = limits.command.unwrap_or(Duration::from_secs(60));
        self.answer(
            host,
            &hello,
            Limits {
                connect: limits.connect,
                patience: None,
                session: None,
                command: limit,
                output: 1 << 10,
            },
        )
        .await?;
        let Some(member) = self.hosts.get(host).copied() else {
            return Err(trouble(TroubleKind::UnknownHost, format!("{host}: no such host in this demo")));
        };
        let tell = async |stream, text: String| {
            text.is_empty() || pieces.send(Piece { stream, bytes: text.into_bytes() }).await.is_ok()
        };
        let mut chronicle = Chronicle::new(&self.clusters[member.cluster]);
        let mut since = (self.clock)() - log::PAST;
        let mut is_heard = tell(StreamKind::Stderr, "log source: journal\n".to_owned()).await;
        while is_heard && !pieces.is_closed() {
            let now = (self.clock)();
            // Before the demo began all was well.
            let (next, situation) = if since < self.began {
                let next = now.min(self.began);
                (next, Situation::healthy(&self.clusters[member.cluster], self.began - UPTIME))
            } else {
                let next = now.min(since + log::PACE);
                (next, self.situation(member, next))
            };
            let is_now = next == now;
            if is_now && !matches!(situation.hosts[member.index], HostCondition::Answers { .. }) {
                let message = format!("The connection to {host} broke.");
                return Err(TransportError {
                    may_have_run: true,
                    ..trouble(TroubleKind::ConnectionLost, message)
                });
            }
            is_heard = tell(StreamKind::Stdout, chronicle.lines(situation, since, next)).await;
            if is_now {
                sleep(Duration::from_secs(1)).await;
            }
            since = next;
        }
        Ok(Ended { exit_code: None, elapsed: asked.elapsed() })
    }

    /// How long that member takes to answer, different from one millisecond to the next.
    fn latency(&self, member: Member, now: Timestamp) -> Duration {
        let index = (member.cluster * blueprint::MEMBERS + member.index) as u64;
        let mut rng = random(self.seed, index, now.as_millisecond() as u64);
        Duration::from_millis(rng.u64(LATENCY_MS))
    }
}

impl Reply {
    fn ok(stdout: Vec<u8>) -> Self {
        Self { exit_code: 0, stdout, stderr: Vec::new(), takes: Duration::ZERO }
    }

    fn failed(exit_code: i32, message: impl Into<String>) -> Self {
        Self { exit_code, stderr: message.into().into_bytes(), ..Self::ok(Vec::new()) }
    }

    fn refused(program: &str, refused: Refused) -> Self {
        match refused {
            Refused::Said(code, words) => Self::failed(code, words),
            Refused::Unsupported => {
                Self::failed(EXIT_USAGE, format!("{program}: the demo does not simulate these options\n"))
            }
        }
    }
}

impl Transport for Demo {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        Box::pin(self.answer(host, command, limits))
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        if command.argv().iter().any(|word| word.contains(FOLLOWED)) {
            return Box::pin(self.write_log(host, limits, pieces));
        }
        after_the_end(host, command, limits, pieces, move |limits| self.run(host, command, limits))
    }
}

async fn timed_out(host: &HostName, limits: Limits) -> TransportError {
    sleep(limits.command).await;
    let message = format!("{host}: the command did not end within {:?}", limits.command);
    TransportError { may_have_run: true, ..trouble(TroubleKind::Timeout, message) }
}

const fn trouble(kind: TroubleKind, message: String) -> TransportError {
    TransportError { kind, message, may_have_run: false }
}
