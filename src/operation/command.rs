//! Argument vectors of the commands that change, and the same in the words of pcs and crmsh.
//!
//! Every name stands in an argument of its own behind `--option=`, so that none is ever taken for an option, whatever
//! it is called. Pacemaker's own tools alone are used: pcs and crmsh need not be there, and are only shown.

use serde::{Deserialize, Serialize};

use crate::model::{Element, NodeName};
use crate::pacemaker::argv::in_own_environment;

/// One command that changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments, as they are shown and logged.
    pub argv: Vec<String>,
    /// The same for `pcs`; `None` where it has no such command.
    pub pcs: Option<Vec<String>>,
    /// The same for `crm`; `None` where it has no such command.
    pub crm: Option<Vec<String>>,
}

impl Command {
    /// The vector to be run: with the locale and the path that Pacemaker's tools want.
    pub fn to_run(&self) -> Vec<String> {
        in_own_environment(&self.argv)
    }

    /// As it is typed into a shell.
    pub fn shell(&self) -> String {
        shell(&self.argv)
    }

    fn new(argv: Vec<String>) -> Self {
        Self { argv, pcs: None, crm: None }
    }

    /// `words`, and then `names`: left out where a name would be taken for an option.
    fn or_pcs(mut self, words: &str, names: &[&str]) -> Self {
        self.pcs = equivalent("pcs", words, names);
        self
    }

    fn with_pcs_flag(mut self, flag: &str) -> Self {
        if let Some(pcs) = &mut self.pcs {
            pcs.push(flag.to_owned());
        }
        self
    }

    fn or_crm(mut self, words: &str, names: &[&str]) -> Self {
        self.crm = equivalent("crm", words, names);
        self
    }
}

fn equivalent(program: &str, words: &str, names: &[&str]) -> Option<Vec<String>> {
    if names.iter().any(|name| name.starts_with('-')) {
        return None;
    }
    let words = words.split(' ').filter(|word| !word.is_empty());
    Some(std::iter::once(program).chain(words).chain(names.iter().copied()).map(str::to_owned).collect())
}

/// The words of a shell's command line that give exactly this vector.
pub fn shell(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// One word as a shell reads it. What could act on a terminal is written as an escape, so that it can be shown.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let is_shown = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    if word.chars().all(is_shown) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let escaped = word.chars().map(|c| match c {
        '\'' | '\\' => format!("\\{c}"),
        c if is_shown(c) => c.to_string(),
        // Bash writes the character in the locale's encoding.
        c => format!("\\U{:08x}", u32::from(c)),
    });
    format!("$'{}'", escaped.collect::<String>())
}

fn words(program: &str, arguments: &[&str]) -> Vec<String> {
    std::iter::once(program).chain(arguments.iter().copied()).map(str::to_owned).collect()
}

/// Which role of a promotable clone a constraint speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operation) enum Which {
    /// The resource in any role.
    Whole,
    /// Its promoted instance, in the option of Pacemaker 2.1 and later.
    Promoted,
    /// The same, in the option of before.
    Master,
}

impl Which {
    const fn option(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Promoted => Some("--promoted"),
            Self::Master => Some("--master"),
        }
    }
}

pub(super) fn move_to(resource: &str, node: &NodeName, lifetime: &str, which: Which) -> Command {
    let mut argv = words("crm_resource", &["--move"]);
    argv.extend([format!("--resource={resource}"), format!("--node={node}")]);
    argv.push(format!("--lifetime={lifetime}"));
    argv.extend(which.option().map(str::to_owned));
    let limit = format!("lifetime={lifetime}");
    let command = Command::new(argv)
        .or_pcs("resource move-with-constraint", &[resource, node.as_str(), &limit])
        .or_crm("resource move", &[resource, node.as_str(), lifetime]);
    if which.option().is_some() { command.with_pcs_flag("--promoted") } else { command }
}

pub(super) fn ban(resource: &str, node: &NodeName) -> Command {
    let mut argv = words("crm_resource", &["--ban"]);
    argv.extend([format!("--resource={resource}"), format!("--node={node}")]);
    Command::new(argv)
        .or_pcs("resource ban", &[resource, node.as_str()])
        .or_crm("resource ban", &[resource, node.as_str()])
}

pub(super) fn clear(resource: &str, node: Option<&NodeName>, which: Which) -> Command {
    let mut argv = words("crm_resource", &["--clear"]);
    argv.push(format!("--resource={resource}"));
    argv.extend(node.map(|node| format!("--node={node}")));
    argv.extend(which.option().map(str::to_owned));
    let names: Vec<&str> = std::iter::once(resource).chain(node.map(NodeName::as_str)).collect();
    Command::new(argv).or_pcs("resource clear", &names).or_crm("resource clear", &names)
}

/// `--cleanup` or `--refresh`; of everything where no resource is named.
pub(super) fn forget(option: &'static str, resource: Option<&str>, node: Option<&NodeName>) -> Command {
    let mut argv = words("crm_resource", &[&format!("--{option}")]);
    argv.extend(resource.map(|resource| format!("--resource={resource}")));
    argv.extend(node.map(|node| format!("--node={node}")));
    let at = node.map(|node| format!("node={node}"));
    let pcs: Vec<&str> = resource.into_iter().chain(at.as_deref()).collect();
    let crm: Vec<&str> = resource.into_iter().chain(node.map(NodeName::as_str)).collect();
    Command::new(argv).or_pcs(&format!("resource {option}"), &pcs).or_crm(&format!("resource {option}"), &crm)
}

