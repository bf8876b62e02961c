//! Files on this machine: the console's own, and those that the user names.
//!
//! A file or folder of the console's own is created for this user alone. One that is there already is used only if it
//! is a regular file (or a folder) of this user that not everyone can write to. It is never reached through a link,
//! and its mode is never changed. Nothing here can hang on a FIFO or a device.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::geteuid;

/// The most that is read of a file that people write: a configuration, a theme, a keymap, values.
pub const WRITTEN_BY_HAND: u64 = 4 << 20;

/// The most that is read of a file that the console writes.
pub const WRITTEN_BY_US: u64 = 1 << 30;

/// Makes a folder of the console's own and those above it, unless they are there.
pub fn make_folder(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            check_folder(&path.symlink_metadata()?)
        }
        found => check_folder(&found?),
    }
}

/// Like [`make_folder`], for the topmost of them: the user may have put a link in its place.
pub fn make_top_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check_folder(&path.metadata()?)
}

/// Opens a file of the console's own, to add to and to read. Creates it if need be.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    open_ours(path, &mut options)
}

/// Opens a file of the console's own to read it.
pub fn open(path: &Path) -> io::Result<File> {
    open_ours(path, OpenOptions::new().read(true))
}

/// Reads a file of the console's own.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_from_start(&open(path)?)
}

/// Reads a file of the console's own that is open. What is added next still goes to its end.
pub fn read_from_start(mut file: &File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    read_up_to(file, WRITTEN_BY_US)
}

/// Writes a file of the console's own, all of it or nothing, onto the disk. Takes the place of an earlier one.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(found) = found(path)? {
        check_file(&found)?;
    }
    put(path, bytes)?.persist(path)?;
    Ok(())
}

/// Writes a file that the user has named in the place of what is there, all of it or nothing, for this user alone. A
/// link stays, and its target is replaced.
pub fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        target => target?,
    };
    if found(&path)?.is_some_and(|found| found.is_dir() || !(found.is_file() || found.is_symlink())) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it isn't a regular file"));
    }
    put(&path, bytes)?.persist(&path)?;
    Ok(())
}

/// Writes a file where there is none, all of it or nothing, for this user alone.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes)?.persist_noclobber(path)?;
    Ok(())
}

/// Removes a file of the console's own, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match found(path)? {
        Some(found) => check_file(&found).and_then(|()| fs::remove_file(path)),
        None => Ok(()),
    }
}

