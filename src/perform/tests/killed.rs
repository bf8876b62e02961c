//! Shells that are killed from outside while a script works: by the OOM killer, an administrator or sudo's time limit.

use std::fs;

use super::*;

const WORK: &str = "echo x >>\"$HERE/began\"; while [ -d \"$HERE\" ] && [ ! -e \"$HERE/go\" ]; do sleep 0.05; done; echo x >>\"$HERE/done\"";

/// A step on `a` that works until there is a file `go`, in a child that the death of its shell doesn't reach.
fn in_a_child() -> Step {
    Step { on: Target::First, ..step(&format!("echo $$ >\"$HERE/shell\"; ({WORK}); true")) }
}

/// The parent and the session of a process.
fn parent_and_session(pid: i32) -> (i32, i32) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[1].parse().unwrap(), fields[3].parse().unwrap())
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The shell of the script that works on `a`.
fn shell(site: &Site) -> i32 {
    site.file("a", "shell").trim().parse().unwrap()
}

fn session(site: &Site) -> i32 {
    parent_and_session(shell(site)).1
}

/// Kills the loader with what takes the script's output, so that the connection ends, as with sudo.
fn kill_loader(site: &Site) {
    let (shell, session) = (shell(site), session(site));
    let mut loader = shell;
    while parent_and_session(loader).1 == session {
        loader = parent_and_session(loader).0;
    }
    let children = fs::read_to_string(format!("/proc/{loader}/task/{loader}/children")).unwrap();
    // Nothing is left that could go on by itself while the others are killed.
    for child in children.split_whitespace().map(|pid| pid.parse().unwrap()) {
        if parent_and_session(child).1 != session {
            kill(child);
        }
    }
    kill(loader);
}

fn kill_shell(site: &Site) {
    kill(shell(site));
}

/// Kills everything but the child.
fn kill_all_shells(site: &Site) {
    let (shell, session) = (shell(site), session(site));
    kill_loader(site);
    kill(session);
    if shell != session {
        kill(shell);
    }
}

/// Whether the news says that the script has ended, or that it lives on in part.
fn tells_of_the_death(news: &News) -> bool {
    match news {
        News::Entry(entry) => matches!(entry.event, Event::Ended { .. }),
        News::Output { lines, .. } => lines.iter().any(|line| line.contains("still runs")),
    }
}

/// Carries out a plan and kills something once its script works on `a`. As soon as the console hears of that, the user says
/// what is to be done, and then the child may end.
async fn perform_and_kill(
    site: &Site,
    plan: &Arc<Plan>,
    kill: impl Fn(&Site),
    then: Instruction,
) -> (Outcome, Vec<Entry>) {
    let (sender, mut news) = mpsc::channel(64);
    let (orders, instructions) = mpsc::channel(1);
    let performing = site.performer.perform(Arc::clone(plan), site.new_run(), TO_END, instructions, sender);
    let killing = async {
        until(|| !site.file("a", "began").is_empty()).await;
        kill(site);
    };
    let watching = async {
        let (mut all, mut orders) = (Vec::new(), Some(orders));
        while let Some(news) = news.recv().await {
            if tells_of_the_death(&news)
                && let Some(orders) = orders.take()
            {
                orders.send(then).await.unwrap();
                // Taken, so that what it begins would begin beside the child.
                orders.reserve().await.unwrap();
                if then != Instruction::Abort {
                    fs::write(site.host("a").join("go"), "").unwrap();
                }
            }
            if let News::Entry(entry) = news {
                all.push(entry);
            }
        }
        all
    };
    let (outcome, (), entries) = tokio::join!(performing, killing, watching);
    (outcome, entries)
}

#[rstest]
#[case::loader(kill_loader, "")]
#[case::shell(kill_shell, "exit code 137")]
#[case::all_shells(kill_all_shells, "may have run")]
#[tokio::test]
async fn no_script_is_sent_again_while_it_works_whatever_was_killed(
    #[case] kill: fn(&Site),
    #[case] expected: &str,
) {
    let site = Site::new();
    let plan = Arc::new(plan([in_a_child()]));
    let (outcome, entries) = perform_and_kill(&site, &plan, kill, Instruction::Retry).await;
    assert_eq!(site.file("a", "began"), "x\n", "{entries:#?}");
    assert_eq!((sent(&entries, &Part::Run), site.file("a", "done")), (1, "x\n".to_owned()));
    assert!(why(&outcome).contains(expected), "{outcome:?}");
    assert_eq!(matches!(outcome, Outcome::Done { .. }), expected.is_empty(), "{outcome:?}");
    assert!(!site.host("a").join("run/lock").exists(), "a is still locked");
}

#[rstest]
#[case::loader(kill_loader)]
#[case::shell(kill_shell)]
#[case::all_shells(kill_all_shells)]
#[tokio::test]
async fn an_abort_ends_what_works_on_whatever_was_killed(#[case] kill: fn(&Site)) {
    let site = Site::new();
    let plan = Arc::new(plan([in_a_child()]));
    let (outcome, _) = perform_and_kill(&site, &plan, kill, Instruction::Abort).await;
    assert_eq!(outcome, Outcome::Aborted);
    // A child that lived would hold its folder open.
    let lives = |entry: fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let here = format!("HERE={}\0", site.host("a").display());
        environment.windows(here.len()).any(|bytes| bytes == here.as_bytes())
    };
    assert!(!fs::read_dir("/proc").unwrap().flatten().any(lives), "the child still works");
    assert!(!site.host("a").join("run/lock").exists(), "a is still locked");
}

/// A script that leaves a daemon in its session.
fn leaves(daemon: &str, end: &str) -> Plan {
    let text = format!("{daemon} >/dev/null 2>&1 & echo $! >\"$HERE/daemon\"; {end}");
    plan([Step { on: Target::First, ..step(&text) }, step("echo x >\"$HERE/two\"")])
}

#[rstest]
#[case::heard("sleep 300", "true")]
#[case::no_hang_up("nohup sleep 300", "true")]
#[case::lost("sleep 300", "echo CUT; sleep 0.2")]
#[tokio::test]
async fn a_daemon_that_a_script_leaves_keeps_nothing_waiting(#[case] daemon: &str, #[case] end: &str) {
    let site = Site::new();
    site.hosts.cut.lock().unwrap().insert("a".into());
    let plan = Arc::new(leaves(daemon, end));
    let performing = tokio::time::timeout(Duration::from_secs(45), site.perform(&plan));
    let (outcome, entries) = performing.await.expect("it waits for the daemon");
    kill(site.file("a", "daemon").trim().parse().unwrap());
    assert_eq!(outcome, Outcome::Done { notes: Vec::new() }, "{entries:#?}");
    assert_eq!(site.file("a", "two"), "x\n");
    assert!(!site.host("a").join("run/lock").exists(), "a is still locked");
}
