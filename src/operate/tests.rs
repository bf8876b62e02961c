//! Operations on a cluster of three that does as it is told, or does not.

mod fake;

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rstest::rstest;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::fake::{Fake, Fate, Host};
use super::audit::{Audit, Entry, What};
use super::{AtWork, Operator, Order};
use crate::model::{Access, ClusterEntry, HostName, Tier};
use crate::operation::{Intent, NoPreview, Outcome, Plan, Preview, Process, Progress, Projection, Verb};
use crate::transport::Transport;

/// The cluster, the log, and one who operates.
struct Stage {
    host: Arc<Host>,
    audit: Arc<Audit>,
    operator: Operator,
    _folder: TempDir,
}

impl Stage {
    fn new(fates: &[Fate]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Arc::new(Audit::open(&path).unwrap());
        let host = Arc::new(Host(Mutex::new(Fake {
            vip_on: "db1",
            prefers: None,
            quorate: true,
            silent: 0,
            fates: fates.iter().copied().collect(),
            changes: Vec::new(),
            goes_back: false,
            version: "2.1.5-1",
            fails: false,
            states: VecDeque::new(),
            audit: path,
        })));
        let operator = operator(&host, &audit);
        Self { host, audit, operator, _folder: folder }
    }

    async fn preview(&mut self) -> Result<Preview, NoPreview> {
        self.operator.preview(&moving()).await
    }

    async fn plan(&mut self) -> Plan {
        self.preview().await.unwrap().plan
    }

    async fn move_it(&mut self) -> Outcome {
        let plan = self.plan().await;
        self.operator.carry_out(order(plan).0).await
    }

    /// How often each of the two commands was sent, or may have been.
    fn sent(&self) -> [usize; 2] {
        let fake = self.host.lock();
        ["--move", "--clear"]
            .map(|option| fake.changes.iter().filter(|argv| argv.iter().any(|word| word == option)).count())
    }

    /// Where the resource is, and whom a constraint draws it to.
    fn place(&self) -> (&'static str, Option<&'static str>) {
        let fake = self.host.lock();
        (fake.vip_on, fake.prefers)
    }

    /// The lines of the log, in a word each.
    fn logged(&self) -> Vec<String> {
        let word = |what: &What| match what {
            What::Begin { .. } => "begin".to_owned(),
            What::Resume => "resume".to_owned(),
            What::GivenUp => "given up".to_owned(),
            What::Writable { .. } | What::ReadOnly => "rights".to_owned(),
            What::Command { .. } => "command".to_owned(),
            What::Result { outcome, .. } | What::End { outcome, .. } => outcome.clone(),
        };
        self.audit.read().unwrap().entries.iter().map(|entry| word(&entry.what)).collect()
    }
}

fn operator(host: &Arc<Host>, audit: &Arc<Audit>) -> Operator {
    operator_on(&["db1", "db2", "db3"], host, audit)
}

fn operator_on(hosts: &[&str], host: &Arc<Host>, audit: &Arc<Audit>) -> Operator {
    let entry = ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: hosts.iter().copied().map(HostName::from).collect(),
        access: Access::default(),
        needs: None,
    };
    let transport: Arc<dyn Transport> = host.clone();
    Operator::new(entry, transport, Arc::new(|| Timestamp::UNIX_EPOCH), Arc::clone(audit))
}

fn moving() -> Intent {
    Intent { cluster: "db".into(), verb: Verb::Move, subject: "vip".to_owned(), to: Some("db2".into()) }
}

fn order(plan: Plan) -> (Order, CancellationToken, mpsc::Receiver<Progress>) {
    let (progress, seen) = mpsc::channel(1000);
    let cancel = CancellationToken::new();
    (
        Order { plan, reason: "test".to_owned(), alongside: Vec::new(), cancel: cancel.clone(), progress },
        cancel,
        seen,
    )
}

