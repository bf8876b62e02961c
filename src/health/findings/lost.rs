//! No contact: a finding for each kind of trouble, because each has a remedy of its own.

use jiff::SignedDuration;

use crate::health::check::{Check, Look, Many, Verdict};
use crate::health::scene::Outlook;
use crate::health::words::{names, plural, shell, span};
use crate::health::{Severity, last_seen};
use crate::model::{Contact, HostName, Privilege, Trouble, TroubleKind};

/// How many findings of the last picture are told.
const LAST_SEEN: usize = 3;

pub(super) const HOST_KEY_CHANGED: Check = Check {
    code: "host-key-changed",
    meaning: "A member showed another ssh host key than the one in known_hosts; it was not asked.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::HostKeyChanged)),
};
pub(super) const HOST_KEY_UNKNOWN: Check = Check {
    code: "host-key-unknown",
    meaning: "A member's ssh host key is not in known_hosts; it was not asked.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::HostKeyUnknown)),
};
pub(super) const AUTHENTICATION: Check = Check {
    code: "authentication",
    meaning: "A member's ssh server refused the login.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Authentication)),
};
pub(super) const PERMISSION_DENIED: Check = Check {
    code: "permission-denied",
    meaning: "The login works, but its user may not ask Pacemaker.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::PermissionDenied)),
};
pub(super) const NOT_INSTALLED: Check = Check {
    code: "not-installed",
    meaning: "Pacemaker's command line tools were not found on a member.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::NotInstalled)),
};
pub(super) const UNREADABLE: Check = Check {
    code: "unreadable",
    meaning: "A member answered with something that is not the XML of crm_mon.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Unreadable)),
};
pub(super) const TOO_MUCH_OUTPUT: Check = Check {
    code: "too-much-output",
    meaning: "A member's answer was longer than the console takes.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::TooMuchOutput)),
};
pub(super) const UNKNOWN_HOST: Check = Check {
    code: "unknown-host",
    meaning: "A member's name can't be resolved.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::UnknownHost)),
};
pub(super) const REFUSED: Check = Check {
    code: "refused",
    meaning: "A member refused the connection: nothing listens on its ssh port.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Refused)),
};
pub(super) const UNREACHABLE: Check = Check {
    code: "unreachable",
    meaning: "No connection to a member came about within the limit.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Unreachable)),
};
pub(super) const LOGIN_PENDING: Check = Check {
    code: "login-pending",
    meaning: "The login to a member waits for its turn or is under way.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::LoginPending)),
};
pub(super) const SLOW_LOGIN: Check = Check {
    code: "slow-login",
    meaning: "A member took the connection, but the login wasn't done within the limit.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::SlowLogin)),
};
pub(super) const TIMEOUT: Check = Check {
    code: "timeout",
    meaning: "A member took the command and did not answer within the limit.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Timeout)),
};
pub(super) const CONNECTION_LOST: Check = Check {
    code: "connection-lost",
    meaning: "The connection to a member broke.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::ConnectionLost)),
};
pub(super) const OTHER: Check = Check {
    code: "no-contact",
    meaning: "A member could not be asked for a reason that has no code of its own.",
    many: Many::Apart,
    look: Look::Outside(|outlook| lost(outlook, TroubleKind::Other)),
};

/// A silence shorter than this has only just begun, or was seen once (`quorate status`).
const WORTH_A_WORD: SignedDuration = SignedDuration::from_secs(2);

fn lost(outlook: &Outlook<'_>, kind: TroubleKind) -> Vec<Verdict> {
    let Contact::Lost { since, troubles, retry_at } = &outlook.observation.contact else {
        return Vec::new();
    };
    let alike: Vec<_> = troubles.iter().filter(|trouble| trouble.kind == kind).collect();
    // Contact that was lost without a word of why must still be told.
    let Some(first) = alike.first().map(|trouble| &trouble.host).or_else(|| outlook.entry.hosts.first())
    else {
        return Vec::new();
    };
    if alike.is_empty() && !(troubles.is_empty() && kind == TroubleKind::Other) {
        return Vec::new();
    }
    let name = &outlook.entry.name;
    // The reason stands before the names, which are the first to be cut off where there is little room.
    let lasted = outlook.now.duration_since(*since);
    let for_long = if lasted < WORTH_A_WORD { String::new() } else { format!(" for {}", span(lasted)) };
    let summary = format!("no answer{for_long}: {} ({})", phrase(kind), who(outlook, &alike));
    let next = span(retry_at.duration_since(outlook.now));
    let verdict = Verdict::new(Severity::Unknown, name, summary)
        .because(alike.iter().map(|trouble| format!("{}: {}", trouble.host, trouble.message)))
        .because(when_last_seen(outlook))
        .because([format!("next attempt in {next}")])
        .remedy(remedy(outlook, kind, first));
    vec![verdict]
}

