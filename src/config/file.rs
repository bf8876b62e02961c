//! Reading the configuration's file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use humantime_serde::Serde;
use strum::IntoEnumIterator;

use super::{Config, host, paths};
use crate::model::{Access, ClusterEntry, ClusterName, HostName, Privilege, Tier};
use crate::toml_file::{Located, Problems, Reader, Section};

/// Shorter, and a poll would begin before the last one has ended.
const POLL: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3600));
/// Shorter, and no connection would ever be made.
const TIMEOUT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(600));

/// Reads a configuration; relative paths in it start from its own folder.
pub(super) fn read(path: &Path, text: &str) -> Result<Config, Problems> {
    let file = path.display().to_string();
    let (mut reader, mut root) = Reader::open(&file, text);
    let mut config = Config::default();
    if let Some(defaults) = reader.section(&mut root, "defaults") {
        read_defaults(&mut reader, defaults, path, &mut config);
    }
    let mut needs = Vec::new();
    for section in reader.sections(&mut root, "cluster") {
        let (entry, needed) = read_cluster(&mut reader, section, &config);
        needs.extend(entry.as_ref().map(|entry| entry.name.clone()).zip(needed));
        config.inventory.clusters.extend(entry);
    }
    for (name, needed) in needs {
        check_needs(&mut reader, &config, &name, &needed);
    }
    config.shared = config.inventory.lock_shared(&[]);
    config.variables = read_variables(&mut reader, &mut root);
    reader.no_more(root);
    reader.finish(config)
}

fn read_defaults<'a>(reader: &mut Reader<'a>, mut defaults: Section<'a>, path: &Path, config: &mut Config) {
    config.access = read_access(reader, &mut defaults, &Access::default());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let ssh_config = reader.value::<String>(&mut defaults, "ssh_config");
    config.ssh_config = ssh_config.and_then(|ssh_config| {
        if ssh_config.value.is_empty() {
            reader.note(&ssh_config.place, "is empty");
            return None;
        }
        let resolved = folder.join(paths::expand_home(&ssh_config.value));
        if !resolved.is_file() {
            reader.note(&ssh_config.place, &format!("there is no file {}", resolved.display()));
        }
        Some(resolved)
    });
    config.trusted_hosts = read_patterns(reader, &mut defaults);
    config.theme = reader.value(&mut defaults, "theme").map(|name| name.value);
    config.keymap = reader.value(&mut defaults, "keymap").map(|name| name.value);
    reader.no_more(defaults);
}

/// Names of hosts in which `*` stands for any characters.
fn read_patterns<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>) -> Vec<String> {
    let Some(patterns) = reader.value::<Vec<String>>(section, "trusted_hosts") else { return Vec::new() };
    for pattern in &patterns.value {
        // With a letter for each `*` it has to be a name that any member could have.
        if HostName::plain(&pattern.replace('*', "x")).is_none() {
            let message = format!("`{}` can't match a plain host name", pattern.escape_debug());
            reader.note(&patterns.place, &message);
        }
    }
    patterns.value
}

fn read_access<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>, base: &Access) -> Access {
    Access {
        user: read_user(reader, section).or_else(|| base.user.clone()),
        privilege: reader
            .value::<Privilege>(section, "become")
            .map_or(base.privilege, |privilege| privilege.value),
        poll: read_duration(reader, section, "poll", POLL).unwrap_or(base.poll),
        connect_timeout: read_duration(reader, section, "connect_timeout", TIMEOUT)
            .unwrap_or(base.connect_timeout),
        command_timeout: read_duration(reader, section, "command_timeout", TIMEOUT)
            .unwrap_or(base.command_timeout),
        read_only: reader.value(section, "read_only").map_or(base.read_only, |found| found.value),
    }
}

fn read_user<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>) -> Option<String> {
    let user = reader.value::<String>(section, "user")?;
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    if user.value.is_empty() || user.value.starts_with('-') || user.value.contains(is_odd) {
        reader.note(&user.place, &format!("`{}` can't be a login name", user.value.escape_debug()));
    }
    Some(user.value)
}

fn read_duration<'a>(
    reader: &mut Reader<'a>,
    section: &mut Section<'a>,
    key: &'static str,
    (least, most): (Duration, Duration),
) -> Option<Duration> {
    let found = reader.value::<Serde<Duration>>(section, key)?;
    let duration = found.value.into_inner();
    if duration < least || duration > most {
        let [duration, least, most] = [duration, least, most].map(humantime::format_duration);
        reader.note(&found.place, &format!("is {duration}; must be {least} to {most}"));
    }
    Some(duration)
}

