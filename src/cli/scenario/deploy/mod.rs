//! `quorate scenario deploy`: the scenarios of a layout, one after the other, each on its cluster.

mod carry;
mod show;
mod status;
mod work;

use std::io::{Write, stdout};
use std::process::ExitCode;

use self::work::Work;
use super::arguments::DeployArguments;
use super::printable;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::scenario::deployment::{self, DEPLOYMENTS};

/// Lists the deployments, or shows, looks at or carries out one.
pub(super) async fn run(settings: &Settings, arguments: &DeployArguments) -> Outcome {
    let Some(name) = &arguments.deployment else { return list(settings) };
    let work = Work::new(settings, arguments, name)?;
    if arguments.status {
        return status::run(settings, work, arguments.format).await;
    }
    if arguments.dry_run {
        return show::print(&work, arguments.os.as_deref(), arguments.format);
    }
    carry::run(settings, work, arguments).await
}

/// Prints those that can be used; what is wrong with the others is the error.
fn list(settings: &Settings) -> Outcome {
    let mut wrong = Vec::new();
    let mut out = stdout().lock();
    for name in DEPLOYMENTS.names(Some(settings.user_dir()))? {
        let deployment = match deployment::load(&name, Some(settings.user_dir())) {
            Ok(deployment) => deployment,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let roles: Vec<String> = deployment
            .roles
            .iter()
            .map(
                |role| if role.is_optional { format!("{} (optional)", role.name) } else { role.name.clone() },
            )
            .collect();
        writeln!(out, "{}: {}", printable(&name), printable(&deployment.title))?;
        writeln!(out, "  {} scenarios on {}", deployment.stages.len(), roles.join(", "))?;
    }
    writeln!(out, "\nquorate scenario deploy NAME --dry-run shows all that one of them would run.")?;
    out.flush()?;
    if wrong.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Wrong(wrong.join("\n"))) }
}
