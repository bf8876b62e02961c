//! One poll of one cluster: who is asked, in which order, and what is made of the answers.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use super::ask::{Asker, Reply};
use super::backoff::Backoff;
use super::home::{Identity, at_home};
use super::member::{Member, VIEW_EVERY};
use super::picture::CibKeeper;
use super::stack::{Question, Stacks};
use super::{Clock, Settings};
use crate::model::{Belief, ClusterEntry, Contact, HostName, NodeKind, Observation, Picture, Viewpoint};
use crate::transport::{Limits, Transport};

/// The longest wait for a member that is asked only for its view.
const VIEW_LIMIT: Duration = Duration::from_secs(3);

/// The longest wait for a login in one poll. The login goes on, and the next poll asks for it again, and whether another
/// member has been logged in to meanwhile.
const LOGIN_PATIENCE: Duration = Duration::from_secs(2);

/// A picture stands for this long after a connection was lost, while the next login waits for its turn or is under way.
const PICTURE_LASTS: Duration = Duration::from_secs(10);

/// The pause before a poll that waits for a login again.
const AFTER_PENDING: Duration = Duration::from_millis(200);

/// What is known of one cluster and its members.
pub(super) struct Poller {
    entry: ClusterEntry,
    transport: Arc<dyn Transport>,
    clock: Clock,
    output: usize,
    members: Vec<Member>,
    /// Whom to ask first: the one that answered last.
    preferred: usize,
    /// For how long the logins of members are waited for.
    patience: Patience,
    cib: CibKeeper,
    backoff: Backoff,
    observation: Observation,
    /// When a member last gave the picture.
    answered_at: Option<Instant>,
    /// Whether the last poll waited for a login in vain.
    is_pending: bool,
    /// When the poll that is under way, or was last, began.
    began: Instant,
    stacks: Stacks,
}

/// The wait for logins.
#[derive(Clone, Copy)]
struct Patience {
    /// Of the member that is to give the picture.
    picture: Option<Duration>,
    /// Of members that are asked only for their view.
    view: Option<Duration>,
}

/// How a poll went.
pub(super) enum Polled {
    /// A member answered: the next poll is due after the configured pause.
    Answered,
    /// None did, or none is logged in to yet: the next poll is due after this wait.
    Failed(Duration),
}

/// Which members an answer was got from in this poll.
type Replies = Vec<(usize, Reply)>;

impl Poller {
    pub(super) fn new(
        entry: ClusterEntry,
        transport: Arc<dyn Transport>,
        clock: Clock,
        settings: &Settings,
        mut random: fastrand::Rng,
    ) -> Self {
        let now = Instant::now();
        let mut backoff = || Backoff::new(settings.backoff_first, settings.backoff_cap, random.fork());
        let cluster_backoff = backoff();
        let members: Vec<_> = entry.hosts.iter().cloned().zip(std::iter::repeat_with(&mut backoff)).collect();
        let members = members
            .into_iter()
            .map(|(host, backoff)| Member::new(host, backoff, now + VIEW_EVERY.mul_f64(random.f64())));
        let members: Vec<_> = members.collect();
        Self {
            stacks: Stacks::new(&entry.hosts, &mut random),
            members,
            entry,
            transport,
            clock,
            output: settings.output_limit,
            preferred: 0,
            patience: Patience { picture: Some(LOGIN_PATIENCE), view: Some(Duration::ZERO) },
            cib: CibKeeper::default(),
            backoff: cluster_backoff,
            observation: Observation::none(),
            answered_at: None,
            is_pending: false,
            began: now,
        }
    }

    /// One that also finds out how leftover constraints came to be, which takes another command where there are any.
    pub(super) fn with_archive(self) -> Self {
        Self { cib: CibKeeper::with_archive(), ..self }
    }

    /// One that reports once, and waits for every login to end.
    pub(super) fn until_the_end(self) -> Self {
        let view = Some(self.entry.access.connect_timeout);
        Self { patience: Patience { picture: None, view }, ..self }
    }

    /// What is known now.
    pub(super) fn observation(&self) -> Observation {
        self.observation.clone()
    }

