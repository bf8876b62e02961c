//! Real scripts, run by real shells, on hosts that are folders of this machine.

mod killed;
mod lost;
mod proof;
mod site;

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use site::*;

use super::*;
use crate::scenario::journal::{Event, Part, Place, Record};
use crate::scenario::{Check, Gate, Grade, Order, Progress, Script, Secrecy, State, Step, Target};

/// Cuts bytes into pieces of these sizes, one after the other and over again.
pub(super) fn pieces<'a>(mut rest: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(rest.len().min(*sizes.next().expect("a size")));
        pieces.push(piece);
        rest = next;
    }
    pieces
}

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

#[tokio::test]
async fn a_secret_is_nowhere_but_on_the_host() {
    let site = Site::new();
    let mut plan = plan([step("printf %s \"$password\" >\"$HERE/got\"; echo \"it is $password.\"; exit 3")]);
    plan.values.insert("password".to_owned(), value("s3cret-Word", Secrecy::Secret));
    let (outcome, entries) = site.perform(&Arc::new(plan)).await;
    assert_eq!(site.file("a", "got"), "s3cret-Word");
    assert!(why(&outcome).contains("exit code 3"), "{outcome:?}");
    assert!(format!("{entries:?}").contains("it is ********."), "{entries:?}");
    for (path, bytes) in site.state() {
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret-Word"), "{}", path.display());
    }
}

#[rstest]
#[case::exit_255("exit 255", "255")]
#[case::a_command_that_fails_ends_it("false; echo late >\"$HERE/late\"", "exit code 1")]
#[case::an_unset_variable("echo \"$no_such_variable\"", "exit code 1")]
#[case::a_signal("kill -9 $$", "exit code 137")]
#[case::binary_output("head -c 3000 /dev/urandom; printf '\\e[2Jdone'; exit 4", "exit code 4")]
#[tokio::test]
async fn a_script_that_fails_says_where_and_how(#[case] text: &str, #[case] words: &str) {
    let site = Site::new();
    let plan = Arc::new(plan([step(text), step("echo x >\"$HERE/next\"")]));
    let (outcome, entries) = site.perform(&plan).await;
    let told = why(&outcome);
    assert!(told.contains("step 1") && told.contains("on b") && told.contains(words), "{told}");
    assert!(!told.contains(char::is_control) || told.contains('\n'), "{told:?}");
    assert!(site.file("a", "next").is_empty() && site.file("a", "late").is_empty());
    let said = entries.iter().filter_map(|entry| match &entry.event {
        Event::Ended { said, .. } => Some(said),
        _ => None,
    });
    assert!(said.flatten().all(|line| !line.contains(char::is_control)));
    assert!(!site.host("a").join("run/lock").exists(), "the lock was given back");
}

#[tokio::test]
async fn a_script_that_reads_finds_nothing_to_read() {
    let site = Site::new();
    let plan = Arc::new(plan([step("cat >\"$HERE/read\"; read -r line || echo end >\"$HERE/after\"")]));
    assert!(matches!(site.perform(&plan).await.0, Outcome::Done { .. }));
    assert_eq!((site.file("a", "read"), site.file("a", "after")), (String::new(), "end\n".to_owned()));
}

/// Works until it is killed, and doesn't mind SIGTERM.
const STUBBORN: &str =
    "trap '' TERM; echo $BASHPID >\"$HERE/pid\"; while [ -d \"$HERE\" ]; do sleep 0.1; done";

#[rstest]
#[case::in_the_background("(while [ -d \"$HERE\" ]; do sleep 0.1; done) & echo $! >\"$HERE/pid\"; wait".to_owned())]
#[case::in_the_foreground(format!("({STUBBORN})"))]
#[case::in_a_process_group_of_its_own(format!("export HERE; timeout 900 bash -c '{}'", STUBBORN.replace('\'', "'\\''")))]
#[case::as_a_job(format!("set -m; ({STUBBORN}) & wait"))]
#[case::with_its_record_gone(format!("rm \"$HERE\"/run/*/1/pid; ({STUBBORN}) & exec sleep 900"))]
#[tokio::test]
async fn a_script_that_never_ends_is_killed_with_all_that_it_started(#[case] text: String) {
    let site = Site::new();
    let endless = Script { timeout: Duration::from_secs(1), ..script(&text) };
    let plan = Arc::new(plan([Step { run: vec![endless], on: Target::First, ..step("") }]));
    let told = why(&site.perform(&plan).await.0);
    assert!(told.contains("did not end within 1s"), "{told}");
    let pid = site.file("a", "pid");
    assert!(!pid.trim().is_empty(), "it never began");
    // What was killed may be a zombie for a moment.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|fields| fields.chars().next());
    assert!(matches!(state, None | Some('Z' | 'X')), "what it started is still there: {stat}");
    assert!(!site.host("a").join("run/lock").exists(), "the lock was given back");
}

