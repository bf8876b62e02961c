//! The layouts: in the list, and one with its clusters and its scenarios in their order.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::list::{Sign, lead, places, sign_of_left};
use super::sheet::Sheet;
use super::{ago, real, rule, title};
use crate::app::wizard::{Layout, LayoutBook, LayoutRow, PastRun, Shelf};
use crate::app::{State, Target};
use crate::model::ClusterEntry;
use crate::model::text::clean;
use crate::scenario::deployment::{Deployment, Placed, Role as Part};
use crate::scenario::journal::Outcome;
use crate::scenario::{Purpose, Scenario};
use crate::theme::Role;
use crate::ui::operation::{plain, signed};
use crate::ui::{Look, prose, put};

/// A layout's line in the list.
pub(super) fn row(
    shelf: &Shelf,
    book: &LayoutBook,
    is_selected: bool,
    state: &State,
    width: usize,
    look: &Look,
) -> Line<'static> {
    let Ok(deployment) = &book.deployment else {
        let mut left = lead(is_selected, &(look.glyphs.critical, Role::Critical, String::new()), look);
        left.push(look.span(Role::Text, clean(&book.name)));
        return look.sides(left, vec![look.span(Role::Critical, "can't be read: see below")], width);
    };
    let chosen = state.wizard.layout.as_ref().filter(|it| it.deployment == *deployment);
    let fresh = Layout::fresh(deployment.clone());
    let stages = chosen.unwrap_or(&fresh).stages(&state.entries());
    let done = stages.iter().filter(|placed| shelf.is_done(placed)).count();
    let (glyph, role, words) = match (stages.len(), done) {
        (0, _) => (look.glyphs.unseen, Role::Muted, "its clusters are to be chosen".to_owned()),
        (all, 0) => (look.glyphs.unseen, Role::Muted, format!("{all} scenarios, none done from here")),
        (all, done) if all == done => (look.glyphs.ok, Role::Ok, format!("all {all} scenarios done")),
        (all, done) => (look.glyphs.running, Role::Note, format!("{done} of {all} scenarios done")),
    };
    let sign = (glyph, role, words.clone());
    let mut left = lead(is_selected, &sign, look);
    left.push(look.span(Role::Text, clean(&deployment.title)));
    look.sides(left, vec![look.span(role, words)], width)
}

/// What there is to say of a layout below the list.
pub(super) fn about(book: &LayoutBook, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = vec![rule(&book.name, Role::Heading, width, look)];
    match &book.deployment {
        Ok(deployment) => {
            lines.extend(prose::lines(&deployment.description, width, look).into_iter().take(4));
            lines.extend(plain(&parts(deployment, look), Role::Muted, 0, width, look));
        }
        Err(why) => {
            for line in why.lines().filter(|line| !line.trim().is_empty()) {
                let sign = (look.glyphs.critical, Role::Critical);
                lines.extend(signed(sign, (line, Role::Text), 0, width, look));
            }
        }
    }
    lines
}

fn parts(deployment: &Deployment, look: &Look) -> String {
    let name = |role: &Part| {
        if role.is_optional { format!("{} (optional)", role.name) } else { role.name.clone() }
    };
    let parts: Vec<String> = deployment.roles.iter().map(name).collect();
    format!("{} scenarios {} clusters for {}", deployment.stages.len(), look.glyphs.dot, parts.join(", "))
}

/// Draws the layout that was chosen.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State, look: &Look) {
    let Some(layout) = &state.wizard.layout else { return };
    let width = usize::from(area.width);
    let left = vec![
        look.span(Role::Title, "layout"),
        look.separator(),
        look.span(Role::Text, clean(&layout.deployment.title)),
    ];
    buffer.set_line(area.x, area.y, &title(left, Vec::new(), width, state, look), area.width);
    let below = details(layout, state, width, look);
    let (body, foot) = places(area, below.len());
    sheet(layout, state, width, look).draw(buffer, body, look);
    put(buffer, foot, &below, 0, look);
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(area: Rect, state: &State, look: &Look, at: Position) -> Option<Target> {
    let layout = state.wizard.layout.as_ref()?;
    let width = usize::from(area.width);
    let (body, _) = places(area, details(layout, state, width, look).len());
    sheet(layout, state, width, look).target_at(body, at)
}

fn sheet(layout: &Layout, state: &State, width: usize, look: &Look) -> Sheet {
    let clusters = state.entries();
    let rows = layout.rows(&clusters);
    let next = next(&rows, state);
    let mut sheet = Sheet::default();
    let mut heading = "";
    for (nth, row) in rows.iter().enumerate() {
        let is_selected = nth == layout.row;
        let (above, line) = match row {
            LayoutRow::Role(role) => {
                ("clusters", of_role(layout, *role, is_selected, &clusters, width, look))
            }
            LayoutRow::Stage(placed) => (
                "scenarios, in this order",
                of_stage(placed, is_selected, next == Some(nth), state, width, look),
            ),
        };
        let begin = sheet.lines.len();
        if heading != above {
            if !heading.is_empty() {
                sheet.lines.push(Line::default());
            }
            sheet.lines.push(Line::from(look.span(Role::Heading, above)));
            heading = above;
        }
        let line = if is_selected { line.patch_style(look.style(Role::Selection)) } else { line };
        let row = sheet.push_row([line]);
        if is_selected {
            sheet.shown = begin..row.end;
        }
    }
    if !rows.iter().any(|row| matches!(row, LayoutRow::Stage(_))) {
        sheet.lines.push(Line::default());
        let words = "Its scenarios are listed here when each part has a cluster: enter on a part chooses the next one.";
        sheet.lines.extend(plain(words, Role::Muted, 0, width, look));
    }
    sheet.lines.push(Line::default());
    sheet
}

