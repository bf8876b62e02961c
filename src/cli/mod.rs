//! The command line: what is asked for, with what, and how it ended.

mod arguments;
mod asking;
mod check;
mod console;
mod discover;
mod failure;
mod init;
mod members;
mod op;
mod scenario;
mod settings;
mod sources;
mod status;

use std::io::{self, Write, stdout};
use std::process::ExitCode;

use clap::CommandFactory;

use self::arguments::{Arguments, Command};
use self::failure::{Failure, Outcome};
use crate::terminal;

/// Does what the command line asks for. What goes wrong is told on stderr, in one paragraph.
pub fn main() -> ExitCode {
    if let Err(error) = terminal::install_hooks() {
        // Reports are plainer without it; that is all.
        let _gone = writeln!(io::stderr(), "quorate: {error}");
    }
    let arguments = arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            let message = failure.to_string();
            if !message.is_empty() {
                // Where stderr is gone too, the exit code must do.
                let _gone = writeln!(io::stderr(), "quorate: {message}");
            }
            failure.code()
        }
    }
}

fn run(arguments: &Arguments) -> Outcome {
    let global = &arguments.global;
    match &arguments.command {
        None if !arguments.saved.from.is_empty() => in_background(console::saved(global, &arguments.saved)),
        None => in_background(console::run(global, &arguments.hosts, arguments.trust_members)),
        Some(Command::Demo(demo)) => in_background(console::demo(global, demo)),
        Some(Command::Status(status)) => in_background(status::run(global, status)),
        Some(Command::Op(op)) => in_background(op::run(global, op)),
        Some(Command::Scenario(arguments)) => in_background(scenario::run(global, arguments)),
        Some(Command::Init(init)) => in_background(init::run(global, init)),
        Some(Command::Check) => check::run(global),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "quorate", &mut script);
            print(&script)
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            print(&page)
        }
    }
}

/// Runs on threads of its own: one may be busy reading a large answer while another draws.
fn in_background(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("can't start: {error}")))?;
    let outcome = runtime.block_on(work);
    // A thread that hangs in a system call must not keep the shell waiting.
    runtime.shutdown_background();
    outcome
}

fn print(bytes: &[u8]) -> Outcome {
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