#[tokio::test]
async fn a_host_stays_locked_while_anything_works_that_could_not_be_killed() {
    let site = Site::new();
    // As if a kill had been begun and not come to its end.
    let text = "(while [ -d \"$HERE\" ] && [ ! -e \"$HERE/go\" ]; do sleep 0.1; done) >/dev/null 2>&1 & echo $! >\"$HERE/pid\"; : >\"$(echo \"$HERE\"/run/*/1)/killing\"";
    let plan = Arc::new(plan([Step { on: Target::First, ..step(text) }]));
    let (outcome, _) = site.perform(&plan).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(site.host("a").join("run/lock").exists() && !site.host("b").join("run/lock").exists());
    let (outcome, _) = site.perform_run(&plan, site.new_run(), Start { lock: Lock::Break, ..TO_END }).await;
    let told = why(&outcome);
    assert!(told.contains(&format!("as process {}", site.file("a", "pid").trim())), "{told}");
    std::fs::write(site.host("a").join("go"), "").unwrap();
}

#[tokio::test]
async fn nothing_is_run_where_a_host_is_not_reached() {
    let site = Site::new();
    site.hosts.dead.lock().unwrap().insert("b".into());
    let plan = Arc::new(plan([step("echo x >\"$HERE/one\"")]));
    let (outcome, entries) = site.perform(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Refused { why } if why == &["b can't be reached: no route to host."])
    );
    assert_eq!(sent(&entries, &Part::Run), 0);
}

#[tokio::test]
async fn a_broken_connection_does_not_stop_a_script_nor_run_it_twice() {
    let site = Site::new();
    site.hosts.cut.lock().unwrap().insert("b".into());
    let text = "echo once >>\"$HERE/count\"; echo CUT; for _ in 1 2 3 4 5; do echo more; sleep 0.2; done; echo end >>\"$HERE/count\"";
    let plan = Arc::new(plan([step(text), step("cp \"$HERE/count\" \"$HERE/seen\"")]));
    let (outcome, entries) = site.perform(&plan).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?} {entries:#?}");
    assert_eq!(site.file("b", "seen"), "once\nend\n");
    assert!(entries.iter().any(|it| matches!(it.event, Event::Settled { .. })));
}

#[tokio::test]
async fn a_check_is_tried_again_until_it_holds() {
    let site = Site::new();
    let third = "echo x >>\"$HERE/tries\"; [ \"$(wc -l <\"$HERE/tries\")\" -ge 3 ]";
    let retried = Check { retry: Duration::from_secs(30), ..check(third) };
    let plan = Arc::new(plan([Step { checks: vec![retried], ..step("true") }]));
    let (outcome, entries) = site.perform(&plan).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Check), site.file("b", "tries")), (9, "x\nx\nx\n".to_owned()));
}

#[tokio::test]
async fn a_check_that_never_holds_fails_the_step() {
    let site = Site::new();
    let plan = Arc::new(plan([Step { checks: vec![check("echo 'not there' >&2; false")], ..step("true") }]));
    let (outcome, entries) = site.perform(&plan).await;
    assert!(why(&outcome).contains("step 1 on a: the check at line 7 does not hold"), "{outcome:?}");
    let says = |event: &Event| matches!(event, Event::Ended { said, .. } if said == &["not there"]);
    assert!(entries.iter().any(|entry| says(&entry.event)), "{entries:?}");
}

#[tokio::test]
async fn a_second_run_does_nothing_that_is_done() {
    let site = Site::new();
    let unless = vec![script("[ -e \"$HERE/one\" ]")];
    let plan = Arc::new(plan([Step { unless, ..step("echo x >>\"$HERE/one\"") }]));
    assert_eq!(sent(&site.perform(&plan).await.1, &Part::Run), 3);
    let (outcome, entries) = site.perform(&plan).await;
    assert!(matches!(outcome, Outcome::Done { .. }));
    assert_eq!((sent(&entries, &Part::Run), site.file("c", "one")), (0, "x\n".to_owned()));
    let progress = Progress::replay(plan, &entries);
    let state = progress.state_at(1, &Place::Host("a".into()));
    assert_eq!(state, Some(State::Completed(Grade::Skipped)));
}

#[tokio::test]
async fn one_after_the_other_ends_with_the_first_that_fails() {
    let site = Site::new();
    let text = "echo x >\"$HERE/one\"; [ \"$node\" != b ]";
    let plan = Arc::new(plan([Step { order: Order::Serial, ..step(text) }]));
    let (outcome, _) = site.perform(&plan).await;
    assert!(why(&outcome).contains("on b"), "{outcome:?}");
    assert_eq!((site.file("b", "one"), site.file("c", "one")), ("x\n".to_owned(), String::new()));
}

