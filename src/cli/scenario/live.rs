//! How a run goes, as plain lines for a log or as lines of JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write, stdout};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::printable;
use crate::cli::arguments::OpFormat;
use crate::model::HostName;
use crate::perform::News;
use crate::scenario::journal::{End, Entry, Event, Outcome, Place};
use crate::scenario::{Grade, Plan, Progress, Stand, State};

/// Tells how a run goes.
pub(super) struct Live {
    plan: Arc<Plan>,
    progress: Progress,
    /// What was told last of each step at each place.
    told: BTreeMap<(usize, Place), State>,
    /// The step of which the heading was printed last.
    step: usize,
    /// The steps in which something was run.
    steps_run: BTreeSet<usize>,
    format: OpFormat,
    now: Timestamp,
}

/// What a script prints, among the entries of the journal.
#[derive(Serialize)]
struct Output<'a> {
    event: &'static str,
    step: usize,
    place: &'a Place,
    lines: &'a [String],
}

impl Live {
    /// Goes on from what was in the journal before.
    pub(super) fn new(plan: Arc<Plan>, before: &[Entry], format: OpFormat) -> Self {
        let progress = Progress::replay(Arc::clone(&plan), before);
        let now = before.last().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
        let steps_run = before.iter().filter_map(step_run).collect();
        let mut live = Self { plan, progress, told: BTreeMap::new(), step: 0, steps_run, format, now };
        live.changes();
        live
    }

    /// Where it stands.
    pub(super) fn stand(&self) -> Stand {
        self.progress.next(self.now).stand
    }

    /// In how many steps something was run that was not done already, before it was resumed too.
    pub(super) fn steps_run(&self) -> usize {
        self.steps_run.len()
    }

    /// Takes in what has happened, and prints what is new.
    pub(super) fn tell(&mut self, news: &News) -> io::Result<()> {
        let mut out = stdout().lock();
        match (news, self.format) {
            (News::Entry(entry), OpFormat::Json) => out.write_all(&entry.line()?)?,
            (News::Output { job, lines }, OpFormat::Json) => {
                let output = Output { event: "output", step: job.step, place: &job.place, lines };
                serde_json::to_writer(&mut out, &output)?;
                writeln!(out)?;
            }
            // All of it is on the disk; the log of a build wants what went wrong.
            (News::Output { .. }, OpFormat::Text) => {}
            (News::Entry(entry), OpFormat::Text) => {
                before(&mut out, entry)?;
            }
        }
        if let News::Entry(entry) = news {
            let came_from = self.came_from(entry);
            self.steps_run.extend(step_run(entry));
            self.progress.apply(entry);
            self.now = entry.at;
            let changes = self.changes();
            if self.format == OpFormat::Text {
                for (step, place, state) in changes {
                    self.state(&mut out, step, &place, &state)?;
                }
                self.after(&mut out, entry, came_from)?;
            }
        }
        out.flush()
    }

    /// How it ended, and what can be done about it.
    pub(super) fn end(&self, run: &str, outcome: &Outcome) -> io::Result<()> {
        if self.format == OpFormat::Json {
            return Ok(());
        }
        let mut out = stdout().lock();
        let title = printable(&self.plan.scenario.title);
        match outcome {
            Outcome::Done { notes } => {
                let nothing = if self.steps_run.is_empty() { " Nothing had to be changed." } else { "" };
                writeln!(out, "Done: {title}.{nothing}")?;
                lines(&mut out, notes)?;
            }
            Outcome::Refused { why } => {
                writeln!(out, "REFUSED: nothing was run of {title}:")?;
                lines(&mut out, why)?;
            }
            Outcome::Failed { why } => {
                writeln!(out, "FAILED: {title}:")?;
                lines(&mut out, why)?;
                writeln!(out, "Once that is put right: quorate scenario resume {run}")?;
            }
            Outcome::Aborted => {
                writeln!(out, "Aborted: {title}. To go on with it: quorate scenario resume {run}")?;
            }
        }
        out.flush()
    }

