//! One kind of finding: its code, what it means, and how it is found.

use crate::model::text::clean;

use super::fix::Remedy;
use super::scene::{Outlook, Scene};
use super::words::{first_lines, plural};
use super::{Finding, Severity};

/// More verdicts of one check and severity than these become one finding, so that a site-wide fault is a line
/// and not a screenful.
const FOLD_ABOVE: usize = 3;
/// The same for notes, which should take even less room.
const FOLD_NOTES_ABOVE: usize = 2;

/// One kind of finding.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// [`Finding::code`]: short, stable, kebab-case.
    pub code: &'static str,
    /// What the finding says, in one sentence, for the documentation.
    pub meaning: &'static str,
    /// How many of them read as one.
    pub(super) many: Many,
    /// How it is found.
    pub(super) look: Look,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// At the contact with the cluster and what its members say of each other.
    Outside(fn(&Outlook<'_>) -> Vec<Verdict>),
    /// At a picture that is confirmed.
    Inside(fn(&Scene<'_>) -> Vec<Verdict>),
    /// At the configuration, with what is known of the state; also where nothing is.
    Configuration(fn(&Scene<'_>) -> Vec<Verdict>),
}

/// How many verdicts read as one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Many {
    /// There are never many, or each matters by itself.
    Apart,
    /// A noun, and the words that follow its plural: `5 resources` + `are blocked`.
    Folded(&'static str, &'static str),
}

/// A finding without its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) severity: Severity,
    pub(super) subject: String,
    pub(super) summary: String,
    pub(super) evidence: Vec<String>,
    /// The line of its evidence that names what waits for it, which folding keeps.
    pub(super) waiting: Option<String>,
    pub(super) remedy: Remedy,
}

impl Verdict {
    pub(super) fn new(
        severity: Severity,
        subject: &(impl ToString + ?Sized),
        summary: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            subject: subject.to_string(),
            summary: summary.into(),
            evidence: Vec::new(),
            waiting: None,
            remedy: Remedy::default(),
        }
    }

    #[must_use]
    pub(super) fn because(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// The same for the line that names what waits for it.
    #[must_use]
    pub(super) fn waiting(mut self, line: Option<String>) -> Self {
        self.evidence.extend(line.clone());
        self.waiting = line;
        self
    }

    #[must_use]
    pub(super) fn remedy(mut self, remedy: impl Into<Remedy>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl Check {
    /// The verdicts as findings: many of the same folded, and all text made fit to be shown.
    pub(super) fn findings(&self, outlook: &Outlook<'_>, verdicts: Vec<Verdict>) -> Vec<Finding> {
        let folded = match self.many {
            Many::Apart => verdicts,
            Many::Folded(noun, words) => fold(outlook, &verdicts, noun, words),
        };
        folded.iter().map(|verdict| self.finding(verdict)).collect()
    }

    fn finding(&self, verdict: &Verdict) -> Finding {
        Finding {
            severity: verdict.severity,
            code: self.code,
            subject: clean(&verdict.subject),
            summary: clean(&verdict.summary),
            evidence: verdict.evidence.iter().map(|line| clean(line)).collect(),
            remedy: verdict.remedy.clone(),
        }
    }
}

fn fold(outlook: &Outlook<'_>, verdicts: &[Verdict], noun: &str, words: &str) -> Vec<Verdict> {
    let mut folded = Vec::new();
    for severity in [Severity::Critical, Severity::Unknown, Severity::Warning, Severity::Note] {
        let alike: Vec<_> = verdicts.iter().filter(|verdict| verdict.severity == severity).cloned().collect();
        let most = if severity == Severity::Note { FOLD_NOTES_ABOVE } else { FOLD_ABOVE };
        if alike.len() > most {
            folded.push(fold_alike(outlook, &alike, noun, words));
        } else {
            folded.extend(alike);
        }
    }
    folded
}

fn fold_alike(outlook: &Outlook<'_>, alike: &[Verdict], noun: &str, words: &str) -> Verdict {
    let count = alike.len();
    let severity = alike.first().map_or(Severity::Note, |verdict| verdict.severity);
    let line = |one: &Verdict| match &one.waiting {
        Some(waiting) => format!("{}; {waiting}", one.summary),
        None => one.summary.clone(),
    };
    let first = alike.first().map(|verdict| verdict.remedy.clone()).unwrap_or_default();
    let begin = alike.first().map_or("", |verdict| verdict.subject.as_str());
    let same = alike.iter().all(|verdict| verdict.remedy == first);
    Verdict::new(severity, &outlook.entry.name, format!("{} {words}", plural(count, noun)))
        .because(first_lines(alike.iter().map(line)))
        .remedy(if same {
            first
        } else {
            Remedy::from(format!("Each in turn, beginning with {begin}. ")) + first
        })
}
