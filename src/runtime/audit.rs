//! The audit log, read anew while it is on screen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::task::JoinHandle;

use crate::app::AuditLog;
use crate::model::{Deed, DeedEvent, DeedOutcome, DeedStep};
use crate::operate::audit::{self, Entry, Record, What};

/// The newest operations; of older ones the file itself tells.
const MOST: usize = 1_000;

/// Reads the log whenever it has changed.
#[derive(Debug)]
pub(super) struct AuditReader {
    /// Where the log is, or why there is none.
    path: Result<PathBuf, String>,
    /// How the file was when it was read last.
    read: Option<State>,
    reading: Option<JoinHandle<(State, AuditLog)>>,
}

/// What changes when a file does; `None` where there is none.
type State = Option<(u64, SystemTime)>;

impl AuditReader {
    pub(super) const fn new(path: Result<PathBuf, String>) -> Self {
        Self { path, read: None, reading: None }
    }

    /// Begins to read unless that is under way.
    pub(super) fn look(&mut self) {
        if self.reading.is_none() {
            let (path, known) = (self.path.clone(), self.read);
            self.reading = Some(tokio::task::spawn_blocking(move || {
                let state = path.as_deref().ok().and_then(state_of);
                let log = if Some(state) == known { None } else { Some(read(path)) };
                (state, log.unwrap_or_default())
            }));
        }
    }

    /// What was read, when that is done and news. May be dropped and called again.
    pub(super) async fn next(&mut self) -> AuditLog {
        loop {
            let Some(reading) = &mut self.reading else { std::future::pending().await };
            let done = reading.await;
            self.reading = None;
            match done {
                Ok((state, log)) if self.read != Some(state) => {
                    self.read = Some(state);
                    return log;
                }
                Ok(_unchanged) => {}
                Err(error) => tracing::warn!(%error, "the audit log was not read"),
            }
        }
    }
}

fn state_of(path: &Path) -> State {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

fn read(path: Result<PathBuf, String>) -> AuditLog {
    let path = match path {
        Ok(path) => path,
        Err(why) => return AuditLog { trouble: Some(why), ..AuditLog::default() },
    };
    let shown = path.display().to_string();
    match audit::read(&path) {
        Ok(record) => AuditLog {
            path: shown,
            unreadable: record.unreadable,
            deeds: Arc::new(deeds(&record)),
            trouble: None,
        },
        Err(error) => AuditLog { path: shown, trouble: Some(error.to_string()), ..AuditLog::default() },
    }
}

/// The operations of a log, newest first.
fn deeds(record: &Record) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for entry in &record.entries {
        let place = *places.entry(entry.id.as_str()).or_insert_with(|| {
            deeds.push(begun(entry));
            deeds.len() - 1
        });
        add(&mut deeds[place], entry);
    }
    deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
    deeds.truncate(MOST);
    deeds
}

fn begun(entry: &Entry) -> Deed {
    Deed {
        id: entry.id.clone(),
        at: entry.at,
        user: (entry.user.clone(), entry.uid),
        cluster: entry.cluster.clone(),
        title: "its beginning is missing".to_owned(),
        reason: String::new(),
        outcome: None,
        steps: Vec::new(),
    }
}

fn add(deed: &mut Deed, entry: &Entry) {
    let mut step = |what| deed.steps.push(DeedStep { at: entry.at, what });
    match &entry.what {
        What::Begin { title, reason, plan: _ } => {
            deed.title.clone_from(title);
            deed.reason.clone_from(reason);
        }
        What::Resume => step(DeedEvent::Resumed),
        What::Command { host, argv } => step(DeedEvent::Sent { host: host.clone(), argv: argv.clone() }),
        What::Result { outcome, said } => {
            step(DeedEvent::Ended { outcome: outcome.clone(), said: said.clone() });
        }
        What::Writable { minutes, reason } => {
            deed.title = format!("allow changes for {minutes} min");
            deed.reason.clone_from(reason);
            deed.outcome = Some(ended(entry, "done"));
        }
        What::ReadOnly => {
            "allow no more changes".clone_into(&mut deed.title);
            deed.outcome = Some(ended(entry, "done"));
        }
        What::End { outcome, words } => {
            deed.outcome = Some(DeedOutcome { words: words.clone(), ..ended(entry, outcome) });
        }
    }
}

fn ended(entry: &Entry, word: &str) -> DeedOutcome {
    DeedOutcome { at: entry.at, word: word.to_owned(), words: String::new() }
}
