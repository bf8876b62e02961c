//! What is run on a host: constant scripts, with names in the argument vector and everything else on stdin.
//!
//! On the host there is one folder for all runs, `/run/quorate` (of another user than root: `/tmp/quorate-UID`): the
//! lock, and for each script that was sent a folder of its own with the process's id, and its exit code once it has
//! ended. It is what tells a later console what has become of a script after the connection was lost.

mod scripts;

use std::time::Duration;

use self::scripts::{AT_WORK, HELD, KILL, LATER, LOADER, LOCK, PROBE, SAME_HOST, SETTLE, UNLOCK, WHOLE};
pub use self::scripts::{BEGINS, ENDS};
pub(super) use self::scripts::{REFUSED, RESTARTED};

use super::Shared;
use crate::model::HostName;
use crate::model::text::clean;
use crate::scenario::journal::{Fate, Job, Place};
use crate::scenario::{Format, Plan, System};
use crate::transport::{Command, Limits, Local, Output, Transport, TransportError};

/// The most that is read of what a constant script says.
const OUTPUT: usize = 256 << 10;
/// The longest that a constant script may take; killing is the longest.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a host says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probed {
    pub(super) system: System,
    /// Whether what is run there has the rights of root.
    pub(super) is_root: bool,
}

/// Who holds the lock of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// The run.
    pub(super) run: String,
    /// In words: which scenario, who, from where and since when.
    pub(super) words: String,
}

/// The lock of a host, taken for this run. Where the console runs there is none, but the run's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grip {
    /// What the lock says, the run's name left out.
    words: String,
    /// The boot of the host in which it was taken; `None`: there is no lock.
    boot: Option<String>,
}

/// Why a host can't be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// Another run holds its lock.
    Held(Holder),
    /// A script of another run is at work there.
    AtWork {
        /// Its process.
        pid: String,
        /// That run.
        run: String,
    },
    /// This run has it already, under that name.
    Same(String),
    /// The host knows the script of that number, which the journal doesn't.
    Later(String),
}

/// How a lock is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// When the console begins with the run or resumes it.
    First(Lock),
    /// After the host was restarted.
    Again,
}

/// What happens to a run's records on a host when its lock is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Records {
    /// They are kept: the journal doesn't say yet what became of a script there.
    Keep,
    /// They are removed.
    Forget,
}

/// Whether another's lock is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lock {
    /// It is respected.
    #[default]
    Respect,
    /// It is taken over: whoever wants it knows that the other run is dead.
    Break,
}

impl Shared {
    /// The command that runs a script, and what it reads. Without a grip it runs without a lock.
    pub(super) fn loader(&self, serial: u64, job: &Job, grip: Option<&Grip>, input: Vec<u8>) -> Command {
        let boot = grip.and_then(|grip| grip.boot.as_deref()).unwrap_or("-");
        let kind = if job.part.changes() { "changes" } else { "asks" };
        let command = Command::new("bash").args(["-c", LOADER, "quorate", &self.run, &serial.to_string()]);
        self.with_rights(&job.place, command.args([boot, kind]).stdin(input))
    }

