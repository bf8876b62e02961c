//! The real console on real clusters: every fault of the lab appears on screen in the right words, and goes
//! again when it is healed. Wants the lab up and populated (`tests/lab/console` sees to that).

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "common/session.rs"]
mod session;

use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use session::Session;

/// How long a cluster may take to notice, fence and recover on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

fn lab(arguments: &[&str]) -> Output {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");
    let output = Command::new(program).args(arguments).output().expect("the lab can be run");
    assert!(output.status.success(), "lab {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The configuration that the lab has written.
fn configuration() -> String {
    let exports = String::from_utf8(lab(&["env"]).stdout).expect("words");
    let line = exports.lines().find(|line| line.contains("QUORATE_CONFIG=")).expect("lab env tells it");
    line.split('=').nth(1).expect("a value").trim_matches(['"', '\'']).to_owned()
}

/// The console on the lab.
struct Console(Session);

impl Console {
    fn start() -> Self {
        Self::start_with(&configuration())
    }

    fn start_with(configuration: &str) -> Self {
        let arguments = ["--config", configuration];
        let console = Self(Session::start(env!("CARGO_BIN_EXE_quorate"), &arguments, &[], (80, 24)));
        // Once a cluster is seen, keys are read.
        console.0.shows(" running");
        console.0.resize(160, 45);
        console
    }

    /// Opens a cluster.
    fn open(&mut self, cluster: &str) -> &Self {
        self.0.press(&format!(":open {cluster}\r"));
        self
    }

    /// Waits until one of the words is on screen.
    fn shows(&self, words: &[&str]) {
        self.0.until(&format!("{words:?}"), PATIENCE, |seen| {
            let screen = seen.parser.screen().contents();
            words.iter().any(|word| screen.contains(word))
        });
    }

    fn healthy(&mut self, cluster: &str) {
        self.open(cluster).shows(&["Nothing is wrong.", "fenced"]);
        self.0.until("no trouble", PATIENCE, |seen| {
            let screen = seen.parser.screen().contents();
            screen.contains("resources ─") && !screen.contains('✖') && !screen.contains('▲')
        });
    }
}

/// Faults that are in force at the same time, one a cluster, and what is to be read of each.
type Round<'a> = &'a [(&'a [&'a str], &'a str, &'a [&'a str])];

fn try_round(console: &mut Console, round: Round<'_>) {
    for (fault, ..) in round {
        lab(&[&["fault"], *fault].concat());
    }
    for (fault, cluster, words) in round {
        println!("{fault:?}: {words:?}");
        console.open(cluster).shows(words);
    }
    lab(&["heal", "all"]);
    for (_, cluster, _) in round {
        lab(&["wait", cluster, "180"]);
        forget_failures(cluster);
        console.healthy(cluster);
    }
}

/// What happened stays on record until somebody cleans it up; so does somebody.
fn forget_failures(cluster: &str) {
    let guest = format!("{cluster}1");
    lab(&["exec", &guest, "crm_resource", "--cleanup"]);
    lab(&["exec", &guest, "stonith_admin", "--cleanup", "--history", "*"]);
}

#[test]
fn every_fault_is_told_in_words_and_goes_again() {
    let mut console = Console::start();
    for cluster in ["lb", "db", "mq"] {
        forget_failures(cluster);
        console.healthy(cluster);
    }
    let rounds: &[Round<'_>] = &[
        &[
            (&["power", "lb3"], "lb", &["lb3 is unclean", "lb3 is offline since it was fenced"]),
            (&["cut", "db3"], "db", &["db3 is unclean", "db3 is offline since it was fenced"]),
            (&["freeze", "mq3"], "mq", &["mq3 is unclean", "mq3 is offline since it was fenced"]),
        ],
        &[
            (&["partition", "lb", "lb3"], "lb", &["lb3 is unclean", "lb3 is offline since it was fenced"]),
            (&["kill", "db2", "corosync"], "db", &["db2 is unclean", "db2 is offline since it was fenced"]),
        ],
        &[
            (&["kill", "lb2", "pacemakerd"], "lb", &["lb2 says that its cluster stack is stopped"]),
            (&["stack", "db3"], "db", &["db3 is offline: its cluster stack is stopped"]),
            (&["fail", "mq", "api"], "mq", &["api failed"]),
        ],
        &[
            (&["prefer", "lb", "site", "lb3"], "lb", &["cli-prefer-site ties site to lb3"]),
            (&["ban", "db", "vip-db", "db1"], "db", &["keeps vip-db off db1"]),
        ],
    ];
    for round in rounds {
        try_round(&mut console, round);
    }
    console.0.signal(Signal::TERM);
    assert!(console.0.ends_tidily().0.success());
}

#[test]
fn fencing_that_fails_and_a_lost_quorum() {
    let mut console = Console::start();
    lab(&["fault", "switch-hang", "mq"]);
    lab(&["fault", "cut", "mq3", "cluster"]);
    console.open("mq").shows(&["mq3 is unclean and waits for fencing"]);
    lab(&["fault", "switch-refuse", "mq"]);
    lab(&["heal", "switch-hang", "mq"]);
    lab(&["fault", "switch-refuse", "lb"]);
    lab(&["fault", "power", "lb2"]);
    lab(&["fault", "power", "lb3"]);
    console.open("mq").shows(&["fencing, which has failed", "could not be fenced", "fencing of mq3 failed"]);
    console.open("lb").shows(&["no quorum"]);
    lab(&["heal", "all"]);
    for cluster in ["mq", "lb"] {
        lab(&["wait", cluster, "180"]);
        forget_failures(cluster);
        console.healthy(cluster);
    }
}

/// What is logged in stays logged in, so these are seen by a console that is started after them.
#[test]
fn a_member_that_cannot_be_logged_in_to() {
    lab(&["fault", "kill", "mq2", "sshd"]);
    lab(&["fault", "host-key", "lb1"]);
    lab(&["fault", "unknown-host", "db2"]);
    let mut console = Console::start();
    console.open("mq").shows(&["mq2 can't be asked over ssh"]);
    console.open("lb").shows(&["lb1 can't be asked over ssh"]);
    console.open("db").shows(&["db2 can't be asked over ssh"]);
    lab(&["heal", "all"]);
    for cluster in ["mq", "lb", "db"] {
        console.healthy(cluster);
    }
}

#[test]
fn silence_and_a_stopped_stack_are_different() {
    let mut console = Console::start();
    for guest in ["lb1", "lb2", "lb3"] {
        lab(&["fault", "cut", guest, "management"]);
    }
    for guest in ["db3", "db2", "db1"] {
        lab(&["fault", "stack", guest]);
    }
    console.open("lb").shows(&["no answer for"]);
    console.open("db").shows(&["is stopped on"]);
    lab(&["heal", "all"]);
    // A ticket is granted in the cluster's memory: after all of it was stopped it has to be granted again.
    lab(&["populate", "db"]);
    for cluster in ["lb", "db"] {
        lab(&["wait", cluster, "180"]);
        forget_failures(cluster);
        console.healthy(cluster);
    }
}

/// To the one who may read the members' archives, at any time; to another (op, of the group haclient), if the console
/// saw it appear.
#[test]
fn a_leftover_constraint_tells_who_left_it_and_when() {
    let folder = tempfile::tempdir().expect("a folder");
    let of_op = folder.path().join("config.toml");
    let text = std::fs::read_to_string(configuration()).expect("the configuration");
    assert!(text.contains("user = \"root\""), "{text}");
    std::fs::write(&of_op, text.replace("user = \"root\"", "user = \"op\"")).expect("written");
    let mut watching = Console::start_with(of_op.to_str().expect("words"));
    watching.healthy("lb");
    lab(&["fault", "prefer", "lb", "site", "lb3"]);
    lab(&["wait", "lb", "60"]);
    for console in [&mut watching, &mut Console::start()] {
        console.0.press(":constraints\r");
        console.0.until("who and when", PATIENCE, |seen| {
            let screen = seen.parser.screen().contents();
            let mut lines = screen.lines().filter(|line| line.contains("site prefers lb3"));
            lines
                .any(|line| line.contains(" s ago, for ever") && line.contains("root via crm_resource on lb"))
        });
    }
    lab(&["heal", "prefer", "lb", "site"]);
    watching.healthy("lb");
}

fn status(arguments: &[&str]) -> (Option<i32>, Value) {
    let configuration = configuration();
    let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["--config", &configuration, "status", "--format", "json"])
        .args(arguments)
        .output()
        .expect("it can be run");
    (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn status_tells_the_same_without_a_screen() {
    let (_, told) = status(&[]);
    let clusters = told["clusters"].as_array().expect("a list");
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| cluster["name"].as_str()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for cluster in clusters {
        assert_eq!(cluster["nodes"].as_array().map(|nodes| nodes.len() >= 3), Some(true));
        assert_eq!(cluster["resources"].as_array().map(Vec::is_empty), Some(false));
    }
}
