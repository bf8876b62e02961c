//! What was done, when, where, by whom and why: lines of JSON that are only ever added to.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::user;
use crate::files;
use crate::model::{ClusterName, HostName};
use crate::operation::{Plan, Unfinished};

/// The log's name, in the folder of state.
pub const FILE: &str = "audit.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which operation; the same in all its lines.
    pub id: String,
    /// When, on this machine's clock.
    pub at: Timestamp,
    /// Who: the login name on this machine, as the environment tells it.
    pub user: String,
    /// Who, as the system knows it.
    pub uid: u32,
    /// Which process.
    pub pid: u32,
    /// Where.
    pub cluster: ClusterName,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

impl Entry {
    /// A line of this process.
    pub fn new(id: &str, at: Timestamp, cluster: &ClusterName, what: What) -> Self {
        Self {
            id: id.to_owned(),
            at,
            user: user(),
            uid: rustix::process::getuid().as_raw(),
            pid: std::process::id(),
            cluster: cluster.clone(),
            what,
        }
    }
}

/// An id unlike any other, on any machine that shares a log.
pub fn new_id(at: Timestamp) -> String {
    format!("{:x}-{:x}-{:08x}", at.as_millisecond(), std::process::id(), fastrand::u32(..))
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum What {
    /// An operation begins.
    Begin {
        /// In words.
        title: String,
        /// Why, as whoever began it said; may be empty.
        reason: String,
        /// All that may be done.
        plan: Box<Plan>,
    },
    /// A console goes on with an operation that another has left unfinished.
    Resume,
    /// A command is about to be sent. Flushed to the disk before it is.
    Command {
        /// Where to.
        host: HostName,
        /// What.
        argv: Vec<String>,
    },
    /// That command is over.
    Result {
        /// `exit 0`, `exit 1`, `signal`, `not sent`, `unknown`.
        outcome: String,
        /// What it said.
        said: String,
    },
    /// Changes to a read-only cluster are allowed.
    Writable {
        /// For so long from now on.
        minutes: u16,
        /// Why, as whoever allowed them said.
        reason: String,
    },
    /// They are allowed no longer, before that time was over.
    ReadOnly,
    /// The operation is over.
    End {
        /// `done`, `refused`, `failed`, `unknown`, `cancelled`; `undone` where a later operation has undone it.
        outcome: String,
        /// What there is to say about it.
        words: String,
    },
}

/// What could be read of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// In the order in which they were written.
    pub entries: Vec<Entry>,
    /// How many lines could not be read: torn when a machine lost power, or of a later version.
    pub unreadable: usize,
}

impl Unfinished {
    /// Whether the process that had it in hand may still be at it.
    pub fn is_in_hand(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        // One that may not be signalled lives too.
        pid.is_some_and(|pid| {
            !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
        })
    }
}

/// The log, to be added to. Several consoles may write to one file at once.
#[derive(Debug)]
pub struct Audit {
    pub(super) path: PathBuf,
    pub(super) file: Mutex<File>,
}

impl Audit {
    /// Opens the log, made if need be, for this user's eyes only. Its folder must be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let audit = Self { path: path.to_owned(), file: Mutex::new(files::append(path)?) };
        audit.end_torn_line()?;
        Ok(audit)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line, and comes back when it is on the disk.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that two consoles' lines do not mix.
        file.write_all(&line)?;
        file.sync_data()
    }

    /// Everything in it.
    pub fn read(&self) -> io::Result<Record> {
        read(&self.path)
    }

    /// A line that was torn would spoil the next one too.
    fn end_torn_line(&self) -> io::Result<()> {
        let mut last = [b'\n'];
        let mut reader = files::open(&self.path)?;
        if reader.seek(SeekFrom::End(0))? > 0 {
            reader.seek(SeekFrom::End(-1))?;
            reader.read_exact(&mut last)?;
        }
        if last == *b"\n" {
            return Ok(());
        }
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(b"\n")
    }
}

/// Reads a log. One that is not there is empty.
pub fn read(path: &Path) -> io::Result<Record> {
    match files::read(path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Record {
    let mut record = Record::default();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(entry) => record.entries.push(entry),
            Err(_torn) => record.unreadable += 1,
        }
    }
    record
}

