//! Reads what [`crate::pacemaker::stack::stack`] printed: a section for each tool.

mod corosync;
mod daemons;
mod drbd;
mod sbd;
#[cfg(test)]
mod tests;
mod verify;

use crate::model::text::clean;
use crate::model::{StackReport, Told};

/// What one tool printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    name: String,
    end: End,
    /// Lossily decoded: what isn't UTF-8 is replaced.
    lines: Vec<String>,
}

/// How a tool ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Exit(i32),
    /// The host doesn't have it.
    Missing,
    /// It didn't end in time.
    Hangs,
    /// The answer was cut off.
    CutOff,
}

/// `timeout -s KILL` ends with the code of a killed process.
const KILLED: i32 = 137;

/// More sections than the script ever prints are left out.
const MOST_SECTIONS: usize = 32;

/// Reads a host's answer; `None` where it isn't one. An answer that was cut off counts as far as its last whole section.
pub fn stack(stdout: &[u8]) -> Option<StackReport> {
    let sections = Sections::read(stdout);
    if sections.0.is_empty() {
        return None;
    }
    Some(StackReport {
        daemons: sections.told("daemons", "systemctl", |section| daemons::read(&section.lines)),
        votes: sections.told("votes", "corosync-quorumtool", |section| corosync::votes(&section.lines)),
        links: sections.told("links", "corosync-cfgtool", |section| corosync::links(&section.lines)),
        sbd: sbd::read(&sections),
        drbd: drbd::read(&sections),
        verify: sections.told("verify", "crm_verify", verify::read),
    })
}

struct Sections(Vec<Section>);

impl Sections {
    fn read(stdout: &[u8]) -> Self {
        let text = String::from_utf8_lossy(stdout);
        let mut sections: Vec<Section> = Vec::new();
        let mut is_whole = false;
        for line in text.lines() {
            if line == "= end" {
                is_whole = true;
                break;
            }
            if let (Some(line), Some(section)) = (line.strip_prefix('|'), sections.last_mut()) {
                section.lines.push(line.to_owned());
                continue;
            }
            // Anything else is a banner.
            let Some(section) = line.strip_prefix("= ").and_then(Section::begin) else { continue };
            if sections.len() == MOST_SECTIONS {
                break;
            }
            sections.push(section);
        }
        if let (false, Some(last)) = (is_whole, sections.last_mut()) {
            last.end = End::CutOff;
        }
        Self(sections)
    }

    fn get(&self, name: &str) -> Option<&Section> {
        self.0.iter().find(|section| section.name == name)
    }

    /// A tool's answer, as far as `read` understands it.
    fn told<T>(&self, name: &str, tool: &str, read: impl FnOnce(&Section) -> Option<T>) -> Told<T> {
        let Some(section) = self.get(name) else { return Told::NotAsked };
        match section.end {
            End::Exit(_) => read(section).map_or_else(|| Told::Unknown(section.reason(tool)), Told::Known),
            End::Missing | End::Hangs | End::CutOff => Told::Unknown(section.reason(tool)),
        }
    }
}

impl Section {
    fn begin(line: &str) -> Option<Self> {
        let (name, how) = line.split_once(' ')?;
        let end = match how {
            "missing" => End::Missing,
            "hangs" => End::Hangs,
            code => match code.parse().ok()? {
                KILLED => End::Hangs,
                code => End::Exit(code),
            },
        };
        Some(Self { name: name.to_owned(), end, lines: Vec::new() })
    }

    /// Why a tool gave no usable answer.
    fn reason(&self, tool: &str) -> String {
        let said = self.lines.iter().map(|line| clean(line.trim())).find(|line| !line.is_empty());
        match (self.end, said) {
            (End::Missing, _) => format!("{tool} isn't installed or not in the path"),
            (End::Hangs, _) => format!("{tool} doesn't end"),
            (End::CutOff, _) => format!("the answer of {tool} was cut off"),
            (End::Exit(0), Some(said)) => format!("{tool} printed: {said}"),
            (End::Exit(0), None) => format!("{tool} printed nothing"),
            (End::Exit(code), Some(said)) => format!("{tool} failed (exit code {code}): {said}"),
            (End::Exit(code), None) => format!("{tool} failed without a word (exit code {code})"),
        }
    }
}