    /// The place of a script that has ended: what it said is told below the state that follows.
    fn came_from(&self, entry: &Entry) -> Option<Place> {
        let Event::Ended { serial, .. } = &entry.event else { return None };
        self.progress.flight(*serial).map(|job| job.place.clone())
    }

    /// What is said once the entry is taken in.
    fn after(&self, out: &mut impl Write, entry: &Entry, place: Option<Place>) -> io::Result<()> {
        match (&entry.event, place) {
            (Event::Ended { said, end, .. }, Some(place)) if !said.is_empty() => {
                // That there is something to do, or not yet what a check wants, is no news.
                let is_trouble = self.told.iter().any(|((_, at), state)| *at == place && is_trouble(state));
                if matches!(end, End::Exited { .. }) && !is_trouble {
                    return Ok(());
                }
                said.iter().try_for_each(|line| writeln!(out, "         {place} | {line}"))
            }
            _ => Ok(()),
        }
    }

    /// The states that are others than those that were told.
    fn changes(&mut self) -> Vec<(usize, Place, State)> {
        let mut changes = Vec::new();
        let Some(step) = self.progress.step().or(Some(self.plan.scenario.steps.len())) else {
            return changes;
        };
        // A step that is over may have got its last state just now.
        for number in step.saturating_sub(1).max(1)..=step {
            for (place, state) in self.progress.states(number) {
                let key = (number, place.clone());
                if self.told.get(&key).unwrap_or(&State::NotStarted) != &state {
                    self.told.insert(key, state.clone());
                    changes.push((number, place, state));
                }
            }
        }
        changes
    }

    fn state(&mut self, out: &mut impl Write, step: usize, place: &Place, state: &State) -> io::Result<()> {
        if self.step != step {
            self.step = step;
            let all = self.plan.scenario.steps.len();
            let title =
                self.plan.scenario.steps.iter().find(|it| it.number == step).map_or("", |it| &it.title);
            writeln!(out, "{} step {step} of {all}: {}", clock(self.now), printable(title))?;
        }
        let words = match state {
            State::NotStarted | State::Running => return Ok(()),
            State::Completed(Grade::Success) => match self.progress.times(step, place) {
                (Some(begun), Some(over)) => {
                    let seconds = over.duration_since(begun).as_millis() as f64 / 1000.0;
                    format!("done, {seconds:.1} s")
                }
                _ => "done".to_owned(),
            },
            State::Completed(Grade::Warning) => "done, with a warning".to_owned(),
            State::Completed(Grade::Skipped) => "nothing to do".to_owned(),
            State::Failed(why) => format!("FAILED: {}", printable(why)),
            State::Aborted => "aborted".to_owned(),
            State::WillNotBeRun => "will not be run".to_owned(),
            State::Unknown(why) => format!("UNKNOWN: {}", printable(why)),
        };
        writeln!(out, "{}   {place}: {words}", clock(self.now))
    }
}

/// The step, if the entry says that one of its scripts was sent and that script changes something.
fn step_run(entry: &Entry) -> Option<usize> {
    match &entry.event {
        Event::Sent { job, .. } if job.part.changes() => Some(job.step),
        _ => None,
    }
}

/// What is said before the entry is taken in.
fn before(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    match &entry.event {
        Event::Begun(begun) => {
            let hosts: Vec<&str> = begun.hosts.iter().map(HostName::as_str).collect();
            writeln!(
                out,
                "{} run {}: {}, on {}",
                clock(entry.at),
                begun.run,
                printable(&begun.title),
                printable(&hosts.join(", "))
            )
        }
        Event::Resumed { .. } => writeln!(out, "{} going on", clock(entry.at)),
        _ => Ok(()),
    }
}

const fn is_trouble(state: &State) -> bool {
    matches!(state, State::Failed(_) | State::Unknown(_))
}

fn lines(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "  {}", printable(line)))
}

fn clock(at: Timestamp) -> impl std::fmt::Display {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S")
}
