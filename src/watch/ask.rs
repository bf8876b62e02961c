//! Asking one host.

use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Clock;
use crate::model::text::clean;
use crate::model::{Cib, HostName, Picture, Privilege, Trouble, TroubleKind};
use crate::pacemaker::argv::{self, MonForm};
use crate::pacemaker::diagnose::{Diagnosis, diagnose};
use crate::pacemaker::discover::cluster_name;
use crate::pacemaker::parse::{self, Answer, Archive};
use crate::transport::{Command, Limits, Output, Transport};

/// A host's clock is asked for again after this long.
const CLOCK_LASTS: Duration = Duration::from_secs(300);

/// What a host answered.
#[derive(Debug)]
pub(super) enum Reply {
    /// A picture, as yet without the CIB.
    Running(Box<Picture>),
    /// Its cluster stack does not run.
    Stopped,
    /// It is not connected yet: the login waits for its turn or is under way.
    Pending(Trouble),
    /// Nothing that could be used.
    Failed(Trouble),
}

/// How hosts are asked.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) transport: &'a dyn Transport,
    pub(super) clock: &'a Clock,
    pub(super) privilege: Privilege,
}

/// What is remembered of a host between two questions.
#[derive(Debug, Default)]
pub(super) struct Memory {
    form: MonForm,
    clock: Option<HostClock>,
    /// When it was last asked in vain or with success for its clock.
    clock_asked: Option<Instant>,
    /// The name of its cluster, and when it was asked for.
    name: Option<(Option<String>, Instant)>,
}

#[derive(Debug, Clone, Copy)]
struct HostClock {
    ahead: SignedDuration,
    zone: Offset,
}

impl Memory {
    /// How far its clock is ahead of the console's.
    pub(super) fn clock_ahead(&self) -> Option<SignedDuration> {
        self.clock.map(|clock| clock.ahead)
    }

    /// The name of its cluster.
    pub(super) fn cluster_name(&self) -> Option<String> {
        self.name.as_ref().and_then(|(name, _)| name.clone())
    }

    fn zone(&self) -> Option<Offset> {
        self.clock.map(|clock| clock.zone)
    }
}