    pub(super) async fn probe(&self, place: &Place) -> Result<Probed, String> {
        let output = self.constant(place, PROBE, &[]).await.map_err(|error| error.message)?;
        if output.exit_code != Some(0) {
            return Err(format!("{place}: {}", said(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let is_root = text.lines().any(|line| line == "QUORATE_UID=0");
        Ok(Probed { system: System::parse(&text), is_root })
    }

    /// What has become of a script: `None` while it runs.
    pub(super) async fn look_for(&self, place: &Place, serial: u64) -> Result<Option<Fate>, String> {
        let output = self.constant(place, SETTLE, &[&serial.to_string()]).await.map_err(|it| it.message)?;
        let text = String::from_utf8_lossy(&output.stdout);
        match text.trim().split_once(' ') {
            _ if output.exit_code != Some(0) => Err(format!("{place}: {}", said(&output))),
            Some(("exited", code)) => match code.parse() {
                Ok(code) => Ok(Some(Fate::Exited { code })),
                Err(_torn) => Ok(Some(Fate::Gone)),
            },
            None if text.trim() == "running" => Ok(None),
            None if text.trim() == "never" => Ok(Some(Fate::NeverBegan)),
            _ => Ok(Some(Fate::Gone)),
        }
    }

    /// Kills a script and all that it has started, wherever it is. An error: it may still run.
    pub(super) async fn kill(&self, place: &Place, serial: u64) -> Result<(), String> {
        let output = self.constant(place, KILL, &[&serial.to_string()]).await.map_err(|it| it.message)?;
        if output.exit_code == Some(0) { Ok(()) } else { Err(format!("{place}: {}", said(&output))) }
    }

    /// Takes the lock of a host, and has it remember all scripts after number `last`. An error of `Ok`: another run is there.
    pub(super) async fn lock(
        &self,
        place: &Place,
        words: &str,
        take: Take,
        last: u64,
    ) -> Result<Result<Grip, Taken>, String> {
        let how = match (place, take) {
            (Place::Local, _) => "none",
            (Place::Host(_), Take::First(Lock::Respect)) => "respect",
            (Place::Host(_), Take::First(Lock::Break)) => "break",
            (Place::Host(_), Take::Again) => "again",
        };
        let line = format!("{} {words}", self.run);
        let output = self
            .constant(place, LOCK, &[&line, how, &last.to_string(), &place.to_string()])
            .await
            .map_err(|error| error.message)?;
        let text = clean(String::from_utf8_lossy(&output.stdout).trim());
        let (first, rest) = text.split_once(' ').unwrap_or((&text, "unknown"));
        match output.exit_code {
            Some(0) => {
                let boot = (*place != Place::Local).then(|| first.to_owned());
                Ok(Ok(Grip { words: words.to_owned(), boot }))
            }
            Some(HELD) => Ok(Err(Taken::Held(Holder { run: first.to_owned(), words: rest.to_owned() }))),
            Some(AT_WORK) => Ok(Err(Taken::AtWork { pid: first.to_owned(), run: rest.to_owned() })),
            Some(SAME_HOST) => Ok(Err(Taken::Same(text))),
            Some(LATER) => Ok(Err(Taken::Later(text))),
            _ => Err(format!("{place}: {}", said(&output))),
        }
    }

    /// Takes the lock of a restarted host again, before script number `serial` is sent.
    pub(super) async fn lock_again(&self, place: &Place, grip: &Grip, serial: u64) -> Result<Grip, String> {
        match self.lock(place, &grip.words, Take::Again, serial.saturating_sub(1)).await? {
            Ok(again) => Ok(again),
            Err(Taken::Held(Holder { run, words })) => {
                Err(format!("{place}: run {run} has it now ({words})"))
            }
            Err(Taken::AtWork { pid, run }) => {
                Err(format!("{place}: a script of run {run} works there, as process {pid}"))
            }
            Err(Taken::Same(name)) => Err(format!("{place} and {name} are the same host")),
            Err(Taken::Later(number)) => Err(format!("{place}: script {number} was sent there already")),
        }
    }

    /// Gives the lock of a host back, unless a script of the run is still at work there.
    pub(super) async fn unlock(&self, place: &Place, records: Records) {
        let records = match records {
            Records::Keep => "keep",
            Records::Forget => "forget",
        };
        let name = match place {
            Place::Host(host) => host.as_str(),
            Place::Local => "",
        };
        match self.constant(place, UNLOCK, &[records, name]).await {
            Ok(output) if output.exit_code == Some(0) => {}
            Ok(output) if output.exit_code == Some(AT_WORK) => {
                let pid = clean(String::from_utf8_lossy(&output.stdout).trim());
                tracing::warn!(
                    "{place} stays locked: a script of the run still works there, as process {pid}"
                );
            }
            Ok(output) => tracing::warn!("the lock of {place} was not given back: {}", said(&output)),
            Err(error) => tracing::warn!("the lock of {place} was not given back: {error}"),
        }
    }

    /// Runs a constant script with the run's name and those words.
    pub(super) async fn constant(
        &self,
        place: &Place,
        script: &str,
        words: &[&str],
    ) -> Result<Output, TransportError> {
        let command = Command::new("bash").args(["-c", script, "quorate", &self.run]);
        let command = self.with_rights(place, command.args(words.iter().copied()));
        let command_limit = self.access.command_timeout.max(PATIENCE);
        let limits = Limits {
            connect: self.access.connect_timeout,
            patience: None,
            session: None,
            command: command_limit,
            output: OUTPUT,
        };
        match place {
            Place::Host(host) => self.transport.run(host, &command, limits).await,
            Place::Local => Local.run(&HostName::from("this machine"), &command, limits).await,
        }
    }

    /// Where the console runs, scripts have the rights of whoever runs it.
    fn with_rights(&self, place: &Place, command: Command) -> Command {
        match place {
            Place::Host(_) => command.with_privilege(self.access.privilege),
            Place::Local => command,
        }
    }
}

/// What the loader reads: the variables, the script, and a mark that it is whole. The only place where a secret goes.
pub(super) fn input(plan: &Plan, place: &Place, text: &str) -> Vec<u8> {
    let host = match place {
        Place::Host(host) => Some(host),
        Place::Local => None,
    };
    let mut input = String::new();
    for (name, value) in plan.environment(host) {
        input.push_str("export ");
        input.push_str(&name);
        input.push('=');
        input.push_str(&quoted(&value.text));
        input.push('\n');
    }
    input.push_str(match plan.scenario.format {
        Format::Markdown => "set -euo pipefail\n",
        Format::Phd => "",
    });
    input.push_str(text);
    input.push_str(WHOLE);
    input.into_bytes()
}

/// A value as one word of the shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The last lines of what a constant script said, fit to be shown.
pub(super) fn said(output: &Output) -> String {
    let stream = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(stream);
    let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
    match (last.is_empty(), output.exit_code) {
        (false, _) => last,
        (true, Some(code)) => format!("exit code {code}, without a word"),
        (true, None) => "it was ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_value_is_one_word_of_the_shell(value in "[^\0]{0,40}") {
            let script = format!("printf %s {}", quoted(&value));
            let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }
}
