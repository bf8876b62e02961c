//! One operation, or several that were confirmed together, from the wish to the end.

use jiff::Timestamp;

use super::form::{Focus, Form};
use crate::app::Letters;
use crate::model::ClusterName;
use crate::operation::{
    Danger, Intent, NoPreview, Outcome, Plan, Preview, Progress, Refusal, Together, Undo, Unfinished,
};

/// Which job; never used twice in one console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// One task of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// Whose.
    pub job: JobId,
    /// Which, from nought.
    pub nth: usize,
}

/// What somebody wants to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Something new.
    Wish(Intent),
    /// What undoes something by the values that were there before.
    Undo(Box<Plan>),
    /// What an earlier console has begun and not brought to an end.
    Finish(Box<Unfinished>),
}

/// Operations that are confirmed together and carried out one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// How far it has come.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// In the order in which they are carried out; at least one.
    pub tasks: Vec<Task>,
    /// What the person has entered.
    pub form: Form,
    /// How many lines of its panel have gone out at the top.
    pub scroll: usize,
    /// What several tasks in one cluster would do together, a cluster each.
    pub together: Vec<Together>,
    /// Something new, or the way back or forth through what was done.
    pub purpose: Purpose,
    /// Whether what this undo took back has been done again.
    pub(in crate::app) is_redone: bool,
    /// What an earlier console has left unfinished and this one undoes.
    pub(in crate::app) settles: Option<Box<Unfinished>>,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something new.
    New,
    /// Undoes that job, or what an earlier console has left unfinished.
    Undo(Option<JobId>),
    /// Does again what that undo took back.
    Redo(JobId),
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its plans are awaited.
    Planning,
    /// It is to be confirmed.
    Asking,
    /// It is being carried out.
    Running {
        /// The task that is.
        at: usize,
        /// Whether that shall end.
        giving_up: GivingUp,
    },
    /// It is over.
    Over,
}

/// Whether an operation shall end before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivingUp {
    /// No.
    No,
    /// The person has been told what would be left, and not yet said yes.
    Asked,
    /// Yes: what is under way is waited for.
    Yes,
}

/// One operation of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What is wanted.
    pub errand: Errand,
    /// What would be done, or why nothing can be; `None` until that is known.
    pub preview: Option<Result<Preview, NoPreview>>,
    /// What has been told of it since it began; what is awaited is told once, as it is now.
    pub told: Vec<Progress>,
    /// How it ended, and when.
    pub end: Option<(Outcome, Timestamp)>,
    /// Whether it has been undone since.
    pub is_undone: bool,
}

impl Errand {
    /// Where.
    pub fn cluster(&self) -> &ClusterName {
        &self.intent().cluster
    }

    /// What was asked for, or was when it was new.
    pub fn intent(&self) -> &Intent {
        match self {
            Self::Wish(intent) => intent,
            Self::Undo(plan) => &plan.intent,
            Self::Finish(unfinished) => &unfinished.plan.intent,
        }
    }
}

impl Task {
    fn new(errand: Errand) -> Self {
        Self { errand, preview: None, told: Vec::new(), end: None, is_undone: false }
    }

    /// What it would carry out, once that is known and unless it is needless or impossible.
    pub fn plan(&self) -> Option<&Plan> {
        match (&self.errand, &self.preview) {
            (Errand::Finish(unfinished), _) => Some(&unfinished.plan),
            (_, Some(Ok(preview))) => Some(&preview.plan),
            _ => None,
        }
    }

