//! The whole cluster is left alone.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::fix::{Fix, Remedy};
use crate::health::scene::Scene;
use crate::health::words::plural;

pub(super) const CHECK: Check = Check {
    code: "cluster-maintenance",
    meaning: "The whole cluster is in maintenance mode: nothing is watched, started, stopped or recovered. Its unmanaged resources are told with it.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    if !scene.in_maintenance() {
        return Vec::new();
    }
    let name = scene.name();
    let left_alone = scene.placed.iter().filter(|placed| placed.primitive.active).count();
    let verdict = Verdict::new(Severity::Warning, name, format!("{name} is in maintenance mode"))
        .because([format!("{} running, not monitored", plural(left_alone, "resource"))])
        .because(scene.stopped_line().map(|line| format!("{line}, and won't be started")))
        .remedy(
            Remedy::from("When the work is done: ")
                + Fix::ClusterMaintenanceOff
                + ". See first what would happen: `crm_simulate --live-check --simulate`.",
        );
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use crate::health::testing::{resource, told};

    #[test]
    fn its_unmanaged_resources_are_told_with_it() {
        let lines = told(|picture| {
            picture.summary.options.maintenance_mode = true;
            resource(picture, "vip-db").managed = false;
            resource(picture, "fence").managed = false;
        });
        assert_eq!(lines, ["warning cluster-maintenance db: db is in maintenance mode"]);
    }
}
