//! Operations: from the key to the end.

use super::tell;
use crate::app::operation::{aims, toggled, undo_of, wishes};
use crate::app::{
    Choose, Effect, Errand, Focus, GivingUp, Job, JobId, News, Notice, Panel, Purpose, Request, Stage, State,
    Ticket, UNCHANGEABLE,
};
use crate::model::ClusterName;
use crate::operation::{
    Intent, NoPreview, Outcome, Preview, Progress, Refusal, Together, Unfinished, Verb, plan, words,
};

/// Begins an operation on what is selected: asks for its plan, or first for a node.
pub(super) fn begin(state: &mut State, verb: Verb) -> Vec<Effect> {
    if matches!(state.layers.panel(), Some(panel) if !matches!(panel, Panel::Card(_))) {
        return refuse(state, "close what is open on top first");
    }
    let aims = aims(state);
    if aims.is_empty() {
        return refuse(state, "nothing is selected here");
    }
    let mut intents: Vec<Intent> = Vec::new();
    for (name, subject) in &aims {
        let Some(cluster) = state.cluster(name) else { continue };
        match wishes(state, verb, cluster, subject.as_ref()) {
            Ok(wishes) => {
                let new: Vec<Intent> = wishes.into_iter().filter(|wish| !intents.contains(wish)).collect();
                intents.extend(new);
            }
            Err(needs) => return refuse(state, needs),
        }
    }
    let is_choice = matches!(verb, Verb::Move | Verb::Ban);
    if is_choice
        && intents.iter().any(|intent| Some(&intent.cluster) != intents.first().map(|it| &it.cluster))
    {
        return refuse(state, format!("{verb} takes the rows of one cluster at a time"));
    }
    let errands: Vec<Errand> = intents.iter().cloned().map(Errand::Wish).collect();
    if let Some(why) = hindrance(state, &errands) {
        return refuse(state, why);
    }
    if is_choice && intents.iter().any(|intent| intent.to.is_none()) {
        // What no node can help is said at once.
        if let Some(why) = intents.iter().find_map(|intent| senseless(state, intent)) {
            return refuse(state, why);
        }
        state.layers.put(Panel::Choose(Choose { intents, row: 0 }));
        return Vec::new();
    }
    propose(state, errands, |_| {})
}

/// Why this can't be done whichever node is chosen.
fn senseless(state: &State, intent: &Intent) -> Option<String> {
    let picture = state.cluster(&intent.cluster)?.observation.picture.as_deref()?;
    let is_about_the_node = |refusal: &Refusal| matches!(refusal, Refusal::NodeNeeded(_));
    plan(picture, intent)
        .err()
        .filter(|refusal| !is_about_the_node(refusal))
        .map(|refusal| refusal.to_string())
}

/// The same for the one of standby and online that makes sense.
pub(super) fn toggle_standby(state: &mut State) -> Vec<Effect> {
    match toggled(state) {
        Ok(verb) => begin(state, verb),
        Err(needs) => refuse(state, needs),
    }
}

/// The node has been chosen.
pub(super) fn chosen(state: &mut State, choose: &Choose) -> Vec<Effect> {
    let nodes = choose.nodes(state);
    let Some(choice) = nodes.get(choose.row) else { return refuse(state, "no node can be chosen") };
    if !choice.is_open {
        let (name, why) = (choice.name(), &choice.why);
        return refuse(state, format!("{name} can't be chosen: {why}"));
    }
    let to = Some(choice.name().clone());
    let with_node = |intent: &Intent| Errand::Wish(Intent { to: to.clone(), ..intent.clone() });
    propose(state, choose.intents.iter().map(with_node).collect(), |_| {})
}

/// Undoes what is shown or, where nothing or an undo is, the last that can be undone: further and further back.
pub(super) fn undo(state: &mut State) -> Vec<Effect> {
    let shown = match state.layers.panel() {
        Some(Panel::Operation(id)) => state.operations.job(*id),
        Some(Panel::Card(_)) | None => None,
        Some(_) => return refuse(state, "close this first"),
    };
    let job = match shown {
        Some(job) if !matches!(job.purpose, Purpose::Undo(_)) => Some(job),
        Some(job) if job.stage != Stage::Over => return refuse(state, "there is nothing of it to undo"),
        _ => state.operations.undoable(),
    };
    let Some(job) = job else {
        let redo = state.operations.redoable().map_or("", |_| "; `:redo` does again what was undone last");
        return refuse(state, format!("nothing is left to undo{redo}"));
    };
    let (id, errands) = (job.id, job.undo());
    if errands.is_empty() {
        return refuse(state, "there is nothing of it to undo");
    }
    propose(state, errands, |job| job.purpose = Purpose::Undo(Some(id)))
}

