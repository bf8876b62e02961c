//! `quorate scenario`: what can be installed, how, what would be run, and running it.

mod arguments;
mod carry;
mod deploy;
mod given;
mod list;
mod live;
mod plan;
mod resume;
mod run;
mod runs;
mod show;
mod status;

use unicode_width::UnicodeWidthStr;

use super::arguments::Global;
use super::failure::Outcome;
use super::settings::{Missing, Settings};

pub(super) use self::arguments::ScenarioArguments;
use self::arguments::ScenarioCommand;
pub(super) use self::given::environment;

/// Does what is asked for.
pub(super) async fn run(global: &Global, arguments: &ScenarioArguments) -> Outcome {
    let settings = Settings::read(global, Missing::IsWrong)?;
    match &arguments.command {
        ScenarioCommand::List(arguments) => list::run(&settings, arguments),
        ScenarioCommand::Show(arguments) => show::run(&settings, arguments),
        ScenarioCommand::Plan(arguments) => plan::run(&settings, arguments),
        ScenarioCommand::Run(arguments) => run::run(&settings, arguments).await,
        ScenarioCommand::Resume(arguments) => resume::run(&settings, arguments).await,
        ScenarioCommand::Runs(arguments) => runs::run(&settings, arguments),
        ScenarioCommand::Deploy(arguments) => deploy::run(&settings, arguments).await,
        ScenarioCommand::Status(arguments) => status::run(&settings, arguments).await,
    }
}

/// A text of a file made fit for a terminal: what would act on one is written as its number. Nothing is left out.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // What `clean` takes away acts on a terminal.
        let acts = c.is_control() || crate::model::clean(c.encode_utf8(&mut [0; 4])).is_empty();
        if acts && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Rows as a table whose columns line up; those of `right` end where their heading ends.
fn columns<const N: usize>(rows: &[[String; N]], right: &[usize]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths, right)).collect()
}

fn line<const N: usize>(row: &[String; N], widths: &[usize], right: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        let space = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) =
            if right.contains(&column) { (space.as_str(), "") } else { ("", space.as_str()) };
        line.extend([before, cell, after, "  "]);
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// The text with so many spaces before each line that holds something.
fn indented(text: &str, spaces: usize) -> String {
    let mut shown = String::new();
    for line in printable(text).lines() {
        if !line.is_empty() {
            shown.extend(std::iter::repeat_n(' ', spaces));
            shown.push_str(line);
        }
        shown.push('\n');
    }
    shown
}
