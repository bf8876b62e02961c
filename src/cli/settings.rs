//! What the command line and the configuration say together.

use std::env;
use std::path::{Path, PathBuf};

use supports_color::Stream;

use super::arguments::Global;
use super::failure::Failure;
use crate::config::{Config, Folders};
use crate::keymap::{self, Keymap};
use crate::runtime::ThemeChoice;
use crate::theme::{self, Background, Depth, Theme};
use crate::ui::{self, Glyphs};

/// What the command line and the configuration say together.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) folders: Folders,
    /// Where the configuration is, or would be.
    pub(super) file: PathBuf,
    /// Whether there is one.
    pub(super) is_configured: bool,
    /// It, or what holds without one.
    pub(super) config: Config,
    theme: Option<String>,
    keymap: Option<String>,
    is_ascii: bool,
    /// Whether the command line says that nothing may be changed.
    pub(super) read_only: bool,
}

/// What to do without the configuration that `--config` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is an error: it was asked for.
    IsWrong,
    /// It is about to be written, or is not needed.
    IsFine,
}

impl Settings {
    /// Reads the configuration. That there is none where it is looked for by itself is no error here.
    pub(super) fn read(global: &Global, missing: Missing) -> Result<Self, Failure> {
        let folders = Folders::find()?;
        let file = global.config.clone().unwrap_or_else(|| folders.config_file());
        let must_exist = global.config.is_some() && missing == Missing::IsWrong;
        let is_configured = must_exist || file.exists();
        let config = if is_configured { Config::load(&file)? } else { Config::default() };
        Ok(Self {
            theme: global.theme.clone(),
            keymap: global.keymap.clone(),
            is_ascii: global.ascii || !locale_has_unicode(),
            read_only: global.read_only,
            folders,
            file,
            is_configured,
            config,
        })
    }

    /// Where the user's own themes and keymaps are.
    pub(super) fn user_dir(&self) -> &Path {
        &self.folders.config
    }

    /// The theme for a whole screen, and why it is not the one that was asked for. Where none was, it is one
    /// on the terminal's own background, until that is known; a terminal of sixteen colours keeps it.
    pub(super) fn screen_theme(&self, notices: &mut Vec<String>) -> (Theme, ThemeChoice) {
        let depth = self.depth();
        match self.asked_theme(notices) {
            Some(theme) => (theme.fit(depth), ThemeChoice::Asked),
            None if depth < Depth::Indexed => {
                (Theme::default_for(Background::default()).fit(depth), ThemeChoice::Asked)
            }
            None => {
                (Theme::default_for(Background::default()).fit(Depth::Sixteen), ThemeChoice::ByBackground)
            }
        }
    }

    /// The theme for a few lines between others on the terminal: its owner's colours unless asked
    /// otherwise.
    pub(super) fn line_theme(&self, notices: &mut Vec<String>) -> Theme {
        let sixteen = || Theme::default_for(Background::Dark).fit(Depth::Sixteen);
        self.asked_theme(notices).unwrap_or_else(sixteen).fit(self.depth())
    }

    /// The keymap, and why it is not the one that was asked for.
    pub(super) fn keymap(&self, notices: &mut Vec<String>) -> Keymap {
        let Some(name) = self.keymap.as_ref().or(self.config.keymap.as_ref()) else {
            return Keymap::default();
        };
        keymap::load(name, Some(self.user_dir())).unwrap_or_else(|error| {
            notices.push(format!("{error}. The default keymap is used."));
            Keymap::default()
        })
    }

    /// The signs that the terminal can draw.
    pub(super) fn glyphs(&self) -> Glyphs {
        if self.is_ascii { ui::ASCII } else { ui::UNICODE }
    }

    fn asked_theme(&self, notices: &mut Vec<String>) -> Option<Theme> {
        let name = self.theme.as_ref().or(self.config.theme.as_ref())?;
        theme::load(name, Some(self.user_dir()))
            .inspect_err(|error| notices.push(format!("{error}. The default theme is used.")))
            .ok()
    }

    /// What the terminal can show.
    pub(super) fn depth(&self) -> Depth {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match supports_color::on(Stream::Stdout) {
            // A theme on this very command line is the later and plainer wish (see no-color.org).
            _ if no_color && self.theme.is_none() => Depth::Mono,
            Some(level) if level.has_16m => Depth::True,
            Some(level) if level.has_256 => Depth::Indexed,
            Some(_) => Depth::Sixteen,
            None if no_color => Depth::Indexed,
            None => Depth::Mono,
        }
    }
}

/// Whether the locale is one of Unicode. Where none is set, most terminals draw it all the same.
fn locale_has_unicode() -> bool {
    let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
