//! The constant scripts that run on a host. Names travel in the argument vector, everything else on stdin.

/// Finds the folder of all runs: `$home`. Only this user may write there: what others could have put there isn't
/// believed, and nothing in it is followed elsewhere. The caller's mask is kept in `$mask`.
macro_rules! home {
    () => {
        r#"mask=$(umask)
umask 077
refuse() {
  echo "quorate: $1" >&2
  exit 125
}
case $(id -u) in 0) home=/run/quorate ;; *) home=/tmp/quorate-$(id -u) ;; esac
mkdir "$home" 2>/dev/null
if [ ! -d "$home" ] || [ -L "$home" ] || [ ! -O "$home" ]; then
  refuse "$home is not a folder of this user's own"
fi
mode=$(stat -c %a "$home") || refuse "the mode of $home can't be read"
if [ $((0$mode & 022)) -ne 0 ]; then
  refuse "other users may write to $home (mode $mode), so nothing in it can be trusted. Make sure that no scenario runs on this host, then remove it."
fi
[ ! -L "$home/$1" ] || refuse "$home/$1 is a link"
"#
    };
}

/// Defines `fields PID`: reads the state and what follows it in that process's `stat`, as `$stat`. Like all that goes into
/// the loader's inner scripts, it has no single quote.
macro_rules! fields {
    () => {
        r#"fields() {
  stat=
  { while IFS= read -r line || [ -n "$line" ]; do stat+="$line "; done <"/proc/$1/stat"; } 2>/dev/null
  stat=${stat##*) }
}
"#
    };
}

/// Defines `left SESSION…`: prints the living processes of those sessions. A script has a session of its own, while
/// `timeout` and `set -m` put what it starts in other process groups. Needs no `ps` or `pkill`, which a small host lacks.
///
/// Defines `alive FOLDER`: succeeds while the script of that folder runs, in the session of its keeper (see [`LOADER`]),
/// `$session`. `$pid` is the process to show: the script's shell or, without it, another of the session. `$stage` is
/// `waiting` until it begins. A recycled PID, one from an earlier boot and a zombie don't count. Without an exit code the
/// keeper was killed, so whatever is left of the session counts, as it does once `KILL` has begun. After an exit code it
/// doesn't count: a script may leave a daemon behind with `&` or `nohup`, and nothing would ever begin on that host again.
/// Where the record is gone, processes are found by the arguments that the loader gives them and by their user, and
/// `$session` names all their sessions.
///
/// Defines `remembers FOLDER`: succeeds if the host remembers each script of that run after number `$floor`. An empty file
/// `since`, as a full disk leaves it, is no memory: taken for 0, it would turn a script that ran half-way into one that
/// never came.
macro_rules! find {
    () => {
        concat!(
            fields!(),
            r#"started() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) && set -- ${stat##*) } && case $1 in [ZX]) ;; *) echo "${20}" ;; esac
}
remembers() {
  floor=
  if [ -f "$1/since" ]; then read -r floor <"$1/since"; fi
  case $floor in "" | *[!0-9]*) return 1 ;; esac
}
boot_id=$(cat /proc/sys/kernel/random/boot_id)
left() {
  sessions=" $* "
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    fields "$process"
    set -- $stat
    case $1 in "" | [ZX]) continue ;; esac
    case $sessions in *" $4 "*) echo "$process" ;; esac
  done
}
alive() {
  pid= boot= start= stage= session=
  if [ -f "$1/pid" ]; then
    read -r pid boot start stage <"$1/pid"
    [ -n "$pid" ] && [ "$boot" = "$boot_id" ] || return
    session=$pid
    now=$(started "$pid")
    if [ "$start" = "$now" ]; then
      if [ "$stage" != waiting ] && [ -d "/proc/$stage" ]; then pid=${stage:-$pid}; fi
      return 0
    fi
    [ -z "$now" ] && { [ -e "$1/killing" ] || [ ! -e "$1/exit" ]; } || return
    pid=$(left "$session") pid=${pid%%[!0-9]*}
    [ -n "$pid" ]
    return
  fi
  found=
  for pid in $(printf "%s\n" "$1" | grep -lzxF -f - /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=${pid#/proc/} pid=${pid%/cmdline}
    program= name= folder=
    { for word in program _ _ name folder; do IFS= read -r -d "" "$word"; done <"/proc/$pid/cmdline"; } 2>/dev/null
    [ "$program $name $folder" = "bash quorate $1" ] && [ -O "/proc/$pid" ] && [ -n "$(started "$pid")" ] || continue
    fields "$pid"
    found=$pid session+=" $(set -- $stat && echo "$4")"
  done
  pid=$found
  [ -n "$pid" ]
}
"#
        )
    };
}

