//! Scripts that outlive their console or their connection, and hosts that change hands meanwhile.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::model::HostName;
use crate::scenario::journal::{End, Fate};

/// Works until there is a file `go`; what it does can't be told from its end alone.
fn slow() -> Step {
    let text = "echo x >>\"$HERE/began\"; until [ -e \"$HERE/go\" ] || [ ! -d \"$HERE\" ]; do sleep 0.05; done; echo x >>\"$HERE/done\"";
    let unless = vec![script("[ -e \"$HERE/done\" ]")];
    Step { on: Target::First, unless, ..step(text) }
}

fn go(site: &Site, host: &str) {
    fs::write(site.host(host).join("go"), "").unwrap();
}

/// The console dies as soon as the script works on `a`.
async fn left(site: &Site, plan: &Arc<Plan>) -> String {
    let run = site.new_run();
    let id = run.id().to_owned();
    tokio::select! {
        (outcome, _) = site.perform_run(plan, run, TO_END) => panic!("{outcome:?}"),
        () = until(|| !site.file("a", "began").is_empty()) => {}
    }
    id
}

async fn resume(site: &Site, plan: &Arc<Plan>, id: &str) -> (Outcome, Vec<Entry>) {
    site.perform_run(plan, site.performer.runs().open(id).unwrap(), TO_END).await
}

/// Resumes, and lets the script end once it is being looked for.
async fn resume_and_go(site: &Site, plan: &Arc<Plan>, id: &str) -> (Outcome, Vec<Entry>) {
    let (sender, mut news) = mpsc::channel(64);
    let (orders, instructions) = mpsc::channel(1);
    drop(orders);
    let run = site.performer.runs().open(id).unwrap();
    let performing = site.performer.perform(Arc::clone(plan), run, TO_END, instructions, sender);
    let watching = async {
        let mut all = Vec::new();
        while let Some(news) = news.recv().await {
            let News::Entry(entry) = news else { continue };
            if matches!(&entry.event, Event::Gates { broken, .. } if broken.is_empty()) {
                go(site, "a");
            }
            all.push(entry);
        }
        all
    };
    tokio::join!(performing, watching)
}

#[tokio::test]
async fn a_resume_that_fails_at_another_runs_lock_forgets_no_script_that_works() {
    let site = Site::new();
    let plan = Arc::new(plan([slow()]));
    let id = left(&site, &plan).await;
    let lock = site.host("b").join("run/lock");
    fs::write(&lock, "20250101-000000-dead galera, by ann@elsewhere, since 2025\n").unwrap();
    let (outcome, _) = resume(&site, &plan, &id).await;
    assert!(why(&outcome).contains("b: run 20250101-000000-dead"), "{outcome:?}");
    assert!(site.host("a").join("run/lock").exists(), "a is still locked, as a script works there");
    fs::remove_file(lock).unwrap();
    let (outcome, entries) = resume_and_go(&site, &plan, &id).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
    assert!(!site.host("a").join("run/lock").exists(), "the lock was given back");
}

