//! What one operation in a node's history makes of its resource.

use jiff::Timestamp;

use super::rules::{OnFail, Rules};
use super::seconds;
use crate::pacemaker::xml::Element;

/// The exit codes of OCF.
pub(super) const OK: i32 = 0;
const INVALID_PARAMETER: i32 = 2;
pub(super) const NOT_INSTALLED: i32 = 5;
pub(super) const NOT_RUNNING: i32 = 7;
pub(super) const RUNNING_PROMOTED: i32 = 8;
pub(super) const FAILED_PROMOTED: i32 = 9;

/// How an operation was carried out: to its end, whatever came of it. In other cases the exit code tells nothing.
const DONE: i32 = 0;
const ERROR: i32 = 4;

/// What a resource is on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum State {
    #[default]
    Stopped,
    /// Started, or unpromoted.
    Started,
    Promoted,
}

/// An operation that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Starting,
    Stopping,
    Promoting,
    Demoting,
    Monitoring,
}

/// What one node's history says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub(super) state: State,
    /// What follows from a failure that nothing has cleared since.
    pub(super) failed: Option<OnFail>,
    /// The operation that failed last, with its interval, and when.
    last_failure: Option<(String, Option<Timestamp>)>,
    pub(super) pending: Option<Pending>,
    /// Why the rest can't be trusted.
    pub(super) unknown: Option<&'static str>,
}

/// One `<lrm_rsc_op>`.
#[derive(Debug)]
pub(super) struct Operation<'e> {
    pub(super) element: &'e Element<'e>,
    task: &'e str,
    pub(super) call: i64,
    pub(super) code: i32,
    /// The exit code that the scheduler expected.
    expected: Option<i32>,
    status: i32,
    pub(super) is_probe: bool,
    pub(super) at: Option<Timestamp>,
}

impl<'e> Operation<'e> {
    /// `None` for what says nothing of the state.
    pub(super) fn new(element: &'e Element<'e>) -> Option<Self> {
        let number = |name: &str| element.get(name).and_then(|value| value.trim().parse::<i64>().ok());
        let task = element.text_of("operation");
        let states =
            ["monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from", "asyncmon"];
        if !states.contains(&task) {
            return None;
        }
        // `ACTION:TRANSITION:EXPECTED:UUID`
        let expected = element.text_of("transition-key").split(':').nth(2).and_then(|code| code.parse().ok());
        Some(Self {
            element,
            task,
            call: number("call-id").unwrap_or(0),
            code: number("rc-code").unwrap_or(-1) as i32,
            expected,
            status: number("op-status").unwrap_or(0) as i32,
            is_probe: task == "monitor" && number("interval").unwrap_or(0) == 0,
            at: seconds(element, "last-rc-change"),
        })
    }

    pub(super) const fn is_pending(&self) -> bool {
        self.status == -1
    }

    /// The operation with its interval.
    fn key(&self) -> String {
        format!("{} {}", self.task, self.element.text_of("interval"))
    }

    /// Applies it to what the operations before it made of the resource. Tells whether it failed.
    pub(super) fn apply(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) -> bool {
        if self.is_pending() {
            // A failed monitor leaves the entry of the one before as it was.
            let is_over = |(key, at): &(String, Option<Timestamp>)| *key == self.key() && *at >= self.at;
            if !standing.last_failure.as_ref().is_some_and(is_over) {
                self.begin(standing);
            }
            return false;
        }
        if matches!(self.task, "migrate_to" | "migrate_from") {
            standing.unknown = Some("it was migrated, and where it is now doesn't follow from the CIB alone");
            return false;
        }
        if self.is_masked_probe() {
            *standing = Standing::default();
            return true;
        }
        if self.is_failed(resource, rules, standing) {
            self.fail(resource, rules, standing);
            return true;
        }
        match self.effective() {
            NOT_RUNNING => *standing = Standing::default(),
            RUNNING_PROMOTED if self.task == "monitor" => {
                self.succeed(resource, rules, standing);
                standing.state = State::Promoted;
            }
            _ => self.succeed(resource, rules, standing),
        }
        // A degraded service counts as a running one, and is listed among the failures.
        self.effective() != self.code
    }

    /// The exit code without its note that the service is degraded.
    const fn effective(&self) -> i32 {
        match self.code {
            190 => OK,
            191 => RUNNING_PROMOTED,
            code => code,
        }
    }

    /// A probe on a node that lacks what it takes: the resource can't run there.
    const fn is_masked_probe(&self) -> bool {
        self.is_probe && (self.status == 7 || matches!(self.code, INVALID_PARAMETER | NOT_INSTALLED))
    }

    /// Judges the exit code by the one that was expected, as the scheduler does.
    fn is_failed(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) -> bool {
        if !matches!(self.status, DONE | ERROR) {
            return true;
        }
        let code = self.effective();
        let is_expected = self.expected == Some(code);
        match code {
            OK => !is_expected && (!self.is_probe || self.expected != Some(NOT_RUNNING)),
            NOT_RUNNING => !is_expected && !self.is_probe && !rules.is_unmanaged(resource),
            RUNNING_PROMOTED => {
                standing.state = State::Promoted;
                !is_expected && !self.is_probe
            }
            _ => true,
        }
    }

    fn begin(&self, standing: &mut Standing) {
        let pending = match self.task {
            "start" => Pending::Starting,
            "stop" => Pending::Stopping,
            "promote" => Pending::Promoting,
            "demote" => Pending::Demoting,
            "monitor" if !self.is_probe => Pending::Monitoring,
            "monitor" => return,
            _ => {
                standing.unknown = Some("an operation is under way that changes more than its state here");
                return;
            }
        };
        standing.pending = Some(pending);
        standing.state = match pending {
            Pending::Starting => standing.state.max(State::Started),
            Pending::Promoting => State::Promoted,
            Pending::Stopping | Pending::Demoting | Pending::Monitoring => standing.state,
        };
    }

    fn succeed(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) {
        let failed = standing.failed.filter(|on_fail| rules.outlasts(*on_fail, resource));
        let cleared = Standing { failed, ..Standing::default() };
        match self.task {
            "start" => *standing = Standing { state: State::Started, ..cleared },
            "promote" => *standing = Standing { state: State::Promoted, ..cleared },
            "stop" => *standing = cleared,
            "demote" => standing.state = State::Started,
            _ => {
                if standing.last_failure.as_ref().is_some_and(|(key, _)| *key == self.key()) {
                    *standing = Standing { state: standing.state, ..cleared };
                }
                standing.state = standing.state.max(State::Started);
            }
        }
    }

    fn fail(&self, resource: &str, rules: &Rules<'_>, standing: &mut Standing) {
        standing.last_failure = Some((self.key(), self.at));
        match rules.of(resource, self.task) {
            Ok(OnFail::Ignore) => {
                standing.failed = standing.failed.max(Some(OnFail::Ignore));
                let failed = standing.failed;
                self.succeed(resource, rules, standing);
                standing.failed = failed;
                return;
            }
            Ok(on_fail) => standing.failed = standing.failed.max(Some(on_fail)),
            Err(why) => standing.unknown = Some(why),
        }
        let was_promoted = self.task == "promote" || matches!(self.code, FAILED_PROMOTED | 191);
        standing.state = match self.task {
            _ if was_promoted => State::Promoted,
            "demote" if self.code == NOT_RUNNING => State::Stopped,
            "demote" => State::Started,
            _ => standing.state.max(State::Started),
        };
    }
}