impl Asker<'_> {
    /// Asks for the cluster as that host sees it.
    pub(super) async fn picture(&self, host: &HostName, memory: &mut Memory, limits: Limits) -> Reply {
        if let Err(trouble) = self.learn_clock(host, memory, limits).await {
            return failed(trouble);
        }
        let reply = self.crm_mon(host, memory, limits).await;
        if matches!(reply, Reply::Failed(_)) {
            // Whoever answers next under this name may be set otherwise.
            memory.clock_asked = None;
        }
        if !matches!(reply, Reply::Running(_)) {
            memory.name = None;
        }
        reply
    }

    /// Asks for the name of the host's cluster unless it is known. Where it can't be had, the members alone tell
    /// clusters apart.
    pub(super) async fn learn_name(&self, host: &HostName, memory: &mut Memory, limits: Limits) {
        if memory.name.as_ref().is_some_and(|(_, at)| at.elapsed() < CLOCK_LASTS) {
            return;
        }
        let name = match self.run(host, argv::cluster_options(), limits).await {
            Ok(output) if output.exit_code == Some(0) => cluster_name(&output.stdout),
            Ok(_) => None,
            // That the host did not answer says nothing of its name: what is known stays, and the next poll asks again.
            Err(trouble) => {
                tracing::info!(%host, "the name of its cluster could not be read: {}", trouble.message);
                return;
            }
        };
        memory.name = Some((name, Instant::now()));
    }

    /// Asks for the whole CIB.
    pub(super) async fn cib(&self, host: &HostName, limits: Limits) -> Result<Cib, Trouble> {
        let output = self.run(host, argv::cib(), limits).await?;
        if output.exit_code != Some(0) {
            return Err(diagnosed(host, &output).unwrap_or_else(|| {
                trouble(host, TroubleKind::Unreadable, "the cluster stack was stopped while it was asked")
            }));
        }
        parse::cib(&output.stdout).map_err(|error| trouble(host, TroubleKind::Unreadable, &error.to_string()))
    }

    /// Asks for the host's archive of the CIB; `None` where this user may not read it.
    pub(super) async fn archive(
        &self,
        host: &HostName,
        memory: &Memory,
        limits: Limits,
    ) -> Result<Option<Archive>, Trouble> {
        let output = self.run(host, argv::cib_archive(), limits).await?;
        if output.exit_code != Some(0) {
            return Ok(None);
        }
        let archive = parse::cib_archive(&output.stdout, memory.zone());
        archive.map(Some).map_err(|error| trouble(host, TroubleKind::Unreadable, &error.to_string()))
    }

    /// Runs a command of Pacemaker's with the rights it needs.
    pub(super) async fn run(
        &self,
        host: &HostName,
        argv: Vec<String>,
        limits: Limits,
    ) -> Result<Output, Trouble> {
        self.run_command(host, argv.into_iter().collect(), limits).await
    }

    /// The same for a command that has something on its stdin.
    pub(super) async fn run_command(
        &self,
        host: &HostName,
        command: Command,
        limits: Limits,
    ) -> Result<Output, Trouble> {
        let command = command.with_privilege(self.privilege);
        self.transport.run(host, &command, limits).await.map_err(|error| Trouble {
            host: host.clone(),
            kind: error.kind,
            message: error.message,
        })
    }

    async fn crm_mon(&self, host: &HostName, memory: &mut Memory, limits: Limits) -> Reply {
        loop {
            let output = match self.run(host, argv::crm_mon(memory.form), limits).await {
                Ok(output) => output,
                Err(trouble) => return failed(trouble),
            };
            let parsed = parse::crm_mon(&output.stdout, memory.zone());
            match parsed {
                Ok(Answer::Running(picture)) if output.exit_code == Some(0) => {
                    return Reply::Running(picture);
                }
                Ok(Answer::Stopped { .. }) => return Reply::Stopped,
                Err(error) if output.exit_code == Some(0) => {
                    return Reply::Failed(trouble(host, TroubleKind::Unreadable, &error.to_string()));
                }
                Ok(_) | Err(_) => {}
            }
            match (diagnose(output.exit_code, &output.stdout, &output.stderr), memory.form.fallback()) {
                (Diagnosis::OptionUnknown, Some(form)) => memory.form = form,
                (Diagnosis::Stopped { .. }, _) => return Reply::Stopped,
                (diagnosis, _) => return Reply::Failed(explain(host, diagnosis)),
            }
        }
    }

    /// Asks for the host's clock and zone unless they are known. No answer to this is no answer at all; an
    /// answer that can't be read only leaves the clock unknown.
    async fn learn_clock(&self, host: &HostName, memory: &mut Memory, limits: Limits) -> Result<(), Trouble> {
        if memory.clock_asked.is_some_and(|at| at.elapsed() < CLOCK_LASTS) {
            return Ok(());
        }
        let asker = Self { privilege: Privilege::None, ..*self };
        let output = asker.run(host, argv::clock(), limits).await?;
        memory.clock_asked = Some(Instant::now());
        let read = argv::parse_clock(&output.stdout);
        memory.clock =
            read.map(|(there, zone)| HostClock { ahead: ahead(there, (self.clock)(), output.elapsed), zone });
        Ok(())
    }
}

/// How far a clock is ahead that showed `there` about half of `round_trip` before `here`.
fn ahead(there: Timestamp, here: Timestamp, round_trip: Duration) -> SignedDuration {
    let half = SignedDuration::try_from(round_trip / 2).unwrap_or(SignedDuration::ZERO);
    there.duration_since(here).saturating_add(half)
}

