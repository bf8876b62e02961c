//! What the scheduler would do: asked of Pacemaker itself, on a copy of the live CIB.

use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::pacemaker::argv::in_own_environment;

/// Runs on the host: copies the live CIB into a file for its user's eyes only, makes the change there with the very
/// command that would make it in earnest (`CIB_file`), asks the scheduler about it, and removes the copy whatever
/// happens, even when the console is gone. Where a second command is given, it is tried on what would have become of
/// the cluster, and the scheduler is asked again, behind [`AND_THEN`]. A constant: names reach it as arguments and are
/// never part of its text.
///
/// Pacemaker before 2.1 knows no `--output-as` here and answers in its own words.
pub const SCRIPT: &str = r#"set -eu
inject=$1 count=$2
shift 2
copy=$(mktemp "${TMPDIR:-/tmp}/quorate.XXXXXXXXXX")
after=$(mktemp "${TMPDIR:-/tmp}/quorate.XXXXXXXXXX")
trap 'rm -f -- "$copy" "$after"' EXIT
trap 'exit 1' HUP INT TERM
on() { # FILE COUNT WORD...: the command of the first COUNT words, on that file
  file=$1 keep=$2 left=$(($# - 2))
  shift 2
  while [ "$left" -gt 0 ]; do
    [ "$keep" -le 0 ] || set -- "$@" "$1"
    shift
    keep=$((keep - 1)) left=$((left - 1))
  done
  CIB_file=$file "$@" >&2
}
simulate() { # FILE
  crm_simulate --simulate --xml-file="$1" --save-output="$after" ${inject:+"$inject"} --output-as=xml 2> /dev/null ||
  crm_simulate --simulate --xml-file="$1" --save-output="$after" ${inject:+"$inject"}
}
crm_simulate --live-check --save-input="$copy" > /dev/null
[ "$count" -eq 0 ] || on "$copy" "$count" "$@"
simulate "$copy"
shift "$count"
[ $# -eq 0 ] || { CIB_file=$after "$@" >&2; echo '== and then =='; simulate "$after"; }
"#;

/// The line between the two answers.
pub const AND_THEN: &str = "== and then ==";

/// A change to be tried on a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Simulation {
    /// What this command changes in the CIB.
    Change(Vec<String>),
    /// The same, and what a second command would change afterwards.
    ChangeAndThen(Vec<String>, Vec<String>),
    /// What `crm_simulate` can pretend by itself, such as `--node-fail=lb2`.
    Pretend(String),
}

impl Simulation {
    /// That command, tried on a copy.
    pub(super) fn of(command: &Command) -> Self {
        Self::Change(command.argv.clone())
    }

    /// That command, and then the other.
    pub(super) fn of_both(command: &Command, then: &Command) -> Self {
        Self::ChangeAndThen(command.argv.clone(), then.argv.clone())
    }

    /// The argument vector that reads [`SCRIPT`] on its stdin.
    pub fn argv(&self) -> Vec<String> {
        let (inject, change, then): (&str, &[String], &[String]) = match self {
            Self::Change(change) => ("", change, &[]),
            Self::ChangeAndThen(change, then) => ("", change, then),
            Self::Pretend(option) => (option, &[], &[]),
        };
        let count = change.len().to_string();
        let words = ["sh", "-s", "--", inject, &count].into_iter();
        let words = words.chain(change.iter().chain(then).map(String::as_str));
        in_own_environment(&words.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::{Command as Process, Stdio};

    use rstest::rstest;

    use super::*;

    /// Tells what it was called with, each word on a line of its own between brackets.
    const STUB: &str = "#!/bin/sh\nprintf '%s:' \"${0##*/}\" >> \"$LOG\"\nprintf ' [%s]' \"$@\" >> \"$LOG\"\necho >> \"$LOG\"\n\
        [ \"${0##*/}\" = crm_simulate ] || { [ -f \"$CIB_file\" ] && stat -c %a \"$CIB_file\" >> \"$LOG\"; exit \"${FAIL:-0}\"; }\n\
        echo answer\n";

    fn stub(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::write(&path, STUB).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the script here, with stubs for Pacemaker's tools: its exit code, what it printed, what it called.
    fn run(simulation: &Simulation, fail: &str) -> (Option<i32>, String, String) {
        let folder = tempfile::tempdir().unwrap();
        stub(folder.path(), "crm_simulate");
        stub(folder.path(), "crm_resource");
        let temporary = folder.path().join("temporary");
        fs::create_dir(&temporary).unwrap();
        let log = folder.path().join("log");
        let argv = simulation.argv();
        let mut child = Process::new("sh")
            .args(argv.iter().skip_while(|word| *word != "sh").skip(1))
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .env("TMPDIR", &temporary)
            .env("LOG", &log)
            .env("FAIL", fail)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(SCRIPT.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "the copies are removed");
        let log = fs::read_to_string(&log).unwrap().replace(&*temporary.to_string_lossy(), "TMP");
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), log)
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[rstest]
    #[case("vip")]
    #[case("a; rm -rf /")]
    #[case("$(reboot)`reboot`")]
    #[case("-h '\"\\")]
    fn both_commands_are_tried_with_their_very_words(#[case] name: &str) {
        let go = words(&["crm_resource", "--move", &format!("--resource={name}"), "--node=b c"]);
        let back = words(&["crm_resource", "--clear", &format!("--resource={name}")]);
        let (code, printed, log) = run(&Simulation::ChangeAndThen(go, back), "0");
        assert_eq!((code, printed.as_str()), (Some(0), "answer\n== and then ==\nanswer\n"));
        let calls: Vec<&str> = log.lines().filter(|line| line.starts_with("crm_resource")).collect();
        assert_eq!(
            calls,
            [
                format!("crm_resource: [--move] [--resource={name}] [--node=b c]"),
                format!("crm_resource: [--clear] [--resource={name}]"),
            ]
        );
        assert_eq!(
            log.lines().filter(|line| *line == "600").count(),
            2,
            "on copies for one's own eyes: {log}"
        );
    }

    #[test]
    fn a_pretended_event_changes_no_copy() {
        let (code, printed, log) = run(&Simulation::Pretend("--node-fail=db2".to_owned()), "0");
        assert_eq!((code, printed.as_str()), (Some(0), "answer\n"));
        assert!(log.contains("[--node-fail=db2]") && !log.contains("crm_resource"), "{log}");
    }

    #[test]
    fn a_change_that_is_refused_is_not_simulated() {
        let (code, printed, log) = run(&Simulation::Change(words(&["crm_resource", "--ban"])), "3");
        assert_eq!((code, printed.as_str()), (Some(3), ""));
        assert!(!log.contains("--simulate"), "{log}");
    }
}