/// `db1`, or `db1, db2, db3`.
fn who(outlook: &Outlook<'_>, alike: &[&Trouble]) -> String {
    if alike.is_empty() {
        return outlook.entry.name.to_string();
    }
    names(alike.iter().map(|trouble| &trouble.host))
}

const fn phrase(kind: TroubleKind) -> &'static str {
    match kind {
        TroubleKind::UnknownHost => "the name can't be resolved",
        TroubleKind::Unreachable => "no connection",
        TroubleKind::LoginPending => "waiting to log in",
        TroubleKind::SlowLogin => "slow login",
        TroubleKind::Refused => "connection refused",
        TroubleKind::Authentication => "login refused",
        TroubleKind::HostKeyUnknown => "host key not known",
        TroubleKind::HostKeyChanged => "HOST KEY CHANGED",
        TroubleKind::Timeout => "time-out",
        TroubleKind::ConnectionLost => "connection lost",
        TroubleKind::NotInstalled => "Pacemaker's tools not found",
        TroubleKind::PermissionDenied => "may not ask Pacemaker",
        TroubleKind::TooMuchOutput => "too much output",
        TroubleKind::Unreadable => "answer not understood",
        TroubleKind::Other => "not reached",
    }
}

fn remedy(outlook: &Outlook<'_>, kind: TroubleKind, host: &HostName) -> String {
    let access = &outlook.entry.access;
    let login = access.user.as_ref().map_or_else(|| shell(host), |user| shell(format!("{user}@{host}")));
    let host = shell(host);
    match kind {
        TroubleKind::UnknownHost => {
            format!("Check the name in the configuration, ssh's own configuration and DNS: `getent hosts {host}`.")
        }
        TroubleKind::Unreachable => format!(
            "Check that the host is up (its console or its hypervisor) and the network between: `ssh {login} true`."
        ),
        TroubleKind::LoginPending => {
            "Wait, or press `r` to put this cluster first in the queue.".to_owned()
        }
        TroubleKind::SlowLogin => format!(
            "The host is up, but the login is slow (load, DNS, a jump host): time it with `ssh {login} true`, and set a longer `connect_timeout`."
        ),
        TroubleKind::Refused => {
            "Check on the host's own console that sshd runs (`systemctl status sshd`), and the port.".to_owned()
        }
        TroubleKind::Authentication => format!(
            "Check that the key is loaded (`ssh-add -l`) and accepted: `ssh -o BatchMode=yes {login} true`. The console never asks for a password."
        ),
        TroubleKind::HostKeyUnknown => format!(
            "Log in once by hand, `ssh {login}`, and compare the fingerprint with the one on the host's own console before you accept it."
        ),
        TroubleKind::HostKeyChanged => format!(
            "Do not accept it blindly: somebody may be listening in. Compare `ssh-keyscan {host} | ssh-keygen -lf -` with the fingerprint on the host's own console; if the host was installed anew, `ssh-keygen -R {host}` and log in once by hand."
        ),
        TroubleKind::Timeout => format!(
            "The host may hang (disk, memory, load): look at it with `ssh {login} uptime` or on its own console. A slow but healthy host needs a longer command timeout."
        ),
        TroubleKind::ConnectionLost => {
            format!("The host may have been fenced or restarted, or the network flaps: `ssh {login} uptime`.")
        }
        TroubleKind::NotInstalled => {
            "Install Pacemaker's command line tools there (`dnf install pacemaker-cli`, `apt install pacemaker-cli-utils`), or take the host out of this cluster's nodes.".to_owned()
        }
        TroubleKind::PermissionDenied => match access.privilege {
            Privilege::None => "Add the login's user to the group haclient (`usermod -aG haclient USER`), or set become = \"sudo\".".to_owned(),
            Privilege::Sudo => "Let the login's user run crm_mon and cibadmin through `sudo -n` without a password, or add it to the group haclient and set become = \"none\".".to_owned(),
        },
        TroubleKind::TooMuchOutput => {
            format!("See what it prints: `ssh {login} crm_mon -1 | head`. A login script that prints may be to blame.")
        }
        TroubleKind::Unreadable => format!(
            "See what it answers: `ssh {login} crm_mon -1 --as-xml | head`. A login script that prints, or a broken Pacemaker, may be to blame."
        ),
        TroubleKind::Other => format!("Try it by hand: `ssh {login} crm_mon -1`."),
    }
}

