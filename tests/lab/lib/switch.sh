# shellcheck shell=bash
# The power switch: the one process of the lab that stays. It obeys what the guests' fence agents ask
# through a pipe, as a real one would: it answers when the guest is dead, and restores the power later.

REBOOT_PAUSE=${LAB_REBOOT_PAUSE:-10} # longer than the others need to see the loss (README), or the guest is turned away

switch_start() {
  mkfifo -m 600 "$LAB/switch/request"
  setsid "$HERE/lab" _switch > "$LAB/switch.log" 2>&1 < /dev/null &
  proc_save "$LAB/switch.pid" $!
}

switch_serve() {
  local id action guest
  cgroup_enter switch
  topology_read
  exec 6<> "$LAB/switch/request"
  while read -r id action guest <&6; do
    if [[ $id =~ ^[A-Za-z0-9.-]+$ ]] && [ -n "${CLUSTER_OF[$guest]:-}" ]; then
      switch_act "$id" "$action" "$guest" 6>&- &
    else
      printf '%(%T)T not understood: %s %s %s\n' -1 "$id" "$action" "$guest"
    fi
  done
}

switch_answer() { # ID WORDS…
  local id=$1; shift
  echo "$*" > "$LAB/switch/$id.new"
  mv "$LAB/switch/$id.new" "$LAB/switch/$id.answer"
  [ -e "$LAB/switch/$id.asked" ] || rm -f "$LAB/switch/$id.answer"
}

switch_act() { # ID ACTION GUEST
  local id=$1 action=$2 guest=$3 cluster=${CLUSTER_OF[$3]}
  printf '%(%T)T %s: %s %s\n' -1 "${id%%.*}" "$action" "$guest"
  while [ -e "$LAB/faults/switch-hang.$cluster" ] && [ "$action" != status ]; do sleep 0.2; done
  [ -e "$LAB/switch/$id.asked" ] || return 0 # nobody waits any more
  if [ -e "$LAB/faults/switch-refuse.$cluster" ] && [ "$action" != status ]; then switch_answer "$id" refused; return; fi
  case $action in
    status) if guest_alive "$guest"; then switch_answer "$id" on; else switch_answer "$id" off; fi ;;
    off) switch_do "$id" guest_off "$guest" ;;
    on) switch_do "$id" switch_on "$guest" ;;
    reboot)
      switch_do "$id" guest_off "$guest"
      sleep "$REBOOT_PAUSE"
      switch_on "$guest"
      ;;
    *) switch_answer "$id" unknown ;;
  esac
  printf '%(%T)T %s: %s %s done\n' -1 "${id%%.*}" "$action" "$guest"
}

switch_do() { # ID FUNCTION GUEST: and answer how it went
  "$2" "$3" & # in a condition, set -e would sleep
  if wait $!; then switch_answer "$1" "done"; else switch_answer "$1" failed; return 1; fi
}

switch_on() { # GUEST: unless its plug has been pulled
  [ -e "$LAB/faults/power.$1" ] || guest_on "$1"
}
