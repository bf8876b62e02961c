# shellcheck shell=bash
# A guest: a Debian system under systemd-nspawn, its disk an overlay over the image, its power in our hands.

guest_dir() { printf '%s/guests/%s' "$LAB" "$1"; }
guest_group() { printf '%s/guests/%s' "$(cgroup_top)" "$1"; }
guest_alive() { ! cgroup_empty "$(guest_group "$1")"; }

guest_layers() { # GUEST: its lower directories, topmost first
  local image; image=$(cat "$LAB/image")
  if [ "${KIND[$1]}" = remote ]; then printf '%s/remote:' "$image"; fi
  if [ "${KIND[$1]}" = remote ] || [ ! -e "$LAB/bare" ]; then printf '%s/services:' "$image"; fi
  printf '%s/base' "$image"
}

guest_mount() { # GUEST
  local dir; dir=$(guest_dir "$1")
  mkdir -p "$dir"/{upper,work,root}
  mountpoint -q "$dir/root" || mount -t overlay overlay -o "lowerdir=$(guest_layers "$1"),upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
  echo "inode-$(stat -c %d:%i "$dir/root")" >> "$dir/lock" # what nspawn will call its own lock, and not remove
}

guest_furnish() { # GUEST: what makes this one different from the image; once
  local dir root wants user home
  dir=$(guest_dir "$1") root=$dir/root wants=$root/etc/systemd/system/multi-user.target.wants
  [ ! -e "$dir/furnished" ] || return 0
  echo "$1" > "$root/etc/hostname"
  tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
  cp "$LAB/hosts" "$root/etc/hosts"
  for user in root op guest; do
    home=$root/home/$user; [ "$user" != root ] || home=$root/root
    mkdir -p "$home/.ssh"; chmod 700 "$home/.ssh"
    cp "$LAB/id.pub" "$home/.ssh/authorized_keys"
    [ "$user" = root ] || chown -R --reference="$home" "$home/.ssh"
  done
  install -m600 "$dir/host_key" "$root/etc/ssh/ssh_host_ed25519_key"
  install -m644 "$dir/host_key.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  install -m755 "$HERE/guest/fence_lab" "$root/usr/sbin/fence_lab"
  install -m755 "$HERE/guest/lab-network" "$root/usr/sbin/lab-network"
  install -m644 "$HERE/guest/lab-network.service" "$root/etc/systemd/system/lab-network.service"
  mkdir -p "$wants"
  ln -sf ../lab-network.service "$wants/lab-network.service"
  printf 'ring0 %s/24\nmgmt0 %s/24\n' "${ADDRESS[$1]}" "${MANAGEMENT[$1]}" > "$root/etc/lab-network"
  if [ ! -e "$LAB/bare" ]; then rm -f "$wants"/pcsd.service "$wants"/pcsd-ruby.service; fi # half a guest's memory
  : > "$dir/furnished"
}

power_lock() { exec 7> "$(guest_dir "$1")/power"; flock 7; } # GUEST: until this shell ends; waits while its power changes
power_settled() (power_lock "$1")                             # GUEST

guest_on() ( # GUEST: power; does nothing when it is on
  dir=$(guest_dir "$1")
  mkdir -p "$dir"
  power_lock "$1"
  if guest_alive "$1"; then exit 0; fi
  guest_mount "$1"
  guest_furnish "$1"
  guest_wire "$1"
  # into its group first, so that no moment is seen at which it is off
  (cgroup_enter "guests/$1"; exec setsid "$HERE/lab" _guest "$1" > "$dir/console.log" 2>&1 < /dev/null 7>&-) &
  proc_save "$dir/pid" $!
  await 10 "$1 starts" guest_alive "$1"
)

guest_run() { # GUEST: the process that is the guest's machine; ends when it is off
  local dir code
  dir=$(guest_dir "$1")
  while :; do
    code=0
    # The lowest powers that the stack needs, over nspawn's own: /proc/sysrq-trigger and /proc/sys stay out of reach.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --boot --directory="$dir/root" \
      --machine="$CGROUP_NAME-$1" --hostname="$1" --register=no --keep-unit --link-journal=no --resolv-conf=off \
      --timezone=off --console=pipe --private-users=no --network-namespace-path="$dir/netns" \
      --capability=CAP_NET_ADMIN,CAP_IPC_LOCK --bind="$LAB/switch:/run/lab-switch" || code=$?
    [ "$code" -eq 133 ] || break # it rebooted itself; a machine takes a moment, too
    sleep "$REBOOT_PAUSE"
  done
}

