//! What can be written after `quorate scenario`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::{Format, OpFormat};

#[derive(Debug, Args)]
pub(in crate::cli) struct ScenarioArguments {
    #[command(subcommand)]
    pub(super) command: ScenarioCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ScenarioCommand {
    /// List the scenarios that there are, in the order in which they are deployed
    List(ListArguments),
    /// Print a scenario as a person reads it
    Show(ShowArguments),
    /// Print what would be run, where and in which order; nothing is run
    ///
    /// Values are put in where bash would put them, secrets are masked. All variables that have no value are
    /// named at once. Values come from --set, --cluster (its name, for a variable `cluster`), --variables, the
    /// environment (`QUORATE_VAR_name`; for phd's scenarios `PHD_VAR_name` too), `variables` of the configuration, and
    /// the scenario's own defaults, in this order.
    Plan(PlanArguments),
    /// Carry a scenario out on its hosts
    ///
    /// Looks at what has to hold before anything is run, then goes step by step: what is done already is left, the
    /// rest is run and proved. Everything is in a journal before it is sent; a run that was killed or failed can be
    /// gone on with by `quorate scenario resume`. Exit codes: 0 done, 1 failed, refused or aborted, 2 wrong usage.
    Run(RunArguments),
    /// Go on with a run that was killed, has failed, or was aborted
    Resume(ResumeArguments),
    /// List the runs that there have been, newest first
    Runs(ListArguments),
    /// Carry out the scenarios of a layout, one after the other, each on its cluster
    ///
    /// Stages are planned before the first one begins, so that all that is missing is named at once. What is done
    /// already is left; the first stage that fails ends it, and the same command goes on from there. A table tells at the
    /// end how each stage went. Without a name the deployments are listed. Exit codes: 0 done (with --status: all
    /// deployed), 1 failed (not all deployed), 2 wrong usage.
    Deploy(DeployArguments),
    /// Find out whether a scenario is deployed: what proves each of its steps is looked at, nothing is changed
    ///
    /// Exit codes: 0 deployed, 1 in part or not at all, 2 wrong usage.
    Status(StatusArguments),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// A scenario of the list, or a file: Markdown, or a `.scenario` of phd
    #[arg(value_name = "NAME|FILE")]
    pub(super) scenario: String,
}

#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    pub(super) given: Given,
    /// Leave out what is not for this system, such as debian or rhel
    #[arg(long, value_name = "ID")]
    pub(super) os: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OpFormat,
}

/// What a plan is made of.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// A scenario of the list, or a file: Markdown, or a `.scenario` of phd
    #[arg(value_name = "NAME|FILE")]
    pub(super) scenario: String,
    /// The hosts, in their order
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    pub(super) nodes: Vec<String>,
    /// The cluster that is meant: its hosts, unless --nodes names others, and its name for a variable `cluster`
    #[arg(long, value_name = "NAME")]
    pub(super) cluster: Option<String>,
    /// Values: TOML, phd's YAML, or its cluster definition; of several files the later wins
    #[arg(long, value_name = "FILE")]
    pub(super) variables: Vec<PathBuf>,
    /// A value; secrets are better given in a file, as others may see what is run here
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub(super) given: Given,
    #[command(flatten)]
    pub(super) consent: Consent,
    /// Show what would be run, and run nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// Begin with that step; what has to hold before the first one is not looked at
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) from_step: u16,
    /// How to print how it goes
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OpFormat,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArguments {
    /// Which run [default: the only one that is unfinished]
    #[arg(value_name = "RUN")]
    pub(super) run: Option<String>,
    #[command(flatten)]
    pub(super) consent: Consent,
    /// Values of secrets, which are not kept: TOML or phd's YAML
    #[arg(long, value_name = "FILE")]
    pub(super) variables: Vec<PathBuf>,
    /// Where nothing can tell whether a script has run, run it again
    #[arg(long)]
    pub(super) again: bool,
    /// How to print how it goes
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OpFormat,
}

#[derive(Debug, Args)]
pub(super) struct DeployArguments {
    /// Which deployment: collapsed, segregated, or a file of the folder `~/.config/quorate/deployments`
    #[arg(value_name = "NAME")]
    pub(super) deployment: Option<String>,
    /// Which cluster of the configuration plays which part, where it is not called so; NAME alone where there is one part
    #[arg(long, value_name = "ROLE=NAME")]
    pub(super) cluster: Vec<String>,
    /// The first stage: its number, its scenario, or both it and where, such as galera@db
    #[arg(long, value_name = "STAGE")]
    pub(super) from: Option<String>,
    /// The last stage
    #[arg(long, value_name = "STAGE")]
    pub(super) to: Option<String>,
    /// Values: TOML, or phd's YAML; those in a table called like a part are for that part alone
    #[arg(long, value_name = "FILE")]
    pub(super) variables: Vec<PathBuf>,
    /// A value for every scenario that knows it, or, as ROLE.NAME=VALUE, for those of one part
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    #[command(flatten)]
    pub(super) consent: Consent,
    /// Find out what is deployed: what proves each stage is looked at now, nothing is changed
    #[arg(long, conflicts_with_all = ["yes", "dry_run"])]
    pub(super) status: bool,
    /// Show all that would be run, and run nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// With --dry-run: leave out what is not for this system, such as debian or rhel
    #[arg(long, value_name = "ID", requires = "dry_run")]
    pub(super) os: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OpFormat,
}

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    pub(super) given: Given,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// What a person says to beforehand.
#[derive(Debug, Args)]
pub(super) struct Consent {
    /// Run it without asking
    #[arg(long)]
    pub(super) yes: bool,
    /// With --yes: destroy what the scenario says it destroys
    #[arg(long)]
    pub(super) destroy: bool,
    /// Take hosts from another run that is known to be dead
    #[arg(long)]
    pub(super) break_lock: bool,
}
