//! Carrying out operations: the pictures, the commands and the audit log for [`crate::operation`].

mod age;
mod at_work;
pub mod audit;
mod host;
mod preview;
mod process;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use self::age::Taken;
pub use self::at_work::AtWork;
use self::at_work::Working;
use self::audit::{Audit, Entry, What};
pub use self::preview::Wanted;
pub use self::process::Life;
use crate::model::{Belief, ClusterEntry, Contact, Observation};
use crate::operation::{
    Act, Course, Heard, Outcome, Plan, Process, Progress, Ran, Site, Step, Unfinished, words,
};
use crate::transport::Transport;
use crate::watch::{Clock, Lookout};

/// The pause between two looks at whether it is done.
const PAUSE: Duration = Duration::from_secs(1);

/// Why an operation is not begun a second time.
const ALREADY_AT_IT: &str = "this console is already working on it";

/// Does things to one cluster. Takes pictures of its own, so that none is ever too old.
pub struct Operator {
    entry: ClusterEntry,
    transport: Arc<dyn Transport>,
    clock: Clock,
    lookout: Lookout,
    /// When the last picture that there was had been taken.
    taken: Option<Taken>,
    audit: Arc<Audit>,
    /// The id of the operation that the log shows this operator to be working on.
    logged: Option<String>,
}

/// What an operation is carried out with.
#[derive(Debug)]
pub struct Order {
    /// What is to be done.
    pub plan: Plan,
    /// Why, for the audit log; may be empty.
    pub reason: String,
    /// The operations of other consoles that the user knows of and doesn't want to wait for, by their ids.
    pub alongside: Vec<String>,
    /// Cancelled: no further command is run.
    pub cancel: CancellationToken,
    /// Who watches. Nobody needs to: what can't be delivered at once is left out, but for the end.
    pub progress: mpsc::Sender<Progress>,
}

impl Operator {
    /// For that cluster. Asks nobody yet.
    pub fn new(entry: ClusterEntry, transport: Arc<dyn Transport>, clock: Clock, audit: Arc<Audit>) -> Self {
        let lookout = Lookout::new(&entry, &transport, &clock);
        Self { entry, transport, clock, lookout, taken: None, audit, logged: None }
    }

    /// Carries out a plan to its end: done, failed, or unknown. Refuses while another console is at an operation in this
    /// cluster, unless the order names that one.
    ///
    /// Every command is in the audit log, on the disk, before it is sent, and is sent once. Dropping the future gives
    /// the operation up where it is; the log then tells that it is unfinished.
    pub async fn carry_out(&mut self, order: Order) -> Outcome {
        let id = audit::new_id((self.clock)());
        let begin = What::Begin {
            title: order.plan.title.clone(),
            reason: order.reason.clone(),
            hosts: self.entry.hosts.clone(),
            plan: Box::new(order.plan.clone()),
        };
        let Some(mut working) = self.audit.at_work().begin(&id) else {
            return refuse(&order, ALREADY_AT_IT.to_owned()).await;
        };
        if let Err(error) = self.write(&id, begin).await {
            return refuse(&order, self.no_log(&error)).await;
        }
        self.logged = Some(id.clone());
        // Of two consoles that begin at once, the one whose line comes first goes on.
        if let Err(why) = self.is_alone(&id, &order.plan, &order.alongside).await {
            let outcome = Outcome::Refused(why);
            self.log_end(&mut working, &outcome).await;
            tell_end(&order, &outcome).await;
            return outcome;
        }
        let course = Course::new(order.plan.clone());
        self.run(working, course, order).await
    }

    /// Verifies what an earlier console had begun, and goes on with what it had not; what it had sent is not sent
    /// again. Refuses while another console is at it, or at another operation in this cluster.
    pub async fn resume(&mut self, unfinished: &Unfinished, order: Order) -> Outcome {
        let Some(working) = self.audit.at_work().begin(&unfinished.id) else {
            return refuse(&order, ALREADY_AT_IT.to_owned()).await;
        };
        if let Err(error) = self.write(&unfinished.id, What::Resume).await {
            return refuse(&order, self.no_log(&error)).await;
        }
        self.logged = Some(unfinished.id.clone());
        let ours = match self.is_ours(&unfinished.id, &unfinished.plan).await {
            Ok(ours) => ours,
            Err(why) => {
                self.give_up().await;
                return refuse(&order, why).await;
            }
        };
        let course = Course::resume(ours.plan, &ours.sent);
        self.run(working, course, order).await
    }

    /// Logs that this console no longer works on its operation, so that the log doesn't show it in progress for as long
    /// as the console lives. Does nothing where the operation has ended.
    pub async fn give_up(&mut self) {
        let Some(id) = self.logged.take() else { return };
        if let Err(error) = self.write(&id, What::GivenUp).await {
            tracing::error!("that an operation was given up could not be logged: {error}");
        }
    }