#[tokio::test]
async fn what_became_of_a_script_is_remembered_until_the_journal_knows() {
    let site = Site::new();
    let plan = Arc::new(plan([Step { unless: Vec::new(), ..slow() }]));
    let id = left(&site, &plan).await;
    fs::write(site.host("b").join("run/lock"), "20250101-000000-dead galera, by ann@elsewhere\n").unwrap();
    go(&site, "a");
    until(|| !site.file("a", "done").is_empty()).await;
    // The loader has died with the console, but not what waits for the script.
    until(|| site.host("a").join(format!("run/{id}/1/exit")).exists()).await;
    assert!(matches!(resume(&site, &plan, &id).await.0, Outcome::Failed { .. }));
    fs::remove_file(site.host("b").join("run/lock")).unwrap();
    let (outcome, entries) = resume(&site, &plan, &id).await;
    assert_eq!(outcome, Outcome::Done { notes: Vec::new() }, "{entries:#?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
}

/// Carries a plan out whose script loses its connection on `a`, and aborts it then. `also` sees every event.
async fn cut_and_abort(site: &Site, plan: &Arc<Plan>, also: impl Fn(&Event)) -> (Outcome, String) {
    site.hosts.cut.lock().unwrap().insert("a".into());
    let (sender, mut news) = mpsc::channel(64);
    let (orders, instructions) = mpsc::channel(1);
    let run = site.new_run();
    let id = run.id().to_owned();
    let performing = site.performer.perform(Arc::clone(plan), run, TO_END, instructions, sender);
    let watching = async {
        while let Some(news) = news.recv().await {
            let News::Entry(entry) = news else { continue };
            also(&entry.event);
            if matches!(&entry.event, Event::Ended { end: End::Lost { .. }, .. }) {
                orders.send(Instruction::Abort).await.unwrap();
            }
        }
    };
    (tokio::join!(performing, watching).0, id)
}

fn endless() -> Step {
    let text = "echo $$ >\"$HERE/pid\"; echo x >>\"$HERE/began\"; echo CUT; until [ -e \"$HERE/go\" ] || [ ! -d \"$HERE\" ]; do sleep 0.05; done";
    Step { on: Target::First, ..step(text) }
}

fn is_alive(site: &Site) -> bool {
    std::path::Path::new("/proc").join(site.file("a", "pid").trim()).join("fd").read_dir().is_ok()
}

#[tokio::test]
async fn an_abort_kills_a_script_that_is_being_looked_for_and_gives_its_host_back() {
    let site = Site::new();
    let plan = Arc::new(plan([endless()]));
    let (outcome, _) = cut_and_abort(&site, &plan, |_| {}).await;
    assert_eq!(outcome, Outcome::Aborted);
    assert!(!is_alive(&site), "the script still works");
    assert!(!site.host("a").join("run/lock").exists(), "the lock was given back");
}

#[tokio::test]
async fn a_host_that_can_not_be_asked_and_comes_back_is_not_sent_the_script_again() {
    let site = Site::new();
    let plan = Arc::new(plan([endless()]));
    let also = |event: &Event| match event {
        Event::Ended { end: End::Lost { .. }, .. } => {
            site.hosts.dead.lock().unwrap().insert("a".into());
        }
        Event::Settled { fate: Fate::Unreachable { .. }, .. } => site.hosts.dead.lock().unwrap().clear(),
        _ => {}
    };
    let (outcome, id) = cut_and_abort(&site, &plan, also).await;
    assert_eq!(outcome, Outcome::Aborted);
    assert!(is_alive(&site) && site.host("a").join("run/lock").exists(), "it works, and a is locked");
    site.hosts.cut.lock().unwrap().clear();
    let again = Start { unknown: Unknown::RunAgain, ..TO_END };
    let run = site.performer.runs().open(&id).unwrap();
    let ending = async {
        until(|| site.host("a").join(format!("run/{id}/1/pid")).exists()).await;
        go(&site, "a");
    };
    let ((outcome, entries), ()) = tokio::join!(site.perform_run(&plan, run, again), ending);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
}

#[tokio::test]
async fn a_lock_is_not_broken_while_a_script_works() {
    let site = Site::new();
    let first = Arc::new(plan([slow()]));
    let id = left(&site, &first).await;
    let second = Arc::new(plan([step("echo x >\"$HERE/second\"")]));
    let breaking = Start { lock: Lock::Break, ..TO_END };
    let (outcome, _) = site.perform_run(&second, site.new_run(), breaking).await;
    assert!(why(&outcome).contains(&format!("a: a script of run {id} still works there")), "{outcome:?}");
    assert!(site.file("a", "second").is_empty());
    go(&site, "a");
    until(|| !site.file("a", "done").is_empty()).await;
    let ended = async {
        while !matches!(site.perform_run(&second, site.new_run(), breaking).await.0, Outcome::Done { .. }) {}
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the script has ended");
    assert_eq!(site.file("a", "second"), "x\n");
}

#[tokio::test]
async fn nothing_begins_on_a_host_that_another_run_has_taken() {
    let site = Site::new();
    let plan = Arc::new(plan([Step { unless: Vec::new(), ..slow() }, step("echo x >\"$HERE/two\"")]));
    let lock = site.host("b").join("run/lock");
    let taken = "20250101-000000-beef galera, by ann@elsewhere, since 2025\n";
    let taking = async {
        until(|| !site.file("a", "began").is_empty()).await;
        fs::write(&lock, taken).unwrap();
        go(&site, "a");
    };
    let ((outcome, entries), ()) = tokio::join!(site.perform(&plan), taking);
    assert!(why(&outcome).contains("step 2 on b"), "{outcome:?}");
    assert!(format!("{entries:?}").contains("does not hold the lock of this host any more"), "{entries:?}");
    assert_eq!((site.file("a", "two"), site.file("b", "two")), ("x\n".to_owned(), String::new()));
    assert_eq!(fs::read_to_string(&lock).unwrap(), taken, "the other run's lock is still there");
}

/// Carries out a plan whose first step works on `a` until `meanwhile` has happened.
async fn perform_while(site: &Site, second: Step, meanwhile: impl Fn()) -> (Outcome, Vec<Entry>) {
    let plan = Arc::new(plan([Step { unless: Vec::new(), ..slow() }, second]));
    let happening = async {
        until(|| !site.file("a", "began").is_empty()).await;
        meanwhile();
        go(site, "a");
    };
    tokio::join!(site.perform(&plan), happening).0
}

fn take_lock(site: &Site, host: &str) {
    fs::write(site.host(host).join("run/lock"), "20250101-000000-beef galera, by ann@elsewhere\n").unwrap();
}

#[rstest]
#[case(77)]
#[case(125)]
#[tokio::test]
async fn a_scripts_own_exit_code_is_never_the_hosts(#[case] code: i32) {
    let site = Site::new();
    let exits = Script { exit_code: code, ..script(&format!("echo x >>\"$HERE/one\"; exit {code}")) };
    let plan = Arc::new(plan([Step { run: vec![exits], ..step("") }]));
    let (outcome, entries) = site.perform(&plan).await;
    assert_eq!((outcome, site.file("a", "one")), (Outcome::Done { notes: Vec::new() }, "x\n".to_owned()));
    assert!(!format!("{entries:?}").contains("the script begins"), "{entries:?}");
}

#[tokio::test]
async fn a_script_that_the_host_refuses_did_not_do_its_work_whatever_it_would_exit_with() {
    let site = Site::new();
    let exits = Script { exit_code: 125, ..script("echo x >>\"$HERE/two\"; exit 125") };
    let (outcome, _) =
        perform_while(&site, Step { run: vec![exits], ..step("") }, || take_lock(&site, "b")).await;
    assert!(why(&outcome).contains("step 2 on b: b: quorate: this run does not hold"), "{outcome:?}");
}

#[tokio::test]
async fn a_condition_that_the_host_refuses_lets_nothing_run() {
    let site = Site::new();
    let second = Step { unless: vec![script("false")], ..step("echo x >>\"$HERE/two\"") };
    let (outcome, entries) = perform_while(&site, second, || take_lock(&site, "b")).await;
    assert!(why(&outcome).contains("step 2 on b"), "{outcome:?}");
    let is_run = |event: &Event| matches!(event, Event::Sent { job, .. } if job.step == 2 && job.part == Part::Run && job.place == Place::Host("b".into()));
    assert!(!entries.iter().any(|entry| is_run(&entry.event)), "{entries:#?}");
}

#[tokio::test]
async fn a_condition_that_sudo_refuses_lets_nothing_run() {
    let site = Site::new();
    let second = Step { unless: vec![script("false")], ..step("echo x >>\"$HERE/two\"") };
    let refuse = || _ = site.hosts.wants_password.lock().unwrap().insert("b".into());
    let (outcome, _) = perform_while(&site, second, refuse).await;
    assert!(why(&outcome).contains("step 2 on b: b: sudo: a password is required"), "{outcome:?}");
    assert_eq!((site.file("a", "two"), site.file("b", "two")), ("x\n".to_owned(), String::new()));
}

fn restart(site: &Site, host: &str) {
    lose_run(site, host);
    fs::write(site.host(host).join("boot"), "second\n").unwrap();
}

#[tokio::test]
async fn a_host_that_was_restarted_between_two_scripts_is_locked_again() {
    let site = Site::new();
    let (outcome, _) = perform_while(&site, step("echo x >>\"$HERE/two\""), || restart(&site, "b")).await;
    assert_eq!(outcome, Outcome::Done { notes: Vec::new() });
    assert_eq!((site.file("b", "two"), site.host("b").join("run/lock").exists()), ("x\n".to_owned(), false));
}

#[tokio::test]
async fn a_script_that_restarts_its_host_is_not_sent_again_for_its_exit_code() {
    let site = Site::new();
    let text = "echo x >>\"$HERE/one\"; rm -r \"$HERE/run\"; echo second >\"$HERE/boot\"; exit 77";
    let (outcome, _) = site.perform(&Arc::new(plan([step(text)]))).await;
    assert!(why(&outcome).contains("exit code 77"), "{outcome:?}");
    assert_eq!(site.file("a", "one"), "x\n");
}

#[tokio::test]
async fn one_host_under_two_names_runs_nothing() {
    let site = Site::new();
    let mut plan = plan([step("echo x >>\"$HERE/one\"")]);
    plan.hosts = ["a", "b", "alias"].map(HostName::from).to_vec();
    let (outcome, entries) = site.perform(&Arc::new(plan)).await;
    assert!(why(&outcome).contains("are the same host"), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "one")), (0, String::new()));
    assert!(!site.host("a").join("run/lock").exists() && !site.host("b").join("run/lock").exists());
}

