//! A demo, its clock, and one who operates on it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quorate::demo::{Demo, Faults, Options};
use quorate::model::{Cib, ClusterEntry, HostName, Picture, TroubleKind};
use quorate::operate::audit::Audit;
use quorate::operate::{Operator, Order};
use quorate::operation::{Intent, Outcome, Plan, Projection, Undo, Verb};
use quorate::pacemaker::argv;
use quorate::pacemaker::parse::{self, Answer};
use quorate::transport::{Command, Limits, Output, Transport, TransportError};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const START: Timestamp = Timestamp::constant(1_795_345_375, 0);
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    patience: None,
    session: None,
    command: Duration::from_secs(60),
    output: 8 * 1024 * 1024,
};

/// A demo whose clock is that of the runtime, in which waiting takes no time.
pub(crate) struct Stage {
    pub(crate) demo: Arc<Demo>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    audit: Arc<Audit>,
    _folder: TempDir,
}

impl Stage {
    pub(crate) fn new(options: &Options) -> Self {
        let began = Instant::now();
        let clock: Arc<dyn Fn() -> Timestamp + Send + Sync> = Arc::new(move || START + began.elapsed());
        let folder = tempfile::tempdir().expect("a folder");
        let audit = Arc::new(Audit::open(&folder.path().join("audit.jsonl")).expect("a log"));
        let demo = Arc::new(Demo::new(options, Arc::clone(&clock)));
        Self { demo, clock, audit, _folder: folder }
    }

    pub(crate) fn quiet() -> Self {
        Self::new(&Options { faults: Faults::None, ..Options::default() })
    }

    pub(crate) fn entry(&self, cluster: &str) -> ClusterEntry {
        let mut inventory = self.demo.inventory();
        let at = inventory.clusters.iter().position(|entry| entry.name == *cluster).expect("a cluster");
        inventory.clusters.swap_remove(at)
    }

    pub(crate) fn operator(&self, cluster: &str) -> Operator {
        let transport: Arc<dyn Transport> = self.demo.clone();
        Operator::new(self.entry(cluster), transport, Arc::clone(&self.clock), Arc::clone(&self.audit))
    }

    pub(crate) async fn run(&self, host: &str, argv: &[String]) -> Result<Output, TransportError> {
        self.run_within(host, argv, LIMITS).await
    }

    pub(crate) async fn run_within(
        &self,
        host: &str,
        argv: &[String],
        limits: Limits,
    ) -> Result<Output, TransportError> {
        let command: Command = argv.iter().cloned().collect();
        self.demo.run(&HostName::from(host), &command, limits).await
    }

    /// Runs words that hold no space, and gives the exit code and what it said.
    pub(crate) async fn say(&self, host: &str, words: &str) -> (Option<i32>, String) {
        let argv: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let output = self.run(host, &argv).await.expect("an answer");
        (output.exit_code, String::from_utf8(output.stderr).expect("words"))
    }

    pub(crate) async fn picture(&self, host: &str) -> Result<Picture, TransportError> {
        let soon = Duration::from_millis(100);
        let limits = Limits { connect: soon, command: soon, ..LIMITS };
        let output = self.run_within(host, &argv::crm_mon(argv::MonForm::default()), limits).await?;
        match parse::crm_mon(&output.stdout, None).expect("XML") {
            Answer::Running(picture) => Ok(*picture),
            Answer::Stopped { .. } | Answer::Refused { .. } => Err(TransportError {
                kind: TroubleKind::Other,
                message: "stopped".to_owned(),
                may_have_run: false,
            }),
        }
    }

    /// What any member of the cluster shows.
    pub(crate) async fn any_picture(&self, cluster: &str) -> Picture {
        for host in self.entry(cluster).hosts {
            if let Ok(picture) = self.picture(host.as_str()).await {
                return picture;
            }
        }
        panic!("no member of {cluster} answers");
    }

    pub(crate) async fn cib(&self, host: &str) -> Cib {
        let output = self.run(host, &argv::cib()).await.expect("an answer");
        parse::cib(&output.stdout).expect("XML")
    }

    /// Previews and does it.
    pub(crate) async fn operate(&self, intent: &Intent) -> (Plan, Projection, Outcome) {
        let mut operator = self.operator(intent.cluster.as_str());
        let preview = operator.preview(intent).await.unwrap_or_else(|no| panic!("{intent:?}: {no}"));
        assert_eq!(preview.plan.simulation.is_some(), preview.projection != Projection::NotAsked);
        assert!(!matches!(preview.projection, Projection::Unknown(_)), "{:?}", preview.projection);
        let outcome = operator.carry_out(order(preview.plan.clone())).await;
        (preview.plan, preview.projection, outcome)
    }

    pub(crate) async fn done(&self, intent: &Intent) -> (Plan, Projection) {
        let (plan, projection, outcome) = self.operate(intent).await;
        assert_eq!(outcome, Outcome::Done { note: None }, "{}", plan.title);
        (plan, projection)
    }

    /// Undoes it in the way that its plan says.
    pub(crate) async fn undo(&self, plan: &Plan) {
        match (&plan.undo, plan.undo_plan()) {
            (Undo::Intent(intent), _) => {
                let (plan, _, outcome) = self.operate(intent).await;
                assert_eq!(outcome.word(), "done", "{}: {outcome:?}", plan.title);
            }
            (Undo::Commands { .. }, Some(undo)) => {
                let mut operator = self.operator(plan.intent.cluster.as_str());
                let first = operator.preview(&plan.intent).await;
                assert!(first.is_err() || plan.intent.verb == Verb::ClusterMaintenance, "{first:?}");
                let outcome = operator.carry_out(order(undo)).await;
                assert_eq!(outcome, Outcome::Done { note: None }, "undo of {}", plan.title);
            }
            (Undo::Impossible(_), None) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn order(plan: Plan) -> Order {
    let (progress, _nobody) = mpsc::channel(1000);
    Order {
        plan,
        reason: "test".to_owned(),
        alongside: Vec::new(),
        cancel: CancellationToken::new(),
        progress,
    }
}