/// Defines `called FOLDER`: reads what the run of that folder calls this host, as `$name`. Two names of one host, such as an
/// alias and an address, would be sent the same script at once.
macro_rules! called {
    () => {
        r#"called() {
  name=
  [ -f "$1/name" ] && IFS= read -r name <"$1/name" && [ -n "$name" ]
}
"#
    };
}

/// Keeps every other script of ours that reads or changes the lock waiting until this one has ended.
macro_rules! guard {
    () => {
        r#"exec 9<"$home" && flock -w 20 9 || refuse "another console holds $home for too long"
"#
    };
}

/// Defines `held`: whether a run holds the lock, as `$holder`. Nothing of a file is shown that isn't a lock.
macro_rules! held {
    () => {
        r#"held() {
  holder=
  [ -e "$home/lock" ] || [ -L "$home/lock" ] || return 1
  if [ -f "$home/lock" ] && [ ! -L "$home/lock" ]; then read -r -n 500 holder <"$home/lock"; fi
  [[ $holder =~ ^[A-Za-z0-9-]+\ . ]] || refuse "$home/lock is not the lock of a run. If no scenario runs on this host, remove it."
}
"#
    };
}

/// Runs the script on its stdin, of run `$1`, with number `$2`. `$3` is the boot in which the run took the lock; `-`: it
/// runs without a lock. `$4`: whether the script `changes` something or only `asks`. Exit code 77, if this is another boot:
/// the host was restarted, and nothing was run.
///
/// The script is read whole before anything of it runs. Then, with the guard held so that the lock can't change hands, the
/// host decides whether it begins: not if it was settled, is older than what the host remembers, the lock isn't the
/// run's, or another script of the run that changes something still runs. The script has no stdin. What it prints goes
/// through `tee`, which continues when nobody listens any more: a lost connection does not kill an installation half-way.
///
/// The script runs in a session that no hang-up of the connection reaches. Its leader, the keeper, waits for the script and
/// writes down its exit code, also when the loader is killed. If a signal may have killed the script (129 to 192), the
/// keeper also waits for what is left of the session, which may be the script's work; the script's time limit bounds that.
/// After any other exit code it doesn't wait: what is left was left on purpose, such as a daemon.
///
/// The script's stderr begins with [`BEGINS`] and ends with [`ENDS`], an exit code and a newline. Without both lines an exit
/// code isn't the script's.
pub(super) const LOADER: &str = concat!(
    home!(),
    r#"here=$home/$1/$2
if [ "$3" != - ] && [ "$3" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then exit 77; fi
mkdir -p "$home/$1" && mkdir "$here" || exit 125
umask "$mask"
inner='
begin() {
"#,
    find!(),
    r#"
  record() {
    echo "$7 $boot_id $8 $9" >"$1/pid.new" && mv "$1/pid.new" "$1/pid"
  }
  if [ "$9" = waiting ]; then
    record "$@"
    return
  fi
  echo "the script did not arrive whole or in time"
  exec 9<"$2" && flock -w 20 9 || return
  case $__quorate in *"
# quorate: the script is whole") ;; *) return 1 ;; esac
  [ ! -e "$1/settled" ] || return
  if [ -e "$2/$3/since" ]; then
    if ! remembers "$2/$3"; then
      echo "this host does not remember which scripts of the run it was sent"
      return 1
    fi
    [ "$4" -gt "$floor" ] || return
  fi
  if [ "$5" != - ]; then
    holder=
    if [ -f "$2/lock" ] && [ ! -L "$2/lock" ]; then read -r -n 500 holder <"$2/lock"; fi
    case $holder in
    "$3 "*) ;;
    *)
      echo "this run does not hold the lock of this host any more"
      return 1
      ;;
    esac
  fi
  if [ "$6" = changes ]; then
    for other in "$2/$3"/*/changes; do
      other=${other%/changes}
      if [ -e "$other/exit" ] && [ ! -e "$other/killing" ]; then continue; fi
      if [ -f "$other/pid" ] && alive "$other"; then
        echo "script ${other##*/} of this run still works here, as process $pid"
        return 1
      fi
    done
    : >"$1/changes" || return
  fi
  record "$@"
}
(begin "$@" waiting) || exit 125
__quorate=$(cat)
exec </dev/null
if ! __quorate_why=$(begin "$@" "$$"); then
  : >"$1/never"
  echo "quorate: ${__quorate_why##*
}; nothing of it was run" >&2
  exit 125
