//! A host whose cluster stack is stopped while the others count on it.

use super::member_silent::is_seen_as_up;
use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::stack;
use crate::model::Belief;

pub(super) const CHECK: Check = Check {
    code: "member-stopped",
    meaning: "A member says that its cluster stack is stopped, and the others do not list it as offline.",
    many: Many::Folded("member", "say that their cluster stack is stopped"),
    look: Look::Outside(check),
};

fn check(outlook: &Outlook<'_>) -> Vec<Verdict> {
    let stopped = outlook.viewpoints().iter().filter(|viewpoint| viewpoint.belief == Belief::Stopped);
    stopped
        .filter(|viewpoint| is_seen_as_up(outlook, &viewpoint.host))
        .map(|viewpoint| {
            let host = &viewpoint.host;
            Verdict::new(Severity::Warning, host, format!("{host} says that its cluster stack is stopped"))
                .because(stack::failed_lines(outlook, |other| other == host))
                .remedy("Start it there if it should take part: `pcs cluster start` or `systemctl start pacemaker`.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::health::assess;
    use crate::health::testing::{entry, lines, now, observed};
    use crate::model::{Belief, Contact, Viewpoint};

    #[test]
    fn the_others_do_not_know_yet() {
        let viewpoints = vec![Viewpoint { host: "db3".into(), belief: Belief::Stopped }];
        let observation = observed(Contact::Live { host: "db1".into() }, viewpoints);
        assert_eq!(
            lines(&assess(&entry(), &observation, now())),
            ["warning member-stopped db3: db3 says that its cluster stack is stopped"]
        );
    }
}
