//! Three hosts that are folders of this machine.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::model::{Access, HostName, Tier, TroubleKind};
use crate::perform::{BEGINS, Destruction, ENDS, Lock, News, Pace, Performer, Run, Runs, Start, Unknown};
use crate::scenario::journal::{Entry, Event, Instruction, Outcome, Part};
use crate::scenario::{
    Check, Destroys, Format, Gates, Order, Plan, Purpose, Scenario, Script, Secrecy, Step, Target, Value,
};
use crate::transport::{
    Command, Ended, Limits, Local, Output, Piece, StreamKind, StreamLimits, Transport, TransportError,
};

/// Hosts whose `/run` is a folder of their own, and whose scripts find their folder as `$HERE`. They are restarted by removing
/// `run` and writing another word to `boot`. The host `alias` is `a` by another name.
pub(super) struct Hosts {
    root: PathBuf,
    /// Those that answer nothing.
    pub(super) dead: Mutex<HashSet<HostName>>,
    /// Those that take a command and never answer.
    pub(super) hung: Mutex<HashSet<HostName>>,
    /// Those whose connection breaks when a script prints `CUT`.
    pub(super) cut: Mutex<HashSet<HostName>>,
    /// Those where sudo asks for a password before each script.
    pub(super) wants_password: Mutex<HashSet<HostName>>,
    /// Those that give their lock once, after which the connection breaks.
    pub(super) breaks_at_lock: Mutex<HashSet<HostName>>,
}

impl Hosts {
    fn command(&self, host: &HostName, command: &Command) -> Command {
        let here = self.root.join(if host.as_str() == "alias" { "a" } else { host.as_str() });
        fs::create_dir_all(&here).unwrap();
        let (run, boot) = (format!("{}/run", here.display()), here.join("boot"));
        if !boot.exists() {
            fs::write(&boot, "first\n").unwrap();
        }
        let argv = command.argv().iter().map(|word| {
            word.replace("/run/quorate", &run)
                .replace("/tmp/quorate-", &format!("{run}-"))
                .replace("/proc/sys/kernel/random/boot_id", &boot.display().to_string())
        });
        let moved = Command::new("env").arg(format!("HERE={}", here.display())).args(argv);
        match command.input() {
            Some(input) => moved.stdin(input),
            None => moved,
        }
    }

    fn check(&self, host: &HostName) -> Result<(), TransportError> {
        if !self.dead.lock().unwrap().contains(host) {
            return Ok(());
        }
        let message = format!("{host} can't be reached: no route to host.");
        Err(TransportError { kind: TroubleKind::Unreachable, message, may_have_run: false })
    }
}

impl Transport for Hosts {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move {
            self.check(host)?;
            if self.hung.lock().unwrap().contains(host) {
                std::future::pending::<()>().await;
            }
            let output = Local.run(host, &self.command(host, command), limits).await;
            let is_lock = command.argv().iter().any(|word| word.contains("/.lock.$1"));
            if is_lock && self.breaks_at_lock.lock().unwrap().remove(host) {
                let message = format!("The connection to {host} broke: reset.");
                return Err(TransportError {
                    kind: TroubleKind::ConnectionLost,
                    message,
                    may_have_run: true,
                });
            }
            output
        }
        .boxed()
    }

    fn stream<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move {
            self.check(host)?;
            let mut command = self.command(host, command);
            if self.wants_password.lock().unwrap().contains(host) {
                command =
                    Command::new("bash").args(["-c", "echo 'sudo: a password is required' >&2; exit 1"]);
            }
            if !self.cut.lock().unwrap().contains(host) {
                return Local.stream(host, &command, limits, pieces).await;
            }
            let (inner, mut taken) = mpsc::channel(1);
            let name = host.clone();
            // Over ssh nothing on the host is killed by a connection that breaks.
            let mut streaming =
                tokio::spawn(async move { Local.stream(&name, &command, limits, inner).await });
            loop {
                tokio::select! {
                    ended = &mut streaming => return ended.unwrap(),
                    Some(piece) = taken.recv() => {
                        if piece.bytes.windows(3).any(|it| it == b"CUT") {
                            tokio::spawn(async move { while taken.recv().await.is_some() {} });
                            let message = format!("The connection to {host} broke: reset.");
                            return Err(TransportError {
                                kind: TroubleKind::ConnectionLost, message, may_have_run: true,
                            });
                        }
                        pieces.send(piece).await.unwrap();
                    }
                }
            }
        }
        .boxed()
    }
}