/// Why that output is no answer; `None` where the cluster stack is stopped.
fn diagnosed(host: &HostName, output: &Output) -> Option<Trouble> {
    match diagnose(output.exit_code, &output.stdout, &output.stderr) {
        Diagnosis::Stopped { .. } => None,
        diagnosis => Some(explain(host, diagnosis)),
    }
}

fn explain(host: &HostName, diagnosis: Diagnosis) -> Trouble {
    let (kind, message) = match diagnosis {
        Diagnosis::NotInstalled { message } => (TroubleKind::NotInstalled, message),
        Diagnosis::PermissionDenied { message } => (TroubleKind::PermissionDenied, message),
        Diagnosis::Stopped { message, .. } | Diagnosis::Unreadable { message } => {
            (TroubleKind::Unreadable, message)
        }
        Diagnosis::OptionUnknown => (TroubleKind::Unreadable, "crm_mon knows no option for XML".to_owned()),
    };
    trouble(host, kind, &message)
}

fn failed(trouble: Trouble) -> Reply {
    if trouble.kind == TroubleKind::LoginPending { Reply::Pending(trouble) } else { Reply::Failed(trouble) }
}

/// One sentence that names the host.
pub(super) fn trouble(host: &HostName, kind: TroubleKind, why: &str) -> Trouble {
    let message = clean(&format!("{host}: {}.", why.trim().trim_end_matches('.')));
    Trouble { host: host.clone(), kind, message }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::future::BoxFuture;

    use super::*;
    use crate::transport::TransportError;

    /// Gives these answers to one question after the other, the last one first.
    struct Answers(Mutex<Vec<Result<&'static str, TroubleKind>>>);

    impl Transport for Answers {
        fn run<'a>(
            &'a self,
            _host: &'a HostName,
            _command: &'a Command,
            _limits: Limits,
        ) -> BoxFuture<'a, Result<Output, TransportError>> {
            let answer = self.0.lock().unwrap().pop().expect("one question too many");
            Box::pin(async move {
                match answer {
                    Ok(text) => Ok(Output {
                        exit_code: Some(0),
                        stdout: text.into(),
                        stderr: Vec::new(),
                        elapsed: Duration::ZERO,
                    }),
                    Err(kind) => {
                        Err(TransportError { kind, message: "no answer".into(), may_have_run: false })
                    }
                }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_is_not_the_answer_that_a_cluster_has_no_name() {
        const NAMED: &str = r#"<crm_config><cluster_property_set id="a"><nvpair id="n" name="cluster-name" value="lb"/></cluster_property_set></crm_config>"#;
        let transport = Answers(Mutex::new(vec![
            Err(TroubleKind::ConnectionLost),
            Ok(NAMED),
            Err(TroubleKind::ConnectionLost),
        ]));
        let clock: Clock = std::sync::Arc::new(Timestamp::now);
        let asker = Asker { transport: &transport, clock: &clock, privilege: Privilege::default() };
        let host = HostName::from("lb1");
        let second = Duration::from_secs(1);
        let limits =
            Limits { connect: second, patience: None, session: None, command: second, output: 1_024 };
        let mut memory = Memory::default();
        asker.learn_name(&host, &mut memory, limits).await;
        assert_eq!(memory.cluster_name(), None);
        asker.learn_name(&host, &mut memory, limits).await;
        assert_eq!(memory.cluster_name().as_deref(), Some("lb"));
        tokio::time::advance(CLOCK_LASTS).await;
        asker.learn_name(&host, &mut memory, limits).await;
        assert_eq!(memory.cluster_name().as_deref(), Some("lb"));
        assert!(transport.0.lock().unwrap().is_empty());
    }

    #[test]
    fn half_the_round_trip_is_taken_off() {
        let here = Timestamp::from_second(1_000).unwrap();
        let there = Timestamp::from_second(1_010).unwrap();
        assert_eq!(ahead(there, here, Duration::from_secs(4)), SignedDuration::from_secs(12));
    }
}
