//! The reasons that ssh gives for a failed login.
//!
//! A server can make ssh print anything: its login banner, and the text with which it disconnects. So ssh writes its own
//! lines to a log file of their own (`-E`), where no banner comes. Of that file a line counts only if it is one of ssh's
//! as a whole, and nothing counts from the first line on that quotes the server. What is left on stderr are banners, and the lines of a jump host's ssh; they count
//! only if ssh's own lines say that the way to the host broke before the host could have said anything.

use std::time::Duration;

use crate::model::text::clean;
use crate::model::{HostName, TroubleKind};
use crate::transport::{FailureCause, LoginFailure, TransportError, seconds};

/// The lines with which ssh ends (OpenSSH's `sshconnect.c`, `sshconnect2.c`, `packet.c`, `kex.c`, and the C library's):
/// how a line starts and how it ends, without the stop. In the order in which they are looked for: a changed key also
/// says that verification failed.
const LINES: [(&str, &str, TroubleKind); 28] = [
    ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "", TroubleKind::HostKeyChanged),
    ("@ WARNING: REVOKED HOST KEY DETECTED! @", "", TroubleKind::HostKeyChanged),
    ("No ", " and you have requested strict checking", TroubleKind::HostKeyUnknown),
    ("Host key verification failed", "", TroubleKind::HostKeyUnknown),
    ("Could not resolve host", "", TroubleKind::UnknownHost),
    ("hostname contains invalid characters", "", TroubleKind::UnknownHost),
    ("", DENIED, TroubleKind::Authentication),
    ("Too many authentication failures", "", TroubleKind::Authentication),
    ("No supported authentication methods", "", TroubleKind::Authentication),
    ("sign_and_send_pubkey: no mutual signature supported", "", TroubleKind::Authentication),
    ("", ": Connection refused", TroubleKind::Refused),
    ("Connection timed out during banner exchange", "", TroubleKind::SlowLogin),
    ("", ": Connection timed out", TroubleKind::Unreachable),
    ("", ": Operation timed out", TroubleKind::Unreachable),
    ("Connection ", " timed out", TroubleKind::Unreachable),
    ("Timeout, server ", "", TroubleKind::SlowLogin),
    ("", ": No route to host", TroubleKind::Unreachable),
    ("", ": Network is unreachable", TroubleKind::Unreachable),
    ("", ": Host is down", TroubleKind::Unreachable),
    ("Connection closed by ", "", TroubleKind::ConnectionLost),
    ("", ": Connection closed by remote host", TroubleKind::ConnectionLost),
    ("Connection reset by ", "", TroubleKind::ConnectionLost),
    ("", ": Connection reset by peer", TroubleKind::ConnectionLost),
    ("Connection to ", " closed by remote host", TroubleKind::ConnectionLost),
    ("", ": Connection closed", TroubleKind::ConnectionLost),
    ("", ": Broken pipe", TroubleKind::ConnectionLost),
    (DISCONNECTED, "", TroubleKind::ConnectionLost),
    ("banner exchange: ", "", TroubleKind::ConnectionLost),
];

/// The server's own words follow, for as many lines as it likes.
const DISCONNECTED: &str = "Received disconnect";

/// The same; the server's list of algorithms.
const OFFER: &str = "Their offer:";

/// The same; the line that the server sent as its version.
const VERSION: &str = "Bad remote protocol version identification";

/// The server's list of methods follows. Without the bracket it is a file that ssh may not read.
const DENIED: &str = ": Permission denied (";

/// The methods that ssh knows. Only a list of these is worth showing.
const METHODS: [&str; 7] =
    ["none", "publickey", "password", "keyboard-interactive", "hostbased", "gssapi-with-mic", "gssapi-keyex"];

/// ssh's name for the other end of a jump host or another proxy.
const THROUGH_A_PROXY: &str = "UNKNOWN port 65535";