fi
echo "quorate: the script begins" >&2
unset __quorate_why
unset -f begin
set --
eval "$__quorate"'
keeper='
"#,
    fields!(),
    r#"
rest() {
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    [ "$process" != "$$" ] || continue
    fields "$process"
    set -- $stat
    case $1 in "" | [ZX]) continue ;; esac
    [ "$4" != "$$" ] || return 0
  done
  return 1
}
trap : HUP INT TERM PIPE
fields "$$"
start=$(set -- $stat && echo "${20}")
exec 5>&2 2>/dev/null
bash -c "$7" quorate "$1" "$2" "$3" "$4" "$5" "$6" "$$" "$start" 2>&5 5>&- 6>&-
code=$?
if [ "$code" -gt 128 ] && [ "$code" -le 192 ] && rest && { sleep 0.3 5>&- 6>&-; rest; }; then
  echo "quorate: process $process still runs; the script that started it ended with $code" >&5
  while rest; do sleep 0.3 5>&- 6>&-; done
fi
echo "$code" >"$1/exit.new" && mv "$1/exit.new" "$1/exit"
echo "$code" >&6
exit "$code"'
exec 3<&0 </dev/null
exec 4> >(trap "" HUP INT TERM PIPE; exec tee /dev/null 3<&-)
out=$!
exec 5> >(trap "" HUP INT TERM PIPE; exec tee /dev/null 3<&- 4>&- >&2)
err=$!
ours() { read -r _ _ _ parent _ 2>/dev/null <"/proc/$1/stat" && [ "$parent" = "$$" ]; }
trap : HUP INT TERM
code=$(exec setsid bash -c "$keeper" quorate "$here" "$home" "$1" "$2" "$3" "$4" "$inner" 6>&1 <&3 >&4 2>&5 3<&- 4>&- 5>&-)
exec 4>&- 5>&-
# The keeper was killed. The script may work on, and would be killed by a signal if nothing took what it prints.
[ -n "$code" ] || exit 1
for pause in 0 .01 .02 .05 .1 .2 .5 1 1 1 1; do
  sleep "$pause"
  ours "$out" || ours "$err" || break
done
for copier in "$out" "$err"; do
  if ours "$copier"; then kill -9 "$copier" 2>/dev/null; fi
done
[ -e "$here/never" ] || echo "quorate: the script ended with $code" >&2
exit "$code"
"#
);

/// The line of `LOADER` before the script's own output.
pub const BEGINS: &str = "quorate: the script begins\n";

/// The start of the line of `LOADER` after the script's own output. The exit code follows.
pub const ENDS: &str = "quorate: the script ended with ";

/// The last line of what the loader reads.
pub(super) const WHOLE: &str = "\n# quorate: the script is whole";

/// Prints the fate of script `$2` of run `$1`: `running`, `exited N`, `never` (nothing of it ran, nor ever will), `gone`.
///
/// A script that hasn't come this far never begins: its folder is taken, or it finds that it is settled. Where the host
/// doesn't remember the time in which it was sent, the host can't tell that it never came.
pub(super) const SETTLE: &str = concat!(
    home!(),
    find!(),
    r#"here=$home/$1/$2
if remembers "$home/$1" && [ "$2" -gt "$floor" ]; then mkdir "$here" 2>/dev/null; fi
if [ ! -d "$here" ] && ! alive "$here"; then
  mkdir -p "$home/$1" && mkdir "$here" && : >"$here/gone" || exit 1
fi
if [ -e "$here/gone" ]; then
  echo gone
  exit
fi
[ -f "$here/pid" ] || : >"$here/settled"
if [ ! -f "$here/pid" ]; then
  if alive "$here"; then echo running; else echo never; fi
  exit
fi
if alive "$here"; then runs=yes; else runs=no; fi
if [ "$runs" = no ] && [ ! -f "$here/exit" ]; then
  sleep 1
fi
if [ "$runs" = no ] && [ -e "$here/never" ]; then
  echo never
elif [ "$runs" = yes ]; then
  echo running
elif [ -f "$here/exit" ]; then
  echo "exited $(cat "$here/exit")"
else
  echo gone
fi
"#
);

