//! The private directory that holds the control sockets of the masters.

#[cfg(test)]
mod tests;

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{
    AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, lstat, open, openat, renameat,
    statat, unlinkat,
};
use rustix::process::geteuid;
use tempfile::TempDir;

/// Not `quorate-`: a directory of that name belongs to a host's runs, or to an early console that deletes what is
/// called so.
const PREFIX: &str = "quorate.";

/// How many random letters and digits come after the prefix, and make the name of a master's directory.
const RANDOM: usize = 6;

/// What the crate calls a master's control socket.
const SOCKET: &str = "master";

/// ssh's own lines go to this file beside the socket until it has logged in; stderr is for a server's banner.
pub(super) const LOG: &str = "log";

/// The file that makes a directory ours. Its console holds a lock on it for as long as it lives: a lock is given up by
/// the kernel however a process ends, and asking for it can't hang.
const MARK: &str = "console";
/// The mark until it is locked and written.
const NEW_MARK: &str = "console.new";
const MARK_TEXT: &str =
    "ssh control sockets of a quorate console; the next console removes them when this one is gone\n";

/// ssh binds a socket to its path with `.` and 16 random characters appended, and a socket's address has
/// room for 103 bytes on the smallest system. What is left is for the directory.
const LONGEST: usize = 103 - 17 - "/XXXXXX/master".len();

/// Where the control sockets are made. There is a directory from the start until [`ControlDirectory::remove`], and
/// again from the next login on.
#[derive(Debug)]
pub(super) struct ControlDirectory {
    parents: Vec<PathBuf>,
    marked: Mutex<Option<Marked>>,
}

/// A directory of mode 0700 with a locked mark. Removed with the value.
#[derive(Debug)]
struct Marked {
    path: PathBuf,
    parent: OwnedFd,
    directory: OwnedFd,
    /// Its lock.
    _mark: Option<File>,
}

impl ControlDirectory {
    /// A directory below `parent`, or below the first of the usual places that is there and short enough. Removes what
    /// consoles have left there that are gone.
    pub(super) fn create(parent: Option<&Path>) -> io::Result<Self> {
        let parents = parent.map_or_else(usual_places, |parent| vec![parent.to_path_buf()]);
        let marked = Mutex::new(Some(Marked::create(&parents)?));
        Ok(Self { parents, marked })
    }

    /// A directory in it for the socket of one master. Where somebody else has removed the control directory, as logind
    /// does with `$XDG_RUNTIME_DIR` at the last logout, a new one is made in the first place that is left.
    pub(super) fn for_one_master(&self) -> io::Result<TempDir> {
        let mut marked = self.marked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gone) = marked.take_if(|marked| !marked.is_in_place()) {
            tracing::info!(path = %gone.path.display(), "the control directory is gone: making another one");
        }
        let marked = match &mut *marked {
            Some(marked) => marked,
            none => none.insert(Marked::create(&self.parents)?),
        };
        private("").tempdir_in(&marked.path)
    }

    /// Removes the directory and the sockets in it.
    pub(super) fn remove(&self) {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Marked {
    fn create(parents: &[PathBuf]) -> io::Result<Self> {
        let mut result = Err(io::Error::other("there is no place for ssh's control sockets"));
        for parent in parents {
            result = Self::create_in(parent);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        if parent.as_os_str().as_bytes().len() + "/".len() + PREFIX.len() + RANDOM > LONGEST {
            let text = format!("the path {} is too long for ssh's control sockets", parent.display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, text));
        }
        let parent_fd = open(parent, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(io::Error::from)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", parent.display())))?;
        if let Err(error) = remove_stale(&parent_fd) {
            tracing::debug!(%error, parent = %parent.display(), "old control sockets were not removed");
        }
        let path = private(PREFIX).tempdir_in(parent)?.keep();
        let directory = open_directory(&parent_fd, path.file_name().unwrap_or_default())?;
        let mark = mark(&directory)
            .inspect_err(
                |error| tracing::debug!(%error, "without a mark, only this console removes its directory"),
            )
            .ok();
        Ok(Self { path, parent: parent_fd, directory, _mark: mark })
    }

    /// Whether its path still leads to it.
    fn is_in_place(&self) -> bool {
        let (Ok(ours), Ok(named)) = (fstat(&self.directory), lstat(&self.path)) else { return false };
        (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        let name = self.path.file_name().unwrap_or_default();
        if let Err(error) = remove(&self.parent, name, &self.directory) {
            tracing::debug!(%error, path = %self.path.display(), "the control directory was not removed");
        }
    }
}

/// Puts the mark into a new directory. It is locked before it has its name, so that no other console ever finds it
/// unlocked while this one lives.
fn mark(directory: &OwnedFd) -> io::Result<File> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut mark = File::from(openat(directory, NEW_MARK, flags, Mode::RUSR | Mode::WUSR)?);
    flock(&mark, FlockOperation::NonBlockingLockExclusive)?;
    mark.write_all(MARK_TEXT.as_bytes())?;
    renameat(directory, NEW_MARK, directory, MARK)?;
    Ok(mark)
}

/// Makes directories that are called that and six letters and digits, for us alone.
fn private(prefix: &str) -> tempfile::Builder<'_, '_> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).rand_bytes(RANDOM).permissions(Permissions::from_mode(0o700));
    builder
}

