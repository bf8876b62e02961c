//! The terminal, taken and given back.
//!
//! Whatever happens (an error, a panic, a signal, a stop), the terminal is given back as it was found.

mod writer;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{panic, thread};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, kill_current_process_group};
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

use self::writer::Writer;
use crate::theme::Background;

/// The longest wait for a terminal to tell its background. Keys that are pressed meanwhile are lost.
const BACKGROUND_WAIT: Duration = Duration::from_millis(60);

/// The longest wait, at the end, for a terminal to take what is left to write.
const LAST_WORDS_WAIT: Duration = Duration::from_secs(2);

/// A terminal that has taken nothing for that long while there was something to write counts as stalled.
const STALL: Duration = Duration::from_secs(1);

/// The terminal while it is ours; dropping it gives it back.
pub struct Guard {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Pictures>>,
    /// Everything else that is done to it.
    pub tty: Tty,
}

impl Guard {
    /// Takes the terminal: raw mode, the alternate screen, the mouse. A panic of this thread gives it back before the
    /// panic is reported.
    pub fn enter() -> io::Result<Self> {
        let writer = Writer::start(File::from(io::stdout().as_fd().try_clone_to_owned()?))?;
        let tty = Tty { writer: writer.clone(), is_taken: Arc::default() };
        tty.give_back_on_panic();
        let terminal = tty.take().and_then(|()| Terminal::new(CrosstermBackend::new(Pictures::on(writer))));
        match terminal {
            Ok(terminal) => Ok(Self { terminal, tty }),
            Err(error) => {
                tty.give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Ratatui shows the cursor when it is dropped, and panics where that fails and stderr is gone as well. A failure
        // here is the last one: see `Writer::send`.
        let _gone = self.terminal.show_cursor();
        self.tty.give_back();
        self.tty.writer.close();
    }
}

/// The process's terminal, apart from what is drawn on it. Everything it is sent goes through one `Writer`.
#[derive(Debug, Clone)]
pub struct Tty {
    writer: Writer,
    is_taken: Arc<AtomicBool>,
}

impl Tty {
    fn take(&self) -> io::Result<()> {
        self.is_taken.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)?;
        self.writer.send(&bytes)
    }

    /// Gives the terminal back for good; does nothing if that has been done. A terminal that takes no output gets its
    /// modes back and no more.
    fn give_back(&self) {
        self.leave(Writer::close);
    }

    /// Gives the terminal back. If it takes no output, `drop_rest` drops what it hasn't taken.
    fn leave(&self, drop_rest: fn(&Writer)) {
        if !self.is_taken.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut bytes = Vec::new();
        // There is no one left to tell: a terminal that has gone away can't be given back.
        let _gone = queue!(
            bytes,
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            crossterm::cursor::Show
        )
        .and_then(|()| self.writer.send(&bytes));
        if !self.writer.is_free_within(LAST_WORDS_WAIT) {
            tracing::warn!("the terminal takes no output: only its modes are restored");
            drop_rest(&self.writer);
        }
        let _gone = disable_raw_mode();
    }

    fn give_back_on_panic(&self) {
        let (tty, drawing, report) = (self.clone(), thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == drawing {
                tty.give_back();
            }
            report(info);
        }));
    }

    /// Hands the terminal to the shell, stops the console as ctrl-z does to any program, and takes the terminal
    /// again when the shell continues it.
    pub fn suspend(&self) -> io::Result<()> {
        self.leave(Writer::discard);
        kill_current_process_group(Signal::TSTP)?;
        self.take()
    }

    /// Asks the terminal to put a text into the clipboard (OSC 52). Whether it does, it does not tell.
    pub fn copy(&self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
        self.writer.send(&bytes)
    }

    /// Resolves when the terminal has taken everything that it was sent, or with the failure that prevents it.
    pub async fn free(&self) -> io::Result<()> {
        self.writer.free().await
    }

    /// Whether the terminal takes no output.
    pub fn is_stalled(&self) -> bool {
        self.writer.is_stalled_for(STALL)
    }
}

/// Hands each picture over whole: what is written is kept until it is flushed, and sent as one synchronized update
/// (mode 2026), so that a slow line or a multiplexer shows no half of one. Terminals that don't know the mode ignore it.
///
/// Flushing doesn't wait for the terminal. Ratatui draws the difference to the picture before, so no picture that was
/// flushed may be left out: a caller draws the next one when the terminal is free.
pub struct Pictures {
    writer: Writer,
    picture: Vec<u8>,
}

impl Pictures {
    const fn on(writer: Writer) -> Self {
        Self { writer, picture: Vec::new() }
    }
}

impl Write for Pictures {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.picture.is_empty() {
            queue!(self.picture, BeginSynchronizedUpdate)?;
        }
        self.picture.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.picture.is_empty() {
            return Ok(());
        }
        queue!(self.picture, EndSynchronizedUpdate)?;
        let sent = self.writer.send(&self.picture);
        self.picture.clear();
        sent
    }
}

/// Whether the terminal has gone away: its window was closed, or its connection lost.
pub fn is_gone() -> bool {
    !io::stdin().is_terminal()
}

/// The terminal's background, or dark where it does not tell. Nothing else may read the terminal meanwhile.
///
/// Terminals that can't tell say so at once; one that says nothing at all is waited for no longer than a person
/// would notice. Over ssh it is not asked: an answer that comes late would be taken for keys.
pub fn background() -> Background {
    if ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some()) {
        return Background::default();
    }
    let mut options = QueryOptions::default();
    options.timeout = BACKGROUND_WAIT;
    match theme_mode(options) {
        Ok(ThemeMode::Light) => Background::Light,
        Ok(ThemeMode::Dark) => Background::Dark,
        Err(error) => {
            tracing::info!("the terminal does not tell its background: {error}");
            Background::default()
        }
    }
}

/// Makes errors and panics readable. A panic of the thread that calls this, which is to be the one that draws, is
/// reported on stderr; one of a background task is logged and leaves the screen alone.
pub fn install_hooks() -> color_eyre::Result<()> {
    let (panic_hook, eyre_hook) = color_eyre::config::HookBuilder::default().into_hooks();
    eyre_hook.install()?;
    let drawing = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        let report = panic_hook.panic_report(info);
        if thread::current().id() == drawing {
            tracing::error!("the console panicked: {info}");
            // `eprintln!` would panic again where stderr is gone, and that aborts the process.
            let _gone = writeln!(io::stderr(), "{report}");
        } else {
            tracing::error!("a background task panicked: {info}");
        }
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal whose window was closed.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::Error::other("gone"))
        }
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_reported_once() {
        let writer = Writer::start(Gone).unwrap();
        let mut terminal = Terminal::with_options(
            CrosstermBackend::new(Pictures::on(writer.clone())),
            ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(ratatui::layout::Rect::ZERO) },
        )
        .unwrap();
        terminal.hide_cursor().unwrap();
        assert!(writer.free().await.is_err());
        assert!(terminal.show_cursor().is_ok());
        assert!(writer.free().await.is_ok());
    }
}
