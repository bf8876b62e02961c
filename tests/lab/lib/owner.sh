# shellcheck shell=bash
# What belongs to the lab, so that `down` can end exactly that. Every process of the lab, guests and commands
# alike, lives in one control group; every link carries the lab's mark; every mount is under its folder.

CGROUP_NAME=quorate-lab-$(printf '%s' "$LAB" | sha256sum | cut -c1-6)
LINK_MARK="quorate-lab $LAB"

cgroup_top() { # where the lab's group is, in the unified hierarchy (also the one of a hybrid machine)
  local at
  for at in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ "$(stat -fc %T "$at" 2> /dev/null)" = cgroup2fs ] && { printf '%s/%s' "$at" "$CGROUP_NAME"; return 0; } # in a trap, a bare return would hand on the old failure
  done
  die 2 "the lab needs control groups version 2 (at /sys/fs/cgroup, or /sys/fs/cgroup/unified)"
}

cgroup_enter() { # [GROUP]: this shell and all that it will start
  local group
  group=$(cgroup_top)/${1:-commands}
  CGROUP_BEFORE=$(awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup)
  mkdir -p "$group"
  echo "$BASHPID" > "$group/cgroup.procs"
  trap finish EXIT
}

cgroup_leave() { # what is empty then goes: a command that made no lab leaves no group
  local top
  [ -n "${CGROUP_BEFORE:-}" ] || return 0
  top=$(cgroup_top)
  echo "$BASHPID" > "${top%/*}$CGROUP_BEFORE/cgroup.procs" 2> /dev/null || echo "$BASHPID" > "${top%/*}/cgroup.procs"
  rmdir "$top/commands" "$top" 2> /dev/null || true
}

finish() { cgroup_leave; unlock; } # at the end of every command, however it ends

cgroup_empty() { ! grep -qs '^populated 1' "$1/cgroup.events"; }

cgroup_kill() { # GROUP: all in it at once, frozen or not
  local pid
  [ -d "$1" ] || return 0
  if [ -e "$1/cgroup.kill" ]; then echo 1 > "$1/cgroup.kill"; fi
  for _ in $(seq 200); do
    ! cgroup_empty "$1" || break
    if [ ! -e "$1/cgroup.kill" ]; then # before Linux 5.14
      echo 0 > "$1/cgroup.freeze"
      while read -r pid; do kill -KILL "$pid" 2> /dev/null || true; done < <(find "$1" -name cgroup.procs -exec cat {} + 2> /dev/null)
    fi
    sleep 0.05
  done
  cgroup_empty "$1" || die 1 "processes in $1 do not die"
  echo 0 > "$1/cgroup.freeze"
}

cgroup_remove() { # GROUP, which is empty
  [ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} + 2> /dev/null || true
}

keeper_alive() { proc_alive "$LAB/switch.pid"; }

# The lock: one command at a time changes a lab. A symbolic link is made whole or not at all, and says who holds it.
lock() {
  local holder mine
  mine="$$ $(proc_birth $$)"
  mkdir -p "$(dirname "$LAB")"
  until ln -s "$mine" "$LAB.lock" 2> /dev/null; do
    holder=$(readlink "$LAB.lock") || continue
    [ "$holder" != "$mine" ] || return 0
    if [ "$(proc_birth "${holder% *}")" = "${holder#* }" ]; then
      die 1 "another command (process ${holder% *}) is at work on the lab in $LAB: wait for it, or end it with lab down"
    fi
    rm -f "$LAB.lock" # its holder is dead
  done
  trap finish EXIT
}
unlock() { [ "$(readlink "$LAB.lock" 2> /dev/null)" != "$$ $(proc_birth $$)" ] || rm -f "$LAB.lock"; }

