//! `quorate scenario list`.

use std::io::{Write, stdout};
use std::process::ExitCode;

use serde::Serialize;

use super::arguments::ListArguments;
use super::{columns, printable};
use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::settings::Settings;
use crate::scenario::{Library, Origin, Scenario};

/// For scripts. Its names and their meaning are a promise: they may be added to, never changed.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    title: &'a str,
    tier: String,
    order: Option<u32>,
    needs: &'a [String],
    verified: &'a [String],
    /// `built-in` or `user`.
    origin: &'static str,
    file: &'a str,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    scenarios: Vec<Listed<'a>>,
}

/// Prints those that can be used; what is wrong with the others is the error.
pub(super) fn run(settings: &Settings, arguments: &ListArguments) -> Outcome {
    let library = Library::load(Some(settings.user_dir()))?;
    let mut wrong: Vec<String> = library
        .all()
        .filter_map(|(_, shelved)| shelved.scenario.as_ref().err())
        .map(ToString::to_string)
        .collect();
    let ordered = library.in_order().unwrap_or_else(|error| {
        wrong.push(error.to_string());
        library.scenarios().collect()
    });
    let mut out = stdout().lock();
    match arguments.format {
        Format::Table => out.write_all(table(&ordered).as_bytes())?,
        Format::Json => {
            let scenarios = ordered.iter().filter_map(|scenario| listed(&library, scenario)).collect();
            serde_json::to_writer_pretty(&mut out, &List { scenarios }).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    if wrong.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Wrong(wrong.join("\n"))) }
}

fn listed<'a>(library: &'a Library, scenario: &'a Scenario) -> Option<Listed<'a>> {
    let (_, shelved) = library.all().find(|(name, _)| *name == scenario.name)?;
    Some(Listed {
        name: &scenario.name,
        title: &scenario.title,
        tier: scenario.tier.to_string().to_lowercase(),
        order: scenario.order,
        needs: &scenario.needs,
        verified: &scenario.verified,
        origin: match shelved.origin {
            Origin::BuiltIn => "built-in",
            Origin::User => "user",
        },
        file: &shelved.file,
    })
}

fn table(scenarios: &[&Scenario]) -> String {
    let heads = ["TIER", "ORDER", "NAME", "TITLE", "VERIFIED ON"].map(str::to_owned);
    let row = |scenario: &&Scenario| {
        let order = scenario.order.map_or_else(String::new, |order| order.to_string());
        let verified =
            if scenario.verified.is_empty() { "–".to_owned() } else { scenario.verified.join(", ") };
        let texts =
            [scenario.tier.to_string(), order, scenario.name.clone(), scenario.title.clone(), verified];
        texts.map(|text| printable(&text))
    };
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(scenarios.iter().map(row)).collect();
    columns(&rows, &[])
}