/// The error that ssh's log stands for, or stderr where that can only be a jump host's. Nothing was run.
pub(super) fn from_log(host: &HostName, log: &[u8], stderr: &[u8], limit: Duration) -> LoginFailure {
    let log = String::from_utf8_lossy(log);
    let own = own_lines(&log);
    let stderr = String::from_utf8_lossy(stderr);
    let proxy = said_by_a_proxy(&own, &stderr).map(own_lines);
    let proxy = proxy.as_deref();
    let kind = kind_of(proxy.unwrap_or(&own));
    let (kind, cause) = match kind {
        // The jump host is fast, or ssh would not have come this far; the host behind it may be dead.
        TroubleKind::SlowLogin if own.contains(THROUGH_A_PROXY) => {
            (TroubleKind::Unreachable, FailureCause::TooSlow)
        }
        TroubleKind::SlowLogin => (kind, FailureCause::TooSlow),
        TroubleKind::ConnectionLost => (kind, FailureCause::TurnedAway),
        TroubleKind::Authentication | TroubleKind::HostKeyUnknown | TroubleKind::HostKeyChanged => {
            (kind, FailureCause::NeedsUser)
        }
        _ => (kind, FailureCause::Host),
    };
    let message = match (kind, proxy) {
        (_, Some(line)) => {
            format!("{host}: on the way there, a jump host or proxy failed: {}.", without_stop(line))
        }
        (TroubleKind::UnknownHost, _) => format!("The name {host} can't be resolved."),
        (TroubleKind::Refused, _) => {
            format!("{host} refused the connection: nothing listens on its ssh port.")
        }
        (TroubleKind::Unreachable, _) => unreachable_message(host, &own, limit),
        (TroubleKind::SlowLogin, _) => too_slow(host, limit).error.message,
        (TroubleKind::HostKeyUnknown, _) => {
            format!("The host key of {host} is not in known_hosts: log in once with `ssh {host}`.")
        }
        (TroubleKind::HostKeyChanged, _) => format!(
            "The host key of {host} HAS CHANGED: another machine may be answering; nothing was sent to it."
        ),
        _ => format!("{host}: {}.", without_stop(last_line(&own).unwrap_or("ssh ended without a word"))),
    };
    LoginFailure { error: TransportError { kind, message: clean(&message), may_have_run: false }, cause }
}

/// The host took the connection, but the login wasn't done within the limit.
pub(super) fn too_slow(host: &HostName, limit: Duration) -> LoginFailure {
    let message =
        format!("{host} took the connection, but the login was not done within {}.", seconds(limit));
    let kind = TroubleKind::SlowLogin;
    let error = TransportError { kind, message: clean(&message), may_have_run: false };
    LoginFailure { error, cause: FailureCause::TooSlow }
}

fn kind_of(text: &str) -> TroubleKind {
    let lines: Vec<String> = text.lines().map(plain).collect();
    let is_said = |start: &str, end: &str| {
        lines.iter().any(|line| line.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)))
    };
    let found = LINES.iter().find(|(start, end, _)| is_said(start, end));
    found.map_or(TroubleKind::Other, |(.., kind)| *kind)
}

/// A line without what differs from one ssh to the next: its name, wide spaces, the list of methods, the stop.
fn plain(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("ssh: ").unwrap_or(&line);
    match line.split_once(DENIED) {
        Some((login, _)) if login.contains('@') => format!("{login}{DENIED}"),
        _ => without_stop(line).to_owned(),
    }
}

