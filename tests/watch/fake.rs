//! Hosts that answer as they are told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use quorate::model::{Access, ClusterEntry, HostName, Inventory, Observation, Tier, TroubleKind};
use quorate::transport::{Command, Limits, Output, Transport, TransportError};
use quorate::watch::{Clock, Settings, Update, Watch};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What a host does when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// It gives that picture.
    Answers(Mon),
    /// Its cluster stack is stopped.
    Stopped,
    /// It refuses the connection.
    Refuses,
    /// It is silent until the limit.
    Hangs,
    /// Its login waits for its turn.
    Waits,
    /// It is logged in to, and answers nothing within the limit.
    Slow,
    /// `crm_mon` prints that and ends with that code, in whichever form it is asked.
    Prints(&'static str, i32),
    /// It knows only `--as-xml`.
    IsOld(Mon),
}

/// The parts of a picture that matter here.
#[derive(Debug, Clone)]
pub(crate) struct Mon {
    pub(crate) dc: Option<&'static str>,
    pub(crate) quorate: bool,
    pub(crate) online: Vec<&'static str>,
    pub(crate) offline: Vec<&'static str>,
    pub(crate) last_change: &'static str,
}

impl Mon {
    pub(crate) fn healthy() -> Self {
        Self {
            dc: Some("a"),
            quorate: true,
            online: vec!["a", "b", "c"],
            offline: vec![],
            last_change: "2026-01-01 00:00:00Z",
        }
    }

    fn xml(&self, root: &str) -> String {
        let dc = match self.dc {
            Some(dc) => format!(r#"present="true" name="{dc}" id="1""#),
            None => r#"present="false""#.to_owned(),
        };
        let node = |name: &&str, online: bool| {
            format!(
                r#"<node name="{name}" id="{name}" online="{online}" standby="false" standby_onfail="false"
                maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true"
                is_dc="false" resources_running="0" type="member"/>"#
            )
        };
        let online = self.online.iter().map(|name| node(name, true));
        let offline = self.offline.iter().map(|name| node(name, false));
        let nodes: String = online.chain(offline).collect();
        format!(
            r#"<{root}><summary><stack type="corosync"/><current_dc {dc} with_quorum="{}"/>
            <last_update time="now"/><last_change time="{}" user="" client="" origin="a"/>
            <nodes_configured number="3"/><resources_configured number="0"/>
            <cluster_options stonith-enabled="true"/></summary><nodes>{nodes}</nodes></{root}>"#,
            self.quorate, self.last_change
        )
    }
}

/// What a host does when it is asked for the stack under Pacemaker.
#[derive(Debug, Clone)]
pub(crate) enum Stack {
    /// It prints that.
    Prints(&'static str),
    /// It says that on stderr, and fails.
    Refuses(&'static str),
    /// It doesn't end.
    Hangs,
}

/// The hosts, and a record of what they were asked.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    hosts: Mutex<HashMap<String, Behaviour>>,
    /// What `cibadmin` prints, where it is not [`CIB`].
    cib: Mutex<Option<String>>,
    /// What the archive of the CIB holds; `None`: it can't be read.
    archive: Mutex<Option<String>>,
    /// The cluster's name as each host tells it, where it is not that of [`CIB`].
    names: Mutex<HashMap<String, &'static str>>,
    /// Hosts without an entry print a healthy link.
    stacks: Mutex<HashMap<String, Stack>>,
    asked: Mutex<Vec<(Instant, String, String)>>,
}

impl Fake {
    pub(crate) fn set(&self, host: &str, behaviour: Behaviour) {
        lock(&self.hosts).insert(host.to_owned(), behaviour);
    }

    /// The CIB of every host from now on: the attributes of its `<cib>`, and what its constraints are.
    pub(crate) fn configure(&self, cib: &str, constraints: &str) {
        let xml = format!(
            "<cib admin_epoch='0' {cib}><configuration><constraints>{constraints}</constraints></configuration></cib>"
        );
        *lock(&self.cib) = Some(xml);
    }