#[tokio::test]
async fn a_host_in_the_hands_of_another_run_is_left_alone_and_who_has_it_is_told() {
    let site = Site::new();
    let slow = Arc::new(plan([step(
        "echo x >\"$HERE/begun\"; until [ -e \"$HERE/go\" ] || [ ! -d \"$HERE\" ]; do sleep 0.05; done",
    )]));
    let quick = Arc::new(plan([step("echo x >\"$HERE/second\"")]));
    let second = async {
        while site.file("a", "begun").is_empty() {
            tokio::task::yield_now().await;
        }
        let (outcome, _) = site.perform(&quick).await;
        for host in ["a", "b", "c"] {
            std::fs::write(site.host(host).join("go"), "").unwrap();
        }
        outcome
    };
    let ((first, _), second) = tokio::join!(site.perform(&slow), second);
    assert!(matches!(first, Outcome::Done { .. }), "{first:?}");
    let told = why(&second);
    assert!(told.contains("a: run") && told.contains("is at work there (test, by"), "{told}");
    assert!(site.file("a", "second").is_empty());
}

#[tokio::test]
async fn an_aborted_run_kills_what_is_under_way() {
    let site = Site::new();
    let endless = step("echo $$ >\"$HERE/pid\"; while [ -d \"$HERE\" ]; do sleep 0.1; done");
    let plan = Arc::new(plan([endless, step("echo x >\"$HERE/next\"")]));
    let outcome =
        site.perform_and(&plan, |event| matches!(event, Event::Sent { .. }), Instruction::Abort).await;
    assert_eq!(outcome, Outcome::Aborted);
    for host in ["a", "b", "c"] {
        assert!(site.file(host, "next").is_empty());
        // The abort may have come before the script.
        let pid = site.file(host, "pid");
        assert!(pid.is_empty() || !std::path::Path::new("/proc").join(pid.trim()).exists(), "{host}: {pid}");
    }
}

#[tokio::test]
async fn an_abort_does_not_wait_for_hosts_that_do_not_answer() {
    let site = Site::new();
    site.hosts.hung.lock().unwrap().insert("b".into());
    let plan = Arc::new(plan([step("echo x >\"$HERE/one\"")]));
    let aborting = site.perform_and(&plan, |event| matches!(event, Event::Begun(_)), Instruction::Abort);
    let outcome = tokio::time::timeout(Duration::from_secs(10), aborting).await.expect("it waits");
    assert_eq!((outcome, site.file("a", "one")), (Outcome::Aborted, String::new()));
}

#[tokio::test]
async fn an_abort_does_not_wait_for_what_has_to_hold_at_the_end() {
    let site = Site::new();
    let mut plan = plan([step("echo x >\"$HERE/one\"")]);
    // No cluster runs there: it is waited for for a minute.
    plan.scenario.gates.after = vec![Gate::Quorum];
    let is_last = |event: &Event| matches!(event, Event::Ended { serial: 3, .. });
    let plan = Arc::new(plan);
    let aborting = site.perform_and(&plan, is_last, Instruction::Abort);
    let outcome = tokio::time::timeout(Duration::from_secs(10), aborting).await.expect("it waits");
    assert_eq!((outcome, site.file("c", "one")), (Outcome::Aborted, "x\n".to_owned()));
    assert!(!site.host("a").join("run/lock").exists(), "the lock was given back");
}

#[tokio::test]
async fn what_failed_is_gone_on_with_where_it_failed() {
    let site = Site::new();
    let plan = Arc::new(plan([
        step("echo x >>\"$HERE/one\""),
        step("[ -e \"$HERE/repaired\" ]; echo x >>\"$HERE/two\""),
    ]));
    let run = site.new_run();
    let id = run.id().to_owned();
    assert!(matches!(site.perform_run(&plan, run, TO_END).await.0, Outcome::Failed { .. }));
    for host in ["a", "b", "c"] {
        std::fs::write(site.host(host).join("repaired"), "").unwrap();
    }
    let run = site.performer.runs().open(&id).unwrap();
    let (outcome, _) = site.perform_run(&plan, run, TO_END).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((site.file("a", "one"), site.file("a", "two")), ("x\n".to_owned(), "x\n".to_owned()));
}

