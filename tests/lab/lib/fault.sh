# shellcheck shell=bash
# Faults and their inverses. A fault in force is a file in the lab's folder, NAME.TARGET[.MORE]; what keeps it
# in force over a reboot (a pulled plug, a cut cable) reads that file.

fault_help() {
  cat << 'HELP'
power GUEST                          pull its plug; fencing does not bring it back
cut GUEST [cluster|management|both]  cut its network (both); stays cut over a reboot
partition CLUSTER [GUEST…]           cut those (the last member) off from the others, on the cluster's network only
freeze GUEST                         everything in it stops; its connections stay open
slow GUEST MS [cluster|management|both]  delay what is sent to it (both)
kill GUEST DAEMON                    corosync, pacemakerd, pacemaker-remoted or sshd; nothing starts it again
stack GUEST                          stop the cluster stack, as an operator would
fail CLUSTER RESOURCE [NODE]         one failure, where it runs
prefer CLUSTER RESOURCE NODE         a move whose cli-prefer is left behind
ban CLUSTER RESOURCE NODE            a cli-ban left behind
switch-refuse CLUSTER                the power switch refuses: fencing fails
switch-hang CLUSTER                  the power switch does not answer: fencing stays pending
host-key GUEST                       it shows another host key
unknown-host GUEST                   its host key is not known
HELP
}

faults() {
  local file
  fault_help
  printf '\nin force:\n'
  for file in "$LAB"/faults/*; do [ ! -e "$file" ] || printf '%s %s\n' "$(basename "$file" | tr . ' ')" "$(paste -sd ' ' "$file")"; done
}

fault_file() { local IFS=.; printf '%s/faults/%s' "$LAB" "$*"; }

fault_exists() { [ "$2" -ge 2 ] && fault_help | grep -q "^$1 "; } # NAME WORDS

cmd_fault() {
  need_lab; topology_read
  local name=${1:-}
  fault_exists "$name" $# || { fault_help >&2; die 2 "usage: lab fault NAME TARGET [ARG…]"; }
  shift
  case $(fault_help | grep "^$name ") in *" GUEST"*) case $name in partition) want_cluster "$1" ;; *) want_guest "$1" ;; esac ;; *) want_cluster "$1" ;; esac
  cgroup_enter
  "fault_${name//-/_}" "$@"
}

cmd_heal() {
  need_lab; topology_read
  local name=${1:-} target more file failed=0
  if [ "$name" = all ] && [ $# -eq 1 ]; then
    cgroup_enter
    # links and switches first, then guests, then what needs a cluster to talk to
    for name in switch-refuse switch-hang unknown-host partition cut slow freeze power host-key kill stack prefer ban fail; do
      for file in "$LAB/faults/$name".*; do
        [ -e "$file" ] || continue
        IFS=. read -r name target more <<< "${file##*/}"
        # shellcheck disable=SC2086
        heal "$name" "$target" $more &
        wait $! || { say "could not heal $name $target $more"; failed=1; }
      done
    done
    return "$failed"
  fi
  fault_exists "$name" $# || { fault_help >&2; die 2 "usage: lab heal NAME TARGET [ARG…], or lab heal all"; }
  cgroup_enter
  heal "$@"
}

fault_in_force() { [ -e "$(fault_file "$@")" ] || compgen -G "$(fault_file "$@").*" > /dev/null; } # NAME TARGET [MORE…]

heal() { # NAME TARGET [MORE…]; never call it in a condition
  local name=$1 there="" code=0
  ! fault_in_force "$@" || there=1
  "heal_${name//-/_}" "${@:2}" & # in a condition, set -e would sleep
  wait $! || code=$?
  [ "$code" -ne 0 ] && [ -n "$there" ] && [ -n "${CLUSTER_OF[$2]:-}" ] || return "$code"
  # Fencing may have cut the guest's power meanwhile, which ends what it cannot keep over a reboot.
  power_settled "$2"
  ! fault_in_force "$@" || return "$code"
  say "$2 lost its power meanwhile, which ended $name"
}

any_member() { # CLUSTER: one that can be asked, of the greater side if it is partitioned
  local name
  for name in ${MEMBERS[$1]}; do
    if guest_alive "$name" && [ ! -e "$(fault_file freeze "$name")" ] && ! grep -qsw "$name" "$(fault_file partition "$1")" &&
      [ ! -e "$(fault_file cut "$name")" ] && inside "$name" timeout 10 cibadmin --query --no-children > /dev/null 2>&1; then
      echo "$name"; return
    fi
  done
  say "no member of $1 answers"; return 1
}

