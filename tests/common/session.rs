//! A program in a real pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Action, LocalModes, tcflow, tcgetattr};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal.
pub(crate) struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// Whether the window is about to be closed, so that nothing more is read from it.
    closing: Arc<AtomicBool>,
    _state: tempfile::TempDir,
}

/// How a synchronized update begins and ends.
pub(crate) const UPDATE: [&str; 2] = ["\x1b[?2026h", "\x1b[?2026l"];

pub(crate) struct Seen {
    pub(crate) parser: vt100::Parser,
    raw: Vec<u8>,
    /// How much of it is on the screen.
    shown: usize,
    ended: bool,
}

impl Seen {
    /// Shows what came as a terminal does: an update that has not ended is not seen.
    fn takes_in(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        // What was shown may have stopped within the mark.
        let start = self.shown.saturating_sub(UPDATE[0].len());
        let last = |mark: &str| self.raw[start..].windows(mark.len()).rposition(|it| it == mark.as_bytes());
        let end = match UPDATE.map(last) {
            [Some(begun), ended] if ended.is_none_or(|ended| ended < begun) => self.shown.max(start + begun),
            _ => self.raw.len(),
        };
        self.parser.process(&self.raw[self.shown..end]);
        self.shown = end;
    }
}

/// A terminal that takes no output until it is started again.
pub(crate) struct StoppedOutput {
    terminal: File,
}

impl StoppedOutput {
    /// Lets the output go on.
    pub(crate) fn start(self) {
        tcflow(&self.terminal, Action::OOn).expect("a terminal");
    }

    /// Whether the terminal reads lines and echoes them, as a shell wants it.
    pub(crate) fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&self.terminal).expect("a terminal").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }
}

/// Waits for the end of a program.
fn ends(child: &mut dyn Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        assert!(start.elapsed() < PATIENCE, "it doesn't end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("not zero")
}

impl Session {
    /// Starts a program in a terminal of that many columns and rows, with a home of its own.
    pub(crate) fn start(
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        size: (u16, u16),
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        Self::start_command(command, size)
    }

    /// Starts that command with a home of its own.
    pub(crate) fn start_command(mut command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let state = tempfile::tempdir().expect("a folder");
        command.env("TERM", "xterm-256color");
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, state.path());
        }
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen =
            Arc::new((Mutex::new(Seen { parser, raw: Vec::new(), shown: 0, ended: false }), Condvar::new()));
        let sink = Arc::clone(&seen);
        let closing = Arc::new(AtomicBool::new(false));
        let is_closing = Arc::clone(&closing);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error is how a pseudo-terminal says that nobody is left.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut seen = sink.0.lock().expect("no reader panicked");
                seen.takes_in(&bytes[..count]);
                sink.1.notify_all();
                if is_closing.load(Ordering::SeqCst) {
                    break;
                }
            }
            drop(output);
            sink.0.lock().expect("no reader panicked").ended = true;
            sink.1.notify_all();
        });
        Self { child, master: pair.master, keys, seen, closing, _state: state }
    }

    /// Waits until that is so of what was seen; fails with the screen when the time is up.
    pub(crate) fn until(&self, what: &str, limit: Duration, holds: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + limit;
        let mut seen = self.seen.0.lock().expect("no reader panicked");
        while !holds(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panicked").0;
        }
    }

    pub(crate) fn shows(&self, words: &str) {
        self.until(words, PATIENCE, |seen| seen.parser.screen().contents().contains(words));
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it reads");
        self.keys.flush().expect("it reads");
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.seen
            .0
            .lock()
            .expect("no reader panicked")
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("it can be resized");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid as i32)).expect("it has an id");
        kill_process(pid, signal).expect("it runs");
    }

    /// Closes the window, and waits for the program's end. Reads no more than what the program prints as it is resized.
    pub(crate) fn close_window(self) -> ExitStatus {
        let Self { mut child, master, keys, seen, closing, .. } = self;
        closing.store(true, Ordering::SeqCst);
        let size = master.get_size().expect("it has a size");
        master.resize(PtySize { cols: size.cols + 10, ..size }).expect("it can be resized");
        let ended = seen
            .1
            .wait_timeout_while(seen.0.lock().expect("no reader panicked"), PATIENCE, |seen| !seen.ended);
        assert!(!ended.expect("no reader panicked").1.timed_out(), "it doesn't follow its window");
        drop(keys);
        drop(master);
        ends(child.as_mut())
    }

    /// Stops the terminal's output, as ctrl-s does on a terminal that knows it. Every write blocks from then on.
    pub(crate) fn stop_output(&self) -> StoppedOutput {
        let terminal = self.master.tty_name().expect("it has a name");
        let terminal = File::options().read(true).write(true).open(terminal).expect("it can be opened");
        tcflow(&terminal, Action::OOff).expect("a terminal");
        StoppedOutput { terminal }
    }

    /// Waits for the end of the program only.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        ends(self.child.as_mut())
    }

    /// How many synchronized updates have come.
    pub(crate) fn updates(&self) -> usize {
        let seen = self.seen.0.lock().expect("no reader panicked");
        seen.raw.windows(UPDATE[1].len()).filter(|it| *it == UPDATE[1].as_bytes()).count()
    }

    /// Waits for its end and looks whether the terminal is as it was: the main screen, the cursor, no mouse.
    pub(crate) fn ends_tidily(mut self) -> (ExitStatus, String) {
        self.until("the end of its output", PATIENCE, |seen| seen.ended);
        let status = self.child.wait().expect("it can be waited for");
        let seen = self.seen.0.lock().expect("no reader panicked");
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "a paste still comes in brackets");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        (status, String::from_utf8_lossy(&seen.raw).into_owned())
    }
}