#[tokio::test]
async fn what_a_dead_console_had_sent_is_waited_for_and_decided_by_its_check() {
    let site = Site::new();
    let text = "echo x >>\"$HERE/began\"; until [ -e \"$HERE/go\" ] || [ ! -d \"$HERE\" ]; do sleep 0.05; done; echo x >>\"$HERE/done\"";
    let on_a = Step { on: Target::First, ..step(text) };
    let plan = Arc::new(plan([Step { checks: vec![check("[ -e \"$HERE/done\" ]")], ..on_a }]));
    let run = site.new_run();
    let id = run.id().to_owned();
    tokio::select! {
        (outcome, _) = site.perform_run(&plan, run, TO_END) => panic!("{outcome:?}"),
        () = until(|| !site.file("a", "began").is_empty()) => {}
    }
    // What would write the exit code down dies with the console.
    let record = std::fs::read_to_string(site.host("a").join(format!("run/{id}/1/pid"))).unwrap();
    let keeper = rustix::process::Pid::from_raw(record.split(' ').next().unwrap().parse().unwrap()).unwrap();
    rustix::process::kill_process(keeper, rustix::process::Signal::KILL).unwrap();
    std::fs::write(site.host("a").join("go"), "").unwrap();
    let run = site.performer.runs().open(&id).unwrap();
    let (outcome, entries) = site.perform_run(&plan, run, TO_END).await;
    let Outcome::Done { notes } = &outcome else { panic!("{outcome:?} {entries:#?}") };
    assert_eq!((site.file("a", "began"), site.file("a", "done")), ("x\n".to_owned(), "x\n".to_owned()));
    assert!(notes.iter().any(|note| note.contains("what proves the step holds")), "{notes:?}");
    assert_eq!(sent(&entries, &Part::Run), 0);
}

#[tokio::test]
async fn a_host_that_dies_in_mid_step_leaves_it_unknown_and_runs_nothing_twice_by_itself() {
    let site = Site::new();
    let text = "echo x >>\"$HERE/began\"; echo CUT; while [ -d \"$HERE\" ]; do sleep 0.1; done";
    let plan = Arc::new(plan([Step { on: Target::First, ..step(text) }, step("echo x >\"$HERE/next\"")]));
    site.hosts.cut.lock().unwrap().insert("a".into());
    let run = site.new_run();
    let id = run.id().to_owned();
    let dying = async {
        until(|| !site.file("a", "began").is_empty()).await;
        let record = site.host("a").join(format!("run/{id}/1/pid"));
        until(|| record.exists()).await;
        let pid = std::fs::read_to_string(&record).unwrap();
        // The machine is gone with all that ran there, and comes back without its /run.
        let pid = pid.split_whitespace().next().unwrap().parse().unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).unwrap();
        lose_run(&site, "a");
    };
    let ((outcome, _), ()) = tokio::join!(site.perform_run(&plan, run, TO_END), dying);
    let told = why(&outcome);
    assert!(told.contains("step 1 on a: the script at line 7 may have run"), "{told}");
    let run = site.performer.runs().open(&id).unwrap();
    let (outcome, entries) = site.perform_run(&plan, run, TO_END).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
    let run = site.performer.runs().open(&id).unwrap();
    site.hosts.cut.lock().unwrap().clear();
    let again = Start { unknown: Unknown::RunAgain, ..TO_END };
    let sent_again = async {
        until(|| site.file("a", "began").len() > 2).await;
    };
    tokio::select! {
        (outcome, _) = site.perform_run(&plan, run, again) => panic!("{outcome:?}"),
        () = sent_again => {}
    }
}

#[tokio::test]
async fn two_hundred_hosts_are_served_within_the_bound() {
    let site = Site::new();
    let mut many = plan([Step { order: Order::Parallel(50), ..step("x") }, step("y")]);
    many.hosts = (1..=200).map(|number| format!("host{number}").into()).collect();
    let plan = Arc::new(many);
    let crowd = Arc::new(Crowd::default());
    let transport: Arc<dyn Transport> = crowd.clone();
    let runs = site.performer.runs().clone();
    let performer = Performer::new(transport, Arc::new(jiff::Timestamp::now), Access::default(), runs);
    let (sender, news) = mpsc::channel(64);
    let (_orders, instructions) = mpsc::channel(1);
    let performing = performer.perform(Arc::clone(&plan), site.new_run(), TO_END, instructions, sender);
    let (outcome, entries) = tokio::join!(performing, entries(news));
    assert_eq!(outcome, Outcome::Done { notes: Vec::new() });
    assert_eq!((sent(&entries, &Part::Run), crowd.most()), (400, 50));
}

/// Takes a host's `/run` away at once, as a restart does: the console never sees half of it.
fn lose_run(site: &Site, host: &str) {
    let away = tempfile::tempdir_in(site.host(host)).unwrap().keep();
    std::fs::rename(site.host(host).join("run"), away.join("run")).unwrap();
}

/// Waits until that holds.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