#[tokio::test(start_paused = true)]
async fn the_preview_names_what_else_would_happen() {
    let mut stage = Stage::new(&[]);
    let preview = stage.preview().await.unwrap();
    let Projection::Known { own, collateral, afterwards } = preview.projection else { panic!("not known") };
    assert_eq!(own.iter().map(ToString::to_string).collect::<Vec<_>>(), ["move vip from db1 to db2"]);
    let collateral: Vec<_> = collateral.iter().map(ToString::to_string).collect();
    assert_eq!(collateral, ["restart web on db3 (required vip start)"]);
    assert_eq!(afterwards, Some(Vec::new()));
    assert_eq!(stage.sent(), [0, 0]);
    assert!(stage.logged().is_empty());
}

/// The first host answers; the second takes over when the first is the victim or may be.
#[rstest]
#[case::plain(&["db1", "db2"], "db1", "db2")]
#[case::with_a_login(&["root@db1", "root@db2"], "db1", "root@db2")]
#[case::with_a_domain(&["root@DB1.example.org", "db2"], "db1", "db2")]
#[case::as_a_uri(&["ssh://root@db1:2222", "db2"], "db1", "db2")]
#[case::another_one(&["root@db1", "root@db2"], "db2", "root@db1")]
#[case::another_one_of_unknown_name(&["primary", "db2"], "db2", "primary")]
#[case::perhaps_by_an_alias(&["primary", "db2"], "db1", "db2")]
#[case::perhaps_by_its_address(&["10.0.0.1", "db2"], "db1", "db2")]
#[case::nothing_but_itself(&["root@db1"], "db1", "root@db1")]
#[tokio::test(start_paused = true)]
async fn a_fencing_does_not_go_through_its_victim(
    #[case] hosts: &[&str],
    #[case] victim: &str,
    #[case] through: &str,
) {
    let stage = Stage::new(&[]);
    let intent =
        Intent { cluster: "db".into(), verb: Verb::FenceReboot, subject: victim.to_owned(), to: None };
    let preview = operator_on(hosts, &stage.host, &stage.audit).preview(&intent).await.unwrap();
    assert_eq!(preview.host, *through);
}

#[tokio::test(start_paused = true)]
async fn a_move_is_done_and_leaves_no_constraint() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let (order, _cancel, mut seen) = order(plan);
    assert_eq!(stage.operator.carry_out(order).await, Outcome::Done { note: None });
    assert_eq!(stage.sent(), [1, 1]);
    assert_eq!(stage.place(), ("db2", None));
    assert_eq!(stage.logged(), ["begin", "command", "exit 0", "command", "exit 0", "done"]);
    let mut told = Vec::new();
    while let Some(progress) = seen.recv().await {
        told.push(progress);
    }
    assert!(matches!(told.first(), Some(Progress::Running { .. })), "{told:?}");
    assert_eq!(told.last(), Some(&Progress::Ended(Outcome::Done { note: None })));
}

#[tokio::test(start_paused = true)]
async fn a_move_that_would_go_back_keeps_the_constraint_that_ends_by_itself() {
    let mut stage = Stage::new(&[]);
    stage.host.lock().goes_back = true;
    let preview = stage.preview().await.unwrap();
    let Projection::Known { afterwards: Some(afterwards), .. } = preview.projection else {
        panic!("not known")
    };
    assert_eq!(afterwards.iter().map(ToString::to_string).collect::<Vec<_>>(), ["move vip from db2 to db1"]);
    let outcome = stage.move_it().await;
    assert!(outcome.words().contains("only until its constraint"), "{outcome:?}");
    assert_eq!(stage.sent(), [1, 0]);
}

