//! The terminal, taken and given back.
//!
//! Whatever happens (an error, a panic, a signal, a stop), the terminal is given back as it was found.

use std::io::{self, IsTerminal, Stdout, Write};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, kill_current_process_group};
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

use crate::theme::Background;

/// The longest wait for a terminal to tell its background. Keys that are pressed meanwhile are lost.
const BACKGROUND_WAIT: Duration = Duration::from_millis(60);

/// The terminal while it is ours; dropping it gives it back.
pub struct Guard {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Pictures<Stdout>>>,
}

impl Guard {
    /// Takes the terminal: raw mode, the alternate screen, the mouse.
    pub fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let terminal = take().and_then(|()| Terminal::new(CrosstermBackend::new(Pictures::on(io::stdout()))));
        match terminal {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Ratatui shows the cursor when it is dropped, and panics where that fails and stderr is gone as well. A failure
        // here is the last one: see `Pictures`.
        let _gone = self.terminal.show_cursor();
        give_back();
    }
}

/// Hands each picture over whole: what is written is kept until it is flushed, and sent as one synchronized update
/// (mode 2026), so that a slow line or a multiplexer shows no half of one. Terminals that don't know the mode ignore it.
///
/// The first error is returned. After that the terminal counts as gone and writing does nothing.
pub struct Pictures<W: Write> {
    screen: W,
    picture: Vec<u8>,
    is_gone: bool,
}

impl<W: Write> Pictures<W> {
    fn on(screen: W) -> Self {
        Self { screen, picture: Vec::new(), is_gone: false }
    }
}

impl<W: Write> Write for Pictures<W> {
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
        let shown = if self.is_gone {
            Ok(())
        } else {
            self.screen.write_all(&self.picture).and_then(|()| self.screen.flush())
        };
        self.picture.clear();
        self.is_gone |= shown.is_err();
        shown
    }
}

fn take() -> io::Result<()> {
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Gives the terminal back. Safe to call more than once.
fn give_back() {
    // There is no one left to tell: a terminal that has gone away can't be given back.
    let _gone = execute!(
        io::stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _gone = disable_raw_mode();
}

/// Whether the terminal has gone away: its window was closed, or its connection lost.
pub fn is_gone() -> bool {
    !io::stdin().is_terminal()
}

/// Hands the terminal to the shell, stops the console as ctrl-z does to any program, and takes the terminal
/// again when the shell continues it.
pub fn suspend() -> io::Result<()> {
    give_back();
    kill_current_process_group(Signal::TSTP)?;
    enable_raw_mode()?;
    take()
}

/// Asks the terminal to put a text into the clipboard (OSC 52). Whether it does, it does not tell.
pub fn copy(text: &str) -> io::Result<()> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
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

/// Makes errors and panics readable. A panic of the thread that calls this, which is to be the one that draws,
/// gives the terminal back before its report is printed; one of a background task is logged and leaves the
/// screen alone.
pub fn install_hooks() -> color_eyre::Result<()> {
    let (panic_hook, eyre_hook) = color_eyre::config::HookBuilder::default().into_hooks();
    eyre_hook.install()?;
    let drawing = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        let report = panic_hook.panic_report(info);
        if std::thread::current().id() == drawing {
            give_back();
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

    #[test]
    fn a_terminal_that_is_gone_is_reported_once() {
        let mut terminal = Terminal::with_options(
            CrosstermBackend::new(Pictures::on(Gone)),
            ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(ratatui::layout::Rect::ZERO) },
        )
        .unwrap();
        assert!(terminal.hide_cursor().is_err());
        assert!(terminal.show_cursor().is_ok());
    }
}
