# shellcheck shell=bash
# Reads the topology file. Gives: CLUSTERS, GUESTS (members and remotes, in order), and by name
# TIER MEMBERS REMOTES NUMBER (of a cluster), CLUSTER_OF KIND ADDRESS MANAGEMENT (of a guest).

CLUSTERS=() GUESTS=()
declare -A TIER=() MEMBERS=() REMOTES=() NUMBER=() CLUSTER_OF=() KIND=() ADDRESS=() MANAGEMENT=()

topology_file() { if [ -e "$LAB/topology" ]; then printf '%s' "$LAB/topology"; else printf '%s' "$LAB_TOPOLOGY"; fi; }

topology_light() { # N: the lines of a topology of N clusters of three
  local i
  echo "network 10.213"
  for i in $(seq "$1"); do echo "cluster c$i core c${i}n1 c${i}n2 c${i}n3"; done
}

topology_guest() { # NAME CLUSTER KIND POSITION WHERE
  [[ $1 =~ ^[a-z][a-z0-9]{0,7}$ ]] || die 2 "$5: '$1' is no name for a guest (a letter, then letters and digits, at most 8)"
  [ -z "${CLUSTER_OF[$1]:-}" ] || die 2 "$5: guest '$1' is named twice"
  GUESTS+=("$1")
  CLUSTER_OF[$1]=$2 KIND[$1]=$3
  ADDRESS[$1]=$NETWORK.${NUMBER[$2]}.$((10 + $4))
  MANAGEMENT[$1]=$NETWORK.0.$((10 + ${#GUESTS[@]}))
}

topology_read() { # [FILE]
  local file=${1:-$(topology_file)} line word number=0 where name position
  [ ${#CLUSTERS[@]} -eq 0 ] || return 0
  [ -r "$file" ] || die 2 "the topology $file cannot be read"
  NETWORK=10.213
  while read -r line; do
    number=$((number + 1)) where="$file line $number"
    # shellcheck disable=SC2086
    set -- ${line%%#*}
    [ $# -gt 0 ] || continue
    word=$1; shift
    case $word in
      network)
        [[ $# -eq 1 && $1 =~ ^(10\.[0-9]{1,3}|172\.(1[6-9]|2[0-9]|3[01])|192\.168)$ ]] || die 2 "$where: 'network A.B' wants the first two numbers of a private range"
        NETWORK=$1 ;;
      cluster)
        [ $# -ge 3 ] || die 2 "$where: 'cluster NAME TIER MEMBER…'"
        [[ $1 =~ ^[a-z][a-z0-9]{0,7}$ ]] || die 2 "$where: '$1' is no name for a cluster (a letter, then letters and digits, at most 8)"
        [ -z "${NUMBER[$1]:-}" ] || die 2 "$where: cluster '$1' is named twice"
        name=$1 TIER[$1]=$2; shift 2
        CLUSTERS+=("$name")
        NUMBER[$name]=${#CLUSTERS[@]} MEMBERS[$name]="$*" REMOTES[$name]=""
        position=0
        for word in "$@"; do position=$((position + 1)); topology_guest "$word" "$name" member "$position" "$where"; done ;;
      remote)
        [[ $# -eq 2 && -n "${NUMBER[$2]:-}" ]] || die 2 "$where: 'remote NAME CLUSTER', the cluster named above it"
        REMOTES[$2]="${REMOTES[$2]:+${REMOTES[$2]} }$1"
        position=$(wc -w <<< "${MEMBERS[$2]} ${REMOTES[$2]}")
        topology_guest "$1" "$2" remote "$position" "$where" ;;
      *) die 2 "$where: '$word' is none of network, cluster, remote" ;;
    esac
  done < "$file"
  [ ${#CLUSTERS[@]} -gt 0 ] || die 2 "$file names no cluster"
  [ ${#GUESTS[@]} -le 200 ] || die 2 "$file names ${#GUESTS[@]} guests; the lab can hold 200"
}

want_guest() { [ -n "${CLUSTER_OF[${1:-}]:-}" ] || die 2 "no guest '${1:-}' (there are: ${GUESTS[*]})"; }
want_cluster() { [ -n "${NUMBER[${1:-}]:-}" ] || die 2 "no cluster '${1:-}' (there are: ${CLUSTERS[*]})"; }

some_clusters() { # those named, or all of them
  local name
  for name in "$@"; do want_cluster "$name"; done
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; else printf '%s\n' "${CLUSTERS[@]}"; fi
}
