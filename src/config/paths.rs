//! Where the console's files are.

use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;

use crate::files;

/// The console's two folders, by the XDG base directory specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// `$XDG_CONFIG_HOME/quorate`: `config.toml`, `themes/`, `keymaps/`. It need not exist.
    pub config: PathBuf,
    /// `$XDG_STATE_HOME/quorate`: the log. It need not exist.
    pub state: PathBuf,
}

/// The user has no home, so there are no folders.
#[derive(Debug, thiserror::Error)]
#[error("your home directory is not known; set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME")]
pub struct NoHome(#[from] etcetera::HomeDirError);

impl Folders {
    /// Those of this user.
    pub fn find() -> Result<Self, NoHome> {
        let xdg = Xdg::new()?;
        let state = xdg.state_dir().unwrap_or_else(|| xdg.data_dir());
        Ok(Self { config: xdg.config_dir().join("quorate"), state: state.join("quorate") })
    }

    /// Where the configuration is looked for.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder of state. Created for this user alone unless it is there; the error names it.
    pub fn make_state(&self) -> io::Result<&Path> {
        files::make_top_folder(&self.state)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.state.display())))?;
        Ok(&self.state)
    }
}

/// The login name, for what is logged; where the environment has none, the number that the system knows.
pub fn user() -> String {
    let name = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// A path that may begin with `~/`.
pub(super) fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
