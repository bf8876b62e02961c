//! `quorate init`: a configuration of the clusters that some hosts belong to.

use std::fs::DirBuilder;
use std::io::{self, Write, stderr, stdout};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Global, InitArguments};
use super::discover;
use super::failure::{Failure, Outcome};
use super::members::Consent;
use super::settings::{Missing, Settings};
use crate::config::{self, Config};
use crate::files;

/// Asks the hosts and writes what they told. Where one of them could not be asked nothing is written.
pub(super) async fn run(global: &Global, arguments: &InitArguments) -> Outcome {
    let settings = Settings::read(global, Missing::IsFine)?;
    let output = arguments.output.clone().unwrap_or_else(|| settings.file.clone());
    let is_stdout = output == Path::new("-");
    // Said before anybody is asked, and made sure of again in writing.
    if !is_stdout && !arguments.force && output.exists() {
        return Err(already_there(&output));
    }
    let consent = if arguments.trust_members { Consent::Given } else { Consent::AskOrWrite };
    let found = discover::all(&arguments.hosts, &settings, consent).await?;
    for note in found.notes().into_values() {
        writeln!(stderr(), "quorate: {}: {}. {}", note.subject, note.summary, note.remedy)?;
    }
    let config = Config { inventory: found.inventory, ..settings.config };
    let text = config::render(&config);
    if is_stdout {
        write!(stdout().lock(), "{text}")?;
        return Ok(ExitCode::SUCCESS);
    }
    write_file(&output, &text, arguments.force).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => already_there(&output),
        _ => Failure::Failed(format!("{} can't be written: {error}", output.display())),
    })?;
    let mut out = stdout().lock();
    writeln!(out, "Wrote {}:", output.display())?;
    for cluster in &config.inventory.clusters {
        let hosts: Vec<&str> = cluster.hosts.iter().map(AsRef::as_ref).collect();
        writeln!(out, "  {} ({}): {}", cluster.name, cluster.tier, hosts.join(", "))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn already_there(path: &Path) -> Failure {
    Failure::Wrong(format!(
        "{} is there already. `--force` replaces it, `--output FILE` writes elsewhere, and `--output -` prints \
         what would be written.",
        path.display()
    ))
}

/// Writes the whole file or nothing of it, for this user's eyes only: it may come to hold variables that
/// are nobody else's business.
fn write_file(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if replace { files::overwrite(path, text.as_bytes()) } else { files::create(path, text.as_bytes()) }
}
