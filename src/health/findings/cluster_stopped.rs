//! The hosts answer, and the cluster stack runs on none of them.

use super::lost::when_last_seen;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::stack;
use crate::health::words::{names, span};
use crate::model::{Belief, Contact};

pub(super) const CHECK: Check = Check {
    code: "cluster-stopped",
    meaning: "Members answer that Pacemaker does not run there, and no other member says that it does.",
    many: Many::Apart,
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let Contact::Stopped { hosts, since } = &outlook.observation.contact else {
        return Vec::new();
    };
    let name = &outlook.entry.name;
    let silent = outlook.entry.hosts.iter().filter(|host| !hosts.contains(host));
    let silent: Vec<_> = silent.collect();
    let summary = if silent.is_empty() {
        format!("{name} is stopped on every member that was asked")
    } else {
        format!("{name} is stopped on {}; {} did not answer", names(hosts), names(&silent))
    };
    let why = outlook.observation.viewpoints.iter().filter_map(|viewpoint| match &viewpoint.belief {
        Belief::Silent(why) | Belief::Waiting(why) => Some(format!("{}: {why}", viewpoint.host)),
        Belief::Running { .. } | Belief::Stopped | Belief::OtherCluster { .. } => None,
    });
    let verdict = Verdict::new(Severity::Critical, name, summary)
        .because([format!("Pacemaker does not run on {} (known for {})", names(hosts), span(outlook.now.duration_since(*since)))])
        .because(stack::failed_lines(outlook, |host| hosts.contains(host)))
        .because(why)
        .because(when_last_seen(outlook))
        .remedy("Find out why it was stopped, then start it on every member: `pcs cluster start --all`, or `systemctl start pacemaker` on each.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::assess;
    use crate::health::testing::{ago, entry, lines, now, observed};
    use crate::model::Contact;

    #[test]
    fn tells_who_did_not_answer() {
        let hosts = vec!["db1".into(), "db2".into()];
        let observation = observed(Contact::Stopped { hosts, since: ago(41) }, Vec::new());
        let findings = assess(&entry(), &observation, now());
        let expected = "critical cluster-stopped db: db is stopped on db1, db2; db3 did not answer";
        assert_eq!(lines(&findings), [expected]);
    }
}
