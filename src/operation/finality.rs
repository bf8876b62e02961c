//! Whether a failure is final, or Pacemaker is still recovering from it.

use super::goal;
use crate::model::{Cib, Element, NodeName, Picture, is_true};
use crate::pacemaker::parse::ControllerState;

/// How many pictures in a row have to show that nothing is on its way. A recurring monitor's failure stands in the CIB
/// for a moment before the DC reacts to it.
const IN_A_ROW: usize = 2;

/// Decides when a failure is final: when two pictures in a row show it with nothing on its way, and after each the DC's
/// controller is idle (`S_IDLE`).
///
/// The pictures alone are enough only where actions are recorded when they begin. Pacemaker does that by default since
/// 2.0 (`record_pending_op` in `daemons/controld/controld_execd.c`, `record-pending`); before, a start that takes a
/// minute looks like a stopped resource. The controller's state shows it in every version. The DC leaves `S_IDLE` for the
/// scheduler and stays in `S_TRANSITION_ENGINE` until the last action of the transition has ended. A failed action aborts
/// the transition ("Event failed" in `crmd/te_events.c` of 1.1.24), and an aborted one is followed by the scheduler, not
/// by `S_IDLE` (`notify_crmd` in `crmd/te_actions.c`). `crmadmin --status` has told the state since before 1.1.10.
///
/// Where the controller can't be asked, pictures decide from 2.0 on, unless `record-pending` is turned off. Before 2.0,
/// or without the CIB, only the time-out does.
#[derive(Debug, Clone, Default)]
pub(super) struct Finality {
    /// How many times in a row nothing was on its way.
    quiet: usize,
    /// The DC that it was then.
    dc: Option<NodeName>,
    open: Option<Question>,
}

/// What the controller is to be asked, and about what.
#[derive(Debug, Clone)]
struct Question {
    dc: NodeName,
    /// How the operation ends if the failure is final.
    words: String,
    /// Whether the picture would have shown an action that is on its way.
    shows_pending: bool,
}

impl Finality {
    /// Begins again: something else was heard in between.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes in a picture that shows a failure, and how the operation ends if it is final.
    pub(super) fn see(&mut self, picture: &Picture, words: String) {
        self.open = match &picture.summary.dc {
            Some(dc) if !goal::is_anything_pending(picture) && !has_transition_delay(picture) => {
                Some(Question { dc: dc.clone(), words, shows_pending: shows_what_is_pending(picture) })
            }
            // Without a DC the next thing is an election, then a transition.
            _ => None,
        };
        // Another DC has a scheduler run of its own ahead of it.
        if self.open.is_none() || self.dc != picture.summary.dc {
            self.quiet = 0;
        }
        self.dc.clone_from(&picture.summary.dc);
    }

    /// The node whose controller is to be asked for its state.
    pub(super) fn question(&self) -> Option<&NodeName> {
        self.open.as_ref().map(|question| &question.dc)
    }

    /// Takes in its answer; `None`: it could not be asked. Returns the words if the failure is final.
    pub(super) fn answer(&mut self, state: Option<ControllerState>) -> Option<String> {
        let Question { words, shows_pending, .. } = self.open.take()?;
        let is_quiet = state.map_or(shows_pending, |state| state == ControllerState::Idle);
        self.quiet = if is_quiet { self.quiet + 1 } else { 0 };
        (self.quiet >= IN_A_ROW).then_some(words)
    }
}

/// Whether Pacemaker records an action when it begins: from 2.0 on, unless the configuration says otherwise.
fn shows_what_is_pending(picture: &Picture) -> bool {
    let version = picture.summary.version.as_deref().unwrap_or_default();
    let major = version.split(['.', '-']).next().and_then(|major| major.parse::<u32>().ok());
    let is_recorded = |cib: &Cib| !turns_recording_off(&cib.configuration);
    major.is_some_and(|major| major >= 2) && picture.cib.as_deref().is_some_and(is_recorded)
}

/// Whether `record-pending` is anything but true somewhere: for all operations or one, as an attribute or an `nvpair`.
fn turns_recording_off(element: &Element) -> bool {
    const NAME: &str = "record-pending";
    let pair = element.get("value").filter(|_| element.get("name") == Some(NAME));
    let value = element.get(NAME).or(pair);
    value.is_some_and(|value| !is_true(value)) || element.children.iter().any(turns_recording_off)
}

/// Whether an idle controller may be waiting for a time to be over before it reacts. The option is called
/// `crmd-transition-delay` before 2.0. Any value but a plain zero counts, as Pacemaker also takes `0.5s` and `PT30S`.
fn has_transition_delay(picture: &Picture) -> bool {
    let is_zero = |value: &str| {
        let number = value.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
        number.parse().is_ok_and(|number: f64| number == 0.0)
    };
    let is_set = |value: &str| !is_zero(value);
    let options = ["transition-delay", "crmd-transition-delay"];
    picture.cib.as_ref().is_none_or(|cib| options.iter().any(|name| cib.property(name).is_some_and(is_set)))
}
