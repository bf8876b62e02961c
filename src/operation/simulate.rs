//! What the scheduler would do: asked of Pacemaker itself, on a copy of the live CIB.

use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::pacemaker::argv::in_own_environment;

/// Runs on the host: copies the live CIB into a file for its user's eyes only, makes the changes there, in their order,
/// with the very commands that would make them in earnest (`CIB_file`), asks the scheduler about it, and removes the copy
/// whatever happens, even when the console is gone. Where commands are to follow, they are tried on what would have
/// become of the cluster, and the scheduler is asked again, behind [`AND_THEN`]. A constant: names reach it as arguments
/// and are never part of its text.
///
/// The arguments: how many changes, each as the count of its words and the words; how many options of `crm_simulate`, and
/// the options; then each command that follows, as its count and its words.
///
/// Pacemaker before 2.1 has no `--output-as` here and answers in text. Pacemaker 3.0 ends its XML after a pretended event,
/// before any action; without `<actions>` the script asks for text too.
pub const SCRIPT: &str = r#"set -eu
copy=$(mktemp "${TMPDIR:-/tmp}/quorate.XXXXXXXXXX")
after=$(mktemp "${TMPDIR:-/tmp}/quorate.XXXXXXXXXX")
trap 'rm -f -- "$copy" "$after"' EXIT
trap 'exit 1' HUP INT TERM
on() { # FILE WHAT COUNT WORD...: WHAT, with that file and the first COUNT words
  file=$1 what=$2 keep=$3 left=$(($# - 3))
  shift 3
  while [ "$left" -gt 0 ]; do
    [ "$keep" -le 0 ] || set -- "$@" "$1"
    shift
    keep=$((keep - 1)) left=$((left - 1))
  done
  "$what" "$@"
}
change() {
  CIB_file=$file "$@" >&2
}
simulate() {
  answer=$(crm_simulate --simulate --xml-file="$file" --save-output="$after" "$@" --output-as=xml 2> /dev/null) || answer=
  case $answer in
    *'<actions'*) printf '%s\n' "$answer" ;;
    *) crm_simulate --simulate --xml-file="$file" --save-output="$after" "$@" ;;
  esac
}
crm_simulate --live-check --save-input="$copy" > /dev/null
changes=$1
shift
while [ "$changes" -gt 0 ]; do
  on "$copy" change "$@"
  shift "$(($1 + 1))"
  changes=$((changes - 1))
