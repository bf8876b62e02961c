//! Nothing is known yet.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::names;
use crate::model::Contact;

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
        Contact::Stopped { .. } | Contact::Lost { .. } => false,
    };
    if !awaited {
        return Vec::new();
    }
    let entry = outlook.entry;
    let verdict = Verdict::new(Severity::Unknown, &entry.name, format!("no answer yet from {}", entry.name))
        .because([format!("members to ask: {}", names(&entry.hosts))])
        .remedy("Wait for the first answer.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{entry, lines, now};
    use crate::health::{Health, assess};
    use crate::model::Observation;

    #[test]
    fn is_neither_healthy_nor_ill() {
        let findings = assess(&entry(), &Observation::none(), now());
        assert_eq!(lines(&findings), ["unknown connecting db: no answer yet from db"]);
        assert_eq!(Health::of(&findings), Health::Unknown);
    }
}
