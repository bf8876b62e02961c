//! The console's own log.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;
use tui_logger::{TuiLoggerLevelOutput, TuiLoggerWidget};

use super::Look;
use crate::theme::Role;

/// Draws the newest lines, or those that it has been scrolled to.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, look: &Look) {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, look.style(Role::Screen).patch(look.style(Role::Panel)));
    let title = look.sides(
        vec![look.span(Role::Title, "Log"), look.span(Role::Muted, "  what the console itself did and met")],
        Vec::new(),
        usize::from(area.width.saturating_sub(4)),
    );
    frame.buffer_mut().set_line(area.x + 2, area.y, &title, area.width);
    let inner = Rect {
        x: area.x + 2,
        y: area.y + 2,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    let widget = TuiLoggerWidget::default()
        .style(look.style(Role::Panel).patch(look.style(Role::Muted)))
        .style_error(look.style(Role::Critical))
        .style_warn(look.style(Role::Warning))
        .style_info(look.style(Role::Text))
        .output_separator(' ')
        .output_timestamp(Some("%H:%M:%S".to_owned()))
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_target(false)
        .output_file(false)
        .output_line(false)
        .state(&look.log);
    frame.render_widget(widget, inner);
}
