//! A cluster of three that does as it is told.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use quorate::model::{Access, ClusterEntry, HostName, Inventory, Tier};
use quorate::transport::{Command, Limits, Output, Transport, TransportError};

/// The cluster, and what was asked of it.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) vip_on: &'static str,
    /// Whom the constraint of a move draws it to.
    pub(crate) prefers: Option<&'static str>,
    /// Whether a move has any effect but its constraint.
    pub(crate) obeys: bool,
    /// The program at which the transport panics.
    pub(crate) panics_at: Option<&'static str>,
    /// What was changed.
    pub(crate) changes: Vec<Vec<String>>,
}

/// Its members.
pub(crate) struct Hosts(Mutex<Fake>);

impl Hosts {
    pub(crate) fn new() -> Arc<Self> {
        let fake = Fake { vip_on: "db1", prefers: None, obeys: true, panics_at: None, changes: Vec::new() };
        Arc::new(Self(Mutex::new(fake)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().expect("nobody panicked")
    }

    /// Where the vip is, whom a constraint draws it to, and how many changes were asked for.
    pub(crate) fn place(&self) -> (&'static str, Option<&'static str>, usize) {
        let fake = self.lock();
        (fake.vip_on, fake.prefers, fake.changes.len())
    }
}

/// What a console is to watch.
pub(crate) fn inventory() -> Inventory {
    let entry = ClusterEntry {
        name: "db".into(),
        tier: Tier::Core,
        hosts: ["db1", "db2", "db3"].map(HostName::from).to_vec(),
        access: Access::default(),
        needs: None,
    };
    Inventory { clusters: vec![entry] }
}

impl Transport for Hosts {
    fn run<'a>(
        &'a self,
        _host: &'a HostName,
        command: &'a Command,
        _limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move {
            // As on a real host, nothing is at once.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let panics_at = self.lock().panics_at;
            let program = words(command).into_iter().next();
            assert!(panics_at.is_none() || program.as_deref() != panics_at, "a mistake at {panics_at:?}");
            Ok(self.lock().answer(command))
        }
        .boxed()
    }
}

/// The words past `env` and the variables that it sets.
fn words(command: &Command) -> Vec<String> {
    let is_environment = |word: &&String| *word == "env" || word.contains('=');
    command.argv().iter().skip_while(is_environment).cloned().collect()
}

fn printed(stdout: String) -> Output {
    Output { exit_code: Some(0), stdout: stdout.into_bytes(), stderr: Vec::new(), elapsed: Duration::ZERO }
}

impl Fake {
    /// It has done after all what it was told, and does so from now on.
    pub(crate) fn comes_round(&mut self) {
        (self.vip_on, self.prefers, self.obeys) = ("db2", Some("db2"), true);
    }

    fn answer(&mut self, command: &Command) -> Output {
        let argv = words(command);
        match argv.first().map(String::as_str) {
            Some("date") => printed("1795345794.0 +0000\n".to_owned()),
            Some("crm_mon") => printed(self.crm_mon()),
            Some("cibadmin") => printed(self.cib()),
            Some("sh") => printed(simulated(&argv)),
            _ => self.change(argv),
        }
    }

    fn crm_mon(&self) -> String {
        let node = |name: &str| {
            format!(
                r#"<node name="{name}" id="{name}" online="true" standby="false" standby_onfail="false" maintenance="false"
                pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="false" type="member"/>"#
            )
        };
        let nodes: String = ["db1", "db2", "db3"].map(node).concat();
        format!(
            r#"<pacemaker-result><summary><current_dc present="true" name="db1" version="2.1.5-1" with_quorum="true"/>
            <cluster_options stonith-enabled="true"/></summary><nodes>{nodes}</nodes><resources>
            <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false"
            blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="{}"/>
            </resource></resources><status code="0" message="OK"/></pacemaker-result>"#,
            self.vip_on
        )
    }

    fn cib(&self) -> String {
        let constraint = self.prefers.map(|node| {
            format!(r#"<rsc_location id="cli-prefer-vip" rsc="vip" node="{node}" score="INFINITY"/>"#)
        });
        format!(
            r#"<cib epoch="1" admin_epoch="0"><configuration><crm_config/><nodes/><resources><primitive id="vip"
            class="ocf" provider="heartbeat" type="IPaddr2"/></resources><constraints>{}</constraints></configuration></cib>"#,
            constraint.unwrap_or_default()
        )
    }

    fn change(&mut self, argv: Vec<String>) -> Output {
        let to = argv.iter().find_map(|word| word.strip_prefix("--node="));
        let to = ["db1", "db2", "db3"].into_iter().find(|node| Some(*node) == to);
        let is = |option: &str| argv.iter().any(|word| word == option);
        match to {
            Some(node) if is("--move") => {
                self.prefers = Some(node);
                self.vip_on = if self.obeys { node } else { self.vip_on };
            }
            _ if is("--clear") => self.prefers = None,
            _ => panic!("what is {argv:?}?"),
        }
        self.changes.push(argv);
        printed(String::new())
    }
}

fn simulated(argv: &[String]) -> String {
    let is = |option: &str| argv.iter().any(|word| word == option);
    let answer =
        |actions: &str| format!("<pacemaker-result><actions>{actions}</actions></pacemaker-result>\n");
    let there = answer(
        r#"<rsc_action action="move" resource="vip" source="db1" dest="db2"/>
           <rsc_action action="restart" resource="web" node="db3" reason="required vip start"/>"#,
    );
    match (is("--move"), is("--clear")) {
        (true, true) => format!("{there}== and then ==\n{}", answer("")),
        (true, false) => there,
        (false, _) => answer(""),
    }
}
