# shellcheck shell=bash
# Words, paths, what the lab needs of the machine, and processes told apart by more than their number.

LAB=${LAB:-/var/tmp/quorate-lab}
LAB_IMAGES=${LAB_IMAGES:-/var/tmp/quorate-lab-image}
LAB_RELEASE=${LAB_RELEASE:-12}
JOBS=${LAB_JOBS:-16} # how much is begun at once
LAB_TOPOLOGY=${LAB_TOPOLOGY:-$HERE/topology}
FIXTURES=${LAB_FIXTURES:-$(cd "$HERE/.." && pwd)/fixtures}
MARK=.quorate-lab # only a folder that holds this file is ever removed

say() { printf 'lab: %s\n' "$*" >&2; }
die() { # CODE MESSAGE…
  local code=$1; shift
  printf 'lab: %s\n' "$*" >&2
  exit "$code"
}

# One clear message and exit 2, before anything has been made.
need_host() { # COMMAND
  [ "$(uname -s)" = Linux ] || die 2 "the lab runs on Linux only (this is $(uname -s))"
  [ "$(id -u)" -eq 0 ] || die 2 "the lab needs root (it boots guests, mounts, makes network links): run it as root or with sudo"
  local pair missing=()
  for pair in systemd-nspawn:systemd-container ssh:openssh-client ssh-keygen:openssh-client ip:iproute2 \
    nsenter:util-linux setsid:util-linux flock:util-linux pgrep:procps sha256sum:coreutils; do
    command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
  done
  if [ "$1" = image ] || [ "$1" = up ]; then
    command -v debootstrap > /dev/null || missing+=(debootstrap)
    command -v apt-get > /dev/null || die 2 "the lab takes its packages from the mirror that this machine's apt uses: it needs a Debian machine"
  fi
  [ ${#missing[@]} -eq 0 ] || die 2 "missing programs; install them with: apt-get install $(printf '%s\n' "${missing[@]}" | sort -u | paste -sd ' ')"
  [ "${LAB#/}" != "$LAB" ] || die 2 "LAB must be an absolute path, not '$LAB'"
  case $LAB in *[!A-Za-z0-9/._-]*) die 2 "LAB may hold letters, digits and /._- only, not '$LAB'" ;; esac
  grep -qw overlay /proc/filesystems || modprobe -q overlay 2> /dev/null || die 2 "this kernel has no overlayfs"
}

need_lab() { [ -e "$LAB/$MARK" ] || die 1 "no lab is up in $LAB (lab up)"; }

# A process is its number and the moment it began: a number alone may have been given to another.
proc_birth() { # PID
  local stat
  read -r stat 2> /dev/null < "/proc/$1/stat" || return 1
  stat=${stat##*) } # the name before it may hold anything
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] || return 1
  printf '%s' "${20}"
}
proc_save() { printf '%s %s\n' "$2" "$(proc_birth "$2")" > "$1"; } # FILE PID
proc_alive() { # FILE
  local pid birth
  read -r pid birth 2> /dev/null < "$1" || return 1
  [ "$(proc_birth "$pid")" = "$birth" ]
}

# await SECONDS WHAT COMMAND…: until the command succeeds; says what was awaited when it never did
await() {
  local limit=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || { say "gave up waiting: $what"; return 1; }
    sleep "${POLL:-0.2}"
  done
}

# Runs a function for each word at once; fails, with words, if one failed. (Never call it in a condition:
# there, bash would go on after an error in the function.)
each() { # COMPLAINT FUNCTION WORD…: no more than JOBS at a time
  local complaint=$1 function=$2 word running=() pid done_one failed=0; shift 2
  for word in "$@" ""; do
    while [ ${#running[@]} -ge "$JOBS" ] || { [ -z "$word" ] && [ ${#running[@]} -gt 0 ]; }; do
      wait -n -p done_one "${running[@]}" || failed=1
      for pid in "${!running[@]}"; do [ "${running[pid]}" != "$done_one" ] || unset "running[pid]"; done
      running=("${running[@]}")
    done
    if [ -n "$word" ]; then "$function" "$word" & running+=($!); fi
  done
  [ "$failed" -eq 0 ] || say "$complaint"
  return "$failed"
}
