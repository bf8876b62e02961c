//! The private directory that holds the control sockets of the masters.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "quorate-";

/// Somebody listens here for as long as the directory is in use; nobody ever answers.
const IN_USE: &str = "in-use";

/// ssh binds a socket to its path with `.` and 16 random characters appended, and a socket's address has
/// room for 103 bytes on the smallest system. What is left is for the directory.
const LONGEST: usize = 103 - 17 - "/XXXXXX/master".len();

/// A directory of mode 0700 that is removed with the value, and when that was not possible (the process was
/// killed), by the next one.
#[derive(Debug)]
pub(super) struct ControlDirectory {
    directory: TempDir,
    _in_use: UnixListener,
}

impl ControlDirectory {
    /// A new one below `parent`, or below the first of the usual places that is there and short enough.
    pub(super) fn create(parent: Option<&Path>) -> io::Result<Self> {
        let mut result = Err(io::Error::other("there is no place for ssh's control sockets"));
        for parent in parent.map_or_else(usual_places, |parent| vec![parent.to_path_buf()]) {
            result = Self::create_in(&parent);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        if parent.as_os_str().as_bytes().len() + "/".len() + PREFIX.len() + 6 > LONGEST {
            let text = format!("the path {} is too long for ssh's control sockets", parent.display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, text));
        }
        if let Err(error) = remove_stale(parent) {
            tracing::debug!(%error, parent = %parent.display(), "old control sockets were not removed");
        }
        let only_ours = fs::Permissions::from_mode(0o700);
        let directory = tempfile::Builder::new().prefix(PREFIX).permissions(only_ours).tempdir_in(parent)?;
        let in_use = UnixListener::bind(directory.path().join(IN_USE))?;
        Ok(Self { directory, _in_use: in_use })
    }

    /// A directory in it for the socket of one master.
    pub(super) fn for_one_master(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("").tempdir_in(&self.directory)
    }
}

fn usual_places() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]).collect()
}

/// Removes the directories of consoles that are gone. A directory of somebody else's stays: the system
/// does not let us remove it.
fn remove_stale(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let ours = entry.file_name().as_bytes().starts_with(PREFIX.as_bytes()) && entry.file_type()?.is_dir();
        if ours
            && is_stale(&entry.path())
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, path = %entry.path().display(), "an old directory was not removed");
        }
    }
    Ok(())
}

fn is_stale(directory: &Path) -> bool {
    match UnixStream::connect(directory.join(IN_USE)) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => true,
        // Between the making of a directory and of its socket lies a moment.
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::metadata(directory)
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_secs(60))),
        Ok(_) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_private_short_and_gone_at_the_end() {
        let control = ControlDirectory::create(None).unwrap();
        let path = control.directory.path().to_path_buf();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let (one, other) = (control.for_one_master().unwrap(), control.for_one_master().unwrap());
        assert_ne!(one.path(), other.path());
        assert!(one.path().join("master").as_os_str().as_bytes().len() <= 103 - 17);
        drop(control);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_console_left_is_removed_and_what_is_in_use_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join("quorate-left");
        fs::create_dir(&left).unwrap();
        drop(UnixListener::bind(left.join(IN_USE)).unwrap());
        let fresh = parent.path().join("quorate-fresh");
        fs::create_dir(&fresh).unwrap();
        let other = parent.path().join("other");
        fs::create_dir(&other).unwrap();
        let first = ControlDirectory::create(Some(parent.path())).unwrap();
        let second = ControlDirectory::create(Some(parent.path())).unwrap();
        assert!(!left.exists());
        assert!(fresh.exists() && other.exists());
        assert!(first.directory.path().exists() && second.directory.path().exists());
    }

    #[test]
    fn a_parent_that_is_too_long_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(80));
        fs::create_dir(&long).unwrap();
        assert!(ControlDirectory::create(Some(&long)).is_err());
    }
}
