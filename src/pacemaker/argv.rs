//! The argument vectors of the commands that ask. None of them changes anything.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Where Pacemaker's tools may be: an ordinary user who logs in over ssh has no `/usr/sbin` on the path.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The two ways to ask `crm_mon` for XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MonForm {
    /// `--output-as=xml`, from 2.0.3. Tells in its output why it failed.
    #[default]
    OutputAsXml,
    /// `--as-xml`, accepted from 1.1.10 to this day, hidden since 3.0.2.
    AsXml,
}

impl MonForm {
    /// What to try where this one is not known (see [`super::diagnose::Diagnosis::OptionUnknown`]).
    pub const fn fallback(self) -> Option<Self> {
        match self {
            Self::OutputAsXml => Some(Self::AsXml),
            Self::AsXml => None,
        }
    }
}

/// Asks for the cluster's state, once (`-1`), with the resources that do not run (`-r`, listed without being asked only
/// from 2.0.4). Every section is part of the XML in every version that has it, so none is asked for by name.
pub fn crm_mon(form: MonForm) -> Vec<String> {
    let form = match form {
        MonForm::OutputAsXml => "--output-as=xml",
        MonForm::AsXml => "--as-xml",
    };
    command(&["crm_mon", form, "-1", "-r"])
}

/// Asks for the whole CIB.
pub fn cib() -> Vec<String> {
    command(&["cibadmin", "--query"])
}

/// Asks for the cluster's options, and with them for its name.
pub fn cluster_options() -> Vec<String> {
    command(&["cibadmin", "--query", "--scope", "crm_config"])
}

/// Asks for the `<cib>` element alone, whose epochs tell cheaply whether anything has changed.
pub fn cib_epoch() -> Vec<String> {
    command(&["cibadmin", "--query", "--xpath", "/cib", "--no-children"])
}

/// Asks for what the host's archive of the CIB tells of leftover constraints: of each version that it keeps, and of the
/// present one, who wrote it and when, and every constraint whose id begins with `cli-`, with its rule.
///
/// Pacemaker keeps the last hundred versions, for root and `hacluster` alone to read: fails where the user may not.
pub fn cib_archive() -> Vec<String> {
    command(&["sh", "-c", CIB_ARCHIVE])
}

/// Constant, as [`FOLLOW_LOG`]. On disk each element begins a line; only its start tag is taken, and closed. The ids in
/// the rule of a leftover constraint begin as its own does.
const CIB_ARCHIVE: &str = r#"
cd /var/lib/pacemaker/cib 2>/dev/null || cd /var/lib/heartbeat/crm 2>/dev/null || exit 66
[ -r cib.xml ] || exit 66
echo '<archive>'
sed -n -e '/^ *<cib /b tag' -e '/<[a-z_]* [^>]*id="cli-/b tag' -e b -e ': tag' -e 's|/*>.*|/>|p' \
  cib-*.raw cib.xml 2>/dev/null
echo '</archive>'
"#;

/// Asks for the end of the cluster's log and for all that is added to it, for as long as somebody listens: the journal
/// where it has anything of the cluster, else the first log file that can be read.
///
/// Says on stderr which it is, after [`LOG_SOURCE`]. Now and then it prints an empty line, so that it notices when
/// nobody listens any more, however quiet the cluster is.
pub fn follow_log() -> Vec<String> {
    command(&["sh", "-c", FOLLOW_LOG])
}

/// What the source of a log is told after.
pub const LOG_SOURCE: &str = "log source: ";

/// Constant: nothing of what anybody has named is ever put into it.
///
/// The shell reaps the follower as soon as it ends, while it waits for a `sleep`, and the PID is free from then on. So the
/// PID counts only while `/proc` shows it as a child of this shell; the only other child of this shell is that `sleep`.
const FOLLOW_LOG: &str = r#"
set -- -q -o short-iso -u pacemaker -u corosync -u pacemaker_remote
if [ -n "$(journalctl -n 1 "$@" 2>/dev/null)" ]; then
  echo 'log source: journal' >&2
  journalctl -f -n 200 "$@" &
else
  for file in /var/log/pacemaker/pacemaker.log /var/log/pacemaker.log /var/log/cluster/corosync.log     /var/log/corosync/corosync.log; do
    [ -r "$file" ] && break
    file=
  done
  if [ -z "$file" ]; then
    echo 'neither the journal nor a log file of the cluster can be read by this user' >&2
    exit 66
  fi
  echo "log source: $file" >&2
  tail -n 200 -F "$file" 2>/dev/null &
fi
child=$!
is_ours() { read -r _ _ _ parent _ 2>/dev/null <"/proc/$child/stat" && [ "$parent" = "$$" ]; }
trap 'is_ours && kill "$child" 2>/dev/null' EXIT
trap 'exit 0' HUP INT TERM PIPE
while is_ours; do
  sleep 15
  echo || exit 0
done
"#;

/// Asks for the state of a node's controller, in every version. It may be another node than the one that is asked.
pub fn controller_state(node: &str) -> Vec<String> {
    in_own_environment(&["crmadmin", &format!("--status={node}")])
}

/// Asks for the host's clock and zone: seconds since the epoch with nanoseconds, and the offset from UTC.
pub fn clock() -> Vec<String> {
    command(&["date", "+%s.%N %z"])
}

/// Asks for the nodes that Pacemaker knows: id, name and state. The fallback where the CIB can't be read.
pub fn node_list() -> Vec<String> {
    command(&["crm_node", "-l"])
}

