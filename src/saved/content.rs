//! The bytes behind a path that somebody sent: one document, or the files of a report that matter.
//!
//! Nothing is written to disk, no link is followed, and everything has a limit. A name in an archive is only ever
//! compared, never opened.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};

use super::archive;

/// The most of everything that is read of one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of the file itself.
    pub(super) packed: u64,
    /// Bytes that it unpacks to.
    pub(super) unpacked: u64,
    /// Files, folders and links, wanted or not.
    pub(super) entries: usize,
    /// Folders inside of each other.
    pub(super) depth: usize,
    /// Bytes of one wanted file. The XML of a cluster of a hundred nodes has about 1 MiB.
    pub(super) file: u64,
    /// Bytes of all wanted files together.
    pub(super) kept: u64,
}

impl Limits {
    /// Room for the reports of large clusters: a `sos report` of one host may unpack to more than 1 GiB.
    pub(super) const DEFAULT: Self = Self {
        packed: 2 << 30,
        unpacked: 4 << 30,
        entries: 200_000,
        depth: 32,
        file: 64 << 20,
        kept: 256 << 20,
    };
}

/// Why a path gives nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoContent {
    #[error("does not exist")]
    Missing,
    #[error("is empty")]
    Empty,
    #[error("can't be read: {}", in_words(.0))]
    Io(io::Error),
    #[error("can't be read: it is larger than {} MiB", .0.div_ceil(1 << 20))]
    Packed(u64),
    #[error("can't be read: it unpacks to more than {} MiB", .0.div_ceil(1 << 20))]
    Unpacked(u64),
    #[error("can't be read: it holds more than {0} files")]
    Entries(usize),
    #[error("can't be read: it has more than {0} folders inside of each other")]
    Depth(usize),
    #[error("can't be read: {path} in it is larger than {} MiB", .most.div_ceil(1 << 20))]
    File { path: String, most: u64 },
    #[error("can't be read: its files about the cluster have more than {} MiB", .0.div_ceil(1 << 20))]
    Kept(u64),
    #[error("can't be read: the archive is damaged or cut off: {0}")]
    Damaged(String),
}

impl From<io::Error> for NoContent {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

/// The system's words without its error number.
fn in_words(error: &io::Error) -> String {
    let words = error.to_string();
    match error.raw_os_error().and_then(|number| words.strip_suffix(&format!(" (os error {number})"))) {
        Some(words) => words.to_lowercase(),
        None => words,
    }
}

/// What a path holds.
#[derive(Debug)]
pub(super) enum Content {
    /// One file, unpacked if it was packed.
    Document(Kept),
    /// A folder or a tarball: its files about the cluster.
    Report(Files),
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its folders and its name, joined by `/`; empty for a lone document.
    pub(super) path: String,
    /// When it was last written.
    pub(super) modified: Option<Timestamp>,
    pub(super) bytes: Vec<u8>,
}

/// The files of a report that were read, and what was seen besides.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) kept: Vec<Kept>,
    /// Archives inside of the report. They are not opened.
    pub(super) archives: Vec<String>,
    limits: Limits,
    entries: usize,
    bytes: u64,
}

/// At most this many archives inside of a report are remembered.
const ARCHIVES: usize = 4;

impl Files {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { kept: Vec::new(), archives: Vec::new(), limits, entries: 0, bytes: 0 }
    }

    /// Counts a file, a folder or a link.
    pub(super) fn count(&mut self) -> Result<(), NoContent> {
        self.entries += 1;
        if self.entries > self.limits.entries { Err(NoContent::Entries(self.limits.entries)) } else { Ok(()) }
    }

    pub(super) const fn check_depth(&self, depth: usize) -> Result<(), NoContent> {
        if depth > self.limits.depth { Err(NoContent::Depth(self.limits.depth)) } else { Ok(()) }
    }

    /// Reads a file if its name is wanted.
    pub(super) fn offer(
        &mut self,
        path: &str,
        modified: Option<Timestamp>,
        source: impl Read,
    ) -> Result<(), NoContent> {
        let name = path.rsplit('/').next().unwrap_or_default();
        if is_archive(name) && self.archives.len() < ARCHIVES {
            self.archives.push(path.to_owned());
        }
        if !is_wanted(name) {
            return Ok(());
        }
        let most = self.limits.file;
        let mut bytes = Vec::new();
        source.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(NoContent::File { path: path.to_owned(), most });
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > self.limits.kept {
            return Err(NoContent::Kept(self.limits.kept));
        }
        self.kept.push(Kept { path: path.to_owned(), modified, bytes });
        Ok(())
    }
}

/// Whether a file tells of the cluster: as `crm_report`, `crm report` and `sos report` name it.
fn is_wanted(name: &str) -> bool {
    matches!(name, "cib.xml" | "cib.xml.live" | "corosync.conf" | "RUNNING" | "STOPPED" | "DC")
        || name.starts_with("crm_mon")
}

