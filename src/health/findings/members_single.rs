//! A cluster of one.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::model::Tier;

pub(super) const CHECK: Check = Check {
    code: "members-single",
    meaning: "A cluster has one member only: nothing survives its loss. Compute nodes are meant to be so.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.picture.members().count() != 1 {
        return Vec::new();
    }
    let severity = match scene.outlook.entry.tier {
        Tier::Compute => return Vec::new(),
        // Swift's storage and hosts may be single; a database or a load balancer is not meant to be.
        Tier::OpenStack | Tier::Hosts | Tier::Other => Severity::Note,
        Tier::Core => Severity::Warning,
    };
    let name = scene.name();
    let verdict = Verdict::new(severity, name, format!("{name} has one member only"))
        .because(["nothing survives its loss".to_owned()])
        .remedy("If that is not meant so, add two members.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::CHECK;
    use crate::health::testing::{entry, healthy, live, now};
    use crate::health::{Severity, assess};
    use crate::model::{ClusterEntry, Tier};

    #[rstest]
    #[case(Tier::Core, Some(Severity::Warning))]
    #[case(Tier::OpenStack, Some(Severity::Note))]
    #[case(Tier::Compute, None)]
    fn by_its_tier(#[case] tier: Tier, #[case] expected: Option<Severity>) {
        let mut picture = healthy();
        picture.nodes.truncate(1);
        let findings = assess(&ClusterEntry { tier, ..entry() }, &live(picture), now());
        let found = findings.iter().find(|finding| finding.code == CHECK.code);
        assert_eq!(found.map(|finding| finding.severity), expected);
    }
}
