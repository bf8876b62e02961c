//! Which scenarios there are, and how they stand.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::sheet::Sheet;
use super::{ago, layout, real, rule, title};
use crate::app::wizard::{Book, PastRun, Row, Shelf, Standing};
use crate::app::{State, Target};
use crate::model::text::clean;
use crate::model::{HostName, Tier};
use crate::scenario::journal::Outcome;
use crate::scenario::{Purpose, Scenario};
use crate::theme::Role;
use crate::ui::operation::{plain, signed};
use crate::ui::{Look, prose, put, text};

/// From this width on needs and systems have columns of their own.
const WIDE: usize = 120;

/// How a scenario stands: sign, colour, words.
pub(super) type Sign = (&'static str, Role, String);

pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let width = usize::from(area.width);
    let wizard = &state.wizard;
    let mut left = vec![look.span(Role::Title, "scenarios"), look.separator()];
    left.push(if wizard.filter.is_empty() || state.layers.prompt().is_some() {
        look.span(Role::Muted, "what is installed where, step by step")
    } else {
        look.span(Role::Key, format!("“{}” {} shown", wizard.filter, wizard.rows().len()))
    });
    let is_read_only = wizard.shelf.as_ref().is_some_and(|shelf| shelf.is_read_only);
    let right = if is_read_only { vec![look.span(Role::Note, "read-only")] } else { Vec::new() };
    buffer.set_line(area.x, area.y, &title(left, right, width, state, look), area.width);
    let Some(shelf) = &wizard.shelf else {
        let line = Line::from(look.span(Role::Muted, "reading them"));
        buffer.set_line(area.x, area.y + 2, &line, area.width);
        return;
    };
    let below = details(shelf, state, width, look);
    let (body, foot) = places(area, below.len());
    rows(shelf, state, width, look).draw(buffer, body, look);
    put(buffer, foot, &below, 0, look);
}

/// Where the list stands, and below it what there is to say of the selected row. Between them a line is empty, unless
/// it tells that there is more.
pub(super) fn places(area: Rect, below: usize) -> (Rect, Rect) {
    let height = (below as u16).min(area.height / 2);
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + height), ..area };
    (body, Rect { y: area.bottom() - height, height, ..area })
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(area: Rect, state: &State, look: &Look, at: Position) -> Option<Target> {
    let shelf = state.wizard.shelf.as_ref()?;
    let width = usize::from(area.width);
    let (body, _) = places(area, details(shelf, state, width, look).len());
    rows(shelf, state, width, look).target_at(body, at)
}

/// The list, the selected row marked.
fn rows(shelf: &Shelf, state: &State, width: usize, look: &Look) -> Sheet {
    let mut sheet = Sheet::default();
    let mut heading: Option<String> = None;
    for (nth, row) in state.wizard.rows().into_iter().enumerate() {
        let above = match row {
            Row::Left(_) => "left in the middle".to_owned(),
            Row::Layout(_) => "layouts".to_owned(),
            Row::Book(at) => match shelf.books.get(at).map(|book| &book.scenario) {
                Some(Ok(scenario)) if scenario.tier != Tier::Other => scenario.tier.to_string(),
                Some(Ok(_)) => "others".to_owned(),
                Some(Err(_)) | None => "can't be read".to_owned(),
            },
        };
        if heading.as_ref() != Some(&above) {
            if heading.is_some() {
                sheet.lines.push(Line::default());
            }
            sheet.lines.push(Line::from(look.span(Role::Heading, above.clone())));
            heading = Some(above);
        }
        let is_selected = nth == state.wizard.row;
        let line = match row {
            Row::Left(at) => shelf.runs.get(at).map(|run| of_run(run, is_selected, state, width, look)),
            Row::Layout(at) => {
                shelf.layouts.get(at).map(|book| layout::row(shelf, book, is_selected, state, width, look))
            }
            Row::Book(at) => {
                shelf.books.get(at).map(|book| of_book(shelf, book, is_selected, state, width, look))
            }
        }
        .unwrap_or_default();
        let line = if is_selected { line.patch_style(look.style(Role::Selection)) } else { line };
        let row = sheet.push_row([line]);
        if is_selected {
            sheet.shown = row;
        }
    }
    if sheet.entries.is_empty() && !state.wizard.filter.is_empty() {
        sheet.lines.push(Line::from(look.span(Role::Muted, "Nothing matches: esc shows all again.")));
    } else if sheet.entries.is_empty() {
        let words =
            "There is no scenario. Files NAME.md in the folder ~/.config/quorate/scenarios are listed here.";
        sheet.lines.extend(plain(words, Role::Muted, 0, width, look));
    } else {
        // The empty line below, which tells what there is more of.
        sheet.lines.push(Line::default());
    }
    sheet
}

