//! The hosts and the values of a scenario.

use super::{drop_run, hindrance, layout, not_here, refuse};
use crate::app::update::tell;
use crate::app::update::typing::Edit;
use crate::app::wizard::{Basis, Draft, Form, Hosts, Page, Recalled, Request, Stage};
use crate::app::{Action, Effect, Notice, State, Typing};
use crate::scenario::journal::Outcome;
use crate::scenario::{Sources, Stand};

pub(super) fn hosts(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => return chosen(state),
        Action::Back => state.layers.turn_to(Page::List),
        Action::Up | Action::PreviousPane => move_row(state, -1),
        Action::Down | Action::NextPane => move_row(state, 1),
        Action::First => move_row(state, isize::MIN / 2),
        Action::Last => move_row(state, isize::MAX / 2),
        _ => return not_here(state),
    }
    Vec::new()
}

fn move_row(state: &mut State, by: isize) {
    if let Some(Page::Hosts(hosts)) = state.layers.page_mut() {
        let row = hosts.row as isize;
        hosts.row = row.saturating_add(by).clamp(0, hosts.clusters as isize) as usize;
    }
}

pub(super) fn hosts_typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    match typing {
        Typing::Edit(request) => _ = edit_hosts(state, Edit::Key(request)),
        Typing::Accept => return chosen(state),
        Typing::Cancel => state.layers.turn_to(Page::List),
        Typing::Older | Typing::CompleteBack => move_row(state, -1),
        Typing::Newer | Typing::Complete => move_row(state, 1),
    }
    Vec::new()
}

/// Text is for the field of other hosts, which gets the focus.
pub(super) fn edit_hosts(state: &mut State, edit: Edit<'_>) -> bool {
    let Some(Page::Hosts(hosts)) = state.layers.page_mut() else { return false };
    hosts.row = hosts.clusters;
    edit.apply(&mut hosts.names);
    hosts.error = None;
    true
}

/// The hosts are known: the values are next.
fn chosen(state: &mut State) -> Vec<Effect> {
    let Some(Page::Hosts(page)) = state.layers.page_mut() else { return Vec::new() };
    let (hosts, cluster) = match state.clusters.get(page.row) {
        Some(cluster) => (cluster.entry.hosts.clone(), Some(cluster.entry.name.clone())),
        None => match page.named() {
            Ok(hosts) => (hosts, None),
            Err(why) => {
                page.error = Some(why);
                return Vec::new();
            }
        },
    };
    let draft = Draft { scenario: page.scenario.clone(), hosts, cluster, basis: Basis::New, layout: None };
    let from = page.clone();
    if let Some(why) = hindrance(state, draft.cluster.as_ref(), &draft.hosts) {
        return refuse(state, why);
    }
    begin(state, &draft, Some(from))
}

/// Shows the form of a draft, with what was entered before it was left; one without fields is planned at once. `from` is
/// the choice of hosts that it goes back to.
pub(super) fn begin(state: &mut State, draft: &Draft, from: Option<Hosts>) -> Vec<Effect> {
    let Some(shelf) = &state.wizard.shelf else { return Vec::new() };
    let mut form = Form::new(draft.clone(), &draft.sources(&shelf.sources));
    if let Some(earlier) = state.wizard.kept(draft) {
        form.restore(earlier);
    }
    form.from = from;
    let is_empty = form.fields.is_empty();
    state.layers.turn_to(Page::Form(Box::new(form)));
    if is_empty { submit(state) } else { Vec::new() }
}

pub(super) fn values(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => return submit(state),
        Action::Back => return back(state),
        Action::Up | Action::PreviousPane => turn(state, -1),
        Action::Down | Action::NextPane => turn(state, 1),
        _ => return not_here(state),
    }
    Vec::new()
}

fn turn(state: &mut State, by: isize) {
    if let Some(Page::Form(form)) = state.layers.page_mut() {
        form.turn(by);
    }
}

/// Text is for the field that has the focus.
pub(super) fn edit_values(state: &mut State, edit: Edit<'_>) -> bool {
    let Some(Page::Form(form)) = state.layers.page_mut() else { return false };
    if !form.is_typing() {
        return false;
    }
    let Some(field) = form.field() else { return false };
    edit.apply(&mut field.input);
    field.check();
    true
}

