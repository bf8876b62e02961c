//! No keys but those that take the button of a confirmation have anything carried out.

use proptest::prelude::*;
use quorate::app::{
    Action, Effect, Event, Focus, Notice, Panel, Request, Scroll, Stage, State, Target, Typing, update,
};
use quorate::operation::{Outcome, Projection};
use quorate::tables::Pane;
use quorate::ui::target_at;
use strum::IntoEnumIterator;
use tui_input::InputRequest;

use crate::common::{console, deployment, look, screen};
use crate::person::{Person, collateral};

#[derive(Debug, Clone)]
enum Deed {
    Act(Action),
    Type(char),
    Prompt(Typing),
    /// What has been asked for is planned.
    Plan,
    /// What is carried out ends well, or not.
    End(bool),
    Press(Target),
    /// Whatever stands in that cell.
    Click(u16, u16),
    Scroll(Scroll),
    Name,
}

fn deed() -> impl Strategy<Value = Deed> {
    let actions: Vec<Action> = Action::iter().collect();
    let likely = vec![
        Action::Open,
        Action::Right,
        Action::Left,
        Action::NextPane,
        Action::PreviousPane,
        Action::Down,
        Action::Back,
        Action::PaneMatrix,
        Action::Move,
        Action::Cleanup,
        Action::Restart,
        Action::FenceReboot,
        Action::Undo,
        Action::Redo,
        Action::Mark,
        Action::ToggleStandby,
        Action::Nodes,
        Action::Resources,
        Action::Operations,
        Action::GiveUp,
        Action::CopyCommands,
    ];
    let typings = vec![
        Typing::Accept,
        Typing::Cancel,
        Typing::Complete,
        Typing::CompleteBack,
        Typing::Older,
        Typing::Newer,
        Typing::Edit(InputRequest::DeletePrevChar),
    ];
    let targets = vec![
        Target::Hint(Action::Open),
        Target::Row(Pane::Matrix, 3),
        Target::Tab(Pane::Nodes),
        Target::Cluster("mq".into()),
        Target::Entry(0),
        Target::Entry(1),
        Target::Button(Focus::Confirm),
        Target::Button(Focus::Cancel),
        Target::Button(Focus::Name),
        Target::Remedy(quorate::app::Remedy::Finish),
    ];
    prop_oneof![
        3 => prop::sample::select(actions).prop_map(Deed::Act),
        8 => prop::sample::select(likely).prop_map(Deed::Act),
        2 => prop::char::range('a', 'z').prop_map(Deed::Type),
        2 => prop::sample::select(typings).prop_map(Deed::Prompt),
        3 => Just(Deed::Plan),
        1 => any::<bool>().prop_map(Deed::End),
        2 => prop::sample::select(targets).prop_map(Deed::Press),
        2 => (0u16..80, 0u16..24).prop_map(|(x, y)| Deed::Click(x, y)),
        1 => prop_oneof![Just(Scroll::Up), Just(Scroll::Down)].prop_map(Deed::Scroll),
        1 => Just(Deed::Name),
    ]
}

/// Whether the keys are on the button that begins what is shown, and it may be taken.
fn is_about_to_confirm(state: &State) -> bool {
    let Some(&Panel::Operation(id)) = state.layers.panel() else { return false };
    state.operations.job(id).is_some_and(|job| {
        job.stage == Stage::Asking && job.form.focus == Focus::Confirm && job.can_be_confirmed()
    })
}

/// Whether the button that begins what is shown may be taken, wherever the keys are.
fn may_be_confirmed(state: &State) -> bool {
    let Some(&Panel::Operation(id)) = state.layers.panel() else { return false };
    state.operations.job(id).is_some_and(quorate::app::Job::can_be_confirmed)
}

fn begins(effect: &Effect) -> bool {
    matches!(effect, Effect::Operate(Request::CarryOut { .. } | Request::Resume { .. }))
}