/// Whatever becomes of a command, no command is sent twice, and what is told is true.
#[rstest]
#[case::first_fails(&[Fate::Fails], "failed", [1, 0])]
#[case::first_lies(&[Fate::Lies], "failed", [1, 0])]
#[case::first_lost_but_done(&[Fate::LostAfter], "done", [1, 1])]
#[case::first_lost(&[Fate::LostBefore], "unknown", [1, 0])]
#[case::first_not_sent(&[Fate::NotSent], "refused", [0, 0])]
#[case::second_fails(&[Fate::Works, Fate::Fails], "failed", [1, 1])]
#[case::second_lies(&[Fate::Works, Fate::Lies], "failed", [1, 1])]
#[case::second_lost_but_done(&[Fate::Works, Fate::LostAfter], "done", [1, 1])]
#[case::second_lost(&[Fate::Works, Fate::LostBefore], "unknown", [1, 1])]
#[case::second_not_sent(&[Fate::Works, Fate::NotSent], "failed", [1, 0])]
#[case::both_lost_but_done(&[Fate::LostAfter, Fate::LostAfter], "done", [1, 1])]
#[tokio::test(start_paused = true)]
async fn nothing_is_sent_twice(#[case] fates: &[Fate], #[case] word: &str, #[case] sent: [usize; 2]) {
    let mut stage = Stage::new(fates);
    let outcome = stage.move_it().await;
    assert_eq!((outcome.word(), stage.sent()), (word, sent), "{outcome:?}");
    assert!(!outcome.words().contains('\u{1b}'));
    assert!(stage.audit.read().unwrap().unfinished().is_empty(), "it has ended");
    let half_way = sent == [1, 0];
    assert_eq!(outcome.words().contains("quorate op clear db vip"), half_way, "{outcome:?}");
}

