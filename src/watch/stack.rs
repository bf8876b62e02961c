//! The stack under Pacemaker, as each member reports it: one question a minute, beside the polls.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Clock;
use super::ask::Asker;
use crate::model::text::clean;
use crate::model::{HostName, HostStack, Privilege, StackReport, TroubleKind};
use crate::pacemaker::parse;
use crate::pacemaker::stack::{SCRIPT, TAKES, Wanted, stack};
use crate::transport::{Command, Limits, Transport};

/// Each member is asked this often.
const EVERY: Duration = Duration::from_secs(60);

/// The shortest pause between two questions to a member, however often the picture changes.
const PAUSE: Duration = Duration::from_secs(15);

/// The first questions to the members are spread over this time.
const SPREAD: Duration = Duration::from_secs(20);

/// A host that refuses or doesn't answer in time is asked again after this long: `sudo` may report each refusal to its
/// administrator, and what hangs there mustn't pile up.
const AFTER_REFUSAL: Duration = Duration::from_secs(600);

/// A report stands for the present until two questions in a row have brought no other.
const LASTS: Duration = EVERY.saturating_mul(3);

/// The time a host gets beyond what the script takes.
const GRACE: Duration = Duration::from_secs(3);

/// The most questions under way in one cluster.
const AT_ONCE: usize = 4;

/// The most bytes of an answer: every section at its bound, marked line by line.
const OUTPUT: usize = 4 << 20;

/// What the members of one cluster last reported, and when to ask each of them again.
pub(super) struct Stacks {
    members: Vec<Asked>,
    /// Dropping them aborts the questions.
    under_way: JoinSet<(usize, Told)>,
}

struct Asked {
    host: HostName,
    told: Option<Arc<HostStack>>,
    ask_at: Instant,
    /// When the member may be asked for a change of the picture.
    ask_early_at: Instant,
}

/// How a host is asked.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Clock,
    pub(super) privilege: Privilege,
    pub(super) limits: Limits,
}

/// A host's answer, or the reason that there is none.
enum Told {
    Answer(Box<StackReport>),
    /// The host refused to run the script or hung: the reason.
    Refused(String),
    /// Contact with the host is lost or pending, which says nothing about its stack.
    Unreached,
}

impl Stacks {
    /// Nothing is known yet, and the first questions are spread at random.
    pub(super) fn new(hosts: &[HostName], random: &mut fastrand::Rng) -> Self {
        let now = Instant::now();
        let asked = |host: &HostName| {
            let ask_at = now + SPREAD.mul_f64(random.f64());
            Asked { host: host.clone(), told: None, ask_at, ask_early_at: ask_at }
        };
        Self { members: hosts.iter().map(asked).collect(), under_way: JoinSet::new() }
    }

    /// The last reports of the members that are `at_home` in this cluster, in the members' order.
    pub(super) fn told(&self, at_home: &[bool]) -> Vec<Arc<HostStack>> {
        let members = self.members.iter().zip(at_home).filter(|(_, is_home)| **is_home);
        members.filter_map(|(member, _)| member.told.clone()).collect()
    }

    /// The cluster has changed, or the user wants to know: members are due as soon as the pause allows.
    pub(super) fn hurry(&mut self) {
        for member in &mut self.members {
            member.ask_at = member.ask_at.min(member.ask_early_at);
        }
    }

    /// Takes the answers that have come, and asks the members that are due and may be asked. The questions run beside the
    /// polls and delay none of them. Returns whether there is something new.
    pub(super) fn turn(&mut self, may_be_asked: &[bool], question: &Question, leader: usize) -> bool {
        let mut is_new = false;
        while let Some(ended) = self.under_way.try_join_next() {
            match ended {
                Ok((at, told)) => is_new |= self.take(at, told, question),
                Err(error) => tracing::warn!("a question about the stack panicked: {error}"),
            }
        }
        let now = Instant::now();
        let is_due =
            |(at, member): &(usize, &Asked)| member.ask_at <= now && may_be_asked.get(*at) == Some(&true);
        let mut due: Vec<_> = self.members.iter().enumerate().filter(is_due).map(|(at, _)| at).collect();
        due.sort_by_key(|&at| self.members[at].ask_at);
        for at in due.into_iter().take(AT_ONCE.saturating_sub(self.under_way.len())) {
            let member = &mut self.members[at];
            (member.ask_at, member.ask_early_at) = (now + EVERY, now + PAUSE);
            let (host, question) = (member.host.clone(), question.clone());
            self.under_way.spawn(async move { (at, question.ask(&host, wanted(at == leader)).await) });
        }
        is_new
    }

    /// Asks those members now, all at once, and waits for their answers.
    pub(super) async fn ask_all(&mut self, which: &[usize], question: &Question, leader: usize) {
        let hosts = which.iter().filter_map(|&at| Some((at, self.members.get(at)?.host.clone())));
        let questions =
            hosts.map(|(at, host)| async move { (at, question.ask(&host, wanted(at == leader)).await) });
        let answers = futures::future::join_all(questions).await;
        for (at, told) in answers {
            self.take(at, told, question);
        }
    }

    fn take(&mut self, at: usize, told: Told, question: &Question) -> bool {
        let Some(member) = self.members.get_mut(at) else { return false };
        let (report, lasts) = match told {
            Told::Answer(report) => (*report, LASTS),
            Told::Refused(reason) => {
                member.ask_at = Instant::now() + AFTER_REFUSAL;
                member.ask_early_at = member.ask_at;
                (StackReport::unknown(&reason), AFTER_REFUSAL + EVERY)
            }
            // The last report stands until it is too old.
            Told::Unreached => return false,
        };
        let now = (question.clock)();
        let until = now.checked_add(lasts).unwrap_or(now);
        member.told = Some(Arc::new(HostStack { host: member.host.clone(), at: now, until, report }));
        true
    }
}

/// One member is enough for what all members would answer alike.
const fn wanted(is_leader: bool) -> Wanted {
    Wanted { votes: is_leader, verify: is_leader }
}

impl Question {
    async fn ask(&self, host: &HostName, wanted: Wanted) -> Told {
        let asker = Asker { transport: &*self.transport, clock: &self.clock, privilege: self.privilege };
        let command: Command = stack(wanted).into_iter().collect();
        let limits = Limits {
            // The host is logged in to, or else isn't asked.
            patience: Some(Duration::ZERO),
            command: TAKES + GRACE,
            output: OUTPUT,
            ..self.limits
        };
        let output = match asker.run_command(host, command.stdin(SCRIPT), limits).await {
            Ok(output) => output,
            Err(trouble) => {
                tracing::debug!(%host, "the question about the stack failed: {}", trouble.message);
                return match trouble.kind {
                    TroubleKind::Timeout | TroubleKind::TooMuchOutput | TroubleKind::PermissionDenied => {
                        Told::Refused(trouble.message)
                    }
                    _ => Told::Unreached,
                };
            }
        };
        if let Some(report) = parse::stack(&output.stdout) {
            return Told::Answer(Box::new(report));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Told::Refused(match (said.lines().find(|line| !line.trim().is_empty()), output.exit_code) {
            (Some(line), _) => clean(line.trim()),
            (None, Some(code)) => format!("the host printed no answer (exit code {code})"),
            (None, None) => "the host printed no answer".to_owned(),
        })
    }
}
