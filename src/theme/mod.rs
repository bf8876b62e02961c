//! Colours by what they mean.

use ratatui::style::Style;
use strum::{EnumCount, EnumIter, EnumString, IntoStaticStr};

/// What a piece of the screen means. A theme gives each a style; nothing on screen has a colour that is not
/// one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
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

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}