fn is_archive(name: &str) -> bool {
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz"].iter().any(|end| name.ends_with(end))
}

/// Reads a path that the user has named. `-` is stdin. A link is followed here and nowhere below.
pub(super) fn read(path: &Path, limits: Limits) -> Result<Content, NoContent> {
    let content = read_any(path, limits)?;
    let is_empty = match &content {
        Content::Document(document) => document.bytes.trim_ascii().is_empty(),
        Content::Report(files) => files.entries == 0,
    };
    if is_empty { Err(NoContent::Empty) } else { Ok(content) }
}

fn read_any(path: &Path, limits: Limits) -> Result<Content, NoContent> {
    if path == Path::new("-") {
        return archive::read(io::stdin().lock(), None, limits);
    }
    let file = crate::files::open_any(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        let mut files = Files::new(limits);
        walk(&file.into(), "", 1, &mut files)?;
        return Ok(Content::Report(files));
    }
    let modified = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    archive::read(BufReader::new(file), modified, limits)
}

/// Reads what is wanted in a folder and in those below it, sorted by name.
fn walk(folder: &OwnedFd, path: &str, depth: usize, files: &mut Files) -> Result<(), NoContent> {
    files.check_depth(depth)?;
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(io::Error::from)? {
        let name = entry.map_err(io::Error::from)?.file_name().to_bytes().to_owned();
        if !matches!(name.as_slice(), b"." | b"..") {
            files.count()?;
            names.push(name);
        }
    }
    names.sort();
    for name in names {
        let below = joined(path, &String::from_utf8_lossy(&name));
        // Opened where it was found, so that nothing that changes meanwhile leads elsewhere. A device or a pipe isn't
        // waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(found) = openat(folder.as_fd(), OsStr::from_bytes(&name), flags, Mode::empty()) else {
            // A link, a socket, or a file for other users' eyes.
            continue;
        };
        let status = fstat(&found).map_err(io::Error::from)?;
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory => walk(&found, &below, depth + 1, files)?,
            FileType::RegularFile => {
                let modified = Timestamp::from_second(status.st_mtime).ok();
                files.offer(&below, modified, File::from(found))?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A source that ends with an error after so many bytes, and remembers that it did.
pub(super) struct Bounded<'c, R> {
    pub(super) source: R,
    pub(super) left: u64,
    pub(super) is_exceeded: &'c Cell<bool>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            self.is_exceeded.set(true);
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        };
        self.left = left;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const SMALL: Limits =
        Limits { packed: 1 << 20, unpacked: 1 << 20, entries: 20, depth: 4, file: 1 << 10, kept: 1 << 11 };

    fn paths(content: Result<Content, NoContent>) -> Vec<String> {
        let Content::Report(files) = content.unwrap() else { panic!("a folder is a report") };
        files.kept.into_iter().map(|kept| kept.path).collect()
    }

    #[test]
    fn a_folder_gives_its_wanted_files_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("report/db1")).unwrap();
        fs::create_dir_all(at("secret")).unwrap();
        for path in ["report/db1/cib.xml", "report/db1/crm_mon.txt", "report/db1/shadow", "secret/cib.xml"] {
            fs::write(at(path), "x").unwrap();
        }
        symlink(at("secret"), at("report/db2")).unwrap();
        symlink(at("secret/cib.xml"), at("report/cib.xml")).unwrap();
        symlink("..", at("report/db1/loop")).unwrap();
        assert!(
            std::process::Command::new("mkfifo").arg(at("report/crm_mon.xml")).status().unwrap().success()
        );
        assert_eq!(paths(read(&at("report"), SMALL)), ["db1/cib.xml", "db1/crm_mon.txt"]);
    }

    #[test]
    fn a_folder_has_limits() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("deep/a/b/c/d/e")).unwrap();
        let error = read(&at("deep"), SMALL).unwrap_err();
        assert_eq!(error.to_string(), "can't be read: it has more than 4 folders inside of each other");
        fs::create_dir(at("wide")).unwrap();
        for number in 0..30 {
            fs::write(at(&format!("wide/{number}")), "").unwrap();
        }
        assert_eq!(
            read(&at("wide"), SMALL).unwrap_err().to_string(),
            "can't be read: it holds more than 20 files"
        );
        fs::create_dir(at("large")).unwrap();
        fs::write(at("large/cib.xml"), vec![b' '; 1025]).unwrap();
        assert_eq!(
            read(&at("large"), SMALL).unwrap_err().to_string(),
            "can't be read: cib.xml in it is larger than 1 MiB"
        );
        for number in 0..3 {
            fs::create_dir_all(at(&format!("many/{number}"))).unwrap();
            fs::write(at(&format!("many/{number}/cib.xml")), vec![b' '; 1000]).unwrap();
        }
        let error = read(&at("many"), SMALL).unwrap_err();
        assert_eq!(error.to_string(), "can't be read: its files about the cluster have more than 1 MiB");
    }
}
