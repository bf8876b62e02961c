# shellcheck shell=bash
# Two links a guest: ring0 on its cluster's own bridge (this machine has no address there), mgmt0 on the
# management bridge. A guest's network namespace outlives its reboots; cutting and partitioning act on
# the machine's end of a link, so a guest that is fenced meanwhile comes back to the same broken network.

MANAGEMENT_BRIDGE=qlab-m

bridge() { # NAME
  ip link show "$1" > /dev/null 2>&1 || ip link add "$1" type bridge
  ip link set "$1" alias "$LINK_MARK"
  echo 1 > "/proc/sys/net/ipv6/conf/$1/disable_ipv6" 2> /dev/null || true
  ip link set "$1" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip link set "$1" up
}

network_up() {
  local name
  if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2> /dev/null)" = 1 ] && iptables -S FORWARD 2> /dev/null | grep -q '^-P FORWARD DROP'; then
    say "this machine's firewall filters bridged traffic and drops what it does not know: guests may not see each other (sysctl net.bridge.bridge-nf-call-iptables=0)"
  fi
  bridge "$MANAGEMENT_BRIDGE"
  ip addr replace "$NETWORK.0.1/24" dev "$MANAGEMENT_BRIDGE"
  for name in "${CLUSTERS[@]}"; do bridge "qlab-$name"; done
}

network_free() { # before anything is made: is the range in use by others?
  local route
  route=$(ip -4 route show to match "$NETWORK.0.1" | grep -v '^default' | grep -v " $MANAGEMENT_BRIDGE " || true)
  [ -z "$route" ] || die 2 "this machine already has a route into $NETWORK.0.0/16 ($route): choose another 'network' in $(topology_file)"
}

link_name() { case $2 in management) echo "qlm-$1" ;; cluster) echo "qlc-$1" ;; esac; } # GUEST LINK
link_inner() { case $1 in management) echo mgmt0 ;; cluster) echo ring0 ;; esac; }

link_bridge() { # GUEST LINK: where the machine's end of it belongs at this moment
  local cluster=${CLUSTER_OF[$1]}
  if [ "$2" = management ]; then echo "$MANAGEMENT_BRIDGE"
  elif grep -qsw "$1" "$LAB/faults/partition.$cluster"; then echo "qlab-$cluster-b"
  else echo "qlab-$cluster"; fi
}

link_cut() { grep -qsE "^($2|both)$" "$LAB/faults/cut.$1"; } # GUEST LINK: is it cut?

link_plug() { # GUEST LINK: put it where it belongs, up or down
  local name
  name=$(link_name "$1" "$2")
  [ -e "/sys/class/net/$name" ] || return 0
  bridge "$(link_bridge "$1" "$2")"
  if link_cut "$1" "$2"; then
    ip link set "$name" nomaster
    ip link set "$name" down
  else
    ip link set "$name" master "$(link_bridge "$1" "$2")"
    ip link set "$name" up
  fi
}

link_make() { # GUEST LINK ADDRESS
  local name netns=$LAB/guests/$1/netns mac
  name=$(link_name "$1" "$2")
  # the hardware address follows from the address: a rebooted guest is found at once by its neighbours
  # shellcheck disable=SC2086
  mac=$(IFS=. && set -- $3 && printf '02:51:%02x:%02x:%02x:%02x' "$1" "$2" "$3" "$4")
  nsenter --net="$netns" ip link add "$(link_inner "$2")" address "$mac" type veth peer name "$name" netns $$
  ip link set "$name" alias "$LINK_MARK"
  echo 1 > "/proc/sys/net/ipv6/conf/$name/disable_ipv6" 2> /dev/null || true
  link_plug "$1" "$2"
}

guest_wire() { # GUEST
  local netns=$LAB/guests/$1/netns
  guest_unwire "$1"
  : > "$netns"
  unshare --net="$netns" true
  nsenter --net="$netns" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6' 2> /dev/null || true
  link_make "$1" cluster "${ADDRESS[$1]}"
  link_make "$1" management "${MANAGEMENT[$1]}"
}

guest_unplug() { # GUEST: our ends of its links, which is at once; the address of a dying guest must not linger
  local link
  for link in cluster management; do ip link del "$(link_name "$1" "$link")" 2> /dev/null || true; done
}

guest_unwire() { # GUEST, which is dead
  local netns=$LAB/guests/$1/netns
  guest_unplug "$1"
  if grep -qF " $netns " /proc/self/mountinfo; then umount "$netns" 2> /dev/null || umount -l "$netns"; fi
  rm -f "$netns"
}
