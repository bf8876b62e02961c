//! What is run on a host: constant scripts, with names in the argument vector and everything else on stdin.
//!
//! On the host there is one folder for all runs, `/run/quorate` (of another user than root: `/tmp/quorate-UID`): the
//! lock, and for each script that was sent a folder of its own with the process's id, and its exit code once it has
//! ended. It is what tells a later console what has become of a script after the connection was lost.

use std::time::Duration;

use super::Shared;
use crate::model::HostName;
use crate::model::text::clean;
use crate::scenario::journal::{Fate, Place};
use crate::scenario::{Format, Plan, System};
use crate::transport::{Command, Limits, Local, Output, Transport, TransportError};

/// Finds the folder: `$home`. The script's own mask is kept in `$mask`.
macro_rules! home {
    () => {
        r#"mask=$(umask)
umask 077
case $(id -u) in 0) home=/run/quorate ;; *) home=/tmp/quorate-$(id -u) ;; esac
mkdir -p "$home" 2>/dev/null
if [ ! -d "$home" ] || [ -L "$home" ] || [ ! -O "$home" ]; then
  echo "quorate: $home is not a folder of this user's own" >&2
  exit 125
fi
"#
    };
}

/// Finds out whether the script of run `$1`, number `$2` runs: `$alive`, `$pid`. A process that has the number of one
/// of before, or of another boot, is another.
macro_rules! find {
    () => {
        r#"here=$home/$1/$2
started() { stat=$(cat "/proc/$1/stat" 2>/dev/null) && set -- ${stat##*) } && echo "${20}"; }
alive=no
pid= boot= start=
[ -f "$here/pid" ] && read -r pid boot start <"$here/pid"
if [ -n "$pid" ] && [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ "$start" = "$(started "$pid")" ]; then
  alive=yes
fi
"#
    };
}

/// Runs the script on its stdin, of run `$1`, with number `$2`.
///
/// The script is read whole before anything of it is run, and runs without stdin, in a session of its own that no
/// hang-up of the connection reaches. What it prints goes through `tee`, which goes on when nobody listens any more:
/// a lost connection does not kill an installation half-way.
const LOADER: &str = concat!(
    home!(),
    r#"here=$home/$1/$2
mkdir -p "$home/$1" && mkdir "$here" || exit 125
umask "$mask"
inner='
stat=$(cat "/proc/$$/stat") && start=$(set -- ${stat##*) } && echo "${20}")
echo "$$ $(cat /proc/sys/kernel/random/boot_id) $start" >"$1/pid.new" && mv "$1/pid.new" "$1/pid" || exit 125
__quorate=$(cat)
exec </dev/null
case $__quorate in
*"
# quorate: the script is whole") [ -e "$1/settled" ] || __quorate_runs= ;;
esac
if [ -z "${__quorate_runs+yes}" ]; then
  : >"$1/never"
  echo "quorate: the script did not arrive whole or in time; nothing of it was run" >&2
  exit 125
fi
unset stat start __quorate_runs
set --
eval "$__quorate"'
exec 3<&0 </dev/null
exec 4> >(trap "" HUP INT TERM PIPE; exec tee /dev/null 3<&-)
out=$!
exec 5> >(trap "" HUP INT TERM PIPE; exec tee /dev/null 3<&- 4>&- >&2)
err=$!
trap : HUP INT TERM
setsid bash -c "$inner" quorate "$here" <&3 >&4 2>&5 3<&- 4>&- 5>&-
code=$?
echo "$code" >"$here/exit.new" && mv "$here/exit.new" "$here/exit"
exec 4>&- 5>&-
for pause in 0 .01 .02 .05 .1 .2 .5 1 1 1 1; do
  sleep "$pause"
  kill -0 "$out" 2>/dev/null || kill -0 "$err" 2>/dev/null || break
done
kill -9 "$out" "$err" 2>/dev/null
exit "$code"
"#
);

/// The last line of what the loader reads.
const WHOLE: &str = "\n# quorate: the script is whole";

/// Says what has become of a script: `running`, `exited N`, `never` (nothing of it was run, nor ever will be), `gone`.
///
/// One that has not come this far is kept from being run: its folder is taken, or it finds that it is settled. Where
/// the host does not remember the beginning of the run, it can't tell what it has forgotten.
const SETTLE: &str = concat!(
    home!(),
    r#"here=$home/$1/$2
if [ -e "$home/$1/since" ]; then mkdir "$here" 2>/dev/null; fi
if [ ! -d "$here" ]; then
  echo gone
  exit
fi
[ -f "$here/pid" ] || : >"$here/settled"
if [ ! -f "$here/pid" ]; then
  echo never
  exit
fi
"#,
    find!(),
    r#"if [ "$alive" = no ] && [ ! -f "$here/exit" ]; then
  sleep 1
fi
if [ "$alive" = no ] && [ -e "$here/never" ]; then
  echo never
elif [ -f "$here/exit" ]; then
  echo "exited $(cat "$here/exit")"
elif [ "$alive" = yes ]; then
  echo running
else
  echo gone
fi
"#
);

/// Ends a script and all that it has started, kindly first. One that has not come so far is kept from being run.
const KILL: &str = concat!(
    home!(),
    r#"here=$home/$1/$2
mkdir -p "$home/$1" || exit 1
mkdir "$here" 2>/dev/null
[ -f "$here/pid" ] || : >"$here/settled"
"#,
    find!(),
    r#"[ "$alive" = yes ] || exit 0
send() {
  kill "-$1" -- "-$pid" 2>/dev/null
  if command -v pkill >/dev/null; then pkill "-$1" -s "$pid"; fi
}
send TERM
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
  kill -0 -- "-$pid" 2>/dev/null || exit 0
  sleep 0.2
done
send KILL
exit 0
"#
);

/// Takes the lock of this host for run `$1`; `$2` is what it says, `$3` whether another's is broken, `$4` whether the
/// run begins: that is remembered until the host is restarted. Exit code 75: it is held by what is printed.
const LOCK: &str = concat!(
    home!(),
    r#"new=$home/.lock.$1
printf '%s\n' "$2" >"$new" || exit 1
trap 'rm -f "$new"' EXIT
if [ "$3" = break ]; then
  mv -f "$new" "$home/lock" || exit 1
elif ! ln "$new" "$home/lock" 2>/dev/null; then
  read -r holder <"$home/lock" || exit 1
  case $holder in
  "$1 "*) ;;
  *)
    echo "$holder"
    exit 75
    ;;
  esac
fi
if [ "$4" = fresh ]; then
  mkdir -p "$home/$1" && : >"$home/$1/since" || exit 1
fi
exit 0
"#
);

/// Gives the lock back, if it is run `$1`'s, and forgets its scripts.
const UNLOCK: &str = concat!(
    home!(),
    r#"if [ -f "$home/lock" ] && read -r holder <"$home/lock"; then
  case $holder in "$1 "*) rm -f "$home/lock" ;; esac
fi
rm -rf "${home:?}/${1:?}"
"#
);

/// Tells what the host runs, and as whom we are there.
const PROBE: &str = r#"cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
printf '\nQUORATE_UID=%s\n' "$(id -u)"
"#;

/// The exit code of [`LOCK`] where another holds it.
const HELD: i32 = 75;

/// The most that is read of what a constant script says.
const OUTPUT: usize = 256 << 10;
/// The longest that a constant script may take; killing is the longest.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a host says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probed {
    pub(super) system: System,
    /// Whether what is run there has the rights of root.
    pub(super) is_root: bool,
}