    /// The CIB of every host from now on: the attributes of its `<cib>`, and what its status is.
    pub(crate) fn configure_with_status(&self, cib: &str, status: &str) {
        let xml = format!("<cib admin_epoch='0' {cib}><configuration/><status>{status}</status></cib>");
        *lock(&self.cib) = Some(xml);
    }

    /// What every host's archive holds from now on.
    pub(crate) fn archive(&self, versions: &str) {
        *lock(&self.archive) = Some(format!("<archive>{versions}</archive>"));
    }

    /// What that host calls its cluster from now on.
    pub(crate) fn name(&self, host: &str, cluster: &'static str) {
        lock(&self.names).insert(host.to_owned(), cluster);
    }

    /// What that host does from now on when it is asked for its stack.
    pub(crate) fn stack(&self, host: &str, stack: Stack) {
        lock(&self.stacks).insert(host.to_owned(), stack);
    }

    /// When that host was asked for its stack, and with which arguments.
    pub(crate) fn stack_questions(&self, host: &str) -> Vec<(Instant, String)> {
        let asked = lock(&self.asked);
        let questions = asked.iter().filter(|(_, asked, _)| asked == host);
        questions.filter_map(|(at, _, ran)| Some((*at, ran.split_once(STACK)?.1.to_owned()))).collect()
    }

    /// How often that host was asked to run that program.
    pub(crate) fn count(&self, host: &str, program: &str) -> usize {
        lock(&self.asked).iter().filter(|(_, asked, ran)| asked == host && ran.contains(program)).count()
    }

    /// When that host was asked for the cluster.
    pub(crate) fn times(&self, host: &str) -> Vec<Instant> {
        let asked = lock(&self.asked);
        asked
            .iter()
            .filter(|(_, asked, ran)| asked == host && ran.contains("crm_mon"))
            .map(|(at, ..)| *at)
            .collect()
    }