/// The name that the panel wants, letter by letter.
fn name_wanted(state: &State) -> Vec<Event> {
    let Some(&Panel::Operation(id)) = state.layers.panel() else { return Vec::new() };
    let name = state.operations.job(id).and_then(quorate::app::Job::name_to_type).unwrap_or_default();
    name.chars().map(|letter| Event::Typed(Typing::Edit(InputRequest::InsertChar(letter)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_carried_out_but_from_the_button(deeds in prop::collection::vec(deed(), 1..80)) {
        let look = look();
        let mut person = Person::at(console(deployment(), (80, 24)));
        let mut confirmed = 0_usize;
        for deed in deeds {
            let events = match deed {
                Deed::Act(action) => vec![Event::Act(action)],
                Deed::Type(letter) => vec![Event::Typed(Typing::Edit(InputRequest::InsertChar(letter)))],
                Deed::Prompt(typing) => vec![Event::Typed(typing)],
                Deed::Press(target) => vec![Event::Pressed(target)],
                Deed::Click(x, y) => target_at(&person.state, &look, x, y).map(Event::Pressed).into_iter().collect(),
                Deed::Scroll(scroll) => vec![Event::Scrolled(scroll)],
                Deed::Name => name_wanted(&person.state),
                Deed::Plan => {
                    let plans = |request: &Request| matches!(request, Request::Plan(..) | Request::PlanTogether(..));
                    let (plans, others) = std::mem::take(&mut person.asked).into_iter().partition(plans);
                    person.asked = plans;
                    person.asked.retain(|request| {
                        let errand = match request {
                            Request::Plan(_, errand) => Some(errand),
                            Request::PlanTogether(_, errands) => errands.first().map(|(_, errand)| errand),
                            _ => None,
                        };
                        errand.is_none_or(|errand| {
                            let cluster = person.state.cluster(errand.cluster());
                            cluster.is_some_and(|cluster| cluster.observation.current().is_some())
                        })
                    });
                    person.planned(&if others_empty(&others) { collateral() } else { Projection::NotAsked });
                    person.asked.extend(others);
                    vec![Event::Told(Notice::info("planned"))]
                }
                Deed::End(is_done) => {
                    let running = person.state.operations.running().map(|job| (job.id, job.stage)).next();
                    let Some((job, Stage::Running { at, .. })) = running else { continue };
                    let outcome = if is_done { Outcome::Done { note: None } } else { Outcome::Failed("no".to_owned()) };
                    person.asked.clear();
                    person.ended(quorate::app::Ticket { job, nth: at }, outcome);
                    // The next of several that were confirmed together.
                    person.asked.clear();
                    continue;
                }
            };
            for event in events {
                let is_button = event == Event::Pressed(Target::Button(Focus::Confirm));
                let may = is_about_to_confirm(&person.state) || is_button && may_be_confirmed(&person.state);
                let is_enter = matches!(event, Event::Act(Action::Open) | Event::Pressed(Target::Hint(Action::Open)));
                let effects = update(&mut person.state, event.clone());
                let begun = effects.iter().filter(|effect| begins(effect)).count();
                prop_assert!(begun == 0 || (may && (is_enter || is_button) && begun == 1), "{event:?} began {effects:?}");
                confirmed += begun;
                person.asked.extend(effects.into_iter().filter_map(|effect| match effect {
                    Effect::Operate(request) => Some(request),
                    _ => None,
                }));
            }
            screen(&person.state, &look);
        }
        let carried = person.state.operations.jobs.iter().filter(|job| matches!(job.stage, Stage::Running { .. } | Stage::Over)).count();
        prop_assert!(carried <= confirmed);
        // One at a time in a cluster.
        for job in person.state.operations.running() {
            for task in &job.tasks {
                let holder = person.state.operations.running_in(task.errand.cluster()).expect("itself");
                prop_assert_eq!(holder.id, job.id);
            }
        }
    }
}

fn others_empty(others: &[Request]) -> bool {
    others.is_empty()
}