/// The hosts, and a console beside them.
pub(super) struct Site {
    pub(super) folder: TempDir,
    pub(super) hosts: Arc<Hosts>,
    pub(super) performer: Performer,
}

impl Site {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("hosts");
        let (dead, hung, cut) = (Mutex::default(), Mutex::default(), Mutex::default());
        let hosts = Arc::new(Hosts {
            root,
            dead,
            hung,
            cut,
            wants_password: Mutex::default(),
            breaks_at_lock: Mutex::default(),
        });
        let runs = Runs::new(&folder.path().join("state"));
        let transport: Arc<dyn Transport> = hosts.clone();
        let performer = Performer::new(transport, Arc::new(Timestamp::now), Access::default(), runs);
        Self { folder, hosts, performer }
    }

    pub(super) fn new_run(&self) -> Run {
        self.performer.runs().create(Timestamp::now()).unwrap()
    }

    /// Carries out a plan to the end without a word, and tells what was told.
    pub(super) async fn perform(&self, plan: &Arc<Plan>) -> (Outcome, Vec<Entry>) {
        self.perform_run(plan, self.new_run(), TO_END).await
    }

    pub(super) async fn perform_run(
        &self,
        plan: &Arc<Plan>,
        run: Run,
        start: Start,
    ) -> (Outcome, Vec<Entry>) {
        let (sender, news) = mpsc::channel(64);
        let (orders, instructions) = mpsc::channel(1);
        drop(orders);
        let performing = self.performer.perform(Arc::clone(plan), run, start, instructions, sender);
        tokio::join!(performing, entries(news))
    }

    /// Carries out a plan and gives an instruction as soon as an entry is told that `when` is about.
    pub(super) async fn perform_and(
        &self,
        plan: &Arc<Plan>,
        when: impl Fn(&Event) -> bool,
        instruction: Instruction,
    ) -> Outcome {
        let (sender, mut news) = mpsc::channel(64);
        let (orders, instructions) = mpsc::channel(1);
        let performing =
            self.performer.perform(Arc::clone(plan), self.new_run(), TO_END, instructions, sender);
        let watching = async {
            let mut orders = Some(orders);
            while let Some(news) = news.recv().await {
                let News::Entry(entry) = news else { continue };
                if let Some(orders) = orders.take_if(|_| when(&entry.event)) {
                    orders.send(instruction).await.unwrap();
                }
            }
        };
        tokio::join!(performing, watching).0
    }

    /// What stands in a file of a host; empty where there is none.
    pub(super) fn file(&self, host: &str, name: &str) -> String {
        fs::read_to_string(self.host(host).join(name)).unwrap_or_default()
    }

    pub(super) fn host(&self, host: &str) -> PathBuf {
        self.folder.path().join("hosts").join(host)
    }

    /// All that is in the folder of state, by file.
    pub(super) fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        read_all(&self.folder.path().join("state"), &mut found);
        found
    }
}

fn read_all(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, found);
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

pub(super) async fn entries(mut news: mpsc::Receiver<News>) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(news) = news.recv().await {
        if let News::Entry(entry) = news {
            entries.push(entry);
        }
    }
    entries
}

pub(super) const TO_END: Start = Start {
    from_step: 1,
    pace: Pace::ToEnd,
    unknown: Unknown::Ask,
    destruction: Destruction::Refused,
    lock: Lock::Respect,
};

