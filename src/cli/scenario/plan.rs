//! `quorate scenario plan`: what would be run, where and in which order.

use std::fmt::Write as _;
use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;

use serde::Serialize;

use super::arguments::PlanArguments;
use super::{indented, printable};
use crate::cli::arguments::OpFormat;
use crate::cli::failure::Outcome;
use crate::cli::settings::Settings;
use crate::scenario::{Destroys, Order, Plan, Script, Step, Target};

/// Where a script for `local` is run.
const LOCAL: &str = "local";

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    title: String,
    steps: Vec<PlannedStep>,
}

#[derive(Debug, Serialize)]
struct PlannedStep {
    number: usize,
    title: String,
    /// Hosts in their order; `local` is where the console runs.
    targets: Vec<String>,
    script: String,
    checks: Vec<String>,
    /// `null` where the step can't be taken back.
    undo: Option<String>,
}

/// Prints it; remarks go to stderr.
pub(super) fn run(settings: &Settings, arguments: &PlanArguments) -> Outcome {
    let plan = arguments.given.plan(settings)?;
    print(&plan, arguments.os.as_deref(), arguments.format)
}

/// Prints a plan, for one system or all.
pub(super) fn print(plan: &Plan, os: Option<&str>, format: OpFormat) -> Outcome {
    for remark in plan.remarks() {
        // Where stderr is gone, the plan is still worth printing.
        let _gone = writeln!(stderr(), "quorate: {}", printable(&remark));
    }
    let shown = Shown::of(plan, os);
    let mut out = stdout().lock();
    match format {
        OpFormat::Text => out.write_all(shown.text().as_bytes())?,
        OpFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &shown.json()).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The names that a system goes by: its own, and those of the systems that it is like.
fn ids(os: &str) -> Vec<&str> {
    let like: &[&str] = match os {
        "ubuntu" => &["debian"],
        "almalinux" | "rocky" | "centos" | "ol" => &["rhel", "fedora"],
        "rhel" => &["fedora"],
        _ => &[],
    };
    std::iter::once(os).chain(like.iter().copied()).collect()
}

/// A plan to be shown.
pub(super) struct Shown<'a> {
    plan: &'a Plan,
    /// The system that it is shown for; `None`: every system.
    ids: Option<Vec<&'a str>>,
}

impl<'a> Shown<'a> {
    /// For one system, or every one.
    pub(super) fn of(plan: &'a Plan, os: Option<&'a str>) -> Self {
        Self { plan, ids: os.map(ids) }
    }

    pub(super) fn json(&self) -> Planned {
        let step = |step: &Step| PlannedStep {
            number: step.number,
            title: step.title.clone(),
            targets: self.targets(&step.on),
            script: self.scripts(step, &step.run).unwrap_or_default(),
            checks: step
                .checks
                .iter()
                .filter(|check| self.is_for(&check.script))
                .map(|check| self.plan.shown(step, &check.script))
                .collect(),
            undo: self.scripts(step, &step.undo),
        };
        Planned {
            title: self.plan.scenario.title.clone(),
            steps: self.plan.scenario.steps.iter().map(step).collect(),
        }
    }

    fn is_for(&self, script: &Script) -> bool {
        self.ids.as_ref().is_none_or(|ids| script.is_for(ids))
    }

    /// Those that apply, one after the other; those for some systems say so. `None` where there is none.
    fn scripts(&self, step: &Step, scripts: &[Script]) -> Option<String> {
        let scripts: Vec<&Script> = scripts.iter().filter(|script| self.is_for(script)).collect();
        let many = scripts.len() > 1;
        let texts: Vec<String> = scripts
            .into_iter()
            .map(|script| {
                let shown = self.plan.shown(step, script);
                if many && !script.os.is_empty() {
                    format!("# {}\n{shown}", script.os.join(", "))
                } else {
                    shown
                }
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    fn targets(&self, target: &Target) -> Vec<String> {
        if *target == Target::Local {
            return vec![LOCAL.to_owned()];
        }
        self.plan.hosts_of(target).iter().map(ToString::to_string).collect()
    }

    pub(super) fn text(&self) -> String {
        let scenario = &self.plan.scenario;
        let hosts = self.targets(&Target::All).join(", ");
        let mut text = format!("{}\non {}\n", printable(&scenario.title), printable(&hosts));
        if let Destroys::This(what) = &scenario.destroys {
            let _infallible = writeln!(text, "destroys {}", printable(what));
        }
        for step in &scenario.steps {
            self.step(&mut text, step);
        }
        text
    }

    fn step(&self, text: &mut String, step: &Step) {
        let hosts = self.targets(&step.on).join(", ");
        let how = match step.order {
            Order::Serial => String::new(),
            Order::Parallel(most) => format!(", {most} at once"),
        };
        let title = printable(&step.title);
        let _infallible = writeln!(text, "\n{}. {title}\n   on {}{how}", step.number, printable(&hosts));
        if let Destroys::This(what) = &step.destroys {
            let _infallible = writeln!(text, "   destroys {}", printable(what));
        }
        self.block(text, step, "unless", &step.unless);
        self.block(text, step, "run", &step.run);
        for check in &step.checks {
            let retry = humantime::format_duration(check.retry);
            let word =
                if check.retry.is_zero() { "check".to_owned() } else { format!("check, for up to {retry}") };
            self.block(text, step, &word, std::slice::from_ref(&check.script));
        }
        self.block(text, step, "undo", &step.undo);
    }

    fn block(&self, text: &mut String, step: &Step, word: &str, scripts: &[Script]) {
        let on = scripts.first().and_then(|script| script.on.as_ref());
        let on = on.map_or_else(String::new, |on| format!(" on {}", self.targets(on).join(", ")));
        if let Some(script) = self.scripts(step, scripts) {
            let _infallible = writeln!(text, "\n   {word}{}:\n", printable(&on));
            text.push_str(&indented(script.trim_end(), 6));
        }
    }
}
