//! What earlier consoles have begun and not brought to an end.

use super::{operate, tell};
use crate::app::{Effect, Errand, LayerKind, Notice, Panel, Remedy, Request, State};
use crate::model::ClusterName;
use crate::operation::{Site, Unfinished};

/// Asks what is unfinished.
pub(super) fn look(state: &mut State) -> Vec<Effect> {
    state.operations.is_asked_for_unfinished = true;
    vec![Effect::Operate(Request::LookForUnfinished)]
}

/// Shows what was found, unless the person is at something else.
pub(super) fn found(state: &mut State, unfinished: Vec<Unfinished>) {
    let is_asked = std::mem::take(&mut state.operations.is_asked_for_unfinished);
    state.operations.unfinished.clear();
    state.operations.unplaced = unfinished;
    if !place(state) && is_asked {
        tell(state, Notice::info("no operation is unfinished"));
    }
}

/// Looks again at what belongs to no cluster of this console so far, as a cluster's members have changed or are known now.
pub(super) fn look_again(state: &mut State) {
    if !state.operations.unplaced.is_empty() {
        place(state);
    }
}

/// Takes over what began in a cluster of this console, whatever the console that began it calls that cluster; whether
/// there is any. The rest waits until more members are known.
fn place(state: &mut State) -> bool {
    let mut count = 0;
    for mut unfinished in std::mem::take(&mut state.operations.unplaced) {
        match home(state, &unfinished.site()) {
            Some(cluster) => {
                unfinished.plan.intent.cluster = cluster;
                state.operations.unfinished.push(unfinished);
                count += 1;
            }
            None => state.operations.unplaced.push(unfinished),
        }
    }
    if count == 0 {
        return false;
    }
    state.operations.unfinished.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    if state.layers.top().kind() < LayerKind::Panel {
        state.layers.put(Panel::Unfinished { row: 0, remedy: Remedy::default() });
    } else {
        let words = format!("{count} operations of earlier consoles are unfinished: :unfinished shows them");
        tell(state, Notice::error(words));
    }
    true
}

/// This console's name of a cluster: that of the one with a common host, else of the one with the same name, else of the
/// only one with the same members, as nodes of several clusters may be named alike.
fn home(state: &State, there: &Site) -> Option<ClusterName> {
    let here = state.clusters.iter().map(|it| Site::seen(&it.entry, it.observation.picture.as_deref()));
    let same: Vec<Site> = here.filter(|site| site.is_same(there) && !site.is_other(there)).collect();
    let named = |site: &&Site| site.name == there.name;
    let mut sharing = same.iter().filter(|site| site.shares_host(there));
    let by_host = sharing.clone().find(named).or_else(|| sharing.next());
    let only = if let [only] = same.as_slice() { Some(only) } else { None };
    by_host.or_else(|| same.iter().find(named)).or(only).map(|site| site.name.clone())
}

/// Does with the selected one what was chosen.
pub(super) fn take(state: &mut State, row: usize, remedy: Remedy) -> Vec<Effect> {
    let Some(unfinished) = state.operations.unfinished.get(row).cloned() else {
        state.layers.close(LayerKind::Panel);
        return Vec::new();
    };
    match remedy {
        Remedy::Leave => {
            state.layers.close(LayerKind::Panel);
            operate::refuse(state, "it stays as it is; :unfinished shows it again")
        }
        Remedy::Finish => operate::propose(state, vec![Errand::Finish(Box::new(unfinished))], |_| {}),
        Remedy::Undo => operate::undo_unfinished(state, &unfinished),
    }
}
