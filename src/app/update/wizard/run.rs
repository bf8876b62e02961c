//! Keys on the screen of a run.

use super::survey::survey;
use super::{drop_run, form, hindrance, layout, not_here, refuse};
use crate::app::update::tell;
use crate::app::wizard::{Ask, AskKind, Basis, Order, Page, Request, Run, Stage, WizardPane};
use crate::app::{Action, Effect, Layer, LayerKind, Notice, Scroll, State, Target};
use crate::scenario::journal::{Instruction, Outcome};
use crate::scenario::{Destroys, Stand};

/// How many lines the wheel scrolls.
const WHEEL: usize = 3;

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    if let Some(scroll) = run.view.dry_run {
        return dry_run(state, action, scroll);
    }
    match action {
        Action::Open => return go_on(state, Instruction::Next),
        Action::RunToEnd => return go_on(state, Instruction::RunToEnd),
        Action::PauseRun => return pause(state),
        Action::SkipStep => return skip(state),
        Action::RetryStep => return retry(state),
        Action::Undo => return undo(state),
        Action::AbortRun => return abort(state),
        Action::BreakLock => return break_lock(state),
        Action::EditVariables => return form::edit(state),
        Action::DryRun => run.view.dry_run = Some(0),
        Action::CopyScript => return copy(state),
        Action::ExamineScenario => return examine(state),
        Action::Back => return back(state),
        _ => return look(state, action),
    }
    Vec::new()
}

/// The mouse was pressed on a part of it.
pub(super) fn press(state: &mut State, target: &Target) -> Vec<Effect> {
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    match target {
        Target::RunPane(pane) => run.view.pane = *pane,
        Target::Cell { host, step } => {
            run.view.host = *host;
            if let Some(step) = *step {
                look_at_step(run, step);
            }
            run.settle();
        }
        _ => {}
    }
    Vec::new()
}

/// Looks at a step. Looking at the one that is under way is following it.
fn look_at_step(run: &mut Run, step: usize) {
    run.view.step = Some(step);
    run.view.scrolls = [0; 3];
    run.settle();
    if run.view.step == Some(run.current()) {
        run.view.step = None;
    }
}

/// Moves what is looked at.
fn look(state: &mut State, action: Action) -> Vec<Effect> {
    let many = usize::from(state.size.1 / 3).max(1);
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    let current = run.view.step.unwrap_or_else(|| run.current());
    let pane = run.view.pane;
    match action {
        Action::Up => run.view.host = run.view.host.saturating_sub(1),
        Action::Down => run.view.host += 1,
        Action::First => run.view.host = 0,
        Action::Last => run.view.host = usize::MAX,
        Action::Left => look_at_step(run, current.saturating_sub(1)),
        Action::Right => look_at_step(run, current + 1),
        Action::NextPane => run.view.pane = pane.turned(1),
        Action::PreviousPane => run.view.pane = pane.turned(-1),
        Action::PageUp => scroll_by(run, many, false),
        Action::PageDown => scroll_by(run, many, true),
        _ => return not_here(state),
    }
    run.settle();
    Vec::new()
}

/// Scrolls the pane that has the keys. Output is read from its end upwards.
fn scroll_by(run: &mut Run, lines: usize, is_down: bool) {
    let pane = run.view.pane;
    let Some(scroll) = run.view.scrolls.get_mut(pane as usize) else { return };
    *scroll = if is_down == (pane == WizardPane::Output) {
        scroll.saturating_sub(lines)
    } else {
        scroll.saturating_add(lines).min(10_000)
    };
}

/// The wheel was turned: on a run it scrolls the pane that has the keys. Says whether there is one.
pub(in crate::app::update) fn scroll_pane(state: &mut State, scroll: Scroll) -> bool {
    if !matches!(state.layers.front(), Layer::Scenarios(Page::Run)) {
        return false;
    }
    let run = state.wizard.run.as_deref_mut();
    let Some(run) = run.filter(|run| run.view.dry_run.is_none()) else { return false };
    scroll_by(run, WHEEL, scroll == Scroll::Down);
    true
}