# The machine has one set of addresses, so it can have one lab. Making the management bridge is the claim to it.
claim() {
  local other
  if ! ip link add "$MANAGEMENT_BRIDGE" type bridge 2> /dev/null; then
    for _ in $(seq 20); do # the mark follows the making
      other=$(cat "/sys/class/net/$MANAGEMENT_BRIDGE/ifalias" 2> /dev/null)
      [ -z "$other" ] || break
      sleep 0.05
    done
    case $other in
      "quorate-lab $LAB") ;; # our own, left by a dead one: clear() has seen to it
      "quorate-lab "/*)
        other=${other#quorate-lab }
        if LAB_OTHER=$other lab_lives "$other"; then die 1 "a lab is already up in $other; one machine carries one lab (LAB=$other lab down)"; fi
        say "clearing what a dead lab left in $other"
        LAB=$other "$HERE/lab" down
        ip link add "$MANAGEMENT_BRIDGE" type bridge || die 1 "another lab was quicker"
        ;;
      *) die 1 "a network link named $MANAGEMENT_BRIDGE exists and is not the lab's" ;;
    esac
  fi
  ip link set "$MANAGEMENT_BRIDGE" alias "$LINK_MARK"
}

lab_lives() { # FOLDER: its switch runs, or a command is at work on it
  local holder
  proc_alive "$1/switch.pid" && return
  holder=$(readlink "$1.lock" 2> /dev/null) || return
  [ "$(proc_birth "${holder% *}")" = "${holder#* }" ]
}

clear_commands() { # end other commands of this lab, whole or half dead
  cgroup_kill "$(cgroup_top)/commands"
}

lab_mounts() { awk -v under="$LAB/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo; }
lab_links() { grep -lsxF "$LINK_MARK" /sys/class/net/*/ifalias | cut -d/ -f5; }

# Each guest's systemd, journald, dbus hold inotify instances, which the kernel counts by user: 128 are enough for
# some twenty guests. More are allowed while the lab is up, and down sets back what was there.
INOTIFY=/proc/sys/fs/inotify/max_user_instances
limits_raise() {
  local had want
  had=$(< "$INOTIFY") want=$((128 + 16 * ${#GUESTS[@]}))
  [ "$had" -lt "$want" ] || return 0
  printf '%s %s\n' "$had" "$want" > "$LAB/inotify"
  echo "$want" > "$INOTIFY"
}
limits_restore() {
  local had set
  read -r had set 2> /dev/null < "$LAB/inotify" || return 0
  [ "$(< "$INOTIFY")" != "$set" ] || echo "$had" > "$INOTIFY"
}

clear() { # whatever is left of a lab, alive or dead
  local at link top
  top=$(cgroup_top)
  for link in $(lab_links); do ip link del "$link" 2> /dev/null || true; done # before the processes: at once, and for good
  cgroup_kill "$top"
  for _ in 1 2 3; do
    while read -r at; do umount "$at" 2> /dev/null || umount -l "$at" || true; done < <(lab_mounts | tac)
    [ -n "$(lab_mounts)" ] || break
  done
  [ -z "$(lab_mounts)" ] || die 1 "still mounted: $(lab_mounts | paste -sd ' ')"
  for link in $(lab_links); do ip link del "$link" 2> /dev/null || true; done
  while read -r at; do rm -f "/run/systemd/nspawn/locks/$at"; done < <(cat "$LAB"/guests/*/lock 2> /dev/null)
  rm -rf /run/systemd/nspawn/{propagate,unix-export}/"$CGROUP_NAME"-*
  rmdir /run/systemd/nspawn/{propagate,unix-export,locks} /run/systemd/nspawn 2> /dev/null || true
  limits_restore
  if [ -d "$LAB" ]; then
    [ -e "$LAB/$MARK" ] || [ -z "$(ls -A "$LAB")" ] || die 1 "$LAB is not a lab's folder: not touched"
    rm -rf --one-file-system "$LAB"
  fi
  while read -r top; do cgroup_remove "$top"; done < <(find /sys/fs/cgroup -maxdepth 2 -type d -name "$CGROUP_NAME") # nspawn makes one by systemd's name too
}

cmd_down() {
  local began=$SECONDS
  [ $# -eq 0 ] || die 2 "usage: lab down"
  clear_commands
  lock
  image_unmount_dead
  clear
  unlock
  say "down in $((SECONDS - began)) s"
}
