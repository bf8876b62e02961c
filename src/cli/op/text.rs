//! An operation as lines of text.

use crate::operation::words::{self, Kind};
use crate::operation::{Outcome, Preview, Progress, Undo};

/// What is shown before anything is done.
pub(super) fn preview(preview: &Preview) -> String {
    let indented = |line: words::Line| {
        let indent = match line.kind {
            Kind::Title | Kind::Heading | Kind::Warning | Kind::Undo => "",
            Kind::Note | Kind::Command | Kind::Own | Kind::Collateral => "  ",
            Kind::Alternative => "    ",
        };
        format!("{indent}{}\n", line.text)
    };
    words::preview(preview).into_iter().map(indented).collect()
}

/// How it goes on, a line; `None` for what is told otherwise.
pub(super) fn progress(progress: &Progress) -> Option<String> {
    let words = words::progress(progress)?;
    Some(if matches!(progress, Progress::Running { .. }) { words } else { format!("  {words}") })
}

/// How it ended, and how to undo it.
pub(super) fn outcome(preview: &Preview, outcome: &Outcome) -> String {
    let words = words::outcome(&preview.plan, outcome);
    let is_undone = !matches!(preview.plan.undo, Undo::Impossible(_));
    match outcome {
        Outcome::Done { .. } if is_undone => format!("{words}\n{}\n", words::undo(&preview.plan)),
        _ => format!("{words}\n"),
    }
}