done
on "$copy" simulate "$@"
shift "$(($1 + 1))"
[ $# -gt 0 ] || exit 0
while [ $# -gt 0 ]; do
  on "$after" change "$@"
  shift "$(($1 + 1))"
done
echo '== and then =='
on "$after" simulate 0
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
    /// Several at once, on one copy.
    Together {
        /// The commands that change the CIB, in their order.
        changes: Vec<Vec<String>>,
        /// What `crm_simulate` pretends.
        pretend: Vec<String>,
        /// The commands that follow.
        then: Vec<Vec<String>>,
    },
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

    /// All of these on one copy, in their order; `None` where there are none.
    pub fn together(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let first = all.next()?;
        Some(all.fold(first, Self::and))
    }

    /// Both on one copy.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (mut changes, mut pretend, mut then) = self.into_parts();
        let other = other.into_parts();
        changes.extend(other.0);
        pretend.extend(other.1);
        then.extend(other.2);
        Self::Together { changes, pretend, then }
    }

    fn into_parts(self) -> Parts {
        match self {
            Self::Change(change) => (vec![change], Vec::new(), Vec::new()),
            Self::ChangeAndThen(change, then) => (vec![change], Vec::new(), vec![then]),
            Self::Pretend(option) => (Vec::new(), vec![option], Vec::new()),
            Self::Together { changes, pretend, then } => (changes, pretend, then),
        }
    }

    /// The argument vector that reads [`SCRIPT`] on its stdin.
    pub fn argv(&self) -> Vec<String> {
        let (changes, pretend, then) = self.clone().into_parts();
        let counted = |words: &[String]| -> Vec<String> {
            std::iter::once(words.len().to_string()).chain(words.iter().cloned()).collect()
        };
        let mut words: Vec<String> = ["sh", "-s", "--"].map(str::to_owned).to_vec();
        words.push(changes.len().to_string());
        words.extend(changes.iter().flat_map(|change| counted(change)));
        words.extend(counted(&pretend));
        words.extend(then.iter().flat_map(|command| counted(command)));
        in_own_environment(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The changes, the options and the commands that follow.
type Parts = (Vec<Vec<String>>, Vec<String>, Vec<Vec<String>>);

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
        case $* in (*--output-as=xml) echo \"$XML\" ;; (*) echo text ;; esac\n";

    fn stub(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::write(&path, STUB).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the script here, with stubs for Pacemaker's tools: its exit code, what it printed, what it called.
    fn run(simulation: &Simulation, fail: &str) -> (Option<i32>, String, String) {
        run_where(simulation, fail, "<actions/>")
    }

    /// The same, where `crm_simulate` prints that XML.
    fn run_where(simulation: &Simulation, fail: &str, xml: &str) -> (Option<i32>, String, String) {
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
            .env("XML", xml)
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
        assert_eq!((code, printed.as_str()), (Some(0), "<actions/>\n== and then ==\n<actions/>\n"));
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
    fn several_are_tried_on_one_copy_in_their_order() {
        let command = |word: &str| words(&["crm_resource", word, "a b"]);
        let all = [
            Simulation::ChangeAndThen(command("--go-1"), command("--back-1")),
            Simulation::Pretend("--node-fail=db 2".to_owned()),
            Simulation::ChangeAndThen(command("--go-2"), command("--back-2")),
            Simulation::Pretend("--quorum=false".to_owned()),
        ];
        let (code, printed, log) = run(&Simulation::together(all).unwrap(), "0");
        assert_eq!((code, printed.as_str()), (Some(0), "<actions/>\n== and then ==\n<actions/>\n"));
        let calls: Vec<&str> = log.lines().filter(|line| *line != "600").collect();
        let is_in_order = |call: &str, word: &str| call.ends_with(&format!("[{word}] [a b]"));
        assert!(is_in_order(calls[1], "--go-1") && is_in_order(calls[2], "--go-2"), "{log}");
        assert!(calls[3].contains("[--node-fail=db 2] [--quorum=false] [--output-as=xml]"), "{log}");
        assert!(is_in_order(calls[4], "--back-1") && is_in_order(calls[5], "--back-2"), "{log}");
        assert!(calls[6].contains("--simulate") && !calls[6].contains("--node-fail"), "{log}");
        assert_eq!(calls.len(), 7, "the scheduler is asked once for all: {log}");
    }

    #[test]
    fn a_pretended_event_changes_no_copy() {
        let (code, printed, log) = run(&Simulation::Pretend("--node-fail=db2".to_owned()), "0");
        assert_eq!((code, printed.as_str()), (Some(0), "<actions/>\n"));
        assert!(log.contains("[--node-fail=db2]") && !log.contains("crm_resource"), "{log}");
    }

    #[test]
    fn xml_that_ends_before_the_actions_is_asked_again_as_text() {
        let pretend = Simulation::Pretend("--ticket-revoke=site".to_owned());
        let (code, printed, log) = run_where(&pretend, "0", "<modifications/><status code=\"0\"/>");
        assert_eq!((code, printed.as_str()), (Some(0), "text\n"));
        let asked: Vec<_> = log.lines().filter(|line| line.contains("[--ticket-revoke=site]")).collect();
        assert_eq!(asked.len(), 2, "{log}");
        assert!(asked[0].ends_with("[--output-as=xml]") && !asked[1].contains("--output-as"), "{log}");
    }

    #[test]
    fn a_change_that_is_refused_is_not_simulated() {
        let (code, printed, log) = run(&Simulation::Change(words(&["crm_resource", "--ban"])), "3");
        assert_eq!((code, printed.as_str()), (Some(3), ""));
        assert!(!log.contains("--simulate"), "{log}");
    }
}