impl Record {
    /// What began and never ended, oldest first.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        let mut open: HashMap<&str, Unfinished> = HashMap::new();
        for entry in &self.entries {
            let known = open.get_mut(entry.id.as_str());
            match (&entry.what, known) {
                (What::Begin { plan, .. }, _) => {
                    let unfinished = Unfinished {
                        id: entry.id.clone(),
                        at: entry.at,
                        user: entry.user.clone(),
                        pid: entry.pid,
                        plan: Plan::clone(plan),
                        sent: 0,
                    };
                    open.insert(&entry.id, unfinished);
                }
                (What::Resume, Some(known)) => known.pid = entry.pid,
                (What::Command { .. }, Some(known)) => known.sent += 1,
                // What certainly was not sent is not one that may have run.
                (What::Result { outcome, .. }, Some(known)) if outcome == NOT_SENT => known.sent -= 1,
                (What::End { .. }, Some(_)) => {
                    open.remove(entry.id.as_str());
                }
                (
                    What::Resume
                    | What::Command { .. }
                    | What::Result { .. }
                    | What::Writable { .. }
                    | What::ReadOnly
                    | What::End { .. },
                    _,
                ) => {}
            }
        }
        let mut unfinished: Vec<Unfinished> = open.into_values().collect();
        unfinished.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        unfinished
    }
}

/// The outcome of a command that certainly did not run.
pub(super) const NOT_SENT: &str = "not sent";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;
    use crate::operation::{Danger, Intent, Undo, Verb};

    fn begin(id: &str) -> Entry {
        let intent =
            Intent { cluster: "db".into(), verb: Verb::Cleanup, subject: "vip".to_owned(), to: None };
        let plan = Plan {
            intent,
            title: "cleanup vip".to_owned(),
            notes: Vec::new(),
            danger: Danger::Ordinary,
            simulation: None,
            phases: Vec::new(),
            undo: Undo::Impossible("no".to_owned()),
            half_way: String::new(),
            concerns: Vec::new(),
            known_failures: Vec::new(),
        };
        entry(
            id,
            What::Begin { title: plan.title.clone(), reason: "it\nfailed".to_owned(), plan: plan.into() },
        )
    }

    fn entry(id: &str, what: What) -> Entry {
        let at = Timestamp::UNIX_EPOCH;
        Entry { id: id.to_owned(), at, user: "op".to_owned(), uid: 1000, pid: 7, cluster: "db".into(), what }
    }

    fn command(id: &str) -> Entry {
        entry(id, What::Command { host: "db1".into(), argv: vec!["crm_resource".to_owned()] })
    }

    fn end(id: &str) -> Entry {
        entry(id, What::End { outcome: "done".to_owned(), words: String::new() })
    }

    #[test]
    fn what_began_and_never_ended_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(&path).unwrap();
        for line in [begin("a"), command("a"), begin("b"), command("b"), end("a")] {
            audit.append(&line).unwrap();
        }
        let unfinished = audit.read().unwrap().unfinished();
        assert_eq!(unfinished.iter().map(|it| (it.id.as_str(), it.sent)).collect::<Vec<_>>(), [("b", 1)]);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // A second console adds to it.
        Audit::open(&path).unwrap().append(&end("b")).unwrap();
        assert!(read(&path).unwrap().unfinished().is_empty());
    }

    #[test]
    fn what_was_not_sent_does_not_count() {
        let not_sent = entry("a", What::Result { outcome: NOT_SENT.to_owned(), said: String::new() });
        let record = Record { entries: vec![begin("a"), command("a"), not_sent], unreadable: 0 };
        assert_eq!(record.unfinished()[0].sent, 0);
    }

    #[test]
    fn a_log_that_is_not_there_is_empty() {
        assert_eq!(read(Path::new("/nonexistent/audit.jsonl")).unwrap(), Record::default());
    }

    proptest! {
        // Each case waits for the disk.
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_torn_last_line_costs_itself_alone(whole in 1..5_usize, torn in 0.0..1.0_f64) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.jsonl");
            let audit = Audit::open(&path).unwrap();
            for nth in 0..whole {
                audit.append(&begin(&nth.to_string())).unwrap();
            }
            let before = std::fs::read(&path).unwrap();
            audit.append(&begin("torn")).unwrap();
            let after = std::fs::read(&path).unwrap();
            let kept = before.len() + ((after.len() - before.len()) as f64 * torn) as usize;
            std::fs::write(&path, &after[..kept]).unwrap();
            let record = read(&path).unwrap();
            prop_assert!(record.entries.len() >= whole);
            prop_assert!(record.unreadable <= 1);
            // The next console's lines are whole again.
            Audit::open(&path).unwrap().append(&begin("next")).unwrap();
            let record = read(&path).unwrap();
            prop_assert_eq!(&record.entries.last().unwrap().id, "next");
            prop_assert_eq!(record.entries.len(), whole + 1 + usize::from(record.entries.iter().any(|it| it.id == "torn")));
        }

        #[test]
        fn nothing_in_a_log_is_too_much(bytes in any::<Vec<u8>>()) {
            let _record = parse(&bytes).unfinished();
        }
    }
}