fn usual_places() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]).collect()
}

/// Removes the directories of consoles that are gone. All else stays, whatever it is called.
fn remove_stale(parent: &OwnedFd) -> io::Result<()> {
    for entry in Dir::read_from(parent)? {
        let entry = entry?;
        let name = std::ffi::OsStr::from_bytes(entry.file_name().to_bytes());
        let is_named = name.as_bytes().strip_prefix(PREFIX.as_bytes()).is_some_and(is_random);
        if !is_named {
            continue;
        }
        match stale(parent, name) {
            Ok(Some((directory, _locked))) => {
                if let Err(error) = remove(parent, name, &directory) {
                    tracing::debug!(%error, name = %name.display(), "an old control directory was not removed");
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, name = %name.display(), "a directory is not ours to remove");
            }
        }
    }
    Ok(())
}

/// That directory, if a console made it that is gone, and the lock of that console, which is ours now.
fn stale(parent: &OwnedFd, name: &std::ffi::OsStr) -> io::Result<Option<(OwnedFd, File)>> {
    let directory = open_directory(parent, name)?;
    if !is_private_directory(&fstat(&directory)?, fstat(parent)?.st_dev) {
        return Ok(None);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut mark = File::from(openat(&directory, MARK, flags, Mode::empty())?);
    if !is_mark(&fstat(&mark)?) {
        return Ok(None);
    }
    let mut text = String::new();
    (&mut mark).take(MARK_TEXT.len() as u64 + 1).read_to_string(&mut text)?;
    let is_gone = || flock(&mark, FlockOperation::NonBlockingLockExclusive).is_ok();
    Ok((text == MARK_TEXT && is_gone()).then_some((directory, mark)))
}

/// Removes a directory of ours whose lock we have. One that holds anything else than what a console puts there stays as
/// it is, all of it.
fn remove(parent: &OwnedFd, name: &std::ffi::OsStr, directory: &OwnedFd) -> io::Result<()> {
    let whole = fstat(directory)?;
    let mut masters = Vec::new();
    for name in names(directory)? {
        if name == MARK.as_bytes() {
            continue;
        }
        let master = match open_directory(directory, name.as_slice()) {
            // Its login has ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            master => master?,
        };
        if !is_random(&name) || !is_private_directory(&fstat(&master)?, whole.st_dev) {
            return Err(foreign(&name));
        }
        let sockets = names(&master)?;
        for socket in &sockets {
            let stat = statat(&master, socket.as_slice(), AtFlags::SYMLINK_NOFOLLOW)?;
            if !is_socket(socket, &stat) && !is_log(socket, &stat) {
                return Err(foreign(socket));
            }
        }
        masters.push((name, master, sockets));
    }
    for (name, master, sockets) in masters {
        for socket in sockets {
            gone_or(unlinkat(&master, socket.as_slice(), AtFlags::empty()))?;
        }
        gone_or(unlinkat(directory, name.as_slice(), AtFlags::REMOVEDIR))?;
    }
    gone_or(unlinkat(directory, MARK, AtFlags::empty()))?;
    let named = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if (named.st_dev, named.st_ino) != (whole.st_dev, whole.st_ino) {
        return Err(foreign(name.as_bytes()));
    }
    Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

/// The names in a directory.
fn names(directory: &OwnedFd) -> io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    Ok(names)
}

fn open_directory(parent: impl AsFd, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(openat(parent, name, flags, Mode::empty())?)
}

/// Whether it is for us alone, and not another file system that is mounted there.
fn is_private_directory(stat: &Stat, device: rustix::fs::Dev) -> bool {
    is_ours(stat, FileType::Directory) && stat.st_mode & 0o7777 == 0o700 && stat.st_dev == device
}

fn is_mark(stat: &Stat) -> bool {
    is_ours(stat, FileType::RegularFile) && stat.st_mode & 0o7777 == 0o600 && stat.st_nlink == 1
}

fn is_socket(name: &[u8], stat: &Stat) -> bool {
    let rest = name.strip_prefix(SOCKET.as_bytes());
    // ssh binds a socket to a name with an appendix first.
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b".")) && is_ours(stat, FileType::Socket)
}

fn is_log(name: &[u8], stat: &Stat) -> bool {
    name == LOG.as_bytes() && is_ours(stat, FileType::RegularFile) && stat.st_nlink == 1
}

fn is_ours(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind && stat.st_uid == geteuid().as_raw()
}

/// Whether the name is one that this module makes up.
fn is_random(name: &[u8]) -> bool {
    name.len() == RANDOM && name.iter().all(u8::is_ascii_alphanumeric)
}

fn foreign(name: &[u8]) -> io::Error {
    io::Error::other(format!("no console made {:?}", String::from_utf8_lossy(name)))
}

/// Another process may have removed it already: ssh removes its own socket.
fn gone_or(result: rustix::io::Result<()>) -> rustix::io::Result<()> {
    match result {
        Err(rustix::io::Errno::NOENT) => Ok(()),
        result => result,
    }
}
