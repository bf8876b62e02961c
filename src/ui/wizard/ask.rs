//! What is asked about a run.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::wizard::{Ask, AskKind, Run};
use crate::app::{Focus, State, Target};
use crate::model::text::clean;
use crate::scenario::Destroys;
use crate::scenario::journal::{Instruction, Place};
use crate::theme::Role;
use crate::ui::operation::{Content, Foot, clear, inner, plain, signed};
use crate::ui::{Look, shell, text};

/// How many hosts are named.
const NAMED: usize = 24;

/// Draws it over the run; says where something is typed.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    run: &Run,
    ask: &Ask,
    state: &State,
    look: &Look,
) -> Option<(u16, u16)> {
    let inner = clear(frame, area, look);
    content(run, ask, state, usize::from(inner.width), look).draw(frame, inner, look)
}

/// What is drawn at that cell, if pressing it does anything.
pub(super) fn target_at(
    area: Rect,
    run: &Run,
    ask: &Ask,
    state: &State,
    look: &Look,
    at: Position,
) -> Option<Target> {
    let inner = inner(area);
    content(run, ask, state, usize::from(inner.width), look).target_at(inner, at)
}

fn content(run: &Run, ask: &Ask, state: &State, width: usize, look: &Look) -> Content {
    let (question, mut words, button) = words(run, ask, state, width, look);
    let mut body = plain(&question, Role::Title, 0, width, look);
    body.push(Line::default());
    body.append(&mut words);
    Content { body, foot: foot(ask, button, width, look), ..Content::default() }
}

/// The question, what there is to know, and what the button says.
fn words(
    run: &Run,
    ask: &Ask,
    state: &State,
    width: usize,
    look: &Look,
) -> (String, Vec<Line<'static>>, &'static str) {
    let scenario = &run.plan.scenario;
    let warning = (look.glyphs.warning, Role::Warning);
    match ask.kind {
        AskKind::Begin(first) => to_begin(run, first, state, width, look),
        AskKind::RunToEnd => {
            let left: Vec<_> = scenario.steps.iter().skip(run.current().saturating_sub(1)).collect();
            let mut lines = Vec::new();
            for step in &left {
                if let Destroys::This(what) = &step.destroys {
                    lines.extend(destroys(&format!("Step {}", step.number), &clean(what), width, look));
                }
            }
            for step in &left {
                let words = format!("{}. {}", step.number, clean(&step.title));
                lines.extend(plain(&words, Role::Text, 0, width, look));
            }
            lines.extend(on(&run.progress.places(), width, look));
            let question = match left.len() {
                1 => "Run the last step?".to_owned(),
                count => format!("Run the {count} steps that are left?"),
            };
            (question, lines, "Run all")
        }
        AskKind::Destroy => {
            let step = scenario.steps.get(run.current().saturating_sub(1));
            let what = match step.map(|step| &step.destroys) {
                Some(Destroys::This(what)) => clean(what),
                _ => String::new(),
            };
            let mut lines = destroys("It", &what, width, look);
            lines.extend(on(&run.progress.run_at(run.current()), width, look));
            (format!("Run step {}?", run.current()), lines, "Run it")
        }
        AskKind::Undo(number) => {
            let mut lines = Vec::new();
            if let Some(step) = scenario.steps.get(number.saturating_sub(1)) {
                for script in step.undo.iter().filter(|script| run.is_for(script)) {
                    lines.extend(shell::lines(&run.plan.shown(step, script), width, look));
                }
            }
            lines.extend(on(&run.progress.undone_at(number), width, look));
            (format!("Take step {number} back?"), lines, "Take it back")
        }
        AskKind::Again => {
            let words = "A script may have run already, and nothing can tell. Run again, it may do its work twice. Skip \
                         the step instead where you know that it is done.";
            let mut lines = signed(warning, (words, Role::Text), 0, width, look);
            for trouble in run.progress.troubles().iter().take(8) {
                lines.extend(plain(&trouble.to_string(), Role::Muted, 2, width, look));
            }
            (format!("Run step {} again?", run.current()), lines, "Run it again")
        }
        AskKind::Abort => {
            let words = "What is under way is killed on its hosts, and nothing more is run. What is done stays done, and \
                         the run can be resumed.";
            ("End this run?".to_owned(), plain(words, Role::Text, 0, width, look), "End it")
        }
        AskKind::BreakLock => (
            "Break the lock of another run?".to_owned(),
            holders(run, state, width, look),
            "Break it and run",
        ),
    }
}