    /// What other consoles may be carrying out in the cluster of that plan now.
    async fn others(&self, plan: &Plan) -> Result<Vec<Unfinished>, String> {
        Ok(self.read().await?.others(&self.site(plan)))
    }

    /// The cluster of that plan, to be compared with those in the log.
    fn site(&self, plan: &Plan) -> Site {
        Site { members: plan.members.clone(), ..Site::of(&self.entry) }
    }

    /// Whether no other console had begun an operation here before that one, but for those that the user knows of.
    async fn is_alone(&self, id: &str, plan: &Plan, alongside: &[String]) -> Result<(), String> {
        let record = self.read().await?;
        if !record.knows(id) {
            let path = self.audit.path().display();
            return Err(format!("the audit log {path} was replaced or cut short, so nothing is done"));
        }
        let others = record.others(&self.site(plan));
        let unexpected = others.iter().find(|it| record.is_before(&it.id, id) && !alongside.contains(&it.id));
        unexpected.map_or(Ok(()), |other| Err(words::other(other)))
    }

    /// What this console has just resumed, as the log tells it now, if no other console came first.
    async fn is_ours(&self, id: &str, plan: &Plan) -> Result<Unfinished, String> {
        let record = self.read().await?;
        let at_work = |it: &&Unfinished| it.by.iter().any(|process| process.life() == Life::Lives);
        if let Some(other) = record.others(&self.site(plan)).iter().filter(at_work).find(|it| it.id != id) {
            return Err(words::other(other));
        }
        let own = record.unfinished().into_iter().find(|it| it.id == id);
        let own = own.ok_or_else(|| "another console has ended it meanwhile".to_owned())?;
        let first = own.by.iter().map(Process::life).find(|life| matches!(life, Life::Own | Life::Lives));
        if first == Some(Life::Lives) { Err(words::other(&own)) } else { Ok(own) }
    }

    async fn read(&self) -> Result<audit::Record, String> {
        let audit = Arc::clone(&self.audit);
        let read = tokio::task::spawn_blocking(move || audit.read()).await;
        read.map_err(std::io::Error::other).and_then(|read| read).map_err(|error| {
            let path = self.audit.path().display();
            format!(
                "the audit log {path} can't be read, so it is not known who else is at work here: {error}"
            )
        })
    }

    async fn log_end(&mut self, working: &mut Working, outcome: &Outcome) {
        let end = What::End { outcome: outcome.word().to_owned(), words: outcome.words().to_owned() };
        match self.write(working.id(), end).await {
            Ok(()) => working.end(),
            Err(error) => tracing::error!("the end of an operation could not be logged: {error}"),
        }
        self.logged = None;
    }

    async fn run(&mut self, mut working: Working, mut course: Course, order: Order) -> Outcome {
        let mut phase = Deadline::of(&course);
        let mut waited = course.waiting().to_owned();
        let outcome = loop {
            phase.follow(&course);
            if order.cancel.is_cancelled() {
                course.hear(Heard::Cancel);
            }
            match course.next() {
                Act::End(outcome) => break outcome.clone(),
                Act::Look => self.look(&mut course, &mut phase, &order).await,
                Act::Run(step) => {
                    let step = step.clone();
                    let heard = self.command(working.id(), &step, &course, &order).await;
                    if let Heard::Ran(ran) = &heard {
                        tell(&order, Progress::Ran(ran.clone()));
                    }
                    course.hear(heard);
                    phase.end_if_over(&mut course);
                }
                Act::Simulate(simulation) => {
                    tell(&order, Progress::Simulating);
                    let simulation = simulation.clone();
                    let host = self.host_for(course.plan());
                    let answer = match host {
                        Some(host) => self.simulate(&host, &simulation).await.map(|answers| answers.first),
                        None => Err("no member answers".to_owned()),
                    };
                    course.hear(Heard::Projected(answer));
                }
                Act::AskController(dc) => {
                    let dc = dc.clone();
                    tokio::select! {
                        () = order.cancel.cancelled() => course.hear(Heard::Cancel),
                        state = self.controller_state(&dc) => course.hear(Heard::Controller(state)),
                    }
                    phase.end_if_over(&mut course);
                }
            }
            if course.waiting() != waited {
                course.waiting().clone_into(&mut waited);
                tell(&order, Progress::Waiting(waited.clone()));
            }
        };
        self.log_end(&mut working, &outcome).await;
        tell_end(&order, &outcome).await;
        outcome
    }