    /// Asks the preferred member; where its answer can't stand for the cluster, the others as well.
    pub(super) async fn poll(&mut self) -> Polled {
        self.began = Instant::now();
        let limits = self.limits();
        let lost = matches!(self.observation.contact, Contact::Lost { .. });
        // Between two polls that wait for a login, a member that has failed keeps to its own back-off.
        let may_be_asked = |at: &usize| !self.is_pending || self.members[*at].may_be_asked(self.began);
        let first: Vec<_> = if lost { (0..self.members.len()).collect() } else { vec![self.preferred] };
        let first: Vec<_> = first.into_iter().filter(may_be_asked).collect();
        let mut replies = self.ask(&first, limits).await;
        self.note(&replies);
        let settles = |(at, reply): &(usize, Reply)| is_settled(reply) && self.is_at_home(*at);
        if !lost && !replies.iter().any(settles) {
            let answered =
                replies.iter().any(|(_, reply)| matches!(reply, Reply::Running(_) | Reply::Stopped));
            // The wait for the preferred member's login is over; those that are logged in to answer at once.
            let is_pending = is_login_pending(&replies);
            // With an answer, there is no waiting again and again for a member that is silent.
            let keeps_off = answered || is_pending || self.is_pending;
            let others: Vec<_> =
                self.others().filter(|&at| !keeps_off || self.members[at].may_be_asked(self.began)).collect();
            let patience =
                if is_pending { self.patience.picture.map(|_| Duration::ZERO) } else { limits.patience };
            let limits = if answered { self.limits_for_a_view() } else { Limits { patience, ..limits } };
            let more = self.ask(&others, limits).await;
            self.note(&more);
            replies.extend(more);
        }
        let home = self.home();
        // Another cluster's picture never stands for this one.
        replies.retain(|(at, reply)| home[*at] || !matches!(reply, Reply::Running(_)));
        self.is_pending = is_login_pending(&replies);
        match best(&replies) {
            Some(at) => self.answered(replies.swap_remove(at)).await,
            None => self.unanswered(),
        }
    }

    /// Asks the other members for their view where there is reason to and this poll has not asked them yet.
    /// Tells whether that changed anything.
    pub(super) async fn ask_around(&mut self) -> bool {
        if self.observation.current().is_none() {
            return false;
        }
        let suspicious = self.is_suspicious();
        let now = Instant::now();
        let due = self.others().filter(|&at| {
            let member = &self.members[at];
            !member.was_heard_since(self.began)
                && (now >= member.ask_view_at || (suspicious && member.may_be_asked(now)))
        });
        let due: Vec<_> = due.collect();
        let replies = self.ask(&due, self.limits_for_a_view()).await;
        self.note(&replies);
        if !self.is_at_home(self.preferred) {
            self.disown();
            return true;
        }
        let viewpoints = self.viewpoints();
        let changed = self.observation.viewpoints != viewpoints;
        self.observation.viewpoints = viewpoints;
        changed
    }

    /// Asks every member that has not been asked yet, and polls once more where that shows the picture to be of another
    /// cluster.
    pub(super) async fn meet_everyone(&mut self) {
        self.meet(|_| true).await;
    }

    /// Like [`Self::meet_everyone`], but asks only the hosts that are named like no node of the picture: these may belong
    /// to another cluster.
    ///
    /// Hosts that are named like their nodes cost nothing. Aliases and addresses cost one login each, all at once: nothing
    /// but their answer tells where they belong.
    pub(super) async fn meet_strangers(&mut self) {
        let Some(picture) = self.observation.current().cloned() else { return };
        self.meet(|host| picture.node_of(host).is_none()).await;
    }

    /// Takes the members' reports of their stack, and asks those that are due. Waits for nothing. Returns whether there is
    /// something new.
    pub(super) fn ask_stacks(&mut self) -> bool {
        let may_be_asked: Vec<bool> = (0..self.members.len()).map(|at| self.has_answered(at)).collect();
        let question = self.stack_question();
        let is_new = self.stacks.turn(&may_be_asked, &question, self.preferred);
        if is_new {
            self.observation.stacks = self.stacks.told(&self.home());
        }
        is_new
    }

