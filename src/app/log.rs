//! A cluster's log while its pane is open.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{ClusterView, ListView, State};
use crate::model::{ClusterName, HostName, LogLine, LogNews};
use crate::tables::{Pane, Row, Subject, Table, log};

/// The log of one cluster, as it is followed. It begins anew each time that its pane is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogView {
    /// Whose.
    pub cluster: ClusterName,
    /// Whether it comes in, and from where.
    pub status: LogStatus,
    lines: VecDeque<LogLine>,
    /// How many lines have gone before the first that is kept.
    gone: u64,
    /// The line that was put under the selection because it was the newest: while it is there, the newest is shown.
    end: Option<u64>,
    /// How many lines there had been when the newest was left.
    left_at: Option<u64>,
}

/// Whether a log comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogStatus {
    /// It is about to be asked for.
    Idle,
    /// Its cluster is a saved picture, which has no log.
    Saved,
    /// A member was asked for it.
    Asking(HostName),
    /// It comes in.
    Following {
        /// From whom.
        host: HostName,
        /// From where it reads it: `journal` or a path.
        source: String,
    },
    /// It does not come in.
    Lost {
        /// From whom it came, or should have come.
        host: HostName,
        /// Why, in one sentence.
        why: String,
        /// When another attempt is made, by the console's clock.
        retry_at: Timestamp,
    },
}

impl LogView {
    /// How many lines are kept.
    pub const KEPT: usize = 2_000;

    fn new(cluster: ClusterName) -> Self {
        Self { cluster, status: LogStatus::Idle, lines: VecDeque::new(), gone: 0, end: None, left_at: None }
    }

    /// The lines with their numbers, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &LogLine)> {
        (self.gone..).zip(&self.lines)
    }

    /// How many lines have come since the newest was left; `None` while the newest is followed.
    pub fn behind(&self) -> Option<u64> {
        self.left_at.map(|left| self.count() - left)
    }

    /// The line of that number.
    pub(super) fn line(&self, number: u64) -> Option<&LogLine> {
        self.lines.get(usize::try_from(number.checked_sub(self.gone)?).ok()?)
    }

    /// How many there have been.
    fn count(&self) -> u64 {
        self.gone + self.lines.len() as u64
    }

    fn add(&mut self, lines: Vec<LogLine>) {
        self.lines.extend(lines);
        while self.lines.len() > Self::KEPT {
            self.lines.pop_front();
            self.gone += 1;
        }
    }

    fn take(&mut self, news: LogNews, now: Timestamp) {
        match news {
            LogNews::Asking(host) => self.status = LogStatus::Asking(host),
            LogNews::Following { host, source } => self.status = LogStatus::Following { host, source },
            LogNews::Lines(lines) => self.add(lines),
            LogNews::Lost { host, why, wait } => {
                let retry_at = now.checked_add(wait).unwrap_or(now);
                self.status = LogStatus::Lost { host, why, retry_at };
            }
        }
    }

    /// Puts the selection on the newest row if it was there before, or was moved there.
    fn settle(&mut self, list: &mut ListView, rows: &[Row]) {
        let number = |row: &Row| match row.subject {
            Subject::LogLine(number) => Some(number),
            _ => None,
        };
        let newest = rows.last().and_then(number);
        let selected = match &list.about {
            Some((_, Subject::LogLine(number))) => Some(*number),
            _ => None,
        };
        if selected.is_none() || selected == self.end || selected == newest {
            list.about = None;
            list.row = rows.len().saturating_sub(1);
            (self.end, self.left_at) = (newest, None);
        } else {
            self.end = None;
            self.left_at = self.left_at.or_else(|| Some(self.count()));
        }
    }
}

impl State {
    /// The cluster whose log is on screen and can be asked for.
    pub fn followed_log(&self) -> Option<&ClusterName> {
        self.opened().filter(|(view, _)| view.pane == Pane::Log && !self.is_saved).map(|(view, _)| &view.name)
    }

    /// A cluster's members in the order in which they are asked for the log: the DC, the one that answers the polls, the
    /// others.
    pub fn log_hosts(&self, cluster: &ClusterName) -> Vec<HostName> {
        let Some(cluster) = self.cluster(cluster) else { return Vec::new() };
        let picture = cluster.observation.current();
        let dc = picture.and_then(|picture| picture.summary.dc.as_ref());
        let answering = match &cluster.observation.contact {
            crate::model::Contact::Live { host } => Some(host),
            _ => None,
        };
        let is_dc = |host: &HostName| dc.is_some_and(|dc| host.is_node(dc));
        let mut hosts = cluster.entry.hosts.clone();
        hosts.sort_by_key(|host| (!is_dc(host), answering != Some(host)));
        hosts
    }

    pub(super) fn take_log_news(&mut self, cluster: &ClusterName, news: LogNews) {
        let now = self.now;
        // News of a log that nobody looks at any more came too late.
        if let Some(log) = self.log.as_mut().filter(|log| log.cluster == *cluster) {
            log.take(news, now);
        }
    }

    /// Begins and ends the log with its pane, and keeps to the newest line.
    pub(super) fn settle_log(&mut self, view: &mut ClusterView) {
        if view.pane != Pane::Log {
            self.log = None;
            return;
        }
        let kept = self.log.take().filter(|log| log.cluster == view.name);
        if kept.is_none() {
            *view.list_mut(Pane::Log) = ListView::default();
        }
        let mut log = kept.unwrap_or_else(|| LogView::new(view.name.clone()));
        if self.is_saved {
            log.status = LogStatus::Saved;
        }
        let rows = table_of(&log, view.list(Pane::Log)).rows;
        log.settle(view.list_mut(Pane::Log), &rows);
        self.log = Some(log);
    }

    /// The log that is followed, as it is looked at.
    pub(super) fn log_table(&self, view: &ClusterView) -> Table {
        match &self.log {
            Some(log) => table_of(log, view.list(Pane::Log)),
            None => log(&view.name, std::iter::empty()),
        }
    }
}

fn table_of(view: &LogView, list: &ListView) -> Table {
    // A log has no order but its own.
    let list = ListView { filter: list.filter.clone(), ..ListView::default() };
    let table = list.arranged(log(&view.cluster, view.lines()));
    match view.status {
        LogStatus::Saved => Table { empty: "Quorate doesn't read the log files of a report.", ..table },
        _ => table,
    }
}
