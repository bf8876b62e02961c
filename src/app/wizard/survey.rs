//! What is really there: what proves the scenarios that were brought to their end, looked at one after the other.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::{Found, PastRun, Shelf};
use crate::model::HostName;
use crate::scenario::Purpose;

/// What was looked at so long ago is not looked at again by itself.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What is known of what is really there.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// What is being looked at.
    pub current: Option<Installed>,
    waiting: VecDeque<Installed>,
    found: Vec<Finding>,
}

/// A scenario that was brought to its end somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The scenario's name.
    pub scenario: String,
    /// The run that did it.
    pub run: String,
    /// Where.
    pub hosts: Vec<HostName>,
}

/// What was found out about a scenario on its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The scenario's name.
    pub scenario: String,
    /// Where.
    pub hosts: Vec<HostName>,
    /// When.
    pub at: Timestamp,
    /// What its checks say, or why nobody knows.
    pub seen: Result<Found, String>,
}

impl Shelf {
    /// Everywhere where a scenario was brought to its end and that has not been followed by something else.
    pub fn installed(&self) -> Vec<Installed> {
        let mut all = Vec::new();
        let builds = self.books.iter().filter(|book| {
            book.scenario.as_ref().is_ok_and(|scenario| scenario.purpose == Purpose::Installation)
        });
        for book in builds {
            let mut seen: Vec<&[HostName]> = Vec::new();
            let of_use = |run: &&PastRun| run.scenario == book.name && run.is_of_use();
            for run in self.runs.iter().filter(of_use) {
                if seen.contains(&run.hosts.as_slice()) {
                    continue;
                }
                seen.push(&run.hosts);
                if run.is_done() {
                    let (run, hosts) = (run.id.clone(), run.hosts.clone());
                    all.push(Installed { scenario: book.name.clone(), run, hosts });
                }
            }
        }
        all
    }
}

impl Survey {
    /// What was found out about a scenario, in the order in which it was.
    pub fn of<'s>(&'s self, scenario: &'s str) -> impl Iterator<Item = &'s Finding> {
        self.found.iter().filter(move |finding| finding.scenario == scenario)
    }

    /// Has all those looked at that were not a moment ago; and, whenever it was, those of the scenario `again`.
    pub(in crate::app) fn plan(&mut self, all: Vec<Installed>, again: Option<&str>, now: Timestamp) {
        self.waiting.clear();
        for installed in all {
            let is_fresh = self
                .of(&installed.scenario)
                .any(|it| it.hosts == installed.hosts && now.duration_since(it.at) < FRESH);
            let is_wanted = again == Some(installed.scenario.as_str());
            let is_current = self.current.as_ref() == Some(&installed);
            if !is_current && (is_wanted || !is_fresh) {
                self.waiting.push_back(installed);
            }
        }
    }

    /// The next to be looked at, if nothing is.
    pub(in crate::app) fn next(&mut self) -> Option<&Installed> {
        if self.current.is_some() {
            return None;
        }
        self.current = self.waiting.pop_front();
        self.current.as_ref()
    }

    /// What was wanted and has not begun is not wanted any more.
    pub(in crate::app) fn stop(&mut self) {
        self.waiting.clear();
    }

    /// What was found out by that look.
    pub(in crate::app) fn take(&mut self, run: &str, seen: Result<Found, String>, now: Timestamp) {
        let Some(installed) = self.current.take_if(|it| it.run == run) else { return };
        let Installed { scenario, hosts, .. } = installed;
        self.keep(Finding { scenario, hosts, at: now, seen });
    }

    /// What was found out, however.
    pub(in crate::app) fn keep(&mut self, finding: Finding) {
        self.found.retain(|it| !it.is_of(&finding.scenario, &finding.hosts));
        self.found.push(finding);
    }
}

impl Finding {
    fn is_of(&self, scenario: &str, hosts: &[HostName]) -> bool {
        self.scenario == scenario && self.hosts == hosts
    }
}