fn dry_run(state: &mut State, action: Action, scroll: usize) -> Vec<Effect> {
    let page = usize::from(state.size.1 / 2).max(1);
    let next = match action {
        Action::Up => Some(scroll.saturating_sub(1)),
        Action::Down => Some(scroll + 1),
        Action::PageUp => Some(scroll.saturating_sub(page)),
        Action::PageDown => Some(scroll + page),
        Action::First => Some(0),
        Action::Last => Some(usize::MAX / 2),
        Action::Back | Action::DryRun | Action::Open => None,
        Action::CopyScript => return copy(state),
        _ => return not_here(state),
    };
    if let Some(run) = &mut state.wizard.run {
        run.view.dry_run = next;
    }
    Vec::new()
}

/// Leaves the screen: what goes on goes on.
fn back(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(run) = &state.wizard.run else { return Vec::new() };
    match (&run.stage, run.waits(now)) {
        (Stage::Ready, _) => {
            let of = run.layout.clone();
            drop_run(state);
            // The run whose values were to be changed is there again.
            state.wizard.run = state.wizard.waiting.take();
            let page = match state.wizard.run {
                Some(_) => Page::Run,
                None => layout::page(state, of.as_ref()),
            };
            state.layers.turn_to(page);
            refuse(state, "nothing was run")
        }
        (Stage::UnderWay, waits) => {
            state.layers.close(LayerKind::Scenarios);
            let words = if waits {
                "it waits for you; :scenarios shows it again, and when the console ends it can be resumed"
            } else {
                "it goes on in the background; :scenarios shows it again"
            };
            refuse(state, words)
        }
        (Stage::Over(outcome), _) => {
            let can_be_resumed = !outcome.is_final();
            let (scenario, of) = (run.plan.scenario.name.clone(), run.layout.clone());
            drop_run(state);
            let page = layout::page(state, of.as_ref());
            state.layers.turn_to(page);
            if can_be_resumed {
                tell(state, Notice::info("it can be resumed: it stands on top of the list"));
            }
            survey(state, Some(&scenario))
        }
    }
}

/// Runs the next step or all of them. Before the first, and before one that destroys something, it is asked.
fn go_on(state: &mut State, how: Instruction) -> Vec<Effect> {
    let now = state.now;
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    let (cluster, hosts) = (run.cluster.clone(), run.plan.hosts.clone());
    match (&run.stage, run.stand(now)) {
        (Stage::Ready, _) => {
            if let Some(why) = hindrance(state, cluster.as_ref(), &hosts) {
                return refuse(state, why);
            }
            let wanted = run.plan.destroys().map(|_| run.plan.scenario.name.clone());
            ask(state, Ask::new(AskKind::Begin(how), wanted))
        }
        (Stage::UnderWay, Some(Stand::Paused)) => {
            if let Some(why) = hindrance(state, cluster.as_ref(), &hosts) {
                return refuse(state, why);
            }
            if how == Instruction::RunToEnd {
                return ask_for_the_rest(state);
            }
            let destroys = run.plan.scenario.steps.get(run.current().saturating_sub(1));
            if destroys.is_some_and(|step| step.destroys != Destroys::Nothing) {
                let wanted = Some(run.plan.scenario.name.clone());
                return ask(state, Ask::new(AskKind::Destroy, wanted));
            }
            instruct(state, how)
        }
        (Stage::UnderWay, Some(Stand::Stuck)) => {
            refuse(state, "the step did not go well: try it again, skip it, take it back, or abort")
        }
        (Stage::UnderWay, _) if how == Instruction::RunToEnd => ask_for_the_rest(state),
        (Stage::UnderWay, _) => refuse(state, format!("step {} is under way", run.current())),
        (Stage::Over(Outcome::Done { .. }), _) => back(state),
        (Stage::Over(Outcome::Refused { .. }), _) => again(state),
        (Stage::Over(_), _) => {
            let Some(id) = run.id.clone() else { return again(state) };
            drop_run(state);
            state.layers.turn_to(Page::List);
            vec![Effect::Scenario(Request::Recall(id))]
        }
    }
}

