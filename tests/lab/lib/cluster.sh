# shellcheck shell=bash
# Forms clusters: writes what `pcs cluster setup` would write, starts the stack, awaits it. No pcsd is needed,
# which saves half of a guest's memory; pcs itself works in the guests once pcsd is started.

TOKEN=${LAB_TOKEN:-3000} # ms; three members see a loss after token + 650 + 1.2 times as much: about 8 s

corosync_conf() { # CLUSTER
  local name id=0 light=""
  [ ! -e "$LAB/light" ] || light=1
  printf 'totem {\n  version: 2\n  cluster_name: %s\n  token: %s\n' "$1" "$TOKEN"
  if [ -n "$light" ]; then printf '  transport: udpu\n'; else printf '  transport: knet\n  crypto_cipher: aes256\n  crypto_hash: sha256\n'; fi
  printf '}\nnodelist {\n'
  for name in ${MEMBERS[$1]}; do
    id=$((id + 1))
    printf '  node {\n    ring0_addr: %s\n    name: %s\n    nodeid: %s\n  }\n' "${ADDRESS[$name]}" "$name" "$id"
  done
  printf '}\nquorum {\n  provider: corosync_votequorum\n'
  [ "$(wc -w <<< "${MEMBERS[$1]}")" -ne 2 ] || printf '  two_node: 1\n'
  printf '}\nlogging {\n  to_logfile: yes\n  logfile: /var/log/corosync/corosync.log\n  to_syslog: yes\n  timestamp: on\n}\n'
}

nv() { printf '<nvpair id="%s-%s" name="%s" value="%s"/>' "$1" "$2" "$2" "$3"; } # ID NAME VALUE

