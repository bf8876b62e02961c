//! On which hosts, and with which values.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::Input;

use super::{put, title};
use crate::app::State;
use crate::app::wizard::{Basis, Draft, Field, Form, Hosts};
use crate::model::HostName;
use crate::model::text::clean;
use crate::scenario::{Kind, Secrecy, Source};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::operation::{buttons, plain, signed};

/// Where something is typed on the screen.
type Cursor = Option<(u16, u16)>;

/// Draws the choice of hosts.
pub(super) fn draw_hosts(
    buffer: &mut Buffer,
    area: Rect,
    hosts: &Hosts,
    state: &State,
    look: &Look,
) -> Cursor {
    let width = usize::from(area.width);
    let left = vec![
        look.span(Role::Title, clean(&hosts.scenario.title)),
        look.separator(),
        look.span(Role::Muted, "on which hosts?"),
    ];
    buffer.set_line(area.x, area.y, &title(left, Vec::new(), width, state, look), area.width);
    let names = state.clusters.iter().map(|it| Span::raw(it.entry.name.as_str()).width()).max().unwrap_or(0);
    let names = names.clamp(8, width / 3);
    let mut lines = Vec::new();
    for (nth, cluster) in state.clusters.iter().enumerate() {
        let is_selected = nth == hosts.row;
        let name = look.fit(cluster.entry.name.as_str(), names);
        let blanks = " ".repeat(names.saturating_sub(Span::raw(name.as_str()).width()));
        let all: Vec<String> = cluster.entry.hosts.iter().map(|host| clean(host.as_str())).collect();
        let mut left = vec![
            look.span(Role::Title, if is_selected { look.glyphs.cursor } else { " " }),
            look.span(Role::Text, format!("{name}{blanks}  ")),
            look.span(Role::Muted, all.join(" ")),
        ];
        let locked = cluster.is_locked(state.now);
        let right = if locked { vec![look.span(Role::Note, "read-only")] } else { Vec::new() };
        let mut line = look.sides(std::mem::take(&mut left), right, width);
        if is_selected {
            line = line.patch_style(look.style(Role::Selection));
        }
        lines.push(line);
    }
    lines.push(Line::default());
    let is_typing = hosts.is_typing();
    let at = lines.len();
    let label = "other hosts";
    let (mut line, column) = entry(label, label.len().max(names), &hosts.names, None, is_typing, width, look);
    if !is_typing {
        line = line.patch_style(look.style(Role::Muted));
    }
    lines.push(line);
    let hint = "Names or addresses, with spaces between them.";
    let sign = (look.glyphs.critical, Role::Critical);
    lines.extend(match &hosts.error {
        Some(error) => signed(sign, (error, Role::Critical), 1, width, look),
        None if is_typing => plain(hint, Role::Muted, 1, width, look),
        None => Vec::new(),
    });
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let wanted = if is_typing { lines.len().saturating_sub(1) } else { hosts.row };
    let scroll = (wanted + 2).saturating_sub(usize::from(body.height));
    put(buffer, body, &lines, scroll, look);
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    let row = at.checked_sub(scroll).filter(|_| is_typing)?;
    Some((body.x + column as u16, body.y + row as u16))
}

/// Draws the form of a draft.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, form: &Form, look: &Look) -> Cursor {
    let width = usize::from(area.width);
    let line = look.sides(heading(&form.draft, look), Vec::new(), width);
    buffer.set_line(area.x, area.y, &line, area.width);
    let names = form.fields.iter().map(|field| Span::raw(field.variable.name.as_str()).width()).max();
    let names = names.unwrap_or(0).clamp(6, width / 3);
    let mut lines = Vec::new();
    let mut cursor = None;
    let mut shown = 0..1;
    for (nth, field) in form.fields.iter().enumerate() {
        let has_keys = nth == form.focus && form.awaited.is_none();
        let begin = lines.len();
        let secret = field.variable.secrecy == Secrecy::Secret;
        let mask = secret.then_some(if look.glyphs == crate::ui::ASCII { '*' } else { '•' });
        let (line, column) = entry(&field.variable.name, names, &field.input, mask, has_keys, width, look);
        if has_keys {
            cursor = Some((begin, column));
        }
        lines.push(line);
        if let Some(error) = &field.error {
            let sign = (look.glyphs.critical, Role::Critical);
            lines.extend(signed(sign, (error, Role::Critical), names + 3, width, look));
        }
        lines.extend(facts(field, has_keys, names + 3, width, look));
        if has_keys {
            shown = begin..lines.len();
        }
    }
    for error in &form.errors {
        let sign = (look.glyphs.critical, Role::Critical);
        lines.extend(signed(sign, (error, Role::Critical), 0, width, look));
    }
    lines.push(Line::default());
    let at_button = form.focus == form.fields.len();
    lines.push(if form.awaited.is_some() {
        Line::from(look.span(Role::Muted, "making the plan"))
    } else {
        buttons(&[("Go on", at_button, true)], look)
    });
    let words = "Nothing is run before you have seen all of it, and confirmed it.";
    lines.extend(plain(words, Role::Muted, 1, width, look));
    if at_button {
        shown = lines.len().saturating_sub(3)..lines.len();
    }
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let room = usize::from(body.height);
    let scroll = shown.end.saturating_sub(room).min(shown.start);
    put(buffer, body, &lines, scroll, look);
    let (line, column) = cursor?;
    let y = line.checked_sub(scroll.min(lines.len().saturating_sub(room)))?;
    Some((body.x + column as u16, body.y + y as u16))
}

