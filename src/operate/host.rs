//! Which member a command is sent to, and what its answer means.

use super::Operator;
use crate::model::text::clean;
use crate::model::{HostName, NodeName, Privilege};
use crate::operation::{AND_THEN, Plan, Ran, SCRIPT, Simulation, Step, SubjectKind};
use crate::pacemaker::argv;
use crate::pacemaker::parse::{self, ControllerState, Projected};
use crate::transport::{Command, Limits, Output};

/// The most that is read of what a command says.
const OUTPUT: usize = 4 << 20;
/// The longest wait for a login, and for a session, before a command. The picture that allows the command gets old
/// meanwhile.
const SEND_PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
/// How much longer than an ordinary command the scheduler may think.
const SIMULATE: std::time::Duration = std::time::Duration::from_secs(50);

impl Operator {
    /// The member that answered last. Not the node that is acted on, if another member answers: it may be about to die.
    /// Where no host's name is that node's, any host whose name isn't another node's may be it.
    pub(super) fn host_for(&self, plan: &Plan) -> Option<HostName> {
        let last = self.lookout.host()?;
        if plan.intent.verb.subject() != SubjectKind::Node {
            return Some(last);
        }
        let observation = self.lookout.observation();
        let subject = NodeName::from(plan.intent.subject.as_str());
        let is_subject = |host: &HostName| host.is_node(&subject);
        let is_named = self.entry.hosts.iter().any(is_subject);
        let is_known =
            |host: &HostName| observation.current().is_some_and(|picture| picture.node_of(host).is_some());
        let others = self.lookout.answering().into_iter().filter(|host| *host != last);
        std::iter::once(last.clone())
            .chain(others)
            .min_by_key(|host| (is_subject(host), !is_named && !is_known(host)))
    }

    /// Sends a command, once.
    pub(super) async fn send(&self, host: &HostName, step: &Step) -> Ran {
        let command: Command = step.command.to_run().into_iter().collect();
        let limits = self.limits(step.seconds.map(std::time::Duration::from_secs));
        let limits = Limits { patience: Some(SEND_PATIENCE), session: Some(SEND_PATIENCE), ..limits };
        match self.transport.run(host, &self.with_rights(command), limits).await {
            Ok(output) => Ran::Exited { code: output.exit_code, said: said(&output) },
            Err(error) if error.may_have_run => Ran::Unknown(error.message),
            Err(error) => Ran::NotSent(error.message),
        }
    }

    /// Asks what the scheduler would do after that change. Nothing is changed by it.
    pub(super) async fn simulate(&self, host: &HostName, simulation: &Simulation) -> Result<Answers, String> {
        let command: Command = simulation.argv().into_iter().collect();
        let command = self.with_rights(command.stdin(SCRIPT));
        let limits = self.limits(Some(self.entry.access.command_timeout + SIMULATE));
        let output = self.transport.run(host, &command, limits).await.map_err(|error| error.message)?;
        if output.exit_code != Some(0) {
            return Err(said(&output));
        }
        answers(&output.stdout)
    }

    /// Asks the member that answered last for the state of the DC's controller; `None` where it doesn't tell.
    pub(super) async fn controller_state(&self, dc: &NodeName) -> Option<ControllerState> {
        let host = self.lookout.host()?;
        let command: Command = argv::controller_state(dc.as_str()).into_iter().collect();
        match self.transport.run(&host, &self.with_rights(command), self.limits(None)).await {
            Ok(output) => {
                let state = parse::controller_state(&output.stdout);
                if state.is_none() {
                    tracing::info!(%host, "the state of the controller on {dc} is unknown: {}", said(&output));
                }
                state
            }
            Err(error) => {
                tracing::info!(%host, "the state of the controller on {dc} is unknown: {}", error.message);
                None
            }
        }
    }

    fn limits(&self, command: Option<std::time::Duration>) -> Limits {
        let access = &self.entry.access;
        let command = command.map_or(access.command_timeout, |it| it.max(access.command_timeout));
        Limits { connect: access.connect_timeout, patience: None, session: None, command, output: OUTPUT }
    }

    fn with_rights(&self, command: Command) -> Command {
        let privilege: Privilege = self.entry.access.privilege;
        command.with_privilege(privilege)
    }
}

/// What the scheduler would do, and what it would do after the second command, if there was one.
pub(super) struct Answers {
    pub(super) first: Vec<Projected>,
    pub(super) then: Option<Vec<Projected>>,
}

fn answers(stdout: &[u8]) -> Result<Answers, String> {
    let text = String::from_utf8_lossy(stdout);
    let read = |printed: &str| parse::crm_simulate(printed.as_bytes()).map_err(|error| error.to_string());
    let mark = format!("\n{AND_THEN}\n");
    Ok(match text.split_once(&mark) {
        Some((first, then)) => Answers { first: read(first)?, then: Some(read(then)?) },
        None => Answers { first: read(&text)?, then: None },
    })
}

/// The last lines of what a command said, fit to be shown.
fn said(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(clean).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let lines = Some(lines(&stderr)).filter(|lines| !lines.is_empty()).unwrap_or_else(|| lines(&stdout));
    lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ")
}
