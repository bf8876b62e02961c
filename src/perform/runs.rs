//! The runs on the disk: a folder each, with its journal and what its scripts printed.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};

use crate::files;
use crate::scenario::journal::{Begun, Entry, Outcome, Record};

/// The folder of all runs, in the folder of state.
pub const FOLDER: &str = "runs";
const JOURNAL: &str = "journal.jsonl";
const OUTPUT: &str = "output";
/// How often a run that is not to be had is tried for, and the pause between two tries.
const LOOKS: u32 = 5;
const A_LOOK: Duration = Duration::from_millis(10);

/// All runs that there have been.
#[derive(Debug, Clone)]
pub struct Runs {
    state: PathBuf,
    folder: PathBuf,
}

/// One run that is in our hands. No other console can take it while it is.
#[derive(Debug)]
pub struct Run {
    id: String,
    folder: PathBuf,
    /// Its lock is the run's.
    journal: File,
    /// What was in the journal when it was opened.
    entries: Vec<Entry>,
}

/// What is known of a run without taking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it is about.
    pub begun: Begun,
    /// When it was begun.
    pub at: Timestamp,
    /// When something was last written of it.
    pub last: Timestamp,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Whether a console has it in its hands.
    pub is_in_hand: bool,
}

/// Why there is no such run to be had.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another console has it.
    #[error("run {0} is in the hands of another console")]
    InHand(String),
    /// There is none of that name.
    #[error("there is no run {0}")]
    Unknown(String),
    /// Its files can't be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Runs {
    /// Those in that folder of state, which need not exist.
    pub fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), folder: state.join(FOLDER) }
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// A new run, nothing of which has been done.
    pub fn create(&self, at: Timestamp) -> Result<Run, RunError> {
        make_folder(&self.folder)?;
        let (id, folder) = loop {
            let id = new_id(at);
            let folder = self.folder.join(&id);
            match DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => break (id, folder),
                // A run of the same second, or of the same time before the clock was set back.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(RunError::Io { path: folder, source }),
            }
        };
        make_folder(&folder.join(OUTPUT))?;
        Run::open(id, folder)
    }

    /// Takes a run to go on with it.
    pub fn open(&self, id: &str) -> Result<Run, RunError> {
        let is_name = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let folder = self.folder.join(id);
        if !is_name || !folder.join(JOURNAL).exists() {
            return Err(RunError::Unknown(id.to_owned()));
        }
        // They are there, and are to be ours.
        make_folder(&self.folder)?;
        make_folder(&folder)?;
        Run::open(id.to_owned(), folder)
    }

    /// All of which anything is known, newest first.
    pub fn list(&self) -> Result<Vec<Summary>, RunError> {
        let broken = |source| RunError::Io { path: self.folder.clone(), source };
        let found = match fs::read_dir(&self.folder) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(broken(error)),
        };
        let mut runs = Vec::new();
        for folder in found {
            let folder = folder.map_err(broken)?;
            if folder.file_type().map_err(broken)?.is_dir() {
                runs.extend(summary(&folder.path()));
            }
        }
        runs.sort_by(|a, b| (b.at, &b.begun.run).cmp(&(a.at, &a.begun.run)));
        Ok(runs)
    }

    /// What is known of one run; `None`: there is none of that name in this folder.
    pub fn summary(&self, id: &str) -> Option<Summary> {
        let is_name = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        is_name.then(|| summary(&self.folder.join(id)))?
    }
}

impl Run {
    fn open(id: String, folder: PathBuf) -> Result<Self, RunError> {
        let path = folder.join(JOURNAL);
        let broken = |source| RunError::Io { path: path.clone(), source };
        let mut journal = files::append(&path).map_err(broken)?;
        if !take(&journal) {
            return Err(RunError::InHand(id));
        }
        let bytes = files::read_from_start(&journal).map_err(broken)?;
        // A line that was torn would spoil the next one too.
        if bytes.last().is_some_and(|last| *last != b'\n') {
            journal.write_all(b"\n").map_err(broken)?;
        }
        let entries = Record::parse(&bytes).entries;
        Ok(Self { id, folder, journal, entries })
    }