primitive() { # ID CLASS[:PROVIDER]:TYPE MONITOR NAME=VALUE…: monitor is an interval, or - for none
  local id=$1 agent=$2 interval=$3 pair class provider; shift 3
  class=${agent%%:*} provider=${agent#*:}
  if [ "$provider" = "${provider#*:}" ]; then provider=""; else provider=" provider=\"${provider%%:*}\""; fi
  printf '<primitive id="%s" class="%s"%s type="%s">' "$id" "$class" "$provider" "${agent##*:}"
  if [ $# -gt 0 ]; then
    printf '<instance_attributes id="%s-options">' "$id"
    for pair in "$@"; do nv "$id-options" "${pair%%=*}" "${pair#*=}"; done
    printf '</instance_attributes>'
  fi
  [ "$interval" = - ] || printf '<operations><op id="%s-monitor" name="monitor" interval="%s" timeout="30s"/></operations>' "$id" "$interval"
  printf '</primitive>'
}

cib_common() { # CLUSTER: the resources that every formed cluster has
  local name
  primitive fencing stonith:fence_lab 60s "pcmk_host_list=${MEMBERS[$1]}${REMOTES[$1]:+ ${REMOTES[$1]}}" pcmk_reboot_timeout=60s pcmk_off_timeout=60s
  for name in ${REMOTES[$1]}; do primitive "$name" ocf:pacemaker:remote 20s "server=${ADDRESS[$name]}" reconnect_interval=5s; done
}

is_old() { [ "$(cat "$LAB/release")" = 11 ]; } # Pacemaker 2.0: schema 3.5 at most, and Master and Slave for roles

cib_first() { # CLUSTER: what the members find at their first start
  local schema=3.7
  if is_old; then schema=3.5; fi
  printf '<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="pacemaker-%s"><configuration><crm_config><cluster_property_set id="cib-bootstrap-options">' "$schema"
  nv options stonith-enabled true
  nv options dc-deadtime 5s
  nv options cluster-recheck-interval 60s
  printf '</cluster_property_set></crm_config><nodes/><resources>%s</resources><constraints/></configuration><status/></cib>\n' "$(cib_common "$1")"
}

form_guest() { # GUEST
  local name=$1 cluster=${CLUSTER_OF[$1]} units="corosync pacemaker"
  inside "$name" sh -ec 'install -d -m750 -g haclient /etc/pacemaker; cat > /etc/pacemaker/authkey; chmod 640 /etc/pacemaker/authkey; chgrp haclient /etc/pacemaker/authkey' < "$LAB/clusters/$cluster.remotekey"
  if [ "${KIND[$name]}" = member ]; then
    inside "$name" sh -ec 'cat > /etc/corosync/authkey; chmod 400 /etc/corosync/authkey' < "$LAB/clusters/$cluster.authkey"
    inside "$name" sh -ec 'cat > /etc/corosync/corosync.conf' < "$LAB/clusters/$cluster.conf"
    inside "$name" sh -ec '[ -e /var/lib/pacemaker/cib/cib.xml ] || { cd /var/lib/pacemaker/cib; cat > cib.xml; chown hacluster:haclient cib.xml; chmod 600 cib.xml; }' < "$LAB/clusters/$cluster.cib"
  else
    units=pacemaker_remote
  fi
  # shellcheck disable=SC2086
  inside "$name" systemctl -q enable --now $units
}

form_cluster() { # CLUSTER
  local at=$LAB/clusters/$1
  corosync_conf "$1" > "$at.conf"
  cib_first "$1" > "$at.cib"
  head -c 256 /dev/urandom > "$at.authkey"
  head -c 4096 /dev/urandom > "$at.remotekey"
  # shellcheck disable=SC2086
  each "the stack did not start in cluster $1" form_guest ${REMOTES[$1]} ${MEMBERS[$1]}
  local POLL=0.5
  await 120 "cluster $1 is healthy: lab wait $1 says why not" healthy "$1"
}

form() { # CLUSTER…
  local began=$SECONDS JOBS=${LAB_JOBS:-6}
  mkdir -p "$LAB/clusters"
  each "not every cluster was formed" form_cluster "$@"
  say "formed $* in $((SECONDS - began)) s"
}

cmd_form() {
  need_lab; topology_read; lock; cgroup_enter
  local names
  mapfile -t names < <(some_clusters "$@")
  form "${names[@]}"
}

crm_mon_of() { nsenter_quiet "$1" timeout 15 crm_mon --output-as=xml -1 -r; } # GUEST
nsenter_quiet() { inside "$@" 2> /dev/null; }

complaints() { # CLUSTER: why it is not healthy, a line each; none when it is. Every member is asked.
  local name
  for name in ${MEMBERS[$1]}; do
    crm_mon_of "$name" | awk -v who="$name" -v want="${MEMBERS[$1]} ${REMOTES[$1]}" '
      function get(key) { return match($0, " " key "=\"[^\"]*\"") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4) : "" }
      function no(what) { print who ": " what; bad = 1 }
      /<current_dc / { seen = 1; if (get("present") != "true") no("no DC"); else if (get("with_quorum") != "true") no("no quorum") }
      /<nodes>/ { inside = 1 }
      /<\/nodes>/ { inside = 0 }
      inside && /<node / {
        node = get("name"); there[node] = 1
        if (get("online") != "true") no(node " is offline")
        if (get("unclean") == "true") no(node " is unclean")
        if (get("pending") == "true") no(node " is pending")
        if (get("standby") == "true") no(node " is in standby")
        if (get("maintenance") == "true") no(node " is in maintenance")
      }
      /<resource / {
        role = get("role")
        if (get("failed") == "true") no(get("id") " has failed")
        if (get("blocked") == "true") no(get("id") " is blocked")
        if (get("managed") == "false") no(get("id") " is unmanaged")
        if (get("pending") != "") no(get("id") " is busy: " get("pending"))
        if (role !~ /^(Started|Promoted|Unpromoted|Master|Slave)$/) no(get("id") " is " role)
        if (get("id") ~ /^store/) store = 1
        if (role ~ /^(Promoted|Master)$/) promoted = 1
      }
      /<failure / { no("a failed operation: " get("op_key")) }
      /<fence_event .*status="pending"/ { no("a fencing of " get("target") " is pending") }
      /<ban .*id="cli-/ { no("a leftover ban: " get("id")) }
      END {
        if (!seen) { no("crm_mon is not connected"); exit 1 }
        if (store && !promoted) no("nothing is promoted")
        count = split(want, names, " ")
        for (i = 1; i <= count; i++) if (!(names[i] in there)) no(names[i] " is not in the cluster")
        exit bad
      }' || true
  done
}

healthy() { local found; found=$(complaints "$1"); [ -z "$found" ]; }

cmd_wait() {
  need_lab; topology_read
  want_cluster "${1:-}"
  [[ ${2:-120} =~ ^[0-9]+$ ]] || die 2 "usage: lab wait CLUSTER [SECONDS]"
  await "${2:-120}" "cluster $1 is healthy" healthy "$1" || { complaints "$1" >&2; exit 1; }
}
