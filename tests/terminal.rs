//! The real binary in a real pseudo-terminal: it starts, follows the window, and always gives the terminal
//! back as it was.

#[path = "common/session.rs"]
mod session;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::mpsc;

use portable_pty::CommandBuilder;
use quorate::terminal;
use rstest::rstest;
use rustix::process::Signal;
use session::{Session, UPDATE};
use tempfile::TempDir;

fn demo() -> Session {
    Session::start(env!("CARGO_BIN_EXE_quorate"), &["demo", "--seed", "7"], &[], (80, 24))
}

#[test]
fn it_starts_answers_and_leaves() {
    let mut session = demo();
    session.shows("quorate");
    // Once a cluster is seen the terminal is no longer asked for its background, which nothing answers here.
    session.shows("● lb");
    session.press("?");
    session.shows("Keys in the grid");
    // Once for the help, once for the console.
    session.press("qq");
    let (status, _) = session.ends_tidily();
    assert!(status.success());
}

#[test]
fn it_opens_on_saved_clusters() {
    let capture = format!("{}/tests/fixtures/captures/standby.crm_mon.xml", env!("CARGO_MANIFEST_DIR"));
    // With a theme the terminal isn't asked for its background, so that no key is taken for the answer.
    let arguments = ["--theme", "dark", "--from", &capture];
    let mut session = Session::start(env!("CARGO_BIN_EXE_quorate"), &arguments, &[], (120, 30));
    session.shows("saved picture, ");
    session.shows("c1n2 is in standby");
    session.press("i");
    session.shows("a saved picture can't be changed");
    session.press("q");
    let (status, _) = session.ends_tidily();
    assert!(status.success());
}

/// One path is fine; each of the others is named with what to do, and the terminal is left alone.
#[test]
fn it_does_not_open_on_a_path_that_gives_no_cluster() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (empty, other, missing) = (at("empty.xml"), at("other.xml"), at("missing.tar"));
    fs::write(&empty, "").expect("a file");
    fs::write(&other, "<html/>").expect("a file");
    let capture = format!("{}/tests/fixtures/captures/standby.crm_mon.xml", env!("CARGO_MANIFEST_DIR"));
    let arguments = ["--theme", "dark", "--from", &empty, &capture, &other, &missing];
    let session = Session::start(env!("CARGO_BIN_EXE_quorate"), &arguments, &[], (400, 30));
    let (status, output) = session.ends_tidily();
    assert_eq!(status.exit_code(), 2, "{output}");
    let lines: Vec<&str> = output.lines().collect();
    let [first, second, third] = lines.as_slice() else { panic!("three lines: {output}") };
    assert!(first.starts_with(&format!("quorate: {empty} is empty. Save it again")), "{output}");
    assert!(second.starts_with(&format!("{other} can't be read: ")), "{output}");
    assert!(second.contains(" Save it again on a member: "), "{output}");
    assert_eq!(*third, format!("{missing} does not exist. Check the path."));
    assert!(!output.contains('\x1b'), "{output:?}");
}

/// Half a picture shows a row at two places, or at none.
#[test]
fn each_picture_comes_whole() {
    let mut session = demo();
    session.shows("● lb");
    session.press("i");
    session.shows("what is installed where");
    session.signal(Signal::TERM);
    let (_, output) = session.ends_tidily();
    let [begin, end] = UPDATE;
    let mut pieces = output.split(begin);
    let mut outside = pieces.next().expect("a first piece").to_owned();
    for piece in pieces {
        let (picture, after) = piece.split_once(end).expect("it ends before the next begins");
        assert!(!picture.is_empty());
        outside += after;
    }
    assert!(outside.contains("\x1b[?1049h"), "the terminal is taken: {outside:?}");
    let words: Vec<&str> = outside.split('\x1b').filter(|it| it.contains(' ')).take(3).collect();
    assert!(words.is_empty(), "drawn outside of a picture: {words:?}");
}

#[test]
fn it_follows_the_window() {
    let mut session = demo();
    session.shows("WORST FINDING");
    session.resize(160, 45);
    session.shows("OpenStack ─");
    session.press("q");
    assert!(session.ends_tidily().0.success());
}

