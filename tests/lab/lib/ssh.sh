# shellcheck shell=bash
# The keys, ssh_config, known_hosts, and the console's config.toml, all for this lab alone.

ssh_() { ssh -F "$LAB/ssh_config" "$@"; }

ssh_host_key() { # GUEST
  mkdir -p "$LAB/guests/$1"
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$LAB/guests/$1/host_key"
}

ssh_files() {
  local name
  ssh-keygen -q -t ed25519 -N '' -C quorate-lab -f "$LAB/id"
  each "no host keys" ssh_host_key "${GUESTS[@]}"
  known_hosts
  {
    for name in "${GUESTS[@]}"; do printf 'Host %s\n    HostName %s\n' "$name" "${MANAGEMENT[$name]}"; done
    printf 'Host *\n    User root\n    IdentityFile %s\n    IdentitiesOnly yes\n    PasswordAuthentication no\n' "$LAB/id"
    printf '    StrictHostKeyChecking yes\n    UserKnownHostsFile %s\n    GlobalKnownHostsFile /dev/null\n    LogLevel ERROR\n' "$LAB/known_hosts"
  } > "$LAB/ssh_config"
  {
    printf '127.0.0.1 localhost\n'
    for name in "${GUESTS[@]}"; do printf '%s %s\n' "${ADDRESS[$name]}" "$name"; done
  } > "$LAB/hosts"
  config_toml > "$LAB/config.toml"
}

known_hosts() { # but for those whose key is to be unknown
  local name
  for name in "${GUESTS[@]}"; do
    [ -e "$LAB/faults/unknown-host.$name" ] || printf '%s,%s %s\n' "$name" "${MANAGEMENT[$name]}" "$(cut -d' ' -f1,2 "$LAB/guests/$name/host_key.pub")"
  done > "$LAB/known_hosts.new"
  mv "$LAB/known_hosts.new" "$LAB/known_hosts"
}

config_toml() {
  local name
  printf '[defaults]\nuser = "root"\nbecome = "none"\npoll = "2s"\nconnect_timeout = "5s"\ncommand_timeout = "10s"\nssh_config = "%s"\n' "$LAB/ssh_config"
  for name in "${CLUSTERS[@]}"; do
    # shellcheck disable=SC2086
    printf '\n[[cluster]]\nname = "%s"\ntier = "%s"\nnodes = [%s]\n' "$name" "${TIER[$name]}" \
      "$(printf '"%s"\n' ${MEMBERS[$name]} | paste -sd, | sed 's/,/, /g')"
  done
}

lab_env() { printf "export LAB_SSH_CONFIG='%s'\nexport QUORATE_CONFIG='%s'\n" "$LAB/ssh_config" "$LAB/config.toml"; }

cmd_ssh() {
  need_lab; topology_read
  want_guest "${1:-}"
  ssh_ "$@"
}

cmd_exec() {
  need_lab; topology_read
  want_guest "${1:-}"
  [ $# -gt 1 ] || die 2 "usage: lab exec GUEST COMMAND…"
  inside "$@"
}