/// Whose the locks are that would be broken, and what that means.
fn holders(run: &Run, state: &State, width: usize, look: &Look) -> Vec<Line<'static>> {
    let warning = (look.glyphs.warning, Role::Warning);
    let mut lines = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for holder in &run.holders {
        if told.contains(&holder.run.as_str()) {
            continue;
        }
        told.push(&holder.run);
        let same = run.holders.iter().filter(|other| other.run == holder.run);
        let places: Vec<String> = same.map(|other| clean(&other.place.to_string())).collect();
        let words = format!("{}: run {} ({})", places.join(", "), holder.run, holder.words);
        lines.extend(signed((look.glyphs.pending, Role::Key), (&clean(&words), Role::Text), 0, width, look));
        let runs = state.wizard.shelf.iter().flat_map(|shelf| &shelf.runs);
        let known = runs.into_iter().find(|past| past.id == holder.run);
        let words = match known.map(|past| (past, past.can_be_gone_on_with())) {
            Some((past, true)) => format!(
                "It was left on this machine, {}. Going on with it is the better way: it stands on top of the list.",
                super::ago(past.last, state)
            ),
            Some((past, false)) => format!("On this machine it ended {}.", super::ago(past.last, state)),
            None => {
                "This machine knows nothing of it. Whether it is dead, only who began it can say.".to_owned()
            }
        };
        lines.extend(plain(&words, Role::Muted, 2, width, look));
    }
    lines.push(Line::default());
    let words = "If it is at work after all, two runs change these hosts at once, and can destroy each other's work. Its \
                 scripts that are under way are not ended.";
    lines.extend(signed(warning, (words, Role::Warning), 0, width, look));
    if let Some(what) = run.plan.destroys() {
        lines.extend(destroys("This run", &clean(&what), width, look));
    }
    lines
}

/// What is asked before anything is run. What is lost stands first: nothing may push it off the screen.
fn to_begin(
    run: &Run,
    first: Instruction,
    state: &State,
    width: usize,
    look: &Look,
) -> (String, Vec<Line<'static>>, &'static str) {
    let warning = (look.glyphs.warning, Role::Warning);
    let mut lines = Vec::new();
    if let Some(what) = run.plan.destroys() {
        lines.extend(destroys("It", &clean(&what), width, look));
    }
    if state.wizard.is_simulated() {
        let words = "These hosts are simulated and run no shell: nothing is run, and every script is taken for one that worked.";
        lines.extend(signed(warning, (words, Role::Warning), 0, width, look));
    }
    for remark in run.plan.remarks() {
        lines.extend(signed(warning, (&remark, Role::Text), 0, width, look));
    }
    lines.extend(on(&run.progress.places(), width, look));
    lines.push(Line::default());
    let words = "First it is looked at what has to hold before; where it does not, nothing is run.";
    lines.extend(plain(words, Role::Muted, 0, width, look));
    if first != Instruction::RunToEnd && run.plan.scenario.steps.len() > run.current() {
        let words = "Later steps run on enter without a question, except those that destroy something.";
        lines.extend(plain(words, Role::Muted, 0, width, look));
    }
    let (how, button) = if first == Instruction::RunToEnd {
        (format!("{} to the end", text::count(run.plan.scenario.steps.len(), "step")), "Run all")
    } else {
        (format!("step {}, and wait", run.current()), "Run it")
    };
    (format!("{}: run {how}?", clean(&run.plan.scenario.title)), lines, button)
}

fn destroys(who: &str, what: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    let words = format!("{who} destroys {what}.");
    signed((look.glyphs.critical, Role::Critical), (&words, Role::Critical), 0, width, look)
}

/// On which hosts; of many, how many, and the first of them.
fn on(places: &[Place], width: usize, look: &Look) -> Vec<Line<'static>> {
    let name = |place: &Place| match place {
        Place::Host(host) => clean(host.as_str()),
        Place::Local => "this machine".to_owned(),
    };
    let names: Vec<String> = places.iter().take(NAMED).map(name).collect();
    let words = match places.len() {
        all if all > NAMED => format!("on {all} hosts: {} and {} more", names.join(", "), all - NAMED),
        _ => format!("on {}", names.join(", ")),
    };
    plain(&words, Role::Text, 0, width, look)
}

fn foot(ask: &Ask, button: &str, width: usize, look: &Look) -> Foot {
    let mut foot = Foot::default();
    if let Some(wanted) = &ask.wanted {
        let label = format!("type {} to do it", clean(wanted));
        let has_keys = ask.is_typing();
        let used = Span::raw(label.as_str()).width() + 3;
        let room = width.saturating_sub(used).max(1);
        let text = look.fit(ask.typed.value(), room);
        let rest = room.saturating_sub(Span::raw(text.as_str()).width());
        if has_keys {
            foot.cursor = Some((0, used + ask.typed.visual_cursor()));
        }
        foot.fields.push(Focus::Name);
        foot.lines.push(Line::from(vec![
            look.span(Role::Title, if has_keys { look.glyphs.cursor } else { " " }),
            look.span(if has_keys { Role::Text } else { Role::Muted }, label),
            Span::raw("  "),
            look.span(Role::Input, text),
            look.span(Role::Faint, "_".repeat(rest)),
        ]));
    }
    foot.push_buttons(
        &[
            ("Cancel", ask.focus == Focus::Cancel, true, Target::Button(Focus::Cancel)),
            (button, ask.focus == Focus::Confirm, ask.can_be_confirmed(), Target::Button(Focus::Confirm)),
        ],
        look,
    );
    foot
}
