//! What can be written after `quorate`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use strum::VariantNames;

use super::scenario::ScenarioArguments;
use crate::demo;
use crate::operation::Verb;

/// The demo's seed where none is asked for: with it, all kinds of trouble are seen soon.
pub(super) const SEED: u64 = 7;

/// Watches many Pacemaker clusters over SSH on one screen: says what is wrong, why, and what to do about it.
///
/// Without a command it opens the console on the clusters of the configuration or, where hosts are named, on
/// the clusters of those hosts, with no configuration at all. With `--from` it opens on saved clusters, read-only.
/// Nothing is installed on the nodes. A host that is called like a command is named after two hyphens:
/// `quorate -- status`.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, max_term_width = 100, subcommand_precedence_over_arg = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration; `status` has its own.")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    /// Members of the clusters to watch; name, members and tier are found by asking them
    #[arg(value_name = "HOST", conflicts_with = "from")]
    pub(super) hosts: Vec<String>,
    /// Log in to every member that these hosts name, without asking
    #[arg(long, conflicts_with = "from")]
    pub(super) trust_members: bool,
    #[command(flatten)]
    pub(super) saved: SavedArguments,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// The configuration [default: config.toml in ~/.config/quorate]
    #[arg(long, value_name = "FILE", env = "QUORATE_CONFIG", global = true, hide_env_values = true)]
    pub(super) config: Option<PathBuf>,
    /// The theme: one of dark, light, high-contrast, colour-blind, nord, gruvbox, catppuccin, sixteen, mono,
    /// or one of your own
    #[arg(long, value_name = "NAME", global = true, hide_short_help = true)]
    pub(super) theme: Option<String>,
    /// The keymap: one of default, vim, emacs, or one of your own
    #[arg(long, value_name = "NAME", global = true, hide_short_help = true)]
    pub(super) keymap: Option<String>,
    /// Start read-only: nothing changes in a cluster until `:writable MINUTES REASON` allows it there
    #[arg(long, global = true)]
    pub(super) read_only: bool,
    /// Draw with ASCII only
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open the console on a simulated deployment; needs nothing else
    Demo(DemoArguments),
    /// Ask every cluster once and print what is wrong
    ///
    /// Exit codes: 0 healthy, 1 warnings, 2 critical, 3 unknown (unreachable or unreadable). Where several
    /// hold, critical goes before unknown and unknown before warnings. Wrong usage is 2 as well, with
    /// nothing on stdout.
    Status(StatusArguments),
    /// Do something to a cluster, without the screen
    ///
    /// Shows the exact commands and what the scheduler would do, asks, checks once more, runs, and waits until it is
    /// seen to be done. Everything is written to the audit log, audit.jsonl beside the console's log. Without
    /// a terminal to ask on, --yes or --dry-run is needed. `quorate op move lb vip-db --to lb2`, `quorate op
    /// standby lb lb2`, `quorate op cleanup db galera`. Exit codes: 0 done, or so already; 1 failed or
    /// unknown; 2 wrong usage.
    Op(OpArguments),
    /// Installation scenarios: list them, read them, see what one would run, run it, go on with a run
    Scenario(ScenarioArguments),
    /// Write a configuration of the clusters that those hosts belong to
    Init(InitArguments),
    /// Tell everything that is wrong with the configuration, the themes, the keymaps and the scenarios
    Check,
    /// Print a completion script for a shell
    Completions {
        /// For which
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Seventeen services on a cluster each, or all on one
    #[arg(long, value_enum, default_value_t)]
    pub(super) layout: Layout,
    /// How many clusters, 1 to 1000 [default: as many as the layout has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) clusters: Option<u16>,
    /// The same seed gives the same faults at the same times
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub(super) seed: u64,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Layout {
    #[default]
    Segregated,
    Collapsed,
}

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// Configured clusters, or members of other ones; a cluster's name wins over a host's [default: all configured
    /// clusters]
    #[arg(value_name = "CLUSTER|HOST", conflicts_with = "from")]
    pub(super) targets: Vec<String>,
    /// Log in to every member that these hosts name, without asking
    #[arg(long, requires = "targets")]
    pub(super) trust_members: bool,
    /// Ask the simulated deployment
    #[arg(long, conflicts_with_all = ["targets", "from"])]
    pub(super) demo: bool,
    #[command(flatten)]
    pub(super) saved: SavedArguments,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// Clusters from files instead of from hosts.
#[derive(Debug, Args)]
pub(super) struct SavedArguments {
    /// Show saved clusters instead, one from each path: `crm_mon` XML of any version, a CIB, or a report
    ///
    /// A report is a folder or a tarball (plain, gzip, bzip2 or xz) of `crm_report`, `crm report`, `pcs cluster report`
    /// or `sos report`. The console shows saved clusters read-only; `quorate status` prints them and reads
    /// stdin for `-`.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(super) from: Vec<PathBuf>,
    /// Add a saved CIB to the one cluster of --from
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(super) cib: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct OpArguments {
    /// What to do
    #[arg(value_name = "VERB", value_parser = PossibleValuesParser::new(Verb::VARIANTS).try_map(|word| word.parse::<Verb>()))]
    pub(super) verb: Verb,
    /// To which cluster, as the configuration names it
    #[arg(value_name = "CLUSTER")]
    pub(super) cluster: String,
    /// To what: a resource, a node or a ticket; nothing for a whole cluster
    #[arg(value_name = "SUBJECT")]
    pub(super) subject: Option<String>,
    /// The node to move to, to ban from, or to clear or clean up on
    #[arg(long, value_name = "NODE", visible_alias = "node")]
    pub(super) to: Option<String>,
    /// Show what would be done and what would follow, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    pub(super) yes: bool,
    /// With --yes: begin although another console is at an operation in the cluster
    #[arg(long, requires = "yes", conflicts_with = "dry_run")]
    pub(super) alongside: bool,
    /// Do it to a cluster that the configuration has as read-only; wants a --reason
    #[arg(long, conflicts_with_all = ["dry_run", "read_only"])]
    pub(super) writable: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OpFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OpFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// One member of each cluster is enough
    #[arg(value_name = "HOST", required = true)]
    pub(super) hosts: Vec<String>,
    /// Take every member that these hosts name, without asking
    #[arg(long)]
    pub(super) trust_members: bool,
    /// Where to write it; `-` is stdout [default: where the configuration is looked for]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// What the arguments ask for.
pub(super) fn parse() -> Arguments {
    let arguments = Arguments::parse();
    if arguments.command.is_some() && !arguments.hosts.is_empty() {
        let message = format!(
            "`{}` stands before a command. Hosts come after it, or, to be watched by the console, without \
             one; a host that is called like a command comes after `--`.",
            arguments.hosts.join(" ")
        );
        Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit();
    }
    if arguments.command.is_some() && !arguments.saved.from.is_empty() {
        let message = "`--from` before a command opens the console. To print saved clusters: `quorate status --from \
                       PATH`. A path that is called like a command is written with its folder: `./status`.";
        Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit();
    }
    arguments
}

/// The names of the commands.
pub(super) fn command_names() -> Vec<String> {
    Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

impl From<Layout> for demo::Layout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Segregated => Self::Segregated,
            Layout::Collapsed => Self::Collapsed,
        }
    }
}