/// Whichever comes first, and also when they are there in the same moment.
#[test]
fn a_key_is_read_that_comes_with_a_resize() {
    let mut session = demo();
    session.shows("● lb");
    for columns in [100, 80].into_iter().cycle().take(60) {
        session.resize(columns, 24);
        session.press("?");
        session.until("the help, as wide as the window", session::PATIENCE, |seen| {
            let screen = seen.parser.screen();
            let header = screen.rows(0, columns).next().unwrap_or_default();
            screen.contents().contains("Keys in the grid")
                && header.trim_end().chars().count() + 1 == usize::from(columns)
        });
        session.press("q");
        session
            .until("no help", session::PATIENCE, |seen| !seen.parser.screen().contents().contains("Keys in"));
    }
    session.press("q");
    assert!(session.ends_tidily().0.success());
}

/// More than the terminal hands over at once.
#[test]
fn much_that_is_typed_at_once_is_read_to_its_end() {
    let mut session = demo();
    session.shows("● lb");
    session.press(&format!("/{}\x7f\x7fthe end", "x".repeat(3_000)));
    session.shows("xxthe end");
    session.press("\x1b");
    session
        .until("no filter", session::PATIENCE, |seen| !seen.parser.screen().contents().contains("the end"));
    session.press("q");
    assert!(session.ends_tidily().0.success());
}

#[rstest]
#[case(Signal::TERM)]
#[case(Signal::HUP)]
#[case(Signal::INT)]
fn a_signal_ends_it_tidily(#[case] signal: Signal) {
    let session = demo();
    session.shows("WORST FINDING");
    session.signal(signal);
    session.ends_tidily();
}

#[derive(Debug)]
enum Asked {
    ByKey,
    BySignal(Signal),
}

/// A terminal emulator that hangs, a paused multiplexer, a line that is dead but not yet known to be.
#[rstest]
#[case(Asked::BySignal(Signal::TERM))]
#[case(Asked::BySignal(Signal::INT))]
#[case(Asked::ByKey)]
fn a_terminal_that_takes_no_output_does_not_keep_it_from_ending(#[case] asked: Asked) {
    let mut session = demo();
    session.shows("● lb");
    let stopped = session.stop_output();
    assert!(!stopped.is_cooked());
    session.press("jjjj?");
    match asked {
        Asked::ByKey => session.press("qq"),
        Asked::BySignal(signal) => session.signal(signal),
    }
    let status = session.ends();
    assert!(status.success(), "{asked:?}: {status:?}");
    assert!(stopped.is_cooked(), "raw mode is still on");
}

/// What was drawn meanwhile is skipped: only the newest picture follows the one that was being written.
#[test]
fn a_terminal_that_takes_output_again_shows_the_newest_picture() {
    let mut session = demo();
    session.shows("● lb");
    let stopped = session.stop_output();
    let before = session.updates();
    for columns in 100..140 {
        session.resize(columns, 24);
        session.press("?q");
    }
    session.press("?");
    stopped.start();
    session.until("the newest picture", session::PATIENCE, |seen| {
        let screen = seen.parser.screen();
        let header = screen.rows(0, 139).next().unwrap_or_default();
        header.trim_end().chars().count() == 138
    });
    assert!(session.updates() - before < 20, "{} pictures had piled up", session.updates() - before);
    session.press("qq");
    assert!(session.ends_tidily().0.success());
}

/// Not a test of its own: the part of the next one that panics, in a process of its own.
#[test]
fn panics_when_it_is_told_to() {
    if std::env::var_os("QUORATE_TEST_PANIC").is_none() {
        return;
    }
    terminal::install_hooks().unwrap();
    let _guard = terminal::Guard::enter().unwrap();
    panic!("the console broke");
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_report() {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "panics_when_it_is_told_to", "--nocapture"];
    let session =
        Session::start(program.to_str().unwrap(), &arguments, &[("QUORATE_TEST_PANIC", "1")], (80, 24));
    let (status, output) = session.ends_tidily();
    assert!(!status.success());
    let gone = output.find("\x1b[?1049l").expect("the alternate screen was left");
    let report = output.find("the console broke").expect("the report is printed");
    assert!(gone < report, "the report went to the screen that was left");
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_quorate")).arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("terminal"), "{words}");
    assert!(words.contains("quorate status"), "{words}");
}

