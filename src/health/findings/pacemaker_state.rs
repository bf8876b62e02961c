//! Pacemaker is on its way up or down.

use crate::health::Severity;
use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Scene;

pub(super) const CHECK: Check = Check {
    code: "pacemaker-state",
    meaning: "Pacemaker on the member that was asked is starting up or shutting down.",
    many: Many::Apart,
    look: Look::Inside(check),
};

fn check(scene: &Scene<'_>) -> Vec<Verdict> {
    let doing = match scene.picture.summary.pacemakerd_state.as_deref() {
        // A remote node answers "remote" when it is asked itself.
        None | Some("" | "running" | "remote") => return Vec::new(),
        Some("init" | "starting_daemons" | "wait_for_ping") => "is starting up".to_owned(),
        Some("shutting_down") => "is shutting down".to_owned(),
        Some("shutdown_complete") => "has shut down".to_owned(),
        Some(other) => format!("is in the state {other}"),
    };
    let name = scene.name();
    let verdict = Verdict::new(Severity::Warning, name, format!("Pacemaker {doing} on the member of {name} that was asked"))
        .remedy("Wait until it is done; `systemctl status pacemaker` and `journalctl -u pacemaker` there tell how far it is.");
    vec![verdict]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::told;

    #[rstest]
    #[case("init", &["warning pacemaker-state db: Pacemaker is starting up on the member of db that was asked"])]
    #[case("shutting_down", &["warning pacemaker-state db: Pacemaker is shutting down on the member of db that was asked"])]
    #[case("running", &[])]
    #[case("remote", &[])]
    fn tells_what_is_not_running(#[case] state: &str, #[case] expected: &[&str]) {
        assert_eq!(told(|picture| picture.summary.pacemakerd_state = Some(state.to_owned())), expected);
    }
}
