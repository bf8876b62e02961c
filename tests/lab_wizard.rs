//! The wizard of the real console on real hosts, by keys: a cluster is set up on bare guests, a cache on it, and two of
//! its steps are taken back and done again. Wants three guests of `db` that are in no cluster (`tests/lab/scenarios` sees
//! to that).

#[path = "common/guests.rs"]
mod guests;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "common/session.rs"]
mod session;

use std::time::Duration;

use guests::variable;
use rustix::process::Signal;
use session::Session;

/// How long a step, or all of them, may take on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// What a guest prints.
fn on(host: &str, command: &str) -> String {
    String::from_utf8(guests::on(host, command).stdout).expect("words")
}

/// A person at the console.
struct Person(Session);

impl Person {
    fn start() -> Self {
        let configuration = variable("QUORATE_CONFIG");
        let arguments = ["--config", configuration.as_str()];
        let console = Session::start(env!("CARGO_BIN_EXE_quorate"), &arguments, &[], (80, 24));
        // Once a cluster was seen, keys are read.
        console.shows("is stopped on every member");
        console.resize(120, 40);
        console.shows("r poll now");
        Self(console)
    }

    fn shows(&self, words: &str) -> &Self {
        self.0.shows(words);
        self
    }

    /// The same, of what a step on real hosts comes to.
    fn comes_to(&self, words: &str) {
        self.0.until(words, LONG, |seen| seen.parser.screen().contents().contains(words));
    }

    fn press(&mut self, keys: &str) -> &Self {
        self.0.press(keys);
        self
    }

    /// From the grid to the form of a scenario on `db`.
    fn chooses(&mut self, scenario: &str) {
        self.press("i").shows("what is installed where");
        self.press(&format!("/{scenario}\r")).shows(&format!("“{scenario}” "));
        // The test of it is listed too, below it.
        self.shows(&format!("/{scenario}.md "));
        self.press("\r").shows("▌lb ");
        self.press("\x1b[B").shows("▌db ");
        self.press("\r").shows("[ Go on ]");
        self.shows("db1 db2 db3");
    }

    /// From the run that is done to the grid.
    fn leaves(&mut self) {
        self.press("\x1b").shows("deployed on db");
        // The first gives back what the filter took.
        self.press("\x1b").shows("what is installed where");
        self.press("\x1b").shows("r poll now");
    }

    /// Fills the fields in, one after the other; an empty text leaves one as it is.
    fn fills_in(&mut self, fields: &[&str]) {
        for text in fields {
            self.press(&format!("{text}\r"));
        }
        self.press("\r").shows("Nothing is run yet");
    }

    /// Confirms what is asked: the first button leaves everything as it is.
    fn confirms(&mut self, button: &str) {
        self.shows(button);
        self.press("\x1b[C\r");
    }
}

#[test]
fn a_cluster_and_a_cache_are_set_up_by_keys_and_a_step_is_taken_back() {
    let mut person = Person::start();
    person.chooses("basic-cluster");
    person.fills_in(&["", "", "fence_lab", "pcmk_host_list=db1,db2,db3", "", ""]);
    assert_eq!(
        on("db1", "systemctl is-active pacemaker").trim(),
        "inactive",
        "nothing is run before it is confirmed"
    );
    person.press("a");
    person.confirms("[ Run all ]");
    person.comes_to("Done: every step is done");
    assert!(on("db3", "crm_mon -1").contains("Online: [ db1 db2 db3 ]"));
    person.leaves();
    // In the grid it is healthy.
    person.comes_to("DC db");

    person.chooses("memcached");
    person.fills_in(&["", "64"]);
    for step in 1..=2 {
        person.press("\r");
        if step == 1 {
            person.confirms("[ Run it ]");
        }
        person.comes_to(&format!("It waits for you before step {}", step + 1));
    }
    let configured = "grep -c '^# quorate: ' /etc/memcached.conf";
    assert_eq!(on("db2", configured).trim(), "1");
    person.press("u");
    person.confirms("[ Take it back ]");
    person.comes_to("It waits for you before step 2");
    assert_eq!(on("db2", configured).trim(), "0", "the file is as it was before");
    person.press("a");
    person.confirms("[ Run all ]");
    person.comes_to("Done: every step is done");
    assert_eq!(on("db2", configured).trim(), "1");
    assert_eq!(on("db1", "crm_resource --resource memcached-clone --locate | wc -l").trim(), "3");
    person.press("u");
    person.confirms("[ Take it back ]");
    person.comes_to("It waits for you before step 3");
    assert_eq!(on("db1", "crm_resource --list-raw | grep -c memcached").trim(), "0");
    person.press("a");
    person.confirms("[ Run all ]");
    person.comes_to("Done: every step is done");
    assert_eq!(on("db1", "crm_resource --resource memcached-clone --locate | wc -l").trim(), "3");
    person.leaves();
    person.0.signal(Signal::TERM);
    assert!(person.0.ends_tidily().0.success());
}
