//! What the footer offers on the screens of scenarios, and what it calls it.

use jiff::Timestamp;

use super::{Layout, Page, Row, Stage, Standing, Wizard};
use crate::app::Action;
use crate::scenario::Stand;
use crate::scenario::journal::Outcome;

/// In the list.
const LIST: &[Action] =
    &[Action::Open, Action::Filter, Action::RetryStep, Action::Back, Action::Help, Action::Down, Action::Up];
/// In the list, on what is done.
const LIST_DONE: &[Action] = &[
    Action::Open,
    Action::Filter,
    Action::Undo,
    Action::RetryStep,
    Action::Back,
    Action::Help,
    Action::Down,
    Action::Up,
];
/// Before a run begins.
const READY: &[Action] = &[
    Action::Open,
    Action::RunToEnd,
    Action::EditVariables,
    Action::DryRun,
    Action::ExamineScenario,
    Action::Back,
    Action::NextPane,
    Action::CopyScript,
    Action::Help,
];
/// While it waits for the next step.
const PAUSED: &[Action] = &[
    Action::Open,
    Action::RunToEnd,
    Action::SkipStep,
    Action::Undo,
    Action::AbortRun,
    Action::Back,
    Action::NextPane,
    Action::EditVariables,
    Action::DryRun,
    Action::CopyScript,
    Action::Help,
];
/// While a step that did not go well waits for a word.
const STUCK: &[Action] = &[
    Action::RetryStep,
    Action::SkipStep,
    Action::Undo,
    Action::AbortRun,
    Action::Back,
    Action::NextPane,
    Action::EditVariables,
    Action::DryRun,
    Action::CopyScript,
    Action::Help,
];
/// While something is under way.
const BUSY: &[Action] = &[
    Action::Back,
    Action::AbortRun,
    Action::PauseRun,
    Action::RunToEnd,
    Action::NextPane,
    Action::DryRun,
    Action::CopyScript,
    Action::Help,
];
/// When it ended, but not well.
const STOPPED: &[Action] = &[
    Action::Open,
    Action::Back,
    Action::EditVariables,
    Action::NextPane,
    Action::DryRun,
    Action::CopyScript,
    Action::Help,
];

/// When another run has its hosts.
const LOCKED: &[Action] = &[
    Action::Open,
    Action::BreakLock,
    Action::Back,
    Action::EditVariables,
    Action::NextPane,
    Action::DryRun,
    Action::Help,
];

impl Wizard {
    /// The actions that the footer offers, the most useful first.
    pub fn hints(&self, page: &Page, now: Timestamp) -> &'static [Action] {
        match page {
            Page::List if matches!(self.standing(), Some(Standing::Done(_))) => LIST_DONE,
            Page::List => LIST,
            Page::Layout => {
                &[Action::Open, Action::RetryStep, Action::Down, Action::Up, Action::Back, Action::Help]
            }
            Page::Run => self.hints_of_run(now),
            Page::Hosts(_) | Page::Form(_) => {
                &[Action::Open, Action::NextPane, Action::PreviousPane, Action::Back]
            }
        }
    }

    fn hints_of_run(&self, now: Timestamp) -> &'static [Action] {
        let Some(run) = &self.run else { return &[] };
        if run.view.dry_run.is_some() {
            return &[Action::Back, Action::PageDown, Action::PageUp, Action::CopyScript];
        }
        match (&run.stage, run.stand(now)) {
            (Stage::Ready, _) => READY,
            (Stage::UnderWay, Some(Stand::Paused)) => PAUSED,
            (Stage::UnderWay, Some(Stand::Stuck)) => STUCK,
            (Stage::UnderWay, _) => BUSY,
            (Stage::Over(Outcome::Done { .. }), _) => &[Action::Back, Action::NextPane, Action::DryRun],
            (Stage::Over(_), _) if !run.holders.is_empty() => LOCKED,
            (Stage::Over(_), _) => STOPPED,
        }
    }

    /// The name of an action on one of these screens.
    pub fn label(&self, page: &Page, action: Action) -> &'static str {
        let run = self.run.as_deref().filter(|_| matches!(page, Page::Run));
        let stage = run.filter(|run| run.view.dry_run.is_none()).map(|run| &run.stage);
        match (action, page, stage) {
            (Action::Open, Page::List, _) => match self.selected() {
                Some(Row::Left(_)) => "go on with it",
                _ => "choose",
            },
            (Action::RetryStep, Page::List | Page::Layout, _) => "look again",
            (Action::Undo, Page::List, _) => "take back",
            (Action::Open, Page::Layout, _) if self.layout.as_ref().is_some_and(Layout::is_on_role) => {
                "next cluster"
            }
            (Action::Open, Page::Layout, _) => "choose",
            (Action::Open, Page::Hosts(_) | Page::Form(_), _) => "go on",
            (Action::Open, _, Some(Stage::Ready)) => "run step by step",
            (Action::Open, _, Some(Stage::UnderWay)) => "run this step",
            (Action::Open, _, Some(Stage::Over(Outcome::Refused { .. }))) => "once more",
            (Action::Open, _, Some(Stage::Over(_))) => "resume",
            (Action::Open, ..) => "take",
            (Action::Back, _, Some(Stage::UnderWay)) => "leave",
            (Action::NextPane, Page::Run, Some(_)) => "why/script/output",
            (Action::NextPane, ..) => "next",
            (Action::PreviousPane, ..) => "previous",
            (action, ..) => action.label(),
        }
    }
}
