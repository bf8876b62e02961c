//! On which hosts, and with which values.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use tui_input::Input;

use super::sheet::Sheet;
use super::title;
use crate::app::wizard::{Basis, Draft, Field, Form, Hosts};
use crate::app::{State, Target};
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
    let (sheet, cursor) = sheet_of_hosts(hosts, state, width, look);
    let body = body(area);
    sheet.draw(buffer, body, look);
    let (line, column) = cursor?;
    Some((body.x + column as u16, sheet.line_at(body, line)?))
}

/// What is drawn at that cell of the choice of hosts.
pub(super) fn host_at(area: Rect, hosts: &Hosts, state: &State, look: &Look, at: Position) -> Option<Target> {
    sheet_of_hosts(hosts, state, usize::from(area.width), look).0.target_at(body(area), at)
}

/// Under the first line, and an empty one.
fn body(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area }
}

/// The clusters and the field of other hosts, and where something is typed: the line, the column.
fn sheet_of_hosts(
    hosts: &Hosts,
    state: &State,
    width: usize,
    look: &Look,
) -> (Sheet, Option<(usize, usize)>) {
    let names = state.clusters.iter().map(|it| Span::raw(it.entry.name.as_str()).width()).max().unwrap_or(0);
    let names = names.clamp(8, width / 3);
    let mut sheet = Sheet::default();
    for (nth, cluster) in state.clusters.iter().enumerate() {
        let is_selected = nth == hosts.row;
        let name = look.fit(cluster.entry.name.as_str(), names);
        let blanks = " ".repeat(names.saturating_sub(Span::raw(name.as_str()).width()));
        let all: Vec<String> = cluster.entry.hosts.iter().map(|host| clean(host.as_str())).collect();
        let left = vec![
            look.span(Role::Title, if is_selected { look.glyphs.cursor } else { " " }),
            look.span(Role::Text, format!("{name}{blanks}  ")),
            look.span(Role::Muted, all.join(" ")),
        ];
        let locked = cluster.is_locked(state.now);
        let right = if locked { vec![look.span(Role::Note, "read-only")] } else { Vec::new() };
        let mut line = look.sides(left, right, width);
        if is_selected {
            line = line.patch_style(look.style(Role::Selection));
        }
        let row = sheet.push_row([line]);
        if is_selected {
            sheet.shown = row;
        }
    }
    sheet.lines.push(Line::default());
    let is_typing = hosts.is_typing();
    let label = "other hosts";
    let (mut line, column) = entry(label, label.len().max(names), &hosts.names, None, is_typing, width, look);
    if !is_typing {
        line = line.patch_style(look.style(Role::Muted));
    }
    let row = sheet.push_row([line]);
    let cursor = is_typing.then_some((row.start, column));
    let hint = "Names or addresses, with spaces between them.";
    let sign = (look.glyphs.critical, Role::Critical);
    sheet.lines.extend(match &hosts.error {
        Some(error) => signed(sign, (error, Role::Critical), 1, width, look),
        None if is_typing => plain(hint, Role::Muted, 1, width, look),
        None => Vec::new(),
    });
    if is_typing {
        sheet.shown = row.start..sheet.lines.len();
    }
    (sheet, cursor)
}

/// Draws the form of a draft.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, form: &Form, look: &Look) -> Cursor {
    let width = usize::from(area.width);
    let line = look.sides(heading(&form.draft, look), Vec::new(), width);
    buffer.set_line(area.x, area.y, &line, area.width);
    let (sheet, cursor) = sheet_of_form(form, width, look);
    let body = body(area);
    sheet.draw(buffer, body, look);
    let (line, column) = cursor?;
    Some((body.x + column as u16, sheet.line_at(body, line)?))
}

/// What is drawn at that cell of the form.
pub(super) fn target_at(area: Rect, form: &Form, look: &Look, at: Position) -> Option<Target> {
    sheet_of_form(form, usize::from(area.width), look).0.target_at(body(area), at)
}

