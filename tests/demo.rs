//! The demo as the console sees it: through the transport trait and the parser.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use quorate::demo::{Demo, Faults, Layout, Options};
use quorate::model::{Cib, ClusterEntry, HostName, Picture, Privilege, Resource, Role, Tier, TroubleKind};
use quorate::pacemaker::argv;
use quorate::pacemaker::parse::{self, Answer};
use quorate::transport::{Command, Limits, Output, Transport, TransportError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

const START: Timestamp = Timestamp::constant(1_795_345_375, 0);
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    patience: None,
    session: None,
    command: Duration::from_secs(10),
    output: 8 * 1024 * 1024,
};

/// A demo, its clock, and a runtime in which waiting takes no time.
struct Stage {
    demo: Demo,
    elapsed_ms: Arc<AtomicI64>,
    runtime: Runtime,
}

impl Stage {
    fn new(options: &Options) -> Self {
        let elapsed_ms = Arc::new(AtomicI64::new(0));
        let hand = Arc::clone(&elapsed_ms);
        let clock = Arc::new(move || START + SignedDuration::from_millis(hand.load(Ordering::Relaxed)));
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        Self { demo: Demo::new(options, clock), elapsed_ms, runtime }
    }

    fn at(&self, elapsed_ms: i64) -> &Self {
        self.elapsed_ms.store(elapsed_ms, Ordering::Relaxed);
        self
    }

    fn ask(&self, host: &HostName, argv: Vec<String>) -> Result<Output, TransportError> {
        let command: Command = argv.into_iter().collect();
        self.runtime.block_on(self.demo.run(host, &command.with_privilege(Privilege::Sudo), LIMITS))
    }

    fn crm_mon(&self, host: &HostName) -> Result<Answer, TransportError> {
        let output = self.ask(host, argv::crm_mon(argv::MonForm::default()))?;
        let answer = parse::crm_mon(&output.stdout, None).expect("crm_mon's answer is understood");
        let stopped = matches!(answer, Answer::Stopped { .. });
        assert_eq!(output.exit_code, Some(if stopped { 102 } else { 0 }));
        Ok(answer)
    }

    fn picture(&self, host: &HostName) -> Option<Picture> {
        match self.crm_mon(host) {
            Ok(Answer::Running(picture)) => Some(*picture),
            _ => None,
        }
    }

    fn cib(&self, host: &HostName) -> Option<Cib> {
        let output = self.ask(host, argv::cib()).ok()?;
        (output.exit_code == Some(0)).then(|| parse::cib(&output.stdout).expect("the CIB is understood"))
    }

    /// The first picture that a member of that cluster gives.
    fn first_picture(&self, entry: &ClusterEntry) -> Option<Picture> {
        entry.hosts.iter().find_map(|host| self.picture(host))
    }
}

fn quiet(layout: Layout, clusters: Option<usize>) -> Stage {
    Stage::new(&Options { layout, clusters, faults: Faults::None, ..Options::default() })
}

fn lively(seed: u64) -> Stage {
    Stage::new(&Options { seed, ..Options::default() })
}

