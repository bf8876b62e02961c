//! What was done, when, where, by whom and why: lines of JSON that are only ever added to.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::at_work::AtWork;
use crate::config::user;
use crate::files;
use crate::model::{ClusterName, HostName};
use crate::operation::{Plan, Process, Ran, Sent, Site, Unfinished};

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
    #[serde(flatten)]
    pub process: Process,
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
            process: Process::own(),
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
        /// The cluster's hosts, as the console that began it was told; empty in the log of an earlier version.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<HostName>,
        /// All that may be done.
        plan: Box<Plan>,
    },
    /// A console goes on with an operation that another has left unfinished.
    Resume,
    /// This process stops working on an operation that hasn't finished: its resume was refused, or it panicked. Another
    /// console may resume it.
    GivenUp,
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

/// The log, to be added to. Several consoles may write to one file at once.
#[derive(Debug)]
pub struct Audit {
    pub(super) path: PathBuf,
    /// Opened to append and to read. Opened again when another file has taken its place.
    pub(super) file: Mutex<File>,
    pub(super) at_work: AtWork,
}

impl Audit {
    /// Opens the log, made if need be, for this user's eyes only. Its folder must be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: Mutex::new(files::append(path)?), at_work: AtWork::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The operations that this process is working on.
    pub fn at_work(&self) -> &AtWork {
        &self.at_work
    }

    /// Adds a line, and comes back when it is on the disk.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        lock(&file);
        // Readers go by the path: a line in a file that was moved away or deleted would be lost to all of them.
        while !self.is_in_place(&file)? {
            let opened = files::append(&self.path)?;
            lock(&opened);
            // Closing the old file unlocks it.
            *file = opened;
        }
        let written = write(&mut file, entry);
        if let Err(error) = flock(&*file, FlockOperation::Unlock) {
            tracing::warn!(%error, "the audit log can't be unlocked");
        }
        written
    }

    /// Whether that open file is the one at the log's path.
    fn is_in_place(&self, file: &File) -> io::Result<bool> {
        let open = file.metadata()?;
        match self.path.symlink_metadata() {
            Ok(there) => Ok((there.dev(), there.ino()) == (open.dev(), open.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Everything in it.
    pub fn read(&self) -> io::Result<Record> {
        read(&self.path)
    }
}

fn lock(file: &File) {
    if let Err(error) = flock(file, FlockOperation::LockExclusive) {
        // Some network file systems have no locks. One write at the end of a file is whole without one, too.
        tracing::warn!(%error, "the audit log can't be locked");
    }
}

/// One write, so that two consoles' lines don't mix.
fn write(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = if ends_torn(file)? { vec![b'\n'] } else { Vec::new() };
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()
}

/// Whether the last line has no end: a console died, or the disk was full, while it was written.
fn ends_torn(file: &File) -> io::Result<bool> {
    let mut last = [b'\n'];
    if let Some(at) = file.metadata()?.len().checked_sub(1) {
        file.read_exact_at(&mut last, at)?;
    }
    Ok(last != *b"\n")
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
            Err(_torn) => {
                record.unreadable += 1;
                record.entries.extend(after_torn(line));
            }
        }
    }
    record
}

/// How an entry begins, as [`Entry`] is written.
const BEGINS: &[u8] = br#"{"id":""#;
/// In how many places of a torn line an entry is looked for.
const PLACES: usize = 16;

/// The entry that was written behind a torn one, on the same line.
fn after_torn(line: &[u8]) -> Option<Entry> {
    let places = line.windows(BEGINS.len()).enumerate().skip(1).filter(|(_, window)| *window == BEGINS);
    places.take(PLACES).find_map(|(at, _)| serde_json::from_slice(line.get(at..)?).ok())
}

/// The line that begins an operation.
struct Begun<'r> {
    entry: &'r Entry,
    hosts: &'r [HostName],
    plan: &'r Plan,
}

/// What the lines of one operation tell, in whatever order they stand.
#[derive(Default)]
struct Story<'r> {
    begin: Option<Begun<'r>>,
    by: Vec<Process>,
    sent: Vec<Sent>,
    /// Whether the last command's end is still to be told.
    is_open: bool,
    is_over: bool,
}