    /// Asks every member that has answered for its stack, once.
    pub(super) async fn ask_all_stacks(&mut self) {
        let which: Vec<_> = (0..self.members.len()).filter(|&at| self.has_answered(at)).collect();
        let question = self.stack_question();
        self.stacks.ask_all(&which, &question, self.preferred).await;
        self.observation.stacks = self.stacks.told(&self.home());
    }

    /// Whether a member of this cluster answered when it was last asked, so that it takes no login to ask it more.
    fn has_answered(&self, at: usize) -> bool {
        let belief = self.members.get(at).and_then(|member| member.belief.as_ref());
        matches!(belief, Some(Belief::Running { .. } | Belief::Stopped)) && self.is_at_home(at)
    }

    fn stack_question(&self) -> Question {
        Question {
            transport: Arc::clone(&self.transport),
            clock: Arc::clone(&self.clock),
            privilege: self.entry.access.privilege,
            limits: self.limits(),
        }
    }

    async fn meet(&mut self, is_wanted: impl Fn(&HostName) -> bool) {
        if self.observation.current().is_none() {
            return;
        }
        let unknown = self.others().filter(|&at| self.members[at].heard_at.is_none());
        let unknown: Vec<_> = unknown.filter(|&at| is_wanted(&self.members[at].host)).collect();
        let replies = self.ask(&unknown, self.limits_for_a_view()).await;
        self.note(&replies);
        if self.is_at_home(self.preferred) {
            self.observation.viewpoints = self.viewpoints();
        } else {
            self.disown();
            // Rare, and callers' futures needn't be larger for it.
            Box::pin(self.poll()).await;
        }
    }

    /// The live picture has turned out to be another cluster's: it counts as never seen.
    fn disown(&mut self) {
        let now = (self.clock)();
        let contact = Contact::Lost { since: now, troubles: Vec::new(), retry_at: now };
        self.observation = Observation { contact, viewpoints: self.viewpoints(), ..Observation::none() };
        self.cib.forget();
    }

    /// For each member whether its answer may stand for the cluster.
    fn home(&self) -> Vec<bool> {
        let hosts: Vec<_> =
            self.members.iter().map(|member| (&member.host, member.identity.as_ref())).collect();
        at_home(&hosts)
    }

    fn is_at_home(&self, at: usize) -> bool {
        self.home().get(at).copied().unwrap_or(false)
    }

    /// Reads the CIB anew in the next poll, whether it seems to have changed or not.
    pub(super) fn forget_cib(&mut self) {
        self.cib.forget();
    }

    /// The members that are not known to be silent, stopped or of another cluster; those that gave a picture come first.
    pub(super) fn answering(&self) -> Vec<HostName> {
        let is_out = |member: &Member| matches!(member.belief, Some(Belief::Silent(_) | Belief::Stopped));
        let members = self.members.iter().zip(self.home());
        let mut members: Vec<_> =
            members.filter(|(member, home)| *home && !is_out(member)).map(|(member, _)| member).collect();
        members.sort_by_key(|member| !matches!(member.belief, Some(Belief::Running { .. })));
        members.into_iter().map(|member| member.host.clone()).collect()
    }

    fn limits(&self) -> Limits {
        let access = &self.entry.access;
        Limits {
            connect: access.connect_timeout,
            patience: self.patience.picture,
            session: None,
            command: access.command_timeout,
            output: self.output,
        }
    }

    /// A login takes the time that it takes; who only wants a view doesn't wait for it.
    fn limits_for_a_view(&self) -> Limits {
        let limits = self.limits();
        Limits { patience: self.patience.view, command: limits.command.min(VIEW_LIMIT), ..limits }
    }

    fn others(&self) -> impl Iterator<Item = usize> {
        let preferred = self.preferred;
        (0..self.members.len()).filter(move |&at| at != preferred)
    }

