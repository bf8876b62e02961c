//! One question for all that a host can tell of the stack under Pacemaker.

use super::argv::shell_reading_stdin;

/// The most that the host takes for an answer, as [`SCRIPT`] sees to it. Give the command a few seconds more.
pub const TAKES: std::time::Duration = std::time::Duration::from_secs(7);

/// The cluster-wide parts of the question. One member is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Corosync's votes.
    pub votes: bool,
    /// The messages of `crm_verify`, which runs the scheduler once.
    pub verify: bool,
}

/// Asks a host for its stack: each tool that it has is run once, all at the same time, and reports in a section of its own.
/// Changes nothing but a folder for its own files, in memory where there is `/dev/shm`, which it removes.
/// Give it [`SCRIPT`] on stdin.
pub fn stack(wanted: Wanted) -> Vec<String> {
    let mut argv = shell_reading_stdin();
    argv.extend(wanted.votes.then(|| "votes".to_owned()));
    argv.extend(wanted.verify.then(|| "verify".to_owned()));
    argv
}

/// The script, which travels on stdin, so that `sudo` doesn't log it each time. A constant: nothing that anyone has named becomes part of its text.
///
/// Prints sections for [`super::parse::stack`]. A section begins with `= NAME HOW`, where `HOW` is the tool's exit code,
/// `missing` without the tool, or `hangs`. The tool's lines follow, each behind `|`, so that none is ever taken for the
/// beginning of a section. `= end` closes the answer.
///
/// A tool that can't even be killed, since the kernel waits for a dead disk on its behalf, must not keep the session:
/// its output goes to a file, and the script doesn't wait for it. It isn't run again while it hangs, or such processes
/// would pile up. Of 64 KiB of output no more is read. `drbdsetup` isn't run without the kernel's module, because it would
/// load it. `corosync-quorumtool` prints addresses (`-i`), as resolving names takes long where DNS is down.
pub const SCRIPT: &str = r#"
limit=5
umask 077
for place in /dev/shm "${TMPDIR:-/tmp}"; do
  work=$(mktemp -d "$place/quorate.XXXXXXXXXX" 2>/dev/null) && break
  work=
done
[ -n "$work" ] || { echo 'no place for temporary files' >&2; exit 73; }
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM PIPE
asked=
ask() { # SECTION TOOL ARGUMENT...
  section=$1
  shift
  asked="$asked $section"
  if ! command -v "$1" >/dev/null 2>&1; then
    echo missing >"$work/$section.end"
    return
  fi
  (
    { timeout -s KILL "$limit" "$@" 2>&1; echo "$?" >"$work/$section.code"; } |
      head -c 65536 >"$work/$section"
    mv "$work/$section.code" "$work/$section.end"
  ) </dev/null >/dev/null 2>&1 &
}
is_under_way() { # TOOL ARGUMENT...: twice, as another console may just have asked
  for pause in 0.5 0; do
    ps -C "$1" -o args= 2>/dev/null | grep -qxF -- "$*" || return 1
    sleep "$pause"
  done
}
ask_unless_it_hangs() { # SECTION TOOL ARGUMENT...
  section=$1
  shift
  if is_under_way "$@"; then
    asked="$asked $section"
    echo hangs >"$work/$section.end"
  else
    ask "$section" "$@"
  fi
}
for wanted; do
  case $wanted in
  votes) ask votes corosync-quorumtool -s -i ;;
  verify) ask verify crm_verify --live-check -V ;;
  esac
done
ask daemons systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState corosync.service corosync-qdevice.service \
  pacemaker.service pacemaker_remote.service sbd.service sbd_remote.service pcsd.service