/// Does again what the undo that is shown took back or, where nothing is shown, what the last one did.
pub(super) fn redo(state: &mut State) -> Vec<Effect> {
    let found = match state.layers.panel() {
        Some(Panel::Operation(id)) => {
            state.operations.job(*id).map(|job| (job.id, state.operations.redo_of(job)))
        }
        Some(Panel::Card(_)) | None => state.operations.redoable(),
        Some(_) => return refuse(state, "close this first"),
    };
    match found {
        Some((undo, errands)) if !errands.is_empty() => {
            propose(state, errands, |job| job.purpose = Purpose::Redo(undo))
        }
        _ => refuse(state, "there is nothing to redo"),
    }
}

/// Undoes what an earlier console has left unfinished.
pub(super) fn undo_unfinished(state: &mut State, unfinished: &Unfinished) -> Vec<Effect> {
    match undo_of(&unfinished.plan) {
        Some(errand) => propose(state, vec![errand], |job| {
            job.purpose = Purpose::Undo(None);
            job.settles = Some(Box::new(unfinished.clone()));
        }),
        None => refuse(state, words::undo(&unfinished.plan)),
    }
}

/// Makes a job of it, and shows it.
pub(super) fn propose(state: &mut State, errands: Vec<Errand>, mark: impl FnOnce(&mut Job)) -> Vec<Effect> {
    if let Some(why) = hindrance(state, &errands) {
        return refuse(state, why);
    }
    let job = state.operations.add(errands, state.now);
    mark(job);
    let id = job.id;
    let requests = ask_for_plans(job);
    state.layers.put(Panel::Operation(id));
    requests.into_iter().map(Effect::Operate).collect()
}

/// Asks for the plans of a job: of what one cluster gets, all together.
fn ask_for_plans(job: &Job) -> Vec<Request> {
    let mut of_clusters: Vec<Vec<(usize, Errand)>> = Vec::new();
    for (nth, task) in job.tasks.iter().enumerate() {
        if matches!(task.errand, Errand::Finish(_)) {
            continue;
        }
        let errand = (nth, task.errand.clone());
        let is_there = |all: &&mut Vec<(usize, Errand)>| {
            all.first().is_some_and(|(_, first)| first.cluster() == task.errand.cluster())
        };
        match of_clusters.iter_mut().find(is_there) {
            Some(all) => all.push(errand),
            None => of_clusters.push(vec![errand]),
        }
    }
    let request = |mut errands: Vec<(usize, Errand)>| match errands.len() {
        1 => errands.pop().map(|(nth, errand)| Request::Plan(Ticket { job: job.id, nth }, errand)),
        _ => Some(Request::PlanTogether(job.id, errands)),
    };
    of_clusters.into_iter().filter_map(request).collect()
}

/// Why none of these can be begun at this moment.
fn hindrance(state: &State, errands: &[Errand]) -> Option<String> {
    if state.is_saved {
        return Some(UNCHANGEABLE.to_owned());
    }
    errands.iter().find_map(|errand| {
        let cluster = errand.cluster();
        if state.is_locked(cluster) {
            return Some(format!(
                "{cluster} is read-only; `:writable 15 REASON` allows changes for 15 minutes"
            ));
        }
        state.same_cluster(cluster).find_map(|it| {
            let name = &it.entry.name;
            let job = state.operations.running_in(name)?;
            Some(format!("{name}: {} is under way; one operation at a time in a cluster", job.title()))
        })
    })
}

pub(super) fn refuse(state: &mut State, why: impl Into<String>) -> Vec<Effect> {
    tell(state, Notice::info(why));
    Vec::new()
}

/// The one place from which anything is carried out: the button that begins it has the keys, and was pressed.
pub(super) fn confirm(state: &mut State, id: JobId) -> Vec<Effect> {
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    if job.form.focus != Focus::Confirm || job.stage != Stage::Asking {
        return Vec::new();
    }
    if !job.can_be_confirmed() {
        // Where nothing is to be typed, nothing can be done at all.
        let Some(name) = job.name_to_type().filter(|_| job.ring().contains(&Focus::Name)) else {
            return Vec::new();
        };
        job.form.focus = Focus::Name;
        return refuse(state, format!("type {name} first"));
    }
    let errands: Vec<Errand> = job.tasks.iter().map(|task| task.errand.clone()).collect();
    if let Some(why) = hindrance(state, &errands) {
        return refuse(state, why);
    }
    state.marks.clear();
    carry_out_next(state, id, None)
}

