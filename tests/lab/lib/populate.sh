# shellcheck shell=bash
# Gives a cluster something worth watching. The whole of resources and constraints is written at once, so
# that populating again brings a cluster back to how it began.

populate_resources() { # CLUSTER
  local c=$1 net=$NETWORK.${NUMBER[$1]} promoted=Promoted unpromoted=Unpromoted
  if is_old; then promoted=Master unpromoted=Slave; fi
  cib_common "$c"
  primitive "vip-$c" ocf:heartbeat:IPaddr2 10s "ip=$net.100" cidr_netmask=24 nic=ring0
  printf '<clone id="haproxy-clone">'; primitive haproxy systemd:haproxy 20s; printf '</clone>'
  printf '<clone id="memcached-clone">'; primitive memcached systemd:memcached 20s; printf '</clone>'
  printf '<clone id="store-clone"><meta_attributes id="store-clone-meta">'; nv store-clone-meta promotable true; nv store-clone-meta clone-max "$(wc -w <<< "${MEMBERS[$c]}")"
  printf '</meta_attributes><primitive id="store" class="ocf" provider="pacemaker" type="Stateful"><operations>'
  printf '<op id="store-monitor-promoted" name="monitor" interval="10s" timeout="20s" role="%s"/>' "$promoted"
  printf '<op id="store-monitor-unpromoted" name="monitor" interval="11s" timeout="20s" role="%s"/></operations></primitive></clone>' "$unpromoted"
  printf '<group id="front">'
  primitive "vip-$c-admin" ocf:heartbeat:IPaddr2 10s "ip=$net.101" cidr_netmask=24 nic=ring0
  primitive api ocf:pacemaker:Dummy 10s
  primitive worker ocf:pacemaker:Dummy 10s
  printf '</group>'
  primitive site ocf:pacemaker:Dummy 10s
  for name in ${REMOTES[$c]}; do primitive "agent-$name" ocf:pacemaker:Dummy 10s; done
}

populate_constraints() { # CLUSTER
  local c=$1 first name promoted=Promoted
  if is_old; then promoted=Master; fi
  first=${MEMBERS[$c]%% *}
  printf '<rsc_order id="order-haproxy-vip" first="haproxy-clone" then="vip-%s" kind="Optional"/>' "$c"
  printf '<rsc_colocation id="colocation-vip-haproxy" rsc="vip-%s" with-rsc="haproxy-clone" score="INFINITY"/>' "$c"
  printf '<rsc_order id="order-store-front" first="store-clone" first-action="promote" then="front" then-action="start" kind="Mandatory"/>'
  printf '<rsc_colocation id="colocation-front-store" rsc="front" with-rsc="store-clone" with-rsc-role="%s" score="INFINITY"/>' "$promoted"
  printf '<rsc_location id="location-vip-first" rsc="vip-%s" node="%s" score="50"/>' "$c" "$first"
  printf '<rsc_location id="location-site-rack" rsc="site"><rule id="location-site-rack-rule" score="100" boolean-op="and"><expression id="location-site-rack-expression" attribute="rack" operation="eq" value="r2"/></rule></rsc_location>'
  printf '<rsc_ticket id="ticket-site" rsc="site" ticket="site-%s" loss-policy="stop"/>' "$c"
  for name in ${REMOTES[$c]}; do
    printf '<rsc_location id="location-agent-%s" rsc="agent-%s" node="%s" score="INFINITY"/>' "$name" "$name" "$name"
    for rsc in "vip-$c" front site store-clone; do printf '<rsc_location id="location-%s-not-%s" rsc="%s" node="%s" score="-INFINITY" resource-discovery="never"/>' "$rsc" "$name" "$rsc" "$name"; done
  done
}

populate_guest() { # GUEST: the services must be there, off, and have something to do
  inside "$1" sh -ec '
    missing=""
    for service in haproxy memcached; do [ -e /lib/systemd/system/$service.service ] || missing="$missing $service"; done
    if [ -n "$missing" ]; then
      DEBIAN_FRONTEND=noninteractive apt-get -qy --no-download --no-install-recommends install $missing > /dev/null
      for service in $missing; do systemctl -q disable --now $service; done
    fi
    cat > /etc/haproxy/haproxy.cfg' << 'CFG'
global
    log /dev/log local0
    maxconn 100
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen stats
    bind :8080
    stats enable
    stats uri /
listen cache
    mode tcp
    bind :11222
    server local 127.0.0.1:11211 check inter 10s
CFG
}

populate_cluster() { # CLUSTER
  local c=$1 name number=0 first cib
  # shellcheck disable=SC2086
  set -- ${MEMBERS[$c]} ${REMOTES[$c]}
  first=$1
  each "cluster $c: the services could not be installed" populate_guest "$@"
  for name in "$@"; do
    number=$((number + 1))
    inside "$first" crm_attribute -q --type nodes --node "$name" --name rack --update "r$(((number - 1) % 3 + 1))"
    inside "$first" crm_attribute -q --type nodes --node "$name" --name site --update "site-$c"
  done
  inside "$first" crm_ticket --ticket "site-$c" --grant --force > /dev/null
  cib="<configuration><resources>$(populate_resources "$c")</resources><constraints>$(populate_constraints "$c")</constraints></configuration>"
  inside "$first" sh -ec 'cat > /run/lab-configuration.xml
    cibadmin --query > /run/lab-cib.xml
    # one change, so that no policy sees half of it
    python3 - << "PY"
import xml.etree.ElementTree as tree
cib = tree.parse("/run/lab-cib.xml"); new = tree.parse("/run/lab-configuration.xml").getroot()
configuration = cib.getroot().find("configuration")
for section in ("resources", "constraints"):
    old = configuration.find(section)
    configuration.insert(list(configuration).index(old), new.find(section)); configuration.remove(old)
tree.ElementTree(configuration).write("/run/lab-configuration.xml")
PY
    cibadmin --replace --scope configuration --xml-file /run/lab-configuration.xml > /run/lab-cibadmin.log' <<< "$cib"
  await 150 "cluster $c is healthy and populated (lab wait $c says why not)" populated "$c"
}

populated() { # CLUSTER
  inside "${MEMBERS[$1]%% *}" crm_mon -1 2> /dev/null | grep -q "vip-$1" && healthy "$1"
}

cmd_populate() {
  local began=$SECONDS names
  need_lab; topology_read; lock; cgroup_enter
  mapfile -t names < <(some_clusters "$@")
  each "not every cluster was populated" populate_cluster "${names[@]}"
  say "populated ${names[*]} in $((SECONDS - began)) s"
}