/// Asks for corosync's configuration. The fallback where the CIB can't be read or names no cluster.
pub fn corosync_conf() -> Vec<String> {
    command(&["cat", "/etc/corosync/corosync.conf"])
}

/// Has a shell run the script on its stdin. Arguments that are added are the script's.
pub(super) fn shell_reading_stdin() -> Vec<String> {
    command(&["sh", "-s", "--"])
}

/// `env`, as the locale decides how dates are written.
fn command(argv: &[&str]) -> Vec<String> {
    ["env", "LC_ALL=C", PATH].iter().chain(argv).map(|&word| word.to_owned()).collect()
}

/// A command that names something, in the environment that Pacemaker's tools want.
///
/// They read their arguments with `GLib` and set no locale, so that it refuses all that is not ASCII ("Invalid byte
/// sequence in conversion input"), whatever the locale's variables say, unless `CHARSET` tells it better.
pub fn in_own_environment<T: AsRef<str>>(argv: &[T]) -> Vec<String> {
    let environment = ["env", "LC_ALL=C", "CHARSET=UTF-8", PATH].into_iter();
    environment.chain(argv.iter().map(AsRef::as_ref)).map(str::to_owned).collect()
}

/// Reads what [`clock`] printed, after a banner if there was one: the host's time and its zone.
///
/// Where `date` knows no nanoseconds (busybox prints `%N` or nothing) the time is in seconds.
pub fn parse_clock(stdout: &[u8]) -> Option<(Timestamp, Offset)> {
    let text = String::from_utf8_lossy(stdout);
    let line = text.lines().rfind(|line| !line.trim().is_empty())?;
    let (time, zone) = line.trim().split_once(' ')?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction.len() <= 9;
    let nanoseconds = if digits { format!("{fraction:0<9}").parse().ok()? } else { 0 };
    let at = at.checked_add(SignedDuration::from_nanos(nanoseconds)).ok()?;
    Some((at, offset(zone.trim())?))
}

/// Reads `+0130`.
fn offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use jiff::tz::offset as hours;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn asks_in_a_locale_and_with_a_path_of_its_own() {
        let argv = crm_mon(MonForm::AsXml);
        assert_eq!(argv[..3], ["env", "LC_ALL=C", PATH]);
        assert_eq!(argv[3..], ["crm_mon", "--as-xml", "-1", "-r"]);
        assert_eq!(crm_mon(MonForm::default())[4], "--output-as=xml");
        assert_eq!(MonForm::default().fallback(), Some(MonForm::AsXml));
        assert_eq!(MonForm::AsXml.fallback(), None);
    }

    #[test]
    fn names_may_be_of_any_script() {
        let argv = in_own_environment(&["crm_resource", "--resource=größe"]);
        assert_eq!(argv, ["env", "LC_ALL=C", "CHARSET=UTF-8", PATH, "crm_resource", "--resource=größe"]);
    }

    /// A PID that was given out again: of a process that this shell didn't start.
    #[test]
    fn a_followed_log_ends_without_touching_a_recycled_pid() {
        let folder = tempfile::tempdir().unwrap();
        let journalctl = folder.path().join("journalctl");
        std::fs::write(&journalctl, "#!/bin/sh\n[ \"$1\" != -n ] || echo a line\n").unwrap();
        std::fs::set_permissions(&journalctl, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut another = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let script = FOLLOW_LOG.replace("child=$!", &format!("child={}", another.id()));
        assert_ne!(script, FOLLOW_LOG);
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let mut shell = std::process::Command::new("timeout");
        let followed = shell.args(["10", "sh", "-c", &script]).env("PATH", path).output().unwrap();
        let is_alive = another.try_wait().unwrap().is_none();
        another.kill().unwrap();
        another.wait().unwrap();
        assert!(is_alive, "it was killed");
        assert_ne!(followed.status.code(), Some(124), "it went on following");
    }

    #[rstest]
    #[case::nanoseconds("1795345794.250000001 +0100\n", "2026-11-22T11:09:54.250000001Z", 1)]
    #[case::behind("1795345794.5 -0800", "2026-11-22T11:09:54.5Z", -8)]
    #[case::busybox("1795345794.%N +0000\n", "2026-11-22T11:09:54Z", 0)]
    #[case::no_fraction("1795345794 +0000\n", "2026-11-22T11:09:54Z", 0)]
    #[case::banner("Welcome to db1!\n1795345794.0 +0000\n\n", "2026-11-22T11:09:54Z", 0)]
    fn reads_clocks(#[case] printed: &str, #[case] at: Timestamp, #[case] zone: i8) {
        assert_eq!(parse_clock(printed.as_bytes()), Some((at, hours(zone))));
    }

    #[test]
    fn reads_zones_of_half_an_hour() {
        let zone = Offset::from_seconds(-(3 * 3600 + 1800)).unwrap();
        assert_eq!(parse_clock(b"0.0 -0330"), Some((Timestamp::UNIX_EPOCH, zone)));
    }

    #[rstest]
    #[case("")]
    #[case("1795345794.5")]
    #[case("soon +0100")]
    #[case("1795345794.5 +1")]
    #[case("1795345794.5 CET")]
    #[case("99999999999999.0 +0000")]
    #[case("0.0 +9999")]
    fn refuses_what_is_no_clock(#[case] printed: &str) {
        assert_eq!(parse_clock(printed.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn never_panics(printed in any::<Vec<u8>>(), near in "[-0-9]{0,22}\\.[0-9\u{e9}]{0,12} [-+][0-9]{0,5}") {
            parse_clock(&printed);
            parse_clock(near.as_bytes());
        }
    }
}
