//! Looking at what is really there, while the list is on screen.

use super::locked_elsewhere;
use crate::app::wizard::{Page, Request};
use crate::app::{Effect, State};
use crate::model::HostName;

/// Has looked at what was brought to its end and has not been looked at for a while; and, in any case, at `again`. Nothing is
/// looked at where nothing may be run, nor beside a run.
pub(super) fn survey(state: &mut State, again: Option<&str>) -> Vec<Effect> {
    let now = state.now;
    let is_shown = matches!(state.layers.page(), Some(Page::List | Page::Layout));
    let is_busy = state.wizard.under_way().is_some();
    let Some(shelf) = state.wizard.shelf.as_ref().filter(|shelf| is_shown && !is_busy && !shelf.is_read_only)
    else {
        return Vec::new();
    };
    let is_locked = |hosts: &[HostName]| {
        let mut clusters = state.clusters.iter();
        clusters.any(|it| it.is_locked(now) && hosts.iter().any(|host| it.entry.has(host)))
            || locked_elsewhere(state, hosts).is_some()
    };
    let all = shelf.installed().into_iter().filter(|it| !is_locked(&it.hosts)).collect();
    state.wizard.survey.plan(all, again, now);
    look_on(state)
}

/// The next look, as long as somebody wants to see what comes of it.
pub(super) fn look_on(state: &mut State) -> Vec<Effect> {
    if !matches!(state.layers.page(), Some(Page::List | Page::Layout)) {
        state.wizard.survey.stop();
        return Vec::new();
    }
    let next = state.wizard.survey.next().map(|it| it.run.clone());
    next.map(|run| Effect::Scenario(Request::Survey(run))).into_iter().collect()
}
