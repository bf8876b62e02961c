//! A cluster of three that does as it is told, or does not.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::model::{HostName, TroubleKind};
use crate::transport::{Command, Limits, Output, Transport, TransportError};

/// What becomes of a command that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Works,
    /// It exits with 1 and has done nothing.
    Fails,
    /// It exits with 0 and has done nothing.
    Lies,
    /// It works, but nobody hears of it.
    LostAfter,
    /// The connection breaks before it was begun, which nobody can know.
    LostBefore,
    /// It certainly was not sent.
    NotSent,
}

/// The cluster, and what was asked of it.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) vip_on: &'static str,
    /// Whom the constraint of a move draws it to.
    pub(super) prefers: Option<&'static str>,
    pub(super) quorate: bool,
    /// How many pictures are refused from now on.
    pub(super) silent: usize,
    /// What becomes of the next commands; then all of them work.
    pub(super) fates: VecDeque<Fate>,
    /// What was changed, or may have been.
    pub(super) changes: Vec<Vec<String>>,
    /// Where the scheduler says that it goes back to without the constraint.
    pub(super) goes_back: bool,
    /// Pacemaker's version, as `crm_mon` shows it.
    pub(super) version: &'static str,
    /// Whether a start of `vip` has failed, newly.
    pub(super) fails: bool,
    /// The states that the controller is in, one at each question; the last one stays. None: it can't be asked.
    pub(super) states: VecDeque<&'static str>,
    pub(super) audit: std::path::PathBuf,
}

pub(super) struct Host(pub(super) Mutex<Fake>);

impl Host {
    pub(super) fn lock(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().unwrap()
    }
}

impl Transport for Host {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        command: &'a Command,
        _limits: Limits,
    ) -> BoxFuture<'a, Result<Output, TransportError>> {
        async move {
            // As on a real host, nothing is at once.
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.lock().answer(host, command)
        }
        .boxed()
    }
}

fn printed(stdout: String, code: i32) -> Output {
    Output { exit_code: Some(code), stdout: stdout.into_bytes(), stderr: Vec::new(), elapsed: Duration::ZERO }
}

fn lost(may_have_run: bool) -> Result<Output, TransportError> {
    let message = "The connection broke.".to_owned();
    Err(TransportError { kind: TroubleKind::ConnectionLost, message, may_have_run })
}

impl Fake {
    fn answer(&mut self, host: &HostName, command: &Command) -> Result<Output, TransportError> {
        // Past `env` and the variables that it sets.
        let is_environment = |word: &&String| *word == "env" || word.contains('=');
        let argv: Vec<String> = command.argv().iter().skip_while(is_environment).cloned().collect();
        match argv.first().map(String::as_str) {
            Some("date") => Ok(printed("1795345794.0 +0000\n".to_owned(), 0)),
            Some("crm_mon") if self.silent > 0 => {
                // A poll asks all three when nobody answers; the count is of polls, by the first of them.
                self.silent -= usize::from(*host == *"db1");
                lost(false)
            }
            Some("crm_mon") => Ok(printed(self.crm_mon(), 0)),
            Some("cibadmin") => Ok(printed(self.cib(), 0)),
            Some("crmadmin") => {
                assert_eq!(argv.get(1).map(String::as_str), Some("--status=db1"), "the DC is asked");
                let state = if self.states.len() > 1 {
                    self.states.pop_front()
                } else {
                    self.states.front().copied()
                };
                let Some(state) = state else { return lost(false) };
                Ok(printed(format!("Status of crmd@db1: {state} (ok)\n"), 0))
            }
            Some("sh") => {
                assert_eq!(command.input(), Some(crate::operation::SCRIPT.as_bytes()));
                Ok(printed(self.simulated(&argv), 0))
            }
            _ => self.change(&argv),
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
        let failures = if self.fails {
            r#"<failures><failure op_key="vip_start_0" node="db2" exitstatus="unknown error" exitreason="no route"
            exitcode="1" call="7" status="complete" queued="0" exec="0" interval="0" task="start"/></failures>"#
        } else {
            ""
        };
        format!(
            r#"<pacemaker-result><summary><current_dc present="true" name="db1" version="{}" with_quorum="{}"/>
            <cluster_options stonith-enabled="true"/></summary><nodes>{nodes}</nodes><resources>
            <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false"
            blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="{}"/>
            </resource></resources>{failures}<status code="0" message="OK"/></pacemaker-result>"#,
            self.version, self.quorate, self.vip_on
        )
    }

    fn cib(&self) -> String {
        let constraint = self.prefers.map(|node| {
            format!(r#"<rsc_location id="cli-prefer-vip" rsc="vip" node="{node}" score="INFINITY"/>"#)
        });
        format!(
            r#"<cib epoch="1" admin_epoch="0"><configuration><crm_config/><nodes/><resources><primitive id="vip"
            class="ocf" provider="heartbeat" type="IPaddr2"/><primitive id="power" class="stonith"
            type="fence_ipmilan"/></resources><constraints>{}</constraints></configuration></cib>"#,
            constraint.unwrap_or_default()
        )
    }

    fn simulated(&self, argv: &[String]) -> String {
        let is = |option: &str| argv.iter().any(|word| word == option);
        let answer =
            |actions: &str| format!("<pacemaker-result><actions>{actions}</actions></pacemaker-result>\n");
        let there = answer(
            r#"<rsc_action action="move" resource="vip" source="db1" dest="db2"/>
               <rsc_action action="restart" resource="web" node="db3" reason="required vip start"/>"#,
        );
        let back = answer(if self.goes_back {
            r#"<rsc_action action="move" resource="vip" source="db2" dest="db1"/>"#
        } else {
            ""
        });
        match (is("--move"), is("--clear")) {
            (true, true) => format!("{there}== and then ==\n{back}"),
            (true, false) => there,
            (false, _) => back,
        }
    }

    fn change(&mut self, argv: &[String]) -> Result<Output, TransportError> {
        // Whoever sends a command has written it down before.
        let log = std::fs::read_to_string(&self.audit).unwrap();
        let last = log.lines().last().unwrap();
        assert!(last.contains(&serde_json::to_string(argv).unwrap()), "{argv:?} is not in the log: {last}");
        let fate = self.fates.pop_front().unwrap_or(Fate::Works);
        if fate != Fate::NotSent {
            self.changes.push(argv.to_vec());
        }
        if matches!(fate, Fate::Works | Fate::LostAfter) {
            let is = |option: &str| argv.iter().any(|word| word == option);
            if is("--move") {
                (self.vip_on, self.prefers) = ("db2", Some("db2"));
            } else if is("--clear") {
                self.prefers = None;
            } else {
                panic!("what is {argv:?}?");
            }
        }
        match fate {
            Fate::Works | Fate::Lies => Ok(printed(String::new(), 0)),
            Fate::Fails => Ok(printed("crm_resource: \u{1b}[31mno\n".to_owned(), 1)),
            Fate::LostAfter | Fate::LostBefore => lost(true),
            Fate::NotSent => lost(false),
        }
    }
}
