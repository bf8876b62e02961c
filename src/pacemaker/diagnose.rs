//! Why a command gave no answer.

use super::parse::{self, Answer};
use crate::model::text::clean;

/// Why `crm_mon` or `cibadmin` gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Diagnosis {
    /// The cluster stack does not run there. A state, not an error.
    Stopped {
        /// What it said about it.
        message: String,
        /// The state that `pacemakerd` gave of itself.
        pacemakerd_state: Option<String>,
    },
    /// The command was not found: Pacemaker is not installed there.
    NotInstalled {
        /// What was said about it.
        message: String,
    },
    /// The user may not ask: not in the group `haclient`, or `sudo -n` was refused.
    PermissionDenied {
        /// What was said about it.
        message: String,
    },
    /// The command does not know an option: ask with [`super::argv::MonForm::fallback`].
    OptionUnknown,
    /// None of these.
    Unreadable {
        /// What was said about it.
        message: String,
    },
}

/// `ENOTCONN`, which 1.1 handed on as its exit code.
const NOT_CONNECTED: i32 = 107;
/// The shell's and `env`'s exit code for a command that was not found.
const NOT_FOUND: i32 = 127;
/// Pacemaker's exit codes for rights that are missing, and `EACCES`, which 1.1 handed on.
const NO_PERMISSION: [i32; 3] = [4, 77, 13];
/// `EX_USAGE`.
const WRONG_USAGE: i32 = 64;

/// Tells from what an unsuccessful run of `crm_mon` left behind what is the matter.
///
/// What it printed counts for more than its exit code, as `sudo` and 1.1 put different things behind the same codes.
pub fn diagnose(exit_code: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Diagnosis {
    match parse::crm_mon(stdout, None) {
        Ok(Answer::Stopped { message, pacemakerd_state }) => {
            return Diagnosis::Stopped { message, pacemakerd_state };
        }
        Ok(Answer::Refused { code, message }) => return by_words(Some(code), &message),
        Ok(Answer::Running(_)) | Err(_) => {}
    }
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    // 1.1 says on stdout that it could not connect.
    by_words(exit_code, &format!("{stderr}\n{stdout}"))
}

fn by_words(exit_code: Option<i32>, said: &str) -> Diagnosis {
    let lowered = said.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lowered.contains(phrase));
    let is = |code: i32| exit_code == Some(code);
    let message = |phrases: &[&str]| line_with(said, phrases);

    if says(&UNKNOWN_OPTION) {
        return Diagnosis::OptionUnknown;
    }
    // Before all else that mentions a connection: one that is refused for lack of rights says so.
    if says(&DENIED) {
        return Diagnosis::PermissionDenied { message: message(&DENIED) };
    }
    if says(&STOPPED) || is(parse::DISCONNECTED) || is(NOT_CONNECTED) {
        return Diagnosis::Stopped { message: message(&STOPPED), pacemakerd_state: None };
    }
    if is(NOT_FOUND) || says(&MISSING) {
        return Diagnosis::NotInstalled { message: message(&MISSING) };
    }
    if exit_code.is_some_and(|code| NO_PERMISSION.contains(&code)) {
        return Diagnosis::PermissionDenied { message: message(&DENIED) };
    }
    if is(WRONG_USAGE) {
        return Diagnosis::OptionUnknown;
    }
    let message = match (message(&[]), exit_code) {
        (said, Some(code)) if said.is_empty() => format!("exit code {code} without a word"),
        (said, None) if said.is_empty() => "ended by a signal".to_owned(),
        (said, _) => said,
    };
    Diagnosis::Unreadable { message }
}

/// getopt's words, and glib's.
const UNKNOWN_OPTION: [&str; 3] = ["unrecognized option", "unknown option", "invalid option"];

const DENIED: [&str; 8] = [
    "permission denied",
    "operation not permitted",
    "insufficient privileges",
    "a password is required",
    "a terminal is required",
    "is not in the sudoers",
    "sorry, user",
    "sudo: not found",
];

const STOPPED: [&str; 7] = [
    "connection to cluster failed",
    "cluster is not available on this node",
    "not connected",
    "could not connect to the cib",
    "could not connect to launcher",
    "could not connect to controller",
    "transport endpoint is not connected",
];

const MISSING: [&str; 2] = ["command not found", "no such file or directory"];