pub(super) fn script(text: &str) -> Script {
    Script {
        text: text.to_owned(),
        line: 7,
        os: Vec::new(),
        on: None,
        timeout: Duration::from_secs(60),
        exit_code: 0,
    }
}

pub(super) fn check(text: &str) -> Check {
    Check { script: script(text), retry: Duration::ZERO }
}

/// A step on all hosts at once that runs that.
pub(super) fn step(text: &str) -> Step {
    Step {
        number: 0,
        title: "a step".to_owned(),
        prose: String::new(),
        line: 5,
        on: Target::All,
        order: Order::Parallel(8),
        destroys: Destroys::Nothing,
        run: vec![script(text)],
        unless: Vec::new(),
        checks: Vec::new(),
        undo: Vec::new(),
    }
}

/// A plan of those steps on hosts `a`, `b` and `c`.
pub(super) fn plan(steps: impl IntoIterator<Item = Step>) -> Plan {
    let steps = steps.into_iter().zip(1..).map(|(step, number)| Step { number, ..step }).collect();
    let scenario = Scenario {
        name: "test".to_owned(),
        title: "A test".to_owned(),
        format: Format::Markdown,
        purpose: Purpose::default(),
        tier: Tier::Core,
        order: None,
        needs: Vec::new(),
        verified: Vec::new(),
        destroys: Destroys::Nothing,
        variables: Vec::new(),
        gates: Gates::default(),
        remarks: Vec::new(),
        fingerprint: 0,
        introduction: String::new(),
        steps,
    };
    Plan { scenario, hosts: ["a", "b", "c"].map(HostName::from).to_vec(), values: BTreeMap::new() }
}

pub(super) fn value(text: &str, secrecy: Secrecy) -> Value {
    Value { text: text.to_owned(), secrecy }
}

/// How often scripts of that part were sent.
pub(super) fn sent(entries: &[Entry], part: &Part) -> usize {
    let is_it = |entry: &&Entry| matches!(&entry.event, Event::Sent { job, .. } if job.part == *part);
    entries.iter().filter(is_it).count()
}

/// Why it failed, in one text.
pub(super) fn why(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { why } | Outcome::Refused { why } => why.join("\n"),
        Outcome::Done { notes } => notes.join("\n"),
        Outcome::Aborted => "aborted".to_owned(),
    }
}

/// Hosts that do whatever they are told, and count how many of them are at it.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    busy: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    /// How many ran a script at the same moment.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Transport for Crowd {
    fn run<'a>(
        &'a self,
        _host: &'a HostName,
        _command: &'a Command,
        _limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        let stdout = b"ID=debian\nVERSION_ID=12\nQUORATE_UID=0\n".to_vec();
        let elapsed = Duration::from_millis(1);
        async move { Ok(Output { exit_code: Some(0), stdout, stderr: Vec::new(), elapsed }) }.boxed()
    }

    fn stream<'a>(
        &'a self,
        _host: &'a HostName,
        _command: &'a Command,
        _limits: StreamLimits,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'a, Result<Ended, TransportError>> {
        async move {
            let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(busy, Ordering::SeqCst);
            let begins = Piece { stream: StreamKind::Stderr, bytes: BEGINS.into() };
            pieces.send(begins).await.unwrap();
            for _ in 0..20 {
                let piece = Piece { stream: StreamKind::Stdout, bytes: b"a line\n".to_vec() };
                pieces.send(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            self.busy.fetch_sub(1, Ordering::SeqCst);
            let ends = Piece { stream: StreamKind::Stderr, bytes: format!("{ENDS}0\n").into_bytes() };
            pieces.send(ends).await.unwrap();
            Ok(Ended { exit_code: Some(0), elapsed: Duration::from_millis(1) })
        }
        .boxed()
    }
}