#[tokio::test]
async fn a_lock_that_is_no_lock_is_neither_followed_nor_shown() {
    let site = Site::new();
    let plan = Arc::new(plan([step("echo x >\"$HERE/one\"")]));
    let home = site.host("a").join("run");
    fs::create_dir_all(&home).unwrap();
    let secret = site.folder.path().join("shadow");
    fs::write(&secret, "root:$6$hash:19000:0:99999:7:::\n").unwrap();
    symlink(&secret, home.join("lock")).unwrap();
    let (outcome, entries) = site.perform(&plan).await;
    let told = format!("{outcome:?} {entries:?}");
    assert!(told.contains("is not the lock of a run") && !told.contains("hash"), "{told}");
    fs::remove_file(home.join("lock")).unwrap();
    fs::hard_link(&secret, home.join("lock")).unwrap();
    let (outcome, entries) = site.perform(&plan).await;
    let told = format!("{outcome:?} {entries:?}");
    assert!(told.contains("is not the lock of a run") && !told.contains("hash"), "{told}");
    assert!(site.file("b", "one").is_empty(), "nothing was run");
    assert!(fs::read_to_string(&secret).unwrap().contains("hash"), "what is not ours is left alone");
}

#[rstest]
#[case::a_full_disk("")]
#[case::a_torn_write("12x")]
#[tokio::test]
async fn a_host_that_forgot_a_script_is_not_sent_it_again(#[case] since: &str) {
    let site = Site::new();
    let plan = Arc::new(plan([Step { unless: Vec::new(), ..slow() }]));
    let id = left(&site, &plan).await;
    go(&site, "a");
    until(|| !site.file("a", "done").is_empty()).await;
    // The host restarts without its /run, and a lock is taken there that can't be written down whole.
    lose_run(&site, "a");
    let home = site.host("a").join("run");
    fs::create_dir_all(home.join(&id)).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(home.join(&id).join("since"), since).unwrap();
    let (outcome, entries) = resume(&site, &plan, &id).await;
    assert!(why(&outcome).contains("the script at line 7 may have run"), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
}

#[rstest]
#[case(0o777)]
#[case(0o1777)]
#[case(0o770)]
#[tokio::test]
async fn a_folder_that_others_may_write_to_is_not_used(#[case] mode: u32) {
    let site = Site::new();
    let plan = Arc::new(plan([step("echo x >\"$HERE/one\"")]));
    let home = site.host("a").join("run");
    fs::create_dir_all(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(mode)).unwrap();
    let (outcome, _) = site.perform(&plan).await;
    assert!(why(&outcome).contains("other users may write to"), "{outcome:?}");
    assert!(site.file("a", "one").is_empty() && site.file("b", "one").is_empty());
    assert!(fs::read_dir(&home).unwrap().next().is_none(), "nothing was put there");
}

#[tokio::test]
async fn a_lock_whose_answer_was_lost_is_released() {
    let site = Site::new();
    site.hosts.breaks_at_lock.lock().unwrap().insert("b".into());
    let (outcome, _) = site.perform(&Arc::new(plan([step("echo x >\"$HERE/one\"")]))).await;
    assert!(why(&outcome).contains("The connection to b broke"), "{outcome:?}");
    for host in ["a", "b", "c"] {
        assert!(!site.host(host).join("run/lock").exists(), "{host} is still locked");
    }
}

#[tokio::test]
async fn a_resumed_run_that_is_aborted_before_its_gates_releases_its_hosts() {
    let site = Site::new();
    let plan = Arc::new(plan([slow()]));
    let id = left(&site, &plan).await;
    let (sender, mut news) = mpsc::channel(64);
    let (orders, instructions) = mpsc::channel(1);
    let run = site.performer.runs().open(&id).unwrap();
    let performing = site.performer.perform(Arc::clone(&plan), run, TO_END, instructions, sender);
    let watching = async {
        while let Some(news) = news.recv().await {
            if matches!(news, News::Entry(entry) if matches!(entry.event, Event::Resumed { .. })) {
                orders.send(Instruction::Abort).await.unwrap();
            }
        }
    };
    assert_eq!(tokio::join!(performing, watching).0, Outcome::Aborted);
    for host in ["a", "b", "c"] {
        assert!(!site.host(host).join("run/lock").exists(), "{host} is still locked");
    }
}

#[tokio::test]
async fn a_journal_whose_first_line_is_torn_runs_nothing() {
    let site = Site::new();
    let plan = Arc::new(plan([slow()]));
    let id = left(&site, &plan).await;
    let (path, journal) = site.state().into_iter().find(|(path, _)| path.ends_with("journal.jsonl")).unwrap();
    fs::write(&path, [b"torn".as_slice(), &journal].concat()).unwrap();
    let resuming = resume(&site, &plan, &id);
    let (outcome, entries) = tokio::time::timeout(Duration::from_secs(20), resuming).await.expect("it hangs");
    assert!(matches!(&outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert!(why(&outcome).contains("the start of this run's journal can't be read"), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
    go(&site, "a");
}

/// As when the console's machine is set back to a snapshot.
#[tokio::test]
async fn a_journal_that_ends_too_early_runs_nothing() {
    let site = Site::new();
    let plan = Arc::new(plan([Step { unless: Vec::new(), ..slow() }]));
    let id = left(&site, &plan).await;
    let (path, journal) = site.state().into_iter().find(|(path, _)| path.ends_with("journal.jsonl")).unwrap();
    let text = String::from_utf8(journal).unwrap();
    let early: String = text.split_inclusive('\n').filter(|line| !line.contains("\"sent\"")).collect();
    assert!(early.len() < text.len());
    fs::write(&path, early).unwrap();
    let (outcome, entries) = resume(&site, &plan, &id).await;
    assert!(why(&outcome).contains("a: script 1 of this run was sent there"), "{outcome:?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "began")), (0, "x\n".to_owned()));
    assert!(site.host("a").join("run/lock").exists() && !site.host("b").join("run/lock").exists());
    go(&site, "a");
}

/// It may be looked for until the run has long ended.
#[tokio::test]
async fn a_skipped_script_that_can_not_be_found_keeps_no_other_host_locked() {
    let site = Site::new();
    site.hosts.cut.lock().unwrap().insert("a".into());
    let plan = Arc::new(plan([endless(), Step { on: Target::Rest, ..step("echo x >\"$HERE/two\"") }]));
    let (sender, mut news) = mpsc::channel(64);
    let (orders, instructions) = mpsc::channel(1);
    let performing = site.performer.perform(Arc::clone(&plan), site.new_run(), TO_END, instructions, sender);
    let watching = async {
        while let Some(news) = news.recv().await {
            let News::Entry(entry) = news else { continue };
            if matches!(&entry.event, Event::Ended { end: End::Lost { .. }, .. }) {
                site.hosts.dead.lock().unwrap().insert("a".into());
                orders.send(Instruction::Skip).await.unwrap();
            }
        }
    };
    let (outcome, ()) = tokio::join!(performing, watching);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((site.file("a", "two"), site.file("b", "two")), (String::new(), "x\n".to_owned()));
    for (host, is_locked) in [("a", true), ("b", false), ("c", false)] {
        assert_eq!(site.host(host).join("run/lock").exists(), is_locked, "{host}");
    }
    go(&site, "a");
}

#[tokio::test]
async fn a_check_that_hangs_after_its_connection_is_lost_is_killed_at_the_end() {
    let site = Site::new();
    site.hosts.cut.lock().unwrap().insert("a".into());
    let text = "[ ! -e \"$HERE/pid\" ] || exit 0; echo $$ >\"$HERE/pid\"; echo CUT; while [ -d \"$HERE\" ]; do sleep 0.1; done";
    let checks = vec![Check { retry: Duration::from_secs(60), ..check(text) }];
    let plan = Arc::new(plan([Step { on: Target::First, checks, ..step("true") }]));
    let (outcome, _) = site.perform(&plan).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(!is_alive(&site), "the check still works");
    assert!(!site.host("a").join("run/lock").exists(), "a is still locked");
}