/// What the last good picture said, marked as the past.
pub(super) fn when_last_seen(outlook: &Outlook<'_>) -> Vec<String> {
    let (Some(age), Some(findings)) = (outlook.observation.age(outlook.now), last_seen(*outlook)) else {
        return vec!["never seen since the console was started".to_owned()];
    };
    let prefix = format!("when last seen, {} ago", span(age));
    let worse: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Note).collect();
    if worse.is_empty() {
        return vec![format!("{prefix}: healthy")];
    }
    let more = worse.len().saturating_sub(LAST_SEEN);
    let told = worse.iter().take(LAST_SEEN).map(|finding| format!("{prefix}: {}", finding.summary));
    told.chain((more > 0).then(|| format!("{prefix}: and {} more", plural(more, "finding")))).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::health::testing::{ago, entry, healthy, lines, live, now};
    use crate::health::{Finding, Health, assess};
    use crate::model::{Contact, HostName, Observation, Picture, Trouble, TroubleKind};

    fn when_lost(kinds: &[TroubleKind], picture: Picture) -> Vec<Finding> {
        let trouble = |(host, kind): (&HostName, &TroubleKind)| Trouble {
            host: host.clone(),
            kind: *kind,
            message: "it says so".to_owned(),
        };
        let troubles = entry().hosts.iter().zip(kinds).map(trouble).collect();
        let contact = Contact::Lost { since: ago(41), troubles, retry_at: ago(-4) };
        let observation = Observation { contact, confirmed: Some(ago(41)), ..live(picture) };
        assess(&entry(), &observation, now())
    }

    #[test]
    fn the_last_picture_is_told_as_the_past() {
        let mut picture = healthy();
        picture.nodes[2].unclean = true;
        let findings = when_lost(&[TroubleKind::Unreachable; 3], picture);
        assert_eq!(
            lines(&findings),
            ["unknown unreachable db: no answer for 41 s: no connection (db1, db2, db3)"]
        );
        let then = "when last seen, 41 s ago: db3 is unclean and waits for fencing";
        assert!(findings[0].evidence.contains(&then.to_owned()));
        assert_eq!(Health::of(&findings), Health::Unknown);
    }

    #[test]
    fn a_changed_host_key_is_told_first_and_never_accepted() {
        let kinds = [TroubleKind::Timeout, TroubleKind::HostKeyChanged, TroubleKind::Timeout];
        let findings = when_lost(&kinds, healthy());
        assert_eq!(
            lines(&findings),
            [
                "unknown host-key-changed db: no answer for 41 s: HOST KEY CHANGED (db2)",
                "unknown timeout db: no answer for 41 s: time-out (db1, db3)",
            ]
        );
        assert!(findings[0].remedy.contains("ssh-keygen -R db2"));
    }

    #[rstest]
    #[case(TroubleKind::UnknownHost)]
    #[case(TroubleKind::Unreachable)]
    #[case(TroubleKind::Refused)]
    #[case(TroubleKind::Authentication)]
    #[case(TroubleKind::HostKeyUnknown)]
    #[case(TroubleKind::HostKeyChanged)]
    #[case(TroubleKind::LoginPending)]
    #[case(TroubleKind::SlowLogin)]
    #[case(TroubleKind::Timeout)]
    #[case(TroubleKind::ConnectionLost)]
    #[case(TroubleKind::NotInstalled)]
    #[case(TroubleKind::PermissionDenied)]
    #[case(TroubleKind::TooMuchOutput)]
    #[case(TroubleKind::Unreadable)]
    #[case(TroubleKind::Other)]
    fn every_kind_is_told_once(#[case] kind: TroubleKind) {
        let findings = when_lost(&[kind], healthy());
        let code = kind.to_string();
        let expected = if kind == TroubleKind::Other { "no-contact" } else { &code };
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn lost_without_a_reason_is_told_too() {
        assert_eq!(Health::of(&when_lost(&[], healthy())), Health::Unknown);
    }
}
