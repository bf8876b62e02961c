//! The real binary in a real pseudo-terminal: it starts, follows the window, and always gives the terminal
//! back as it was.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use quorate::terminal;
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _state: tempfile::TempDir,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("not zero")
}

impl Session {
    fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let state = tempfile::tempdir().expect("a folder");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", state.path());
        command.env("XDG_CONFIG_HOME", state.path());
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let parser = vt100::Parser::new(cells(24), cells(80), 0);
        let seen = Arc::new((Mutex::new(Seen { parser, raw: Vec::new(), ended: false }), Condvar::new()));
        let sink = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error is how a pseudo-terminal says that nobody is left.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut seen = sink.0.lock().expect("no reader panicked");
                seen.parser.process(&bytes[..count]);
                seen.raw.extend_from_slice(&bytes[..count]);
                sink.1.notify_all();
            }
            sink.0.lock().expect("no reader panicked").ended = true;
            sink.1.notify_all();
        });
        Self { child, master: pair.master, keys, seen, _state: state }
    }

    fn demo() -> Self {
        Self::start(env!("CARGO_BIN_EXE_quorate"), &["demo", "--seed", "7"], &[])
    }

    fn until(&self, what: &str, holds: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().expect("no reader panicked");
        while !holds(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panicked").0;
        }
    }

    fn shows(&self, words: &str) {
        self.until(words, |seen| seen.parser.screen().contents().contains(words));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it reads");
        self.keys.flush().expect("it reads");
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid as i32)).expect("it has an id");
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end and looks whether the terminal is as it was: the main screen, the cursor, no mouse.
    fn ends_tidily(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it can be waited for");
        self.until("the end of its output", |seen| seen.ended);
        let seen = self.seen.0.lock().expect("no reader panicked");
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        (status, String::from_utf8_lossy(&seen.raw).into_owned())
    }
}

#[test]
fn it_starts_answers_and_leaves() {
    let mut session = Session::demo();
    session.shows("quorate");
    session.shows("WORST FINDING");
    session.press("?");
    session.shows("Keys in the grid");
    session.press("q");
    let (status, _) = session.ends_tidily();
    assert!(status.success());
}

#[test]
fn it_follows_the_window() {
    let mut session = Session::demo();
    session.shows("WORST FINDING");
    let size = PtySize { rows: 45, cols: 160, pixel_width: 0, pixel_height: 0 };
    session.seen.0.lock().unwrap().parser.screen_mut().set_size(cells(45), cells(160));
    session.master.resize(size).unwrap();
    session.shows("OpenStack ─");
    session.press("q");
    assert!(session.ends_tidily().0.success());
}

#[rstest]
#[case(Signal::TERM)]
#[case(Signal::HUP)]
#[case(Signal::INT)]
fn a_signal_ends_it_tidily(#[case] signal: Signal) {
    let session = Session::demo();
    session.shows("WORST FINDING");
    session.signal(signal);
    session.ends_tidily();
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
    let session = Session::start(program.to_str().unwrap(), &arguments, &[("QUORATE_TEST_PANIC", "1")]);
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
