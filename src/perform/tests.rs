//! Real scripts, run by real shells, on hosts that are folders of this machine.

mod site;

use std::sync::Arc;
use std::time::{Duration, Instant};

use site::*;

use super::*;
use crate::scenario::journal::{End, Event, Part, Place, Record};
use crate::scenario::{Grade, Order, Progress, Secrecy, State, Step, Target};

#[tokio::test]
async fn a_plan_is_carried_out_on_every_host_and_stands_in_the_journal() {
    let site = Site::new();
    let mut plan = plan([
        step("echo \"$GREETING $(basename \"$HERE\")\" >\"$HERE/one\""),
        Step { on: Target::First, ..step("cat \"$HERE/one\"; echo x >\"$HERE/two\"") },
    ]);
    plan.values.insert("GREETING".to_owned(), value("it's\n\"me\"", Secrecy::Open));
    let plan = Arc::new(plan);
    let (outcome, entries) = site.perform(&plan).await;
    assert_eq!(outcome, Outcome::Done { notes: Vec::new() }, "{entries:#?}");
    for host in ["a", "b", "c"] {
        assert_eq!(site.file(host, "one"), format!("it's\n\"me\" {host}\n"));
        assert!(!site.host(host).join("run/lock").exists(), "the lock was given back");
    }
    assert_eq!((site.file("a", "two"), site.file("b", "two")), ("x\n".to_owned(), String::new()));
    let journal = site.state().into_iter().find(|(path, _)| path.ends_with("journal.jsonl")).unwrap();
    let record = Record::parse(&journal.1);
    assert_eq!((record.entries, record.unreadable), (entries.clone(), 0));
    let progress = Progress::replay(Arc::clone(&plan), &entries);
    let state = progress.state_at(1, &Place::Host("c".into()));
    assert_eq!(state, Some(State::Completed(Grade::Success)));
    let output = site.state().into_iter().find(|(path, _)| path.ends_with("02-a.log")).unwrap();
    assert!(String::from_utf8(output.1).unwrap().ends_with("it's\n\"me\" a\n"));
}