pub(super) fn restart(resource: &str, seconds: u64) -> Command {
    let mut argv = words("crm_resource", &["--restart"]);
    argv.extend([format!("--resource={resource}"), format!("--timeout={seconds}")]);
    Command::new(argv).or_pcs("resource restart", &[resource]).or_crm("resource restart", &[resource])
}

/// Sets a meta attribute of a resource, or removes it.
pub(super) fn meta(resource: &str, name: &str, value: Option<&str>) -> Command {
    let mut argv = words("crm_resource", &["--meta"]);
    argv.push(format!("--resource={resource}"));
    match value {
        Some(value) => argv.extend([format!("--set-parameter={name}"), format!("--parameter-value={value}")]),
        None => argv.push(format!("--delete-parameter={name}")),
    }
    let pair = format!("{name}={}", value.unwrap_or_default());
    let command = Command::new(argv).or_pcs("resource meta", &[resource, &pair]);
    match value {
        Some(value) => command.or_crm("resource meta", &[resource, "set", name, value]),
        None => command.or_crm("resource meta", &[resource, "delete", name]),
    }
}

/// The same with what pcs and crmsh have a word of their own for.
pub(super) fn meta_as(command: Command, pcs: &str, crm: &str, resource: &str) -> Command {
    command.or_pcs(&format!("resource {pcs}"), &[resource]).or_crm(&format!("resource {crm}"), &[resource])
}

/// Sets an attribute of a node, or removes it. `section` is `nodes` (for ever) or `status` (until it restarts).
pub(super) fn node_attribute(section: &str, node: &NodeName, name: &str, value: Option<&str>) -> Command {
    let mut argv = words("crm_attribute", &[&format!("--type={section}")]);
    argv.extend([format!("--node={node}"), format!("--name={name}")]);
    argv.push(value.map_or_else(|| "--delete".to_owned(), |value| format!("--update={value}")));
    Command::new(argv)
}

/// The same with what pcs and crmsh have a word of their own for.
pub(super) fn node_as(command: Command, pcs: &str, crm: &str, node: &NodeName) -> Command {
    command.or_pcs(&format!("node {pcs}"), &[node.as_str()]).or_crm(&format!("node {crm}"), &[node.as_str()])
}

/// Sets an option of the cluster, or removes it.
pub(super) fn property(name: &str, value: Option<&str>) -> Command {
    let mut argv = words("crm_attribute", &["--type=crm_config"]);
    argv.push(format!("--name={name}"));
    argv.push(value.map_or_else(|| "--delete".to_owned(), |value| format!("--update={value}")));
    let pair = format!("{name}={}", value.unwrap_or_default());
    let command = Command::new(argv).or_pcs("property set", &[&pair]);
    if value.is_some() { command.or_crm("configure property", &[&pair]) } else { command }
}

/// `off` or `reboot`.
pub(super) fn fence(node: &NodeName, reboot: bool) -> Command {
    let option = if reboot { "reboot" } else { "fence" };
    let command = Command::new(words("stonith_admin", &[&format!("--{option}={node}")]));
    if reboot {
        command.or_pcs("stonith fence", &[node.as_str()]).or_crm("node fence", &[node.as_str()])
    } else {
        command.or_pcs("stonith fence", &[node.as_str()]).with_pcs_flag("--off")
    }
}

pub(super) fn confirm(node: &NodeName) -> Command {
    Command::new(words("stonith_admin", &[&format!("--confirm={node}")]))
        .or_pcs("stonith confirm", &[node.as_str()])
        .with_pcs_flag("--force")
        .or_crm("node clearstate", &[node.as_str()])
}

pub(super) fn forget_fencing() -> Command {
    Command::new(words("stonith_admin", &["--cleanup", "--history=*"])).or_pcs("stonith history cleanup", &[])
}

/// `grant` or `revoke`.
pub(super) fn ticket(id: &str, option: &'static str) -> Command {
    let mut argv = words("crm_ticket", &[&format!("--{option}")]);
    argv.extend([format!("--ticket={id}"), "--force".to_owned()]);
    Command::new(argv).or_crm(&format!("site ticket {option}"), &[id])
}

/// Creates a constraint that was there before. The text is XML; it holds names, which are escaped.
pub(super) fn create_constraint(constraint: &Element) -> Command {
    let xml = format!("--xml-text={}", xml(constraint));
    Command::new(words("cibadmin", &["--create", "--scope=constraints", &xml]))
}

fn xml(element: &Element) -> String {
    let Element { name, attributes, children } = element;
    let escaped = |(name, value): &(String, String)| {
        format!(" {name}=\"{}\"", quick_xml::escape::escape(value.as_str()))
    };
    let attributes: String = attributes.iter().map(escaped).collect();
    if children.is_empty() {
        return format!("<{name}{attributes}/>");
    }
    let inside: String = children.iter().map(xml).collect();
    format!("<{name}{attributes}>{inside}</{name}>")
}