/// The fields and the button, and where something is typed: the line, the column.
fn sheet_of_form(form: &Form, width: usize, look: &Look) -> (Sheet, Option<(usize, usize)>) {
    let names = form.fields.iter().map(|field| Span::raw(field.variable.name.as_str()).width()).max();
    let names = names.unwrap_or(0).clamp(6, width / 3);
    let mut sheet = Sheet { shown: 0..1, ..Sheet::default() };
    let mut cursor = None;
    for (nth, field) in form.fields.iter().enumerate() {
        let has_keys = nth == form.focus && form.awaited.is_none();
        let secret = field.variable.secrecy == Secrecy::Secret;
        let mask = secret.then_some(if look.glyphs == crate::ui::ASCII { '*' } else { '•' });
        let (mut line, column) =
            entry(&field.variable.name, names, &field.input, mask, has_keys, width, look);
        if !has_keys && field.input.value().is_empty() {
            let (words, role) = match &field.variable.generated {
                Some(_) => ("left empty, one is made up", Role::Faint),
                None if field.lacks_a_value(form.draft.scenario.format) => ("has to be given", Role::Note),
                None => ("empty", Role::Faint),
            };
            line.spans.push(look.span(role, words));
        }
        let mut lines = vec![line];
        if let Some(error) = &field.error {
            let sign = (look.glyphs.critical, Role::Critical);
            lines.extend(signed(sign, (error, Role::Critical), names + 3, width, look));
        }
        if !field.variable.when_empty.is_empty() && field.input.value().trim().is_empty() {
            let sign = (look.glyphs.warning, Role::Warning);
            let words = (field.variable.when_empty.as_str(), Role::Warning);
            lines.extend(signed(sign, words, names + 3, width, look));
        }
        lines.extend(facts(field, has_keys, names + 3, width, look));
        let row = sheet.push_row(lines);
        if has_keys {
            cursor = Some((row.start, column));
            sheet.shown = row;
        }
    }
    for error in &form.errors {
        let sign = (look.glyphs.critical, Role::Critical);
        sheet.lines.extend(signed(sign, (error, Role::Critical), 0, width, look));
    }
    sheet.lines.push(Line::default());
    let at_button = form.focus == form.fields.len();
    let begin = sheet.lines.len();
    if form.awaited.is_some() {
        sheet.lines.push(Line::from(look.span(Role::Muted, "making the plan")));
    } else {
        sheet.button = Some(begin);
        sheet.lines.push(buttons(&[("Go on", at_button, true)], look));
    }
    let words = "Nothing is run before you have seen all of it, and confirmed it.";
    sheet.lines.extend(plain(words, Role::Muted, 1, width, look));
    if at_button {
        sheet.shown = begin..sheet.lines.len();
    }
    (sheet, cursor)
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

/// What there is to say of a field while it has the keys.
fn facts(field: &Field, has_keys: bool, indent: usize, width: usize, look: &Look) -> Vec<Line<'static>> {
    let is_untouched = field.given.as_ref().is_some_and(|(text, _)| text == field.input.value());
    let is_empty = field.input.value().is_empty();
    let from = match &field.given {
        Some((_, Source::Configuration)) if is_untouched => Some("from the configuration"),
        Some((_, Source::Deployment)) if is_untouched => Some("as the layout says"),
        Some((_, Source::Environment)) if is_untouched => Some("from the environment"),
        Some((_, Source::Cluster)) if is_untouched => Some("the cluster's name"),
        Some((_, Source::Set | Source::File | Source::Kept)) if is_untouched => Some("as it was"),
        Some((_, Source::Default)) if is_untouched && !is_empty => Some("the default"),
        _ if is_empty && field.variable.generated.is_some() => Some("left empty, one is made up"),
        _ => None,
    };
    if !has_keys {
        return Vec::new();
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