/// Ends a script and all that it has started, kindly first. A script that hasn't come so far never begins. An exit code
/// other than 0: it may still run.
pub(super) const KILL: &str = concat!(
    home!(),
    find!(),
    r#"here=$home/$1/$2
mkdir -p "$home/$1" || exit 1
mkdir "$here" 2>/dev/null
[ -f "$here/pid" ] || : >"$here/settled"
alive "$here" || exit 0
: >"$here/killing"
victims=$session
send() {
  for victim in $victims; do kill "-$1" -- "-$victim" 2>/dev/null; done
  for victim in $(left $victims); do kill "-$1" "$victim" 2>/dev/null; done
}
is_over() {
  [ -z "$(left $victims)" ] && rm -f "$here/killing"
}
# Not the wall clock, which may jump.
now() {
  read -r up _ </proc/uptime
  echo "${up%.*}"
}
began=$(now)
send TERM
while [ $(($(now) - began)) -lt 6 ]; do
  ! is_over || exit 0
  sleep 0.2
done
while [ $(($(now) - began)) -lt 12 ]; do
  send KILL
  ! is_over || exit 0
  sleep 0.2
done
refuse "these processes don't end, not even by SIGKILL:$(printf ' %s' $(left $victims))"
"#
);

/// Takes the lock of this host for run `$1`; `$2` is what it says. `$3`: `respect` another's lock, `break` it, take it `again`
/// after a restart, or `none`: take no lock. `$4` is the number of the last script that was sent: of later ones the host remembers all from now on.
/// `$5` is what the run calls the host. Prints the boot. Exit code 75: another run holds the lock, and is printed. Exit
/// code 76: another run's script is at work here; its process and run are printed. Exit code 78: the run already has this
/// host under another name, which is printed. Exit code 79: the run sent a script here after number `$4`; its number is
/// printed.
pub(super) const LOCK: &str = concat!(
    home!(),
    find!(),
    held!(),
    guard!(),
    called!(),
    r#"if [ "$3" != again ]; then
  for folder in "$home/$1"/*/; do
    folder=${folder%/} number=${folder##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -gt "$4" ]; then
      echo "$number"
      exit 79
    fi
  done
fi
if [ "$3" != none ]; then
  if called "$home/$1" && [ "$name" != "$5" ]; then
    echo "$name"
    exit 78
  fi
  if [ "$3" != break ] && held; then
    case $holder in
    "$1 "*) ;;
    *)
      echo "$holder"
      exit 75
      ;;
    esac
  fi
  for folder in "$home"/*/*/; do
    folder=${folder%/}
    other=${folder%/*} other=${other##*/}
    case $other in "$1" | proof-*) continue ;; esac
    if [ -f "$folder/pid" ] && alive "$folder" && [ "$stage" != waiting ]; then
      echo "$pid $other"
      exit 76
    fi
  done
  new=$home/.lock.$1
  rm -f "$new"
  (set -C && printf '%s\n' "$2" >"$new") || exit 1
  trap 'rm -f "$new"' EXIT
  if [ "$3" = break ]; then
    mv -fT "$new" "$home/lock" || exit 1
  elif ! ln "$new" "$home/lock" 2>/dev/null; then
    held || exit 1
    case $holder in
    "$1 "*) ;;
    *)
      echo "$holder"
      exit 75
      ;;
    esac
  fi
fi
mkdir -p "$home/$1" || exit 1
if [ "$3" != none ]; then
  printf '%s\n' "$5" >"$home/$1/name.new" && mv -fT "$home/$1/name.new" "$home/$1/name" || exit 1
fi
since=$home/$1/since
remembers "$home/$1" || { echo "$4" >"$since.new" && mv -fT "$since.new" "$since"; } || exit 1
echo "$boot_id"
exit 0
"#
);

