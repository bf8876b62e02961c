use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn path(control: &ControlDirectory) -> PathBuf {
    control.marked.lock().unwrap().as_ref().unwrap().path.clone()
}

#[test]
fn the_log_of_a_login_that_was_cut_off_is_removed_with_the_directory() {
    let parent = tempfile::tempdir().unwrap();
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    let master = control.for_one_master().unwrap().keep();
    std::fs::write(master.join(LOG), "Connection closed").unwrap();
    drop(control);
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn is_private_short_and_gone_at_the_end() {
    let parent = tempfile::tempdir().unwrap();
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    let path = path(&control);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let (one, other) = (control.for_one_master().unwrap(), control.for_one_master().unwrap());
    assert_ne!(one.path(), other.path());
    drop(UnixListener::bind(one.path().join(SOCKET)).unwrap());
    drop(control);
    assert!(!path.exists());
}

#[test]
fn the_usual_place_is_short_enough() {
    let control = ControlDirectory::create(None).unwrap();
    let master = control.for_one_master().unwrap();
    assert!(master.path().join(SOCKET).as_os_str().as_bytes().len() <= 103 - 17);
}

#[test]
fn one_that_was_removed_comes_back_with_the_next_login() {
    let parent = tempfile::tempdir().unwrap();
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    control.remove();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    let master = control.for_one_master().unwrap();
    assert!(master.path().exists());
}

#[rstest]
#[case::removed(|path: &Path| fs::remove_dir_all(path).unwrap())]
#[case::moved(|path: &Path| fs::rename(path, path.with_file_name("moved")).unwrap())]
#[case::replaced(|path: &Path| {
    fs::remove_dir_all(path).unwrap();
    fs::create_dir(path).unwrap();
})]
fn one_that_somebody_else_took_away_is_made_again(#[case] take_away: fn(&Path)) {
    let parent = tempfile::tempdir().unwrap();
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    let first = path(&control);
    let _login = control.for_one_master().unwrap();
    take_away(&first);
    let master = control.for_one_master().unwrap();
    assert!(master.path().exists());
    assert_ne!(path(&control), first);
    let second = control.for_one_master().unwrap();
    assert_eq!(master.path().parent(), second.path().parent());
}

#[test]
fn where_the_first_place_is_gone_the_next_one_holds_the_sockets() {
    let (runtime, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let parents = vec![runtime.path().to_owned(), temporary.path().to_owned()];
    let marked = Mutex::new(Some(Marked::create(&parents).unwrap()));
    let control = ControlDirectory { parents, marked };
    fs::remove_dir_all(runtime.path()).unwrap();
    let master = control.for_one_master().unwrap();
    assert!(master.path().starts_with(temporary.path()), "{}", master.path().display());
}

#[test]
fn without_any_place_the_place_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    fs::remove_dir_all(parent.path()).unwrap();
    let error = control.for_one_master().unwrap_err();
    assert!(error.to_string().contains(&parent.path().display().to_string()), "{error}");
}

#[test]
fn a_parent_that_is_too_long_is_an_error() {
    let parent = tempfile::tempdir().unwrap();
    let long = parent.path().join("x".repeat(80));
    fs::create_dir(&long).unwrap();
    assert!(ControlDirectory::create(Some(&long)).is_err());
}

/// What a console that was killed leaves.
fn left(parent: &Path) -> PathBuf {
    let directory = parent.join("quorate.aBcD01");
    make_private(&directory);
    fs::write(directory.join(MARK), MARK_TEXT).unwrap();
    fs::set_permissions(directory.join(MARK), fs::Permissions::from_mode(0o600)).unwrap();
    for (name, sockets) in [("aaaaaa", ["master", "master.0123456789abcdef"].as_slice()), ("bbbbbb", &[])] {
        make_private(&directory.join(name));
        for socket in sockets {
            drop(UnixListener::bind(directory.join(name).join(socket)).unwrap());
        }
    }
    directory
}

