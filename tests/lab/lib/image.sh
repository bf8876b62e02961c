# shellcheck shell=bash
# The guests' system, built once for each Debian release and kept under the release's name and a hash of this file:
# change the recipe and the next `up` builds it again. Three layers:
#   base      Debian with the whole cluster stack
#   services  over base: haproxy and memcached installed, switched off
#   remote    over both: pacemaker-remote in place of pacemaker

RELEASES=(11 12 13 sid) # Pacemaker 2.0.5, 2.1.5, 3.0.0, 3.0.x
STACK=(pacemaker pacemaker-cli-utils corosync pcs crmsh resource-agents sudo iputils-ping)
SERVICES=(haproxy memcached)
CACHED=(haproxy memcached mariadb-server galera-4 rsync rabbitmq-server socat) # a guest installs these with no network

image_suite() { # the release's name in Debian's archive
  case $LAB_RELEASE in
    11) echo bullseye ;;
    12) echo bookworm ;;
    13) echo trixie ;;
    sid) echo sid ;;
    *) die 2 "unknown release '$LAB_RELEASE': ${RELEASES[*]}" ;;
  esac
}

IMAGE_KEY=$(sha256sum "$HERE/lib/image.sh" | cut -c1-12)
image_fence_agents() { # since 13 the package `fence-agents` brings along the client of every cloud
  case $LAB_RELEASE in
    11 | 12) echo fence-agents ;;
    *) echo fence-agents-ipmilan ;;
  esac
}
image_dir() { printf '%s/%s-%s' "$LAB_IMAGES" "$(image_suite)" "$IMAGE_KEY"; }

image_mirror() { # the one that this machine's own apt uses for Debian itself
  local site
  site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    awk '!/-security|-updates|-backports/ { print $1; exit }')
  case $site in # as on Debian's cloud images: the first of a list
    mirror+file:*) site=$(awk '!/^#/ && NF { print $1; exit }' "${site#mirror+file:}") ;;
  esac
  printf '%s' "$site"
}

in_image() { DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$@"; }

image_layer() { # BUILD NAME LOWER COMMAND…: what the command changes over the lower layers becomes the layer
  local build=$1 name=$2 lower=$3; shift 3
  mkdir -p "$build/$name" "$build/.work" "$build/.root"
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$build/$name,workdir=$build/.work" "$build/.root"
  mount -t proc proc "$build/.root/proc"
  in_image "$build/.root" "$@"
  umount "$build/.root/proc"
  umount "$build/.root"
  rm -rf "$build/.work" "$build/.root"
}

image_base() { # BUILD
  local base=$1/base mirror proxy apt
  mirror=$(image_mirror)
  [ -n "$mirror" ] || die 2 "this machine's apt knows no Debian mirror (try apt-get update)"
  proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy)
  [ -z "$proxy" ] || export http_proxy=$proxy
  # The first step is without documentation; the second with apt, for debootstrap cannot configure pcs.
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,procps,openssh-server "$(image_suite)" "$base" "$mirror"
  apt=$base/etc/apt/apt.conf.d/00host
  apt-config dump Acquire::http::Proxy Acquire::https::Proxy > "$apt"
  # Sid's lists expire after a week, and a mirror may lag behind.
  [ "$LAB_RELEASE" != sid ] || echo 'Acquire::Check-Valid-Until "false";' >> "$apt"
  if [ -e /etc/ssl/certs/ca-certificates.crt ] && [ ! -e "$base/etc/ssl/certs/ca-certificates.crt" ]; then
    install -Dm644 /etc/ssl/certs/ca-certificates.crt "$base/var/tmp/host-ca.crt"
    echo 'Acquire::https::CaInfo "/var/tmp/host-ca.crt";' >> "$apt"
  fi
  printf 'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' > "$base/etc/dpkg/dpkg.cfg.d/lab"
  printf '#!/bin/sh\nexit 101\n' > "$base/usr/sbin/policy-rc.d" # no daemon starts in a chroot
  chmod +x "$base/usr/sbin/policy-rc.d"
  mount -t proc proc "$base/proc"
  in_image "$base" apt-get -q update
  in_image "$base" apt-get -qy install --no-install-recommends "${STACK[@]}" "$(image_fence_agents)"
  in_image "$base" apt-get clean
  in_image "$base" apt-get -qyd install --no-install-recommends "${CACHED[@]}"
  in_image "$base" apt-get -qyd install --no-install-recommends pacemaker-remote
  umount "$base/proc"

  printf 'PCSD_WORKER_COUNT=1\n' >> "$base/etc/default/pcsd"
  rm -f "$base"/etc/corosync/corosync.conf "$base"/etc/ssh/ssh_host_* "$base"/etc/resolv.conf
  : > "$base/etc/machine-id"
  systemctl --root="$base" -q disable corosync pacemaker
  systemctl --root="$base" -q mask systemd-networkd systemd-resolved systemd-timesyncd console-getty getty.target \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    ha_logd logd ssh.socket 2> /dev/null
  mkdir -p "$base/etc/systemd/journald.conf.d" "$base/etc/ssh/sshd_config.d"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' > "$base/etc/systemd/journald.conf.d/lab.conf"
  printf 'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\nMaxStartups 100\nMaxSessions 100\nHostKey /etc/ssh/ssh_host_ed25519_key\n' > "$base/etc/ssh/sshd_config.d/lab.conf"
  # op may watch, and change with sudo; guest is a stranger to the cluster
  in_image "$base" useradd -m -s /bin/bash -G haclient op
  in_image "$base" useradd -m -s /bin/bash guest
  printf 'op ALL=(ALL) NOPASSWD: ALL\n' > "$base/etc/sudoers.d/op"
  chmod 440 "$base/etc/sudoers.d/op"
  in_image "$base" sh -c 'echo hacluster:lab | chpasswd'
}

