//! Where the console's own log goes: a file, and the log pane.

use std::fs::File;

use color_eyre::Result;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How many lines the log pane keeps.
const KEPT: usize = 2_000;

/// Starts the log: to the file, if there is one, and to the log pane. `QUORATE_LOG` narrows or widens what
/// is logged, in the words of `tracing` (`debug`, `quorate::watch=trace`).
pub fn start_logging(file: Option<File>) -> Result<()> {
    tui_logger::init_logger(log::LevelFilter::Trace)?;
    tui_logger::set_default_level(log::LevelFilter::Trace);
    tui_logger::set_hot_buffer_depth(KEPT);
    tui_logger::set_buffer_depth(KEPT);
    let filter =
        EnvFilter::try_from_env("QUORATE_LOG").unwrap_or_else(|_unset| EnvFilter::new("warn,quorate=info"));
    let to_file = file.map(|file| {
        tracing_subscriber::fmt::layer().with_writer(std::sync::Mutex::new(file)).with_ansi(false)
    });
    tracing_subscriber::registry()
        .with(filter)
        .with(to_file)
        .with(tui_logger::TuiTracingSubscriberLayer)
        .try_init()?;
    Ok(())
}