    /// Its name: letters, digits and hyphens; sorts by time.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where its files are, for this user's eyes only.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its scripts' output is kept.
    pub fn output(&self) -> PathBuf {
        self.folder.join(OUTPUT)
    }

    /// What happened before it was opened.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What it is about; `None`: nothing has been written of it.
    pub fn begun(&self) -> Option<&Begun> {
        self.entries.iter().find_map(|entry| match &entry.event {
            crate::scenario::journal::Event::Begun(begun) => Some(begun),
            _ => None,
        })
    }

    /// Adds lines, and comes back when they are on the disk.
    pub(super) fn append(&self, entries: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            lines.extend(entry.line()?);
        }
        let mut journal = &self.journal;
        journal.write_all(&lines)?;
        journal.sync_data()
    }
}

/// Whoever comes next can have it at once. Closing alone would not do: a child that is just being started has the file too,
/// until it becomes another program.
impl Drop for Run {
    fn drop(&mut self) {
        release(&self.journal);
    }
}

/// Takes a run's lock. A console that lists the runs has it for a moment, so it is tried again for as long.
fn take(journal: &File) -> bool {
    let taken = || flock(journal, FlockOperation::NonBlockingLockExclusive).is_ok();
    (0..LOOKS).any(|look| {
        if look > 0 {
            std::thread::sleep(A_LOOK);
        }
        taken()
    })
}

fn release(journal: &File) {
    if let Err(error) = flock(journal, FlockOperation::Unlock) {
        tracing::warn!("the lock of a run could not be given back, it goes with this process: {error}");
    }
}

/// Reads a run's journal; nothing where there is none that begins.
fn summary(folder: &Path) -> Option<Summary> {
    let path = folder.join(JOURNAL);
    let bytes =
        files::read(&path).inspect_err(|error| tracing::debug!("{}: {error}", path.display())).ok()?;
    let record = Record::parse(&bytes);
    let begun = record.begun()?.clone();
    let (first, last) = (record.entries.first()?.at, record.entries.last()?.at);
    let journal =
        files::open(&path).inspect_err(|error| tracing::debug!("{}: {error}", path.display())).ok()?;
    let is_in_hand = flock(&journal, FlockOperation::NonBlockingLockShared).is_err();
    if !is_in_hand {
        release(&journal);
    }
    Some(Summary { begun, at: first, last, outcome: record.outcome().cloned(), is_in_hand })
}

pub(super) fn make_folder(folder: &Path) -> Result<(), RunError> {
    files::make_folder(folder).map_err(|source| RunError::Io { path: folder.to_owned(), source })
}

/// Sorts by time, and is unlike any other.
pub(super) fn new_id(at: Timestamp) -> String {
    format!("{}-{:04x}", at.strftime("%Y%m%d-%H%M%S"), fastrand::u16(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_run_is_never_an_old_one() {
        let state = tempfile::tempdir().unwrap();
        let runs = Runs::new(state.path());
        let create = || {
            fastrand::seed(7);
            runs.create(Timestamp::UNIX_EPOCH).unwrap().id().to_owned()
        };
        assert_ne!(create(), create());
    }

    #[test]
    fn a_run_that_is_given_back_can_be_taken_though_a_child_has_its_file_still() {
        let state = tempfile::tempdir().unwrap();
        let runs = Runs::new(state.path());
        let run = runs.create(Timestamp::UNIX_EPOCH).unwrap();
        let id = run.id().to_owned();
        let inherited = run.journal.try_clone().unwrap();
        assert!(matches!(runs.open(&id), Err(RunError::InHand(_))));
        drop(run);
        assert_eq!(runs.open(&id).unwrap().id(), id);
        drop(inherited);
    }
}