image_build() { # BUILD
  image_base "$1"
  image_layer "$1" services "$1/base" sh -ec '
    apt-get -qy --no-download --no-install-recommends install "$@"
    for service in "$@"; do systemctl -q disable "$service"; done' - "${SERVICES[@]}"
  image_layer "$1" remote "$1/services:$1/base" sh -ec '
    apt-get -qy --no-download --no-install-recommends install pacemaker-remote
    systemctl -q disable pacemaker_remote'
  rm -f "$1"/base/usr/sbin/policy-rc.d "$1"/base/etc/apt/apt.conf.d/00host "$1"/base/var/tmp/host-ca.crt
}

image_unmount_dead() { # unless somebody is building at this moment
  [ -e "$LAB_IMAGES/lock" ] || return 0
  (
    exec 8> "$LAB_IMAGES/lock"
    if flock -n 8; then image_unmount; image_drop_partial; fi
  )
}

image_drop_partial() { find "$LAB_IMAGES" -mindepth 1 -maxdepth 1 -name '*.partial' -exec rm -rf --one-file-system {} +; }

image_unmount() { # what a build that was killed left mounted
  local at
  while at=$(awk -v under="$LAB_IMAGES/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | tail -1) && [ -n "$at" ]; do
    umount "$at" 2> /dev/null || umount -l "$at"
  done
}

cmd_image() {
  if [ "${1:-}" = --remove ]; then
    if keeper_alive; then die 1 "a lab is up in $LAB: lab down first"; fi
    clear_commands
    image_unmount
    [ ! -d "$LAB_IMAGES" ] || [ -e "$LAB_IMAGES/$MARK" ] || die 1 "$LAB_IMAGES was not made by the lab"
    rm -rf --one-file-system "$LAB_IMAGES"
    return
  fi
  if [ "${1:-}" = --path ]; then image_dir; return; fi
  [ $# -eq 0 ] || die 2 "usage: lab image [--path | --remove]"
  cgroup_enter
  image
}

image() { # build it unless it is there
  local dir build began=$SECONDS
  dir=$(image_dir)
  [ ! -e "$dir/.ready" ] || return 0
  mkdir -p "$LAB_IMAGES"; : > "$LAB_IMAGES/$MARK"
  exec 8> "$LAB_IMAGES/lock"
  flock -n 8 || { say "another lab is building the image: waiting"; flock 8; }
  [ ! -e "$dir/.ready" ] || return 0
  image_unmount
  image_drop_partial
  build=$dir.partial
  mkdir -p "$build"
  say "building the image of Debian $LAB_RELEASE (once; a few minutes) …"
  (set -e; image_build "$build") > "$LAB_IMAGES/build.log" 2>&1 < /dev/null 8>&- & # in a condition, set -e would sleep
  if ! wait $!; then
    tail -n 15 "$LAB_IMAGES/build.log" >&2
    image_unmount
    die 1 "the image could not be built; the whole story is in $LAB_IMAGES/build.log"
  fi
  : > "$build/.ready"
  mv "$build" "$dir"
  # images of older recipes go, except one that a lab may be running on
  find "$LAB_IMAGES" -mindepth 1 -maxdepth 1 -type d ! -name "*-$IMAGE_KEY" ! -name '*.partial' -exec sh -c '
    grep -qF "$1/" /proc/self/mountinfo || rm -rf --one-file-system "$1"' - {} \;
  exec 8>&-
  say "image built in $((SECONDS - began)) s, $(du -sm "$dir" | cut -f1) MiB"
}