fn read_cluster<'a>(
    reader: &mut Reader<'a>,
    mut section: Section<'a>,
    config: &Config,
) -> (Option<ClusterEntry>, Option<Located<Vec<String>>>) {
    let name = read_name(reader, &mut section, config);
    let tier = read_tier(reader, &mut section);
    let hosts = read_nodes(reader, &mut section);
    let access = read_access(reader, &mut section, &config.access);
    let needed = reader.value::<Vec<String>>(&mut section, "needs");
    reader.no_more(section);
    let needs = needed
        .as_ref()
        .map(|needed| needed.value.iter().map(|name| ClusterName::from(name.as_str())).collect());
    (name.map(|name| ClusterEntry { name, tier, hosts, access, needs }), needed)
}

/// The clusters that one needs may stand after it, so they are looked for when all have been read.
fn check_needs(reader: &mut Reader<'_>, config: &Config, name: &ClusterName, needed: &Located<Vec<String>>) {
    let known: Vec<&str> = config.inventory.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    for need in &needed.value {
        if *name == need.as_str() {
            reader.note(&needed.place, "names the cluster itself");
            continue;
        }
        if !known.contains(&need.as_str()) {
            reader.unknown(&needed.place, "no cluster is called", need, known.iter().copied());
        }
    }
}

fn read_name<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>, config: &Config) -> Option<ClusterName> {
    let has_key = section.has("name");
    let Some(name) = reader.value::<String>(section, "name") else {
        if !has_key {
            reader.note(section.place(), "needs a name");
        }
        return None;
    };
    if name.value.trim().is_empty() {
        reader.note(&name.place, "is empty");
    } else if name.value.contains(char::is_control) {
        reader.note(&name.place, "holds a control character");
    } else if config.inventory.clusters.iter().any(|other| other.name == *name.value) {
        let message = format!("`{}` is already the name of another cluster", name.value);
        reader.note(&name.place, &message);
    } else {
        return Some(ClusterName::from(name.value));
    }
    None
}

fn read_tier<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>) -> Tier {
    let Some(tier) = reader.value::<String>(section, "tier") else { return Tier::default() };
    tier.value.parse().unwrap_or_else(|_| {
        let known: Vec<String> = Tier::iter().map(|tier| tier.to_string().to_lowercase()).collect();
        reader.unknown(&tier.place, "no tier is called", &tier.value, known.iter().map(String::as_str));
        Tier::default()
    })
}

fn read_nodes<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>) -> Vec<HostName> {
    let has_key = section.has("nodes");
    let nodes = reader.value::<Vec<String>>(section, "nodes");
    let mut hosts: Vec<HostName> = Vec::new();
    match &nodes {
        None if has_key => {}
        None => reader.note(section.place(), "needs nodes, such as nodes = [\"db1\", \"db2\", \"db3\"]"),
        Some(nodes) if nodes.value.is_empty() => reader.note(&nodes.place, "names no node"),
        Some(nodes) => {
            for name in &nodes.value {
                hosts.extend(read_node(reader, nodes, name, &hosts));
            }
        }
    }
    hosts
}

fn read_node(
    reader: &mut Reader<'_>,
    nodes: &Located<Vec<String>>,
    name: &str,
    hosts: &[HostName],
) -> Option<HostName> {
    match host(name) {
        Ok(host) if hosts.contains(&host) => reader.note(&nodes.place, &format!("names `{name}` twice")),
        Ok(host) => return Some(host),
        Err(error) => reader.note(&nodes.place, &error.to_string()),
    }
    None
}

fn read_variables<'a>(reader: &mut Reader<'a>, root: &mut Section<'a>) -> BTreeMap<String, String> {
    let Some(mut section) = reader.section(root, "variables") else { return BTreeMap::new() };
    let mut variables = BTreeMap::new();
    for entry in reader.entries(&mut section) {
        let name = entry.key.clone();
        let Some(found) = reader.read::<toml::Value>(entry) else { continue };
        match found.value {
            toml::Value::String(text) => {
                variables.insert(name, text);
            }
            value @ (toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_)) => {
                variables.insert(name, value.to_string());
            }
            value => {
                let message = format!("must be a text, a number, true or false, not {}", value.type_str());
                reader.note(&found.place, &message);
            }
        }
    }
    variables
}