/// Neither the name on the command line nor its spelling takes a host out of a read-only cluster.
#[rstest]
#[case::named_on_the_command_line(&["root@DB1.invalid"], "nodes = [\"db1.invalid\"]")]
#[case::in_another_cluster(&[], "nodes = [\"db1.invalid\"]\n[[cluster]]\nname = \"rw\"\nnodes = [\"root@db1.invalid\"]")]
fn a_host_of_a_read_only_cluster_is_read_only_on_screen(#[case] hosts: &[&str], #[case] nodes: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("[[cluster]]\nname = \"prod\"\nread_only = true\n{nodes}\n"))
        .expect("a file of ours");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("--config");
    command.arg(&config);
    command.args(hosts);
    let mut session = Session::start_command(command, (160, 45));
    session.shows("read-only: its host");
    session.shows("read-only  ");
    session.press(":q\r");
    session.ends_tidily();
}

/// The window is closed where its session's hang-up reaches the console, and where it doesn't.
#[rstest]
#[case::a_hang_up_comes(true)]
#[case::no_hang_up_comes(false)]
fn closing_the_window_ends_it_cleanly(#[case] is_controlling: bool) {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(["demo", "--seed", "7"]);
    command.set_controlling_tty(is_controlling);
    let session = Session::start_command(command, (80, 24));
    session.shows("WORST FINDING");
    let status = session.close_window();
    assert!(status.success(), "{status:?}");
}

/// Three clusters whose hosts never let anyone in: a program called `ssh` that does nothing comes first in the path.
struct LoggingIn {
    session: Session,
    /// Where the control sockets are.
    runtime: TempDir,
    /// What every `ssh` holds open.
    held: mpsc::Receiver<usize>,
    _bin: TempDir,
}

const LOGINS: usize = 3;

impl LoggingIn {
    fn start() -> Self {
        let (bin, runtime) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let fifo = bin.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is needed").success());
        let ssh =
            format!("#!/bin/sh\nexec >'{}'\ntrap '' TERM\necho\nwhile :; do sleep 1; done\n", fifo.display());
        fs::write(bin.path().join("ssh"), ssh).expect("a file of ours");
        fs::set_permissions(bin.path().join("ssh"), fs::Permissions::from_mode(0o755))
            .expect("a file of ours");
        let clusters: Vec<String> =
            (0..LOGINS).map(|n| format!("[[cluster]]\nname = \"c{n}\"\nnodes = [\"h{n}\"]\n")).collect();
        let config = bin.path().join("config.toml");
        fs::write(&config, format!("[defaults]\nconnect_timeout = \"5 min\"\n{}", clusters.concat()))
            .expect("a file of ours");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quorate"));
        command.arg("--config");
        command.arg(&config);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = [bin.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths).expect("no colon in a path"));
        command.env("XDG_RUNTIME_DIR", runtime.path());
        let session = Session::start_command(command, (80, 24));
        let (told, held) = mpsc::channel();
        std::thread::spawn(move || {
            let mut fifo = fs::File::open(fifo).expect("it is there");
            let (mut bytes, mut logins) = ([0; LOGINS], 0);
            // Ends when no `ssh` has it open any more.
            while let Ok(count) = fifo.read(&mut bytes) {
                logins += count;
                if told.send(if count == 0 { 0 } else { logins }).is_err() || count == 0 {
                    break;
                }
            }
        });
        let this = Self { session, runtime, held, _bin: bin };
        while this.held.recv_timeout(session::PATIENCE).expect("each host is logged in to") < LOGINS {}
        this
    }

    /// Waits for the end of every `ssh`.
    fn is_over(held: &mpsc::Receiver<usize>) {
        while held.recv_timeout(session::PATIENCE).expect("an ssh is still there") > 0 {}
    }
}

#[test]
fn closing_the_window_ends_the_logins_under_way_and_removes_their_folder() {
    let LoggingIn { session, runtime, held, _bin } = LoggingIn::start();
    let folders = || fs::read_dir(runtime.path()).unwrap().count();
    assert_eq!(folders(), 1);
    let status = session.close_window();
    assert!(status.success(), "{status:?}");
    assert_eq!(folders(), 0);
    LoggingIn::is_over(&held);
}

#[rstest]
#[case(Signal::KILL)]
#[case(Signal::TERM)]
fn logins_under_way_end_with_the_console(#[case] signal: Signal) {
    let LoggingIn { session, held, runtime: _runtime, _bin } = LoggingIn::start();
    session.signal(signal);
    LoggingIn::is_over(&held);
}
