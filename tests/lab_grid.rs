//! What the grid of the real console says of a cluster that loses a member. `tests/lab/deploy` starts this for each
//! member that it powers off, and says by which words and files.

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "common/session.rs"]
mod session;

use std::time::Duration;
use std::{env, fs};

use rustix::process::Signal;
use session::Session;

/// How long a cluster may take to notice, fence and recover on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

fn told(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: tests/lab/deploy starts this"))
}

#[test]
fn a_lost_member_is_told_in_the_grid_and_is_back() {
    let (cluster, member) = (told("GRID_CLUSTER"), told("GRID_MEMBER"));
    let configuration = told("QUORATE_CONFIG");
    let arguments = ["--config", configuration.as_str()];
    let mut console = Session::start(env!("CARGO_BIN_EXE_quorate"), &arguments, &[], (80, 24));
    console.shows(" running");
    console.resize(160, 45);
    // The worst stands in the grid; the findings below are those of the cluster that is selected.
    console.press(&format!("/{cluster}\r"));
    fs::write(told("GRID_READY"), "").expect("it can be written");
    let lost = [format!("{member} is unclean"), format!("{member} is offline since it was fenced")];
    console.until(&format!("{lost:?}"), PATIENCE, |seen| {
        let screen = seen.parser.screen().contents();
        lost.iter().any(|words| screen.contains(words))
    });
    fs::write(told("GRID_SEEN"), "").expect("it can be written");
    console.until("that it is back", PATIENCE, |seen| {
        let screen = seen.parser.screen().contents();
        // Of several that were fenced it is told in one line.
        screen.contains("fenced") && !lost.iter().any(|words| screen.contains(words))
    });
    console.signal(Signal::TERM);
    assert!(console.ends_tidily().0.success());
}