fault_power() { : > "$(fault_file power "$1")"; guest_off "$1"; }
heal_power() { want_guest "$1"; rm -f "$(fault_file power "$1")"; guest_on "$1"; }

links_of() { case $1 in both) echo cluster management ;; cluster | management) echo "$1" ;; *) die 2 "'$1' is none of cluster, management, both" ;; esac; }
links_plug() ( # GUEST, unless its power is changing at this moment
  power_lock "$1"
  link_plug "$1" cluster; link_plug "$1" management
)

fault_cut() {
  links_of "${2:-both}" > /dev/null
  echo "${2:-both}" > "$(fault_file cut "$1")"
  links_plug "$1"
}
heal_cut() { want_guest "$1"; rm -f "$(fault_file cut "$1")"; links_plug "$1"; }

fault_partition() {
  local cluster=$1 name; shift
  [ $# -gt 0 ] || set -- "${MEMBERS[$cluster]##* }"
  for name in "$@"; do [ "${CLUSTER_OF[$name]:-}" = "$cluster" ] || die 2 "'$name' is no guest of $cluster"; done
  printf '%s\n' "$@" > "$(fault_file partition "$cluster")"
  # shellcheck disable=SC2086
  for name in ${MEMBERS[$cluster]} ${REMOTES[$cluster]}; do links_plug "$name"; done
}
heal_partition() {
  want_cluster "$1"
  rm -f "$(fault_file partition "$1")"
  # shellcheck disable=SC2086
  for name in ${MEMBERS[$1]} ${REMOTES[$1]}; do links_plug "$name"; done
}

group_frozen() { grep -q "^frozen $2" "$(guest_group "$1")/cgroup.events"; } # GUEST 0|1
fault_freeze() {
  guest_alive "$1" || die 1 "$1 is off"
  : > "$(fault_file freeze "$1")"
  echo 1 > "$(guest_group "$1")/cgroup.freeze"
  await 10 "$1 is frozen" group_frozen "$1" 1
}
heal_freeze() {
  want_guest "$1"
  rm -f "$(fault_file freeze "$1")"
  echo 0 > "$(guest_group "$1")/cgroup.freeze"
  await 10 "$1 is thawed" group_frozen "$1" 0
}

fault_slow() {
  local link dev
  [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || die 2 "usage: lab fault slow GUEST MS [cluster|management|both]"
  for link in $(links_of "${3:-both}"); do
    dev=$(link_name "$1" "$link")
    tc qdisc replace dev "$dev" root netem delay "${2}ms" limit 10000 2> /dev/null ||
      die 3 "this kernel cannot delay packets (it has no sch_netem): 'slow' is not possible on this machine"
  done
  echo "$2" > "$(fault_file slow "$1")"
}
heal_slow() {
  local link
  want_guest "$1"
  for link in cluster management; do tc qdisc del dev "$(link_name "$1" "$link")" root 2> /dev/null || true; done
  rm -f "$(fault_file slow "$1")"
}

daemon_unit() {
  case $1 in
    corosync) echo corosync ;;
    pacemakerd) echo pacemaker ;;
    pacemaker-remoted) echo pacemaker_remote ;;
    sshd) echo ssh ;;
    *) die 2 "'$1' is none of corosync, pacemakerd, pacemaker-remoted, sshd" ;;
  esac
}
fault_kill() {
  local unit
  unit=$(daemon_unit "${2:-}") || exit 2
  : > "$(fault_file kill "$1" "$2")"
  # systemd must not start it again, nor pacemaker pull corosync up
  inside "$1" sh -ec '
    for unit in "$1" pacemaker; do mkdir -p /run/systemd/system/$unit.service.d; printf "[Service]\nRestart=no\n" > /run/systemd/system/$unit.service.d/lab.conf; done
    systemctl daemon-reload; systemctl kill --signal=KILL --kill-who=main "$1"' - "$unit"
}
heal_kill() { # GUEST [DAEMON]
  local name=$1 daemon file units
  want_guest "$name"
  for file in "$(fault_file kill "$name")".${2:-*}; do
    [ -e "$file" ] || continue
    daemon=${file##*.}
    units=("$(daemon_unit "$daemon")")
    [ "$daemon" != corosync ] || units+=(pacemaker)
    inside "$name" sh -ec 'rm -f /run/systemd/system/*.service.d/lab.conf; systemctl daemon-reload; systemctl reset-failed "$@" 2> /dev/null || true; systemctl start "$@"' - "${units[@]}"
    rm -f "$file"
  done
}

stack_units() { if [ "${KIND[$1]}" = remote ]; then echo pacemaker_remote; else echo "$2"; fi; }
fault_stack() {
  # shellcheck disable=SC2046
  inside "$1" timeout 60 systemctl stop $(stack_units "$1" "pacemaker corosync") || die 1 "the stack on $1 does not stop (it waits for the cluster: lab wait ${CLUSTER_OF[$1]})"
  : > "$(fault_file stack "$1")"
}
heal_stack() {
  want_guest "$1"
  # shellcheck disable=SC2046
  inside "$1" systemctl start $(stack_units "$1" "corosync pacemaker")
  rm -f "$(fault_file stack "$1")"
}

fault_fail() {
  local member node=${3:-}
  [ $# -ge 2 ] || die 2 "usage: lab fault fail CLUSTER RESOURCE [NODE]"
  member=$(any_member "$1") || exit 1
  [ -n "$node" ] || node=$(inside "$member" crm_resource --locate --resource "$2" 2> /dev/null | awk '/is running on/ { print $6; exit }')
  [ -n "$node" ] || die 1 "$2 runs nowhere in $1"
  inside "$member" crm_resource --fail --resource "$2" --node "$node" > /dev/null
  echo "$node" > "$(fault_file fail "$1" "$2")"
}
heal_fail() {
  local member
  want_cluster "$1"; [ $# -ge 2 ] || die 2 "usage: lab heal fail CLUSTER RESOURCE"
  member=$(any_member "$1") || return 1
  inside "$member" crm_resource --cleanup --resource "$2" > /dev/null 2>&1
  rm -f "$(fault_file fail "$1" "$2")"
}

constraint_leave() { # VERB CLUSTER RESOURCE NODE
  local member
  [ $# -eq 4 ] || die 2 "usage: lab fault $1 CLUSTER RESOURCE NODE"
  member=$(any_member "$2") || exit 1
  if [ "$1" = prefer ]; then inside "$member" crm_resource --move --resource "$3" --node "$4" > /dev/null
  else inside "$member" crm_resource --ban --resource "$3" --node "$4" > /dev/null; fi
  echo "$4" > "$(fault_file "$1" "$2" "$3")"
}
constraint_clear() { # VERB CLUSTER RESOURCE
  local member
  want_cluster "$2"; [ $# -ge 3 ] || die 2 "usage: lab heal $1 CLUSTER RESOURCE"
  member=$(any_member "$2") || return 1
  inside "$member" crm_resource --clear --resource "$3" > /dev/null
  rm -f "$(fault_file "$1" "$2" "$3")"
}
fault_prefer() { constraint_leave prefer "$@"; }
heal_prefer() { constraint_clear prefer "$@"; }
fault_ban() { constraint_leave ban "$@"; }
heal_ban() { constraint_clear ban "$@"; }

fault_switch_refuse() { : > "$(fault_file switch-refuse "$1")"; }
heal_switch_refuse() { want_cluster "$1"; rm -f "$(fault_file switch-refuse "$1")"; }
fault_switch_hang() { : > "$(fault_file switch-hang "$1")"; }
heal_switch_hang() { want_cluster "$1"; rm -f "$(fault_file switch-hang "$1")"; }

host_key_show() { # GUEST FILE: the key that it shows from now on
  local root; root=$(guest_dir "$1")/root
  install -m600 "$2" "$root/etc/ssh/ssh_host_ed25519_key"
  install -m644 "$2.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  ! guest_alive "$1" || inside "$1" systemctl restart ssh
}
fault_host_key() {
  local other; other=$(guest_dir "$1")/other_key
  [ -e "$other" ] || ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$other"
  host_key_show "$1" "$other"
  : > "$(fault_file host-key "$1")"
}
heal_host_key() { want_guest "$1"; host_key_show "$1" "$(guest_dir "$1")/host_key"; rm -f "$(fault_file host-key "$1")"; }
fault_unknown_host() { : > "$(fault_file unknown-host "$1")"; known_hosts; }
heal_unknown_host() { want_guest "$1"; rm -f "$(fault_file unknown-host "$1")"; known_hosts; }
