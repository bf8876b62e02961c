//! What only a host itself can tell.

use super::Shared;
use crate::perform::host::said;
use crate::scenario::Gate;
use crate::scenario::journal::Place;

/// Tells whether a cluster is set up or runs, the memory, the free room of each word `disk:FOLDER`, and which of the
/// words `package:NAME` are neither installed nor to be had.
const FACTS: &str = r#"shift
for file in /etc/corosync/corosync.conf /etc/cluster/cluster.conf; do
  [ -e "$file" ] && echo "configured=$file"
done
for comm in /proc/[0-9]*/comm; do
  read -r name 2>/dev/null <"$comm" || continue
  case $name in pacemakerd | corosync) echo "running=$name" ;; esac
done
while read -r name size _; do
  [ "$name" = MemTotal: ] && echo "memory=$size"
done </proc/meminfo
room() {
  folder=$1
  while [ ! -d "$folder" ] && [ "$folder" != / ]; do folder=$(dirname "$folder"); done
  df -Pk -- "$folder" | { read -r _; read -r _ _ _ free _; echo "free=$free $1"; }
}
has() {
  if command -v dpkg-query >/dev/null; then
    case $(dpkg-query -W -f='${Status}' -- "$1" 2>/dev/null) in *" installed") return 0 ;; esac
    apt-cache policy -- "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
  elif command -v rpm >/dev/null; then
    rpm -q -- "$1" >/dev/null 2>&1 && return 0
    if command -v dnf >/dev/null; then dnf -q list --available -- "$1" >/dev/null 2>&1
    elif command -v zypper >/dev/null; then zypper -qn search -x -- "$1" >/dev/null 2>&1
    else yum -q list available -- "$1" >/dev/null 2>&1; fi
  else
    return 0
  fi
}
for word in "$@"; do
  case $word in
  disk:*) room "${word#disk:}" ;;
  package:*) has "${word#package:}" || echo "lacks=${word#package:}" ;;
  esac
done
exit 0
"#;

/// What has to be asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Need {
    is_state: bool,
    /// As the script wants them.
    words: Vec<String>,
}

/// What a host said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// The file that says so.
    configured: Option<String>,
    /// Whether Pacemaker or corosync runs.
    pub(super) is_running: bool,
    /// In KiB.
    memory: Option<u64>,
    /// In KiB, by folder.
    free: Vec<(String, u64)>,
    lacks: Vec<String>,
}

impl Need {
    /// What these gates want to know; `is_guarded`: and whether a cluster runs.
    pub(super) fn of(gates: &[Gate], is_guarded: bool) -> Self {
        let mut need = Self { is_state: is_guarded, ..Self::default() };
        for gate in gates {
            match gate {
                Gate::Packages(packages) => {
                    need.words.extend(packages.iter().map(|package| format!("package:{package}")));
                }
                Gate::Disk { path, .. } => need.words.push(format!("disk:{path}")),
                Gate::NoCluster | Gate::Memory(_) => need.is_state = true,
                _ => {}
            }
        }
        need
    }

    pub(super) fn is_any(&self) -> bool {
        self.is_state || !self.words.is_empty()
    }
}

impl Shared {
    pub(super) async fn facts(&self, place: &Place, need: &Need) -> Result<Facts, String> {
        let words: Vec<&str> = need.words.iter().map(String::as_str).collect();
        let output = self.constant(place, FACTS, &words).await.map_err(|error| error.message)?;
        if output.exit_code != Some(0) {
            return Err(format!("{place}: {}", said(&output)));
        }
        Ok(Facts::parse(&String::from_utf8_lossy(&output.stdout)))
    }
}

impl Facts {
    fn parse(text: &str) -> Self {
        let mut facts = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = crate::model::text::clean(value);
            match name {
                "configured" => facts.configured = Some(value),
                "running" => facts.is_running = true,
                "memory" => facts.memory = value.parse().ok(),
                "free" => facts.free.extend(
                    value
                        .split_once(' ')
                        .and_then(|(free, path)| Some((path.to_owned(), free.parse().ok()?))),
                ),
                "lacks" => facts.lacks.push(value),
                _ => {}
            }
        }
        facts
    }

    /// What does not hold of a gate here.
    pub(super) fn judge(&self, gate: &Gate, place: &Place) -> Vec<String> {
        match gate {
            Gate::NoCluster if self.is_running => vec![format!("{place}: a cluster runs there already")],
            Gate::NoCluster => {
                let files = self.configured.iter();
                files.map(|file| format!("{place}: a cluster is set up there already ({file})")).collect()
            }
            Gate::Packages(packages) => {
                let lacks: Vec<&str> =
                    packages.iter().filter(|it| self.lacks.contains(it)).map(String::as_str).collect();
                if lacks.is_empty() {
                    return Vec::new();
                }
                vec![format!(
                    "{place}: neither installed nor to be had: {} (are its package lists fresh?)",
                    lacks.join(", ")
                )]
            }
            Gate::Memory(least) => too_little(self.memory, *least, place, "of memory"),
            Gate::Disk { free: least, path } => {
                let free = self.free.iter().find(|(of, _)| of == path).map(|(_, free)| *free);
                too_little(free, *least, place, &format!("free in {path}"))
            }
            _ => Vec::new(),
        }
    }
}

fn too_little(kib: Option<u64>, least: u64, place: &Place, what: &str) -> Vec<String> {
    match kib.map(|kib| kib / 1024) {
        Some(mib) if mib >= least => Vec::new(),
        Some(mib) => vec![format!("{place}: {mib} MiB {what}, and it takes {least} MiB")],
        None => vec![format!("{place}: it does not tell how much there is {what}")],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_host_says_is_judged() {
        let place = Place::Host("db1".into());
        let facts = Facts::parse(
            "configured=/etc/corosync/corosync.conf\nmemory=2097152\nfree=1024 /var\nlacks=pcs\n",
        );
        let judge = |gate: &str| facts.judge(&gate.parse().unwrap(), &place);
        assert_eq!(judge("memory: 2 GiB"), Vec::<String>::new());
        assert_eq!(judge("memory: 3 GiB"), ["db1: 2048 MiB of memory, and it takes 3072 MiB"]);
        assert_eq!(judge("disk: 10 MiB /var"), ["db1: 1 MiB free in /var, and it takes 10 MiB"]);
        assert_eq!(
            judge("no-cluster"),
            ["db1: a cluster is set up there already (/etc/corosync/corosync.conf)"]
        );
        assert!(judge("packages: pacemaker").is_empty());
        assert_eq!(judge("packages: pacemaker, pcs").len(), 1);
    }

    proptest! {
        #[test]
        fn a_host_may_say_anything(text in any::<String>()) {
            let _facts = Facts::parse(&text);
        }
    }
}
