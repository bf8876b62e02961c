//! One script on one host, from its sending to its end.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::FusedFuture;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::beginning::Beginning;
use super::ending::Ending;
use super::host::{self, Grip};
use super::output::{Log, shown_lines};
use super::{News, Shared};
use crate::model::HostName;
use crate::scenario::Script;
use crate::scenario::journal::{End, Fate, Job, Place};
use crate::transport::{Command, Ended, Local, Piece, StreamKind, StreamLimits, Transport, TransportError};

/// How long the output of a script that was killed is waited for.
const GRACE: Duration = Duration::from_secs(10);
/// The pause between two looks for a script that nothing more was heard of.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a host that does not answer is asked again what has become of its script.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many pieces of output wait to be taken.
const PIECES: usize = 4;

/// How a script went.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) serial: u64,
    pub(super) end: End,
    pub(super) elapsed: Duration,
    /// Its last lines, where it did not end as it should.
    pub(super) said: Vec<String>,
    /// The lock that was taken again, as its host had been restarted.
    pub(super) grip: Option<(Place, Grip)>,
}

impl Ran {
    pub(super) const fn not_sent(serial: u64, why: String) -> Self {
        Self { serial, end: End::NotSent { why }, elapsed: Duration::ZERO, said: Vec::new(), grip: None }
    }
}

/// What came of sending a script.
enum Sent {
    Ended(End),
    /// The host was restarted since its lock was taken, so it ran nothing.
    Restarted,
}

/// Why a script does not go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    TimeUp,
    Asked,
}

/// Sends a script and takes its output, until it has ended, its time is up, or it is to be killed.
pub(super) async fn run(
    shared: Arc<Shared>,
    serial: u64,
    job: Job,
    grip: Option<Grip>,
    kill: CancellationToken,
) -> Ran {
    let started = Instant::now();
    let steps = &shared.plan.scenario.steps;
    let step = steps.iter().find(|step| step.number == job.step);
    let Some(script) = step.and_then(|step| step.script(&job.part, job.script)) else {
        // A progress of this plan never asks for it.
        return Ran::not_sent(serial, "there is no such script in the scenario".to_owned());
    };
    let mut log = Log::open(&shared.output, &job, script.line, (shared.clock)(), &shared.masker).await;
    let input = host::input(&shared.plan, &job.place, &script.text);
    let command = shared.loader(serial, &job, grip.as_ref(), input.clone());
    let mut sent = shared.send((serial, &job, script), &command, &kill, &mut log).await;
    let mut again = None;
    if let (Sent::Restarted, Some(grip)) = (&sent, &grip) {
        match shared.lock_again(&job.place, grip, serial).await {
            Ok(grip) => {
                let command = shared.loader(serial, &job, Some(&grip), input);
                sent = shared.send((serial, &job, script), &command, &kill, &mut log).await;
                again = Some((job.place.clone(), grip));
            }
            Err(why) => sent = Sent::Ended(End::NotSent { why }),
        }
    }
    let end = match sent {
        Sent::Ended(end) => end,
        Sent::Restarted => End::NotSent { why: format!("{} was restarted", job.place) },
    };
    let mut said = log.close().await;
    if matches!(end, End::Exited { code: Some(code) } if code == script.exit_code) {
        said.clear();
    }
    Ran { serial, end, elapsed: started.elapsed(), said, grip: again }
}

/// Finds out what has become of a script; waits while it runs, and kills it when it does so for too long.
pub(super) async fn settle(
    shared: Arc<Shared>,
    serial: u64,
    job: Job,
    kill: CancellationToken,
) -> (u64, Fate) {
    let steps = &shared.plan.scenario.steps;
    let step = steps.iter().find(|step| step.number == job.step);
    let limit = step.and_then(|step| step.script(&job.part, job.script)).map(|script| script.timeout);
    let began = Instant::now();
    let mut heard = Instant::now();
    let mut kills = 0;
    loop {
        match shared.look_for(&job.place, serial).await {
            Ok(Some(fate)) => return (serial, fate),
            Ok(None) => {
                heard = Instant::now();
                let is_late = limit.is_none_or(|limit| began.elapsed() >= limit);
                if (is_late || kill.is_cancelled()) && kills < 3 {
                    kills += 1;
                    if let Err(error) = shared.kill(&job.place, serial).await {
                        tracing::warn!("a script that runs for too long could not be killed: {error}");
                    }
                } else if kills == 3 {
                    let why = format!("{}: the script runs there and can't be killed", job.place);
                    return (serial, Fate::Unreachable { why });
                } else {
                    tracing::debug!(%job.place, serial, "the script still runs");
                }
            }
            Err(why) if heard.elapsed() >= PATIENCE || kill.is_cancelled() => {
                return (serial, Fate::Unreachable { why });
            }
            Err(why) => tracing::debug!("{why}"),
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = kill.cancelled(), if !kill.is_cancelled() => {}
        }
    }
}

