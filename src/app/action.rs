//! Everything that a key can do.

use std::str::FromStr as _;

use strum::{EnumIter, EnumMessage, EnumString, IntoStaticStr};

use super::operation::verb_of;
use crate::health::Fix;
use crate::operation::Verb;

/// The one list of what a key can do. The names in keymaps, the words of the command line (`:`), the help
/// and the footer all come from it: the name is the variant in kebab-case, the message is the footer's
/// word, the documentation is the line in the help.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, EnumMessage, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// Move the selection up.
    #[strum(message = "up")]
    Up,
    /// Move the selection down.
    #[strum(message = "down")]
    Down,
    /// Move the selection left.
    #[strum(message = "left")]
    Left,
    /// Move the selection right.
    #[strum(message = "right")]
    Right,
    /// Move a screenful up.
    #[strum(message = "page up")]
    PageUp,
    /// Move a screenful down.
    #[strum(message = "page down")]
    PageDown,
    /// Go to the first.
    #[strum(message = "first")]
    First,
    /// Go to the last.
    #[strum(message = "last")]
    Last,
    /// Go to the next cluster or row in trouble.
    #[strum(message = "next problem")]
    NextProblem,
    /// Go to the previous one of these.
    #[strum(message = "previous problem")]
    PreviousProblem,
    /// Open what is selected, or tell all of it.
    #[strum(message = "open")]
    Open,
    /// Say why what is selected is as it is.
    #[strum(message = "why")]
    Why,
    /// Go back, or close what is open on top.
    #[strum(message = "back")]
    Back,
    /// Show only what matches a text.
    #[strum(message = "filter")]
    Filter,
    /// Show everything again.
    #[strum(message = "clear filter")]
    ClearFilter,
    /// Put the worst first, or use the next order.
    #[strum(message = "sort")]
    ToggleSort,
    /// Turn the order of a list round.
    #[strum(message = "reverse")]
    ReverseSort,
    /// Change between tiles and a list.
    #[strum(message = "tiles/list")]
    ToggleLayout,
    /// Show or hide what is wrong with what is selected, and what to do about it.
    #[strum(message = "findings")]
    ToggleFindings,
    /// Go to the next pane.
    #[strum(message = "next pane")]
    NextPane,
    /// Go to the previous pane.
    #[strum(message = "previous pane")]
    PreviousPane,
    /// Findings, nodes and resources of the cluster.
    #[strum(message = "overview")]
    PaneOverview,
    /// Which resource does what on which node.
    #[strum(message = "matrix")]
    PaneMatrix,
    /// The cluster's constraints, leftovers marked.
    #[strum(message = "constraints")]
    PaneConstraints,
    /// The cluster's failed operations and fail counts.
    #[strum(message = "failures")]
    PaneFailures,
    /// Who was fenced, and who is to be.
    #[strum(message = "fencing")]
    PaneFencing,
    /// The attributes of the cluster's nodes.
    #[strum(message = "attributes")]
    PaneAttributes,
    /// The cluster's tickets, and what depends on them.
    #[strum(message = "tickets")]
    PaneTickets,
    /// The cluster's configuration as it is written, to be folded.
    #[strum(message = "configuration")]
    PaneConfiguration,
    /// The log of the cluster's DC, followed live.
    #[strum(message = "cluster log")]
    PaneLog,
    /// The stack under Pacemaker: daemons, votes, links, SBD, DRBD.
    #[strum(message = "stack")]
    PaneStack,
    /// Fold all of the configuration.
    #[strum(message = "fold all")]
    FoldAll,
    /// Unfold all of the configuration.
    #[strum(message = "unfold all")]
    UnfoldAll,
    /// Show all columns of nodes, resources and constraints, or the usual ones.
    #[strum(message = "wide")]
    ToggleWide,
    /// The findings of all clusters in one table.
    #[strum(message = "all findings")]
    Findings,
    /// The nodes of all clusters in one table.
    #[strum(message = "all nodes")]
    Nodes,
    /// The resources of all clusters in one table.
    #[strum(message = "all resources")]
    Resources,
    /// The constraints of all clusters in one table.
    #[strum(message = "all constraints")]
    Constraints,
    /// The failures of all clusters in one table.
    #[strum(message = "all failures")]
    Failures,
    /// Move a resource, or the promoted role of a clone, to another node; no constraint stays behind.
    #[strum(message = "move")]
    Move,
    /// Keep a resource off a node until that is cleared.
    #[strum(message = "ban")]
    Ban,
    /// Remove the constraints that a move or a ban has left on a resource.
    #[strum(message = "clear")]
    Clear,
    /// Forget the failures of a resource and try it again.
    #[strum(message = "clean up")]
    Cleanup,
    /// Forget all that is known of a resource and find it out anew.
    #[strum(message = "refresh")]
    Refresh,
    /// Stop and start a resource and what depends on it.
    #[strum(message = "restart")]
    Restart,
    /// Let a disabled resource run again.
    #[strum(message = "enable")]
    Enable,
    /// Stop a resource and keep it stopped.
    #[strum(message = "disable")]
    Disable,
    /// Let Pacemaker manage a resource again.
    #[strum(message = "manage")]
    Manage,
    /// Have Pacemaker leave a resource alone, but watch it.
    #[strum(message = "unmanage")]
    Unmanage,
    /// Have Pacemaker leave a resource alone and not even watch it.
    #[strum(message = "maintenance")]
    Maintenance,
    /// End the maintenance of a resource.
    #[strum(message = "end maintenance")]
    MaintenanceOff,
    /// Let an instance of a promotable clone be promoted again.
    #[strum(message = "promote")]
    Promote,
    /// Let no instance of a promotable clone stay promoted.
    #[strum(message = "demote")]
    Demote,
    /// Put a node in standby, or take it out.
    #[strum(message = "standby/online")]
    ToggleStandby,
    /// Put a node in standby: all resources leave it.
    #[strum(message = "standby")]
    Standby,
    /// Let a node in standby run resources again.
    #[strum(message = "online")]
    Online,
    /// Have Pacemaker leave all resources of a node alone.
    #[strum(message = "node maintenance")]
    NodeMaintenance,
    /// End the maintenance of a node.
    #[strum(message = "end node maint.")]
    NodeMaintenanceOff,
    /// Switch a node off by fencing.
    #[strum(message = "fence: off")]
    FenceOff,
    /// Switch a node off and on by fencing.
    #[strum(message = "fence: reboot")]
    FenceReboot,
    /// Vouch that a node is dead, where fencing can't find out.
    #[strum(message = "confirm dead")]
    ConfirmDead,
    /// Have Pacemaker leave everything in the cluster alone.
    #[strum(message = "cluster maint.")]
    ClusterMaintenance,
    /// End the maintenance of the cluster.
    #[strum(message = "end cluster maint.")]
    ClusterMaintenanceOff,
    /// Forget all failures in the cluster.
    #[strum(message = "clean up all")]
    CleanupAll,
    /// Forget all that is recorded of fencing.
    #[strum(message = "forget fencing")]
    FencingHistoryCleanup,
    /// Give the cluster a ticket.
    #[strum(message = "grant ticket")]
    Grant,
    /// Take a ticket from the cluster.
    #[strum(message = "revoke ticket")]
    Revoke,
    /// Undo the last operation that can be undone.
    #[strum(message = "undo")]
    Undo,
    /// Do again what was undone last.
    #[strum(message = "redo")]
    Redo,
    /// Mark the selected row, so that an operation acts on all marked ones.
    #[strum(message = "mark")]
    Mark,
    /// Show the operations of this console.
    #[strum(message = "operations")]
    Operations,
    /// Show what earlier consoles have begun and not brought to an end.
    #[strum(message = "unfinished")]
    Unfinished,
    /// Send no further command of the operation that is shown.
    #[strum(message = "give up")]
    GiveUp,
    /// Copy the commands that are shown; again: as pcs has them, as crmsh has them.
    #[strum(message = "copy commands")]
    CopyCommands,
    /// Allow changes to a read-only cluster for some minutes.
    #[strum(message = "allow changes")]
    Writable,
    /// Allow no changes to the cluster any more.
    #[strum(message = "read-only")]
    ReadOnly,
    /// What was done from this machine, by whom, and how it ended.
    #[strum(message = "audit log")]
    Audit,
    /// Show the scenarios, or the run in hand: what is installed where, step by step.
    #[strum(message = "scenarios")]
    Scenarios,
    /// Run all steps that are left, after a question.
    #[strum(message = "run all")]
    RunToEnd,
    /// Wait when the step that is under way is over.
    #[strum(message = "pause")]
    PauseRun,
    /// Leave a step as it is and go on with the next.
    #[strum(message = "skip")]
    SkipStep,
    /// Run again what failed in a step.
    #[strum(message = "retry")]
    RetryStep,
    /// Kill what is under way, and end the run.
    #[strum(message = "abort")]
    AbortRun,
    /// Take the hosts from another run that is known to be dead.
    #[strum(message = "break the lock")]
    BreakLock,
    /// Change the values of a scenario's variables.
    #[strum(message = "variables")]
    EditVariables,
    /// Show every script of a scenario, in order and whole, and run none.
    #[strum(message = "dry run")]
    DryRun,
    /// Copy what the step runs.
    #[strum(message = "copy script")]
    CopyScript,
    /// Run what proves the steps, and nothing else: is it deployed?
    #[strum(message = "check now")]
    ExamineScenario,
    /// Ask the selected cluster now.
    #[strum(message = "poll now")]
    PollNow,
    /// Ask every cluster now.
    #[strum(message = "poll all")]
    PollAll,
    /// Type a command.
    #[strum(message = "command")]
    CommandLine,
    /// Show the keys of this view.
    #[strum(message = "help")]
    Help,
    /// Show or hide the console's own log.
    #[strum(message = "log")]
    ToggleLog,
    /// Use the next theme.
    #[strum(message = "next theme")]
    NextTheme,
    /// Draw the screen anew.
    #[strum(message = "redraw")]
    Redraw,
    /// Put the console in the background of the shell.
    #[strum(message = "suspend")]
    Suspend,
    /// Leave the console.
    #[strum(message = "quit")]
    Quit,
}