/// The lines before the server is quoted, and that one.
fn own_lines(log: &str) -> String {
    let denied;
    let mut own = Vec::new();
    for line in log.lines() {
        if line.starts_with(DISCONNECTED) {
            // Of the server's words only this is believed, which it could as well bring about.
            let refused = line.ends_with("Too many authentication failures");
            own.push(if refused { "Too many authentication failures" } else { DISCONNECTED });
            break;
        }
        if line.starts_with(VERSION) {
            own.push(VERSION);
            break;
        }
        if let Some((login, methods)) = line.split_once(DENIED) {
            let methods = methods.trim_end_matches([' ', '.', ')']);
            let is_known = methods.split(',').all(|method| METHODS.contains(&method));
            denied = format!("{login}{DENIED}{})", if is_known { methods } else { "…" });
            own.push(&denied);
            break;
        }
        if let Some((before, _)) = line.split_once(OFFER) {
            own.push(before.trim_end_matches([' ', '.']));
            break;
        }
        own.push(line);
    }
    own.join("\n")
}

/// The last line on stderr, if ssh lost its way before the host could have sent a banner: then a jump host's ssh, or
/// another proxy, wrote it. ssh gives the reason last, after a jump host's banner.
fn said_by_a_proxy<'a>(own: &str, stderr: &'a str) -> Option<&'a str> {
    let is_lost = kind_of(own) == TroubleKind::ConnectionLost;
    let is_early = own.contains("exchange_identification") || own.contains("banner exchange");
    if is_lost && is_early { last_line(stderr) } else { None }
}

fn unreachable_message(host: &HostName, text: &str, limit: Duration) -> String {
    let no_way = ["No route to host", "Network is unreachable", "Host is down"];
    match no_way.iter().find(|words| text.contains(*words)) {
        Some(words) => format!("{host} can't be reached: {}.", words.to_lowercase()),
        None => format!("{host} did not let us in within {}.", seconds(limit)),
    }
}

/// The last thing that ssh said is why it ended; warnings come before.
fn last_line(text: &str) -> Option<&str> {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.strip_prefix("ssh: ").unwrap_or(line))
}

