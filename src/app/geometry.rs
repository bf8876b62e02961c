//! How the screen is divided. Pure arithmetic: the update needs it to move and scroll, the drawing to draw.

use ratatui::layout::Rect;

/// The size of what a view may fill, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Its width.
    pub columns: usize,
    /// Its height.
    pub lines: usize,
}

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regions {
    /// Title and totals, and the worst findings under them.
    pub header: Rect,
    /// The view.
    pub body: Rect,
    /// The findings of what is selected, where they are shown.
    pub findings: Option<Rect>,
    /// Keys, a notice or a prompt.
    pub footer: Rect,
}

/// Whether the findings panel is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FindingsPanel {
    /// Where there is room beside the grid.
    #[default]
    WhereItFits,
    /// Beside the grid or under it.
    Shown,
    /// Not.
    Hidden,
}

/// Below this the console only says how bad things are.
pub const LEAST_SIZE: (u16, u16) = (40, 10);
/// From this width on the findings have room beside the grid.
const WIDE: u16 = 120;

impl FindingsPanel {
    /// Whether it is on screen at that width.
    pub fn is_shown(self, columns: u16) -> bool {
        match self {
            Self::WhereItFits => columns >= WIDE,
            Self::Shown => true,
            Self::Hidden => false,
        }
    }
}

impl Regions {
    /// The parts of a screen of that size.
    pub fn of(columns: u16, rows: u16, panel: FindingsPanel) -> Self {
        let header_rows = if rows >= 20 { 3 } else { 2 }.min(rows);
        let footer_rows = 1.min(rows - header_rows);
        let header = Rect::new(0, 0, columns, header_rows);
        let footer = Rect::new(0, rows - footer_rows, columns, footer_rows);
        let middle = Rect::new(0, header_rows, columns, rows - header_rows - footer_rows);
        let (body, findings) = if !panel.is_shown(columns) {
            (middle, None)
        } else if columns >= WIDE {
            let width = (columns / 3).clamp(40, 64);
            let body = Rect { width: columns - width, ..middle };
            (body, Some(Rect { x: body.width, width, ..middle }))
        } else {
            let height = (middle.height / 2).min(12);
            let body = Rect { height: middle.height - height, ..middle };
            (body, Some(Rect { y: middle.y + body.height, height, ..middle }))
        };
        Self { header, body, findings, footer }
    }

    /// The size of the view, its margins of one cell left and right taken off.
    pub fn body_size(&self) -> Body {
        Body { columns: usize::from(self.body.width.saturating_sub(2)), lines: usize::from(self.body.height) }
    }
}
