//! Colours by what they mean.

mod depth;
mod file;
#[cfg(test)]
mod tests;

use std::path::Path;

use ratatui::style::Style;
use strum::{EnumCount, EnumIter, EnumString, IntoStaticStr};

use crate::toml_file::{Library, LoadError};

pub use depth::Depth;

/// What a piece of the screen means. A theme gives each a style; nothing on screen has a colour that is not
/// one of these. Themes call a role by its variant in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// The screen itself: its background, under everything else.
    Screen,
    /// Ordinary words.
    Text,
    /// Words of the second rank: what is healthy, units, labels.
    Muted,
    /// Lines, dots, what is only there to lead the eye.
    Faint,
    /// The console's name and a view's title.
    Title,
    /// A tier's or a column's heading.
    Heading,
    /// Healthy.
    Ok,
    /// Worth knowing, nothing to do.
    Note,
    /// Wants looking at.
    Warning,
    /// Broken.
    Critical,
    /// Not known: unreachable, unreadable.
    Unknown,
    /// On its way from one state to another.
    Transient,
    /// What is selected; laid over the style of what is there.
    Selection,
    /// A key in the footer and in the help.
    Key,
    /// The letters that a filter matched.
    Match,
    /// A panel on top of a view; mostly its background.
    Panel,
    /// The frame of a panel.
    Border,
    /// What is being typed.
    Input,
}

/// A style for every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// As it is chosen by.
    pub name: String,
    /// Whether it is made for a light background.
    pub is_light: bool,
    styles: [Style; Role::COUNT],
}

/// The terminal's background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// Dark, or not known.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// All themes, in the order in which the key for the next one goes through them.
pub static LIBRARY: Library = Library {
    kind: "theme",
    folder: "themes",
    built_in: &[
        ("dark", include_str!("../../themes/dark.toml")),
        ("light", include_str!("../../themes/light.toml")),
        ("high-contrast", include_str!("../../themes/high-contrast.toml")),
        ("colour-blind", include_str!("../../themes/colour-blind.toml")),
        ("nord", include_str!("../../themes/nord.toml")),
        ("gruvbox", include_str!("../../themes/gruvbox.toml")),
        ("catppuccin", include_str!("../../themes/catppuccin.toml")),
        ("sixteen", include_str!("../../themes/sixteen.toml")),
        ("mono", include_str!("../../themes/mono.toml")),
    ],
};

/// Loads the theme of that name: the user's (`themes/NAME.toml` in `user_dir`), else the console's own.
pub fn load(name: &str, user_dir: Option<&Path>) -> Result<Theme, LoadError> {
    let found = LIBRARY.find(name, user_dir)?;
    Ok(file::read(name, &found.file, &found.text)?)
}

/// The names of the console's own themes.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    LIBRARY.built_in_names()
}

impl Role {
    /// Its name in a theme's file.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The theme that is used where none is asked for.
    pub fn default_for(background: Background) -> Self {
        match background {
            Background::Dark => Self::own("dark"),
            Background::Light => Self::own("light"),
        }
    }

    /// One of the console's own. A test sees to it that all of them can be read; should one not be, the
    /// screen has no colours, which is better than no screen.
    fn own(name: &str) -> Self {
        load(name, None).unwrap_or_else(|_| Self {
            name: name.to_owned(),
            is_light: false,
            styles: [Style::new(); Role::COUNT],
        })
    }
}