ask links corosync-cfgtool -s
for config in /etc/sysconfig/sbd /etc/default/sbd; do
  [ -f "$config" ] || continue
  ask sbd-config cat "$config"
  devices=$(sed -n 's/^[[:space:]]*SBD_DEVICE[[:space:]]*=//p' "$config" 2>/dev/null | tail -n 1 | tr -d '"'"'")
  nth=0
  set -f
  IFS=';'
  for device in $devices; do
    unset IFS
    device=$(echo $device)
    [ -n "$device" ] && [ "$nth" -lt 4 ] || continue
    if [ ! -e "$device" ]; then
      state=missing
    elif [ ! -r "$device" ] || [ ! -w "$device" ]; then
      state=refused
    else
      state=readable
      ask_unless_it_hangs "sbd-dump-$nth" sbd -d "$device" dump
      ask_unless_it_hangs "sbd-list-$nth" sbd -d "$device" list
    fi
    echo "$state $device" >>"$work/sbd-devices"
    nth=$((nth + 1))
  done
  unset IFS
  set +f
  if [ -e "$work/sbd-devices" ]; then
    asked="$asked sbd-devices"
    echo 0 >"$work/sbd-devices.end"
  fi
  break
done
if [ -d /sys/module/drbd ]; then
  ask drbd-proc cat /proc/drbd
  ask drbd-names find /dev/drbd/by-res -type l -printf '%P %l\n'
  ask_unless_it_hangs drbd-status drbdsetup status --json
fi
left=$((limit * 10 + 10))
for section in $asked; do
  while [ ! -e "$work/$section.end" ] && [ "$left" -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
done
for section in $asked; do
  how=hangs
  [ ! -e "$work/$section.end" ] || read -r how <"$work/$section.end"
  echo "= $section $how"
  [ ! -e "$work/$section" ] || { sed 's/^/|/' "$work/$section"; echo; }
done
echo '= end'
"#;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::{Command, Output, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// Runs the script with these tools, each with its text.
    fn run(tools: &[(&str, &str)], wanted: Wanted) -> (Output, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in tools {
            put(&folder.path().join(name), text);
        }
        let argv = stack(wanted);
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        // `env` is left out, as it sets a path of its own.
        let at = argv.iter().position(|word| word == "sh").unwrap();
        let mut command = Command::new("sh");
        (feed(command.args(&argv[at + 1..]).env("PATH", path), SCRIPT), folder)
    }

    /// Runs a command with that script on its stdin.
    fn feed(command: &mut Command, script: &str) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn put(path: &Path, text: &str) {
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn sections(output: &Output) -> Vec<String> {
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().filter(|line| line.starts_with("= ")).map(str::to_owned).collect()
    }

    const ALL: Wanted = Wanted { votes: true, verify: true };

    #[test]
    fn each_tool_reports_in_a_section_of_its_own() {
        let tools = [
            ("corosync-quorumtool", "echo '= end'; printf 'no newline'; exit 2"),
            ("corosync-cfgtool", "echo out; echo err >&2"),
            ("systemctl", "echo Id=corosync.service"),
        ];
        let (output, _folder) = run(&tools, ALL);
        assert_eq!(
            sections(&output)[..4],
            ["= votes 2", "= verify missing", "= daemons 0", "= links 0"].map(str::to_owned)
        );
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("= votes 2\n|= end\n|no newline\n"), "{text}");
        assert!(text.contains("|out\n|err\n"), "{text}");
        assert!(text.ends_with("\n= end\n"), "{text}");
    }

    #[test]
    fn what_is_not_wanted_is_not_asked() {
        let tools = [("corosync-quorumtool", "echo asked"), ("crm_verify", "echo asked")];
        let (output, _folder) = run(&tools, Wanted::default());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("asked"));
    }

    /// Its output, which would keep the session open, isn't waited for either.
    #[test]
    fn a_tool_that_hangs_delays_nobody() {
        let begun = Instant::now();
        let (output, _folder) = run(&[("corosync-cfgtool", "echo before; sleep 60")], Wanted::default());
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("= links 137") || text.contains("= links hangs"), "{text}");
        assert!(text.ends_with("\n= end\n"), "{text}");
    }

    #[test]
    fn of_too_much_output_only_the_beginning_is_read() {
        let (output, _folder) = run(&[("corosync-cfgtool", "yes")], Wanted::default());
        assert!(output.stdout.len() < 200_000, "{}", output.stdout.len());
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("\n= end\n"));
    }

    #[test]
    fn nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        let script = SCRIPT.replace("/dev/shm", &place);
        assert_ne!(script, SCRIPT);
        let output = feed(Command::new("sh").args(["-s", "--", "votes"]), &script);
        assert!(output.status.success());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