/// Asks before all the steps that are left are run: what was confirmed before was one of them.
fn ask_for_the_rest(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    let mut left = run.plan.scenario.steps.iter().skip(run.current().saturating_sub(1));
    let destroys = left.any(|step| step.destroys != Destroys::Nothing);
    let wanted = destroys.then(|| run.plan.scenario.name.clone());
    ask(state, Ask::new(AskKind::RunToEnd, wanted))
}

/// The same once more, from where it was to begin.
fn again(state: &mut State) -> Vec<Effect> {
    renew(state);
    refuse(state, "nothing of it was run; it can be begun again")
}

/// Puts the run back to where nothing of it was run.
fn renew(state: &mut State) {
    let pass = state.wizard.pass();
    let Some(run) = state.wizard.run.as_deref_mut() else { return };
    let basis = match (&run.basis, &run.stage) {
        // What was refused is over for good: its journal takes nothing more.
        (Basis::Left(_), Stage::Over(Outcome::Refused { .. })) => {
            Basis::Changed { from_step: run.from_step(), replaces: None, generated: run.generated.clone() }
        }
        (basis, _) => basis.clone(),
    };
    let mut fresh = Run::new(pass, run.plan.clone(), run.cluster.clone(), basis, run.generated.clone());
    (fresh.expected, fresh.first, fresh.before) = (run.expected, run.first, Some(run.pass));
    *run = fresh;
}

/// Asks whether to take the hosts from another run, unless that one is known to be at work.
fn break_lock(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    if !matches!(run.stage, Stage::Over(_)) || run.holders.is_empty() {
        return refuse(state, "no other run has its hosts");
    }
    let is_at_work = |id: &str| {
        let runs = state.wizard.shelf.as_ref().map(|shelf| &shelf.runs);
        runs.into_iter().flatten().any(|past| past.id == id && past.is_in_hand)
    };
    if let Some(holder) = run.holders.iter().find(|holder| is_at_work(&holder.run)) {
        let words = format!("run {} is in the hands of a console on this machine: end it there", holder.run);
        return refuse(state, words);
    }
    let wanted = run.plan.destroys().map(|_| run.plan.scenario.name.clone());
    ask(state, Ask::new(AskKind::BreakLock, wanted))
}

/// Takes the hosts from the other run, and begins: the button of that question had the keys, and was pressed.
pub(super) fn begin_all_the_same(state: &mut State, may_destroy: bool) -> Vec<Effect> {
    let first = state.wizard.run.as_deref().and_then(|run| run.first).unwrap_or(Instruction::Next);
    if first == Instruction::Undo {
        return take_back(state, true);
    }
    renew(state);
    begin(state, first, may_destroy, true)
}

pub(super) fn ask(state: &mut State, ask: Ask) -> Vec<Effect> {
    state.layers.put(ask);
    Vec::new()
}

pub(super) fn instruct(state: &mut State, instruction: Instruction) -> Vec<Effect> {
    let Some(run) = state.wizard.under_way() else { return Vec::new() };
    vec![Effect::Scenario(Request::Instruct(run.pass, instruction))]
}

fn pause(state: &mut State) -> Vec<Effect> {
    if state.wizard.under_way().is_none_or(|run| run.waits(state.now)) {
        return refuse(state, "nothing is under way");
    }
    tell(state, Notice::info("it waits when this step is over"));
    instruct(state, Instruction::Pause)
}

fn skip(state: &mut State) -> Vec<Effect> {
    if state.wizard.under_way().is_some_and(|run| run.waits(state.now)) {
        return instruct(state, Instruction::Skip);
    }
    refuse(state, "a step can be skipped when the run waits for a word")
}

fn retry(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    match run.stand(now) {
        Some(Stand::Stuck) if run.progress.is_unknown() => ask(state, Ask::new(AskKind::Again, None)),
        Some(Stand::Stuck) => instruct(state, Instruction::Retry),
        _ if matches!(run.stage, Stage::Over(_)) => go_on(state, Instruction::Next),
        _ => refuse(state, "there is no failed step to try again"),
    }
}

