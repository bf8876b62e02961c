//! The guests of the lab, asked over plain ssh.

use std::env;
use std::process::{Command, Output};

/// What `tests/lab/lab env` has said.
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: eval \"$(tests/lab/lab env)\""))
}

/// What a guest says to a command.
pub(crate) fn on(host: &str, command: &str) -> Output {
    let configuration = variable("LAB_SSH_CONFIG");
    let ssh = ["-n", "-F", &configuration, "-o", "ConnectTimeout=5", host, command];
    Command::new("ssh").args(ssh).output().expect("ssh")
}
