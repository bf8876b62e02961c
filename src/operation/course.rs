//! A plan being carried out.

use std::time::Duration;

use super::finality::Finality;
use super::goal::{self, Goal, Verdict};
use super::guard::{Condition, NO_CIB};
use super::outcome::{Outcome, Ran};
use super::plan::{OnFailure, Phase, Plan, Step, Wait};
use super::progress::Sent;
use super::scope;
use super::simulate::Simulation;
use super::verb::{SubjectKind, Verb};
use crate::model::{NodeName, Picture, ResourceId};
use crate::pacemaker::parse::{ControllerState, Projected};

/// A plan being carried out: told what happened, it says what to do next.
///
/// Three rules hold whatever it is told. A command is run at most once. The last thing heard before each is a picture,
/// taken after the last command, on which its guard holds. While it is not known whether a command ran, nothing follows
/// but looking, and repairing what that command may have left behind once its time is over.
#[derive(Debug, Clone)]
pub struct Course {
    plan: Plan,
    /// Which phase is under way.
    at: usize,
    /// Whether the guard of its command held on the picture that was heard last.
    ready: bool,
    /// Whether the time of a command of unknown fate is over, so that what it left behind may be repaired.
    overdue: bool,
    /// Whether the failure that was seen last is final.
    finality: Finality,
    /// The command whose fate is not known, in words.
    doubt: Option<String>,
    /// The command that failed and was gone on from, in words.
    trouble: Option<String>,
    /// How many commands may have run.
    sent: usize,
    /// What was last awaited, or why there is no picture.
    waiting: String,
    /// Whether there has been no picture since the last that there was.
    blind: bool,
    end: Option<Outcome>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'c> {
    /// Take a picture and tell it; without one, why there is none.
    Look,
    /// Write the command to the audit log, run it, and tell how it ended.
    Run(&'c Step),
    /// Ask the scheduler, and tell what it said.
    Simulate(&'c Simulation),
    /// Ask that node's controller for its state, and tell it.
    AskController(&'c NodeName),
    /// Nothing: it is over.
    End(&'c Outcome),
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Heard<'h> {
    /// A picture that was taken after it was asked for.
    Picture(&'h Picture),
    /// There is no picture, or the last one became too old before its command was sent, and why.
    NoPicture(String),
    /// How the command ended.
    Ran(Ran),
    /// What the scheduler would do, or why it can't be told.
    Projected(Result<Vec<Projected>, String>),
    /// What the controller is doing; `None`: it could not be asked.
    Controller(Option<ControllerState>),
    /// The [`Course::patience`] is over.
    TimeUp,
    /// The person wants it to end.
    Cancel,
}

/// How long a picture to check a guard on is waited for.
const GUARD: Duration = Duration::from_secs(30);
/// How long the scheduler may take to say what it would do.
const SIMULATE: Duration = Duration::from_secs(60);

impl Course {
    /// The beginning of a plan.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            at: 0,
            ready: false,
            overdue: false,
            finality: Finality::default(),
            doubt: None,
            trouble: None,
            sent: 0,
            waiting: "no picture yet".to_owned(),
            blind: true,
            end: None,
        }
    }

    /// A plan of which a console that is gone had sent these commands. None of them is run again, and what follows the
    /// last whose end is known is still to be done.
    pub fn resume(plan: Plan, sent: &[Sent]) -> Self {
        let mut course = Self::new(plan);
        let mut from = 0;
        for Sent { argv, ran } in sent {
            let mut phases = course.plan.phases.iter().enumerate().skip(from);
            let is_its = |phase: &Phase| phase.step().is_some_and(|step| step.command.argv == *argv);
            let Some((at, phase)) = phases.find(|(_, phase)| is_its(phase)) else {
                let words = "the audit log tells of a command that is not one of its own".to_owned();
                course.end = Some(Outcome::Unknown(words));
                break;
            };
            // A repair follows a command of unknown fate; any other command shows that the doubt was resolved.
            if matches!(phase, Phase::Run(_)) {
                course.doubt = None;
            }
            (course.at, from) = (at, at + 1);
            course.ready = true;
            course.ran(ran.clone());
        }
        course.settle();
        course
    }

    /// What it carries out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was last awaited, in words.
    pub fn waiting(&self) -> &str {
        &self.waiting
    }

    /// Which stretch of time is under way, counted from zero: [`Course::patience`] begins again with each. It only
    /// grows.
    pub fn stretch(&self) -> usize {
        2 * self.at + usize::from(self.overdue)
    }

    /// What to do now.
    pub fn next(&self) -> Act<'_> {
        if let Some(end) = &self.end {
            return Act::End(end);
        }
        match self.plan.phases.get(self.at) {
            Some(Phase::Run(step) | Phase::Repair { step, .. }) if self.ready => Act::Run(step),
            Some(Phase::StayPut { change, .. }) => Act::Simulate(change),
            Some(_) | None => self.finality.question().map_or(Act::Look, Act::AskController),
        }
    }

    /// How long this stretch may take, its command apart. Counted from its beginning.
    pub fn patience(&self) -> Duration {
        match self.plan.phases.get(self.at) {
            Some(Phase::Await(wait)) => Duration::from_secs(wait.seconds),
            Some(Phase::Repair { .. }) if self.is_in_its_time() => self.longest_command(),
            Some(Phase::StayPut { .. }) => SIMULATE,
            Some(Phase::Run(_) | Phase::Repair { .. }) | None => GUARD,
        }
    }

    /// Takes in what happened. What does not answer to the last [`Act`] changes nothing.
    pub fn hear(&mut self, heard: Heard<'_>) {
        if self.end.is_some() {
            return;
        }
        match heard {
            Heard::Picture(picture) => self.see(picture),
            Heard::NoPicture(why) => {
                self.waiting = why;
                self.blind = true;
                self.ready = false;
                self.finality.reset();
            }
            Heard::Ran(ran) => self.ran(ran),
            Heard::Projected(answer) => self.projected(answer),
            Heard::Controller(state) => self.hear_controller(state),
            Heard::TimeUp => self.time_up(),
            Heard::Cancel => self.cancel(),
        }
        self.settle();
    }

    /// Ends it where nothing is left to do.
    fn settle(&mut self) {
        if self.end.is_none() && self.at >= self.plan.phases.len() {
            self.end = Some(self.finish());
        }
        self.tell_what_is_left();
    }

    /// Adds what an operation has left behind that ended half-way.
    fn tell_what_is_left(&mut self) {
        let is_half_way = self.sent > 0 && self.sent < self.plan.steps().count();
        if !is_half_way || self.plan.half_way.is_empty() {
            return;
        }
        if let Some(Outcome::Failed(words) | Outcome::Unknown(words) | Outcome::Cancelled(words)) =
            &mut self.end
        {
            *words = format!("{words}. {}", self.plan.half_way);
        }
    }

    fn see(&mut self, picture: &Picture) {
        self.blind = false;
        self.ready = false;
        match self.plan.phases.get(self.at) {
            Some(Phase::Run(step)) => self.guard(&step.guard.clone(), picture),
            Some(Phase::Repair { unless, step }) => match unmet(unless, picture) {
                None => self.advance(),
                // The command whose leftovers would be repaired may still be at work.
                Some(waiting) if self.is_in_its_time() => self.waiting = waiting,
                Some(_) => self.guard(&step.guard.clone(), picture),
            },
            Some(Phase::Await(wait)) => self.judge(&wait.clone(), picture),
            Some(Phase::StayPut { .. }) | None => {}
        }
    }

    fn guard(&mut self, conditions: &[Condition], picture: &Picture) {
        let is_answered = |condition: &&Condition| picture.cib.is_some() || !condition.needs_cib();
        let broken = conditions.iter().filter(is_answered).find_map(|condition| condition.broken(picture));
        if let Some(why) = broken {
            self.stop(why);
        } else if conditions.iter().all(|condition| is_answered(&condition)) {
            self.ready = true;
        } else {
            // The next picture may have the CIB: one failed query doesn't end an operation half-way.
            NO_CIB.clone_into(&mut self.waiting);
            self.blind = true;
        }
    }

    fn judge(&mut self, wait: &Wait, picture: &Picture) {
        let Some(waiting) = unmet(&wait.goals, picture) else {
            if self.doubt.is_none() || self.plan.intent.verb.shows() {
                self.doubt = None;
            }
            return self.advance();
        };
        self.waiting = waiting;
        let failure = goal::new_failure(picture, &self.plan.concerns, &self.plan.known_failures);
        let Some(failure) = failure else {
            self.finality.reset();
            return;
        };
        self.finality.see(picture, format!("{failure} ({})", self.waiting));
        self.waiting = format!("{}; {failure}", self.waiting);
    }

    fn hear_controller(&mut self, state: Option<ControllerState>) {
        if let Some(words) = self.finality.answer(state) {
            self.end = Some(Outcome::Failed(words));
        }
    }

    fn ran(&mut self, ran: Ran) {
        let Some(Phase::Run(step) | Phase::Repair { step, .. }) = self.plan.phases.get(self.at) else {
            return;
        };
        if !self.ready {
            return;
        }
        let (on_failure, program) = (step.on_failure, step.command.argv.first().cloned().unwrap_or_default());
        self.ready = false;
        self.finality.reset();
        // What was seen before it says nothing about it.
        self.blind = true;
        match ran {
            Ran::Exited { code: Some(0), .. } => {
                self.sent += 1;
                self.advance();
            }
            Ran::Exited { code, said } => {
                self.sent += 1;
                let code =
                    code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
                let said = if said.is_empty() { "it said nothing about it" } else { &said };
                let words = format!("{program} failed with {code}: {said}");
                match on_failure {
                    OnFailure::Stop => self.end = Some(Outcome::Failed(words)),
                    OnFailure::GoOn => {
                        self.trouble = Some(words);
                        self.advance();
                    }
                }
            }
            Ran::NotSent(why) => self.stop(format!("{program} could not be run: {why}")),
            Ran::Unknown(why) => {
                self.sent += 1;
                self.lose(why);
            }
        }
    }

    /// It is not known whether the command of this phase ran: no other is run before that is clear.
    fn lose(&mut self, why: String) {
        self.waiting.clone_from(&why);
        self.doubt = Some(why);
        self.advance();
        while matches!(self.plan.phases.get(self.at), Some(Phase::Run(_) | Phase::StayPut { .. })) {
            self.advance();
        }
    }

    fn projected(&mut self, answer: Result<Vec<Projected>, String>) {
        let Some(Phase::StayPut { resources, otherwise, .. }) = self.plan.phases.get(self.at) else { return };
        let note = match answer {
            Ok(actions) if !actions.iter().any(|action| concerns(action, resources)) => {
                return self.advance();
            }
            Ok(_) => otherwise.clone(),
            Err(why) => format!(
                "It could not be found out whether it stays there without the constraint, which ends by itself: {why}"
            ),
        };
        self.end = Some(Outcome::Done { note: Some(note) });
    }

    fn time_up(&mut self) {
        let (waiting, blind) = (self.waiting.clone(), self.blind);
        match self.plan.phases.get(self.at) {
            // Its guard is checked on a picture that is still to be taken.
            Some(Phase::Repair { .. }) if self.is_in_its_time() => self.overdue = true,
            Some(Phase::Run(_)) => self.stop(format!("there is no fresh picture: {waiting}")),
            Some(Phase::StayPut { .. }) => {
                self.projected(Err("the scheduler did not answer in time".to_owned()));
            }
            Some(Phase::Await(_) | Phase::Repair { .. }) | None => {
                let seconds = self.patience().as_secs();
                self.end = Some(match &self.doubt {
                    Some(doubt) => Outcome::Unknown(format!("{doubt} Seen since: {waiting}")),
                    None if blind => Outcome::Unknown(format!("it can't be verified: {waiting}")),
                    None => Outcome::Failed(format!("not within {seconds} s: {waiting}")),
                });
            }
        }
    }

    fn cancel(&mut self) {
        let commands = scope::counted(self.sent, "command");
        self.end = Some(Outcome::Cancelled(match self.sent {
            0 => "nothing was changed".to_owned(),
            _ => format!("{commands} had been run; not verified: {}", self.waiting),
        }));
    }

    /// Nothing more is run.
    fn stop(&mut self, why: String) {
        self.end = Some(match &self.doubt {
            Some(doubt) => Outcome::Unknown(format!("{doubt} Nothing more was sent: {why}")),
            None if self.sent == 0 => Outcome::Refused(why),
            None => Outcome::Failed(why),
        });
    }

    fn advance(&mut self) {
        self.at += 1;
        self.ready = false;
        self.overdue = false;
        self.finality.reset();
    }

    /// Whether a command of unknown fate may still be at work.
    fn is_in_its_time(&self) -> bool {
        self.doubt.is_some() && !self.overdue
    }

    fn finish(&self) -> Outcome {
        match (&self.trouble, &self.doubt) {
            (Some(trouble), _) => Outcome::Failed(format!("{trouble}. What ran before runs again")),
            (None, Some(doubt)) => Outcome::Unknown(format!(
                "{doubt} All is as it should be, but that does not show that it ran"
            )),
            (None, None) => Outcome::Done { note: None },
        }
    }

    fn longest_command(&self) -> Duration {
        let seconds = self.plan.steps().filter_map(|step| step.seconds).max();
        seconds.map_or(GUARD, Duration::from_secs)
    }
}

impl Verb {
    /// Whether the goal that is reached shows that the command ran: a restarted resource looks like any other.
    const fn shows(self) -> bool {
        !matches!(self, Self::Restart | Self::Refresh)
    }
}

/// What is still awaited; `None`: all is reached.
fn unmet(goals: &[Goal], picture: &Picture) -> Option<String> {
    goals.iter().find_map(|goal| match goal.judge(picture) {
        Verdict::Done => None,
        Verdict::Waiting(words) => Some(words),
    })
}

impl Plan {
    /// Whether an action of the scheduler's is what this plan is about, and no mere consequence.
    pub fn is_about(&self, action: &Projected) -> bool {
        let is_node = self.intent.verb.subject() == SubjectKind::Node;
        concerns(action, &self.concerns)
            || (is_node && action.resource.is_empty() && action.from.as_deref() == Some(&self.intent.subject))
    }
}

/// Whether the scheduler would touch one of these.
fn concerns(action: &Projected, resources: &[ResourceId]) -> bool {
    let of = scope::configured(&action.resource);
    resources.iter().any(|resource| resource.as_str() == of)
}

#[cfg(test)]
mod tests;
