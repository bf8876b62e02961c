//! The state of the cluster's controller, as `crmadmin` prints it.

/// What the controller of a node is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControllerState {
    /// `S_IDLE`. For the DC: its last transition is over, and no other is due.
    Idle,
    /// Any other: an election, a membership change, the scheduler or a transition is under way.
    Busy,
}

/// Reads the output of `crmadmin --status`; `None` where it tells no state.
///
/// Up to 2.0 it is `Status of crmd@db1: S_IDLE (ok)`, from 2.1 on `Controller on db1 in state S_IDLE: ok`
/// (`tools/crmadmin.c` of 1.1.24 and 2.0.5, `lib/pacemaker/pcmk_output.c` of 2.1.0).
pub fn controller_state(stdout: &[u8]) -> Option<ControllerState> {
    let text = String::from_utf8_lossy(stdout);
    // A banner may stand before it. The state stands behind the node's name, which may hold anything.
    let state = text.lines().rev().find_map(|line| {
        let new = line.strip_prefix("Controller on ").and_then(|rest| rest.rsplit_once(" in state "));
        let old = line.strip_prefix("Status of ").and_then(|rest| rest.rsplit_once(": "));
        let (_, said) = new.or(old)?;
        said.split([':', ' ']).next().filter(|state| state.starts_with("S_"))
    })?;
    Some(if state == "S_IDLE" { ControllerState::Idle } else { ControllerState::Busy })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::ControllerState::{Busy, Idle};
    use super::*;

    #[rstest]
    #[case("Status of crmd@db1: S_IDLE (ok)\n", Some(Idle))]
    #[case("Status of crmd@db1: S_TRANSITION_ENGINE (ok)\n", Some(Busy))]
    #[case("Controller on db1 in state S_IDLE: ok\n", Some(Idle))]
    #[case("Controller on db1 in state S_POLICY_ENGINE: ok\n", Some(Busy))]
    #[case("Welcome to db1!\nController on db1 in state S_IDLE: ok\n", Some(Idle))]
    #[case("Controller on S_IDLE in state S_ELECTION: ok\n", Some(Busy))]
    #[case("Status of crmd@S_IDLE: S_ELECTION (ok)\n", Some(Busy))]
    #[case("Status of crmd@db1: S_IDLE_NOT (ok)\n", Some(Busy))]
    #[case("Status of crmd@db1: (null) (ok)\n", None)]
    #[case("No messages received in 30 seconds.. aborting\n", None)]
    #[case("S_IDLE\n", None)]
    #[case("", None)]
    fn reads_what_every_version_prints(#[case] printed: &str, #[case] state: Option<ControllerState>) {
        assert_eq!(controller_state(printed.as_bytes()), state);
    }

    proptest! {
        #[test]
        fn whatever_the_node_is_called_its_state_is_read(name in ".{0,12}", new: bool, idle: bool, any: Vec<u8>) {
            prop_assume!(!name.contains(['\n', '\r']));
            let state = if idle { "S_IDLE" } else { "S_ELECTION" };
            let line = if new { format!("Controller on {name} in state {state}: ok") } else { format!("Status of crmd@{name}: {state} (ok)") };
            prop_assert_eq!(controller_state(line.as_bytes()), Some(if idle { Idle } else { Busy }));
            controller_state(&any);
        }
    }
}