pub(super) fn lead(is_selected: bool, sign: &Sign, look: &Look) -> Vec<Span<'static>> {
    let (glyph, role, _) = sign;
    vec![
        look.span(Role::Title, if is_selected { look.glyphs.cursor } else { " " }),
        look.span(*role, *glyph),
        Span::raw(" "),
    ]
}

fn of_run(run: &PastRun, is_selected: bool, state: &State, width: usize, look: &Look) -> Line<'static> {
    let sign = sign_of_left(run, look);
    let mut left = lead(is_selected, &sign, look);
    left.push(look.span(Role::Text, clean(&run.title)));
    left.push(look.span(Role::Muted, format!("  {}", at(&run.hosts, state))));
    let (_, role, words) = sign;
    let right = vec![look.span(role, words), look.span(Role::Muted, format!(", {}", ago(run.last, state)))];
    look.sides(left, right, width)
}

pub(super) fn sign_of_left(run: &PastRun, look: &Look) -> Sign {
    match &run.outcome {
        Some(Outcome::Failed { .. }) => (look.glyphs.critical, Role::Critical, "failed".to_owned()),
        Some(_) => (look.glyphs.offline, Role::Warning, "aborted".to_owned()),
        None => (look.glyphs.unknown, Role::Unknown, "never ended".to_owned()),
    }
}

fn of_book(
    shelf: &Shelf,
    book: &Book,
    is_selected: bool,
    state: &State,
    width: usize,
    look: &Look,
) -> Line<'static> {
    let Ok(scenario) = &book.scenario else {
        let sign = (look.glyphs.critical, Role::Critical, String::new());
        let mut left = lead(is_selected, &sign, look);
        left.push(look.span(Role::Text, clean(&book.name)));
        return look.sides(left, vec![look.span(Role::Critical, "can't be read: see below")], width);
    };
    let sign = sign(shelf, scenario, state, look);
    let mut left = lead(is_selected, &sign, look);
    let order = scenario.order.map(|order| order.to_string()).unwrap_or_default();
    left.push(look.span(Role::Faint, format!("{order:>3}  ")));
    left.push(look.span(Role::Text, clean(&scenario.title)));
    let (_, role, words) = sign;
    if width < WIDE {
        // The title is told first; how it stands gives way.
        let used: usize = left.iter().map(Span::width).sum();
        let words = look.fit(&words, width.saturating_sub(used.min(width * 3 / 5) + 2));
        return look.sides(left, vec![look.span(role, words)], width);
    }
    let first = width * 2 / 5;
    let mut line = look.sides(left, Vec::new(), first);
    let cell = |words: &str, width: usize| {
        let words = look.fit(words, width.saturating_sub(2));
        let blanks = width.saturating_sub(Span::raw(words.as_str()).width());
        words + &" ".repeat(blanks)
    };
    let needs = if scenario.needs.is_empty() {
        String::new()
    } else {
        format!("needs {}", scenario.needs.join(", "))
    };
    line.spans.push(look.span(Role::Muted, cell(&needs, width / 5)));
    line.spans.push(look.span(Role::Muted, cell(&verified(scenario), width / 6)));
    let used = line.width();
    line.spans.push(look.span(role, look.fit(&words, width.saturating_sub(used))));
    line
}

fn verified(scenario: &Scenario) -> String {
    if scenario.verified.is_empty() {
        "tried nowhere yet".to_owned()
    } else {
        format!("on {}", scenario.verified.join(", "))
    }
}