/// The first stage that is not done.
fn next(rows: &[LayoutRow], state: &State) -> Option<usize> {
    let shelf = state.wizard.shelf.as_ref()?;
    rows.iter().position(|row| matches!(row, LayoutRow::Stage(placed) if !shelf.is_done(placed)))
}

fn of_role(
    layout: &Layout,
    role: usize,
    is_selected: bool,
    clusters: &[ClusterEntry],
    width: usize,
    look: &Look,
) -> Line<'static> {
    let Some(part) = layout.deployment.roles.get(role) else { return Line::default() };
    let cluster = layout.cluster(role, clusters);
    let sign = match cluster {
        Some(_) => (look.glyphs.ok, Role::Ok, String::new()),
        None if part.is_optional => (look.glyphs.offline, Role::Muted, String::new()),
        None => (look.glyphs.warning, Role::Warning, String::new()),
    };
    let mut left = lead(is_selected, &sign, look);
    left.push(look.span(Role::Text, format!("{:<12}", clean(&part.name))));
    left.push(look.span(Role::Muted, clean(&part.description)));
    let right = match cluster {
        Some(cluster) => {
            let hosts: Vec<String> = cluster.hosts.iter().map(|host| clean(host.as_str())).collect();
            let hosts = if hosts.len() > 4 { format!("{} hosts", hosts.len()) } else { hosts.join(", ") };
            vec![
                look.span(Role::Text, clean(cluster.name.as_str())),
                look.span(Role::Muted, format!("  {hosts}")),
            ]
        }
        None if part.is_optional => vec![look.span(Role::Muted, "left out")],
        None => vec![look.span(Role::Warning, "which cluster?")],
    };
    look.sides(left, right, width)
}

fn of_stage(
    placed: &Placed,
    is_selected: bool,
    is_next: bool,
    state: &State,
    width: usize,
    look: &Look,
) -> Line<'static> {
    let name = &placed.stage.scenario;
    let scenario = scenario(name, state);
    let (glyph, role, words) = sign(placed, scenario, is_next, state, look);
    let mut left = lead(is_selected, &(glyph, role, String::new()), look);
    left.push(look.span(Role::Faint, format!("{:>3}  ", placed.stage.number)));
    let title = scenario.map_or(name, |scenario| &scenario.title);
    left.push(look.span(Role::Text, clean(title)));
    left.push(look.span(Role::Muted, format!("  on {}", clean(placed.cluster.name.as_str()))));
    look.sides(left, vec![Span::raw("  "), look.span(role, words)], width)
}

/// How a stage stands: by its checks, where they were run, else by its last run.
fn sign(placed: &Placed, scenario: Option<&Scenario>, is_next: bool, state: &State, look: &Look) -> Sign {
    let (name, hosts) = (placed.stage.scenario.as_str(), placed.cluster.hosts.as_slice());
    let survey = &state.wizard.survey;
    if survey.current.as_ref().is_some_and(|it| it.scenario == *name && it.hosts == hosts) {
        return (look.glyphs.running, Role::Transient, "being looked at".to_owned());
    }
    let findings = survey.of(name).filter(|finding| finding.hosts == hosts);
    if let Some(sign) = real::sign(findings, state, look) {
        return sign;
    }
    let run = state.wizard.shelf.as_ref().and_then(|shelf| shelf.last_on(name, hosts));
    let is_test = scenario.is_some_and(|scenario| scenario.purpose == Purpose::Test);
    match run {
        Some(run) => of_run(run, is_test, state, look),
        None if is_next => (look.glyphs.note, Role::Note, "comes next".to_owned()),
        None => (look.glyphs.unseen, Role::Muted, "not run from here".to_owned()),
    }
}

fn of_run(run: &PastRun, is_test: bool, state: &State, look: &Look) -> Sign {
    let when = ago(run.last, state);
    match &run.outcome {
        Some(Outcome::Done { .. }) => {
            let word = if is_test { "passed" } else { "done" };
            (look.glyphs.ok, Role::Ok, format!("{word} {when}"))
        }
        None if run.is_in_hand => (look.glyphs.running, Role::Transient, "under way".to_owned()),
        _ => {
            let (glyph, role, word) = sign_of_left(run, look);
            (glyph, role, format!("{word} {when}"))
        }
    }
}

fn details(layout: &Layout, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    match layout.rows(&state.entries()).get(layout.row) {
        Some(LayoutRow::Stage(placed)) => {
            let name = &placed.stage.scenario;
            let mut lines = vec![rule(&placed.label(), Role::Heading, width, look)];
            if let Some(scenario) = scenario(name, state) {
                let intro = prose::lines(&scenario.introduction, width, look);
                lines.extend(intro.into_iter().take_while(|line| line.width() > 0).take(3));
            }
            for (name, value) in placed.values.iter().filter(|(_, value)| !value.is_empty()) {
                let words = format!("{name} = {value}");
                lines.extend(plain(&clean(&words), Role::Muted, 0, width, look));
            }
            let findings = state.wizard.survey.of(name);
            let here = findings.filter(|finding| finding.hosts == placed.cluster.hosts);
            lines.extend(real::lines(here, state, width, look));
            lines
        }
        Some(LayoutRow::Role(_)) | None => {
            let mut lines = vec![rule(&layout.deployment.name, Role::Heading, width, look)];
            lines.extend(prose::lines(&layout.deployment.description, width, look).into_iter().take(4));
            lines
        }
    }
}

fn scenario<'s>(name: &str, state: &'s State) -> Option<&'s Scenario> {
    let shelf = state.wizard.shelf.as_ref()?;
    let book = shelf.books.iter().find(|book| book.name == name)?;
    book.scenario.as_deref().ok()
}
