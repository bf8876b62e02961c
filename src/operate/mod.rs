//! Carrying out operations: the pictures, the commands and the audit log for [`crate::operation`].

pub mod audit;
mod host;
mod preview;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use self::audit::{Audit, Entry, What};
use crate::model::{Belief, ClusterEntry, Contact, Observation};
use crate::operation::{Act, Course, Heard, Outcome, Plan, Progress, Ran, Step, Unfinished};
use crate::transport::Transport;
use crate::watch::{Clock, Lookout};

/// The pause between two looks at whether it is done.
const PAUSE: Duration = Duration::from_secs(1);

/// Does things to one cluster. Takes pictures of its own, so that none is ever too old.
pub struct Operator {
    entry: ClusterEntry,
    transport: Arc<dyn Transport>,
    clock: Clock,
    lookout: Lookout,
    audit: Arc<Audit>,
}

/// What an operation is carried out with.
#[derive(Debug)]
pub struct Order {
    /// What is to be done.
    pub plan: Plan,
    /// Why, for the audit log; may be empty.
    pub reason: String,
    /// Cancelled: no further command is run.
    pub cancel: CancellationToken,
    /// Who watches. Nobody needs to: what can't be delivered at once is left out, but for the end.
    pub progress: mpsc::Sender<Progress>,
}

impl Operator {
    /// For that cluster. Asks nobody yet.
    pub fn new(entry: ClusterEntry, transport: Arc<dyn Transport>, clock: Clock, audit: Arc<Audit>) -> Self {
        let lookout = Lookout::new(&entry, &transport, &clock);
        Self { entry, transport, clock, lookout, audit }
    }

    /// Carries out a plan to its end: done, failed, or unknown.
    ///
    /// Every command is in the audit log, on the disk, before it is sent, and is sent once. Dropping the future gives
    /// the operation up where it is; the log then tells that it is unfinished.
    pub async fn carry_out(&mut self, order: Order) -> Outcome {
        let id = audit::new_id((self.clock)());
        let begin = What::Begin {
            title: order.plan.title.clone(),
            reason: order.reason.clone(),
            plan: Box::new(order.plan.clone()),
        };
        if let Err(error) = self.write(&id, begin).await {
            let outcome = Outcome::Refused(self.no_log(&error));
            tell_end(&order, &outcome).await;
            return outcome;
        }
        let course = Course::new(order.plan.clone());
        self.run(&id, course, order).await
    }

    /// Verifies what an earlier console had begun, and goes on with what it had not; what it had sent is not sent
    /// again.
    pub async fn resume(&mut self, unfinished: &Unfinished, order: Order) -> Outcome {
        if let Err(error) = self.write(&unfinished.id, What::Resume).await {
            let outcome = Outcome::Refused(self.no_log(&error));
            tell_end(&order, &outcome).await;
            return outcome;
        }
        let course = Course::resume(unfinished.plan.clone(), unfinished.sent);
        self.run(&unfinished.id, course, order).await
    }

    async fn run(&mut self, id: &str, mut course: Course, order: Order) -> Outcome {
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
                    let ran = self.command(id, &step, &course, &order).await;
                    tell(&order, Progress::Ran(ran.clone()));
                    course.hear(Heard::Ran(ran));
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
            }
            if course.waiting() != waited {
                course.waiting().clone_into(&mut waited);
                tell(&order, Progress::Waiting(waited.clone()));
            }
        };
        let end = What::End { outcome: outcome.word().to_owned(), words: outcome.words().to_owned() };
        if let Err(error) = self.write(id, end).await {
            tracing::error!("the end of an operation could not be logged: {error}");
        }
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
        let began = course.phase();
        match observation {
            Ok(observation) => match observation.current() {
                Some(picture) => course.hear(Heard::Picture(picture)),
                None => course.hear(Heard::NoPicture(why_not(&self.entry, &observation))),
            },
            Err(_elapsed) => course.hear(Heard::NoPicture("no answer in time".to_owned())),
        }
        if course.phase() == began && course.next() == Act::Look && Instant::now() >= phase.at {
            course.hear(Heard::TimeUp);
        }
    }

    /// Writes a command to the log, sends it, and writes how it ended.
    async fn command(&mut self, id: &str, step: &Step, course: &Course, order: &Order) -> Ran {
        let Some(host) = self.host_for(course.plan()) else {
            return Ran::NotSent("no member answers".to_owned());
        };
        let argv = step.command.argv.clone();
        let entry = What::Command { host: host.clone(), argv: argv.clone() };
        if let Err(error) = self.write(id, entry).await {
            return Ran::NotSent(self.no_log(&error));
        }
        tell(order, Progress::Running { host: host.clone(), argv });
        let ran = self.send(&host, step).await;
        let (outcome, said) = match &ran {
            Ran::Exited { code: Some(code), said } => (format!("exit {code}"), said),
            Ran::Exited { code: None, said } => ("signal".to_owned(), said),
            Ran::NotSent(why) => (audit::NOT_SENT.to_owned(), why),
            Ran::Unknown(why) => ("unknown".to_owned(), why),
        };
        if let Err(error) = self.write(id, What::Result { outcome, said: said.clone() }).await {
            tracing::error!("how a command ended could not be logged: {error}");
        }
        ran
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

/// When the phase of a course has to be over.
struct Deadline {
    phase: usize,
    at: Instant,
    /// Whether a picture has been taken in it.
    looked: bool,
}

impl Deadline {
    fn of(course: &Course) -> Self {
        Self { phase: course.phase(), at: Instant::now() + course.patience(), looked: false }
    }

    /// Begins anew when the course has gone on.
    fn follow(&mut self, course: &Course) {
        if self.phase != course.phase() {
            *self = Self::of(course);
        }
    }
}

fn tell(order: &Order, progress: Progress) {
    // Whoever does not keep up sees the next one.
    let _left_out = order.progress.try_send(progress);
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
        Contact::Stopped { .. } => format!("the cluster stack of {} is stopped", entry.name),
        Contact::Lost { troubles, .. } => troubles.first().map_or_else(
            || format!("no member of {} answers", entry.name),
            |trouble| trouble.message.clone(),
        ),
    }
}
