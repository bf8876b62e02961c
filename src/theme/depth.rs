//! Fitting a theme to what the terminal can show.

use ratatui::style::{Color, Style};
use strum::EnumCount;

use super::{Role, Theme};

/// How many colours the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None, or the user wants none (`NO_COLOR`).
    Mono,
    /// The sixteen of ANSI.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// All.
    True,
}

impl Theme {
    /// This theme as a terminal of that depth can show it. Where it can't be shown at all, it is another
    /// one: `sixteen` or `mono`.
    #[must_use]
    pub fn fit(self, depth: Depth) -> Self {
        match depth {
            Depth::Indexed => self.map_colours(nearest_indexed),
            Depth::Sixteen if self.has_colours(|colour| !is_ansi(colour)) => Self::own("sixteen"),
            Depth::Mono if self.has_colours(|colour| colour != Color::Reset) => Self::own("mono"),
            Depth::True | Depth::Sixteen | Depth::Mono => self,
        }
    }

    fn has_colours(&self, which: impl Fn(Color) -> bool) -> bool {
        self.styles.iter().flat_map(|style| [style.fg, style.bg]).flatten().any(which)
    }

    fn map_colours(mut self, change: impl Fn(Color) -> Color) -> Self {
        let styles: [Style; Role::COUNT] = self.styles.map(|mut style| {
            style.fg = style.fg.map(&change);
            style.bg = style.bg.map(&change);
            style
        });
        self.styles = styles;
        self
    }
}

fn is_ansi(colour: Color) -> bool {
    !matches!(colour, Color::Rgb(..) | Color::Indexed(16..))
}

/// The nearest of xterm's 6×6×6 cube and 24 greys. The first sixteen are not used: every terminal shows
/// them differently.
fn nearest_indexed(colour: Color) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(red, green, blue) = colour else { return colour };
    let wanted = [red, green, blue];
    let step = |value: u8| (0..6).min_by_key(|index| STEPS[*index].abs_diff(value)).unwrap_or(0);
    let cube = wanted.map(step);
    let cube_colour = cube.map(|index| STEPS[index]);
    let mean = wanted.iter().map(|value| u16::from(*value)).sum::<u16>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey_value = 8 + 10 * grey;
    let distance = |from: [u8; 3]| -> u32 {
        from.iter().zip(wanted).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    if distance([grey_value; 3]) < distance(cube_colour) {
        Color::Indexed(232 + grey)
    } else {
        Color::Indexed((16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8)
    }
}
