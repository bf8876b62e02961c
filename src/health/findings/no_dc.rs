//! Nobody leads.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "no-dc",
    meaning: "No member has been elected designated controller, so that nothing is decided.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if scene.picture.summary.dc.is_some() || scene.lacks_quorum() {
        return Vec::new();
    }
    let name = scene.name();
    let seen = scene.picture.members().count();
    let verdict = Verdict::new(Severity::Critical, name, format!("{name} has no DC: nothing is started or recovered"))
        .because((seen == 0).then(|| "no node is known yet: the cluster may just be starting".to_owned()))
        .because(scene.stopped_line())
        .remedy("After a start the election takes up to `dc-deadtime` (20 s). If it takes longer, look at the controllers: `crmadmin --dc_lookup`, `journalctl -u pacemaker`, and corosync's network: `corosync-cfgtool -s`.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{galera, told};

    #[test]
    fn explains_whatever_is_stopped() {
        let lines = told(|picture| {
            picture.summary.dc = None;
            picture.summary.quorate = None;
            picture.resources[2] = galera(&[], 3);
        });
        assert_eq!(lines, ["critical no-dc db: db has no DC: nothing is started or recovered"]);
    }
}