/// A start fails on a cluster whose pictures may not show what is on its way.
#[rstest]
#[case::old_and_idle("1.1.24-3.el7", &["S_IDLE"], 1..10)]
#[case::old_and_at_work("1.1.24-3.el7", &["S_TRANSITION_ENGINE"], 300..330)]
#[case::old_and_idle_between_two_transitions("1.1.24-3.el7", &["S_IDLE", "S_POLICY_ENGINE", "S_IDLE"], 2..12)]
#[case::old_and_not_to_be_asked("1.1.24-3.el7", &[], 300..330)]
#[case::new_and_idle("2.1.5-1", &["S_IDLE"], 1..10)]
#[case::new_and_not_to_be_asked("2.1.5-1", &[], 1..10)]
#[case::new_without_a_record_of_what_is_pending("2.1.5-1", &["S_TRANSITION_ENGINE"], 300..330)]
#[tokio::test(start_paused = true)]
async fn a_failure_is_told_when_the_controller_is_idle(
    #[case] version: &'static str,
    #[case] states: &[&'static str],
    #[case] seconds: std::ops::Range<u64>,
) {
    let mut stage = Stage::new(&[Fate::Lies]);
    stage.host.lock().version = version;
    stage.host.lock().states = states.iter().copied().collect();
    let plan = stage.plan().await;
    stage.host.lock().fails = true;
    let began = tokio::time::Instant::now();
    let outcome = stage.operator.carry_out(order(plan).0).await;
    assert_eq!(outcome.word(), "failed", "{outcome:?}");
    assert!(outcome.words().contains("start of vip failed on db2: no route"), "{outcome:?}");
    assert!(seconds.contains(&began.elapsed().as_secs()), "after {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_verified_when_it_is_back() {
    let mut stage = Stage::new(&[Fate::LostAfter]);
    let plan = stage.plan().await;
    let host = Arc::clone(&stage.host);
    let (order, _cancel, mut seen) = order(plan);
    let watching = tokio::spawn(async move {
        while let Some(progress) = seen.recv().await {
            if matches!(progress, Progress::Running { .. }) {
                host.lock().silent = 20;
            }
        }
    });
    let outcome = stage.operator.carry_out(order).await;
    watching.await.unwrap();
    assert_eq!((outcome, stage.sent()), (Outcome::Done { note: None }, [1, 1]));
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_seen_is_not_told_as_failed() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let host = Arc::clone(&stage.host);
    let (order, _cancel, mut seen) = order(plan);
    let watching = tokio::spawn(async move {
        while let Some(progress) = seen.recv().await {
            if matches!(progress, Progress::Ran(_)) {
                host.lock().silent = usize::MAX;
            }
        }
    });
    let outcome = stage.operator.carry_out(order).await;
    watching.await.unwrap();
    assert_eq!((outcome.word(), stage.sent()), ("unknown", [1, 0]), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_previewed_long_ago_is_checked_again() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.host.lock().quorate = false;
    let outcome = stage.operator.carry_out(order(plan.clone()).0).await;
    assert_eq!(outcome, Outcome::Refused("the cluster has no quorum: it would take no action".to_owned()));
    stage.host.lock().quorate = true;
    stage.host.lock().vip_on = "db3";
    let outcome = stage.operator.carry_out(order(plan).0).await;
    assert_eq!(outcome, Outcome::Refused("vip runs on db3 now, not db1".to_owned()));
    assert_eq!(stage.sent(), [0, 0]);
}

/// The machine sleeps for an hour while the first command is written to the log.
#[rstest]
#[case::nothing_happened_meanwhile(true, "done", [1, 1])]
#[case::quorum_was_lost_meanwhile(false, "refused", [0, 0])]
#[tokio::test(start_paused = true)]
async fn a_command_waits_for_a_new_picture_when_the_machine_has_slept(
    #[case] quorate: bool,
    #[case] word: &str,
    #[case] sent: [usize; 2],
) {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let (host, audit) = (Arc::clone(&stage.host), Arc::clone(&stage.audit));
    stage.operator.clock = Arc::new(move || {
        let is_command = |entry: &Entry| matches!(entry.what, What::Command { .. });
        let has_slept = audit.read().unwrap().entries.iter().any(is_command);
        host.lock().quorate = quorate || !has_slept;
        Timestamp::from_second(if has_slept { 3600 } else { 0 }).unwrap()
    });
    let outcome = stage.operator.carry_out(order(plan).0).await;
    assert_eq!((outcome.word(), stage.sent()), (word, sent), "{outcome:?}");
    let logged = stage.logged();
    assert_eq!(logged.iter().filter(|word| *word == "not sent").count(), 1, "{logged:?}");
    assert!(stage.audit.read().unwrap().unfinished().is_empty(), "it has ended");
}

#[tokio::test(start_paused = true)]
async fn without_a_picture_nothing_is_done() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.host.lock().silent = usize::MAX;
    let outcome = stage.operator.carry_out(order(plan).0).await;
    assert_eq!((outcome.word(), stage.sent()), ("refused", [0, 0]));
    assert!(matches!(stage.preview().await, Err(NoPreview::NoPicture(_))));
}

#[tokio::test(start_paused = true)]
async fn without_a_log_nothing_is_done() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let path = stage.audit.path().to_owned();
    // Opened for reading, it can't be written.
    let file = Mutex::new(File::open(&path).unwrap());
    let audit = Audit { file, path: path.clone(), at_work: AtWork::default() };
    let outcome = operator(&stage.host, &Arc::new(audit)).carry_out(order(plan).0).await;
    assert_eq!((outcome.word(), stage.sent()), ("refused", [0, 0]));
    assert!(outcome.words().contains("audit.jsonl"), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_given_up_between_two_commands() {
    let mut stage = Stage::new(&[Fate::Lies]);
    let plan = stage.plan().await;
    let (order, cancel, mut seen) = order(plan);
    let watching = tokio::spawn(async move {
        while let Some(progress) = seen.recv().await {
            if matches!(progress, Progress::Waiting(_)) {
                cancel.cancel();
            }
        }
    });
    let outcome = stage.operator.carry_out(order).await;
    watching.await.unwrap();
    assert_eq!((outcome.word(), stage.sent()), ("cancelled", [1, 0]), "{outcome:?}");
    assert_eq!(stage.logged().last().map(String::as_str), Some("cancelled"));
}

#[tokio::test(start_paused = true)]
async fn a_console_that_dies_leaves_what_the_next_one_can_finish() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let (first, _cancel, mut seen) = order(plan.clone());
    {
        let mut carrying = std::pin::pin!(stage.operator.carry_out(first));
        // It is gone right after its first command.
        loop {
            tokio::select! {
                biased;
                progress = seen.recv() => if matches!(progress, Some(Progress::Ran(_))) { break },
                outcome = &mut carrying => panic!("ended too soon: {outcome:?}"),
            }
        }
    }
    assert_eq!(stage.host.lock().prefers, Some("db2"));
    let unfinished = stage.audit.read().unwrap().unfinished();
    let [unfinished] = unfinished.as_slice() else { panic!("{unfinished:?}") };
    assert_eq!((unfinished.sent.len(), &unfinished.plan), (1, &plan));
    // The log names this process, which has dropped it.
    assert!(!unfinished.is_in_hand(stage.audit.at_work()));
    let outcome = operator(&stage.host, &stage.audit).resume(unfinished, order(plan).0).await;
    assert_eq!((outcome, stage.sent()), (Outcome::Done { note: None }, [1, 1]));
    assert!(stage.audit.read().unwrap().unfinished().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_console_does_not_resume_an_operation_twice_at_once() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.audit.append(&begun_by(gone(), "db", &plan)).unwrap();
    let unfinished = stage.audit.read().unwrap().unfinished().remove(0);
    let mut second = operator(&stage.host, &stage.audit);
    let (outcome, refused) = tokio::join!(
        stage.operator.resume(&unfinished, order(plan.clone()).0),
        second.resume(&unfinished, order(plan).0),
    );
    assert_eq!((outcome, stage.sent()), (Outcome::Done { note: None }, [1, 1]));
    assert_eq!(refused, Outcome::Refused("this console is already working on it".to_owned()));
}

/// The first line of an operation of that process in that cluster, as a console of its own writes it.
fn begun_by(process: Process, cluster: &str, plan: &Plan) -> Entry {
    begun_at(process, (cluster, "", ""), plan)
}

/// The same, of a console that knows these hosts and members of the cluster.
fn begun_at(process: Process, (cluster, hosts, members): Known, plan: &Plan) -> Entry {
    let mut plan = plan.clone();
    plan.intent.cluster = cluster.into();
    plan.members = members.split_whitespace().map(Into::into).collect();
    let begin = What::Begin {
        title: plan.title.clone(),
        reason: String::new(),
        hosts: hosts.split_whitespace().map(Into::into).collect(),
        plan: Box::new(plan),
    };
    Entry { process, ..Entry::new("theirs", Timestamp::UNIX_EPOCH, &cluster.into(), begin) }
}

/// What a console knows of a cluster: its name, its hosts and its members, separated by spaces.
type Known<'a> = (&'a str, &'a str, &'a str);

/// A process that lives as long as the machine and is not this one.
fn another() -> Process {
    Process { pid: 1, ..Process::default() }
}

fn gone() -> Process {
    Process { pid: u32::MAX, ..Process::own() }
}

fn elsewhere() -> Process {
    Process { machine: Some("another machine".to_owned()), ..Process::own() }
}

#[rstest]
#[case::one_that_lives(another(), ("db", "", ""), true)]
#[case::one_of_another_machine(elsewhere(), ("db", "", ""), true)]
#[case::one_in_another_cluster(another(), ("mq", "mq1 db", "mq1 db1 db2"), false)]
#[case::one_by_another_name_on_a_host_of_it(another(), ("127.0.0.1", "mq1 ssh://root@DB3:22", ""), true)]
#[case::one_by_another_name_with_its_members(another(), ("far", "10.0.0.1", "db3 db1 db2"), true)]
#[case::one_that_is_gone(gone(), ("db", "", ""), false)]
#[case::one_by_another_name_that_is_gone(gone(), ("far", "db1", ""), false)]
#[case::this_one(Process::own(), ("db", "", ""), false)]
#[tokio::test(start_paused = true)]
async fn an_operation_of_another_console_is_shown_and_waited_for(
    #[case] process: Process,
    #[case] known: Known<'static>,
    #[case] is_in_the_way: bool,
) {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.audit.append(&begun_at(process, known, &plan)).unwrap();
    let preview = stage.preview().await.unwrap();
    let others: Vec<String> = preview.others.iter().map(|other| other.id.clone()).collect();
    assert_eq!(others, if is_in_the_way { vec!["theirs".to_owned()] } else { Vec::new() });
    let outcome = stage.operator.carry_out(order(plan.clone()).0).await;
    assert_eq!(outcome.word(), if is_in_the_way { "refused" } else { "done" }, "{outcome:?}");
    if !is_in_the_way {
        return;
    }
    assert_eq!(stage.sent(), [0, 0]);
    assert!(outcome.words().contains("another console is at work in this cluster: move vip"), "{outcome:?}");
    assert_eq!(stage.logged(), ["begin", "begin", "refused"]);
    // Whoever has seen it may begin all the same.
    let order = Order { alongside: others, ..order(plan).0 };
    assert_eq!(stage.operator.carry_out(order).await.word(), "done");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_begin_at_once_the_one_whose_line_comes_first_goes_on() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let known = plan.clone();
    let alone = async |stage: &Stage, id: &str, alongside: &[&str]| {
        let alongside: Vec<String> = alongside.iter().map(|id| (*id).to_owned()).collect();
        stage.operator.is_alone(id, &known, &alongside).await
    };
    let refused = alone(&stage, "ours", &[]).await.unwrap_err();
    assert!(
        refused.contains("was replaced or cut short, so nothing is done"),
        "its own line is gone: {refused}"
    );
    stage.audit.append(&Entry { id: "ours".to_owned(), ..begun_by(Process::own(), "db", &plan) }).unwrap();
    stage.audit.append(&begun_by(another(), "db", &plan)).unwrap();
    assert_eq!(alone(&stage, "ours", &[]).await, Ok(()), "the other one comes later");
    stage.audit.append(&Entry { id: "later".to_owned(), ..begun_by(Process::own(), "db", &plan) }).unwrap();
    let refused = alone(&stage, "later", &[]).await.unwrap_err();
    assert!(refused.contains("another console is at work in this cluster: move vip"), "{refused}");
    assert!(alone(&stage, "later", &["ours"]).await.is_err(), "the user has seen another one");
    assert_eq!(alone(&stage, "later", &["theirs"]).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_another_console_begins_later_waits_for_this_one() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    let (order, _cancel, mut seen) = order(plan.clone());
    let audit = Arc::clone(&stage.audit);
    let watching = tokio::spawn(async move {
        while let Some(progress) = seen.recv().await {
            if matches!(progress, Progress::Running { .. }) {
                audit.append(&begun_by(another(), "db", &plan)).unwrap();
                return;
            }
        }
    });
    assert_eq!(stage.operator.carry_out(order).await, Outcome::Done { note: None });
    watching.await.unwrap();
}

#[rstest]
#[case::resumed_by_another(What::Resume, "refused")]
#[case::ended_by_another(What::End { outcome: "done".to_owned(), words: String::new() }, "refused")]
#[case::nothing_of_it(What::ReadOnly, "done")]
#[tokio::test(start_paused = true)]
async fn what_another_console_has_resumed_is_left_to_it(#[case] meanwhile: What, #[case] word: &str) {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.audit.append(&begun_by(gone(), "db", &plan)).unwrap();
    let unfinished = stage.audit.read().unwrap().unfinished().remove(0);
    let entry = Entry::new("theirs", Timestamp::UNIX_EPOCH, &"db".into(), meanwhile);
    stage.audit.append(&Entry { process: another(), ..entry }).unwrap();
    let outcome = stage.operator.resume(&unfinished, order(plan).0).await;
    assert_eq!(outcome.word(), word, "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_resume_leaves_the_operation_to_the_next_console() {
    let mut stage = Stage::new(&[]);
    let plan = stage.plan().await;
    stage.audit.append(&begun_by(gone(), "db", &plan)).unwrap();
    let unfinished = stage.audit.read().unwrap().unfinished().remove(0);
    // Another operation is in progress there.
    let under_way = Entry { id: "under way".to_owned(), ..begun_by(another(), "db", &plan) };
    stage.audit.append(&under_way).unwrap();
    let outcome = stage.operator.resume(&unfinished, order(plan.clone()).0).await;
    assert_eq!((outcome.word(), stage.sent()), ("refused", [0, 0]), "{outcome:?}");
    assert_eq!(stage.logged(), ["begin", "begin", "resume", "given up"]);
    let mut all = stage.audit.read().unwrap().unfinished();
    all.retain(|it| it.id == unfinished.id);
    assert_eq!(all, std::slice::from_ref(&unfinished), "as if nothing had happened");
    assert!(!all[0].is_in_hand(stage.audit.at_work()) && !all[0].may_be_others());
    // When that one has ended, it can be resumed.
    let end = What::End { outcome: "done".to_owned(), words: String::new() };
    stage.audit.append(&Entry { what: end, ..under_way }).unwrap();
    let outcome = stage.operator.resume(&unfinished, order(plan).0).await;
    assert_eq!(outcome, Outcome::Done { note: None });
}