    /// Asks those members at once.
    async fn ask(&mut self, which: &[usize], limits: Limits) -> Replies {
        let question =
            Asker { transport: &*self.transport, clock: &self.clock, privilege: self.entry.access.privilege };
        // Of a single host there is nothing to tell apart.
        let several = self.members.len() > 1;
        let members = self.members.iter_mut().enumerate().filter(|(at, _)| which.contains(at));
        join_all(members.map(|(at, member)| async move {
            let reply = question.picture(&member.host, &mut member.memory, limits).await;
            if several && matches!(reply, Reply::Running(_)) {
                question.learn_name(&member.host, &mut member.memory, limits).await;
            }
            (at, reply)
        }))
        .await
    }

    /// Remembers what each of them said.
    fn note(&mut self, replies: &Replies) {
        for (at, reply) in replies {
            let member = &mut self.members[*at];
            match reply {
                Reply::Running(picture) => {
                    member.identity = Some(Identity::of(picture, member.memory.cluster_name()));
                    member.answered(Belief::of(picture));
                }
                Reply::Stopped => member.answered(Belief::Stopped),
                Reply::Failed(trouble) => member.failed(trouble),
                Reply::Pending(trouble) => member.waits(trouble),
            }
        }
    }

    /// At least one member gave an answer, and this is the one that counts.
    async fn answered(&mut self, (at, reply): (usize, Reply)) -> Polled {
        self.backoff.succeeded();
        self.preferred = at;
        match reply {
            Reply::Running(picture) => self.live(at, *picture).await,
            Reply::Stopped | Reply::Failed(_) | Reply::Pending(_) => self.stopped(),
        }
        Polled::Answered
    }

    async fn live(&mut self, at: usize, mut picture: Picture) {
        let host = self.members[at].host.clone();
        let asker =
            Asker { transport: &*self.transport, clock: &self.clock, privilege: self.entry.access.privilege };
        let limits = self.limits();
        let memory = &self.members[at].memory;
        let clock_ahead = memory.clock_ahead();
        self.cib.complete(&mut picture, &asker, &host, memory, limits).await;
        let outdated = self.forget_old_views();
        // The same picture is the same value, so that whoever gets it sees at once that nothing changed.
        let picture = match &self.observation.picture {
            Some(known) if **known == picture => Arc::clone(known),
            known => {
                if known.is_some() {
                    self.stacks.hurry();
                }
                Arc::new(picture)
            }
        };
        self.answered_at = Some(Instant::now());
        self.observation = Observation {
            contact: Contact::Live { host },
            picture: Some(picture),
            confirmed: Some((self.clock)()),
            is_dated_by_file: false,
            viewpoints: self.viewpoints(),
            clock_ahead,
            stacks: self.stacks.told(&self.home()),
        };
        if outdated {
            self.ask_around().await;
        }
    }

    fn stopped(&mut self) {
        let since = match self.observation.contact {
            Contact::Stopped { since, .. } => since,
            _ => (self.clock)(),
        };
        let stopped = self.members.iter().filter(|member| member.belief == Some(Belief::Stopped));
        let hosts = stopped.map(|member| member.host.clone()).collect();
        self.observation.contact = Contact::Stopped { hosts, since };
        self.observation.viewpoints = self.viewpoints();
    }

    /// No member gave an answer.
    fn unanswered(&mut self) -> Polled {
        let wait = if self.is_pending { AFTER_PENDING } else { self.until_next_attempt() };
        self.observation.viewpoints = self.viewpoints();
        let now = (self.clock)();
        // A login that is under way again doesn't make up for every member having failed.
        let is_silent = |member: &Member| matches!(member.belief, Some(Belief::Silent(_)));
        let may_come = match self.observation.contact {
            Contact::Connecting => !self.members.iter().all(is_silent),
            Contact::Live { .. } => self.is_fresh(),
            Contact::Stopped { .. } | Contact::Lost { .. } | Contact::Saved => false,
        };
        if self.is_pending && may_come {
            return Polled::Failed(wait);
        }
        let since = match self.observation.contact {
            Contact::Lost { since, .. } => since,
            _ => now,
        };
        let troubles = self.members.iter().filter_map(|member| member.trouble().cloned()).collect();
        let retry_at = now.checked_add(wait).unwrap_or(now);
        self.observation.contact = Contact::Lost { since, troubles, retry_at };
        Polled::Failed(wait)
    }