/// Reads a text that the user has written, of at most [`WRITTEN_BY_HAND`] bytes. Links are followed, and a pipe that
/// someone writes to is read to its end: `--config <(…)`.
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read_up_to(open_any(path)?, WRITTEN_BY_HAND)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Opens any file to read it. Doesn't wait for a FIFO to be written to: without a writer it is empty.
pub fn open_any(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Reads it all. More than `most` bytes are an error.
pub fn read_up_to(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Opens it without following a link or waiting for anything, and checks what was opened.
fn open_ours(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Opening a device may already do something to it.
    if let Some(found) = found(path)? {
        check_file(&found)?;
    }
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.custom_flags(flags.bits() as i32).open(path)?;
    check_file(&file.metadata()?)?;
    Ok(file)
}

/// A new file beside that one, with those bytes, on the disk.
fn put(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    // Mode 0600, and unlike any name that is there.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// What is at that place; a link is a link.
fn found(path: &Path) -> io::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

fn check_file(found: &Metadata) -> io::Result<()> {
    check(found, found.is_file(), "it isn't a regular file")
}

fn check_folder(found: &Metadata) -> io::Result<()> {
    check(found, found.is_dir(), "it isn't a folder")
}

fn check(found: &Metadata, is_right: bool, wrong: &str) -> io::Result<()> {
    let why = if found.is_symlink() {
        "it is a link, and links are not followed here".to_owned()
    } else if !is_right {
        wrong.to_owned()
    } else if found.uid() != geteuid().as_raw() {
        format!("it belongs to another user (uid {})", found.uid())
    } else if found.permissions().mode() & 0o002 != 0 {
        "every user can write to it (chmod o-w)".to_owned()
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    const WORK: &[u8] = b"somebody's work";

    /// What may be at the place of a file of ours.
    #[derive(Debug, Clone)]
    enum There {
        Nothing,
        /// A regular file of that mode.
        File(u32),
        /// A link to a file, a device, a folder, or nothing.
        Link(&'static str),
        Fifo,
        Socket,
        Folder(u32),
    }

    fn there() -> impl Strategy<Value = There> {
        prop_oneof![
            1 => Just(There::Nothing),
            3 => (0..0o1000_u32).prop_map(|mode| There::File(mode | 0o600)),
            3 => prop::sample::select(vec!["work", "/dev/null", "folder", "nowhere", "link", "."]).prop_map(There::Link),
            // Each is made by a process of its own.
            1 => Just(There::Fifo),
            1 => Just(There::Socket),
            2 => (0..0o1000_u32).prop_map(|mode| There::Folder(mode | 0o700)),
        ]
    }

    impl There {
        fn make(&self, at: &Path) {
            let set = |mode: &u32| fs::set_permissions(at, fs::Permissions::from_mode(*mode)).unwrap();
            match self {
                Self::Nothing => {}
                Self::File(mode) => {
                    fs::write(at, WORK).unwrap();
                    set(mode);
                }
                Self::Link(to) => symlink(to, at).unwrap(),
                Self::Fifo => {
                    assert!(std::process::Command::new("mkfifo").arg(at).status().unwrap().success());
                }
                Self::Socket => drop(UnixListener::bind(at).unwrap()),
                Self::Folder(mode) => {
                    fs::create_dir(at).unwrap();
                    set(mode);
                }
            }
        }

        /// Whether it may be used as a file of ours.
        fn is_usable_file(&self) -> bool {
            matches!(self, Self::Nothing) || matches!(self, Self::File(mode) if mode & 0o002 == 0)
        }
    }

    /// A folder with somebody's work in it, and a place for a file of ours.
    fn place(there: &There) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("work"), WORK).unwrap();
        fs::set_permissions(folder.path().join("work"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        symlink("work", folder.path().join("link")).unwrap();
        let ours = folder.path().join("ours");
        there.make(&ours);
        (folder, ours)
    }

    /// Every name in it, with its mode and content.
    fn all(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let about = |path: PathBuf| {
            let found = path.symlink_metadata().unwrap();
            let content = if found.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            (path, (found.mode(), content))
        };
        fs::read_dir(folder).unwrap().map(|entry| about(entry.unwrap().path())).collect()
    }

    #[derive(Debug, Clone, Copy)]
    enum Use {
        Append,
        Replace,
        Create,
        Remove,
        Read,
        MakeFolder,
        MakeTopFolder,
    }

    impl Use {
        const ALL: [Self; 7] = [
            Self::Append,
            Self::Replace,
            Self::Create,
            Self::Remove,
            Self::Read,
            Self::MakeFolder,
            Self::MakeTopFolder,
        ];

        fn carry_out(self, path: &Path) -> io::Result<()> {
            match self {
                Self::Append => append(path)?.write_all(b" and ours"),
                Self::Replace => replace(path, b"ours"),
                Self::Create => create(path, b"ours"),
                Self::Remove => remove(path),
                Self::Read => read(path).map(drop),
                Self::MakeFolder => make_folder(path),
                Self::MakeTopFolder => make_top_folder(path),
            }
        }

        fn may_use(self, there: &There) -> bool {
            match self {
                Self::Append | Self::Replace | Self::Remove => there.is_usable_file(),
                Self::Create => matches!(there, There::Nothing),
                Self::Read => matches!(there, There::File(_)) && there.is_usable_file(),
                Self::MakeFolder => match there {
                    There::Nothing => true,
                    There::Folder(mode) => mode & 0o002 == 0,
                    _ => false,
                },
                Self::MakeTopFolder => {
                    Self::MakeFolder.may_use(there) || matches!(there, There::Link("folder" | "."))
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_not_ours_is_refused_and_stays_as_it_is(there in there(), used in prop::sample::select(&Use::ALL[..])) {
            let (folder, ours) = place(&there);
            let null = Path::new("/dev/null").metadata().unwrap().mode();
            let before = all(folder.path());
            let result = used.carry_out(&ours);
            prop_assert_eq!(result.is_ok(), used.may_use(&there), "{:?}", result);
            let mut after = all(folder.path());
            if result.is_ok() {
                // What is there keeps its mode; what is new is for this user alone.
                let is_new = !before.contains_key(&ours) || matches!(used, Use::Replace);
                if let Some((mode, _)) = after.remove(&ours) {
                    let private = if mode & 0o040_000 == 0 { 0o600 } else { 0o700 };
                    let expected = if is_new { private } else { before[&ours].0 & 0o7777 };
                    prop_assert_eq!(mode & 0o7777, expected);
                }
                let mut before = before;
                before.remove(&ours);
                prop_assert_eq!(before, after);
            } else {
                prop_assert_eq!(before, after);
            }
            prop_assert_eq!(null, Path::new("/dev/null").metadata().unwrap().mode());
        }
    }

    #[test]
    fn what_is_appended_comes_last_wherever_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = append(&path).unwrap();
        file.write_all(b"one").unwrap();
        assert_eq!(read_from_start(&file).unwrap(), b"one");
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"onetwo");
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let (root, us) = (Path::new("/etc/passwd"), geteuid().as_raw());
        if us == 0 {
            // As root, any file belongs to somebody else when it was given away.
            let (_folder, ours) = place(&There::File(0o600));
            std::os::unix::fs::chown(&ours, Some(12_345), None).unwrap();
            for used in [Use::Append, Use::Replace, Use::Remove, Use::Read] {
                assert!(used.carry_out(&ours).unwrap_err().to_string().contains("uid 12345"), "{used:?}");
            }
        } else {
            assert!(read(root).unwrap_err().to_string().contains("uid 0"));
        }
    }

    #[test]
    fn what_the_user_names_is_overwritten_where_its_link_leads_and_a_device_is_not() {
        let (folder, ours) = place(&There::Link("link"));
        overwrite(&ours, b"new").unwrap();
        assert_eq!(fs::read(folder.path().join("work")).unwrap(), b"new");
        assert!(ours.is_symlink() && folder.path().join("link").is_symlink());
        let (_folder, device) = place(&There::Link("/dev/null"));
        assert!(overwrite(&device, b"new").is_err());
        assert!(overwrite(Path::new("/dev/null"), b"new").is_err());
        assert_eq!(fs::read("/dev/null").unwrap(), b"");
    }

    #[test]
    fn an_endless_file_is_an_error() {
        let error = read_text(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 4 MiB");
        assert_eq!(read_text(Path::new("/dev/null")).unwrap(), "");
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_waited_for_only_if_it_has_a_writer() {
        let (_folder, fifo) = place(&There::Fifo);
        assert_eq!(read_text(&fifo).unwrap(), "");
        let (sent, ready) = std::sync::mpsc::channel();
        let path = fifo.clone();
        let writer = std::thread::spawn(move || {
            let mut both = OpenOptions::new().read(true).write(true).open(path).unwrap();
            sent.send(()).unwrap();
            both.write_all(b"late").unwrap();
            // What a reader takes now is not lost with this end.
            sent.send(()).unwrap();
            both
        });
        ready.recv().unwrap();
        ready.recv().unwrap();
        let file = open_any(&fifo).unwrap();
        drop(writer.join().unwrap());
        assert_eq!(read_up_to(file, 10).unwrap(), b"late");
    }
}
