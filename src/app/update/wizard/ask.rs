//! Keys while something is asked about a run.

use super::{hindrance, leaves, not_here, refuse, run};
use crate::app::update::typing::Edit;
use crate::app::wizard::{Ask, AskKind, Stage};
use crate::app::{Action, Effect, Focus, State, Target, Typing};
use crate::scenario::journal::Instruction;

/// What a key does in the question; `None` where the key does what it does everywhere.
pub(in crate::app::update) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let is_general = state.layers.page().is_none_or(|page| leaves(page, action));
    (!is_general && action != Action::Scenarios).then(|| answer(state, action))
}

fn answer(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => return take(state),
        Action::Back => return cancel(state),
        Action::NextPane | Action::Right | Action::Down => turn(state, 1),
        Action::PreviousPane | Action::Left | Action::Up => turn(state, -1),
        _ => return not_here(state),
    }
    Vec::new()
}

pub(in crate::app::update) fn typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(ask) = asked(state) else { return Vec::new() };
    match typing {
        Typing::Edit(request) => _ = edit(state, Edit::Key(request)),
        Typing::Cancel => return cancel(state),
        Typing::Complete | Typing::Newer => ask.turn(1),
        Typing::CompleteBack | Typing::Older => ask.turn(-1),
        Typing::Accept if ask.can_be_confirmed() => ask.focus = Focus::Confirm,
        Typing::Accept => {
            let wanted = ask.wanted.clone().unwrap_or_default();
            return refuse(state, format!("this is not {wanted}"));
        }
    }
    Vec::new()
}

/// Text is for the name, which gets the focus.
pub(in crate::app::update) fn edit(state: &mut State, edit: Edit<'_>) -> bool {
    let Some(ask) = asked(state).filter(|ask| ask.wanted.is_some()) else { return false };
    ask.focus = Focus::Name;
    edit.apply(&mut ask.typed);
    true
}

pub(in crate::app::update) fn press(state: &mut State, target: &Target) -> Vec<Effect> {
    let (Target::Button(focus), Some(ask)) = (target, asked(state)) else { return Vec::new() };
    match focus {
        Focus::Name if ask.wanted.is_none() => Vec::new(),
        Focus::Reason => Vec::new(),
        Focus::Name => {
            ask.focus = Focus::Name;
            Vec::new()
        }
        Focus::Cancel | Focus::Confirm => {
            ask.focus = *focus;
            take(state)
        }
    }
}

fn asked(state: &mut State) -> Option<&mut Ask> {
    state.layers.ask_mut()
}

fn turn(state: &mut State, by: isize) {
    if let Some(ask) = asked(state) {
        ask.turn(by);
    }
}

fn cancel(state: &mut State) -> Vec<Effect> {
    state.layers.withdraw_ask();
    Vec::new()
}

/// Takes the button that has the keys.
fn take(state: &mut State) -> Vec<Effect> {
    let Some(ask) = asked(state) else { return Vec::new() };
    if ask.focus != Focus::Confirm {
        return cancel(state);
    }
    if !ask.can_be_confirmed() {
        let wanted = ask.wanted.clone().unwrap_or_default();
        ask.focus = Focus::Name;
        return refuse(state, format!("type {wanted} first"));
    }
    let (kind, is_destruction) = (ask.kind, ask.wanted.is_some());
    cancel(state);
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    if kind != AskKind::Abort
        && let Some(why) = hindrance(state, run.cluster.as_ref(), &run.plan.hosts)
    {
        return refuse(state, why);
    }
    match kind {
        AskKind::Begin(first) if run.stage == Stage::Ready => run::begin(state, first, is_destruction, false),
        AskKind::RunToEnd => run::instruct(state, Instruction::RunToEnd),
        AskKind::Destroy => run::instruct(state, Instruction::Next),
        AskKind::Undo(_) if run.stage == Stage::UnderWay => run::instruct(state, Instruction::Undo),
        AskKind::Undo(_) if run.is_done() => run::take_back(state, false),
        AskKind::Again => run::instruct(state, Instruction::Retry),
        AskKind::Abort => run::instruct(state, Instruction::Abort),
        AskKind::BreakLock => run::begin_all_the_same(state, is_destruction),
        AskKind::Begin(_) | AskKind::Undo(_) => Vec::new(),
    }
}