fn check(picture: &Picture, cib: Option<&Cib>) {
    assert_eq!(picture.oddities, Vec::<String>::new());
    let primitives: Vec<_> = picture.primitives().map(|(_, primitive)| primitive).collect();
    assert_eq!(picture.summary.resources_configured, Some(primitives.len() as u32));
    assert_eq!(picture.summary.nodes_configured, Some(picture.nodes.len() as u32));
    for node in &picture.nodes {
        let running = primitives.iter().filter(|it| it.nodes.contains(&node.name)).count();
        assert_eq!(node.resources_running, Some(running as u32), "{}", node.name);
        assert!(!node.is_dc || node.online, "{} is the DC and not online", node.name);
    }
    for primitive in &primitives {
        assert!(primitive.nodes.iter().all(|name| picture.node(name).is_some()), "{primitive:?}");
        assert!(!matches!(primitive.role, Role::Other(_)), "{primitive:?}");
    }
    if let Some(cib) = cib {
        assert!(cib.has_fencing_device);
        for resource in &picture.resources {
            assert!(cib.resource(resource.id().as_str()).is_some(), "{} is not in the CIB", resource.id());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_answer_at_any_time_is_understood(seed: u64, elapsed_ms in 0_i64..86_400_000, collapsed: bool) {
        let layout = if collapsed { Layout::Collapsed } else { Layout::Segregated };
        let stage = Stage::new(&Options { layout, seed, ..Options::default() });
        stage.at(elapsed_ms);
        for host in stage.demo.inventory().clusters.iter().flat_map(|entry| &entry.hosts) {
            if let Some(picture) = stage.picture(host) {
                check(&picture, stage.cib(host).as_ref());
            }
        }
    }

    #[test]
    fn the_same_instant_gives_the_same_bytes(seed: u64, elapsed_ms in 0_i64..86_400_000) {
        let (one, other) = (lively(seed), lively(seed));
        for host in one.demo.inventory().clusters.iter().flat_map(|entry| &entry.hosts) {
            for argv in [argv::crm_mon(argv::MonForm::default()), argv::cib(), argv::clock()] {
                let first = one.at(elapsed_ms).ask(host, argv.clone());
                prop_assert_eq!(&first, &other.at(elapsed_ms).ask(host, argv));
            }
        }
    }
}

#[test]
fn the_inventory_is_the_segregated_layout() {
    let inventory = lively(0).demo.inventory();
    assert_eq!(inventory.clusters.len(), 17);
    let tiers: HashSet<Tier> = inventory.clusters.iter().map(|entry| entry.tier).collect();
    assert_eq!(tiers, HashSet::from([Tier::Core, Tier::OpenStack, Tier::Compute]));
    let hosts: Vec<&HostName> = inventory.clusters.iter().flat_map(|entry| &entry.hosts).collect();
    assert_eq!(hosts.len(), 51);
    assert_eq!(hosts.iter().collect::<HashSet<_>>().len(), 51);
}

#[test]
fn without_faults_everything_runs_for_ever() {
    for (layout, clusters) in [(Layout::Segregated, Some(40)), (Layout::Collapsed, None)] {
        let stage = quiet(layout, clusters);
        for entry in &stage.demo.inventory().clusters {
            let first = stage.at(0).picture(&entry.hosts[0]).unwrap();
            check(&first, stage.cib(&entry.hosts[0]).as_ref());
            assert!(first.nodes.iter().all(|node| node.online && !node.unclean));
            assert!(first.primitives().all(|(_, primitive)| primitive.active && primitive.managed));
            assert!(first.failures.is_empty() && first.fail_counts.is_empty() && first.fencing.is_empty());
            let later = stage.at(3_600_000).picture(&entry.hosts[2]).unwrap();
            assert_eq!(first, later, "{}", entry.name);
        }
    }
}

#[test]
fn pictures_change_only_when_something_happens() {
    let stage = lively(7);
    let inventory = stage.demo.inventory();
    let changes: usize = inventory
        .clusters
        .iter()
        .map(|entry| {
            let host = &entry.hosts[1];
            let pictures: Vec<_> = (0..120).map(|second| stage.at(second * 1000).picture(host)).collect();
            pictures.windows(2).filter(|pair| pair[0] != pair[1]).count()
        })
        .sum();
    assert!((8..60).contains(&changes), "{changes} changes in two minutes");
}

#[test]
fn within_three_seconds_something_is_critical_something_warns_and_something_is_out_of_reach() {
    for seed in 0..20 {
        let stage = lively(seed);
        stage.at(2_500);
        let inventory = stage.demo.inventory();
        let pictures: Vec<Option<Picture>> =
            inventory.clusters.iter().map(|entry| stage.first_picture(entry)).collect();
        let any = |wanted: fn(&Picture) -> bool| pictures.iter().flatten().any(wanted);
        assert!(any(|picture| picture.nodes.iter().any(|node| node.unclean)), "seed {seed}: no unclean node");
        assert!(any(|picture| !picture.failures.is_empty()), "seed {seed}: no failure");
        assert!(pictures.iter().any(Option::is_none), "seed {seed}: all can be reached");
    }
}

#[test]
fn the_archive_tells_who_left_a_constraint_and_when() {
    let mut told = 0;
    for seed in 0..2 {
        let stage = lively(seed);
        for second in (0..3_600).step_by(90) {
            let now = START + SignedDuration::from_secs(second);
            stage.at(second * 1_000);
            for host in stage.demo.inventory().clusters.iter().flat_map(|entry| &entry.hosts) {
                let Some(cib) = stage.cib(host) else { continue };
                for left in cib.constraints.iter().filter(|constraint| constraint.is_leftover()) {
                    let output = stage.ask(host, argv::cib_archive()).expect("it has just answered");
                    let archive = parse::cib_archive(&output.stdout, Some(Offset::UTC)).expect("XML");
                    assert!(archive.is_at(cib.epoch), "{:?} in {archive:?}", cib.epoch);
                    let made = archive.made(&left.id).expect("it is there");
                    assert!(made.at <= now + SignedDuration::from_secs(60), "{made:?} at {now}");
                    assert!(made.by.is_some_and(|by| by.starts_with("root via crm_resource on ")));
                    told += 1;
                }
            }
        }
    }
    assert!(told > 20, "{told} leftover constraints in two hours");
}

#[test]
fn every_kind_of_resource_and_node_is_to_be_seen() {
    let stage = quiet(Layout::Segregated, None);
    let inventory = stage.demo.inventory();
    let pictures: Vec<Picture> =
        inventory.clusters.iter().filter_map(|entry| stage.first_picture(entry)).collect();
    let resource = |wanted: fn(&Resource) -> bool| pictures.iter().flat_map(|it| &it.resources).any(wanted);
    assert!(resource(|it| matches!(it, Resource::Group(_))));
    assert!(resource(|it| matches!(it, Resource::Clone(clone) if clone.promotable)));
    assert!(resource(|it| matches!(it, Resource::Bundle(bundle) if bundle.replicas.len() == 3)));
    let kinds: HashSet<&str> =
        pictures.iter().flat_map(|it| &it.nodes).map(|node| node.kind.word()).collect();
    assert_eq!(kinds, HashSet::from(["member", "remote", "bundle"]));
    assert!(pictures.iter().any(|it| it.tickets.iter().any(|ticket| ticket.granted)));
    let cib = stage.cib(&"glance1".into()).unwrap();
    assert!(!cib.constraints.is_empty() && cib.cluster_name.as_deref() == Some("glance"));
}

#[test]
fn the_clock_is_told_as_date_tells_it() {
    let stage = quiet(Layout::Segregated, Some(1));
    let output = stage.at(1_250).ask(&"lb1".into(), argv::clock()).unwrap();
    let (at, zone) = argv::parse_clock(&output.stdout).unwrap();
    assert_eq!(at, START + SignedDuration::from_millis(1_250));
    assert_eq!(zone.seconds(), 0);
}

#[test]
fn the_epoch_is_that_of_the_whole_cib() {
    let stage = quiet(Layout::Segregated, Some(1));
    let output = stage.ask(&"lb1".into(), argv::cib_epoch()).unwrap();
    assert!(output.stdout.len() < 500);
    let short = parse::cib(&output.stdout).unwrap();
    assert_eq!(short.epoch, stage.cib(&"lb1".into()).unwrap().epoch);
}

#[test]
fn what_is_not_simulated_is_not_found() {
    let stage = quiet(Layout::Segregated, Some(1));
    let output = stage.ask(&"lb1".into(), vec!["pcs".into(), "status".into()]).unwrap();
    assert_eq!(output.exit_code, Some(127));
    let error = stage.ask(&"nowhere".into(), argv::cib()).unwrap_err();
    assert_eq!(error.kind, TroubleKind::UnknownHost);
}

#[test]
fn output_is_bounded() {
    let stage = quiet(Layout::Segregated, Some(1));
    let command: Command = argv::cib().into_iter().collect();
    let limits = Limits { output: 100, ..LIMITS };
    let error = stage.runtime.block_on(stage.demo.run(&"lb1".into(), &command, limits)).unwrap_err();
    assert_eq!(error.kind, TroubleKind::TooMuchOutput);
}

#[test]
fn each_trouble_takes_the_time_that_it_takes() {
    let stage = lively(1);
    let mut seen = HashSet::new();
    let inventory = stage.demo.inventory();
    for (elapsed, host) in (0..10).flat_map(|step| {
        inventory.clusters.iter().flat_map(|entry| &entry.hosts).map(move |host| (step * 7_000, host))
    }) {
        let command: Command = argv::cib().into_iter().collect();
        stage.at(elapsed);
        let (result, took) = stage.runtime.block_on(async {
            let asked = Instant::now();
            (stage.demo.run(host, &command, LIMITS).await, asked.elapsed())
        });
        let Err(error) = result else {
            assert!((Duration::from_millis(3)..Duration::from_millis(30)).contains(&took), "{took:?}");
            continue;
        };
        assert!(error.message.contains(host.as_str()));
        match error.kind {
            TroubleKind::Unreachable => assert!(took >= LIMITS.connect && !error.may_have_run),
            TroubleKind::Timeout => assert!(took >= LIMITS.command && error.may_have_run),
            TroubleKind::Refused => assert!(took < Duration::from_millis(30) && !error.may_have_run),
            other => panic!("{other}"),
        }
        seen.insert(error.kind);
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn a_stopped_stack_says_so_with_its_exit_code() {
    let stage = lively(3);
    let inventory = stage.demo.inventory();
    let found = (0..360).any(|step| {
        stage.at(step * 10_000);
        inventory.clusters.iter().any(|entry| {
            let answers: Vec<_> = entry.hosts.iter().map(|host| stage.crm_mon(host)).collect();
            answers.iter().all(|answer| matches!(answer, Ok(Answer::Stopped { .. })))
        })
    });
    assert!(found, "no cluster was stopped within an hour");
}