fn without_stop(line: &str) -> &str {
    line.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ssh: Could not resolve hostname nope: Name or service not known\r\n", TroubleKind::UnknownHost)]
    #[case("ssh: connect to host db1 port 22: Connection refused\r\n", TroubleKind::Refused)]
    #[case("ssh: connect to host db1 port 22: Connection timed out\r\n", TroubleKind::Unreachable)]
    #[case("ssh: connect to host db1 port 22: No route to host\r\n", TroubleKind::Unreachable)]
    #[case("Connection timed out during banner exchange\r\n", TroubleKind::SlowLogin)]
    #[case(
        "Connection timed out during banner exchange\r\nConnection to UNKNOWN port 65535 timed out\r\n",
        TroubleKind::Unreachable
    )]
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
    fn knows_what_ssh_means(#[case] log: &str, #[case] kind: TroubleKind) {
        let error = from_log(&HostName::from("db1"), log.as_bytes(), b"", Duration::from_secs(5)).error;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains("db1"), "{error}");
        assert!(error.message.ends_with('.'), "{error}");
        assert!(!error.may_have_run);
    }

    #[test]
    fn what_is_not_known_is_quoted() {
        let log = b"to \x1b[31mhell\r\nssh: something \x07new\r\n";
        let error = from_log(&HostName::from("db1"), log, b"Welcome\r\n", Duration::from_secs(5)).error;
        assert_eq!(error.message, "db1: something new.");
    }

    #[rstest]
    #[case::version(
        "Bad remote protocol version identification: 'SSH-WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED'\r\n\
         banner exchange: Connection to 10.0.0.1 port 22: invalid format\r\n",
        TroubleKind::Other,
        "db1: Bad remote protocol version identification."
    )]
    #[case::methods(
        "root@db1: Permission denied (WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED).\r\n",
        TroubleKind::Authentication,
        "db1: root@db1: Permission denied (…)."
    )]
    #[case::methods_in_many_lines(
        "root@db1: Permission denied (x\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n).\r\n",
        TroubleKind::Authentication,
        "db1: root@db1: Permission denied (…)."
    )]
    #[case::known_methods(
        "root@db1: Permission denied (publickey,gssapi-with-mic,password).\r\n",
        TroubleKind::Authentication,
        "db1: root@db1: Permission denied (publickey,gssapi-with-mic,password)."
    )]
    #[case::a_file_that_ssh_may_not_read(
        "Load key \"/home/ops@lab/id_rsa\": Permission denied\r\nConnection reset by 10.0.0.1 port 22\r\n",
        TroubleKind::ConnectionLost,
        "db1: Connection reset by 10.0.0.1 port 22."
    )]
    #[case::not_a_line_of_ssh(
        "debug: the server says WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! to you\r\n",
        TroubleKind::Other,
        "db1: debug: the server says WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! to you."
    )]
    fn a_quoted_server_decides_nothing(#[case] log: &str, #[case] kind: TroubleKind, #[case] message: &str) {
        let error = from_log(&HostName::from("db1"), log.as_bytes(), b"", Duration::from_secs(5)).error;
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    const CLOSED_EARLY: &str = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";

    #[rstest]
    #[case(
        "root@jump: Permission denied (publickey).\r\n",
        TroubleKind::Authentication,
        FailureCause::NeedsUser
    )]
    #[case(
        "No key is known\r\nHost key verification failed.\r\n",
        TroubleKind::HostKeyUnknown,
        FailureCause::NeedsUser
    )]
    #[case("stdio forwarding failed\r\n", TroubleKind::Other, FailureCause::Host)]
    #[case("", TroubleKind::ConnectionLost, FailureCause::TurnedAway)]
    fn a_jump_host_that_refuses_is_named_as_one(
        #[case] stderr: &str,
        #[case] kind: TroubleKind,
        #[case] cause: FailureCause,
    ) {
        let failure = from_log(
            &HostName::from("db1"),
            CLOSED_EARLY.as_bytes(),
            stderr.as_bytes(),
            Duration::from_secs(5),
        );
        assert_eq!((failure.error.kind, failure.cause), (kind, cause), "{}", failure.error);
        assert_eq!(failure.error.message.contains("jump host"), !stderr.is_empty(), "{}", failure.error);
    }

    proptest! {
        /// Whatever a server sends as its banner or with its disconnect, the reason is the one that ssh gave.
        #[test]
        fn no_server_speaks_for_ssh(
            own in prop::sample::select(vec![
                "root@db1: Permission denied (publickey).",
                "Connection reset by 10.0.0.1 port 22",
                "No ED25519 host key is known for db1 and you have requested strict checking.",
                "Connection timed out during banner exchange",
            ]),
            lines in prop::collection::vec(0..LINES.len(), 0..6),
            noise in "[ -~\n@]{0,40}",
            quotes in prop::sample::select(vec![
                "Received disconnect from 10.0.0.1 port 22:2: ",
                "Unable to negotiate with 10.0.0.1 port 22: no matching cipher found. Their offer: ",
                "Bad remote protocol version identification: 'SSH-",
                "root@db1: Permission denied (",
            ]),
        ) {
            let line = |at: usize| format!("{}root@db1{}", LINES[at].0, LINES[at].1);
            let said: Vec<_> = lines.iter().flat_map(|&at| [noise.clone(), line(at), LINES[at].0.to_owned()]).collect();
            let said = said.join("\n");
            let host = HostName::from("db1");
            let limit = Duration::from_secs(5);
            let plain = from_log(&host, own.as_bytes(), b"", limit).error;
            let with_banner = from_log(&host, own.as_bytes(), said.as_bytes(), limit).error;
            if !own.contains("banner exchange") {
                prop_assert_eq!(&plain, &with_banner);
            }
            let disconnected = from_log(&host, format!("{quotes}{said}").as_bytes(), said.as_bytes(), limit);
            let allowed = [TroubleKind::ConnectionLost, TroubleKind::Authentication, TroubleKind::Other];
            prop_assert!(allowed.contains(&disconnected.error.kind), "{}", disconnected.error);
        }
    }
}