fn heading(draft: &Draft, look: &Look) -> Vec<Span<'static>> {
    let hosts: Vec<&str> = draft.hosts.iter().map(HostName::as_str).collect();
    let of = match (&draft.basis, &draft.cluster) {
        (Basis::Left(recalled), _) => format!("run {}", recalled.id),
        (_, Some(cluster)) => cluster.to_string(),
        (_, None) => "with these values".to_owned(),
    };
    vec![
        look.span(Role::Title, clean(&draft.scenario.title)),
        look.separator(),
        look.span(Role::Text, clean(&of)),
        look.span(Role::Muted, format!("  {}", clean(&hosts.join(" ")))),
    ]
}

/// A line with a name and what is entered; and where the next letter goes.
fn entry(
    label: &str,
    names: usize,
    input: &Input,
    mask: Option<char>,
    has_keys: bool,
    width: usize,
    look: &Look,
) -> (Line<'static>, usize) {
    let label = look.fit(label, names);
    let blanks = " ".repeat(names.saturating_sub(Span::raw(label.as_str()).width()));
    let room = width.saturating_sub(names + 4).max(1);
    let value: String = match mask {
        // How long a secret is, is none of anybody's business but of whoever types it.
        Some(mask) if has_keys => mask.to_string().repeat(input.value().chars().count()),
        Some(mask) if !input.value().is_empty() => mask.to_string().repeat(8),
        _ => input.value().to_owned(),
    };
    let cursor = if mask.is_some() { input.cursor() } else { input.visual_cursor() };
    let scroll = (cursor + 1).saturating_sub(room);
    let text: String = clean(&value).chars().skip(scroll).collect();
    let text = look.fit(&text, room);
    let rest = room.saturating_sub(Span::raw(text.as_str()).width());
    let line = Line::from(vec![
        look.span(Role::Title, if has_keys { look.glyphs.cursor } else { " " }),
        look.span(if has_keys { Role::Text } else { Role::Muted }, label + &blanks),
        Span::raw("  "),
        look.span(Role::Input, text),
        look.span(Role::Faint, if has_keys { "_".repeat(rest) } else { String::new() }),
    ]);
    (line, names + 3 + cursor - scroll)
}

/// What there is to say of a field: all of it while it has the keys, else what can't be guessed.
fn facts(field: &Field, has_keys: bool, indent: usize, width: usize, look: &Look) -> Vec<Line<'static>> {
    let is_untouched = field.given.as_ref().is_some_and(|(text, _)| text == field.input.value());
    let is_empty = field.input.value().is_empty();
    let from = match &field.given {
        Some((_, Source::Configuration)) if is_untouched => Some("from the configuration"),
        Some((_, Source::Environment)) if is_untouched => Some("from the environment"),
        Some((_, Source::Cluster)) if is_untouched => Some("the cluster's name"),
        Some((_, Source::Set | Source::File)) if is_untouched => Some("as it was"),
        Some((_, Source::Default)) if is_untouched && !is_empty => Some("the default"),
        _ if is_empty && field.variable.generated.is_some() => Some("left empty, one is made up"),
        _ => None,
    };
    if !has_keys {
        let made_up = is_empty && field.variable.generated.is_some() && field.error.is_none();
        return if made_up {
            plain("left empty, one is made up", Role::Faint, indent, width, look)
        } else {
            Vec::new()
        };
    }
    let kind = match &field.variable.kind {
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        kind => kind.word().to_owned(),
    };
    let secret = (field.variable.secrecy == Secrecy::Secret).then_some("secret");
    let words: Vec<&str> = [Some(kind.as_str()), secret, from].into_iter().flatten().collect();
    let mut lines = plain(&words.join(", "), Role::Muted, indent, width, look);
    lines.extend(plain(&field.variable.description, Role::Muted, indent, width, look));
    lines
}
