//! A configured host that belongs to another cluster.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::Belief;

pub(super) const CHECK: Check = Check {
    code: "other-cluster",
    meaning: "A configured host belongs to another cluster than the others. Its answers aren't used and no operation goes through it.",
    many: Many::Apart,
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let entry = &outlook.entry.name;
    // Also where no host of the cluster answers: then this is why its picture isn't another's.
    let foreign = outlook.observation.viewpoints.iter().filter_map(|viewpoint| match &viewpoint.belief {
        Belief::OtherCluster { name, members } => Some((&viewpoint.host, name, members)),
        Belief::Running { .. } | Belief::Stopped | Belief::Waiting(_) | Belief::Silent(_) => None,
    });
    foreign
        .map(|(host, name, members)| {
            let name = name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
            let summary = format!("{host} belongs to another cluster{name}: {}", names(members));
            Verdict::new(Severity::Warning, host, summary)
                .because([
                    format!("{entry} is configured with {}", names(&outlook.entry.hosts)),
                    format!("{host} isn't used for {entry}: no picture and no operation"),
                ])
                .remedy(format!(
                    "Correct `nodes` of {entry} in the configuration: give {host} an entry of its own, or remove it. Nothing is wrong in the clusters themselves."
                ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::health::assess;
    use crate::health::testing::{ago, entry, lines, now, observed};
    use crate::model::{Belief, Contact, Viewpoint};

    #[test]
    fn the_host_is_named_and_the_configuration_is_to_be_corrected() {
        let belief =
            Belief::OtherCluster { name: Some("lb".to_owned()), members: vec!["lb1".into(), "lb2".into()] };
        let viewpoints = vec![Viewpoint { host: "lb1".into(), belief }];
        let live = Contact::Live { host: "db1".into() };
        let lost = Contact::Lost { since: ago(9), troubles: Vec::new(), retry_at: now() };
        for contact in [live, lost] {
            let findings = assess(&entry(), &observed(contact, viewpoints.clone()), now());
            let told = findings.iter().find(|finding| finding.code == CHECK.code).expect("it is told");
            let expected = "warning other-cluster lb1: lb1 belongs to another cluster lb: lb1, lb2";
            assert_eq!(lines(std::slice::from_ref(told)), [expected]);
            assert!(told.remedy.starts_with("Correct `nodes` of db in the configuration"));
            assert!(findings.iter().all(|finding| !finding.remedy.contains("cluster stop")));
        }
    }
}