/// What the checks say or, where nobody has asked, what the runs say.
fn sign(shelf: &Shelf, scenario: &Scenario, state: &State, look: &Look) -> Sign {
    let survey = &state.wizard.survey;
    let glyphs = &look.glyphs;
    if let Some(current) = survey.current.as_ref().filter(|it| it.scenario == scenario.name) {
        let words = format!("being looked at {}", at(&current.hosts, state));
        return (glyphs.running, Role::Transient, words);
    }
    if let Some(sign) = real::sign(survey.of(&scenario.name), state, look) {
        return sign;
    }
    let standing = shelf.standing(&scenario.name);
    match standing {
        Standing::Never => (glyphs.unseen, Role::Muted, "never run from here".to_owned()),
        Standing::Done(run) => {
            let word = if scenario.purpose == Purpose::Test { "passed" } else { "done" };
            (glyphs.ok, Role::Ok, format!("{word} {} {}", ago(run.last, state), at(&run.hosts, state)))
        }
        Standing::Stopped(run) => {
            let (glyph, role, word) = sign_of_left(run, look);
            (glyph, role, format!("{word} {}, can be resumed", ago(run.last, state)))
        }
        Standing::Unfinished(run) => {
            (glyphs.unknown, Role::Unknown, format!("left {}, can be resumed", ago(run.last, state)))
        }
        Standing::Elsewhere(run) => {
            (glyphs.running, Role::Transient, format!("under way {}", at(&run.hosts, state)))
        }
    }
}

/// `on db` where these are the hosts of a cluster, else `on db1, db3`, or on how many where they are many.
pub(super) fn at(hosts: &[HostName], state: &State) -> String {
    if let Some(cluster) = state.clusters.iter().find(|it| it.entry.hosts == hosts) {
        return format!("on {}", clean(cluster.entry.name.as_str()));
    }
    if hosts.len() > 4 {
        return format!("on {} hosts", hosts.len());
    }
    let names: Vec<String> = hosts.iter().map(|host| clean(host.as_str())).collect();
    format!("on {}", names.join(", "))
}

/// What there is to say of what is selected.
fn details(shelf: &Shelf, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    match state.wizard.selected() {
        Some(Row::Left(at)) => shelf.runs.get(at).map(|run| of_left(run, width, look)),
        Some(Row::Layout(at)) => shelf.layouts.get(at).map(|book| layout::about(book, width, look)),
        Some(Row::Book(at)) => shelf.books.get(at).map(|book| about(shelf, book, state, width, look)),
        None => None,
    }
    .unwrap_or_default()
}

fn of_left(run: &PastRun, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = vec![rule(&format!("run {}", run.id), Role::Heading, width, look)];
    let words = match &run.outcome {
        Some(Outcome::Failed { why }) => why.join("; "),
        Some(_) => "It was aborted on request.".to_owned(),
        None => "Its console ended in the middle. What it had sent is looked for first; nothing is run twice that a \
                 check would spare."
            .to_owned(),
    };
    lines.extend(plain(&words, Role::Text, 0, width, look));
    lines
}

fn about(shelf: &Shelf, book: &Book, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = vec![rule(&book.file, Role::Heading, width, look)];
    match &book.scenario {
        Err(why) => {
            for line in why.lines().filter(|line| !line.trim().is_empty()) {
                let sign = (look.glyphs.critical, Role::Critical);
                lines.extend(signed(sign, (line, Role::Text), 0, width, look));
            }
        }
        Ok(scenario) => {
            let intro = prose::lines(&scenario.introduction, width, look);
            let first = intro.into_iter().take_while(|line| line.width() > 0).take(4);
            lines.extend(first);
            let mut facts = Vec::new();
            if width < WIDE {
                if !scenario.needs.is_empty() {
                    facts.push(format!("needs {}", scenario.needs.join(", ")));
                }
                facts.push(verified(scenario));
            }
            facts.push(text::count(scenario.steps.len(), "step"));
            if let Some(time) = shelf.expected(&book.name) {
                facts.push(format!("took {} the last time", super::clock(time)));
            }
            let words = facts.join(&format!(" {} ", look.glyphs.dot));
            lines.extend(plain(&words, Role::Muted, 0, width, look));
            lines.extend(real::lines(state.wizard.survey.of(&book.name), state, width, look));
        }
    }
    lines
}
