# shellcheck shell=bash
# Pictures of a cluster as fixtures for the tests of the console.

cmd_capture() { # NAME CLUSTER [GUEST]
  local name=${1:-} guest at
  need_lab; topology_read
  [[ $name =~ ^[a-z0-9][a-z0-9.-]*$ && ( $# -eq 2 || $# -eq 3 ) ]] || die 2 "usage: lab capture NAME CLUSTER [GUEST]   (NAME: a-z 0-9 . -)"
  want_cluster "$2"
  guest=${3:-}
  if [ -z "$guest" ]; then for guest in ${MEMBERS[$2]}; do if guest_alive "$guest" && [ ! -e "$LAB/faults/freeze.$guest" ]; then break; fi; done; fi
  want_guest "$guest"
  at=$FIXTURES/$name
  capture_one "$guest" "$at.crm_mon.xml" crm_mon --output-as=xml -1 -r
  capture_one "$guest" "$at.as-xml.xml" crm_mon --as-xml -1 -r
  capture_one "$guest" "$at.cib.xml" cibadmin --query
  say "saved $at.{crm_mon,as-xml,cib}.xml, asked of $guest"
}

capture_one() { # GUEST FILE COMMAND…: a stopped stack answers too, with a code and words
  local guest=$1 file=$2 code=0 errors; shift 2
  errors=$LAB/capture.$$
  nsenter_both "$guest" "$errors" timeout 30 "$@" > "$file.new" || code=$?
  if [ "$code" -ne 0 ]; then
    { echo "\$ $*"; cat "$file.new" "$errors"; echo "exit $code"; } > "${file%.xml}.txt"
    if [ -s "$file.new" ]; then mv "$file.new" "$file"; else rm -f "$file.new" "$file"; fi
  else
    mv "$file.new" "$file"
    rm -f "${file%.xml}.txt"
  fi
  rm -f "$errors"
}

nsenter_both() { local guest=$1 errors=$2; shift 2; inside "$guest" "$@" 2> "$errors"; }
