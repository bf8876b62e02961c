//! Writing a configuration for someone who has none.

use std::fmt::Write;

use crate::model::{Access, Inventory, Privilege, Tier};

const INTRODUCTION: &str = "\
# What quorate watches. `quorate check` tells what is wrong with this file; docs/configuration.md tells what
# else it may hold. ssh's own configuration, agent, jump hosts and known_hosts are used as they are.
";

/// A configuration of those clusters, with comments on what may be changed.
pub fn render(inventory: &Inventory, access: &Access) -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n[defaults]\n");
    text.push_str(&user_line(access.user.as_deref()));
    let become_word = match access.privilege {
        Privilege::None => "none",
        Privilege::Sudo => "sudo",
    };
    for line in [
        format!("become = \"{become_word}\"              # or \"sudo\": commands go through `sudo -n`\n"),
        format!(
            "poll = \"{}\"                  # how often each cluster is asked\n",
            humantime::format_duration(access.poll)
        ),
        format!("connect_timeout = \"{}\"\n", humantime::format_duration(access.connect_timeout)),
        format!("command_timeout = \"{}\"\n", humantime::format_duration(access.command_timeout)),
        "# theme = \"dark\"              # light, high-contrast, colour-blind, nord, gruvbox …\n".to_owned(),
        "# keymap = \"default\"          # vim, emacs\n".to_owned(),
    ] {
        text.push_str(&line);
    }
    for cluster in &inventory.clusters {
        let nodes: Vec<String> = cluster.hosts.iter().map(|host| quoted(host.as_str())).collect();
        let name = quoted(cluster.name.as_str());
        let tier = cluster.tier.to_string().to_lowercase();
        let comment = if cluster.tier == Tier::Other { "   # hosts, core, openstack or compute" } else { "" };
        // Writing to a string never fails.
        let _ = write!(
            text,
            "\n[[cluster]]\nname = {name}\ntier = \"{tier}\"{comment}\nnodes = [{}]\n",
            nodes.join(", ")
        );
    }
    text
}

fn user_line(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("user = {}\n", quoted(user)),
        None => "# user = \"root\"               # else ssh's own configuration decides\n".to_owned(),
    }
}

/// A text as TOML writes it; what comes from a remote host may hold anything.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
