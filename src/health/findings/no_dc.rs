//! Nobody leads.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::names;

pub(super) const CHECK: Check = Check {
    code: "no-dc",
    meaning: "No member has been elected designated controller, so that nothing is decided.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.lacks_dc() || scene.lacks_quorum() {
        return Vec::new();
    }
    let name = scene.name();
    let seen = scene.picture.members().count();
    let verdict = Verdict::new(Severity::Critical, name, format!("{name} has no DC: nothing is started or recovered"))
        .because((seen == 0).then(|| "no node is known yet: the cluster may just be starting".to_owned()))
        .because(unclean_line(scene))
        .because(scene.stopped_line())
        .remedy("Wait for the election: up to `dc-deadtime` (20 s) after a start. If it takes longer, check the quorum (`corosync-quorumtool -s`; with wait_for_all every member must be up once), the controllers (`crmadmin --dc_lookup`, `journalctl -u pacemaker`) and corosync's network (`corosync-cfgtool -s`).");
    vec![verdict]
}

/// Without a DC nodes are shown as unclean, and nobody has judged that.
pub(super) fn unclean_line(scene: &Scene<'_>) -> Option<String> {
    let unclean: Vec<_> =
        scene.picture.nodes.iter().filter(|node| node.unclean).map(|node| &node.name).collect();
    (!unclean.is_empty() && scene.lacks_dc())
        .then(|| format!("{} shown as unclean until a DC is elected", names(unclean)))
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