guest_off() ( # GUEST: as if its cable had been pulled; returns when it is dead
  dir=$(guest_dir "$1")
  [ -d "$dir" ] || exit 0
  power_lock "$1"
  guest_unplug "$1"
  cgroup_kill "$(guest_group "$1")"
  guest_unwire "$1"
  find "$(guest_group "$1")" -mindepth 1 -depth -type d -exec rmdir {} + 2> /dev/null || true
  rm -f "$dir/pid" "$LAB/faults/freeze.$1" "$LAB/faults/kill.$1".* "$LAB/faults/stack.$1" "$LAB/faults/slow.$1"
)

guest_init() { # GUEST: the number, out here, of its process 1
  local pid machine nspawn
  read -r machine _ 2> /dev/null < "$(guest_dir "$1")/pid" || return 1
  for nspawn in $(pgrep -P "$machine"); do
    for pid in $(pgrep -P "$nspawn"); do
      if grep -qsE '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then echo "$pid"; return; fi
    done
  done
  return 1
}

inside() { # GUEST COMMAND…: without the network
  local name=$1 pid; shift
  pid=$(guest_init "$name") || { say "$name is not running"; return 1; }
  nsenter -t "$pid" -m -u -i -n -p -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

guest_ready() { ssh_ -n -o ConnectTimeout=2 "$1" true 2> /dev/null; }

up_guest() { guest_on "$1"; await 90 "$1 answers over ssh" guest_ready "$1"; }

cmd_up() {
  local bare="" light="" began=$SECONDS name
  while [ $# -gt 0 ]; do
    case $1 in
      --bare) bare=1 ;;
      --light) shift; light=${1:-}; [[ $light =~ ^([1-9]|[1-5][0-9]|60)$ ]] || die 2 "--light wants a number of clusters, 1 to 60" ;;
      *) die 2 "usage: lab up [--bare] [--light N]" ;;
    esac
    shift
  done
  cgroup_top > /dev/null
  if keeper_alive; then die 1 "a lab is already up in $LAB (lab down ends it)"; fi
  lock
  if [ -d "$LAB" ] || [ -d "$(cgroup_top)" ] || [ -n "$(lab_links)" ]; then
    say "clearing what a dead lab left"
    clear
  fi
  if [ -n "$light" ]; then topology_read <(topology_light "$light"); else topology_read "$LAB_TOPOLOGY"; fi
  network_free
  cgroup_enter
  claim
  image
  mkdir -p "$LAB"
  : > "$LAB/$MARK"
  mkdir -p "$LAB"/{guests,faults,switch}
  if [ -n "$light" ]; then topology_light "$light" > "$LAB/topology"; : > "$LAB/light"; else cp "$LAB_TOPOLOGY" "$LAB/topology"; fi
  [ -z "$bare" ] || : > "$LAB/bare"
  image_dir > "$LAB/image"
  echo "$LAB_RELEASE" > "$LAB/release"
  limits_raise
  network_up
  ssh_files
  switch_start
  began=$SECONDS
  each "not every guest came up (consoles: $LAB/guests/*/console.log); lab down clears up" up_guest "${GUESTS[@]}"
  say "${#GUESTS[@]} guests up in $((SECONDS - began)) s"
  if [ -z "$bare" ]; then form "${CLUSTERS[@]}"; fi
}

cmd_list() {
  local name state pid
  need_lab; topology_read
  printf '%-9s %-9s %-7s %-16s %-16s %-7s %s\n' guest cluster kind cluster-net management power MiB
  for name in "${GUESTS[@]}"; do
    state=off
    if guest_alive "$name"; then state=on; fi
    if [ -e "$LAB/faults/freeze.$name" ]; then state=frozen; fi
    printf '%-9s %-9s %-7s %-16s %-16s %-7s %s\n' "$name" "${CLUSTER_OF[$name]}" "${KIND[$name]}" "${ADDRESS[$name]}" "${MANAGEMENT[$name]}" "$state" "$(guest_memory "$name")"
  done
}

guest_memory() { # GUEST: its share of the memory, in MiB
  local pid
  while read -r pid; do cat "/proc/$pid/smaps_rollup" 2> /dev/null || true; done \
    < <(find "$(guest_group "$1")" -name cgroup.procs -exec cat {} + 2> /dev/null) |
    awk '$1 == "Pss:" { sum += $2 } END { printf "%d", sum / 1024 }'
}
