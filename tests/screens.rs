//! What the screens look like, at a fixed time, of real captures.

mod common;

use common::{capture, console, deployment, look, lost, now, screen};
use jiff::SignedDuration;
use quorate::app::{Action, Event, Selection, State, update};
use rstest::rstest;

#[rstest]
#[case(20, 5)]
#[case(40, 10)]
#[case(80, 24)]
#[case(120, 40)]
#[case(160, 45)]
#[case(300, 100)]
fn the_grid(#[case] columns: u16, #[case] rows: u16) {
    let state = console(deployment(), (columns, rows));
    insta::assert_snapshot!(format!("grid-{columns}x{rows}"), screen(&state, &look()));
}

#[rstest]
#[case(80, 24)]
#[case(160, 45)]
fn inside_a_cluster(#[case] columns: u16, #[case] rows: u16) {
    let mut state = console(deployment(), (columns, rows));
    update(&mut state, Event::Act(Action::Open));
    insta::assert_snapshot!(format!("cluster-{columns}x{rows}"), screen(&state, &look()));
}

/// The screens of a cluster and the cards that lie over them, each by its name and how it is got to.
#[rstest]
#[case("matrix", "db", &[Action::PaneMatrix])]
#[case("constraints", "lb", &[Action::PaneConstraints, Action::ToggleSort])]
#[case("failures", "keystone", &[Action::PaneFailures])]
#[case("fencing", "db", &[Action::PaneFencing])]
#[case("attributes", "db", &[Action::PaneAttributes])]
#[case("tickets", "db", &[Action::PaneTickets])]
#[case("details-finding", "db", &[Action::Open])]
#[case("details-resource", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Down, Action::Open])]
#[case("details-node", "db", &[Action::NextPane, Action::Down, Action::Open])]
#[case("details-constraint", "lb", &[Action::PaneConstraints, Action::ToggleSort, Action::Open])]
#[case("why-node", "db", &[Action::NextPane, Action::Down, Action::Why])]
#[case("why-resource", "lb", &[Action::PaneMatrix, Action::Down, Action::Down, Action::Down, Action::Down, Action::Why])]
#[case("why-failure", "keystone", &[Action::PaneFailures, Action::Why])]
#[case("lost", "horizon", &[Action::PaneMatrix])]
fn panes_and_cards(
    #[case] name: &str,
    #[case] cluster: &str,
    #[case] actions: &[Action],
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let mut state = console(deployment(), size);
    open(&mut state, cluster);
    for action in actions {
        update(&mut state, Event::Act(*action));
    }
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

#[rstest]
#[case("all-findings", Action::Findings)]
#[case("all-nodes", Action::Nodes)]
#[case("all-resources", Action::Resources)]
#[case("all-constraints", Action::Constraints)]
#[case("all-failures", Action::Failures)]
fn tables_over_all_clusters(
    #[case] name: &str,
    #[case] action: Action,
    #[values((80, 24), (160, 45))] size: (u16, u16),
) {
    let mut state = console(deployment(), size);
    update(&mut state, Event::Act(action));
    insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen(&state, &look()));
}

fn open(state: &mut State, cluster: &str) {
    state.grid.selection = Selection::Chosen(cluster.into());
    update(state, Event::Act(Action::Open));
}

/// Where everything waits for one cluster, that one stands first, and the others say what they wait for.
#[rstest]
#[case(80, 24)]
#[case(160, 45)]
fn the_root_of_it_comes_first(#[case] columns: u16, #[case] rows: u16) {
    let mut state = console(deployment(), (columns, rows));
    update(&mut state, Event::Observed("mq".into(), lost(capture("healthy"), "mq1")));
    update(&mut state, Event::Act(Action::ToggleSort));
    update(&mut state, Event::Tick(now() + SignedDuration::from_secs(6)));
    insta::assert_snapshot!(format!("root-{columns}x{rows}"), screen(&state, &look()));
}
