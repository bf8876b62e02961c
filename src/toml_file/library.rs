//! Files that are chosen by name: the console's own, and the user's, which come first.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Problems;
use crate::files;
use crate::nearest::nearest;

/// The themes, or the keymaps.
#[derive(Debug)]
pub struct Library {
    /// What is in it, in the singular: `theme`.
    pub kind: &'static str,
    /// The folder below the user's configuration in which he may have some of his own.
    pub folder: &'static str,
    /// The console's own: name and text.
    pub built_in: &'static [(&'static str, &'static str)],
}

/// Why a theme or keymap can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is none of that name.
    #[error("there is no {kind} called `{name}`; {help}")]
    Unknown {
        /// `theme` or `keymap`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        help: String,
    },
    /// The user's file can't be read.
    #[error("the {kind} {} can't be read: {source}", path.display())]
    Unreadable {
        /// `theme` or `keymap`.
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// A file that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its path or, for one of the console's own, such as `themes/dark.toml (built in)`.
    pub(crate) file: String,
    /// What it holds.
    pub(crate) text: String,
}

impl Library {
    /// Finds the file of that name: the user's, else the console's own. `user_dir` is the folder of the
    /// user's configuration.
    pub(crate) fn find(&self, name: &str, user_dir: Option<&Path>) -> Result<Found, LoadError> {
        // A name is no path: it comes from a configuration that may have been copied from somewhere.
        let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        if let Some(dir) = user_dir.filter(|_| is_name) {
            let path = dir.join(self.folder).join(format!("{name}.toml"));
            match files::read_text(&path) {
                Ok(text) => return Ok(Found { file: path.display().to_string(), text }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(LoadError::Unreadable { kind: self.kind, path, source }),
            }
        }
        self.built_in(name).ok_or_else(|| self.unknown(name, user_dir))
    }

    /// The console's own file of that name.
    pub(crate) fn built_in(&self, name: &str) -> Option<Found> {
        let (name, text) = self.built_in.iter().find(|(known, _)| *known == name)?;
        let file = format!("{}/{name}.toml (built in)", self.folder);
        Some(Found { file, text: (*text).to_owned() })
    }

    /// The names of the console's own.
    pub fn built_in_names(&self) -> impl Iterator<Item = &'static str> {
        self.built_in.iter().map(|(name, _)| *name)
    }

    /// The names of all that there are, the console's own first, the user's sorted.
    pub fn names(&self, user_dir: Option<&Path>) -> Result<Vec<String>, LoadError> {
        let mut names: Vec<String> = self.built_in_names().map(String::from).collect();
        let mut users = match user_dir {
            Some(dir) => self.users(&dir.join(self.folder))?,
            None => Vec::new(),
        };
        users.retain(|name| !names.contains(name));
        users.sort();
        names.append(&mut users);
        Ok(names)
    }

    fn users(&self, folder: &Path) -> Result<Vec<String>, LoadError> {
        let unreadable = |source| LoadError::Unreadable { kind: self.kind, path: folder.to_owned(), source };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
        Ok(names)
    }

    fn unknown(&self, name: &str, user_dir: Option<&Path>) -> LoadError {
        let built_in = || self.built_in_names().map(String::from).collect();
        let names = self.names(user_dir).unwrap_or_else(|_| built_in());
        let help = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        LoadError::Unknown { kind: self.kind, name: name.escape_debug().to_string(), help }
    }
}
