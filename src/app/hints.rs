//! What the footer offers, and what it calls it.

use super::view::CardKind;
use super::wizard::Page;
use super::{Action, Context, Job, Layer, Letters, Panel, Stage, State};
use crate::tables::Pane;

/// Where resources are listed.
const RESOURCES: &[Action] = &[
    Action::Open,
    Action::Why,
    Action::Move,
    Action::Cleanup,
    Action::Restart,
    Action::Disable,
    Action::Help,
    Action::Filter,
    Action::NextPane,
    Action::Mark,
    Action::Enable,
    Action::Undo,
    Action::Back,
    Action::Quit,
];
/// Where nodes are listed.
const NODES: &[Action] = &[
    Action::Open,
    Action::Why,
    Action::ToggleStandby,
    Action::FenceReboot,
    Action::Help,
    Action::Filter,
    Action::NextPane,
    Action::Mark,
    Action::Undo,
    Action::Back,
    Action::Quit,
];
/// Where failures are listed.
const FAILURES: &[Action] = &[
    Action::Open,
    Action::Why,
    Action::Cleanup,
    Action::Mark,
    Action::Help,
    Action::Filter,
    Action::NextPane,
    Action::Back,
    Action::Quit,
];
/// Where the configuration is folded.
const CONFIGURATION: &[Action] = &[
    Action::Open,
    Action::FoldAll,
    Action::UnfoldAll,
    Action::Filter,
    Action::Why,
    Action::Help,
    Action::NextPane,
    Action::Back,
    Action::Quit,
];
/// Where a log is followed.
const LOG: &[Action] = &[
    Action::Last,
    Action::Open,
    Action::Filter,
    Action::PageUp,
    Action::Help,
    Action::NextPane,
    Action::Back,
    Action::Quit,
];
/// Among its findings.
const FINDINGS: &[Action] = &[
    Action::Back,
    Action::Open,
    Action::Why,
    Action::Cleanup,
    Action::NextPane,
    Action::Help,
    Action::Mark,
    Action::Filter,
    Action::CommandLine,
    Action::PollNow,
    Action::NextProblem,
    Action::Quit,
];
/// Elsewhere inside a cluster.
const CLUSTER: &[Action] = &[
    Action::Back,
    Action::Open,
    Action::Why,
    Action::NextPane,
    Action::Filter,
    Action::Help,
    Action::ToggleSort,
    Action::CommandLine,
    Action::PollNow,
    Action::NextProblem,
    Action::Quit,
];
/// In a table over all clusters.
const FLEET: &[Action] = &[
    Action::Back,
    Action::Open,
    Action::Why,
    Action::Filter,
    Action::ToggleSort,
    Action::ReverseSort,
    Action::CommandLine,
    Action::Help,
    Action::PollNow,
    Action::Quit,
];
/// In the grid.
const GRID: &[Action] = &[
    Action::Open,
    Action::NextProblem,
    Action::Filter,
    Action::CommandLine,
    Action::Help,
    Action::ToggleSort,
    Action::ToggleFindings,
    Action::ToggleLayout,
    Action::PollNow,
    Action::Resources,
    Action::Quit,
];

