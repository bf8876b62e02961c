//! The operations of this console: asked for, previewed, confirmed, carried out, undone.
//!
//! Nothing here runs anything. A [`Job`] asks for it by a [`Request`], and hears of it by [`News`].

mod choose;
mod form;
mod job;
mod marks;
mod subject;

use jiff::Timestamp;

pub use choose::{Choose, NodeChoice};
pub use form::{Dialect, Focus, Form};
pub(super) use job::undo_of;
pub use job::{Errand, GivingUp, Job, JobId, Purpose, Stage, Task, Ticket};
pub use marks::Marks;
pub(super) use subject::{aims, toggled, verb_of, wishes};

use crate::model::ClusterName;
use crate::operation::{NoPreview, Plan, Preview, Progress, Together, Unfinished};

/// How many operations that are over are remembered.
const REMEMBERED: usize = 20;

/// All operations of this console.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operations {
    /// Oldest first.
    pub jobs: Vec<Job>,
    /// What earlier consoles have begun and not brought to an end, oldest first.
    pub unfinished: Vec<Unfinished>,
    /// The rest of what the log has: it began in no cluster of this console, as far as is known yet.
    pub(super) unplaced: Vec<Unfinished>,
    /// Whether somebody wants to hear that nothing is unfinished.
    pub(super) is_asked_for_unfinished: bool,
    begun: u64,
}

/// What is asked of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Take a fresh picture, plan, and ask the scheduler.
    Plan(Ticket, Errand),
    /// The same for several that are carried out in this order in one cluster: with what they would do together.
    PlanTogether(JobId, Vec<(usize, Errand)>),
    /// Nobody waits for these plans any more.
    Forget(JobId),
    /// Carry that out. Only ever follows a confirmation.
    CarryOut {
        /// Whose.
        ticket: Ticket,
        /// What.
        plan: Box<Plan>,
        /// Why, for the audit log.
        reason: String,
        /// The operations of other consoles in that cluster that were shown before, by their ids.
        alongside: Vec<String>,
    },
    /// Bring that to its end. Only ever follows a confirmation.
    Resume {
        /// Whose.
        ticket: Ticket,
        /// What.
        unfinished: Box<Unfinished>,
    },
    /// Send no further command of it.
    GiveUp(Ticket),
    /// Read from the audit log what is unfinished and in nobody's hands.
    LookForUnfinished,
    /// Write to the audit log that this unfinished operation has been undone.
    Settle(Box<Unfinished>),
    /// Write to the audit log that changes are allowed, and why; then they are.
    Unlock {
        /// Where.
        cluster: ClusterName,
        /// For how long.
        minutes: u16,
        /// Why.
        reason: String,
    },
    /// Write to the audit log that they are not any more.
    Lock(ClusterName),
}

/// What the runtime tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// What would be done, or why nothing can be.
    Planned(Ticket, Box<Result<Preview, NoPreview>>),
    /// The same for several tasks of a job, by their numbers, and what they would do together.
    PlannedTogether(JobId, Vec<(usize, Result<Preview, NoPreview>)>, Option<Box<Together>>),
    /// How it goes on.
    Progressed(Ticket, Progress),
    /// What is unfinished and in nobody's hands, oldest first.
    Unfinished(Vec<Unfinished>),
    /// Changes are allowed until then, as the audit log has it.
    Unlocked(ClusterName, Timestamp),
}

impl Operations {
    /// The job of that id.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub(super) fn job_mut(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// Those that are being carried out, oldest first.
    pub fn running(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.is_running())
    }

    /// The one that has a cluster in its hands.
    pub fn running_in(&self, cluster: &ClusterName) -> Option<&Job> {
        self.running().find(|job| job.tasks.iter().any(|task| task.errand.cluster() == cluster))
    }

    /// The last one that has left something to be undone. An undo isn't one of them, so undoing goes back step by step.
    pub fn undoable(&self) -> Option<&Job> {
        self.jobs.iter().rev().find(|job| !job.undo().is_empty())
    }

    /// What the last undo took back: the undo, and the operations to do again. Nothing once something new was done since.
    pub fn redoable(&self) -> Option<(JobId, Vec<Errand>)> {
        for job in self.jobs.iter().rev() {
            match job.purpose {
                Purpose::New if job.may_have_changed() => return None,
                Purpose::New | Purpose::Redo(_) => {}
                Purpose::Undo(_) => {
                    let errands = self.redo_of(job);
                    if !errands.is_empty() {
                        return Some((job.id, errands));
                    }
                }
            }
        }
        None
    }

    /// The operations that this undo took back, unless they were redone since.
    pub fn redo_of(&self, undo: &Job) -> Vec<Errand> {
        let Purpose::Undo(Some(undone)) = undo.purpose else { return Vec::new() };
        if !undo.can_be_redone() {
            return Vec::new();
        }
        let tasks = self.job(undone).into_iter().flat_map(|job| &job.tasks);
        tasks.filter(|task| task.is_undone).map(|task| Errand::Wish(task.errand.intent().clone())).collect()
    }

    /// A new job that waits for its plans.
    pub(super) fn add(&mut self, errands: Vec<Errand>, now: Timestamp) -> &mut Job {
        self.begun += 1;
        let over = self.jobs.iter().filter(|job| !job.is_running()).count();
        if over >= REMEMBERED
            && let Some(oldest) = self.jobs.iter().position(|job| !job.is_running())
        {
            self.jobs.remove(oldest);
        }
        self.jobs.push(Job::new(JobId(self.begun), errands, now));
        let last = self.jobs.len() - 1;
        &mut self.jobs[last]
    }
}