/// Carries out the task after that one, or ends the job.
fn carry_out_next(state: &mut State, id: JobId, after: Option<usize>) -> Vec<Effect> {
    let now = state.now;
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    let Some((nth, plan, alongside)) = job.next_task(after).and_then(|nth| {
        let task = job.tasks.get(nth)?;
        Some((nth, task.plan()?.clone(), task.others()))
    }) else {
        return end(state, id);
    };
    if after.is_none() {
        job.since = now;
        job.scroll = 0;
    }
    job.form.focus = Focus::Cancel;
    job.stage = Stage::Running { at: nth, giving_up: GivingUp::No };
    let ticket = Ticket { job: id, nth };
    let reason = job.form.reason.value().trim().to_owned();
    vec![Effect::Operate(match job.tasks.get(nth).map(|task| &task.errand) {
        Some(Errand::Finish(unfinished)) => Request::Resume { ticket, unfinished: unfinished.clone() },
        _ => Request::CarryOut { ticket, plan: Box::new(plan), reason, alongside },
    })]
}

/// The job is over.
fn end(state: &mut State, id: JobId) -> Vec<Effect> {
    let is_shown = state.layers.panel() == Some(&Panel::Operation(id));
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    job.stage = Stage::Over;
    job.form.focus = Focus::Cancel;
    job.scroll = 0;
    let is_done = matches!(job.outcome(), Some(Outcome::Done { .. }));
    let (purpose, settles) = (job.purpose, job.settles.take());
    let last =
        job.tasks.iter().rev().find_map(|task| Some(words::outcome(task.plan()?, &task.end.as_ref()?.0)));
    // What follows is to be seen at once.
    let mut effects: Vec<Effect> = Vec::new();
    let mut finished: Vec<String> = Vec::new();
    for task in &job.tasks {
        let poll = Effect::Poll(task.errand.cluster().clone());
        if task.end.is_some() && !effects.contains(&poll) {
            effects.push(poll);
        }
        if let (Errand::Finish(unfinished), Some(_)) = (&task.errand, &task.end) {
            finished.push(unfinished.id.clone());
        }
    }
    if let (false, Some(words)) = (is_shown, last) {
        tell(state, if is_done { Notice::info(words) } else { Notice::error(words) });
    }
    if is_done {
        finished.extend(settles.as_ref().map(|unfinished| unfinished.id.clone()));
        effects.extend(settles.map(|unfinished| Effect::Operate(Request::Settle(unfinished))));
        mark(state, purpose);
    }
    state.operations.unfinished.retain(|unfinished| !finished.contains(&unfinished.id));
    effects
}

/// Notes at the other job that it was undone, or redone.
fn mark(state: &mut State, purpose: Purpose) {
    match purpose {
        Purpose::New | Purpose::Undo(None) => {}
        Purpose::Undo(Some(id)) => {
            if let Some(undone) = state.operations.job_mut(id) {
                undone.mark_undone();
            }
        }
        Purpose::Redo(id) => {
            if let Some(undo) = state.operations.job_mut(id) {
                undo.is_redone = true;
            }
        }
    }
}

/// Asks once more before an operation is given up, and then gives it up.
pub(super) fn give_up(state: &mut State) -> Vec<Effect> {
    let Some(&Panel::Operation(id)) = state.layers.panel() else {
        return refuse(state, "open the operation that is to be given up first: :operations");
    };
    let Some(job) = state.operations.job_mut(id) else { return Vec::new() };
    let Stage::Running { at, giving_up } = &mut job.stage else {
        return refuse(state, "it is not under way");
    };
    match giving_up {
        GivingUp::No => {
            *giving_up = GivingUp::Asked;
            Vec::new()
        }
        GivingUp::Asked => {
            *giving_up = GivingUp::Yes;
            vec![Effect::Operate(Request::GiveUp(Ticket { job: id, nth: *at }))]
        }
        GivingUp::Yes => Vec::new(),
    }
}

/// Takes in what the runtime tells. What nobody waits for any more is dropped.
pub(super) fn hear(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::Planned(ticket, preview) => planned(state, ticket.job, vec![(ticket.nth, *preview)], None),
        News::PlannedTogether(job, previews, together) => {
            planned(state, job, previews, together.map(|together| *together));
        }
        News::Progressed(ticket, progress) => return progressed(state, ticket, progress),
        News::Unfinished(unfinished) => super::unfinished::found(state, unfinished),
        News::Unlocked(cluster, until) => unlocked(state, &cluster, until),
    }
    Vec::new()
}