impl Action {
    /// Whether it only moves the selection: worth a key, hardly worth a word on the command line.
    pub fn is_movement(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::Left
                | Self::Right
                | Self::PageUp
                | Self::PageDown
                | Self::First
                | Self::Last
        )
    }

    /// Whether it is of use on the screens of scenarios only.
    pub fn is_of_wizard(self) -> bool {
        matches!(
            self,
            Self::RunToEnd
                | Self::PauseRun
                | Self::SkipStep
                | Self::RetryStep
                | Self::AbortRun
                | Self::BreakLock
                | Self::EditVariables
                | Self::DryRun
                | Self::CopyScript
                | Self::ExamineScenario
        )
    }

    /// The operation that it begins, which has the same name.
    pub fn verb(self) -> Option<Verb> {
        self.name().parse().ok()
    }

    /// The action that does what a remedy's command does.
    pub fn of(fix: &Fix) -> Option<Self> {
        Self::from_str(verb_of(fix).into()).ok()
    }

    /// Its name in keymaps and on the command line.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// One or two words for the footer.
    pub fn label(self) -> &'static str {
        self.get_message().unwrap_or_default()
    }

    /// One sentence for the help.
    pub fn description(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }
}

/// Where a key is pressed. A keymap has a table for each; what is not there is looked up in [`Global`].
///
/// [`Global`]: Context::Global
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, EnumString, EnumMessage, IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Context {
    /// Everywhere.
    Global,
    /// The grid of clusters.
    Grid,
    /// A table over all clusters.
    Fleet,
    /// Inside one cluster.
    Cluster,
    /// A panel on top: a card, help, log.
    Panel,
    /// A panel that asks about an operation, or tells how it goes.
    Operation,
    /// The screens of scenarios.
    Wizard,
}

impl Context {
    /// Its name in keymaps.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
