//! Nothing is known yet.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::{Belief, Contact};

pub(super) const CHECK: Check = Check {
    code: "connecting",
    meaning: "No member has answered yet since the console was started.",
    many: Many::Apart,
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let observation = outlook.observation;
    let awaited = match observation.contact {
        Contact::Connecting => true,
        Contact::Live { .. } => observation.picture.is_none(),
        Contact::Stopped { .. } | Contact::Lost { .. } | Contact::Saved => false,
    };
    if !awaited {
        return Vec::new();
    }
    let entry = outlook.entry;
    let waiting = observation.viewpoints.iter().filter_map(|viewpoint| match &viewpoint.belief {
        Belief::Waiting(words) | Belief::Silent(words) => Some(words.clone()),
        Belief::Running { .. } | Belief::Stopped | Belief::OtherCluster { .. } => None,
    });
    let waiting: Vec<_> = waiting.collect();
    let name = &entry.name;
    let (summary, remedy) = if waiting.is_empty() {
        (format!("no answer yet from {name}"), "Wait for the first answer.")
    } else {
        (format!("waiting to log in to {name}"), "Wait, or press `r` to put this cluster first in the queue.")
    };
    let verdict = Verdict::new(Severity::Unknown, name, summary)
        .because([format!("members to ask: {}", names(&entry.hosts))])
        .because(waiting)
        .remedy(remedy);
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{entry, lines, now};
    use crate::health::{Health, assess};
    use crate::model::{Belief, Observation, Viewpoint};

    #[test]
    fn a_cluster_that_waits_to_be_logged_in_to_says_so() {
        let belief = Belief::Waiting("db1 waits for its turn.".to_owned());
        let viewpoints = vec![Viewpoint { host: "db1".into(), belief }];
        let findings = assess(&entry(), &Observation { viewpoints, ..Observation::none() }, now());
        assert_eq!(lines(&findings), ["unknown connecting db: waiting to log in to db"]);
        assert!(findings[0].evidence.contains(&"db1 waits for its turn.".to_owned()));
    }

    #[test]
    fn is_neither_healthy_nor_ill() {
        let findings = assess(&entry(), &Observation::none(), now());
        assert_eq!(lines(&findings), ["unknown connecting db: no answer yet from db"]);
        assert_eq!(Health::of(&findings), Health::Unknown);
    }
}
