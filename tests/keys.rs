//! No sequence of keys, mouse presses, sizes and news makes the console panic or draw outside its screen.

mod common;

use common::{capture, console, deployment, live, look, lost, now, observed, screen};
use jiff::SignedDuration;
use proptest::prelude::*;
use quorate::app::{Action, Effect, Event, FleetView, Notice, Scroll, State, Typing, View, update};
use quorate::model::{ClusterName, LogNews};
use quorate::pacemaker::log::read_line;
use quorate::tables::Pane;
use quorate::ui::target_at;
use strum::IntoEnumIterator;
use tui_input::InputRequest;

/// Something that a person, a terminal or a cluster can do.
#[derive(Debug, Clone)]
enum Deed {
    Act(Action),
    Press(u16, u16),
    Scroll(Scroll),
    Resize(u16, u16),
    Type(char),
    Prompt(Typing),
    Wait(i64),
    Change(usize, &'static str),
    Lose(usize),
    Tell(String),
    Log(usize, Vec<String>),
}

fn deed() -> impl Strategy<Value = Deed> {
    let actions: Vec<Action> = Action::iter().collect();
    let typings = vec![
        Typing::Accept,
        Typing::Cancel,
        Typing::Complete,
        Typing::CompleteBack,
        Typing::Older,
        Typing::Newer,
        Typing::Edit(InputRequest::DeletePrevChar),
        Typing::Edit(InputRequest::GoToStart),
        Typing::Edit(InputRequest::DeletePrevWord),
    ];
    let captures = vec!["healthy", "node-offline", "banned", "unmanaged", "remote-healthy", "pending-op"];
    prop_oneof![
        6 => prop::sample::select(actions).prop_map(Deed::Act),
        1 => (0u16..320, 0u16..110).prop_map(|(x, y)| Deed::Press(x, y)),
        1 => prop_oneof![Just(Scroll::Up), Just(Scroll::Down)].prop_map(Deed::Scroll),
        1 => (0u16..320, 0u16..110).prop_map(|(columns, rows)| Deed::Resize(columns, rows)),
        3 => prop_oneof![prop::char::range('a', 'z'), any::<char>()].prop_map(Deed::Type),
        2 => prop::sample::select(typings).prop_map(Deed::Prompt),
        1 => (0i64..100).prop_map(Deed::Wait),
        1 => (0usize..17, prop::sample::select(captures)).prop_map(|(nth, name)| Deed::Change(nth, name)),
        1 => (0usize..17).prop_map(Deed::Lose),
        1 => "\\PC{0,40}".prop_map(Deed::Tell),
        1 => (0usize..17, prop::collection::vec(any::<String>(), 0..40)).prop_map(|(nth, lines)| Deed::Log(nth, lines)),
    ]
}

fn event(deed: Deed, state: &State, names: &[ClusterName], look: &quorate::ui::Look) -> Option<Event> {
    Some(match deed {
        Deed::Act(action) => Event::Act(action),
        Deed::Press(x, y) => Event::Pressed(target_at(state, look, x, y)?),
        Deed::Scroll(scroll) => Event::Scrolled(scroll),
        Deed::Resize(columns, rows) => Event::Resized { columns, rows },
        Deed::Type(letter) => Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))),
        Deed::Prompt(typing) => Event::Typed(typing),
        Deed::Wait(seconds) => Event::Tick(state.now + SignedDuration::from_secs(seconds)),
        Deed::Change(nth, name) => observed(&state.clusters[nth].entry, live(capture(name), "host")),
        Deed::Lose(nth) => observed(&state.clusters[nth].entry, lost(capture("healthy"), "host")),
        Deed::Log(nth, lines) => {
            let lines = lines.iter().map(|line| read_line(line)).collect();
            Event::Logged(names[nth].clone(), LogNews::Lines(lines))
        }
        Deed::Tell(text) => Event::Told(Notice::error(text)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_deeds_in_any_order(deeds in prop::collection::vec(deed(), 1..60)) {
        let look = look();
        let mut state = console(deployment(), (80, 24));
        let names: Vec<ClusterName> = state.clusters.iter().map(|cluster| cluster.entry.name.clone()).collect();
        for deed in deeds {
            let Some(event) = event(deed, &state, &names, &look) else { continue };
            update(&mut state, event);
            if state.take_dirty() && state.size.0 > 0 && state.size.1 > 0 {
                screen(&state, &look);
            }
            // What is selected is always among what is shown.
            let shown = state.grid.shown(&state.clusters);
            prop_assert_eq!(state.selected().is_some(), !shown.is_empty());
        }
    }

    /// Whatever the user does on saved pictures, no host is asked and nothing is planned or run.
    #[test]
    fn saved_pictures_stay_as_they_are(
        deeds in prop::collection::vec(deed(), 1..60),
        line in prop::sample::select(vec!["writable 15 why", "cleanup", "standby", "scenarios", "redo", "poll-all"]),
        at in 0usize..60,
    ) {
        let look = look();
        let mut state = console(deployment(), (80, 24));
        state.is_saved = true;
        let names: Vec<ClusterName> = state.clusters.iter().map(|cluster| cluster.entry.name.clone()).collect();
        for (nth, deed) in deeds.into_iter().enumerate() {
            let mut events: Vec<Event> = event(deed, &state, &names, &look).into_iter().collect();
            if nth == at {
                events.push(Event::Act(Action::CommandLine));
                let typed = |letter| Event::Typed(Typing::Edit(InputRequest::InsertChar(letter)));
                events.extend(line.chars().map(typed));
                events.push(Event::Typed(Typing::Accept));
            }
            for event in events {
                for effect in update(&mut state, event) {
                    let asks = matches!(
                        effect,
                        Effect::Poll(_) | Effect::PollAll | Effect::Operate(_) | Effect::Scenario(_)
                    );
                    prop_assert!(!asks, "{effect:?}");
                }
            }
            prop_assert!(state.followed_log().is_none());
            prop_assert!(state.operations.jobs.is_empty());
        }
    }

    /// In every list, filtered and sorted in any way, the selected row is seen, and is what a key would act on.
    #[test]
    fn the_selected_row_is_always_on_screen(
        columns in 40u16..300,
        rows in 10u16..100,
        steps in prop::collection::vec(
            (0usize..8, prop::sample::select(vec![
                Action::Up, Action::Down, Action::Left, Action::Right, Action::PageDown, Action::PageUp,
                Action::Last, Action::First, Action::ToggleSort, Action::ReverseSort, Action::NextPane,
                Action::PaneMatrix, Action::PaneConstraints, Action::PaneFailures, Action::PaneAttributes,
                Action::Resources, Action::Nodes, Action::Findings, Action::Constraints, Action::Open,
                Action::NextProblem, Action::Back, Action::Why, Action::PaneConfiguration, Action::PaneLog,
                Action::FoldAll, Action::UnfoldAll, Action::ToggleWide, Action::Audit,
            ]), prop::sample::select(vec!["healthy", "banned", "node-offline", "failed-recovered"])),
            1..40,
        ),
        filter in prop::sample::select(vec!["", "c1n1", "run", "nothing like it"]),
    ) {
        let mut state = console(deployment(), (columns, rows));
        for (nth, action, news) in steps {
            update(&mut state, Event::Act(action));
            if nth == 0 {
                update(&mut state, Event::Act(Action::Filter));
                for letter in filter.chars() {
                    update(&mut state, Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))));
                }
                update(&mut state, Event::Typed(Typing::Accept));
            }
            let news_of_it = observed(&state.clusters[nth].entry, live(capture(news), "host"));
            update(&mut state, news_of_it);
            if let Some(name) = state.followed_log().cloned() {
                let lines = (0..nth).map(|line| read_line(&format!("line {line} of {news}"))).collect();
                update(&mut state, Event::Logged(name, LogNews::Lines(lines)));
            }
            let body = state.regions().body;
            let Some((list, table)) = state.listed() else { continue };
            prop_assert!(list.row < table.rows.len().max(1));
            let (pane, room) = match state.layers.view() {
                View::Cluster(view) => {
                    let cluster = state.cluster(&view.name).expect("it is there");
                    let places = view.places(body, &cluster.findings);
                    let (pane, area) = places.into_iter().find(|(pane, _)| *pane == view.pane).expect("it is seen");
                    (pane, area.height)
                }
                View::Fleet(fleet) => (fleet.pane, FleetView::place(body).height),
                View::Grid => unreachable!("something is listed"),
            };
            // Of the findings the selected one always stands first.
            if state.layers.cluster().is_none() || pane != Pane::Findings {
                let room = usize::from(room).saturating_sub(1).max(1);
                prop_assert!((list.scroll..list.scroll + room).contains(&list.row), "{list:?} of {room}");
            }
            if state.layers.panel().is_none() {
                let selected = table.rows.get(list.row).map(|row| (row.cluster.clone(), row.subject.clone()));
                prop_assert_eq!(state.focus(), selected);
            }
        }
    }

    #[test]
    fn the_selection_is_always_on_screen(
        columns in 40u16..300,
        rows in 10u16..100,
        clusters in 1usize..60,
        actions in prop::collection::vec(
            prop::sample::select(vec![
                Action::Up, Action::Down, Action::Left, Action::Right, Action::PageDown, Action::PageUp,
                Action::Last, Action::First, Action::ToggleLayout, Action::ToggleSort, Action::NextProblem,
                Action::ToggleFindings,
            ]),
            1..30,
        ),
    ) {
        let many: Vec<_> = deployment()
            .into_iter()
            .cycle()
            .take(clusters)
            .enumerate()
            .map(|(nth, (mut entry, observation))| {
                entry.name = ClusterName::from(format!("{}-{nth}", entry.name));
                (entry, observation)
            })
            .collect();
        let mut state = console(many, (columns, rows));
        prop_assert_eq!(state.now, now());
        for action in actions {
            update(&mut state, Event::Act(action));
            let arrangement = state.arrangement();
            let shown: Vec<usize> = arrangement.places().map(|place| place.cluster).collect();
            prop_assert_eq!(shown.len(), clusters);
            let selected = state.grid.selected(&state.clusters, &shown).expect("one is selected");
            let place = arrangement.place_of(selected).expect("it has a place");
            let body = state.regions().body_size();
            let seen = state.grid.scroll..state.grid.scroll + body.lines;
            prop_assert!(seen.contains(&place.line), "{place:?} in {seen:?}");
        }
    }
}
