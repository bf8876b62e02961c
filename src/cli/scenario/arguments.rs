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
    /// environment (`QUORATE_VAR_name`; for phd's scenarios `PHD_VAR_name` too), [variables] of the configuration, and
    /// the scenario's own defaults, in this order.
    Plan(PlanArguments),
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
