//! What ssh says when it can't connect, and what that means.

use std::time::Duration;

use crate::model::text::clean;
use crate::model::{HostName, TroubleKind};
use crate::transport::{TransportError, seconds};

/// ssh's words (OpenSSH's `sshconnect.c`, `sshconnect2.c`, `packet.c`, and the C library's), in the order in
/// which they are looked for: a changed key also says that verification failed.
const WORDS: [(&str, TroubleKind); 23] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", TroubleKind::HostKeyChanged),
    ("REVOKED HOST KEY DETECTED", TroubleKind::HostKeyChanged),
    ("host key is known for", TroubleKind::HostKeyUnknown),
    ("Host key verification failed", TroubleKind::HostKeyUnknown),
    ("Could not resolve", TroubleKind::UnknownHost),
    ("hostname contains invalid characters", TroubleKind::UnknownHost),
    ("Permission denied (", TroubleKind::Authentication),
    ("Too many authentication failures", TroubleKind::Authentication),
    ("No supported authentication methods", TroubleKind::Authentication),
    ("no mutual signature supported", TroubleKind::Authentication),
    ("Connection refused", TroubleKind::Refused),
    ("timed out", TroubleKind::Unreachable),
    ("Timeout, server", TroubleKind::Unreachable),
    ("No route to host", TroubleKind::Unreachable),
    ("Network is unreachable", TroubleKind::Unreachable),
    ("Host is down", TroubleKind::Unreachable),
    ("Connection closed", TroubleKind::ConnectionLost),
    ("Connection reset", TroubleKind::ConnectionLost),
    ("closed by remote host", TroubleKind::ConnectionLost),
    ("Broken pipe", TroubleKind::ConnectionLost),
    ("Received disconnect", TroubleKind::ConnectionLost),
    ("Disconnected from", TroubleKind::ConnectionLost),
    ("banner exchange", TroubleKind::ConnectionLost),
];

/// The error that ssh's stderr stands for. Nothing was run.
pub(super) fn from_stderr(host: &HostName, stderr: &[u8], limit: Duration) -> TransportError {
    let text = String::from_utf8_lossy(stderr);
    let found = WORDS.iter().find(|(words, _)| text.contains(words)).map(|(_, kind)| *kind);
    let kind = found.unwrap_or(TroubleKind::Other);
    let message = match kind {
        TroubleKind::UnknownHost => format!("The name {host} can't be resolved."),
        TroubleKind::Refused => format!("{host} refused the connection: nothing listens on its ssh port."),
        TroubleKind::Unreachable => unreachable_message(host, &text, limit),
        TroubleKind::HostKeyUnknown => {
            format!("The host key of {host} is not in known_hosts: log in once with `ssh {host}`.")
        }
        TroubleKind::HostKeyChanged => format!(
            "The host key of {host} HAS CHANGED: another machine may be answering; nothing was sent to it."
        ),
        _ => format!("{host}: {}.", last_line(&text).trim_end_matches('.')),
    };
    TransportError { kind, message: clean(&message), may_have_run: false }
}

/// No answer within the limit.
pub(super) fn no_answer(host: &HostName, limit: Duration) -> TransportError {
    TransportError {
        kind: TroubleKind::Unreachable,
        message: clean(&format!("{host} did not let us in within {}.", seconds(limit))),
        may_have_run: false,
    }
}

fn unreachable_message(host: &HostName, text: &str, limit: Duration) -> String {
    let no_way = ["No route to host", "Network is unreachable", "Host is down"];
    match no_way.iter().find(|words| text.contains(*words)) {
        Some(words) => format!("{host} can't be reached: {}.", words.to_lowercase()),
        None => no_answer(host, limit).message,
    }
}

/// The last thing that ssh said is why it ended; banners and warnings come before.
fn last_line(text: &str) -> &str {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.map_or("ssh ended without a word", |line| line.strip_prefix("ssh: ").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ssh: Could not resolve hostname nope: Name or service not known\r\n", TroubleKind::UnknownHost)]
    #[case("ssh: connect to host db1 port 22: Connection refused\r\n", TroubleKind::Refused)]
    #[case("ssh: connect to host db1 port 22: Connection timed out\r\n", TroubleKind::Unreachable)]
    #[case("ssh: connect to host db1 port 22: No route to host\r\n", TroubleKind::Unreachable)]
    #[case("Connection timed out during banner exchange\r\n", TroubleKind::Unreachable)]
    #[case("root@db1: Permission denied (publickey,password).\r\n", TroubleKind::Authentication)]
    #[case(
        "Received disconnect from ::1 port 22:2: Too many authentication failures",
        TroubleKind::Authentication
    )]
    #[case(
        "No ED25519 host key is known for db1 and you have requested strict checking.\r\nHost key verification failed.\r\n",
        TroubleKind::HostKeyUnknown
    )]
    #[case(
        "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n",
        TroubleKind::HostKeyChanged
    )]
    #[case("kex_exchange_identification: Connection closed by remote host\r\n", TroubleKind::ConnectionLost)]
    #[case("Connection reset by 10.0.0.1 port 22\r\n", TroubleKind::ConnectionLost)]
    #[case(
        "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa\r\n",
        TroubleKind::Other
    )]
    #[case("/etc/x: line 3: Bad configuration option: frob\r\n", TroubleKind::Other)]
    #[case("", TroubleKind::Other)]
    fn knows_what_ssh_means(#[case] stderr: &str, #[case] kind: TroubleKind) {
        let error = from_stderr(&HostName::from("db1"), stderr.as_bytes(), Duration::from_secs(5));
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains("db1"), "{error}");
        assert!(error.message.ends_with('.'), "{error}");
        assert!(!error.may_have_run);
    }

    #[test]
    fn what_is_not_known_is_quoted() {
        let stderr = b"Welcome\r\nto \x1b[31mhell\r\nssh: something \x07new\r\n";
        let error = from_stderr(&HostName::from("db1"), stderr, Duration::from_secs(5));
        assert_eq!(error.message, "db1: something new.");
    }
}
