//! A Qdevice that doesn't cast its vote.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::stack::{self, Member};
use crate::health::words::{first_lines, listed, plural, shell};
use crate::model::{QdeviceState, Votes};

pub(super) const CHECK: Check = Check {
    code: "qdevice-down",
    meaning: "Qdevice doesn't run on a member, doesn't answer corosync, or casts no vote.",
    many: Many::Apart,
    look: Look::Inside(check),
};

/// The daemon's unit.
pub(super) const DAEMON: &str = "corosync-qdevice";

/// What is wrong with the Qdevice of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    NotRunning,
    Silent,
    NoVote,
}

struct Faulty<'a> {
    name: &'a str,
    fault: Fault,
    evidence: String,
}

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let members: Vec<Member<'_>> = stack::members(scene).into_iter().filter(Member::is_up).collect();
    // A package may enable the daemon where corosync has no Qdevice configured.
    let is_used = is_used(scene, &members);
    let down = members.iter().filter_map(of_daemon);
    let mut faulty: Vec<Faulty<'_>> = down.filter(|_| is_used).collect();
    // All members know the same votes, the one that reported last knows best.
    let votes = members.iter().filter_map(|member| Some((member, member.report.votes.known()?)));
    let votes = votes.max_by_key(|(member, _)| member.at);
    if let Some((member, votes)) = votes {
        of_votes(scene, member, votes, &mut faulty);
    }
    let Some(worst) = faulty.iter().map(|one| one.fault).min() else { return Vec::new() };
    let names: Vec<&str> = faulty.iter().map(|one| one.name).collect();
    let is_alike = faulty.iter().all(|one| one.fault == worst);
    let is_all = votes.is_some_and(|(_, votes)| names.len() >= votes.members.len());
    let evidence = faulty.iter().map(|one| one.evidence.clone());
    let verdict = Verdict::new(Severity::Warning, stack::subject(scene, &names), {
        match (is_alike, worst) {
            (true, Fault::NotRunning) => format!("Qdevice not running on {}", listed(&names)),
            (true, Fault::Silent) => format!("Qdevice silent on {}", listed(&names)),
            (true, Fault::NoVote) if is_all => "Qdevice casts no vote".to_owned(),
            (true, Fault::NoVote) => format!("Qdevice casts no vote for {}", listed(&names)),
            (false, _) => format!("Qdevice faulty on {}", listed(&names)),
        }
    })
    .because(first_lines(evidence))
    .because(votes.and_then(|(member, votes)| margin(member.name(), votes)))
    .remedy(remedy(&faulty, worst));
    vec![verdict]
}

/// Whether a member's report shows that the cluster has a Qdevice. Corosync expects its vote also while its daemon is down.
pub(super) fn is_used(scene: &Scene<'_>, members: &[Member<'_>]) -> bool {
    let nodes = scene.picture.members().count();
    let shows = |votes: &Votes| {
        votes.qdevice_votes.is_some()
            || votes.flags.iter().any(|flag| flag == "Qdevice")
            || votes.members.iter().any(|member| member.qdevice.is_some())
            || (votes.members.iter().all(|member| member.votes == 1)
                && votes.expected.is_some_and(|expected| expected as usize > nodes))
    };
    members.iter().any(|member| member.runs(DAEMON) || member.report.votes.known().is_some_and(shows))
}

/// The daemon that should run beside a corosync that does.
fn of_daemon<'a>(member: &Member<'a>) -> Option<Faulty<'a>> {
    let daemon = member.daemons().iter().find(|daemon| daemon.name == DAEMON && stack::is_down(daemon))?;
    let name = member.name();
    member.runs("corosync").then(|| Faulty {
        name,
        fault: Fault::NotRunning,
        evidence: stack::daemon_line(name, daemon),
    })
}

fn of_votes<'a>(scene: &Scene<'a>, member: &Member<'a>, votes: &Votes, faulty: &mut Vec<Faulty<'a>>) {
    for voter in &votes.members {
        let (Some(state), Some(node)) = (voter.qdevice, stack::node_with(scene, voter.id)) else { continue };
        let name = node.name.as_str();
        let (fault, words) = match state {
            QdeviceState { registered: false, .. } => (Fault::NotRunning, "not registered (NR)"),
            QdeviceState { alive: false, .. } => (Fault::Silent, "not alive (NA)"),
            QdeviceState { votes: false, .. } => (Fault::NoVote, "alive without a vote (NV)"),
            QdeviceState { .. } => continue,
        };
        if stack::is_up(node) && !faulty.iter().any(|known| known.name == name) {
            let evidence = format!("corosync-quorumtool on {}: Qdevice of {name} {words}", member.name());
            faulty.push(Faulty { name, fault, evidence });
        }
    }
}

/// How many votes are left to lose.
fn margin(name: &str, votes: &Votes) -> Option<String> {
    let (total, quorum, expected) = (votes.total?, votes.quorum?, votes.expected?);
    let left = match total.checked_sub(quorum) {
        Some(0) => "losing one more ends it".to_owned(),
        Some(spare) => format!("{} to spare", plural(spare as usize, "vote")),
        None => "no quorum".to_owned(),
    };
    Some(format!("corosync-quorumtool on {name}: {total} of {expected} votes, quorum {quorum}, {left}"))
}

fn remedy(faulty: &[Faulty<'_>], worst: Fault) -> String {
    let with: Vec<&str> = faulty.iter().filter(|one| one.fault == worst).map(|one| one.name).collect();
    let first = with.first().map_or_else(String::new, shell);
    match worst {
        Fault::NotRunning => format!(
            "Start it on {}: `systemctl start {DAEMON}`. If it fails: `journalctl --boot --unit {DAEMON}`.",
            stack::each_of(&with)
        ),
        Fault::Silent => format!(
            "Restart it on {}: `systemctl restart {DAEMON}`. If it stays silent: `journalctl --boot --unit {DAEMON}`.",
            stack::each_of(&with)
        ),
        Fault::NoVote => format!(
            "Check its connection to the qnetd host: `ssh {first} corosync-qdevice-tool -s -v`, then `corosync-qnetd-tool -l` on that host."
        ),
    }
}
