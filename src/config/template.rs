//! Writing a configuration, with comments on what may be changed.

use super::Config;
use crate::model::{ClusterEntry, Privilege, Tier};

const INTRODUCTION: &str = "\
# What quorate watches. `quorate check` tells what is wrong with this file; docs/configuration.md tells what
# else it may hold. ssh's own configuration, agent, jump hosts and known_hosts are used as they are.
";

/// That configuration as a file that reads back as the same. What it does not set is there as a comment.
/// The clusters have the access of the configuration, whatever their own says.
pub fn render(config: &Config) -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n[defaults]\n");
    for line in defaults(config) {
        text.push_str(&line);
        text.push('\n');
    }
    for cluster in &config.inventory.clusters {
        text.push_str(&cluster_table(cluster));
    }
    if !config.variables.is_empty() {
        let variables = config.variables.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        text.push_str("\n[variables]\n");
        text.push_str(&variables.collect::<toml::Table>().to_string());
    }
    text
}

fn defaults(config: &Config) -> Vec<String> {
    let access = &config.access;
    let become_word = match access.privilege {
        Privilege::None => "none",
        Privilege::Sudo => "sudo",
    };
    let ssh_config = config.ssh_config.as_ref().map(|path| path.display().to_string());
    let trusted: Vec<String> = config.trusted_hosts.iter().map(|pattern| quoted(pattern)).collect();
    let mut lines = vec![
        set_or(
            "user",
            access.user.as_deref(),
            "# user = \"root\"          # else ssh's own configuration decides",
        ),
        format!("become = \"{become_word}\"          # or \"sudo\": commands go through `sudo -n`"),
        format!(
            "poll = \"{}\"              # how often each cluster is asked",
            humantime::format_duration(access.poll)
        ),
        format!("connect_timeout = \"{}\"", humantime::format_duration(access.connect_timeout)),
        format!("command_timeout = \"{}\"", humantime::format_duration(access.command_timeout)),
        set_or("ssh_config", ssh_config.as_deref(), "# ssh_config = \"FILE\"    # else ~/.ssh/config"),
        set_or(
            "theme",
            config.theme.as_deref(),
            "# theme = \"dark\"         # else by the terminal's background",
        ),
        set_or("keymap", config.keymap.as_deref(), "# keymap = \"vim\"         # or emacs"),
    ];
    if !trusted.is_empty() {
        lines.push(format!("trusted_hosts = [{}]", trusted.join(", ")));
    }
    if access.read_only {
        lines.push("read_only = true".to_owned());
    }
    lines
}

fn set_or(key: &str, value: Option<&str>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_owned(), |value| format!("{key} = {}", quoted(value)))
}

fn cluster_table(cluster: &ClusterEntry) -> String {
    let nodes: Vec<String> = cluster.hosts.iter().map(|host| quoted(host.as_str())).collect();
    let comment =
        if cluster.tier == Tier::Other { "          # hosts, core, openstack or compute" } else { "" };
    let needs = cluster.needs.as_ref().map_or_else(String::new, |needs| {
        let names: Vec<String> = needs.iter().map(|name| quoted(name.as_str())).collect();
        format!("needs = [{}]\n", names.join(", "))
    });
    format!(
        "\n[[cluster]]\nname = {}\ntier = \"{}\"{comment}\nnodes = [{}]\n{needs}",
        quoted(cluster.name.as_str()),
        cluster.tier.to_string().to_lowercase(),
        nodes.join(", ")
    )
}

/// A text as TOML writes it; what comes from a remote host may hold anything.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