/// The last line with one of these phrases; the last line at all where there is none.
fn line_with(said: &str, phrases: &[&str]) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines().rfind(|line| {
        let line = line.to_lowercase();
        phrases.iter().any(|phrase| line.contains(phrase))
    });
    clean(telling.or_else(|| lines().next_back()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn stopped(message: &str) -> Diagnosis {
        Diagnosis::Stopped { message: message.to_owned(), pacemakerd_state: None }
    }

    fn denied(message: &str) -> Diagnosis {
        Diagnosis::PermissionDenied { message: message.to_owned() }
    }

    fn not_installed(message: &str) -> Diagnosis {
        Diagnosis::NotInstalled { message: message.to_owned() }
    }

    fn unreadable(message: &str) -> Diagnosis {
        Diagnosis::Unreadable { message: message.to_owned() }
    }

    #[rstest]
    #[case::of_1_1(
        107,
        "\nConnection to cluster failed: Transport endpoint is not connected\n",
        "",
        stopped("Connection to cluster failed: Transport endpoint is not connected")
    )]
    #[case::of_1_1_24(
        107,
        "\nError: cluster is not available on this node\n",
        "",
        stopped("Error: cluster is not available on this node")
    )]
    #[case::as_xml_of_2_1(
        102,
        "",
        "crm_mon: Error: cluster is not available on this node\n",
        stopped("crm_mon: Error: cluster is not available on this node")
    )]
    #[case::cibadmin(
        102,
        "",
        "Could not connect to the CIB: Transport endpoint is not connected\nInit failed, could not perform requested operations\n",
        stopped("Could not connect to the CIB: Transport endpoint is not connected")
    )]
    #[case::by_code_alone(102, "", "", stopped(""))]
    #[case::env(
        127,
        "",
        "env: 'crm_mon': No such file or directory\n",
        not_installed("env: 'crm_mon': No such file or directory")
    )]
    #[case::sudo_env(
        1,
        "",
        "sudo: crm_mon: command not found\n",
        not_installed("sudo: crm_mon: command not found")
    )]
    #[case::no_haclient(
        13,
        "\nConnection to cluster failed: Permission denied\n",
        "",
        denied("Connection to cluster failed: Permission denied")
    )]
    #[case::privileges(
        4,
        "",
        "crm_mon: Insufficient privileges\n",
        denied("crm_mon: Insufficient privileges")
    )]
    #[case::sudo(1, "", "sudo: a password is required\n", denied("sudo: a password is required"))]
    #[case::sudoers(
        1,
        "",
        "Sorry, user ops is not allowed to execute '/usr/bin/env' as root.\n",
        denied("Sorry, user ops is not allowed to execute '/usr/bin/env' as root.")
    )]
    #[case::getopt(64, "", "crm_mon: unrecognized option '--output-as=xml'\n", Diagnosis::OptionUnknown)]
    #[case::glib(64, "", "crm_mon: Unknown option --output-as=xml\n", Diagnosis::OptionUnknown)]
    #[case::usage_alone(64, "Usage: crm_mon mode [options]\n", "", Diagnosis::OptionUnknown)]
    #[case::silence(70, "", "", unreadable("exit code 70 without a word"))]
    #[case::anything_else(1, "", "first\n\u{1b}[31mlast\n", unreadable("last"))]
    fn names_the_kind(
        #[case] code: i32,
        #[case] stdout: &str,
        #[case] stderr: &str,
        #[case] expected: Diagnosis,
    ) {
        assert_eq!(diagnose(Some(code), stdout.as_bytes(), stderr.as_bytes()), expected);
    }

    #[test]
    fn believes_the_xml_first() {
        let stdout = b"<pacemaker-result><status code=\"102\" message=\"Not connected\"><errors>\
            <error>error: Could not connect to launcher: Connection refused</error>\
            <error>crm_mon: Connection to cluster failed: Connection refused</error></errors></status></pacemaker-result>";
        assert_eq!(
            diagnose(Some(102), stdout, b""),
            stopped("crm_mon: Connection to cluster failed: Connection refused")
        );
        let stdout =
            b"<pacemaker-result><status code=\"4\" message=\"Insufficient privileges\"/></pacemaker-result>";
        assert_eq!(diagnose(Some(4), stdout, b""), denied("Insufficient privileges"));
        let stdout = b"<pacemaker-result><status code=\"64\" message=\"Incorrect usage\"><errors>\
            <error>crm_mon: Unknown option --output-as=xml</error></errors></status></pacemaker-result>";
        assert_eq!(diagnose(Some(64), stdout, b""), Diagnosis::OptionUnknown);
    }

    #[test]
    fn a_signal_is_no_exit_code() {
        assert_eq!(diagnose(None, b"", b""), unreadable("ended by a signal"));
    }

    proptest! {
        #[test]
        fn never_panics(code in any::<Option<i32>>(), stdout in any::<Vec<u8>>(), stderr in any::<Vec<u8>>()) {
            diagnose(code, &stdout, &stderr);
        }
    }
}