fn undo(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let done = state.wizard.run.as_deref().filter(|run| run.is_done());
    let Some(run) = done.or_else(|| state.wizard.under_way()) else {
        return refuse(state, "a step is taken back while its run is in hand; resume it first");
    };
    if !run.is_done() && !run.waits(now) {
        return refuse(state, "a script is under way; a step is taken back when the run stands");
    }
    if run.is_done()
        && let Some(why) = hindrance(state, run.cluster.as_ref(), &run.plan.hosts)
    {
        return refuse(state, why);
    }
    match run.progress.undoable() {
        Ok(step) => ask(state, Ask::new(AskKind::Undo(step), None)),
        Err(why) => refuse(state, why),
    }
}

fn abort(state: &mut State) -> Vec<Effect> {
    if state.wizard.under_way().is_none() {
        return refuse(state, "it is not under way");
    }
    ask(state, Ask::new(AskKind::Abort, None))
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.wizard.run.as_deref() else { return Vec::new() };
    let Some(step) = run.step() else { return refuse(state, "there is no step") };
    let all = if step.run.is_empty() {
        step.checks.iter().map(|check| &check.script).collect::<Vec<_>>()
    } else {
        step.run.iter().collect()
    };
    let scripts = all.into_iter().filter(|script| run.is_for(script));
    let text: Vec<String> = scripts.map(|script| run.plan.shown(step, script)).collect();
    let words = format!("copied what step {} runs, secrets masked", step.number);
    tell(state, Notice::info(words));
    vec![Effect::Copy(text.join("\n"))]
}

/// Has the checks run, and nothing else.
fn examine(state: &mut State) -> Vec<Effect> {
    let pass = state.wizard.pass();
    let is_simulated = state.wizard.is_simulated();
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    let words = match (&run.stage, run.examined) {
        (Stage::Ready, None) if is_simulated => "the hosts are simulated: there is nothing to find out",
        (Stage::Ready, None) => {
            run.examined = Some(pass);
            let (plan, cluster) = (run.plan.clone(), run.cluster.clone());
            return vec![Effect::Scenario(Request::Examine { pass, plan, cluster })];
        }
        (Stage::Ready, Some(_)) => "the checks are being run",
        (Stage::UnderWay | Stage::Over(_), _) => "each step is proved when it has run",
    };
    refuse(state, words)
}

/// The one place from which anything is begun: the button of a confirmation had the keys, and was pressed.
pub(super) fn begin(
    state: &mut State,
    first: Instruction,
    may_destroy: bool,
    breaks_locks: bool,
) -> Vec<Effect> {
    let now = state.now;
    state.wizard.waiting = None;
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    run.begins(first, now);
    run.examined = None;
    let (left, replaces) = match &run.basis {
        Basis::New => (None, None),
        Basis::Left(recalled) => (Some(recalled.id.clone()), None),
        Basis::Changed { replaces, .. } => (None, *replaces),
    };
    let from_step = if left.is_some() { 1 } else { run.from_step() };
    let replaces = replaces.or(run.before);
    let order = Order { left, replaces, from_step, may_destroy, breaks_locks, ..Order::of(run, first) };
    state.wizard.forget(&order.plan.scenario.clone().into(), &order.plan.hosts);
    vec![Effect::Scenario(Request::Begin(Box::new(order)))]
}

/// A run that came to its end is taken in hand once more, to take its last step back.
pub(super) fn take_back(state: &mut State, breaks_locks: bool) -> Vec<Effect> {
    let (now, pass) = (state.now, state.wizard.pass());
    let Some(run) = state.wizard.run.as_deref_mut() else { return Vec::new() };
    let replaces = Some(std::mem::replace(&mut run.pass, pass));
    let first = Instruction::Undo;
    run.begins(first, now);
    let left = run.id.clone();
    let order = Order { left, replaces, breaks_locks, ..Order::of(run, first) };
    vec![Effect::Scenario(Request::Begin(Box::new(order)))]
}
