//! What the runtime tells of scenarios.

use super::survey::{look_on, survey};
use super::{drop_run, form, refuse};
use crate::app::update::tell;
use crate::app::wizard::{
    Basis, Finding, News, Page, Pass, Planned, Realm, Request, Run, Shelf, Stage, Unplanned,
};
use crate::app::{Effect, Notice, State};
use crate::scenario::Stand;
use crate::scenario::journal::{Entry, Outcome};

/// Takes in what the runtime tells. What nobody waits for any more is dropped.
pub(in crate::app::update) fn hear(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::Shelf(shelf) => return shelve(state, *shelf),
        News::Recalled(recalled) => match *recalled {
            Ok(recalled) => return form::recalled(state, recalled),
            Err(why) => tell(state, Notice::error(why)),
        },
        News::Planned(pass, result) => planned(state, pass, *result),
        News::Begun(pass, id) => {
            if let Some(run) = state.wizard.run_of(pass) {
                run.id = Some(id);
            }
        }
        News::Entry(pass, entry) => happened(state, pass, &entry),
        News::Output(pass, place, lines) => _ = state.wizard.print(pass, &place, lines),
        News::Over(pass, outcome) => return over(state, pass, outcome),
        News::Found(pass, found) => {
            let Some(run) = state.wizard.run_of(pass.into_run(state)) else { return Vec::new() };
            run.examined = None;
            match *found {
                Ok(found) => {
                    run.found = Some(found.clone());
                    let (scenario, hosts, at) = (found.scenario.clone(), found.hosts.clone(), found.at);
                    state.wizard.survey.keep(Finding { scenario, hosts, at, seen: Ok(found) });
                }
                Err(why) => return refuse(state, why),
            }
        }
        News::Surveyed(run, found) => {
            let now = state.now;
            state.wizard.survey.take(&run, *found, now);
            return look_on(state);
        }
    }
    Vec::new()
}

impl Pass {
    /// The run whose checks are run under this pass; itself where there is none.
    fn into_run(self, state: &State) -> Self {
        match &state.wizard.run {
            Some(run) if run.examined == Some(self) => run.pass,
            _ => self,
        }
    }
}

fn shelve(state: &mut State, shelf: Shelf) -> Vec<Effect> {
    let is_first = state.wizard.shelf.is_none();
    let left = shelf.left();
    for trouble in &shelf.troubles {
        if is_first {
            tell(state, Notice::error(trouble.clone()));
        }
    }
    state.wizard.take(shelf);
    if is_first && left > 0 {
        let words = match left {
            1 => "a run of a scenario was left in the middle; :scenarios goes on with it".to_owned(),
            left => format!("{left} runs of scenarios were left in the middle; :scenarios goes on with them"),
        };
        tell(state, Notice::info(words));
    }
    survey(state, None)
}

fn planned(state: &mut State, pass: Pass, result: Result<Planned, Unplanned>) {
    let Some(Page::Form(form)) = state.layers.page_mut() else { return };
    if form.awaited != Some(pass) {
        return;
    }
    let planned = match result {
        Ok(planned) => planned,
        Err(unplanned) => return form.refused(unplanned),
    };
    let draft = form.draft.clone();
    if let Basis::Left(recalled) = &draft.basis
        && recalled.fingerprint != planned.plan.fingerprint()
    {
        let words = "the scenario or a value has changed since that run began, so it can't be gone on with; begin a \
                     new run, which leaves what is done already";
        form.refused(Unplanned { fields: Vec::new(), others: vec![words.to_owned()] });
        return;
    }
    let is_another = matches!(draft.basis, Basis::Left(_)) && !planned.generated.is_empty();
    let mut generated = planned.generated;
    generated.extend(form.still_generated());
    let next = state.wizard.pass();
    let mut run = Run::new(next, planned.plan, draft.cluster, draft.basis, generated);
    run.layout = draft.layout;
    run.expected = state.wizard.shelf.as_ref().and_then(|shelf| shelf.expected(&run.plan.scenario.name));
    // A run that stands goes on standing until the new one begins.
    if state.wizard.under_way().is_some() {
        state.wizard.waiting = state.wizard.run.take();
    }
    state.wizard.run = Some(Box::new(run));
    state.layers.turn_to(Page::Run);
    if is_another {
        let words = "what was made up for it was not kept: what is done again gets new secrets";
        tell(state, Notice::info(words));
    }
}

fn happened(state: &mut State, pass: Pass, entry: &Entry) {
    let now = state.now.max(entry.at);
    let is_shown = matches!(state.layers.page(), Some(Page::Run)) && state.layers.panel().is_none();
    let is_in_hand = state.wizard.run.as_ref().is_some_and(|run| run.pass == pass);
    let Some(run) = state.wizard.run_of(pass) else { return };
    let stood = run.waits(now);
    run.take(entry);
    if is_in_hand && matches!(run.stage, Stage::Over(_)) {
        state.layers.withdraw_ask();
    }
    let stand = run.stand(now);
    if stand == Some(Stand::Stuck) && !stood {
        run.look_at_trouble();
    }
    let title = run.plan.scenario.title.clone();
    if is_shown || stood {
        return;
    }
    match stand {
        Some(Stand::Stuck) => {
            tell(state, Notice::error(format!("{title}: a step did not go well, and waits for a word")));
        }
        Some(Stand::Paused) => tell(state, Notice::info(format!("{title} waits for the next step"))),
        _ => {}
    }
}

/// It is over: the journal said so before, unless it could not be written.
fn over(state: &mut State, pass: Pass, outcome: Outcome) -> Vec<Effect> {
    let now = state.now;
    let is_shown = matches!(state.layers.page(), Some(Page::Run)) && state.layers.panel().is_none();
    let is_simulated = state.wizard.shelf.as_ref().is_some_and(|shelf| shelf.realm == Realm::Simulated);
    // What has become of it is to be seen in the list, also where somebody has left its screen already.
    let look = Effect::Scenario(Request::Look);
    let is_in_hand = state.wizard.run.as_ref().is_some_and(|run| run.pass == pass);
    let Some(run) = state.wizard.run_of(pass) else { return vec![look] };
    // The journal told before, and something may have been asked since.
    if !matches!(run.stage, Stage::Over(_)) {
        run.until = Some(now);
        if is_in_hand {
            state.layers.withdraw_ask();
        }
    }
    run.stage = Stage::Over(outcome);
    let title = run.plan.scenario.title.clone();
    let cluster = run.cluster.clone();
    let (notice, is_good) = match &run.stage {
        Stage::Over(Outcome::Done { .. }) => (Notice::info(format!("{title}: done")), true),
        Stage::Over(outcome) => (Notice::error(format!("{title}: {}", outcome.word())), false),
        Stage::Ready | Stage::UnderWay => return Vec::new(),
    };
    if !is_shown {
        tell(state, notice);
        if is_good {
            drop_run(state);
        }
    }
    let poll = cluster.filter(|_| !is_simulated).map(Effect::Poll);
    std::iter::once(look).chain(poll).collect()
}