fn planned(
    state: &mut State,
    id: JobId,
    previews: Vec<(usize, Result<Preview, NoPreview>)>,
    together: Option<Together>,
) {
    let now = state.now;
    let titles = state.operations.job(id).map(|job| titles(state, job)).unwrap_or_default();
    let Some(job) = state.operations.job_mut(id).filter(|job| job.stage == Stage::Planning) else {
        return;
    };
    for (nth, mut preview) in previews {
        let Some(task) = job.tasks.get_mut(nth) else { continue };
        if let (Ok(preview), Some(title)) = (&mut preview, titles.get(nth)) {
            preview.plan.rename(title);
        }
        task.preview = Some(preview);
    }
    job.together.extend(together);
    if job.tasks.iter().all(|task| task.preview.is_some()) {
        job.stage = Stage::Asking;
        job.since = now;
    }
}

/// What the tasks of a job are called that goes back or forth: by what they undo or redo, in their order.
fn titles(state: &State, job: &Job) -> Vec<String> {
    let (purpose, settles) = (job.purpose, &job.settles);
    let job = |id: JobId| state.operations.job(id);
    match purpose {
        Purpose::New => Vec::new(),
        Purpose::Undo(None) => settles.iter().map(|it| format!("undo: {}", it.plan.title)).collect(),
        Purpose::Undo(Some(id)) => {
            let tasks = job(id).into_iter().flat_map(|job| job.tasks.iter().rev());
            let undone = tasks.filter(|task| task.undo().is_some());
            undone.map(|task| format!("undo: {}", task.title().trim_start_matches("redo: "))).collect()
        }
        Purpose::Redo(id) => {
            let undone = job(id).and_then(|undo| match undo.purpose {
                Purpose::Undo(id) => id.and_then(job),
                _ => None,
            });
            let tasks = undone.into_iter().flat_map(|job| &job.tasks).filter(|task| task.is_undone);
            tasks.map(|task| format!("redo: {}", task.title().trim_start_matches("redo: "))).collect()
        }
    }
}

fn progressed(state: &mut State, ticket: Ticket, progress: Progress) -> Vec<Effect> {
    let now = state.now;
    let Some(job) = state.operations.job_mut(ticket.job) else { return Vec::new() };
    let Stage::Running { at, .. } = job.stage else { return Vec::new() };
    let Some(task) = job.tasks.get_mut(ticket.nth).filter(|_| at == ticket.nth) else { return Vec::new() };
    match progress {
        Progress::Ended(outcome) => {
            let is_done = matches!(outcome, Outcome::Done { .. });
            task.end = Some((outcome, now));
            if is_done { carry_out_next(state, ticket.job, Some(at)) } else { end(state, ticket.job) }
        }
        progress => {
            // What was awaited before is awaited no more.
            if matches!(task.told.last(), Some(Progress::Waiting(_) | Progress::Simulating)) {
                task.told.pop();
            }
            task.told.push(progress);
            Vec::new()
        }
    }
}

/// Asks to be allowed changes to the cluster that has the keys.
pub(super) fn unlock(state: &mut State, minutes: u16, reason: String) -> Vec<Effect> {
    if state.is_saved {
        return refuse(state, UNCHANGEABLE);
    }
    let Some(cluster) = state.cluster_in_hand() else { return refuse(state, "no cluster is selected") };
    if !state.is_locked(&cluster) {
        return refuse(state, format!("changes to {cluster} are allowed already"));
    }
    vec![Effect::Operate(Request::Unlock { cluster, minutes, reason })]
}

fn unlocked(state: &mut State, cluster: &ClusterName, until: jiff::Timestamp) {
    let Some(unlocked) = state.clusters.iter_mut().find(|it| it.entry.name == *cluster) else { return };
    unlocked.unlocked = Some(until);
    tell(state, Notice::info(format!("changes to {cluster} are allowed now; :read-only ends that at once")));
}

/// Allows no changes any more where they were allowed for a while; elsewhere from now on.
pub(super) fn lock(state: &mut State) -> Vec<Effect> {
    let Some(cluster) = state.cluster_in_hand() else { return refuse(state, "no cluster is selected") };
    let words = if state.is_locked(&cluster) {
        format!("{cluster} is read-only already")
    } else {
        format!("{cluster} is read-only now")
    };
    let mut effects = Vec::new();
    let same: Vec<ClusterName> = state.same_cluster(&cluster).map(|it| it.entry.name.clone()).collect();
    for locked in state.clusters.iter_mut().filter(|it| same.contains(&it.entry.name)) {
        locked.entry.access.read_only = true;
        let was_unlocked = locked.unlocked.take().is_some();
        effects.extend(was_unlocked.then_some(Effect::Operate(Request::Lock(locked.entry.name.clone()))));
    }
    tell(state, Notice::info(words));
    effects
}
