//! Which node is meant.

use ratatui::text::{Line, Span};

use super::{Content, Foot, plain};
use crate::app::{Choose, NodeChoice, State};
use crate::operation::Verb;
use crate::tables::{Mark, Tone};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::glyphs::role_of;

pub(super) fn content(choose: &Choose, state: &State, width: usize, look: &Look) -> Content {
    let nodes = choose.nodes(state);
    let names = nodes.iter().map(|choice| Span::raw(choice.name().as_str()).width()).max();
    let names = names.unwrap_or(0).min(width / 3);
    let mut body = plain(&choose.title(), Role::Title, 0, width, look);
    body.push(Line::default());
    let above = body.len();
    for (nth, choice) in nodes.iter().enumerate() {
        let mut line = row(choice, nth == choose.row, names, width, look);
        if nth == choose.row {
            line = line.patch_style(look.style(Role::Selection));
        }
        body.push(line);
    }
    let entries = (above..body.len()).map(|line| line..line + 1).collect();
    if nodes.is_empty() {
        body.extend(plain("No node of it is known.", Role::Muted, 0, width, look));
    }
    let hint = match choose.verb() {
        _ if !nodes.iter().any(|choice| choice.is_open) => "No other node can take it now; each says why.",
        Some(Verb::Ban) => "It is kept off until that is cleared. Nothing is done before you confirm it.",
        _ => "Nothing is done before you have seen what would follow, and confirmed it.",
    };
    let scroll = (above + choose.row).saturating_sub(usize::from(state.size.1) / 2);
    Content { body, scroll, entries, foot: Foot::words(plain(hint, Role::Muted, 0, width, look)) }
}

fn row(choice: &NodeChoice, is_selected: bool, names: usize, width: usize, look: &Look) -> Line<'static> {
    let (mark, tone, word) = Mark::of_node(&choice.node);
    let role = if choice.is_open { role_of(tone) } else { Role::Faint };
    let word_role = if tone == Tone::Ok || !choice.is_open { Role::Muted } else { role };
    let name = look.fit(choice.name().as_str(), names);
    let blanks = " ".repeat(names.saturating_sub(Span::raw(name.as_str()).width()));
    let runs = choice.runs.as_ref().map(|runs| format!("{runs} here")).unwrap_or_default();
    let words = match (runs.is_empty(), choice.why.is_empty()) {
        (true, true) => "nothing speaks against it".to_owned(),
        (true, false) if choice.is_open => choice.why.clone(),
        (true, false) => format!("can't: {}", choice.why),
        (false, true) => runs,
        (false, false) => format!("{runs}; {}", choice.why),
    };
    let mut spans = vec![
        look.span(Role::Title, if is_selected { look.glyphs.cursor } else { " " }),
        look.span(role, look.glyphs.mark(mark)),
        Span::raw(" "),
        look.span(if choice.is_open { Role::Text } else { Role::Faint }, name + &blanks),
        look.span(word_role, format!("  {word:<11} ")),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    let role = if choice.is_open { Role::Muted } else { Role::Faint };
    spans.push(look.span(role, look.fit(&words, width.saturating_sub(used))));
    Line::from(spans)
}