fn make_private(directory: &Path) {
    fs::create_dir(directory).unwrap();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn what_a_killed_console_left_is_removed() {
    let parent = tempfile::tempdir().unwrap();
    let left = left(parent.path());
    let control = ControlDirectory::create(Some(parent.path())).unwrap();
    assert!(!left.exists());
    assert!(path(&control).exists());
}

#[test]
fn a_live_console_keeps_its_directory() {
    let parent = tempfile::tempdir().unwrap();
    let first = ControlDirectory::create(Some(parent.path())).unwrap();
    let master = first.for_one_master().unwrap();
    let second = ControlDirectory::create(Some(parent.path())).unwrap();
    assert!(master.path().exists());
    assert_ne!(path(&first), path(&second));
}

/// In what a directory differs from one that a killed console has left.
#[derive(Debug, Clone)]
enum Difference {
    Name(String),
    NoMark,
    MarkText(Vec<u8>),
    MarkIs(Thing),
    MarkMode(u32),
    MarkHasTwoNames,
    Locked,
    Mode(u32),
    /// Something else lies beside the mark, or beside a socket.
    Beside(&'static str, String, Thing),
    /// A socket is something else.
    NotASocket(Thing),
    MastersMode(u32),
}

#[derive(Debug, Clone)]
enum Thing {
    File,
    Link(&'static str),
    Socket,
    Fifo,
    Folder,
}

impl Thing {
    fn make(&self, at: &Path) {
        match self {
            Self::File => fs::write(at, "somebody's work").unwrap(),
            Self::Link(to) => symlink(to, at).unwrap(),
            Self::Socket => drop(UnixListener::bind(at).unwrap()),
            Self::Fifo => {
                assert!(std::process::Command::new("mkfifo").arg(at).status().unwrap().success());
            }
            Self::Folder => {
                fs::create_dir(at).unwrap();
                fs::write(at.join("inside"), "somebody's work").unwrap();
            }
        }
    }
}

fn things() -> impl Strategy<Value = Thing> {
    prop_oneof![
        Just(Thing::File),
        // A link to a mark, to somebody's file, and to nothing.
        prop::sample::select(vec!["../../a-mark", "../../somebodys", "nowhere"]).prop_map(Thing::Link),
        Just(Thing::Socket),
        Just(Thing::Fifo),
        Just(Thing::Folder),
    ]
}

fn other_modes(ours: u32) -> impl Strategy<Value = u32> {
    (0..0o1000_u32).prop_map(move |mode| mode | ours).prop_filter("ours", move |mode| *mode != ours)
}

fn differences() -> impl Strategy<Value = Difference> {
    use Difference as D;
    prop_oneof![
        "quorate-[a-zA-Z0-9]{6}|quorate[a-zA-Z0-9]{6}|quorate\\.[a-zA-Z0-9]{0,5}|quorate\\.[a-zA-Z0-9]{7,9}|quorate\\.[a-z]{3}[-_.~]{3}"
            .prop_map(D::Name),
        Just(D::NoMark),
        prop_oneof![
            any::<Vec<u8>>(),
            (0..MARK_TEXT.len()).prop_map(|kept| MARK_TEXT.as_bytes()[..kept].to_vec()),
            "[ -~\n]{1,9}".prop_map(|more| (MARK_TEXT.to_owned() + &more).into_bytes()),
        ]
        .prop_map(D::MarkText),
        things().prop_filter("a file is one", |thing| !matches!(thing, Thing::File)).prop_map(D::MarkIs),
        other_modes(0o600).prop_map(D::MarkMode),
        Just(D::MarkHasTwoNames),
        Just(D::Locked),
        other_modes(0o700).prop_map(D::Mode),
        (
            prop::sample::select(vec!["", "aaaaaa", "bbbbbb"]),
            "in-use|lock|runs|[a-z]{6}|master2|[a-zA-Z0-9.-]{7,12}",
            things(),
        )
            .prop_filter("a master's", |(_, name, _)| name != "aaaaaa" && name != "bbbbbb")
            .prop_filter("a socket", |(_, name, thing)| {
                !(name.starts_with("master.") && matches!(thing, Thing::Socket))
            })
            .prop_map(|(at, name, thing)| D::Beside(at, name, thing)),
        things().prop_filter("it is one", |thing| !matches!(thing, Thing::Socket)).prop_map(D::NotASocket),
        other_modes(0o700).prop_map(D::MastersMode),
    ]
}

impl Difference {
    /// Makes it so; gives back what must live as long as the test.
    fn apply(&self, left: &Path) -> Option<File> {
        let mark = left.join(MARK);
        let set_mode =
            |at: &Path, mode: u32| fs::set_permissions(at, fs::Permissions::from_mode(mode)).unwrap();
        match self {
            Self::Name(name) => fs::rename(left, left.with_file_name(name)).unwrap(),
            Self::NoMark => fs::remove_file(mark).unwrap(),
            Self::MarkText(text) => fs::write(mark, text).unwrap(),
            Self::MarkIs(thing) => {
                fs::remove_file(&mark).unwrap();
                thing.make(&mark);
            }
            Self::MarkMode(mode) => set_mode(&mark, *mode),
            Self::MarkHasTwoNames => fs::hard_link(&mark, left.with_file_name("kept")).unwrap(),
            Self::Locked => {
                let file = File::open(&mark).unwrap();
                flock(&file, FlockOperation::LockExclusive).unwrap();
                return Some(file);
            }
            Self::Mode(mode) => set_mode(left, *mode),
            Self::Beside(at, name, thing) => thing.make(&left.join(at).join(name)),
            Self::NotASocket(thing) => {
                fs::remove_file(left.join("aaaaaa/master")).unwrap();
                thing.make(&left.join("aaaaaa/master"));
            }
            Self::MastersMode(mode) => set_mode(&left.join("bbbbbb"), *mode),
        }
        None
    }
}

/// Every path below it, with all that could have been changed about it.
fn everything(below: &Path, found: &mut BTreeMap<PathBuf, (u32, u64, Vec<u8>)>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let about = path.symlink_metadata().unwrap();
        let content = match about.file_type() {
            kind if kind.is_file() => fs::read(&path).unwrap(),
            kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            _ => Vec::new(),
        };
        if about.is_dir() {
            everything(&path, found);
        }
        found.insert(path, (about.mode(), about.ino(), content));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn what_is_not_ours_in_one_point_stays_as_it_is(difference in differences()) {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("somebodys"), "somebody's work").unwrap();
        fs::write(parent.path().join("a-mark"), MARK_TEXT).unwrap();
        let _kept = difference.apply(&left(parent.path()));
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        everything(parent.path(), &mut before);
        drop(ControlDirectory::create(Some(parent.path())).unwrap());
        everything(parent.path(), &mut after);
        prop_assert_eq!(before, after);
    }
}
