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
        What::Begin { title, reason, .. } => {
            deed.title.clone_from(title);
            deed.reason.clone_from(reason);
        }
        What::Resume => step(DeedEvent::Resumed),
        What::GivenUp => step(DeedEvent::GivenUp),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::operate::audit::Audit;

    fn entry(id: &str, second: i64, what: What) -> Entry {
        let at = Timestamp::from_second(second).unwrap();
        Entry { at, ..Entry::new(id, at, &"lb".into(), what) }
    }

    fn end(id: &str, second: i64, outcome: &str) -> Entry {
        entry(id, second, What::End { outcome: outcome.to_owned(), words: "so".to_owned() })
    }

    #[test]
    fn lines_are_gathered_by_operation_the_newest_first() {
        let sent = What::Command { host: "lb1".into(), argv: vec!["crm_resource".to_owned()] };
        let result = What::Result { outcome: "exit 0".to_owned(), said: String::new() };
        let writable = What::Writable { minutes: 15, reason: "switch".to_owned() };
        let entries = vec![
            entry("a", 10, sent),
            entry("b", 11, writable),
            entry("a", 12, result),
            end("a", 13, "done"),
            entry("c", 14, What::Resume),
        ];
        let deeds = deeds(&Record { entries, unreadable: 0 });
        let told: Vec<_> = deeds
            .iter()
            .map(|deed| {
                (deed.id.as_str(), deed.steps.len(), deed.outcome.as_ref().map(|it| it.word.as_str()))
            })
            .collect();
        assert_eq!(told, [("c", 1, None), ("b", 0, Some("done")), ("a", 2, Some("done"))]);
        assert_eq!(
            (deeds[1].title.as_str(), deeds[1].reason.as_str()),
            ("allow changes for 15 min", "switch")
        );
    }

    #[tokio::test]
    async fn it_is_read_again_only_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(audit::FILE);
        let mut reader = AuditReader::new(Ok(path.clone()));
        reader.look();
        assert_eq!(reader.next().await.deeds.len(), 0);
        let audit = Audit::open(&path).unwrap();
        audit.append(&end("a", 1, "done")).unwrap();
        reader.look();
        assert_eq!(reader.next().await.deeds.len(), 1);
        reader.look();
        assert!(tokio::time::timeout(Duration::from_millis(300), reader.next()).await.is_err());
    }

    #[tokio::test]
    async fn without_a_log_it_says_why() {
        let mut reader = AuditReader::new(Err("no home".to_owned()));
        reader.look();
        assert_eq!(reader.next().await.trouble.as_deref(), Some("no home"));
    }
}
