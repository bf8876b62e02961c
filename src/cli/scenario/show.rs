//! `quorate scenario show`: a scenario as a person reads it.

use std::fmt::Write as _;
use std::io::{Write, stdout};
use std::process::ExitCode;

use super::arguments::ShowArguments;
use super::{indented, printable};
use crate::cli::failure::Outcome;
use crate::cli::settings::Settings;
use crate::scenario::{Destroys, Gate, Library, Order, Scenario, Script, Secrecy, Step, Target, Variable};

/// Prints it.
pub(super) fn run(settings: &Settings, arguments: &ShowArguments) -> Outcome {
    let scenario = Library::load(Some(settings.user_dir()))?.open(&arguments.scenario)?;
    let mut out = stdout().lock();
    out.write_all(text(&scenario).as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn text(scenario: &Scenario) -> String {
    let mut text = format!("{}\n\n", printable(&scenario.title));
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format_fact(name, value));
        }
    };
    fact("name", &scenario.name);
    fact("tier", &scenario.tier.to_string());
    fact("needs", &scenario.needs.join(", "));
    fact("verified on", &scenario.verified.join(", "));
    fact("destroys", what(&scenario.destroys));
    fact("before", &gates(&scenario.gates.before));
    fact("after", &gates(&scenario.gates.after));
    if !scenario.variables.is_empty() {
        text.push_str("\nVariables\n");
        text.extend(scenario.variables.iter().map(variable));
    }
    if !scenario.introduction.is_empty() {
        text.push('\n');
        text.push_str(&indented(&scenario.introduction, 0));
    }
    for remark in &scenario.remarks {
        text.push_str(&format_fact("note", &remark.to_string()));
    }
    text.extend(scenario.steps.iter().map(step));
    text
}

fn format_fact(name: &str, value: &str) -> String {
    format!("{name:<12} {}\n", printable(value))
}

fn gates(gates: &[Gate]) -> String {
    gates.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn what(destroys: &Destroys) -> &str {
    match destroys {
        Destroys::Nothing => "",
        Destroys::This(what) => what,
    }
}

fn variable(variable: &Variable) -> String {
    let mut says = vec![variable.kind.word().to_owned()];
    if let crate::scenario::Kind::Choice(words) = &variable.kind {
        says.push(format!("of {}", words.join(", ")));
    }
    if variable.secrecy == Secrecy::Secret {
        says.push("secret".to_owned());
    }
    match (&variable.default, variable.generated) {
        (Some(default), _) if default.is_empty() => says.push("may be empty".to_owned()),
        (Some(default), _) => says.push(format!("else {default}")),
        (None, Some(how)) => says.push(format!("else made up ({how})")),
        (None, None) => says.push("needed".to_owned()),
    }
    let name = &variable.name;
    let mut text = format!("  {name:<20} {}\n", printable(&says.join(", ")));
    if !variable.description.is_empty() {
        text.push_str(&indented(&variable.description, 4));
    }
    if !variable.when_empty.is_empty() {
        text.push_str(&indented(&format!("When empty: {}", variable.when_empty), 4));
    }
    text
}

fn step(step: &Step) -> String {
    let mut text = format!("\n{}. {}\n", step.number, printable(&step.title));
    let at_once = match step.order {
        Order::Serial => String::new(),
        Order::Parallel(hosts) => format!(", {hosts} at once"),
    };
    let _infallible = writeln!(text, "   on {}{at_once}", printable(&place(&step.on)));
    if let Destroys::This(what) = &step.destroys {
        let _infallible = writeln!(text, "   destroys {}", printable(what));
    }
    if !step.prose.is_empty() {
        text.push('\n');
        text.push_str(&indented(&step.prose, 3));
    }
    step.unless.iter().for_each(|script| block(&mut text, "unless", script));
    step.run.iter().for_each(|script| block(&mut text, "run", script));
    for check in &step.checks {
        let retry = humantime::format_duration(check.retry);
        let word =
            if check.retry.is_zero() { "check".to_owned() } else { format!("check, for up to {retry}") };
        block(&mut text, &word, &check.script);
    }
    step.undo.iter().for_each(|script| block(&mut text, "undo", script));
    text
}

fn block(text: &mut String, word: &str, script: &Script) {
    let on = script.on.as_ref().map_or_else(String::new, |on| format!(" on {}", place(on)));
    let os = if script.os.is_empty() { String::new() } else { format!(" ({})", script.os.join(", ")) };
    let _infallible = writeln!(text, "\n   {word}{}{os}:\n", printable(&on));
    text.push_str(&indented(script.text.trim_end(), 6));
}

/// In words.
pub(super) fn place(target: &Target) -> String {
    match target {
        Target::All => "every host".to_owned(),
        Target::First => "the first host".to_owned(),
        Target::Rest => "every host but the first".to_owned(),
        Target::Local => "this machine".to_owned(),
        Target::Nth(nth) => format!("host {nth}"),
        Target::Named(name) => name.to_string(),
    }
}