impl Shared {
    async fn send(
        &self,
        (serial, job, script): (u64, &Job, &Script),
        command: &Command,
        kill: &CancellationToken,
        log: &mut Log,
    ) -> Sent {
        let limits = StreamLimits { connect: self.access.connect_timeout, command: None };
        let (pieces, mut taken) = mpsc::channel(PIECES);
        let here = HostName::from("this machine");
        let stream = match &job.place {
            Place::Host(host) => self.transport.stream(host, command, limits, pieces),
            Place::Local => Local.stream(&here, command, limits, pieces),
        };
        let take = async {
            let (mut beginning, mut ending) = (Beginning::default(), Ending::default());
            while let Some(mut piece) = taken.recv().await {
                if piece.stream == StreamKind::Stderr {
                    piece.bytes = beginning.push(&ending.push(&piece.bytes));
                }
                self.take(job, &piece, log).await;
            }
            let (code, rest) = ending.finish();
            let mut rest = beginning.push(&rest);
            rest.extend(beginning.finish());
            self.take(job, &Piece { stream: StreamKind::Stderr, bytes: rest }, log).await;
            (beginning, code)
        };
        let both = async { tokio::join!(stream, take) }.fuse();
        tokio::pin!(both);
        let stop = tokio::select! {
            biased;
            (ended, (beginning, code)) = &mut both => {
                return self.sent(&job.place, ended, &beginning, code);
            }
            () = kill.cancelled() => Stop::Asked,
            () = sleep(script.timeout) => Stop::TimeUp,
        };
        let killing = self.kill(&job.place, serial);
        tokio::pin!(killing);
        // The end of the connection says nothing of what the script started, so only the answer to the kill counts.
        let killed = tokio::select! {
            biased;
            killed = &mut killing => killed,
            _ended = &mut both => killing.await,
        };
        // The last output still arrives, unless a process that nobody can kill holds it open.
        if !both.is_terminated() && timeout(GRACE, &mut both).await.is_err() {
            tracing::debug!(%job.place, serial, "the output of a killed script stays open");
        }
        Sent::Ended(match (killed, stop) {
            (Ok(()), Stop::Asked) => End::Killed,
            (Ok(()), Stop::TimeUp) => End::TimedOut,
            (Err(why), Stop::Asked) => End::Lost { why: format!("it could not be killed: {why}") },
            (Err(why), Stop::TimeUp) => {
                let limit = humantime::format_duration(script.timeout);
                End::Lost { why: format!("it did not end within {limit} and could not be killed: {why}") }
            }
        })
    }

    /// Returns what an exit code means. Before the script begins, only the loader's own codes are certain. Afterwards only the
    /// code that the loader's last line says is: the loader may be killed while the script works on.
    fn sent(
        &self,
        place: &Place,
        ended: Result<Ended, TransportError>,
        beginning: &Beginning,
        last: Option<i32>,
    ) -> Sent {
        let why = || match beginning.why() {
            Some(why) => format!("{place}: {}", self.masker.mask(&why)),
            None => format!("{place}: the script ended before it began"),
        };
        Sent::Ended(match ended {
            Ok(Ended { exit_code, .. }) if beginning.has_begun() && last.is_some() && exit_code == last => {
                End::Exited { code: last }
            }
            Ok(_) if beginning.has_begun() => End::Lost {
                why: format!("{place}: the shell that waits for the script ended before the script"),
            },
            Ok(Ended { exit_code: Some(host::RESTARTED), .. }) => return Sent::Restarted,
            Ok(Ended { exit_code: Some(host::REFUSED), .. }) => End::NotSent { why: why() },
            Ok(_) => End::Lost { why: why() },
            Err(error) if error.may_have_run => End::Lost { why: error.message },
            Err(error) => End::NotSent { why: error.message },
        })
    }

    async fn take(&self, job: &Job, piece: &Piece, log: &mut Log) {
        let bytes = log.take(piece).await;
        // Whoever does not keep up finds it on the disk.
        let Ok(room) = self.news.try_reserve() else { return };
        let lines = shown_lines(&bytes);
        if !lines.is_empty() {
            room.send(News::Output { job: job.clone(), lines });
        }
    }
}