    /// Whether a member gave the picture longer ago than that.
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        self.answered_at.is_some_and(|at| at.elapsed() > age)
    }

    /// Whether the picture may stand for the cluster while a login is pending. A single look takes no earlier picture.
    fn is_fresh(&self) -> bool {
        self.patience.picture.is_some() && self.answered_at.is_some_and(|at| at.elapsed() < PICTURE_LASTS)
    }

    /// The user wants an answer now: no member keeps off any more.
    pub(super) fn hurry(&mut self) {
        self.is_pending = false;
        self.stacks.hurry();
    }

    /// The wait after one more failure. While every member refuses and only the user can mend it, nobody is tried
    /// before the first of them may be.
    fn until_next_attempt(&mut self) -> Duration {
        let wait = self.backoff.failed();
        let refused = self.members.iter().map(|member| self.transport.retry_in(&member.host));
        let soonest = refused.min_by_key(|wait| wait.unwrap_or_default()).flatten();
        wait.max(soonest.unwrap_or_default())
    }

    /// A view that differs from the present answer may only be older than it: it is asked for again before
    /// it is shown. Tells whether there was one.
    fn forget_old_views(&mut self) -> bool {
        let mut forgotten = false;
        let present = self.members[self.preferred].belief.clone();
        for member in &mut self.members {
            let said = matches!(member.belief, Some(Belief::Running { .. } | Belief::Stopped));
            if said && member.belief != present && !member.was_heard_since(self.began) {
                member.belief = None;
                member.ask_view_at = self.began;
                forgotten = true;
            }
        }
        forgotten
    }

    fn viewpoints(&self) -> Vec<Viewpoint> {
        let view = |(member, home): (&Member, bool)| {
            let foreign = member.identity.as_ref().filter(|_| !home).map(Identity::belief);
            let belief = foreign.or_else(|| member.belief.clone())?;
            Some(Viewpoint { host: member.host.clone(), belief })
        };
        self.members.iter().zip(self.home()).filter_map(view).collect()
    }

    /// Whether the picture or a member's silence is reason to hear everybody.
    fn is_suspicious(&self) -> bool {
        let Some(picture) = self.observation.current() else { return true };
        let troubled = |node: &crate::model::Node| {
            node.kind == NodeKind::Member && (!node.online || node.unclean || node.pending)
        };
        picture.summary.quorate != Some(true)
            || picture.summary.dc.is_none()
            || picture.nodes.iter().any(troubled)
            || self
                .observation
                .viewpoints
                .iter()
                .any(|view| matches!(view.belief, Belief::Silent(_) | Belief::Stopped))
    }
}

/// Whether a member's login waits for its turn or is under way.
fn is_login_pending(replies: &Replies) -> bool {
    replies.iter().any(|(_, reply)| matches!(reply, Reply::Pending(_)))
}

/// Which answer stands for the cluster: that of a member with quorum that knows the DC, else of any with quorum, else
/// of any, else "stopped".
fn best(replies: &Replies) -> Option<usize> {
    let first = |test: fn(&Reply) -> bool| replies.iter().position(|(_, reply)| test(reply));
    first(is_settled)
        .or_else(|| first(is_quorate))
        .or_else(|| first(|reply| matches!(reply, Reply::Running(_))))
        .or_else(|| first(|reply| matches!(reply, Reply::Stopped)))
}

/// A member that has just started knows no DC yet, nor how the others are, while the cluster may be well.
fn is_settled(reply: &Reply) -> bool {
    is_quorate(reply) && matches!(reply, Reply::Running(picture) if picture.summary.dc.is_some())
}

fn is_quorate(reply: &Reply) -> bool {
    // Without a word about quorum (`None`), the others know no more.
    matches!(reply, Reply::Running(picture) if picture.summary.quorate != Some(false))
}
