//! What a step runs, as a person reads it: values in the place of variables, secrets masked.

use ratatui::text::Line;

use super::rule;
use crate::app::wizard::Run;
use crate::model::text::clean;
use crate::scenario::{Destroys, Order, Script, Step, Target};
use crate::theme::Role;
use crate::ui::operation::signed;
use crate::ui::{Look, prose, shell};

/// All that a step runs, each part under a heading; `every_system`: also what is for other systems than the one that
/// is looked at.
pub(super) fn of_step(
    run: &Run,
    step: &Step,
    every_system: bool,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Destroys::This(what) = &step.destroys {
        let words = format!("destroys {}", clean(what));
        lines.extend(signed((look.glyphs.warning, Role::Warning), (&words, Role::Warning), 0, width, look));
    }
    let many = match step.order {
        Order::Serial => String::new(),
        Order::Parallel(most) => format!(", {most} at once"),
    };
    let mut part = |words: &str, scripts: &[&Script]| {
        let scripts: Vec<&&Script> =
            scripts.iter().filter(|script| every_system || run.is_for(script)).collect();
        for (nth, script) in scripts.iter().enumerate() {
            let on = script.on.as_ref().unwrap_or(&step.on);
            let mut heading = if nth == 0 { words.to_owned() } else { "and".to_owned() };
            if every_system || script.on.is_some() {
                heading = format!("{heading} {} {}", look.glyphs.dot, places(run, on));
            }
            if !script.os.is_empty() {
                heading = format!("{heading} ({})", script.os.join(", "));
            }
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(rule(&heading, Role::Heading, width, look));
            lines.extend(shell::lines(&run.plan.shown(step, script), width, look));
        }
    };
    part(&format!("what runs{many}"), &step.run.iter().collect::<Vec<_>>());
    part("not run where this holds", &step.unless.iter().collect::<Vec<_>>());
    for check in &step.checks {
        let words = if check.retry.is_zero() {
            "check".to_owned()
        } else {
            format!("check, again until it holds (at most {})", humantime::format_duration(check.retry))
        };
        part(&words, &[&check.script]);
    }
    part("undo", &step.undo.iter().collect::<Vec<_>>());
    lines
}

/// Everything that would be run, in its order and whole.
pub(super) fn all(run: &Run, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for step in &run.plan.scenario.steps {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let words = format!("{}. {}", step.number, clean(&step.title));
        lines.push(Line::from(look.span(Role::Title, look.fit(&words, width))));
        let words = format!("on {}", places(run, &step.on));
        lines.push(Line::from(look.span(Role::Muted, look.fit(&words, width))));
        lines.extend(of_step(run, step, true, width, look));
    }
    lines
}

/// What a step is for.
pub(super) fn why(run: &Run, step: &Step, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = prose::lines(&step.prose, width, look);
    if step.number == 1 && !run.plan.scenario.introduction.is_empty() {
        let mut above = prose::lines(&run.plan.scenario.introduction, width, look);
        if !lines.is_empty() {
            above.push(Line::default());
        }
        above.append(&mut lines);
        return above;
    }
    if lines.is_empty() {
        lines.push(Line::from(look.span(Role::Muted, "Nothing is said of why.")));
    }
    lines
}

fn places(run: &Run, target: &Target) -> String {
    let places: Vec<String> =
        run.plan.places_of(target).iter().map(|place| clean(&place.to_string())).collect();
    if places.len() > 6 { format!("{} hosts", places.len()) } else { places.join(", ") }
}
