//! What earlier consoles have begun and not brought to an end.

use super::{operate, tell};
use crate::app::{Effect, Errand, LayerKind, Notice, Panel, Remedy, Request, State};
use crate::operation::Unfinished;

/// Asks what is unfinished.
pub(super) fn look(state: &mut State) -> Vec<Effect> {
    state.operations.is_asked_for_unfinished = true;
    vec![Effect::Operate(Request::LookForUnfinished)]
}

/// Shows what was found, unless the person is at something else.
pub(super) fn found(state: &mut State, unfinished: Vec<Unfinished>) {
    let is_asked = std::mem::take(&mut state.operations.is_asked_for_unfinished);
    let known = |it: &Unfinished| state.cluster(&it.plan.intent.cluster).is_some();
    let unfinished: Vec<Unfinished> = unfinished.into_iter().filter(known).collect();
    let count = unfinished.len();
    state.operations.unfinished = unfinished;
    if count == 0 {
        if is_asked {
            tell(state, Notice::info("no operation is unfinished"));
        }
    } else if state.layers.top().kind() < LayerKind::Panel {
        state.layers.put(Panel::Unfinished { row: 0, remedy: Remedy::default() });
    } else {
        let words = format!("{count} operations of earlier consoles are unfinished: :unfinished shows them");
        tell(state, Notice::error(words));
    }
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