pub(super) fn values_typed(state: &mut State, typing: Typing) -> Vec<Effect> {
    let Some(Page::Form(form)) = state.layers.page_mut() else { return Vec::new() };
    match typing {
        Typing::Edit(request) => {
            if !edit_values(state, Edit::Key(request)) {
                return refuse(state, "a letter goes into a field: tab goes to the next one");
            }
        }
        Typing::Cancel => return back(state),
        Typing::Older | Typing::CompleteBack => form.turn(-1),
        Typing::Newer | Typing::Complete | Typing::Accept => form.turn(1),
    }
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    let Some(Page::Form(form)) = state.layers.page() else { return Vec::new() };
    let form = form.clone();
    state.wizard.keep(&form);
    let is_changed = matches!(form.draft.basis, Basis::Changed { .. });
    let page = match form.from {
        _ if is_changed && state.wizard.run.is_some() => Page::Run,
        Some(hosts) => Page::Hosts(hosts),
        None => layout::page(state, form.draft.layout.as_ref()),
    };
    state.layers.turn_to(page);
    Vec::new()
}

/// Asks for a plan, unless something is plainly wrong.
fn submit(state: &mut State) -> Vec<Effect> {
    let pass = state.wizard.pass();
    let Some(Page::Form(form)) = state.layers.page_mut() else { return Vec::new() };
    if form.awaited.is_some() || !form.check() {
        return Vec::new();
    }
    form.awaited = Some(pass);
    let form = form.clone();
    state.wizard.keep(&form);
    let set = form.set();
    vec![Effect::Scenario(Request::Plan { pass, draft: Box::new(form.draft), set })]
}

/// A run that was left has been read. Where all its values are known, it is planned at once.
pub(super) fn recalled(state: &mut State, recalled: Recalled) -> Vec<Effect> {
    if state.wizard.under_way().is_some() || !matches!(state.layers.page(), Some(Page::List)) {
        return Vec::new();
    }
    drop_run(state);
    let Some(shelf) = &state.wizard.shelf else { return Vec::new() };
    let draft = Draft {
        scenario: recalled.scenario.clone(),
        hosts: recalled.hosts.clone(),
        cluster: recalled.cluster.clone(),
        basis: Basis::Left(Box::new(recalled)),
        layout: None,
    };
    let mut form = Form::new(draft.clone(), &draft.sources(&shelf.sources));
    let is_known = form.check();
    state.layers.turn_to(Page::Form(Box::new(form)));
    if is_known {
        return submit(state);
    }
    refuse(state, "secrets were not kept: enter those that are missing")
}

/// Changes the values of the run in hand: before it begins, or when it stands.
pub(super) fn edit(state: &mut State) -> Vec<Effect> {
    let (Some(run), Some(shelf)) = (&state.wizard.run, &state.wizard.shelf) else { return Vec::new() };
    let is_left = matches!(run.basis, Basis::Left(_));
    let basis = match (&run.stage, run.stand(state.now)) {
        (Stage::Ready, _) if is_left => {
            return refuse(state, "a run that was left goes on with the values that it had");
        }
        (Stage::Ready, _) => match &run.basis {
            Basis::Changed { from_step, replaces, .. } => Basis::Changed {
                from_step: *from_step,
                replaces: *replaces,
                generated: run.generated.clone(),
            },
            Basis::New | Basis::Left(_) => {
                Basis::Changed { from_step: 1, replaces: None, generated: run.generated.clone() }
            }
        },
        (Stage::UnderWay, Some(Stand::Paused | Stand::Stuck)) => Basis::Changed {
            from_step: run.current(),
            replaces: Some(run.pass),
            generated: run.generated.clone(),
        },
        (Stage::UnderWay, _) => {
            return refuse(state, "a script is under way; values are changed when it stands");
        }
        (Stage::Over(Outcome::Done { .. }), _) => {
            return refuse(state, "it is done; choose it again from the list");
        }
        (Stage::Over(Outcome::Refused { .. }), _) => {
            Basis::Changed { from_step: run.from_step(), replaces: None, generated: run.generated.clone() }
        }
        (Stage::Over(_), _) => {
            Basis::Changed { from_step: run.current(), replaces: None, generated: run.generated.clone() }
        }
    };
    if run.plan.scenario.variables.is_empty() {
        return refuse(state, "this scenario has no variables");
    }
    let values = run.plan.values.iter().map(|(name, value)| (name.clone(), value.text.clone()));
    let sources = Sources { set: values.collect(), ..shelf.sources.clone() };
    let draft = Draft {
        scenario: run.plan.scenario.clone().into(),
        hosts: run.plan.hosts.clone(),
        cluster: run.cluster.clone(),
        basis,
        layout: run.layout.clone(),
    };
    state.layers.turn_to(Page::Form(Box::new(Form::new(draft, &sources))));
    if state.wizard.under_way().is_some() {
        tell(state, Notice::info("with other values a new run begins at this step; this one is left"));
    }
    Vec::new()
}
