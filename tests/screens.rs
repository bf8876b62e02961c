//! What the screens look like, at a fixed time, of real captures.

mod common;

use common::{console, deployment, look, screen};
use quorate::app::{Action, Event, update};
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
