//! A fleet behind a slow door: the watchers and the logins, with a clock that does not wait.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use quorate::model::{Belief, ClusterName, Contact, HostName, Inventory, TroubleKind};
use quorate::transport::{
    Command, FailureCause, Limits, LoginFailure, Logins, Output, Transport, TransportError,
};
use quorate::watch::Watch;
use rstest::rstest;
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep, timeout};

use super::fake::{Behaviour, Fake, Mon, clock, entry, settings};

/// Hosts behind a door that serves one login after the other, and serves also those that nobody waits for any more.
struct SlowFleet {
    logins: Logins<()>,
    door: Arc<Mutex<()>>,
    service: Duration,
    delay: Duration,
    served: Arc<AtomicUsize>,
    hosts: Fake,
}

impl Transport for SlowFleet {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move {
            let (door, service, delay) = (Arc::clone(&self.door), self.service, self.delay);
            let served = Arc::clone(&self.served);
            let name = host.clone();
            let connect = move || async move {
                // Has its turn at the door even if the login has timed out.
                let way = tokio::spawn(async move {
                    {
                        let _turn = door.lock().await;
                        sleep(service).await;
                    }
                    sleep(delay).await;
                    served.fetch_add(1, Ordering::SeqCst);
                });
                match timeout(limits.connect, way).await {
                    Ok(_) => Ok(()),
                    Err(_elapsed) => {
                        let message = format!("{name} is slow.");
                        let kind = TroubleKind::SlowLogin;
                        let error = TransportError { kind, message, may_have_run: false };
                        Err(LoginFailure { error, cause: FailureCause::TooSlow })
                    }
                }
            };
            self.logins.connection(host, limits.connect, limits.patience, connect).await?;
            self.hosts.run(host, command, limits).await
        }
        .boxed()
    }
}

#[rstest]
#[case::a_door_of_four_a_second(250, 0, 5_000)]
#[case::slow_logins(0, 6_500, 8_000)]
#[case::both(250, 6_500, 15_000)]
#[tokio::test(start_paused = true)]
async fn a_fleet_behind_a_slow_door_comes_up_and_stays_up(
    #[case] service_ms: u64,
    #[case] delay_ms: u64,
    #[case] limit_ms: u64,
) {
    const CLUSTERS: usize = 100;
    let names: Vec<Vec<String>> =
        (0..CLUSTERS).map(|at| ["a", "b", "c"].map(|member| format!("c{at}{member}")).to_vec()).collect();
    let hosts = Fake::default();
    let mut of: HashMap<HostName, ClusterName> = HashMap::new();
    let mut inventory = Inventory { clusters: Vec::new() };
    for members in &names {
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let mut cluster = entry(&members);
        cluster.access.connect_timeout = Duration::from_millis(limit_ms);
        for host in &members {
            hosts.set(host, Behaviour::Answers(Mon::healthy()));
            of.insert((*host).into(), cluster.name.clone());
        }
        inventory.clusters.push(cluster);
    }
    let served = Arc::new(AtomicUsize::new(0));
    let fleet = SlowFleet {
        logins: Logins::new(of, 64),
        door: Arc::default(),
        service: Duration::from_millis(service_ms),
        delay: Duration::from_millis(delay_ms),
        served: Arc::clone(&served),
        hosts,
    };
    let transport: Arc<dyn Transport> = Arc::new(fleet);
    let (sender, mut updates) = mpsc::channel(1_000);
    let began = Instant::now();
    let _watch = Watch::start(&inventory, &transport, &settings(), &clock(), &sender);
    let (mut live, mut whole) = (BTreeSet::new(), BTreeSet::new());
    while whole.len() < CLUSTERS {
        assert!(began.elapsed() < Duration::from_secs(300), "{} live, {} whole", live.len(), whole.len());
        let update = updates.recv().await.unwrap();
        match &update.observation.contact {
            Contact::Live { .. } => {
                live.insert(update.cluster.clone());
            }
            contact => assert!(!live.contains(&update.cluster), "lost again: {contact:?}"),
        }
        let views = &update.observation.viewpoints;
        if views.len() == 3 && views.iter().all(|view| matches!(view.belief, Belief::Running { .. })) {
            whole.insert(update.cluster);
        }
        // A login that is too slow while the bound doesn't fit the door yet says nothing about the host.
        let silent = views.iter().find(|view| matches!(view.belief, Belief::Silent(_)));
        assert_eq!(silent, None);
    }
    let served = served.load(Ordering::SeqCst);
    assert!(served <= CLUSTERS * 3 + 30, "{served} logins for {} hosts", CLUSTERS * 3);
}

/// Hosts whose logins all time out.
struct DeadFleet {
    logins: Logins<()>,
    tried: Arc<AtomicUsize>,
}

impl Transport for DeadFleet {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        _command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        let (name, tried) = (host.clone(), Arc::clone(&self.tried));
        let connect = move || async move {
            tried.fetch_add(1, Ordering::SeqCst);
            sleep(limits.connect).await;
            let message = format!("{name} is slow.");
            let error = TransportError { kind: TroubleKind::SlowLogin, message, may_have_run: false };
            Err(LoginFailure { error, cause: FailureCause::TooSlow })
        };
        async move {
            self.logins.connection(host, limits.connect, limits.patience, connect).await?;
            unreachable!("a dead host let us in")
        }
        .boxed()
    }
}

#[rstest]
#[case::three_seconds(3)]
#[case::five_seconds(5)]
#[case::fifteen_seconds(15)]
#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_down_from_the_start_is_lost_and_asked_less_and_less(#[case] seconds: u64) {
    let mut cluster = entry(&["a", "b", "c"]);
    cluster.access.connect_timeout = Duration::from_secs(seconds);
    let of = cluster.hosts.iter().map(|host| (host.clone(), cluster.name.clone())).collect();
    let tried = Arc::new(AtomicUsize::new(0));
    let fleet = DeadFleet { logins: Logins::new(of, 64), tried: Arc::clone(&tried) };
    let transport: Arc<dyn Transport> = Arc::new(fleet);
    let (sender, mut updates) = mpsc::channel(1_000);
    let began = Instant::now();
    let inventory = Inventory { clusters: vec![cluster] };
    let _watch = Watch::start(&inventory, &transport, &settings(), &clock(), &sender);
    let lost = loop {
        let update = updates.recv().await.unwrap();
        if let Contact::Lost { troubles, .. } = update.observation.contact {
            break troubles;
        }
        assert!(began.elapsed() < Duration::from_secs(4 * seconds + 10), "{:?}", update.observation);
    };
    let kinds: Vec<_> = lost.iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, [TroubleKind::SlowLogin; 3], "{lost:?}");
    while began.elapsed() < Duration::from_secs(600) {
        let update = updates.recv().await.unwrap();
        let contact = update.observation.contact;
        assert!(began.elapsed() < Duration::from_secs(60) || matches!(contact, Contact::Lost { .. }));
    }
    let tried = tried.load(Ordering::SeqCst);
    assert!((20..120).contains(&tried), "{tried} logins");
}