/// Who holds the lock of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// The run.
    pub(super) run: String,
    /// In words: which scenario, who, from where and since when.
    pub(super) words: String,
}

/// What a host has to remember of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nothing has been sent of it yet: what the host does not know from now on has not been there.
    Fresh,
    /// What it still knows.
    Kept,
}

/// Whether another's lock is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lock {
    /// It is respected.
    #[default]
    Respect,
    /// It is taken over: whoever wants it knows that the other run is dead.
    Break,
}

impl Shared {
    /// The command that runs a script, and what it reads.
    pub(super) fn loader(&self, place: &Place, serial: u64, input: Vec<u8>) -> Command {
        let command = Command::new("bash").args(["-c", LOADER, "quorate", &self.run, &serial.to_string()]);
        self.with_rights(place, command.stdin(input))
    }

    pub(super) async fn probe(&self, place: &Place) -> Result<Probed, String> {
        let output = self.constant(place, PROBE, &[]).await.map_err(|error| error.message)?;
        if output.exit_code != Some(0) {
            return Err(format!("{place}: {}", said(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let is_root = text.lines().any(|line| line == "QUORATE_UID=0");
        Ok(Probed { system: System::parse(&text), is_root })
    }

    /// What has become of a script: `None` while it runs.
    pub(super) async fn look_for(&self, place: &Place, serial: u64) -> Result<Option<Fate>, String> {
        let output = self.constant(place, SETTLE, &[&serial.to_string()]).await.map_err(|it| it.message)?;
        let text = String::from_utf8_lossy(&output.stdout);
        match text.trim().split_once(' ') {
            _ if output.exit_code != Some(0) => Err(format!("{place}: {}", said(&output))),
            Some(("exited", code)) => match code.parse() {
                Ok(code) => Ok(Some(Fate::Exited { code })),
                Err(_torn) => Ok(Some(Fate::Gone)),
            },
            None if text.trim() == "running" => Ok(None),
            None if text.trim() == "never" => Ok(Some(Fate::NeverBegan)),
            _ => Ok(Some(Fate::Gone)),
        }
    }

    /// Kills a script and all that it has started, wherever it is. An error: it may still run.
    pub(super) async fn kill(&self, place: &Place, serial: u64) -> Result<(), String> {
        let output = self.constant(place, KILL, &[&serial.to_string()]).await.map_err(|it| it.message)?;
        if output.exit_code == Some(0) { Ok(()) } else { Err(format!("{place}: {}", said(&output))) }
    }

    /// Takes the lock of a host. An error of `Ok`: another holds it.
    pub(super) async fn lock(
        &self,
        place: &Place,
        words: &str,
        lock: Lock,
        memory: Memory,
    ) -> Result<Result<(), Holder>, String> {
        let how = match lock {
            Lock::Respect => "respect",
            Lock::Break => "break",
        };
        let line = format!("{} {words}", self.run);
        let memory = match memory {
            Memory::Fresh => "fresh",
            Memory::Kept => "kept",
        };
        let output =
            self.constant(place, LOCK, &[&line, how, memory]).await.map_err(|error| error.message)?;
        match output.exit_code {
            Some(0) => Ok(Ok(())),
            Some(HELD) => {
                let text = clean(String::from_utf8_lossy(&output.stdout).trim());
                let (run, words) = text.split_once(' ').unwrap_or((&text, "somebody"));
                Ok(Err(Holder { run: run.to_owned(), words: words.to_owned() }))
            }
            _ => Err(format!("{place}: {}", said(&output))),
        }
    }

    /// Gives the lock of a host back and removes what the run has left there.
    pub(super) async fn unlock(&self, place: &Place) {
        match self.constant(place, UNLOCK, &[]).await {
            Ok(output) if output.exit_code == Some(0) => {}
            Ok(output) => tracing::warn!("the lock of {place} was not given back: {}", said(&output)),
            Err(error) => tracing::warn!("the lock of {place} was not given back: {error}"),
        }
    }

    /// Runs a constant script with the run's name and those words.
    pub(super) async fn constant(
        &self,
        place: &Place,
        script: &str,
        words: &[&str],
    ) -> Result<Output, TransportError> {
        let command = Command::new("bash").args(["-c", script, "quorate", &self.run]);
        let command = self.with_rights(place, command.args(words.iter().copied()));
        let command_limit = self.access.command_timeout.max(PATIENCE);
        let limits = Limits { connect: self.access.connect_timeout, command: command_limit, output: OUTPUT };
        match place {
            Place::Host(host) => self.transport.run(host, &command, limits).await,
            Place::Local => Local.run(&HostName::from("this machine"), &command, limits).await,
        }
    }

    /// Where the console runs, scripts have the rights of whoever runs it.
    fn with_rights(&self, place: &Place, command: Command) -> Command {
        match place {
            Place::Host(_) => command.with_privilege(self.access.privilege),
            Place::Local => command,
        }
    }
}

/// What the loader reads: the variables, the script, and a mark that it is whole. The only place where a secret goes.
pub(super) fn input(plan: &Plan, place: &Place, text: &str) -> Vec<u8> {
    let host = match place {
        Place::Host(host) => Some(host),
        Place::Local => None,
    };
    let mut input = String::new();
    for (name, value) in plan.environment(host) {
        input.push_str("export ");
        input.push_str(&name);
        input.push('=');
        input.push_str(&quoted(&value.text));
        input.push('\n');
    }
    input.push_str(match plan.scenario.format {
        Format::Markdown => "set -euo pipefail\n",
        Format::Phd => "",
    });
    input.push_str(text);
    input.push_str(WHOLE);
    input.into_bytes()
}

/// A value as one word of the shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The last lines of what a constant script said, fit to be shown.
pub(super) fn said(output: &Output) -> String {
    let stream = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(stream);
    let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
    match (last.is_empty(), output.exit_code) {
        (false, _) => last,
        (true, Some(code)) => format!("exit code {code}, without a word"),
        (true, None) => "it was ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_value_is_one_word_of_the_shell(value in "[^\0]{0,40}") {
            let script = format!("printf %s {}", quoted(&value));
            let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }
}