    /// Takes one picture, unless it is cancelled or the time is up.
    async fn look(&mut self, course: &mut Course, phase: &mut Deadline, order: &Order) {
        if phase.looked {
            tokio::select! {
                () = order.cancel.cancelled() => return course.hear(Heard::Cancel),
                () = sleep(PAUSE) => {}
            }
        }
        phase.looked = true;
        // A picture that is under way when the time is up is waited for a little: it may be the one that counts.
        let last_moment = phase.at + self.entry.access.command_timeout;
        let looking = timeout_at(last_moment, self.lookout.look());
        let observation = tokio::select! {
            () = order.cancel.cancelled() => return course.hear(Heard::Cancel),
            observation = looking => observation,
        };
        match observation {
            Ok(observation) => match observation.current() {
                Some(picture) => {
                    self.taken = Some(Taken::now(&self.clock));
                    course.hear(Heard::Picture(picture));
                }
                None => course.hear(Heard::NoPicture(why_not(&self.entry, &observation))),
            },
            Err(_elapsed) => course.hear(Heard::NoPicture("no answer in time".to_owned())),
        }
        phase.end_if_over(course);
    }

    /// Writes a command to the log, sends it unless the picture has become too old by then, and writes how it ended.
    async fn command(&self, id: &str, step: &Step, course: &Course, order: &Order) -> Heard<'static> {
        let not_sent = |why: &str| Heard::Ran(Ran::NotSent(why.to_owned()));
        let Some(host) = self.host_for(course.plan()) else {
            return not_sent("no member answers");
        };
        let argv = step.command.argv.clone();
        let entry = What::Command { host: host.clone(), argv: argv.clone() };
        if let Err(error) = self.write(id, entry).await {
            return not_sent(&self.no_log(&error));
        }
        // The disk may have been slow, or the machine may have slept.
        if self.taken.as_ref().is_none_or(|taken| taken.is_too_old(&self.clock)) {
            self.log_result(id, &Ran::NotSent(age::TOO_OLD.to_owned())).await;
            return Heard::NoPicture(age::TOO_OLD.to_owned());
        }
        tell(order, Progress::Running { host: host.clone(), argv });
        let ran = self.send(&host, step).await;
        self.log_result(id, &ran).await;
        Heard::Ran(ran)
    }

    async fn log_result(&self, id: &str, ran: &Ran) {
        if let Err(error) = self.write(id, audit::result(ran)).await {
            tracing::error!("how a command ended could not be logged: {error}");
        }
    }

    /// Adds to the log without holding up anything else.
    async fn write(&self, id: &str, what: What) -> std::io::Result<()> {
        let entry = Entry::new(id, (self.clock)(), &self.entry.name, what);
        let audit = Arc::clone(&self.audit);
        tokio::task::spawn_blocking(move || audit.append(&entry)).await.map_err(std::io::Error::other)?
    }

    fn no_log(&self, error: &std::io::Error) -> String {
        format!("the audit log {} can't be written, so nothing is done: {error}", self.audit.path().display())
    }
}

/// When a stretch of a course has to be over.
struct Deadline {
    stretch: usize,
    at: Instant,
    /// Whether a picture has been taken in it.
    looked: bool,
}

impl Deadline {
    fn of(course: &Course) -> Self {
        Self { stretch: course.stretch(), at: Instant::now() + course.patience(), looked: false }
    }

    /// Tells the course that its time is up, unless it has gone on or something is left to ask on the last picture.
    fn end_if_over(&self, course: &mut Course) {
        if course.stretch() == self.stretch && course.next() == Act::Look && Instant::now() >= self.at {
            course.hear(Heard::TimeUp);
        }
    }

    /// Begins anew when the course has gone on.
    fn follow(&mut self, course: &Course) {
        if self.stretch != course.stretch() {
            *self = Self::of(course);
        }
    }
}

fn tell(order: &Order, progress: Progress) {
    // Whoever does not keep up sees the next one.
    let _left_out = order.progress.try_send(progress);
}

async fn refuse(order: &Order, why: String) -> Outcome {
    let outcome = Outcome::Refused(why);
    tell_end(order, &outcome).await;
    outcome
}

async fn tell_end(order: &Order, outcome: &Outcome) {
    // Nobody watches any more when the channel is closed.
    let _nobody = order.progress.send(Progress::Ended(outcome.clone())).await;
}

/// Why there is no picture, in words.
fn why_not(entry: &ClusterEntry, observation: &Observation) -> String {
    let foreign =
        observation.viewpoints.iter().find(|view| matches!(view.belief, Belief::OtherCluster { .. }));
    if let Some(view) = foreign {
        return format!(
            "{host} belongs to another cluster than the other hosts of {name}, and none of these answers. Correct \
             `nodes` of {name} in the configuration",
            host = view.host,
            name = entry.name,
        );
    }
    match &observation.contact {
        Contact::Live { .. } | Contact::Connecting => format!("{} has not answered yet", entry.name),
        Contact::Saved => format!("{} is a saved picture", entry.name),
        Contact::Stopped { .. } => format!("the cluster stack of {} is stopped", entry.name),
        Contact::Lost { troubles, .. } => troubles.first().map_or_else(
            || format!("no member of {} answers", entry.name),
            |trouble| trouble.message.clone(),
        ),
    }
}
