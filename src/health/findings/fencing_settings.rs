//! A fencing device that is set up so that it doesn't do what fencing asks of it.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;
use crate::health::words::shell;
use crate::model::ConfiguredResource;

pub(super) const CHECK: Check = Check {
    code: "fencing-settings",
    meaning: "A fencing device has `method=cycle`, or an action of its own that overrides the one that is asked for.",
    many: Many::Folded("fencing device", "are set up wrongly"),
    look: Look::Configuration(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let cib = scene.picture.cib.as_deref();
    let devices = cib
        .into_iter()
        .flat_map(|cib| &cib.resources)
        .filter(|resource| resource.agent.as_deref().is_some_and(|agent| agent.starts_with("stonith:")));
    devices.filter_map(verdict).collect()
}

fn verdict(device: &ConfiguredResource) -> Option<Verdict> {
    let id = &device.id;
    let cycles = device.setting("method").is_some_and(|method| method.eq_ignore_ascii_case("cycle"));
    let action = device.setting("action").filter(|action| !action.is_empty());
    let summary = match (cycles, action) {
        (true, Some(action)) => format!("{id} fences by method=cycle and action={action}"),
        (true, None) => format!("{id} fences by method=cycle: a reset can't be verified"),
        (false, Some(action)) => format!("{id} has action={action}, whatever fencing asks for"),
        (false, None) => return None,
    };
    let delete = |name: &str| format!("`crm_resource --resource {} --delete-parameter {name}`", shell(id));
    let (what, commands) = match (cycles, action) {
        (true, Some(_)) => ("both", format!("{} and {}", delete("method"), delete("action"))),
        (true, None) => ("it", delete("method")),
        (false, _) => ("it", delete("action")),
    };
    let verdict = Verdict::new(Severity::Warning, id, summary)
        .because(cycles.then(|| "a reset by cycle counts as done although the node may still run".to_owned()))
        .because(action.map(|_| "Pacemaker asks for off, reboot or list; pcmk_reboot_action and pcmk_off_action are the way to change that".to_owned()))
        .remedy(format!("Remove {what}: {commands}."));
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use crate::health::testing::{known, told};

    #[rstest]
    #[case(
        "method",
        "cycle",
        Some("warning fencing-settings fence: fence fences by method=cycle: a reset can't be verified")
    )]
    #[case("method", "onoff", None)]
    #[case(
        "action",
        "off",
        Some("warning fencing-settings fence: fence has action=off, whatever fencing asks for")
    )]
    fn settings_that_do_harm(#[case] name: &str, #[case] value: &str, #[case] expected: Option<&str>) {
        let mut cib = known(&["fence", "vip-db", "galera-clone"]);
        cib.has_fencing_device = true;
        cib.resources[0].agent = Some("stonith:fence_ipmilan".to_owned());
        cib.resources[0].settings.push((name.to_owned(), value.to_owned()));
        let lines = told(|picture| picture.cib = Some(Arc::new(cib)));
        assert_eq!(lines, expected.into_iter().collect::<Vec<_>>());
    }
}