    /// The ids of the operations of other consoles that its preview shows.
    pub(in crate::app) fn others(&self) -> Vec<String> {
        match &self.preview {
            Some(Ok(preview)) => preview.others.iter().map(|other| other.id.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// In words, as well as they are known.
    pub fn title(&self) -> String {
        match (&self.errand, self.plan()) {
            (Errand::Finish(unfinished), _) => format!("finish: {}", unfinished.plan.title),
            (_, Some(plan)) => plan.title.clone(),
            (Errand::Undo(plan), None) => plan.title.clone(),
            (Errand::Wish(Intent { verb, subject, to, .. }), None) => match to {
                Some(node) => format!("{verb} {subject} ({node})"),
                None => format!("{verb} {subject}"),
            },
        }
    }

    /// Whether it is so already.
    pub fn is_needless(&self) -> bool {
        matches!(&self.preview, Some(Err(NoPreview::Refused(Refusal::Already(_)))))
    }

    /// How much care its confirmation asks for: none where nothing dangerous is left to be sent.
    fn danger(&self) -> Danger {
        match (&self.errand, self.plan()) {
            (Errand::Finish(unfinished), Some(plan)) if unfinished.sent.len() >= plan.steps().count() => {
                Danger::Ordinary
            }
            (Errand::Finish(_), Some(plan)) => plan.danger,
            (_, _) => match &self.preview {
                Some(Ok(preview)) => preview.danger(),
                _ => Danger::Ordinary,
            },
        }
    }

    /// Whether a command of it was sent.
    fn may_have_changed(&self) -> bool {
        match &self.end {
            Some((Outcome::Refused(_), _)) | None => false,
            Some((Outcome::Done { .. }, _)) => true,
            Some(_) => {
                matches!(self.errand, Errand::Finish(_))
                    || self.told.iter().any(|told| matches!(told, Progress::Running { .. }))
            }
        }
    }

    /// What undoes it, if it may have changed anything and nobody has.
    pub(in crate::app) fn undo(&self) -> Option<Errand> {
        if self.is_undone || !self.may_have_changed() {
            return None;
        }
        undo_of(self.plan()?)
    }
}

/// What undoes a plan; `None` where nothing can.
pub(in crate::app) fn undo_of(plan: &Plan) -> Option<Errand> {
    match &plan.undo {
        Undo::Intent(intent) => Some(Errand::Wish(intent.clone())),
        Undo::Commands { .. } => plan.undo_plan().map(|plan| Errand::Undo(Box::new(plan))),
        Undo::Impossible(_) => None,
    }
}

impl Job {
    pub(super) fn new(id: JobId, errands: Vec<Errand>, now: Timestamp) -> Self {
        let is_known = errands.iter().all(|errand| matches!(errand, Errand::Finish(_)));
        Self {
            id,
            stage: if is_known { Stage::Asking } else { Stage::Planning },
            since: now,
            tasks: errands.into_iter().map(Task::new).collect(),
            form: Form::default(),
            scroll: 0,
            together: Vec::new(),
            purpose: Purpose::New,
            is_redone: false,
            settles: None,
        }
    }

    /// Whether it is being carried out.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// In words.
    pub fn title(&self) -> String {
        match self.tasks.as_slice() {
            [only] => only.title(),
            tasks => {
                let first = tasks.first().map(Task::title).unwrap_or_default();
                format!("{first} and {} more", tasks.len().saturating_sub(1))
            }
        }
    }

    /// What has to be typed before it can be confirmed: the names of what is in danger, and the clusters in which only all
    /// of it together is.
    pub fn name_to_type(&self) -> Option<String> {
        let in_danger = || self.tasks.iter().filter(|task| task.danger() == Danger::TypeTheName);
        let subjects = in_danger().map(|task| task.errand.intent().subject.as_str());
        let is_named = |cluster: &ClusterName| in_danger().any(|task| task.errand.cluster() == cluster);
        let severe = self.together.iter().filter(|together| together.consequences.are_severe());
        let clusters = severe.map(|together| &together.cluster).filter(|cluster| !is_named(cluster));
        let names: Vec<&str> = subjects.chain(clusters.map(ClusterName::as_str)).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// Why it can't be carried out at all, whatever is typed.
    pub fn hindrance(&self) -> Option<String> {
        let refused = self.tasks.iter().find_map(|task| match &task.preview {
            Some(Err(why)) if !task.is_needless() => Some(why.to_string()),
            _ => None,
        });
        let nothing = || self.tasks.iter().all(Task::is_needless).then(|| "nothing is to be done".to_owned());
        refused.or_else(nothing)
    }

    /// Whether the button that begins it would begin it.
    pub fn can_be_confirmed(&self) -> bool {
        self.stage == Stage::Asking
            && self.hindrance().is_none()
            && self.name_to_type().is_none_or(|name| self.form.name.value() == name)
    }

    /// The field for letters that are typed while a button has the focus: the name if one is wanted, else the reason.
    pub(in crate::app) fn field_for_letters(&self) -> Option<Focus> {
        [Focus::Name, Focus::Reason].into_iter().find(|field| self.ring().contains(field))
    }

    /// What a letter means to its form.
    pub(in crate::app) fn letters(&self) -> Letters {
        match self.field_for_letters() {
            None => Letters::Command,
            Some(_) if self.form.is_typing() => Letters::Field,
            Some(_) => Letters::Form,
        }
    }

    /// Where the keys can go, in the order of the key for the next one.
    pub fn ring(&self) -> &'static [Focus] {
        match self.stage {
            Stage::Asking if self.hindrance().is_some() => &[Focus::Cancel],
            Stage::Asking if self.name_to_type().is_some() => {
                &[Focus::Cancel, Focus::Name, Focus::Reason, Focus::Confirm]
            }
            Stage::Asking => &[Focus::Cancel, Focus::Confirm, Focus::Reason],
            Stage::Over if !self.undo().is_empty() || self.can_be_redone() => {
                &[Focus::Cancel, Focus::Confirm]
            }
            Stage::Planning | Stage::Running { .. } | Stage::Over => &[Focus::Cancel],
        }
    }

    /// Notes that what could be undone of it has been.
    pub(in crate::app) fn mark_undone(&mut self) {
        for task in &mut self.tasks {
            task.is_undone |= task.undo().is_some();
        }
    }

    /// Whether a command of it was sent.
    pub(super) fn may_have_changed(&self) -> bool {
        self.tasks.iter().any(Task::may_have_changed)
    }

    /// Whether it is an undo whose operations can be done again.
    pub fn can_be_redone(&self) -> bool {
        let is_done = matches!(self.outcome(), Some(Outcome::Done { .. }));
        self.stage == Stage::Over
            && matches!(self.purpose, Purpose::Undo(Some(_)))
            && is_done
            && !self.is_redone
    }

    /// What undoes it, the last first; nothing for an undo, which is redone instead.
    pub fn undo(&self) -> Vec<Errand> {
        if self.stage != Stage::Over || matches!(self.purpose, Purpose::Undo(_)) {
            return Vec::new();
        }
        self.tasks.iter().rev().filter_map(Task::undo).collect()
    }

    /// How it ended: as the last task that was carried out.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.tasks.iter().rev().find_map(|task| task.end.as_ref()).map(|(outcome, _)| outcome)
    }

    /// The task to be carried out after that one, and not before the first where there is none.
    pub(in crate::app) fn next_task(&self, after: Option<usize>) -> Option<usize> {
        let from = after.map_or(0, |nth| nth + 1);
        (from..self.tasks.len()).find(|nth| self.tasks[*nth].plan().is_some())
    }
}