    async fn answer(&self, host: &str, command: &Command, limits: Limits) -> Result<Output, TransportError> {
        let line = command.argv().join(" ");
        lock(&self.asked).push((Instant::now(), host.to_owned(), line.clone()));
        let behaviour = lock(&self.hosts).get(host).cloned().unwrap_or(Behaviour::Refuses);
        let print = |text: String, code| {
            let (stdout, stderr) = (text.into_bytes(), Vec::new());
            Ok(Output { exit_code: Some(code), stdout, stderr, elapsed: Duration::ZERO })
        };
        match &behaviour {
            Behaviour::Refuses => return Err(failure(host, TroubleKind::Refused)),
            Behaviour::Hangs => {
                tokio::time::sleep(limits.patience.unwrap_or(limits.connect).min(limits.connect)).await;
                return Err(failure(host, TroubleKind::Unreachable));
            }
            Behaviour::Waits => {
                tokio::time::sleep(limits.patience.unwrap_or(limits.connect)).await;
                return Err(failure(host, TroubleKind::LoginPending));
            }
            Behaviour::Slow => {
                tokio::time::sleep(limits.command).await;
                return Err(failure(host, TroubleKind::Timeout));
            }
            _ => {}
        }
        if line.contains(STACK) {
            let stack = lock(&self.stacks).get(host).cloned();
            return match stack.unwrap_or(Stack::Prints(HEALTHY_LINK)) {
                Stack::Prints(text) => print(text.to_owned(), 0),
                Stack::Refuses(stderr) => Ok(Output {
                    exit_code: Some(1),
                    stdout: Vec::new(),
                    stderr: stderr.as_bytes().to_vec(),
                    elapsed: Duration::ZERO,
                }),
                Stack::Hangs => {
                    tokio::time::sleep(limits.command).await;
                    Err(failure(host, TroubleKind::Timeout))
                }
            };
        }
        if line.contains("date") {
            let there = clock()().checked_add(AHEAD).unwrap_or(Timestamp::MAX);
            return print(format!("{}.{:09} +0200\n", there.as_second(), there.subsec_nanosecond()), 0);
        }
        if let (true, Some(name)) = (line.contains("crm_config"), lock(&self.names).get(host)) {
            let pair = format!("<nvpair name='cluster-name' value='{name}'/>");
            let xml = format!("<crm_config><cluster_property_set>{pair}</cluster_property_set></crm_config>");
            return print(xml, 0);
        }
        if line.contains("cibadmin") {
            return print(lock(&self.cib).clone().unwrap_or_else(|| CIB.to_owned()), 0);
        }
        if line.contains("<archive>") {
            return lock(&self.archive).clone().map_or_else(|| print(String::new(), 66), |xml| print(xml, 0));
        }
        match behaviour {
            Behaviour::Answers(mon) => print(mon.xml("pacemaker-result"), 0),
            Behaviour::IsOld(mon) if line.contains("--as-xml") => print(mon.xml("crm_mon"), 0),
            Behaviour::IsOld(_) => print("crm_mon: unrecognized option '--output-as=xml'".to_owned(), 64),
            Behaviour::Prints(text, code) => print(text.to_owned(), code),
            _ => {
                let xml =
                    r#"<pacemaker-result><status code="102" message="Not connected"/></pacemaker-result>"#;
                print(xml.to_owned(), 102)
            }
        }
    }
}

/// Asks for the stack.
const STACK: &str = " sh -s --";

const HEALTHY_LINK: &str =
    "= links 0\n|RING ID 0\n|\tid\t= 10.0.0.1\n|\tstatus\t= ring 0 active with no faults\n\n= end\n";

/// How far the clocks of the hosts are ahead of the console's.
pub(crate) const AHEAD: SignedDuration = SignedDuration::from_secs(7);

const CIB: &str = r#"<cib epoch="3" admin_epoch="0" validate-with="pacemaker-3.9"><configuration><crm_config>
    <cluster_property_set id="p"><nvpair id="n" name="cluster-name" value="galera"/></cluster_property_set>
    </crm_config><nodes><node id="1" uname="a"/><node id="2" uname="b"/><node id="3" uname="c"/></nodes>
    <resources/><constraints/></configuration></cib>"#;

impl Transport for Fake {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        self.answer(host.as_str(), command, limits).boxed()
    }
}

fn failure(host: &str, kind: TroubleKind) -> TransportError {
    TransportError { kind, message: format!("{host} is not there."), may_have_run: false }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs as tokio's clock does, which stands still unless all are waiting.
pub(crate) fn clock() -> Clock {
    thread_local!(static ORIGIN: Instant = Instant::now());
    let origin = ORIGIN.with(|origin| *origin);
    Arc::new(move || {
        let start = Timestamp::from_second(1_790_000_000).expect("in range");
        start + SignedDuration::try_from(origin.elapsed()).expect("in range")
    })
}

/// A watch on clusters of fake hosts.
pub(crate) struct Fleet {
    pub(crate) fake: Arc<Fake>,
    pub(crate) watch: Watch,
    pub(crate) updates: mpsc::Receiver<Update>,
}

impl Fleet {
    /// One cluster for each list of hosts, named after its first, on a channel of that size.
    pub(crate) fn start(fake: Fake, clusters: &[&[&str]], channel: usize) -> Self {
        let fake = Arc::new(fake);
        let inventory = Inventory { clusters: clusters.iter().map(|hosts| entry(hosts)).collect() };
        let (sender, updates) = mpsc::channel(channel);
        let transport: Arc<dyn Transport> = fake.clone();
        let watch = Watch::start(&inventory, &transport, &settings(), &clock(), &sender);
        Self { fake, watch, updates }
    }

    /// The next update of the only cluster.
    pub(crate) async fn next(&mut self) -> Observation {
        self.updates.recv().await.expect("the watch has ended").observation
    }
}

pub(crate) fn settings() -> Settings {
    Settings { seed: Some(1), ..Settings::default() }
}

pub(crate) fn entry(hosts: &[&str]) -> ClusterEntry {
    ClusterEntry {
        name: hosts[0].into(),
        tier: Tier::Other,
        hosts: hosts.iter().map(|&host| host.into()).collect(),
        access: Access::default(),
        needs: None,
    }
}