impl State {
    /// The actions that the footer offers, the most useful first.
    pub fn hints(&self) -> &'static [Action] {
        if self.letters() == Letters::Field {
            // What is a letter is typed: only these are left.
            let is_line = matches!(self.layers.top(), Layer::Scenarios(Page::Hosts(_)));
            return if is_line {
                &[Action::Open, Action::PreviousPane, Action::Back]
            } else {
                &[Action::NextPane, Action::PreviousPane, Action::Back]
            };
        }
        match self.context() {
            Context::Panel => match self.layers.panel() {
                Some(Panel::Card(card)) if card.kind == CardKind::Details => {
                    &[Action::Back, Action::Why, Action::Down, Action::Up, Action::PollNow]
                }
                _ => &[Action::Back, Action::Down, Action::Up, Action::Quit],
            },
            Context::Operation => self.operation_hints(),
            Context::Wizard if self.layers.ask().is_some() => &[Action::Open, Action::NextPane, Action::Back],
            Context::Wizard => self.layers.page().map_or(&[], |page| self.wizard.hints(page, self.now)),
            Context::Cluster => match self.layers.cluster().map(|view| view.pane) {
                Some(Pane::Resources | Pane::Matrix) => RESOURCES,
                Some(Pane::Nodes) => NODES,
                Some(Pane::Findings) => FINDINGS,
                Some(Pane::Failures) => FAILURES,
                Some(Pane::Configuration) => CONFIGURATION,
                Some(Pane::Log) => LOG,
                _ => CLUSTER,
            },
            Context::Fleet => FLEET,
            Context::Grid | Context::Global => GRID,
        }
    }

    /// What an action is called in the footer: in a panel that asks, its keys do what the panel asks about.
    pub fn label(&self, action: Action) -> &'static str {
        let stage = match self.layers.panel() {
            Some(panel) if !panel.is_of_operations() => {
                return match action {
                    Action::Down => "scroll down",
                    Action::Up => "scroll up",
                    action => action.label(),
                };
            }
            None if self.layers.ask().is_some() => {
                return match action {
                    Action::Open => "take",
                    Action::NextPane => "next",
                    Action::PreviousPane => "previous",
                    Action::Back => "cancel",
                    action => action.label(),
                };
            }
            None => {
                let page = self.layers.page();
                return page
                    .map_or_else(|| self.label_in_pane(action), |page| self.wizard.label(page, action));
            }
            Some(Panel::Operation(id)) => self.operations.job(*id).map(|job| job.stage),
            Some(_) => None,
        };
        match (action, stage) {
            (Action::Open, _) => "take",
            (Action::Right | Action::NextPane, _) => "next",
            (Action::PreviousPane, _) => "previous",
            (Action::Down, Some(_)) => "scroll",
            (Action::Down, None) => "next row",
            (Action::Up, None) => "previous row",
            (Action::Back, Some(Stage::Planning | Stage::Asking)) => "cancel",
            (Action::Back, Some(Stage::Running { .. })) => "leave it in the background",
            (action, _) => action.label(),
        }
    }

    /// What some actions do in panes that have keys of their own.
    fn label_in_pane(&self, action: Action) -> &'static str {
        match (self.layers.cluster().map(|view| view.pane), action) {
            (Some(Pane::Configuration), Action::Why) => "as written",
            (Some(Pane::Log), Action::Last) => "follow",
            (_, action) => action.label(),
        }
    }

    fn operation_hints(&self) -> &'static [Action] {
        let job = match self.layers.panel() {
            Some(Panel::Operation(id)) => self.operations.job(*id),
            Some(Panel::Choose(_) | Panel::Operations { .. }) => {
                return &[Action::Open, Action::Down, Action::Up, Action::Back];
            }
            Some(Panel::Leave { .. }) => return &[Action::Open, Action::NextPane, Action::Back],
            _ => return &[Action::Open, Action::NextPane, Action::Down, Action::Up, Action::Back],
        };
        match job.map(|job| job.stage) {
            Some(Stage::Running { .. }) => {
                &[Action::Back, Action::GiveUp, Action::CopyCommands, Action::Down]
            }
            Some(Stage::Over) if job.is_some_and(Job::can_be_redone) => {
                &[Action::Open, Action::Redo, Action::Undo, Action::CopyCommands, Action::Down]
            }
            Some(Stage::Over) if job.is_some_and(|job| job.undo().is_empty()) => {
                &[Action::Open, Action::CopyCommands, Action::Down]
            }
            Some(Stage::Over) => &[Action::Open, Action::Undo, Action::CopyCommands, Action::Down],
            Some(Stage::Planning) | None => &[Action::Back],
            Some(Stage::Asking) => {
                &[Action::Open, Action::NextPane, Action::Back, Action::CopyCommands, Action::Down]
            }
        }
    }
}
