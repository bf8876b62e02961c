//! What is really there, as the checks see it.

use ratatui::text::Line;

use super::ago;
use super::list::{Sign, at};
use crate::app::State;
use crate::app::wizard::{Deployed, Finding, Found};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::operation::signed;

/// How many things that do not hold are told of one cluster.
const TOLD: usize = 3;

/// What they come to, the worst first; nothing where nothing was looked at.
pub(super) fn sign<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    state: &State,
    look: &Look,
) -> Option<Sign> {
    let findings: Vec<&Finding> = findings.collect();
    let last = findings.iter().map(|finding| finding.at).max()?;
    let of = |rank: u8| findings.iter().copied().filter(move |finding| rank_of(finding) == rank);
    let worst = (0..=2).rev().find(|rank| of(*rank).next().is_some())?;
    let places: Vec<String> = of(worst).map(|it| at(&it.hosts, state).replacen("on ", "", 1)).collect();
    let places = if places.len() > 3 { format!("{} clusters", places.len()) } else { places.join(", ") };
    let first = of(worst).next()?;
    let (glyph, role, word) = one(first, look);
    Some((glyph, role, format!("{word} on {places}, {}", ago(last, state))))
}

/// Each of them, with what does not hold.
pub(super) fn lines<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    state: &State,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for finding in findings {
        let (glyph, role, word) = one(finding, look);
        let words = format!("{word} {}, checked {}", at(&finding.hosts, state), ago(finding.at, state));
        lines.extend(signed((glyph, role), (&words, Role::Text), 0, width, look));
        let why: Vec<String> = match &finding.seen {
            Ok(found) => {
                let broken = found.steps.iter().filter(|step| step.holds == Some(false));
                broken.map(|step| format!("step {}: {}", step.number, step.why.join("; "))).collect()
            }
            Err(why) => vec![why.clone()],
        };
        for words in why.iter().take(TOLD) {
            lines.extend(signed((" ", Role::Muted), (words, Role::Muted), 2, width, look));
        }
    }
    lines
}

/// Sign, colour and word of one. It was brought to its end there, so what does not hold now did then.
fn one(finding: &Finding, look: &Look) -> (&'static str, Role, &'static str) {
    let glyphs = &look.glyphs;
    match finding.seen.as_ref().map(Found::deployed) {
        Err(_) => (glyphs.unknown, Role::Unknown, "can't be looked at"),
        Ok(Deployed::Yes) => (glyphs.ok, Role::Ok, "deployed"),
        Ok(Deployed::InPart | Deployed::No) => (glyphs.warning, Role::Warning, "drifted"),
        Ok(Deployed::Unknown) => (glyphs.unknown, Role::Unknown, "without checks"),
    }
}

fn rank_of(finding: &Finding) -> u8 {
    match finding.seen.as_ref().map(Found::deployed) {
        Ok(Deployed::Yes | Deployed::Unknown) => 0,
        Err(_) => 1,
        Ok(Deployed::InPart | Deployed::No) => 2,
    }
}