impl<'r> Story<'r> {
    fn add(&mut self, entry: &'r Entry) {
        match &entry.what {
            What::Begin { hosts, plan, .. } if self.begin.is_none() => {
                self.begin = Some(Begun { entry, hosts, plan });
                self.by.insert(0, entry.process.clone());
            }
            What::Resume => self.by.push(entry.process.clone()),
            What::GivenUp => {
                // The last one: another task of that process may still be at it.
                if let Some(at) = self.by.iter().rposition(|process| *process == entry.process) {
                    self.by.remove(at);
                }
            }
            What::Command { argv, .. } => {
                let why = "the console ended before the command's end was known".to_owned();
                self.sent.push(Sent { argv: argv.clone(), ran: Ran::Unknown(why) });
                self.is_open = true;
            }
            What::Result { outcome, said } => {
                self.end_command(ran(outcome, said));
                self.is_open = false;
            }
            What::End { .. } => self.is_over = true,
            What::Begin { .. } | What::Writable { .. } | What::ReadOnly => {}
        }
    }

    fn end_command(&mut self, ran: Ran) {
        match (ran, self.sent.last_mut().filter(|_| self.is_open)) {
            // What certainly was not sent is not one that may have run.
            (Ran::NotSent(_), Some(_)) => {
                self.sent.pop();
            }
            (ran, Some(last)) => last.ran = ran,
            (Ran::NotSent(_), None) => {}
            // Its command can't be read any more; that there was one must not be forgotten.
            (ran, None) => self.sent.push(Sent { argv: Vec::new(), ran }),
        }
    }

    /// Where it began.
    fn site(&self) -> Option<Site> {
        let Begun { hosts, plan, .. } = self.begin.as_ref()?;
        Some(Site::of_plan(plan, hosts))
    }

    fn unfinished(self) -> Option<Unfinished> {
        let Begun { entry, hosts, plan } = self.begin.filter(|_| !self.is_over)?;
        Some(Unfinished {
            id: entry.id.clone(),
            at: entry.at,
            user: entry.user.clone(),
            by: self.by,
            hosts: hosts.to_vec(),
            plan: plan.clone(),
            sent: self.sent,
        })
    }
}

impl Record {
    /// What began and never ended, oldest first.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.unfinished_where(|_| true)
    }

    /// The same of one cluster, whatever the consoles call it.
    pub fn unfinished_in(&self, site: &Site) -> Vec<Unfinished> {
        self.unfinished_where(|story| story.site().is_some_and(|other| other.is_same(site)))
    }

    fn unfinished_where(&self, is_meant: impl Fn(&Story<'_>) -> bool) -> Vec<Unfinished> {
        let mut stories: HashMap<&str, Story<'_>> = HashMap::new();
        for entry in &self.entries {
            stories.entry(entry.id.as_str()).or_default().add(entry);
        }
        let meant = stories.into_values().filter(|story| !story.is_over && is_meant(story));
        let mut unfinished: Vec<Unfinished> = meant.filter_map(Story::unfinished).collect();
        unfinished.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        unfinished
    }

    /// What other processes may be carrying out in that cluster now.
    pub fn others(&self, site: &Site) -> Vec<Unfinished> {
        self.unfinished_in(site).into_iter().filter(Unfinished::may_be_others).collect()
    }

    /// Whether any line of that operation can be read.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.id == id)
    }

    /// Whether the first line of one operation stands before that of another.
    pub(super) fn is_before(&self, one: &str, other: &str) -> bool {
        let first = self.entries.iter().find(|entry| entry.id == one || entry.id == other);
        first.is_some_and(|entry| entry.id == one)
    }
}

/// The outcome of a command that certainly did not run.
const NOT_SENT: &str = "not sent";

/// How a command ended, as it is logged.
pub(super) fn result(ran: &Ran) -> What {
    let (outcome, said) = match ran {
        Ran::Exited { code: Some(code), said } => (format!("exit {code}"), said),
        Ran::Exited { code: None, said } => ("signal".to_owned(), said),
        Ran::NotSent(why) => (NOT_SENT.to_owned(), why),
        Ran::Unknown(why) => ("unknown".to_owned(), why),
    };
    What::Result { outcome, said: said.clone() }
}

/// How a command ended that was logged like this. A word that this version doesn't know is unknown.
fn ran(outcome: &str, said: &str) -> Ran {
    let said = said.to_owned();
    match (outcome, outcome.strip_prefix("exit ").and_then(|code| code.parse().ok())) {
        (_, Some(code)) => Ran::Exited { code: Some(code), said },
        ("signal", _) => Ran::Exited { code: None, said },
        (NOT_SENT, _) => Ran::NotSent(said),
        _ => Ran::Unknown(said),
    }
}

#[cfg(test)]
mod tests;