/// Gives the lock back, if it is run `$1`'s. `$2`: `forget` its scripts, or `keep` what became of them. `$3` is what the run
/// calls the host; empty: the machine of the console, which has no lock. Under another name nothing is done. Exit code 76: a script is still at
/// work, so nothing was given back or forgotten; its process is printed.
pub(super) const UNLOCK: &str = concat!(
    home!(),
    find!(),
    held!(),
    guard!(),
    called!(),
    r#"if [ -n "$3" ] && called "$home/$1" && [ "$name" != "$3" ]; then exit 0; fi
for folder in "$home/$1"/*/; do
  folder=${folder%/}
  if [ -f "$folder/pid" ] && alive "$folder" && [ "$stage" != waiting ]; then
    echo "$pid"
    exit 76
  fi
done
if [ -n "$3" ] && held; then
  case $holder in "$1 "*) rm -f "$home/lock" ;; esac
fi
if [ "$2" = forget ]; then rm -rf "${home:?}/${1:?}"; fi
exit 0
"#
);

/// Prints what the host runs, and as which user we are there.
pub(super) const PROBE: &str = r#"cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
printf '\nQUORATE_UID=%s\n' "$(id -u)"
"#;

/// The exit code of [`LOCK`] where another run holds it.
pub(super) const HELD: i32 = 75;
/// The exit code of [`LOCK`] and [`UNLOCK`] where a script is at work.
pub(super) const AT_WORK: i32 = 76;
/// The exit code of [`LOCK`] where the run has the host under another name.
pub(super) const SAME_HOST: i32 = 78;
/// The exit code of [`LOCK`] where the host knows a later script of the run than the journal.
pub(super) const LATER: i32 = 79;
/// The exit code of [`LOADER`] where it refused to begin the script.
pub(in crate::perform) const REFUSED: i32 = 125;
/// The exit code of [`LOADER`] where the host was restarted since its lock was taken.
pub(in crate::perform) const RESTARTED: i32 = 77;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use super::*;

    /// Sends a script of run `run` to this machine, where `home` is the folder of all runs.
    fn send(home: &Path, number: u32, kind: &str, script: &str) -> Child {
        let loader = LOADER.replace("/run/quorate", &home.display().to_string());
        let loader = loader.replace("/tmp/quorate-", &format!("{}-", home.display()));
        let mut child = Command::new("bash")
            .args(["-c", &loader, "quorate", "run", &number.to_string(), "-", kind])
            .env("HERE", home.parent().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{script}{WHOLE}").as_bytes()).unwrap();
        child
    }

    fn end(child: Child) -> (Option<i32>, String) {
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    #[test]
    fn a_host_begins_no_script_of_a_run_beside_another_that_changes_something() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("run");
        let first =
            "echo $$ >\"$HERE/began\"; until [ -e \"$HERE/go\" ] || [ ! -d \"$HERE\" ]; do sleep 0.05; done";
        let first = send(&home, 1, "changes", first);
        let began = || fs::read_to_string(folder.path().join("began")).unwrap_or_default();
        while !began().ends_with('\n') {
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, said) = end(send(&home, 2, "changes", "echo x >\"$HERE/second\""));
        let refusal =
            format!("script 1 of this run still works here, as process {}; nothing", began().trim());
        assert!(said.contains(&refusal), "{said}");
        assert_eq!((code, folder.path().join("second").exists()), (Some(REFUSED), false));
        assert_eq!(end(send(&home, 3, "asks", "exit 3")), (Some(3), format!("{BEGINS}{ENDS}3\n")));
        fs::write(folder.path().join("go"), "").unwrap();
        assert_eq!(end(first), (Some(0), format!("{BEGINS}{ENDS}0\n")));
        assert_eq!(end(send(&home, 4, "changes", "exit 4")), (Some(4), format!("{BEGINS}{ENDS}4\n")));
    }

    #[test]
    fn no_script_asks_the_wall_clock() {
        for script in [LOADER, SETTLE, KILL, LOCK, UNLOCK] {
            for word in ["SECONDS", "EPOCH", "date ", "-newer"] {
                assert!(!script.contains(word), "{word} in {script}");
            }
        }
    }
}
