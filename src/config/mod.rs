//! What the console is told by its configuration: the clusters, how to log in to them, and how to look.
//!
//! `docs/configuration.md` is its reference.

mod file;
mod paths;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::model::{Access, HostName, Inventory, SharedHost};
use crate::toml_file::Problems;

pub use paths::{Folders, NoHome, user};
pub use template::render;

/// A configuration that was read, or what holds without one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Every cluster, in the file's order.
    pub inventory: Inventory,
    /// The clusters of the inventory that are read-only only because of a host that another one has, too.
    pub shared: Vec<SharedHost>,
    /// How a cluster is reached that says nothing else, such as a host named on the command line.
    pub access: Access,
    /// The file that ssh reads instead of its own; absolute if the configuration's path was.
    pub ssh_config: Option<PathBuf>,
    /// The theme's name; `None`: by the terminal's background.
    pub theme: Option<String>,
    /// The keymap's name; `None`: `default`.
    pub keymap: Option<String>,
    /// Names of members that discovery may add without asking; `*` stands for any characters.
    pub trusted_hosts: Vec<String>,
    /// Values for the variables of scenarios.
    pub variables: BTreeMap<String, String>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// Why a word can't be a host's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` can't be a host: {why}", name.escape_debug())]
pub struct NotAHost {
    name: String,
    why: &'static str,
}

impl Config {
    /// Reads a configuration. All that is wrong with it is told at once.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = files::read_text(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Ok(file::read(path, &text)?)
    }
}

/// A host as it is named in a configuration or on the command line. What ssh would take for an option is
/// refused here, before it gets near an argument vector.
pub fn host(name: &str) -> Result<HostName, NotAHost> {
    let why = if name.is_empty() {
        "it is empty"
    } else if name.starts_with('-') {
        "it begins with a hyphen, and ssh would take it for an option"
    } else if name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "it holds a space or a control character"
    } else {
        return Ok(HostName::from(name));
    };
    Err(NotAHost { name: name.to_owned(), why })
}
